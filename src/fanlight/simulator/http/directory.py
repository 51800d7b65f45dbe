"""Organizations, users, roles, groups and effective settings."""

from __future__ import annotations

from collections.abc import Sequence

from fanlight.simulator.http.context import ORG_DATA, PAGED, USER_DATA, Context, Endpoint, json_answer
from fanlight.simulator.http.paging import page_answer
from fanlight.simulator.http.parameters import Parameters
from fanlight.simulator.http.problems import Problem, not_found
from fanlight.simulator.http.wire import Answer
from fanlight.simulator.world import Row

__all__ = ["ENDPOINTS"]


def _no_organization(context: Context) -> Problem:
    return not_found(
        f'The "{context.ids[0]}" organization does not exist or the requester is not authorized to access it.'
    )


def _organizations(context: Context) -> Answer:
    rows = [row for row in context.world.organizations() if context.may_see(row.id)]
    return page_answer(context, rows, "organizations")


def _users(context: Context) -> Answer:
    rows = context.world.users(context.ids[0]) if context.may_see(context.ids[0]) else None
    if rows is None:
        raise _no_organization(context)
    return page_answer(context, rows, f"users/{context.ids[0]}")


def _found_roles(context: Context) -> Sequence[Row]:
    rows = context.world.roles(context.ids[0]) if context.may_see(context.ids[0]) else None
    if rows is None:
        raise _no_organization(context)
    return rows


def _roles(context: Context) -> Answer:
    return page_answer(context, _found_roles(context), f"roles/{context.ids[0]}")


def _role(context: Context) -> Answer:
    for row in _found_roles(context):
        if row.id == context.ids[1]:
            return json_answer(row.body)
    raise not_found("Role not found.")


def _permissions(context: Context) -> Answer:
    _found_roles(context)
    rows = context.world.role_permissions(context.ids[0], context.ids[1])
    if rows is None:
        raise not_found("Role not found.")
    return page_answer(context, rows, f"permissions/{context.ids[0]}/{context.ids[1]}")


def _settings(context: Context) -> Answer:
    found = context.world.settings(context.ids[0]) if context.may_see(context.ids[0]) else None
    if found is None:
        raise _no_organization(context)
    return json_answer(found)


def _groups(context: Context) -> Answer:
    prefix = (context.query.one("name_prefix") or "").casefold()
    rows = [row for row in context.world.groups() if str(row.body["name"]).casefold().startswith(prefix)]
    return page_answer(context, rows, "groups")


def _group(context: Context) -> Answer:
    row = context.indexes.groups().get(context.ids[0])
    if row is None:
        raise not_found("Group not found.")
    return json_answer(row.body)


def _members(context: Context) -> Answer:
    rows = context.world.group_members(context.ids[0])
    if rows is None:
        raise not_found("Group not found.")
    return page_answer(context, rows, f"members/{context.ids[0]}")


_NONE = Parameters()
_LIST = Parameters(limit=(500, 1000), singles=frozenset({"page"}))

ENDPOINTS = (
    Endpoint(
        "organizations",
        "/organizations",
        ORG_DATA,
        Parameters(limit=(1000, 1000), singles=frozenset({"page"})),
        _organizations,
        stages=PAGED,
    ),
    Endpoint("users", "/organizations/{id}/users", USER_DATA, _LIST, _users, stages=PAGED),
    Endpoint("roles", "/organizations/{id}/roles", ORG_DATA, _LIST, _roles, stages=PAGED),
    Endpoint("role", "/organizations/{id}/roles/{id}", ORG_DATA, _NONE, _role),
    Endpoint(
        "role permissions", "/organizations/{id}/roles/{id}/permissions", ORG_DATA, _LIST, _permissions, stages=PAGED
    ),
    Endpoint("settings", "/organizations/{id}/settings", ORG_DATA, _NONE, _settings),
    Endpoint(
        "groups",
        "/groups",
        ORG_DATA,
        Parameters(limit=(500, 1000), singles=frozenset({"page", "name_prefix"})),
        _groups,
        stages=PAGED,
    ),
    Endpoint("group", "/groups/{id}", ORG_DATA, _NONE, _group),
    Endpoint("group members", "/groups/{id}/members", USER_DATA, _LIST, _members, stages=PAGED),
)
