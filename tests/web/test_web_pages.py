"""The pages in a real browser, against the real server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from fanlight.server import Viewer

pytestmark = pytest.mark.web

VIEWER = Viewer(name="Mira Köhler")


# Every reading of a page is one that tries again until it holds: `expect(...)`, `wait_for...`, `expect_response`. A
# count or a text that is read once right after an act races with the answer of the server.


def _shown(page: Any, text: str) -> None:
    expect(page.get_by_text(text, exact=False).first).to_be_visible()


def _rows(page: Any) -> Any:
    return page.locator("tbody tr.pick")


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
    signed.expected.append("401")  # the browser itself notes it


# -- queue to verdict --------------------------------------------------------------------------------------------


def test_from_queue_to_finding_to_verdict_by_keyboard(signed: Any) -> None:
    page = signed.page
    page.keyboard.press("j")
    expect(_rows(page).nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/findings/f-2287aa10")
    _shown(page, "Usual against observed")
    expect(page.get_by_role("button", name="Close as true positive")).to_have_count(0)
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
    expect(choices).to_have_count(0)
    page.keyboard.press("t")
    expect(choices).to_have_count(1)
    page.keyboard.press("Escape")
    expect(choices).to_have_count(0)
    page.keyboard.press("Enter")
    with page.expect_response("**/api/findings/f-2287aa10"):
        page.keyboard.press("r")  # an answer that comes after the one which Enter must not have asked for
    assert not signed.acts
    assert not signed.site.views.verdicts


def test_keys_rest_while_somebody_writes(signed: Any) -> None:
    page = signed.open("/findings/f-2287aa10")
    page.get_by_role("textbox", name="Note").fill("tfv jk")
    page.get_by_role("textbox", name="Note").press("t")
    expect(page.get_by_role("textbox", name="Note")).to_have_value("tfv jkt")
    expect(page.get_by_role("region", name="Verdict").get_by_role("button", pressed=True)).to_have_count(0)
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_label("Notes").get_by_text("tfv jkt")).to_be_visible()
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
    expect(page.locator(".chain .gap")).to_have_count(1)
    expect(page.locator(".chain .gap")).to_contain_text("unknown, not absent")
    expect(page.locator(".chain .anchor")).to_contain_text("starts this finding")
    view = signed.site.views.finding(VIEWER, "f-2287aa10")
    expect(page.locator(".chain .step")).to_have_count(sum(step.story for step in view.chain.steps))
    page.get_by_role("button", name="All events").click()
    expect(page.locator(".chain .step")).to_have_count(len(view.chain.steps))


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
    expect(_rows(page)).to_have_count(2)
    with page.expect_response("**/api/queue?*severity=high*") as answered:
        page.reload()
    assert len(answered.value.json()["rows"]) == 2
    expect(_rows(page)).to_have_count(2)
    expect(page.get_by_role("link", name=re.compile("^Unassigned"))).to_have_attribute("aria-current", "page")


def test_rows_of_another_view_are_greyed_until_the_right_ones_came(signed: Any) -> None:
    page = signed.page
    findings = page.get_by_label("Findings", exact=True)
    expect(_rows(page)).to_have_count(11)
    held: list[Any] = []
    page.route("**/api/queue?*tab=unassigned*", lambda route: held.append(route))  # noqa: PLW0108 - it is marked by the library
    page.get_by_role("link", name=re.compile("^Unassigned")).click()
    page.wait_for_url("**/?tab=unassigned")
    expect(findings).to_have_attribute("aria-busy", "true")
    expect(findings).to_have_attribute("inert", "")
    expect(page.get_by_role("link", name=re.compile("^Unassigned"))).to_have_attribute("aria-current", "page")
    held[0].continue_()
    expect(_rows(page)).to_have_count(7)
    expect(findings).to_have_attribute("aria-busy", "false")


def test_arrivals_are_counted_and_placed_on_r(signed: Any) -> None:
    page = signed.page
    page.keyboard.press("j")
    signed.site.views.arrived = 2
    expect(page.get_by_text("2 new")).to_be_visible()
    expect(_rows(page)).to_have_count(11)
    page.keyboard.press("r")
    expect(_rows(page)).to_have_count(13)
    expect(_rows(page).nth(3)).to_have_attribute("aria-selected", "true")  # the same finding, two rows further down


def test_search_finds_a_person_by_key(signed: Any) -> None:
    page = signed.page
    page.keyboard.press("/")
    page.keyboard.type("jane")
    page.keyboard.press("Enter")  # at once: it opens what is found for the whole word, not for its first letters
    page.wait_for_url("**/identities/i-jane")


# -- identity ----------------------------------------------------------------------------------------------------


def test_a_box_lights_its_paths_and_pivots(signed: Any) -> None:
    page = signed.open("/identities/i-jane")
    page.locator("#node-p3").click()
    expect(page.locator("#node-r1")).to_have_class(re.compile(r"\blit\b"))
    expect(page.locator("#node-r3")).not_to_have_class(re.compile(r"\blit\b"))
    page.get_by_role("link", name="Who else can reach this project").click()
    page.wait_for_url("**/access?pivot=**")
    _shown(page, "Who can reach")
    page.get_by_role("link", name="Jane Doe").first.click()
    expect(page.get_by_role("dialog", name="Jane Doe")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/identities/i-jane")


def test_boxes_never_lie_on_each_other(signed: Any) -> None:
    page = signed.open("/identities/i-jane")
    expect(page.locator(".node").nth(30)).to_be_visible()
    boxes = page.locator(".node").evaluate_all(
        "all => all.map(e => { const b = e.getBoundingClientRect(); return [b.x, b.y, b.right, b.bottom]; })"
    )
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
    expect(page.locator("#node-p0")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#node-p1")).to_be_focused()
    page.keyboard.press("t")
    expect(page.get_by_role("cell", name="Payroll EU 2026")).to_be_visible()


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
    _shown(page, "delete:compliance_user_data")
    assert not signed.site.views.added
    assert "canary" not in page.content()
    page.get_by_role("button", name="Start collecting").click()
    _shown(page, "Collecting has started.")
    assert signed.site.views.added == ["research-two"]
    _shown(page, "just connected")


def test_a_key_that_does_not_work_says_what_to_do(signed: Any) -> None:
    page = signed.open("/sources?add=claude")
    page.get_by_label("Compliance access key").fill("wrong")
    page.get_by_role("button", name="Test the key").click()
    _shown(page, "The vendor refused this key")
    expect(page.get_by_role("button", name="Start collecting")).to_have_count(0)
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Compliance access key")).to_have_value("")


def test_a_first_sync_shows_progress_backlog_and_errors(signed: Any) -> None:
    page = signed.open("/sources?source=research")
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "62")
    _shown(page, "62,110")
    page.get_by_role("link", name="AWS CloudTrail").click()
    _shown(page, "What went wrong")
    _shown(page, "may not read the bucket any more")


# -- every page --------------------------------------------------------------------------------------------------

# Written as a promise: the page's policy forbids the `eval` with which `wait_for_function` asks a second time.
FITS = """width => new Promise(done => {
  const late = performance.now() + 5000;
  const look = () => {
    const wide = document.documentElement.scrollWidth;
    if ((innerWidth === width && wide <= width) || performance.now() > late) done(wide);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(() => requestAnimationFrame(look));
})"""
"""How wide the page is once it was drawn at `width`, given five seconds to fit."""

PAGES = ("/", "/findings/f-2287aa10", "/identities/i-jane", "/sources", "/access?pivot=project:x", "/nowhere")


def test_every_page_says_simulated_also_in_print(signed: Any) -> None:
    for path in PAGES:
        page = signed.open(path)
        expect(page.locator("header .simulated"), path).to_be_visible()
        page.emulate_media(media="print")
        expect(page.locator("header .simulated"), path).to_be_visible()
        page.emulate_media(media="screen")


def test_a_real_installation_does_not_say_simulated_and_invites_the_first_source(signed_empty: Any) -> None:
    page = signed_empty.page
    _shown(page, "Nothing is connected yet")
    expect(page.locator("header .simulated")).to_have_count(0)
    page.get_by_role("link", name="Add the first source").click()
    page.wait_for_url("**/sources?add=claude")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Queue"), ("/findings/f-2287aa10", "Sensitive chat viewed from a place Jane Doe never used"),
        ("/identities/i-jane", "Jane Doe"), ("/sources", "Data sources"),
        ("/access?pivot=project:x", "Who can reach Q2 close"),
    ],
)  # fmt: skip
def test_every_page_names_itself_in_its_tab(signed: Any, path: str, title: str) -> None:
    expect(signed.open(path)).to_have_title(f"{title} – Fanlight")


def test_an_unknown_finding_is_a_sentence_not_a_crash(signed: Any) -> None:
    page = signed.open("/findings/none")
    _shown(page, "This does not exist")
    signed.expected.append("404")  # the browser itself notes it


def test_no_page_scrolls_sideways(signed: Any) -> None:
    for path in PAGES[:5]:
        page = signed.open(path)
        for width in (720, 1280, 1440, 1920):  # 720 is 1440 at 200 % zoom
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(FITS, width) <= width, (path, width)


def test_the_theme_follows_the_system_and_can_be_chosen(signed: Any) -> None:
    page = signed.page
    light, dark = ("rgb(246, 245, 241)", "rgb(19, 21, 25)")
    body = page.locator("body")
    expect(body).to_have_css("background-color", light)
    page.emulate_media(color_scheme="dark")
    expect(body).to_have_css("background-color", dark)
    page.get_by_role("button", name=re.compile("theme and sign-out")).click()
    page.get_by_role("menuitem", name="Light", exact=True).click()
    expect(body).to_have_css("background-color", light)


def test_times_are_in_the_zone_that_the_header_names(signed: Any) -> None:
    page = signed.open("/findings/f-2287aa10")
    _shown(page, "Europe/Berlin, UTC+02:00")
    expect(page.locator(".chain .anchor .mono").first).to_have_text("02:14:09")
