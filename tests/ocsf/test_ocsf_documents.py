"""Every event becomes a document the public schema accepts, says the same twice, and loses nothing but content."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from fanlight.enrich.devices import DeviceGuess
from fanlight.enrich.places import Place
from fanlight.model import FAMILIES, Event, SystemClock, parse_time
from fanlight.ocsf import event_document
from fanlight.ocsf.documents import _BODIES
from fanlight.ocsf.mapping import classes, classify, mapped_types, product_of
from fanlight.sources.claude.catalogue import load
from fanlight.sources.claude.mapping import map_activity
from fanlight.sources.contract import SourceContext
from fanlight.sources.files import read_records
from fanlight.sources.registry import kinds
from support.ocsf_schema import class_as_published, faults
from support.shared import SHARED

KEY = b"a tenant's key of 32 bytes.....!"
AT = parse_time("2026-10-05T12:00:00.123456Z")
PLACE = Place(country="DE", city="Berlin", asn=64500, as_name="Example Net", network_kind="home", source="database")
ACTORS: tuple[Mapping[str, Any], ...] = (
    {"type": "user_actor", "user_id": "user_01A", "email_address": "ana@example.com", "ip_address": "192.0.2.4",
     "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Chrome/138.0 Safari/537.36"},
    {"type": "api_actor", "api_key_id": "apikey_01A", "ip_address": "2001:db8::7", "user_agent": "curl/8"},
    {"type": "admin_api_key_actor", "admin_api_key_id": "apikey_01B", "ip_address": "192.0.2.5", "user_agent": "x"},
    {"type": "unauthenticated_user_actor", "unauthenticated_email_address": "someone@example.net",
     "ip_address": "192.0.2.6", "user_agent": None},
    {"type": "anthropic_actor", "email_address": None},
    {"type": "system_actor", "service": None},
    {"type": "service_account_actor", "service_account_id": "svac_01A", "ip_address": "192.0.2.7", "user_agent": "x"},
    {"type": "scim_directory_sync_actor", "workos_event_id": "event_1", "directory_id": "directory_1"},
    {"type": "federated_identity_actor", "issuer": "https://issuer.example.com", "subject": "repo:x", "audience": []},
    {"type": "federated_actor", "provider": {"type": "aws", "account_id": "000000000000"}, "subject": "role"},
    {"type": "attested_device_actor", "external_client_id": "clid_1", "kid_hash": "abc"},
    {"type": "newer_than_we_are", "something": 1},
)  # fmt: skip


def activity(type: str, actor: Mapping[str, Any] = ACTORS[0], **fields: Any) -> Event:
    record = {
        "id": "activity_01EXAMPLE", "type": type, "created_at": "2026-10-05T12:00:00.123456Z",
        "organization_id": "org_01A", "organization_uuid": "4a230ad6-66cb-4518-a1d4-70803367409e", "actor": actor,
        **fields,
    }  # fmt: skip
    return map_activity(record, content_key=KEY, ingested_at=AT)


def filled(type: str, actor: Mapping[str, Any] = ACTORS[0]) -> Event:
    """One event of a documented type with every field that the catalogue knows of it."""
    fields: dict[str, Any] = {}
    for path in sorted(load()[type].fields):
        head, _, rest = path.partition(".")
        if rest:
            inner = fields.setdefault(head, {})
            if isinstance(inner, dict):
                inner[rest] = "x"
        else:
            fields.setdefault(head, f"{head}_01A" if head.endswith("_id") else "x")
    return activity(type, actor, **fields)


class TestEveryDocumentedType:
    def test_is_in_the_catalogue_once(self) -> None:
        assert set(mapped_types()) == set(load())
        assert len(mapped_types()) == 518

    @pytest.mark.parametrize("place", [None, PLACE], ids=["no place", "a place"])
    def test_is_valid_with_every_kind_of_actor(self, place: Place | None) -> None:
        wrong = {
            f"{name} by {actor['type']}": found
            for name in load()
            for actor in ACTORS
            if (found := faults(event_document(filled(name, actor), place)))
        }
        assert wrong == {}

    def test_is_valid_when_the_vendor_leaves_everything_out(self) -> None:
        wrong = {name: found for name in load() if (found := faults(event_document(activity(name, {}))))}
        assert wrong == {}

    def test_has_a_class_that_both_versions_know(self) -> None:
        for name, known in load().items():
            now = classify("claude", name, known.family)
            later = classify("claude", name, known.family, "1.9")
            assert now.mapped
            assert now.activity_id in classes()[now.class_uid].activities
            assert later.class_uid not in (3001, 3005), name


class TestTheSchemaIsAJudge:
    """Before a hundred per cent means anything: it must be able to say no."""

    def document(self) -> dict[str, Any]:
        return event_document(activity("claude_chat_viewed", claude_chat_id="claude_chat_01A"), PLACE)

    def test_it_takes_a_good_one(self) -> None:
        assert faults(self.document()) == []

    @pytest.mark.parametrize("change", ["unknown key", "text for time", "no resource", "actor without profile"])
    def test_it_refuses_a_bad_one(self, change: str) -> None:
        bad = copy.deepcopy(self.document())
        if change == "unknown key":
            bad["made_up"] = 1
        elif change == "text for time":
            bad["time"] = "2026-10-05T12:00:00Z"
        elif change == "no resource":
            del bad["web_resources"]
        else:
            bad["metadata"]["profiles"] = []
        assert faults(bad)

    def test_our_list_of_classes_says_what_it_says(self) -> None:
        for uid, known in classes().items():
            found = class_as_published(uid)
            profiles = found["attributes"]["actor"].get("profiles") or found["attributes"]["actor"].get("profile")
            assert (known.name, known.category) == (found["caption"], found.get("category_name"))
            assert known.actor_needs_host == bool(profiles)
            assert known.has_source == ("src_endpoint" in found["attributes"])
            assert known.has_request == ("http_request" in found["attributes"])
            enum = found["attributes"]["activity_id"]["enum"]
            assert dict(known.activities) == {int(number): entry["caption"] for number, entry in enum.items()}


class TestADocument:
    def test_says_who_did_what_to_whom_from_where(self) -> None:
        event = activity(
            "role_assignment_granted", target_type="organization_member", target_id="user_01B",
            target_email="bo@example.com", role="chat_project:editor", resource_type="chat_project",
            resource_id="claude_proj_01A",
        )  # fmt: skip
        document = event_document(event, PLACE)
        assert (document["class_uid"], document["activity_id"], document["type_uid"]) == (3005, 1, 300501)
        assert document["actor"]["user"]["email_addr"] == "ana@example.com"
        assert document["user"] == {"uid": "user_01B", "name": "bo@example.com", "email_addr": "bo@example.com",
                                    "type_id": 1}  # fmt: skip
        assert document["privileges"] == ["chat_project:editor"]
        assert document["resources"] == [{"uid": "claude_proj_01A", "type": "chat_project"}]
        assert document["src_endpoint"]["location"]["city"] == "Berlin"
        assert document["src_endpoint"]["autonomous_system"] == {"number": 64500, "name": "Example Net"}
        assert document["enrichments"][0]["data"]["network_kind"] == "home"

    @pytest.mark.parametrize("sure", ["high", "low"])
    def test_a_guessed_device_says_that_it_is_guessed(self, sure: Any) -> None:
        guess = DeviceGuess(
            device_id="d1", name="LT-ANA-01", managed=True, compliant=None, confidence=sure, why="the person …",
            source="okta",
        )  # fmt: skip
        document = event_document(activity("claude_chat_viewed"), PLACE, guess)
        assert faults(document) == []
        assert ("device" in document) is (sure == "high")
        assert document["enrichments"][0]["data"]["confidence"] == sure

    def test_keeps_the_source_s_own_id_type_and_time(self) -> None:
        document = event_document(activity("sso_login_succeeded"))
        assert document["metadata"]["uid"] == "activity_01EXAMPLE"
        assert document["metadata"]["event_code"] == "sso_login_succeeded"
        assert document["metadata"]["version"] == "1.8.0"
        assert document["time"] == AT // 1000
        assert parse_time(document["metadata"]["original_time"]) == AT

    def test_is_the_same_bytes_when_made_again(self) -> None:
        event = activity("claude_chat_viewed", claude_chat_id="claude_chat_01A")
        assert orjson.dumps(event_document(event, PLACE)) == orjson.dumps(event_document(event, PLACE))

    def test_says_success_failure_and_not_known(self) -> None:
        assert event_document(activity("sso_login_succeeded"))["status_id"] == 1
        assert event_document(activity("sso_login_failed"))["status_id"] == 2
        assert event_document(activity("sso_login_initiated"))["status_id"] == 0

    def test_names_a_key_and_no_person_where_a_key_acted(self) -> None:
        actor = event_document(activity("compliance_api_accessed", ACTORS[1], request_method="GET"))["actor"]
        assert actor == {"app_uid": "apikey_01A", "app_name": "api_actor"}

    def test_tells_a_delete_through_the_api_from_a_read(self) -> None:
        read = event_document(activity("compliance_api_accessed", ACTORS[1], request_method="GET"))
        deleted = event_document(activity("compliance_api_accessed", ACTORS[1], request_method="DELETE"))
        assert (read["activity_id"], deleted["activity_id"]) == (2, 4)

    def test_tells_a_role_taken_from_a_role_given(self) -> None:
        given = activity("claude_user_role_updated", user_id="user_01B", previous_role=None, current_role="owner")
        taken = activity("claude_user_role_updated", user_id="user_01B", previous_role="owner", current_role=None)
        assert (event_document(given)["activity_id"], event_document(taken)["activity_id"]) == (1, 2)

    def test_marks_what_a_control_refused(self) -> None:
        document = event_document(activity("inference_hooks_request_denied"))
        assert (document["action_id"], document["disposition_id"]) == (2, 2)
        assert "security_control" in document["metadata"]["profiles"]

    def test_keeps_fields_it_has_no_name_for(self) -> None:
        document = event_document(activity("claude_chat_viewed", claude_chat_id="claude_chat_01A", brand_new={"a": 1}))
        assert document["unmapped"]["brand_new"] == {"a": 1}

    def test_keeps_sealed_content_as_a_mark_and_never_as_text(self) -> None:
        event = activity("claude_file_uploaded", claude_file_id="claude_file_01A", filename="Gehälter 2027.xlsx")
        document = event_document(event)
        assert set(document["unmapped"]["filename"]) == {"sealed", "length", "hash"}
        assert document["file"] == {"uid": "claude_file_01A", "name": "claude_file_01A", "type_id": 1}
        assert "2027" not in orjson.dumps(document["file"]).decode()
        assert "Geh" not in orjson.dumps(document).decode()

    def test_stands_with_an_address_that_is_none(self) -> None:
        event = replace(activity("claude_chat_viewed"), ip="service.example.com")
        document = event_document(event)
        assert document["src_endpoint"] == {"name": "service.example.com"}
        assert faults(document) == []


class TestWhatNobodyMapped:
    def test_a_type_newer_than_the_catalogue_is_valid_and_says_so(self) -> None:
        document = event_document(activity("claude_hologram_created", hologram_id="holo_01A"))
        assert faults(document) == []
        assert (document["class_uid"], document["activity_id"]) == (3004, 1)
        assert "type:not in the catalogue" in document["metadata"]["labels"]
        assert document["unmapped"]["hologram_id"] == "holo_01A"

    @pytest.mark.parametrize("family", FAMILIES)
    def test_every_family_has_a_class(self, family: str) -> None:
        event = replace(activity("never_heard_of"), product="a_product_of_tomorrow", family=family)
        assert faults(event_document(event)) == []

    def test_a_family_newer_than_the_catalogue_too(self) -> None:
        event = replace(activity("never_heard_of"), product="a_product_of_tomorrow", family="of_tomorrow")
        assert faults(event_document(event)) == []

    @pytest.mark.parametrize("raw", ["", "[]", "3", "not json", '{"a": null}'])
    def test_a_record_that_is_none_is_no_reason_to_stop(self, raw: str) -> None:
        assert faults(event_document(replace(activity("claude_chat_viewed"), raw=raw))) == []


class TestEveryOtherProduct:
    PRODUCTS = sorted({kind for kind in kinds() if kind != "anthropic"})

    @pytest.mark.parametrize("product", PRODUCTS)
    def test_every_pattern_leads_to_a_class_that_can_be_written(self, product: str) -> None:
        for pattern, uid, activity_id, name in product_of(product).types:
            assert uid in _BODIES, pattern
            assert activity_id in classes()[uid].activities, pattern
            assert bool(name) == (activity_id == 99), pattern

    @pytest.mark.parametrize("product", PRODUCTS)
    def test_every_pattern_is_valid_on_an_empty_record(self, product: str) -> None:
        for pattern, *_ in product_of(product).types:
            event = replace(
                activity("x", {}), product=product, type=pattern.replace("*", "x"), raw="{}", actor_kind=None
            )
            assert faults(event_document(event)) == []

    def test_okta_names_the_person_the_group_and_the_reason(self) -> None:
        record = {
            "uuid": "1", "published": "2026-10-05T12:00:00.000Z", "eventType": "group.user_membership.add",
            "actor": {"id": "00u1", "type": "User", "alternateId": "admin@example.com", "displayName": "Ada"},
            "client": {"ipAddress": "192.0.2.9"}, "outcome": {"result": "SUCCESS"},
            "target": [{"id": "00u2", "type": "User", "alternateId": "new@example.com", "displayName": "Nia"},
                       {"id": "00g1", "type": "UserGroup", "displayName": "Finance"}],
        }  # fmt: skip
        (event,) = map_one("okta", record)
        document = event_document(event)
        assert document["group"] == {"uid": "00g1", "name": "Finance"}
        assert document["user"]["email_addr"] == "new@example.com"
        assert document["actor"]["user"]["uid"] == "00u1"
        assert faults(document) == []


def map_one(kind: str, record: Mapping[str, Any]) -> list[Event]:
    context = SourceContext(tenant="default", name=kind, clock=SystemClock(), content_key=KEY, read_secret=lambda _: "")
    mapper = kinds()[kind].map_record
    assert mapper is not None
    return list(mapper(record, context))


def sample_files() -> Iterator[tuple[str, Path]]:
    for kind, found in kinds().items():
        folder = SHARED / "samples" / kind
        if found.map_record is not None and folder.is_dir():
            yield from ((kind, path) for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.shared
@pytest.mark.skipif(not (SHARED / "samples").is_dir(), reason="no shared samples")
class TestSharedSamples:
    def test_every_record_is_valid(self) -> None:
        wrong: dict[str, list[str]] = {}
        seen = 0
        for kind, path in sample_files():
            for record in read_records(path):
                if isinstance(record, Mapping):
                    for event in map_one(kind, record):
                        seen += 1
                        if found := faults(event_document(event)):
                            wrong[f"{path.name}: {event.type}"] = found
        assert wrong == {}
        assert seen > 900

    def test_the_vendor_s_example_of_each_type_is_valid(self) -> None:
        examples = orjson.loads((SHARED / "reference/examples/activities.by-type.json").read_bytes())
        documents = [event_document(event) for one in examples for event in map_one("anthropic", one)]
        assert [found for one in documents if (found := faults(one))] == []
        assert len(documents) > 500
