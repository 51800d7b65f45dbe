"""Devices of a whole company: sign-ins of Entra ID joined with the inventories of CrowdStrike and Defender."""

from __future__ import annotations

from collections import Counter

from fanlight.model import MINUTE, Event, SystemClock
from fanlight.pipeline.connections import add_connection
from fanlight.pipeline.devices import load_devices
from fanlight.pipeline.home import Home
from fanlight.pipeline.sync import sync
from fanlight.simulator import http
from fanlight.simulator.fleet import machine_of
from fanlight.simulator.neighbours import entra_id
from fanlight.simulator.neighbours.site import staff_now
from fanlight.simulator.world import build_world


def test_the_device_of_a_person_says_managed_unmanaged_or_that_it_cannot_be_told(home: Home) -> None:
    """Against the company's own truth: own machines are unmanaged, what Entra ID leaves open the inventories say."""
    world = build_world(seed=8, size="S", now=SystemClock().now())
    with http.serve(world, rate=0) as running:
        for kind in ("entra_id", "crowdstrike", "defender"):
            settings = running.neighbour_settings(kind)
            sealed = {**settings, "key": home.vault.seal(f"{kind}-key", settings["key"])}
            add_connection(home, kind, kind, {**sealed, "rate": "600000", "first_wait": "0.02"})
        outcome = sync(home)
    assert [source.problem for source in outcome.sources] == [""] * 3
    with home.reader() as reader:
        devices = load_devices(reader)
        sign_ins = {
            event.account_key: event
            for event in reader.rows(Event, "product = 'entra_id' AND device_id IS NOT NULL ORDER BY occurred_at")
        }
    told: Counter[tuple[str, str]] = Counter()
    for person, status in staff_now(world):
        sign_in = sign_ins.get(f"entra_id:{entra_id.object_id(world, person.index)}")
        if sign_in is None or status != "ACTIVE":
            continue
        event = Event(
            tenant="default", source="claude", product="claude", event_id="e", type="claude_chat_viewed", family="x",
            occurred_at=sign_in.occurred_at + 5 * MINUTE, account_key=sign_in.account_key, ip=sign_in.ip,
        )  # fmt: skip
        found = devices.behind(event)
        assert found is not None
        machine = machine_of(world.stage, person, world.now)
        assert found.device_id == machine.directory_id
        told[machine.standing, found.standing] += 1
    assert told["managed", "managed"] > 100
    assert told["own", "unmanaged"] > 5
    assert told["unsaid", "managed"] > 5
    assert set(told) == {("managed", "managed"), ("own", "unmanaged"), ("unsaid", "managed")}
