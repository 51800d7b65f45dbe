"""The same seed gives the same world, however its clock is moved."""

from __future__ import annotations

import hashlib
import json

from fanlight.model.times import DAY, HOUR, MINUTE, parse_time
from fanlight.simulator.world import World, build_world

NOW = parse_time("2026-11-20T12:00:00Z")


def _digest(world: World) -> str:
    state = hashlib.sha256()
    for row in world.feed()[::7]:
        state.update(json.dumps(row.body(), sort_keys=True).encode())
    for event in world.okta_log():
        state.update(event.uuid.encode())
    for chat in world.chats()[::31]:
        state.update(json.dumps([chat.body, world.messages(chat.id)], sort_keys=True).encode())
    for project in world.projects():
        detail = [world.project_detail(project.id), world.attachments(project.id), world.collaborators(project.id)]
        state.update(json.dumps(detail, sort_keys=True).encode())
    for organization in world.organizations():
        state.update(json.dumps([row.body for row in world.users(organization.id) or ()]).encode())
        state.update(json.dumps(world.settings(organization.id)).encode())
    for row in world.okta_users():
        state.update(json.dumps(row.body).encode())
    return state.hexdigest()


def test_the_same_seed_gives_the_same_world_and_another_seed_another(world: World) -> None:
    again = build_world(seed=world.seed, size="S", now=NOW)
    assert _digest(world) == _digest(again)
    other = build_world(seed=4, size="S", now=NOW)
    assert {row.id for row in other.feed()[:99]}.isdisjoint(row.id for row in world.feed())


def test_advancing_in_steps_equals_advancing_at_once() -> None:
    stepped, leaping = (build_world(seed=5, size="S", now=NOW) for _ in range(2))
    for step in (17 * MINUTE, HOUR, 90 * MINUTE, 9 * HOUR, DAY, 3 * DAY):
        stepped.advance(NOW + step)
    seen = leaping.advance(NOW + 3 * DAY)
    assert seen > 300
    assert _digest(stepped) == _digest(leaping)


def test_a_late_row_shows_up_behind_rows_that_were_seen_before_it() -> None:
    whole = build_world(seed=6, size="S", now=NOW)
    known = len(whole.feed())
    whole.advance(NOW + 5 * DAY)
    fresh = [row for row in whole.feed() if row.visible_at > NOW]
    assert len(whole.feed()) == known + len(fresh)
    late = next(row for row in fresh if row.created_at > NOW + HOUR and row.visible_at - row.created_at > 10 * MINUTE)
    world = build_world(seed=6, size="S", now=NOW)
    world.advance(late.visible_at - 1)
    assert late.id not in {row.id for row in world.feed()}
    newest = world.feed()[-1].created_at
    assert world.advance(late.visible_at) >= 1
    assert late.id in {row.id for row in world.feed()}
    assert late.created_at < newest
    assert list(world.feed()) == sorted(world.feed(), key=lambda row: (row.created_at, row.id))


def test_one_row_in_a_hundred_is_indexed_late_and_a_few_by_hours(world: World) -> None:
    lags = [row.visible_at - row.created_at for row in world.feed()]
    assert 0.005 < sum(lag > MINUTE for lag in lags) / len(lags) < 0.015
    assert any(lag > 2 * HOUR for lag in lags)


def test_the_clock_never_runs_back(world: World) -> None:
    assert world.advance(NOW - HOUR) == 0
    assert world.now == NOW


def test_nothing_from_the_future_is_shown(world: World) -> None:
    assert max(row.created_at for row in world.feed()) <= world.now
    assert max(row.created_at for row in world.chats()) <= world.now
    assert max(row.updated_at for row in world.chats()) <= world.now
    assert max(row.created_at for row in world.projects()) <= world.now


def test_chats_change_while_the_clock_moves() -> None:
    world = build_world(seed=8, size="S", now=NOW)
    before = {row.id: row.updated_at for row in world.chats()}
    world.advance(NOW + 5 * DAY)
    after = {row.id: row.updated_at for row in world.chats()}
    assert set(before) < set(after)
    assert any(after[chat] > updated for chat, updated in before.items())
    assert all(after[chat] >= updated for chat, updated in before.items())


def test_a_real_request_leaves_its_trace() -> None:
    world = build_world(seed=8, size="S", now=NOW)
    count = len(world.feed())
    key = world.key("parent")
    row = world.record_access(key.id, "192.0.2.9", "collector/1", "https://api.anthropic.com/v1/compliance/groups", 200)
    assert len(world.feed()) == count + 1
    body = row.body()
    assert body["actor"]["api_key_id"] == key.id
    assert body["organization_uuid"] is None
