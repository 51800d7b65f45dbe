"""Makes `src/fanlight/sources/claude/activities.json` from the table of documented activity types.

Usage: `python tools/make_activity_catalogue.py ../shared/reference/activity-types.csv`

Only facts are taken over: the type's name, its field names and our own tag. The mapping to families, targets and
outcomes is decided here.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
OUT = HERE / "src/fanlight/sources/claude/activities.json"

# First match wins. `full` matches the whole type name.
FAMILY_BY_TYPE: list[tuple[str, str]] = [
    (r"(sso|magic_link|social)_login_succeeded|lti_launch_success", "sign_in"),
    (r"(sso|magic_link)_login_failed|abuse_decision_received", "sign_in_failed"),
    (
        r"sso_login_initiated|magic_link_login_initiated|lti_launch_initiated|anonymous_mobile_login_attempted"
        r"|phone_code_(sent|verified)",
        "session",
    ),
    (r"user_logged_out", "sign_out"),
    (r"step_up_.*|sso_second_factor_magic_link|trusted_device_(enrolled|credential_rotated)", "mfa"),
    (r"session_revoked|trusted_device_revoked|org_user_trusted_devices_revoked", "session"),
    (
        r"platform_(federated|app_attest)_authentication|ccr_agent_proxy_anthropic_oidc_token_(exchanged|minted)",
        "api_use",
    ),
    (r"compliance_api_accessed|anthropic_access|cmek_preserve", "audit"),
    # security and monitoring that was weakened, or can be
    (r"org_compliance_api_settings_updated|org_cowork_otlp_settings_updated|inference_hooks_.*", "monitoring"),
    (
        r"org_sso_toggled|org_sso_connection_(deactivated|deleted)|org_magic_link_second_factor_toggled"
        r"|org_directory_sync_deleted|org_ip_restriction_deleted|org_domain_removed|org_external_key_deleted"
        r"|org_claude_code_zero_data_retention_disabled|org_discoverability_enabled|org_invite_link_generated"
        r"|org_member_invites_enabled|org_claude_code_data_sharing_enabled|org_sso_provisioning_mode_changed"
        r"|org_cowork_(act_without_asking_mode|auto_mode|mcp_always_allow)_enabled"
        r"|desktop_extension_(unblocked|allowlisted)|ghe_webhook_signature_invalid",
        "security_weakened",
    ),
    # keys of all five families
    (
        r"(api|platform_api|admin_api|service)_key_created|platform_service_account_created"
        r"|platform_federation_(rule|issuer)_created|tunnel_token_(minted|revealed)|claude_code_runner_pool_secret_minted"
        r"|platform_signing_key_created|platform_oauth_app_created|ccr_agent_proxy_credential_created"
        r"|org_external_key_created",
        "key_created",
    ),
    (
        r"(admin_api|platform_api|scoped_api)_key_(updated|deleted)|service_(key_revoked|created|deleted)"
        r"|platform_signing_key_.*|platform_oauth_app_.*|tunnel_token_.*|tunnel_certificate_.*|org_external_key_.*"
        r"|platform_service_account_(archived|updated)|platform_federation_.*|ccr_agent_proxy_(credential|provisioning)_.*"
        r"|claude_code_credential_revoked|github_token_import|claude_code_security_webhook_secret_updated",
        "key_changed",
    ),
    # roles and privileges
    (
        r"claude_user_role_updated|primary_owner_transferred|platform_workspace_member_updated"
        r"|platform_service_account_workspace_member_updated|design_project_member_role_updated",
        "role_change",
    ),
    (
        r"rbac_role_(assigned|permission_added|grant_updated|created|updated)|role_assignment_granted"
        r"|org_capability_grant_added|owned_projects_access_restored|ccr_channel_manager_added"
        r"|ccr_role_channel_assignment_updated|org_sso_group_role_mappings_updated|design_project_member_added"
        r"|platform_workspace_member_added|platform_service_account_workspace_member_added"
        r"|claude_code_security_scan_project_member_updated|claude_code_team_memory_acl_updated",
        "privilege_grant",
    ),
    (
        r"rbac_role_(unassigned|permission_removed|deleted)|role_assignment_revoked|org_capability_grant_removed"
        r"|ccr_channel_manager_removed|ccr_role_channel_assignment_deleted|design_project_member_removed"
        r"|platform_workspace_member_removed|platform_service_account_workspace_member_removed",
        "privilege_revoke",
    ),
    (
        r"group_(member_(added|removed|addition_failed|removal_failed)|created|deleted|updated)|scim_user_.*"
        r"|org_user_(deleted|left|invite_.*)|org_join_.*|end_user_invite_requested|org_sso_seat_tier_.*|org_directory_resync_.*"
        r"|claude_user_seat_tier_updated|admin_request_created",
        "membership",
    ),
    (
        r"(group|org_user|org_invite|platform_workspace_member)_viewed|.*_listed|group_(list|member_list)_viewed"
        r"|platform_(cost|usage)_report_.*|org_parent_search_performed",
        "admin_read",
    ),
    # leaving the company, or open to more people
    (
        r"claude_file_exported|org_data_export_.*|audit_log_export_.*|org_members_exported"
        r"|platform_file_content_downloaded|platform_skill_version_content_downloaded|claude_plugin_(archive_accessed|downloaded)",
        "content_export",
    ),
    (r"claude_chat_snapshot_viewed|session_share_accessed", "content_view"),
    (
        r"claude_chat_snapshot_.*|session_share_.*|claude_artifact_(sharing_updated|published|external_sharing.*|invite_.*)"
        r"|claude_published_artifact_deleted|claude_project_sharing_updated|pending_share_.*|group_.*_shares_revoked"
        r"|org_user_shares_retained|group_visibility_updated|design_project_(sharing_updated|published|unpublished"
        r"|artifact_published)|claude_code_security_scan_project_visibility_updated",
        "sharing",
    ),
    (r".*_access_failed", "content_denied"),
    (r"claude_project_viewed|design_project_viewed", "project_view"),
    (
        r".*claude_(chat|file|artifact|project_document)_viewed|claude_project_document_viewed|claude_artifact_comments_viewed",
        "content_view",
    ),
    (
        r"claude_project_(created|deleted|archived|reported|sync_source_.*)|design_project_(created|deleted|updated|.*restored)",
        "project_change",
    ),
    (r"claude_chat_sync_source_.*", "integration"),
    (
        r"claude_(chat|file|artifact|project_document|project_file)_.*|platform_file_.*|platform_memory_.*",
        "content_change",
    ),
    (r"account_deleted|age_verified|claude_user_settings_updated|user_consent_.*", "account_change"),
    (r"claude_code_(user|team)_memory_updated|claude_code_user_settings_updated", "agent"),
    (r"mcp_.*|integration_user_.*|admin_connector_.*|org_connector_.*|tunnel_.*", "integration"),
    (r"claude_code_security_(scan|vulnerability).*", "code_access"),
    (r"org_cowork_.*|cowork_session_updated", "settings_change"),
]
FAMILY_BY_GROUP = {
    "billing": "billing",
    "claude_code_agents": "agent",
    "platform_agents": "agent",
    "org_membership": "membership",
    "plugins_skills": "integration",
    "projects": "project_change",
    "auth": "session",
    "integrations": "integration",
    "org_settings": "settings_change",
    "claude_code": "agent",
    "code_security": "code_access",
    "cowork": "settings_change",
    "artifacts": "content_change",
    "roles": "role_change",
    "chats": "content_change",
    "api_keys": "key_changed",
    "sso": "settings_change",
    "design": "project_change",
    "workspaces": "settings_change",
    "mcp_connectors": "integration",
    "groups": "membership",
    "org_lifecycle": "settings_change",
    "platform": "settings_change",
    "federation": "key_changed",
    "scim": "membership",
    "mcp_tunnels": "integration",
    "desktop_extensions": "integration",
    "data_export": "content_export",
    "inference_hooks": "monitoring",
    "service_accounts": "key_changed",
    "account": "account_change",
    "files": "content_change",
    "sharing": "sharing",
    "marketplaces": "integration",
    "domains": "settings_change",
    "education": "integration",
    "cmek": "key_changed",
    "ip_allowlist": "settings_change",
    "platform_files": "content_change",
    "sessions": "session",
    "access_transparency": "audit",
    "compliance": "audit",
    "verification": "other",
}
# The object an activity is about: the first of these fields that the type has. Kind by field.
TARGETS: list[tuple[str, str]] = [
    ("claude_artifact_invite_id", "invite"),
    ("claude_published_artifact_id", "artifact"),
    ("claude_artifact_id", "artifact"),
    ("claude_project_document_id", "document"),
    ("claude_file_id", "file"),
    ("claude_chat_snapshot_id", "chat_snapshot"),
    ("file_id", "platform_file"),
    ("admin_api_key_id", "admin_api_key"),
    ("api_key_id", "api_key"),
    ("service_key_id", "service_key"),
    ("service_account_id", "service_account"),
    ("federation_rule_id", "federation_rule"),
    ("federation_issuer_id", "federation_issuer"),
    ("signing_key_id", "signing_key"),
    ("new_signing_key_id", "signing_key"),
    ("oauth_app_id", "oauth_app"),
    ("external_key_id", "external_key"),
    ("tunnel_token_id", "tunnel_token"),
    ("token_id", "tunnel_token"),
    ("tunnel_id", "tunnel"),
    ("link_id", "provisioning_link"),
    ("credential_id", "credential"),
    ("rule_id", "proxy_rule"),
    ("profile_id", "proxy_profile"),
    ("role_id", "role"),
    ("new_owner_id", "user"),
    ("deleted_user_id", "user"),
    ("group_id", "group"),
    ("claude_chat_sync_source_id", "sync_source"),
    ("claude_project_sync_source_id", "sync_source"),
    ("design_project_id", "design_project"),
    ("mcp_server_id", "mcp_server"),
    ("mcp_directory_server_id", "mcp_server"),
    ("marketplace_id", "marketplace"),
    ("plugin_id", "plugin"),
    ("skill_id", "skill"),
    ("command_id", "command"),
    ("extension_id", "desktop_extension"),
    ("webhook_id", "webhook"),
    ("scan_id", "code_scan"),
    ("scan_project_id", "code_scan_project"),
    ("deployment_id", "agent_deployment"),
    ("memory_id", "memory"),
    ("memory_store_id", "memory_store"),
    ("agent_id", "agent"),
    ("dream_id", "agent_dream"),
    ("runner_pool_id", "runner_pool"),
    ("runner_id", "runner"),
    ("cowork_session_id", "session"),
    ("session_id", "session"),
    ("share_id", "session_share"),
    ("integration_id", "integration"),
    ("ghe_configuration_id", "ghe_configuration"),
    ("gitlab_configuration_id", "gitlab_configuration"),
    ("trusted_device_id", "trusted_device"),
    ("invite_id", "invite"),
    ("spend_limit_id", "spend_limit"),
    ("config_id", "config"),
    ("submission_id", "submission"),
    ("connection_id", "sso_connection"),
    ("claude_chat_id", "chat"),
    ("claude_project_id", "project"),
    ("user_id", "user"),
    ("workspace_id", "workspace"),
    ("resource_id", "resource"),
    ("service_name", "service"),
    ("domain", "domain"),
]
FAILURE = re.compile(
    r".*(_failed|_denied|_rejected|_blocked|_signature_invalid|_truncated)|inference_hooks_request_failed_open"
)
# Weakened only when this field has this value; otherwise an ordinary change of settings.
WEAK_ONLY_WHEN = {
    "org_sso_toggled": ["enabled", False],
    "org_magic_link_second_factor_toggled": ["enabled", False],
}
# `resource_id` with `resource_type` tells the kind at run time.
BY_RESOURCE = {"role_assignment_granted", "role_assignment_revoked", "pending_share_created", "pending_share_revoked"}


def split_top(text: str, mark: str) -> list[str]:
    """Split outside of braces and angle brackets."""
    parts, depth, piece = [], 0, ""
    for sign in text:
        depth += sign in "{<"
        depth -= sign in "}>"
        if sign == mark and depth == 0:
            parts.append(piece)
            piece = ""
        else:
            piece += sign
    return [part for part in [*parts, piece] if part.strip()]


def paths_of(name: str, kind: str) -> tuple[list[str], list[str]]:
    """Dotted field paths of one field, and those under which any name is allowed."""
    kind = kind.strip()
    if kind.endswith("|null"):
        kind = kind[:-5]
    if kind.startswith("list<") and kind.endswith(">"):
        return paths_of(name, kind[5:-1])
    fields, open_paths = [name], []
    if kind.startswith("map<"):
        open_paths.append(name)
    if re.fullmatch(r"union\d+\{.*\}", kind):
        for inner in re.findall(r"\w+", kind.partition("{")[2]):
            fields.append(f"{name}.{inner}")
            if inner.endswith("_value"):
                open_paths.append(f"{name}.{inner}")
    elif kind.startswith("object{") and kind.endswith("}"):
        for part in split_top(kind[7:-1], ","):
            inner_name, _, inner_kind = part.partition(":")
            more, more_open = paths_of(f"{name}.{inner_name.strip().rstrip('?')}", inner_kind)
            fields += more
            open_paths += more_open
    elif kind.startswith("union"):
        for inner in re.findall(r"[{,](\w+)\??[=:]", kind):
            fields.append(f"{name}.{inner}")
    return fields, open_paths


def family_of(name: str, group: str) -> str:
    """Our family of an activity type."""
    for pattern, family in FAMILY_BY_TYPE:
        if re.fullmatch(pattern, name):
            return family
    return FAMILY_BY_GROUP.get(group, "other")


def entry_of(row: dict[str, str]) -> dict[str, object]:
    """The catalogue's entry of one row of the table."""
    fields: list[str] = []
    open_paths: list[str] = []
    for part in split_top(row["fields"], ";"):
        name, _, kind = part.partition(":")
        more, more_open = paths_of(name.strip().rstrip("?").lower(), kind)
        fields += more
        open_paths += more_open
    entry: dict[str, object] = {
        "family": family_of(row["type"], row["group"]),
        "tag": row["soc_tag"],
        "group": row["group"],
    }
    if fields:
        entry["fields"] = sorted(set(fields))
    if open_paths:
        entry["open"] = sorted(set(open_paths))
    if row["type"] in BY_RESOURCE:
        entry["target"] = ["resource", "resource_id"]
    else:
        target = next(((kind, name) for name, kind in TARGETS if name in fields), None)
        if target:
            entry["target"] = list(target)
    if FAILURE.fullmatch(row["type"]):
        entry["outcome"] = "failure"
    if row["type"] in WEAK_ONLY_WHEN:
        entry["weak_when"] = WEAK_ONLY_WHEN[row["type"]]
    if row["fields_complete"] != "yes":
        entry["partial"] = True
    return entry


def main(table: str) -> None:
    """Write the catalogue, one type a line."""
    with Path(table).open(encoding="utf-8", newline="") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: row["type"])
    lines = [f"{json.dumps(row['type'])}: {json.dumps(entry_of(row), sort_keys=True)}" for row in rows]
    OUT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    sys.stdout.write(f"{len(rows)} activity types written to {OUT.relative_to(HERE)}\n")


if __name__ == "__main__":
    main(sys.argv[1])
