"""Roles that reach people through a group: somebody joins a group that is owner or admin of a project."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from fanlight.detections.facts import Facts
from fanlight.model import Event, Grant, Micros

__all__ = ["ROLE_BY_GROUP", "group_roles"]

#: Derived event: a person was put into a group that holds a high role on a project.
ROLE_BY_GROUP = "project_role_by_group"
_JOINED = "group_member_added"
_HIGH = ("owner", "admin")


def group_roles(facts: Facts, since: Micros, until: Micros) -> Iterator[Event]:
    """One event for each person and project, at the time and by the hand of whoever put the person into the group."""
    joined = facts.events((_JOINED,), since, until)
    if not joined:
        return
    held: dict[str, dict[str, list[Grant]]] = defaultdict(lambda: defaultdict(list))
    for grant in facts.grants("project"):
        if grant.principal_kind == "group" and grant.principal_id:
            held[grant.principal_id][grant.resource_id].append(grant)
    for event in joined:
        raw = json.loads(event.raw)
        group = str(raw.get("group_id") or event.target_id or "")
        for project, grants in sorted(held.get(group, {}).items()):
            level = _level_at(grants, event.occurred_at)
            for member in raw.get("member_ids") or () if level else ():
                stated = {
                    "resource_type": "chat_project", "resource_id": project, "role": f"chat_project:{level}",
                    "target_type": "organization_member", "target_id": str(member), "group_id": group,
                    "stated_by": event.event_id,
                }  # fmt: skip
                yield Event(
                    tenant=event.tenant, source=event.source, product=event.product, type=ROLE_BY_GROUP,
                    event_id=f"{event.event_id}:{project}:{member}", family="privilege_grant",
                    occurred_at=event.occurred_at, actor_kind=event.actor_kind, actor_id=event.actor_id,
                    actor_email=event.actor_email, account_key=event.account_key, ip=event.ip,
                    organization_id=event.organization_id, project_id=project, user_agent=event.user_agent,
                    target_kind="user", target_id=str(member), raw=json.dumps(stated),
                )  # fmt: skip


def _level_at(grants: list[Grant], at: Micros) -> str | None:
    """The highest role that a group held on a project at a time; a grant whose beginning is only known to lie before
    it was first seen counts from the beginning."""
    held: dict[str, str] = {}
    for grant in sorted(grants, key=lambda grant: (grant.valid_from, grant.seen_at)):
        level = grant.level.rpartition(":")[2]
        if grant.valid_from <= at or (not grant.exact_from and grant.grant_id not in held):
            held[grant.grant_id] = "" if grant.removed else level
    return next((level for level in _HIGH if level in held.values()), None)
