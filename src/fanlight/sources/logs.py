"""Reading audit logs: what all of them share, and the two forms they come in.

`LinkedLog` follows the vendor's own links (Okta's System Log, GitHub's audit log); `WindowedLog` asks for closed
windows of time, because the vendor has no position to come back to (Entra ID, Google). A source gives two functions,
how to ask and how to map, and gets history, resuming, restarts after a refused position, sweeps, loops and unreadable
records from here. Numbers: `reference/sources.md` 1.2 to 1.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import orjson

from fanlight.model import DAY, HOUR, MINUTE, SECOND, Clock, Event, Micros
from fanlight.sources.contract import ContentPart, CursorRefused, EventContent, EventPage, Notice, SourceError
from fanlight.sources.http import HttpRefusal
from fanlight.sources.sealing import SealedField

__all__ = ["LinkedLog", "MapRecord", "PageReader", "Record", "WindowedLog"]

Record = Mapping[str, Any]
MapRecord = Callable[[Record], Iterator[tuple[Event, Sequence[SealedField]]]]
"""The events of one record, each with the content sealed out of it. Raises `ValueError` for one that is none."""

RESTART_WINDOW: Micros = 4 * HOUR
"""How far before the newest known event a walk begins again whose position was refused."""
SETTLED_AFTER: Micros = 2 * MINUTE
_MOST_REPEATS = 3
_ENDED = (400, 404, 410, 422)
"""How vendors refuse a position that is too old."""
_MOST_RESTARTS = 20
_MOST_HALVINGS = 3
_MOST_PAGES = 3


def _same(refusal: HttpRefusal) -> SourceError:
    return refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReader:
    """Records of one log as a page: mapped, with their sealed content, and a notice for those that are no records."""

    what: str
    """The log's name in sentences: `the System Log`."""
    map_record: MapRecord
    clock: Clock
    explain: Callable[[HttpRefusal], SourceError] = _same
    """A refusal in an operator's words."""

    def read(self, records: Sequence[Record], *, late: bool = False) -> EventPage:
        """A page without cursor. All its events are new to us now; `late` marks what a sweep found."""
        events: list[Event] = []
        content: list[EventContent] = []
        unreadable = 0
        now = self.clock.now()
        for record in records:
            try:
                mapped = list(self.map_record(record))
            except (ValueError, AttributeError, TypeError, KeyError):
                unreadable += 1
                continue
            for event, fields in mapped:
                events.append(replace(event, late=late, ingested_at=now))
                content += [_content(event, piece) for piece in fields]
        notices = []
        if unreadable:
            sentence = f"{unreadable} records of {self.what} had no id or no time and could not be kept."
            notices.append(Notice(kind="drift", sentence=sentence, at=now))
        return EventPage(events=events, cursor="", more=True, notices=notices, content=content)


def _content(event: Event, piece: SealedField) -> EventContent:
    part = ContentPart(
        part_id=f"{event.event_id}#{piece.path}", part_kind="field", sealed=piece.sealed, at=event.occurred_at
    )
    return EventContent(event_id=event.event_id, part=part)


def _newest(events: Sequence[Event], before: Micros | None) -> Micros | None:
    times = [event.occurred_at for event in events]
    return max(times if before is None else [*times, before], default=None)


def _load(cursor: str | None) -> dict[str, Any]:
    """The cursor's fields; a text that something else wrote starts the walk again, and duplicates are refused."""
    try:
        found = orjson.loads(cursor) if cursor else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}


class AskLinked(Protocol):
    """One answer of a linked log: what stands behind `link`, or the first page from `since` (and before `until`)."""

    def __call__(
        self, link: str | None, since: Micros, until: Micros | None, purpose: str
    ) -> tuple[Sequence[Record], str | None]: ...


@dataclass(slots=True, kw_only=True)
class LinkedLog:
    """A log whose position is the vendor's link, followed and never built.

    Cursor: `{"next": <link>, "newest": <micros>}`. Where the last page has no next link, the position is the link of
    that very page: the next poll reads it again, and what came behind it.
    """

    reader: PageReader
    ask: AskLinked
    history: Micros
    """How long the vendor keeps the log."""
    history_words: str
    always_linked: bool = False
    """The vendor gives a next link on every page, and an empty page ends the walk."""
    name: str = "audit_log"
    poll_seconds: float = 60.0

    def pages(self, cursor: str | None) -> Iterator[EventPage]:
        """Pages until the vendor has no more; the next poll goes on from the same place."""
        known = _load(cursor)
        link, newest = known.get("next"), known.get("newest")
        notices: list[Notice] = []
        repeats = restarts = 0
        while True:
            now = self.reader.clock.now()
            try:
                since = now - self.history if newest is None else newest - RESTART_WINDOW
                records, following = self.ask(link, since, None, "feed")
            except HttpRefusal as refusal:
                restarts += 1
                if link is None or refusal.status not in _ENDED or restarts > _MOST_RESTARTS:
                    raise self.reader.explain(refusal) from None
                notices.append(self._restart(newest))
                link = None
                continue
            page = self.reader.read(records)
            newest = _newest(page.events, newest)
            if following is None and self.always_linked:
                sentence = f"{self.reader.what[:1].upper()}{self.reader.what[1:]} gave no next link; the walk restarts."
                raise CursorRefused(sentence, kind="unreadable")
            repeats = repeats + 1 if records and following == link is not None else 0
            if repeats > _MOST_REPEATS:
                raise _loop(self.reader)
            ended = not records if self.always_linked else following is None
            link = following or link
            text = orjson.dumps({"next": link, "newest": newest}).decode()
            yield replace(page, cursor=text, more=not ended, notices=(*notices, *page.notices))
            notices.clear()
            if ended:
                return

    def sweep(self, since: Micros, until: Micros) -> Iterator[EventPage]:
        """Read `[since, until)` again by the time of the events; all of it is marked late."""
        link: str | None = None
        repeats = restarts = 0
        while True:
            try:
                records, following = self.ask(link, since, until, "sweep")
            except HttpRefusal as refusal:
                restarts += 1
                if link is None or refusal.status not in _ENDED or restarts > _MOST_RESTARTS:
                    raise self.reader.explain(refusal) from None
                link = None  # it ended in the middle: the stretch is read again, and what came is recognised
                continue
            yield replace(self.reader.read(records, late=True), more=following is not None)
            repeats = repeats + 1 if following == link else 0
            if following is None or repeats > _MOST_REPEATS:
                return
            link = following

    def _restart(self, newest: Micros | None) -> Notice:
        now = self.reader.clock.now()
        where = self.history_words if newest is None else "four hours before the newest known event"
        sentence = f"The position in {self.reader.what} is no longer accepted; the walk restarts {where}."
        return Notice(kind="cursor", sentence=sentence, at=now, since=newest, until=now)


