"""Judging is a function of the facts: order, lateness and windows change nothing but what is known."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from facts_in_lake import in_lake

from fanlight.detections.behavior import BehaviorProblem, parse_behavior
from fanlight.detections.dedup import finding_id
from fanlight.detections.facts import Gap
from fanlight.detections.judge import judge
from fanlight.detections.rulefile import Rule, load_rules, with_parts
from fanlight.detections.scenario import ScenarioFacts, build
from fanlight.enrich.places import Place
from fanlight.model import DAY, HOUR, MINUTE, Finding, ObjectVersion, day_of, parse_time

RULES = load_rules([Path(str(resources.files("fanlight.catalog") / "rules"))])
DAY_OF_TEST = parse_time("2026-05-07")


class StatedForAWeek:
    """The same facts, but the hotel's address is only known to be in Singapore near the days of the trip."""

    def __init__(self, facts: ScenarioFacts) -> None:
        self._facts = facts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._facts, name)

    def locate(self, ip: str, at: int) -> Place:
        late = at > parse_time("2026-04-25")
        return Place() if late and ip == "198.51.100.7" else self._facts.locate(ip, at)


def rule(name: str) -> Rule:
    found = RULES.by_id(name)
    assert found is not None
    return found


def scenario(name: str, number: int = 0) -> tuple[Rule, dict[str, Any]]:
    chosen = rule(name)
    return chosen, copy.deepcopy(dict(chosen.tests[number]))


def judged(name: str, number: int = 0) -> tuple[ScenarioFacts, list[Finding]]:
    chosen, test = scenario(name, number)
    facts, window = build(test)
    return facts, judge(facts, [chosen], window)


EVERY = [
    (found.name, number)
    for found in RULES.rules
    for number, test in enumerate(found.tests)
    if test.get("expect") == "finding"
]


@pytest.mark.parametrize(("name", "number"), EVERY[::3])
def test_arrival_order_plays_no_part(name: str, number: int) -> None:
    chosen, test = scenario(name, number)
    facts, window = build(test)
    expected = judge(facts, with_parts([chosen], RULES.rules), window)
    dice = random.Random(number)
    for rows in (facts.all_events, facts.all_objects, facts.all_links, facts.all_matches, facts.all_grants):
        dice.shuffle(rows)
    assert judge(facts, with_parts([chosen], RULES.rules), window) == expected


@pytest.mark.parametrize(("name", "number"), EVERY[::4])
def test_the_lake_gives_the_same_findings_as_memory(name: str, number: int, tmp_path: Path) -> None:
    chosen, test = scenario(name, number)
    facts, window = build(test)
    rules = with_parts([chosen], RULES.rules)
    assert judge(in_lake(facts, tmp_path), rules, window) == judge(facts, rules, window)


def test_a_label_that_comes_three_hours_late_changes_no_more_than_the_word_late() -> None:
    facts, early = judged("sensitive_chat_new_place")
    facts.all_matches[:] = [replace(match, read_at=DAY_OF_TEST + 6 * HOUR) for match in facts.all_matches]
    late = judge(facts, [rule("sensitive_chat_new_place")], (DAY_OF_TEST, DAY_OF_TEST + DAY))
    assert [(f.id, f.rule, f.events, f.severity) for f in late] == [(f.id, f.rule, f.events, f.severity) for f in early]
    assert any("read 3 h" in step.text for step in late[0].evidence)


def test_a_label_of_what_was_written_later_does_not_speak_about_the_view() -> None:
    facts, _ = judged("sensitive_chat_new_place")
    facts.all_matches[:] = [replace(match, at=DAY_OF_TEST + 12 * HOUR) for match in facts.all_matches]
    assert judge(facts, [rule("sensitive_chat_new_place")], (DAY_OF_TEST, DAY_OF_TEST + DAY)) == []


def test_judging_day_by_day_gives_what_judging_the_week_gives() -> None:
    chosen, test = scenario("sensitive_chat_new_place")
    test["events"] += [{**test["events"][1], "at": f"2026-05-{day:02d}T03:00:00Z"} for day in (8, 9, 10)]
    facts, _ = build(test)
    days = [DAY_OF_TEST + i * DAY for i in range(5)]
    whole = judge(facts, [chosen], (days[0], days[-1]))
    parts = {f.id: f for day in days[:-1] for f in judge(facts, [chosen], (day, day + DAY))}
    assert {f.id for f in whole} == set(parts)


@pytest.mark.parametrize("name", ["sensitive_chat_new_place", "sensitive_entry_abroad", "off_hours_sensitive_project"])
def test_how_much_is_judged_at_once_changes_no_finding(name: str) -> None:
    chosen, test = scenario(name)
    facts, window = build(test)
    short = judge(facts, [chosen], window)
    for days in (3, 25):
        assert judge(facts, [chosen], (window[0] - days * DAY + 5 * HOUR, window[1] + DAY)) == short


