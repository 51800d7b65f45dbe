"""Managed, unmanaged, or that it cannot be told: with who says so."""

from __future__ import annotations

from typing import Any

import pytest

from fanlight.enrich.inventory import Inventory, ListedDevice, Standing
from fanlight.model import DAY, parse_time

NOW = parse_time("2026-10-05T12:00:00Z")


def listed(managed: bool | None, **told: Any) -> ListedDevice:
    given: dict[str, Any] = {
        "source": "defender", "device_id": "m1", "name": "lt-ana-01.example.com", "directory_id": "D1",
        "os_family": "Windows", "last_seen": NOW,
    }  # fmt: skip
    return ListedDevice(managed=managed, **{**given, **told})


def asked(inventory: Inventory, **given: Any) -> Standing:
    said = {"device_id": "d1", "name": "LT-ANA-01", "os_family": "Windows", "said": None, "by": "entra_id"}
    return inventory.standing(NOW, **{**said, **given})


@pytest.mark.parametrize(
    ("inventory", "said", "state", "why"),
    [
        ([], True, "managed", "entra_id calls it managed"),
        ([], False, "unmanaged", "entra_id calls it not managed"),
        ([], None, "could not tell", "entra_id does not say, and no device inventory is connected"),
        ([listed(True)], None, "managed", "Defender runs on it"),
        ([listed(True)], False, "managed", "Defender runs on it"),
        ([listed(False)], None, "unmanaged", "Defender found it and does not run on it"),
        ([listed(False)], True, "managed", "entra_id calls it managed"),
        ([listed(None)], None, "could not tell", "Defender lists it without saying"),
    ],
)
def test_an_agent_that_reports_is_proof_and_what_nobody_says_is_not_guessed(
    inventory: list[ListedDevice], said: bool | None, state: str, why: str
) -> None:
    found = asked(Inventory(inventory), said=said)
    assert (found.state, found.why) == (state, why)
    assert found.managed is {"managed": True, "unmanaged": False, "could not tell": None}[state]


OTHER = listed(True, device_id="m2", name="lt-bo-02", directory_id="D2")


def test_a_device_that_is_not_listed_is_unmanaged_where_others_of_its_system_are() -> None:
    found = asked(Inventory([OTHER]))
    assert (found.state, found.why) == ("unmanaged", "Defender runs on other Windows devices and does not list it")


@pytest.mark.parametrize("given", [{"os_family": "macOS"}, {"os_family": "unknown"}, {"device_id": None, "name": None}])
def test_no_inventory_is_believed_about_what_it_does_not_cover(given: dict[str, Any]) -> None:
    assert asked(Inventory([OTHER]), **given).state == "could not tell"


def test_a_device_is_found_by_id_at_the_directory_by_name_and_by_its_own_id() -> None:
    one = Inventory([listed(False), OTHER])
    assert asked(one, name=None).state == "unmanaged"
    assert asked(one, device_id=None, name="LT-ANA-01").why.startswith("Defender found it")
    assert asked(one, device_id="M1", name=None).why.startswith("Defender found it")


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        ({"last_seen": NOW - 31 * DAY}, "could not tell"),
        ({"last_seen": NOW - 29 * DAY}, "managed"),
        ({"first_seen": NOW + 2 * DAY}, "could not tell"),
    ],
)
def test_an_agent_proves_nothing_before_it_came_and_a_month_after_its_last_word(
    seen: dict[str, Any], state: str
) -> None:
    assert asked(Inventory([listed(True, os_family="macOS", **seen)])).state == state
