"""Pages that are found by scan: each has its routes, its file in the interface, its sample and its tables."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from fanlight.server.pages import page_kinds
from fanlight.server.views import LakeViews
from server.sample_pages import sample_page
from server.test_web_api import Site, site

__all__ = ["site"]

UI = Path(__file__).resolve().parents[2] / "ui" / "src" / "pages"
KINDS = sorted(page_kinds())


@pytest.mark.parametrize("name", KINDS)
def test_a_page_answers_its_model_and_the_interface_asks_for_it(site: Site, name: str) -> None:
    site.sign_in()
    answer = site.client.get(f"/api/{name}")
    assert answer.status_code == 200
    kind = page_kinds()[name]
    assert kind.view.model_validate(answer.json()) == sample_page(name, kind.ask(), empty=False)
    drawn = [path.name for path in UI.glob("*.page.tsx") if f'>("{name}"' in path.read_text(encoding="utf-8")]
    assert len(drawn) == 1, drawn


@pytest.mark.parametrize("name", KINDS)
def test_every_table_of_a_page_is_a_file_that_says_it_is_simulated(site: Site, name: str) -> None:
    site.sign_in()
    for table in page_kinds()[name].tables:
        answer = site.client.get(f"/api/csv/{table}")
        assert answer.status_code == 200, table
        assert answer.headers["content-disposition"].endswith('-2026-05-07-simulated.csv"'), table
        rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        assert all(row["simulated"] == "yes" for row in rows), table


@pytest.mark.parametrize("name", KINDS)
def test_a_page_exists_before_anything_is_connected(tmp_path: Path, name: str) -> None:
    from fanlight.pipeline.home import open_home

    views = LakeViews(open_home(tmp_path / "empty"))
    kind = page_kinds()[name]
    view = views.page(name, kind.ask())
    assert isinstance(view, kind.view)
    for sheet in kind.tables.values():
        sheet(view, "UTC")


def test_what_an_address_cannot_ask_is_refused_without_quoting_it(site: Site) -> None:
    site.sign_in()
    for path in ("labels?by=canary", "labels?start=-1", "labels?rows=0", "posture?status=canary", "reach?rows=x"):
        answer = site.client.get(f"/api/{path}")
        assert answer.status_code == 422, path
        assert "canary" not in answer.text
        assert answer.json()["sentence"] == "The request could not be understood, so nothing was changed."


def test_no_two_pages_share_a_table_or_the_address_of_another_page(site: Site) -> None:
    tables = [table for kind in page_kinds().values() for table in kind.tables]
    assert len(tables) == len(set(tables))
    paths = [path for path in site.app.openapi()["paths"] if path.startswith("/api/")]
    for name in KINDS:
        assert paths.count(f"/api/{name}") == 1
