"""Judging with both executors at once: every test of a rule's meaning is also a test that they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from fanlight.detections.batch import Batch
from fanlight.detections.record import flatten
from fanlight.detections.rulefile import Rule, load_rules
from fanlight.detections.stream import Index

HEAD = """\
title: A rule
id: 11111111-2222-4333-8444-555555555555
status: test
level: medium
logsource:
  product: okta
"""


def rule_of(folder: Path, detection: str, lists: Mapping[str, Sequence[str]] | None = None, head: str = HEAD) -> Rule:
    """The rule with this `detection` block. A block of one part needs no condition."""
    text = dedent(detection)
    if "condition:" not in text:
        text = "selection:\n" + indent(text, "  ") + "\ncondition: selection\n"
    path = folder / "rule.yml"
    path.write_text(head + "detection:\n" + indent(text, "  "), "utf-8")
    loaded = load_rules([path], lists)
    assert loaded.errors == (), str(loaded.errors[0])
    return loaded.rules[0]


def judged(rules: Sequence[Rule], events: Sequence[Mapping[str, Any]]) -> set[tuple[int, str]]:
    """(event, rule id) of every hit; fails when the executors, or the two ways to make a record, differ."""
    index, batch = Index(rules), Batch(rules)
    live = {(number, rule.id) for number, event in enumerate(events) for rule in index.match_raw(event)}
    flat = {(number, rule.id) for number, event in enumerate(events) for rule in index.match(flatten(event))}
    sql = {(number, rule.id) for number, rule in batch.match([batch.extract(event) for event in events])}
    assert live == sql, f"only live: {live - sql}, only in SQL: {sql - live}"
    assert flat <= live, f"only on flat records: {flat - live}"
    return live
