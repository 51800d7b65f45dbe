"""Records of one sender as events: the mappings of file imports, with the moment of arrival as clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fanlight.inputs.batch import Refused
from fanlight.inputs.senders import Sender
from fanlight.model import Event, Micros
from fanlight.pipeline.home import Home
from fanlight.pipeline.importing import read_event
from fanlight.sources.contract import SourceContext
from fanlight.sources.registry import find_kind

__all__ = ["Arrived", "Mapper"]

NORMALISED = "events"
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What a mapping raises about a record that is none of its kind, nested too deep or with figures out of all range."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One record as it came, and the time the sender wrote on its envelope."""

    record: Mapping[str, Any]
    moment: Micros | None = None


@dataclass(frozen=True, slots=True)
class _Stopped:
    """A clock that stands: every record of one request arrived at the same moment."""

    at: Micros

    def now(self) -> Micros:
        return self.at

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing waits {seconds} s while records are mapped")


class Mapper:
    """Maps what senders of a home send."""

    def __init__(self, home: Home) -> None:
        self._tenant = home.tenant
        self._key = home.vault.tenant_key("content")

    def events(self, sender: Sender, arrived: Iterable[Arrived], now: Micros) -> list[Event]:
        """Events of all records. Raises `Refused` with the number of the first that cannot be mapped."""
        mapped: list[Event] = []
        read = self._reader(sender, now)
        for number, one in enumerate(arrived):
            try:
                events = list(read(one.record))
            except _UNREADABLE as problem:
                sentence = f"Record {number} is not of the kind {sender.kind} ({type(problem).__name__})."
                raise Refused(sentence, number=number) from None
            if one.moment is not None:
                events = [_dated(event, one.moment) for event in events]
            mapped.extend(events)
        return mapped

    def event_of(self, sender: Sender, one: Arrived, now: Micros) -> list[Event] | None:
        """Events of one record; None when it cannot be mapped."""
        try:
            return self.events(sender, [one], now)
        except Refused:
            return None

    def _reader(self, sender: Sender, now: Micros) -> Any:
        context = SourceContext(
            tenant=self._tenant,
            name=sender.source,
            clock=_Stopped(now),
            content_key=self._key,
            read_secret=_no_secret,
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
