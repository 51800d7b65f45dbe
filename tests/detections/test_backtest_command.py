"""`rules backtest` and `rules diff` over a store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import command
from support.rule_engines import HEAD


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    events = [
        {"uuid": f"e{day}", "published": f"2026-05-0{day}T10:00:00.000Z", "eventType": "system.api_token.create",
         "actor": {"id": "00u1", "type": "User", "alternateId": "ann@example.com"}, "outcome": {"result": result}}
        for day, result in ((3, "SUCCESS"), (4, "FAILURE"))
    ]  # fmt: skip
    (tmp_path / "okta.jsonl").write_text("\n".join(json.dumps(event) for event in events))
    assert command("import", "okta", str(tmp_path / "okta.jsonl"), "--home", tmp_path / "home").code == 0
    for name, more in (("old", ""), ("new", ", outcome.result: SUCCESS")):
        (tmp_path / name).mkdir()
        rule = HEAD + f"detection: {{s: {{eventtype: system.api_token.create{more}}}, condition: s}}\n"
        (tmp_path / name / "token.yml").write_text(rule)
    return tmp_path


def test_history_is_judged_without_a_trace_and_versions_are_compared(filled: Path) -> None:
    home = filled / "home"
    done = command(
        "rules", "backtest", "--rules", str(filled / "old"), "--format", "jsonl", "--since", "30d", "--home", home
    )
    [row] = [json.loads(line) for line in done.out.splitlines()]
    assert (row["rule"], row["findings"], row["people"], row["newest"]) == (
        "token",
        2,
        1,
        "2026-05-04T10:00:00.000000Z",
    )
    assert command("export", "findings", "--home", home).out == ""
    diff = command("rules", "diff", str(filled / "old"), str(filled / "new"), "--format", "jsonl", "--home", home)
    [change] = [json.loads(line) for line in diff.out.splitlines()]
    assert (diff.code, change["change"], change["events"]) == (1, "gone", ["e4"])


def test_a_backtest_without_events_or_with_a_bad_time_is_one_sentence(filled: Path) -> None:
    empty = command("rules", "backtest", "--home", filled / "other")
    assert (empty.code, len(empty.err.splitlines())) == (2, 1)
    wrong = command("rules", "backtest", "--since", "soon", "--home", filled / "home")
    assert (wrong.code, len(wrong.err.splitlines())) == (2, 1)
