"""Audit activities as events, as the Reports API lists them or as pipelines flatten them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fanlight.model import Event
from fanlight.sources.native import Folded, LogPaths, NativeLog

__all__ = ["KIND", "LOG"]

KIND = "google_workspace"

_FAMILIES = {
    "login_success": "sign_in",
    "login_failure": "sign_in_failed",
    "logout": "sign_out",
    "authorize": "integration",
    "revoke": "integration",
    "view": "content_view",
    "download": "content_export",
    "edit": "content_change",
    "create": "content_change",
    "upload": "content_change",
    "change_user_access": "sharing",
    "change_document_visibility": "sharing",
    "change_owner": "sharing",
    "grant_admin_privilege": "privilege_grant",
    "assign_role": "privilege_grant",
    "unassign_role": "privilege_revoke",
    "revoke_admin_privilege": "privilege_revoke",
    "create_user": "account_change",
    "delete_user": "account_change",
    "suspend_user": "account_change",
    "unsuspend_user": "account_change",
    "change_password": "account_change",
    "add_group_member": "membership",
    "remove_group_member": "membership",
}

_BY_APPLICATION = {
    "login": "sign_in", "saml": "app_access", "token": "integration", "drive": "content_change",
    "admin": "settings_change", "groups_enterprise": "membership", "user_accounts": "account_change",
}  # fmt: skip


def _family(kind: str, record: Folded) -> str:
    name = kind.casefold()
    if name.startswith("2sv") or "challenge" in name or "verification" in name:
        return "mfa"
    application = str((record.get("id") or {}).get("applicationname", "")).casefold()
    return _FAMILIES.get(name) or _BY_APPLICATION.get(application, "other")


def _split(record: Folded) -> Iterator[tuple[Folded, str]]:
    """One row per event of an activity: they share everything but name and parameters."""
    events: Any = record.get("events")
    if not isinstance(events, list) or len(events) < 2:
        yield record, ":0" if isinstance(events, list) else ""
        return
    for position, event in enumerate(events):
        yield {**record, "events": [event]}, f":{position}"


def _key(record: Folded) -> str | None:
    """The vendor's qualifier is unique only together with time and application."""
    given = record.get("id")
    if not isinstance(given, dict) or not given.get("uniquequalifier"):
        return None
    return ":".join(str(given.get(part)) for part in ("applicationname", "time", "uniquequalifier"))


_FAILED = re.compile(r"fail|block|denied|denial|reject")
_TARGETS = (
    ("doc_id", "file"), ("user_email", "user"), ("group_email", "group"), ("affected_email_address", "user"),
    ("client_id", "application"), ("app_id", "application"), ("application_name", "application"),
    ("role_name", "role"), ("setting_name", "setting"),
)  # fmt: skip


def _amend(event: Event, record: Folded) -> Event:
    """What an event is about stands among its parameters: a list of names and values, or a map where flattened."""
    if event.outcome == "unknown":
        # What is reported has happened; only some applications state how it ended.
        event = replace(event, outcome="failure" if _FAILED.search(event.type.casefold()) else "success")
    events = record.get("events")
    inner = events[0] if isinstance(events, list) and events and isinstance(events[0], dict) else record
    given = inner.get("parameters")
    if isinstance(given, list):
        given = {str(item.get("name", "")).lower(): item.get("value") for item in given if isinstance(item, dict)}
    if not isinstance(given, dict):
        return event
    for name, kind in _TARGETS:
        value = given.get(name)
        if isinstance(value, str) and value:
            return replace(event, target_kind=kind, target_id=value)
    return event


LOG = NativeLog(
    product=KIND,
    package=__package__,
    paths=LogPaths(
        time=("id.time", "published", "time"),
        type=("events.0.name", "name", "type"),
        actor_id=("actor.profileid", "actor.key", "actor.email"),
        actor_email=("actor.email",),
        actor_kind=("actor.callertype",),
        ip=("ipaddress",),
        device=("userdeviceinfo.deviceid",),
        organization=("id.customerid",),
        outcome=("events.0.status.eventstatus", "status.eventstatus"),
    ),
    family_of=_family,
    split=_split,
    event_key=_key,
    amend=_amend,
    named_values="events.*.parameters",
)
