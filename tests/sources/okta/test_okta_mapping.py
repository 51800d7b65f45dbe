"""One System Log record becomes one event."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanlight.model import FAMILIES, parse_time
from fanlight.sources.contract import SourceContext
from fanlight.sources.okta import map_record
from fanlight.sources.okta.mapping import _families, family_of, map_log_event
from support.source_fixtures import CONTENT_KEY, JumpingClock

SHARED = Path(__file__).resolve().parents[4] / "shared"


def record(**changes):
    base = {
        "uuid": "u1",
        "published": "2026-11-20T03:12:44.118Z",
        "eventType": "user.session.start",
        "actor": {"id": "00u1", "type": "User", "alternateId": "ana@example.com", "displayName": "Ana Rao"},
        "outcome": {"result": "SUCCESS"},
        "client": {"ipAddress": "192.0.2.1", "userAgent": {"rawUserAgent": "Mozilla/5.0 (X11)"}},
    }
    return {**base, **changes}


def mapped(**changes):
    return map_log_event(record(**changes), content_key=CONTENT_KEY)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ("SUCCESS", "success"),
        ("ALLOW", "success"),
        ("DENY", "failure"),
        ("FAILURE", "failure"),
        ("CHALLENGE", "unknown"),
    ],
)
def test_outcomes(result, outcome):
    assert mapped(outcome={"result": result}).outcome == outcome


def test_a_failed_session_start_is_a_failed_sign_in():
    assert mapped(outcome={"result": "FAILURE"}).family == "sign_in_failed"


def test_the_group_is_the_target_of_a_membership_event():
    targets = [{"id": "00u2", "type": "User"}, {"id": "00g1", "type": "UserGroup"}]
    event = mapped(eventType="group.user_membership.add", target=targets)
    assert (event.target_kind, event.target_id, event.family) == ("idp_group", "00g1", "membership")


def test_machines_are_no_accounts_of_people():
    event = mapped(actor={"id": "0oa1", "type": "PublicClientApp", "alternateId": "unknown"})
    assert event.account_key is None
    assert event.actor_id == "0oa1"
    assert event.actor_email is None


def test_every_family_exists():
    exact, prefixes = _families()
    assert {*exact.values(), *(family for _, family in prefixes)} <= set(FAMILIES)
    assert family_of("something.new") == "other"


def test_times_with_a_space_are_read():
    assert mapped(published="2022-06-22 18:18:29.015").occurred_at == parse_time("2022-06-22T18:18:29.015Z")


@pytest.mark.parametrize("broken", [{"uuid": None}, {"published": None}, {"published": "yesterday"}])
def test_a_record_without_id_or_time_is_refused(broken):
    with pytest.raises(ValueError, match=r".+"):
        mapped(**broken)


@pytest.mark.parametrize(
    "odd",
    [{"actor": None}, {"target": {}}, {"client": []}, {"outcome": "SUCCESS"}, {"eventType": 7}, {"device": "x"}],
)
def test_odd_shapes_do_not_stop_the_feed(odd):
    assert mapped(**odd).event_id == "u1"


def test_an_exported_record_without_id_or_time_is_imported_once():
    context = SourceContext(tenant="t", name="okta", clock=JumpingClock(), content_key=CONTENT_KEY, read_secret=str)
    bare = {"eventType": "user.session.start"}
    (first,), (second,) = map_record(bare, context), map_record(dict(bare), context)
    assert first.event_id == second.event_id
    assert first.occurred_at == context.clock.now()


@pytest.mark.shared
def test_real_records_lose_no_field():
    files = sorted((SHARED / "samples/okta").rglob("*.ndjson"))
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines() if line.strip()]
    records = [line["event"] if isinstance(line.get("event"), dict) else line for line in lines]
    assert len(records) > 30
    context = SourceContext(tenant="t", name="okta", clock=JumpingClock(), content_key=CONTENT_KEY, read_secret=str)
    for one in records:
        (event,) = map_record(one, context)
        assert _paths(one) <= _paths(json.loads(event.raw))
        assert event.actor_id == (one.get("actor") or {}).get("id")


def _paths(value, prefix=""):
    """Dotted lower-case paths of all leaves; inside a sealed mark the path of the mark."""
    if isinstance(value, dict) and value.get("sealed") is True:
        return {prefix}
    if isinstance(value, dict) and value:
        return set().union(*(_paths(item, f"{prefix}.{_name(name)}") for name, item in value.items()))
    if isinstance(value, list) and value:
        return set().union(*(_paths(item, prefix) for item in value))
    return {prefix}


def _name(name):
    """A field name that is text itself was sealed as well."""
    return "*" if name.startswith("sealed:") or len(name.split()) > 1 else name.lower()


def test_a_threat_without_client_has_the_address_of_its_actor_or_of_the_chain():
    chain = {"ipChain": [{"ip": "192.0.2.9", "version": "V4"}, {"ip": "192.0.2.10"}]}
    assert mapped(client={}, actor={"id": "192.0.2.8", "type": "IP address"}, request=chain).ip == "192.0.2.8"
    assert mapped(client={}, request=chain).ip == "192.0.2.9"
    assert mapped(request=chain).ip == "192.0.2.1"
    assert mapped(client={}, request={"ipChain": ["x"]}).ip is None
