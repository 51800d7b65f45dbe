"""The pages in a real browser, against the real server."""

from __future__ import annotations

import re
from typing import Any

import pytest

from server.sample_views import NOW

pytestmark = pytest.mark.web


def _shown(page: Any, text: str) -> None:
    page.get_by_text(text, exact=False).first.wait_for(state="visible", timeout=5_000)


# -- signing in --------------------------------------------------------------------------------------------------


def test_a_link_opens_the_queue_once(browser: Any, site: Any) -> None:
    link = site.link()
    first, second = browser.new_context(), browser.new_context()
    page = first.new_page()
    page.goto(link)
    page.wait_for_url(site.url + "/")
    _shown(page, "open findings")
    other = second.new_page()
    assert other.goto(link).status == 410
    other.goto(site.url + "/")
    _shown(other, "You are not signed in")
    first.close()
    second.close()


def test_signing_out_ends_the_session(signed: Any) -> None:
    page = signed.page
    page.get_by_role("button", name=re.compile("theme and sign-out")).click()
    page.get_by_role("menuitem", name="Sign out").click()
    _shown(page, "You are not signed in")
    signed.complaints.clear()  # the browser itself notes the 401 that this is about


# -- queue to verdict --------------------------------------------------------------------------------------------


def test_from_queue_to_finding_to_verdict_by_keyboard(signed: Any) -> None:
    page = signed.page
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/findings/f-2287aa10")
    _shown(page, "Usual against observed")
    assert page.get_by_role("button", name="Close as true positive").count() == 0
    page.keyboard.press("f")
    _shown(page, "Narrowest exception")
    _shown(page, "In 90 days it would have hidden 1 finding")
    page.keyboard.press("Enter")
    _shown(page, "The finding is closed.")
    _shown(page, "Closed, false positive")
    assert signed.site.views.verdicts["f-2287aa10"].exception_id == "x-1"
    assert signed.site.views.audit == ["verdict f-2287aa10 false_positive"]
    page.get_by_role("button", name="Undo").click()
    _shown(page, "The finding is open again.")
    assert not signed.site.views.verdicts


def test_nothing_is_preselected_and_escape_takes_a_choice_back(signed: Any) -> None:
    page = signed.open("/findings/f-2287aa10")
    choices = page.get_by_role("region", name="Verdict").get_by_role("button", pressed=True)
    assert choices.count() == 0
    page.keyboard.press("t")
    assert choices.count() == 1
    page.keyboard.press("Escape")
    assert choices.count() == 0
    page.keyboard.press("Enter")
    assert not signed.site.views.verdicts


def test_keys_rest_while_somebody_writes(signed: Any) -> None:
    page = signed.open("/findings/f-2287aa10")
    page.get_by_role("textbox", name="Note").fill("tfv jk")
    page.get_by_role("textbox", name="Note").press("t")
    assert page.get_by_role("region", name="Verdict").get_by_role("button", pressed=True).count() == 0
    page.get_by_role("button", name="Add note").click()
    _shown(page, "tfv jkt")
    assert signed.site.views.notes["f-2287aa10"][-1].author == "Mira Köhler"


def test_j_and_k_walk_through_the_findings(signed: Any) -> None:
    page = signed.open("/findings/f-2287aa10")
    page.keyboard.press("j")
    page.wait_for_url("**/findings/f-77b0e311")
    _shown(page, "Files of three projects viewed in bulk")
    page.keyboard.press("k")
    page.wait_for_url("**/findings/f-2287aa10")


def test_the_chain_names_the_gap_the_anchor_and_what_is_new(signed: Any) -> None:
    page = signed.open("/findings/f-2287aa10")
    assert page.locator(".chain .gap").count() == 1
    assert "unknown, not absent" in page.locator(".chain .gap").inner_text()
    assert "starts this finding" in page.locator(".chain .anchor").inner_text()
    story = page.locator(".chain .step").count()
    page.get_by_role("button", name="All events").click()
    assert page.locator(".chain .step").count() == story + 1


def test_a_look_at_masks_is_audited_and_text_is_never_shown(signed: Any) -> None:
    page = signed.open("/findings/f-2287aa10")
    _shown(page, "text is never shown")
    assert not signed.site.views.audit
    page.get_by_role("button", name="See masked evidence").click()
    _shown(page, "written to the audit log")
    assert signed.site.views.audit == ["look chat c-1"]


# -- queue -------------------------------------------------------------------------------------------------------


def test_every_view_of_the_queue_is_an_address(signed: Any) -> None:
    page = signed.page
    page.get_by_role("link", name=re.compile("^Unassigned")).click()
    page.wait_for_url("**/?tab=unassigned")
    page.get_by_role("button", name="Severity from").click()
    page.get_by_role("menuitem", name="High").click()
    page.wait_for_url("**severity=high**")
    page.wait_for_load_state("networkidle")
    rows = page.locator("tbody tr.pick").count()
    page.reload()
    page.wait_for_load_state("networkidle")
    assert page.locator("tbody tr.pick").count() == rows
    assert rows < 11


def test_arrivals_are_counted_and_placed_on_r(signed: Any) -> None:
    page = signed.page
    rows = page.locator("tbody tr.pick").count()
    signed.site.views.arrived = 2
    page.get_by_text("2 new").wait_for(timeout=8_000)
    assert page.locator("tbody tr.pick").count() == rows


def test_search_finds_a_person_by_key(signed: Any) -> None:
    page = signed.page
    page.keyboard.press("/")
    page.keyboard.type("jane")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/identities/i-jane")


