"""Rules over several sources: found with events of both in the chain, silent on the twin, honest about gaps."""

from __future__ import annotations

import copy
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from facts_in_lake import in_lake

from fanlight.detections.judge import judge
from fanlight.detections.rulefile import Rule, load_rules, with_parts
from fanlight.detections.scenario import build, run_tests
from fanlight.model import DAY, HOUR, Evidence, Finding

LOADED = load_rules([Path(str(resources.files("fanlight.catalog") / "rules"))])
#: By rule, the sources whose events its findings must stand on.
SOURCES = {
    "deactivated_still_active": {"Okta", "Claude"},
    "sign_in_without_idp": {"Okta", "Claude"},
    "idp_alarm_then_content": {"Okta", "Claude"},
    "collected_then_uploaded": {"Google", "Claude"},
    "unmanaged_device_content": {"Okta", "Claude"},
    "server_from_code_to_chats": {"Claude Code", "Claude"},
    "other_ai_beside_claude": {"Zscaler", "Claude"},
}
CROSSING = [rule for rule in LOADED.rules if rule.name in (*SOURCES, "sign_ins_not_comparable")]
EVERY = [(rule, number) for rule in CROSSING for number in range(0, len(rule.tests), 3)]


def judged(rule: Rule, number: int = 0) -> list[Finding]:
    facts, window = build(copy.deepcopy(dict(rule.tests[number])))
    return judge(facts, with_parts([rule], LOADED.rules), window)


def resting(finding: Finding) -> list[Evidence]:
    return [step for step in finding.evidence if step.kind == "event" and step.mark in ("new", "anchor")]


def named(name: str) -> Rule:
    return next(rule for rule in CROSSING if rule.name == name)


def test_every_rule_is_there() -> None:
    assert {rule.name for rule in CROSSING} == {*SOURCES, "sign_ins_not_comparable"}


@pytest.mark.parametrize("rule", CROSSING, ids=lambda rule: rule.name)
def test_the_tests_inside_a_rule_pass(rule: Rule) -> None:
    parts = [part for part in LOADED.rules if part is not rule]
    assert [result for result in run_tests(rule, parts) if not result.passed] == []


@pytest.mark.parametrize("name", SOURCES)
def test_the_chain_rests_on_events_of_both_sources_in_time_order(name: str) -> None:
    (finding,) = judged(named(name))
    steps = resting(finding)
    assert {step.source for step in steps} == SOURCES[name]
    assert [step.at for step in finding.evidence] == sorted(step.at for step in finding.evidence)
    assert set(finding.events) >= {step.event_id for step in steps if step.event_id}
    assert "{" not in finding.sentence
    assert finding.why


@pytest.mark.parametrize(("rule", "number"), EVERY, ids=lambda value: getattr(value, "name", str(value)))
def test_the_lake_gives_the_same_findings_as_memory_whatever_the_window(
    rule: Rule, number: int, tmp_path: Path
) -> None:
    facts, window = build(copy.deepcopy(dict(rule.tests[number])))
    rules = with_parts([rule], LOADED.rules)
    expected = judge(facts, rules, window)
    assert judge(in_lake(facts, tmp_path), rules, window) == expected
    longer = judge(facts, rules, (window[0] - 3 * DAY + 5 * HOUR, window[1] + DAY))
    assert [finding for finding in longer if finding.at >= window[0]] == expected


def test_what_could_not_be_told_is_said_once_a_day_and_withdrawn_when_the_record_comes() -> None:
    rule, strict = named("sign_ins_not_comparable"), named("sign_in_without_idp")
    test = copy.deepcopy(dict(rule.tests[0]))
    test["events"].append({"at": "10:05:00", "by": "bea", "type": "sso_login_succeeded", "ip": "192.0.2.10"})
    facts, window = build(test)
    (finding,) = judge(facts, [rule], window)
    assert "could not be told" in finding.sentence
    assert finding.why[0].observed == "could not tell"
    assert any(step.kind == "gap" and step.source == "Okta" for step in finding.evidence)
    assert len(finding.events) == 2
    assert judge(facts, [strict], window) == []
    test["events"] += [
        {"at": at, "by": who, "product": "okta", "type": "user.authentication.sso"}
        for at, who in (("10:00:00", "jane"), ("10:04:58", "bea"))
    ]
    facts, window = build(test)
    assert judge(facts, [rule], window) == []


def test_a_quiet_log_that_was_read_to_its_end_tells_that_there_was_no_sign_on(tmp_path: Path) -> None:
    rule = named("sign_in_without_idp")
    (late,) = (test for test in rule.tests if test["name"] == "Okta's log is late")
    facts, window = build(copy.deepcopy(dict(late)))
    lake = in_lake(facts, tmp_path)
    assert judge(lake, [rule], window) == []
    read = replace(lake, read_to={"okta": window[0] + 11 * HOUR})
    assert len(judge(read, [rule], window)) == 1
