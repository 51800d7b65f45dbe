"""Walks over chats, projects, sessions and code artifacts: complete, incremental, without names."""

from __future__ import annotations

import random

import pytest

from fanlight.model import DAY, MINUTE
from support.source_fixtures import Store, collect, stream_of
from support.vendor_world import CANARY, NOW


def inventory(source, name):
    return stream_of(source.inventory_streams(), name)


@pytest.mark.parametrize(
    ("name", "count"),
    [("chats", 120), ("projects", 25), ("local_sessions", 40), ("remote_sessions", 10), ("code_artifacts", 130)],
)
def test_a_walk_lists_everything(connect, name, count):
    store = Store()
    assert collect(inventory(connect(), name), store)
    assert len(store.rows) == count


@pytest.mark.parametrize("name", ["chats", "projects", "local_sessions", "remote_sessions", "code_artifacts"])
def test_a_walk_is_complete_with_faults_and_kills(connect, simulator, name):
    calm = Store()
    collect(inventory(connect(), name), calm)
    simulator.set_faults(0.3, seed=11)
    store, dice = Store(), random.Random(4)
    for _ in range(60):
        if collect(inventory(connect(chat_page="10"), name), store, kill=dice):
            break
    simulator.set_faults(0)
    assert store.rows.keys() == calm.rows.keys()


def test_only_changed_chats_come_again(connect, world):
    store = Store()
    collect(inventory(connect(), "chats"), store)
    world.change_chat(5, NOW - MINUTE)
    again = Store(cursors=dict(store.cursors))
    collect(inventory(connect(), "chats"), again)
    assert list(again.rows) == ["claude_chat_01000005"]


def test_a_second_walk_over_projects_reads_only_what_may_have_changed(connect, simulator):
    store = Store()
    collect(inventory(connect(), "projects"), store)
    again = Store(cursors=dict(store.cursors))
    collect(inventory(connect(), "projects"), again)
    assert len(again.rows) == 1  # the newest change, because the bound is inclusive


def test_deleted_chats_are_known_and_not_read(connect):
    pages = list(inventory(connect(), "chats").pages(None))
    objects = [item for page in pages for item in page.objects]
    refs = {ref.object_id for page in pages for ref in page.refs}
    deleted = {item.object_id for item in objects if item.deleted_at is not None}
    assert len(deleted) == 6
    assert refs == {item.object_id for item in objects} - deleted


def test_names_of_chats_and_unknown_fields_are_not_kept(connect):
    pages = list(inventory(connect(), "chats").pages(None))
    assert CANARY not in repr(pages)
    assert all(item.name is None for page in pages for item in page.objects)
    assert '"unknown":{"a_field_of_tomorrow":{"length":' in pages[0].objects[0].attributes


def test_recent_chats_in_projects_are_read_before_old_loose_ones(connect, world):
    world.change_chat(1, NOW - MINUTE)
    refs = {ref.object_id: ref for page in inventory(connect(), "chats").pages(None) for ref in page.refs}
    assert refs["claude_chat_01000001"].weight > refs["claude_chat_01000000"].weight
    assert refs["claude_chat_01000000"].updated_at < NOW - 20 * DAY


def test_a_refused_chat_cursor_restarts_before_the_newest_change(connect, world):
    store = Store()
    collect(inventory(connect(), "chats"), store)
    store.cursors["chats"] = store.cursors["chats"].replace('"page":"', '"page":"x')
    world.change_chat(5, NOW - MINUTE)
    again = Store(cursors=dict(store.cursors))
    collect(inventory(connect(), "chats"), again)
    assert "claude_chat_01000005" in again.rows
    assert len(again.rows) < 20
    assert [notice.kind for notice in again.notices] == ["cursor"]


def test_pending_sessions_are_listed_and_not_read(connect):
    pages = list(inventory(connect(), "remote_sessions").pages(None))
    refs = {ref.object_id for page in pages for ref in page.refs}
    assert "cse_000" not in refs
    assert len(refs) == 9


def test_chats_cost_one_request_a_page(connect):
    source = connect(chat_page="40")
    collect(inventory(source, "chats"), Store())
    assert source.requests() == {"inventory": 3}
