"""GitHub Enterprise: audit log with git events, members, teams, repositories and who may do what in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fanlight.model import Event
from fanlight.sources.contract import Source, SourceContext
from fanlight.sources.options import Setting

__all__ = ["KIND", "SETTINGS", "connect", "map_record"]

KIND = "github_audit"
SETTINGS = (
    Setting("organization", "Name of the organization, as in its address."),
    Setting("token", "Personal access token of an owner, with read rights only.", secret=True),
    Setting("enterprise", "Short name of the enterprise; then its whole audit log is read.", ""),
    Setting("url", "Address of the API; another one for data residency or an own server.", "https://api.github.com"),
    Setting("share", "Part of GitHub's request limit to use, 0.05 to 1.", "0.5"),
)


def connect(context: SourceContext) -> Source:
    """The connected source. Options: `SETTINGS`, and `patience`, `first_wait`. Raises `SourceError`."""
    from fanlight.sources.github_audit.source import connect_github

    return connect_github(context)


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """The event of one exported or streamed entry."""
    from fanlight.sources.github_audit.mapping import LOG

    return LOG.map_record(record, context)
