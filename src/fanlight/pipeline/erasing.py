"""Erasure: a person's facts leave the store, do not come back, and a receipt says what was verified.

The order makes a kill at any instant harmless: first the keyed hashes that refuse re-ingestion, then the
rewriting table by table (each its own transaction), then findings, then a check that counts what is left.
Run again after a kill, it finishes what is missing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, or_, select, update

from fanlight.model import HOUR, Event, Grant, ObjectVersion
from fanlight.pipeline.home import Home
from fanlight.sources.contract import ContentRef
from fanlight.state import Lease, schema

__all__ = ["Receipt", "Refusal", "erase"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an erasure did and what was checked afterwards."""

    accounts: int
    rows_dropped: dict[str, int]
    findings_redacted: int
    rows_left: int
    hashes_kept: int


class Refusal:
    """Tells rows of erased accounts and addresses; empty (and free) while nothing was erased."""

    def __init__(self, home: Home) -> None:
        with home.state.view() as connection:
            self._erased = set(
                connection.execute(
                    select(schema.erasures.c.digest).where(schema.erasures.c.tenant == home.tenant)
                ).scalars()
            )
        self._key = home.vault.tenant_key("erasure") if self._erased else b""

    def keep_events(self, events: Sequence[Event]) -> list[Event]:
        """Events of nobody erased."""
        if not self._erased:
            return list(events)
        return [event for event in events if not self._any(event.account_key, event.actor_email)]

    def keep_objects(self, objects: Sequence[ObjectVersion]) -> list[ObjectVersion]:
        """Objects that are not an erased account and do not belong to one."""
        if not self._erased:
            return list(objects)
        return [row for row in objects if not self._any(f"{row.product}:{row.object_id}", row.owner_account)]

    def keep_grants(self, grants: Sequence[Grant]) -> list[Grant]:
        """Grants that no erased account holds."""
        if not self._erased:
            return list(grants)
        return [row for row in grants if not self._any(f"{row.product}:{row.principal_id}")]

    def keep_refs(self, refs: Sequence[ContentRef]) -> list[ContentRef]:
        """Content that does not belong to an erased account."""
        if not self._erased:
            return list(refs)
        return [ref for ref in refs if not self._any(ref.owner_account)]

    def _any(self, *values: str | None) -> bool:
        return any(value is not None and _digest(self._key, value.casefold()) in self._erased for value in values)


def erase(home: Home, lease: Lease, accounts: Sequence[str], emails: Sequence[str]) -> Receipt:
    """Erase the accounts (keys such as `claude:user_…`) and the addresses of one person."""
    key = home.vault.tenant_key("erasure")
    digests = {_digest(key, value.casefold()) for value in (*accounts, *emails)}
    with home.state.tick(lease) as tick:
        known = set(
            tick.connection.execute(
                select(schema.erasures.c.digest).where(schema.erasures.c.tenant == home.tenant)
            ).scalars()
        )
        new = [{"tenant": home.tenant, "digest": d, "erased_at": tick.now} for d in sorted(digests - known)]
        if new:
            tick.connection.execute(insert(schema.erasures), new)
    names = [account.partition(":")[2] for account in accounts]
    marks = _marks(accounts), _marks(names), _marks(emails)
    lowered = [email.casefold() for email in emails]
    conditions: dict[str, tuple[str, list[str]]] = {
        "events": (
            f"coalesce(account_key, '') NOT IN {marks[0]} AND coalesce(lower(actor_email), '') NOT IN {marks[2]}",
            [*accounts, *lowered],
        ),
        "rollups": (f"NOT (scope = 'account' AND entity IN {marks[0]})", list(accounts)),
        "matches": (f"coalesce(owner_account, '') NOT IN {marks[0]}", list(accounts)),
        "links": (f"account_key NOT IN {marks[0]}", list(accounts)),
        "objects": (
            f"NOT (kind IN ('user', 'idp_user') AND object_id IN {marks[1]}) "
            f"AND coalesce(owner_account, '') NOT IN {marks[0]}",
            [*names, *accounts],
        ),
        "grants": (f"coalesce(principal_id, '') NOT IN {marks[1]}", names),
    }
    dropped: dict[str, int] = {}
    for fact, (keep, values) in conditions.items():
        dropped[fact], paths = home.lake.rewrite(lease, fact, keep, values)
        home.lake.discard(paths)
    pattern = "(?i)(" + "|".join(re.escape(value) for value in (*names, *emails)) + ")"
    dropped["events_redacted"], paths = home.lake.redact(lease, "events", ("raw", "target_id", "actor_email"), pattern)
    home.lake.discard(paths)
    redacted = _redact_state(home, lease, [*accounts, *names, *lowered])
    _forget_verdicts(home, lease)
    # Files that a merge replaced within the last hour still hold the person; nobody writes now, so they go at once.
    home.lake.sweep(home.clock.now() + HOUR, grace=0)
    left = 0
    with home.reader() as reader:
        for fact, (keep, values) in conditions.items():
            left += reader.query(f"SELECT count(*) AS n FROM {fact} WHERE NOT ({keep})", values)["n"][0].as_py()
        named = reader.query("SELECT count(*) AS n FROM events WHERE regexp_matches(raw, ?)", [pattern])
        left += named["n"][0].as_py()
    return Receipt(len(accounts), dropped, redacted, left, len(digests))


def _redact_state(home: Home, lease: Lease, values: Sequence[str]) -> int:
    """Findings keep that they existed; who and what they were about goes."""
    table = schema.findings
    with home.state.tick(lease) as tick:
        hit = or_(*(table.c.body.contains(value, autoescape=True) for value in values))
        changed = tick.connection.execute(
            update(table)
            .where(table.c.tenant == home.tenant, hit)
            .values(body="{}", identity_id=None, status="withdrawn", reason="erased", updated_at=tick.now)
        ).rowcount
        for heads in (schema.object_heads, schema.grant_heads):
            body = or_(*(heads.c.body.contains(value, autoescape=True) for value in values))
            tick.connection.execute(delete(heads).where(heads.c.tenant == home.tenant, body))
        queue = schema.content_queue
        tick.connection.execute(
            delete(queue).where(
                queue.c.tenant == home.tenant,
                or_(*(queue.c.ref.contains(value, autoescape=True) for value in values)),
            )
        )
        tick.audit("operator", "identity erased", "erasure", f"{len(values)} values")
    with home.state.engine.connect() as connection:
        if home.state.is_sqlite:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return int(changed)


def _forget_verdicts(home: Home, lease: Lease) -> None:
    """What reviewers said of objects that have no match any more goes with them."""
    table = schema.label_feedback
    with home.reader() as reader:
        left = set(reader.query("SELECT DISTINCT object_id FROM matches")["object_id"].to_pylist())
    with home.state.tick(lease) as tick:
        judged = tick.connection.execute(
            select(table.c.object_id).where(table.c.tenant == home.tenant).distinct()
        ).scalars()
        for object_id in sorted(set(judged) - left):
            tick.connection.execute(delete(table).where(table.c.tenant == home.tenant, table.c.object_id == object_id))


def _digest(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def _marks(values: Sequence[str]) -> str:
    return "(" + ", ".join("?" for _ in values) + ")" if values else "('')"
