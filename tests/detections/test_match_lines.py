"""`rules match`: lines in, hits out."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from fanlight.detections.match import Engine, EngineMissing, LineHit, Outcome, match_lines
from fanlight.detections.rulefile import RuleSet, load_rules
from support.command import command
from support.rule_engines import HEAD

A, B = "aaaaaaaa-2222-4333-8444-555555555555", "bbbbbbbb-2222-4333-8444-555555555555"
ENGINES: list[Engine] = ["stream", "batch"]


@pytest.fixture
def rules(tmp_path: Path) -> RuleSet:
    for rule_id, value in ((A, "one"), (B, "two")):
        text = HEAD.replace("11111111-2222-4333-8444-555555555555", rule_id)
        (tmp_path / f"{value}.yml").write_text(text + f"detection: {{s: {{kind|contains: {value}}}, condition: s}}\n")
    return load_rules([tmp_path])


def _lines(*values: Any) -> list[bytes]:
    return [value if isinstance(value, bytes) else json.dumps(value).encode() for value in values]


@pytest.mark.parametrize("engine", ENGINES)
def test_lines_count_from_one_and_empty_ones_count_too(rules: RuleSet, engine: Engine) -> None:
    lines = _lines({"kind": "x"}, b"", {"kind": "one two"}, {"kind": "TWO"})
    assert list(match_lines(rules, lines, engine)) == [LineHit(A, 3), LineHit(B, 3), LineHit(B, 4)]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_envelope_can_ask_for_one_rule_by_id_or_name(rules: RuleSet, engine: Engine) -> None:
    both = {"kind": "one two"}
    lines = _lines({"event": both}, {"event": both, "rule_id": B}, {"event": both, "rule_id": "one", "expected": True},
                   {"event": both, "origin": "somewhere"})  # fmt: skip
    hits = list(match_lines(rules, lines, engine))
    assert hits == [LineHit(A, 1), LineHit(B, 1), LineHit(B, 2), LineHit(A, 3), LineHit(A, 4), LineHit(B, 4)]


def test_an_event_with_an_event_of_its_own_is_no_envelope(rules: RuleSet) -> None:
    assert list(match_lines(rules, _lines({"event": {"kind": "x"}, "kind": "one", "user": {"id": 1}}))) == [
        LineHit(A, 1)
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_cannot_be_read_or_is_unknown_is_told_and_the_rest_goes_on(rules: RuleSet, engine: Engine) -> None:
    outcome = Outcome()
    lines = _lines(b"{broken", b"[1]", b"\xff", {"event": {"kind": "one"}, "rule_id": "nobody"}, {"kind": "one"})
    assert list(match_lines(rules, lines, engine, outcome)) == [LineHit(A, 5)]
    assert (outcome.lines, outcome.unreadable, outcome.unknown_rules) == (5, [1, 2, 3], {"nobody": 4})


@pytest.mark.parametrize("engine", ENGINES)
def test_correlations_come_true_on_the_line_of_their_last_event(tmp_path: Path, engine: Engine) -> None:
    (tmp_path / "fail.yml").write_text(HEAD + "name: fail\ndetection: {s: {kind: fail}, condition: s}\n")
    (tmp_path / "burst.yml").write_text(
        "title: Burst\nname: burst\nlevel: high\ncorrelation: {type: event_count, rules: [fail], group-by: [actor.id], "
        "timespan: 5m, condition: {gte: 3}}\n"
    )
    events = [
        {"published": f"2026-05-03T10:0{minute}:00Z", "kind": "fail", "actor": {"id": who}}
        for minute, who in ((4, "a"), (0, "A"), (2, "b"), (3, "a"))
    ]
    assert list(match_lines(load_rules([tmp_path]), _lines(*events), engine)) == [LineHit("burst", 1)]


def test_an_engine_that_is_not_installed_is_one_sentence(rules: RuleSet) -> None:
    if importlib.util.find_spec("pyspark") is not None:
        pytest.skip("pyspark is installed here")
    with pytest.raises(EngineMissing, match="not installed"):
        list(match_lines(rules, [], "spark"))


def test_the_command_prints_hits_as_json_lines(tmp_path: Path, rules: RuleSet) -> None:
    (tmp_path / "broken.yml").write_text("title: [\n")
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"\n".join(_lines({"kind": "one"}, b"{", {"kind": "two"})))
    done = command("rules", "match", "--rules", str(tmp_path), "--events", str(events), "--engine", "batch")
    assert [json.loads(line) for line in done.out.splitlines()] == [
        {"rule_id": A, "line": 1}, {"rule_id": B, "line": 3},
    ]  # fmt: skip
    assert (done.code, len(done.err.splitlines())) == (0, 2)
    piped = command("rules", "match", "--rules", str(tmp_path), "--events", "-", stdin=b'{"kind": "one"}')
    assert json.loads(piped.out) == {"rule_id": A, "line": 1}


def test_bad_usage_ends_with_code_two_and_one_sentence(tmp_path: Path, rules: RuleSet) -> None:
    missing = command("rules", "match", "--rules", str(tmp_path), "--events", str(tmp_path / "none.jsonl"))
    assert (missing.code, len(missing.err.splitlines())) == (2, 1)
    lists = command("rules", "validate", "--rules", str(tmp_path), "--lists", str(tmp_path / "none.yml"))
    assert (lists.code, len(lists.err.splitlines())) == (2, 1)


def test_the_other_commands_answer_with_their_exit_codes(tmp_path: Path, rules: RuleSet) -> None:
    assert command("rules", "validate", "--rules", str(tmp_path)).code == 0
    (tmp_path / "broken.yml").write_text("title: [\n")
    assert command("rules", "validate", "--rules", str(tmp_path)).code == 1
    test = "tests: [{name: t, event: {kind: x}, expected: true}]\n"
    (tmp_path / "broken.yml").write_text(HEAD + "detection: {s: {kind: y}, condition: s}\n" + test)
    failed = command("rules", "test", "--rules", str(tmp_path))
    assert (failed.code, failed.out) == (1, "broken: t: The rule did not match.\n")
    assert command("rules", "test", "--rules", str(tmp_path), "nobody").code == 2
    covered = command("rules", "coverage", "--rules", str(tmp_path), "--format", "jsonl")
    assert json.loads(covered.out)["technique"] == "none"
