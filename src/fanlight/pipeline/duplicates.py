"""Refusing an event that is already stored: key hashes for recent days, the key column of their day for older ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import duckdb
from sqlalchemy import delete, insert, select

from fanlight.lake import Lake
from fanlight.model import DAY, Event, Micros, day_of
from fanlight.state import State, Tick, digest_of, schema

__all__ = ["KEY_DAYS", "fresh_by_key", "fresh_events", "keep_keys", "prune_keys"]

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
    return list(fresh_by_key(lake, events, now).values())


def fresh_by_key(lake: Lake, events: Sequence[Event], now: Micros) -> dict[bytes, Event]:
    """The same by their keys, for who keeps the keys too and need not work them out again."""
    unique: dict[bytes, Event] = {}
    for event in events:
        unique.setdefault(key_of(event), event)
    border = (now - KEY_DAYS * DAY) // DAY * DAY
    recent = [key for key, event in unique.items() if event.occurred_at >= border]
    older = [event for event in unique.values() if event.occurred_at < border]
    known = _known_keys(lake.state, recent)
    if older:
        known |= _known_in_lake(lake, older)
    return {key: event for key, event in unique.items() if key not in known} if known else unique


def keep_keys(tick: Tick, events: Iterable[Event], keys: Mapping[int, bytes] | None = None) -> None:
    """Remember the keys of new events in the tick that stores them; a second writer's tick fails here.

    `keys` gives the keys that are known already, by `id` of the event.
    """
    border = _recent(tick.now)
    days: dict[int, str] = {}
    rows = []
    for event in events:
        number = event.occurred_at // DAY
        day = days.get(number)
        if day is None:
            day = days[number] = day_of(event.occurred_at)
        if day >= border:
            key = key_of(event) if keys is None else keys[id(event)]
            rows.append({"tenant": tick.tenant, "key": key, "day": day})
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
