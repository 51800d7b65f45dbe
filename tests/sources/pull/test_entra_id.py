"""What is special about Entra ID."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fanlight.model import Event, ObjectVersion
from fanlight.sources.contract import SourceContext
from fanlight.sources.entra_id.directory import guest_address
from fanlight.sources.registry import find_kind
from support.pull_fixtures import Vendors
from support.source_fixtures import CONTENT_KEY, JumpingClock, Store, collect, stream_of


def mapped(**record: Any) -> Event:
    context = SourceContext(tenant="t", name="e", clock=JumpingClock(), content_key=CONTENT_KEY, read_secret=str)
    mapper = find_kind("entra_id").map_record
    assert mapper is not None
    (event,) = mapper(record, context)
    return event


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("name_partner.example.org#EXT#@tenant.example.com", "name@partner.example.org"),
        ("first_last_partner.example.org#EXT#@tenant.example.com", "first_last@partner.example.org"),
        ("ana.rao@example.com", None),
    ],
)
def test_a_guests_own_address_is_rebuilt_from_the_last_underscore(name: str, address: str | None) -> None:
    assert guest_address(name) == address


def test_the_group_of_a_membership_is_its_target_though_its_value_is_sealed() -> None:
    changed = [{"displayName": "Group.ObjectID", "oldValue": None, "newValue": '"g-1"'}]
    event = mapped(
        id="a1",
        activityDateTime="2026-11-20T03:00:00Z",
        activityDisplayName="Add member to group",
        result="success",
        initiatedBy={"app": {"servicePrincipalId": "sp1"}},
        targetResources=[{"id": "u1", "type": "User", "modifiedProperties": changed}],
    )
    assert (event.family, event.target_kind, event.target_id) == ("membership", "idp_group", "g-1")
    assert event.actor_kind == "service_principal"
    assert json.loads(event.raw)["targetresources"][0]["modifiedproperties"][0]["newvalue"]["sealed"] is True


@pytest.mark.parametrize(
    ("code", "outcome", "family"), [(0, "success", "sign_in"), (50126, "failure", "sign_in_failed")]
)
def test_a_sign_in_succeeds_by_its_error_code_and_names_the_application(code: int, outcome: str, family: str) -> None:
    event = mapped(
        id="s1", createdDateTime="2026-11-20T03:11:02Z", userId="u1", userPrincipalName="ana.rao@example.com",
        appId="app1", appDisplayName="Claude", ipAddress="2001:db8:1::44", status={"errorCode": code},
        deviceDetail={"deviceId": "d1"},
    )  # fmt: skip
    assert (event.outcome, event.family, event.type) == (outcome, family, "Sign-in activity")
    assert (event.target_kind, event.target_id, event.device_id) == ("app", "app1", "d1")
    assert event.account_key == "entra_id:u1"


def people(vendors: Vendors) -> dict[str, ObjectVersion]:
    (directory,) = vendors.connect("entra_id").snapshot_streams()
    return {item.object_id: item for item in next(iter(directory.take())).objects}


def test_people_carry_what_identities_are_made_of_and_nothing_unasked(vendors: Vendors) -> None:
    kept = [json.loads(item.attributes) for item in people(vendors).values()]
    assert sum("employeeId" in person for person in kept) > 250
    assert sum(person["status"] == "DEACTIVATED" for person in kept) > 5
    guests = [person for person in kept if person["userType"] == "Guest"]
    assert guests
    assert all(person["aliases"] for person in guests)
    assert "nobody asked for" not in json.dumps(kept)


def test_windows_grow_while_a_page_holds_them(vendors: Vendors) -> None:
    """A month of history needs tens of requests, not the 8,640 of five minutes each."""
    store = Store()
    source = vendors.connect("entra_id")
    collect(stream_of(source.event_streams(), "directory_audits"), store)
    assert source.requests()["feed"] < 45
    assert json.loads(store.cursors["directory_audits"])["width"] > 3600 * 1_000_000
