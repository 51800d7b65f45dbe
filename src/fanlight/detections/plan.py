"""Rules as judging uses them, and what they hold on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fanlight.detections.behavior import Behavior, parse_behavior
from fanlight.detections.correlate import Hit as Part
from fanlight.detections.dedup import Dedup
from fanlight.detections.evidence import EvidencePlan
from fanlight.detections.outcome import Outcome, Subject
from fanlight.detections.rulefile import Rule
from fanlight.model import HOUR, Micros

__all__ = ["Hit", "Plan", "Window", "hits_behind", "plan_of", "plans_of"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A rule as judging uses it."""

    rule: Rule
    behavior: Behavior | None
    dedup: Dedup
    evidence: EvidencePlan
    reach: Micros = 0
    """How far before a hit the events lie that decide it: windows of behaviors and of correlations."""

    @property
    def types(self) -> frozenset[str] | None:
        """Event types that must be read for this rule, in lower case; None where it demands no type."""
        counted = frozenset(name.lower() for name in (self.behavior.types if self.behavior else ()))
        if self.rule.correlation is not None:
            return counted  # the rules it names demand theirs
        needs = (self.rule.required or {}).get("type")
        return None if needs is None else needs | counted

    def group_key_of(self, subject: Subject) -> str:
        """By which hits on this rule are one finding."""
        event = subject.event
        values = {
            "identity": subject.person.id or event.actor_id or event.actor_kind or "",
            "project": event.project_id or "", "chat": event.chat_id or "", "organization": event.organization_id or "",
            "target": str(subject.record.get("target_id") or event.target_id or ""),
        }  # fmt: skip
        return "|".join(values[key] for key in self.dedup.by)


@dataclass(frozen=True, slots=True)
class Window:
    """The part `line[first:last]` of a group's matches, whose event ids stand for the hits in `known`."""

    line: Sequence[Part]
    first: int
    last: int
    known: Mapping[str, Hit]

    def hits(self, after: int = 0) -> Iterator[Hit]:
        """The single hits in it, from a place in the line on."""
        for part in self.line[max(self.first, after) : self.last]:
            for key in part.members or (part.event_id,):
                yield self.known[key]


@dataclass(frozen=True, slots=True)
class Hit:
    """One event that a rule holds on, or at which a correlation came true."""

    plan: Plan
    subject: Subject
    outcome: Outcome
    group_key: str
    window: Window | None = None
    """For a correlation: the matches that made it true."""

    @property
    def at(self) -> Micros:
        return self.subject.event.occurred_at

    @property
    def tie(self) -> str:
        return self.subject.event.event_id

    @property
    def key(self) -> tuple[str, str]:
        """What makes its event one of a kind: an id is unique within a product."""
        return self.subject.event.event_id, self.subject.event.product


def hits_behind(group: Sequence[Hit]) -> list[Hit]:
    """The single hits a group rests on, each once, in time order: of a correlation every one in its windows."""
    found: dict[tuple[str, str], Hit] = {}
    seen: dict[int, int] = {}
    for hit in group:
        window = hit.window
        if window is None:
            found.setdefault(hit.key, hit)
            continue
        # Windows over one line overlap; each is read from where the one before it ended.
        for single in window.hits(seen.get(id(window.line), 0)):
            found.setdefault(single.key, single)
        seen[id(window.line)] = window.last
    return sorted(found.values(), key=lambda hit: (hit.at, hit.tie))


def plans_of(rules: Sequence[Rule]) -> dict[str, Plan]:
    """Plans by rule id: of rules that report, and of those that feed them. Raises `ValueError` with a sentence."""
    by_id = {rule.id: rule for rule in rules}
    wanted: dict[str, Rule] = {}
    waiting = [rule for rule in rules if rule.reports]
    while waiting:
        rule = waiting.pop()
        if rule.id in wanted or (rule.tree is None and rule.correlation is None):
            continue
        wanted[rule.id] = rule
        waiting += [by_id[name] for name in (rule.correlation.rules if rule.correlation else ()) if name in by_id]
    plans: dict[str, Plan] = {}
    for rule in rules:
        if rule.id in wanted and rule.id not in plans:
            plan = plan_of(rule)
            plans[rule.id] = Plan(rule, plan.behavior, plan.dedup, plan.evidence, _reach(rule, by_id, frozenset()))
    return plans


def plan_of(rule: Rule) -> Plan:
    """One rule alone. Raises `ValueError` with a sentence when its own keys cannot be read."""
    behavior = parse_behavior(rule.behavior)
    return Plan(rule, behavior, _dedup_of(rule), EvidencePlan.of(rule.evidence), behavior.window if behavior else 0)


def _dedup_of(rule: Rule) -> Dedup:
    """A correlation that says nothing is one finding for each of its groups in its time span, an hour at least."""
    if rule.correlation is None:
        return Dedup.of(rule.dedup)
    said: Mapping[str, object] = rule.dedup or {}
    dedup = Dedup.of(rule.dedup)
    by = dedup.by if "by" in said else ()
    return Dedup(by, dedup.period if "period" in said else max(HOUR, rule.correlation.timespan))


def _reach(rule: Rule, by_id: Mapping[str, Rule], above: frozenset[str]) -> Micros:
    behavior = parse_behavior(rule.behavior)
    own = behavior.window if behavior else 0
    if rule.correlation is None or rule.id in above:
        return own
    parts = [_reach(by_id[name], by_id, above | {rule.id}) for name in rule.correlation.rules if name in by_id]
    return own + rule.correlation.timespan + max(parts, default=0)
