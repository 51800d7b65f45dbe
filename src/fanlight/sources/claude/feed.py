"""The Activity Feed: history from its beginning, then live, in one forward walk.

The cursor follows `order=asc` and never passes two minutes before now, because rows become visible up to a minute
after they happened: a row indexed late would lie behind a cursor that had already passed it. Rows of those last two
minutes are read as well, on every poll, without moving the cursor; the collector removes duplicates on the event id.
Rows that come later still are found by sweeps. The cursor text is JSON: `{"after": …, "newest": …}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from fanlight.model import DAY, HOUR, MINUTE, Event, Micros
from fanlight.sources.claude.api import ClaudeApi, LoopGuard, Page, bound_text, explain_refusal
from fanlight.sources.claude.mapping import ActivityMapper
from fanlight.sources.contract import ContentPart, EventContent, EventPage, Notice
from fanlight.sources.http import HttpRefusal
from fanlight.sources.sealing import SealedField

__all__ = ["ActivityFeed", "OwnTraffic"]

OWN_TYPE = "compliance_api_accessed"
_SETTLED_AFTER = 2 * MINUTE
_RESTART_WINDOW = 4 * HOUR
_FARTHEST_AHEAD = 30 * DAY
LARGEST_PAGE = 5000


@dataclass(frozen=True, slots=True)
class _Position:
    """How far the walk came: the vendor's cursor, and the newest time seen by it."""

    after: str | None = None
    newest: Micros | None = None
    since: Micros | None = None
    """Set while a refused cursor is replaced: start from this time."""

    def text(self) -> str:
        named = {"after": self.after, "newest": self.newest, "since": self.since}
        return orjson.dumps({name: value for name, value in named.items() if value is not None}).decode()

    @classmethod
    def read(cls, cursor: str | None) -> _Position:
        if not cursor:
            return cls()
        try:
            data = orjson.loads(cursor)
            return cls(after=data.get("after"), newest=data.get("newest"), since=data.get("since"))
        except (ValueError, AttributeError):
            # A cursor written by something else: start again; duplicates are removed on the event id.
            return cls()


