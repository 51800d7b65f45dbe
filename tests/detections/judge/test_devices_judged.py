"""Judging knows what device inventories know: where the identity provider is silent, they tell."""

from __future__ import annotations

import json

from fanlight.detections.context import Context
from fanlight.model import DAY, HOUR, Link, ObjectVersion, parse_time
from fanlight.pipeline.home import Home
from fanlight.pipeline.judging import load_facts
from support.stored_facts import event, store

NOW = parse_time("2026-10-05T12:00:00Z")


def link(account: str) -> Link:
    return Link(tenant="default", account_key=account, identity_id="ana", method="m", confidence=1.0, reason="r",
                valid_from=0, valid_to=None)  # fmt: skip


def test_a_device_that_the_provider_says_nothing_of_is_judged_by_the_inventory(home: Home) -> None:
    claude = event("c", "claude_chat_viewed", NOW, ip="192.0.2.1", account_key="claude:u")
    session = event("s", "user.session.start", NOW - HOUR, source="okta", product="okta", account_key="okta:a",
                    ip="192.0.2.1", raw={"device": {"id": "d1", "name": "lt-1"}})  # fmt: skip
    store(home, session, claude)
    store(home, link("okta:a"), link("claude:u"))
    with home.reader() as reader:
        untold = Context(load_facts(home, reader), NOW - DAY, NOW + HOUR).devices.behind(claude)
    assert untold is not None
    assert (untold.device_id, untold.managed, untold.standing) == ("d1", None, "could not tell")
    listed = ObjectVersion(
        tenant="default", source="defender", product="defender", kind="device", object_id="m1", name="LT-1",
        valid_from=NOW - DAY, seen_at=NOW - DAY, created_at=NOW - 30 * DAY,
        attributes=json.dumps({"managed": False, "last_seen": "2026-10-05T11:00:00Z"}),
    )  # fmt: skip
    store(home, listed)
    with home.reader() as reader:
        told = Context(load_facts(home, reader), NOW - DAY, NOW + HOUR).devices.behind(claude)
    assert told is not None
    assert (told.device_id, told.managed, told.event_id) == ("d1", False, "es")
    assert "Defender" in told.standing_why
