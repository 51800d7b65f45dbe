"""Users, groups with members, administrators' roles: one scope each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fanlight.model import Micros, ObjectVersion
from fanlight.sources.contract import Snapshot
from fanlight.sources.google_workspace.api import GoogleApi
from fanlight.sources.http import HttpRefusal, Parameters
from fanlight.sources.logs import Record
from fanlight.sources.pulled import DirectoryFacts, moment, text

__all__ = ["GoogleDirectory"]

_BASE = "/admin/directory/v1"
_CUSTOMER: tuple[str, str | int] = ("customer", "my_customer")
_KINDS = {"USER": "user", "GROUP": "idp_group"}


class GoogleDirectory:
    """Full lists of one customer, diffed by the collector against the last ones."""

    def __init__(self, api: GoogleApi, facts: DirectoryFacts) -> None:
        self._api = api
        self._facts = facts

    def users(self, now: Micros) -> Snapshot:
        """Everybody, suspended or not; those deleted in the last 20 days with the time of it."""
        full: list[tuple[str, str | int]] = [_CUSTOMER, ("maxResults", 500), ("projection", "full")]
        objects = {
            record["id"]: self.user(record, now)
            for params in (full, [*full, ("showDeleted", "true")])
            for record in self._api.all_items(f"{_BASE}/users", "users", params)
        }
        return Snapshot(scope="users", objects=list(objects.values()))

    def user(self, record: Record, now: Micros) -> ObjectVersion:
        """Kind `idp_user`. Private recovery addresses and telephone numbers are left out."""
        named = record.get("name")
        name: Mapping[str, Any] = named if isinstance(named, Mapping) else {}
        work = _first(record.get("organizations"))
        off = record.get("suspended") is True or record.get("archived") is True
        status = "SUSPENDED" if record.get("suspended") is True else "ARCHIVED" if off else "ACTIVE"
        kept = {
            "primaryEmail": text(record.get("primaryEmail")),
            "aliases": sorted(
                {
                    alias
                    for field in ("aliases", "nonEditableAliases")
                    for alias in record.get(field) or ()
                    if text(alias)
                }
            ),
            "firstName": text(name.get("givenName")),
            "lastName": text(name.get("familyName")),
            "employeeNumber": _external_id(record.get("externalIds")),
            "department": text(work.get("department")),
            "title": text(work.get("title")),
            "costCenter": text(work.get("costCenter")),
            "orgUnitPath": text(record.get("orgUnitPath")),
            "status": status,
            "suspensionReason": text(record.get("suspensionReason")),
            "lastLogin": text(record.get("lastLoginTime")),
            **{
                flag: record.get(flag) for flag in ("isAdmin", "isDelegatedAdmin", "isEnrolledIn2Sv", "isEnforcedIn2Sv")
            },
        }
        return self._facts.object(
            "idp_user", str(record["id"]), now, name=text(name.get("fullName")), attributes=kept,
            created_at=moment(record.get("creationTime")), deleted_at=moment(record.get("deletionTime")),
        )  # fmt: skip

    def groups(self, now: Micros) -> Snapshot:
        """Groups with their members, those of nested groups too."""
        objects, grants = [], {}
        for record in self._api.all_items(f"{_BASE}/groups", "groups", [_CUSTOMER, ("maxResults", 200)]):
            group = str(record["id"])
            kept = {"email": text(record.get("email")), "adminCreated": record.get("adminCreated")}
            objects.append(self._facts.object("idp_group", group, now, name=text(record.get("name")), attributes=kept))
            for member in self._members(group):
                kind = _KINDS.get(str(member.get("type")), str(member.get("type") or "user").lower())
                level = str(member.get("role") or "MEMBER").lower()
                held = self._facts.grant((kind, str(member["id"])), ("idp_group", group), level, now)
                grants[held.grant_id] = held
        return Snapshot(scope="groups", objects=objects, grants=list(grants.values()))

    def roles(self, now: Micros) -> Snapshot:
        """Administrators' roles and who holds them."""
        below = f"{_BASE}/customer/my_customer"
        objects = [
            self._facts.object(
                "role", str(record["roleId"]), now, name=text(record.get("roleName")),
                attributes={"isSuperAdminRole": record.get("isSuperAdminRole")},
            )
            for record in self._api.all_items(f"{below}/roles", "items", [("maxResults", 100)], key="roleId")
        ]  # fmt: skip
        indirect: Parameters = [("maxResults", 200), ("includeIndirectRoleAssignments", "true")]
        grants = [
            self._facts.grant(
                ("idp_group" if record.get("assigneeType") == "GROUP" else "user", str(record.get("assignedTo") or "")),
                ("role", str(record.get("roleId") or "")), "member", now,
            )
            for record in self._api.all_items(f"{below}/roleassignments", "items", indirect, key="roleAssignmentId")
        ]  # fmt: skip
        return Snapshot(scope="roles", objects=objects, grants=grants)

    def _members(self, group: str) -> Sequence[Record]:
        """The group may have gone meanwhile."""
        params: Parameters = [("maxResults", 200), ("includeDerivedMembership", "true")]
        try:
            return list(self._api.all_items(f"{_BASE}/groups/{group}/members", "members", params))
        except HttpRefusal as refusal:
            if refusal.status == 404:
                return []
            raise


def _first(values: object) -> Mapping[str, Any]:
    items = [item for item in values if isinstance(item, Mapping)] if isinstance(values, list) else []
    return next((item for item in items if item.get("primary") is True), items[0] if items else {})


def _external_id(values: object) -> str | None:
    """The personnel number: the external id of the kind that organizations give."""
    for item in values if isinstance(values, list) else ():
        if isinstance(item, Mapping) and item.get("type") == "organization":
            return text(item.get("value"))
    return None
