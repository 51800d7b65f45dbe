"""Which server's tool a block of a chat or session names. Names only: what went in and came out is content.

Chats give address and label of the server (`mcp_server_url`, `integration_name`); sessions only the name of the tool,
which for servers is `mcp__<server>__<tool>`. Built-in tools belong to no server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

__all__ = ["ToolName", "plain_url", "tool_of"]

_TOOL = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
_PREFIXED = re.compile(r"mcp__([A-Za-z0-9_.-]{1,96}?)__([A-Za-z0-9_.:-]{1,128})")
_WORD = re.compile(r"[A-Za-z][A-Za-z._-]{0,31}|v\d{1,3}", re.ASCII)
_LABEL = 128


@dataclass(frozen=True, slots=True)
class ToolName:
    """One tool of one server."""

    server: str
    """What tells the server apart: its address, else its label or prefix."""
    label: str | None
    url: str | None
    tool: str
    """`other` for a name that is none: such a text could hold content."""


def tool_of(block: Mapping[str, Any]) -> ToolName | None:
    """The server's tool of a block; None for built-in tools and for blocks that name none."""
    name = block.get("name")
    named = name if isinstance(name, str) and _TOOL.fullmatch(name) else None
    url = block.get("mcp_server_url")
    address = plain_url(url) if isinstance(url, str) else None
    label = block.get("integration_name")
    label = label.strip()[:_LABEL] or None if isinstance(label, str) else None
    prefixed = _PREFIXED.fullmatch(named) if named else None
    if prefixed is not None:
        return ToolName(address or label or prefixed.group(1), label or prefixed.group(1), address, prefixed.group(2))
    if address is None and label is None:
        return None
    return ToolName(address or label or "", label, address, named or "other")


def plain_url(url: str) -> str | None:
    """Scheme, host and the plain words of a path; None for what is no web address.

    Some services put a person's secret into the path of their server's address: a part that is no plain word is `*`.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or len(host) > 253:
        return None
    words = [word if _WORD.fullmatch(word) else "*" for word in parts.path.split("/") if word]
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}" + "".join(f"/{word}" for word in words[:8])
