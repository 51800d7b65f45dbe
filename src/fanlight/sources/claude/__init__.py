"""Claude Enterprise: Compliance API, and the Console Admin API where a key is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fanlight.model import Event
from fanlight.sources.contract import Source, SourceContext

__all__ = ["KIND", "connect", "map_record"]

KIND = "claude"


def connect(context: SourceContext) -> Source:
    """The connected source. Options: `url`, `key`, `admin_key`, `analytics_key`, `share`, `rate`, `patience`.

    Raises `SourceError`.
    """
    from fanlight.sources.claude.source import ClaudeSource

    return ClaudeSource(context)


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """One exported activity as an event.

    Without id it gets a hash of itself, without time the time of the import.
    """
    from fanlight.sources.claude.mapping import map_activity
    from fanlight.sources.imported import complete_record

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
