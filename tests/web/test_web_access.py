"""The beginning of a look at access, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.web


def _take(page: Any, field: str, typed: str, title: str) -> None:
    page.get_by_role("combobox", name=field).press_sequentially(typed)
    expect(page.get_by_role("option").filter(has_text=title).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name=field)).to_have_value(title)


def test_from_the_navigation_to_the_three_lists(signed: Any) -> None:
    page = signed.page
    page.get_by_role("navigation").get_by_role("link", name="Access").click()
    page.wait_for_url("**/access")
    for title, files in (
        ("Who reaches most", "CSV of everybody’s reach"),
        ("What is open widest", "CSV of projects by how many can open them"),
        ("Groups and roles that open most", "CSV of groups and roles"),
    ):
        panel = page.get_by_role("region", name=title)
        expect(panel.get_by_role("link", name=files)).to_be_visible()
    page.get_by_role("link", name="Finance-EU").click()
    page.wait_for_url("**/access?pivot=group**")


def test_one_field_asks_what_and_both_ask_why(signed: Any) -> None:
    page = signed.open("/access")
    button = page.get_by_role("region", name="Ask").get_by_role("button")
    expect(button).to_be_disabled()
    _take(page, "Who", "jane", "Jane Doe")
    expect(button).to_have_accessible_name("Show what Jane Doe can reach")
    _take(page, "What", "q2", "Q2 close")
    expect(button).to_have_accessible_name("Explain how Jane Doe reaches Q2 close")
    with page.expect_response("**/api/access?**") as answered:
        page.keyboard.press("Enter")  # the field has taken its thing, so Enter asks
    assert "pivot=identity" in answered.value.url
    assert "select=project" in answered.value.url
    page.wait_for_url("**/access?pivot=identity**select=project**")


def test_before_anything_is_connected_the_page_says_so(signed_empty: Any) -> None:
    page = signed_empty.open("/access")
    expect(page.get_by_role("heading", name="No access is known yet")).to_be_visible()
