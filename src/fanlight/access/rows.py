"""Grants as they are stored, printed in the contract of `fanlight export grants` (design section 10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fanlight.access.graph import AccessGraph
from fanlight.model import Grant, account_key, format_time

__all__ = ["grant_rows"]


def grant_rows(grants: Iterable[Grant], graph: AccessGraph) -> Iterator[dict[str, Any]]:
    """One line per stored grant. `identity` is None for what a group, role or organization holds, and where the
    vendor no longer names an account; nothing is spread over people (that is `fanlight access reach`)."""
    for grant in sorted(grants, key=lambda g: (g.resource_kind, g.resource_id, g.via, g.principal_id or "")):
        identity, name = _holder(grant, graph)
        yield {
            "identity": identity,
            "resource": {
                "kind": grant.resource_kind,
                "id": grant.resource_id,
                "name": graph.label(grant.resource_kind, grant.resource_id),
            },
            "level": grant.level,
            "via": [
                {
                    "kind": grant.via,
                    "id": grant.principal_id,
                    "name": name,
                    "level": grant.level,
                    "since": format_time(grant.valid_from),
                    "exact": grant.exact_from,
                }
            ],
            "source": grant.source,
        }


def _holder(grant: Grant, graph: AccessGraph) -> tuple[str | None, str]:
    if grant.principal_id is None:
        return None, ""
    if grant.principal_kind == "user":
        key = account_key(grant.product, grant.principal_id)
        return graph.identity_of_account(key), graph.label("account", key)
    if grant.principal_kind in ("group", "idp_group"):
        return None, graph.label("group", account_key(grant.product, grant.principal_id))
    if grant.principal_kind == "organization_role":
        organization, _, role = grant.principal_id.partition("/")
        return None, f"{role.replace('_', ' ')} in {graph.label('organization', organization) or organization}"
    return None, graph.label(grant.principal_kind, grant.principal_id)
