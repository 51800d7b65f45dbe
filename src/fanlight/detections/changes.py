"""What an event changed, from what to what and for whom, as far as the event and what is known before it state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from fanlight.detections.context import Context, audience_of
from fanlight.detections.groups import ROLE_BY_GROUP
from fanlight.detections.joins import moved_from
from fanlight.detections.words import who
from fanlight.model import Event, account_key

__all__ = ["changed"]

_OPEN = {"private": "only its members", "organization": "the whole organization", "public": "the public"}


def changed(event: Event, context: Context) -> str | None:
    """`Gave Jane Doe the role admin`; None where the event states nothing beyond its type, or did not succeed."""
    describe = _CHANGES.get(event.type)
    if describe is None or event.outcome == "failure":
        return None
    raw = json.loads(event.raw)
    return describe(event, raw, context) if isinstance(raw, dict) else None


def _granted(event: Event, raw: Mapping[str, Any], context: Context) -> str | None:
    target, role = raw.get("target_id"), str(raw.get("role") or "").rsplit(":", 1)[-1].replace("_", " ")
    if not target and not role:
        return None
    holder = _holder(event, str(target or ""), str(raw.get("target_type") or ""), context)
    named = f"the role {role}" if role else "a role"
    return f"Gave {holder} {named}" if event.type == "role_assignment_granted" else f"Took {named} from {holder}"


def _holder(event: Event, target: str, kind: str, context: Context) -> str:
    if not target:
        return "somebody"
    if kind == "group":
        versions = context.facts.objects(("group",), [target])
        return f"group {next((version.name for version in reversed(versions) if version.name), None) or target}"
    identity = context.identity_of(account_key(event.product, target), event.occurred_at)
    return who(context.person(identity, event.occurred_at)) if identity else target


def _by_group(event: Event, raw: Mapping[str, Any], context: Context) -> str | None:
    group, role = str(raw.get("group_id") or ""), str(raw.get("role") or "").rsplit(":", 1)[-1]
    if not group or not role:
        return None
    member = _holder(event, str(raw.get("target_id") or ""), "", context)
    return f"Put {member} into {_holder(event, group, 'group', context)}, which holds the role {role}"


def _organization_role(event: Event, raw: Mapping[str, Any], context: Context) -> str | None:
    before, after = raw.get("previous_role"), raw.get("current_role")
    if not after:
        return None
    holder = _holder(event, str(raw.get("user_id") or ""), "", context)
    came = f" from {str(before).replace('_', ' ')}" if before else ""
    return f"Changed {holder}'s organization role{came} to {str(after).replace('_', ' ')}"


def _shared(event: Event, raw: Mapping[str, Any], context: Context) -> str | None:
    if "audience" not in raw or not event.project_id:
        return None
    state = context.project(event.project_id, event.occurred_at)
    came = f" from {_OPEN[state.privacy]}" if state.privacy in _OPEN else ""
    return f"Changed who may see project {state.name or state.id}{came} to {_OPEN[audience_of(event)]}"


def _moved(event: Event, _: Mapping[str, Any], context: Context) -> str | None:
    before, after = moved_from(event, context), event.project_id
    if before is None or not after:
        return None
    return f"Moved a chat from {_project(before, event, context)} into {_project(after, event, context)}"


def _project(project: str, event: Event, context: Context) -> str:
    return f"project {context.project(project, event.occurred_at).name or project}" if project else "no project"


_CHANGES: Mapping[str, Callable[[Event, Mapping[str, Any], Context], str | None]] = {
    "role_assignment_granted": _granted,
    "role_assignment_revoked": _granted,
    ROLE_BY_GROUP: _by_group,
    "claude_user_role_updated": _organization_role,
    "claude_project_sharing_updated": _shared,
    "claude_chat_updated": _moved,
    "claude_chat_settings_updated": _moved,
}
