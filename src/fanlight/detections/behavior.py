"""The `behavior:` part of a rule: conditions on what is usual for the person, the peers and the company.

Grammar (docs/detections.md): a mapping with one key, `all` or `any` with a list of conditions, or one condition:
`unusual_place`, `unusual_hour`, `far_from_office`, `many`, `never_did`, `never_touched`. Each condition answers
with the facts that it used, so the explanation of a finding is what was computed and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from fanlight.detections import conditions
from fanlight.detections.context import Context
from fanlight.detections.outcome import NO, BehaviorProblem, Condition, Outcome, Reading, Subject
from fanlight.model import Micros

__all__ = ["Behavior", "BehaviorProblem", "parse_behavior"]


@dataclass(frozen=True, slots=True)
class Behavior:
    """A parsed `behavior:`; call it to judge a subject."""

    condition: Condition
    window: Micros = 0
    """How far before an event its conditions look at other events (`many`)."""
    types: tuple[str, ...] = ()
    """Event types that its conditions count beside the rule's own."""
    asks_habits: bool = True
    """Whether a condition asks what is usual for the person."""

    def judge(self, subject: Subject, context: Context) -> Outcome:
        return self.condition(subject, context)


def parse_behavior(source: Mapping[str, Any] | None) -> Behavior | None:
    """Read a rule's `behavior:`. None for none; raises `BehaviorProblem`."""
    if not source:
        return None
    reading = Reading()
    condition = _parse(source, reading)
    asks_habits = reading.without_habits < reading.conditions
    return Behavior(condition, reading.window, tuple(reading.types), asks_habits)


def _parse(source: object, reading: Reading) -> Condition:
    if not isinstance(source, Mapping) or len(source) != 1:
        raise BehaviorProblem("A behavior is a mapping with exactly one key: all, any, or the name of a condition.")
    name, body = next(iter(source.items()))
    if name in ("all", "any"):
        if not isinstance(body, Sequence) or isinstance(body, str) or not body:
            raise BehaviorProblem(f"'{name}' needs a list of conditions.")
        parts = [_parse(part, reading) for part in body]
        return _all(parts) if name == "all" else _any(parts)
    make = _conditions().get(str(name))
    if make is None:
        known = ", ".join(sorted(_conditions()))
        raise BehaviorProblem(f"The behavior '{name}' is not known; known are all, any, {known}.")
    reading.conditions += 1
    return make(dict(body or {}), reading)


def _all(parts: Sequence[Condition]) -> Condition:
    def judge(subject: Subject, context: Context) -> Outcome:
        outcomes: list[Outcome] = []
        for part in parts:
            outcome = part(subject, context)
            if not outcome.holds:
                return NO
            outcomes.append(outcome)
        return _merged(outcomes)

    return judge


def _any(parts: Sequence[Condition]) -> Condition:
    def judge(subject: Subject, context: Context) -> Outcome:
        return _merged([outcome for part in parts if (outcome := part(subject, context)).holds])

    return judge


def _merged(outcomes: Sequence[Outcome]) -> Outcome:
    if not outcomes:
        return NO
    return Outcome(
        holds=True,
        why=tuple(why for outcome in outcomes for why in outcome.why),
        nats=sum(outcome.nats for outcome in outcomes),
        clause=", and ".join(outcome.clause for outcome in outcomes if outcome.clause),
        new=frozenset().union(*(outcome.new for outcome in outcomes)),
        events=tuple(event for outcome in outcomes for event in outcome.events),
        things=frozenset().union(*(outcome.things for outcome in outcomes)),
        since=next((outcome.since for outcome in outcomes if outcome.since is not None), None),
        steps=tuple(dict.fromkeys(step for outcome in outcomes for step in outcome.steps)),
        beside=tuple(dict.fromkeys(event for outcome in outcomes for event in outcome.beside)),
    )


@cache
def _conditions() -> dict[str, Callable[[dict[str, Any], Reading], Condition]]:
    """Every module of the package `conditions`, by its `NAME`."""
    modules = (import_module(f"{conditions.__name__}.{found.name}") for found in iter_modules(conditions.__path__))
    return {module.NAME: module.make for module in modules}
