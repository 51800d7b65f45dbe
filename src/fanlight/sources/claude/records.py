"""Records of the Compliance and Admin APIs as objects and grants of the model. Pure.

Of an object only named metadata is kept; of any field that is not named here the path, type and length remain, so
that a field added by the vendor is noticed and cannot carry content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import orjson

from fanlight.model import Grant, GrantVia, Micros, ObjectVersion, Sealed, account_key
from fanlight.sources.claude.api import when
from fanlight.sources.options import grant_key

__all__ = ["RecordMapper"]

Record = Mapping[str, Any]

# Per kind: fields kept as attributes, and fields that are read elsewhere or are content.
_KEPT: dict[str, frozenset[str]] = {
    "user": frozenset({"email"}),
    "role": frozenset({"permissions"}),
    "group": frozenset({"source_type", "roles"}),
    "project": frozenset({"is_private"}),
    "chat": frozenset({"href", "model"}),
    "file": frozenset({"mime_type", "size_bytes"}),
    "generated_file": frozenset({"mime_type", "size_bytes"}),
    "artifact": frozenset({"artifact_type", "version_id", "size_bytes"}),
    "document": frozenset({"mime_type", "size_bytes"}),
    "code_artifact": frozenset({"read_mode", "published_version_id", "artifact_type"}),
    "local_session": frozenset({"product_surface", "workspace_id"}),
    "remote_session": frozenset({"product_surface", "status", "agent_id"}),
    "compliance_key": frozenset({"scopes", "is_active", "created_by_id", "expires_at"}),
    "api_key": frozenset(
        {"status", "expires_at", "partial_key_hint", "workspace_id", "principal", "scope", "created_by"}
    ),
    "workspace": frozenset({"archived_at", "data_residency", "external_key_id"}),
}
_READ_ELSEWHERE = frozenset(
    {
        "id", "uuid", "name", "full_name", "type", "created_at", "updated_at", "deleted_at", "organization_id",
        "organization_uuid", "organization_role", "project_id", "claude_project_id", "user", "owner_user_id", "user_id",
        "description", "instructions", "filename", "title", "md5", "versions", "started_by_user", "role", "added_at",
        "attachments_count", "chats_count", "claude_chat_id", "claude_chat_ids", "message_ids", "content",
        "display_color",
        "compartment_id", "tags",
    }
)  # fmt: skip


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


class RecordMapper:
    """Makes rows of one source of one tenant."""

    def __init__(self, *, tenant: str, source: str, content_key: bytes) -> None:
        self.tenant = tenant
        self.source = source
        self._key = content_key

    def version(
        self,
        kind: str,
        record: Record,
        *,
        seen_at: Micros,
        object_id: str | None = None,
        name: object = None,
        organization: str | None = None,
        parent: tuple[str, str] | None = None,
        owner: str | None = None,
        extra: Mapping[str, Any] | None = None,
        created_at: Micros | None = None,
    ) -> ObjectVersion:
        """One object as listed at `seen_at`. `owner` is a native user id; a `name` that is not text is none.

        Raises `KeyError` for a record without id when none is given.
        """
        created = created_at if created_at is not None else when(record.get("created_at"))
        updated = when(record.get("updated_at"))
        return ObjectVersion(
            tenant=self.tenant,
            source=self.source,
            product="claude",
            kind=kind,
            object_id=object_id or str(record["id"]),
            name=name[:256] if isinstance(name, str) and name else None,
            organization_id=organization or _text(record.get("organization_uuid")),
            parent_kind=parent[0] if parent else None,
            parent_id=parent[1] if parent else None,
            owner_account=account_key("claude", owner) if owner else None,
            created_at=created,
            updated_at=updated,
            deleted_at=when(record.get("deleted_at")),
            valid_from=updated or created or seen_at,
            seen_at=seen_at,
            attributes=self.attributes(kind, record, extra),
        )

    def attributes(self, kind: str, record: Record, extra: Mapping[str, Any] | None = None) -> str:
        """JSON of the known metadata; of unknown fields only what they are like."""
        kept_names = _KEPT.get(kind, frozenset())
        kept: dict[str, Any] = {}
        unknown: dict[str, Any] = {}
        for name, value in record.items():
            if name in kept_names:
                if value is not None:
                    kept[name] = self._storable(value)
            elif name not in _READ_ELSEWHERE and value is not None:
                unknown[name[:64]] = _shape_of(value)
        if md5 := _text(record.get("md5")):
            # Equal files stay recognisable; a plain hash of a small file could be searched.
            kept["fingerprint"] = Sealed(md5).keyed_hash(self._key)
        kept.update(extra or {})
        if unknown:
            kept["unknown"] = unknown
        return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()

    def _storable(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) > 256:
            return Sealed(value).mark(self._key)
        return value

    def grant(
        self,
        *,
        principal: tuple[str, str | None],
        resource: tuple[str, str],
        level: str,
        via: GrantVia,
        seen_at: Micros,
        valid_from: Micros | None = None,
    ) -> Grant:
        """A grant; without a stated start its start is when we first saw it."""
        told_apart = str(valid_from) if principal[0] == "nobody" else ""
        return Grant(
            tenant=self.tenant,
            source=self.source,
            product="claude",
            grant_id=grant_key(principal[0], principal[1], *resource, level, via, told_apart),
            principal_kind=principal[0],
            principal_id=principal[1],
            resource_kind=resource[0],
            resource_id=resource[1],
            level=level,
            via=via,
            valid_from=seen_at if valid_from is None else valid_from,
            exact_from=valid_from is not None,
            seen_at=seen_at,
        )

    # Named objects

    def project(self, record: Record, seen_at: Micros) -> ObjectVersion:
        """A project of the list or the detail; both give the same row."""
        return self.version(
            "project", record, seen_at=seen_at, name=_text(record.get("name")), owner=_user_id(record.get("user"))
        )

    def chat(self, record: Record, seen_at: Micros) -> ObjectVersion:
        """A chat without its name, which is content."""
        project = _text(record.get("project_id"))
        return self.version(
            "chat",
            record,
            seen_at=seen_at,
            owner=_user_id(record.get("user")),
            parent=("project", project) if project else None,
        )

    def project_grants(self, project: Record, collaborators: list[dict[str, Any]], seen_at: Micros) -> list[Grant]:
        """Everything that opens a project: creator, public to the organization, and the four kinds of collaborator."""
        resource = ("project", str(project["id"]))
        organization = _text(project.get("organization_uuid"))
        created = when(project.get("created_at"))
        creator = _user_id(project.get("user"))
        grants = [
            self.grant(
                principal=("user", creator) if creator else ("nobody", None),
                resource=resource,
                level="owner",
                via="creator",
                seen_at=seen_at,
                valid_from=created,
            )
        ]
        if project.get("is_private") is False and organization:
            grants.append(
                self.grant(
                    principal=("organization", organization),
                    resource=resource,
                    level="viewer",
                    via="public",
                    seen_at=seen_at,
                )
            )
        for item in collaborators:
            principal, via = _collaborator(item, organization)
            grants.append(
                self.grant(
                    principal=principal,
                    resource=resource,
                    level=_text(item.get("role")) or "unknown",
                    via=via,
                    seen_at=seen_at,
                    valid_from=when(item.get("granted_at")),
                )
            )
        return list({grant.grant_id: grant for grant in grants}.values())


def _collaborator(item: Record, organization: str | None) -> tuple[tuple[str, str | None], GrantVia]:
    kind = item.get("type")
    if kind == "group":
        return ("group", _text(item.get("group_id"))), "group"
    if kind == "organization":
        return ("organization", _text(item.get("organization_uuid")) or organization), "organization"
    if kind == "organization_role":
        return ("organization_role", f"{organization}/{_text(item.get('organization_role'))}"), "organization_role"
    user = _text(item.get("user_id"))
    return (("user", user) if user else ("nobody", None)), "user"


def _user_id(user: object) -> str | None:
    return _text(user.get("id")) if isinstance(user, Mapping) else None


def _shape_of(value: Any) -> dict[str, Any]:
    kind: Literal["text", "list", "map", "number", "flag"]
    if isinstance(value, str):
        kind, length = "text", len(value)
    elif isinstance(value, list):
        kind, length = "list", len(value)
    elif isinstance(value, Mapping):
        kind, length = "map", len(value)
    elif isinstance(value, bool):
        kind, length = "flag", 1
    else:
        kind, length = "number", 1
    return {"type": kind, "length": length}
