"""Facts are immutable files; only a committed name makes them count."""

from __future__ import annotations

import pytest

from fanlight.lake import Lake
from fanlight.model import DAY, HOUR, Event, Match, ObjectVersion, Reading, Rollup
from fanlight.pipeline.home import Home
from fanlight.state import Lease

NOW = 1_790_000_000_000_000


def event(number: int, at: int = NOW) -> Event:
    return Event(
        tenant="default", source="claude", product="claude", event_id=f"activity_{number}", type="claude_chat_viewed",
        family="content_view", occurred_at=at, account_key=f"claude:user_{number % 3}",
    )  # fmt: skip


def store(lake: Lake, lease: Lease, rows: list[object]) -> None:
    segments = lake.stage(rows)
    with lake.state.tick(lease) as tick:
        tick.add_segments(segments)


def test_rows_come_back_as_they_went_in(home: Home) -> None:
    """Every column of every type survives, absent values included."""
    lease = home.state.take_lease("x")
    rows = [event(number, NOW + number * HOUR) for number in range(50)]
    store(home.lake, lease, list(rows))
    with home.reader() as reader:
        assert rows == sorted(reader.rows(Event), key=lambda row: row.occurred_at)
        assert rows[:1] == reader.rows(Event, "event_id = ?", ["activity_0"])


def test_staged_rows_do_not_count_before_the_commit(home: Home) -> None:
    home.lake.stage([event(1)])
    with home.reader() as reader:
        assert reader.rows(Event) == []


def test_an_empty_store_answers(home: Home) -> None:
    with home.reader() as reader:
        for view in ("events", "objects_now", "grants_now", "links_now", "matches_now", "readings_now", "rollups"):
            assert reader.query(f"SELECT count(*) AS n FROM {view}")["n"][0].as_py() == 0


def test_compaction_changes_files_and_nothing_else(home: Home) -> None:
    lease = home.state.take_lease("x")
    for number in range(30):
        store(home.lake, lease, [event(number), event(number + 100, NOW + DAY)])
    with home.reader() as reader:
        before = sorted(row.event_id for row in reader.rows(Event))
    assert home.lake.compact(lease) == 60
    assert len(home.state.live_segments()) == 2
    with home.reader() as reader:
        assert before == sorted(row.event_id for row in reader.rows(Event))


def test_compacted_rollups_add_up(home: Home) -> None:
    lease = home.state.take_lease("x")
    for number in range(1, 26):
        row = Rollup(
            tenant="default", scope="account", entity="claude:u", dimension="type", value="view", day="2026-09-01",
            n=number, first_at=number, last_at=number,
        )  # fmt: skip
        store(home.lake, lease, [row])
    home.lake.compact(lease)
    with home.reader() as reader:
        (total,) = reader.rows(Rollup)
    assert (total.n, total.first_at, total.last_at) == (325, 1, 25)


def test_doubled_events_stop_the_compaction(home: Home) -> None:
    """Uniqueness is asserted where it would otherwise be lost for ever."""
    lease = home.state.take_lease("x")
    for _ in range(30):
        store(home.lake, lease, [event(1)])
    with pytest.raises(RuntimeError, match="not unique"):
        home.lake.compact(lease)


def test_orphans_are_swept_after_the_grace_and_live_files_are_not(home: Home) -> None:
    lease = home.state.take_lease("x")
    store(home.lake, lease, [event(1)])
    home.lake.stage([event(2)])
    assert home.lake.sweep(home.clock.now()) == 0
    assert home.lake.sweep(home.clock.now() + 2 * HOUR) == 1
    with home.reader() as reader:
        assert len(reader.rows(Event)) == 1


def test_the_current_version_is_the_last_one(home: Home) -> None:
    lease = home.state.take_lease("x")
    versions = [
        ObjectVersion(
            tenant="default", source="claude", product="claude", kind="project", object_id="claude_proj_1",
            name=name, valid_from=at, seen_at=at, removed=removed,
        )
        for name, at, removed in (("Old", NOW, False), ("New", NOW + HOUR, False), ("New", NOW + DAY, True))
    ]  # fmt: skip
    store(home.lake, lease, list(versions))
    with home.reader() as reader:
        assert [versions[-1]] == reader.rows(ObjectVersion, now=True)
        assert len(reader.rows(ObjectVersion)) == 3


def match(part: str, read_at: int, type: str = "EMAIL_ADDRESS") -> Match:
    return Match(
        tenant="default", source="claude", object_kind="chat", object_id="claude_chat_1", part_id=part,
        part_kind="message", role="user", at=NOW, category="PII", type=type, count=1, confidence=0.9, band="high",
        recognizer=type.lower(), recognizer_version=1, evidence="j***.com", read_at=read_at,
    )  # fmt: skip


def reading(read_at: int, full: bool) -> Reading:
    return Reading(
        tenant="default", source="claude", object_kind="chat", object_id="claude_chat_1", outcome="read", full=full,
        read_at=read_at,
    )  # fmt: skip


def test_a_later_reading_adds_and_a_full_one_replaces(home: Home) -> None:
    """Labels of earlier messages stay when only newer ones were read; a full reading starts again."""
    lease = home.state.take_lease("x")
    store(home.lake, lease, [match("m1", NOW), reading(NOW, full=True)])
    store(home.lake, lease, [match("m2", NOW + 1), reading(NOW + 1, full=False)])
    with home.reader() as reader:
        assert {"m1", "m2"} == {row.part_id for row in reader.rows(Match, now=True)}
    store(home.lake, lease, [match("m2", NOW + 2), reading(NOW + 2, full=True)])
    with home.reader() as reader:
        assert {"m2"} == {row.part_id for row in reader.rows(Match, now=True)}
        assert len(reader.rows(Match)) == 3


def test_readers_of_chosen_days_see_only_those_events(home: Home) -> None:
    lease = home.state.take_lease("x")
    store(home.lake, lease, [event(1), event(2, NOW + 3 * DAY)])
    with home.reader() as reader, reader.between("2026-09-21", "2026-09-22") as few:
        assert [row.event_id for row in few.rows(Event)] == ["activity_1"]


def test_full_files_are_left_alone_and_a_merge_takes_no_more_than_fits(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fanlight.lake.lake._FULL_ROWS", 50)
    monkeypatch.setattr("fanlight.lake.lake._MOST_ROWS", 40)
    lease = home.state.take_lease("x")
    now = home.clock.now()
    for number, rows in enumerate([60, *([10] * 5)]):
        page = [event(number * 100 + row, now) for row in range(rows)]
        with home.state.tick(lease) as tick:
            tick.add_segments(home.lake.stage(page))
    assert home.lake.compact(lease, at_least=3) == 4
    assert sorted(segment.rows for segment in home.state.live_segments()) == [10, 40, 60]
    with home.reader() as reader:
        assert len(reader.rows(Event)) == 110
