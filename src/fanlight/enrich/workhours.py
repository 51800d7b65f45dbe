"""When somebody works: what the operator said of one person, else of the company, in local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = ["StatedHours"]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedHours:
    """Hours that somebody said, of one person or of everybody."""

    start: int = 8
    end: int = 19
    """Not included; at or before `start` it is a shift over midnight."""
    days: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    """ISO weekdays on which a shift begins."""
    zone: str | None = None
    of: Literal["person", "company"] = "company"

    def covers(self, local: datetime) -> bool:
        """Whether a local time lies in a shift; the small hours belong to the shift of the day before."""
        hour, day = local.hour, local.isoweekday()
        if self.start < self.end:
            return day in self.days and self.start <= hour < self.end
        yesterday = 7 if day == 1 else day - 1
        return (day in self.days and hour >= self.start) or (yesterday in self.days and hour < self.end)

    @property
    def words(self) -> str:
        """`22 to 06, Mon to Fri`."""
        days = sorted(self.days)
        runs = days == list(range(days[0], days[-1] + 1)) if days else False
        named = f"{_DAYS[days[0] - 1]} to {_DAYS[days[-1] - 1]}" if runs and len(days) > 1 else ", ".join(
            _DAYS[day - 1] for day in days
        )  # fmt: skip
        return f"{self.start:02d} to {self.end:02d}, {named}" if named else "never"
