"""The data map in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.web


def _cell(page: Any, name: str) -> Any:
    return page.get_by_role("button", name=name)


def test_from_the_navigation_to_a_cell_and_its_masks(signed: Any) -> None:
    page = signed.page
    page.get_by_role("navigation").get_by_role("link", name="Labels").click()
    page.wait_for_url("**/labels")
    expect(page.get_by_role("heading", name="Labels")).to_be_visible()
    _cell(page, "PAYMENT_CARD in Q2 close: 18, new in 7 days").click()
    page.wait_for_url("**/labels?row=p0&label=PAYMENT_CARD")
    panel = page.get_by_role("region", name="PAYMENT_CARD in Q2 close")
    expect(panel.get_by_text("May be subject to PCI DSS.")).to_be_visible()
    assert not signed.site.views.audit
    panel.get_by_role("button", name="See masked evidence of Jane Doe · 2 May · 9 messages").click()
    expect(panel.get_by_text("written to the audit log")).to_be_visible()
    assert signed.site.views.audit == ["look chat c-1"]
    page.reload()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page).to_have_url(signed.site.url + "/labels")


def test_none_found_not_read_and_new_never_look_alike(signed: Any) -> None:
    page = signed.open("/labels")
    sandbox = page.get_by_role("row").filter(has_text="Labs sandbox")
    expect(sandbox.locator(".hatched")).to_have_count(11)
    expect(sandbox.get_by_role("button")).to_have_count(0)
    expect(sandbox.get_by_text("not read").first).to_be_visible()
    style = page.get_by_role("row").filter(has_text="Style guide")
    expect(style.locator("span.heat", has_text="·")).to_have_count(11)
    expect(page.locator(".heat.new")).to_have_count(3)
    expect(page.get_by_role("region", name="Not read")).to_contain_text("1,902 chats of Claude wait to be read.")


def test_arrow_keys_go_from_cell_to_cell_over_empty_ones(signed: Any) -> None:
    page = signed.open("/labels")
    _cell(page, "GOV_ID in Q2 close: 2").focus()
    page.keyboard.press("ArrowRight")
    expect(_cell(page, "PERSON_NAME in Q2 close: 412")).to_be_focused()  # HEALTH has none
    page.keyboard.press("ArrowDown")
    expect(_cell(page, "PERSON_NAME in Payroll EU 2026: 3,904")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/labels?row=p1&label=PERSON_NAME")
    expect(_cell(page, "PERSON_NAME in Payroll EU 2026: 3,904")).to_have_attribute("aria-pressed", "true")


def test_what_is_chosen_stands_in_the_address(signed: Any) -> None:
    page = signed.open("/labels")
    rows = page.locator(".datamap tbody tr")
    expect(rows).to_have_count(7)
    page.get_by_role("button", name="Sensitivity from none").click()
    page.wait_for_url("**/labels?sensitivity=moderate")
    expect(rows).to_have_count(4)
    page.get_by_role("button", name=re.compile("Visible to whole organization")).click()
    page.wait_for_url("**/labels?sensitivity=moderate&wide=true")
    expect(rows).to_have_count(1)
    page.reload()
    expect(rows).to_have_count(1)
    expect(page.get_by_role("link", name="CSV of the data map")).to_have_attribute(
        "href", re.compile(r"/api/csv/labels\?by=project&sensitivity=moderate&wide=true")
    )
    page.get_by_role("button", name="By owner").click()
    page.wait_for_url("**by=owner**")
    expect(page.get_by_role("columnheader", name="Owner")).to_be_visible()


def test_without_anything_read_the_page_says_so(signed_empty: Any) -> None:
    page = signed_empty.open("/labels")
    expect(page.get_by_role("heading", name="Nothing was read yet")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_the_map_fits_and_no_figure_is_cut(signed: Any, scheme: str, width: int) -> None:
    page = signed.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    signed.open("/labels?row=p0&label=PAYMENT_CARD")
    expect(page.get_by_role("region", name="PAYMENT_CARD in Q2 close")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = page.locator("button.heat").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.title)"
    )
    assert cut == []
