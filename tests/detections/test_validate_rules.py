"""Lint: what is wrong although the YAML is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from fanlight.detections.rulefile import RuleSet, load_rules, own_rules
from fanlight.detections.validate import validate
from support.rule_engines import HEAD, rule_of

CLAUDE = HEAD.replace("okta", "claude")


def _problems(folder: Path, detection: str, head: str = CLAUDE, more: str = "") -> list[tuple[str, str]]:
    rule = rule_of(folder, detection, head=head + more)
    return [(found.severity, found.sentence) for found in validate(RuleSet((rule,)))]


def test_fields_of_known_types_and_joined_ones_are_fine(tmp_path: Path) -> None:
    detection = """
        type: claude_chat_viewed
        claude_chat_id|exists: true
        actor.ip_address|cidr: 192.0.2.0/24
        chat.sensitivity: high
        chat.labels: SECRET
        actor.elevated: true
        chat_id|exists: true
    """
    assert _problems(tmp_path, detection) == []


def test_a_misspelt_joined_field_is_an_error(tmp_path: Path) -> None:
    [(severity, sentence)] = _problems(tmp_path, "type: claude_chat_viewed\nchat.lables: SECRET")
    assert (severity, "'chat.lables'" in sentence) == ("error", True)


def test_an_unknown_field_of_a_known_type_is_an_error(tmp_path: Path) -> None:
    [(severity, sentence)] = _problems(tmp_path, "type: claude_chat_viewed\nclaude_chat_idd: x")
    assert severity == "error"
    assert "claude_chat_viewed has a field 'claude_chat_idd'" in sentence


def test_a_field_that_only_some_of_the_types_carry_is_a_warning(tmp_path: Path) -> None:
    found = _problems(tmp_path, "type: [claude_chat_viewed, org_sso_toggled]\nenabled: false")
    assert [severity for severity, _ in found] == ["warning"]


def test_each_alternative_is_held_against_its_own_type(tmp_path: Path) -> None:
    good = "a: {type: claude_chat_viewed, claude_chat_id: x}\nb: {type: org_sso_toggled, enabled: false}"
    assert _problems(tmp_path, good + "\ncondition: a or b") == []
    swapped = "a: {type: claude_chat_viewed, enabled: x}\nb: {type: org_sso_toggled}\ncondition: a or b"
    assert [severity for severity, _ in _problems(tmp_path, swapped)] == ["error"]


def test_a_negated_unknown_field_is_an_error_too(tmp_path: Path) -> None:
    found = _problems(tmp_path, "s: {type: claude_chat_viewed}\nf: {nonsense: 1}\ncondition: s and not f")
    assert [severity for severity, _ in found] == ["error"]


def test_a_type_newer_than_the_catalogue_is_a_warning(tmp_path: Path) -> None:
    [(severity, sentence)] = _problems(tmp_path, "type: claude_dream_recorded\ndream_id: x")
    assert (severity, "newer than the catalogue" in sentence) == ("warning", True)


def test_without_a_type_a_field_must_belong_to_some_activity(tmp_path: Path) -> None:
    assert _problems(tmp_path, "claude_chat_id: x") == []
    assert [severity for severity, _ in _problems(tmp_path, "claude_cat_id: x")] == ["error"]


def test_other_products_fields_are_not_ours_to_judge(tmp_path: Path) -> None:
    assert _problems(tmp_path, "type: claude_chat_viewed\nnonsense: x", HEAD) == []


@pytest.mark.parametrize(
    ("detection", "severity", "words"),
    [
        ("s: {a: 1}\ncondition: s and not s", "error", "and for its opposite"),
        ("s: {type: x}\nt: {type: y}\ncondition: s and t", "error", "two different values of 'type'"),
        ("s: {a: x}\nt: {a: y}\ncondition: s and t", "warning", "only where the field holds a list"),
        ("s: {a: x}\nt: {a: null}\ncondition: s and t", "error", "missing and present at once"),
        ("s: {a: x}\nt: {b: y}\ncondition: s", "warning", "'t' is never used"),
    ],
)
def test_conditions_that_cannot_hold_are_found(tmp_path: Path, detection: str, severity: str, words: str) -> None:
    [(found, sentence)] = _problems(tmp_path, detection, HEAD)
    assert (found, words in sentence) == (severity, True)


def test_a_misspelt_key_is_a_warning_unless_marked_as_foreign(tmp_path: Path) -> None:
    [(severity, sentence)] = _problems(tmp_path, "a: 1", HEAD, "runbok: x\nx_team: blue\n")
    assert (severity, "'runbok'" in sentence) == ("warning", True)


def test_our_own_rules_need_tests_of_both_kinds_and_a_runbook(tmp_path: Path) -> None:
    rule = rule_of(tmp_path, "a: 1")
    assert validate(RuleSet((rule,))) == []
    assert [found.severity for found in validate(RuleSet((rule,)), own=True)] == ["error", "error", "error"]


def test_a_test_without_an_answer_is_an_error(tmp_path: Path) -> None:
    found = _problems(tmp_path, "a: 1", HEAD, "tests: [{event: {a: 1}}]\n")
    assert any("states neither" in sentence for severity, sentence in found if severity == "error")


def test_the_same_id_twice_is_an_error(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yml").write_text(HEAD + "detection: {s: {a: 1}, condition: s}\n")
    [found] = validate(load_rules([tmp_path]))
    assert (found.rule, found.severity, "used by 2 rules" in found.sentence) == ("two", "error", True)


def test_files_that_do_not_load_are_errors_and_sleeping_ones_warnings(tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("title: [\n")
    (tmp_path / "sleeps.yml").write_text(HEAD + "detection: {s: {'a|expand': '%x%'}, condition: s}\n")
    assert {found.rule: found.severity for found in validate(load_rules([tmp_path]))} == {
        "broken": "error", "sleeps": "warning",
    }  # fmt: skip


def test_the_rules_that_come_with_fanlight_are_without_fault() -> None:
    loaded = load_rules([own_rules()])
    assert [str(found) for found in validate(loaded, own=True)] == []
    assert len(loaded.rules) >= 9
