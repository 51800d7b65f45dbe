"""Telemetry of agents: events and labels are kept, prompts and tool inputs are found nowhere."""

from __future__ import annotations

import gzip
import json
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from fanlight.model import Event, Match, Reading
from fanlight.pipeline.importing import import_files
from fanlight.sources.claude_telemetry.mapping import MappedTelemetry, TelemetryMapper
from fanlight.sources.claude_telemetry.wire import records_of_bytes
from inputs.conftest import Listening
from support.canaries import find_leaks_apart

NANO = 1_795_144_500_123_000_000
SESSION = "5e5510e0-0000-4000-8000-000000000001"
WHO = {
    "session.id": SESSION, "organization.id": "91011112-1314-4151-8171-8191a1b1c1d1",
    "user.account_id": "user_01EXAMPLEANA", "user.email": "ana.rao@example.com",
}  # fmt: skip
CANARY = "zebra-quartz-umbrella-55172"


def wrapped(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [wrapped(item) for item in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": pairs(value)}}
    return {"stringValue": value}


def pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": wrapped(value)} for name, value in values.items()]


def record(name: str, sequence: int = 1, body: Any = None, **attributes: Any) -> dict[str, Any]:
    said = {"event.name": name, "event.sequence": sequence, **WHO, **attributes}
    return {"timeUnixNano": str(NANO), "body": wrapped(body or f"claude_code.{name}"), "attributes": pairs(said)}


def request(*records: dict[str, Any], service: str = "claude-code", **resource: Any) -> dict[str, Any]:
    about = pairs({"service.name": service, "service.version": "2.1.9", "os.type": "darwin", **resource})
    return {"resourceLogs": [{"resource": {"attributes": about}, "scopeLogs": [{"logRecords": list(records)}]}]}


def protobuf(document: dict[str, Any]) -> bytes:
    """The same request as protobuf bytes."""

    def value(wrapping: dict[str, Any]) -> AnyValue:
        ((kind, inner),) = wrapping.items()
        if kind == "arrayValue":
            found = AnyValue()
            found.array_value.values.extend(value(item) for item in inner["values"])
            return found
        if kind == "kvlistValue":
            found = AnyValue()
            found.kvlist_value.values.extend(keys(inner["values"]))
            return found
        name = {"stringValue": "string_value", "boolValue": "bool_value", "doubleValue": "double_value"}.get(kind)
        return AnyValue(**{name: inner}) if name else AnyValue(int_value=int(inner))

    def keys(listed: list[dict[str, Any]]) -> list[KeyValue]:
        return [KeyValue(key=pair["key"], value=value(pair["value"])) for pair in listed]

    whole = ExportLogsServiceRequest()
    for group in document["resourceLogs"]:
        one = whole.resource_logs.add()
        one.resource.attributes.extend(keys(group["resource"]["attributes"]))
        for scoped in group["scopeLogs"]:
            scope = one.scope_logs.add()
            for log in scoped["logRecords"]:
                scope.log_records.add(
                    time_unix_nano=int(log["timeUnixNano"]), body=value(log["body"]), attributes=keys(log["attributes"])
                )
    return whole.SerializeToString()


def mapped(document: dict[str, Any], signal: str = "logs") -> list[MappedTelemetry | None]:
    mapper = TelemetryMapper(tenant="default", source="code", content_key=b"k" * 32)
    return [
        mapper.map(one, 1) for one in records_of_bytes(signal, orjson.dumps(document), as_json=True)
    ]  # fmt: skip


def event_of(name: str, **attributes: Any) -> Event:
    (found,) = mapped(request(record(name, **attributes)))
    assert found is not None
    return found.event


def test_json_and_protobuf_give_the_same_events() -> None:
    document = request(
        record("tool_result", tool_name="mcp_tool", success="true", duration_ms=812, odd=[1, {"a": True}], cost=0.5)
    )
    mapper = TelemetryMapper(tenant="default", source="code", content_key=b"k" * 32)
    (one,) = (mapper.map(r, 1) for r in records_of_bytes("logs", orjson.dumps(document), as_json=True))
    (two,) = (mapper.map(r, 1) for r in records_of_bytes("logs", protobuf(document), as_json=False))
    assert one is not None
    assert two is not None
    assert one.event == two.event
    assert len(one.content) == len(two.content)


def test_an_event_belongs_to_the_account_that_the_compliance_feed_names() -> None:
    event = event_of("tool_result", tool_name="Bash", success="false")
    assert (event.account_key, event.actor_email) == ("claude:user_01EXAMPLEANA", "ana.rao@example.com")
    assert (event.type, event.family, event.outcome) == ("claude_code.tool_result", "agent", "failure")
    assert (event.target_kind, event.target_id, event.user_agent) == ("tool", "Bash", "claude-code/2.1.9")
    assert event.occurred_at == NANO // 1000
    assert event.organization_id == WHO["organization.id"]


@pytest.mark.parametrize(
    ("name", "attributes", "family", "outcome"),
    [
        ("user_prompt", {"prompt_length": "12"}, "content_change", "success"),
        ("api_error", {"status_code": "429"}, "api_use", "failure"),
        ("tool_decision", {"decision": "reject"}, "agent", "failure"),
        ("permission_mode_changed", {"to_mode": "bypassPermissions"}, "security_weakened", "success"),
        ("permission_mode_changed", {"to_mode": "plan"}, "settings_change", "success"),
        ("auth", {"action": "login", "success": "true"}, "sign_in", "success"),
        ("auth", {"action": "login", "success": "false"}, "sign_in_failed", "failure"),
        ("auth", {"action": "logout", "success": True}, "sign_out", "success"),
        ("mcp_server_connection", {"status": "connected", "server_name": "files"}, "integration", "success"),
        ("a_type_of_tomorrow", {}, "other", "success"),
    ],
)
def test_every_kind_of_event_has_a_family_and_an_outcome(
    name: str, attributes: dict[str, Any], family: str, outcome: str
) -> None:
    event = event_of(name, **attributes)
    assert (event.family, event.outcome) == (family, outcome)


def test_servers_plugins_and_skills_are_named_as_targets() -> None:
    parameters = json.dumps({"mcp_server_name": "github", "mcp_tool_name": "search", "full_command": CANARY})
    event = event_of("tool_result", tool_name="mcp_tool", tool_parameters=parameters)
    assert (event.target_kind, event.target_id) == ("mcp_server", "github")
    assert CANARY not in event.raw
    assert event_of("skill_activated", **{"skill.name": "pdf"}).target_id == "pdf"
    assert event_of("plugin_installed", **{"plugin.name": "tools"}).target_kind == "plugin"


def test_names_of_servers_may_hold_blanks_and_only_under_their_own_names() -> None:
    event = event_of("mcp_server_connection", status="connected", server_name="claude.ai Google Drive")
    assert (event.target_kind, event.target_id) == ("mcp_server", "claude.ai Google Drive")
    assert "claude.ai Google Drive" not in event_of("auth", **{"x.server_name": "claude.ai Google Drive"}).raw
    assert "Google Drive" not in event_of("auth", nested={"server_name": "Google Drive"}).raw


def test_without_an_account_the_installation_is_the_actor() -> None:
    said = {"user.account_id": "", "user.email": "", "user.id": "abc123"}
    event = event_of("user_prompt", **said)
    assert (event.actor_kind, event.account_key) == ("installation", "claude_telemetry:abc123")


def test_a_prompt_under_any_name_is_sealed() -> None:
    """Also under names that nobody knows, as number, list or object, in the body, the resource and tool parameters."""
    text = f"please {CANARY}"
    document = request(
        record(
            "user_prompt", prompt=text, model=text, **{"my.prompt.source": CANARY, "x.model": CANARY},
            listed=[text, {"deep": text}], nested={"model": CANARY}, tool_parameters=CANARY, session_title=CANARY,
            card=4111111111111111,
        ),
        record("api_request_body", 2, body=text),
        service=text, **{"host.paths": CANARY, "pin": 99887766},
    )  # fmt: skip
    for one in mapped(document):
        assert one is not None
        assert CANARY not in orjson.dumps([getattr(one.event, name) for name in Event.__slots__]).decode()
        assert "4111111111111111" not in one.event.raw
        assert "99887766" not in one.event.raw
        assert one.content


def test_the_body_that_repeats_the_name_is_no_content() -> None:
    (one,) = mapped(request(record("auth", action="login")))
    assert one is not None
    assert [part.part_id for part in one.content] == []


@pytest.mark.parametrize("name", ["a secret sentence", "UPPER", "x" * 65, "https://a.example/x", ""])
def test_what_names_no_event_is_not_kept(name: str) -> None:
    assert mapped(request({"timeUnixNano": "1", "body": wrapped(name), "attributes": pairs({"event.name": name})})) == [
        None
    ]


def test_ids_tell_resends_from_new_events() -> None:
    one, again = event_of("user_prompt"), event_of("user_prompt")
    assert one.event_id == again.event_id
    assert event_of("user_prompt", sequence=2).event_id != one.event_id
    anonymous = request({"timeUnixNano": str(NANO), "attributes": pairs({"event.name": "auth", "prompt": "a"})})
    other = request({"timeUnixNano": str(NANO), "attributes": pairs({"event.name": "auth", "prompt": "b"})})
    ids = {found.event.event_id for document in (anonymous, anonymous, other) for found in mapped(document) if found}
    assert len(ids) == 2


def test_spans_are_kept_without_names_urls_and_inner_events() -> None:
    span = {
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": f"open {CANARY}",
        "startTimeUnixNano": str(NANO), "endTimeUnixNano": str(NANO + 5), "kind": 1,
        "attributes": pairs({**WHO, "document.url": f"https://a.example/{CANARY}"}),
        "events": [{"name": CANARY, "attributes": pairs({"prompt": CANARY})}], "status": {"message": CANARY},
    }  # fmt: skip
    document = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [span]}]}]}
    (one,) = mapped(document, "traces")
    assert one is not None
    assert one.event.event_id == "5b8efff798038103d269b633813fc60c:eee19b7ec3c1b174"
    assert one.event.type == "agent.span"
    assert CANARY not in one.event.raw
    assert len(one.content) >= 4


