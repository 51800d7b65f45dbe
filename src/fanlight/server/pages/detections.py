"""Detections: which rules earn their noise, which are blind and why.

A rule is blind where it cannot find anything: nothing connected sends what it looks at, or its file cannot be read. It
is partly blind where it compares places and most places are unknown. A rule without events in the time is quiet, which
is said, and is not called blind.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from fanlight.detections.groups import ROLE_BY_GROUP
from fanlight.detections.joins import ENTERED, SETTINGS_WEAKENED
from fanlight.detections.plan import plan_of
from fanlight.detections.rulefile import Rule, own_rules
from fanlight.detections.servers import SERVER_USED
from fanlight.model import DAY, FindingStatus, Micros, day_of
from fanlight.pipeline.judging import rules_in_force
from fanlight.server.pages import Ask, PageKind
from fanlight.server.schema import SeverityName, View
from fanlight.server.tables import Sheet, sheet_of, time_of
from fanlight.server.views.finding import record_of
from fanlight.server.views.snapshot import Snapshot
from fanlight.server.views.words import PRODUCTS, count, plural
from fanlight.state.findings import StoredFinding, load_exceptions, load_findings

__all__ = ["PAGE", "DetectionsAsk", "DetectionsView"]

Sight = Literal["sees", "partly", "quiet", "blind"]
_SIGHTS: tuple[Sight, ...] = ("blind", "partly", "sees", "quiet")
_SEVERITIES: tuple[SeverityName, ...] = ("critical", "high", "medium", "low", "info")
_LOOK_BACK: Micros = 90 * DAY
_WEEKS = 13
_NEWEST = 8
_KEPT: tuple[FindingStatus, ...] = ("open", "closed", "historical")
_PLACES = ("unusual_place", "far_from_office")
_ENOUGH_PLACES = 0.5
#: What types that Fanlight derives itself come from.
_DERIVED = {
    ENTERED: "labels of messages", SETTINGS_WEAKENED: "settings of organizations", ROLE_BY_GROUP: "roles of groups",
    SERVER_USED: "uses of MCP servers in chats and sessions",
}  # fmt: skip


class DetectionsAsk(Ask):
    """The rule that is looked at."""

    rule: Annotated[str | None, Field(max_length=200)] = None


class RuleRow(View):
    """One rule with its noise of 90 days."""

    rule: str
    title: str
    level: SeverityName
    version: str
    own: bool
    """It comes with Fanlight; else it is one of the home's."""
    sight: Sight
    sentence: str
    """Why it is blind, or what it looked at."""
    hits: int
    weeks: list[int]
    """Findings of each of the last 13 weeks, oldest first."""
    open: int
    true: int
    false: int
    expected: int
    excepted: int
    """Closed by an exception without anybody's verdict."""
    last_at: Micros | None


class RuleFinding(View):
    """A finding of the rule."""

    id: str
    title: str
    severity: SeverityName
    status: str
    at: Micros


class RuleDetail(View):
    """The rule that is looked at."""

    rule: str
    title: str
    record: str
    description: str
    looks_at: str
    attack: list[str]
    falsepositives: list[str]
    runbook: list[str]
    tests: int
    exceptions: int
    findings: list[RuleFinding]
    last_line: str = ""


class BrokenRule(View):
    """A rule file that cannot be read, with the reason."""

    name: str
    sentence: str


class DetectionsView(View):
    """All rules in force."""

    summary: str
    rows: list[RuleRow]
    broken: list[BrokenRule]
    detail: RuleDetail | None = None


def _make(snapshot: Snapshot, ask: DetectionsAsk) -> DetectionsView:
    rules = snapshot.derived("rules in force", lambda held: rules_in_force(held.home))
    by_rule: dict[str, list[StoredFinding]] = defaultdict(list)
    for stored in load_findings(snapshot.home.state, _KEPT):
        if snapshot.at - stored.finding.at < _LOOK_BACK:
            by_rule[stored.finding.rule].append(stored)
    seen = snapshot.derived("what rules can see", _seen)
    reporting = [rule for rule in rules.rules if rule.reports]
    parts = {rule.id: rule for rule in rules.rules}
    rows = sorted((_row(snapshot.at, rule, parts, by_rule.get(rule.name, []), seen) for rule in reporting), key=_order)
    broken = [BrokenRule(name=error.path.name, sentence=error.sentence) for error in rules.errors]
    chosen = next((rule for rule in reporting if rule.name == ask.rule), None)
    return DetectionsView(
        summary=_summary(rows, broken),
        rows=rows,
        broken=broken,
        detail=_detail(snapshot, chosen, parts, by_rule.get(chosen.name, []), seen) if chosen else None,
    )


