"""The six-column access picture as a view model: at most twelve boxes a column, and nothing hidden uncounted.

Pure: from paths to boxes, lines and one sentence. Where things stand on the page is the page's business; in which
order they stand is decided here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from fanlight.access.answers import level_rank
from fanlight.access.boxes import COLUMNS, LIMIT, Column, Edge, Node, Picture
from fanlight.access.explain import explain
from fanlight.access.graph import AccessGraph, Unknown
from fanlight.access.order import arrange
from fanlight.access.paths import OUTSIDE, Key, Path, Pivot, find_pivot, paths_of
from fanlight.model import SENSITIVITY_ORDER, Sensitivity

__all__ = ["COLUMNS", "LIMIT", "Column", "Edge", "Node", "Picture", "picture"]

_PROJECT, _RESOURCE = 4, 5
_LEVELS = ("none", "low", "moderate", "high")


@dataclass(slots=True)
class _Board:
    """Boxes and lines while they are being laid out; keys are (kind, id)."""

    columns: list[dict[Key, Node]] = field(default_factory=lambda: [{} for _ in COLUMNS])
    lines: dict[tuple[int, Key, int, Key], Edge] = field(default_factory=dict)


def picture(
    graph: AccessGraph,
    pivot: str,
    *,
    select: str | None = None,
    labels: Mapping[tuple[str, str], Sequence[str]] | None = None,
    before: AccessGraph | None = None,
) -> Picture:
    """The picture around an identity, role, organization, project role, group, project or resource.

    `select` is a project's or resource's vendor id, or a box's id; its path is kept in the picture and lit.
    `labels` are categories by (kind, id) of projects and resources. `before` is an earlier graph: boxes of
    projects that were won since are marked, and lost ones come back struck through. Raises `Unknown`.
    """
    around = find_pivot(graph, pivot)
    paths = paths_of(graph, around)
    chosen = _chosen_project(graph, select, around)
    board = _Board()
    gained, lost = _differences(before, around, paths)
    shown = _rank_projects(graph, paths, chosen)
    kept = _trim(graph, paths, shown, chosen, around)
    _fill(graph, board, paths, kept, labels or {})
    _fill_resources(graph, board, kept, labels or {}, around)
    lit = _light(graph, board, paths, kept, chosen, select, around)
    _mark(board, gained, lost)
    orders = arrange(
        [list(column) for column in board.columns],
        [(a, i, b, j, line.weight) for (a, i, b, j), line in board.lines.items()],
        fixed=(_PROJECT, _RESOURCE),
    )
    columns = tuple(
        Column(
            heading=COLUMNS[i], total=_total(i, board, paths, graph), nodes=tuple(board.columns[i][k] for k in order)
        )
        for i, order in enumerate(orders)
    )
    return Picture(
        at=graph.at,
        pivot=_text_key(around.key),
        summary=_summary(columns),
        columns=columns,
        edges=tuple(board.lines.values()),
        selected=tuple(_text_key(key) for key in lit),
        sentence=_sentence(graph, around, select, chosen),
        added=len(gained),
        removed=len(lost),
    )


def _text_key(key: Key) -> str:
    return f"{key[0]}:{key[1]}"


# ---- what is shown -----------------------------------------------------------------------------------------------


def _chosen_project(graph: AccessGraph, select: str | None, around: Pivot) -> str | None:
    """The project whose path is lit."""
    if select is None and around.resource is None:
        return None
    text = select or around.resource[1]  # type: ignore[index]
    kind, _, rest = text.partition(":")
    try:
        thing = graph.find_resource(rest if rest and kind != "project_role" else text)
    except Unknown:
        return None
    if thing.leaf >= 0:
        number = int(graph.leaves.project[thing.leaf])
        return graph.resource(number).id if number >= 0 else ""
    return thing.id if thing.kind == "project" else None


def _rank_projects(graph: AccessGraph, paths: Sequence[Path], chosen: str | None) -> list[Key]:
    """Projects by risk: the selected one's sensitivity never loses its place to a name."""
    best: dict[Key, int] = {}
    for path in paths:
        if path.project is not None:
            best[path.project] = max(best.get(path.project, 0), level_rank(path.level))
    facts = {key: _project_facts(graph, key) for key in best}

    def risk(key: Key) -> tuple[bool, int, int, int, int, str]:
        level, resources, sensitive = facts[key]
        return key == OUTSIDE, -SENSITIVITY_ORDER[level], -sensitive, -best[key], -resources, graph.label(*key)

    ordered = sorted(best, key=risk)
    if chosen is not None and ("project", chosen) in best:
        place = ordered.index(("project", chosen))
        if place >= LIMIT - 1:
            ordered.insert(LIMIT - 2, ordered.pop(place))
    return ordered


