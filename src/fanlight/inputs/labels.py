"""Labels of what is taken out of records on their way in: read in memory, beside their events, and forgotten.

Thousands of records a second name the same files and the same addresses again and again. So the texts of one request
are labelled together, each text once, and what came out is remembered by the keyed hash of the text. An address of a
host and short plain words has nothing to be read.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fanlight.labels import Labeller
from fanlight.model import EVENT_PART, Event, Match, Micros, Reading
from fanlight.pipeline.fields import subject_of
from fanlight.pipeline.home import Home
from fanlight.pipeline.labelling import open_labeller
from fanlight.sources.contract import ContentPart, ContentRef
from fanlight.sources.sealing import SealedField

__all__ = ["ArrivingContent", "RecordLabels"]

_REMEMBERED = 50_000
Facts = dict[str, list[Match | Reading]]


@dataclass(frozen=True, slots=True)
class ArrivingContent:
    """A piece of content of one event."""

    event: Event
    piece: SealedField


@dataclass(frozen=True, slots=True)
class _Found:
    """What the labels of one text are, whoever sent it: its matches, or why it could not be read."""

    matches: Sequence[Match] = ()
    unread: Reading | None = None


class RecordLabels:
    """Labels the content of records. Safe for several threads; the labeller is made when the first text comes."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._key = home.vault.tenant_key("content")
        self._lock = threading.Lock()
        self._labeller: Labeller | None = None
        self._known: OrderedDict[tuple[str, ...], _Found] = OrderedDict()

    def read(self, source: str, content: Sequence[ArrivingContent], now: Micros) -> Facts:
        """Matches, and readings of what could not be read, by the id of the event that carried the text."""
        facts: Facts = defaultdict(list)
        with self._lock:
            asked: dict[tuple[str, ...], ContentPart] = {}
            places: list[tuple[tuple[str, ...], ArrivingContent]] = []
            for one in content:
                if one.piece.is_plain_address:
                    one.piece.sealed.drop()
                    continue
                mark: tuple[str, ...] = (
                    one.piece.hash or one.piece.sealed.keyed_hash(self._key),
                    subject_of(one.event)[0],
                    one.event.project_id or "",
                )
                places.append((mark, one))
                if mark in self._known or mark in asked:
                    one.piece.sealed.drop()
                else:
                    asked[mark] = ContentPart(
                        part_id=mark[0], part_kind="field", sealed=one.piece.sealed, at=one.event.occurred_at
                    )
            found = {mark: self._known[mark] for mark, _ in places if mark in self._known}
            found |= self._label(asked, source, now)
            self._remember(found)
        for mark, one in places:
            facts[one.event.event_id] += _facts_of(found[mark], one, source, now)
        return dict(facts)

    def close(self) -> None:
        """End the labeller."""
        with self._lock:
            if self._labeller is not None:
                self._labeller.close()
                self._labeller = None

    def _label(
        self, asked: Mapping[tuple[str, ...], ContentPart], source: str, now: Micros
    ) -> dict[tuple[str, ...], _Found]:
        if not asked:
            return {}
        if self._labeller is None:
            self._labeller = open_labeller(self._home)
        groups: dict[tuple[str, ...], list[tuple[tuple[str, ...], ContentPart]]] = defaultdict(list)
        for mark, part in asked.items():
            groups[mark[1:]].append((mark, part))
        found: dict[tuple[str, ...], _Found] = {}
        for (kind, project), members in groups.items():
            ref = ContentRef(kind=kind, object_id="", project_id=project or None)
            labelled = self._labeller.read_parts(
                ref, [part for _, part in members], tenant=self._home.tenant, source=source, now=now, full=False
            )
            matches: dict[str, list[Match]] = defaultdict(list)
            for match in labelled.matches:
                matches[match.part_id].append(match)
            # Which of them could not be read is not told, so none of those without a label counts as clean.
            unread = labelled.reading if labelled.reading.outcome != "read" else None
            for mark, part in members:
                labels = matches.get(part.part_id, ())
                found[mark] = _Found(labels, None if labels else unread)
        return found

    def _remember(self, found: Mapping[tuple[str, ...], _Found]) -> None:
        for mark, one in found.items():
            if one.unread is None:
                self._known[mark] = one
                self._known.move_to_end(mark)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def _facts_of(found: _Found, one: ArrivingContent, source: str, now: Micros) -> list[Match | Reading]:
    event = one.event
    if (unread := found.unread) is not None:
        return [
            Reading(
                tenant=event.tenant, source=source, object_kind="event", object_id=event.event_id,
                outcome="could_not_read", reason=unread.reason, parts=1, full=False, read_at=now,
                ruleset=unread.ruleset,
            )
        ]  # fmt: skip
    kind, object_id = subject_of(event)
    return [
        replace(
            match, source=source, object_kind=kind, object_id=object_id,
            part_id=f"{EVENT_PART}{event.event_id}#{one.piece.path}", at=event.occurred_at, chat_id=event.chat_id,
            project_id=event.project_id, owner_account=event.account_key, organization_id=event.organization_id,
            read_at=now,
        )
        for match in found.matches
    ]  # fmt: skip
