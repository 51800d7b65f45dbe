"""Versions of objects and grants: only what changed becomes a new row.

The last known version of each object and grant (its head) is kept in the state database, so that a full list
from a vendor can be compared inside the same transaction that commits the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Generic, TypeVar

import orjson
from sqlalchemy import Connection, Table, delete, insert, select

from fanlight.model import Grant, Micros, ObjectVersion
from fanlight.state import State, Tick, digest_of, schema

__all__ = ["Changes", "Listing", "compare_grants", "compare_objects"]

Row = TypeVar("Row", ObjectVersion, Grant)

_VOLATILE = frozenset({"seen_at", "valid_from", "removed"})


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """Everything listed of one scope. `complete` means that what is missing was removed."""

    scope: str
    rows: Sequence[Row]
    complete: bool


@dataclass(slots=True)
class Changes(Generic[Row]):
    """New versions to append, and the heads to replace in the same tick."""

    table: Table
    rows: list[Row] = field(default_factory=list)
    heads: list[dict[str, object]] = field(default_factory=list)

    def commit(self, tick: Tick) -> None:
        """Replace the heads; call in the tick that adds the rows' segments."""
        if not self.heads:
            return
        for start in range(0, len(self.heads), 500):
            keys = [head["key"] for head in self.heads[start : start + 500]]
            tick.connection.execute(
                delete(self.table).where(self.table.c.tenant == tick.tenant, self.table.c.key.in_(keys))
            )
        tick.connection.execute(insert(self.table), self.heads)


def object_key(row: ObjectVersion) -> bytes:
    """What makes two versions the same object."""
    return digest_of(row.product, row.kind, row.organization_id, row.object_id)


def grant_key(row: Grant) -> bytes:
    """What makes two versions the same grant."""
    return digest_of(row.product, row.grant_id)


def compare_objects(state: State, listings: Iterable[Listing[ObjectVersion]], now: Micros) -> Changes[ObjectVersion]:
    """What changed since the last look at these scopes."""
    changes: Changes[ObjectVersion] = Changes(schema.object_heads)
    with state.view() as connection:
        for listing in listings:
            _compare(state, connection, listing, now, changes, ObjectVersion)
    return changes


def compare_grants(state: State, listings: Iterable[Listing[Grant]], now: Micros) -> Changes[Grant]:
    """What changed since the last look at these scopes."""
    changes: Changes[Grant] = Changes(schema.grant_heads)
    with state.view() as connection:
        for listing in listings:
            _compare(state, connection, listing, now, changes, Grant)
    return changes


def _compare(
    state: State, connection: Connection, listing: Listing[Row], now: Micros, changes: Changes[Row], kind: type[Row]
) -> None:
    table = changes.table
    listed = {_key(row): row for row in listing.rows}
    known: dict[bytes, tuple[bytes, bool, str, str]] = {}
    if listing.complete:
        for head in connection.execute(
            select(table).where(table.c.tenant == state.tenant, table.c.scope == listing.scope)
        ):
            known[head.key] = (head.digest, head.removed, head.body, head.scope)
    unknown = [key for key in listed if key not in known]
    for start in range(0, len(unknown), 500):
        for head in connection.execute(
            select(table).where(table.c.tenant == state.tenant, table.c.key.in_(unknown[start : start + 500]))
        ):
            known[head.key] = (head.digest, head.removed, head.body, head.scope)
    for key, row in listed.items():
        before = known.get(key)
        digest = _digest(row)
        if before is not None and before[0] == digest and not before[1]:
            continue
        _append(state, changes, listing.scope, key, digest, _date(row, before, now))
    if listing.complete:
        for key, (digest, removed, body, scope) in known.items():
            if key not in listed and not removed and scope == listing.scope:
                gone = replace(kind(**orjson.loads(body)), removed=True, valid_from=now, seen_at=now)
                _append(state, changes, listing.scope, key, digest, gone)


def _append(state: State, changes: Changes[Row], scope: str, key: bytes, digest: bytes, row: Row) -> None:
    changes.rows.append(row)
    changes.heads.append(
        {
            "tenant": state.tenant,
            "key": key,
            "scope": scope,
            "digest": digest,
            "removed": row.removed,
            "body": orjson.dumps(asdict(row)).decode(),
        }
    )


def _date(row: Row, before: tuple[bytes, bool, str, str] | None, now: Micros) -> Row:
    """A first version is valid since the vendor's own date; a changed one since its update or since we saw it."""
    if before is None:
        return replace(row, seen_at=now, valid_from=row.valid_from or now)
    last = int(orjson.loads(before[2])["valid_from"])
    updated = row.updated_at if isinstance(row, ObjectVersion) else None
    since = updated if updated is not None and last < updated <= now else now
    return replace(row, seen_at=now, valid_from=since)


def _key(row: ObjectVersion | Grant) -> bytes:
    return object_key(row) if isinstance(row, ObjectVersion) else grant_key(row)


def _digest(row: ObjectVersion | Grant) -> bytes:
    return digest_of(
        *(None if value is None else str(value) for name, value in asdict(row).items() if name not in _VOLATILE)
    )
