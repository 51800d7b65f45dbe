"""Judge a file of events: what `fanlight rules match` does.

A line is an event, or an envelope `{"event": {…}}` whose `rule_id` asks for that rule alone, whatever its log source.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

import orjson

from fanlight.detections.correlate import Hit, correlate
from fanlight.detections.record import Record, flatten
from fanlight.detections.rulefile import Rule, RuleSet
from fanlight.detections.stream import Index
from fanlight.detections.times import time_of_event

__all__ = ["Engine", "EngineMissing", "LineHit", "Outcome", "match_lines"]

Engine = Literal["stream", "batch", "spark"]
_CHUNK = 50_000


class EngineMissing(Exception):
    """The engine asked for is not installed; one sentence."""


@dataclass(frozen=True, slots=True)
class LineHit:
    """A rule matched the event on a line (from 1). A correlation is reported on the line that completed it."""

    rule_id: str
    line: int


@dataclass(slots=True)
class Outcome:
    """What became known beside the hits while lines were read."""

    lines: int = 0
    unreadable: list[int] = field(default_factory=list)
    """Lines that are not a JSON object."""
    unknown_rules: dict[str, int] = field(default_factory=dict)
    """Rules that lines asked for and nobody loaded, with the first such line."""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    event: Mapping[str, Any]
    rule: Rule | None


_Judge = Callable[[Sequence[_Line]], Iterable[tuple[int, Rule]]]


def match_lines(
    rules: RuleSet, lines: Iterable[bytes], engine: Engine = "stream", outcome: Outcome | None = None
) -> Iterator[LineHit]:
    """Hits in order of lines, then of rules as loaded; correlations last. Raises `EngineMissing`."""
    outcome = outcome if outcome is not None else Outcome()
    single = [rule for rule in rules.rules if rule.tree is not None]
    judge = _judge(single, engine)
    by_id = {key.lower(): rule for rule in rules.rules for key in (rule.name, rule.id)}
    correlations = [rule for rule in rules.rules if rule.correlation is not None]
    kept: list[Hit] = []
    read = _read(lines, by_id, outcome)
    while chunk := list(islice(read, _CHUNK)):
        for position, rule in judge(chunk):
            line = chunk[position]
            asked = line.rule
            if asked is rule or (asked is None and rule.reports):
                yield LineHit(rule.id, line.number)
            if correlations and (asked is None or asked.correlation is not None):
                at = time_of_event(line.event)
                if at is not None:
                    kept.append(Hit(rule.id, at, f"{line.number:012d}", flatten(line.event)))
    for found in correlate(correlations, kept):
        yield LineHit(found.rule.id, int(found.anchor.event_id))


def _read(lines: Iterable[bytes], by_id: Mapping[str, Rule], outcome: Outcome) -> Iterator[_Line]:
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        outcome.lines += 1
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            outcome.unreadable.append(number)
            continue
        event, asked = _unwrap(value)
        rule = None
        if asked is not None:
            rule = by_id.get(asked.lower())
            if rule is None:
                outcome.unknown_rules.setdefault(asked, number)
                continue
        yield _Line(number, event, rule)


def _unwrap(value: dict[str, Any]) -> tuple[Mapping[str, Any], str | None]:
    """The event of an envelope. An event that has an `event` object of its own has other objects beside it."""
    inner = value.get("event")
    if not isinstance(inner, dict):
        return value, None
    asked = value.get("rule_id")
    if asked is not None:
        return inner, str(asked)
    if any(isinstance(other, dict | list) for key, other in value.items() if key != "event"):
        return value, None
    return inner, None


def _judge(rules: Sequence[Rule], engine: Engine) -> _Judge:
    if engine == "stream":
        return _StreamJudge(rules)
    from fanlight.detections.batch import Batch  # pulls in the SQL engine

    batch = Batch(rules)
    run: Callable[[Sequence[Record]], list[tuple[int, Rule]]] = batch.match
    if engine == "spark":
        if importlib.util.find_spec("pyspark") is None:
            raise EngineMissing("The engine spark needs the package pyspark, which is not installed here.")
        from fanlight.detections.spark import spark_match

        run = spark_match(batch)
    return lambda chunk: run([batch.extract(line.event) for line in chunk])


class _StreamJudge:
    def __init__(self, rules: Sequence[Rule]) -> None:
        self._index = Index(rules)
        self._alone: dict[str, Index] = {}

    def __call__(self, chunk: Sequence[_Line]) -> Iterator[tuple[int, Rule]]:
        for position, line in enumerate(chunk):
            index = self._index
            if line.rule is not None and line.rule.tree is not None:
                index = self._alone.get(line.rule.id) or self._alone.setdefault(line.rule.id, Index([line.rule]))
            for rule in index.match_raw(line.event):
                yield position, rule
