"""What one file may cost, counted while it is read: sizes in headers can lie."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Budget", "CannotRead", "TooMuch"]

MEMBERS = 10_000
DEPTH = 3
RATIO = 100
INFLATED = 200_000_000
TEXT = 50_000_000


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
    cut: bool = False
    """Some text was left out because there was too much of it."""

    def open_member(self, depth: int) -> None:
        """Take one member at a nesting depth. Raises `TooMuch`."""
        self.members -= 1
        if self.members < 0:
            raise TooMuch(f"the archive holds more than {MEMBERS} members")
        if depth > DEPTH:
            raise TooMuch(f"archives are nested more than {DEPTH} deep")

    def take(self, size: int, *, packed: int, inflated: int) -> None:
        """Take `size` more inflated bytes of a member that so far came from `packed` bytes. Raises `TooMuch`."""
        self.inflated -= size
        if self.inflated < 0:
            raise TooMuch(f"it inflates to more than {INFLATED // 1_000_000} MB")
        if inflated > 10_000_000 and inflated > RATIO * max(1, packed):
            raise TooMuch(f"it inflates to more than {RATIO} times its size")

    def keep(self, text: str) -> str:
        """Take text, cut where the limit of text is reached."""
        if len(text) > self.text:
            self.cut = True
            text = text[: self.text]
        self.text -= len(text)
        return text
