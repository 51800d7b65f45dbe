"""CSV beside the tables: what stands on the page, in full, safe to open, marked when it is simulated."""

from __future__ import annotations

import csv
import io

import pytest

from fanlight.model import parse_time
from fanlight.pipeline.home import Home
from fanlight.server import QueueQuery, Viewer, schema, tables
from fanlight.server.views import LakeViews
from server.small_home import finding, keep
from server.test_web_api import Site, site

__all__ = ["site"]

MIRA = Viewer(name="Mira Köhler")


def _read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_rows_are_those_of_the_page_with_seconds_and_zone(views: LakeViews, home: Home) -> None:
    keep(home, finding(2, "low"), finding(3, "critical"))
    view = views.queue(MIRA, QueueQuery())
    rows = _read(tables.write(tables.findings(view.rows, "Europe/Berlin"), simulated=False))
    assert [row["id"] for row in rows] == [row.id for row in view.rows]
    assert rows[0]["time"] == "2026-05-07T11:00:00+02:00"
    assert rows[0]["labels"] == "SECRET PII"
    assert "simulated" not in rows[0]


def test_the_whole_chain_is_exported_also_what_the_story_folds(views: LakeViews) -> None:
    page = views.finding(MIRA, finding().id)
    assert page is not None
    rows = _read(tables.write(tables.evidence(page, "UTC"), simulated=True))
    assert len(rows) == len(page.chain.steps) > sum(step.story for step in page.chain.steps)
    assert {row["simulated"] for row in rows} == {"yes"}


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(name: str) -> None:
    row = schema.UnseenRow(name=name, sentence='a, "b"\nc', when="now")
    view = schema.SourcesView(summary="", rows=[], unseen=[row], unseen_summary="", kinds=[])
    (read,) = _read(tables.write(tables.unseen(view), simulated=False))
    assert read["name"] == f"'{name}"
    assert read["sentence"] == row.sentence


def test_every_table_comes_as_a_named_file(site: Site) -> None:
    site.sign_in()
    for path, rows in (
        ("queue?severity=high", 5), ("evidence/f-2287aa10", 10), ("opened/f-2287aa10", 1), ("accounts/i-jane", 2),
        ("timeline/i-jane", 1), ("people?pivot=project:x", 1), ("sources", 5), ("not-seen", 4),
    ):  # fmt: skip
        answer = site.client.get(f"/api/csv/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["content-disposition"].endswith('-2026-05-07-simulated.csv"'), path
        assert len(_read(answer.text)) >= rows, path


def test_what_does_not_exist_has_no_file(site: Site) -> None:
    site.sign_in()
    for path in ("evidence/none", "opened/none", "accounts/none", "timeline/none", "people?pivot=nothing:here"):
        answer = site.client.get(f"/api/csv/{path}")
        assert answer.status_code == 404, path
        assert answer.json()["sentence"].startswith(("There is no", "Nothing of this name"))


def test_times_in_files_carry_the_offset_of_their_day() -> None:
    step = schema.Step(at=parse_time("2026-01-07T00:14:09Z"), source="Okta", text="x")
    view = schema.SourcesView(summary="", rows=[], unseen=[], unseen_summary="", kinds=[])
    assert tables.unseen(view).rows == []
    assert tables._steps("t", [step], "Europe/Berlin").rows[0][0] == "2026-01-07T01:14:09+01:00"
