"""A committed page also says what should be read next."""

from __future__ import annotations

from fanlight.model import DAY, Event
from fanlight.pipeline.collect import commit_events
from fanlight.pipeline.home import Home
from fanlight.pipeline.queue import enqueue, next_refs
from fanlight.sources.contract import ContentRef


def viewed(chat: str, at: int) -> Event:
    return Event(
        tenant="default", source="claude", product="claude", event_id=f"activity_{chat}", type="claude_chat_viewed",
        family="content_view", occurred_at=at, account_key="claude:user_1", chat_id=chat,
    )  # fmt: skip


def test_what_somebody_opened_within_a_day_is_read_before_everything_else(home: Home) -> None:
    now = home.clock.now()
    with home.state.tick() as tick:
        refs = [ContentRef(kind="chat", object_id=f"c{n}", updated_at=now, weight=weight)
                for n, weight in ((1, 9.0), (2, 1.0), (3, 1.0))]  # fmt: skip
        enqueue(tick, "claude", refs)
    lease = home.state.take_lease("x")
    commit_events(home, lease, "claude", "feed", [viewed("c2", now), viewed("c3", now - 2 * DAY)], "1")
    assert [queued.ref.object_id for queued in next_refs(home.state, "claude", 10)] == ["c2", "c1", "c3"]
