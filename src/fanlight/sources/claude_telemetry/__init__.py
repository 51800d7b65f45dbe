"""Telemetry of Claude's agents (Claude Code, Cowork, Office) as OpenTelemetry logs and traces.

Self-reported: whoever holds the machine can forge it. The Compliance API stays the authority.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from fanlight.model import Event, Sealed
from fanlight.sources.contract import SourceContext

KIND = "claude_telemetry"


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """The events of one OTLP/JSON document (a line of a collector's file); content stands as marks."""
    from fanlight.sources.claude_telemetry.mapping import TelemetryMapper
    from fanlight.sources.claude_telemetry.wire import records_of_json
    from fanlight.sources.sealing import SealedField

    mapper = TelemetryMapper(tenant=context.tenant, source=context.name, content_key=context.content_key)
    for signal in ("logs", "traces"):
        for one in records_of_json(signal, record):
            found = mapper.map(one, context.clock.now())
            if found is not None:
                if context.on_content is not None:
                    for part in found.content:
                        context.on_content(SealedField(part.part_id, cast("Sealed[str]", part.sealed)))
                yield found.event
