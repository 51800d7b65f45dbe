"""What rules mean: every line of `meaning.yml` is judged by the live executor and by SQL, which must agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from fanlight.detections.stream import Index
from support.rule_engines import judged, rule_of

_TABLE = yaml.safe_load((Path(__file__).parent / "meaning.yml").read_text("utf-8"))


@pytest.mark.parametrize("row", [*_TABLE["values"], *_TABLE["conditions"]], ids=lambda row: row["promise"])
def test_meaning(tmp_path: Path, row: dict[str, Any]) -> None:
    rule = rule_of(tmp_path, row["rule"])
    hits = judged([rule], [*row["hits"], *row["misses"]])
    assert hits == {(number, rule.id) for number in range(len(row["hits"]))}


def test_lists_fill_placeholders_in_texts_and_expressions(tmp_path: Path) -> None:
    lists = {"admins": ["root", "ops-*"], "hosts": ["a.example.com"]}
    rule = rule_of(tmp_path, "a|expand: 'corp\\%admins%'\nb|re|expand: '^%hosts%$'", lists)
    events = [
        {"a": "corp\\ROOT", "b": "a.example.com"}, {"a": "corp\\ops-7", "b": "a.example.com"},
        {"a": "corp\\ops", "b": "a.example.com"}, {"a": "corp\\root", "b": "aXexample.com"},
    ]  # fmt: skip
    assert judged([rule], events) == {(0, rule.id), (1, rule.id)}


def test_a_hostile_value_is_judged_quickly(tmp_path: Path) -> None:
    rule = rule_of(tmp_path, "a|re: '(a+)+$'")
    assert judged([rule], [{"a": "a" * 5000 + "!"}, {"a": "aaa"}]) == {(1, rule.id)}


def test_text_that_is_no_unicode_is_judged_without_failing(tmp_path: Path) -> None:
    rule = rule_of(tmp_path, "a|re: 'x'\nb: q*r*s")
    assert Index([rule]).match({"a": "\ud800x", "b": "q\udfffr s"}) == [rule]
