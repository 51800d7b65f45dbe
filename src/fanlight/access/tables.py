"""The facts an access graph is made of, as columns, valid at one moment.

The same choice of versions is written twice, in Python for rows in memory and in SQL for the store; a test
holds them to each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import pyarrow as pa

from fanlight.access.sharing import SHARING, Sharing, audience_after, told_by_sharing
from fanlight.identity.gather import ACCOUNT_KINDS
from fanlight.model import HOUR, Grant, Link, Micros, ObjectVersion

__all__ = ["LEAF_KINDS", "AccessTables", "tables_of_rows", "tables_of_store"]

#: Kinds that hold content. They are never nodes of the walk: there may be millions.
LEAF_KINDS = (
    "chat", "file", "generated_file", "artifact", "document", "code_artifact", "local_session", "remote_session",
    "session", "attachment",
)  # fmt: skip
PERSON_KINDS = tuple(kind for kind, sort in ACCOUNT_KINDS.items() if sort != "api_key")
THING_KINDS = ("organization", "project", "group", "idp_group", "role", "workspace", "app", "idp_app")

#: How long the first listing of a kind may take.
FIRST_LISTING = HOUR

_ACCOUNTS = pa.schema(
    [("account_key", pa.string()), ("organization_id", pa.string()), ("name", pa.string()), ("email", pa.string()),
     ("active", pa.bool_()), ("directory", pa.bool_())]
)  # fmt: skip
_THINGS = pa.schema(
    [("product", pa.string()), ("kind", pa.string()), ("object_id", pa.string()), ("name", pa.string()),
     ("organization_id", pa.string())]
)  # fmt: skip
_GRANTS = pa.schema(
    [("product", pa.string()), ("principal_kind", pa.string()), ("principal_id", pa.string()),
     ("resource_kind", pa.string()), ("resource_id", pa.string()), ("level", pa.string()), ("via", pa.string()),
     ("valid_from", pa.int64()), ("exact_from", pa.bool_())]
)  # fmt: skip
_LINKS = pa.schema([("account_key", pa.string()), ("identity_id", pa.string())])
_LEAVES = pa.schema(
    [("kind", pa.string()), ("object_id", pa.string()), ("organization_id", pa.string()), ("parent_kind", pa.string()),
     ("parent_id", pa.string()), ("owner_account", pa.string()), ("created_at", pa.int64())]
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTables:
    """Columns valid at `at`. Only what held then is in them, except that inactive accounts stay, marked so."""

    at: Micros
    accounts: pa.Table
    """account_key, organization_id (of the membership), name, email, active, directory."""
    things: pa.Table
    """product, kind, object_id, name, organization_id: organizations, projects, groups, roles, …"""
    grants: pa.Table
    """product, principal_kind, principal_id, resource_kind, resource_id, level, via, valid_from, exact_from."""
    links: pa.Table
    """account_key, identity_id."""
    leaves: pa.Table
    """kind, object_id, organization_id, parent_kind, parent_id, owner_account, created_at."""


def tables_of_rows(
    objects: Iterable[ObjectVersion],
    grants: Iterable[Grant],
    links: Iterable[Link],
    at: Micros,
    sharing: Iterable[Sharing] = (),
) -> AccessTables:
    """Choose from any versions of facts in memory what held at `at`; `sharing` is what events tell of projects."""
    held = _objects_at(objects, at)
    chosen = [(grant, standing) for grant, standing in _grants_at(grants, at) if not grant.removed]
    current = _columns([grant for grant, _ in chosen], _GRANTS)
    current = current.append_column("standing", pa.array([standing for _, standing in chosen], pa.bool_()))
    accounts = [_account(o) for o in held if o.kind in PERSON_KINDS]
    there = [o for o in held if not o.removed and (o.deleted_at is None or o.deleted_at > at)]
    return AccessTables(
        at=at,
        accounts=_table(accounts, _ACCOUNTS),
        things=_columns([o for o in there if o.kind in THING_KINDS], _THINGS),
        grants=told_by_sharing(current, sharing, at),
        links=_table(_links_at(links, at), _LINKS),
        leaves=_columns([o for o in there if o.kind in LEAF_KINDS], _LEAVES),
    )


def _table(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=schema)


def _columns(rows: Sequence[Any], schema: pa.Schema) -> pa.Table:
    columns = [pa.array([getattr(row, name) for row in rows], type=schema.field(name).type) for name in schema.names]
    return pa.Table.from_arrays(columns, schema=schema)


def _objects_at(objects: Iterable[ObjectVersion], at: Micros) -> list[ObjectVersion]:
    """Per object the newest version valid at `at`; a thing that existed before we first looked is as first seen."""
    versions: dict[tuple[str, str, str, str], list[ObjectVersion]] = defaultdict(list)
    for version in objects:
        versions[version.product, version.kind, version.organization_id or "", version.object_id].append(version)
    held = []
    for history in versions.values():
        then = [version for version in history if version.valid_from <= at]
        if then:
            held.append(max(then, key=lambda v: (v.valid_from, v.seen_at)))
        else:
            first = min(history, key=lambda v: (v.valid_from, -v.seen_at))
            if first.created_at is not None and first.created_at <= at:
                held.append(first)
    return held


def _grants_at(grants: Iterable[Grant], at: Micros) -> list[tuple[Grant, bool]]:
    """Per grant the newest version valid at `at`, and whether it stood in the first listing.

    A grant without a stated start that stood in the first listing of its kind is older than our first look; it
    counts for the time before, too, rather than letting an organization begin on the day it was connected.
    """
    newest: dict[tuple[str, str], tuple[Grant, bool]] = {}
    rows = list(grants)
    first: dict[tuple[str, str], Micros] = {}
    for grant in rows:
        kind = (grant.product, grant.resource_kind)
        first[kind] = min(grant.seen_at, first.get(kind, grant.seen_at))
    for grant in rows:
        standing = not grant.exact_from and grant.seen_at <= first[grant.product, grant.resource_kind] + FIRST_LISTING
        if grant.valid_from <= at or (standing and not grant.removed):
            key = (grant.product, grant.grant_id)
            before, _ = newest.get(key, (None, False))
            if before is None or (before.valid_from, before.seen_at) < (grant.valid_from, grant.seen_at):
                newest[key] = (grant, standing)
    return list(newest.values())


def _links_at(links: Iterable[Link], at: Micros) -> list[dict[str, str]]:
    """One identity per account: as known now, valid then (a link learned later counts for the past, too)."""
    newest: dict[tuple[str, str], Link] = {}
    for link in links:
        before = newest.get((link.account_key, link.identity_id))
        if before is None or (before.seen_at, before.removed) < (link.seen_at, link.removed):
            newest[link.account_key, link.identity_id] = link
    chosen: dict[str, Link] = {}
    for link in newest.values():
        if link.removed or (link.valid_to is not None and link.valid_to <= at):
            continue
        before = chosen.get(link.account_key)
        # The one that had begun by then, latest first; an account nobody had yet at that time keeps its first.
        if before is None or _link_order(link, at) > _link_order(before, at):
            chosen[link.account_key] = link
    return [{"account_key": key, "identity_id": link.identity_id} for key, link in sorted(chosen.items())]


def _link_order(link: Link, at: Micros) -> tuple[bool, int, str]:
    begun = link.valid_from <= at
    return begun, link.valid_from if begun else -link.valid_from, link.identity_id


def _account(version: ObjectVersion) -> dict[str, Any]:
    return _account_row(
        version.product, version.kind, version.object_id, version.organization_id, version.name, version.removed,
        version.attributes,
    )  # fmt: skip


def _account_row(
    product: str,
    kind: str,
    object_id: str,
    organization_id: str | None,
    name: str | None,
    removed: bool,
    attributes: str,
) -> dict[str, Any]:
    known = orjson.loads(attributes or "{}")
    status = str(known.get("status") or "").casefold()
    off = status in _OFF or known.get("suspended") is True or known.get("is_active") is False
    return {
        "account_key": f"{product}:{object_id}",
        "organization_id": organization_id,
        "name": name or known.get("full_name") or known.get("display_name"),
        "email": known.get("email") or known.get("primary_email") or known.get("login"),
        "active": not removed and not off,
        "directory": kind == "idp_user",
    }


_OFF = frozenset({"suspended", "deprovisioned", "deactivated", "inactive", "disabled", "archived", "staged", "deleted"})


class _Queries(Protocol):
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table: ...


_OBJECTS_AT = """
    SELECT * FROM objects
    WHERE kind IN ({kinds}) AND (valid_from <= $1 OR created_at <= $1)
    QUALIFY row_number() OVER (
        PARTITION BY product, kind, coalesce(organization_id, ''), object_id
        ORDER BY valid_from <= $1 DESC,
                 CASE WHEN valid_from <= $1 THEN -valid_from ELSE valid_from END, seen_at DESC) = 1
    """
_GRANTS_AT = """
    SELECT product, principal_kind, principal_id, resource_kind, resource_id, level, via, valid_from, exact_from,
           standing
    FROM (SELECT *, NOT exact_from AND seen_at <= $2 + (
              SELECT min(seen_at) FROM grants first
              WHERE first.product = grants.product AND first.resource_kind = grants.resource_kind) AS standing
          FROM grants
          WHERE valid_from <= $1 OR (standing AND NOT removed)
          QUALIFY row_number() OVER (
              PARTITION BY product, grant_id ORDER BY valid_from DESC, seen_at DESC) = 1)
    WHERE NOT removed
    """
_SHARING = f"""
    SELECT project_id, occurred_at, raw FROM events WHERE type = '{SHARING}' AND project_id IS NOT NULL
    """
_LINKS_AT = """
    SELECT account_key, identity_id FROM links_now WHERE valid_to IS NULL OR valid_to > $1
    QUALIFY row_number() OVER (
        PARTITION BY account_key
        ORDER BY valid_from <= $1 DESC, CASE WHEN valid_from <= $1 THEN -valid_from ELSE valid_from END,
                 identity_id DESC) = 1
    ORDER BY account_key
    """


def tables_of_store(reader: _Queries, at: Micros) -> AccessTables:
    """The same from the lake's views; content-bearing objects never become Python rows."""
    accounts = reader.query(
        f"SELECT product, kind, object_id, organization_id, name, removed, attributes FROM ({_at(PERSON_KINDS)})", [at]
    )
    rows = [_account_row(**row) for row in accounts.to_pylist()]
    there = "NOT removed AND (deleted_at IS NULL OR deleted_at > $1)"
    things = ", ".join(_THINGS.names)
    leaves = ", ".join(_LEAVES.names)
    return AccessTables(
        at=at,
        accounts=_table(rows, _ACCOUNTS),
        things=reader.query(f"SELECT {things} FROM ({_at(THING_KINDS)}) WHERE {there}", [at]),
        grants=told_by_sharing(reader.query(_GRANTS_AT, [at, FIRST_LISTING]), _sharing(reader), at),
        links=reader.query(_LINKS_AT, [at]),
        leaves=reader.query(f"SELECT {leaves} FROM ({_at(LEAF_KINDS)}) WHERE {there}", [at]),
    )


def _sharing(reader: _Queries) -> list[Sharing]:
    rows = reader.query(_SHARING).to_pylist()
    return [(row["project_id"], row["occurred_at"], audience_after(row["raw"])) for row in rows]


def _at(kinds: Iterable[str]) -> str:
    return _OBJECTS_AT.format(kinds=", ".join(f"'{kind}'" for kind in kinds))
