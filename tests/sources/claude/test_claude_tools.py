"""Tool blocks name a server and a tool; nothing that went in or came out is taken, and no secret of an address."""

from __future__ import annotations

from typing import Any

import pytest

from fanlight.sources.claude.tools import ToolName, plain_url, tool_of


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://mcp.tickets.example.com/sse", "https://mcp.tickets.example.com/sse"),
        ("https://mcp.example.com:8443/v1/mcp", "https://mcp.example.com:8443/v1/mcp"),
        ("https://mcp.example.com/s/9f8e7d6c5b4a39281706f5e4d3c2b1a0/mcp", "https://mcp.example.com/s/*/mcp"),
        ("https://user:hunter2@mcp.example.com/mcp?key=abc#x", "https://mcp.example.com/mcp"),
        ("stdio:/usr/bin/server", None),
        ("https://[broken", None),
        ("", None),
    ],
)
def test_an_address_keeps_no_secret(url: str, plain: str | None) -> None:
    assert plain_url(url) == plain


@pytest.mark.parametrize(
    ("block", "tool"),
    [
        (
            {"name": "search", "integration_name": "Ticket desk", "mcp_server_url": "https://mcp.example.com/sse"},
            ToolName("https://mcp.example.com/sse", "Ticket desk", "https://mcp.example.com/sse", "search"),
        ),
        ({"name": "search", "integration_name": "Wiki"}, ToolName("Wiki", "Wiki", None, "search")),
        ({"name": "mcp__wiki__read_page"}, ToolName("wiki", "wiki", None, "read_page")),
        ({"name": "mcp__plugin_x__db__query"}, ToolName("plugin_x", "plugin_x", None, "db__query")),
        ({"name": "what did the chief say", "integration_name": "W"}, ToolName("W", "W", None, "other")),
        ({"name": "Bash"}, None),
        ({"name": None}, None),
        ({"name": 3, "integration_name": 4, "mcp_server_url": 5}, None),
    ],
)
def test_a_block_names_a_server_s_tool_or_none(block: dict[str, Any], tool: ToolName | None) -> None:
    assert tool_of(block) == tool
