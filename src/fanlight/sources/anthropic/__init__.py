"""Claude activities out of files: exports of the Activity Feed, or what a pipeline kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fanlight.model import Event
from fanlight.sources.claude.mapping import map_activity
from fanlight.sources.contract import SourceContext
from fanlight.sources.imported import complete_record

KIND = "anthropic"


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """The event of one activity; it is the same event that the API would give.

    A record without id gets a hash of itself, one without time the time of the import.
    """
    now = context.clock.now()
    complete = complete_record(record, id_name="id", time_name="created_at", now=now)
    yield map_activity(
        complete,
        tenant=context.tenant,
        source=context.name,
        content_key=context.content_key,
        ingested_at=now,
        found=context.on_content,
    )
