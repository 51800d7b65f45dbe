"""An hour of the week at which the person hardly ever works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fanlight.detections.context import Context, Where
from fanlight.detections.outcome import (
    NO,
    BehaviorProblem,
    Condition,
    Outcome,
    Reading,
    Subject,
    nothing_left,
    period,
)
from fanlight.detections.presence import RISKY_NETWORKS
from fanlight.enrich.countries import country_of_zone
from fanlight.enrich.localtime import hour_of_week, local_time
from fanlight.model import Micros, Why
from fanlight.profiles.baseline import Habit

__all__ = ["NAME", "hour_outcome", "make", "near_hour"]

NAME = "unusual_hour"


def make(body: dict[str, Any], _: Reading) -> Condition:
    threshold = float(body.pop("atleast", 6.0))
    clock = str(body.pop("clock", "any"))
    nothing_left("unusual_hour", body)
    if clock not in ("any", "home"):
        raise BehaviorProblem("'unusual_hour' needs 'clock: home' or 'clock: any'.")

    def judge(subject: Subject, context: Context) -> Outcome:
        return hour_outcome(subject, subject.where if clock == "any" else None, context, threshold) or NO

    return judge


def hour_outcome(subject: Subject, where: Where | None, context: Context, atleast: float) -> Outcome | None:
    """The hour as a reason, where it is at least so unusual for the person, at home and at the place of the event."""
    at, person = subject.event.occurred_at, subject.person
    baseline = context.baseline(person.id, at)
    if not baseline.warm:
        return None  # too early: nobody's first week says what their hours are
    zone, curve = context.zone(person, at), context.hours(person, at)
    local = local_time(at, zone)
    hour = local.weekday() * 24 + local.hour
    nats = curve.surprise(hour)
    stated = context.facts.company.hours_of(person.email)
    if stated is not None and stated.covers(local_time(at, stated.zone or zone)):
        return None
    holiday = context.facts.company.calendars.holiday(local.date(), country_of_zone(zone))
    if holiday is not None:
        nats = max(nats, curve.surprise(144 + hour % 24))
    if nats < atleast:
        return None
    if away := _hours_away(subject, where, context):
        nats = min(nats, curve.surprise(hour + away))
        if nats < atleast:
            return None
    near, total = near_hour(context.home_hours(person, at), at)
    why = Why(
        fact="hour of week", observed=f"{local.strftime('%a %H:%M')} {zone}",
        usual=f"{near:,} of {total:,} events within an hour of it; usual {_usual_hours(curve.density)}"
        + (f"; stated {stated.words}" if stated else "") + (f"; {holiday}" if holiday else ""),
        weight=round(nats, 1),
    )  # fmt: skip
    clause = f"{near:,} of {total:,} events in {period(baseline.since, baseline.until)} fell near this hour"
    return Outcome(True, (why,), nats, clause)


def _hours_away(subject: Subject, where: Where | None, context: Context) -> int:
    """Hours by which the sun at the event's place runs ahead of the person's usual place: a traveller's clock."""
    if where is None or where.lon is None or where.kind in RISKY_NETWORKS:
        return 0
    baseline = context.baseline(subject.person.id, subject.event.occurred_at)
    homes = [(place.tells_presence, habit.n, place.lon) for ip, habit in baseline.values("ip").items()
             if (place := context.where(ip, habit.last_at)).lon is not None]  # fmt: skip
    if not homes:
        return 0
    home = max(homes, key=lambda known: known[:2])[2]
    return round((where.lon - (home or 0.0)) / 15.0)


def near_hour(hours: Mapping[str, Habit], at: Micros) -> tuple[int, int]:
    """Events within one hour of the hour of `at`, on the same kind of day (working day or weekend; UTC), and all."""
    hour = hour_of_week(at)
    weekend = hour >= 120
    near = sum(
        habit.n
        for name, habit in hours.items()
        if (int(name) >= 120) is weekend and min((int(name) - hour) % 24, (hour - int(name)) % 24) <= 1
    )
    return near, sum(habit.n for habit in hours.values())


def _usual_hours(density: Sequence[float]) -> str:
    """The shortest span of a working day that holds nine tenths of the working-day activity."""
    by_hour = [sum(density[d * 24 + h] for d in range(5)) for h in range(24)]
    total = sum(by_hour)
    for length in range(1, 25):
        for start in range(24):
            if sum(by_hour[(start + i) % 24] for i in range(length)) >= 0.9 * total:
                return f"{start:02d} to {(start + length) % 24:02d}"
    return "all hours"
