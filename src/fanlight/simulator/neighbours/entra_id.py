"""Microsoft Graph for the company: sign-ins, directory audits, users, groups with members, assignments, roles.

The people are those of the company's identity provider, which this directory mirrors: the same addresses and personnel
numbers, its own ids. Guests are the partner's contractors, with the name that Graph makes up for guests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode

import orjson

from fanlight.model import DAY, MINUTE, Micros, parse_time
from fanlight.simulator.fleet import machine_of
from fanlight.simulator.http.wire import Answer, Request
from fanlight.simulator.identifiers import stable_bytes, stable_uuid
from fanlight.simulator.neighbours.site import (
    Call,
    Entry,
    NeighbourSite,
    Refused,
    lateness,
    listed,
    people_of,
    staff_now,
    whole,
)
from fanlight.simulator.okta import spot_of
from fanlight.simulator.records import Person
from fanlight.simulator.wire import wire_time
from fanlight.simulator.world import LogRow, Wire, World

__all__ = ["KIND", "Site", "app_sign_in"]

KIND = "entra_id"
_RETENTION = 30 * DAY
_BOUND = re.compile(r"(createdDateTime|activityDateTime) (ge|gt|lt|le) (\S+)")
_AUDITS = {
    "user.lifecycle.create": ("Add user", "UserManagement", "Add"),
    "user.lifecycle.deactivate": ("Disable account", "UserManagement", "Update"),
    "user.lifecycle.delete.initiated": ("Delete user", "UserManagement", "Delete"),
    "user.account.update_profile": ("Update user", "UserManagement", "Update"),
    "group.user_membership.add": ("Add member to group", "GroupManagement", "Assign"),
    "group.user_membership.remove": ("Remove member from group", "GroupManagement", "Unassign"),
    "application.user_membership.add": ("Add app role assignment grant to user", "UserManagement", "Assign"),
    "application.user_membership.remove": ("Remove app role assignment from user", "UserManagement", "Unassign"),
}
_SIGN_INS = ("user.authentication.sso", "user.session.start")


def object_id(world: World, index: int) -> str:
    """The directory's id of a person."""
    return stable_uuid("entra", world.seed, index)


def group_id(world: World, okta_id: str) -> str:
    """The directory's id of a group."""
    return stable_uuid("entra group", world.seed, okta_id)


def principal_name(person: Person) -> str:
    """The sign-in name; a guest's is made of his address."""
    login = person.okta_login or person.email
    return login if person.kind == "employee" else f"{login.replace('@', '_')}#EXT#@example.com"


def app_sign_in(
    site: NeighbourSite, request: Request, *, tenant: str, client: str, secret: str, scope: str = ""
) -> Answer | None:
    """The answer of the tenant's token address for an app with a client secret; None for every other address."""
    if request.path != f"/{tenant}/oauth2/v2.0/token":
        return None
    if request.method != "POST":
        raise Refused(405, "method")
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    wanted = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    if any(form.get(name) != value for name, value in wanted.items()):
        return Answer(401, b'{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret."}')
    asked = form.get("scope", "")
    if not asked.endswith("/.default") or (scope and asked != scope):
        return Answer(400, b'{"error":"invalid_scope"}')
    return whole({"token_type": "Bearer", "expires_in": 3599, "access_token": site.issue(3599)})


