"""The tests inside rule files.

    tests:
      - name: a token for an administrator
        event: {eventtype: system.api_token.create, actor: {id: 00u1}}
        expected: true
      - name: a burst
        events: [{…}, {…}]
        context: {actor.elevated: true}     # join fields, the same for every event
        expected: false

`expected` asks for the selection alone: that some event matches. For a correlation the events carry times and it asks
whether the correlation comes true. Tests with `expect: finding` or `expect: nothing` describe people and habits; they
run through the whole judgement (`scenario`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from fanlight.detections.correlate import Hit, correlate
from fanlight.detections.record import flatten, fold_name
from fanlight.detections.rulefile import Rule, with_parts
from fanlight.detections.stream import Index
from fanlight.detections.times import time_of_event

__all__ = ["Outcome", "ScenarioResult", "run"]


class ScenarioResult(Protocol):
    """What a scenario's run tells."""

    @property
    def name(self) -> str: ...

    @property
    def passed(self) -> bool: ...

    @property
    def sentence(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one test gave."""

    rule: str
    name: str
    passed: bool
    sentence: str = ""


Scenarios = Callable[[Rule, Sequence[Rule]], Iterable[ScenarioResult]]
"""Runs the tests of a rule that need the whole judgement, beside the rules that a correlation names."""


def run(
    rules: Sequence[Rule], scenarios: Scenarios | None = None, loaded: Sequence[Rule] | None = None
) -> list[Outcome]:
    """Run every test of every rule. Without `scenarios`, tests that need the whole judgement are left out.

    `loaded` are all rules there are, of which correlations name some (default: those that are tested).
    """
    outcomes: list[Outcome] = []
    loaded = rules if loaded is None else loaded
    by_id = {rule.id: rule for rule in loaded}
    for rule in rules:
        whole = tuple(test for test in rule.tests if "expect" in test)
        if whole and scenarios is not None:
            tested = replace(rule, tests=whole)
            for result in scenarios(tested, [part for part in with_parts([rule], loaded) if part.id != rule.id]):
                outcomes.append(Outcome(rule.name, result.name, result.passed, result.sentence))
        for number, test in enumerate(rule.tests, 1):
            if "expect" not in test:
                outcomes.append(_run(rule, test, number, by_id))
    return outcomes


def _run(rule: Rule, test: Mapping[str, Any], number: int, by_id: Mapping[str, Rule]) -> Outcome:
    name = str(test.get("name") or f"test {number}")
    expected = test.get("expected")
    events = test.get("events", [test["event"]] if "event" in test else None)
    if not isinstance(expected, bool) or not isinstance(events, list):
        return Outcome(rule.name, name, False, "A test needs `event` or `events`, and `expected: true` or `false`.")
    if not all(isinstance(event, Mapping) for event in events):
        return Outcome(rule.name, name, False, "Every event of a test must be a mapping.")
    joined = {fold_name(str(key)): _joined(value) for key, value in (test.get("context") or {}).items()}
    records = [{**flatten(event), **joined} for event in events]
    if rule.correlation is not None:
        happened = _correlates(rule, events, records, by_id)
    else:
        index = Index([rule])
        happened = any(index.match(record) for record in records)
    if happened == expected:
        return Outcome(rule.name, name, True)
    said = "matched, although it should not" if happened else "did not match"
    return Outcome(rule.name, name, False, f"The {'correlation' if rule.correlation else 'rule'} {said}.")


def _joined(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _correlates(
    rule: Rule, events: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]], by_id: Mapping[str, Rule]
) -> bool:
    index = Index(by_id.values())
    hits = [
        Hit(matched.id, time_of_event(event) or 0, f"{number:06d}", record)
        for number, (event, record) in enumerate(zip(events, records, strict=True))
        for matched in index.match(record)
    ]
    found = correlate([item for item in by_id.values() if item.correlation is not None], hits)
    return any(item.rule.id == rule.id for item in found)