def post(listening: Listening, path: str, content: bytes, kind: str = "application/json", **headers: str) -> Any:
    token = listening.sender("code", "claude_telemetry")["Authorization"].split()[1]
    given = {"Authorization": f"Bearer {token}", "Content-Type": kind, **headers}
    return listening.client.post(path, headers=given, content=content)


def test_full_prompts_leave_labels_and_no_trace(listening: Listening) -> None:
    """The promise of the whole input: what agents send in full is labelled in memory and found nowhere afterwards."""
    prompt = f"Charge card 4111 1111 1111 1111 of patient Jane Doe, {CANARY}"
    other = "walnut-prism-lagoon-20931"
    document = request(
        record("user_prompt", 1, prompt=prompt),
        record("tool_result", 2, tool_name="Bash", success="true",
               tool_parameters=json.dumps({"full_command": f"curl -H {other}"}), tool_input=other),
        record("api_request_body", 3, body=f"conversation {other}"),
    )  # fmt: skip
    assert post(listening, "/v1/logs", orjson.dumps(document)).status_code == 200
    answer = post(
        listening, "/v1/logs", gzip.compress(protobuf(document)), "application/x-protobuf",
        **{"Content-Encoding": "gzip"},
    )  # fmt: skip
    assert (answer.status_code, answer.content) == (200, b"")
    assert post(listening, "/v1/logs", f'{{"resourceLogs": "{CANARY}"}}'.encode()).status_code == 400
    assert [event.type for event in listening.stored()] == [
        "claude_code.user_prompt", "claude_code.tool_result", "claude_code.api_request_body"
    ]  # fmt: skip
    with listening.home.reader() as reader:
        matches, readings = reader.rows(Match), reader.rows(Reading)
    assert {match.category for match in matches} >= {"PAYMENT_CARD"}
    assert {match.owner_account for match in matches} == {"claude:user_01EXAMPLEANA"}
    assert len(readings) == 3  # the second time nothing was new
    assert find_leaks_apart([listening.home.path], [CANARY, other, prompt, "4111 1111 1111 1111"]) == []
    assert find_leaks_apart([listening.home.path], [SESSION]) != []


