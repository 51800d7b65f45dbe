"""One activity of the feed as one `Event`. Pure: no network, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from fanlight.model import Event, Micros, Outcome, parse_time
from fanlight.sources.claude.catalogue import ActivityType, load
from fanlight.sources.sealing import RecordSealer, SealedField, load_content_fields

__all__ = ["ActivityMapper", "family_of", "map_activity"]

#: Actor fields whose value is an account that can belong to an identity.
_ACCOUNTS = ("user_id", "api_key_id", "admin_api_key_id", "service_account_id")
_FAILED_WORDS = frozenset({"failure", "failed", "denied", "rejected", "blocked", "deny", "error"})


@lru_cache(maxsize=32)
def _mapper(tenant: str, source: str, key: bytes) -> ActivityMapper:
    return ActivityMapper(tenant=tenant, source=source, content_key=key)


def map_activity(
    record: Mapping[str, Any],
    *,
    tenant: str = "default",
    source: str = "claude",
    content_key: bytes,
    late: bool = False,
    ingested_at: Micros = 0,
    found: Callable[[SealedField], None] | None = None,
) -> Event:
    """The event of one activity. Raises `ValueError` when it has no id or no readable time."""
    return _mapper(tenant, source, content_key).map(record, late=late, ingested_at=ingested_at, found=found)


def family_of(activity: str, record: Mapping[str, Any] | None = None) -> str:
    """Our family of an activity type; types newer than the catalogue are guessed from their words."""
    known = load().get(activity)
    if known is None:
        return _guess_family(activity)
    if known.weak_field is not None and record is not None and record.get(known.weak_field) is not known.weak_value:
        return "settings_change"
    return known.family


class ActivityMapper:
    """Maps activities of one source of one tenant; keeps the sealer's memory of field names."""

    def __init__(self, *, tenant: str, source: str, content_key: bytes) -> None:
        self._tenant = tenant
        self._source = source
        self._sealer = RecordSealer(load_content_fields("fanlight.sources.claude"), content_key)
        self._types = load()

    def map(
        self,
        record: Mapping[str, Any],
        *,
        late: bool = False,
        ingested_at: Micros = 0,
        found: Callable[[SealedField], None] | None = None,
    ) -> Event:
        """The event; `found` is told the content that was taken out. Raises `ValueError` as `map_activity`."""
        event_id = record.get("id")
        if not isinstance(event_id, str) or not event_id:
            raise ValueError("An activity without id.")
        created = record.get("created_at")
        if not isinstance(created, str):
            raise ValueError("An activity without time.")  # noqa: TRY004  both are unreadable input
        raw = self._sealer.seal(record, found)
        name = record.get("type")
        activity = name if isinstance(name, str) else "unknown"
        known = self._types.get(activity)
        actor = record.get("actor")
        if not isinstance(actor, Mapping):
            actor = {}
        actor_kind, actor_id, is_account, email = _who(actor)
        target_kind, target_id = _target(known, record)
        text = record.get
        return Event(
            tenant=self._tenant,
            source=self._source,
            product="claude",
            event_id=event_id,
            type=activity,
            family=family_of(activity, record),
            occurred_at=parse_time(created),
            ingested_at=ingested_at,
            outcome=_outcome(known, activity, record),
            actor_kind=actor_kind,
            actor_id=actor_id,
            actor_email=email,
            account_key="claude:" + actor_id if is_account and actor_id else None,
            organization_id=_text(text("organization_uuid")) or _text(text("organization_id")),
            workspace_id=_text(text("workspace_id")),
            project_id=_text(text("claude_project_id")) or _project_of_role(record),
            chat_id=_text(text("claude_chat_id")),
            file_id=_text(text("claude_file_id")) or _text(text("file_id")),
            target_kind=target_kind,
            target_id=target_id,
            ip=_text(actor.get("ip_address")),
            user_agent=_text(actor.get("user_agent")),
            device_id=_text(text("trusted_device_id")),
            late=late,
            raw=orjson.dumps(raw).decode(),
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _who(actor: Mapping[str, Any]) -> tuple[str | None, str | None, bool, str | None]:
    """Kind, id, whether the id is an account, e-mail. The kind is inferred where the vendor leaves it out."""
    kind = _text(actor.get("type"))
    email = _text(actor.get("email_address"))
    for name in _ACCOUNTS:
        if found := _text(actor.get(name)):
            return kind or f"{name.removesuffix('_id')}_actor", found, True, email
    if found := _text(actor.get("directory_id")):
        return kind or "scim_directory_sync_actor", f"scim:{found}", False, email
    if found := _text(actor.get("subject")):
        return kind or "federated_actor", f"fed:{_text(actor.get('issuer')) or _provider(actor)}+{found}", False, email
    if found := _text(actor.get("kid_hash")):
        return kind or "attested_device_actor", f"device:{found}", False, email
    if "unauthenticated_email_address" in actor:
        claimed = _text(actor.get("unauthenticated_email_address"))
        return kind or "unauthenticated_user_actor", f"unauth:{claimed.lower()}" if claimed else None, False, claimed
    if kind == "anthropic_actor":
        return kind, "anthropic", False, email
    if kind == "system_actor":
        return kind, f"system:{_text(actor.get('service')) or ''}", False, email
    if kind == "federated_actor":
        return kind, f"fed:{_provider(actor)}", False, email
    return kind, None, False, email


def _provider(actor: Mapping[str, Any]) -> str:
    provider = actor.get("provider")
    if not isinstance(provider, Mapping):
        return ""
    for name in ("signed_principal", "subscription_id", "project_number", "issuer", "account_id", "type"):
        if found := _text(provider.get(name)):
            return found
    return ""


def _target(known: ActivityType | None, record: Mapping[str, Any]) -> tuple[str | None, str | None]:
    if known is None:
        for kind, name in (("file", "claude_file_id"), ("chat", "claude_chat_id"), ("project", "claude_project_id")):
            if found := _text(record.get(name)):
                return kind, found
        return None, None
    if known.target_field is None:
        return None, None
    found = _text(record.get(known.target_field))
    if known.target_kind == "resource":
        kind = _text(record.get("resource_type")) or "resource"
        return ("project" if kind == "chat_project" else kind), found
    if found is None:
        for kind, name in (("file", "claude_file_id"), ("chat", "claude_chat_id"), ("project", "claude_project_id")):
            if other := _text(record.get(name)):
                return kind, other
    return (known.target_kind, found) if found else (None, None)


def _project_of_role(record: Mapping[str, Any]) -> str | None:
    """Project membership is a role assignment on a resource of type chat_project."""
    if record.get("resource_type") == "chat_project":
        return _text(record.get("resource_id"))
    return None


def _outcome(known: ActivityType | None, activity: str, record: Mapping[str, Any]) -> Outcome:
    if known is not None and known.fails:
        return "failure"
    if known is None and activity.endswith(("_failed", "_denied", "_rejected")):
        return "failure"
    code = record.get("status_code")
    if isinstance(code, int) and code >= 400:
        return "failure"
    for name in ("outcome", "validation_result", "result", "status", "decision"):
        value = record.get(name)
        if isinstance(value, Mapping):
            value = value.get("outcome")
        if isinstance(value, str) and value and not _FAILED_WORDS.isdisjoint(value.lower().split("_")):
            return "failure"
    return "failure" if record.get("failed") is True else "success"


def _guess_family(activity: str) -> str:
    """For types that the vendor added after the catalogue: from the words of the name, else `other`."""
    words = set(activity.split("_"))
    if "login" in words:
        return "sign_in_failed" if "failed" in words else "sign_in" if "succeeded" in words else "session"
    if "failed" in words and "access" in words:
        return "content_denied"
    if "key" in words or "credential" in words or "token" in words:
        return "key_created" if words & {"created", "minted", "issued"} else "key_changed"
    if words & {"exported", "downloaded", "export"}:
        return "content_export"
    if words & {"shared", "sharing", "share", "published"}:
        return "sharing"
    if "viewed" in words:
        return (
            "project_view"
            if "project" in words
            else "content_view"
            if words & {"chat", "file", "artifact"}
            else "other"
        )
    if words & {"role", "permission", "grant"}:
        return "privilege_grant" if words & {"assigned", "added", "granted"} else "privilege_revoke"
    if words & {"plugin", "skill", "mcp", "connector", "integration", "marketplace"}:
        return "integration"
    if words & {"settings", "enabled", "disabled", "updated"}:
        return "settings_change"
    return "other"
