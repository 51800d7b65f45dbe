"""Correlations in judging: the hits of single rules in, the moments at which several of them make one out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fanlight.detections.context import Context
from fanlight.detections.correlate import Correlated, correlate
from fanlight.detections.correlate import Hit as Part
from fanlight.detections.correlation import Correlation, Operator
from fanlight.detections.outcome import NO, Outcome
from fanlight.detections.plan import Hit, Plan, Window
from fanlight.detections.words import listed, span
from fanlight.model import MINUTE, Micros, Why

__all__ = ["correlated_hits"]


def correlated_hits(
    plans: Mapping[str, Plan], hits: Mapping[str, Sequence[Hit]], context: Context, known_to: Micros
) -> dict[str, list[Hit]]:
    """Hits of every correlation among the plans, from the hits of the rules they name.

    `known_to` is the time up to which the facts are known: silence counts only up to it. A `behavior` of the
    correlation's own is asked of the event that completed it.
    """
    rules = [plan.rule for plan in plans.values() if plan.rule.correlation is not None]
    known: dict[str, Hit] = {}
    parts: list[Part] = []
    for rule_id, found in hits.items() if rules else ():
        for hit in found:
            key = "\x1f".join(hit.key)
            if key not in known or hit.outcome.why:
                known[key] = hit  # of two rules on one event the one that can say why
            parts.append(Part(rule_id, hit.at, key, hit.subject.record))
    made: dict[str, list[Hit]] = {}
    for true in correlate(rules, parts, known_to):
        plan, subject = plans[true.rule.id], known[true.anchor.event_id].subject
        outcome = _outcome(plan, true, plans)
        if plan.behavior is not None:
            own = plan.behavior.judge(subject, context) if subject.person.id else NO
            if not own.holds:
                continue
            outcome = Outcome(True, (*outcome.why, *own.why), own.nats, own.clause or outcome.clause, own.new,
                              own.events, own.things, outcome.since, own.steps, own.beside)  # fmt: skip
        group_key = plan.group_key_of(subject) if plan.dedup.by else "|".join(true.group)
        window = Window(true.line, true.first, true.last, known)
        made.setdefault(plan.rule.id, []).append(Hit(plan, subject, outcome, group_key, window))
    return made


def _outcome(plan: Plan, true: Correlated, plans: Mapping[str, Plan]) -> Outcome:
    """Why a correlation holds: what was counted or measured, and from which number on it is reported."""
    asked = plan.rule.correlation
    assert asked is not None
    first, last = true.line[true.first], true.line[true.last - 1]
    seen_rules = dict.fromkeys(hit.rule_id for hit in true.window)
    # A condition with alternatives names rules that did not come: only those that did are told, in their order.
    told = asked.rules if asked.expression is None else tuple(seen_rules)
    names = [f"'{plans[name].rule.title}'" if name in plans else name for name in told]
    fact, seen = _measured(asked, true, names)
    took = span((last.at - first.at) / MINUTE)
    limit = span(asked.timespan / MINUTE)
    ordered = asked.type == "temporal_ordered"
    bound = "" if ordered or asked.expression is not None else f"from {_COMPARED[asked.operator]} {asked.threshold:g} "
    # An identity's number says nothing to people, and the finding names the person.
    values = [(name, value) for name, value in zip(asked.group_by, true.group, strict=True) if name not in _PERSON]
    group = ", ".join(f"{name} {value}" for name, value in values)
    kinds = list(dict.fromkeys("person" if name in _PERSON else name for name in asked.group_by))
    usual = f"reported {bound}within {limit}{f', for each {listed(kinds)}' if kinds else ''}"
    why = Why(fact=fact, observed=f"{seen} in {took}{f' ({group})' if group else ''}", usual=usual)
    before = ", then ".join(names[:-1])
    clause = f"it followed {before} within {took}" if ordered and before else f"{seen} within {took}"
    return Outcome(True, (why,), 0.0, clause, since=first.at)


_PERSON = frozenset({"actor.identity", "about.identity"})
_COMPARED: Mapping[Operator, str] = {
    "<": "fewer than", "<=": "at most", ">": "more than", ">=": "at least", "==": "exactly", "!=": "other than",
}  # fmt: skip


def _measured(asked: Correlation, true: Correlated, names: Sequence[str]) -> tuple[str, str]:
    match asked.type:
        case "event_count":
            return "count", f"{true.value:g} of {listed(names)}"
        case "value_count":
            return "different values", f"{true.value:g} different {listed(list(asked.fields))} in {listed(names)}"
        case "temporal":
            return "together", f"{true.value:g} of the events that belong together: {listed(names)}"
        case "temporal_ordered":
            return "one after the other", ", then ".join(names)
    kind = asked.type.removeprefix("value_")
    return f"{kind} of {asked.fields[0]}", f"{true.value:g}"