def _order(row: RuleRow) -> tuple[int, int, int, str]:
    return _SIGHTS.index(row.sight), -row.hits, _SEVERITIES.index(row.level), row.title


def _summary(rows: Sequence[RuleRow], broken: Sequence[BrokenRule]) -> str:
    told = [plural(len(rows), "rule")]
    for sight, words in (("blind", "blind"), ("partly", "partly blind")):
        n = sum(row.sight == sight for row in rows)
        told += [f"{count(n)} {words}"] if n else []
    told += [f"{plural(len(broken), 'file')} cannot be read"] if broken else []
    hits = sum(row.hits for row in rows)
    return f"{', '.join(told)}; {plural(hits, 'finding')} in 90 days"


# -- what a rule can see -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Seen:
    """What there was to look at in 90 days."""

    types: Mapping[str, int]
    """Events by type in lower case, those that Fanlight derives itself included."""
    products: frozenset[str]
    located: float | None
    """Share of events whose address has a known country; None without any address."""


def _seen(snapshot: Snapshot) -> _Seen:
    since = snapshot.at - _LOOK_BACK
    rows = snapshot.query_events(
        "SELECT lower(type) AS type, product, count(*) AS n FROM events_light WHERE day >= ? GROUP BY ALL",
        [day_of(since)],
    ).to_pylist()
    types: Counter[str] = Counter()
    for row in rows:
        types[row["type"]] += row["n"]
    types[ENTERED] = len(
        {(m.object_id, m.part_id) for m in snapshot.matches if m.role == "user" and (m.at or 0) >= since}
    )
    types[SETTINGS_WEAKENED] = _number(snapshot, "SELECT count(*) AS n FROM objects_now WHERE kind = 'settings'")
    types[SERVER_USED] = _number(
        snapshot, "SELECT count(*) AS n FROM objects_now WHERE kind = 'tool_use' AND owner_account IS NOT NULL"
    )
    types[ROLE_BY_GROUP] = _number(snapshot, "SELECT count(*) AS n FROM grants WHERE principal_kind = 'group'")
    return _Seen(types, frozenset(row["product"] for row in rows), _located(snapshot))


def _number(snapshot: Snapshot, sql: str) -> int:
    return int(snapshot.reader.query(sql)["n"].to_pylist()[0] or 0)


def _located(snapshot: Snapshot) -> float | None:
    """Of the events of the last 30 days, over the addresses that are used most."""
    rows = snapshot.query_events(
        "SELECT ip, count(*) AS n, max(occurred_at) AS last FROM events_light WHERE day >= ? AND ip IS NOT NULL"
        " GROUP BY ip ORDER BY n DESC, ip LIMIT 2000",
        [day_of(snapshot.at - 30 * DAY)],
    ).to_pylist()
    context = snapshot.context(snapshot.at - DAY, snapshot.at)
    total = sum(row["n"] for row in rows)
    known = sum(row["n"] for row in rows if context.where(row["ip"], row["last"]).country)
    return known / total if total else None


def _sight(rule: Rule, parts: Mapping[str, Rule], seen: _Seen) -> tuple[Sight, str]:
    """Whether a rule can find anything, and in words why not or what it looked at."""
    if rule.product and rule.product not in seen.products:
        return "blind", f"{PRODUCTS.get(rule.product, rule.product)} has sent no event in 90 days, or is not connected."
    types = _types(rule, parts)
    looked = sum(seen.types.values()) if types is None else sum(seen.types.get(name, 0) for name in types)
    behaves = json.dumps(rule.behavior or {})
    if any(name in behaves for name in _PLACES) and seen.located is not None and seen.located < _ENOUGH_PLACES:
        share = f"{round(100 * (1 - seen.located))} % of events come from addresses whose place is unknown"
        if "far_from_office" in behaves and not seen.located:
            return "blind", f"{share}. An address database tells places (fanlight geo install)."
        return "partly", f"{share}; networks are compared instead."
    if not looked:
        return "quiet", f"Nothing of what it looks at happened in 90 days: {_kinds(types)}."
    return "sees", f"Looked at {plural(looked, 'event')} in 90 days."


