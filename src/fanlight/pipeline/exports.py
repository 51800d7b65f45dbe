"""Exports: facts and conclusions as the JSON Lines contracts of design section 10.

An export is a module-level function with a name in `EXPORTS`; each takes an open home and yields rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from fanlight.enrich.client import client_label
from fanlight.identity.accounts import settings_of
from fanlight.identity.gather import gather_accounts
from fanlight.identity.resolve import resolve
from fanlight.identity.rows import identity_rows
from fanlight.model import Event, Link, format_time
from fanlight.pipeline.home import Home

__all__ = ["EXPORTS"]

Row = Mapping[str, Any]


def export_events(home: Home) -> Iterator[Row]:
    """The normalised row of every event, oldest first; `raw` as the folded, sealed JSON of the vendor."""
    with home.reader() as reader:
        days = reader.query("SELECT DISTINCT day FROM events ORDER BY day")["day"].to_pylist()
        for day in days:
            with reader.between(day, day) as one:
                for event in sorted(one.rows(Event), key=lambda row: (row.occurred_at, row.event_id)):
                    yield _event_row(event)


def _event_row(event: Event) -> Row:
    row: dict[str, Any] = {
        name: getattr(event, name)
        for name in Event.__dataclass_fields__
        if name not in ("occurred_at", "observed_at", "ingested_at", "raw")
    }
    row["id"] = event.event_id
    row["occurred_at"] = format_time(event.occurred_at)
    row["observed_at"] = None if event.observed_at is None else format_time(event.observed_at)
    row["ingested_at"] = format_time(event.ingested_at)
    row["client"] = client_label(event.user_agent) if event.user_agent else None
    row["raw"] = orjson.loads(event.raw)
    return row


def export_identities(home: Home) -> Iterator[Row]:
    """Identities with their accounts and why each belongs to them."""
    with home.reader() as reader:
        resolution = resolve(gather_accounts(reader), reader.rows(Link), settings_of(home.settings), home.clock.now())
    yield from identity_rows(resolution.identities, resolution.links)


EXPORTS: dict[str, Callable[[Home], Iterator[Row]]] = {
    "events": export_events,
    "identities": export_identities,
}
