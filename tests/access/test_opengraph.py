"""The access graph in the open form: no edge without its ends, no colon in an id, nothing of anybody's content."""

from __future__ import annotations

import re
from typing import Any

import orjson

from fanlight.access.opengraph import opengraph_payload
from fanlight.model import Grant, Link, ObjectVersion


def thing(kind: str, object_id: str, product: str = "claude", **more: Any) -> ObjectVersion:
    return ObjectVersion(tenant="default", source=product, product=product, kind=kind, object_id=object_id, **more)


def grant(principal_kind: str, principal: str | None, kind: str, resource: str, level: str, via: Any) -> Grant:
    return Grant(
        tenant="default", source="claude", product="claude", grant_id=f"{principal}>{resource}",
        principal_kind=principal_kind, principal_id=principal, resource_kind=kind, resource_id=resource, level=level,
        via=via, valid_from=0,
    )  # fmt: skip


PAYLOAD = opengraph_payload(
    [
        thing("user", "user_01A", attributes='{"email": "ana@example.com"}'),
        thing("idp_user", "00u1", "okta", attributes="{}"),
        thing("project", "claude_proj_01A", name="Budget", owner_account="claude:user_01A"),
        thing("chat", "claude_chat_01A"),
    ],
    [
        grant("user", "user_01A", "project", "claude_proj_01A", "owner", "creator"),
        grant("group", "rbac_group_01A", "project", "claude_proj_01A", "viewer", "group"),
        grant("user", "user_01A", "group", "rbac_group_01A", "member", "user"),
        grant("nobody", None, "project", "claude_proj_01A", "owner", "creator"),
        grant("user", "user_01A", "chat", "claude_chat_01A", "viewer", "user"),
    ],
    [
        Link(tenant="default", account_key="claude:user_01A", identity_id="i1", method="email", confidence=1.0,
             reason="same address", valid_from=0),
        Link(tenant="default", account_key="okta:00u1", identity_id="i1", method="email", confidence=1.0,
             reason="same address", valid_from=0),
    ],
)  # fmt: skip
NODES = {node["id"]: node for node in PAYLOAD["graph"]["nodes"]}
EDGES = {(edge["start"]["value"], edge["kind"], edge["end"]["value"]) for edge in PAYLOAD["graph"]["edges"]}


class TestThePayload:
    def test_every_end_of_an_edge_is_a_node(self) -> None:
        assert {end for start, _, stop in EDGES for end in (start, stop)} <= set(NODES)

    def test_names_and_kinds_have_the_form_that_tools_take(self) -> None:
        assert not [name for name in NODES if ":" in name]
        kinds = {kind for node in NODES.values() for kind in node["kinds"]} | {kind for _, kind, _ in EDGES}
        assert not [kind for kind in kinds if not re.fullmatch(r"[A-Za-z0-9_]+", kind)]
        flat = [value for node in NODES.values() for value in node["properties"].values()]
        assert all(isinstance(value, str | bool | int | float) for value in flat)

    def test_a_person_leads_to_a_project_through_the_group_that_holds_the_grant(self) -> None:
        assert ("i1", "Claude_HasAccount", "claude-user-user_01A") in EDGES
        assert ("claude-user-user_01A", "Claude_MemberOf", "claude-group-rbac_group_01A") in EDGES
        assert ("claude-group-rbac_group_01A", "Claude_HasRole", "claude-project-claude_proj_01A") in EDGES

    def test_other_vendors_accounts_keep_their_native_ids_and_kinds(self) -> None:
        assert NODES["00u1"]["kinds"] == ["Okta_User"]
        assert ("i1", "Claude_HasAccount", "00u1") in EDGES

    def test_a_grant_of_nobody_and_a_chat_make_no_edge(self) -> None:
        assert "chat" not in orjson.dumps(PAYLOAD).decode()
        assert not [edge for edge in EDGES if "None" in edge[0]]
