"""What one request, file or stretch of a stream became: everything of it is committed together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fanlight.model import Event, Match, Reading
from fanlight.sources.contract import Notice

__all__ = ["Batch", "Refused"]


class Refused(Exception):
    """What was sent cannot be taken, whole. `status` is HTTP's, `code` the event collector's; the text is a sentence.

    `number` is the position (from 0) of the record at fault, where one is.
    """

    def __init__(self, sentence: str, *, status: int = 400, code: int = 6, number: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.number = number


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Mapped events on their way to a commit. Holds no content."""

    source: str
    stream: str
    events: Sequence[Event]
    facts: Mapping[str, Sequence[Match | Reading]] = field(default_factory=dict)
    """Labels by the event that carried the text: kept only when that event is new."""
    cursor: str | None = None
    """Position of the stream after these events; None leaves it."""
    rejected: int = 0
    notices: Sequence[Notice] = ()
