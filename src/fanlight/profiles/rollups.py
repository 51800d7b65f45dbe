"""Counts of a day, made once from each segment of events and merged for ever after by adding.

A rollup says how often an account (or project, or organization) showed one value of one dimension on one
UTC day, and when first and last. Places are not counted here: the address is, and it is mapped to a place
when it is read (decision 0004), because a place may be learned later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa

from fanlight.model import DAY, Event, Micros, Rollup, day_of

__all__ = ["FEW", "ROLLUP_SCHEMA", "compute", "hour_of_week", "merge", "rows_of"]

ROLLUP_SCHEMA = pa.schema(
    [
        ("tenant", pa.string()),
        ("scope", pa.string()),
        ("entity", pa.string()),
        ("dimension", pa.string()),
        ("value", pa.string()),
        ("day", pa.string()),
        ("n", pa.int64()),
        ("first_at", pa.int64()),
        ("last_at", pa.int64()),
    ]
)

_NEEDED = (
    "tenant", "account_key", "organization_id", "project_id", "ip", "user_agent", "device_id", "type", "family",
    "occurred_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Cut:
    """One group-by: who is counted, by what."""

    scope: str
    entity: str
    dimension: str
    value: str


_HOUR = "((occurred_at // 3600000000) + 72) % 168"  # 1 January 1970 was a Thursday: 72 hours after Monday 00:00

_CUTS = (
    _Cut("account", "account_key", "ip", "ip"),
    _Cut("account", "account_key", "client", "client"),
    _Cut("account", "account_key", "device", "device_id"),
    _Cut("account", "account_key", "hour", _HOUR),
    _Cut("account", "account_key", "type", "type"),
    _Cut("account", "account_key", "family", "family"),
    _Cut("account", "account_key", "project", "project_id"),
    _Cut("account", "account_key", "organization", "organization_id"),
    _Cut("project", "project_id", "type", "type"),
    _Cut("project", "project_id", "hour", _HOUR),
    _Cut("project", "project_id", "account", "account_key"),
    _Cut("organization", "organization_id", "type", "type"),
    _Cut("organization", "organization_id", "hour", _HOUR),
)


def hour_of_week(at: Micros) -> int:
    """0 to 167, UTC, counted from Monday 00:00."""
    return (at // 3_600_000_000 + 72) % 168


def compute(events: pa.Table | Sequence[Event], client_of: Callable[[str], str]) -> pa.Table:
    """Rollups of one batch of events, in `ROLLUP_SCHEMA`, sorted by scope, entity, dimension, value and day.

    `events` is a table with the columns of `Event` or a sequence of them. `client_of` maps a user agent to the
    name of a client; it is called once for each different user agent.
    """
    if not isinstance(events, pa.Table) and len(events) <= FEW:
        return _count(events, client_of)
    table = events if isinstance(events, pa.Table) else _table_of(events)
    if table.num_rows == 0:
        return ROLLUP_SCHEMA.empty_table()
    clients = _clients_of(table, client_of)
    with duckdb.connect() as session:
        session.execute("SET threads = 1; SET preserve_insertion_order = false")
        session.register("incoming", table.select(_NEEDED))
        session.register("clients", clients)
        session.execute(
            "CREATE TEMP TABLE e AS SELECT i.*, c.client, occurred_at // 86400000000 AS day_number"
            " FROM incoming i LEFT JOIN clients c ON i.user_agent = c.user_agent"
        )
        query = " UNION ALL ".join(_select(cut) for cut in _CUTS)
        result = session.sql(
            f"SELECT tenant, scope, entity, dimension, value,"
            f" strftime(make_timestamp(day_number * {DAY}), '%Y-%m-%d') AS day, n, first_at, last_at"
            f" FROM ({query}) ORDER BY scope, entity, dimension, value, day, tenant"
        ).to_arrow_table()
    return result.cast(ROLLUP_SCHEMA)


FEW = 5000
"""Up to here counting one by one is cheaper than opening a session (`python benchmarks/commit.py`)."""


def _count(events: Sequence[Event], client_of: Callable[[str], str]) -> pa.Table:
    """The same table for a few events, without the session that costs more than they do."""
    clients = {agent: client_of(agent) for agent in {event.user_agent for event in events} if agent}
    counts: dict[tuple[str, str, str, str, int, str], list[int]] = {}
    for event in events:
        at, day = event.occurred_at, event.occurred_at // DAY
        for cut in _CUTS:
            entity = getattr(event, cut.entity)
            if entity is None:
                continue
            if cut.value == "client":
                value = clients.get(event.user_agent or "")
            else:
                value = str(hour_of_week(at)) if cut.value == _HOUR else getattr(event, cut.value)
            if value is None:
                continue
            key = (cut.scope, entity, cut.dimension, value, day, event.tenant)
            known = counts.get(key)
            if known is None:
                counts[key] = [1, at, at]
            else:
                known[0] += 1
                known[1], known[2] = min(known[1], at), max(known[2], at)
    keys = sorted(counts)
    days = {day: day_of(day * DAY) for day in {key[4] for key in keys}}
    columns: list[list[Any]] = [
        [key[5] for key in keys],
        *([key[place] for key in keys] for place in range(4)),
        [days[key[4]] for key in keys],
        *([counts[key][place] for key in keys] for place in range(3)),
    ]
    arrays = [pa.array(column, column_type) for column, column_type in zip(columns, ROLLUP_SCHEMA.types, strict=True)]
    return pa.Table.from_arrays(arrays, schema=ROLLUP_SCHEMA)


def _select(cut: _Cut) -> str:
    value = cut.value if cut.value != _HOUR else f"({_HOUR})"
    return (
        f"SELECT tenant, '{cut.scope}' AS scope, {cut.entity} AS entity, '{cut.dimension}' AS dimension,"
        f" CAST({value} AS VARCHAR) AS value, day_number, count(*) AS n, min(occurred_at) AS first_at,"
        f" max(occurred_at) AS last_at FROM e WHERE {cut.entity} IS NOT NULL AND {value} IS NOT NULL"
        f" GROUP BY tenant, {cut.entity}, {value}, day_number"
    )


def _table_of(events: Sequence[Event]) -> pa.Table:
    columns = {name: [getattr(event, name) for event in events] for name in _NEEDED}
    types = {name: pa.int64() if name == "occurred_at" else pa.string() for name in _NEEDED}
    return pa.table({name: pa.array(values, types[name]) for name, values in columns.items()})


def _clients_of(table: pa.Table, client_of: Callable[[str], str]) -> pa.Table:
    agents = [agent for agent in table.column("user_agent").unique().to_pylist() if agent]
    return pa.table(
        {
            "user_agent": pa.array(agents, pa.string()),
            "client": pa.array([client_of(agent) for agent in agents], pa.string()),
        }
    )


def rows_of(table: pa.Table) -> list[Rollup]:
    """The rows of a rollup table as typed values."""
    return [Rollup(**row) for row in table.select(ROLLUP_SCHEMA.names).to_pylist()]


def merge(rows: Sequence[Rollup]) -> list[Rollup]:
    """Add up rows with the same key. Any order and any split of the input gives the same result."""
    merged: dict[tuple[str, str, str, str, str, str], Rollup] = {}
    for row in rows:
        key = (row.tenant, row.scope, row.entity, row.dimension, row.value, row.day)
        known = merged.get(key)
        merged[key] = (
            row
            if known is None
            else replace(
                known,
                n=known.n + row.n,
                first_at=min(known.first_at, row.first_at),
                last_at=max(known.last_at, row.last_at),
            )
        )
    return [merged[key] for key in sorted(merged)]
