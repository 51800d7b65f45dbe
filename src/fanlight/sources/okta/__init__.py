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
    """One exported System Log record as events. Raises `ValueError` when it has no id or no readable time."""
    from fanlight.sources.okta.mapping import map_log_event

    yield map_log_event(record, tenant=context.tenant, source=context.name, content_key=context.content_key)
