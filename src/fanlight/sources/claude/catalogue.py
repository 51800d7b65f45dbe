"""What is known of every documented activity type, as data (`activities.json`, made by `tools/`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import orjson

__all__ = ["COMMON_FIELDS", "ActivityType", "load"]

#: Fields that every activity can carry, dotted and lower case.
COMMON_FIELDS = frozenset(
    {
        "id", "created_at", "organization_id", "organization_uuid", "type", "actor", "actor.type", "actor.user_id",
        "actor.email_address", "actor.ip_address", "actor.user_agent", "actor.api_key_id", "actor.admin_api_key_id",
        "actor.unauthenticated_email_address", "actor.service", "actor.service_account_id", "actor.workos_event_id",
        "actor.directory_id", "actor.idp_connection_type", "actor.issuer", "actor.subject", "actor.audience",
        "actor.provider", "actor.provider.type", "actor.provider.account_id", "actor.provider.signed_principal",
        "actor.provider.subscription_id", "actor.provider.project_number", "actor.provider.issuer",
        "actor.external_client_id", "actor.kid_hash",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityType:
    """One documented activity type.

    `fields` are dotted lower-case paths without the common ones; under the paths in `open_fields` any name is allowed;
    `partial` means that the documentation did not show all fields. `tag` is our note of the security meaning.
    """

    name: str
    family: str
    tag: str
    group: str
    fields: frozenset[str]
    open_fields: frozenset[str] = frozenset()
    target_kind: str | None = None
    target_field: str | None = None
    fails: bool = False
    partial: bool = False
    weak_field: str | None = None
    weak_value: bool | None = None

    def knows(self, path: str) -> bool:
        """Whether an event of this type can carry the dotted lower-case field `path`."""
        if path in self.fields or path in COMMON_FIELDS:
            return True
        return any(path.startswith(opened + ".") for opened in self.open_fields)


@cache
def load() -> Mapping[str, ActivityType]:
    """All documented types by name."""
    data = orjson.loads(resources.files(__package__).joinpath("activities.json").read_bytes())
    return {name: _read(name, entry) for name, entry in data.items()}


def _read(name: str, entry: Mapping[str, object]) -> ActivityType:
    fields, opened = entry.get("fields", ()), entry.get("open", ())
    target, weak = entry.get("target"), entry.get("weak_when")
    assert isinstance(fields, (list, tuple)) and isinstance(opened, (list, tuple))
    return ActivityType(
        name=name,
        family=str(entry["family"]),
        tag=str(entry["tag"]),
        group=str(entry["group"]),
        fields=frozenset(map(str, fields)),
        open_fields=frozenset(map(str, opened)),
        target_kind=str(target[0]) if isinstance(target, list) else None,
        target_field=str(target[1]) if isinstance(target, list) else None,
        fails=entry.get("outcome") == "failure",
        partial=bool(entry.get("partial")),
        weak_field=str(weak[0]) if isinstance(weak, list) else None,
        weak_value=bool(weak[1]) if isinstance(weak, list) else None,
    )
