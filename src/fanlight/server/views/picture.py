"""The six-column access picture and the access page: the access room's projection, worded for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fanlight.access.answers import Via
from fanlight.access.graph import AccessGraph, Unknown
from fanlight.access.picture import Column, Node, picture
from fanlight.model import Micros
from fanlight.server import schema as s
from fanlight.server.views.snapshot import Snapshot
from fanlight.server.views.words import chips, count, full_day, plural

__all__ = ["Moments", "access_view", "draw"]

_ASK = {
    "project": "Who can reach this project",
    "org_role": "Who holds this role",
    "project_role": "Who holds this role",
    "organization": "Who is in this organization",
    "group": "Who is in this group",
    "identity": "Open this identity",
}
_WHO = {
    "project": "Who can reach {}", "org_role": "What the role {} opens", "project_role": "What {} opens",
    "organization": "What members of {} can reach", "group": "What members of {} can reach",
    "identity": "What {} can reach",
}  # fmt: skip
_PROJECT = 4
_MOST_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class Moments:
    """When the picture is looked at, and what it is compared with; None is now, and nothing."""

    at: Micros | None = None
    since: Micros | None = None


NOW = Moments()


def access_view(snapshot: Snapshot, pivot: str, select: str | None, moments: Moments = NOW) -> s.AccessView | None:
    """The picture around anything, or None where nothing of that name is known."""
    drawn = draw(snapshot, pivot, select, moments)
    if drawn is None:
        return None
    kind = pivot.partition(":")[0]
    name = next((n.text for column in drawn.columns for n in column.nodes if n.id == pivot), "")
    people = _people(snapshot, _graph(snapshot, moments), pivot, kind)
    named = name or pivot.partition(":")[2] or pivot
    return s.AccessView(
        pivot=pivot,
        title=_WHO.get(kind, "Who can reach {}").format(named),
        detail=_kind_words(kind),
        people=people[:_MOST_PEOPLE],
        people_summary=f"{_MOST_PEOPLE} of {count(len(people))}, strongest first"
        if len(people) > _MOST_PEOPLE
        else f"{count(len(people))}, strongest first",
        picture=drawn,
    )


def _kind_words(kind: str) -> str:
    return {"org_role": "organization role", "project_role": "project role"}.get(kind, kind.replace("_", " "))


def _people(snapshot: Snapshot, graph: AccessGraph, pivot: str, kind: str) -> list[s.PersonRow]:
    """Everybody who reaches a project, chat or file, with how, strongest first."""
    if kind in ("identity", "org_role", "project_role", "organization", "group"):
        return []
    try:
        found = graph.reachable_by(pivot.partition(":")[2])
    except Unknown:
        return []
    rows = [
        s.PersonRow(
            id=reached.identity,
            name=snapshot.name_of(reached.identity),
            level=reached.level,
            how=_ways(reached.via),
            known=reached.level != "unknown",
            since=min((via.since for via in reached.via if via.since), default=None),
        )
        for reached in found
    ]
    order = {"owner": 0, "admin": 1, "editor": 2, "viewer": 3}
    return sorted(rows, key=lambda row: (order.get(row.level, 4), row.name))


def _ways(via: Sequence[Via]) -> str:
    """How, in words; that a project is public says nothing more where membership is the way already."""
    kinds = {each.kind for each in via}
    told = [_how(each.kind, each.name) for each in via if each.kind != "public" or "organization" not in kinds]
    return ", ".join(dict.fromkeys(told))


def _how(kind: str, name: str) -> str:
    return {
        "user": "directly",
        "creator": "as its creator",
        "group": f"through the group {name}",
        "organization": "as a member of the organization",
        "organization_role": f"through the role {name}",
        "public": "because it is open to the organization",
    }.get(kind, kind)


def _graph(snapshot: Snapshot, moments: Moments) -> AccessGraph:
    return snapshot.graph if moments.at is None else snapshot.graph_at(moments.at)


def draw(snapshot: Snapshot, pivot: str, select: str | None = None, moments: Moments = NOW) -> s.Picture | None:
    """The picture around an identity, role, organization, group, project or resource."""
    before = snapshot.graph_at(moments.since) if moments.since is not None else None
    try:
        drawn = picture(_graph(snapshot, moments), pivot, select=select, labels=_labels(snapshot), before=before)
    except Unknown:
        return None
    if not any(column.nodes for column in drawn.columns[1:]):
        return None
    lit = drawn.selected[-1] if drawn.selected else None
    return s.Picture(
        as_of=drawn.at,
        summary=drawn.summary,
        sentence=drawn.sentence,
        columns=[_column(column, place, drawn.pivot, snapshot) for place, column in enumerate(drawn.columns)],
        edges=[
            s.PictureEdge(source=edge.source, target=edge.target, wide=edge.wide, known=not edge.dashed)
            for edge in drawn.edges
        ],
        selected=lit,
        compared_with=moments.since,
        added=drawn.added,
        removed=drawn.removed,
        note=_past_note(snapshot, moments),
    )


def _past_note(snapshot: Snapshot, moments: Moments) -> str:
    """What is not known of a time before the first look."""
    past = min((at for at in (moments.at, moments.since) if at is not None), default=None)
    first = snapshot.looked_since
    if past is None or first is None or past >= first:
        return ""
    return (
        f"Fanlight has looked since {full_day(first, snapshot.zone)}. Of the time before, only grants that a source "
        "dates itself are known; what was taken away before is unknown."
    )


def _labels(snapshot: Snapshot) -> Mapping[tuple[str, str], Sequence[str]]:
    return snapshot.project_labels


def _column(column: Column, place: int, pivot: str, snapshot: Snapshot) -> s.PictureColumn:
    tail = {_PROJECT: ", by risk", _PROJECT + 1: ", by project"}.get(place, "")
    return s.PictureColumn(
        heading=column.heading,
        total=f"{count(column.total)}{tail}",
        nodes=[_box(node, place, pivot, snapshot, alone=len(column.nodes) == 1) for node in column.nodes],
    )


def _box(node: Node, place: int, pivot: str, snapshot: Snapshot, *, alone: bool) -> s.PictureNode:
    kind, _, key = node.id.partition(":")
    text, categories = node.text, node.labels[:3]
    if place > _PROJECT and kind not in ("resources", "more"):
        # The one resource of the selected path, named as everywhere: by author, day and labels.
        text, categories = snapshot.title_of(kind, key), tuple(snapshot.labelled(kind, key).categories[:3])
    if node.more:
        number = f"{count(node.sensitive)} sensitive" if node.sensitive else ""
    elif kind == "everybody":
        # The box is narrow, and others name some of the organization: it stands for the rest.
        text, number = ("Everybody", count(node.count)) if alone else (plural(node.count, "other"), "")
    else:
        number = count(node.count) if place == 3 and node.count else ""
    return s.PictureNode(
        id=node.id,
        text=text,
        count=number,
        sensitivity=node.sensitivity if place == _PROJECT and not node.more else None,
        labels=chips(categories) if place > _PROJECT else [],
        more=node.more,
        change=node.change,
        sentence=node.sentence or _sentence(node, place),
        link=_link(node, kind, key, pivot),
        link_text=_ASK.get(kind, "Who can reach this") if node.pivot else "",
    )


def _sentence(node: Node, place: int) -> str:
    if node.id.startswith("everybody:"):
        return f"{node.text}: {plural(node.count, 'person', 'people')} without a box of their own here."
    if node.more:
        return f"{plural(node.count, 'more box', 'more boxes')} of this column; the Table lists what is shown."
    if place == 3:
        return f"{node.text} of {plural(node.count, 'project')}."
    if place == _PROJECT and node.count:
        told = f"{plural(node.count, 'chat or file', 'chats and files')} in it"
        return f"{node.text}: {told}, {count(node.sensitive) if node.sensitive else 'none'} of them sensitive."
    return ""


def _link(node: Node, kind: str, key: str, pivot: str) -> str | None:
    if not node.pivot or node.pivot == pivot:
        return None
    return f"/identities/{key}" if kind == "identity" else f"/access?pivot={node.pivot}"
