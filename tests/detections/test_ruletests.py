"""Tests inside rule files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from fanlight.detections.rulefile import Rule, load_rules
from fanlight.detections.ruletests import Outcome, run
from support.rule_engines import HEAD, rule_of


def _run(folder: Path, tests: str, detection: str = "a: 1\nchat.sensitivity: high") -> list[tuple[str, bool]]:
    rule = rule_of(folder, detection, head=HEAD + "tests:\n" + tests)
    return [(outcome.name, outcome.passed) for outcome in run([rule])]


def test_events_with_joined_fields_are_judged_by_the_selection(tmp_path: Path) -> None:
    tests = """\
  - {name: both, event: {A: 1}, context: {chat.sensitivity: high}, expected: true}
  - {name: one of many, events: [{a: 2}, {a: 1}], context: {Chat.Sensitivity: [low, high]}, expected: true}
  - {name: low, event: {a: 1}, context: {chat.sensitivity: low}, expected: false}
  - {name: wrong, event: {a: 1}, context: {chat.sensitivity: low}, expected: true}
  - {name: wrong too, event: {a: 1}, context: {chat.sensitivity: high}, expected: false}
"""
    assert _run(tmp_path, tests) == [
        ("both", True), ("one of many", True), ("low", True), ("wrong", False), ("wrong too", False),
    ]  # fmt: skip


@pytest.mark.parametrize("test", ["{event: {a: 1}}", "{expected: true}", "{events: [1], expected: true}"])
def test_a_test_that_cannot_be_run_fails_with_a_sentence(tmp_path: Path, test: str) -> None:
    rule = rule_of(tmp_path, "a: 1", head=HEAD + f"tests: [{test}]\n")
    [outcome] = run([rule])
    assert (outcome.name, outcome.passed, outcome.sentence.endswith(".")) == ("test 1", False, True)


def test_tests_of_the_whole_judgement_go_to_the_function_given(tmp_path: Path) -> None:
    tests = "  - {name: whole, expect: finding, events: []}\n  - {name: part, event: {a: 1}, expected: true}\n"
    rule = rule_of(tmp_path, "a: 1", head=HEAD + "tests:\n" + tests)

    def scenarios(given: Rule, parts: Sequence[Rule]) -> list[Outcome]:
        assert parts == []
        return [Outcome(given.name, str(test["name"]), False, "Asked.") for test in given.tests]

    assert [outcome.name for outcome in run([rule])] == ["part"]
    assert [(outcome.name, outcome.sentence) for outcome in run([rule], scenarios)] == [
        ("whole", "Asked."),
        ("part", ""),
    ]


def test_correlations_are_tested_over_the_rules_they_name(tmp_path: Path) -> None:
    (tmp_path / "fail.yml").write_text(HEAD + "name: fail\ndetection: {s: {kind: fail}, condition: s}\n")
    (tmp_path / "burst.yml").write_text(
        "title: Burst\nname: burst\nlevel: high\ncorrelation: {type: event_count, rules: [fail], group-by: [user], "
        "timespan: 5m, condition: {gte: 2}}\ntests:\n"
        "  - {name: close, expected: true, events: [{kind: fail, user: a, time: '2026-05-03T10:00:00Z'}, "
        "{kind: fail, user: a, time: '2026-05-03T10:05:00Z'}]}\n"
        "  - {name: far, expected: false, events: [{kind: fail, user: a, time: '2026-05-03T10:00:00Z'}, "
        "{kind: fail, user: a, time: '2026-05-03T10:05:01Z'}]}\n"
    )
    outcomes = run(load_rules([tmp_path]).rules)
    assert [(outcome.name, outcome.passed) for outcome in outcomes] == [("close", True), ("far", True)]
