"""Posture in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.web


def _rows(page: Any) -> Any:
    return page.get_by_role("region", name="Checks").locator("tbody tr")


def test_from_the_navigation_to_what_fails_and_on_to_the_project(signed: Any) -> None:
    page = signed.page
    page.get_by_role("navigation").get_by_role("link", name="Posture").click()
    page.wait_for_url("**/posture")
    expect(_rows(page)).to_have_count(4)
    page.get_by_role("link", name="Sensitive project with broad membership").click()
    page.wait_for_url("**/posture?check=sensitive_project_broad")
    detail = page.get_by_role("region", name="Sensitive project with broad membership")
    expect(detail.get_by_text("5 failing")).to_be_visible()
    expect(detail.get_by_text("Make the project private, or share it with the group that needs it.")).to_be_visible()
    expect(detail.get_by_role("link", name="CSV of what fails this check")).to_be_visible()
    detail.get_by_role("link", name="Facilities guide").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_what_to_begin_with_stands_above_the_checks(signed: Any) -> None:
    page = signed.open("/posture")
    begin = page.get_by_role("region", name="Begin here")
    expect(begin).to_contain_text("3 failures of 12 are about this one project. Make it private.")
    expect(begin.get_by_role("link", name="Payroll operations")).to_be_visible()


def test_could_not_tell_is_an_answer_of_its_own(signed: Any) -> None:
    page = signed.open("/posture")
    page.get_by_role("button", name="Could not tell").click()
    page.wait_for_url("**/posture?status=unknown")
    expect(_rows(page)).to_have_count(1)
    expect(_rows(page)).to_contain_text("The feed is known for 6 days; 45 are needed to tell who is inactive.")
    expect(_rows(page).locator(".answer.unknown")).to_have_text("Could not tell")
    page.get_by_role("button", name="All", exact=True).click()
    expect(_rows(page)).to_have_count(4)


def test_the_keyboard_opens_and_closes_a_check(signed: Any) -> None:
    page = signed.open("/posture")
    page.keyboard.press("j")
    expect(_rows(page).nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("j")
    expect(_rows(page).nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/posture?check=stale_api_key")
    expect(page.get_by_role("region", name="API key not used for a long time")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="API key not used for a long time")).to_have_count(0)


def test_before_anything_is_connected_nothing_passes(signed_empty: Any) -> None:
    page = signed_empty.open("/posture")
    expect(_rows(page).locator(".answer.unknown")).to_have_count(4)
    expect(page.get_by_role("region", name="Begin here")).to_have_count(0)
    page.get_by_role("button", name="Fails", exact=True).click()
    expect(page.get_by_role("heading", name="No check has this answer")).to_be_visible()
