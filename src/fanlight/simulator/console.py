"""The Console organization's Admin API and the Analytics API as they answer now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fanlight.model import Micros
from fanlight.model.times import DAY, day_of, parse_time
from fanlight.simulator.company import ClaudeApiKey
from fanlight.simulator.identifiers import stable_bytes, stable_uuid
from fanlight.simulator.records import value_at
from fanlight.simulator.stage import Stage
from fanlight.simulator.text import connector_of
from fanlight.simulator.wire import wire_time
from fanlight.simulator.world import Activity, Row, Wire

__all__ = [
    "analytics_connectors",
    "analytics_users",
    "api_keys",
    "service_accounts",
    "usage_buckets",
    "users",
    "workspace_members",
    "workspaces",
]


def api_keys(stage: Stage) -> list[Row]:
    found = []
    for key in stage.company.api_keys:
        if key.created_at > stage.now:
            continue
        creator = stage.company.people[key.created_by].user_id if key.created_by is not None else None
        principal: Wire | None = None
        if key.service_account:
            principal = {"type": "service_account_actor", "service_account_id": key.service_account}
        elif creator:
            principal = {"type": "user_actor", "user_id": creator}
        scope: Wire = (
            {"type": "workspace", "workspace_id": key.workspace} if key.workspace else {"type": "organization"}
        )
        hint = stable_bytes("hint", key.id, size=4).hex()
        body: Wire = {
            "type": "api_key",
            "id": key.id,
            "name": key.name,
            "status": value_at(key.status, stage.now) or "active",
            "created_at": wire_time(key.created_at),
            "created_by": {"id": creator, "type": "user"} if creator else None,
            "expires_at": wire_time(key.expires_at) if key.expires_at else None,
            "partial_key_hint": "-".join(("sk", "ant", "api03")) + f"-{hint[:3]}...{hint[4:]}",
            "workspace_id": key.workspace,
            "principal": principal,
            "scope": scope,
        }
        found.append(Row(key.id, body, key.created_at, key.created_at, stage.company.console.uuid, creator))
    found.sort(key=lambda row: (-row.created_at, row.id))
    return found


def users(stage: Stage) -> list[Row]:
    console = stage.company.console.uuid
    found = []
    for person in stage.company.people:
        role = stage.company_role(person, console, stage.now)
        if role is None or not person.works_at(stage.now):
            continue
        body = {
            "type": "user",
            "id": person.user_id,
            "email": person.email,
            "name": person.name,
            "role": role,
            "added_at": wire_time(person.joined_at),
        }
        found.append(Row(person.user_id, body, person.joined_at, person.joined_at, console, person.user_id))
    found.sort(key=lambda row: (row.created_at, row.id))
    return found


def workspaces(stage: Stage) -> list[Row]:
    """Archived ones are in the list; the server drops them unless `include_archived`."""
    return [
        Row(
            w.id,
            {
                "type": "workspace",
                "id": w.id,
                "name": w.name,
                "created_at": wire_time(w.created_at),
                "archived_at": wire_time(w.archived_at) if w.archived_at and w.archived_at <= stage.now else None,
                "compartment_id": stable_uuid("compartment", stage.seed, w.id),
                "data_residency": {
                    "allowed_inference_geos": "unrestricted",
                    "default_inference_geo": "global",
                    "workspace_geo": "us",
                },
                "display_color": "#6C5BB9",
                "external_key_id": None,
                "tags": {"env": w.name.lower()},
            },
            w.created_at,
            w.created_at,
            stage.company.console.uuid,
        )
        for w in stage.company.workspaces
    ]


def workspace_members(stage: Stage, workspace_id: str) -> list[Wire] | None:
    workspace = next((w for w in stage.company.workspaces if w.id == workspace_id), None)
    if workspace is None:
        return None
    people = stage.company.people
    return [
        {"type": "workspace_member", "user_id": people[i].user_id, "workspace_id": workspace_id, "workspace_role": role}
        for i, role, since in workspace.members
        if since <= stage.now and people[i].works_at(stage.now)
    ]


def service_accounts(stage: Stage) -> list[Row]:
    return [
        Row(
            identifier,
            {
                "type": "service_account",
                "id": identifier,
                "name": name,
                "description": None,
                "organization_role": role,
                "created_at": wire_time(at),
                "updated_at": wire_time(at),
                "archived_at": None,
                "archived_by_actor_id": None,
                "created_by_actor_id": None,
                "updated_by_actor_id": None,
            },
            at,
            at,
            stage.company.console.uuid,
        )
        for identifier, name, role, at in stage.company.service_accounts
        if at <= stage.now
    ]


def _tokens(key: ClaudeApiKey, day: int, now: Micros) -> int:
    """Tokens a key spent on a UTC day."""
    at = day * DAY
    if at < key.created_at // DAY * DAY or at > now:
        return 0
    roll = stable_bytes("tokens", key.id, day, size=2)
    if key.weekly:
        return 900 + roll[0] * 40 if (day + 3) % 7 < 5 else 0
    if key.last_use is None or at > key.last_use:
        return 0
    return 300 + roll[0] * 9 if at == key.last_use or roll[1] < 70 else 0


def usage_buckets(stage: Stage, starting_at: Micros, ending_at: Micros) -> list[Wire]:
    buckets = []
    for day in range(starting_at // DAY, max(starting_at, min(ending_at, stage.now + DAY) - 1) // DAY + 1):
        results = []
        for key in stage.company.api_keys:
            tokens = _tokens(key, day, stage.now)
            if tokens:
                results.append(
                    {
                        "account_id": None,
                        "api_key_id": key.id,
                        "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
                        "cache_read_input_tokens": 0,
                        "context_window": None,
                        "inference_geo": None,
                        "model": None,
                        "output_tokens": tokens // 4,
                        "server_tool_use": {"web_search_requests": 0},
                        "service_account_id": None,
                        "service_tier": None,
                        "uncached_input_tokens": tokens,
                        "workspace_id": None,
                    }
                )
        buckets.append(
            {"starting_at": wire_time(day * DAY), "ending_at": wire_time((day + 1) * DAY), "results": results}
        )
    return buckets


def analytics_users(stage: Stage, feed: Sequence[Activity], first_day: str, last_day: str) -> list[Wire]:
    """One row per member with the last day of activity inside the window; other metrics are zero."""
    since, until = parse_time(first_day), parse_time(last_day) + DAY
    last: dict[str, Micros] = {}
    for row in feed:
        if since <= row.created_at < until:
            user = row.actor.get("user_id")
            if user:
                last[user] = row.created_at
    return [
        {
            "user": {"id": p.user_id, "email_address": p.email, "type": "user"},
            "last_activity_date": day_of(last[p.user_id]) if p.user_id in last else None,
            "web_search_count": 0,
        }
        for p in stage.company.people
        if p.works_at(stage.now)
    ]


def analytics_connectors(stage: Stage, first_day: str, last_day: str, *, by_user: bool) -> list[Wire]:
    """How often each connector's tools were used in chats inside the window, of everybody or of each user."""
    since, until = parse_time(first_day), min(parse_time(last_day) + DAY, stage.now)
    calls: Counter[tuple[str, str]] = Counter()
    chats: Counter[tuple[str, str]] = Counter()
    for chat in stage.company.chats:
        name = connector_of(chat)
        used = sum(since <= at < until for at in chat.turns) if name else 0
        if name and used:
            calls[name, stage.company.people[chat.owner].user_id] += used
            chats[name, stage.company.people[chat.owner].user_id] += 1
    found: list[Wire] = []
    for name in sorted({name for name, _ in calls}):
        users = sorted(user for other, user in calls if other == name)
        for some in [[user] for user in users] if by_user else [users]:
            found.append(
                {
                    "connector_name": "".join(letter for letter in name.lower() if letter.isalnum()),
                    "connector_display_name": None,
                    "distinct_user_count": len(some),
                    "chat_metrics": {
                        "distinct_conversation_connector_used_count": sum(chats[name, user] for user in some)
                    },
                    "claude_code_metrics": {"distinct_session_connector_used_count": 0},
                    "cowork_metrics": {"distinct_session_connector_used_count": 0},
                    "user_id": some[0] if by_user else None,
                    "read_call_count": sum(calls[name, user] for user in some),
                    "write_call_count": 0,
                    "unclassified_call_count": 0,
                    "managed_auth_distinct_user_count": None,
                    "individual_auth_distinct_user_count": len(some),
                    "product": None,
                    "rbac_group_id": None,
                    "rbac_group_name": None,
                }
            )
    return found