def _project_facts(graph: AccessGraph, key: Key) -> tuple[Sensitivity, int, int]:
    """(sensitivity, resources, sensitive resources) of a project."""
    number = graph.target_number(*key) if key != OUTSIDE else -1
    if number < 0:
        return "none", 0, 0
    inside = graph.leaves.by_project.one(number)
    ranks = graph.leaves.sensitivity[inside]
    level = graph.sensitivity.get(key)
    if level is None:
        level = _LEVELS[int(ranks.max(initial=0))]
    return level, len(inside), int((ranks >= 2).sum())  # type: ignore[return-value]


def _trim(
    graph: AccessGraph, paths: Sequence[Path], projects: Sequence[Key], chosen: str | None, around: Pivot
) -> list[dict[Key, Key]]:
    """Per column: which box stands for each key, itself or the column's `+N more`."""
    kept: list[dict[Key, Key]] = []
    for column in range(_PROJECT + 1):
        keys = list(projects) if column == _PROJECT else _by_importance(graph, paths, column, projects, chosen, around)
        room = keys if len(keys) <= LIMIT else keys[: LIMIT - 1]
        more: Key = ("more", COLUMNS[column])
        kept.append({key: key if key in set(room) else more for key in keys})
    return kept


def _by_importance(
    graph: AccessGraph, paths: Sequence[Path], column: int, projects: Sequence[Key], chosen: str | None, around: Pivot
) -> list[Key]:
    """Boxes on the selected path first, then those that lead to the riskiest projects, then by name."""
    rank = {key: place for place, key in enumerate(projects)}
    weight: dict[Key, tuple[bool, int, int]] = {}
    for path in paths:
        key = path.stations()[column]
        if key is None:
            continue
        on_path = key == around.key or (path.project is not None and path.project == ("project", chosen))
        place = rank.get(path.project, len(rank)) if path.project else len(rank)
        mine = (not on_path, min(place, LIMIT - 1), -level_rank(path.level))
        weight[key] = min(weight.get(key, mine), mine)
    return sorted(weight, key=lambda key: (weight[key], _name(graph, key), key))


def _total(column: int, board: _Board, paths: Sequence[Path], graph: AccessGraph) -> int:
    if column == _RESOURCE:
        return sum(node.count for node in board.columns[column].values())
    keys = {path.stations()[column] for path in paths} - {None, OUTSIDE}
    if column == 0:
        return len(_everybody(graph, {key for key in keys if key is not None}))
    return len(keys)


def _everybody(graph: AccessGraph, keys: Set[Key]) -> set[str]:
    """The identities behind boxes of people, each once: who holds a grant of their own is in the organization, too."""
    found = {key[1] for key in keys if key[0] == "identity"}
    for kind, organization in keys:
        number = graph.organization_number(organization) if kind == "everybody" else -1
        if number >= 0:
            members = graph.control.org_accounts.one(number)
            found |= {graph.identity_of(account) for account in members[graph.control.active[members]].tolist()}
    return found


def _people(graph: AccessGraph, boxes: Mapping[Key, Set[Key]]) -> dict[Key, int]:
    """How many people each box stands for. Everybody in an organization stands for all but those with a box of their
    own, so that the boxes add up to the heading."""
    counted: set[str] = set()
    found: dict[Key, int] = {}
    for box in sorted(boxes, key=lambda box: (any(kind == "everybody" for kind, _ in boxes[box]), box)):
        people = _everybody(graph, boxes[box]) - counted
        found[box] = len(people)
        counted |= people
    return found


