"""Without `--rules`, the commands on rules take those in force: the product's and the home's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import command
from support.rule_engines import HEAD

ID = "11111111-2222-4333-8444-555555555555"


def _keep(home: Path, detection: str) -> None:
    (home / "rules").mkdir()
    (home / "rules" / "house.yml").write_text(HEAD + f"detection: {detection}\n")


def test_a_broken_rule_of_the_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _keep(tmp_path, "{s: {kind: x}, condition: nothing}")
    answer = command("rules", "validate", "--home", tmp_path)
    assert answer.code == 1
    assert f"{tmp_path}/rules/house.yml" in answer.out
    monkeypatch.setenv("FANLIGHT_HOME", str(tmp_path))
    assert command("rules", "validate").out == answer.out


def test_no_tests_and_runbook_are_asked_of_a_rule_of_the_home(tmp_path: Path) -> None:
    without = command("rules", "validate", "--home", tmp_path)
    _keep(tmp_path, "{s: {kind: x}, condition: s}")
    answer = command("rules", "validate", "--home", tmp_path, "--tenant", "default")
    assert (without.code, answer.code, answer.out) == (0, 0, without.out)
    assert int(answer.err.split()[0]) == int(without.err.split()[0]) + 1


def test_every_command_on_rules_takes_a_home(tmp_path: Path) -> None:
    _keep(tmp_path, "{s: {kind: x}, condition: s}")
    events = tmp_path / "events.jsonl"
    events.write_text(json.dumps({"event": {"kind": "x"}, "rule_id": ID}))
    assert ID in command("rules", "match", "--home", tmp_path, "--events", events).out
    assert command("rules", "test", "house", "--home", tmp_path).code == 0
    assert command("rules", "coverage", "--home", tmp_path).code == 0
