"""What is special about inventories of devices: CrowdStrike's and Defender's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fanlight.model import MINUTE, SECOND, Micros, ObjectVersion
from fanlight.simulator.fleet import fleet_of
from fanlight.simulator.http.wire import Answer
from fanlight.simulator.neighbours import crowdstrike as falcon
from fanlight.simulator.neighbours import neighbour_kinds
from fanlight.simulator.neighbours.site import Refused
from support.pull_fixtures import Vendors

INVENTORIES = ("crowdstrike", "defender")


def listed(vendors: Vendors, kind: str, **options: str) -> dict[str, ObjectVersion]:
    (stream,) = vendors.connect(kind, **options).snapshot_streams()
    (snapshot,) = stream.take()
    assert snapshot.scope == "devices"
    return {item.object_id: item for item in snapshot.objects}


def told(item: ObjectVersion) -> Any:
    return json.loads(item.attributes)


@pytest.mark.parametrize("skew", [-10 * MINUTE, 10 * MINUTE])
@pytest.mark.parametrize("kind", INVENTORIES)
def test_every_device_is_listed_once_with_faults_and_a_wrong_clock(vendors: Vendors, kind: str, skew: Micros) -> None:
    """30 % faults, scroll positions that end, tokens that die after forty uses."""
    vendors.clock.sleep(skew / SECOND)
    vendors.running.set_faults(0.3, seed=11)
    (stream,) = vendors.connect(kind).snapshot_streams()
    for _ in range(12):
        (snapshot,) = stream.take()
        ids = [item.object_id for item in snapshot.objects]
        assert sorted(ids) == sorted(vendors.site(kind).inventory())
        assert not snapshot.notices
    assert sum(vendors.running.faults_struck().values()) >= 10
    methods = vendors.running.stats()["methods"]
    assert vendors.running.stats()["requests"][f"{kind} token"] == methods["POST"]


def test_a_falcon_device_is_managed_and_names_its_system_and_last_user(vendors: Vendors) -> None:
    found = listed(vendors, "crowdstrike")
    machines = {
        falcon.device_id(vendors.world, machine): machine
        for machine in fleet_of(vendors.world.stage, vendors.world.now)
    }
    assert len(found) > 100
    for key, item in found.items():
        machine = machines[key]
        assert (item.kind, item.name) == ("device", machine.name)
        assert told(item)["os"] == {"Mac": "macOS"}.get(machine.system, machine.system)
        assert (told(item)["managed"], told(item)["user"], told(item)["external_ip"]) == (
            True,
            machine.user,
            machine.ip,
        )
        assert told(item)["last_seen"]
        assert item.updated_at is not None


def test_defender_tells_devices_it_runs_on_from_those_it_discovered(vendors: Vendors) -> None:
    found = listed(vendors, "defender")
    standing = {(told(item)["onboardingStatus"], told(item)["managed"]) for item in found.values()}
    assert standing == {("onboarded", True), ("CanBeOnboarded", False)}
    assert {told(item)["os"] for item in found.values()} == {"Windows"}


def test_only_devices_without_an_id_at_entra_are_asked_for_their_users(vendors: Vendors) -> None:
    found = listed(vendors, "defender")
    alone = {key for key, item in found.items() if "directory_device_id" not in told(item)}
    asked = {key for key, item in found.items() if "user" in told(item)}
    assert asked
    assert asked <= alone
    assert vendors.running.stats()["requests"]["defender users of a machine"] == len(asked)


def test_without_the_right_to_see_users_the_devices_are_listed_and_the_lack_is_said(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = vendors.site("defender")

    def refuse(*_: Any) -> Answer:
        raise Refused(403, "users")

    site.routes = [(path, name, refuse if "users" in name else handle) for path, name, handle in site.routes]
    (stream,) = vendors.connect("defender").snapshot_streams()
    (snapshot,) = stream.take()
    assert len(snapshot.objects) == len(site.inventory())
    assert [notice.kind for notice in snapshot.notices] == ["coverage"]
    assert "User.Read.All" in snapshot.notices[0].sentence


@pytest.mark.parametrize("kind", INVENTORIES)
def test_what_nobody_needs_of_a_device_is_not_kept(vendors: Vendors, kind: str) -> None:
    assert "nobody asked for" not in json.dumps([told(item) for item in listed(vendors, kind).values()])


def test_vendors_with_an_inventory_are_those_tested_here() -> None:
    assert {kind for kind, site in neighbour_kinds().items() if not site.streams} == set(INVENTORIES)
