"""Records of one sender as events: the mappings of file imports, with the moment of arrival as clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fanlight.inputs.batch import Batch, Refused
from fanlight.inputs.labels import ArrivingContent, RecordLabels
from fanlight.inputs.senders import Sender
from fanlight.model import Event, Micros
from fanlight.pipeline.home import Home
from fanlight.pipeline.importing import read_event
from fanlight.sources.contract import Notice, SourceContext
from fanlight.sources.registry import find_kind
from fanlight.sources.sealing import SealedField

__all__ = ["Arrived", "Mapped", "Mapper"]

NORMALISED = "events"
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What a mapping raises about a record that is none of its kind, nested too deep or with figures out of all range."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One record as it came, and the time the sender wrote on its envelope."""

    record: Mapping[str, Any]
    moment: Micros | None = None


@dataclass(slots=True)
class Mapped:
    """Events, and what was sealed out of them, on the way to the labeller."""

    events: list[Event] = field(default_factory=list)
    content: list[ArrivingContent] = field(default_factory=list)

    def add(self, other: Mapped) -> None:
        """Take further records to the same batch."""
        self.events += other.events
        self.content += other.content


@dataclass(frozen=True, slots=True)
class _Stopped:
    """A clock that stands: every record of one request arrived at the same moment."""

    at: Micros

    def now(self) -> Micros:
        return self.at

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing waits {seconds} s while records are mapped")


class Mapper:
    """Maps and labels what senders of a home send."""

    def __init__(self, home: Home) -> None:
        self._tenant = home.tenant
        self._key = home.vault.tenant_key("content")
        self._labels = RecordLabels(home)

    def map(self, sender: Sender, arrived: Iterable[Arrived], now: Micros) -> Mapped:
        """Events of all records. Raises `Refused` with the number of the first that cannot be mapped."""
        mapped = Mapped()
        pieces: list[SealedField] = []
        read = self._reader(sender, now, pieces)
        for number, one in enumerate(arrived):
            try:
                for event in read(one.record):
                    dated = event if one.moment is None else _dated(event, one.moment)
                    mapped.events.append(dated)
                    if pieces:
                        mapped.content += [ArrivingContent(dated, piece) for piece in pieces]
                        pieces.clear()
            except _UNREADABLE as problem:
                sentence = f"Record {number} is not of the kind {sender.kind} ({type(problem).__name__})."
                raise Refused(sentence, number=number) from None
        return mapped

    def map_one(self, sender: Sender, one: Arrived, now: Micros) -> Mapped | None:
        """Events of one record; None when it cannot be mapped."""
        try:
            return self.map(sender, [one], now)
        except Refused:
            return None

    def batch(
        self,
        sender: Sender,
        mapped: Mapped,
        now: Micros,
        *,
        cursor: str | None = None,
        rejected: int = 0,
        notices: Sequence[Notice] = (),
    ) -> Batch:
        """What is committed of them: events with the labels of their content, which is gone then."""
        facts = self._labels.read(sender.source, mapped.content, now) if mapped.content else {}
        mapped.content.clear()
        return Batch(
            source=sender.source, stream=sender.stream, events=mapped.events, facts=facts, cursor=cursor,
            rejected=rejected, notices=notices,
        )  # fmt: skip

    def close(self) -> None:
        """End the labeller."""
        self._labels.close()

    def _reader(self, sender: Sender, now: Micros, pieces: list[SealedField]) -> Any:
        context = SourceContext(
            tenant=self._tenant,
            name=sender.source,
            clock=_Stopped(now),
            content_key=self._key,
            read_secret=_no_secret,
            on_content=pieces.append,
        )
        if sender.kind == NORMALISED:
            return lambda record: iter((read_event(record, context),))
        read = find_kind(sender.kind).map_record
        if read is None:
            raise Refused(f"Records of the kind {sender.kind} cannot be sent.", status=400)

        def mapped(record: Mapping[str, Any]) -> Iterator[Event]:
            return read(record, context)

        return mapped


def _dated(event: Event, moment: Micros) -> Event:
    """A record without a time of its own happened when its envelope says."""
    return replace(event, occurred_at=moment) if event.occurred_at == event.ingested_at else event


def _no_secret(reference: str) -> str:
    raise AssertionError(f"mapping a record needs no secret ({reference})")
