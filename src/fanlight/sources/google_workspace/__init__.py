"""Google Workspace: sign-ins, administration, Drive, authorised applications, single sign-on, people and groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fanlight.model import Event
from fanlight.sources.contract import Source, SourceContext
from fanlight.sources.options import Setting

__all__ = ["KIND", "SETTINGS", "connect", "map_record"]

KIND = "google_workspace"
SETTINGS = (
    Setting("admin", "Address of the administrator in whose name the service account reads."),
    Setting("key", "The service account's JSON key file.", secret=True),
    Setting("applications", "Reports to collect, with commas between them.", "login,admin,drive,token,saml"),
    Setting("url", "Address of the Admin SDK.", "https://admin.googleapis.com"),
    Setting("login_url", "Address that gives tokens.", "https://oauth2.googleapis.com"),
    Setting("share", "Part of Google's request limit to use, 0.05 to 1.", "0.5"),
)


def connect(context: SourceContext) -> Source:
    """The connected source. Options: `SETTINGS`, and `patience`, `first_wait`. Raises `SourceError`."""
    from fanlight.sources.google_workspace.source import connect_google

    return connect_google(context)


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """Events of one exported activity."""
    from fanlight.sources.google_workspace.mapping import LOG

    return LOG.map_record(record, context)
