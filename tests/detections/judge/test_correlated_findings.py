"""Correlation rules give findings: the same live, in a backtest and in rule tests, whatever the order of arrival."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from facts_in_lake import in_lake

from fanlight.detections.judge import judge
from fanlight.detections.rulefile import RuleSet, load_rules, with_parts
from fanlight.detections.ruletests import run
from fanlight.detections.scenario import ScenarioFacts, build, run_tests
from fanlight.findings.lifecycle import reconcile
from fanlight.model import DAY, HOUR, MINUTE, Event, Finding, Micros, format_time, parse_time
from fanlight.state.findings import StoredFinding

DAY_OF_TEST = parse_time("2026-05-07")
PEOPLE: dict[str, Any] = {"jane": {"days": 8, "hours": [9, 12]}, "ann": {"days": 8, "hours": [9, 12]}}

#: The first document of a file is called after the file.
PARTS = """
title: Sign-in refused
name: refused
status: test
level: low
logsource: {product: okta}
detection:
  s: {type: user.session.start, result: FAILURE}
  condition: s
---
title: Signed in
name: signed_in
status: test
level: low
logsource: {product: okta}
detection:
  s: {type: user.authentication.sso}
  condition: s
---
title: File opened
name: opened
status: test
level: low
logsource: {product: claude}
detection:
  s: {type: claude_file_viewed}
  condition: s
