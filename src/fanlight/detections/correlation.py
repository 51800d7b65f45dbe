"""What a correlation rule asks of several events, as typed values; `correlate` evaluates it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationCondition,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
)

from fanlight.detections.record import fold_name
from fanlight.model import SECOND, Micros

__all__ = [
    "Correlation",
    "CorrelationType",
    "Operator",
    "Seen",
    "SeenAll",
    "SeenAny",
    "SeenNode",
    "Unseen",
    "correlation_of",
]

CorrelationType = Literal[
    "event_count", "value_count", "temporal", "temporal_ordered", "value_sum", "value_avg", "value_percentile",
    "value_median",
]  # fmt: skip
Operator = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True, slots=True)
class Seen:
    """The rule matched inside the window."""

    rule: str


@dataclass(frozen=True, slots=True)
class SeenAll:
    """Every part holds."""

    parts: tuple[SeenNode, ...]


@dataclass(frozen=True, slots=True)
class SeenAny:
    """Some part holds."""

    parts: tuple[SeenNode, ...]


@dataclass(frozen=True, slots=True)
class Unseen:
    """The part does not hold."""

    part: SeenNode


SeenNode = Seen | SeenAll | SeenAny | Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A condition on the matches of other rules inside a sliding window, per group."""

    type: CorrelationType
    rules: tuple[str, ...]
    """Ids of the rules it looks at, once resolved."""
    timespan: Micros
    group_by: tuple[str, ...] = ()
    aliases: Mapping[str, Mapping[str, str]]
    """Group name → rule → field, folded."""
    operator: Operator = ">="
    threshold: int | float = 1
    fields: tuple[str, ...] = ()
    """Fields whose values are counted or summed."""
    percentile: int | None = None
    expression: SeenNode | None = None
    """The boolean form of a temporal condition."""
    generate: bool = False

    def with_ids(self, ids: Mapping[str, str]) -> Correlation:
        """The same with every reference replaced by the id it stands for."""
        return replace(
            self,
            rules=tuple(ids.get(name, name) for name in self.rules),
            aliases={
                alias: {ids.get(name, name): field for name, field in fields.items()}
                for alias, fields in self.aliases.items()
            },
            expression=_renamed(self.expression, ids) if self.expression is not None else None,
        )


_OPERATORS: Mapping[str, Operator] = {"LT": "<", "LTE": "<=", "GT": ">", "GTE": ">=", "EQ": "==", "NEQ": "!="}


def correlation_of(parsed: SigmaCorrelationRule) -> Correlation:
    """pySigma's correlation as ours; references are still names."""
    condition = parsed.condition
    expression: SeenNode | None = None
    names = [reference.reference for reference in parsed.rules or ()]
    operator: Operator = ">="
    threshold: int | float = 1
    fields: tuple[str, ...] = ()
    percentile = None
    if isinstance(condition, SigmaExtendedCorrelationCondition):
        expression = _expression(condition.parsed)
        names = names or condition.get_referenced_rules()
    elif isinstance(condition, SigmaCorrelationCondition):
        operator, threshold = _OPERATORS[condition.op.name], condition.count
        given = condition.fieldref
        fields = tuple(fold_name(name) for name in ([given] if isinstance(given, str) else given or ()))
        percentile = condition.percentile
    kind: Any = parsed.type.name.lower()
    return Correlation(
        type=kind,
        rules=tuple(dict.fromkeys(names)),
        timespan=parsed.timespan.seconds * SECOND,
        group_by=tuple(fold_name(name) for name in parsed.group_by or ()),
        aliases={
            fold_name(alias.alias): {
                reference.reference: fold_name(field) for reference, field in alias.mapping.items()
            }
            for alias in parsed.aliases
        },
        operator=operator,
        threshold=threshold,
        fields=fields,
        percentile=percentile,
        expression=expression,
        generate=parsed.generate,
    )


def _expression(node: Any) -> SeenNode:
    if isinstance(node, CorrelationConditionAND):
        return SeenAll(tuple(_expression(arg) for arg in node.args))
    if isinstance(node, CorrelationConditionOR):
        return SeenAny(tuple(_expression(arg) for arg in node.args))
    if isinstance(node, CorrelationConditionNOT):
        return Unseen(_expression(node.args[0]))
    return Seen(node.reference)


def _renamed(node: SeenNode, ids: Mapping[str, str]) -> SeenNode:
    match node:
        case Seen(rule):
            return Seen(ids.get(rule, rule))
        case SeenAll(parts):
            return SeenAll(tuple(_renamed(part, ids) for part in parts))
        case SeenAny(parts):
            return SeenAny(tuple(_renamed(part, ids) for part in parts))
        case Unseen(part):
            return Unseen(_renamed(part, ids))