class Site(NeighbourSite):
    """Answers `/v1.0/…`, `/beta/…` and the tenant's token address."""

    kind = KIND
    streams = {"sign_ins": "signIns", "other_sign_ins": "otherSignIns", "directory_audits": "audits"}  # noqa: RUF012
    kept = _RETENTION

    def __init__(self, world: World, **rest: Any) -> None:
        super().__init__(world, **rest)
        self.tenant_id = stable_uuid("entra tenant", world.seed)
        self._client_id = stable_uuid("entra client", world.seed)
        self._secret = "x~" + stable_bytes("entra secret", world.seed, size=18).hex()
        self.app_id = stable_uuid("entra claude", world.seed)
        graph = r"/(?:v1\.0|beta)"
        self.routes = (
            (re.compile(r"/v1\.0/auditLogs/signIns"), "sign-ins", partial(self._logged, name="signIns")),
            (re.compile(r"/beta/auditLogs/signIns"), "other sign-ins", partial(self._logged, name="otherSignIns")),
            (re.compile(graph + "/auditLogs/directoryAudits"), "audits", partial(self._logged, name="audits")),
            (re.compile(graph + "/users"), "users", lambda call, _: self._list(call, self._users())),
            (re.compile(graph + "/groups"), "groups", lambda call, _: self._list(call, self._groups())),
            (re.compile(graph + "/groups/([^/]+)/members"), "members", self._members),
            (re.compile(graph + "/servicePrincipals"), "applications", self._applications),
            (re.compile(graph + "/servicePrincipals/([^/]+)/appRoleAssignedTo"), "assignments", self._assigned),
            (re.compile(graph + "/roleManagement/directory/roleAssignments"), "roles", self._roles),
            (re.compile(graph + "/roleManagement/directory/roleDefinitions"), "role names", self._role_names),
        )

    def settings(self, base: str) -> Mapping[str, str]:
        """One app registration with a client secret."""
        return {
            "url": base,
            "login_url": base,
            "directory": self.tenant_id,
            "client": self._client_id,
            "key": self._secret,
        }

    def sign_in(self, request: Request) -> Answer | None:
        """Client credentials against the tenant's v2 address."""
        return app_sign_in(self, request, tenant=self.tenant_id, client=self._client_id, secret=self._secret)

    def authenticate(self, request: Request) -> str:
        """The token of the app."""
        return self.bearer(request)

    def error_body(self, status: int, code: str) -> bytes:
        """`error.code` as Graph words it."""
        words = {401: "InvalidAuthenticationToken", 403: "Authorization_RequestDenied", 404: "Request_ResourceNotFound",
                 429: "TooManyRequests", 410: "syncStateNotFound"}  # fmt: skip
        return orjson.dumps({"error": {"code": words.get(status, "BadRequest"), "message": f"made up: {code}"}})

    # ------------------------------------------------------------------------------------------------------- logs

    def _logged(self, call: Call, _: tuple[str, ...], *, name: str) -> Answer:
        call.only("$filter", "$top", "$skiptoken", "$orderby")
        limit = call.limit("$top", 999, 999)
        since, until = _bounds(call.query.get("$filter", ""))
        if name == "otherSignIns" and "signInEventTypes/any" not in call.query.get("$filter", ""):
            name = "signIns"
        rows = self.window(name, since, until, _RETENTION)[::-1]
        return self._paged(call, rows, limit)

    def _paged(self, call: Call, rows: Sequence[Entry], limit: int) -> Answer:
        start = 0
        if (token := call.query.get("$skiptoken")) is not None:
            place = self.cursors.open(call.path, token)
            if place is None or self.dead(call):
                raise Refused(400, "skiptoken")
            # Rows that appear meanwhile stand in front of a list that is newest first: count from its end.
            start = max(0, len(rows) - int(place[0] or 0))
        bodies, following = self.page(call, rows, limit, start)
        answer: Wire = {"@odata.context": f"{call.base}/$metadata", "value": bodies}
        if following is not None:
            token = self.cursors.seal(call.path, len(rows) - following)
            query = {**call.query, "$skiptoken": token}
            answer["@odata.nextLink"] = f"{call.base}{call.path}?{urlencode(query)}"
        return whole(answer)

    def entries(self, name: str) -> list[Entry]:
        """Sign-ins and audits, from what the company's people did."""
        found = []
        for row in self.world.okta_log():
            if row.event_type in _SIGN_INS and name in ("signIns", "otherSignIns"):
                silent = name == "otherSignIns"
                if silent and stable_bytes("silent", row.uuid, size=1)[0] % 4:
                    continue
                at = row.published // 1_000_000 * 1_000_000 + (25 * MINUTE if silent else 0)
                identifier = stable_uuid("entra sign-in", silent, row.uuid)
                body = partial(self._sign_in_body, row, identifier, at, silent=silent)
            elif row.event_type in _AUDITS and name == "audits":
                at, identifier = row.published, stable_uuid("entra audit", row.uuid)
                body = partial(self._audit_body, row, identifier)
            else:
                continue
            found.append(Entry(identifier, at, at + lateness(identifier), body))
        return found

    def _sign_in_body(self, row: LogRow, identifier: str, at: Micros, *, silent: bool) -> Wire:
        person = people_of(self.world)[row.subject[0]]
        ip, agent = row.subject[1], row.subject[2]
        claude = row.event_type.endswith(".sso")
        spot = spot_of(ip) if ip else None
        machine = machine_of(self.world.stage, person, self.world.now)
        managed = {"managed": True, "own": False, "unsaid": None}[machine.standing]
        told = (row.subject[4] if len(row.subject) > 4 else {}).get("device")
        if told is not None:  # a story says which machine it was
            managed = told["managed"] is True
        body: Wire = {
            "id": identifier,
            "createdDateTime": wire_time(at),
            "userId": object_id(self.world, person.index),
            "userPrincipalName": principal_name(person).lower(),
            "userDisplayName": person.name,
            "appId": self.app_id if claude else "00000002-0000-0ff1-ce00-000000000000",
            "appDisplayName": "Claude" if claude else "Office 365 Exchange Online",
            "resourceDisplayName": "Claude" if claude else "Office 365 Exchange Online",
            "clientAppUsed": "Browser",
            "userAgent": agent,
            "ipAddress": ip,
            "isInteractive": not silent,
            "correlationId": stable_uuid("entra correlation", row.uuid),
            "conditionalAccessStatus": "success",
            "status": {"errorCode": 0, "failureReason": "Other.", "additionalDetails": None},
            "location": {
                "city": spot.city if spot else "",
                "state": "",
                "countryOrRegion": spot.code if spot else None,
                "geoCoordinates": {"latitude": spot.latitude, "longitude": spot.longitude} if spot else {},
            },
            "deviceDetail": {
                "deviceId": machine.directory_id,
                "displayName": told["name"] if told else machine.name,
                "operatingSystem": "Windows" if agent and "Windows" in agent else "MacOs",
                "isCompliant": managed,
                "isManaged": managed,
                "trustType": "Azure AD registered" if managed is False else "Azure AD joined",
            },
            "riskLevelDuringSignIn": "none",
            "riskLevelAggregated": "none",
            "riskState": "none",
            "riskDetail": "none",
        }
        return {**body, "signInEventTypes": ["nonInteractiveUser"]} if silent else body

    def _audit_body(self, row: LogRow, identifier: str) -> Wire:
        person = people_of(self.world)[row.subject[0]]
        name, category, operation = _AUDITS[row.event_type]
        target: Wire = {
            "id": object_id(self.world, person.index),
            "type": "User",
            "displayName": person.name,
            "userPrincipalName": principal_name(person),
            "modifiedProperties": [],
        }
        if row.event_type.startswith("group."):
            given, label = row.subject[3]
            values = (("Group.ObjectID", group_id(self.world, given)), ("Group.DisplayName", label))
            target["modifiedProperties"] = [
                {"displayName": field, "oldValue": None, "newValue": orjson.dumps(value).decode()}
                for field, value in values
            ]
        return {
            "id": identifier,
            "activityDateTime": wire_time(row.published),
            "activityDisplayName": name,
            "category": category,
            "operationType": operation,
            "result": "success",
            "resultReason": "",
            "loggedByService": "Core Directory",
            "correlationId": stable_uuid("entra audit correlation", row.uuid),
            "initiatedBy": {
                "user": None,
                "app": {
                    "appId": None,
                    "displayName": "Provisioning",
                    "servicePrincipalId": stable_uuid("entra provisioning", self.world.seed),
                    "servicePrincipalName": None,
                },
            },
            "targetResources": [target],
            "additionalDetails": [],
        }

    # -------------------------------------------------------------------------------------------------- directory

    def _list(self, call: Call, rows: Sequence[Wire]) -> Answer:
        call.only("$select", "$top", "$skiptoken", "$filter", "$expand", "$count")
        limit = call.limit("$top", 100, 999)
        chosen = call.query.get("$select")
        if chosen:
            kept = {"id", "@odata.type", *chosen.split(",")}
            rows = [{name: value for name, value in row.items() if name in kept} for row in rows]
        return self._paged(call, listed(rows), limit)

    def _users(self) -> list[Wire]:
        return [self._user(person, status) for person, status in staff_now(self.world)]

    def _user(self, person: Person, status: str) -> Wire:
        login = person.okta_login or person.email
        guest = person.kind != "employee"
        moved = person.moved_at is not None and person.moved_at > self.world.now
        aliases = [f"SMTP:{login}"] + ([f"smtp:{person.email}"] if person.email.lower() != login.lower() else [])
        return {
            "id": object_id(self.world, person.index),
            "userPrincipalName": principal_name(person),
            "displayName": person.name,
            "givenName": person.first,
            "surname": person.last,
            "mail": login,
            "otherMails": [login] if guest else [],
            "proxyAddresses": [] if guest else aliases,
            "employeeId": None if guest else person.employee_number,
            "department": person.moved_from if moved else person.department,
            "jobTitle": f"{person.department} specialist",
            "accountEnabled": status == "ACTIVE",
            "userType": "Guest" if guest else "Member",
            "usageLocation": person.country.code,
            "createdDateTime": wire_time(person.okta_status[0][0] // 1_000_000 * 1_000_000),
            "onPremisesImmutableId": None,
            "aboutMe": "a field that nobody asked for",
        }

    def _groups(self) -> list[Wire]:
        return [
            {
                "id": group_id(self.world, group.okta_id),
                "displayName": group.name,
                "description": group.description,
                "securityEnabled": True,
                "mailEnabled": False,
                "groupTypes": [],
                "createdDateTime": wire_time(group.created_at),
            }
            for group in self.world.stage.company.groups
            if group.okta_id
        ]

    def _members(self, call: Call, ids: tuple[str, ...]) -> Answer:
        for group in self.world.stage.company.groups:
            if group.okta_id and group_id(self.world, group.okta_id) == ids[0]:
                known = {person.index: status for person, status in staff_now(self.world)}
                now = self.world.now
                rows = [
                    {"@odata.type": "#microsoft.graph.user", "id": object_id(self.world, member.person)}
                    for member in group.members
                    if member.since <= now and (member.until is None or now < member.until) and member.person in known
                ]
                return self._list(call, rows)
        raise Refused(404, "group")

    def _applications(self, call: Call, _: tuple[str, ...]) -> Answer:
        rows: list[Wire] = [
            {
                "id": stable_uuid("entra sp", self.world.seed),
                "appId": self.app_id,
                "displayName": "Claude",
                "accountEnabled": True,
                "createdDateTime": wire_time(self.world.start - 500 * DAY),
            }
        ]
        wanted = re.fullmatch(r"startswith\(displayName,'(.*)'\)", call.query.get("$filter", ""))
        return self._list(call, [row for row in rows if wanted is None or row["displayName"].startswith(wanted[1])])

    def _assigned(self, call: Call, ids: tuple[str, ...]) -> Answer:
        if ids[0] != stable_uuid("entra sp", self.world.seed):
            raise Refused(404, "application")
        rows = [
            {
                "id": stable_uuid("entra assignment", self.world.seed, person.index),
                "principalId": object_id(self.world, person.index),
                "principalType": "User",
                "principalDisplayName": person.name,
                "resourceId": ids[0],
                "resourceDisplayName": "Claude",
                "appRoleId": "00000000-0000-0000-0000-000000000000",
                "createdDateTime": wire_time(person.okta_status[0][0]),
            }
            for person, status in staff_now(self.world)
            if status == "ACTIVE"
        ]
        return self._list(call, rows)

    def _roles(self, call: Call, _: tuple[str, ...]) -> Answer:
        rows = [
            {
                "id": stable_uuid("entra role", person.index),
                "principalId": object_id(self.world, person.index),
                "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10",
                "directoryScopeId": "/",
                "principal": {"@odata.type": "#microsoft.graph.user", "displayName": person.name},
            }
            for person, status in staff_now(self.world)[:2]
            if status == "ACTIVE"
        ]
        return self._list(call, rows)

    def _role_names(self, call: Call, _: tuple[str, ...]) -> Answer:
        return self._list(call, [{"id": "62e90394-69f5-4237-9190-012177145e10", "displayName": "Global Administrator"}])


def _bounds(text: str) -> tuple[Micros | None, Micros | None]:
    since = until = None
    for _, operator, value in _BOUND.findall(text):
        try:
            moment = parse_time(value.rstrip(")"))
        except ValueError:
            raise Refused(400, "filter") from None
        if operator in ("ge", "gt"):
            since = moment
        else:
            until = moment
    return since, until
