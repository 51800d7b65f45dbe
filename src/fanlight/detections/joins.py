"""Fields that a rule may name beside an event's own: what the chat, the project and the actor were at that time.

Join fields: `chat.sensitivity`, `chat.labels`, `chat.moved`, `chat.new_readers`, `file.sensitivity`, `file.labels`,
`project.sensitivity`, `project.labels`, `project.sensitive_things`, `project.privacy`, `project.opened_wider`,
`project.age_days`, `project.new_to_actor`, `entry.sensitivity`, `entry.labels`,
`actor.identity`, `about.identity`, `actor.elevated`, `actor.department`, `target.is_actor`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from fanlight.detections.context import OPENNESS, Context, audience_of
from fanlight.detections.facts import Facts
from fanlight.detections.groups import ROLE_BY_GROUP
from fanlight.detections.servers import SERVER_USED
from fanlight.model import DAY, HOUR, Event, Match, Micros, ObjectVersion, account_key

__all__ = [
    "ENTERED",
    "JOIN_FIELDS",
    "SETTINGS_WEAKENED",
    "STATED_BY",
    "entered_events",
    "join_fields",
    "moved_from",
    "settings_events",
    "with_project",
]

#: Derived event: somebody wrote sensitive content (time of the message, place of the nearest event).
ENTERED = "content_entered"
#: Derived event: two records of an organization's settings differ, and the newer one protects less.
SETTINGS_WEAKENED = "settings_weakened"
#: Derived types whose events are not the source's own, and the field that names the event they come from.
STATED_BY = {ENTERED: "entry.placed_by", ROLE_BY_GROUP: "stated_by", SERVER_USED: "stated_by"}
_MUST_BE_ON = ("sso_enabled", "sso_claude_ai_enforced", "sso_console_enforced")
_NEAREST: Micros = 2 * HOUR

JOIN_FIELDS = (
    "chat.sensitivity", "chat.labels", "chat.moved", "chat.new_readers", "file.sensitivity", "file.labels",
    "project.sensitivity",
    "project.labels", "project.sensitive_things", "project.privacy", "project.opened_wider", "project.age_days",
    "project.new_to_actor", "entry.sensitivity", "entry.labels", "actor.identity", "actor.elevated",
    "about.identity", "actor.department", "target.is_actor",
)  # fmt: skip


def join_fields(event: Event, context: Context) -> dict[str, Any]:
    """The join fields that apply to an event. A list value matches when any element does."""
    at, joined = event.occurred_at, dict[str, Any]()
    identity = context.identity_of(event.account_key, at)
    if identity is not None:
        person = context.person(identity, at)
        joined["actor.identity"] = identity
        joined["actor.elevated"] = person.elevated
        joined["actor.department"] = person.department
    about = context.about(event)
    if about is not None:
        joined["about.identity"] = about
    if event.chat_id:
        chat = context.labels("chat", event.chat_id, at)
        joined["chat.sensitivity"], joined["chat.labels"] = chat.sensitivity, list(chat.categories)
    if event.file_id:
        file = context.labels("file", event.file_id, at)
        joined["file.sensitivity"], joined["file.labels"] = file.sensitivity, list(file.categories)
    if event.project_id:
        joined |= _project_fields(event, identity, context)
    if event.type == ENTERED:
        joined |= json.loads(event.raw)
    if event.type.startswith("role_assignment") or event.type == ROLE_BY_GROUP:
        raw = json.loads(event.raw)
        target = context.identity_of(account_key(event.product, str(raw.get("target_id"))), at)
        joined["target.is_actor"] = target is not None and target == identity
    return joined


def _project_fields(event: Event, identity: str | None, context: Context) -> dict[str, Any]:
    project_id, at = event.project_id or "", event.occurred_at
    labels = context.labels("project", project_id, at)
    joined: dict[str, Any] = {
        "project.sensitivity": labels.sensitivity,
        "project.labels": list(labels.categories),
        "project.sensitive_things": context.sensitive_things(project_id, at),
    }
    if event.type == "claude_project_sharing_updated":
        before, after = context.project(project_id, at).privacy, audience_of(event)
        joined["project.privacy"] = before
        joined["project.opened_wider"] = (
            ("could_not_tell" if OPENNESS[after] else "no")
            if before not in OPENNESS
            else "yes"
            if OPENNESS[after] > OPENNESS[before]
            else "no"
        )
    if event.chat_id and event.type in ("claude_chat_updated", "claude_chat_settings_updated"):
        left = moved_from(event, context)
        joined["chat.moved"] = "no" if left is None else "yes"
        joined["chat.new_readers"] = 0 if left is None else context.new_readers(left, project_id, event.account_key)
        created = context.project(project_id, at).created_at
        if created is not None:
            joined["project.age_days"] = (at - created) / DAY
        joined["project.new_to_actor"] = identity is not None and not _settled_in(identity, project_id, at, context)
    return joined


def _settled_in(identity: str, project_id: str, at: Micros, context: Context) -> bool:
    """Whether the identity had worked in the project for at least a day before."""
    return context.touched_before(identity, project_id, at - DAY)


def moved_from(event: Event, context: Context) -> str | None:
    """The project a chat was in before this event (`""` for none); None where it did not move or nobody knows."""
    if not event.chat_id or not event.project_id:
        return None
    before = context.chat_project_before(event.chat_id, event.occurred_at)
    if before is None:
        # No earlier trace: a chat that is older than the project it is in now cannot have begun there.
        chats = context.versions("chat", event.chat_id)
        made = context.project(event.project_id, event.occurred_at).created_at
        older = bool(chats and made and chats[0].created_at and chats[0].created_at < made)
        return "" if older else None
    return None if before == event.project_id else before


def entered_events(facts: Facts, context: Context, since: Micros, until: Micros) -> Iterator[Event]:
    """One event for each message with sensitive content that a person wrote, placed by the person's nearest event."""

    def key(match: Match) -> tuple[str, str, str]:
        return match.object_kind, match.object_id, match.part_id

    for (kind, object_id, part_id), group in groupby(sorted(facts.entered(since, until), key=key), key):
        part = list(group)
        first = part[0]
        if first.at is None or first.owner_account is None:
            continue
        labels = context.entered_with(part)
        if labels.sensitivity in ("none", "low"):
            continue
        nearest = _nearest(first.owner_account, first.at, context)
        raw = {
            "entry.sensitivity": labels.sensitivity,
            "entry.labels": list(labels.categories),
            "entry.placed_by": nearest.event_id if nearest else None,
            "entry.gap_seconds": (nearest.occurred_at - first.at) // 1_000_000 if nearest else None,
        }
        yield Event(
            tenant=facts.tenant, source=first.source, product="claude",
            event_id=f"entered:{kind}:{object_id}:{part_id}", type=ENTERED, family="content_change",
            occurred_at=first.at, actor_kind="user_actor",
            account_key=first.owner_account, organization_id=first.organization_id, project_id=first.project_id,
            chat_id=first.chat_id or (object_id if kind == "chat" else None), target_kind=kind, target_id=object_id,
            ip=nearest.ip if nearest else None, user_agent=nearest.user_agent if nearest else None, raw=json.dumps(raw),
        )  # fmt: skip


