"""Facts: what was seen at the sources. Rows never change; a change is a new row.

Column meanings and the source of each field: design section 3 and `docs/architecture.md`.
`raw` and `attributes` are JSON text. In `raw`, field names are folded to lower case, and content-bearing
fields were replaced by sealed marks before the row was made.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from fanlight.model.times import Micros

__all__ = [
    "EVENT_PART",
    "FAMILIES",
    "Event",
    "Grant",
    "GrantVia",
    "Link",
    "Match",
    "ObjectVersion",
    "Outcome",
    "Reading",
    "ReadingOutcome",
    "Rollup",
    "account_key",
    "columns_of",
]

Outcome = Literal["success", "failure", "unknown"]
GrantVia = Literal["creator", "public", "user", "group", "organization", "organization_role"]
ReadingOutcome = Literal["read", "partly_read", "could_not_read", "gone"]

#: Our families of events (native type -> family is data of each source).
FAMILIES = (
    "sign_in", "sign_in_failed", "sign_out", "mfa", "session", "account_change", "membership", "role_change",
    "privilege_grant", "privilege_revoke", "key_created", "key_changed", "sharing", "content_view", "content_change",
    "content_denied", "content_export", "project_change", "project_view", "settings_change", "security_weakened",
    "integration", "agent", "admin_read", "monitoring", "app_access", "api_use", "web_traffic", "code_access",
    "audit", "billing", "other",
)  # fmt: skip


#: What the `part_id` of a match begins with that was found in a field of an event, instead of in the object itself.
EVENT_PART = "event:"


def account_key(product: str, native_id: str) -> str:
    """One login at one vendor, for example `claude:user_01…` or `okta:00u…`."""
    return f"{product}:{native_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, as a flat row with the vendor's JSON beside it."""

    tenant: str
    source: str
    """Name of the connected source instance, or the kind for imported files."""
    product: str
    """Kind of source: claude, okta, google_workspace, github_audit, entra_id, zscaler_zia, aws_cloudtrail, …"""
    event_id: str
    """The source's own id; unique inside (tenant, product)."""
    type: str
    """The source's own name of what happened."""
    family: str
    occurred_at: Micros
    observed_at: Micros | None = None
    ingested_at: Micros = 0
    outcome: Outcome = "success"
    actor_kind: str | None = None
    actor_id: str | None = None
    actor_email: str | None = None
    account_key: str | None = None
    organization_id: str | None = None
    workspace_id: str | None = None
    project_id: str | None = None
    chat_id: str | None = None
    file_id: str | None = None
    target_kind: str | None = None
    target_id: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    device_id: str | None = None
    late: bool = False
    """First seen by a sweep, behind the cursor."""
    raw: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectVersion:
    """What a source said about one object from `valid_from` on, until a newer version says otherwise."""

    tenant: str
    source: str
    product: str
    kind: str
    """organization, user, role, group, project, chat, file, generated_file, artifact, document, code_artifact,
    local_session, remote_session, api_key, admin_api_key, compliance_key, workspace, settings, mcp_server,
    idp_user, idp_group, idp_app_assignment, …"""
    object_id: str
    name: str | None = None
    """Only for people, groups, roles, organizations, projects and keys; names of chats and files are content."""
    organization_id: str | None = None
    parent_kind: str | None = None
    parent_id: str | None = None
    owner_account: str | None = None
    """`account_key` of creator or owner; None when the vendor no longer names one."""
    created_at: Micros | None = None
    updated_at: Micros | None = None
    deleted_at: Micros | None = None
    """When the vendor says it was deleted (the record may still be listed)."""
    valid_from: Micros = 0
    seen_at: Micros = 0
    removed: bool = False
    """No longer listed by the source."""
    attributes: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Who holds what on which object. Stored on the principal that holds it, never expanded."""

    tenant: str
    source: str
    product: str
    grant_id: str
    """Deterministic: principal, resource, level, via."""
    principal_kind: str
    """user, group, organization, organization_role, identity; `nobody` where the vendor names no account."""
    principal_id: str | None
    """Native id; an organization role is `<organization uuid>/<role>`."""
    resource_kind: str
    """project, organization, organization_role, group, role, workspace, app, chat, artifact, …"""
    resource_id: str
    level: str
    """owner, admin, editor, viewer for projects; the role for an organization; `member` for a group."""
    via: GrantVia
    valid_from: Micros
    exact_from: bool = True
    """False where only the poll interval is known."""
    seen_at: Micros = 0
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An account belongs to an identity, for a stated reason, in a stated time."""

    tenant: str
    account_key: str
    identity_id: str
    method: str
    confidence: float
    reason: str
    valid_from: Micros
    valid_to: Micros | None = None
    seen_at: Micros = 0
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One kind of sensitive data found in one part of one object. Never holds the text itself."""

    tenant: str
    source: str
    object_kind: str
    """chat, file, document, project, session, artifact, code_artifact, event."""
    object_id: str
    part_id: str
    """Message, file or field in which it was found."""
    part_kind: str
    """message, tool_input, tool_result, file, name, document, instructions, description, field."""
    role: str | None
    """user, assistant; who entered it."""
    at: Micros | None
    """When the part was written."""
    category: str
    type: str
    count: int
    confidence: float
    band: Literal["low", "medium", "high"]
    recognizer: str
    recognizer_version: int
    evidence: str
    """A mask that cannot be turned back, or our own keyword."""
    keyword: str | None = None
    flags: str = ""
    """Comma-separated names of validators that passed."""
    fingerprint: str | None = None
    chat_id: str | None = None
    project_id: str | None = None
    owner_account: str | None = None
    organization_id: str | None = None
    read_at: Micros = 0
    ruleset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """That an object was read at a time, how far, and by which labeller."""

    tenant: str
    source: str
    object_kind: str
    object_id: str
    outcome: ReadingOutcome
    reason: str = ""
    """Plain words when something was not read; empty otherwise."""
    parts: int = 0
    messages: int = 0
    characters: int = 0
    content_from: Micros | None = None
    content_to: Micros | None = None
    """Times of the oldest and newest message read in this reading."""
    full: bool = True
    """True when it replaces all earlier matches of the object, False when it adds newer messages."""
    read_at: Micros = 0
    ruleset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """Counts of one UTC day: mergeable by adding `n`, minimum of `first_at`, maximum of `last_at`."""

    tenant: str
    scope: str
    """account, project, organization, workspace, api_key."""
    entity: str
    dimension: str
    """ip, client, device, hour (0–167, UTC hour of week from Monday), type, project, family, organization."""
    value: str
    day: str
    n: int
    first_at: Micros
    last_at: Micros


def columns_of(row_type: type) -> tuple[str, ...]:
    """Names of a fact's fields in order: the columns of its table."""
    return tuple(field.name for field in fields(row_type))
