"""A whole simulated company, four months of it: every event is a valid document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from fanlight.model import Event, SystemClock
from fanlight.ocsf import event_document
from fanlight.simulator.world import World, build_world
from fanlight.sources.claude.catalogue import load
from fanlight.sources.claude.mapping import map_activity
from fanlight.sources.okta.mapping import map_log_event
from support.ocsf_schema import faults

KEY = b"a tenant's key of 32 bytes.....!"


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=11, size="S", now=SystemClock().now())


def events(world: World) -> Iterator[Event]:
    for activity in world.feed():
        yield map_activity(activity.body(), content_key=KEY)
    for row in world.okta_log():
        yield map_log_event(row.body(), content_key=KEY)


def test_every_event_is_valid(world: World) -> None:
    wrong: Counter[str] = Counter()
    fallen: Counter[str] = Counter()
    seen = 0
    for event in events(world):
        document = event_document(event)
        seen += 1
        wrong.update(f"{event.type}: {fault}" for fault in faults(document))
        if "type:not in the catalogue" in document["metadata"]["labels"]:
            fallen[event.type] += 1
    assert wrong == {}
    assert seen > 50_000
    assert not set(fallen) & set(load()), "a documented type fell back to its family"
