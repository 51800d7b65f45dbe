"""What a condition of a behavior is asked, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fanlight.detections.context import Context, Person, Where
from fanlight.model import DAY, HOUR, MINUTE, Event, Evidence, Micros, Why

__all__ = [
    "NO",
    "BehaviorProblem",
    "Condition",
    "Outcome",
    "Reading",
    "Subject",
    "duration",
    "nothing_left",
    "period",
    "ranked",
]


class BehaviorProblem(ValueError):
    """A behavior that cannot be read; the text is one sentence to the author of the rule."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a behavior is asked about: one event of one person."""

    event: Event
    person: Person
    record: Mapping[str, Any]
    where: Where | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a condition holds, why, and in words for the sentence of a finding."""

    holds: bool
    why: tuple[Why, ...] = ()
    nats: float = 0.0
    clause: str = ""
    """A half-sentence with numbers, for the sentence of the finding."""
    new: frozenset[str] = frozenset()
    """Values that are new for the identity (`country:…`, `client:…`), for the marks of the evidence."""
    events: tuple[str, ...] = ()
    """Further events that the condition rests on."""
    things: frozenset[str] = frozenset()
    """Different things that a count rests on."""
    since: Micros | None = None
    """Time of the first of those events."""
    steps: tuple[Evidence, ...] = ()
    """Further steps of the chain, for what is no event: that something is missing, what a record says."""
    beside: tuple[Event, ...] = ()
    """Events of other sources that the condition rests on: part of the finding, marked in its chain."""


NO = Outcome(False)
Condition = Callable[[Subject, Context], Outcome]


@dataclass(slots=True)
class Reading:
    """What reading a behavior found out beside its conditions."""

    window: Micros = 0
    """How far before an event conditions look at other events."""
    types: list[str] = field(default_factory=list)
    """Event types that conditions count beside the rule's own."""
    conditions: int = 0
    without_habits: int = 0
    """How many of the conditions never ask what is usual, so that habits need not be loaded for their sake."""


_UNITS = {"s": 1_000_000, "m": MINUTE, "h": HOUR, "d": DAY}


def duration(text: str) -> Micros:
    """`10m`, `24h`, `7d` as microseconds. Raises `BehaviorProblem`."""
    found = re.fullmatch(r"(\d+)([smhd])", text.strip())
    if found is None:
        raise BehaviorProblem(f"'{text}' is no duration; write a number with s, m, h or d, for example 10m.")
    return int(found.group(1)) * _UNITS[found.group(2)]


def nothing_left(name: str, body: Mapping[str, Any]) -> None:
    """Raise `BehaviorProblem` for keys that a condition did not take."""
    if body:
        raise BehaviorProblem(f"'{name}' does not know {', '.join(sorted(map(str, body)))}.")


def ranked(counts: Mapping[str, int], most: int = 3) -> str:
    """`Germany 94.7 %, Netherlands 4.1 %, 2 others`, by count."""
    total = sum(counts.values()) or 1
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    text = ", ".join(f"{name} {100 * n / total:.1f} %" for name, n in ranked[:most])
    rest = len(ranked) - most
    return f"{text}, {rest} other{'s' if rest > 1 else ''}" if rest > 0 else text


def period(since: Micros, until: Micros) -> str:
    """`58 days`."""
    days = max(1, round((until - since) / DAY)) if since else 0
    return f"{days} day{'s' if days != 1 else ''}"
