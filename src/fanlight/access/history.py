"""What accounts did, beside what they may do: opened, touched, accountable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from fanlight.access.answers import Via, level_rank
from fanlight.access.graph import AccessGraph
from fanlight.model import Micros, format_time

__all__ = ["Accountable", "Touch", "accountable", "opened", "touched"]

#: Families of events in which somebody looks at or changes a thing.
_OPENING = ("content_view", "content_export", "project_view", "code_access")
_TOUCHING = (*_OPENING, "content_change", "content_denied", "sharing", "project_change", "privilege_grant",
             "privilege_revoke")  # fmt: skip


class _Queries(Protocol):
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """That an account did something with a resource, folded per account, resource and type."""

    identity: str
    account: str
    kind: str
    id: str
    type: str
    times: int
    first: Micros
    last: Micros
    outcome: str
    name: str = ""
    """Of a project as known then; chats and files have none."""

    def row(self) -> dict[str, Any]:
        return {
            "identity": self.identity,
            "account": self.account,
            "resource": {"kind": self.kind, "id": self.id, "name": self.name},
            "type": self.type,
            "times": self.times,
            "first": format_time(self.first),
            "last": format_time(self.last),
            "outcome": self.outcome,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Accountable:
    """Somebody who answers for a project: its creator, owners and administrators."""

    identity: str | None
    """None where the vendor no longer names an account."""
    name: str
    project: str
    role: str
    active: bool
    via: Via | None
    last_touched: Micros | None

    def row(self) -> dict[str, Any]:
        return {
            "project": self.project,
            "identity": self.identity,
            "name": self.name,
            "role": self.role,
            "active": self.active,
            "via": None if self.via is None else self.via.row(),
            "last_touched": None if self.last_touched is None else format_time(self.last_touched),
        }


_TOUCHES = """
    SELECT account_key, kind, id, type, outcome, count(*) AS times, min(occurred_at) AS first, max(occurred_at) AS last
    FROM (
        SELECT account_key, type, outcome, occurred_at,
               CASE WHEN file_id IS NOT NULL THEN 'file' WHEN chat_id IS NOT NULL THEN 'chat'
                    WHEN project_id IS NOT NULL THEN 'project' ELSE target_kind END AS kind,
               coalesce(file_id, chat_id, project_id, target_id) AS id
        FROM events WHERE {where})
    WHERE id IS NOT NULL
    GROUP BY ALL ORDER BY first, account_key, id, type
    """


def opened(
    reader: _Queries, graph: AccessGraph, identity: str, since: Micros, until: Micros, *, every: bool = False
) -> list[Touch]:
    """What the identity's accounts opened from `since` until before `until`; `every` adds changes and shares."""
    keys = graph.accounts_of(graph.find_identity(identity))
    families = _TOUCHING if every else _OPENING
    where = (
        f"account_key IN ({_marks(keys)}) AND family IN ({_marks(families)}) AND occurred_at >= ? AND occurred_at < ?"
    )
    return _touches(reader, graph, where, [*keys, *families, since, until])


def touched(
    reader: _Queries, graph: AccessGraph, resource: str, since: Micros = 0, until: Micros | None = None
) -> list[Touch]:
    """Who did what with a project, chat or file; events of all accounts, linked or not."""
    where = f"? IN (project_id, chat_id, file_id, target_id) AND family IN ({_marks(_TOUCHING)}) AND occurred_at >= ?"
    values: list[Any] = [resource, *_TOUCHING, since]
    if until is not None:
        where, values = f"{where} AND occurred_at < ?", [*values, until]
    return _touches(reader, graph, where, values)


def _touches(reader: _Queries, graph: AccessGraph, where: str, values: Sequence[Any]) -> list[Touch]:
    identity_of = identities_by_account(graph)
    return [
        Touch(
            identity=identity_of.get(row["account_key"] or "", row["account_key"] or "unknown"),
            account=row["account_key"] or "unknown",
            kind=row["kind"] or "unknown",
            id=row["id"],
            type=row["type"],
            times=row["times"],
            first=row["first"],
            last=row["last"],
            outcome=row["outcome"],
            name=graph.label(row["kind"], row["id"]) if row["kind"] else "",
        )
        for row in reader.query(_TOUCHES.format(where=where), values).to_pylist()
    ]


def accountable(reader: _Queries, graph: AccessGraph, project: str) -> list[Accountable]:
    """Who answers for a project, strongest first; a creator without an account is named as such."""
    thing = graph.find_resource(project)
    last = {touch.identity: touch.last for touch in sorted(touched(reader, graph, thing.id), key=lambda t: t.last)}
    found = [
        Accountable(
            identity=reached.identity,
            name=graph.identity_name(reached.identity),
            project=thing.id,
            role="creator" if any(via.kind == "creator" for via in reached.via) else reached.level,
            active=True,
            via=reached.via[0],
            last_touched=last.get(reached.identity),
        )
        for reached in graph.reachable_by(thing)
        if level_rank(reached.level) >= level_rank("admin")
    ]
    return [*found, *_absent(graph, thing.id, thing.target, {entry.identity for entry in found}, last)]


def _absent(
    graph: AccessGraph, project: str, target: int, present: set[str | None], last: Mapping[str, Micros]
) -> Iterable[Accountable]:
    """Grants of owners and administrators that lead to nobody who can act: gone, switched off, not a member."""
    control = graph.control
    if target < 0:
        return
    rows = control.grants_on.one(target).tolist()
    strong = [row for row in rows if level_rank(control.levels[int(control.level[row])]) >= level_rank("admin")]
    for row in strong:
        number = int(control.principal[row])
        if number >= len(control.active):
            continue
        identity = graph.identity_of(number)
        if identity not in present:
            via = graph.via(row, number)
            role = "creator" if via.kind == "creator" else via.level
            yield Accountable(
                identity=identity,
                name=graph.identity_name(identity),
                project=project,
                role=role,
                active=False,
                via=via,
                last_touched=last.get(identity),
            )
    if not strong and not present:
        yield Accountable(
            identity=None,
            name="nobody: the vendor names no creator, owner or administrator who still has an account",
            project=project,
            role="creator",
            active=False,
            via=None,
            last_touched=None,
        )


def identities_by_account(graph: AccessGraph) -> dict[str, str]:
    """Account key to identity, as the graph has it."""
    identities = graph.names.identities.to_pylist()
    numbers = graph.control.account_identity.tolist()
    return {key: identities[number] for key, number in zip(graph.names.accounts.to_pylist(), numbers, strict=True)}


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" for _ in values)
