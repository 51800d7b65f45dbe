"""Detections in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.web


def _rows(page: Any) -> Any:
    return page.get_by_role("region", name="Rules").locator("tbody tr")


def test_from_the_navigation_to_a_rule_and_its_findings(signed: Any) -> None:
    page = signed.page
    page.get_by_role("navigation").get_by_role("link", name="Detections").click()
    page.wait_for_url("**/detections")
    expect(_rows(page)).to_have_count(4)
    page.get_by_role("link", name="Sensitive chat viewed from a place the person never used").click()
    page.wait_for_url("**/detections?rule=sensitive_chat_new_place")
    detail = page.get_by_role("region", name="Sensitive chat viewed from a place the person never used")
    expect(detail.get_by_text("precision 71 % over 38 verdicts")).to_be_visible()
    detail.get_by_role("link", name="Sensitive chat viewed from a place Jane Doe never used").click()
    page.wait_for_url("**/findings/f-2287aa10")


def test_blind_partly_blind_and_quiet_are_said_with_their_reason(signed: Any) -> None:
    page = signed.open("/detections")
    for at, (word, reason) in enumerate((
        ("Blind", "Okta has sent no event in 90 days, or is not connected."),
        ("Partly blind", "62 % of events come from addresses whose place is unknown"),
        ("Sees", "Looked at 3,948 events in 90 days."),
        ("Quiet", "Nothing of what it looks at happened in 90 days"),
    )):  # fmt: skip
        expect(_rows(page).nth(at).locator(".sight")).to_have_text(word)
        expect(_rows(page).nth(at)).to_contain_text(reason)
    expect(page.get_by_role("region", name="Files that cannot be read")).to_contain_text("house.yml")


def test_the_keyboard_opens_and_closes_a_rule(signed: Any) -> None:
    page = signed.open("/detections")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(_rows(page).nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/detections?rule=sensitive_chat_new_place")
    page.keyboard.press("Escape")
    expect(page).to_have_url(signed.site.url + "/detections")


def test_before_anything_is_connected_every_rule_is_blind(signed_empty: Any) -> None:
    page = signed_empty.open("/detections")
    expect(_rows(page).locator(".sight.blind")).to_have_count(4)
