"""The two forms of audit log, on vendors made of a few lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from fanlight.model import DAY, HOUR, MINUTE, Event, Micros
from fanlight.sources.contract import CursorRefused, SourceError
from fanlight.sources.http import ErrorFacts, HttpRefusal
from fanlight.sources.logs import LinkedLog, PageReader, Record, WindowedLog
from fanlight.sources.sealing import SealedField
from support.source_fixtures import JumpingClock, Store, collect

NOW = JumpingClock().now()


def mapped(record: Record) -> Iterator[tuple[Event, Sequence[SealedField]]]:
    yield (
        Event(tenant="t", source="s", product="p", event_id=record["id"], type="x", family="other",
              occurred_at=record["at"]),
        (),
    )  # fmt: skip


READER = PageReader(what="the log", map_record=mapped, clock=JumpingClock())


def refusal(status: int) -> HttpRefusal:
    return HttpRefusal("no", kind="refused", status=status, facts=ErrorFacts())


def rows(count: int, every: Micros) -> list[dict[str, Any]]:
    return [{"id": f"e{number}", "at": NOW - DAY + number * every} for number in range(count)]


class Windows:
    """A vendor of windows with pages of ten; wider ones than `widest` it cannot answer."""

    def __init__(self, held: list[dict[str, Any]], widest: Micros = 10 * DAY) -> None:
        self.held = held
        self.widest = widest
        self.asked: list[tuple[Micros, Micros | None]] = []
        self.dying: set[str] = set()

    def ask(
        self, since: Micros, until: Micros | None, token: str | None, purpose: str
    ) -> tuple[list[dict[str, Any]], str | None]:
        self.asked.append((since, until))
        if until is not None and until - since > self.widest:
            raise SourceError("too much", kind="unreachable")
        if token in self.dying:
            self.dying.discard(token)
            raise refusal(400)
        found = [row for row in self.held if since <= row["at"] < (until or NOW * 2)]
        start = int(token or 0)
        return found[start : start + 10], str(start + 10) if start + 10 < len(found) else None


def log_of(vendor: Windows, **more: Any) -> WindowedLog:
    return WindowedLog(reader=READER, ask=vendor.ask, history=DAY, **more)


def test_windows_double_while_a_page_holds_them_and_shrink_when_it_takes_many() -> None:
    vendor = Windows(rows(40, 30 * MINUTE))
    assert collect(log_of(vendor), Store())
    widths = [until - since for since, until in vendor.asked if until is not None]
    assert widths[:4] == [5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE]
    busy = Windows(rows(1400, MINUTE))
    store = Store()
    assert collect(log_of(busy), store)
    assert len(store.rows) == 1400
    assert max(until - since for since, until in busy.asked if until is not None) < 2 * HOUR


def test_a_window_that_the_vendor_cannot_answer_is_halved() -> None:
    vendor = Windows(rows(40, 30 * MINUTE), widest=15 * MINUTE)
    store = Store()
    for _ in range(40):
        try:
            collect(log_of(vendor), store)
        except SourceError:
            continue
        break
    assert len(store.rows) == 40


def test_a_vendor_that_answers_nothing_ends_the_pass_after_a_few_tries() -> None:
    vendor = Windows([], widest=0)
    with pytest.raises(SourceError, match="too much"):
        collect(log_of(vendor), Store())
    assert len(vendor.asked) == 4


def test_a_walk_that_ends_inside_a_window_goes_on_with_a_smaller_one() -> None:
    vendor = Windows(rows(100, MINUTE))
    cursor = json.dumps({"until": NOW - DAY, "width": 12 * HOUR})
    pages = log_of(vendor).pages(cursor)
    next(pages)
    kept = json.loads(next(pages).cursor)
    assert (kept["until"], kept["width"]) == (NOW - DAY, 6 * HOUR)


def test_a_page_token_that_ends_starts_its_window_again_and_loses_nothing() -> None:
    vendor = Windows(rows(30, MINUTE))
    vendor.dying = {"20"}
    store = Store(cursors={"audit_log": json.dumps({"until": NOW - DAY, "width": DAY})})
    assert collect(log_of(vendor), store)
    assert len(store.rows) == 30


def test_a_cursor_that_something_else_wrote_starts_from_the_beginning() -> None:
    store = Store(cursors={"audit_log": "not json"})
    assert collect(log_of(Windows(rows(5, HOUR))), store)
    assert len(store.rows) == 5


def linked(ask: Any, **more: Any) -> LinkedLog:
    return LinkedLog(reader=READER, ask=ask, history=DAY, history_words="a day ago", **more)


def test_a_vendor_that_always_gives_a_link_must_do_so() -> None:
    log = linked(lambda link, since, until, purpose: ([], None), always_linked=True)
    with pytest.raises(CursorRefused, match="no next link"):
        list(log.pages(None))


def test_the_same_page_for_ever_is_noticed() -> None:
    log = linked(lambda link, since, until, purpose: (rows(1, HOUR), "same"))
    with pytest.raises(SourceError, match="again and again"):
        list(log.pages(None))


def test_a_link_that_is_refused_for_ever_ends_the_pass() -> None:
    asked: list[str | None] = []

    def ask(link: str | None, since: Micros, until: Micros | None, purpose: str) -> tuple[list[Any], str | None]:
        asked.append(link)
        if link is not None:
            raise refusal(410)
        return rows(1, HOUR), "next"

    with pytest.raises(HttpRefusal):
        list(linked(ask).pages(None))
    assert len(asked) < 50


def test_a_sweep_whose_link_ends_begins_again() -> None:
    dying = ["second"]

    def ask(link: str | None, since: Micros, until: Micros | None, purpose: str) -> tuple[list[Any], str | None]:
        if link in dying:
            dying.remove(link)
            raise refusal(400)
        return (rows(1, HOUR), "second") if link is None else (rows(2, HOUR)[1:], None)

    found = {row.event_id for page in linked(ask).sweep(NOW - DAY, NOW) for row in page.events}
    assert found == {"e0", "e1"}


def test_records_that_are_none_are_counted_and_the_rest_is_kept() -> None:
    page = READER.read([{"id": "e1", "at": NOW}, {"other": 1}])
    assert [event.event_id for event in page.events] == ["e1"]
    assert [notice.kind for notice in page.notices] == ["drift"]
    assert page.notices[0].sentence.startswith("1 records of the log")
