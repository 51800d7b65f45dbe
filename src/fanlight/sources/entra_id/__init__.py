"""Microsoft Entra ID: sign-ins, directory audits, users, groups, who is assigned to Claude, and directory roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fanlight.model import Event
from fanlight.sources.contract import Source, SourceContext
from fanlight.sources.options import Setting

__all__ = ["KIND", "SETTINGS", "connect", "map_record"]

KIND = "entra_id"
SETTINGS = (
    Setting("directory", "Directory (tenant) id."),
    Setting("client", "Application (client) id of the app registration."),
    Setting("key", "Its client secret, or its private key and certificate in one PEM file.", secret=True),
    Setting("app", "Name of the enterprise application through which people reach Claude.", "Claude"),
    Setting("url", "Address of Microsoft Graph; another one for national clouds.", "https://graph.microsoft.com"),
    Setting("login_url", "Address that gives tokens.", "https://login.microsoftonline.com"),
    Setting("share", "Part of Graph's request limit to use, 0.05 to 1.", "0.5"),
)


def connect(context: SourceContext) -> Source:
    """The connected source. Options: `SETTINGS`, and `patience`, `first_wait`. Raises `SourceError`."""
    from fanlight.sources.entra_id.source import connect_entra

    return connect_entra(context)


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """The event of one exported sign-in or audit."""
    from fanlight.sources.entra_id.mapping import LOG

    return LOG.map_record(record, context)
