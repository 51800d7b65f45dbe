"""The fly-out of a person or a project: the same five parts for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fanlight.access.graph import Unknown
from fanlight.access.picture import picture
from fanlight.detections.words import did
from fanlight.findings.risk import rank_risk
from fanlight.model import DAY, Micros, day_of
from fanlight.server import schema as s
from fanlight.server.views.identity import brief_of, events_of, timeline
from fanlight.server.views.queue import SEVERITIES, in_order, queue_row
from fanlight.server.views.snapshot import Snapshot
from fanlight.server.views.words import PRODUCTS, chips, count, full_day, plural
from fanlight.state.findings import StoredFinding

__all__ = ["flyout_view"]

_EVENTS = 10
_FINDINGS = 5
_LOOK_BACK: Micros = 90 * DAY


def flyout_view(snapshot: Snapshot, of: str, findings: Sequence[StoredFinding]) -> s.FlyoutView | None:
    """The fly-out of `identity:…` or `project:…`; None for anything that is not known."""
    kind, _, key = of.partition(":")
    if kind == "identity":
        return _identity(snapshot, key, findings)
    if kind == "project":
        return _project(snapshot, key, findings)
    return None


def _identity(snapshot: Snapshot, key: str, findings: Sequence[StoredFinding]) -> s.FlyoutView | None:
    brief = brief_of(snapshot, key)
    if brief is None:
        return None
    identity = brief.identity
    mine = [f for f in findings if f.finding.identity_id == identity.id]
    record = _record(snapshot, mine, scored=True)
    events = events_of(snapshot, snapshot.accounts_of(identity.id))
    steps = timeline(snapshot, events, brief.context, identity.id)[-_EVENTS:]
    return s.FlyoutView(
        of=f"identity:{identity.id}",
        kind="person" if identity.kind == "person" else identity.kind,
        title=snapshot.name_of(identity.id),
        detail=brief.detail,
        page=f"/identities/{identity.id}",
        facts=brief.facts,
        severity=record.severity,
        risk=record.risk,
        open_findings=record.open_findings,
        usual=brief.usual,
        access=_exposure(snapshot, identity.id),
        events=steps,
        events_summary=f"repeats folded, {snapshot.zone}" if steps else "no connected source has named this identity",
    )


@dataclass(frozen=True, slots=True)
class _Record:
    """Risk and open findings, as both kinds tell them."""

    severity: s.SeverityName | None
    risk: str
    open_findings: list[s.QueueRow]


def _record(snapshot: Snapshot, mine: Sequence[StoredFinding], *, scored: bool) -> _Record:
    open_now = in_order([f for f in mine if f.status == "open"])
    # A score is of a person: that of the people who appear in findings about a project says nothing of it.
    risk = rank_risk(mine, snapshot.at, most=1) if scored else []
    told = f"{risk[0].score} of 100, {risk[0].change:+d} in 10 days; " if risk else ""
    told += plural(len(open_now), "open finding") if open_now else "no open finding"
    closed = sum(1 for f in mine if f.status == "closed")
    return _Record(
        severity=max((f.finding.severity for f in open_now), key=SEVERITIES.index, default=None),
        risk=_capital(f"{told}, {count(closed)} closed." if closed else f"{told}."),
        open_findings=[queue_row(f, snapshot) for f in open_now[:_FINDINGS]],
    )


def _exposure(snapshot: Snapshot, identity: str) -> list[s.Figure]:
    try:
        exposure = snapshot.graph.exposure(identity)
    except (Unknown, KeyError):
        return []
    return [
        s.Figure(value=count(exposure.projects), label="projects"),
        s.Figure(value=count(exposure.resources), label="chats, files"),
        s.Figure(value=count(exposure.sensitive), label="sensitive"),
    ]


def _project(snapshot: Snapshot, key: str, findings: Sequence[StoredFinding]) -> s.FlyoutView | None:
    found = snapshot.object("project", key)
    if found is None:
        return None
    labelled = snapshot.labelled("project", key)
    mine = [f for f in findings if any(e.kind == "project" and e.id == key for e in f.finding.entities)]
    organization = snapshot.object("organization", found.organization_id) if found.organization_id else None
    facts = [s.Fact(label="Organization", value=(organization and organization.name) or "unknown")]
    if found.owner_account:
        owner = snapshot.resolution.by_account.get(found.owner_account)
        facts.append(
            s.Fact(label="Owner", value=snapshot.name_of(found.owner_account),
                   link=f"/identities/{owner}" if owner in snapshot.identities else None)
        )  # fmt: skip
    if found.created_at:
        facts.append(s.Fact(label="Made", value=full_day(found.created_at, snapshot.zone)))
    record = _record(snapshot, mine, scored=False)
    steps = _project_events(snapshot, key)
    return s.FlyoutView(
        of=f"project:{key}",
        kind="project",
        title=found.name or snapshot.title_of("project", key),
        detail=(organization and organization.name) or "",
        page=f"/access?pivot=project:{key}",
        facts=facts,
        sensitivity=labelled.sensitivity,
        labels=chips(labelled.counts),
        severity=record.severity,
        risk=record.risk,
        open_findings=record.open_findings,
        usual=_project_usual(snapshot, key),
        access=_holders(snapshot, key),
        access_note="May a member read other members' chats? The vendor does not say: unknown.",
        events=steps,
        events_summary=f"all people, {snapshot.zone}" if steps else "no event names this project",
    )


def _holders(snapshot: Snapshot, key: str) -> list[s.Figure]:
    try:
        held = snapshot.graph.reachable_by(key)
    except Unknown:
        return []
    strong = sum(1 for each in held if each.level in ("owner", "admin"))
    inside = picture(snapshot.graph, f"project:{key}").columns[-1]  # as it is counted on the page of the project
    return [
        s.Figure(value=count(len(held)), label="may open it"),
        s.Figure(value=count(strong), label="own or administer it"),
        s.Figure(value=count(inside.total), label="chats, files"),
        s.Figure(value=count(sum(node.sensitive for node in inside.nodes)), label="sensitive"),
    ]


def _project_usual(snapshot: Snapshot, key: str) -> str:
    since = snapshot.at - _LOOK_BACK
    row = snapshot.query_events(
        "SELECT count(*) AS n, count(DISTINCT account_key) AS people, count(DISTINCT day) AS days FROM events_light"
        " WHERE day >= ? AND project_id = ?",
        [day_of(since), key],
    ).to_pylist()[0]
    if not row["n"]:
        return "Nobody has used it in 90 days, as far as the feed tells."
    return (
        f"{plural(row['n'], 'event')} of {plural(row['people'], 'account')} on {plural(row['days'], 'day')} "
        "of the last 90."
    )


def _project_events(snapshot: Snapshot, key: str) -> list[s.Step]:
    found = snapshot.events("project_id = ?", [key], newest=_EVENTS)
    return [
        s.Step(
            at=event.occurred_at,
            until=None,
            source=PRODUCTS.get(event.product, event.product),
            text=f"{snapshot.name_of(event.account_key)}: {_lower(did(event))}" if event.account_key else did(event),
            place=event.ip,
            mark="usual" if event.ip else "context",
            labels=[],
            event_id=event.event_id,
        )
        for event in found
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
