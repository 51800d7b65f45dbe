"""Each attack is there with a twin that differs in the deciding fact only, and nobody else does the like by chance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pytest

from fanlight.model import Micros
from fanlight.model.times import DAY, HOUR, MINUTE, parse_time
from fanlight.simulator.geography import COUNTRIES
from fanlight.simulator.habits import local_moment
from fanlight.simulator.okta import spot_of
from fanlight.simulator.records import Person
from fanlight.simulator.truth import RULES, Story
from fanlight.simulator.world import Activity, World, build_world

NOW = parse_time("2026-11-20T12:00:00Z")

SEEDS = (1, 7, 23)
OFFICE_COUNTRIES = {country.code for country in COUNTRIES}
KEY_TYPES = {
    "api_key_created",
    "platform_api_key_created",
    "admin_api_key_created",
    "service_key_created",
    "platform_service_account_created",
}
WorldOf = Callable[[int], World]


def _recent(world: World) -> list[Activity]:
    return [row for row in world.feed() if row.created_at > world.now - 7 * DAY]


def _rows(world: World, story: Story) -> list[Activity]:
    found = [row for row in _recent(world) if row.id in set(story.activities)]
    assert len(found) == len(story.activities)
    return found


def _country(row: Activity) -> str | None:
    ip = row.actor.get("ip_address")
    spot = spot_of(ip) if ip and ip != "0.0.0.0" else None
    return spot.code if spot else None


def _person(world: World, user_id: str) -> Person:
    return next(p for p in world.stage.company.people if p.user_id == user_id)


def _local_hour(person: Person, at: Micros) -> float:
    midnight = local_moment(person.country.timezone, at // DAY, 0.0)
    return ((at - midnight) % DAY) / HOUR


def _pair(world: World, rule: str) -> tuple[Story, Story]:
    attack = next(s for s in world.truth.stories if s.rule == rule)
    twin = next(s for s in world.truth.twins if s.rule == rule)
    return attack, twin


@pytest.mark.parametrize("seed", SEEDS)
def test_all_nine_stories_and_twins_happened_in_the_last_six_days(world_of: WorldOf, seed: int) -> None:
    world = world_of(seed)
    assert [s.rule for s in world.truth.stories] == list(RULES)
    assert [s.rule for s in world.truth.twins] == list(RULES)
    by_id = {row.id: row for row in _recent(world)}
    for story in (*world.truth.stories, *world.truth.twins, *world.truth.false_positives):
        assert world.now - 6 * DAY < story.at < world.now
        assert {by_id[i].actor.get("user_id") for i in story.activities} == {story.user_id}


@pytest.mark.parametrize("seed", SEEDS)
def test_one_story_crosses_organizations(world_of: WorldOf, seed: int) -> None:
    assert any(len(story.organizations) > 1 for story in world_of(seed).truth.stories)


@pytest.mark.parametrize("seed", SEEDS)
def test_sensitive_chats_are_opened_from_new_countries_only_by_the_thief_and_the_traveller(
    world_of: WorldOf, seed: int
) -> None:
    world = world_of(seed)
    seen: dict[str, set[str | None]] = defaultdict(set)
    tiers = {c.id: world.truth.chat_tier(c.id) for c in world.stage.company.chats if c.tier in {"moderate", "high"}}
    strange = set()
    for row in world.feed():
        user = row.actor.get("user_id")
        if user is None:
            continue
        country = _country(row)
        if row.type == "claude_chat_viewed" and row.created_at > world.now - 7 * DAY:
            fresh = country not in seen[user] or (
                country not in OFFICE_COUNTRIES and row.created_at > world.now - 7 * DAY
            )
            if fresh and tiers.get(row.body()["claude_chat_id"]) in {"moderate", "high"}:
                strange.add(row.id)
        if row.created_at < world.now - 7 * DAY:
            seen[user].add(country)
    attack, twin = _pair(world, "sensitive_chat_new_place")
    assert strange == set(attack.activities) | set(world.truth.false_positives[0].activities)
    assert not strange & set(twin.activities)
    assert {world.truth.chat_tier(c) for c in (*attack.chats, *twin.chats)} == {"high"}


@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_day_worker_opens_a_sensitive_project_at_an_hour_that_is_not_his(world_of: WorldOf, seed: int) -> None:
    world = world_of(seed)
    high = {p.id for p in world.stage.company.projects if p.tier == "high"}
    nights: dict[str, int] = defaultdict(int)
    odd = set()
    for row in world.feed():
        user = row.actor.get("user_id")
        if user is None:
            continue
        if not 0.4 <= _local_hour(_person(world, user), row.created_at) <= 5.5:
            continue
        if row.created_at < world.now - 7 * DAY:
            nights[user] += 1
        elif nights[user] < 5 and row.body().get("claude_project_id") in high:
            odd.add(row.id)
    attack, twin = _pair(world, "off_hours_sensitive_project")
    assert odd == set(attack.activities)
    assert nights[twin.user_id] >= 20
    assert attack.projects == twin.projects


@pytest.mark.parametrize("seed", SEEDS)
def test_only_two_keys_are_made_and_only_one_by_a_stranger_to_the_api(world_of: WorldOf, seed: int) -> None:
    world = world_of(seed)
    attack, twin = _pair(world, "first_api_key")
    made = {row.id for row in _recent(world) if row.type in KEY_TYPES}
    assert made == {*attack.activities, *twin.activities}

    def api_use(user: str) -> int:
        before = (r for r in world.feed() if r.created_at < world.now - 7 * DAY and r.actor.get("user_id") == user)
        return sum(1 for r in before if r.type.startswith("platform_") or r.type in KEY_TYPES)

    assert api_use(attack.user_id) == 0
    assert api_use(twin.user_id) >= 15
    assert attack.detail == twin.detail


@pytest.mark.parametrize("seed", SEEDS)
def test_only_two_people_read_dozens_of_files_in_an_hour(world_of: WorldOf, seed: int) -> None:
    world = world_of(seed)
    by_hour: dict[tuple[str, int], set[str]] = defaultdict(set)
    for row in world.feed():
        if row.type == "claude_file_viewed":
            by_hour[row.actor["user_id"], row.created_at // (30 * MINUTE)].add(row.body()["claude_file_id"])
    heavy = {user for (user, _), files in by_hour.items() if len(files) >= 8}
    attack, twin = _pair(world, "bulk_file_views")
    assert heavy == {attack.user_id, twin.user_id}
    assert world.truth.project_tier(attack.projects[0]) == "high"
    assert world.truth.project_tier(twin.projects[0]) in {"none", "low"}


@pytest.mark.parametrize("seed", SEEDS)
def test_only_two_people_rise_in_a_project_and_only_one_was_never_in_it(world_of: WorldOf, seed: int) -> None:
    world = world_of(seed)
    attack, twin = _pair(world, "project_escalation")
    grants = [row for row in _recent(world) if row.type == "role_assignment_granted"]
    risen = {row.id for row in grants if row.body()["role"].endswith((":owner", ":admin"))}
    assert risen == {*attack.activities, *twin.activities}

    def touches(story: Story) -> int:
        return sum(
            1
            for row in world.feed()
            if row.actor.get("user_id") == story.user_id
            and row.created_at < story.at
            and row.body().get("claude_project_id") == story.projects[0]
        )

    assert touches(attack) == 0
    assert touches(twin) >= 30


@pytest.mark.parametrize("seed", SEEDS)
def test_sso_goes_off_once_and_on_once_and_the_settings_follow(world_of: WorldOf, seed: int) -> None:
    world = world_of(seed)
    attack, twin = _pair(world, "sso_disabled")
    toggles = {row.id: row.body()["enabled"] for row in _recent(world) if row.type == "org_sso_toggled"}
    assert toggles == {attack.activities[0]: False, twin.activities[0]: True}
    for story, value in ((attack, False), (twin, True)):
        settings = world.settings(story.organizations[0])
        assert settings is not None
        assert {"name": "sso_enabled", "type": "boolean", "value": value} in settings["settings"]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_projects_are_opened_and_only_one_is_sensitive(world_of: WorldOf, seed: int) -> None:
    world = world_of(seed)
    attack, twin = _pair(world, "privacy_weakened")
    opened = {row.id for row in _recent(world) if row.type == "claude_project_sharing_updated"}
    assert opened == {*attack.activities, *twin.activities}
    assert world.truth.project_tier(attack.projects[0]) == "high"
    assert world.truth.project_tier(twin.projects[0]) in {"none", "low"}
    for story in (attack, twin):
        detail = world.project_detail(story.projects[0])
        assert detail is not None
        assert detail["is_private"] is False


@pytest.mark.parametrize("seed", SEEDS)
def test_only_one_sensitive_chat_changes_its_project(world_of: WorldOf, seed: int) -> None:
    world = world_of(seed)
    attack, twin = _pair(world, "sensitive_chat_moved")
    sensitive = {c.id for c in world.stage.company.chats if c.tier in {"moderate", "high"}}
    where: dict[str, str | None] = {}
    moved = set()
    for row in world.feed():
        body = row.body()
        chat = body.get("claude_chat_id")
        if chat is None or "claude_project_id" not in body:
            continue
        if row.type == "claude_chat_updated" and chat in sensitive and where.get(chat) != body["claude_project_id"]:
            moved.add(row.id)
        where[chat] = body["claude_project_id"]
    assert moved == set(attack.activities)
    assert twin.chats[0] in sensitive


@pytest.mark.parametrize("seed", SEEDS)
def test_sensitive_content_is_entered_from_a_country_without_an_office_once(world_of: WorldOf, seed: int) -> None:
    world = world_of(seed)
    attack, twin = _pair(world, "sensitive_entry_abroad")
    entered = set()
    for row in _recent(world):
        if row.type == "claude_chat_created" and _country(row) not in OFFICE_COUNTRIES:
            chat = row.body()["claude_chat_id"]
            if world.truth.chat_tier(chat) in {"moderate", "high"}:
                entered.add(chat)
    assert entered == set(attack.chats)
    for story in (attack, twin):
        person = _person(world, story.user_id)
        messages = world.messages(story.chats[0])
        assert messages
        assert 1.0 < _local_hour(person, story.at) < 4.5
        assert world.truth.planted_in_chat(story.chats[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_one_chat_is_gone_before_anybody_could_read_it(world_of: WorldOf, seed: int) -> None:
    world = world_of(seed)
    (story,) = world.truth.undecidable
    (row,) = _rows(world, story)
    assert _country(row) not in OFFICE_COUNTRIES
    chat = next(c for c in world.chats() if c.id == story.chats[0])
    assert chat.body["deleted_at"]
    assert all(message["content"] == [] for message in world.messages(chat.id) or ())


@pytest.mark.long
@pytest.mark.parametrize("seed", [11])
def test_size_m_has_the_stories_and_few_sensitive_objects(seed: int) -> None:
    world = build_world(seed=seed, size="M", now=NOW)
    assert [s.rule for s in world.truth.stories] == list(RULES)
    assert [s.rule for s in world.truth.twins] == list(RULES)
    assert len(world.truth.high_chats()) <= 0.05 * len(world.chats())
    assert len(world.truth.high_projects()) <= 0.06 * len(world.projects())