# ---- boxes and lines ---------------------------------------------------------------------------------------------


def _fill(
    graph: AccessGraph,
    board: _Board,
    paths: Sequence[Path],
    kept: Sequence[Mapping[Key, Key]],
    labels: Mapping[tuple[str, str], Sequence[str]],
) -> None:
    behind: list[dict[Key, set[Key]]] = [defaultdict(set) for _ in COLUMNS]
    leads: dict[Key, set[Key]] = defaultdict(set)
    for path in paths:
        last: tuple[int, Key] | None = None
        for column, key in enumerate(path.stations()):
            if key is None:
                continue
            box = kept[column][key]
            behind[column][box].add(key)
            if column == 3 and path.project is not None:
                leads[box].add(path.project)
            if last is not None:
                _join(board, *last, column, box, path.wide and column >= 3)
            last = (column, box)
    for column, boxes in enumerate(behind):
        people = _people(graph, boxes) if column == 0 else {}
        for box, keys in boxes.items():
            stands_for = people[box] if column == 0 else len(leads.get(box, ()))
            board.columns[column][box] = _node(graph, column, box, keys, stands_for, labels)
    order = [box for box in dict.fromkeys(kept[_PROJECT].values()) if box in board.columns[_PROJECT]]
    board.columns[_PROJECT] = {box: board.columns[_PROJECT][box] for box in order}


def _join(board: _Board, left: int, source: Key, right: int, target: Key, wide: bool, dashed: bool = False) -> None:
    place = (left, source, right, target)
    before = board.lines.get(place)
    if before is None:
        board.lines[place] = Edge(source=_text_key(source), target=_text_key(target), wide=wide, dashed=dashed)
    else:
        board.lines[place] = replace(before, weight=before.weight + 1, wide=before.wide or wide)


def _node(
    graph: AccessGraph,
    column: int,
    box: Key,
    keys: Iterable[Key],
    stands_for: int,
    labels: Mapping[tuple[str, str], Sequence[str]],
) -> Node:
    hidden = set(keys)
    if box[0] == "more":
        people = stands_for if column == 0 else len(hidden)
        sensitive = (
            sum(_project_facts(graph, key)[0] in ("moderate", "high") for key in hidden) if column == _PROJECT else 0
        )
        return Node(id=_text_key(box), text=f"+{people:,} more", count=people, sensitive=sensitive, more=True)
    level: Sensitivity | None = None
    count, sensitive = stands_for, 0
    if column == _PROJECT and box != OUTSIDE:
        level, count, sensitive = _project_facts(graph, box)
    return Node(
        id=_text_key(box),
        text=_name(graph, box),
        count=count,
        sensitive=sensitive,
        sensitivity=level,
        labels=tuple(labels.get(box, ())),
        pivot="" if box == OUTSIDE or box[0] == "everybody" or _unnamed(box) else _text_key(box),
    )


def _unnamed(box: Key) -> bool:
    """Direct grants of one person have no principal to pivot on: the person is the pivot already."""
    return box[0] == "project_role" and box[1].endswith("|")


def _name(graph: AccessGraph, key: Key) -> str:
    kind, name = key
    if kind == "identity":
        return graph.identity_name(name)
    if kind == "everybody":
        return f"Everybody in {graph.label('organization', name) or name}"
    if kind == "org_role":
        return name.partition("/")[2].replace("_", " ").capitalize()
    if kind == "project_role":
        return _role_name(graph, name)
    if key == OUTSIDE:
        return "Outside these projects"
    return graph.label(kind, name) or name


def _role_name(graph: AccessGraph, name: str) -> str:
    _, level, sort, principal = name.split("|", 3)
    by = {
        "user": "direct",
        "creator": "as creator",
        "organization": "whole org",
        "organization_role": f"via role {principal.partition('/')[2].replace('_', ' ')}",
    }.get(sort)
    if by is None:
        number = graph.principal_number("group", principal)
        group = graph.principal(number)[2] if number >= 0 else ""
        by = f"via {group or principal}"
    return f"{level.capitalize()}, {by}"


