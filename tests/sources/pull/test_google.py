"""What is special about Google Workspace."""

from __future__ import annotations

import json

import pytest

from fanlight.sources.contract import EventPage, SourceError
from support.pull_fixtures import Vendors
from support.source_fixtures import Store, collect, stream_of


def pages(vendors: Vendors, stream: str) -> list[EventPage]:
    cursor = json.dumps({"until": vendors.clock.now() - 5 * 86_400_000_000, "width": 7 * 86_400_000_000})
    return list(stream_of(vendors.connect("google_workspace").event_streams(), stream).pages(cursor))


def test_titles_of_documents_are_sealed_though_they_stand_in_a_list_of_names_and_values(vendors: Vendors) -> None:
    found = pages(vendors, "drive")
    events = [event for page in found for event in page.events]
    assert events
    assert not [event for event in events if "canary" in event.raw]
    item = next(item for item in json.loads(events[0].raw)["events"][0]["parameters"] if item["name"] == "doc_title")
    assert item["value"]["sealed"] is True
    content = [piece for page in found for piece in page.content]
    assert len(content) == len(events)
    with content[0].part.sealed.opened() as title:
        assert str(title).startswith("canary title")


def test_an_activity_with_two_events_is_two_rows(vendors: Vendors) -> None:
    events = [event for page in pages(vendors, "login") for event in page.events]
    challenged = [event for event in events if event.type == "login_challenge"]
    assert challenged
    assert {event.family for event in challenged} == {"mfa"}
    twin = challenged[0].event_id.removesuffix(":0") + ":1"
    assert twin in {event.event_id for event in events}


def test_a_hand_over_to_claude_names_the_application_and_succeeds(vendors: Vendors) -> None:
    event = pages(vendors, "saml")[0].events[0]
    assert (event.target_kind, event.target_id, event.outcome) == ("application", "Claude", "success")
    assert event.account_key == f"google_workspace:{event.actor_id}"


def test_people_carry_aliases_and_personnel_number_and_nothing_private(vendors: Vendors) -> None:
    (directory,) = vendors.connect("google_workspace").snapshot_streams()
    people = next(iter(directory.take())).objects
    kept = [json.loads(person.attributes) for person in people]
    assert all(person["employeeNumber"] for person in kept)
    assert {person["status"] for person in kept} == {"ACTIVE", "SUSPENDED"}
    assert any("aliases" in person for person in kept)
    assert "private@example.net" not in repr(people)


def test_an_application_without_activities_is_empty_and_not_an_error(vendors: Vendors) -> None:
    store = Store()
    source = vendors.connect("google_workspace", applications="rules")
    assert collect(stream_of(source.event_streams(), "rules"), store)
    assert store.rows == {}


@pytest.mark.parametrize(
    "key", ["not json", '{"type": "service_account"}', '{"client_email": "a", "private_key": "b"}']
)
def test_a_file_that_is_no_service_account_is_named_as_such(vendors: Vendors, key: str) -> None:
    report = vendors.connect("google_workspace", key=f"literal:{key}").check()
    assert not report.works
    assert "JSON key file" in report.headline or "RSA key" in report.headline


def test_applications_must_be_names(vendors: Vendors) -> None:
    with pytest.raises(SourceError, match="login, drive or saml"):
        vendors.connect("google_workspace", applications="../users")
