"""The shape of documented example answers, and what in a served answer does not fit it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Null = type(None)

#: Fields that the tables call "or null", with the type they have otherwise.
NULLABLE: dict[str, tuple[type, ...]] = {
    "accepted_at": (str,), "agent_id": (str,), "archived_at": (str,), "artifact_type": (str,), "artifacts": (list,),
    "claude_project_id": (str,), "created_by": (dict,), "created_by_id": (str,), "deleted_at": (str,),
    "email_address": (str,), "expires_at": (str,), "external_key_id": (str,), "files": (list,),
    "first_id": (str,), "generated_files": (list,), "granted_by": (str,), "id": (str,), "integration_name": (str,),
    "last_id": (str,), "mcp_server_url": (str,), "md5": (str,), "mime_type": (str,), "model": (str,),
    "next_page": (str,), "owner_user_id": (str,), "partial_key_hint": (str,), "principal": (dict,),
    "product_surface": (str,), "project_id": (str,), "provenance": (dict,), "published_version_id": (str,),
    "roles": (list,), "sent_by_user_id": (str,), "size_bytes": (int,), "started_by_user": (dict,), "title": (str,),
    "tool_use_id": (str,), "updated_at": (str,), "user": (dict,), "user_id": (str,), "workspace_id": (str,),
    "service_account_id": (str,), "filename": (str,),
}  # fmt: skip
#: Whose `created_at` may be null.
NULLABLE_CREATED = ("roles", "groups", "versions", "generated_files")
#: May be missing: deprecated, only in the newer documents, or of another variant (a key's principal).
OPTIONAL = frozenset(
    {
        "organization_id", "artifact_type", "updated_at", "reason", "duration", "timescale", "truncated",
        "thinking_redacted", "service_account_id",
    }
)  # fmt: skip
#: May be there although the example does not show it: documented in the field tables.
EXTRA = frozenset({"artifact_type", "reason", "service_account_id", "user_id", "type"})


@dataclass
class Shape:
    """What examples show at one place: kinds of values, keys of objects, shape of items (told apart by `type`)."""

    kinds: set[type] = field(default_factory=set)
    keys: dict[str, Shape] = field(default_factory=dict)
    always: set[str] | None = None
    items: dict[str, Shape] = field(default_factory=dict)

    def learn(self, value: Any) -> None:
        """Add one example."""
        self.kinds.add(type(value))
        if isinstance(value, dict):
            self.always = set(value) if self.always is None else self.always & set(value)
            for key, held in value.items():
                self.keys.setdefault(key, Shape()).learn(held)
        elif isinstance(value, list):
            for item in value:
                self.items.setdefault(_tag(item), Shape()).learn(item)


def _tag(item: Any) -> str:
    return str(item.get("type", "")) if isinstance(item, dict) else ""


def shape_of(*examples: Any) -> Shape:
    """The shape that all examples share."""
    shape = Shape()
    for example in examples:
        shape.learn(example)
    return shape


def misfits(value: Any, shape: Shape, path: str, name: str = "") -> Iterator[str]:
    """Sentences about everything in an answer that no example and no table allows."""
    allowed = shape.kinds | set(NULLABLE.get(name, ())) | ({Null} if name in NULLABLE else set())
    if name == "created_at" and any(part in path for part in NULLABLE_CREATED):
        allowed = allowed | {Null, str}
    if name == "value":
        return  # effective settings: the type of the value is told by its sibling
    if type(value) not in allowed:
        yield f"{path} is {type(value).__name__}, examples show {sorted(kind.__name__ for kind in allowed)}"
    elif isinstance(value, dict) and shape.keys:
        yield from _object_misfits(value, shape, path)
    elif isinstance(value, list) and shape.items:
        for index, item in enumerate(value):
            inner = shape.items.get(_tag(item)) or (next(iter(shape.items.values())) if "" in shape.items else None)
            if inner is None:
                yield f"{path}[{index}] is of a type {_tag(item)!r} that no example shows"
            else:
                yield from misfits(item, inner, f"{path}[{index}]")


def _object_misfits(value: dict[str, Any], shape: Shape, path: str) -> Iterator[str]:
    for key in (shape.always or set()) - set(value) - OPTIONAL:
        yield f"{path}.{key} is missing"
    for key, held in value.items():
        if key in shape.keys:
            yield from misfits(held, shape.keys[key], f"{path}.{key}", key)
        elif key not in EXTRA:
            yield f"{path}.{key} is in no example"
