"""The nine rule files hold what they promise, by the tests inside them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

import pytest

from fanlight.detections.judge import check_rule
from fanlight.detections.rulefile import Rule, load_rules
from fanlight.detections.scenario import TestResult, run_tests

NINE = {
    "sensitive_chat_new_place", "off_hours_sensitive_project", "first_api_key", "bulk_file_views", "project_escalation",
    "sso_disabled", "privacy_weakened", "sensitive_chat_moved", "sensitive_entry_abroad",
}  # fmt: skip
LOADED = load_rules([Path(str(resources.files("fanlight.catalog") / "rules"))])


@cache
def results_of(rule: Rule) -> list[TestResult]:
    return run_tests(rule)


OURS = [rule for rule in LOADED.rules if rule.name in NINE]


def test_all_nine_are_there_and_every_file_can_be_read() -> None:
    assert {rule.name for rule in OURS} == NINE
    assert LOADED.errors == ()


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.name)
def test_the_tests_inside_a_rule_pass(rule: Rule) -> None:
    failed = [result for result in results_of(rule) if not result.passed]
    assert failed == []


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.name)
def test_a_rule_shows_what_it_finds_and_what_it_leaves_alone(rule: Rule) -> None:
    expected = [test["expect"] for test in rule.tests]
    assert expected.count("finding") >= 2
    assert expected.count("nothing") >= 2


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.name)
def test_a_rule_tells_an_analyst_what_to_do(rule: Rule) -> None:
    assert len(rule.runbook) >= 3
    assert rule.falsepositives
    assert rule.description
    assert any(tag.startswith("t1") for tag in rule.attack)


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.name)
def test_the_sentence_has_no_empty_place(rule: Rule) -> None:
    check_rule(rule)
    sentences = [finding.sentence for result in results_of(rule) for finding in result.findings]
    assert sentences
    for sentence in sentences:
        assert "{" not in sentence
        assert "  " not in sentence
        assert sentence.endswith(".")
        assert "None" not in sentence
