"""The access graph in the open JSON form that graph tools import: nodes with kinds, edges with kinds, flat properties.

Grants stay where they are held (`Claude_Group` HAS_ROLE `Claude_Project`), never spread over people: a tool that walks
the graph finds the paths itself. Accounts and groups of other vendors keep their native ids and the kinds under which
those vendors' own collectors export them, so that both graphs join. Chats and files are left out: their names are
content, and an organization has millions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import orjson

from fanlight.model import Grant, Link, ObjectVersion, format_time

__all__ = ["SOURCE_KIND", "opengraph_payload"]

SOURCE_KIND = "Claude"
_LEAVES = frozenset(
    {
        "chat",
        "file",
        "generated_file",
        "artifact",
        "document",
        "code_artifact",
        "local_session",
        "remote_session",
        "tool_use",
    }
)
_KINDS = {
    ("okta", "idp_user"): "Okta_User",
    ("okta", "idp_group"): "Okta_Group",
    ("entra_id", "idp_user"): "AZUser",
    ("entra_id", "idp_group"): "AZGroup",
    ("github", "idp_user"): "GH_User",
}
_EDGES = {"member": "Claude_MemberOf", "assigned": "Claude_AssignedTo"}
_WORDS = re.compile(r"[^A-Za-z0-9]+")

Json = dict[str, Any]


def opengraph_payload(objects: Iterable[ObjectVersion], grants: Iterable[Grant], links: Iterable[Link]) -> Json:
    """One payload: people, accounts, groups, roles, projects, organizations, keys, and who holds what.

    Both ends of every edge are nodes; an end that no listing named is a node without properties.
    """
    nodes: dict[str, Json] = {}
    edges: dict[tuple[str, str, str], Json] = {}
    for thing in objects:
        if thing.kind not in _LEAVES and thing.kind not in ("settings", "user_activity"):
            node = _node(thing)
            nodes[node["id"]] = node
            if thing.owner_account:
                _join(edges, "Claude_Owns", _account(thing.owner_account), node["id"], {})
    for link in links:
        nodes.setdefault(link.identity_id, {"id": link.identity_id, "kinds": ["Claude_Identity"], "properties": {}})
        properties = {"method": link.method, "confidence": link.confidence}
        _join(edges, "Claude_HasAccount", link.identity_id, _account(link.account_key), properties)
    for grant in grants:
        if grant.principal_id is None or grant.resource_kind in _LEAVES:
            continue
        start = _holder(grant)
        end = _id(grant.product, grant.resource_kind, grant.resource_id)
        properties = {"level": grant.level, "via": grant.via, "since": format_time(grant.valid_from)}
        _join(edges, _EDGES.get(grant.level, "Claude_HasRole"), start, end, properties)
    for edge in edges.values():
        for side in ("start", "end"):
            name = edge[side]["value"]
            nodes.setdefault(name, {"id": name, "kinds": [_kind_of(name)], "properties": {}})
    return {
        "metadata": {"source_kind": SOURCE_KIND},
        "graph": {
            "nodes": sorted(nodes.values(), key=lambda node: str(node["id"])),
            "edges": sorted(
                edges.values(), key=lambda edge: (edge["kind"], edge["start"]["value"], edge["end"]["value"])
            ),
        },
    }


def _node(thing: ObjectVersion) -> Json:
    attributes = orjson.loads(thing.attributes)
    properties: Json = {"source": thing.source, "native_id": thing.object_id, "removed": thing.removed}
    if thing.name:
        properties["name"] = thing.name
    for name in ("email", "status", "role", "is_private"):
        value = attributes.get(name)
        if isinstance(value, str | bool | int):
            properties[name] = value
    if thing.organization_id:
        properties["organization"] = thing.organization_id
    if thing.created_at is not None:
        properties["created_at"] = format_time(thing.created_at)
    return {
        "id": _id(thing.product, thing.kind, thing.object_id),
        "kinds": [_kind(thing.product, thing.kind)],
        "properties": properties,
    }


def _join(edges: dict[tuple[str, str, str], Json], kind: str, start: str, end: str, properties: Json) -> None:
    edges[kind, start, end] = {
        "kind": kind,
        "start": {"value": start, "match_by": "id"},
        "end": {"value": end, "match_by": "id"},
        "properties": properties,
    }


def _holder(grant: Grant) -> str:
    kind = "idp_user" if grant.principal_kind == "user" and grant.product != "claude" else grant.principal_kind
    return _id(grant.product, kind, grant.principal_id or "")


def _account(key: str) -> str:
    product, _, native = key.partition(":")
    return _id(product, "user" if product == "claude" else "idp_user", native)


def _id(product: str, kind: str, native: str) -> str:
    """Unique over products and kinds, without a colon, which the form forbids. Other vendors' native ids stay."""
    if (product, kind) in _KINDS:
        return native
    return f"{product}-{kind}-{native}".replace(":", "-")


def _kind(product: str, kind: str) -> str:
    known = _KINDS.get((product, kind))
    if known is not None:
        return known
    words = "".join(part.capitalize() for part in _WORDS.split(kind) if part)
    owner = SOURCE_KIND if product == "claude" else "".join(part.capitalize() for part in _WORDS.split(product))
    return f"{owner}_{words}"


def _kind_of(name: str) -> str:
    product, _, rest = name.partition("-")
    kind, _, native = rest.partition("-")
    return _kind(product, kind) if native else f"{SOURCE_KIND}_Unknown"
