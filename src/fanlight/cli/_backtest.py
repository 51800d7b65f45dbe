"""Rules over stored history: what `rules backtest` and `rules diff` show. Nothing is stored and nobody is told."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanlight.cli.common import Exit, end, open_home

if TYPE_CHECKING:
    from fanlight.detections.rulefile import Rule
    from fanlight.model import Finding, Micros

__all__ = ["differences", "finding_row", "history", "summary", "window_of"]


def window_of(since: str, until: str | None, newest: Micros) -> tuple[Micros, Micros]:
    """Begin and end of a backtest from `90d` or a time. Ends with exit code 2 on anything else."""
    from fanlight.detections.outcome import duration
    from fanlight.model import parse_time

    try:
        stop = newest if until is None else parse_time(until)
        start = parse_time(since) if "-" in since else stop - duration(since)
    except ValueError:
        end(Exit.USAGE, "Give --since as 90d or as a time such as 2026-05-03T00:00:00Z, and --until as a time.")
    if start >= stop:
        end(Exit.USAGE, "The backtest would end before it begins; check --since and --until.")
    return start, stop


def history(
    rule_sets: Sequence[Sequence[Rule]], since: str, until: str | None, home: Path | None, tenant: str
) -> tuple[list[list[Finding]], float, tuple[Micros, Micros]]:
    """Findings of each set of rules over the stored facts, with seconds spent, and the window."""
    from fanlight.detections.judge import judge
    from fanlight.pipeline.judging import load_facts

    opened = open_home(home, tenant)
    started = time.monotonic()
    try:
        with opened.reader(memory="3GB") as reader:
            newest = reader.query("SELECT max(occurred_at) AS at FROM events").to_pylist()[0]["at"]
            if newest is None:
                end(Exit.USAGE, "There are no events yet; run `fanlight sync` or `fanlight import` first.")
            window = window_of(since, until, int(newest) + 1)
            facts = load_facts(opened, reader)
            found = [judge(facts, rules, window) for rules in rule_sets]
    except ValueError as problem:
        end(Exit.USAGE, str(problem))
    finally:
        opened.close()
    return found, time.monotonic() - started, window


def summary(rules: Sequence[Rule], findings: Sequence[Finding], window: tuple[Micros, Micros]) -> list[dict[str, Any]]:
    """One row a rule: findings, a day, people, and the newest as an example. Silent rules are rows too."""
    from fanlight.model import DAY, format_time

    days = max((window[1] - window[0]) / DAY, 1 / 24)
    rows = []
    for rule in rules:
        own = [finding for finding in findings if finding.rule == rule.name]
        people = {finding.identity_id for finding in own if finding.identity_id}
        newest = max(own, key=lambda finding: finding.at, default=None)
        rows.append(
            {
                "rule": rule.name,
                "findings": len(own),
                "per_day": round(len(own) / days, 2),
                "people": len(people),
                "newest": format_time(newest.at) if newest else None,
                "example": newest.sentence if newest else None,
            }
        )
    return rows


def finding_row(finding: Finding) -> dict[str, Any]:
    """A finding of a backtest as a row."""
    from fanlight.model import format_time

    return {
        "id": finding.id,
        "rule": finding.rule,
        "severity": finding.severity,
        "time": format_time(finding.at),
        "identity": finding.identity_email or finding.identity_id,
        "events": list(finding.events),
        "sentence": finding.sentence,
    }


def differences(before: Sequence[Finding], after: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings that only one version gives, or whose events or severity differ; in order of time."""
    old, new = {item.id: item for item in before}, {item.id: item for item in after}
    rows: list[tuple[int, dict[str, Any]]] = []
    for finding_id in old.keys() | new.keys():
        was, is_ = old.get(finding_id), new.get(finding_id)
        if was is None and is_ is not None:
            rows.append((is_.at, {"change": "new", **finding_row(is_)}))
        elif is_ is None and was is not None:
            rows.append((was.at, {"change": "gone", **finding_row(was)}))
        elif was is not None and is_ is not None and (was.events, was.severity) != (is_.events, is_.severity):
            rows.append((is_.at, {"change": "changed", **finding_row(is_)}))
    return [row for _, row in sorted(rows, key=lambda pair: (pair[0], pair[1]["id"]))]