# -- identity ----------------------------------------------------------------------------------------------------


def test_a_box_lights_its_paths_and_pivots(signed: Any) -> None:
    page = signed.open("/identities/i-jane")
    page.locator(".node").first.wait_for()
    page.locator("#node-p3").click()
    assert page.locator("#node-r1").evaluate("e => e.classList.contains('lit')")
    assert not page.locator("#node-r3").evaluate("e => e.classList.contains('lit')")
    page.get_by_role("link", name="Who else can reach this project").click()
    page.wait_for_url("**/access?pivot=**")
    _shown(page, "Who can reach")
    page.get_by_role("link", name="Jane Doe").first.click()
    page.wait_for_url("**/identities/i-jane")


def test_boxes_never_lie_on_each_other(signed: Any) -> None:
    page = signed.open("/identities/i-jane")
    page.locator(".node").first.wait_for()
    boxes = page.locator(".node").evaluate_all(
        "all => all.map(e => { const b = e.getBoundingClientRect(); return [b.x, b.y, b.right, b.bottom]; })"
    )
    assert len(boxes) > 30
    overlaps = [
        (a, b)
        for at, a in enumerate(boxes)
        for b in boxes[at + 1 :]
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] - 0.5 and b[1] < a[3] - 0.5
    ]
    assert not overlaps


def test_arrow_keys_move_along_columns_and_lines_and_t_gives_the_table(signed: Any) -> None:
    page = signed.open("/identities/i-jane")
    page.locator("#node-x0").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.id") == "node-p0"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "node-p1"
    page.keyboard.press("t")
    page.get_by_role("cell", name="Payroll EU 2026").wait_for()


# -- sources -----------------------------------------------------------------------------------------------------


def test_a_source_is_added_by_pasting_a_key(signed: Any) -> None:
    key = "sk-ant-api01-" + "canary" * 10
    page = signed.open("/sources")
    page.get_by_role("link", name="Add a source").click()
    page.get_by_label("Compliance access key").fill(key)
    page.get_by_label("Name of this source").fill("research-two")
    page.get_by_role("button", name="Test the key").click()
    _shown(page, "The key works.")
    _shown(page, "Nothing is collected yet.")
    assert not signed.site.views.added
    assert "canary" not in page.content()
    assert "delete:compliance_user_data" in page.content()
    page.get_by_role("button", name="Start collecting").click()
    _shown(page, "Collecting has started.")
    assert signed.site.views.added == ["research-two"]
    _shown(page, "just connected")


def test_a_key_that_does_not_work_says_what_to_do(signed: Any) -> None:
    page = signed.open("/sources?add=claude")
    page.get_by_label("Compliance access key").fill("wrong")
    page.get_by_role("button", name="Test the key").click()
    _shown(page, "The vendor refused this key")
    assert page.get_by_role("button", name="Start collecting").count() == 0
    page.get_by_role("button", name="Back").click()
    assert page.get_by_label("Compliance access key").input_value() == ""


def test_a_first_sync_shows_progress_backlog_and_errors(signed: Any) -> None:
    page = signed.open("/sources?source=research")
    assert page.get_by_role("progressbar").get_attribute("aria-valuenow") == "62"
    _shown(page, "62,110")
    page.get_by_role("link", name="AWS CloudTrail").click()
    _shown(page, "What went wrong")
    _shown(page, "may not read the bucket any more")


# -- every page --------------------------------------------------------------------------------------------------

PAGES = ("/", "/findings/f-2287aa10", "/identities/i-jane", "/sources", "/access?pivot=project:x", "/nowhere")


def test_every_page_says_simulated_also_in_print(signed: Any) -> None:
    for path in PAGES:
        page = signed.open(path)
        assert page.locator("header .simulated").is_visible(), path
        page.emulate_media(media="print")
        assert page.locator("header .simulated").is_visible(), path
        page.emulate_media(media="screen")


def test_a_real_installation_does_not_say_simulated_and_invites_the_first_source(signed_empty: Any) -> None:
    page = signed_empty.page
    _shown(page, "Nothing is connected yet")
    assert page.locator("header .simulated").count() == 0
    page.get_by_role("link", name="Add the first source").click()
    page.wait_for_url("**/sources?add=claude")


def test_an_unknown_finding_is_a_sentence_not_a_crash(signed: Any) -> None:
    page = signed.open("/findings/none")
    _shown(page, "This does not exist")
    signed.complaints.clear()  # the browser itself notes the 404 that this is about


def test_no_page_scrolls_sideways(signed: Any) -> None:
    for path in PAGES[:5]:
        page = signed.open(path)
        for width in (720, 1280, 1440, 1920):  # 720 is 1440 at 200 % zoom
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(60)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


def test_the_theme_follows_the_system_and_can_be_chosen(signed: Any) -> None:
    page = signed.page
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"getComputedStyle(document.body).backgroundColor !== '{light}'")
    page.get_by_role("button", name=re.compile("theme and sign-out")).click()
    page.get_by_role("menuitem", name="Light", exact=True).click()
    page.wait_for_function(f"getComputedStyle(document.body).backgroundColor === '{light}'")


def test_times_are_in_the_zone_that_the_header_names(signed: Any) -> None:
    page = signed.open("/findings/f-2287aa10")
    assert NOW
    _shown(page, "Europe/Berlin, UTC+02:00")
    assert page.locator(".chain .anchor .mono").first.inner_text() == "02:14:09"