def test_the_sign_in_of_an_intruder_does_not_make_the_place_usual_across_midnight() -> None:
    chosen, test = scenario("sensitive_chat_new_place")
    test["events"][0]["at"] = "2026-05-06T23:50:00Z"
    test["events"][1]["at"] = "00:20:00"
    facts, window = build(test)
    assert len(judge(facts, [chosen], window)) == 1


def test_hits_within_the_period_are_one_finding_that_starts_with_the_first() -> None:
    chosen, test = scenario("sensitive_chat_new_place")
    test["events"].append({**test["events"][1], "at": "02:20:00"})
    facts, window = build(test)
    (finding,) = judge(facts, [chosen], window)
    assert finding.events == ("activity_1_0", "activity_2_0")
    assert finding.id == finding_id("default", chosen.id, "id_jane", "activity_1_0")


def test_without_any_place_a_network_prefix_and_a_client_still_tell() -> None:
    chosen, test = scenario("sensitive_chat_new_place")
    test["places"] = {}
    test["events"][1] |= {"client": "curl/8.5.0"}
    facts, window = build(test)
    (finding,) = judge(facts, [chosen], window)
    assert any("the country is unknown" in why.observed for why in finding.why)


def test_the_evidence_names_the_gap_the_labels_the_path_and_the_anchor() -> None:
    chosen, test = scenario("off_hours_sensitive_project")
    facts, window = build(test)
    at = window[0] + HOUR
    facts.all_gaps.append(Gap("zscaler_zia", at - 5 * HOUR, at - HOUR, "No Zscaler records from 20:00 to 00:00."))
    (finding,) = judge(facts, [chosen], window)
    kinds = {step.kind for step in finding.evidence}
    assert kinds == {"event", "gap", "label", "grant", "baseline"}
    assert [step.event_id for step in finding.evidence if step.mark == "anchor"] == ["activity_0_0"]
    assert list(finding.evidence) == sorted(finding.evidence, key=lambda step: step.at)


def test_what_the_incident_itself_began_with_is_never_marked_usual() -> None:
    chosen, test = scenario("bulk_file_views")
    home = {"by": "jane", "ip": "192.0.2.10"}
    test["events"] += [
        {**home, "at": "04:00:00", "type": "claude_chat_viewed"},
        {**home, "at": "09:58:00", "type": "claude_project_viewed", "claude_project_id": "claude_proj_1"},
    ]
    facts, window = build(test)
    (finding,) = judge(facts, [chosen], window)
    marks = [(step.text.partition(",")[0], step.mark) for step in finding.evidence if step.kind == "event"]
    assert marks == [
        ("Viewed a chat", "usual"),  # six hours before, from where she always is
        ("Opened a project", "context"),  # two minutes before: part of the visit
        ("Viewed a file", "new"),  # the first fourteen, on which the finding rests as on the others
        ("Viewed a file", "anchor"),
        ("Viewed a file", "new"),
    ]


def test_an_event_without_an_address_is_not_called_usual() -> None:
    chosen, test = scenario("bulk_file_views")
    test["events"].append({"at": "04:00:00", "by": "jane", "type": "claude_chat_viewed"})
    facts, window = build(test)
    (finding,) = judge(facts, [chosen], window)
    assert next(step.mark for step in finding.evidence if step.text == "Viewed a chat") == "context"


def test_a_file_of_low_sensitivity_does_not_stand_for_its_sensitive_project() -> None:
    chosen, test = scenario("bulk_file_views")
    facts, window = build(test)
    match = next(match for match in facts.all_matches if match.project_id == "claude_proj_1")
    facts.all_matches.extend(
        replace(
            match, object_kind="file", object_id=f"claude_file_{n}", chat_id=None, category="PERSON_NAME", flags="low"
        )
        for n in range(40)
    )
    (finding,) = judge(facts, [chosen], window)
    (row,) = [step for step in finding.evidence if step.kind == "label"]
    assert (row.object_kind, row.object_id) == ("project", "claude_proj_1")
    assert "sensitivity moderate" in row.text
    folded = next(step.text for step in finding.evidence if step.mark == "new")
    assert folded.endswith("(14 of 14 with PERSON_NAME)")


def test_a_file_view_that_names_no_project_is_counted_for_the_project_of_the_file() -> None:
    chosen, test = scenario("bulk_file_views")
    event = test["events"][0]
    del event["claude_project_id"]
    test["files"] = {f"claude_file_{n}": {"project": "claude_proj_1"} for n in range(40)}
    facts, window = build(test)
    (finding,) = judge(facts, [chosen], window)
    assert "40 different files" in finding.sentence
    assert "views, not downloads" in finding.sentence


