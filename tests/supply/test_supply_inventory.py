"""One inventory out of feed, chats, sessions, telemetry and analytics: joined where it is one thing, with how sure."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from fanlight.model import DAY, Event, Micros, ObjectVersion, parse_time
from fanlight.sources.claude.catalogue import load
from fanlight.supply.inventory import Approvals, SupplyItem, join_traces
from fanlight.supply.traces import Trace, feed_types, traces_of_events, traces_of_objects
from support.stored_facts import event

NOW = parse_time("2026-10-05T12:00:00Z")
URL = "https://mcp.tickets.example.com/sse"


def feed(type: str, at: Micros, number: int | str = 1, **raw: Any) -> Event:
    return event(number, type, at, raw=raw)


def telemetry(at: Micros, type: str = "claude_code.mcp_server_connection", **raw: Any) -> Event:
    return event(
        f"t{at}", type, at, product="claude_telemetry", account_key="claude:user_01B", actor_kind="user", raw=raw
    )


def tool(
    server: str, at: Micros, parent: str = "chat", name: str | None = None, url: str | None = URL
) -> ObjectVersion:
    return ObjectVersion(
        tenant="default", source="claude", product="claude", kind="tool_use", object_id=f"c/{server}/{at}", name=name,
        parent_kind=parent, parent_id=f"{parent}_{at}", owner_account="claude:user_01C", created_at=at, updated_at=at,
        seen_at=at, attributes=json.dumps({"server": server, "url": url, "tool": "search"}),
    )  # fmt: skip


def inventory(traces: list[Trace], **approved: tuple[str, ...]) -> list[SupplyItem]:
    return join_traces(traces, lambda account, _: f"idn of {account}", Approvals(**approved), NOW, 60 * DAY)


def everything() -> list[Trace]:
    events = [
        feed("mcp_server_created", NOW - 9 * DAY, 1, mcp_server_id="mcpsrv_1", mcp_server_name="Tickets"),
        feed("integration_user_connected", NOW - 8 * DAY, 2, integration_type="mcp", mcp_server_id="mcpsrv_1"),
        feed("mcp_tool_policy_updated", NOW - 7 * DAY, 3, mcp_server_id="mcpsrv_1", tool_name="delete_ticket"),
        telemetry(NOW - 2 * DAY, server_name="tickets"),
        feed("claude_plugin_created", NOW - 5 * DAY, 4, plugin_id="plugin_1", plugin_name="Tickets"),
    ]
    objects = [
        tool(URL, NOW - 3 * DAY, name="Ticket desk"),
        tool("tickets", NOW - DAY, "local_session", "tickets", None),
    ]
    return [*traces_of_events(events), *traces_of_objects(objects)]


class TestJoining:
    def test_five_sources_speak_of_one_server(self) -> None:
        server, plugin = inventory(everything())
        assert (server.kind, server.name, server.aliases) == ("mcp_server", "Tickets", ("Ticket desk", "tickets"))
        assert {join.origin: join.confidence for join in server.joins} == {
            "feed": 1.0, "chats": 0.5, "sessions": 0.7, "telemetry": 0.7
        }  # fmt: skip
        assert server.confidence == 0.5
        assert (plugin.kind, plugin.confidence) == ("plugin", 1.0)

    def test_who_added_it_is_no_user_and_who_used_it_is(self) -> None:
        server = inventory(everything())[0]
        assert server.added_by == "idn of claude:user_01A"
        assert {user.identity for user in server.users} == {f"idn of claude:user_01{n}" for n in "ABC"}

    def test_it_knows_tools_reach_places_and_times(self) -> None:
        server = inventory(everything())[0]
        assert server.tools == ("delete_ticket", "search")
        assert ("host", "mcp.tickets.example.com") in server.reaches
        assert server.used_in == 2
        assert (server.first_seen, server.last_seen) == (NOW - 9 * DAY, NOW - DAY)

    def test_order_plays_no_part(self) -> None:
        traces = everything()
        expected = inventory(traces)
        for seed in range(5):
            random.Random(seed).shuffle(traces)
            assert inventory(traces) == expected

    def test_two_servers_of_one_name_but_other_ids_are_told_as_one_with_both_ids(self) -> None:
        traces = list(
            traces_of_events(
                [
                    feed("mcp_server_created", NOW - DAY, 1, mcp_server_id="mcpsrv_1", mcp_server_name="Wiki"),
                    feed("mcp_server_created", NOW - DAY, 2, mcp_server_id="mcpsrv_2", mcp_server_name="wiki MCP"),
                ]
            )
        )
        (item,) = inventory(traces)
        assert item.native_ids == ("mcpsrv_1", "mcpsrv_2")

    def test_a_server_alone_in_telemetry_is_there_and_sure_of_itself(self) -> None:
        (item,) = inventory(list(traces_of_events([telemetry(NOW - DAY, server_name="shadow-db")])))
        assert (item.name, item.confidence, item.joins[0].why) == ("shadow-db", 1.0, "it names it itself")

    @pytest.mark.parametrize("hidden", ["mcp_tool", "third-party", "custom"])
    def test_a_name_that_telemetry_hides_is_no_thing(self, hidden: str) -> None:
        assert list(traces_of_events([telemetry(NOW, server_name=hidden)])) == []

    def test_a_sealed_name_is_no_name(self) -> None:
        mark = {"sealed": True, "length": 4, "hash": "00"}
        assert list(traces_of_events([telemetry(NOW, server_name=mark)])) == []

    def test_a_short_name_joins_nothing(self) -> None:
        traces = [
            *traces_of_events([telemetry(NOW, server_name="db")]),
            *traces_of_objects([tool("db", NOW, name="db", url=None)]),
        ]
        assert len(inventory(traces)) == 2


class TestState:
    def state(self, *steps: tuple[str, Micros]) -> str:
        events = [
            feed(name, at, n, mcp_server_id="mcpsrv_1", mcp_server_name="Wiki") for n, (name, at) in enumerate(steps)
        ]
        return inventory(list(traces_of_events(events)))[0].state

    def test_follows_what_happened_last(self) -> None:
        assert self.state(("mcp_server_created", NOW - 2 * DAY)) == "in use"
        assert self.state(("mcp_server_created", NOW - 2 * DAY), ("mcp_server_deleted", NOW - DAY)) == "removed"
        assert self.state(("mcp_server_deleted", NOW - 2 * DAY), ("mcp_server_created", NOW - DAY)) == "in use"
        assert self.state(("mcp_server_created", NOW - 90 * DAY)) == "idle"

    def test_an_extension_can_be_blocked(self) -> None:
        events = [feed("desktop_extension_blocklisted", NOW, extension_id="x")]
        assert inventory(list(traces_of_events(events)))[0].state == "blocked"


class TestApproval:
    @pytest.mark.parametrize(
        ("approved", "answer"),
        [
            ({}, "nobody said"),
            ({"servers": ("tickets",)}, "approved"),
            ({"servers": ("mcpsrv_1",)}, "approved"),
            ({"servers": (URL,)}, "approved"),
            ({"servers": ("Wiki",)}, "not approved"),
            ({"integrations": ("connector:Tickets",)}, "approved"),
            ({"integrations": ("plugin:Tickets",)}, "nobody said"),
            ({"integrations": ("Wiki",)}, "not approved"),
        ],
    )
    def test_is_one_of_three_answers(self, approved: dict[str, tuple[str, ...]], answer: str) -> None:
        assert inventory(everything(), **approved)[0].approval == answer


class TestTheFeed:
    @pytest.mark.parametrize(
        ("type", "raw", "kind", "name", "reach"),
        [
            ("claude_code_review_repository_added", {"repo_owner": "acme", "repo_name": "core"}, "repository",
             "acme/core", ("repository", "core")),
            ("claude_project_sync_source_created", {"provider": "google_drive", "claude_project_id": "p1"}, "connector",
             "google_drive", ("project", "p1")),
            ("ccr_agent_created", {"agent_id": "a1", "slug": "helper", "default_source_urls":
             ["https://git.example.com/acme/core?token=x"]}, "agent", "helper",
             ("source", "https://git.example.com/acme/core")),
            ("claude_code_security_webhook_created", {"webhook_id": "w1", "url": "https://hooks.example.com/s/Zx9"},
             "webhook", "w1", ("host", "hooks.example.com")),
            ("platform_agent_deployment_created", {"deployment_id": "d1", "workspace_id": "wrk"}, "automation", "d1",
             ("workspace", "wrk")),
            ("desktop_extension_uploaded", {"extension_id": "ext"}, "extension", "ext", None),
            ("marketplace_created", {"marketplace_id": "m1"}, "marketplace", "m1", None),
            ("claude_skill_created", {"skill_id": "s1", "skill_name": "Reports"}, "skill", "Reports", None),
        ],
    )  # fmt: skip
    def test_names_every_kind(
        self, type: str, raw: dict[str, Any], kind: str, name: str, reach: tuple[str, str] | None
    ) -> None:
        (item,) = inventory(list(traces_of_events([feed(type, NOW, **raw)])))
        assert (item.kind, item.name) == (kind, name)
        assert reach is None or reach in item.reaches

    def test_every_documented_type_about_the_supply_chain_is_read(self) -> None:
        about = {
            name
            for name, known in load().items()
            if known.group in ("mcp_connectors", "plugins_skills", "marketplaces", "desktop_extensions", "mcp_tunnels")
        }
        left_out = about - set(feed_types(load()))
        assert left_out == {"org_connector_domain_guard_updated", "claude_plugin_security_scan_completed"}

    def test_other_types_give_nothing(self) -> None:
        assert list(traces_of_events([feed("claude_chat_viewed", NOW), feed("sso_login_succeeded", NOW)])) == []
