"""A whole simulated company arrives: every kind, exactly what is served, for hardly more requests than paging needs."""

from __future__ import annotations

from collections import Counter

import pytest

from fanlight.model import ObjectVersion, parse_time
from fanlight.simulator.http.running import serve
from fanlight.simulator.world import build_world
from fanlight.sources.contract import ContentGone, ContentRef, SourceContext
from fanlight.sources.registry import find_kind
from support.source_fixtures import CONTENT_KEY, JumpingClock

NOW = parse_time("2026-11-20T09:00:00Z")
FREE = {"activities", "(refused)", "okta logs"}  # the tail of two minutes and own traffic are apart
ADMIN = ("admin ", "analytics ")


@pytest.fixture(scope="module")
def company():
    world = build_world(seed=5, size="S", now=NOW)
    with serve(world, rate=0) as running:
        yield world, running


@pytest.fixture(scope="module")
def collected(company):
    world, running = company
    addresses = running.addresses()
    context = SourceContext(
        tenant="default",
        name="claude",
        clock=JumpingClock(NOW),
        content_key=CONTENT_KEY,
        read_secret=lambda reference: addresses[reference],
        options={
            "url": addresses["compliance_url"],
            "key": "parent_key",
            "admin_key": "admin_key",
            "analytics_key": "analytics_key" if "analytics_key" in addresses else "",
        },
    )
    source = find_kind("claude").connect(context)
    served = {row.id for row in world.feed()}
    found = {"events": [], "objects": [], "grants": [], "kinds": Counter(), "gone": 0, "served": served}
    for stream in source.event_streams():
        found["events"] += [event for page in stream.pages(None) for event in page.events]
    for stream in source.snapshot_streams():
        for taken in stream.take():
            found["objects"] += taken.objects
            found["grants"] += taken.grants
    waiting = []
    for stream in source.inventory_streams():
        for page in stream.pages(None):
            found["objects"] += page.objects
            waiting += page.refs
    seen = set()
    while waiting:
        ref = waiting.pop()
        if (ref.kind, ref.object_id, ref.detail) in seen:
            continue
        seen.add((ref.kind, ref.object_id, ref.detail))
        found["kinds"][ref.kind] += 1
        try:
            for piece in source.read_content(ref, None):
                if isinstance(piece, ContentRef):
                    waiting.append(piece)
                elif isinstance(piece, ObjectVersion):
                    found["objects"].append(piece)
        except ContentGone:
            found["gone"] += 1
    source.close()
    return found


def ids(found, kind):
    return {item.object_id for item in found["objects"] if item.kind == kind}


def test_every_event_that_was_served_arrived_once(collected):
    arrived = [event.event_id for event in collected["events"]]
    assert len(arrived) == len(set(arrived))
    assert collected["served"] <= set(arrived)


def test_every_object_of_every_kind_arrived(company, collected):
    world, _ = company
    assert ids(collected, "chat") == {row.id for row in world.chats()}
    assert ids(collected, "project") == {row.id for row in world.projects()}
    assert ids(collected, "group") == {row.id for row in world.groups()}
    assert ids(collected, "local_session") == {row.id for row in world.local_sessions()}
    assert ids(collected, "remote_session") == {row.id for row in world.remote_sessions()}
    assert ids(collected, "code_artifact") == {row.id for row in world.code_artifacts()}
    assert ids(collected, "api_key") == {row.id for row in world.console_api_keys()}
    assert ids(collected, "user_activity") == {
        row["user"]["id"] for row in world.analytics_users("2026-07-07", "2026-10-03")
    }
    assert ids(collected, "connector_use")
    people = {row.id for org in world.organizations() for row in world.users(org.id) or ()}
    assert ids(collected, "user") == people


def test_requests_stay_within_a_tenth_of_the_minimum(company, collected):
    _, running = company
    asked = running.stats()["requests"]
    minimum = running.minimum()
    spent = sum(count for name, count in asked.items() if name not in FREE and not name.startswith(ADMIN))
    needed = sum(count for name, count in minimum.items() if name not in FREE)
    assert spent <= needed * 1.1
    assert asked["activities"] <= minimum["activities"] + 3


def test_only_get_was_used_and_nothing_was_refused_but_what_is_gone(company, collected):
    _, running = company
    stats = running.stats()
    assert set(stats["methods"]) == {"GET"}
    assert set(stats["statuses"]) <= {"200", "404"}
    assert stats["statuses"].get("404", 0) == collected["gone"]


def test_nobody_of_the_company_writes_into_a_stored_row(company, collected):
    """Every chat name and the first words of chats and documents: none of them is in what would be stored."""
    world, _ = company
    stored = "\n".join(event.raw for event in collected["events"])
    stored += "\n".join(f"{item.name} {item.attributes}" for item in collected["objects"])
    names = [row.body["name"] for row in world.chats() if len(row.body["name"].split()) > 2][:200]
    said = [
        block["text"][:60]
        for row in world.chats()[:150]
        for message in (world.messages(row.id) or ())[:2]
        for block in message["content"]
        if block["type"] == "text" and len(block["text"].split()) > 4
    ]
    assert len(names) > 20
    assert len(said) > 100
    assert not [text for text in (*names, *said) if text in stored]
