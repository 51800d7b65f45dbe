"""Detections: the noise of every rule, and which are blind and why."""

from __future__ import annotations

from fanlight.model import DAY
from fanlight.pipeline.home import Home
from fanlight.pipeline.judging import rules_in_force
from fanlight.server.pages import page_kinds
from fanlight.server.pages.detections import DetectionsAsk, DetectionsView, RuleRow
from fanlight.server.views import LakeViews
from fanlight.state.findings import StoredFinding, Verdict, put_finding
from server.small_home import NOW, finding

RULE = "sensitive_chat_new_place"


def view(views: LakeViews, **asked: object) -> DetectionsView:
    found = views.page("detections", DetectionsAsk.model_validate(asked))
    assert isinstance(found, DetectionsView)
    return found


def row(shown: DetectionsView, rule: str = RULE) -> RuleRow:
    return next(each for each in shown.rows if each.rule == rule)


def judged(home: Home, number: int, verdict: Verdict | None, **more: object) -> None:
    with home.state.tick() as tick:
        status = "closed" if verdict else "open"
        put_finding(
            tick, StoredFinding(finding=finding(number, **more), status=status, verdict=verdict, created_at=NOW)
        )  # type: ignore[arg-type]


def test_every_rule_in_force_has_a_row_with_its_verdicts_of_ninety_days(views: LakeViews, home: Home) -> None:
    for number, verdict in enumerate(("true_positive", "false_positive", "false_positive", "expected"), 2):
        judged(home, number, verdict)  # type: ignore[arg-type]
    judged(home, 9, "true_positive", at=NOW - 91 * DAY)
    shown = view(views)
    assert {each.rule for each in shown.rows} == {rule.name for rule in rules_in_force(home).rules if rule.reports}
    one = row(shown)
    assert (one.hits, one.open, one.true, one.false, one.expected) == (5, 1, 1, 2, 1)
    assert sum(one.weeks) == one.hits == one.weeks[-1]
    assert len(one.weeks) == 13
    assert shown.summary.endswith("5 findings in 90 days")


def test_a_rule_about_places_is_partly_blind_where_no_place_is_known(views: LakeViews) -> None:
    one = row(view(views))
    assert one.sight == "partly"
    assert one.sentence == "100 % of events come from addresses whose place is unknown; networks are compared instead."
    abroad = row(view(views), "sensitive_entry_abroad")
    assert abroad.sight == "blind"  # without any place it cannot tell a country without an office
    assert "fanlight geo install" in abroad.sentence


def test_a_rule_that_puts_others_together_sees_what_they_see(views: LakeViews) -> None:
    one = row(view(views), "idp_alarm_then_content")
    assert "any event" not in one.sentence
    looked_at = view(views, rule="idp_alarm_then_content").detail
    assert looked_at is not None
    assert "claude_chat_viewed" in looked_at.looks_at
    used = view(views, rule="server_from_code_to_chats").detail
    assert used is not None
    assert used.looks_at.startswith("uses of MCP servers in chats and sessions ")


def test_what_did_not_happen_is_quiet_and_not_blind(views: LakeViews) -> None:
    shown = view(views)
    quiet = row(shown, "first_api_key")
    assert quiet.sight == "quiet"
    assert quiet.sentence.startswith("Nothing of what it looks at happened in 90 days: ")
    order = [("blind", "partly", "sees", "quiet").index(each.sight) for each in shown.rows]
    assert order == sorted(order)


def test_a_rule_for_a_source_that_is_not_there_is_blind_and_a_broken_file_is_named(home: Home) -> None:
    folder = home.path / "rules"
    folder.mkdir()
    text = (
        "title: Push fatigue\nid: 11111111-2222-4333-8444-555555555555\nstatus: stable\nlevel: medium\n"
        "logsource: {product: github_audit}\ndetection: {s: {action: 'x'}, condition: s}\n"
    )
    (folder / "house.yml").write_text(text)
    (folder / "broken.yml").write_text(text.replace("condition: s", "condition: nothing").replace("5555", "5556"))
    shown = view(LakeViews(home))
    house = row(shown, "house")
    assert (house.sight, house.own) == ("blind", False)
    assert house.sentence == "GitHub has sent no event in 90 days, or is not connected."
    (broken,) = shown.broken
    assert broken.name == "broken.yml"
    assert broken.sentence
    assert str(home.path) not in shown.model_dump_json()
    assert "1 file cannot be read" in shown.summary


def test_a_rule_says_what_it_looks_at_and_what_it_found(views: LakeViews, home: Home) -> None:
    judged(home, 2, "false_positive")
    detail = view(views, rule=RULE).detail
    assert detail is not None
    assert detail.looks_at == f"claude_chat_viewed {_viewed()}"
    assert [(each.id, each.status) for each in detail.findings] == [
        (finding(1).id, "open"), (finding(2).id, "false positive"),
    ]  # fmt: skip
    assert detail.record == "1 verdict so far: 0 true, 1 false"
    assert (detail.tests > 0, detail.exceptions, bool(detail.description)) == (True, 0, True)
    assert view(views, rule="no_such_rule").detail is None


def _viewed() -> int:
    return 1 + sum(1 for day in range(1, 60) if (NOW // DAY - day + 3) % 7 < 5)


def test_the_file_has_a_line_a_rule(views: LakeViews) -> None:
    shown = view(views)
    sheet = page_kinds()["detections"].tables["detections"](shown, "Europe/Berlin")
    assert [line[0] for line in sheet.rows] == [each.rule for each in shown.rows]
    last = dict(zip(sheet.columns, next(line for line in sheet.rows if line[0] == RULE), strict=True))["last"]
    assert last == "2026-05-07T11:00:00+02:00"


def test_what_an_exception_closed_is_counted_apart(views: LakeViews, home: Home) -> None:
    with home.state.tick() as tick:
        put_finding(tick, StoredFinding(finding=finding(5), status="closed", verdict=None, created_at=NOW))
    assert row(view(views)).excepted == 1
