"""Time as every room speaks it: whole microseconds since 1970-01-01 UTC (`Micros`)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "Clock",
    "Micros",
    "SystemClock",
    "day_of",
    "format_time",
    "parse_time",
]

Micros = int
SECOND: Micros = 1_000_000
MINUTE: Micros = 60 * SECOND
HOUR: Micros = 60 * MINUTE
DAY: Micros = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Where "now" comes from; injected so that tests and the simulator can own the time."""

    def now(self) -> Micros:
        """Microseconds since the epoch, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Micros:
        return time.time_ns() // 1000

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def parse_time(text: str) -> Micros:
    """RFC 3339 / ISO 8601 to `Micros`; a time without zone is UTC. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def format_time(at: Micros) -> str:
    """`Micros` to RFC 3339 in UTC with microseconds and `Z`."""
    seconds, micros = divmod(at, SECOND)
    stamp = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{micros:06d}Z"


def day_of(at: Micros) -> str:
    """The UTC day of a moment, `YYYY-MM-DD`."""
    return _name_of_day(at // DAY)


@lru_cache(maxsize=4096)
def _name_of_day(number: int) -> str:
    return datetime.fromtimestamp(number * (DAY // SECOND), UTC).strftime("%Y-%m-%d")
