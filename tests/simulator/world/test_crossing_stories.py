"""Stories that cross sources: attack and twin differ in the deciding fact only, and only where they are asked for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import orjson
import pytest

from fanlight.model.times import DAY, HOUR, MINUTE, parse_time
from fanlight.simulator.crossing import crossing_rules, write_pushed
from fanlight.simulator.records import value_at
from fanlight.simulator.truth import RULES, Story
from fanlight.simulator.world import World, build_world

NOW = parse_time("2026-11-20T12:00:00Z")
SEEDS = (2, 19)


@lru_cache(maxsize=2)
def world_of(seed: int) -> World:
    return build_world(seed=seed, size="S", now=NOW, crossing=True)


def pair(world: World, rule: str) -> tuple[Story, Story]:
    (attack,) = (story for story in world.truth.crossing_stories if story.rule == rule)
    (twin,) = (story for story in world.truth.crossing_twins if story.rule == rule)
    return attack, twin


@pytest.mark.parametrize("seed", SEEDS)
def test_seven_stories_and_twins_happen_in_the_last_six_days_beside_the_nine(seed: int) -> None:
    world = world_of(seed)
    stories, twins = world.truth.crossing_stories, world.truth.crossing_twins
    assert {s.rule for s in stories} == {s.rule for s in twins} == set(crossing_rules())
    assert len(stories) == len(twins) == 7
    assert [s.rule for s in world.truth.stories] == [s.rule for s in world.truth.twins] == list(RULES)
    rows = {row.id: row for row in world.feed()}
    for story in (*stories, *twins):
        assert world.now - 6 * DAY < story.at < world.now
        assert {rows[i].actor["user_id"] for i in story.activities} == {story.user_id}
        assert len(story.sources) == 2
    everybody = [s.user_id for s in (*stories, *twins, *world.truth.stories, *world.truth.twins)]
    assert len(set(everybody)) >= len(everybody) - 2  # an administrator may play twice


def test_a_world_has_them_only_when_asked() -> None:
    world = build_world(seed=SEEDS[0], size="S", now=NOW)
    assert world.truth.crossing_stories == world.truth.crossing_twins == world.stage.besides == []


@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_twin_signed_on_at_the_identity_provider_before_it_signed_in(seed: int) -> None:
    world = world_of(seed)
    for story, expected in zip(pair(world, "sign_in_without_idp"), (0, 1), strict=True):
        person = next(p for p in world.stage.company.people if p.user_id == story.user_id)
        near = [
            row
            for row in world.okta_log()
            if row.event_type == "user.authentication.sso"
            and row.subject[0] == person.index
            and abs(row.published - story.at) <= 20 * MINUTE
        ]
        assert len(near) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_attacker_was_deactivated_before(seed: int) -> None:
    world = world_of(seed)
    attack, twin = pair(world, "deactivated_still_active")
    for story, status in ((attack, "DEPROVISIONED"), (twin, "ACTIVE")):
        person = next(p for p in world.stage.company.people if p.user_id == story.user_id)
        assert value_at(person.okta_status, story.at) == status
        others = [
            row for row in world.feed()
            if row.actor.get("user_id") == story.user_id and abs(row.created_at - story.at) < 12 * HOUR
        ]  # fmt: skip
        assert {row.id for row in others} == set(story.activities)


@pytest.mark.parametrize("seed", SEEDS)
def test_chats_are_as_sensitive_as_the_story_says(seed: int) -> None:
    world = world_of(seed)
    for rule, twin_tier in (
        ("idp_alarm_then_content", "none"), ("other_ai_beside_claude", "none"), ("unmanaged_device_content", "high"),
    ):  # fmt: skip
        attack, twin = pair(world, rule)
        assert {world.truth.chat_tier(chat) for chat in attack.chats} == {"high"}
        assert {world.truth.chat_tier(chat) for chat in twin.chats} == {twin_tier}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_pushed_is_written_as_its_senders_write_it(seed: int, tmp_path: Path) -> None:
    files = write_pushed(world_of(seed), tmp_path)
    assert set(files) == {"zscaler_zia", "claude_telemetry"}
    lines = {kind: [orjson.loads(line) for line in path.read_bytes().splitlines()] for kind, path in files.items()}
    assert all("event" in line for line in lines["zscaler_zia"])
    assert all("resourceLogs" in line for line in lines["claude_telemetry"])
