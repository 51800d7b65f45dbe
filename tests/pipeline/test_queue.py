"""The content queue reads the most valuable first, each change once, and forgets nothing."""

from __future__ import annotations

from fanlight.model import HOUR, MINUTE
from fanlight.pipeline.home import Home
from fanlight.pipeline.queue import backlog, enqueue, finish, next_refs, postpone, raise_weight
from fanlight.sources.contract import ContentRef

NOW = 1_790_000_000_000_000


def ref(number: int, updated_at: int = NOW, weight: float = 1.0) -> ContentRef:
    return ContentRef(kind="chat", object_id=f"claude_chat_{number}", updated_at=updated_at, weight=weight)


def put(home: Home, *refs: ContentRef) -> int:
    with home.state.tick() as tick:
        return enqueue(tick, "claude", refs)


def waiting(home: Home, due_before: int | None = None) -> list[str]:
    return [queued.ref.object_id for queued in next_refs(home.state, "claude", 100, due_before)]


def test_the_most_valuable_comes_first(home: Home) -> None:
    put(home, ref(1), ref(2, weight=5), ref(3, weight=2))
    assert waiting(home) == ["claude_chat_2", "claude_chat_3", "claude_chat_1"]
    with home.state.tick() as tick:
        raise_weight(tick, ["claude_chat_1"], 100)
    assert waiting(home)[0] == "claude_chat_1"


def test_each_version_of_an_artifact_is_read_on_its_own(home: Home) -> None:
    """Two versions that one chat shows at once are two readings: what the older one held is not forgotten."""
    versions = [ContentRef(kind="artifact", object_id="a", version_id=name, updated_at=NOW) for name in ("v1", "v2")]
    assert put(home, *versions) == 2
    first, _ = next_refs(home.state, "claude", 10)
    with home.state.tick() as tick:
        finish(tick, "claude", first, "read", "", NOW)
    assert [queued.ref.version_id for queued in next_refs(home.state, "claude", 10)] != [first.ref.version_id]
    assert put(home, *versions) == 0


def test_an_unchanged_thing_is_queued_once(home: Home) -> None:
    assert put(home, ref(1)) == 1
    (queued,) = next_refs(home.state, "claude", 10)
    with home.state.tick() as tick:
        finish(tick, "claude", queued, "read", "", NOW)
    assert put(home, ref(1)) == 0
    assert waiting(home) == []
    assert put(home, ref(1, NOW + HOUR)) == 1
    (again,) = next_refs(home.state, "claude", 10)
    assert again.read_to == NOW


def test_a_change_while_reading_is_not_lost(home: Home) -> None:
    put(home, ref(1))
    (queued,) = next_refs(home.state, "claude", 10)
    put(home, ref(1, NOW + HOUR))
    with home.state.tick() as tick:
        finish(tick, "claude", queued, "read", "", NOW)
    assert waiting(home) == ["claude_chat_1"]


def test_a_chat_that_is_being_written_waits_until_it_is_quiet(home: Home) -> None:
    now = home.clock.now()
    put(home, ref(1, now))
    assert waiting(home, now + 9 * MINUTE) == []
    assert waiting(home, now + 11 * MINUTE) == ["claude_chat_1"]


def test_what_cannot_be_read_now_is_tried_a_few_times_and_then_counted(home: Home) -> None:
    put(home, ref(1))
    for attempt in range(5):
        (queued,) = next_refs(home.state, "claude", 10)
        assert attempt == queued.attempts
        with home.state.tick() as tick:
            postpone(tick, "claude", queued, 60, "not readable yet", broken=True)
    assert (backlog(home.state, "claude").pending, backlog(home.state, "claude").failed) == (0, 1)
    put(home, ref(1, NOW + HOUR))
    assert backlog(home.state, "claude").pending == 1


def test_what_the_vendor_will_give_later_never_counts_as_broken(home: Home) -> None:
    put(home, ref(1))
    for _ in range(20):
        (queued,) = next_refs(home.state, "claude", 10)
        with home.state.tick() as tick:
            postpone(tick, "claude", queued, 60, "not readable yet", broken=False)
    assert waiting(home) == ["claude_chat_1"]
