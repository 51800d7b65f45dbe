"""Names of one thing in several tongues are made comparable, and different things stay different."""

from __future__ import annotations

import pytest

from fanlight.supply.names import host_word, kind_class, normal_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ticket Desk", "ticketdesk"),
        ("Ticket-Desk MCP Server", "ticket_desk"),
        ("TicketDesk", "mcp-ticket-desk"),
        ("Künstler", "kunstler"),
        ("claude.ai Linear", "AI linear"),
    ],
)
def test_the_same_thing_has_one_name(one: str, other: str) -> None:
    assert normal_name(one) == normal_name(other)


@pytest.mark.parametrize(("one", "other"), [("Tickets", "Wiki"), ("Drive", "Drive 2"), ("Jira", "Jira Sandbox")])
def test_different_things_stay_different(one: str, other: str) -> None:
    assert normal_name(one) != normal_name(other)


def test_a_name_of_empty_words_is_itself() -> None:
    assert normal_name("MCP Server") == "mcpserver"


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("https://mcp.tickets.example.com/sse", "tickets"),
        ("https://tickets.example/mcp", "tickets"),
        ("http://192.0.2.7:8080/mcp", None),
        ("http://[2001:db8::1]/mcp", None),
        ("not an address", None),
        (None, None),
    ],
)
def test_a_host_tells_which_service_it_is(url: str | None, word: str | None) -> None:
    assert host_word(url) == word


def test_connectors_and_servers_are_one_class_and_plugins_another() -> None:
    assert kind_class("mcp_server") == kind_class("connector") != kind_class("plugin")
