"""Who uses which connector, and since when nobody knows it better than the vendor."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fanlight.model import DAY, Micros, ObjectVersion, day_of
from fanlight.simulator import http
from fanlight.simulator.http import RunningSimulator
from fanlight.simulator.world import World, build_world
from fanlight.sources.contract import SourceContext
from fanlight.sources.registry import find_kind
from fanlight.supply.inventory import Approvals, join_traces
from fanlight.supply.traces import traces_of_objects
from support.source_fixtures import CONTENT_KEY, JumpingClock
from support.vendor_world import NOW


@pytest.fixture(scope="module")
def company() -> Iterator[tuple[World, RunningSimulator]]:
    world = build_world(seed=3, size="S", now=NOW)
    with http.serve(world, rate=0, wait_seconds=0, drip_seconds=0.02) as running:
        yield world, running


Take = Callable[[], dict[str, list[ObjectVersion]]]


@pytest.fixture
def take(company: tuple[World, RunningSimulator]) -> Take:
    addresses = company[1].addresses()

    def read() -> dict[str, list[ObjectVersion]]:
        context = SourceContext(
            tenant="default", name="claude", clock=JumpingClock(NOW), content_key=CONTENT_KEY,
            read_secret=lambda reference: addresses[reference],
            options={"url": addresses["compliance_url"], "key": "parent_key", "analytics_key": "analytics_key",
                     "first_wait": "0.02"},
        )  # fmt: skip
        source = find_kind("claude").connect(context)
        (stream,) = (stream for stream in source.snapshot_streams() if stream.name == "analytics")
        found = {snapshot.scope: list(snapshot.objects) for snapshot in stream.take()}
        source.close()
        return found

    return read


def served(world: World, since: Micros, until: Micros) -> set[str]:
    rows = world.analytics_connectors(day_of(since), day_of(until), by_user=True)
    return {f"{row['connector_name']}/{row['user_id']}" for row in rows}


def test_everybody_who_used_a_connector_in_thirty_days_is_listed_with_counts(
    company: tuple[World, RunningSimulator], take: Take
) -> None:
    found = take()["analytics/connectors"]
    assert {item.object_id for item in found} == served(company[0], NOW - 30 * DAY, NOW - 2 * DAY)
    assert len(found) > 20
    for item in found:
        told: Any = json.loads(item.attributes)
        assert told["read_call_count"] > 0
        assert told["conversations"] > 0
        assert item.owner_account == f"claude:{item.object_id.partition('/')[2]}"


def test_the_day_of_the_last_use_is_that_of_the_last_week_or_not_later_than_known(
    company: tuple[World, RunningSimulator], take: Take
) -> None:
    world = company[0]
    for item in take()["analytics/connectors"]:
        days = [NOW - 2 * DAY - back * DAY for back in range(7)]
        exact = next((day for day in days if item.object_id in served(world, day, day)), NOW - 30 * DAY)
        assert item.updated_at == exact // DAY * DAY


def test_the_same_is_read_with_faults(company: tuple[World, RunningSimulator], take: Take) -> None:
    calm = take()
    company[1].set_faults(0.3, seed=2)
    noisy = take()
    assert sum(company[1].faults_struck().values()) >= 2
    company[1].set_faults(0.0)
    for scope in ("analytics/users", "analytics/connectors"):
        assert [(item.object_id, item.attributes) for item in noisy[scope]] == [
            (item.object_id, item.attributes) for item in calm[scope]
        ]


def test_connectors_join_the_supply_chain_by_name_with_their_users(take: Take) -> None:
    chat = ObjectVersion(
        tenant="default", source="claude", product="claude", kind="tool_use", object_id="t1", name="Ticket desk",
        parent_kind="chat", parent_id="c1", owner_account="claude:u", created_at=NOW,
        attributes=json.dumps({"url": "https://mcp.tickets.example.com/sse", "tool": "search_tickets"}),
    )  # fmt: skip
    used = take()["analytics/connectors"]
    items = join_traces(traces_of_objects([chat, *used]), lambda *_: None, Approvals(), NOW, 60 * DAY)
    (desk,) = (item for item in items if item.name == "Ticket desk")
    assert {join.origin for join in desk.joins} == {"chats", "analytics"}
    tickets = {str(one.owner_account) for one in used if one.object_id.startswith("ticketdesk/")}
    assert {user.identity for user in desk.users} == tickets | {"claude:u"}
