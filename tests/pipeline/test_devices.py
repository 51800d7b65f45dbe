"""Devices out of the store: sessions of identity providers, joined to Claude's events through identities."""

from __future__ import annotations

from fanlight.model import HOUR, Link, parse_time
from fanlight.pipeline.devices import load_devices
from fanlight.pipeline.home import Home
from support.stored_facts import event, store

NOW = parse_time("2026-10-05T12:00:00Z")


def link(account: str, identity: str, since: int = 0, until: int | None = None) -> Link:
    return Link(
        tenant="default", account_key=account, identity_id=identity, method="m", confidence=1.0, reason="r",
        valid_from=since, valid_to=until,
    )  # fmt: skip


def sign_in(number: int, at: int, device: str) -> object:
    return event(
        number, "user.session.start", at, source="okta", product="okta", account_key="okta:a", ip="192.0.2.1",
        raw={"device": {"id": device, "managed": True}},
    )  # fmt: skip


def test_a_session_of_the_same_person_names_the_device(home: Home) -> None:
    claude = event("c", "claude_chat_viewed", NOW, ip="192.0.2.1", account_key="claude:u")
    store(home, sign_in(1, NOW - HOUR, "d1"), claude)
    store(home, link("okta:a", "ana"), link("claude:u", "ana"))
    with home.reader() as reader:
        found = load_devices(reader).behind(claude)
    assert found is not None
    assert (found.device_id, found.managed, found.confidence) == ("d1", True, "high")


def test_a_link_that_ended_before_joins_nobody(home: Home) -> None:
    claude = event("c", "claude_chat_viewed", NOW, ip="192.0.2.1", account_key="claude:u")
    store(home, sign_in(1, NOW - HOUR, "d1"), claude)
    store(home, link("okta:a", "ana"), link("claude:u", "ana", 0, NOW - HOUR))
    with home.reader() as reader:
        assert load_devices(reader).behind(claude) is None
