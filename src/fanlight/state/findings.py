"""Findings as they are kept: the judged body, and beside it what people decided."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import RowMapping, delete, insert, select, update

from fanlight.model import Entity, Evidence, Finding, FindingStatus, Micros, Why
from fanlight.state import schema
from fanlight.state.state import State, Tick

__all__ = [
    "ExceptionRow",
    "Note",
    "StoredFinding",
    "Verdict",
    "add_exception",
    "add_note",
    "decide",
    "finding_from_json",
    "finding_to_json",
    "load_exceptions",
    "load_finding",
    "load_findings",
    "load_notes",
    "put_finding",
    "remove_exception",
]

Verdict = Literal["true_positive", "false_positive", "expected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFinding:
    """A finding with its workflow."""

    finding: Finding
    status: FindingStatus
    verdict: Verdict | None = None
    assignee: str | None = None
    snoozed_until: Micros | None = None
    exception_id: str | None = None
    superseded_by: str | None = None
    reason: str = ""
    """Why it was closed, superseded or withdrawn, in words."""
    created_at: Micros = 0
    updated_at: Micros = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody wrote beside a finding."""

    at: Micros
    author: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRow:
    """A stated exception: this rule stays quiet for this identity and value until it expires."""

    id: str
    rule: str
    identity_id: str | None
    dimension: str | None
    value: str | None
    reason: str
    author: str
    created_at: Micros
    expires_at: Micros | None


def finding_to_json(finding: Finding) -> str:
    """The whole finding as JSON text."""
    return orjson.dumps(asdict(finding)).decode()


def finding_from_json(text: str) -> Finding:
    """Back from `finding_to_json`."""
    data: dict[str, Any] = orjson.loads(text)
    for name, row in (("entities", Entity), ("why", Why), ("evidence", Evidence)):
        data[name] = tuple(row(**item) for item in data[name])
    for name in ("events", "runbook", "attack"):
        data[name] = tuple(data[name])
    return Finding(**data)


def load_findings(state: State, statuses: Iterable[FindingStatus] | None = None) -> list[StoredFinding]:
    """Findings by status (all when None), newest first; erased ones are left out."""
    table = schema.findings
    query = select(table).where(table.c.tenant == state.tenant, table.c.body != "{}")
    if statuses is not None:
        query = query.where(table.c.status.in_(list(statuses)))
    with state.view() as connection:
        rows = connection.execute(query.order_by(table.c.at.desc(), table.c.id)).mappings().all()
    return [_stored(row) for row in rows]


def load_finding(state: State, finding_id: str) -> StoredFinding | None:
    """One finding, or None."""
    table = schema.findings
    with state.view() as connection:
        row = (
            connection.execute(
                select(table).where(table.c.tenant == state.tenant, table.c.id == finding_id, table.c.body != "{}")
            )
            .mappings()
            .first()
        )
    return _stored(row) if row is not None else None


def put_finding(tick: Tick, stored: StoredFinding) -> None:
    """Insert a finding or replace what was judged and decided of it."""
    table = schema.findings
    finding = stored.finding
    body = finding_to_json(finding)
    values: dict[str, Any] = {
        "rule": finding.rule,
        "severity": finding.severity,
        "at": finding.at,
        "status": stored.status,
        "identity_id": finding.identity_id,
        "body": body,
        "digest": "",
        "verdict": stored.verdict,
        "assignee": stored.assignee,
        "snoozed_until": stored.snoozed_until,
        "exception_id": stored.exception_id,
        "superseded_by": stored.superseded_by,
        "reason": stored.reason,
        "updated_at": tick.now,
    }
    changed = tick.connection.execute(
        update(table).where(table.c.tenant == tick.tenant, table.c.id == finding.id).values(**values)
    ).rowcount
    if not changed:
        tick.connection.execute(
            insert(table).values(tenant=tick.tenant, id=finding.id, created_at=stored.created_at or tick.now, **values)
        )


def decide(tick: Tick, finding_id: str, actor: str, changes: Mapping[str, Any], action: str) -> bool:
    """Change workflow columns (`status`, `verdict`, `assignee`, `snoozed_until`, `exception_id`, `reason`).

    Returns False when there is no such finding. Writes the audit log.
    """
    allowed = {"status", "verdict", "assignee", "snoozed_until", "exception_id", "reason"}
    if not set(changes) <= allowed:
        raise ValueError(f"Only {', '.join(sorted(allowed))} can be decided.")
    table = schema.findings
    changed = tick.connection.execute(
        update(table)
        .where(table.c.tenant == tick.tenant, table.c.id == finding_id)
        .values(updated_at=tick.now, **changes)
    ).rowcount
    if changed:
        tick.audit(actor, action, finding_id, orjson.dumps(dict(changes)).decode())
    return bool(changed)


def add_note(tick: Tick, finding_id: str, author: str, text: str) -> None:
    """Write a note beside a finding."""
    tick.connection.execute(
        insert(schema.finding_notes).values(
            tenant=tick.tenant, finding_id=finding_id, at=tick.now, author=author, text=text
        )
    )


def load_notes(state: State, finding_id: str) -> list[Note]:
    """Notes of a finding, oldest first."""
    table = schema.finding_notes
    with state.view() as connection:
        rows = connection.execute(
            select(table)
            .where(table.c.tenant == state.tenant, table.c.finding_id == finding_id)
            .order_by(table.c.at, table.c.id)
        ).all()
    return [Note(at=row.at, author=row.author, text=row.text) for row in rows]


def add_exception(
    tick: Tick,
    *,
    rule: str,
    identity_id: str | None,
    dimension: str | None,
    value: str | None,
    reason: str,
    author: str,
    expires_at: Micros | None,
) -> str:
    """State an exception; returns its id."""
    exception_id = uuid.uuid4().hex
    tick.connection.execute(
        insert(schema.exceptions).values(
            tenant=tick.tenant, id=exception_id, rule=rule, identity_id=identity_id, dimension=dimension, value=value,
            reason=reason, author=author, created_at=tick.now, expires_at=expires_at,
        )
    )  # fmt: skip
    tick.audit(author, "exception stated", exception_id, f"{rule} {dimension or ''} {value or ''}".strip())
    return exception_id


def remove_exception(tick: Tick, exception_id: str, actor: str) -> None:
    """Take an exception back."""
    table = schema.exceptions
    tick.connection.execute(delete(table).where(table.c.tenant == tick.tenant, table.c.id == exception_id))
    tick.audit(actor, "exception taken back", exception_id)


def load_exceptions(state: State) -> Sequence[ExceptionRow]:
    """All exceptions, also expired ones."""
    table = schema.exceptions
    with state.view() as connection:
        rows = connection.execute(
            select(table).where(table.c.tenant == state.tenant).order_by(table.c.created_at)
        ).mappings()
        return [ExceptionRow(**{name: value for name, value in row.items() if name != "tenant"}) for row in rows]


def _stored(row: RowMapping) -> StoredFinding:
    return StoredFinding(
        finding=finding_from_json(row["body"]),
        status=row["status"],
        verdict=row["verdict"],
        assignee=row["assignee"],
        snoozed_until=row["snoozed_until"],
        exception_id=row["exception_id"],
        superseded_by=row["superseded_by"],
        reason=row["reason"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
