"""Organizations, users, roles, groups and settings as the Compliance API shows them now."""

from __future__ import annotations

from typing import Any

from fanlight.model import Micros
from fanlight.simulator.records import Group, Organization
from fanlight.simulator.stage import Stage
from fanlight.simulator.wire import naive_time, wire_time
from fanlight.simulator.world import Row, Wire

__all__ = ["group_members", "groups", "organizations", "role_permissions", "roles", "settings", "users"]


def organizations(stage: Stage) -> list[Row]:
    return [
        Row(
            o.uuid,
            {"uuid": o.uuid, "name": o.name, "created_at": wire_time(o.created_at)},
            o.created_at,
            o.created_at,
            o.uuid,
        )
        for o in sorted(stage.company.organizations, key=lambda o: o.created_at)
    ]


def users(stage: Stage, organization: str) -> list[Row] | None:
    if organization not in {o.uuid for o in stage.company.organizations}:
        return None
    found = []
    for person in stage.company.people:
        role = stage.company_role(person, organization, stage.now)
        if role is None or not person.works_at(stage.now):
            continue
        body = {
            "id": person.user_id,
            "full_name": person.name,
            "email": person.email,
            "organization_role": role,
            "created_at": wire_time(person.joined_at),
        }
        found.append(Row(person.user_id, body, person.joined_at, person.joined_at, organization, person.user_id))
    found.sort(key=lambda row: (row.created_at, row.id))
    return found


def roles(stage: Stage, organization: str) -> list[Row] | None:
    if organization not in {o.uuid for o in stage.company.organizations}:
        return None
    return [
        Row(
            role.id,
            {
                "id": role.id,
                "name": role.name,
                "description": role.description,
                "created_at": naive_time(role.created_at) if role.created_at else None,
                "updated_at": naive_time(role.created_at) if role.created_at else None,
            },
            role.created_at or 0,
            role.created_at or 0,
            organization,
        )
        for role in stage.company.roles
        if role.organization == organization
    ]


def role_permissions(stage: Stage, organization: str, role_id: str) -> list[Wire] | None:
    for role in stage.company.roles:
        if role.id == role_id and role.organization == organization:
            return [{"action": a, "resource_id": i, "resource_type": t} for a, t, i in role.permissions]
    return None


def groups(stage: Stage) -> list[Row]:
    return [
        Row(group.id, _group_body(group, stage.now), group.created_at, group.created_at)
        for group in stage.company.groups
        if group.created_at <= stage.now
    ]


def _group_body(group: Group, now: Micros) -> Wire:
    changes = [m.since for m in group.members if m.since <= now]
    changes += [m.until for m in group.members if m.until is not None and m.until <= now]
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "source_type": group.source_type,
        "roles": list(group.roles) or None,
        "created_at": naive_time(group.created_at),
        "updated_at": naive_time(max(changes)) if changes else None,
    }


def group_members(stage: Stage, group_id: str) -> list[Wire] | None:
    group = next((g for g in stage.company.groups if g.id == group_id and g.created_at <= stage.now), None)
    if group is None:
        return None
    people = stage.company.people
    return [
        {
            "user_id": people[m.person].user_id,
            "email": people[m.person].email,
            "created_at": naive_time(m.since),
            "updated_at": None,
        }
        for m in sorted(group.members, key=lambda m: (m.since, m.person))
        if m.since <= stage.now and (m.until is None or stage.now < m.until) and people[m.person].works_at(stage.now)
    ]


# ------------------------------------------------------------------------- settings

_BOOLEANS: tuple[tuple[str, bool], ...] = (
    ("sso_enabled", True),
    ("sso_claude_ai_enforced", True),
    ("sso_console_enforced", True),
    ("directory_sync_enabled", True),
    ("ip_allowlist_enabled", False),
    ("public_projects_enabled", True),
    ("claude_ai_chat_sharing_enabled", True),
    ("claude_ai_integration_sharing_enabled", False),
    ("content_redaction_enabled", False),
    ("connector_tools_default_always_allow", False),
    ("memory_enabled", True),
    ("code_execution_enabled", True),
    ("code_execution_network_egress_enabled", False),
    ("web_search_enabled", True),
    ("location_metadata_enabled", False),
    ("claude_code_trusted_devices_required", False),
    ("claude_code_desktop_bypass_permissions_enabled", False),
    ("skills_enabled", True),
    ("hipaa_compliance_enabled", False),
)


def settings(stage: Stage, organization: str) -> Wire | None:
    found = next((o for o in stage.company.organizations if o.uuid == organization), None)
    return None if found is None else _settings(stage, found)


def _settings(stage: Stage, organization: Organization) -> Wire:
    now = stage.now
    changed: dict[str, Any] = {}
    for since, name, value in sorted(stage.company.setting_changes.get(organization.uuid, []), key=lambda c: c[0]):
        if since <= now:
            changed[name] = value
    rows = [{"name": name, "type": "boolean", "value": changed.get(name, value)} for name, value in _BOOLEANS]
    if organization.kind == "console":
        rows = [row for row in rows if row["name"] in {"sso_enabled", "sso_console_enforced", "directory_sync_enabled"}]
    rows += [
        {"name": "account_session_duration_seconds", "type": "integer", "value": None},
        {"name": "claude_code_default_worker_pool_id", "type": "string", "value": None},
        {"name": "ip_allowlist_ip_ranges", "type": "string_list", "value": []},
        {"name": "allowed_invite_domains", "type": "string_list", "value": ["example.com"]},
        {"name": "sso_provisioning_mode", "type": "provisioning_mode", "value": "scim_advanced"},
        {
            "name": "data_retention_periods",
            "type": "data_retention",
            "value": {
                "chat": {"type": "fixed", "duration": 24, "timescale": "month"},
                "project": {"type": "indefinite"},
            },
        },
    ]
    keys = [
        {
            "type": "compliance_api_key",
            "id": key.id,
            "name": key.name,
            "scopes": list(key.scopes),
            "is_active": key.is_active,
            "created_at": wire_time(key.created_at),
            "created_by_id": key.created_by,
            "expires_at": wire_time(key.expires_at) if key.expires_at else None,
        }
        for key in stage.company.keys
        if key.listed and key.created_at <= now
    ]
    return {
        "type": "effective_organization_settings",
        "organization_id": organization.uuid,
        "settings": rows,
        "api_keys": keys,
    }
