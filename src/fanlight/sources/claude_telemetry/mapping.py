"""One log record or span of an agent as one event; what is content comes apart from it, sealed.

Only attributes of the allow-list (`content_fields.json`) are kept by value, and only when they look like identifiers;
everything else, also what the vendor adds tomorrow, is sealed and stands in the event by length and keyed hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fanlight.model import Event, Micros, Outcome, account_key
from fanlight.sources.contract import ContentPart
from fanlight.sources.native import read_moment
from fanlight.sources.sealing import RecordSealer, SealedField, load_content_fields

__all__ = ["MappedTelemetry", "TelemetryMapper"]

_PACKAGE = __name__.rpartition(".")[0]
_PRODUCT = "claude_telemetry"
_NAME = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_FIELDS = load_content_fields(_PACKAGE)
_SERVICES = {"claude-code": "claude_code", "claude-code-desktop": "claude_code", "cowork": "cowork"}

_FAMILIES = {
    "user_prompt": "content_change", "assistant_response": "content_change", "api_request": "api_use",
    "api_error": "api_use", "api_retries_exhausted": "api_use", "api_refusal": "content_denied",
    "tool_decision": "agent", "tool_result": "agent", "permission_mode_changed": "settings_change",
    "mcp_server_connection": "integration", "plugin_installed": "integration", "plugin_loaded": "integration",
    "skill_activated": "agent", "subagent_completed": "agent", "hook_registered": "settings_change",
}  # fmt: skip
_TARGETS = (
    ("mcp_server", ("tool_parameters.mcp_server_name", "mcp_server.name", "server_name", "mcp_server_name")),
    ("plugin", ("plugin.name", "plugin_name")),
    ("skill", ("skill.name", "skill_name")),
    ("tool", ("tool_name",)),
    ("model", ("model",)),
)
_PARTS: Mapping[str, tuple[str, str | None]] = {
    "prompt": ("message", "user"), "response": ("message", "assistant"), "tool_input": ("tool_input", "assistant"),
    "tool_parameters": ("tool_input", "assistant"), "error": ("tool_result", None), "body": ("message", None),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MappedTelemetry:
    """An event and the sealed content that came with it."""

    event: Event
    content: Sequence[ContentPart]


class TelemetryMapper:
    """Maps the telemetry of one sender of one tenant. Holds no content."""

    def __init__(self, *, tenant: str, source: str, content_key: bytes) -> None:
        self._tenant = tenant
        self._source = source
        self._sealer = RecordSealer(_FIELDS, content_key)

    def map(self, record: Any, now: Micros) -> MappedTelemetry | None:
        """The event of one `Telemetry`; None when it tells no event of an agent (an ordinary log line)."""
        name = _event_name(record)
        if name is None:
            return None
        found: list[SealedField] = []
        raw = self._sealer.seal(_record_of(record), found.append)
        said = {key: value for key, value in raw.items() if isinstance(value, str | int | float | bool)}
        parameters = raw.get("tool_parameters")
        if isinstance(parameters, Mapping) and not parameters.get("sealed"):
            said.update({f"tool_parameters.{key}": value for key, value in parameters.items() if type(value) is str})
        resource = raw["resource"] if isinstance(raw.get("resource"), Mapping) else {}
        event = self._event(record, name, said, resource, raw, now)
        return MappedTelemetry(event, tuple(_part(event, number, one) for number, one in enumerate(found)))

    def _event(
        self, record: Any, name: str, said: Mapping[str, Any], resource: Mapping[str, Any], raw: Mapping[str, Any],
        now: Micros,
    ) -> Event:  # fmt: skip
        account, installation = _text(said, "user.account_id"), _text(said, "user.id") or _text(resource, "user.id")
        email = _text(said, "user.email") or _text(resource, "user.email")
        other = _text(said, "enduser.id") or _text(resource, "enduser.id") or _text(resource, "process.owner")
        service = _text(resource, "service.name") or ""
        version = _text(said, "app.version") or _text(resource, "service.version")
        own = read_moment(said.get("event.timestamp")) or record.nanoseconds // 1_000 or None
        body = orjson.dumps(raw).decode()
        kind, target = _target(said)
        actor = account or installation or other or email
        return Event(
            tenant=self._tenant,
            source=self._source,
            product=_PRODUCT,
            event_id=_event_id(record, name, said, own, body),
            type=f"{_SERVICES.get(service, 'agent')}.{name}",
            family=_family(name, said),
            occurred_at=own or record.observed_nanoseconds // 1_000 or now,
            observed_at=record.observed_nanoseconds // 1_000 or None,
            ingested_at=now,
            outcome=_outcome(name, said),
            actor_kind="user" if account or email else "installation" if installation else None,
            actor_id=actor,
            actor_email=email if email and "@" in email else None,
            account_key=account_key("claude", account) if account else account_key(_PRODUCT, actor) if actor else None,
            organization_id=_text(said, "organization.id") or _text(resource, "organization.id"),
            target_kind=kind,
            target_id=target,
            user_agent=f"{service}/{version}" if service.startswith("claude-code") and version else None,
            device_id=_text(resource, "host.id"),
            raw=body,
        )


def _event_name(record: Any) -> str | None:
    """The event's own name without its prefix; None when it is no name."""
    name = record.attributes.get("event.name") if record.signal == "logs" else None
    text = name if isinstance(name, str) and name else record.name
    if record.signal == "traces":
        return f"span.{text}" if _NAME.fullmatch(text) else "span"
    text = text.removeprefix("claude_code.").removeprefix("cowork.")
    return text if _NAME.fullmatch(text) else None


