"""The control database: what is committed, where each source stands, and what people decided.

One `State` per tenant and home. Everything that must become visible together goes through one `tick`:
a single transaction that also checks the writer's lease, so a writer that lost its lease loses its tick.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, select, text, update

from fanlight.model import Clock, Micros, SystemClock
from fanlight.state import schema

__all__ = [
    "HEAD",
    "Lease",
    "LeaseHeld",
    "LeaseLost",
    "Segment",
    "SegmentGone",
    "State",
    "Tick",
    "digest_of",
    "open_state",
]

HEAD = "0002"
"""Newest migration; `migrations/versions/<HEAD>_*.py`."""


class LeaseHeld(Exception):
    """Another process works on this source now."""

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(
            f"Another Fanlight process ({owner}) is working on {name}; wait for it to end or stop it first."
        )
        self.name = name


class LeaseLost(Exception):
    """Another process took the lease over; nothing of this tick was stored."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The lease on {name} went to another process; nothing of the last step was stored.")
        self.name = name


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for one source; `fence` grows with every new holder."""

    name: str
    owner: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One immutable file of facts. `path` is relative to the lake's folder."""

    fact: str
    day: str
    path: str
    rows: int
    bytes: int
    min_at: Micros
    max_at: Micros
    schema_version: int


class SegmentGone(Exception):
    """A file that should be replaced was replaced by somebody else; nothing of this step was stored."""


class Tick:
    """One open transaction. Rooms add to it; nothing of it is visible before it ends well."""

    def __init__(self, connection: Connection, tenant: str, now: Micros) -> None:
        self.connection = connection
        self.tenant = tenant
        self.now = now

    def add_segments(self, segments: Sequence[Segment]) -> None:
        """Make staged files part of the store."""
        if segments:
            self.connection.execute(
                insert(schema.segments),
                [
                    {
                        "tenant": self.tenant,
                        "fact": s.fact,
                        "day": s.day,
                        "path": s.path,
                        "rows": s.rows,
                        "bytes": s.bytes,
                        "min_at": s.min_at,
                        "max_at": s.max_at,
                        "schema_version": s.schema_version,
                        "added_at": self.now,
                    }
                    for s in segments
                ],
            )

    def remove_segments(self, paths: Sequence[str]) -> None:
        """Take files out of the store. Raises `SegmentGone` when one is not live any more."""
        for path in paths:
            changed = self.connection.execute(
                update(schema.segments)
                .where(
                    schema.segments.c.tenant == self.tenant,
                    schema.segments.c.path == path,
                    schema.segments.c.removed_at.is_(None),
                )
                .values(removed_at=self.now)
            )
            if changed.rowcount != 1:
                raise SegmentGone("A segment that should be replaced is no longer part of the store.")

    def set_cursor(
        self,
        source: str,
        stream: str,
        cursor: str | None,
        *,
        rows: int = 0,
        newest_at: Micros | None = None,
        caught_up: bool = False,
    ) -> None:
        """Move a stream's cursor and count the page."""
        table = schema.cursors
        where = (table.c.tenant == self.tenant, table.c.source == source, table.c.stream == stream)
        known = self.connection.execute(select(table.c.newest_at).where(*where)).first()
        values: dict[str, Any] = {"cursor": cursor, "updated_at": self.now}
        if caught_up:
            values["caught_up_at"] = self.now
        if known is None:
            self.connection.execute(
                insert(table).values(
                    tenant=self.tenant,
                    source=source,
                    stream=stream,
                    pages=1,
                    rows=rows,
                    newest_at=newest_at,
                    **values,
                )
            )
            return
        if newest_at is not None and (known.newest_at is None or newest_at > known.newest_at):
            values["newest_at"] = newest_at
        self.connection.execute(
            update(table).where(*where).values(pages=table.c.pages + 1, rows=table.c.rows + rows, **values)
        )

    def audit(self, actor: str, action: str, what: str, detail: str = "") -> None:
        """Write one line of the audit log."""
        self.connection.execute(
            insert(schema.audit_log).values(
                tenant=self.tenant, at=self.now, actor=actor, action=action, object=what, detail=detail
            )
        )

    def fact(self, name: str) -> str | None:
        """One small value of the installation, as this transaction sees it."""
        table = schema.facts
        return self.connection.execute(
            select(table.c.value).where(table.c.tenant == self.tenant, table.c.name == name)
        ).scalar()

    def set_fact(self, name: str, value: str) -> None:
        """Keep one small value of the installation."""
        table = schema.facts
        self.connection.execute(delete(table).where(table.c.tenant == self.tenant, table.c.name == name))
        self.connection.execute(insert(table).values(tenant=self.tenant, name=name, value=value))


