"""Many different things in a short time, for anybody and for this person."""

from __future__ import annotations

from typing import Any

from fanlight.detections.context import Context
from fanlight.detections.outcome import (
    NO,
    Condition,
    Outcome,
    Reading,
    Subject,
    duration,
    nothing_left,
)
from fanlight.detections.words import span
from fanlight.model import MINUTE, Event, Why
from fanlight.profiles.surprise import volume

__all__ = ["NAME", "make"]

NAME = "many"


def make(body: dict[str, Any], reading: Reading) -> Condition:
    name = str(body.pop("of", "file_id"))
    by = body.pop("by", None)
    types = tuple(body.pop("types", ()))
    within = duration(str(body.pop("within", "10m")))
    atleast = int(body.pop("atleast", 15))
    times_own = float(body.pop("times_own", 3))
    called = str(body.pop("called", "files"))
    nothing_left("many", body)
    reading.window = max(reading.window, within)
    reading.types += types

    def judge(subject: Subject, context: Context) -> Outcome:
        event, person = subject.event, subject.person
        group = _group(event, by, context)
        around = [
            other
            for other in context.around(person.id, event.occurred_at - within, event.occurred_at)
            if other.type in types and _thing(other, name) and (by is None or _group(other, by, context) == group)
            and (other.occurred_at, other.event_id) <= (event.occurred_at, event.event_id)
        ]  # fmt: skip
        distinct = {_thing(other, name) for other in around}
        if len(distinct) < atleast:
            return NO
        baseline = context.baseline(person.id, event.occurred_at)
        days = baseline.per_day(types)
        most = max(days, default=0)
        if len(distinct) < times_own * most:
            return NO
        mean = sum(days) / len(days) if days else 0.0
        variance = sum((n - mean) ** 2 for n in days) / len(days) if days else 0.0
        nats = volume(len(distinct), mean, variance)
        minutes = max((around[-1].occurred_at - around[0].occurred_at) / MINUTE, 0.1)
        usual = (
            f"at most {most} on any of {len(days)} active days, {mean:.1f} on average"
            if days
            else "too early: no history of this person"
        )
        observed = f"{len(distinct)} different {called} in {span(minutes)}"
        return Outcome(
            holds=True,
            why=(Why(fact="volume", observed=observed, usual=usual, weight=round(nats, 1)),),
            nats=nats,
            clause=f"the most on any day before was {most}",
            events=tuple(other.event_id for other in around),
            things=frozenset(thing for thing in distinct if thing),
            since=around[0].occurred_at,
        )

    return judge


def _thing(event: Event, name: str) -> str | None:
    """The file or document an event names; a document view carries its id as target."""
    return _field(event, name) or event.target_id


def _group(event: Event, by: str | None, context: Context) -> str | None:
    if by == "project_id":
        return context.project_of(event)
    return _field(event, by) if by else None


def _field(event: Event, name: str) -> str | None:
    value = getattr(event, name.replace(".", "_"), None)
    return value if isinstance(value, str) else None