"""
COUNT = "type: event_count\n  rules: [refused]\n  group-by: [actor.identity]\n  timespan: 10m\n  condition: {gte: 3}"
VALUES = (
    "type: value_count\n  rules: [opened]\n  group-by: [actor.identity]\n  timespan: 10m\n"
    "  condition: {gte: 3, field: claude_file_id}"
)
TOGETHER = "type: temporal\n  rules: [refused, opened]\n  group-by: [actor.identity]\n  timespan: 10m"
ORDERED = "type: temporal_ordered\n  rules: [refused, signed_in, opened]\n  group-by: [actor.identity]\n  timespan: 10m"


def rules(folder: Path, correlation: str, more: str = "") -> RuleSet:
    text = f"title: Several things\nname: several\nstatus: test\nlevel: high\n{more}\ncorrelation:\n  {correlation}\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "parts.yml").write_text(PARTS, "utf-8")
    (folder / "several.yml").write_text(text, "utf-8")
    loaded = load_rules([folder])
    assert loaded.errors == ()
    return loaded


def refused(at: str, by: str = "jane") -> dict[str, Any]:
    return {"at": at, "by": by, "type": "user.session.start", "product": "okta", "result": "FAILURE"}


def signed_in(at: str, by: str = "jane") -> dict[str, Any]:
    return {"at": at, "by": by, "type": "user.authentication.sso", "product": "okta"}


def opened(at: str, file: str, by: str = "jane") -> dict[str, Any]:
    return {"at": at, "by": by, "type": "claude_file_viewed", "claude_file_id": file, "ip": "192.0.2.10"}


def facts_of(*events: dict[str, Any]) -> ScenarioFacts:
    return build({"now": "2026-05-07", "people": PEOPLE, "events": list(events)})[0]


def found(loaded: RuleSet, *events: dict[str, Any]) -> list[Finding]:
    return judge(facts_of(*events), loaded.rules, (DAY_OF_TEST, DAY_OF_TEST + DAY))


CASES = [
    (COUNT, [refused("10:00:00"), refused("10:04:00"), refused("10:09:00")], True),
    (COUNT, [refused("10:00:00"), refused("10:04:00"), refused("10:10:01")], False),
    (COUNT, [refused("10:00:00"), refused("10:04:00"), refused("10:05:00", "ann")], False),
    (VALUES, [opened("10:00:00", "a"), opened("10:01:00", "b"), opened("10:02:00", "c")], True),
    (VALUES, [opened("10:00:00", "a"), opened("10:01:00", "b"), opened("10:02:00", "b")], False),
    (TOGETHER, [opened("10:00:00", "a"), refused("10:05:00")], True),
    (TOGETHER, [opened("10:00:00", "a"), signed_in("10:05:00")], False),
    (ORDERED, [refused("10:00:00"), signed_in("10:01:00"), opened("10:02:00", "a")], True),
    (ORDERED, [signed_in("10:00:00"), refused("10:01:00"), opened("10:02:00", "a")], False),
]
NAMES = [
    "three in ten minutes", "ten minutes and a second", "two people", "three files", "two files",
    "both in any order", "one is missing", "in order", "in another order",
]  # fmt: skip


@pytest.mark.parametrize(("correlation", "events", "expected"), CASES, ids=NAMES)
def test_each_type_is_judged_live_in_a_backtest_and_in_tests_alike(
    correlation: str, events: list[dict[str, Any]], expected: bool, tmp_path: Path
) -> None:
    loaded = rules(tmp_path / "rules", correlation)
    findings = [finding for finding in found(loaded, *events) if finding.rule == "several"]
    assert len(findings) == expected
    # A backtest reads the lake, and may be asked for this rule alone.
    (several,) = [rule for rule in loaded.rules if rule.name == "several"]
    lake = in_lake(facts_of(*events), tmp_path / "lake")
    assert judge(lake, with_parts([several], loaded.rules), (DAY_OF_TEST, DAY_OF_TEST + DAY)) == findings
    # And so do the tests inside the file.
    test = {"people": PEOPLE, "events": events, "expect": "finding" if expected else "nothing"}
    more = f"tests:\n  - {test}"
    outcomes = run(rules(tmp_path / "tested", correlation, more).rules, run_tests)
    assert [(outcome.rule, outcome.passed) for outcome in outcomes] == [("several", True)]


def test_the_finding_names_every_event_says_what_was_counted_and_starts_where_it_came_true(tmp_path: Path) -> None:
    burst = [refused(f"10:0{minute}:00") for minute in range(6)]
    (finding,) = found(rules(tmp_path, COUNT), *burst)
    assert finding.events == tuple(f"activity_{number}_0" for number in range(6))
    assert format_time(finding.at)[11:19] == "10:02:00"
    assert finding.severity == "high"
    assert finding.identity_email == "jane@example.com"
    assert finding.why[0].observed == "3 of 'Sign-in refused' in 2 min"
    assert finding.why[0].usual == "reported from at least 3 within 10 min, for each person"
    shown = [step for step in finding.evidence if step.kind == "event" and step.mark in ("new", "anchor")]
    assert [format_time(step.at)[11:16] for step in shown] == ["10:00", "10:02", "10:03"]
    assert "2 times" in shown[0].text  # equal steps stand together; the first three minutes lead to the anchor


def test_events_of_several_sources_stand_in_one_chain_in_time_order(tmp_path: Path) -> None:
    (finding,) = found(
        rules(tmp_path, ORDERED), refused("10:00:00"), signed_in("10:01:00"), opened("10:02:00", "claude_file_1")
    )
    shown = [step for step in finding.evidence if step.kind == "event" and step.mark in ("new", "anchor")]
    assert [step.source for step in shown] == ["Okta", "Okta", "Claude"]
    assert finding.events == ("activity_0_0", "activity_1_0", "activity_2_0")
    assert finding.why[0].observed.startswith("'Sign-in refused', then 'Signed in', then 'File opened' in 2 min")
    assert "it followed 'Sign-in refused', then 'Signed in' within 2 min" in finding.sentence
    assert ("file", "claude_file_1") in {(entity.kind, entity.id) for entity in finding.entities}


def test_rules_that_only_feed_report_nothing_unless_they_are_asked_to(tmp_path: Path) -> None:
    events = [refused("10:00:00"), refused("10:01:00"), refused("10:02:00")]
    assert {finding.rule for finding in found(rules(tmp_path / "a", COUNT), *events)} == {"several"}
    loud = rules(tmp_path / "b", COUNT + "\n  generate: true")
    assert {finding.rule for finding in found(loud, *events)} == {"several", "parts"}


def test_a_group_is_one_finding_for_the_time_span_and_dedup_says_otherwise(tmp_path: Path) -> None:
    both = [refused(f"10:0{n}:00", who) for n in range(3) for who in ("jane", "ann")]
    apart = found(rules(tmp_path / "a", COUNT), *both)
    assert {finding.identity_email for finding in apart} == {"jane@example.com", "ann@example.com"}
    whole = "dedup: {by: organization, period: 2h}"
    (together,) = found(rules(tmp_path / "b", COUNT, whole), *both)
    assert len(together.events) == 6
    people = {entity.id for entity in together.entities if entity.kind == "identity"}
    assert people == {"id_jane", "id_ann"}


def test_a_correlation_of_a_correlation_names_the_single_events(tmp_path: Path) -> None:
    burst = "title: Burst\nname: burst\nstatus: test\nlevel: low\ncorrelation:\n  " + COUNT
    (tmp_path / "burst.yml").write_text(burst, "utf-8")
    then = "type: temporal_ordered\n  rules: [burst, opened]\n  group-by: [actor.identity]\n  timespan: 30m"
    events = [refused("10:00:00"), refused("10:01:00"), refused("10:02:00"), opened("10:20:00", "a")]
    findings = found(rules(tmp_path, then), *events)
    assert [(finding.rule, len(finding.events)) for finding in findings] == [("several", 4)]


def test_silence_is_found_once_its_time_has_passed_and_taken_back_by_a_late_row(tmp_path: Path) -> None:
    quiet = "type: temporal\n  rules: [refused, signed_in]\n  group-by: [actor.identity]\n  timespan: 10m\n"
    loaded = rules(tmp_path, quiet + "  condition: refused and not signed_in")
    facts = facts_of(refused("10:00:00"))
    at = DAY_OF_TEST + 10 * HOUR
    assert judge(facts, loaded.rules, (DAY_OF_TEST, at + 9 * MINUTE)) == []
    assert len(judge(facts, loaded.rules, (DAY_OF_TEST, at + 11 * MINUTE))) == 1
    assert found(loaded, refused("10:00:00"), signed_in("10:09:00")) == []


def standing(stored: list[StoredFinding]) -> list[Finding]:
    return sorted((s.finding for s in stored if s.status == "open"), key=lambda finding: (finding.at, finding.id))


def judged_in_batches(facts: ScenarioFacts, batches: list[list[Event]], loaded: RuleSet) -> list[Finding]:
    """Each batch arrives, the last two days are judged again, and what changed is written down."""
    ours = {event.event_id for batch in batches for event in batch}
    known = [event for event in facts.all_events if event.event_id not in ours]
    stored: dict[str, StoredFinding] = {}
    newest: Micros = 0
    for batch in batches:
        known = [*known, *batch]
        newest = max(newest, *(event.occurred_at for event in batch))
        now_known = ScenarioFacts(all_events=known, all_links=facts.all_links, all_objects=facts.all_objects)
        window = (newest - 2 * DAY, newest + 1)
        changes = reconcile(list(stored.values()), judge(now_known, loaded.rules, window), window, newest, newest - DAY)
        for change in changes:
            stored[change.stored.finding.id] = change.stored
    return standing(list(stored.values()))


@pytest.mark.parametrize(
    "correlation", [COUNT, VALUES, TOGETHER, ORDERED], ids=["count", "values", "temporal", "order"]
)
@pytest.mark.parametrize("seed", range(4))
def test_batches_and_late_rows_give_what_one_pass_gives(correlation: str, seed: int, tmp_path: Path) -> None:
    dice = random.Random(f"{seed}{correlation}")
    clock = sorted(dice.randrange(4 * 60) for _ in range(60))
    kinds = [refused, signed_in,
             lambda at, by: opened(at, dice.choice("abcd"), by)]  # fmt: skip
    events = [dice.choice(kinds)(f"{m // 60:02d}:{m % 60:02d}:00", dice.choice(["jane", "ann"])) for m in clock]
    facts, loaded = facts_of(*events), rules(tmp_path, correlation)
    whole = judge(facts, loaded.rules, (DAY_OF_TEST - DAY, DAY_OF_TEST + DAY))
    ours = [event for event in facts.all_events if event.event_id.startswith("activity_")]
    # Every fifth row is an hour or more late, as rows that a sweep finds.
    order = sorted(ours, key=lambda e: e.occurred_at + (dice.random() < 0.2) * dice.randrange(HOUR, 5 * HOUR))
    batches = [order[start : start + 7] for start in range(0, len(order), 7)]
    found_so = judged_in_batches(facts, batches, loaded)
    assert whole
    assert [(f.id, f.events, f.severity, f.why) for f in found_so] == [
        (f.id, f.events, f.severity, f.why) for f in whole
    ]


def test_hits_without_a_pause_are_grouped_alike_whatever_was_read_before(tmp_path: Path) -> None:
    """An hourly job that matches every 20 minutes for weeks: its findings are the same day by day and at once."""
    every = [
        Event(
            tenant="default", source="okta", product="okta", event_id=f"tick_{number:05d}", type="user.session.start",
            family="sign_in", account_key="claude:user_jane", actor_kind="user_actor",
            occurred_at=DAY_OF_TEST - 20 * DAY + number * 20 * MINUTE, raw='{"result": "FAILURE"}',
        )
        for number in range(21 * 72)
    ]  # fmt: skip
    facts = facts_of()
    facts.all_events += every
    count = COUNT.replace("10m", "50m")
    loaded = rules(tmp_path, count, "dedup: {by: identity, period: 7h}")
    first = DAY_OF_TEST - 9 * DAY
    at_once = {finding.id: finding for finding in judge(facts, loaded.rules, (first, DAY_OF_TEST))}
    daily: dict[str, Finding] = {}
    for day in range(9):
        window = (first + day * DAY, first + (day + 1) * DAY)
        for finding in judge(facts, loaded.rules, window):
            daily[finding.id] = finding
    assert set(at_once) == set(daily)
    assert len(at_once) > 9 * 3