class ActivityFeed:
    """The stream `feed`: everything except the traces of Compliance API calls."""

    name = "feed"
    poll_seconds = 60.0

    def __init__(self, api: ClaudeApi, mapper: ActivityMapper, *, page: int = LARGEST_PAGE) -> None:
        self._api = api
        self._mapper = mapper
        self._page = page

    def pages(self, cursor: str | None) -> Iterator[EventPage]:
        """Settled pages with an advancing cursor, then the last two minutes with the cursor held."""
        position = _Position.read(cursor)
        settled = self._now(position) - _SETTLED_AFTER
        for page in self._settled_pages(position, settled):
            position = _Position.read(page.cursor)
            yield page
        newest = position.newest
        for page in self._window(settled, None, self.name, late=False):
            newest = max(
                [event.occurred_at for event in page.events] + ([newest] if newest is not None else []), default=None
            )
            yield replace(page, cursor=replace(position, newest=newest).text())

    def sweep(self, since: Micros, until: Micros) -> Iterator[EventPage]:
        """Read `[since, until)` again; all its events are marked late, known ones are removed by the collector."""
        yield from self._window(since, until, "sweep", late=True)

    def _now(self, position: _Position) -> Micros:
        """Our clock, or the newest time the vendor gave if that is ahead of it: our clock may be slow."""
        now = self._api.clock.now()
        if position.newest is None or position.newest - now > _FARTHEST_AHEAD:
            return now
        return max(now, position.newest)

    def _filter(self) -> tuple[str, str]:
        return ("exclude_activity_types[]", OWN_TYPE)

    def _settled_pages(self, position: _Position, settled: Micros) -> Iterator[EventPage]:
        guard = LoopGuard("the Activity Feed")
        while True:
            notices: list[Notice] = []
            try:
                page = self._ask(position.after, position.since, settled, self.name)
            except HttpRefusal as refusal:
                if position.after is None or refusal.status not in (400, 404, 410):
                    raise explain_refusal(refusal, "the Activity Feed") from None
                position, notice = self._restart(position)
                notices.append(notice)
                try:
                    page = self._ask(None, position.since, settled, self.name)
                except HttpRefusal as second:
                    raise explain_refusal(second, "the Activity Feed") from None
            guard.step(position.after, page.next)
            events, content, more = self._map(page, late=False)
            notices += more
            if page.last is not None:
                newest = max((event.occurred_at for event in events), default=position.newest)
                if position.newest is not None and newest is not None:
                    newest = max(newest, position.newest)
                position = _Position(after=page.last, newest=newest)
            if page.items or notices:
                yield EventPage(events=events, cursor=position.text(), more=True, notices=notices, content=content)
            if page.next is None:
                return

    def _restart(self, position: _Position) -> tuple[_Position, Notice]:
        now = self._api.clock.now()
        since = None if position.newest is None else position.newest - _RESTART_WINDOW
        sentence = "Claude no longer accepts the cursor of the Activity Feed; the walk restarts "
        sentence += "from the beginning." if since is None else "four hours before the newest known event."
        notice = Notice(kind="cursor", sentence=sentence, at=now, since=position.newest, until=now)
        return replace(position, after=None, since=since), notice

    def _window(self, since: Micros, until: Micros | None, purpose: str, *, late: bool) -> Iterator[EventPage]:
        after: str | None = None
        guard = LoopGuard("the Activity Feed")
        while True:
            try:
                page = self._ask(after, since, until, purpose)
            except HttpRefusal as refusal:
                raise explain_refusal(refusal, "the Activity Feed") from None
            events, content, notices = self._map(page, late=late)
            guard.step(after, page.next)
            done = page.next is None
            yield EventPage(events=events, cursor="", more=not done, notices=notices, content=content)
            if done:
                return
            after = page.next

    def _ask(self, after: str | None, since: Micros | None, until: Micros | None, purpose: str) -> Page:
        params: list[tuple[str, str | int]] = [("limit", self._page), ("order", "asc"), self._filter()]
        if after is not None:
            params.append(("after_id", after))
        if since is not None:
            params.append(("created_at.gte", bound_text(since)))
        if until is not None:
            params.append(("created_at.lt", bound_text(until)))
        return self._api.cursor_page("/activities", params, purpose=purpose)[0]

    def _keeps(self, _record: Mapping[str, Any]) -> bool:
        return True

    def _map(self, page: Page, *, late: bool) -> tuple[list[Event], list[EventContent], list[Notice]]:
        events: list[Event] = []
        content: list[EventContent] = []
        unreadable = 0
        now = self._api.clock.now()
        for record in page.items:
            if not self._keeps(record):
                continue
            found: list[SealedField] = []
            try:
                event = self._mapper.map(record, late=late, ingested_at=now, found=found.append)
            except (ValueError, AttributeError, TypeError):
                unreadable += 1
                continue
            events.append(event)
            content += [
                EventContent(
                    event_id=event.event_id,
                    part=ContentPart(
                        part_id=f"{event.event_id}#{piece.path}",
                        part_kind="field",
                        sealed=piece.sealed,
                        at=event.occurred_at,
                    ),
                )
                for piece in found
            ]
        if not unreadable:
            return events, content, []
        sentence = f"{unreadable} activities had no id or no time and could not be kept."
        return events, content, [Notice(kind="drift", sentence=sentence, at=self._api.clock.now())]


class OwnTraffic(ActivityFeed):
    """The stream `own_traffic`: who calls the Compliance API. Read apart and seldom, or every poll would find itself.

    Rows of this very collector (told by a user agent that carries a tag only this installation makes, by method GET,
    and where the operator listed them by the addresses of the collector) are counted and not stored.
    """

    name = "own_traffic"
    poll_seconds = 900.0

    def __init__(
        self, api: ClaudeApi, mapper: ActivityMapper, *, collector_ips: frozenset[str], page: int = LARGEST_PAGE
    ) -> None:
        super().__init__(api, mapper, page=page)
        self._ips = collector_ips
        self.own_rows = 0
        self.own_key_id: str | None = None

    def pages(self, cursor: str | None) -> Iterator[EventPage]:
        """As for the feed; the last page says how many rows were our own."""
        before = self.own_rows
        for page in super().pages(cursor):
            if page.more or self.own_rows == before:
                yield page
                continue
            sentence = "Requests of this collector itself are counted in the feed and not stored as events."
            own = Notice(kind="coverage", sentence=sentence, at=self._api.clock.now())
            yield replace(page, notices=[*page.notices, own])

    def _filter(self) -> tuple[str, str]:
        return ("activity_types[]", OWN_TYPE)

    def _keeps(self, record: Mapping[str, Any]) -> bool:
        actor = record.get("actor")
        if not isinstance(actor, Mapping) or not self._api.is_own_agent(actor.get("user_agent")):
            return True
        if record.get("request_method") != "GET" or (self._ips and actor.get("ip_address") not in self._ips):
            return True
        self.own_rows += 1
        key = actor.get("api_key_id")
        self.own_key_id = key if isinstance(key, str) else self.own_key_id
        return False