def _fill_resources(
    graph: AccessGraph,
    board: _Board,
    kept: Sequence[Mapping[Key, Key]],
    labels: Mapping[tuple[str, str], Sequence[str]],
    around: Pivot,
) -> None:
    """One bundle a project on the same row; dashed when all of it is chats of others."""
    own = _own(graph, around)
    inside: dict[Key, list[int]] = defaultdict(list)
    reached = {graph.target_number(*project) for project in kept[_PROJECT] if project != OUTSIDE}
    for project, box in kept[_PROJECT].items():
        if project == OUTSIDE:
            inside[box] += [leaf for leaf in own if int(graph.leaves.project[leaf]) not in reached]
        else:
            number = graph.target_number(*project)
            inside[box] += graph.leaves.by_project.one(number).tolist() if number >= 0 else []
    for box in list(board.columns[_PROJECT]):
        leaves = np.array(inside.get(box, ()), np.int64)
        if not len(leaves):
            continue
        bundle: Key = ("resources", _text_key(box))
        proven = bool(graph.leaves.proven[leaves].any()) or any(int(leaf) in own for leaf in leaves)
        sensitive = int((graph.leaves.sensitivity[leaves] >= 2).sum())
        more = box[0] == "more"
        board.columns[_RESOURCE][bundle] = Node(
            id=_text_key(bundle),
            text=f"+{len(leaves):,} more" if more else _bundle_text(graph, leaves),
            count=len(leaves),
            sensitive=sensitive,
            labels=() if more else tuple(labels.get(box, ())),
            more=more,
            sentence="" if proven else "The vendor does not say whether members may open each other's chats.",
        )
        _join(board, _PROJECT, box, _RESOURCE, bundle, False, not proven)


def _own(graph: AccessGraph, around: Pivot) -> set[int]:
    if around.kind != "identity":
        return set()
    found: set[int] = set()
    for account in graph.accounts_of(around.id):
        found.update(graph.own_leaves(account).tolist())
    return found


