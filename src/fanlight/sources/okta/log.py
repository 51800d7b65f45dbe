"""The System Log in polling mode: follow the next link, never build it; sweeps use the bounded mode.

In polling mode the order is that of persistence, so no row can appear behind the cursor; `published` may go backwards.
The cursor text is JSON: `{"next": <the vendor's link>, "newest": <micros>}`.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from fanlight.model import DAY, HOUR, Event, Micros, format_time
from fanlight.sources.contract import ContentPart, CursorRefused, EventContent, EventPage, Notice, SourceError
from fanlight.sources.http import HttpRefusal, Parameters
from fanlight.sources.okta.api import OktaApi, Record, explain_refusal
from fanlight.sources.okta.mapping import LogEventMapper
from fanlight.sources.sealing import SealedField

__all__ = ["SystemLog"]

_PATH = "/api/v1/logs"
_HISTORY = 90 * DAY
_RESTART_WINDOW = 4 * HOUR
_LIMIT = 1000


class SystemLog:
    """The stream `system_log`."""

    name = "system_log"
    poll_seconds = 60.0

    def __init__(self, api: OktaApi, mapper: LogEventMapper, *, page: int = _LIMIT) -> None:
        self._api = api
        self._mapper = mapper
        self._page = page

    def pages(self, cursor: str | None) -> Iterator[EventPage]:
        """Pages until an empty one, which ends the walk; the next poll starts from the same link."""
        link, newest = _read(cursor)
        notices: list[Notice] = []
        repeats = 0
        while True:
            try:
                items, following = self._ask(link, newest)
            except HttpRefusal as refusal:
                if link is None or refusal.status not in (400, 404, 410):
                    raise explain_refusal(refusal, "the System Log") from None
                notices.append(self._restart(newest))
                link = None
                continue
            events, content, more = self._map(items, late=False)
            notices += more
            newest = max(
                [event.occurred_at for event in events] + ([newest] if newest is not None else []), default=None
            )
            if following is None:
                raise CursorRefused("Okta gave no next link in polling mode; the walk must restart.", kind="unreadable")
            repeats = repeats + 1 if items and following == link else 0
            if repeats > 3:
                raise SourceError("The System Log gives the same page again and again.", kind="unreadable")
            link = following
            yield EventPage(
                events=events,
                cursor=orjson.dumps({"next": link, "newest": newest}).decode(),
                more=bool(items),
                notices=tuple(notices),
                content=content,
            )
            notices.clear()
            if not items:
                return

    def sweep(self, since: Micros, until: Micros) -> Iterator[EventPage]:
        """Read `[since, until)` by `published`, bounded; the last page has no next link."""
        params: Parameters = [
            ("since", _time(since)),
            ("until", _time(until)),
            ("sortOrder", "ASCENDING"),
            ("limit", self._page),
        ]
        link: str | None = None
        repeats = 0
        while True:
            try:
                items, following = self._api.page(self._api.log, link or _PATH, () if link else params, purpose="sweep")
            except HttpRefusal as refusal:
                raise explain_refusal(refusal, "the System Log") from None
            events, content, notices = self._map(items, late=True)
            yield EventPage(events=events, cursor="", more=following is not None, notices=notices, content=content)
            repeats = repeats + 1 if following == link else 0
            if following is None or repeats > 3:
                return
            link = following

    def _ask(self, link: str | None, newest: Micros | None) -> tuple[list[Record], str | None]:
        if link is not None:
            return self._api.page(self._api.log, link, purpose="feed")
        since = self._api.clock.now() - _HISTORY if newest is None else newest - _RESTART_WINDOW
        params: Parameters = [("since", _time(since)), ("sortOrder", "ASCENDING"), ("limit", self._page)]
        return self._api.page(self._api.log, _PATH, params, purpose="feed")

    def _restart(self, newest: Micros | None) -> Notice:
        now = self._api.clock.now()
        where = "90 days ago" if newest is None else "four hours before the newest known event"
        sentence = f"Okta no longer accepts the position in the System Log; the walk restarts {where}."
        return Notice(kind="cursor", sentence=sentence, at=now, since=newest, until=now)

    def _map(self, items: list[Record], *, late: bool) -> tuple[list[Event], list[EventContent], list[Notice]]:
        events: list[Event] = []
        content: list[EventContent] = []
        unreadable = 0
        now = self._api.clock.now()
        for record in items:
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
        sentence = f"{unreadable} System Log records had no id or no time and could not be kept."
        return events, content, [Notice(kind="drift", sentence=sentence, at=self._api.clock.now())]


def _time(at: Micros) -> str:
    """Okta takes milliseconds."""
    return format_time(at)[:23] + "Z"


def _read(cursor: str | None) -> tuple[str | None, Micros | None]:
    if not cursor:
        return None, None
    try:
        data = orjson.loads(cursor)
        return data.get("next"), data.get("newest")
    except (ValueError, AttributeError):
        return None, None
