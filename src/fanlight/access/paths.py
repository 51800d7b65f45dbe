"""Grant paths as rows of the six columns: identity, organization role, organization, project role, project.

The columns are a projection of grants, not edges to walk: a row stands for one grant as it is held by one person,
or by everybody in an organization.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from fanlight.access.csr import Ints
from fanlight.access.graph import AccessGraph, Unknown
from fanlight.model import Micros

__all__ = ["Key", "Path", "Pivot", "find_pivot", "paths_of"]

Key = tuple[str, str]
"""(kind, id) of a box. Kinds: identity, everybody, org_role, role, organization, project_role, project."""

OUTSIDE: Key = ("project", "")
"""Stands for what a person made outside of projects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One grant as held by one person. None where a column has nothing to say."""

    identity: Key | None = None
    role: Key | None = None
    organization: Key | None = None
    grant: Key | None = None
    project: Key | None = None
    wide: bool = False
    """The grant is one of a whole organization."""
    level: str = ""
    since: Micros | None = None

    def stations(self) -> tuple[Key | None, ...]:
        return (self.identity, self.role, self.organization, self.grant, self.project)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pivot:
    """The box that the picture is drawn around."""

    kind: str
    id: str
    resource: Key | None = None
    """A chat or file that was asked for; the picture is then drawn around its project."""

    @property
    def key(self) -> Key:
        return self.kind, self.id


def find_pivot(graph: AccessGraph, text: str) -> Pivot:
    """What `kind:id` or a bare name, e-mail or vendor id points at. Raises `Unknown`."""
    kind, _, rest = text.partition(":")
    if kind in ("org_role", "organization", "project_role", "group", "role") and rest:
        return Pivot(kind=kind, id=rest)
    try:
        return Pivot(kind="identity", id=graph.find_identity(rest if kind == "identity" else text))
    except Unknown:
        thing = graph.find_resource(rest if kind in ("project", "chat", "file", "document") and rest else text)
    if thing.leaf >= 0:
        project = int(graph.leaves.project[thing.leaf])
        if project >= 0:
            return Pivot(kind="project", id=graph.resource(project).id, resource=(thing.kind, thing.id))
        owner = int(graph.leaves.owner[thing.leaf])
        if owner < 0:
            raise Unknown(f"Nobody is known to reach {text}.")
        return Pivot(kind="identity", id=graph.identity_of(owner), resource=(thing.kind, thing.id))
    return Pivot(kind=thing.kind, id=thing.id)


def paths_of(graph: AccessGraph, pivot: Pivot) -> list[Path]:
    """Every path through the pivot."""
    if pivot.kind == "identity":
        return list(_of_identity(graph, pivot.id))
    rows = _rows_through(graph, pivot)
    paths = list(_of_grants(graph, rows))
    if pivot.kind in ("org_role", "organization"):
        paths += _holders(graph, pivot)
    return paths


def _of_identity(graph: AccessGraph, identity: str) -> Iterator[Path]:
    control = graph.control
    me: Key = ("identity", identity)
    roles: dict[tuple[str, str], str] = {}
    for account, organization, role, since in graph.organizations_of(identity):
        roles[account, organization] = role
        yield Path(
            identity=me,
            role=("org_role", f"{organization}/{role}"),
            organization=("organization", organization),
            since=since,
        )
    rows, accounts = graph.rows_of(identity)
    projects = graph.is_project[control.target[rows]]
    for row, account, is_project in zip(rows.tolist(), accounts.tolist(), projects.tolist(), strict=True):
        target = graph.resource(int(control.target[row]))
        number = int(control.target_org[control.target[row]])
        place = graph.organization_id(number) if number >= 0 else None
        if is_project:
            held = roles.get((graph.names.accounts[account].as_py(), place or ""))
            yield _path(graph, row, me, place, held, ("project", target.id))
        elif target.kind == "role" and place is not None:
            yield Path(identity=me, role=("role", target.id), organization=("organization", place))
    yield from _outside(graph, identity, me, control.target[rows])


def _outside(graph: AccessGraph, identity: str, me: Key, reached: Ints) -> Iterator[Path]:
    """Chats and files that the person made elsewhere than in projects that are open to them, as one box."""
    for account, organization, role, _ in graph.organizations_of(identity):
        made = graph.own_leaves(account)
        if not np.isin(graph.leaves.project[made], reached).all():
            yield Path(
                identity=me,
                role=("org_role", f"{organization}/{role}"),
                organization=("organization", organization),
                grant=("project_role", f"{organization}|owner|creator|"),
                project=OUTSIDE,
                level="owner",
            )


def _rows_through(graph: AccessGraph, pivot: Pivot) -> list[int]:
    control = graph.control
    if pivot.kind == "project_role":
        organization, level, kind, principal = [*pivot.id.split("|", 3), "", "", ""][:4]
        number = graph.principal_number(kind, principal)
        if number < 0:
            raise Unknown(f"No grant of that kind is known: {pivot.id}.")
        rows = control.grants_of.one(number).tolist()
        home = graph.organization_number(organization)
        return [
            row
            for row in rows
            if control.levels[int(control.level[row])] == level and int(control.target_org[control.target[row]]) == home
        ]
    if pivot.kind == "group":
        number = graph.principal_number("group", pivot.id)
        return [] if number < 0 else _projects_only(graph, control.grants_of.one(number).tolist())
    if pivot.kind in ("org_role", "organization"):
        organization, _, role = pivot.id.partition("/")
        principals = [graph.principal_number("organization", organization)]
        if role:
            principals.append(graph.principal_number("organization_role", pivot.id))
        rows = [row for number in principals if number >= 0 for row in control.grants_of.one(number).tolist()]
        return _projects_only(graph, rows)
    target = graph.target_number(pivot.kind, pivot.id)
    if target < 0:
        raise Unknown(f"No {pivot.kind.replace('_', ' ')} with the id {pivot.id} is known at that time.")
    found: list[int] = control.grants_on.one(target).tolist()
    return found


def _projects_only(graph: AccessGraph, rows: Iterable[int]) -> list[int]:
    return [row for row in rows if graph.is_project[graph.control.target[row]]]


def _of_grants(graph: AccessGraph, rows: Iterable[int]) -> Iterator[Path]:
    control = graph.control
    roles = _roles(graph)
    for row in rows:
        target = int(control.target[row])
        thing = graph.resource(target)
        number = int(control.target_org[target])
        organization = graph.organization_id(number) if number >= 0 else None
        kind, key, _ = graph.principal(int(control.principal[row]))
        project: Key = (thing.kind, thing.id)
        if kind == "organization":
            yield _path(graph, row, ("everybody", key), organization, None, project)
            continue
        allowed = control.active
        if number >= 0:
            member = np.zeros(len(control.active), bool)
            member[control.org_accounts.one(number)] = True
            allowed = allowed & member
        accounts = control.holders.one(int(control.principal[row]))
        for account in accounts[allowed[accounts]].tolist():
            role = roles.get((account, number))
            yield _path(graph, row, ("identity", graph.identity_of(account)), organization, role, project)


def _path(graph: AccessGraph, row: int, who: Key, organization: str | None, role: str | None, project: Key) -> Path:
    control = graph.control
    kind, key, _ = graph.principal(int(control.principal[row]))
    level = control.levels[int(control.level[row])]
    via = control.vias[int(control.via[row])]
    if kind == "organization_role":
        role = key.partition("/")[2]
    # All grants that a person holds directly, and all that come from having made something, share one box each.
    holder = "" if kind == "user" else key
    sort = "creator" if via == "creator" else kind
    return Path(
        identity=who,
        role=("org_role", f"{organization}/{role}") if organization and role else None,
        organization=("organization", organization) if organization else None,
        grant=("project_role", f"{organization or ''}|{level}|{sort}|{holder}"),
        project=project,
        wide=kind == "organization",
        level=level,
        since=int(control.since[row]),
    )


def _roles(graph: AccessGraph) -> dict[tuple[int, int], str]:
    """Built-in role by (account, organization)."""
    member, organization, role, _ = graph.control.member_pairs
    names = graph.names.org_roles.to_pylist()
    return {
        (account, place): names[number].partition("/")[2]
        for account, place, number in zip(member.tolist(), organization.tolist(), role.tolist(), strict=True)
    }


def _holders(graph: AccessGraph, pivot: Pivot) -> Iterator[Path]:
    """Members of an organization, or holders of one of its roles."""
    organization, _, wanted = pivot.id.partition("/")
    number = graph.organization_number(organization)
    if number < 0:
        raise Unknown(f"No organization with the id {organization} is known at that time.")
    for (account, place), role in sorted(_roles(graph).items()):
        if place == number and graph.control.active[account] and wanted in ("", role):
            yield Path(
                identity=("identity", graph.identity_of(account)),
                role=("org_role", f"{organization}/{role}"),
                organization=("organization", organization),
            )