def _types(rule: Rule, parts: Mapping[str, Rule]) -> frozenset[str] | None:
    """The types a rule reads, those of the rules it puts together included; None where one of them reads every type."""
    found = plan_of(rule).types
    for part in rule.correlation.rules if rule.correlation else ():
        types = _types(parts[part], parts)
        if found is None or types is None:
            return None
        found |= types
    return found


def _kinds(types: frozenset[str] | None) -> str:
    named = sorted(_DERIVED.get(name, name) for name in types or ())
    return ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "") if named else "any event"


def _row(now: Micros, rule: Rule, parts: Mapping[str, Rule], findings: Sequence[StoredFinding], seen: _Seen) -> RuleRow:
    sight, sentence = _sight(rule, parts, seen)
    weeks = [0] * _WEEKS
    for stored in findings:
        weeks[_WEEKS - 1 - min(_WEEKS - 1, (now - stored.finding.at) // (7 * DAY))] += 1
    verdicts = [stored.verdict for stored in findings]
    return RuleRow(
        rule=rule.name,
        title=rule.title,
        level=rule.level,
        version=rule.version[:7],
        own=rule.path is not None and own_rules() in rule.path.parents,
        sight=sight,
        sentence=sentence,
        hits=len(findings),
        weeks=weeks,
        open=sum(stored.status == "open" for stored in findings),
        true=verdicts.count("true_positive"),
        false=verdicts.count("false_positive"),
        expected=verdicts.count("expected"),
        excepted=sum(stored.status == "closed" and stored.verdict is None for stored in findings),
        last_at=max((stored.finding.at for stored in findings), default=None),
    )


def _detail(
    snapshot: Snapshot, rule: Rule, parts: Mapping[str, Rule], findings: Sequence[StoredFinding], seen: _Seen
) -> RuleDetail:
    newest = sorted(findings, key=lambda stored: (-stored.finding.at, stored.finding.id))
    types = _types(rule, parts)
    counted = (
        []
        if types is None
        else [f"{_DERIVED.get(name, name)} {count(seen.types.get(name, 0))}" for name in sorted(types)]
    )
    now = snapshot.home.clock.now()
    return RuleDetail(
        rule=rule.name,
        title=rule.title,
        record=record_of(rule.name, findings),
        description=" ".join(rule.description.split()),
        looks_at=", ".join(counted) or "every event",
        attack=[tag.upper() for tag in rule.attack if tag[:1] == "t" and tag[1:2].isdigit()],
        falsepositives=list(rule.falsepositives),
        runbook=list(rule.runbook),
        tests=len(rule.tests),
        exceptions=sum(
            each.rule == rule.name and (each.expires_at is None or each.expires_at > now)
            for each in load_exceptions(snapshot.home.state)
        ),
        findings=[
            RuleFinding(
                id=stored.finding.id, title=snapshot.told(stored.finding.title), severity=stored.finding.severity,
                status=_status(stored), at=stored.finding.at,
            )
            for stored in newest[:_NEWEST]
        ],
        last_line=f"{count(len(newest) - _NEWEST)} older in 90 days." if len(newest) > _NEWEST else "",
    )  # fmt: skip


def _status(stored: StoredFinding) -> str:
    if stored.status != "closed":
        return {"open": "open", "historical": "from before the connection"}.get(stored.status, stored.status)
    return stored.verdict.replace("_", " ") if stored.verdict else "closed by an exception"


def _rules(view: DetectionsView, zone: str) -> Sheet:
    return sheet_of("detections", view.rows, {
        "rule": lambda r: r.rule, "title": lambda r: r.title, "level": lambda r: r.level,
        "version": lambda r: r.version,
        "sight": lambda r: r.sight, "sentence": lambda r: r.sentence, "findings_90d": lambda r: r.hits,
        "open": lambda r: r.open, "true": lambda r: r.true, "false": lambda r: r.false,
        "expected": lambda r: r.expected, "by_exception": lambda r: r.excepted,
        "last": lambda r: time_of(r.last_at, zone),
    })  # fmt: skip


PAGE = PageKind(name="detections", ask=DetectionsAsk, view=DetectionsView, make=_make, tables={"detections": _rules})
