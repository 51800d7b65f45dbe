"""The inventory out of the store, and the command that shows it."""

from __future__ import annotations

import json

import orjson
import pytest

from fanlight.model import DAY, Link, ObjectVersion, parse_time
from fanlight.pipeline.home import Home
from fanlight.pipeline.supply import find_items, supply_chain
from fanlight.state.company import CompanySettings, apply_settings
from support.command import command
from support.stored_facts import SteadyClock, event, store

NOW = parse_time("2026-10-05T12:00:00Z")


@pytest.fixture
def home(home: Home) -> Home:
    """A company with one server in feed, chats and telemetry, and a plugin."""
    home.clock = SteadyClock(NOW)
    server = {"mcp_server_id": "mcpsrv_1", "mcp_server_name": "Tickets"}
    store(
        home,
        event(1, "mcp_server_created", NOW - 9 * DAY, raw=server),
        event(2, "claude_plugin_created", NOW - 5 * DAY, raw={"plugin_id": "plugin_1", "plugin_name": "Formatter"}),
        event(3, "claude_code.mcp_server_connection", NOW - DAY, product="claude_telemetry", target_kind="mcp_server",
              raw={"server_name": "tickets"}),
        event(4, "claude_chat_viewed", NOW - DAY),
    )  # fmt: skip
    for number, at in enumerate((NOW - 4 * DAY, NOW - 2 * DAY)):
        seen = ObjectVersion(
            tenant="default", source="claude", product="claude", kind="tool_use", object_id="claude_chat_1/x/search",
            name="Ticket desk", parent_kind="chat", parent_id="claude_chat_1", owner_account="claude:user_01A",
            created_at=at, updated_at=at, valid_from=at, seen_at=NOW + number,
            attributes=json.dumps({"url": "https://mcp.tickets.example.com/sse", "tool": "search", "server": "x"}),
        )  # fmt: skip
        store(home, seen)
    person = ObjectVersion(
        tenant="default", source="claude", product="claude", kind="user", object_id="user_01A", seen_at=NOW,
        attributes='{"email": "ana@example.com"}',
    )  # fmt: skip
    link = Link(
        tenant="default", account_key="claude:user_01A", identity_id="idn_ana", method="m", confidence=1.0, reason="r",
        valid_from=0,
    )  # fmt: skip
    store(home, person)
    store(home, link)
    return home


def test_every_reading_of_a_chat_counts_for_first_and_last_use(home: Home) -> None:
    server = next(item for item in supply_chain(home).items if item.kind == "mcp_server")
    assert [join.origin for join in server.joins] == ["chats", "feed", "telemetry"]
    chat = next(user for user in server.users if user.identity == "idn_ana")
    assert (chat.first, chat.last) == (NOW - 4 * DAY, NOW - DAY)
    assert server.used_in == 1


def test_people_have_addresses(home: Home) -> None:
    assert supply_chain(home).emails == {"idn_ana": "ana@example.com"}


@pytest.mark.parametrize("text", ["Tickets", "ticket desk", "mcpsrv_1", "https://mcp.tickets.example.com/sse"])
def test_a_thing_is_found_by_any_of_its_names(home: Home, text: str) -> None:
    assert [item.name for item in find_items(supply_chain(home), text)] == ["Tickets"]


class TestTheCommand:
    def test_lists_everything_as_rows(self, home: Home) -> None:
        rows = [
            orjson.loads(line)
            for line in command("supply-chain", "--format", "jsonl", "--home", home.path).out.splitlines()
        ]
        assert [(row["kind"], row["name"]) for row in rows] == [("mcp_server", "Tickets"), ("plugin", "Formatter")]
        assert rows[0]["users"][0]["email"] == "ana@example.com"
        assert {"kind": "host", "id": "mcp.tickets.example.com"} in rows[0]["reaches"]

    def test_what_is_not_approved_ends_with_one(self, home: Home) -> None:
        asked = ("supply-chain", "--not-approved", "--home", home.path)
        assert command(*asked).code == 0
        settings = CompanySettings.model_validate({"approved_mcp_servers": ["Wiki"], "approved_integrations": []})
        apply_settings(home.state, settings, "tester")
        found = command(*asked)
        assert found.code == 1
        assert "Tickets" in found.out
        assert "Formatter" not in found.out

    def test_shows_one_thing_in_words(self, home: Home) -> None:
        told = command("supply-chain", "show", "tickets", "--home", home.path).out
        assert "Tickets (mcp server): in use, nobody said" in told
        assert "Added by ana@example.com" in told
        assert "chats: 2 traces, a word of its host (0.50)" in told

    def test_an_unknown_name_is_a_sentence(self, home: Home) -> None:
        done = command("supply-chain", "show", "nothing", "--home", home.path)
        assert (done.code, done.err.strip()) == (2, "Nothing inside Claude is known as nothing.")
