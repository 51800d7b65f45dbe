"""Correlations: several matches inside a sliding window."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.detections.correlate import Hit, correlate
from fanlight.detections.correlation import Correlation
from fanlight.detections.rulefile import Rule, RuleSet, load_rules
from fanlight.model import MINUTE

BASE = """\
title: Base {name}
name: {name}
level: low
status: test
logsource: {{product: okta}}
detection: {{s: {{kind: {name}}}, condition: s}}
"""


def _rules(folder: Path, correlation: str, *names: str) -> RuleSet:
    for name in names or ("fail", "login", "export"):
        (folder / f"{name}.yml").write_text(BASE.format(name=name), "utf-8")
    head = "title: Together\nname: together\nlevel: high\nstatus: test\ncorrelation:\n"
    (folder / "together.yml").write_text(
        head + "\n".join("  " + line for line in correlation.strip().split("\n")), "utf-8"
    )
    loaded = load_rules([folder])
    assert loaded.errors == ()
    return loaded


def _found(
    rules: RuleSet, *events: tuple[float, str] | tuple[float, str, dict[str, Any]]
) -> list[tuple[float, tuple[str, ...]]]:
    """(minute of the anchor, group) of every time the correlation `together` comes true."""
    ids = {rule.name: rule.id for rule in rules.rules}
    hits = [
        Hit(ids[event[1]], int(event[0] * MINUTE), f"e{number:04d}", event[2] if len(event) > 2 else {"user": "ann"})
        for number, event in enumerate(events)
    ]
    random.Random(1).shuffle(hits)
    correlations = [rule for rule in rules.rules if rule.correlation is not None]
    return [
        (item.anchor.at / MINUTE, item.group) for item in correlate(correlations, hits) if item.rule.name == "together"
    ]


CHAIN = (
    "title: T\nname: {}\nlevel: low\n"
    "correlation: {{type: event_count, rules: [{}], timespan: 1m, condition: {{gte: 1}}}}\n"
)
COUNT = "type: event_count\nrules: [fail]\ngroup-by: [user]\ntimespan: 10m\ncondition: {gte: 3}"


def test_a_window_ends_at_every_match_and_both_ends_count(tmp_path: Path) -> None:
    rules = _rules(tmp_path, COUNT)
    assert _found(rules, (0, "fail"), (5, "fail"), (10, "fail")) == [(10, ("ann",))]
    assert _found(rules, (0, "fail"), (5, "fail"), (10.001, "fail")) == []
    assert _found(rules, (0, "fail"), (5, "fail"), (10, "fail"), (11, "fail")) == [(10, ("ann",)), (11, ("ann",))]


def test_groups_do_not_regard_case_and_lists_belong_to_several(tmp_path: Path) -> None:
    rules = _rules(tmp_path, COUNT)
    three: list[Any] = [
        (0, "fail", {"user": "Ann"}),
        (1, "fail", {"user": "ANN"}),
        (2, "fail", {"user": ("bob", "ann")}),
    ]
    assert _found(rules, *three) == [(2, ("ann",))]


def test_a_match_without_the_group_field_belongs_to_none(tmp_path: Path) -> None:
    assert _found(_rules(tmp_path, COUNT), *[(n, "fail", {"other": 1}) for n in range(5)]) == []


def test_without_groups_everything_counts_together(tmp_path: Path) -> None:
    rules = _rules(tmp_path, COUNT.replace("group-by: [user]\n", ""))
    assert _found(rules, *[(n, "fail", {}) for n in range(3)]) == [(2, ())]


def test_distinct_values_count_once_whatever_their_case(tmp_path: Path) -> None:
    rules = _rules(tmp_path, "type: value_count\nrules: [fail]\ngroup-by: [user]\ntimespan: 10m\n"
                             "condition: {gte: 3, field: file}")  # fmt: skip
    same: list[Any] = [(n, "fail", {"user": "ann", "file": name}) for n, name in enumerate(["a", "A", "b", "B"])]
    assert _found(rules, *same) == []
    assert _found(rules, *same, (5, "fail", {"user": "ann", "file": "c"})) == [(5, ("ann",))]
    assert _found(rules, *same, (10.5, "fail", {"user": "ann", "file": "c"})) == [(10.5, ("ann",))]
    assert _found(rules, *same, (12, "fail", {"user": "ann", "file": "c"})) == []


def test_temporal_wants_every_rule_in_any_order(tmp_path: Path) -> None:
    rules = _rules(tmp_path, "type: temporal\nrules: [fail, login]\ngroup-by: [user]\ntimespan: 10m")
    assert _found(rules, (0, "login"), (9, "fail")) == [(9, ("ann",))]
    assert _found(rules, (0, "login"), (11, "fail")) == []
    assert _found(rules, (0, "login"), (1, "login")) == []


def test_temporal_ordered_wants_them_in_the_stated_order(tmp_path: Path) -> None:
    rules = _rules(tmp_path, "type: temporal_ordered\nrules: [fail, login, export]\ngroup-by: [user]\ntimespan: 10m")
    assert _found(rules, (0, "fail"), (1, "login"), (2, "export")) == [(2, ("ann",))]
    assert _found(rules, (0, "login"), (1, "fail"), (2, "export")) == []
    assert _found(rules, (0, "fail"), (1, "export"), (2, "login"), (3, "export")) == [(3, ("ann",))]


def test_boolean_conditions_join_rules(tmp_path: Path) -> None:
    rules = _rules(tmp_path, "type: temporal\nrules: [fail, login, export]\ngroup-by: [user]\ntimespan: 10m\n"
                             "condition: export and (fail or login)")  # fmt: skip
    assert _found(rules, (0, "fail"), (1, "export")) == [(1, ("ann",))]
    assert _found(rules, (0, "export"), (9, "login")) == [(9, ("ann",))]
    assert _found(rules, (0, "export"), (1, "export"), (12, "login")) == []


def test_boolean_conditions_can_want_an_order(tmp_path: Path) -> None:
    rules = _rules(tmp_path, "type: temporal_ordered\nrules: [fail, login]\ngroup-by: [user]\ntimespan: 10m\n"
                             "condition: fail and login")  # fmt: skip
    assert _found(rules, (0, "login"), (1, "fail")) == []
    assert _found(rules, (0, "fail"), (1, "login")) == [(1, ("ann",))]


def test_silence_is_known_only_when_the_window_has_passed(tmp_path: Path) -> None:
    rules = _rules(tmp_path, "type: temporal\nrules: [fail, login]\ngroup-by: [user]\ntimespan: 10m\n"
                             "condition: fail and not login")  # fmt: skip
    other: Any = {"user": "bob"}
    assert _found(rules, (0, "fail"), (9, "login", other)) == []
    assert _found(rules, (0, "fail"), (10, "login", other)) == [(0, ("ann",))]
    assert _found(rules, (0, "fail"), (10, "login"), (30, "login", other)) == []
    assert _found(rules, (0, "fail"), (11, "login"), (30, "login", other)) == [(0, ("ann",))]
    ids = {rule.name: rule.id for rule in rules.rules}
    together = [rule for rule in rules.rules if rule.correlation is not None]
    lone = [Hit(ids["fail"], 0, "e0", {"user": "ann"})]
    assert [len(correlate(together, lone, horizon)) for horizon in (None, 10 * MINUTE)] == [0, 1]


@pytest.mark.parametrize(
    ("kind", "condition", "expected"),
    [
        ("value_sum", "{gte: 60, field: size}", [2]),
        ("value_avg", "{gt: 15, field: size}", [2]),
        ("value_avg", "{lte: 15, field: size}", [0, 1]),
        ("value_median", "{gte: 20, field: size}", [2]),
        ("value_percentile", "{gte: 29, field: size, percentile: 95}", [2]),
        ("value_sum", "{eq: 10, field: size}", [0]),
        ("value_sum", "{neq: 10, field: size}", [1, 2]),
    ],
)
def test_numbers_are_summed_averaged_and_ranked(
    tmp_path: Path, kind: str, condition: str, expected: list[float]
) -> None:
    rules = _rules(tmp_path, f"type: {kind}\nrules: [export]\ngroup-by: [user]\ntimespan: 10m\ncondition: {condition}")
    sizes: list[Any] = [(n, "export", {"user": "a", "size": size}) for n, size in enumerate([10, "20", 30])]
    assert [minute for minute, _ in _found(rules, *sizes, (3, "export", {"user": "a", "size": "no number"}))][
        : len(expected)
    ] == expected


def test_aliases_join_rules_that_name_the_same_thing_differently(tmp_path: Path) -> None:
    rules = _rules(tmp_path, "type: temporal\nrules: [fail, login]\ngroup-by: [who]\ntimespan: 10m\n"
                             "aliases: {who: {fail: actor.id, login: User}}")  # fmt: skip
    assert _found(rules, (0, "fail", {"actor.id": "Ann"}), (1, "login", {"user": "ann"})) == [(1, ("ann",))]


def test_a_correlation_can_build_on_another(tmp_path: Path) -> None:
    (tmp_path / "burst.yml").write_text(
        "title: Burst\nname: burst\nlevel: low\ncorrelation: {type: event_count, rules: [fail], group-by: [user], "
        "timespan: 10m, condition: {gte: 3}}\n"
    )
    rules = _rules(tmp_path, "type: temporal_ordered\nrules: [burst, login]\ngroup-by: [user]\ntimespan: 10m")
    assert _found(rules, (0, "fail"), (1, "fail"), (2, "fail"), (3, "login")) == [(3, ("ann",))]
    assert _found(rules, (0, "fail"), (1, "fail"), (3, "login")) == []
    burst = next(rule for rule in rules.rules if rule.name == "burst")
    assert (burst.reports, rules.by_id("fail").reports if rules.by_id("fail") else None) == (False, False)


def test_base_rules_report_too_when_asked(tmp_path: Path) -> None:
    rules = _rules(tmp_path, COUNT + "\ngenerate: true")
    assert {rule.name: rule.reports for rule in rules.rules} == {
        "export": True, "fail": True, "login": True, "together": True,
    }  # fmt: skip


def test_an_unknown_reference_is_a_sentence_and_takes_its_dependants_along(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(CHAIN.format("a", "nobody"))
    (tmp_path / "b.yml").write_text(CHAIN.format("b", "a"))
    loaded = load_rules([tmp_path])
    assert loaded.rules == ()
    assert [error.sentence.split(",")[0] for error in loaded.errors] == [
        "The correlation refers to 'nobody'", "The correlation refers to 'a'",
    ]  # fmt: skip


def test_correlations_in_a_circle_stay_silent_and_do_not_hang(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(CHAIN.format("a", "b"))
    (tmp_path / "b.yml").write_text(CHAIN.format("b", "a"))
    loaded = load_rules([tmp_path])
    assert correlate(loaded.rules, [Hit("a", 1, "e1", {}), Hit("b", 2, "e2", {})]) == []


_HITS = st.lists(
    st.tuples(
        st.integers(0, 12), st.sampled_from(["x", "y"]), st.sampled_from(["a", "b", None]), st.sampled_from("pq")
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(_HITS, st.sampled_from(["event_count", "value_count", "temporal", "temporal_ordered"]), st.integers(1, 3))
def test_the_sliding_window_agrees_with_looking_at_every_window_afresh(
    raw: list[tuple[int, str, str | None, str]], kind: Any, threshold: int
) -> None:
    asked = Correlation(
        type=kind, rules=("x", "y"), timespan=4, group_by=("user",), aliases={}, threshold=threshold,
        fields=("value",) if kind == "value_count" else (),
    )  # fmt: skip
    rule = Rule(id="c", name="c", title="", level="low", status="test", version="", correlation=asked)
    hits = [
        Hit(name, at, f"{n:03d}", {"value": value, **({"user": user} if user else {})})
        for n, (at, name, user, value) in enumerate(raw)
    ]
    found = {(item.anchor.event_id, item.events) for item in correlate([rule], hits)}
    expected: set[tuple[str, tuple[str, ...]]] = set()
    ordered = sorted(hits, key=lambda hit: (hit.at, hit.event_id))
    for place, anchor in enumerate(ordered):
        if "user" not in anchor.record:
            continue
        window = [
            hit for hit in ordered[: place + 1]
            if hit.record.get("user") == anchor.record["user"] and hit.at >= anchor.at - 4
        ]  # fmt: skip
        if _holds(kind, threshold, window):
            expected.add((anchor.event_id, tuple(hit.event_id for hit in window)))
    assert found == expected


def _holds(kind: str, threshold: int, window: list[Hit]) -> bool:
    if kind == "event_count":
        return len(window) >= threshold
    if kind == "value_count":
        return len({hit.record["value"] for hit in window}) >= threshold
    seen = {hit.rule_id for hit in window}
    if len(seen) < threshold:
        return False
    if kind == "temporal":
        return True
    wanted = [name for name in ("x", "y") if name in seen]
    chains = itertools.combinations([hit.rule_id for hit in window], len(wanted))
    return window[-1].rule_id == wanted[-1] and any(list(chain) == wanted for chain in chains)
