"""OpenTelemetry over HTTP: events kept, content labelled in memory and forgotten."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from fanlight.inputs.batch import Batch, Refused
from fanlight.inputs.senders import Sender
from fanlight.labels import Labeller
from fanlight.model import Event, Match, Micros, Reading
from fanlight.pipeline.home import Home
from fanlight.pipeline.labelling import open_labeller
from fanlight.sources.claude_telemetry.mapping import MappedTelemetry, TelemetryMapper
from fanlight.sources.claude_telemetry.wire import answer_of, records_of_bytes
from fanlight.sources.contract import ContentRef

__all__ = ["TelemetryReader"]

_NOT_KEPT = {
    "logs": "Records that tell no event of an agent are not kept.",
    "traces": "Spans that tell nothing of an agent are not kept.",
    "metrics": "Metrics are not kept here; send logs.",
}


class TelemetryReader:
    """Reads requests of agents. One thread at a time; the labeller is made when the first content comes."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._key = home.vault.tenant_key("content")
        self._mappers: dict[str, TelemetryMapper] = {}
        self._labeller: Labeller | None = None
        self._lock = threading.Lock()

    def read(self, signal: str, data: bytes, sender: Sender, now: Micros, *, as_json: bool) -> tuple[int, Batch]:
        """How many records were not taken, and the batch of the others. Raises `Refused` for what is not OTLP."""
        mapped: list[MappedTelemetry] = []
        rejected = 0
        mapper = self._mapper(sender.source)
        try:
            for record in records_of_bytes(signal, data, as_json=as_json) if signal != "metrics" else ():
                one = mapper.map(record, now)
                if one is None:
                    rejected += 1
                else:
                    mapped.append(one)
        except ValueError:
            raise Refused(f"The body is not an OTLP request for {signal}.") from None
        facts = {one.event.event_id: self._labels(one, sender, now) for one in mapped if one.content}
        events = [one.event for one in mapped]
        return rejected, Batch(
            source=sender.source, stream=sender.stream, events=events, facts=facts, rejected=rejected
        )

    def answer(self, signal: str, rejected: int, *, as_json: bool) -> bytes:
        """The answer's body: empty success, or how many were not taken."""
        told = rejected > 0 or signal == "metrics"
        return answer_of(signal, rejected, _NOT_KEPT[signal] if told else "", as_json=as_json)

    def close(self) -> None:
        """End the labeller."""
        if self._labeller is not None:
            self._labeller.close()

    def _mapper(self, source: str) -> TelemetryMapper:
        if source not in self._mappers:
            self._mappers[source] = TelemetryMapper(tenant=self._home.tenant, source=source, content_key=self._key)
        return self._mappers[source]

    def _labels(self, mapped: MappedTelemetry, sender: Sender, now: Micros) -> Sequence[Match | Reading]:
        with self._lock:
            if self._labeller is None:
                self._labeller = open_labeller(self._home)
        labelled = self._labeller.read_parts(
            _ref(mapped.event), mapped.content, tenant=self._home.tenant, source=sender.source, now=now
        )
        return [*labelled.matches, labelled.reading]


def _ref(event: Event) -> ContentRef:
    return ContentRef(
        kind="event",
        object_id=event.event_id,
        owner_account=event.account_key,
        organization_id=event.organization_id,
        at=event.occurred_at,
    )
