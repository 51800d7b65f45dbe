"""The data map: its counts are those of the command line, and what was not read is never shown as clean."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from fanlight.model import DAY, Match, ObjectVersion, Reading
from fanlight.pipeline.datamap import map_rows
from fanlight.pipeline.home import Home
from fanlight.server import tables
from fanlight.server.pages import page_kinds
from fanlight.server.pages.labels import LabelsAsk, LabelsView
from fanlight.server.views import LakeViews
from server.small_home import NOW, ORGANIZATION, TENANT, _match, _object


def view(views: LakeViews, **asked: object) -> LabelsView:
    found = views.page("labels", LabelsAsk.model_validate(asked))
    assert isinstance(found, LabelsView)
    return found


def counts(row: object, of: LabelsView) -> dict[str, int]:
    cells = row.cells  # type: ignore[attr-defined]
    return {c.category: cell.n for c, cell in zip(of.columns, cells, strict=True) if cell is not None}


def keep(home: Home, *rows: object) -> LakeViews:
    kinds: dict[type, list[object]] = {}
    for row in rows:
        kinds.setdefault(type(row), []).append(row)
    segments = [segment for same in kinds.values() for segment in home.lake.stage(same)]
    with home.state.tick() as tick:
        tick.add_segments(segments)
    return LakeViews(home)


def project(number: int, name: str, **more: object) -> ObjectVersion:
    return _object("project", f"claude_proj_{number}", name=name, organization_id=ORGANIZATION, **more)


def found(category: str, type_: str, count: int, **more: object) -> Match:
    return replace(_match(category, type_, "mask", count), **more)  # type: ignore[arg-type]


def test_the_map_has_one_row_a_project_and_the_eleven_categories_by_family(views: LakeViews) -> None:
    shown = view(views)
    assert [column.family for column in shown.columns] == sorted(
        (column.family for column in shown.columns), key=["people", "money", "secrets", "business"].index
    )
    assert len(shown.columns) == 11
    (row,) = shown.rows
    assert (row.name, row.owner, row.department, row.sensitivity) == ("Q2 close", "Max Roe", "Finance", "high")
    assert row.link == "/access?pivot=project:claude_proj_1"
    assert counts(row, shown) == {"PII": 6, "SECRET": 1}
    assert shown.summary == "1 chat read; 1 project holds something sensitive"
    assert shown.last_line == "1 row, none below"


def test_the_counts_are_those_of_the_command_line(home: Home) -> None:
    views = keep(
        home,
        project(2, "Board pack"),
        found("FINANCIAL", "IBAN", 40, object_id="claude_chat_2", chat_id="claude_chat_2", project_id="claude_proj_2",
              owner_account="claude:user_max"),
        found("PII", "EMAIL", 9, part_id="m7", band="low"),
        found("PII", "EMAIL", 3, object_id="claude_chat_3", chat_id="claude_chat_3", project_id=None),
    )  # fmt: skip
    for side in ("project", "owner"):
        shown = view(views, by=side)
        told: Counter[tuple[str, str]] = Counter()
        for row in map_rows(home, (side, "label")):
            key = row[side]["id"] if row[side] else ""
            told[key, row["label"]] += row["matches"]
        assert {(row.key, name): n for row in shown.rows for name, n in counts(row, shown).items()} == dict(told)


def test_a_project_that_was_not_read_is_not_shown_as_clean_and_stands_last(home: Home) -> None:
    unread = _object("chat", "claude_chat_9", organization_id=ORGANIZATION, parent_kind="project",
                     parent_id="claude_proj_9")  # fmt: skip
    views = keep(home, project(9, "Aaa sandbox"), unread, project(8, "Style guide"))
    shown = view(views)
    assert [(row.name, row.sensitivity) for row in shown.rows] == [
        ("Q2 close", "high"), ("Style guide", "none"), ("Aaa sandbox", "not_read"),
    ]  # fmt: skip
    sheet = tables.write(page_kinds()["labels"].tables["labels"](shown, "UTC"), simulated=False)
    assert "Aaa sandbox,claude_proj_9,,,not read,,,,,,,,,,,\r\n" in sheet
    assert "Style guide,claude_proj_8,,,none,0,0,0,0,0,0,0,0,0,0,0\r\n" in sheet
    read = Reading(tenant=TENANT, source="claude", object_kind="chat", object_id="claude_chat_9", outcome="read",
                   parts=1, messages=1, read_at=NOW)  # fmt: skip
    again = view(keep(home, read))
    assert [row.sensitivity for row in again.rows] == ["high", "none", "none"]


def test_gold_is_a_category_that_was_not_there_before_the_last_seven_days(home: Home) -> None:
    views = keep(
        home,
        found("HEALTH", "DIAGNOSIS", 2, part_id="m8", at=NOW - 2 * DAY),
        found("SECRET", "PRIVATE_KEY", 1, part_id="m9", at=NOW - 2 * DAY),
        found("LEGAL", "CONTRACT", 1, part_id="m10", at=None),
    )
    shown = view(views)
    cells = dict(zip((column.category for column in shown.columns), shown.rows[0].cells, strict=True))
    new = {name: cell.new for name, cell in cells.items() if cell is not None}
    # A secret was there already; of what has no time it cannot be told, so it is not called new.
    assert new == {"PII": False, "SECRET": False, "HEALTH": True, "LEGAL": False}


def test_a_cell_says_how_much_since_when_whose_and_who_may_open_it(views: LakeViews) -> None:
    cell = view(views, row="claude_proj_1", label="PII").cell
    assert cell is not None
    assert cell.title == "PII in Q2 close"
    assert cell.sentence.startswith("In 1 chat, first 27 Apr, last 27 Apr.")
    assert [(each.value, each.label) for each in cell.figures] == [
        ("6", "matches"), ("1", "author"), ("2", "may open the project"),
    ]  # fmt: skip
    assert [(thing.title, thing.count, thing.sensitivity) for thing in cell.things] == [
        ("Jane Doe · 27 Apr · 14 messages", 6, "high")
    ]
    assert "DE·· 4 groups" not in cell.model_dump_json()  # masks are a look of their own, which is audited
    assert view(views, row="claude_proj_1", label="HEALTH").cell is None
    assert view(views, row="none", label="PII").cell is None


def test_the_map_is_filtered_and_goes_on_page_by_page(home: Home) -> None:
    views = keep(
        home,
        *(project(n, f"Project {n:02}", attributes={"is_private": n % 2 == 0}) for n in range(10, 30)),
    )
    first, second = view(views), view(views, start=16)
    assert (len(first.rows), len(second.rows), first.total) == (16, 5, 21)
    assert not {row.key for row in first.rows} & {row.key for row in second.rows}
    assert second.last_line == "17 to 21 of 21 rows"
    assert [row.name for row in view(views, sensitivity="moderate").rows] == ["Q2 close"]
    assert view(views, wide=True).total == 10
    whole = page_kinds()["labels"].whole(LabelsAsk(start=16))
    assert len(view(views, **whole.model_dump()).rows) == 21


def test_by_department_and_owner(views: LakeViews) -> None:
    department = view(views, by="department")
    assert [(row.name, counts(row, department)) for row in department.rows] == [("Finance", {"PII": 6, "SECRET": 1})]
    owner = view(views, by="owner")
    assert [(row.name, row.department, row.link) for row in owner.rows] == [
        ("Jane Doe", "Finance", "/identities/idn_jane")
    ]


def test_what_was_not_read_is_said_with_its_reason(home: Home) -> None:
    failed = [
        Reading(tenant=TENANT, source="claude", object_kind="file", object_id=f"claude_file_{n}",
                outcome="could_not_read", reason=reason, read_at=NOW)
        for n, reason in enumerate(("it is encrypted", "it is encrypted", "it is too large"))
    ]  # fmt: skip
    shown = view(keep(home, *failed))
    assert [(each.strong, each.sentence) for each in shown.not_read] == [
        ("3 files", "of Claude could not be read: it is encrypted (2); it is too large (1).")
    ]
