"""Correlations: conditions on several matches inside a sliding window, per group.

A window ends at every match and reaches `timespan` back, both ends inclusive. Groups compare without regard to case; a
match that lacks a group field belongs to none. Matches are put in order of time, ties by event id, so the order of
arrival does not matter.

A boolean condition that asks for silence (`a and not b`) looks forward instead: its window begins at a wanted match,
and it comes true when the window has passed without the unwanted one.
"""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from fanlight.detections.correlation import Correlation, Seen, SeenAll, SeenAny, SeenNode, Unseen
from fanlight.detections.record import Record, fold_text, text_of, values_of
from fanlight.detections.rulefile import Rule
from fanlight.detections.stream import number_of
from fanlight.model import Micros

__all__ = ["Correlated", "Hit", "correlate"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule matched one event, or a correlation came true at it."""

    rule_id: str
    at: Micros
    event_id: str
    record: Record
    members: tuple[str, ...] = ()
    """Event ids behind a correlation's match; empty for a single event."""


@dataclass(frozen=True, slots=True)
class Correlated:
    """A correlation came true with its last event, the anchor."""

    rule: Rule
    group: tuple[str, ...]
    anchor: Hit
    value: float
    """What was counted or measured."""
    line: Sequence[Hit]
    """Matches in time order; those in the window are `line[first:last]`."""
    first: int
    last: int

    @property
    def window(self) -> Sequence[Hit]:
        """Every match in the window, in time order."""
        return self.line[self.first : self.last]

    @property
    def events(self) -> tuple[str, ...]:
        """Ids of every event in the window, in time order, the anchor's last."""
        return tuple(dict.fromkeys(event for hit in self.window for event in hit.members or (hit.event_id,)))


def correlate(rules: Iterable[Rule], hits: Iterable[Hit], horizon: Micros | None = None) -> list[Correlated]:
    """Every time a correlation holds at one of its matches, chains of correlations included, in order of time.

    `horizon` is the time up to which everything is known (default: the newest match); silence counts only up to it.
    """
    waiting = [rule for rule in rules if rule.correlation is not None]
    known = sorted(hits, key=_order)
    until = horizon if horizon is not None else known[-1].at if known else 0
    results: list[Correlated] = []
    done: set[str] = set()
    open_ids = {rule.id for rule in waiting}
    asked_for = {name for rule in waiting for name in _correlation(rule).rules}
    while waiting:
        ready = [rule for rule in waiting if not (set(_correlation(rule).rules) & open_ids) - done - {rule.id}]
        if not ready:
            break  # correlations that refer to each other in a circle never come true
        for rule in ready:
            asked = _correlation(rule)
            found = list(
                _evaluate(rule, asked, known) if asked.expression is None else _weigh(rule, asked, known, until)
            )
            results.extend(found)
            done.add(rule.id)
            if rule.id in asked_for:
                known = sorted([*known, *(_as_hit(item) for item in found)], key=_order)
        waiting = [rule for rule in waiting if rule.id not in done]
    results.sort(key=lambda item: _order(item.anchor))
    return results


def _order(hit: Hit) -> tuple[Micros, str]:
    return hit.at, hit.event_id


def _time(hit: Hit) -> Micros:
    return hit.at


def _correlation(rule: Rule) -> Correlation:
    assert rule.correlation is not None
    return rule.correlation


def _as_hit(found: Correlated) -> Hit:
    """A correlation's match for the next one in a chain: it has the anchor's fields and its own group names."""
    names = _correlation(found.rule).group_by
    record = {**found.anchor.record, **dict(zip(names, found.group, strict=True))}
    return Hit(found.rule.id, found.anchor.at, found.anchor.event_id, record, found.events)


def _evaluate(rule: Rule, asked: Correlation, hits: Sequence[Hit]) -> Iterator[Correlated]:
    windows: dict[tuple[str, ...], _Window] = {}
    wanted = set(asked.rules)
    for hit in hits:
        if hit.rule_id not in wanted:
            continue
        for group in _groups(asked, hit):
            window = windows.get(group)
            if window is None:
                window = windows[group] = _Window(asked)
            window.add(hit)
            value = window.measure()
            if value is not None:
                yield Correlated(rule, group, hit, value, window.line, window.first, len(window.line))


def _groups(asked: Correlation, hit: Hit) -> Iterator[tuple[str, ...]]:
    """The groups a match belongs to: one for every combination of values of its group fields."""
    texts: list[list[str]] = []
    for name in asked.group_by:
        source = asked.aliases.get(name, {}).get(hit.rule_id, name)
        values = values_of(hit.record, source)
        if not values and name in hit.record:
            values = values_of(hit.record, name)  # a chained correlation carries the alias itself
        texts.append(list(dict.fromkeys(fold_text(text_of(value)) for value in values)))
    return product(*texts)


_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


@dataclass(slots=True)
class _Window:
    """The matches of one group that lie inside the time span of the newest."""

    asked: Correlation
    line: list[Hit] = field(default_factory=list)
    """Every match of the group so far; the window begins at `first`."""
    first: int = 0
    rules: Counter[str] = field(default_factory=Counter)
    values: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def add(self, hit: Hit) -> None:
        self.line.append(hit)
        self._count(hit, 1)
        while self.line[self.first].at < hit.at - self.asked.timespan:
            self._count(self.line[self.first], -1)
            self.first += 1

    @property
    def hits(self) -> Sequence[Hit]:
        return self.line[self.first :]

    def _count(self, hit: Hit, step: int) -> None:
        counts: list[tuple[Counter[Any], Any]] = [(self.rules, hit.rule_id)]
        if self.asked.type == "value_count":
            counts += [(self.values, value) for value in self._distinct(hit)]
        for counter, key in counts:
            counter[key] += step
            if counter[key] <= 0:
                del counter[key]

    def _distinct(self, hit: Hit) -> Iterator[tuple[str, ...]]:
        texts = [
            dict.fromkeys(fold_text(text_of(value)) for value in values_of(hit.record, name))
            for name in self.asked.fields
        ]
        return product(*texts)

    def measure(self) -> float | None:
        """What the condition measured when it holds now, else None."""
        asked = self.asked
        match asked.type:
            case "temporal" | "temporal_ordered":
                return self._temporal()
            case "event_count":
                value: float | None = len(self.line) - self.first
            case "value_count":
                value = len(self.values)
            case _:
                value = self._statistic()
        if value is None or not _SIGNS[asked.operator](value, asked.threshold):
            return None
        return value

    def _statistic(self) -> float | None:
        name = self.asked.fields[0]
        numbers = [
            number
            for hit in self.hits
            for value in values_of(hit.record, name)
            if (number := number_of(text_of(value))) is not None
        ]
        if not numbers:
            return None
        match self.asked.type:
            case "value_sum":
                return sum(numbers)
            case "value_avg":
                return sum(numbers) / len(numbers)
            case "value_median":
                return _quantile(numbers, 50)
        return _quantile(numbers, self.asked.percentile if self.asked.percentile is not None else 50)

    def _temporal(self) -> float | None:
        asked = self.asked
        seen = len(self.rules)
        if not _SIGNS[asked.operator](seen, asked.threshold):
            return None
        if asked.type == "temporal_ordered":
            order = [rule for rule in asked.rules if rule in self.rules]
            if not _in_order(self.hits, order) or self.line[-1].rule_id != order[-1]:
                return None
        return float(seen)


def _in_order(hits: Iterable[Hit], order: Sequence[str]) -> bool:
    """Whether some of the matches come one after the other in the stated order."""
    place = 0
    for hit in hits:
        if place < len(order) and hit.rule_id == order[place]:
            place += 1
    return place == len(order)


def _weigh(rule: Rule, asked: Correlation, hits: Sequence[Hit], horizon: Micros) -> Iterator[Correlated]:
    """A boolean condition, as alternatives of wanted and unwanted rules; each match is reported once."""
    assert asked.expression is not None
    groups: dict[tuple[str, ...], list[Hit]] = {}
    for hit in hits:
        if hit.rule_id in asked.rules:
            for group in _groups(asked, hit):
                groups.setdefault(group, []).append(hit)
    for group, members in groups.items():
        told: dict[str, Correlated] = {}
        for wanted, unwanted in _alternatives(asked.expression, False):
            for window in _windows(asked.timespan, members, wanted, unwanted, horizon):
                seen = {hit.rule_id for hit in window}
                order = [name for name in _named(asked.expression) if name in wanted]
                if seen == wanted and (asked.type == "temporal" or _in_order(window, order)):
                    found = Correlated(rule, group, window[-1], len(wanted), window, 0, len(window))
                    told.setdefault(window[-1].event_id, found)
        yield from told.values()


def _windows(
    span: Micros, members: Sequence[Hit], wanted: frozenset[str], unwanted: frozenset[str], horizon: Micros
) -> Iterator[list[Hit]]:
    """The wanted matches of every window to look at; windows with an unwanted match are left out."""
    for anchor in members:
        if anchor.rule_id not in wanted:
            continue
        if not unwanted:
            low = bisect_left(members, anchor.at - span, key=_time)
            before = members[low : bisect_right(members, _order(anchor), key=_order)]
            yield [hit for hit in before if hit.rule_id in wanted]
        elif anchor.at + span <= horizon:
            low, high = bisect_left(members, anchor.at, key=_time), bisect_right(members, anchor.at + span, key=_time)
            after = members[low:high]
            if not any(hit.rule_id in unwanted for hit in after):
                yield [hit for hit in after if hit.rule_id in wanted]


def _alternatives(node: SeenNode, negated: bool) -> list[tuple[frozenset[str], frozenset[str]]]:
    """The condition as alternatives: rules that must have matched, and rules that must not. Purely negative ones
    are dropped: nothing would tell when they come true."""
    return [(wanted, unwanted) for wanted, unwanted in _terms(node, negated) if wanted and not wanted & unwanted]


def _terms(node: SeenNode, negated: bool) -> list[tuple[frozenset[str], frozenset[str]]]:
    none: frozenset[str] = frozenset()
    match node:
        case Seen(rule):
            return [(none, frozenset({rule}))] if negated else [(frozenset({rule}), none)]
        case Unseen(part):
            return _terms(part, not negated)
        case SeenAll(parts) | SeenAny(parts):
            choices = [_terms(part, negated) for part in parts]
    if isinstance(node, SeenAll) == negated:
        return [term for terms in choices for term in terms]
    return [
        (none.union(*(wanted for wanted, _ in picked)), none.union(*(unwanted for _, unwanted in picked)))
        for picked in product(*choices)
    ]


def _named(node: SeenNode) -> tuple[str, ...]:
    """Rules in the order in which an expression names them."""
    match node:
        case Seen(rule):
            return (rule,)
        case Unseen(part):
            return _named(part)
        case SeenAll(parts) | SeenAny(parts):
            return tuple(dict.fromkeys(rule for part in parts for rule in _named(part)))


def _quantile(numbers: Sequence[float], percent: float) -> float:
    """Quantile with linear interpolation between neighbours, as SQL's `percentile_cont`."""
    ordered = sorted(numbers)
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
