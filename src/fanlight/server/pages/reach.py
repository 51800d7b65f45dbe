"""Where a look at access begins: who reaches most, what is open widest, which roles and groups open most."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fanlight.access.graph import AccessGraph
from fanlight.model import SENSITIVITY_ORDER
from fanlight.server.pages import Ask, PageKind
from fanlight.server.schema import SensitivityName, View
from fanlight.server.tables import Sheet, sheet_of
from fanlight.server.views.snapshot import Snapshot
from fanlight.server.views.words import count, plural

__all__ = ["PAGE", "ReachAsk", "ReachView"]

_SHOWN = 12
_MOST = 10_000
_ORGANIZATION_WIDE = "the whole organization"


class ReachAsk(Ask):
    """How many rows of each table."""

    rows: Annotated[int, Field(ge=1, le=_MOST)] = _SHOWN


class Reacher(View):
    """How much somebody reaches."""

    id: str
    name: str
    department: str
    projects: int
    resources: int
    sensitive: int


class OpenProject(View):
    """How many can open a project."""

    id: str
    name: str
    sensitivity: SensitivityName
    people: int
    wide: str = ""
    """How it is open to everybody, if it is."""
    things: int
    sensitive: int


class Opener(View):
    """A group or role that opens projects to those who hold it."""

    pivot: str
    name: str
    kind: str
    people: int
    projects: int
    sensitive: int
    """Of these projects."""


class ReachView(View):
    """The three lists, each with the worst first."""

    summary: str
    as_of: int
    people: list[Reacher]
    people_line: str
    projects: list[OpenProject]
    projects_line: str
    openers: list[Opener]
    openers_line: str


def _make(snapshot: Snapshot, ask: ReachAsk) -> ReachView:
    people = snapshot.derived("reach of people", _people)
    projects = snapshot.derived("reach of projects", _projects)
    openers = snapshot.derived("reach of groups and roles", _openers)
    sensitive = sum(SENSITIVITY_ORDER.get(row.sensitivity, 0) >= SENSITIVITY_ORDER["moderate"] for row in projects)
    return ReachView(
        summary=f"{plural(len(people), 'identity', 'identities')}, {plural(len(projects), 'project')}, "
        f"{count(sensitive)} of them sensitive",
        as_of=snapshot.graph.at,
        people=people[: ask.rows],
        people_line=_line(len(people), ask.rows, "who reaches most that is sensitive first"),
        projects=projects[: ask.rows],
        projects_line=_line(len(projects), ask.rows, "sensitive and widest first"),
        openers=openers[: ask.rows],
        openers_line=_line(len(openers), ask.rows, "most sensitive projects first"),
    )


def _line(total: int, shown: int, order: str) -> str:
    return f"{count(min(total, shown))} of {count(total)}, {order}"


def _people(snapshot: Snapshot) -> list[Reacher]:
    context = snapshot.context(snapshot.at, snapshot.at)
    rows = [
        Reacher(
            id=each.identity, name=snapshot.name_of(each.identity),
            department=context.person(each.identity, snapshot.at).department or "",
            projects=each.projects, resources=each.resources, sensitive=each.sensitive,
        )
        for each in snapshot.graph.summary()
        if each.projects or each.resources
    ]  # fmt: skip
    return sorted(rows, key=lambda r: (-r.sensitive, -r.resources, r.name, r.id))


def _projects(snapshot: Snapshot) -> list[OpenProject]:
    graph = snapshot.graph
    rows = []
    for target in graph.names.targets.to_pylist():
        kind, _, project = target.partition(":")
        if kind != "project":
            continue
        number = graph.target_number(kind, project)
        inside = graph.leaves.by_project.one(number)
        rows.append(
            OpenProject(
                id=project,
                name=graph.label(kind, project) or project,
                sensitivity=snapshot.labelled(kind, project).sensitivity,
                people=graph.people_on(number),
                wide=_ORGANIZATION_WIDE if _is_wide(graph, number) else "",
                things=len(inside),
                sensitive=int((graph.leaves.sensitivity[inside] >= SENSITIVITY_ORDER["moderate"]).sum()),
            )
        )
    return sorted(rows, key=lambda r: (-SENSITIVITY_ORDER.get(r.sensitivity, 0), -r.people, -r.sensitive, r.name, r.id))


def _is_wide(graph: AccessGraph, target: int) -> bool:
    """Whether a grant of a whole organization opens it."""
    rows = graph.control.grants_on.one(target).tolist()
    return any(graph.principal(int(graph.control.principal[row]))[0] == "organization" for row in rows)


def _openers(snapshot: Snapshot) -> list[Opener]:
    """Groups, organizations and their roles that hold grants on projects."""
    graph = snapshot.graph
    control = graph.control
    found = []
    for number in range(graph.principal_base("group"), len(control.grants_of.starts) - 1):
        targets = {int(control.target[row]) for row in control.grants_of.one(number).tolist()}
        projects = [target for target in targets if graph.is_project[target]]
        if not projects:
            continue
        kind, key, name = graph.principal(number)
        holders = control.holders.one(number)
        levels = [snapshot.labelled("project", graph.resource(target).id).sensitivity for target in projects]
        pivot = {"organization_role": "org_role"}.get(kind, kind)
        found.append(
            Opener(
                pivot=f"{pivot}:{key}",
                name=name or key,
                kind=kind.replace("_", " "),
                people=len({graph.identity_of(account) for account in holders[control.active[holders]].tolist()}),
                projects=len(projects),
                sensitive=sum(SENSITIVITY_ORDER.get(level, 0) >= SENSITIVITY_ORDER["moderate"] for level in levels),
            )
        )
    return sorted(found, key=lambda r: (-r.sensitive, -r.projects, -r.people, r.name))


def _reachers(view: ReachView, _: str) -> Sheet:
    return sheet_of("reach-of-people", view.people, {
        "identity": lambda r: r.id, "name": lambda r: r.name, "department": lambda r: r.department,
        "projects": lambda r: r.projects, "chats_and_files": lambda r: r.resources, "sensitive": lambda r: r.sensitive,
    })  # fmt: skip


def _open_projects(view: ReachView, _: str) -> Sheet:
    return sheet_of("open-projects", view.projects, {
        "project": lambda r: r.id, "name": lambda r: r.name, "sensitivity": lambda r: r.sensitivity,
        "people": lambda r: r.people, "open_to": lambda r: r.wide, "chats_and_files": lambda r: r.things,
        "sensitive": lambda r: r.sensitive,
    })  # fmt: skip


def _opener_rows(view: ReachView, _: str) -> Sheet:
    return sheet_of("groups-and-roles", view.openers, {
        "pivot": lambda r: r.pivot, "name": lambda r: r.name, "kind": lambda r: r.kind, "people": lambda r: r.people,
        "projects": lambda r: r.projects, "sensitive_projects": lambda r: r.sensitive,
    })  # fmt: skip


PAGE = PageKind(
    name="reach",
    ask=ReachAsk,
    view=ReachView,
    make=_make,
    tables={"reach-of-people": _reachers, "open-projects": _open_projects, "groups-and-roles": _opener_rows},
    whole=lambda ask: ask.model_copy(update={"rows": _MOST}),
)