class AskWindow(Protocol):
    """One answer of a windowed log: records of `[since, until)` behind `token`, and the next token."""

    def __call__(
        self, since: Micros, until: Micros | None, token: str | None, purpose: str
    ) -> tuple[Sequence[Record], str | None]: ...


@dataclass(slots=True, kw_only=True)
class WindowedLog:
    """A log that is asked for windows of time, each committed when its last page is in.

    Cursor: `{"until": <micros>, "width": <micros>, "newest": <micros>}`. Windows double while one page holds them; they
    halve when they take more than three, when the vendor cannot answer, and when a walk ended inside one: long walks
    are what vendors break off, and whatever interrupts one costs a few pages. The walk stops short of the
    present; those last minutes are read on every poll without moving the cursor, because rows become visible late.
    """

    reader: PageReader
    ask: AskWindow
    history: Micros
    name: str = "audit_log"
    poll_seconds: float = 60.0
    first_width: Micros = 5 * MINUTE
    widest: Micros = DAY
    narrowest: Micros = 10 * SECOND
    settled_after: Micros = SETTLED_AFTER
    _halvings: int = field(default=0, init=False)

    def pages(self, cursor: str | None) -> Iterator[EventPage]:
        """Closed windows up to two minutes ago, then what is younger with the cursor held."""
        known = _load(cursor)
        now = self.reader.clock.now()
        at: Micros = int(known.get("until") or now - self.history)
        width: Micros = int(known.get("width") or self.first_width)
        newest: Micros | None = known.get("newest")
        self._halvings = 0
        settled = now - self.settled_after
        while at < settled:
            end = min(at + width, settled)
            held = _position(at, width, newest)
            try:
                for pages, (page, token) in enumerate(self._window(at, end, "feed", late=False), 1):
                    newest = _newest(page.events, newest)
                    if token is None:
                        width = self._fitting(width, pages, filled=end - at == width)
                        at, held = end, _position(end, width, newest)
                    elif pages > 1:
                        held = _position(at, max(self.narrowest, width // 2), newest)
                    yield replace(page, cursor=held)
            except SourceError as trouble:
                if trouble.kind != "unreachable" or width <= self.narrowest or self._halvings >= _MOST_HALVINGS:
                    raise
                self._halvings += 1
                width = max(self.narrowest, width // 2)
        for page, token in self._window(at, None, "feed", late=False):
            newest = _newest(page.events, newest)
            yield replace(page, cursor=_position(at, width, newest), more=token is not None)

    def _fitting(self, width: Micros, pages: int, *, filled: bool) -> Micros:
        """The next window's width after one that took so many pages."""
        if pages > _MOST_PAGES:
            return max(self.narrowest, width // 2)
        return min(self.widest, width * 2) if pages == 1 and filled else width

    def sweep(self, since: Micros, until: Micros) -> Iterator[EventPage]:
        """Read `[since, until)` again; all of it is marked late."""
        for page, token in self._window(since, until, "sweep", late=True):
            yield replace(page, more=token is not None)

    def _window(
        self, since: Micros, until: Micros | None, purpose: str, *, late: bool
    ) -> Iterator[tuple[EventPage, str | None]]:
        token: str | None = None
        repeats = restarts = 0
        while True:
            try:
                records, following = self.ask(since, until, token, purpose)
            except HttpRefusal as refusal:
                restarts += 1
                if token is None or refusal.status not in _ENDED or restarts > _MOST_RESTARTS:
                    raise self.reader.explain(refusal) from None
                token = None  # it ended in the middle: the window begins again, and what came is recognised
                continue
            repeats = repeats + 1 if following is not None and following == token else repeats
            if repeats > _MOST_REPEATS:
                raise _loop(self.reader)
            yield self.reader.read(records, late=late), following
            if following is None:
                return
            token = following


def _position(until: Micros, width: Micros, newest: Micros | None) -> str:
    return orjson.dumps({"until": until, "width": width, "newest": newest}).decode()


def _loop(reader: PageReader) -> SourceError:
    what = reader.what[:1].upper() + reader.what[1:]
    return SourceError(f"{what} gives the same page again and again.", kind="unreadable")
