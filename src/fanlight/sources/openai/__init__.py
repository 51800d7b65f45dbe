"""OpenAI organizations: audit log, users, projects, and buckets of usage and cost, out of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fanlight.model import Event
from fanlight.sources.contract import SourceContext
from fanlight.sources.native import Folded, LogPaths, NativeLog, first_of

KIND = "openai"

_FAMILIES = (
    ("login.failed", "sign_in_failed"),
    ("login.", "sign_in"),
    ("logout.", "sign_out"),
    ("api_key.created", "key_created"),
    ("api_key.", "key_changed"),
    ("checkpoint.permission.created", "sharing"),
    ("ip_allowlist.deleted", "security_weakened"),
    ("ip_allowlist.config.deactivated", "security_weakened"),
    ("scim.disabled", "security_weakened"),
    ("role.assignment.created", "privilege_grant"),
    ("role.assignment.deleted", "privilege_revoke"),
    ("role.", "role_change"),
    ("user.", "account_change"),
    ("service_account.", "account_change"),
    ("invite.", "membership"),
    ("group.", "membership"),
    ("project.", "project_change"),
    ("resource.deleted", "content_change"),
    ("organization.project", "other"),
    ("organization.user", "other"),
    ("bucket", "billing"),
    ("organization.", "settings_change"),
    ("rate_limit.", "settings_change"),
    ("certificate", "settings_change"),
    ("ip_allowlist.", "settings_change"),
    ("scim.", "settings_change"),
)
_LISTED = ("organization.user", "organization.project")


def _family(kind: str, _: Folded) -> str:
    return next((family for start, family in _FAMILIES if kind.startswith(start)), "other")


def _amend(event: Event, record: Folded) -> Event:
    """What an entry is about stands under a field that is named as its type."""
    if event.type in _LISTED:  # an entry of a list tells what there is, not who did something
        return replace(
            event, target_kind=event.type.rpartition(".")[2], target_id=first_of(record, ("id",)), outcome="unknown",
            actor_id=None, actor_email=None, account_key=None,
        )  # fmt: skip
    if event.type != "bucket":
        event = replace(event, outcome="failure" if event.type.endswith(".failed") else "success")
    about = record.get(event.type) or record.get(event.type.replace(".", "_"))
    if not isinstance(about, Mapping):
        return event
    target = first_of(about, ("resource_id", "id", "configs.0.id", "principal_id", "email"))
    kind = first_of(about, ("resource_type",)) or event.type.rpartition(".")[0]
    return replace(event, target_kind=kind, target_id=target) if target else event


_LOG = NativeLog(
    product=KIND,
    package=__name__,
    paths=LogPaths(
        event_id=("id",),
        time=("effective_at", "start_time", "added_at", "created_at"),
        type=("type", "object"),
        actor_id=("actor.session.user.id", "actor.api_key.user.id", "actor.api_key.service_account.id",
                  "actor.api_key.id"),
        actor_email=("actor.session.user.email", "actor.api_key.user.email"),
        actor_kind=("actor.api_key.type", "actor.type"),
        ip=("actor.session.ip_address", "actor.api_key.ip_address"),
        user_agent=("actor.session.user_agent", "actor.api_key.user_agent"),
        organization=("organization_id", "results.0.organization_id"),
        target_id=("project.id", "results.0.project_id"),
    ),
    family_of=_family,
    amend=_amend,
)  # fmt: skip


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """The event of one record."""
    return _LOG.map_record(record, context)
