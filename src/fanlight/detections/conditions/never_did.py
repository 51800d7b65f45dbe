"""Something this person never did before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from fanlight.detections.context import Context
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
from fanlight.model import DAY, Why, day_of, parse_time

__all__ = ["NAME", "make"]

NAME = "never_did"


def make(body: dict[str, Any], _: Reading) -> Condition:
    patterns = tuple(str(p) for p in body.pop("types", ()))
    kinds = tuple(str(k) for k in body.pop("owns", ()))
    what = str(body.pop("called", "this"))
    nothing_left("never_did", body)
    if not patterns:
        raise BehaviorProblem("'never_did' needs 'types', a list of event types (with * for any text).")

    def judge(subject: Subject, context: Context) -> Outcome:
        event, person = subject.event, subject.person
        baseline = context.baseline(person.id, event.occurred_at)
        # What was first done on this day or the evening before belongs to the same visit, not to a habit.
        settled = parse_time(day_of(event.occurred_at)) - DAY // 2
        did = any(
            _matches(name, patterns) and habit.first_at < settled for name, habit in baseline.values("type").items()
        )
        if did or context.owned(person, kinds, event.occurred_at):
            return NO
        spread = context.spread("type")
        peers, day = context.peers(person), day_of(event.occurred_at)
        users = {
            identity
            for value, pairs in spread.first_days.items()
            if _matches(value, patterns)
            for first, identity in pairs
            if first < day
        }
        others = max(spread.known(day) - 1, 0)
        time = period(baseline.since, baseline.until)
        usual = f"0 of {baseline.events:,} events in {time}" if baseline.events else "no events before this"
        among = (
            f"{len(users & peers)} of {len(peers)} people of {person.department}" if peers else "no peer group known"
        )
        share = (len(users) + 0.5) / (others + 1)
        nats = -math.log(min((len(users & peers) + 3 * share) / (len(peers) + 3), 1.0))
        return Outcome(
            True,
            (
                Why(fact=f"{what} before", observed="first time", usual=usual, weight=round(nats, 1)),
                Why(
                    fact=f"who else uses {what}",
                    observed=among,
                    usual=f"{len(users)} of {others:,} people of the company",
                ),
            ),
            nats,
            f"none of {baseline.events:,} events in {time} touched {what}",
        )

    return judge


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
