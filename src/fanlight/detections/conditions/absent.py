"""Something that another source should have recorded near an event, and did not; or nobody can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fanlight.detections.context import Context
from fanlight.detections.evidence import source_name
from fanlight.detections.outcome import (
    NO,
    BehaviorProblem,
    Condition,
    Outcome,
    Reading,
    Subject,
    duration,
    nothing_left,
    period,
)
from fanlight.detections.words import at_time, listed, span, who
from fanlight.model import DAY, HOUR, MINUTE, Event, Evidence, Micros, Why

__all__ = ["NAME", "make"]

NAME = "absent"

_EDGE: Micros = HOUR
"""Gaps are known by whole hours: records may have stopped, or come back, within the hours beside one."""

_LAST: Micros = DAY
"""How far back the newest one before the event is looked for, to show it in the chain."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What should be there: event types by product, and where in time."""

    types: Mapping[str, frozenset[str]]
    called: str
    before: Micros
    after: Micros
    settle: Mapping[str, Micros]
    """By product, how far a feed must have gone on after the time before its silence says anything: some show a row
    hours late among newer ones."""
    patience: Micros
    """After how much longer a feed that has not gone on counts as late."""
    habit: int
    """How many of these somebody must have had before, for none to mean anything."""
    unknown: bool
    """Whether the rule asks for what could not be told."""


def make(body: dict[str, Any], reading: Reading) -> Condition:
    given = body.pop("types", None)
    if not isinstance(given, Mapping) or not given:
        raise BehaviorProblem("'absent' needs 'types', lists of event types by product.")
    asked = _Asked(
        types={str(product): frozenset(str(name).lower() for name in names) for product, names in given.items()},
        called=str(body.pop("called", "record")),
        before=duration(str(body.pop("before", "15m"))),
        after=duration(str(body.pop("after", "5m"))),
        settle=_settle(body, [str(product) for product in given]),
        patience=duration(str(body.pop("patience", "2h"))),
        habit=int(body.pop("habit", 3)),
        unknown=_answer(body),
    )
    nothing_left(NAME, body)
    reading.window = max(reading.window, asked.before)

    def judge(subject: Subject, context: Context) -> Outcome:
        event, person = subject.event, subject.person
        since, until = event.occurred_at - asked.before, event.occurred_at + asked.after
        near = [one for one in context.around(person.id, since, until) if _fits(one, asked)]
        if near:
            return NO
        habits = _habits(subject, asked, context)
        if not habits:
            return NO  # nobody expects one: the person has no account there, or never had one of these
        problem = _problem(list(habits), since, until, asked, context)
        if problem == "":
            return NO
        if (problem is not None) != asked.unknown:
            return NO
        if problem is not None:
            why = Why(fact=asked.called, observed="could not tell", usual=problem)
            return Outcome(True, (why,), 0.0, f"whether there was a {asked.called} could not be told: {problem}")
        return _missing(subject, habits, (since, until), asked, context)

    return judge


def _settle(body: dict[str, Any], products: list[str]) -> dict[str, Micros]:
    """One time for all products, or one for each."""
    given = body.pop("settle", "15m")
    if not isinstance(given, Mapping):
        return dict.fromkeys(products, duration(str(given)))
    if set(given) != set(products):
        raise BehaviorProblem("'absent' needs in 'settle' one time, or one for each product of 'types'.")
    return {str(product): duration(str(time)) for product, time in given.items()}


def _answer(body: dict[str, Any]) -> bool:
    answer = str(body.pop("answer", "absent"))
    if answer not in ("absent", "could_not_tell"):
        raise BehaviorProblem("'absent' needs 'answer: absent' or 'answer: could_not_tell'.")
    return answer == "could_not_tell"


def _fits(event: Event, asked: _Asked) -> bool:
    return event.type.lower() in asked.types.get(event.product, ())


def _habits(subject: Subject, asked: _Asked, context: Context) -> dict[str, int]:
    """How many of these the person had before the day, by product; products without enough of them left out."""
    baseline = context.baseline(subject.person.id, subject.event.occurred_at)
    counted = {name.lower(): habit.n for name, habit in baseline.values("type").items()}
    held = {account.partition(":")[0] for account in subject.person.accounts}
    found = {
        product: sum(counted.get(name, 0) for name in types)
        for product, types in asked.types.items()
        if product in held
    }
    return {product: count for product, count in found.items() if count >= asked.habit}


def _problem(products: list[str], since: Micros, until: Micros, asked: _Asked, context: Context) -> str | None:
    """Why the feeds cannot say that it is absent; empty while they may still tell, None when they do say so."""
    for gap in context.facts.gaps(since - _EDGE, until + _EDGE):
        if any(gap.source in (product, *_sources(product, context)) for product in products):
            return gap.sentence
    newest = max((feed.last for feed in context.feeds.values()), default=0)
    for product in products:
        feed = context.feeds.get(product)
        if feed is None or feed.first > since:
            return f"{source_name(product)} has no records from before that time"
        if feed.last < until + asked.settle[product]:
            if newest < until + asked.settle[product] + asked.patience:
                return ""
            return f"{source_name(product)} is late: what happened there is known up to {at_time(feed.last, 'UTC')}"
    return None


def _sources(product: str, context: Context) -> frozenset[str]:
    feed = context.feeds.get(product)
    return frozenset(feed.sources) if feed else frozenset()


def _missing(
    subject: Subject, habits: Mapping[str, int], window: tuple[Micros, Micros], asked: _Asked, context: Context
) -> Outcome:
    event, person = subject.event, subject.person
    since, until = window
    baseline = context.baseline(person.id, event.occurred_at)
    names = listed([source_name(product) for product in habits])
    count, time = sum(habits.values()), period(baseline.since, baseline.until)
    minutes = span((until - since) / MINUTE)
    heard = sum(context.heard(product, since, until) for product in habits)
    whys = (
        Why(fact=f"{asked.called} at {names}", observed=f"0 in the {minutes} around it", usual=f"{count:,} in {time}"),
        Why(
            fact=f"records of {names} in that time",
            observed=f"{heard:,}, 0 of them a {asked.called} of this person",
            usual="no gap is known, and the log has gone on since",
        ),
    )
    earlier = [one for one in context.around(person.id, event.occurred_at - _LAST, since) if _fits(one, asked)]
    clause = f"{names} has no {asked.called} of this person in the {minutes} around it, against {count:,} in {time}"
    zone = context.zone(person, event.occurred_at)
    step = Evidence(
        at=since, until=until, kind="baseline", source=names, mark="new",
        text=f"No {asked.called} of {who(person)} from {at_time(since, zone)} to {at_time(until, zone)}; "
        f"{heard:,} other records of people in that time",
    )  # fmt: skip
    return Outcome(True, whys, 0.0, clause, steps=(step,), beside=tuple(earlier[-1:]))