def settings_events(facts: Facts, since: Micros, until: Micros) -> Iterator[Event]:
    """One event for each setting that a later record of the settings shows off and an earlier one showed on.

    A row that is missing says nothing (administrators cannot control it), so only a stated false counts.
    """
    versions = sorted(facts.objects(("settings",)), key=lambda version: (version.object_id, version.seen_at))
    for object_id, group in groupby(versions, lambda version: version.object_id):
        before: dict[str, Any] = {}
        for version in group:
            now = _values(version)
            for name in _MUST_BE_ON:
                if before.get(name) is True and now.get(name) is False and since <= version.seen_at < until:
                    yield Event(
                        tenant=facts.tenant, source=version.source, product=version.product, type=SETTINGS_WEAKENED,
                        event_id=f"settings:{object_id}:{name}:{version.seen_at}", family="security_weakened",
                        occurred_at=version.seen_at, organization_id=version.organization_id or object_id,
                        target_kind="setting", target_id=name, raw=json.dumps({"setting": name}),
                    )  # fmt: skip
            before |= {name: value for name, value in now.items() if value is not None}


def _values(version: ObjectVersion) -> dict[str, Any]:
    found = json.loads(version.attributes or "{}")
    return found if isinstance(found, dict) else {}


def _nearest(account: str, at: Micros, context: Context) -> Event | None:
    identity = context.identity_of(account, at)
    if identity is None:
        return None
    around = [event for event in context.around(identity, at - _NEAREST, at + _NEAREST) if event.ip]
    return min(around, key=lambda event: (abs(event.occurred_at - at), event.event_id), default=None)


def with_project(events: Sequence[Event], context: Context) -> list[Event]:
    """Events with the project that their file, chat or target belongs to, where the vendor left it out."""
    return [
        event if event.project_id or not (found := context.project_of(event)) else replace(event, project_id=found)
        for event in events
    ]
