"""What every page shows around itself. Reads the state only: it is asked for every five seconds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

from sqlalchemy import func, select

from fanlight.model import MINUTE, Micros
from fanlight.pipeline.connections import Connection, list_connections
from fanlight.pipeline.home import Home
from fanlight.pipeline.lateness import late_sources
from fanlight.server import schema as s
from fanlight.server.ports import Viewer
from fanlight.server.views.words import initials
from fanlight.state import schema

__all__ = ["Visit", "header", "health_of", "last_visit", "newest_event"]

_AWAY: Micros = 30 * MINUTE


@dataclass(frozen=True, slots=True)
class Visit:
    """When a person looked before: `before` is the end of the visit before this one, None on the first."""

    before: Micros | None
    current: Micros


def last_visit(home: Home, viewer: Viewer) -> Visit:
    """Reads and moves on the marker of a person's visits; half an hour away begins a new one."""
    name, now = f"visit:{viewer.name}", home.clock.now()
    kept = home.state.fact(name)
    known = Visit(**json.loads(kept)) if kept else None
    if known is not None and now - known.current < MINUTE:
        return known
    before = known.before if known and now - known.current < _AWAY else (known.current if known else None)
    visit = Visit(before, now)
    with home.state.tick() as tick:
        tick.set_fact(name, json.dumps({"before": visit.before, "current": visit.current}))
    return visit


def cursors_of(home: Home) -> dict[str, tuple[Micros | None, int]]:
    """Source to (newest event, rows) over its streams."""
    table = schema.cursors
    with home.state.view() as connection:
        rows = connection.execute(
            select(
                table.c.source,
                func.max(table.c.newest_at),
                func.sum(table.c.rows),
            )
            .where(table.c.tenant == home.tenant)
            .group_by(table.c.source)
        ).all()
    return {row[0]: (row[1], int(row[2] or 0)) for row in rows}


def health_of(connection: Connection, *, late: bool, partial: bool) -> s.Health:
    """The one word for how a source is doing, worst first."""
    if connection.state == "stopped":
        return "stopped"
    if connection.first_sync_at is None:
        return "first_sync"
    if late:
        return "late"
    return "partial" if partial else "healthy"


def newest_event(home: Home) -> Micros | None:
    """Time of the newest event that was collected, of any source."""
    newest = [each[0] for each in cursors_of(home).values() if each[0] is not None]
    return max(newest, default=None)


def header(home: Home, viewer: Viewer, since: Micros | None, identities: int, organizations: list[str]) -> s.HeaderView:
    """The header; `since` is the newest creation time the page has seen."""
    connections, cursors, now = list_connections(home), cursors_of(home), home.clock.now()
    late = late_sources(home)
    healths = [health_of(each, late=each.name in late, partial=False) for each in connections]
    table = schema.findings
    listed = (table.c.tenant == home.tenant, table.c.status == "open", table.c.body != "{}")
    with home.state.view() as connection:
        queue_open = connection.execute(
            select(func.count()).where(*listed, func.coalesce(table.c.snoozed_until, 0) <= now)
        ).scalar_one()
        arrived, arrived_at = (0, None)
        if since is not None:
            arrived, arrived_at = connection.execute(
                select(func.count(), func.max(table.c.created_at)).where(*listed, table.c.created_at > since)
            ).one()
    note = next(
        (f"{healths.count(word)} {word.replace('_', ' ')}" for word in ("stopped", "late") if word in healths),
        "first sync" if "first_sync" in healths else "",
    )
    return s.HeaderView(
        product_version=version("fanlight"),
        now=now,
        tenant=home.tenant,
        organizations=organizations,
        simulated=home.state.fact("simulated") is not None,
        freshness=_freshness(healths),
        newest_event_at=max((each[0] for each in cursors.values() if each[0] is not None), default=None),
        time_zone=home.settings.working_hours.timezone or home.state.fact("time_zone") or "UTC",
        user=viewer.name,
        initials=initials(viewer.name),
        queue_open=queue_open,
        identities=identities,
        sources_note=note,
        arrived=arrived,
        arrived_at=arrived_at,
    )


def _freshness(healths: list[s.Health]) -> Literal["live", "late", "first_sync", "stopped", "nothing"]:
    if not healths:
        return "nothing"
    if all(each == "stopped" for each in healths):
        return "stopped"
    if "first_sync" in healths:
        return "first_sync"
    return "late" if "late" in healths else "live"
