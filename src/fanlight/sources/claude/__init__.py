"""Claude Enterprise: Compliance API, and the Console Admin API where a key is given."""

from __future__ import annotations

from fanlight.sources.contract import Source, SourceContext

__all__ = ["KIND", "connect"]

KIND = "claude"


def connect(context: SourceContext) -> Source:
    """The connected source. Options: `url`, `key`, `admin_key`, `analytics_key`, `share`, `rate`, `patience`.

    Raises `SourceError`.
    """
    from fanlight.sources.claude.source import ClaudeSource

    return ClaudeSource(context)