def _bundle_text(graph: AccessGraph, leaves: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    codes = np.asarray(graph.leaves.kinds.indices)[leaves]
    names = graph.leaves.kinds.dictionary.to_pylist()
    counts: dict[str, int] = defaultdict(int)
    for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
        counts[_BUNDLES.get(names[int(code)], "file")] += int(count)
    order = list(_BUNDLES.values())
    listed = sorted(counts.items(), key=lambda entry: order.index(entry[0]))
    return ", ".join(f"{count:,} {word if count == 1 else word + 's'}" for word, count in listed)


_BUNDLES = {
    "chat": "chat",
    "file": "file",
    "local_session": "session",
    "remote_session": "session",
    "session": "session",
    "artifact": "artifact",
    "code_artifact": "artifact",
}


# ---- selection and difference ------------------------------------------------------------------------------------


def _light(
    graph: AccessGraph,
    board: _Board,
    paths: Sequence[Path],
    kept: Sequence[Mapping[Key, Key]],
    chosen: str | None,
    select: str | None,
    around: Pivot,
) -> list[Key]:
    """Mark the strongest path to the selected project or through the selected box; returns its boxes."""
    wanted = ("project", chosen) if chosen is not None else None
    through = [p for p in paths if p.project == wanted] if wanted else [
        p for p in paths if select is not None and any(key and _text_key(key) == select for key in p.stations())
    ]  # fmt: skip
    if not through:
        return []
    path = max(through, key=lambda p: (level_rank(p.level), p.project is not None, not p.wide))
    boxes: list[tuple[int, Key]] = [
        (column, kept[column][key]) for column, key in enumerate(path.stations()) if key is not None
    ]
    resource = around.resource or _leaf_key(graph, select)
    if wanted is not None:
        bundle: Key = ("resources", _text_key(boxes[-1][1]))
        if resource is not None:
            bundle = _open_bundle(graph, board, bundle, boxes[-1][1], resource)
        if bundle in board.columns[_RESOURCE]:
            boxes.append((_RESOURCE, bundle))
    for (left, source), (right, target) in pairwise(boxes):
        line = board.lines.get((left, source, right, target))
        if line is not None:
            board.lines[left, source, right, target] = replace(line, selected=True)
    for column, key in boxes:
        board.columns[column][key] = replace(board.columns[column][key], selected=True)
    return [key for _, key in boxes]


def _leaf_key(graph: AccessGraph, select: str | None) -> Key | None:
    if select is None:
        return None
    try:
        thing = graph.find_resource(select.partition(":")[2] or select)
    except Unknown:
        return None
    return (thing.kind, thing.id) if thing.leaf >= 0 else None


def _open_bundle(graph: AccessGraph, board: _Board, bundle: Key, project: Key, resource: Key) -> Key:
    """On the selected path the one resource stands in the place of its project's bundle."""
    node = board.columns[_RESOURCE].get(bundle)
    if node is None:
        return bundle
    leaf = graph.find_resource(resource[1]).leaf
    level = _LEVELS[int(graph.leaves.sensitivity[leaf])]
    opened = Node(
        id=_text_key(resource),
        text=f"{resource[0].replace('_', ' ').capitalize()} and {node.count - 1:,} more",
        count=node.count,
        sensitive=node.sensitive,
        sensitivity=level,  # type: ignore[arg-type]
        pivot=_text_key(resource),
    )
    board.columns[_RESOURCE] = {
        (resource if key == bundle else key): (opened if key == bundle else entry)
        for key, entry in board.columns[_RESOURCE].items()
    }
    line = board.lines.pop((_PROJECT, project, _RESOURCE, bundle))
    board.lines[_PROJECT, project, _RESOURCE, resource] = replace(line, target=opened.id)
    return resource


def _differences(
    before: AccessGraph | None, around: Pivot, paths: Sequence[Path]
) -> tuple[set[Key], list[tuple[Key, str]]]:
    """Projects won and lost by an identity since the earlier graph."""
    if before is None or around.kind != "identity":
        return set(), []
    now = {path.project for path in paths if path.project not in (None, OUTSIDE)}
    try:
        then = {path.project for path in paths_of(before, around) if path.project not in (None, OUTSIDE)}
    except Unknown:
        then = set()
    lost = [(key, before.label(*key) or key[1]) for key in then - now if key is not None]
    return {key for key in now - then if key is not None}, sorted(lost, key=lambda entry: entry[1])


def _mark(board: _Board, gained: set[Key], lost: Sequence[tuple[Key, str]]) -> None:
    column = board.columns[_PROJECT]
    for key in gained & column.keys():
        column[key] = replace(column[key], change="added")
    room = LIMIT - len(column)
    for key, name in lost[: max(room, 0)]:
        column[key] = Node(id=_text_key(key), text=name, change="removed", sentence=f"{name} can no longer be reached.")


# ---- words -------------------------------------------------------------------------------------------------------


def _summary(columns: Sequence[Column]) -> str:
    projects, resources = columns[_PROJECT], columns[_RESOURCE]
    sensitive = sum(node.sensitive for node in resources.nodes)
    unsaid = " Dashed: the vendor does not say." if resources.nodes else ""
    named = f"{projects.total:,} project{'' if projects.total == 1 else 's'}"
    within = f"{resources.total:,} resource{'' if resources.total == 1 else 's'}"
    return f"{named}, {within}, {sensitive:,} of them sensitive.{unsaid}"


def _sentence(graph: AccessGraph, around: Pivot, select: str | None, chosen: str | None) -> str:
    if around.kind == "identity" and chosen:
        leaf = around.resource or _leaf_key(graph, select)
        return explain(graph, around.id, leaf[1] if leaf else chosen).sentence
    if around.kind == "identity":
        places = sorted(graph.organizations_of(around.id), key=lambda p: (p[2] in ("user", "managed"), p[1]))
        if not places:
            return f"{graph.identity_name(around.id)} is not a member of any organization."
        named = [f"{role.replace('_', ' ')} of {graph.label('organization', o) or o}" for _, o, role, _ in places]
        return f"{graph.identity_name(around.id)} is {', '.join(dict.fromkeys(named))}."
    if around.kind == "project":
        number = graph.target_number("project", around.id)
        people = len(graph.reachable_by(graph.resource(number)))
        return f"{people:,} people can open {graph.label('project', around.id) or around.id}."
    return ""