def test_single_sign_on_that_only_the_settings_show_off_is_found() -> None:
    facts, _ = judged("sso_disabled")
    facts.all_events.clear()
    for hour, value in ((1, True), (5, False)):
        facts.all_objects.append(
            ObjectVersion(
                tenant="default", source="claude", product="claude", kind="settings", object_id="org-1",
                seen_at=DAY_OF_TEST + hour * HOUR, attributes=json.dumps({"sso_claude_ai_enforced": value}),
            )
        )  # fmt: skip
    (finding,) = judge(facts, [rule("sso_disabled")], (DAY_OF_TEST, DAY_OF_TEST + DAY))
    assert finding.at == DAY_OF_TEST + 5 * HOUR
    assert "somebody changed a setting: sso_claude_ai_enforced" in finding.sentence


def test_the_account_is_said_to_have_switched_single_sign_on_off_and_nobody_is_accused() -> None:
    _, (finding,) = judged("sso_disabled")
    assert "Ada Doe's account switched single sign-on off from" in finding.sentence


def test_an_entry_says_how_far_its_place_is_from_it() -> None:
    _, (finding,) = judged("sensitive_entry_abroad")
    assert "6 min before it" in finding.sentence
    assert finding.events == ("activity_0_0",)


def test_a_week_in_another_zone_makes_no_habit_of_nights() -> None:
    chosen, test = scenario("sensitive_entry_abroad")
    test["places"]["198.51.100.0/24"] = {"country": "SG", "city": "Singapore", "lat": 1.35, "lon": 103.8}
    abroad = range(13, 18)
    test["events"] += [
        {"at": f"2026-04-{day}T{hour:02d}:30:00Z", "by": "jane", "type": "claude_chat_viewed", "ip": "198.51.100.7"}
        for day in abroad
        for hour in range(9)
    ]
    facts, window = build(test)
    days = {f"2026-04-{day}" for day in abroad}
    facts.all_events[:] = [
        event
        for event in facts.all_events
        if event.ip == "198.51.100.7" or event.actor_id != "user_jane" or day_of(event.occurred_at) not in days
    ]
    (finding,) = judge(StatedForAWeek(facts), [chosen], window)
    assert "0 of" in finding.sentence


def test_an_account_nobody_is_linked_to_stands_for_itself() -> None:
    facts, _ = judged("sensitive_chat_new_place")
    facts.all_links.clear()
    (finding,) = judge(facts, [rule("sensitive_chat_new_place")], (DAY_OF_TEST, DAY_OF_TEST + DAY))
    assert finding.identity_id == "claude:user_jane"


@pytest.mark.parametrize(
    ("behavior", "word"),
    [
        ({"unusual_plaice": {}}, "unusual_plaice"),
        ({"all": []}, "list of conditions"),
        ({"unusual_hour": {"atleast": 6, "zone": "UTC"}}, "zone"),
        ({"many": {"within": "ten minutes"}}, "no duration"),
        ({"never_touched": {"who": "everybody"}}, "who: actor"),
        ({"a": 1, "b": 2}, "exactly one key"),
    ],
)
def test_a_behavior_that_cannot_be_read_is_one_sentence(behavior: dict[str, Any], word: str) -> None:
    with pytest.raises(BehaviorProblem, match=word):
        parse_behavior(behavior)


def test_a_burst_spread_over_an_hour_is_found_too() -> None:
    chosen, test = scenario("bulk_file_views")
    test["events"][0] |= {"times": 36, "every": 41}
    facts, window = build(test)
    (finding,) = judge(facts, [chosen], window)
    assert finding.at - window[0] < 11 * HOUR
    assert len(finding.events) == 36
    assert finding.at > window[0] + 10 * HOUR + 5 * MINUTE


def test_a_role_through_a_group_names_the_vendors_own_event_and_says_how() -> None:
    tests = {test["name"]: number for number, test in enumerate(rule("project_escalation").tests)}
    _, (joined,) = judged("project_escalation", tests["into a group that is admin of the project"])
    assert joined.events == ("activity_0_0",)
    assert "the role comes through a group" in joined.sentence
    assert {step.event_id for step in joined.evidence if step.mark == "anchor"} == {"activity_0_0"}
    _, (given,) = judged(
        "project_escalation", tests["the role given to a group of somebody who never touched the project"]
    )
    assert "everybody in group rbac_group_2" in given.sentence
    assert "1 of the 2 people of that group never touched it" in given.sentence
