"""What the vendor changes tomorrow stops nothing."""

from __future__ import annotations

import pytest

from fanlight.model import HOUR, SECOND
from fanlight.simulator.http.faults import SHAPE_KINDS
from fanlight.sources.contract import ContentRef
from support.source_fixtures import Store, collect, stream_of


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["claude", "okta"])
def test_new_types_nulls_and_changed_types_stop_no_stream(connect, simulator, kind, seed):
    source = connect(kind, feed_page="200", chat_page="20", log_page="100")
    simulator.set_faults(1.0, seed=seed, kinds=(*SHAPE_KINDS, "unknown_field"))
    for stream in (*source.event_streams(), *source.inventory_streams()):
        assert collect(stream, Store())
    for stream in source.snapshot_streams():
        assert list(stream.take())
    assert sum(simulator.faults_struck().values()) > 10
    simulator.set_faults(0)


@pytest.mark.parametrize("seed", range(4))
def test_content_of_another_shape_is_still_read(connect, simulator, seed):
    source = connect()
    simulator.set_faults(1.0, seed=seed, kinds=SHAPE_KINDS)
    for kind, name in (
        ("chat", "claude_chat_01000002"),
        ("local_session", "clls_0001"),
        ("project", "claude_proj_010010"),
    ):
        assert list(source.read_content(ContentRef(kind=kind, object_id=name), None))
    simulator.set_faults(0)


def test_an_unknown_type_is_stored_as_it_came(connect, simulator, world):
    simulator.set_faults(1.0, seed=3, kinds=("unknown_type",))
    store = Store()
    collect(stream_of(connect().event_streams(), "feed"), store)
    simulator.set_faults(0)
    strange = [event for event in store.rows.values() if event.type == "something_invented_later"]
    assert strange
    assert all(event.family == "other" for event in strange)


def test_a_slow_clock_does_not_hold_the_cursor_back_for_ever(connect, world, clock):
    ahead = world.now + 5 * HOUR
    world.add_activity(ahead)
    store = Store()
    feed = stream_of(connect().event_streams(), "feed")
    collect(feed, store)
    world.add_activity(ahead + 10 * SECOND)
    collect(stream_of(connect().event_streams(), "feed"), store)
    seen = store.seen
    collect(stream_of(connect().event_streams(), "feed"), store)
    assert len(store.rows) == 1002
    assert store.seen - seen <= 2
