"""The control database: one transaction a step, one writer a source."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from fanlight.model import SECOND
from fanlight.pipeline.home import Home
from fanlight.state import LeaseHeld, LeaseLost, Segment, SegmentGone, open_state, schema
from fanlight.state.signin import SignIns


def segment(path: str) -> Segment:
    return Segment(fact="events", day="2026-01-01", path=path, rows=1, bytes=1, min_at=0, max_at=0, schema_version=1)


def test_a_step_that_fails_leaves_nothing(home: Home) -> None:
    """Rows and cursor become visible together or not at all."""
    with pytest.raises(ZeroDivisionError), home.state.tick() as tick:
        tick.add_segments([segment("a")])
        tick.set_cursor("claude", "feed", "1")
        raise ZeroDivisionError
    assert home.state.live_segments() == []
    assert home.state.cursor("claude", "feed") is None


def test_a_writer_that_lost_its_lease_loses_its_step(home: Home) -> None:
    """The fence is checked inside the commit."""
    old = home.state.take_lease("source/claude", seconds=0, owner="first host")
    new = home.state.take_lease("source/claude", owner="second host")
    with pytest.raises(LeaseLost), home.state.tick(old) as tick:
        tick.set_cursor("claude", "feed", "stale")
    with home.state.tick(new) as tick:
        tick.set_cursor("claude", "feed", "fresh")
    assert home.state.cursor("claude", "feed") == "fresh"


def test_a_living_holder_keeps_its_lease(home: Home) -> None:
    held = home.state.take_lease("source/claude")
    with pytest.raises(LeaseHeld, match="Another Fanlight process"):
        home.state.take_lease("source/claude")
    home.state.release(held)
    assert held.fence < home.state.take_lease("source/claude").fence


def test_a_dead_holder_is_followed_at_once(home: Home) -> None:
    """After kill -9 nobody waits for the lease to run out."""
    home.state.take_lease("source/claude", owner="process 999999999-dead")
    assert home.state.take_lease("source/claude").fence == 2


def test_a_segment_is_replaced_once(home: Home) -> None:
    """Two compactions of the same file cannot both count."""
    with home.state.tick() as tick:
        tick.add_segments([segment("a")])
    with home.state.tick() as tick:
        tick.remove_segments(["a"])
    with pytest.raises(SegmentGone), home.state.tick() as tick:
        tick.remove_segments(["a"])


def test_migrations_make_the_tables_the_code_speaks_of(home: Home) -> None:
    with home.state.view() as connection:
        for table in schema.metadata.sorted_tables:
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_two_tenants_of_one_home_see_nothing_of_each_other(home: Home) -> None:
    with home.state.tick() as tick:
        tick.add_segments([segment("a")])
        tick.set_cursor("claude", "feed", "1")
        tick.set_fact("simulated", "yes")
    other = open_state(home.path, "other")
    assert other.live_segments() == []
    assert other.cursor("claude", "feed") is None
    assert other.fact("simulated") is None


def test_a_sign_in_link_works_once_and_expires(home: Home) -> None:
    store = SignIns(home.state)
    now = home.clock.now()
    store.add_link("hash", "admin", now + SECOND)
    assert store.use_link("hash", now) == "admin"
    assert store.use_link("hash", now) is None
    store.add_link("late", "admin", now)
    assert store.use_link("late", now + SECOND) is None
    store.add_session("session", "admin", now + SECOND)
    assert store.session_user("session", now) == "admin"
    assert store.session_user("session", now + 2 * SECOND) is None
    store.end_session("session")
    assert store.session_user("session", now) is None
