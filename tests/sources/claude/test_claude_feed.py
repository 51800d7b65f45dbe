"""The feed arrives complete and once, whatever happens on the way."""

from __future__ import annotations

import random

import pytest

from fanlight.model import HOUR, MINUTE, SECOND
from support.source_fixtures import Store, collect, stream_of
from support.vendor_world import CANARY, NOW, SECRET


def served(world):
    return {row.id for row in world.feed() if row.type != "compliance_api_accessed"}


def feed_of(source):
    return stream_of(source.event_streams(), "feed")


def test_a_first_walk_brings_everything_that_is_served(connect, world):
    store = Store()
    assert collect(feed_of(connect(feed_page="300")), store)
    assert set(store.rows) == served(world)


def test_history_costs_one_request_a_page_and_one_for_the_newest_two_minutes(connect, world):
    source = connect(feed_page="100")
    collect(feed_of(source), Store())
    assert source.requests() == {"feed": 10 + 1}


def test_a_second_walk_from_the_cursor_brings_only_what_is_new(connect, world, clock):
    store = Store()
    collect(feed_of(connect()), store)
    before = set(store.rows)
    seen = store.seen
    new = world.add_activity(NOW - SECOND)
    collect(feed_of(connect()), store)
    assert set(store.rows) - before == {new.id}
    assert store.seen - seen < 40  # only the rows of the last two minutes come again


def test_a_row_indexed_a_minute_late_is_found_by_the_next_poll(connect, world, clock):
    store = Store()
    collect(feed_of(connect()), store)
    late = world.add_activity(NOW - 60 * SECOND)
    clock.sleep(30)
    collect(feed_of(connect()), store)
    assert late.id in store.rows


def test_a_row_indexed_three_hours_late_is_found_by_a_sweep_and_marked(connect, world):
    world.add_activity(NOW - HOUR)
    store = Store()
    collect(feed_of(connect()), store)
    late = world.add_activity(NOW - 3 * HOUR)
    source = connect()
    collect(feed_of(source), store)
    assert late.id not in store.rows
    pages = list(feed_of(source).sweep(NOW - 4 * HOUR, NOW))
    found = {event.event_id: event for page in pages for event in page.events}
    assert found[late.id].late
    assert not pages[-1].more


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_complete_and_once_with_faults_and_kills(connect, simulator, world, seed):
    simulator.set_faults(0.3, seed=seed)
    store, dice = Store(), random.Random(seed)
    for _ in range(200):
        if collect(feed_of(connect(feed_page="30")), store, kill=dice):
            break
    assert sum(simulator.faults_struck().values()) > 5
    simulator.set_faults(0)
    collect(feed_of(connect(feed_page="100")), store)
    assert set(store.rows) == served(world)
    assert simulator.deletes == 0


def test_a_refused_cursor_restarts_before_the_newest_event_and_says_so(connect, world):
    store = Store()
    collect(feed_of(connect()), store)
    store.cursors["feed"] = store.cursors["feed"].replace('"after":"', '"after":"bad')
    new = world.add_activity(NOW - MINUTE)
    collect(feed_of(connect()), store)
    assert new.id in store.rows
    assert [notice.kind for notice in store.notices] == ["cursor"]
    assert "no longer accepts" in store.notices[0].sentence


def test_the_live_loop_never_sees_the_traces_of_the_collector(connect, simulator, world, clock):
    source = connect()
    collect(feed_of(source), Store())
    simulator.advance(60)
    store = Store()
    collect(feed_of(connect()), store)
    assert all(event.type != "compliance_api_accessed" for event in store.rows.values())


def test_calls_of_other_keys_are_kept_and_our_own_are_counted(connect, simulator, world):
    source = connect()
    collect(feed_of(source), Store())
    simulator.advance(60)
    world.record_access(
        "apikey_01other", "203.0.113.9", "soc-tool/1", "https://api.anthropic.com/v1/compliance/groups", 200
    )
    own = stream_of(source.event_streams(), "own_traffic")
    store = Store()
    collect(own, store)
    assert {event.actor_id for event in store.rows.values()} == {"apikey_01other"}
    assert own.own_rows >= 2
    assert own.own_key_id == "apikey_01own"


def test_a_delete_by_our_own_key_is_never_hidden(connect, world):
    source = connect()
    agent = source.api.client.agent
    row = world.record_access("apikey_01own", "198.51.100.20", agent, "https://x.example", 403, method="DELETE")
    store = Store()
    collect(stream_of(source.event_streams(), "own_traffic"), store)
    assert row.id in store.rows


def test_no_content_stays_in_an_event_and_what_was_taken_is_handed_to_the_labeller(connect, world):
    events, content = [], []
    for page in feed_of(connect()).pages(None):
        events += page.events
        content += page.content
    assert all(CANARY not in repr(event) for event in events)
    sealed = {piece.event_id for piece in content}
    with_content = {row.id for row in world.feed() if row.type in ("claude_file_viewed", "claude_artifact_published")}
    assert sealed == with_content
    assert '"sealed":true' in next(event.raw for event in events if event.type == "claude_file_viewed")


def test_the_feed_asks_only_with_get_and_always_with_the_version(connect, simulator):
    collect(feed_of(connect()), Store())
    stats = simulator.stats()
    assert stats["methods"] == {"GET": stats["total"]}
    assert stats["without_version"] == 0
    assert SECRET not in str(stats)
