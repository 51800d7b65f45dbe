"""What one file may cost, counted while it is read: sizes in headers can lie."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

__all__ = ["Budget", "CannotRead", "TooMuch"]

MEMBERS = 10_000
DEPTH = 3
RATIO = 100
INFLATED = 200_000_000
TEXT = 30_000_000
SECONDS = 22.0
"""Processor time after which a reader that can stop in between stops and keeps what it has; the limit ends it at 30."""


class CannotRead(Exception):
    """A file that cannot be read; the text is the reason in plain words, without any of the file's content."""


class TooMuch(CannotRead):
    """A file went over a limit."""


@dataclass(slots=True)
class Budget:
    """Counts members, nesting and inflated bytes over one uploaded file, containers inside containers included."""

    members: int = MEMBERS
    inflated: int = INFLATED
    text: int = TEXT
    pictures: int = 0
    """How many pictures may be taken out to be read."""
    cut: bool = False
    """Some text was left out because there was too much of it."""
    started: float = field(default_factory=time.process_time)

    def open_member(self, depth: int) -> None:
        """Take one member at a nesting depth. Raises `TooMuch`."""
        self.members -= 1
        if self.members < 0:
            raise TooMuch(f"it holds more than {MEMBERS} files or parts")
        if depth > DEPTH:
            raise TooMuch(f"files in it are nested more than {DEPTH} deep")

    def take(self, size: int, *, packed: int, inflated: int) -> None:
        """Take `size` more inflated bytes of a member that so far came from `packed` bytes. Raises `TooMuch`."""
        self.inflated -= size
        if self.inflated < 0:
            raise TooMuch(f"it inflates to more than {INFLATED // 1_000_000} MB")
        if inflated > 10_000_000 and inflated > RATIO * max(1, packed):
            raise TooMuch(f"it inflates to more than {RATIO} times its size")

    def late(self) -> bool:
        """Whether most of the processor time of this file is used up."""
        return time.process_time() - self.started > SECONDS

    def keep(self, text: str) -> str:
        """Take text, cut where the limit of text is reached."""
        if len(text) > self.text:
            self.cut = True
            text = text[: self.text]
        self.text -= len(text)
        return text