class State:
    """The control database of one tenant."""

    def __init__(self, engine: Engine, tenant: str, clock: Clock) -> None:
        self.engine = engine
        self.tenant = tenant
        self.clock = clock

    @contextmanager
    def tick(self, lease: Lease | None = None) -> Iterator[Tick]:
        """One transaction; with a lease, `LeaseLost` when it is no longer ours."""
        with self.engine.connect() as connection:
            connection.execute(text("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN"))
            try:
                if lease is not None:
                    self._check(connection, lease)
                yield Tick(connection, self.tenant, self.clock.now())
                connection.execute(text("COMMIT"))
            except BaseException:
                connection.execute(text("ROLLBACK"))
                raise

    @contextmanager
    def view(self) -> Iterator[Connection]:
        """A consistent read."""
        with self.engine.connect() as connection:
            connection.execute(text("BEGIN"))
            try:
                yield connection
            finally:
                connection.execute(text("ROLLBACK"))

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def live_segments(self) -> list[Segment]:
        """All files that are part of the store now, oldest day first."""
        table = schema.segments
        with self.view() as connection:
            rows = connection.execute(
                select(table)
                .where(table.c.tenant == self.tenant, table.c.removed_at.is_(None))
                .order_by(table.c.day, table.c.id)
            ).all()
        return [
            Segment(
                fact=r.fact,
                day=r.day,
                path=r.path,
                rows=r.rows,
                bytes=r.bytes,
                min_at=r.min_at,
                max_at=r.max_at,
                schema_version=r.schema_version,
            )
            for r in rows
        ]

    def cursor(self, source: str, stream: str) -> str | None:
        """The committed cursor of a stream."""
        table = schema.cursors
        with self.view() as connection:
            return connection.execute(
                select(table.c.cursor).where(
                    table.c.tenant == self.tenant, table.c.source == source, table.c.stream == stream
                )
            ).scalar()

    def fact(self, name: str) -> str | None:
        """One small value of the installation."""
        with self.view() as connection:
            return connection.execute(
                select(schema.facts.c.value).where(schema.facts.c.tenant == self.tenant, schema.facts.c.name == name)
            ).scalar()

    def take_lease(self, name: str, seconds: float = 30.0, owner: str | None = None) -> Lease:
        """Become the only writer for `name`. Raises `LeaseHeld` while a living holder has it."""
        owner = owner or f"process {os.getpid()}-{uuid.uuid4().hex[:6]}"
        table = schema.leases
        with self.tick() as tick:
            where = (table.c.tenant == self.tenant, table.c.name == name)
            held = tick.connection.execute(select(table).where(*where)).first()
            until = tick.now + int(seconds * 1_000_000)
            if held is None:
                tick.connection.execute(
                    insert(table).values(tenant=self.tenant, name=name, owner=owner, fence=1, expires_at=until)
                )
                return Lease(name, owner, 1)
            if held.owner != owner and held.expires_at > tick.now and _alive(held.owner):
                raise LeaseHeld(name, held.owner)
            tick.connection.execute(
                update(table).where(*where).values(owner=owner, fence=held.fence + 1, expires_at=until)
            )
            return Lease(name, owner, held.fence + 1)

    def renew(self, lease: Lease, seconds: float = 30.0) -> None:
        """Keep a lease alive. Raises `LeaseLost`."""
        with self.tick(lease) as tick:
            tick.connection.execute(
                update(schema.leases)
                .where(schema.leases.c.tenant == self.tenant, schema.leases.c.name == lease.name)
                .values(expires_at=tick.now + int(seconds * 1_000_000))
            )

    def release(self, lease: Lease) -> None:
        """Give a lease back; no error when it is already gone."""
        with self.tick() as tick:
            tick.connection.execute(
                update(schema.leases)
                .where(
                    schema.leases.c.tenant == self.tenant,
                    schema.leases.c.name == lease.name,
                    schema.leases.c.fence == lease.fence,
                )
                .values(expires_at=0)
            )

    def erased(self, digest: str) -> bool:
        """Whether a keyed hash was erased and must not come back."""
        table = schema.erasures
        with self.view() as connection:
            found = connection.execute(
                select(func.count()).where(table.c.tenant == self.tenant, table.c.digest == digest)
            ).scalar_one()
        return bool(found)

    def close(self) -> None:
        self.engine.dispose()

    def _check(self, connection: Connection, lease: Lease) -> None:
        table = schema.leases
        held = connection.execute(
            select(table.c.fence).where(table.c.tenant == self.tenant, table.c.name == lease.name)
        ).scalar()
        if held != lease.fence:
            raise LeaseLost(lease.name)


def digest_of(*parts: str | None) -> bytes:
    """Sixteen bytes that stand for a tuple of texts (not secret)."""
    hashed = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = b"\xff" if part is None else part.encode("utf-8", "surrogatepass")
        hashed.update(len(data).to_bytes(4, "big") + data)
    return hashed.digest()


def open_state(url: str | Path, tenant: str = "default", clock: Clock | None = None) -> State:
    """Open (and bring up to date) the control database at a folder's `state.db` or at a database URL."""
    target = str(url)
    if "://" not in target:
        Path(target).mkdir(parents=True, exist_ok=True)
        target = f"sqlite:///{Path(target) / 'state.db'}"
    engine = create_engine(target, isolation_level="AUTOCOMMIT")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
    _migrate(engine)
    return State(engine, tenant, clock or SystemClock())


def _set_pragmas(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA secure_delete=ON")  # erased rows must not linger in free pages
    cursor.close()


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        try:
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except Exception:  # noqa: BLE001 - any database says "no such table" in its own words
            version = None
        if version == HEAD:
            return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect() as connection:
        connection.execute(text("BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "BEGIN"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.execute(text("COMMIT"))


def _alive(owner: str) -> bool:
    """Whether a holder named `process <pid>-…` still runs on this machine; unknown owners count as alive."""
    words = owner.split()
    if len(words) != 2 or words[0] != "process":
        return True
    try:
        os.kill(int(words[1].split("-")[0]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