def _record_of(record: Any) -> dict[str, Any]:
    """The flat form that is sealed: attributes at the top, the protocol's own values under `otel`."""
    flat = dict(record.attributes)
    flat["event.name"] = flat.get("event.name") or record.name
    parameters = flat.get("tool_parameters")
    if isinstance(parameters, str):
        inner = _json_object(parameters)
        flat["tool_parameters"] = inner
        if inner is None:
            flat["tool_parameters_text"] = parameters
    flat = {name: _hidden(name, value) for name, value in flat.items()}
    flat["resource"] = {name: _hidden(f"resource.{name}", value) for name, value in record.resource.items()}
    flat["otel"] = dict(record.otel)
    if record.signal == "traces":
        flat["otel"]["name"] = record.name
    body = record.body
    repeats = isinstance(body, str) and body.rpartition(".")[2] == str(flat["event.name"]).rpartition(".")[2]
    if body not in (None, "") and not repeats:
        flat.setdefault("body", body)
    if record.inner is not None:
        flat["span_events"] = record.inner
    return flat


def _hidden(path: str, value: Any) -> Any:
    """A number under a name nobody knows is sealed like a text."""
    if isinstance(value, int | float) and not isinstance(value, bool) and path.lower() not in _FIELDS.tokens:
        return str(value)
    return value


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def _event_id(record: Any, name: str, said: Mapping[str, Any], own: Micros | None, body: str) -> str:
    if record.signal == "traces" and record.otel.get("span_id"):
        return f"{record.otel.get('trace_id', '')}:{record.otel['span_id']}"
    session, sequence = _text(said, "session.id"), said.get("event.sequence")
    if session and sequence is not None and own:
        return f"{session}:{sequence}:{name}:{own}"  # the count begins again when a session is taken up later
    return "sha256:" + hashlib.sha256(f"{own}/{body}".encode()).hexdigest()  # content stands in it as keyed hashes


def _family(name: str, said: Mapping[str, Any]) -> str:
    if name == "auth":
        if said.get("action") == "logout":
            return "sign_out"
        return "sign_in_failed" if str(said.get("success")).lower() == "false" else "sign_in"
    if name == "permission_mode_changed" and said.get("to_mode") == "bypassPermissions":
        return "security_weakened"
    return "agent" if name.startswith("span") else _FAMILIES.get(name, "other")


def _outcome(name: str, said: Mapping[str, Any]) -> Outcome:
    success = str(said.get("success", "")).lower()
    if success in ("true", "false"):
        return "success" if success == "true" else "failure"
    failed = said.get("decision") == "reject" or str(said.get("status", "")).lower() in ("failed", "error")
    return "failure" if failed or name in ("api_error", "api_retries_exhausted", "api_refusal") else "success"


def _target(said: Mapping[str, Any]) -> tuple[str | None, str | None]:
    for kind, names in _TARGETS:
        for name in names:
            if found := _text(said, name):
                return kind, found
    return None, None


def _part(event: Event, number: int, found: SealedField) -> ContentPart:
    kind, role = _PARTS.get(found.path.partition(".")[0].removesuffix("_text"), ("field", None))
    return ContentPart(
        part_id=f"{event.event_id}/{number}",
        part_kind=kind,  # type: ignore[arg-type]
        sealed=found.sealed,
        role=role,
        at=event.occurred_at,
    )
