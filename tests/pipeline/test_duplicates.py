"""An event is stored once, however often it arrives."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from fanlight.model import DAY, Event
from fanlight.pipeline.collect import commit_events
from fanlight.pipeline.duplicates import fresh_events, keep_keys
from fanlight.pipeline.home import Home


def event(number: int, at: int) -> Event:
    return Event(
        tenant="default", source="claude", product="claude", event_id=f"activity_{number}", type="claude_chat_viewed",
        family="content_view", occurred_at=at, account_key="claude:user_1", ip="192.0.2.7",
    )  # fmt: skip


@pytest.mark.parametrize("age_days", [0, 3, 30, -2])
def test_a_page_that_comes_again_adds_nothing(home: Home, age_days: int) -> None:
    """Recent rows by their key hash, old ones by the key column of their day, future ones too."""
    lease = home.state.take_lease("x")
    at = home.clock.now() - age_days * DAY
    page = [event(number, at + number) for number in range(100)]
    assert commit_events(home, lease, "claude", "feed", page, "1") == 100
    assert commit_events(home, lease, "claude", "feed", page, "2") == 0
    assert commit_events(home, lease, "claude", "feed", [*page, event(100, at)], "3") == 1
    with home.reader() as reader:
        assert len(reader.rows(Event)) == 101
        assert reader.query("SELECT sum(n)::BIGINT AS n FROM rollups WHERE dimension = 'type' "
                                   "AND scope = 'account'")["n"][0].as_py() == 101  # fmt: skip


def test_a_page_that_holds_a_row_twice_counts_it_once(home: Home) -> None:
    now = home.clock.now()
    assert len(fresh_events(home.lake, [event(1, now), event(1, now)], now)) == 1


def test_two_writers_cannot_both_store_the_same_new_event(home: Home) -> None:
    """The second commit fails whole instead of counting twice."""
    page = [event(1, home.clock.now())]
    with home.state.tick() as tick:
        keep_keys(tick, page)
    with pytest.raises(IntegrityError), home.state.tick() as tick:
        keep_keys(tick, page)
