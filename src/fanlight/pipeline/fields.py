"""Labels of what sources take out of events: file names, titles, request bodies, addresses with queries.

The text is labelled in memory while its page is collected, and forgotten; what is kept are matches on the thing that
the event is about. They are committed with the event: a page that is read again after a crash, or seen again by a
sweep, finds the event known and labels nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from fanlight.labels import Labeller
from fanlight.model import EVENT_PART, Event, Match, Micros, Reading
from fanlight.pipeline.home import Home
from fanlight.pipeline.labelling import open_labeller
from fanlight.sources.contract import ContentPart, ContentRef, EventContent, EventPage

__all__ = ["FieldLabels", "subject_of"]

_DOCUMENT = "document"


class FieldLabels:
    """Labels fields of events. The labeller is opened when the first text comes; `close` ends it."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._labeller: Labeller | None = None

    def read(self, source: str, events: Sequence[Event], content: Sequence[EventContent]) -> list[Match | Reading]:
        """Matches in the content of these events, on what each event is about; content of other events is left out.

        Where a text could not be labelled, a reading on the event says so: that is never "clean".
        """
        by_id = {event.event_id: event for event in events}
        found: list[Match | Reading] = []
        for piece in content:
            event = by_id.get(piece.event_id)
            if event is not None:
                found += self._label(source, event, piece.part)
        return found

    def of(self, source: str, page: EventPage) -> Callable[[Sequence[Event]], Sequence[Match | Reading]] | None:
        """The labels of a page's content, for whichever of its events turn out to be new; None for no content."""
        if not page.content:
            return None
        return lambda events: self.read(source, events, page.content)

    def _label(self, source: str, event: Event, part: ContentPart) -> list[Match | Reading]:
        if self._labeller is None:
            self._labeller = open_labeller(self._home)
        kind, object_id = subject_of(event)
        ref = ContentRef(
            kind=kind, object_id=object_id, chat_id=event.chat_id, project_id=event.project_id,
            owner_account=event.account_key, organization_id=event.organization_id, at=event.occurred_at,
        )  # fmt: skip
        named = ContentPart(
            part_id=f"{EVENT_PART}{part.part_id}", part_kind="field", sealed=part.sealed, role=part.role,
            at=event.occurred_at,
        )  # fmt: skip
        labelled = self._labeller.read_parts(
            ref, [named], tenant=self._home.tenant, source=source, now=event.ingested_at or self._now(), full=False
        )
        if labelled.reading.outcome == "could_not_read":
            reading = labelled.reading
            return [
                Reading(
                    tenant=reading.tenant, source=source, object_kind="event", object_id=event.event_id,
                    outcome="could_not_read", reason=reading.reason, parts=1, full=False, read_at=reading.read_at,
                    ruleset=reading.ruleset,
                )
            ]  # fmt: skip
        return list(labelled.matches)

    def _now(self) -> Micros:
        return self._home.clock.now()

    def close(self) -> None:
        """End the labeller."""
        if self._labeller is not None:
            self._labeller.close()
            self._labeller = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def subject_of(event: Event) -> tuple[str, str]:
    """What an event is about, as kind and id: its file, else its chat, else its project, else the event itself."""
    if event.file_id:
        return (_DOCUMENT if "document" in event.type else "file"), event.file_id
    if event.chat_id:
        return "chat", event.chat_id
    if event.project_id:
        return "project", event.project_id
    return "event", event.event_id
