"""The content queue: what should be read, in which order, and how far each thing was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson
from sqlalchemy import func, insert, select, update

from fanlight.model import HOUR, MINUTE, Micros
from fanlight.sources.contract import ContentRef
from fanlight.state import State, Tick, schema

__all__ = ["Backlog", "Queued", "backlog", "enqueue", "finish", "next_refs", "postpone", "raise_weight"]

QUIET: Micros = 10 * MINUTE
"""A changed chat is read when nothing changed for this long …"""

AT_LATEST: Micros = HOUR
"""… or this long after its first unread change."""

_GIVE_UP_AFTER = 5

_table = schema.content_queue


@dataclass(frozen=True, slots=True)
class Queued:
    """One thing to read, with where the last reading ended."""

    ref: ContentRef
    version: int
    read_to: Micros | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much is waiting, and since when."""

    pending: int
    read: int
    failed: int
    gone: int
    oldest_queued_at: Micros | None


def enqueue(tick: Tick, source: str, refs: Sequence[ContentRef]) -> int:
    """Put new and changed things into the queue; returns how many. A known, unchanged one is left alone."""
    queued = 0
    for ref in refs:
        where = (
            _table.c.tenant == tick.tenant,
            _table.c.source == source,
            _table.c.kind == ref.kind,
            _table.c.object_id == ref.key,
        )
        known = tick.connection.execute(
            select(_table.c.state, _table.c.changed_at, _table.c.queued_at, _table.c.version).where(*where)
        ).first()
        changed = ref.updated_at or 0
        if known is None:
            tick.connection.execute(
                insert(_table).values(
                    tenant=tick.tenant, source=source, kind=ref.kind, object_id=ref.key, ref=_dump(ref),
                    weight=ref.weight, state="pending", due_at=min(changed + QUIET, tick.now + AT_LATEST),
                    changed_at=changed, queued_at=tick.now, version=1, attempts=0, reason="",
                )
            )  # fmt: skip
            queued += 1
        elif changed > known.changed_at:
            waiting = known.state == "pending"
            first = known.queued_at if waiting else tick.now
            tick.connection.execute(
                update(_table)
                .where(*where)
                .values(
                    ref=_dump(ref), weight=func.max(_table.c.weight, ref.weight), state="pending",
                    due_at=min(changed + QUIET, first + AT_LATEST), changed_at=changed, queued_at=first,
                    version=known.version + 1, attempts=0,
                )
            )  # fmt: skip
            queued += 1
    return queued


def next_refs(state: State, source: str, limit: int, due_before: Micros | None = None) -> list[Queued]:
    """The most valuable things to read now; `due_before` leaves out chats that are still being written."""
    query = select(_table).where(
        _table.c.tenant == state.tenant, _table.c.source == source, _table.c.state == "pending"
    )
    if due_before is not None:
        query = query.where(_table.c.due_at <= due_before)
    with state.view() as connection:
        rows = connection.execute(query.order_by(_table.c.weight.desc(), _table.c.changed_at.desc()).limit(limit)).all()
    return [Queued(_load(row.ref), row.version, row.read_to, row.attempts) for row in rows]


def finish(tick: Tick, source: str, queued: Queued, state: str, reason: str, read_to: Micros | None) -> None:
    """Note a reading; a thing that changed while it was read stays in the queue."""
    where = (
        _table.c.tenant == tick.tenant,
        _table.c.source == source,
        _table.c.kind == queued.ref.kind,
        _table.c.object_id == queued.ref.key,
    )
    values: dict[str, object] = {"read_at": tick.now, "reason": reason, "attempts": queued.attempts}
    if read_to is not None:
        values["read_to"] = read_to
    tick.connection.execute(update(_table).where(*where).values(**values))
    tick.connection.execute(update(_table).where(*where, _table.c.version == queued.version).values(state=state))


def postpone(tick: Tick, source: str, queued: Queued, seconds: float, reason: str, *, broken: bool) -> None:
    """Try again later; a thing that broke several times counts as failed until it changes."""
    attempts = queued.attempts + (1 if broken else 0)
    tick.connection.execute(
        update(_table)
        .where(
            _table.c.tenant == tick.tenant,
            _table.c.source == source,
            _table.c.kind == queued.ref.kind,
            _table.c.object_id == queued.ref.key,
            _table.c.version == queued.version,
        )
        .values(
            state="failed" if attempts >= _GIVE_UP_AFTER else "pending",
            due_at=tick.now + int(seconds * 1_000_000),
            attempts=attempts,
            weight=_table.c.weight / 2,
            reason=reason,
        )
    )


def raise_weight(tick: Tick, object_ids: Sequence[str], weight: float) -> None:
    """Things that an event names are read first."""
    for start in range(0, len(object_ids), 500):
        tick.connection.execute(
            update(_table)
            .where(
                _table.c.tenant == tick.tenant,
                _table.c.state == "pending",
                _table.c.weight < weight,
                _table.c.object_id.in_(object_ids[start : start + 500]),
            )
            .values(weight=weight)
        )


def backlog(state: State, source: str) -> Backlog:
    """Counts of one source's queue."""
    with state.view() as connection:
        counts: dict[str, int] = {
            row.state: row.n
            for row in connection.execute(
                select(_table.c.state, func.count().label("n"))
                .where(_table.c.tenant == state.tenant, _table.c.source == source)
                .group_by(_table.c.state)
            )
        }
        oldest = connection.execute(
            select(func.min(_table.c.queued_at)).where(
                _table.c.tenant == state.tenant, _table.c.source == source, _table.c.state == "pending"
            )
        ).scalar()
    return Backlog(
        counts.get("pending", 0), counts.get("read", 0), counts.get("failed", 0), counts.get("gone", 0), oldest
    )


def _dump(ref: ContentRef) -> str:
    return orjson.dumps(asdict(ref)).decode()


def _load(text: str) -> ContentRef:
    return ContentRef(**orjson.loads(text))
