"""Users, groups with members, who is assigned to Claude, directory roles: one scope each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fanlight.model import Grant, Micros, ObjectVersion
from fanlight.sources.contract import Notice, Snapshot
from fanlight.sources.entra_id.api import GraphApi
from fanlight.sources.http import HttpRefusal
from fanlight.sources.logs import Record
from fanlight.sources.pulled import DirectoryFacts, kept_fields, moment, text

__all__ = ["EntraDirectory"]

_USER = (
    "userPrincipalName", "mail", "displayName", "givenName", "surname", "employeeId", "department", "jobTitle",
    "companyName", "city", "country", "usageLocation", "userType", "accountEnabled", "onPremisesImmutableId",
    "creationType",
)  # fmt: skip
_LISTS = ("proxyAddresses", "otherMails")
_SELECT = ",".join(("id", *_USER, *_LISTS, "createdDateTime"))
_PRINCIPALS = {"#microsoft.graph.group": "idp_group", "Group": "idp_group"}
_PAGE = ("$top", 999)


class EntraDirectory:
    """Full lists of one tenant, diffed by the collector against the last ones."""

    def __init__(self, api: GraphApi, facts: DirectoryFacts, *, app: str) -> None:
        self._api = api
        self._facts = facts
        self._app = app

    def users(self, now: Micros) -> Snapshot:
        """Everybody, switched off or not; only the fields that identities need are asked for."""
        records = self._api.all_items("/v1.0/users", [("$select", _SELECT), _PAGE])
        return Snapshot(scope="users", objects=[self.user(record, now) for record in records])

    def user(self, record: Record, now: Micros) -> ObjectVersion:
        """Kind `idp_user`; a guest's own address is rebuilt from the name that Entra made of it."""
        fields = kept_fields({name: record.get(name) for name in _USER if name in record}, _USER)
        enabled = fields.pop("accountEnabled", None)
        aliases = [alias for name in _LISTS for alias in record.get(name) or () if text(alias)]
        guest = guest_address(fields.get("userPrincipalName") or "")
        status = None if enabled is None else "ACTIVE" if enabled else "DEACTIVATED"
        # "Guest" and "Member" say where somebody comes from, not whether a machine is behind the account.
        return self._facts.object(
            "idp_user",
            record["id"],
            now,
            name=fields.get("displayName"),
            created_at=moment(record.get("createdDateTime")),
            attributes={**fields, "aliases": sorted({*aliases, *([guest] if guest else [])}), "status": status},
        )

    def groups(self, now: Micros) -> Snapshot:
        """Groups with their direct members; nested groups are members themselves."""
        objects, grants = [], {}
        chosen = ("$select", "id,displayName,securityEnabled,mailEnabled,groupTypes,createdDateTime")
        for record in self._api.all_items("/v1.0/groups", [chosen, _PAGE]):
            group = record["id"]
            kept = {name: record.get(name) for name in ("securityEnabled", "mailEnabled", "groupTypes")}
            objects.append(
                self._facts.object(
                    "idp_group", group, now, name=text(record.get("displayName")), attributes=kept,
                    created_at=moment(record.get("createdDateTime")),
                )
            )  # fmt: skip
            for member in self._below(f"/v1.0/groups/{group}/members", "id"):
                held = self._facts.grant(_principal(member, "@odata.type"), ("idp_group", group), "member", now)
                grants[held.grant_id] = held
        return Snapshot(scope="groups", objects=objects, grants=list(grants.values()))

    def apps(self, now: Micros) -> Snapshot:
        """Who may use the enterprise application of Claude."""
        objects: list[ObjectVersion] = []
        grants: list[Grant] = []
        named = ("$filter", f"startswith(displayName,'{self._app.replace(chr(39), chr(39) * 2)}')")
        for record in self._api.all_items("/v1.0/servicePrincipals", [named, _PAGE]):
            app = record["id"]
            kept = {"appId": text(record.get("appId")), "accountEnabled": record.get("accountEnabled")}
            objects.append(
                self._facts.object("idp_app", app, now, name=text(record.get("displayName")), attributes=kept)
            )
            for held in self._below(f"/v1.0/servicePrincipals/{app}/appRoleAssignedTo", None):
                kind, principal = _principal(held, "principalType", "principalId")
                since = moment(held.get("createdDateTime"))
                via: Any = "group" if kind == "idp_group" else "user"
                grants.append(self._facts.grant((kind, principal), ("idp_app", app), "user", now, via=via, since=since))
                if kind == "user":
                    objects.append(
                        self._facts.object(
                            "idp_app_assignment", f"{app}/{principal}", now, owner=principal, parent=("idp_app", app),
                            attributes={"user": principal, "app": app}, created_at=since,
                        )
                    )  # fmt: skip
        notices = []
        if not objects:
            sentence = f"No Entra ID application is named {self._app}; people are matched by their addresses only."
            notices.append(Notice(kind="coverage", sentence=sentence, at=now))
        return Snapshot(scope="apps", objects=objects, grants=grants, notices=notices)

    def roles(self, now: Micros) -> Snapshot:
        """Directory roles and who holds them."""
        path = "/v1.0/roleManagement/directory"
        objects = [
            self._facts.object("role", record["id"], now, name=text(record.get("displayName")))
            for record in self._api.all_items(f"{path}/roleDefinitions", [("$select", "id,displayName")])
        ]
        grants = []
        for record in self._api.all_items(f"{path}/roleAssignments", [("$expand", "principal")]):
            role = text(record.get("roleDefinitionId"))
            if role is not None and text(record.get("principalId")):
                typed = record.get("principal")
                kind = _principal(typed if isinstance(typed, Mapping) else {}, "@odata.type")[0]
                grants.append(self._facts.grant((kind, record["principalId"]), ("role", role), "member", now))
        return Snapshot(scope="roles", objects=objects, grants=grants)

    def _below(self, path: str, select: str | None) -> list[Record]:
        """A list that belongs to one item of another list; the item may have gone meanwhile."""
        try:
            return list(self._api.all_items(path, [*([("$select", select)] if select else []), _PAGE]))
        except HttpRefusal as refusal:
            if refusal.status == 404:
                return []
            raise


def _principal(record: Record, type_name: str, id_name: str = "id") -> tuple[str, str]:
    return _PRINCIPALS.get(str(record.get(type_name)), "user"), str(record.get(id_name) or "")


def guest_address(principal_name: str) -> str | None:
    """`name_partner.example.org#EXT#@tenant` is `name@partner.example.org`: the last underscore was the at sign."""
    found = re.fullmatch(r"(.+)_([^_]+\.[^_]+)#EXT#@.+", principal_name, re.IGNORECASE)
    return f"{found[1]}@{found[2]}" if found else None
