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
    """One exported activity as events. Raises `ValueError` when it has no id or no readable time."""
    from fanlight.sources.claude.mapping import map_activity

    yield map_activity(record, tenant=context.tenant, source=context.name, content_key=context.content_key)
