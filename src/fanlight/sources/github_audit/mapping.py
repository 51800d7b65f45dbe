"""Audit log entries, streamed or listed, and webhook payloads as events. Pure."""

from __future__ import annotations

from dataclasses import replace

from fanlight.model import Event, account_key
from fanlight.sources.native import Folded, LogPaths, NativeLog, first_of

__all__ = ["KIND", "LOG"]

KIND = "github_audit"

_FAMILIES = (
    ("git.", "code_access"),
    ("repo.download", "content_export"),
    ("repo.add_member", "membership"),
    ("repo.remove_member", "membership"),
    ("repo.access", "sharing"),
    ("repo.", "project_change"),
    ("org.add_member", "membership"),
    ("org.remove_member", "membership"),
    ("org.update_member", "role_change"),
    ("org.invite_member", "membership"),
    ("org.saml", "security_weakened"),
    ("org.disable", "security_weakened"),
    ("org.sso_response", "sign_in"),
    ("org.", "settings_change"),
    ("team.", "membership"),
    ("personal_access_token", "key_changed"),
    ("org_credential_authorization", "key_changed"),
    ("public_key", "key_created"),
    ("oauth", "integration"),
    ("integration", "integration"),
    ("hook.", "integration"),
    ("protected_branch", "security_weakened"),
    ("repository_ruleset", "settings_change"),
    ("secret_scanning", "monitoring"),
    ("copilot", "agent"),
)


def _family(kind: str, _: Folded) -> str:
    return next((family for start, family in _FAMILIES if kind.startswith(start)), "other")


def _amend(event: Event, record: Folded) -> Event:
    """What an entry is about; webhook payloads have no audit action and are told by what they carry."""
    kinds = (("repo", "repository"), ("repository", "repository"), ("team", "team"), ("user", "user"))
    kind = next((kind for name, kind in kinds if record.get(name)), None)
    event = replace(event, target_kind=kind if event.target_id else None)
    if event.type not in ("unknown", "completed", "requested", "opened", "created", "edited"):
        return event
    for payload in ("workflow_job", "workflow_run", "issue", "pull_request", "check_run", "release"):
        if payload in record:
            action = record.get("action")
            named = replace(event, type=f"{payload}.{action}" if isinstance(action, str) else payload)
            author = first_of(record, (f"{payload}.user.login", f"{payload}.author.login"))
            if event.actor_id or action != "opened" or author is None:
                return named
            # Without sender: who opened it is who wrote it; of later actions the author is not the actor.
            return replace(named, actor_id=author, account_key=account_key(KIND, author))
    return replace(event, type="push") if "commits" in record else event


LOG = NativeLog(
    product=KIND,
    package=__package__,
    paths=LogPaths(
        event_id=("_document_id",),
        time=(
            "@timestamp", "at_sign_timestamp", "created_at", "workflow_run.updated_at", "workflow_job.completed_at",
            "workflow_job.started_at", "workflow_run.created_at", "issue.updated_at", "issue.created_at",
            "pull_request.updated_at", "head_commit.timestamp", "commits.0.timestamp", "repository.updated_at",
        ),
        type=("action",),
        actor_id=("actor_id", "actor", "sender.login", "pusher.name", "workflow_run.actor.login",
            "workflow_run.triggering_actor.login", "workflow_job.actor.login", "user",
        ),
        actor_email=("external_identity_nameid", "external_identity_username", "pusher.email", "actor_email"),
        actor_kind=("programmatic_access_type", "actor_type"),
        ip=("actor_ip",),
        user_agent=("user_agent",),
        organization=("org_id", "org", "organization.login", "repository.owner.login", "business_id", "business"),
        target_id=("repo", "repository.full_name", "team", "user", "name"),
        outcome=("operation_result", "workflow_job.conclusion", "workflow_run.conclusion"),
    ),
    family_of=_family,
    amend=_amend,
)  # fmt: skip
