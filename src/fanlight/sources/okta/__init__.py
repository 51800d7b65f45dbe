"""Okta: System Log, users, groups with their members, and who is assigned to the Claude application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fanlight.model import Event
from fanlight.sources.contract import Source, SourceContext

__all__ = ["KIND", "connect", "map_record"]

KIND = "okta"


def connect(context: SourceContext) -> Source:
    """The connected source. Options: `url` (https://company.okta.com), `token`, `share`, `rate`, `app`, `patience`.

    Raises `SourceError`.
    """
    from fanlight.sources.okta.source import OktaSource

    return OktaSource(context)


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """One exported System Log record as an event.

    Without id it gets a hash of itself, without time the time of the import.
    """
    from fanlight.sources.imported import complete_record
    from fanlight.sources.okta.mapping import map_log_event

    now = context.clock.now()
    complete = complete_record(record, id_name="uuid", time_name="published", now=now)
    yield map_log_event(
        complete,
        tenant=context.tenant,
        source=context.name,
        content_key=context.content_key,
        ingested_at=now,
        found=context.on_content,
    )
