"""Which module answers which list."""

from __future__ import annotations

from collections.abc import Callable

from fanlight.simulator import chats, console, directory, okta, projects, sessions
from fanlight.simulator.stage import Stage
from fanlight.simulator.world import Row

__all__ = ["LISTS", "LISTS_OF"]

LISTS: dict[str, Callable[[Stage], list[Row]]] = {
    "organizations": directory.organizations,
    "groups": directory.groups,
    "projects": projects.rows,
    "chats": chats.rows,
    "code_artifacts": sessions.code_artifacts,
    "local_sessions": sessions.local_sessions,
    "remote_sessions": sessions.remote_sessions,
    "console_api_keys": console.api_keys,
    "console_users": console.users,
    "console_workspaces": console.workspaces,
    "console_service_accounts": console.service_accounts,
    "okta_users": okta.users,
    "okta_groups": okta.groups,
    "okta_apps": okta.apps,
}
LISTS_OF: dict[str, Callable[[Stage, str], list[Row] | None]] = {
    "users": directory.users,
    "roles": directory.roles,
    "okta_group_members": okta.group_members,
    "okta_app_users": okta.app_users,
    "okta_app_groups": okta.app_groups,
}
