"""OTLP on the wire: JSON and protobuf as one plain form.

JSON is read here by hand: 64-bit integers are texts in it and ids are hexadecimal, which protobuf's own JSON reader
takes for base64 (reference/sources.md 10.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

__all__ = ["Telemetry", "answer_of", "records_of_bytes", "records_of_json"]

_DEEPEST = 16
_NAMED = ("claude_code.", "cowork.")
"""How a body begins that is the event's name; any other body may be content."""

_SIGNALS = {"logs": ("resourceLogs", "scopeLogs", "logRecords"), "traces": ("resourceSpans", "scopeSpans", "spans")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """One log record or span as it came. Holds content: it lives only until it is mapped."""

    signal: str
    name: str = ""
    body: Any = None
    nanoseconds: int = 0
    observed_nanoseconds: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    resource: Mapping[str, Any] = field(default_factory=dict, repr=False)
    otel: Mapping[str, Any] = field(default_factory=dict)
    """Ids and kinds of the protocol itself."""
    inner: Any = field(default=None, repr=False)
    """A span's events and links."""


def records_of_bytes(signal: str, data: bytes, *, as_json: bool) -> Iterator[Telemetry]:
    """The records of a request. Raises `ValueError` when it is not OTLP; its text quotes nothing."""
    if as_json:
        try:
            document = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise ValueError("not JSON") from None
        if not isinstance(document, dict):
            raise ValueError("not an object")
        return records_of_json(signal, document)
    return records_of_json(signal, _of_protobuf(signal, data))


def records_of_json(signal: str, document: Mapping[str, Any]) -> Iterator[Telemetry]:
    """The records of a document of one signal (`logs`, `traces`). Raises `ValueError` for a wrong shape."""
    outer, middle, inner = _SIGNALS[signal]
    for group in _objects(document.get(outer)):
        resource = _attributes(_object(group.get("resource")).get("attributes"))
        for scoped in _objects(group.get(middle)):
            scope = _object(scoped.get("scope")).get("name")
            for record in _objects(scoped.get(inner)):
                yield _log(record, resource, scope) if signal == "logs" else _span(record, resource, scope)


def answer_of(signal: str, rejected: int, sentence: str, *, as_json: bool) -> bytes:
    """The body of a successful answer; it names how many records were not taken, and why."""
    name = {"logs": "rejectedLogRecords", "traces": "rejectedSpans", "metrics": "rejectedDataPoints"}[signal]
    if as_json:
        partial = {"partialSuccess": {name: str(rejected), "errorMessage": sentence}}
        return orjson.dumps(partial if sentence else {})
    if not sentence:
        return b""
    text = sentence.encode()
    inner = (b"\x08" + _varint(rejected) if rejected else b"") + b"\x12" + _varint(len(text)) + text
    return b"\x0a" + _varint(len(inner)) + inner


def _varint(number: int) -> bytes:
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    data.append(number)
    return bytes(data)


def _log(record: Mapping[str, Any], resource: Mapping[str, Any], scope: Any) -> Telemetry:
    attributes = _attributes(record.get("attributes"))
    body = _value(record.get("body"), 0)
    name = record.get("eventName") or attributes.get("event.name")
    if not name and isinstance(body, str) and body.startswith(_NAMED):
        name = body
    return Telemetry(
        signal="logs",
        name=str(name or ""),
        body=body,
        nanoseconds=_whole(record.get("timeUnixNano")),
        observed_nanoseconds=_whole(record.get("observedTimeUnixNano")),
        attributes=attributes,
        resource=resource,
        otel=_said(
            signal="logs", scope=scope, severity=record.get("severityText"), trace_id=record.get("traceId"),
            span_id=record.get("spanId"),
        ),
    )  # fmt: skip


def _span(record: Mapping[str, Any], resource: Mapping[str, Any], scope: Any) -> Telemetry:
    status = _object(record.get("status"))
    inner = [
        {"name": one.get("name"), "attributes": _attributes(one.get("attributes"))}
        for one in _objects(record.get("events"))
    ]
    return Telemetry(
        signal="traces",
        name=str(record.get("name") or ""),
        body=status.get("message"),
        nanoseconds=_whole(record.get("startTimeUnixNano")),
        observed_nanoseconds=_whole(record.get("endTimeUnixNano")),
        attributes=_attributes(record.get("attributes")),
        resource=resource,
        otel=_said(
            signal="traces", scope=scope, trace_id=record.get("traceId"), span_id=record.get("spanId"),
            parent_span_id=record.get("parentSpanId"), kind=record.get("kind"), status=status.get("code"),
        ),
        inner=inner or None,
    )  # fmt: skip


def _said(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", 0)}


def _object(value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError("not an object")  # noqa: TRY004 - unreadable input, one kind of error
    return value


def _objects(value: Any) -> Iterable[Mapping[str, Any]]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise ValueError("not a list of objects")
    return value


def _attributes(value: Any) -> dict[str, Any]:
    return {str(pair.get("key")): _value(pair.get("value"), 0) for pair in _objects(value)}


def _value(value: Any, depth: int) -> Any:
    """A plain value out of OTLP's wrapping; what is nested too deep is left out."""
    if not isinstance(value, Mapping) or depth > _DEEPEST:
        return None
    for name, inner in value.items():
        if name == "intValue":
            return _whole(inner)
        if name == "arrayValue":
            return [_value(item, depth + 1) for item in _objects(_object(inner).get("values"))]
        if name == "kvlistValue":
            return {
                str(pair.get("key")): _value(pair.get("value"), depth + 1)
                for pair in _objects(_object(inner).get("values"))
            }
        if name in ("stringValue", "boolValue", "doubleValue", "bytesValue"):
            return inner
    return None


def _whole(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def _of_protobuf(signal: str, data: bytes) -> dict[str, Any]:
    """The same document as in JSON."""
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        if signal == "logs":
            logs = ExportLogsServiceRequest.FromString(data)
            return {
                "resourceLogs": [_group(one, "scopeLogs", one.scope_logs, _plain_log) for one in logs.resource_logs]
            }
        spans = ExportTraceServiceRequest.FromString(data)
        return {
            "resourceSpans": [_group(one, "scopeSpans", one.scope_spans, _plain_span) for one in spans.resource_spans]
        }
    except DecodeError:
        raise ValueError("not protobuf") from None


def _group(one: Any, middle: str, scopes: Any, plain: Any) -> dict[str, Any]:
    inner = "logRecords" if middle == "scopeLogs" else "spans"
    return {
        "resource": {"attributes": _pairs(one.resource.attributes)},
        middle: [
            {
                "scope": {"name": scoped.scope.name},
                inner: [plain(record) for record in (scoped.log_records if inner == "logRecords" else scoped.spans)],
            }
            for scoped in scopes
        ],
    }


def _plain_log(record: Any) -> dict[str, Any]:
    return {
        "eventName": record.event_name,
        "timeUnixNano": record.time_unix_nano,
        "observedTimeUnixNano": record.observed_time_unix_nano,
        "severityText": record.severity_text,
        "body": _wrapped(record.body),
        "attributes": _pairs(record.attributes),
        "traceId": record.trace_id.hex(),
        "spanId": record.span_id.hex(),
    }


def _plain_span(record: Any) -> dict[str, Any]:
    return {
        "name": record.name,
        "startTimeUnixNano": record.start_time_unix_nano,
        "endTimeUnixNano": record.end_time_unix_nano,
        "attributes": _pairs(record.attributes),
        "traceId": record.trace_id.hex(),
        "spanId": record.span_id.hex(),
        "parentSpanId": record.parent_span_id.hex(),
        "kind": record.kind,
        "status": {"code": record.status.code, "message": record.status.message},
        "events": [{"name": one.name, "attributes": _pairs(one.attributes)} for one in record.events],
    }


def _pairs(attributes: Any) -> list[dict[str, Any]]:
    return [{"key": pair.key, "value": _wrapped(pair.value)} for pair in attributes]


def _wrapped(value: Any) -> dict[str, Any]:
    kind = value.WhichOneof("value")
    if kind is None:
        return {}
    if kind == "array_value":
        return {"arrayValue": {"values": [_wrapped(item) for item in value.array_value.values]}}
    if kind == "kvlist_value":
        return {"kvlistValue": {"values": _pairs(value.kvlist_value.values)}}
    if kind == "bytes_value":
        return {"bytesValue": value.bytes_value.hex()}
    name = {"string_value": "stringValue", "int_value": "intValue", "double_value": "doubleValue",
            "bool_value": "boolValue"}.get(kind)  # fmt: skip
    return {name: getattr(value, kind)} if name else {}
