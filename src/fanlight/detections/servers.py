"""Use of MCP servers in chats and sessions, as events: the vendor tells it only inside of what was said."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fanlight.detections.facts import Facts
from fanlight.model import Event, Micros, ObjectVersion

__all__ = ["SERVER_USED", "first_uses", "server_events"]

#: Derived event: a chat or session used a tool of a server for the first time.
SERVER_USED = "mcp_server_used"


def first_uses(facts: Facts) -> Iterator[tuple[Micros, ObjectVersion]]:
    """When each chat or session first used each tool of each server, by the oldest version that says so."""
    oldest: dict[str, tuple[Micros, ObjectVersion]] = {}
    for thing in facts.objects(("tool_use",)):
        at = thing.created_at or thing.valid_from
        known = oldest.get(thing.object_id)
        if known is None or (at, thing.seen_at) < (known[0], known[1].seen_at):
            oldest[thing.object_id] = (at, thing)
    yield from sorted(oldest.values(), key=lambda use: (use[0], use[1].object_id))


def server_events(facts: Facts, since: Micros, until: Micros) -> Iterator[Event]:
    """One event for each chat or session and tool of a server, at its first use."""
    for at, thing in first_uses(facts):
        if not since <= at < until or thing.owner_account is None:
            continue
        said = json.loads(thing.attributes or "{}")
        name = thing.name or str(said.get("server") or "")
        names = [one for one in (thing.name, said.get("server"), said.get("url")) if isinstance(one, str) and one]
        approval = facts.company.approvals.of("mcp_server", names)
        raw = {
            "server.name": name,
            "server.url": said.get("url"),
            "server.tool": said.get("tool"),
            "server.approved": {"approved": "yes", "not approved": "no"}.get(approval, "nobody_said"),
        }
        yield Event(
            tenant=facts.tenant, source=thing.source, product=thing.product, event_id=f"server:{thing.object_id}",
            type=SERVER_USED, family="integration", occurred_at=at, actor_kind="user_actor",
            account_key=thing.owner_account, organization_id=thing.organization_id,
            chat_id=thing.parent_id if thing.parent_kind == "chat" else None, target_kind="mcp_server",
            target_id=name, raw=json.dumps(raw),
        )  # fmt: skip
