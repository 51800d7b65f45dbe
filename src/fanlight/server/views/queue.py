"""The queue: findings worst first, with what is new, who is becoming risky, and what cannot be seen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fanlight.findings.risk import rank_risk
from fanlight.model import DAY, Entity, Finding, Micros, Why
from fanlight.server import schema as s
from fanlight.server.ports import QueueQuery, Viewer
from fanlight.server.views.header import Visit
from fanlight.server.views.snapshot import Snapshot
from fanlight.server.views.words import chips, moment, plural
from fanlight.state.findings import StoredFinding

__all__ = ["SEVERITIES", "in_order", "queue_reason", "queue_row", "queue_view", "rule_title", "thing_of", "who_of"]

SEVERITIES = ("info", "low", "medium", "high", "critical")
_THINGS = ("chat", "file", "document", "artifact", "session", "project")
_CLOSED_DAYS = 30


def in_order(findings: Sequence[StoredFinding]) -> list[StoredFinding]:
    """Worst first, then newest, then by id."""
    return sorted(findings, key=lambda f: (-SEVERITIES.index(f.finding.severity), -f.finding.at, f.finding.id))


def rule_title(rule: str) -> str:
    """`Sensitive chat new place` of a rule's file name."""
    return rule.replace("_", " ").replace("-", " ").capitalize()


def thing_of(finding: Finding) -> Entity | None:
    """The chat, file or project a finding is about: the most particular kind of which there is one only.

    A finding about forty files is about their project.
    """
    by_kind = {kind: [entity for entity in finding.entities if entity.kind == kind] for kind in _THINGS}
    alone = next((found[0] for found in by_kind.values() if len(found) == 1), None)
    return alone or next((found[0] for found in by_kind.values() if found), None)


def who_of(finding: Finding, snapshot: Snapshot, department: str = "") -> s.Who:
    """The person a finding is about, else the thing."""
    if finding.identity_id is not None:
        known = finding.identity_id in snapshot.identities
        name = snapshot.name_of(finding.identity_id)
        return s.Who(name=name, detail=department, kind="identity", id=finding.identity_id if known else None)
    for kind in ("project", "organization", "api_key", "account"):
        for entity in finding.entities:
            if entity.kind == kind:
                listed = entity.id if kind == "project" and snapshot.object(kind, entity.id) is not None else None
                return s.Who(name=entity.name or entity.id, detail=kind.replace("_", " "), kind=kind, id=listed)
    return s.Who(name="–", detail="", kind="none")


def queue_row(stored: StoredFinding, snapshot: Snapshot, *, new: bool = False) -> s.QueueRow:
    """One finding as a row."""
    finding = stored.finding
    thing = thing_of(finding)
    labelled = snapshot.labelled(thing.kind, thing.id) if thing else None
    note = "no object" if labelled is None else "not read" if labelled.sensitivity == "not_read" else "none found"
    department = ""
    if finding.identity_id is not None:
        context = snapshot.context(snapshot.at - DAY, snapshot.at)
        department = context.person(finding.identity_id, snapshot.at).department or ""
    return s.QueueRow(
        id=finding.id,
        severity=finding.severity,
        new=new,
        title=snapshot.told(finding.title),
        sentence=_capital(snapshot.told(_second_line(finding))),
        who=who_of(finding, snapshot, department),
        labels=chips(labelled.categories) if labelled else [],
        labels_note=note,
        at=finding.at,
        assignee=stored.assignee,
        status=stored.status,
        verdict=stored.verdict,
        rule=finding.rule,
        rule_title=rule_title(finding.rule),
    )


_COMPARED = ("country", "network", "kind of network", "client", "hour of week", "volume")
_WHEN = re.compile(r"^(At|From) [0-9:]+ on \w+ \d+ \w+ \([^)]*\) ")


def _second_line(finding: Finding) -> str:
    """The two strongest reasons with their numbers; without any, the sentence of the page without its time."""
    told = [why for why in finding.why if why.fact != "all together" and not why.fact.startswith("sensitivity")]
    parts = [queue_reason(why) for why in told[:2]]
    return " · ".join(parts) if parts else _WHEN.sub("", finding.sentence)


def queue_reason(why: Why) -> str:
    """One reason with its number, short enough for a row; the page of the finding has the rest."""
    if why.fact.endswith(" before"):
        return why.usual if "touched" in why.usual else f"{why.observed}, {why.usual}"
    if why.fact not in _COMPARED or len(why.usual) >= 64:
        counts_alone = why.observed[:1].isdigit() and not why.fact.startswith("who else")
        return f"{why.fact}: {why.observed}" if counts_alone else why.observed  # "0 in 20 min" of what?
    return f"{why.observed}, usual {why.usual.partition(';')[0].partition(', ' if why.fact == 'volume' else ';')[0]}"


def _capital(line: str) -> str:
    return line[:1].upper() + line[1:]