def test_answers_say_what_was_not_taken(listening: Listening) -> None:
    document = request(record("auth"), {"timeUnixNano": "1", "body": wrapped("plain words of a log"), "attributes": []})
    told = post(listening, "/v1/logs", orjson.dumps(document)).json()["partialSuccess"]
    assert told["rejectedLogRecords"] == "1"
    answer = post(listening, "/v1/logs", protobuf(document), "application/x-protobuf")
    assert ExportLogsServiceResponse.FromString(answer.content).partial_success.rejected_log_records == 1
    assert "logs" in post(listening, "/v1/metrics", b"{}").json()["partialSuccess"]["errorMessage"]
    assert post(listening, "/v1/logs", b"\xff\xff", "application/x-protobuf").status_code == 400
    assert post(listening, "/v1/logs", b"{}", "text/plain").status_code == 415
    spans = ExportTraceServiceRequest().SerializeToString()
    assert post(listening, "/v1/traces", spans, "application/x-protobuf").status_code == 200


def test_a_collectors_file_of_telemetry_can_be_imported(listening: Listening, tmp_path: Any) -> None:
    document = request(record("user_prompt", prompt=CANARY))
    assert post(listening, "/v1/logs", orjson.dumps(document)).status_code == 200
    (tmp_path / "otel.jsonl").write_bytes(orjson.dumps(document) + b"\n")
    done = import_files(listening.home, "claude_telemetry", [tmp_path / "otel.jsonl"])
    assert (done.records, done.events, done.new) == (1, 1, 0)
