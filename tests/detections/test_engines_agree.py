"""The live executor and the SQL executor give the same hits, on random rules and events and on the shared ones."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fanlight.detections.record import Extractor, flatten
from fanlight.detections.rulefile import Rule, load_rules
from fanlight.detections.tree import (
    And,
    AnyValue,
    Compare,
    Equals,
    Exists,
    FieldsMatch,
    InNetwork,
    IsNull,
    Keyword,
    Like,
    Not,
    Or,
    Part,
    Regex,
    required_of,
)  # fmt: skip
from support.rule_engines import HEAD, judged

SHARED = Path(os.environ.get("FANLIGHT_SHARED") or Path(__file__).resolve().parents[3] / "shared")

_FIELDS = st.sampled_from(["a", "b", "c.d", "c.e"])
_TEXTS = st.sampled_from(
    ["", "x", "xy", "X", "ß", "É", "10", "2", "true", "192.0.2.7", "10.0.0.1", "x\ny", "q'", "%_", "\\"]
)
_SCALARS = st.one_of(_TEXTS, st.integers(-3, 12), st.booleans(), st.none(), st.sampled_from([1.5, 2.0, 1e20]))
_VALUES = st.one_of(_SCALARS, st.lists(_SCALARS, max_size=3))
_INNER = st.dictionaries(st.sampled_from(["d", "e", "D"]), _VALUES, max_size=2)
_EVENTS = st.fixed_dictionaries(
    {},
    optional={"a": _VALUES, "A": _VALUES, "b": _VALUES, "c": st.one_of(_INNER, st.lists(_INNER, max_size=2), _SCALARS)},
)
_FOLDED = _TEXTS.map(str.lower)
_TESTS = st.one_of(
    st.builds(Equals, st.frozensets(_FOLDED, min_size=1, max_size=3)),
    st.builds(Equals, st.frozensets(_TEXTS, min_size=1, max_size=2), st.just(True)),
    st.builds(Part, _FOLDED, st.sampled_from(["anywhere", "start", "end"])),
    st.builds(Part, _TEXTS, st.sampled_from(["anywhere", "start", "end"]), st.just(True)),
    st.sampled_from(
        [Like("x.*"), Like(".y"), Like("X.", cased=True), Regex("x.y", "s"), Regex("^[0-9]+$"), Regex("É", "i")]
    ),
    st.sampled_from([InNetwork("192.0.2.0/24"), InNetwork("10.0.0.0/8"), InNetwork("2001:db8::/32")]),
    st.builds(Compare, st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from([0, 2, 1.5])),
)
_LEAVES = st.one_of(
    st.builds(AnyValue, _FIELDS, _TESTS),
    st.builds(Keyword, _TESTS),
    st.builds(IsNull, _FIELDS),
    st.builds(Exists, _FIELDS),
    st.builds(FieldsMatch, _FIELDS, _FIELDS, st.sampled_from(["whole", "anywhere", "start", "end"])),
)
_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=5,
)


def _rule(number: int, tree: Any) -> Rule:
    return Rule(id=f"r{number}", name=f"r{number}", title="", level="low", status="test", version="", tree=tree)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_TREES, min_size=1, max_size=6), st.lists(_EVENTS, min_size=1, max_size=10))
def test_random_rules_on_random_events_give_the_same_hits(trees: list[Any], events: list[dict[str, Any]]) -> None:
    rules = [_rule(number, tree) for number, tree in enumerate(trees)]
    hits = judged(rules, events)
    for number, event in enumerate(events):
        record = flatten(event)
        for rule in rules:
            if (number, rule.id) in hits:
                needs = required_of(rule.tree) if rule.tree is not None else {}
                texts = {field: _texts(record, field) for field in needs}
                assert all(texts[field] & wanted for field, wanted in needs.items()), "pruning would lose this hit"


def _texts(record: dict[str, Any], field: str) -> set[str]:
    from fanlight.detections.record import fold_text, text_of, values_of

    return {fold_text(text_of(value)) for value in values_of(record, field)}


@settings(max_examples=200, deadline=None)
@given(_EVENTS)
def test_taking_out_wanted_fields_gives_what_flattening_gives(event: dict[str, Any]) -> None:
    whole = flatten(event)
    wanted = {"a", "b", "c.d", "c.e"}
    assert Extractor(wanted).extract(event) == {name: value for name, value in whole.items() if name in wanted}


@pytest.mark.shared
def test_every_shared_line_gets_the_expected_answer_from_both_engines() -> None:
    rules = load_rules([SHARED / "sigma"]).rules
    lines = [json.loads(line) for line in (SHARED / "sigma-events.jsonl").read_text("utf-8").splitlines()]
    hits = judged(rules, [line["event"] for line in lines])
    wrong = [n for n, line in enumerate(lines, 1) if ((n - 1, line["rule_id"]) in hits) != line["expected"]]
    assert len(lines) > 1000
    assert wrong == []


@pytest.mark.shared
def test_real_events_get_the_same_hits_from_both_engines() -> None:
    rules = load_rules([SHARED / "sigma"]).rules
    events = [
        json.loads(line)["event"]
        for path in sorted((SHARED / "samples").rglob("panther/*.ndjson"))
        for line in path.read_text("utf-8").splitlines()
    ]
    assert len(judged(rules, events)) > 20


@pytest.mark.shared
def test_loading_the_shared_rules_is_quick_and_complete() -> None:
    loaded = load_rules([SHARED / "sigma"])
    assert {error.kind for error in loaded.errors} == {"placeholder"}
    names = {error.sentence.split("'")[1]: ["x"] for error in loaded.errors}
    assert load_rules([SHARED / "sigma"], names).errors == ()


def test_the_head_of_test_rules_is_a_rule(tmp_path: Path) -> None:
    path = tmp_path / "r.yml"
    path.write_text(HEAD + "detection: {s: {a: 1}, condition: s}\n", "utf-8")
    assert [rule.name for rule in load_rules([tmp_path]).rules] == ["r"]
