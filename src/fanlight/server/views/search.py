"""Search: people, projects, findings, sources and addresses by their names. Names of chats and files are not kept."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from fanlight.pipeline.connections import list_connections
from fanlight.server import schema as s
from fanlight.server.views.queue import in_order
from fanlight.server.views.snapshot import Snapshot
from fanlight.server.views.sources import form_of
from fanlight.server.views.words import PRODUCTS, count, plural
from fanlight.state.findings import StoredFinding

__all__ = ["search_view"]

_MOST = 12
_ROOM = 4
"""Of projects, so that findings keep a place."""


def search_view(
    snapshot: Snapshot, text: str, findings: Sequence[StoredFinding], kind: str | None = None
) -> s.SearchView:
    """Hits, people first; at most twelve. `kind` gives those of one kind only, so that none hides another."""
    wanted = text.strip().casefold()
    if len(wanted) < 2:
        return s.SearchView(query=text, hits=[])
    found = [
        *_people(snapshot, wanted, findings),
        *_projects(snapshot, wanted),
        *_findings(wanted, findings),
        *_addresses(snapshot, wanted),
        *_sources(snapshot, wanted),
    ]
    hits = [hit for hit in found if kind in (None, hit.kind)]
    more = len(hits) - _MOST
    return s.SearchView(
        query=text, hits=hits[:_MOST], last_line=f"{count(more)} more; type more letters." if more > 0 else ""
    )


def _people(snapshot: Snapshot, wanted: str, findings: Sequence[StoredFinding]) -> list[s.Hit]:
    open_of: dict[str, int] = {}
    for stored in findings:
        if stored.status == "open" and stored.finding.identity_id:
            open_of[stored.finding.identity_id] = open_of.get(stored.finding.identity_id, 0) + 1
    found = [
        identity
        for identity in snapshot.identities.values()
        if wanted in identity.name.casefold()
        or any(wanted in email.casefold() for email in identity.emails)
        or any(wanted in key.casefold() for key in identity.accounts)
        or wanted == identity.id.casefold()
    ]
    found.sort(key=lambda i: (not i.name.casefold().startswith(wanted), -open_of.get(i.id, 0), i.name, i.id))
    return [
        s.Hit(
            kind="identity",
            title=snapshot.name_of(identity.id),
            detail=" · ".join(
                part
                for part in (
                    identity.emails[0] if identity.emails else "",
                    plural(open_of[identity.id], "open finding") if identity.id in open_of else "",
                )
                if part
            ),
            link=f"/identities/{identity.id}",
        )
        for identity in found[:8]
    ]


def _projects(snapshot: Snapshot, wanted: str) -> list[s.Hit]:
    """Projects by name or id, the sensitive ones first."""
    rank = {"high": 0, "moderate": 1, "low": 2, "none": 3, "not_read": 4}
    found = []
    for key in snapshot.graph.names.targets.to_pylist():
        kind, _, project = key.partition(":")
        name = snapshot.graph.label(kind, project)
        if kind == "project" and (wanted in name.casefold() or wanted == project.casefold()):
            level = snapshot.labelled(kind, project).sensitivity
            begins = name.casefold().startswith(wanted)
            detail = f"sensitivity {level.replace('_', ' ')}"
            hit = s.Hit(kind="project", title=name or project, detail=detail, link=f"/access?pivot=project:{project}")
            found.append((not begins, rank[level], name, project, hit))
    return [hit for *_, hit in sorted(found, key=lambda row: row[:4])][:_ROOM]


def _findings(wanted: str, findings: Sequence[StoredFinding]) -> list[s.Hit]:
    kept = [
        f
        for f in in_order(findings)
        if f.status in ("open", "closed", "historical")
        and (
            wanted in f.finding.title.casefold()
            or f.finding.id.startswith(wanted)
            or wanted in f.finding.rule.casefold()
            or any(wanted in entity.name.casefold() or wanted == entity.id.casefold() for entity in f.finding.entities)
        )
    ]
    return [
        s.Hit(
            kind="finding",
            title=f.finding.title,
            detail=f"{f.finding.severity}, {f.status}",
            link=f"/findings/{f.finding.id}",
        )
        for f in kept[:8]
    ]


def _addresses(snapshot: Snapshot, wanted: str) -> list[s.Hit]:
    """An address leads to the people who used it."""
    try:
        address = str(ipaddress.ip_address(wanted))
    except ValueError:
        return []
    rows = snapshot.query_events(
        "SELECT account_key, any_value(product) AS product, count(*) AS n, max(occurred_at) AS last FROM events_light"
        " WHERE ip = ? AND account_key IS NOT NULL GROUP BY account_key ORDER BY last DESC LIMIT 8",
        [address],
    ).to_pylist()
    hits = []
    for row in rows:
        identity = snapshot.resolution.by_account.get(row["account_key"])
        if identity in snapshot.identities:
            told = f"{plural(row['n'], 'event')} from {address}, {PRODUCTS.get(row['product'], row['product'])}"
            hits.append(s.Hit(kind="ip", title=snapshot.name_of(identity), detail=told, link=f"/identities/{identity}"))
    return hits


def _sources(snapshot: Snapshot, wanted: str) -> list[s.Hit]:
    return [
        s.Hit(
            kind="source",
            title=form_of(connection.kind).title,
            detail=connection.name,
            link=f"/sources?source={connection.name}",
        )
        for connection in list_connections(snapshot.home)
        if wanted in connection.name.casefold() or wanted in form_of(connection.kind).title.casefold()
    ]