def _tab(stored: StoredFinding, tab: str, viewer: Viewer, snapshot: Snapshot, now: Micros) -> bool:
    if tab == "closed":
        return stored.status == "closed" and now - stored.updated_at < _CLOSED_DAYS * DAY
    if tab == "history":
        return stored.status == "historical"
    if stored.status != "open":
        return False
    snoozed = stored.snoozed_until is not None and stored.snoozed_until > now
    if tab == "snoozed":
        return snoozed
    if snoozed:
        return False
    if tab == "mine":
        return stored.assignee == viewer.name
    if tab == "unassigned":
        return stored.assignee is None
    if tab == "sensitive":
        thing = thing_of(stored.finding)
        return thing is not None and snapshot.labelled(thing.kind, thing.id).sensitivity in ("moderate", "high")
    return tab == "open"


_TABS = (
    ("open", "Open"), ("mine", "Mine"), ("unassigned", "Unassigned"), ("sensitive", "Sensitive data"),
    ("snoozed", "Snoozed"), ("closed", "Closed, 30 days"), ("history", "Before connection"),
)  # fmt: skip


def queue_view(
    snapshot: Snapshot,
    findings: Sequence[StoredFinding],
    viewer: Viewer,
    query: QueueQuery,
    visit: Visit,
    sources: s.SourcesView,
    people: Sequence[str],
) -> s.QueueView:
    """The page. `findings` are all that are kept, in any status."""
    now = snapshot.home.clock.now()
    members = {key: [f for f in findings if _tab(f, key, viewer, snapshot, now)] for key, _ in _TABS}
    tab = query.tab if query.tab in members else "open"
    lowest = SEVERITIES.index(query.severity) if query.severity in SEVERITIES else 0
    wanted = [
        stored
        for stored in in_order(members[tab])
        if SEVERITIES.index(stored.finding.severity) >= lowest
        and (query.days is None or now - stored.finding.at < query.days * DAY)
    ]
    shown, rest = wanted[: query.limit], wanted[query.limit :]
    fresh = {f.finding.id for f in members["open"] if visit.before is not None and f.created_at > visit.before}
    return s.QueueView(
        summary=_summary(len(members["open"]), len(fresh), visit, now, snapshot.zone),
        tab=tab,
        tabs=[
            s.QueueTab(key=key, label=label, count=len(members[key]))
            for key, label in _TABS
            if members[key] or key not in ("snoozed", "history")
        ],
        rows=[queue_row(stored, snapshot, new=stored.finding.id in fresh) for stored in shown],
        total=len(wanted),
        last_line=_last_line(shown, rest),
        risk=_risk_rows(snapshot, findings, now),
        blind=[s.BlindSpot(sentence=_blind(row)) for row in sources.unseen if row.when == "now"][:4],
        seeing=_seeing(sources.rows),
        panes=_panes(sources.rows),
        sources_connected=len(sources.rows),
        people=list(people),
        newest_at=max((f.created_at for f in findings if f.status == "open"), default=now),
    )


def _blind(row: s.UnseenRow) -> str:
    return row.sentence if row.sentence.startswith(row.name) else f"{row.name}: {row.sentence}"


def _seeing(rows: Sequence[s.SourceRow]) -> str:
    if not rows:
        return "No source is connected."
    troubled = [row for row in rows if row.health != "healthy"]
    if not troubled:
        all_of = "The source" if len(rows) == 1 else f"All {len(rows)} sources"
        lag = "its usual lag" if len(rows) == 1 else "their usual lag"
        return f"{all_of} sent records within {lag}, so this is quiet and not blind."
    words = {"first_sync": "in its first sync", "late": "late", "stopped": "stopped", "partial": "seen in part"}
    told = ", ".join(f"{row.title} is {words[row.health]}" for row in troubled[:3])
    return f"{told}, so part of the picture is missing."


def _panes(rows: Sequence[s.SourceRow]) -> int:
    healthy = sum(1 for row in rows if row.health == "healthy")
    return round(6 * healthy / len(rows)) if rows else 0


def _summary(open_now: int, fresh: int, visit: Visit, now: Micros, zone: str) -> str:
    told = plural(open_now, "open finding")
    if visit.before is None:
        return told
    return f"{told}, {fresh or 'none'} of them since you left at {moment(visit.before, now, zone)}"


def _last_line(shown: Sequence[StoredFinding], rest: Sequence[StoredFinding]) -> str:
    if not shown:
        return ""
    told = f"{plural(len(shown), 'finding')} shown."
    if not rest:
        return f"{told} None below."
    words = {f.finding.severity for f in rest}
    worst = next(word for word in reversed(SEVERITIES) if word in words)
    return f"{told} {len(rest):,} more below, {'all ' + worst if len(words) == 1 else worst + ' and lower'}."


def _risk_rows(snapshot: Snapshot, findings: Sequence[StoredFinding], now: Micros) -> list[s.RiskRow]:
    context = snapshot.context(now - DAY, snapshot.at)
    rows = []
    for risk in rank_risk(findings, now):
        if risk.identity_id not in snapshot.identities:
            continue
        department = context.person(risk.identity_id, snapshot.at).department
        detail = " · ".join(part for part in (department, f"{risk.findings} open") if part)
        rows.append(
            s.RiskRow(
                identity_id=risk.identity_id,
                name=snapshot.name_of(risk.identity_id),
                detail=detail,
                score=risk.score,
                change=risk.change,
                spark=list(risk.spark),
            )
        )
    return rows
