"""CrowdStrike, OpenAI, AWS and Zscaler records: who, what, from where and on what; command lines are content."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from fanlight.model import Event, parse_time
from fanlight.sources.contract import SourceContext
from fanlight.sources.registry import find_kind
from support.source_fixtures import CONTENT_KEY, JumpingClock

AT = "2026-11-20T03:10:58Z"
AUDIT = {
    "metadata": {"customerIDString": "c1", "offset": 7, "eventType": "AuthActivityAuditEvent",
                 "eventCreationTime": "2026-11-20 03:10:58.000000000"},
    "event": {"OperationName": "CreateAPIClient", "ServiceName": "API Client", "Success": False,
              "UTCTimestamp": "2026-11-20 03:10:58.000000000", "UserId": "ana.rao@example.com",
              "UserIp": "192.0.2.44", "AuditKeyValues": [{"Key": "scope(s)", "ValueString": "read"},
                                                         {"Key": "id", "ValueString": "client-1"}]},
}  # fmt: skip
PROCESS = {
    "fdr_event_type": "ProcessRollup2", "id": "p1", "aid": "device-1", "aip": "192.0.2.44", "cid": "c1",
    "timestamp": "2026-11-20 03:10:58.000",
    "event": {"CommandLine": "curl -H 'token: hidden-secret' https://a.example", "UID": "501",
              "ImageFileName": "/usr/bin/curl", "timestamp": "1795144258000"},
}  # fmt: skip


def entry(kind: str, **more: Any) -> dict[str, Any]:
    session = {"user": {"id": "user-1", "email": "ana.rao@example.com"}, "ip_address": "192.0.2.44", "user_agent": "U"}
    return {"id": "audit-1", "object": "organization.audit_log", "type": kind,
            "effective_at": parse_time(AT) // 1_000_000, "actor": {"type": "session", "session": session},
            **more}  # fmt: skip


def mapped(kind: str, record: dict[str, Any]) -> Event:
    read = find_kind(kind).map_record
    assert read is not None
    context = SourceContext(
        tenant="default", name=kind, clock=JumpingClock(), content_key=CONTENT_KEY, read_secret=lambda name: name
    )
    (event,) = read(record, context)
    return event


def test_an_audit_entry_of_falcon_is_mapped_whole() -> None:
    event = mapped("crowdstrike", AUDIT)
    assert (event.type, event.family, event.outcome) == ("CreateAPIClient", "key_created", "failure")
    assert (event.actor_id, event.actor_email, event.ip) == ("ana.rao@example.com", "ana.rao@example.com", "192.0.2.44")
    assert (event.target_kind, event.target_id, event.event_id) == ("API Client", "client-1", "c1:7")
    assert event.occurred_at == parse_time(AT)


def test_a_process_names_device_program_and_local_user_and_hides_its_command_line() -> None:
    event = mapped("crowdstrike", PROCESS)
    assert (event.device_id, event.ip, event.actor_id) == ("device-1", "192.0.2.44", "device-1/501")
    assert (event.target_kind, event.target_id) == ("program", "/usr/bin/curl")
    assert "hidden-secret" not in event.raw
    assert orjson.loads(event.raw)["event"]["commandline"]["sealed"] is True
    assert event.occurred_at == parse_time(AT)


@pytest.mark.parametrize(
    ("record", "family", "outcome", "target"),
    [
        (entry("login.succeeded"), "sign_in", "success", None),
        (entry("login.failed", login_failed={"error_code": "x"}), "sign_in_failed", "failure", None),
        (entry("api_key.created", api_key_created={"id": "key-1"}), "key_created", "success", "key-1"),
        (entry("scim.disabled", **{"scim.disabled": {"id": "org-1"}}), "security_weakened", "success", "org-1"),
        (
            entry("role.assignment.created", role_assignment_created={
                "id": "r1", "principal_id": "user-2", "resource_id": "org-1", "resource_type": "api.organization"}),
            "privilege_grant", "success", "org-1",
        ),
    ],
)  # fmt: skip
def test_an_audit_entry_of_openai_is_mapped_whole(
    record: dict[str, Any], family: str, outcome: str, target: str | None
) -> None:
    event = mapped("openai", record)
    assert (event.family, event.outcome, event.target_id) == (family, outcome, target)
    assert (event.actor_id, event.actor_email, event.ip) == ("user-1", "ana.rao@example.com", "192.0.2.44")
    assert event.occurred_at == parse_time(AT)


def test_an_entry_of_a_list_claims_no_actor() -> None:
    event = mapped("openai", {"object": "organization.user", "id": "user-2", "added_at": 1795144258, "name": "Bo"})
    assert (event.actor_id, event.account_key, event.target_kind, event.target_id) == (None, None, "user", "user-2")


@pytest.mark.parametrize(
    ("parameters", "target"),
    [
        ({"secretId": "arn:aws:secretsmanager:x"}, "arn:aws:secretsmanager:x"),
        ({"filterSet": {"items": [{"name": "state"}]}, "vpcSet": {"items": [{"vpcId": "vpc-1"}]}}, "vpc-1"),
        ({"R": {"NatGatewayId": {"tag": 1, "content": "nat-1"}}}, "nat-1"),
        ({"description": "words"}, None),
        (None, None),
    ],
)
def test_a_call_to_aws_is_about_what_its_parameters_name(parameters: Any, target: str | None) -> None:
    event = mapped(
        "aws_cloudtrail",
        {"eventID": "c1", "eventTime": AT, "eventName": "GetSecretValue", "requestParameters": parameters,
         "userIdentity": {"principalId": "AROA1:ana.rao@example.com"}},
    )  # fmt: skip
    assert event.target_id == target
    assert event.actor_email == "ana.rao@example.com"


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"tz": "GMT"}, "2026-11-20T03:14:02Z"),
        ({"tz": "CET"}, "2026-11-20T02:14:02Z"),
        ({"tz": "America/New_York"}, "2026-11-20T08:14:02Z"),
        ({"tz": "Nowhere/At_All"}, "2026-11-20T03:14:02Z"),
        ({"tz": "CET", "epochtime": 1795144442}, "2026-11-20T03:14:02Z"),
        ({}, "2026-11-20T03:14:02Z"),
    ],
)
def test_a_time_in_words_is_local_to_the_feeds_zone(more: dict[str, Any], at: str) -> None:
    line = {"time": "Fri Nov 20 03:14:02 2026", "recordid": 7, "login": "ana.rao@example.com", **more}
    for record in (line, {"sourcetype": "zscalernss-web", "event": line}):
        assert mapped("zscaler_zia", record).occurred_at == parse_time(at)
