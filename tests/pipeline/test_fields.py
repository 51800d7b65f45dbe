"""What a source takes out of its events is labelled in memory, on what the event is about, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from fanlight.model import HOUR, Event, Match, Micros, Reading, Sealed, parse_time
from fanlight.pipeline.collect import collect_events
from fanlight.pipeline.home import Home
from fanlight.sources.contract import ContentPart, EventContent, EventPage
from fanlight.state import LeaseLost
from support.canaries import find_leaks_apart

NOW = parse_time("2026-05-07T10:00:00Z")
CARD = "4111 1111 1111 1111"
TITLE = f"Refund to card {CARD}, zanzibarquartz"


@dataclass
class Feed:
    """A stream with the pages given; each answer seals its texts anew, as a source does."""

    rows: Sequence[Sequence[tuple[Event, str | None]]]
    name: str = "feed"
    poll_seconds: float = 5.0
    kind: str = "claude"
    late: Sequence[tuple[Event, str | None]] = field(default=())

    def pages(self, cursor: str | None) -> Iterator[EventPage]:
        begun = int(cursor or 0)
        for number, rows in enumerate(self.rows[begun:], begun + 1):
            yield self._page(rows, str(number), number < len(self.rows))

    def sweep(self, since: Micros, until: Micros) -> Iterator[EventPage]:
        del since, until
        yield self._page([row for rows in self.rows for row in rows] + list(self.late), "", False)

    def _page(self, rows: Sequence[tuple[Event, str | None]], cursor: str, more: bool) -> EventPage:
        content = [
            EventContent(
                event_id=event.event_id,
                part=ContentPart(part_id=f"{event.event_id}#title", part_kind="field", sealed=Sealed(text)),
            )
            for event, text in rows
            if text is not None
        ]
        return EventPage(events=[event for event, _ in rows], cursor=cursor, more=more, content=content)


def event(number: int, **names: Any) -> Event:
    return Event(
        tenant="default", source="claude", product="claude", event_id=f"activity_{number}", type="claude_chat_updated",
        family="content_change", occurred_at=NOW + number * HOUR, account_key="claude:user_1", **names,
    )  # fmt: skip


def collect(home: Home, feed: Feed) -> None:
    lease = home.state.take_lease("source/claude")
    collect_events(home, lease, feed, feed, lambda _what, _count: None)  # type: ignore[arg-type]
    home.state.release(lease)


def matches(home: Home) -> list[Match]:
    with home.reader() as reader:
        return sorted(reader.rows(Match, now=True), key=lambda match: (match.object_id, match.type))


def test_a_title_labels_the_chat_that_its_event_is_about(home: Home) -> None:
    collect(home, Feed([[(event(0, chat_id="chat_1", project_id="proj_1"), TITLE)]]))
    (match,) = [match for match in matches(home) if match.category == "PAYMENT_CARD"]
    assert (match.object_kind, match.object_id, match.project_id) == ("chat", "chat_1", "proj_1")
    assert (match.at, match.owner_account, match.evidence) == (NOW, "claude:user_1", "Visa ends in 1111")


@pytest.mark.parametrize(
    ("names", "subject"),
    [
        ({"file_id": "file_1", "chat_id": "chat_1"}, ("file", "file_1")),
        ({"project_id": "proj_1"}, ("project", "proj_1")),
        ({}, ("event", "activity_0")),
    ],
)
def test_what_an_event_is_about(home: Home, names: dict[str, str], subject: tuple[str, str]) -> None:
    collect(home, Feed([[(event(0, **names), TITLE)]]))
    assert {(match.object_kind, match.object_id) for match in matches(home)} == {subject}


def test_nothing_of_the_text_is_kept_anywhere(home: Home) -> None:
    collect(home, Feed([[(event(0, chat_id="chat_1"), TITLE)]]))
    assert matches(home)
    assert find_leaks_apart([home.path], {TITLE, CARD, "zanzibarquartz"}) == []


def test_the_same_title_in_many_events_is_one_match_since_the_first(home: Home) -> None:
    seen = [(event(number, chat_id="chat_1"), TITLE) for number in (3, 1, 2)]
    collect(home, Feed([seen[:1], seen[1:]]))
    assert [match.at for match in matches(home) if match.category == "PAYMENT_CARD"] == [NOW + HOUR]


def test_pages_that_come_again_and_sweeps_label_nothing_twice(home: Home) -> None:
    feed = Feed([[(event(0, chat_id="chat_1"), TITLE)]], late=[(event(5, chat_id="chat_2"), TITLE)])
    collect(home, feed)
    feed.rows = [feed.rows[0], feed.rows[0]]
    collect(home, feed)
    with home.reader() as reader:
        stored = reader.rows(Match, "category = 'PAYMENT_CARD'")
    assert sorted(match.object_id for match in stored) == ["chat_1", "chat_2"]  # chat_2 came with a late row


def test_a_writer_that_lost_its_lease_leaves_neither_event_nor_label_and_the_next_one_has_both(home: Home) -> None:
    feed = Feed([[(event(0, chat_id="chat_1"), TITLE)]])
    lost = home.state.take_lease("source/claude")
    home.state.release(lost)
    other = home.state.take_lease("source/claude")
    with pytest.raises(LeaseLost):
        collect_events(home, lost, feed, feed, lambda _what, _count: None)  # type: ignore[arg-type]
    with home.reader() as reader:
        assert reader.rows(Event) == []
    assert matches(home) == []
    home.state.release(other)
    collect(home, feed)
    assert [match.category for match in matches(home)].count("PAYMENT_CARD") == 1


def test_reading_the_chat_itself_does_not_take_the_title_away(home: Home) -> None:
    collect(home, Feed([[(event(0, chat_id="chat_1"), TITLE)]]))
    reading = Reading(
        tenant="default", source="claude", object_kind="chat", object_id="chat_1", outcome="read", full=True,
        read_at=home.clock.now() + HOUR,
    )  # fmt: skip
    segments = home.lake.stage([reading])
    with home.state.tick() as tick:
        tick.add_segments(segments)
    assert [match.category for match in matches(home)].count("PAYMENT_CARD") == 1


def test_a_title_without_anything_sensitive_leaves_nothing(home: Home) -> None:
    collect(home, Feed([[(event(0, chat_id="chat_1"), "Quarterly planning")]]))
    assert matches(home) == []
    with home.reader() as reader:
        assert reader.rows(Reading) == []
