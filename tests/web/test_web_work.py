"""Triage of several findings, the fly-out, files, and access at another time, in a real browser."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.web


def _rows(page: Any) -> Any:
    return page.locator("tbody tr.pick")


def _bar(page: Any) -> Any:
    return page.get_by_role("group", name="The chosen findings")


# -- triage ------------------------------------------------------------------------------------------------------


def test_several_findings_are_closed_by_keyboard_and_one_undo_opens_them(signed: Any) -> None:
    page, views = signed.page, signed.site.views
    for key in ("j", "x", "j", "x", "e"):
        page.keyboard.press(key)
    expect(_bar(page).get_by_text("2 chosen")).to_be_visible()
    page.get_by_role("menuitem", name="Close as true positive").press("Enter")
    expect(_rows(page)).to_have_count(9)
    expect(_bar(page)).to_have_count(0)
    assert views.audit == ["verdict f-2287aa10 f-77b0e311 true_positive"]
    page.get_by_role("button", name="Undo").click()
    expect(_rows(page)).to_have_count(11)


def test_boxes_choose_and_choosing_moves_no_row(signed: Any) -> None:
    page = signed.page
    first = _rows(page).first
    expect(first).to_be_visible()
    before = first.bounding_box()
    page.get_by_role("checkbox", name=re.compile("New API key")).check()
    expect(_bar(page).get_by_text("1 chosen")).to_be_visible()
    assert first.bounding_box() == before
    page.get_by_role("checkbox", name="Choose every finding that is shown").check()
    expect(_bar(page).get_by_text("11 chosen")).to_be_visible()
    expect(page).to_have_url(signed.site.url + "/")
    page.keyboard.press("Escape")
    expect(_bar(page)).to_have_count(0)


def test_the_row_under_the_cursor_is_meant_when_none_is_chosen(signed: Any) -> None:
    page, views = signed.page, signed.site.views
    page.keyboard.press("a")
    page.get_by_role("menuitem", name="Lena Schmid").click()
    expect(_rows(page).first.get_by_title("Lena Schmid")).to_be_visible()
    page.keyboard.press("s")
    page.get_by_role("menuitem", name="For a day").click()
    expect(_rows(page)).to_have_count(10)
    assert views.audit == ["assign f-9f21c07d Lena Schmid", "snooze f-9f21c07d"]


def test_all_keys_stand_on_one_card(signed: Any) -> None:
    page = signed.page
    page.keyboard.press("?")
    card = page.get_by_role("dialog", name="All keys")
    expect(card).to_contain_text("close the chosen with a verdict")
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)


# -- fly-out -----------------------------------------------------------------------------------------------------


def test_a_name_opens_the_fly_out_over_the_page_and_the_address_carries_it(signed: Any) -> None:
    page = signed.page
    page.get_by_role("link", name="Tomás Varga").first.click()
    out = page.get_by_role("dialog", name="Jane Doe")
    for part in ("What it is", "Risk and open findings", "Usual", "Access", "Last ten events"):
        expect(out.get_by_role("region", name=part)).to_be_visible()
    page.wait_for_url("**/?peek=identity*")
    expect(_rows(page)).to_have_count(11)
    page.reload()
    expect(out).to_be_visible()
    page.keyboard.press("Escape")
    expect(out).to_have_count(0)
    expect(page).to_have_url(signed.site.url + "/")


def test_the_fly_out_goes_on_back_and_forth_and_to_the_page(signed: Any) -> None:
    page = signed.open("/?peek=project:q2")
    project, person = page.get_by_role("dialog", name="Q2 close"), page.get_by_role("dialog", name="Jane Doe")
    project.get_by_role("link", name="Jane Doe", exact=True).click()
    expect(person).to_be_visible()
    page.keyboard.press("[")
    expect(project).to_be_visible()
    page.keyboard.press("]")
    expect(person).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/identities/i-jane")
    expect(person).to_have_count(0)


def test_keys_of_the_page_rest_under_the_fly_out(signed: Any) -> None:
    page = signed.open("/findings/f-2287aa10?peek=identity:i-jane")
    expect(page.get_by_role("dialog", name="Jane Doe")).to_be_visible()
    page.keyboard.press("t")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("region", name="Verdict").get_by_role("button", pressed=True)).to_have_count(0)


def test_an_unknown_thing_is_a_sentence_in_the_fly_out(signed: Any) -> None:
    page = signed.open("/?peek=identity:nobody")
    expect(page.get_by_role("dialog").get_by_text("no person or project with this id")).to_be_visible()
    signed.expected.append("404")  # the browser itself notes it


# -- files -------------------------------------------------------------------------------------------------------


def test_the_queue_as_a_file_holds_what_the_page_shows(signed: Any, tmp_path: Path) -> None:
    page = signed.open("/?tab=unassigned&severity=high")
    expect(_rows(page)).to_have_count(2)
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV of these findings").click()
    assert saved.value.suggested_filename == "fanlight-findings-2026-05-07-simulated.csv"
    saved.value.save_as(tmp_path / "queue.csv")
    with (tmp_path / "queue.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["severity"] for row in rows] == ["critical", "high"]
    assert {row["simulated"] for row in rows} == {"yes"}


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("/findings/f-2287aa10", ["evidence", "opened"]), ("/identities/i-jane", ["accounts", "timeline"]),
        ("/sources", ["sources", "not-seen"]), ("/access?pivot=project:x", ["people"]),
    ],
)  # fmt: skip
def test_every_table_has_its_file_beside_it(signed: Any, path: str, files: list[str]) -> None:
    page = signed.open(path)
    links = page.locator("a.csv")
    expect(links).to_have_count(len(files))
    addresses = [link.get_attribute("href") for link in links.all()]
    for wanted, address in zip(
        files, sorted(addresses, key=lambda a: files.index(a.split("/")[3].split("?")[0])), strict=True
    ):
        answer = page.request.get(signed.site.url + address)
        assert answer.status == 200, address
        assert f"/api/csv/{wanted}" in address


# -- access at another time --------------------------------------------------------------------------------------


def test_access_is_compared_with_another_day_and_the_address_carries_it(signed: Any) -> None:
    page = signed.open("/identities/i-jane")
    expect(page.locator("#node-p1")).to_be_visible()
    expect(page.locator(".node.added")).to_have_count(0)
    page.get_by_role("button", name="Compare with another day").click()
    page.get_by_role("menuitem", name=re.compile("30 days before")).click()
    page.wait_for_url("**since=2026-04-07**")
    expect(page.get_by_role("button", name="Since 7 Apr 2026: +6 −1")).to_be_visible()
    expect(page.locator("#node-p1")).to_have_class(re.compile("added"))
    expect(page.locator("#node-p4")).to_have_class(re.compile("removed"))
    expect(page.get_by_text("Fanlight has looked since 1 May 2026.")).to_be_visible()
    page.reload()
    expect(page.locator(".node.added")).to_have_count(1)
    page.get_by_role("button", name="Since 7 Apr 2026").click()
    page.get_by_role("menuitem", name="Compare with nothing").click()
    expect(page.locator(".node.added")).to_have_count(0)
