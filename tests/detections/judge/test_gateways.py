"""A gateway stands where it stands: its place is neither where people are nor what clock they live by."""

from __future__ import annotations

from typing import Any

import pytest

from detections.judge.test_judge import rule
from fanlight.detections.context import Context
from fanlight.detections.judge import judge
from fanlight.detections.presence import Gateways
from fanlight.detections.scenario import build

CHICAGO = {"country": "US", "city": "Chicago", "lat": 41.9, "lon": -87.6, "asn": 64500}
FRANKFURT = {"country": "DE", "city": "Frankfurt", "lat": 50.1, "lon": 8.7, "asn": 64510}
WARSAW = {"country": "PL", "city": "Warsaw", "lat": 52.2, "lon": 21.0, "asn": 64510}
DA_NANG = {"country": "VN", "city": "Da Nang", "lat": 16.0, "lon": 108.2, "asn": 64520}


def company(kind: str, **more: Any) -> dict[str, Any]:
    """People of Chicago (08 to 17 there is 13 to 22 UTC) behind an exit in Frankfurt, now and then at home."""
    jane = {"ip": "192.0.2.10", "also": ["192.0.2.10", "198.51.100.4"], "hours": [13, 22], "days": 60}
    test: dict[str, Any] = {
        "now": "2026-05-07",
        "people": {"jane": jane, "ada": jane, "eve": jane},
        "others": 30,
        "places": {
            "192.0.2.0/24": {**FRANKFURT, "kind": kind},
            "203.0.113.128/25": {**WARSAW, "kind": kind},
            "198.51.100.0/24": CHICAGO,
            "203.0.113.0/25": DA_NANG,
        },
        "chats": {"claude_chat_1": {"labels": ["SECRET"], "sensitivity": "high", "owner": "jane"}},
    }
    return {**test, **more}


def view(at: str, ip: str) -> list[dict[str, Any]]:
    return [{"at": at, "by": "jane", "type": "claude_chat_viewed", "ip": ip, "claude_chat_id": "claude_chat_1"}]


def judged(name: str, test: dict[str, Any]) -> list[Any]:
    facts, window = build(test)
    return judge(facts, [rule(name)], window)


@pytest.mark.parametrize("kind", ["secure_web_gateway", "office", "vpn"])
def test_people_behind_an_exit_elsewhere_live_by_the_clock_of_where_they_are(kind: str) -> None:
    facts, (since, until) = build(company(kind))
    context = Context(facts, since, until)
    assert context.zone(context.person("id_jane", since), since) == "America/Chicago"


def test_where_nobody_is_ever_seen_without_the_exit_its_place_is_the_last_resort() -> None:
    test = company("secure_web_gateway")
    test["people"] = {"jane": {**test["people"]["jane"], "also": [], "days": 20}}
    facts, (since, until) = build(test)
    context = Context(facts, since, until)
    assert context.zone(context.person("id_jane", since), since) == "Europe/Berlin"


def test_a_night_at_home_is_a_night_although_it_is_morning_at_the_exit() -> None:
    """02:31 in Chicago, 09:31 in Frankfurt."""
    events = view("07:25:00", "203.0.113.9")
    entries = [{"at": "07:31:00", "by": "jane", "chat": "claude_chat_1", "labels": ["SECRET"]}]
    test = company("secure_web_gateway", events=events, entries=entries, company={"offices": ["US"]})
    (finding,) = judged("sensitive_entry_abroad", test)
    assert "02:31 America/Chicago" in str(finding.why)


def test_an_exit_makes_no_office() -> None:
    facts, (since, until) = build(company("secure_web_gateway"))
    assert Context(facts, since, until).office_countries(since) == {"US"}


def test_where_too_few_are_seen_without_the_exit_its_country_stands_in_for_the_office() -> None:
    test = company("secure_web_gateway")
    del test["people"]["ada"], test["people"]["eve"]
    facts, (since, until) = build(test)
    assert Context(facts, since, until).office_countries(since) == {"DE"}


def test_another_exit_of_the_company_s_own_gateway_is_no_new_place() -> None:
    test = company("secure_web_gateway", events=view("15:10:00", "203.0.113.200"))
    assert judged("sensitive_chat_new_place", test) == []


def test_a_gateway_that_nobody_of_the_company_uses_is_a_place_like_any_other() -> None:
    test = company("secure_web_gateway", events=view("15:10:00", "203.0.113.200"))
    test["places"]["203.0.113.128/25"]["asn"] = 64599
    (finding,) = judged("sensitive_chat_new_place", test)
    assert "Poland" in finding.sentence + str(finding.why)


def test_a_gateway_is_the_company_s_from_the_day_on_which_many_come_through_it() -> None:
    seen = [(f"id_{n}", None, "2026-05-01") for n in range(40)]
    seen += [(f"id_{n}", 64510, "2026-05-03" if n < 2 else "2026-05-04") for n in range(20)]
    gateways = Gateways.of(seen)
    answers = [gateways.are_ours(64510, f"2026-05-0{day}") for day in (2, 3, 4, 5)]
    assert answers == [False, False, True, True]
    assert not gateways.are_ours(64511, "2026-05-05")
