"""What was done in a time that an analyst called an attack is nobody's habit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from facts_in_lake import in_lake

from fanlight.detections.context import Context
from fanlight.detections.facts import Attack
from fanlight.detections.judge import judge
from fanlight.detections.rulefile import load_rules, own_rules
from fanlight.detections.scenario import ScenarioFacts, build
from fanlight.model import DAY, HOUR, Event, Finding, Micros, parse_time

DAY_OF_TEST = parse_time("2026-05-07")
BEFORE = DAY_OF_TEST - 10 * DAY
ABROAD = "203.0.113.47"
TEST: dict[str, Any] = {
    "now": "2026-05-07",
    "people": {"jane": {"department": "Finance", "ip": "192.0.2.10", "days": 60}},
    "others": 20,
    "places": {"192.0.2.0/24": {"country": "DE"}, "203.0.113.0/24": {"country": "CA", "kind": "hosting"}},
    "chats": {"claude_chat_1": {"labels": ["SECRET"], "sensitivity": "high", "owner": "jane", "age_days": 20}},
    "events": [
        {"at": "02:14:09", "by": "jane", "type": "claude_chat_viewed", "ip": ABROAD, "claude_chat_id": "claude_chat_1"}
    ],
}


def earlier_attack(times: int = 6) -> list[Event]:
    """The same intruder, ten days before, at home in the hosting network for some hours."""
    return [
        Event(
            tenant="default", source="claude", product="claude", event_id=f"attack_{number}", type="claude_chat_viewed",
            family="content_view", account_key="claude:user_jane", actor_kind="user_actor", actor_id="user_jane",
            occurred_at=BEFORE + 2 * HOUR + number * HOUR // 4, ip=ABROAD,
        )
        for number in range(times)
    ]  # fmt: skip


def facts_of(attacks: Sequence[Attack] = ()) -> ScenarioFacts:
    facts, _ = build(TEST)
    facts.all_events += earlier_attack()
    facts.all_attacks = list(attacks)
    return facts


def found(facts: Any) -> list[Finding]:
    rule = load_rules([own_rules()]).by_id("sensitive_chat_new_place")
    assert rule is not None
    return judge(facts, [rule], (DAY_OF_TEST, DAY_OF_TEST + DAY))


def window(since: Micros = BEFORE + 2 * HOUR, until: Micros = BEFORE + 4 * HOUR) -> Attack:
    return Attack(frozenset({"claude:user_jane"}), since, until)


def test_an_attack_that_nobody_called_one_makes_its_place_usual() -> None:
    assert found(facts_of()) == []


def test_the_second_visit_of_an_intruder_is_found_although_the_first_was_long_enough_to_teach() -> None:
    (finding,) = found(facts_of([window()]))
    assert finding.events == ("activity_0_0",)
    (place,) = [why for why in finding.why if why.fact == "country"]
    assert "Canada" not in place.usual


def test_the_lake_forgets_it_as_memory_does(tmp_path: Path) -> None:
    facts = facts_of([window()])
    lake = in_lake(facts, tmp_path)
    lake.known_attacks = facts.all_attacks
    assert found(lake) == found(facts)


def test_what_the_person_did_that_day_outside_of_the_attack_still_counts() -> None:
    with_attack = Context(facts_of([window()]), DAY_OF_TEST, DAY_OF_TEST + DAY).baseline("id_jane", DAY_OF_TEST)
    honest, _ = build(TEST)
    without = Context(honest, DAY_OF_TEST, DAY_OF_TEST + DAY).baseline("id_jane", DAY_OF_TEST)
    assert with_attack.events == without.events
    assert with_attack.values("ip") == without.values("ip")
    assert with_attack.values("hour") == without.values("hour")


def test_nobody_else_is_measured_by_an_attackers_places() -> None:
    spread = Context(facts_of([window()]), DAY_OF_TEST, DAY_OF_TEST + DAY).spread("country")
    assert spread.holders("CA", "2026-05-07") == 0
    taught = Context(facts_of(), DAY_OF_TEST, DAY_OF_TEST + DAY).spread("country")
    assert taught.holders("CA", "2026-05-07") == 1
