"""Refusing an event that is already stored: key hashes for recent days, the key column of their day for older ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
from sqlalchemy import delete, insert, select

from fanlight.lake import Lake
from fanlight.model import DAY, Event, Micros, day_of
from fanlight.state import State, Tick, digest_of, schema

__all__ = ["KEY_DAYS", "fresh_events", "keep_keys", "prune_keys"]

KEY_DAYS = 4
"""Days whose keys are kept as hashes: the longest sweep (48 h) and a margin."""


def _recent(now: Micros) -> str:
    return day_of(now - KEY_DAYS * DAY)


def key_of(event: Event) -> bytes:
    """What makes two rows the same event: its second, then a digest of product and id.

    The second in front keeps keys that arrive together together in the database's tree: a busy input then writes a few
    pages a commit, not one page a key. An event that took the time of its arrival has none of its own.
    """
    second = 0 if event.occurred_at == event.ingested_at else event.occurred_at // 1_000_000 & 0xFFFFFFFF
    return second.to_bytes(4, "big") + digest_of(event.product, event.event_id)[:12]


def fresh_events(lake: Lake, events: Sequence[Event], now: Micros) -> list[Event]:
    """The events that are not stored yet, each once, in their order."""
    unique: dict[bytes, Event] = {}
    for event in events:
        unique.setdefault(key_of(event), event)
    border = _recent(now)
    recent = {key: event for key, event in unique.items() if day_of(event.occurred_at) >= border}
    older = {key: event for key, event in unique.items() if key not in recent}
    known = _known_keys(lake.state, list(recent)) | _known_in_lake(lake, older.values())
    return [event for key, event in unique.items() if key not in known]


def keep_keys(tick: Tick, events: Iterable[Event]) -> None:
    """Remember the keys of new events in the tick that stores them; a second writer's tick fails here."""
    border = _recent(tick.now)
    rows = [
        {"tenant": tick.tenant, "key": key_of(event), "day": day}
        for event in events
        if (day := day_of(event.occurred_at)) >= border
    ]
    if rows:
        tick.connection.execute(insert(schema.event_keys), rows)


def prune_keys(tick: Tick) -> None:
    """Forget hashes of days that are looked up in the lake by now."""
    table = schema.event_keys
    border = day_of(tick.now - (KEY_DAYS + 2) * DAY)
    tick.connection.execute(delete(table).where(table.c.tenant == tick.tenant, table.c.day < border))


def _known_keys(state: State, keys: list[bytes]) -> set[bytes]:
    table = schema.event_keys
    known: set[bytes] = set()
    with state.view() as connection:
        for start in range(0, len(keys), 500):
            known.update(
                connection.execute(
                    select(table.c.key).where(
                        table.c.tenant == state.tenant, table.c.key.in_(keys[start : start + 500])
                    )
                ).scalars()
            )
    return known


def _known_in_lake(lake: Lake, events: Iterable[Event]) -> set[bytes]:
    asked = list(events)
    days = {day_of(event.occurred_at) for event in asked}
    paths = [
        str(lake.root / segment.path)
        for segment in lake.state.live_segments()
        if segment.fact == "events" and segment.day in days
    ]
    if not paths:
        return set()
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT product, event_id FROM read_parquet(?) WHERE event_id IN (SELECT unnest(?))",
            [paths, [event.event_id for event in asked]],
        ).fetchall()
    stored = {(product, event_id) for product, event_id in found}
    return {key_of(event) for event in asked if (event.product, event.event_id) in stored}
