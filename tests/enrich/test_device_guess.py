"""The device of a Claude event is that of the person's session at the identity provider, with how sure that is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from fanlight.enrich.devices import Devices, device_session, inventory_session
from fanlight.enrich.inventory import Inventory, ListedDevice
from fanlight.model import HOUR, MINUTE, Event, Micros, parse_time

NOW = parse_time("2026-10-05T12:00:00Z")
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Chrome/138.0"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/138.0"
EVENT = Event(
    tenant="default", source="claude", product="claude", event_id="c1", type="claude_chat_viewed", family="x",
    occurred_at=NOW, account_key="claude:u1", ip="192.0.2.1", user_agent=MAC,
)  # fmt: skip


def sign_in(device: str | None, before: Micros, ip: str = "192.0.2.1", agent: str = MAC, **told: Any) -> Event:
    raw = {"device": {"id": device, "name": "LT-ANA-01", "managed": True, **told}} if device else {}
    return Event(
        tenant="default", source="okta", product="okta", event_id=f"o{before}", type="user.session.start",
        family="sign_in", occurred_at=NOW - before, account_key="okta:a", ip=ip, user_agent=agent, raw=json.dumps(raw),
    )  # fmt: skip


def devices(*events: Event) -> Devices:
    sessions = [session for event in events if (session := device_session(event)) is not None]
    return Devices(sessions, lambda account, _: {"okta:a": "ana", "claude:u1": "ana", "okta:b": "bo"}.get(account))


class TestHowSure:
    def test_the_same_person_address_and_system_within_a_day_s_work_is_high(self) -> None:
        found = devices(sign_in("d1", 30 * MINUTE)).behind(EVENT)
        assert found is not None
        assert (found.device_id, found.name, found.managed, found.confidence) == ("d1", "LT-ANA-01", True, "high")
        assert (
            found.why
            == "the person signed in with it 30 min before from the same address, and with no other there (okta)"
        )

    def test_two_devices_at_one_address_are_medium_and_the_nearest_counts(self) -> None:
        found = devices(sign_in("d1", 2 * HOUR), sign_in("d2", HOUR)).behind(EVENT)
        assert found is not None
        assert (found.device_id, found.confidence) == ("d2", "medium")

    def test_an_old_session_at_the_address_is_medium(self) -> None:
        found = devices(sign_in("d1", 30 * HOUR)).behind(EVENT)
        assert found is not None
        assert found.confidence == "medium"

    def test_another_address_is_low(self) -> None:
        found = devices(sign_in("d1", HOUR, ip="198.51.100.7")).behind(EVENT)
        assert found is not None
        assert found.confidence == "low"

    def test_a_sign_in_shortly_after_may_be_the_same_session(self) -> None:
        assert devices(sign_in("d1", -30 * MINUTE)).behind(EVENT) is not None
        assert devices(sign_in("d1", -2 * HOUR)).behind(EVENT) is None


class TestWhatIsNoAnswer:
    @pytest.mark.parametrize(
        "session",
        [
            sign_in(None, HOUR),
            sign_in("d1", 80 * HOUR),
            sign_in("d1", HOUR, agent=WINDOWS),
            sign_in("d1", 20 * HOUR, ip="198.51.100.7"),
            replace(sign_in("d1", HOUR), account_key="okta:b"),
            replace(sign_in("d1", HOUR), account_key=None),
            replace(sign_in("d1", HOUR), raw="not json"),
            replace(sign_in("d1", HOUR), product="github_audit"),
        ],
        ids=[
            "no device",
            "too old",
            "another system",
            "old and elsewhere",
            "another person",
            "nobody",
            "broken",
            "no IdP",
        ],
    )
    def test_nothing_is_made_up(self, session: Event) -> None:
        assert devices(session).behind(EVENT) is None

    def test_an_event_of_nobody_has_no_device(self) -> None:
        assert devices(sign_in("d1", HOUR)).behind(replace(EVENT, account_key=None)) is None


class TestProviders:
    def test_entra_says_managed_and_compliant(self) -> None:
        detail = {
            "deviceid": "e1",
            "displayname": "LT",
            "ismanaged": False,
            "iscompliant": True,
            "operatingsystem": "MacOs",
        }
        event = replace(
            sign_in(None, HOUR), product="entra_id", account_key="entra_id:x", user_agent=None,
            raw=json.dumps({"properties": {"devicedetail": detail}}),
        )  # fmt: skip
        session = device_session(event)
        assert session is not None
        assert (session.device_id, session.managed, session.compliant, session.os_family) == (
            "e1",
            False,
            True,
            "macOS",
        )

    def test_what_a_provider_does_not_say_is_not_known(self) -> None:
        session = device_session(replace(sign_in(None, HOUR), device_id="d9"))
        assert session is not None
        assert (session.name, session.managed, session.compliant) == (None, None, None)


def seen(at_before: Micros, **told: Any) -> ListedDevice:
    given: dict[str, Any] = {"os_family": "macOS", "ip": "192.0.2.1", "user": "ana", "managed": True}
    return ListedDevice(
        source="crowdstrike", device_id="f1", name="LT-ANA-09", last_seen=NOW - at_before, **{**given, **told}
    )


def with_inventory(listed: ListedDevice, *events: Event) -> Devices:
    sessions = [session for event in events if (session := device_session(event)) is not None]
    of_ana = inventory_session(listed, "okta:a")
    return Devices(
        [*sessions, *([of_ana] if of_ana else [])],
        lambda account, _: {"okta:a": "ana", "claude:u1": "ana"}.get(account),
        Inventory([listed]),
    )


class TestInventories:
    def test_a_device_seen_at_the_address_within_the_hour_is_medium_where_no_provider_names_one(self) -> None:
        found = with_inventory(seen(40 * MINUTE)).behind(EVENT)
        assert found is not None
        assert (found.device_id, found.confidence, found.standing) == ("f1", "medium", "managed")
        assert (
            found.why
            == "the person was the last to sign in on it, seen 40 min before at the same address (crowdstrike)"
        )

    @pytest.mark.parametrize(
        "told", [{"at_before": 61 * MINUTE}, {"ip": "198.51.100.7"}, {"ip": None}, {"os_family": "Windows"}]
    )
    def test_seen_earlier_elsewhere_or_with_another_system_it_is_no_answer(self, told: dict[str, Any]) -> None:
        assert with_inventory(seen(**{"at_before": 10 * MINUTE, **told})).behind(EVENT) is None

    def test_a_sign_in_comes_first_and_the_inventory_says_whether_it_is_managed(self) -> None:
        listed = seen(10 * MINUTE, managed=False)
        found = with_inventory(listed, sign_in("d1", HOUR, name="lt-ana-09.example.com", managed=None)).behind(EVENT)
        assert found is not None
        assert (found.device_id, found.confidence) == ("d1", "high")
        assert (found.standing, found.managed) == ("unmanaged", False)
        assert found.standing_why == "CrowdStrike found it and does not run on it"

    def test_without_an_inventory_what_the_provider_leaves_open_stays_open(self) -> None:
        found = devices(sign_in("d1", HOUR, managed=None)).behind(EVENT)
        assert found is not None
        assert (found.standing, found.managed) == ("could not tell", None)
