"""Labels: where which kind of data is, whose it is, what is new, what could not be read (the data map).

Counts are those of `fanlight labels map`: matches of at least medium confidence. A project that was not read is never
shown as one in which nothing was found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from fanlight.access.graph import Unknown
from fanlight.labels.regimes import regimes_of
from fanlight.model import DAY, SENSITIVITY_ORDER, Match, Micros, ObjectVersion
from fanlight.pipeline.datamap import coverage_of
from fanlight.posture.facts import attributes_of
from fanlight.server.pages import Ask, PageKind
from fanlight.server.schema import Figure, LabelFamily, SensitivityName, View
from fanlight.server.tables import Sheet
from fanlight.server.views.snapshot import Snapshot
from fanlight.server.views.words import FAMILY, PRODUCTS, count, day_month, full_day, plural

__all__ = ["PAGE", "LabelsAsk", "LabelsView"]

Side = Literal["project", "department", "owner"]
_PAGE = 16
_MOST = 10_000
_NEW: Micros = 7 * DAY
_THINGS = 6
_COLUMNS = (
    "PII", "GOV_ID", "HEALTH", "PERSON_NAME", "PAYMENT_CARD", "FINANCIAL", "SECRET", "SOURCE_CODE", "CUSTOMER_DATA",
    "LEGAL", "CONFIDENTIAL_MARK",
)  # fmt: skip
_LEVELS: tuple[SensitivityName, ...] = ("none", "low", "moderate", "high")
_KINDS = {
    "chat": "chat", "session": "session", "local_session": "session", "remote_session": "session",
    "artifact": "artifact", "code_artifact": "artifact",
}  # fmt: skip


class LabelsAsk(Ask):
    """One row a project, department or owner; from which sensitivity; only what everybody may open; one cell."""

    by: Side = "project"
    sensitivity: Literal["none", "low", "moderate", "high"] = "none"
    wide: bool = False
    start: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    rows: Annotated[int, Field(ge=1, le=_MOST)] = _PAGE
    row: Annotated[str | None, Field(max_length=400)] = None
    """Key of the row whose cell is looked at."""
    label: Annotated[str | None, Field(max_length=100)] = None


class MapColumn(View):
    """A category of the map."""

    category: str
    family: LabelFamily


class MapCell(View):
    """How much of a category is there. `step` is 1 to 4 for 1, 10, 100, 1,000."""

    n: int
    step: int
    new: bool = False
    """Nothing of this category was there before the last seven days."""


class MapRow(View):
    """A project, department or owner with its cells, one a column; None where none was found."""

    key: str
    name: str
    link: str | None = None
    owner: str = ""
    owner_link: str | None = None
    department: str = ""
    sensitivity: SensitivityName
    cells: list[MapCell | None]


class CellThing(View):
    """A chat or file in which a category was found."""

    kind: str
    id: str
    title: str
    count: int
    sensitivity: SensitivityName


class CellView(View):
    """One cell looked at: how much, since when, whose, who may read it. Masks are shown on demand only."""

    row: str
    label: str
    family: LabelFamily
    title: str
    sentence: str
    figures: list[Figure]
    things: list[CellThing]
    last_line: str = ""
    recognizers: str
    link: str | None = None
    """Who else can reach it."""


class NotRead(View):
    """Something that was not read, and why."""

    strong: str
    sentence: str


class LabelsView(View):
    """The data map."""

    summary: str
    by: Side
    period: str
    columns: list[MapColumn]
    rows: list[MapRow]
    total: int
    start: int
    last_line: str
    read: int
    """Chats and files that were read; 0 before the first."""
    not_read: list[NotRead]
    cell: CellView | None = None


# -- what is counted ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Cell:
    n: int = 0
    first: Micros | None = None
    """When the first was written; None where any has no time, so that it is not called new."""
    dated: bool = True
    matches: list[Match] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Person:
    id: str
    name: str
    department: str


@dataclass(slots=True)
class _Row:
    key: str
    name: str
    cells: dict[str, _Cell] = field(default_factory=lambda: defaultdict(_Cell))
    level: SensitivityName = "none"
    owner: _Person | None = None
    link: str | None = None
    wide: bool = False
    sensitive: int = 0


def _make(snapshot: Snapshot, ask: LabelsAsk) -> LabelsView:
    rows = snapshot.derived(f"labels by {ask.by}", lambda held: _rows(held, ask.by))
    lowest = SENSITIVITY_ORDER[ask.sensitivity]
    wanted = [
        row
        for row in rows
        if (not lowest or SENSITIVITY_ORDER.get(row.level, -1) >= lowest)
        and (row.wide or not ask.wide or ask.by != "project")
    ]
    columns = _columns(rows)
    shown = wanted[ask.start : ask.start + ask.rows]
    now = snapshot.at
    return LabelsView(
        summary=_summary(snapshot, rows, ask.by),
        by=ask.by,
        period=snapshot.derived("labels period", lambda held: _period(held.matches, held.zone)),
        columns=[MapColumn(category=name, family=FAMILY.get(name, "business")) for name in columns],
        rows=[_map_row(row, columns, now) for row in shown],
        total=len(wanted),
        start=ask.start,
        last_line=_last_line(ask, len(shown), len(wanted)),
        read=len(snapshot.read),
        not_read=_not_read(snapshot),
        cell=_cell(snapshot, rows, ask) if ask.row is not None and ask.label else None,
    )


def _rows(snapshot: Snapshot, by: Side) -> list[_Row]:
    """Rows of the map, the most sensitive first, those that were not read last."""
    people = {account: _person(snapshot, account) for account in {m.owner_account or "" for m in snapshot.matches}}
    found: dict[str, _Row] = {}
    if by == "project":
        found = {row.key: row for row in _projects(snapshot)}
        found[""] = _Row("", "Outside of projects")
    things: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for match in snapshot.matches:
        if match.band == "low":
            continue
        owner = people[match.owner_account or ""]
        key, name = {
            "project": (match.project_id or "", match.project_id or ""),
            "department": (owner.department, owner.department or "no department known"),
            "owner": (owner.id, owner.name or "no author known"),
        }[by]
        row = found.setdefault(key, _Row(key, name))
        if by == "owner" and owner.id:
            row.owner, row.link = owner, f"/identities/{owner.id}"
        _add(row.cells[match.category], match)
        things[key].add(("chat", match.chat_id) if match.chat_id else (match.object_kind, match.object_id))
    for key, members in things.items():
        levels = [SENSITIVITY_ORDER[snapshot.sensitivity.get(thing, "none")] for thing in members]
        found[key].level = _LEVELS[max(levels)]
        found[key].sensitive = sum(level >= SENSITIVITY_ORDER["moderate"] for level in levels)
    if "" in found and not found[""].cells:
        del found[""]
    return sorted(found.values(), key=_order)


def _order(row: _Row) -> tuple[int, int, int, str, str]:
    total = sum(cell.n for cell in row.cells.values())
    return -SENSITIVITY_ORDER.get(row.level, -1), -row.sensitive, -total, row.name, row.key


def _add(cell: _Cell, match: Match) -> None:
    cell.n += match.count
    cell.matches.append(match)
    cell.dated = cell.dated and match.at is not None
    if match.at is not None:
        cell.first = match.at if cell.first is None else min(cell.first, match.at)


def _person(snapshot: Snapshot, account: str) -> _Person:
    """Who is behind an account; an account that is linked to nobody stands for itself."""
    if not account:
        return _Person("", "", "")
    identity = snapshot.resolution.by_account.get(account, account)
    person = snapshot.context(snapshot.at - DAY, snapshot.at).person(identity, snapshot.at)
    return _Person(identity, snapshot.name_of(identity), person.department or "")


_READ = """
    WITH things AS (
        SELECT o.kind, o.object_id, coalesce(c.parent_id, o.parent_id) AS project FROM objects_now o
        LEFT JOIN objects_now c ON o.parent_kind = 'chat' AND c.kind = 'chat' AND c.object_id = o.parent_id
        WHERE NOT o.removed AND (o.parent_kind = 'project' OR c.parent_kind = 'project'))
    SELECT project, count(*) AS things, count(r.object_id) AS read FROM things
    LEFT JOIN (SELECT DISTINCT object_kind, object_id FROM readings_now WHERE outcome IN ('read', 'partly_read')) r
        ON r.object_kind = things.kind AND r.object_id = things.object_id
    GROUP BY project
    """


def _projects(snapshot: Snapshot) -> Iterable[_Row]:
    """Every project that is listed, whether anything was found in it or not."""
    unread = {row["project"] for row in snapshot.reader.query(_READ).to_pylist() if row["things"] and not row["read"]}
    for project in snapshot.reader.rows(ObjectVersion, "kind = 'project'", now=True):
        if project.removed or project.deleted_at is not None:
            continue
        owner = _person(snapshot, project.owner_account) if project.owner_account else None
        yield _Row(
            project.object_id,
            project.name or project.object_id,
            level="not_read" if project.object_id in unread else "none",
            owner=owner,
            link=f"/access?pivot=project:{project.object_id}",
            wide=attributes_of(project).get("is_private") is False,
        )


# -- how it is drawn ---------------------------------------------------------------------------------------------


def _columns(rows: Iterable[_Row]) -> list[str]:
    """The eleven categories by family, then those that customers added."""
    found = {name for row in rows for name in row.cells}
    return [*_COLUMNS, *sorted(found - set(_COLUMNS))]


def _map_row(row: _Row, columns: Sequence[str], now: Micros) -> MapRow:
    owner = row.owner
    return MapRow(
        key=row.key,
        name=row.name,
        link=row.link,
        owner=owner.name if owner else "",
        owner_link=f"/identities/{owner.id}" if owner and not owner.id.startswith("claude:") else None,
        department=owner.department if owner else "",
        sensitivity=row.level,
        cells=[_map_cell(row.cells[name], now) if name in row.cells else None for name in columns],
    )


def _map_cell(cell: _Cell, now: Micros) -> MapCell:
    step = 1 + sum(cell.n >= edge for edge in (10, 100, 1000))
    return MapCell(n=cell.n, step=step, new=cell.dated and cell.first is not None and now - cell.first < _NEW)


def _summary(snapshot: Snapshot, rows: Sequence[_Row], by: Side) -> str:
    read = _told(kind for kind, _ in snapshot.read if kind != "project") or "Nothing was"
    named = [row for row in rows if row.key]
    sensitive = sum(SENSITIVITY_ORDER.get(row.level, 0) >= SENSITIVITY_ORDER["moderate"] for row in named)
    hold = "holds" if sensitive == 1 else "hold"
    return f"{read} read; {plural(sensitive, by)} {hold} something sensitive"


def _told(kinds: Iterable[str]) -> str:
    """`4 chats, 2 sessions and 1 file`."""
    counted = Counter(_KINDS.get(kind, "file") for kind in kinds)
    parts = [plural(counted[word], word) for word in ("chat", "session", "artifact", "file") if counted[word]]
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def _period(matches: Iterable[Match], zone: str) -> str:
    times = [match.at for match in matches if match.at is not None and match.band != "low"]
    return f"Matches, written {day_month(min(times), zone)} to {full_day(max(times), zone)}" if times else "Matches"


def _last_line(ask: LabelsAsk, shown: int, total: int) -> str:
    if not shown:
        return ""
    if shown == total:
        return f"{plural(total, 'row')}, none below"
    return f"{count(ask.start + 1)} to {count(ask.start + shown)} of {plural(total, 'row')}"


# -- one cell ----------------------------------------------------------------------------------------------------


def _cell(snapshot: Snapshot, rows: Iterable[_Row], ask: LabelsAsk) -> CellView | None:
    row = next((row for row in rows if row.key == ask.row), None)
    if row is None or not ask.label or ask.label not in row.cells:
        return None
    cell, zone = row.cells[ask.label], snapshot.zone
    counts: Counter[tuple[str, str]] = Counter()
    for match in cell.matches:
        counts[("chat", match.chat_id) if match.chat_id else (match.object_kind, match.object_id)] += match.count
    snapshot.preload([object_id for _, object_id in counts])
    things = [
        CellThing(kind=kind, id=object_id, title=snapshot.title_of(kind, object_id), count=n,
                  sensitivity=snapshot.labelled(kind, object_id).sensitivity)
        for (kind, object_id), n in counts.items()
    ]  # fmt: skip
    things.sort(key=lambda t: (-SENSITIVITY_ORDER.get(t.sensitivity, 0), -t.count, t.title, t.id))
    authors = {match.owner_account for match in cell.matches if match.owner_account}
    figures = [Figure(value=count(cell.n), label="match" if cell.n == 1 else "matches")]
    figures.append(Figure(value=count(len(authors)), label="author" if len(authors) == 1 else "authors"))
    if ask.by == "project" and row.key:
        figures.append(Figure(value=_may_read(snapshot, row.key), label="may open the project"))
    return CellView(
        row=row.key,
        label=ask.label,
        family=FAMILY.get(ask.label, "business"),
        title=f"{ask.label} in {row.name}" if ask.by == "project" else f"{ask.label} of {row.name}",
        sentence=_sentence(cell, _told(kind for kind, _ in counts), zone),
        figures=figures,
        things=things[:_THINGS],
        last_line=f"{count(len(things) - _THINGS)} more, no more sensitive than these."
        if len(things) > _THINGS
        else "",
        recognizers=_recognizers(cell.matches),
        link=row.link if ask.by == "project" else None,
    )


def _may_read(snapshot: Snapshot, project: str) -> str:
    try:
        return count(len(snapshot.graph.reachable_by(project)))
    except Unknown:
        return "unknown"


def _sentence(cell: _Cell, where: str, zone: str) -> str:
    times = [match.at for match in cell.matches if match.at is not None]
    when = f", first {day_month(min(times), zone)}, last {day_month(max(times), zone)}" if times else ""
    # Only regimes that a type of this very cell led to.
    types = {match.type for match in cell.matches}
    titles = sorted({tag.title for tag in regimes_of(cell.matches) if types & set(tag.because)})
    law = f" May be subject to {', '.join(titles)}." if titles else ""
    return f"In {where}{when}.{law}"


def _recognizers(matches: Sequence[Match]) -> str:
    names = Counter(f"{match.recognizer} {match.recognizer_version}" for match in matches)
    listed = [name for name, _ in names.most_common(4)]
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    low, high = min(m.confidence for m in matches), max(m.confidence for m in matches)
    sure = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
    word = "Recognizer" if len(names) == 1 else "Recognizers"
    return f"{word} {', '.join(listed)}{more}, confidence {sure}. Nothing of the text is kept."


# -- what was not read -------------------------------------------------------------------------------------------


def _not_read(snapshot: Snapshot) -> list[NotRead]:
    """What waits, what could not be read and what was read in part, by source and kind."""
    found: list[NotRead] = []
    for row in coverage_of(snapshot.reader, snapshot.home.state):
        kind, source = str(row["kind"]).replace("_", " "), PRODUCTS.get(str(row["source"]), str(row["source"]))
        waits, failed, partly = (int(row[name]) for name in ("waiting", "could_not_read", "partly_read"))
        why = _reasons(row["not_read"], failed + partly)
        if waits:
            rest = f"of {source} {'waits' if waits == 1 else 'wait'} to be read."
            found.append(NotRead(strong=plural(waits, kind), sentence=rest))
        if failed:
            part = f" {count(partly)} more were read in part." if partly else ""
            found.append(NotRead(strong=plural(failed, kind), sentence=f"of {source} could not be read: {why}.{part}"))
        elif partly:
            was = "was" if partly == 1 else "were"
            found.append(NotRead(strong=plural(partly, kind), sentence=f"of {source} {was} read in part: {why}."))
    return found


def _reasons(told: Iterable[str], total: int) -> str:
    """`it is an image, and images are not read (20); it is of a kind that cannot be read (3)`."""
    parts = []
    for reason in told:
        n, _, words = str(reason).partition(" × ")
        words = words.removeprefix("could not read a file: ")
        parts.append(words if n == count(total) else f"{words} ({n})")
    return "; ".join(parts) or "the reason is not known"


def _table(view: LabelsView, _: str) -> Sheet:
    head = (view.by, "id", "owner", "department", "sensitivity", *(column.category for column in view.columns))
    rows = [
        (row.name, row.key, row.owner, row.department, row.sensitivity.replace("_", " "),
         *(("" if row.sensitivity == "not_read" else 0) if cell is None else cell.n for cell in row.cells))
        for row in view.rows
    ]  # fmt: skip
    return Sheet("labels", head, rows)


PAGE = PageKind(
    name="labels",
    ask=LabelsAsk,
    view=LabelsView,
    make=_make,
    tables={"labels": _table},
    whole=lambda ask: ask.model_copy(update={"start": 0, "rows": _MOST, "row": None}),
)
