"""Google Workspace for the company: activity reports by application, and the directory.

The offices of the company: everybody who works signs in here too. A day's work with Claude brings documents that were
opened before, and one authorised application now and then. Numbers are texts and one activity may carry several events,
as with the real one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import orjson

from fanlight.model import DAY, HOUR, MINUTE, Micros, parse_time
from fanlight.simulator.http.wire import Answer, Request
from fanlight.simulator.identifiers import stable_bytes
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
from fanlight.simulator.stage import Beside
from fanlight.simulator.wire import okta_time
from fanlight.simulator.world import Activity, LogRow, Wire, World

__all__ = ["KIND", "Site"]

KIND = "google_workspace"
_KEPT = 180 * DAY
_CUSTOMER = "C0example"
_SCOPES = "https://www.googleapis.com/auth/admin."
_ADMIN = {
    "user.lifecycle.create": ("CREATE_USER", "USER_SETTINGS"),
    "user.lifecycle.deactivate": ("SUSPEND_USER", "USER_SETTINGS"),
    "user.lifecycle.delete.initiated": ("DELETE_USER", "USER_SETTINGS"),
    "group.user_membership.add": ("ADD_GROUP_MEMBER", "GROUP_SETTINGS"),
    "group.user_membership.remove": ("REMOVE_GROUP_MEMBER", "GROUP_SETTINGS"),
}


def profile_id(world: World, index: int) -> str:
    """The number of a person, as a text."""
    return str(100_000_000_000_000_000_000 + world.seed * 1_000_000 + index)


def address_of(person: Person) -> str:
    """The address in the offices: that of the identity provider."""
    return person.okta_login or person.email


class Site(NeighbourSite):
    """Answers the Admin SDK for a service account with delegation."""

    kind = KIND
    streams = {name: name for name in ("login", "admin", "drive", "token", "saml")}  # noqa: RUF012
    kept = _KEPT

    def __init__(self, world: World, **rest: Any) -> None:
        super().__init__(world, **rest)
        self._pem, self._public = _key_pair(world.seed)
        self._account = "fanlight@simulated.example.com"
        directory = r"/admin/directory/v1"
        self.routes = (
            (
                re.compile(r"/admin/reports/v1/activity/users/all/applications/([a-z_]+)"),
                "activities",
                self._activities,
            ),
            (re.compile(f"{directory}/users"), "users", lambda call, _: self._list(call, "users", self._users(call))),
            (re.compile(f"{directory}/groups"), "groups", lambda call, _: self._list(call, "groups", self._groups())),
            (re.compile(f"{directory}/groups/([^/]+)/members"), "members", self._members),
            (re.compile(f"{directory}/customer/my_customer/roleassignments"), "role assignments", self._assignments),
            (re.compile(f"{directory}/customer/my_customer/roles"), "roles", self._roles),
        )

    def settings(self, base: str) -> Mapping[str, str]:
        """The service account's file and the administrator in whose name it reads."""
        account = {
            "type": "service_account",
            "client_email": self._account,
            "private_key_id": "k1",
            "private_key": self._pem,
            "token_uri": "https://oauth2.googleapis.com/token",
        }
        return {"url": base, "login_url": base, "admin": "it-admin@example.com", "key": orjson.dumps(account).decode()}

    def wrong_key(self) -> Mapping[str, str]:
        """The file of another account."""
        pem, _ = _key_pair(self.world.seed + 1)
        account = {"client_email": "nobody@example.org", "private_key": pem, "private_key_id": "k9"}
        return {"key": orjson.dumps({**account, "type": "service_account"}).decode()}

    def sign_in(self, request: Request) -> Answer | None:
        """A signed assertion for a token; the signature is checked."""
        if request.path != "/token":
            return None
        if request.method != "POST":
            raise Refused(405, "method")
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return Answer(400, b'{"error":"unsupported_grant_type"}')
        claims = self._claims(form.get("assertion", ""))
        if claims is None or claims.get("iss") != self._account:
            return Answer(400, b'{"error":"invalid_grant","error_description":"Invalid JWT Signature."}')
        if claims.get("sub") != "it-admin@example.com" or not str(claims.get("scope", "")).startswith(_SCOPES):
            return Answer(401, b'{"error":"unauthorized_client"}')
        return whole({"access_token": self.issue(3599), "expires_in": 3599, "token_type": "Bearer"})

    def _claims(self, assertion: str) -> dict[str, Any] | None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        head, _, signature = assertion.rpartition(".")
        try:
            raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
            self._public.verify(raw, head.encode(), padding.PKCS1v15(), hashes.SHA256())
            body = head.partition(".")[2]
            claims = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        except (InvalidSignature, ValueError):
            return None
        return claims if isinstance(claims, dict) else None

    def authenticate(self, request: Request) -> str:
        """The token of the service account."""
        return self.bearer(request)

    def error_body(self, status: int, code: str) -> bytes:
        """`error.errors[].reason` as Google words it."""
        reason = {401: "authError", 403: "forbidden", 404: "notFound", 429: "rateLimitExceeded"}.get(status, "invalid")
        error = {"code": status, "message": f"made up: {code}", "errors": [{"domain": "global", "reason": reason}]}
        return orjson.dumps({"error": error})

    def event_ids(self, entry: Entry) -> Sequence[str]:
        """One for each event of an activity."""
        body = entry.body()
        given = body["id"]
        stem = f"{given['applicationName']}:{given['time']}:{given['uniqueQualifier']}"
        return [f"{stem}:{number}" for number in range(len(body["events"]))]

    # ------------------------------------------------------------------------------------------------ activities

    def _activities(self, call: Call, ids: tuple[str, ...]) -> Answer:
        call.only("startTime", "endTime", "maxResults", "pageToken", "eventName", "filters")
        if ids[0] not in self.streams:
            return whole({"kind": "admin#reports#activities"})
        since, until = _moment(call.query.get("startTime")), _moment(call.query.get("endTime"))
        if since is not None and until is not None and since >= until:
            raise Refused(400, "startTime")
        rows = self.window(ids[0], since, None if until is None else until + 1, _KEPT)[::-1]
        return self._paged(call, "items", rows, call.limit("maxResults", 1000, 1000), "admin#reports#activities")

    def _paged(self, call: Call, field: str, rows: Sequence[Entry], limit: int, kind: str) -> Answer:
        start = 0
        if (token := call.query.get("pageToken")) is not None:
            place = self.cursors.open(call.path, token)
            if place is None or self.dead(call):
                raise Refused(400, "pageToken")
            start = max(0, len(rows) - int(place[0] or 0))
        bodies, following = self.page(call, rows, limit, start)
        answer: Wire = {"kind": kind, "etag": '"made-up"'}
        if bodies:
            answer[field] = bodies
        if following is not None:
            answer["nextPageToken"] = self.cursors.seal(call.path, len(rows) - following)
        return whole(answer)

    def entries(self, name: str) -> list[Entry]:
        """Rows of one application, from what the company's people did."""
        if name in ("drive", "token"):
            return self._from_work(name)
        found = []
        for row in self.world.okta_log():
            wanted = {"user.session.start": "login", "user.authentication.sso": "saml"}.get(row.event_type, "admin")
            if wanted == name and (name != "admin" or row.event_type in _ADMIN):
                identifier = f"{name}{row.uuid}"
                body = partial(self._directory_row, name, row)
                found.append(Entry(identifier, row.published, row.published + lateness(identifier), body))
        return found

    def _from_work(self, name: str) -> list[Entry]:
        found = []
        by_user = {person.user_id: person for person in people_of(self.world)}
        hours: set[tuple[str, int]] = set()
        for row in self.world.feed():
            person = by_user.get(str(row.actor.get("user_id")))
            key = (str(row.actor.get("user_id")), row.created_at // HOUR)
            if person is None or not person.okta_id or key in hours:
                continue
            hours.add(key)
            dice = stable_bytes(name, row.id, size=2)
            times = dice[1] % 3 * (dice[0] % 4 == 0) if name == "drive" else int(dice[0] % 64 == 0)
            for number in range(times):
                at = max(row.created_at - (1 + number * 3) * MINUTE, 0)
                identifier = f"{name}{row.id}{number}"
                body = partial(self._work_row, name, row, person, number, at)
                found.append(Entry(identifier, at, at + lateness(identifier), body))
        return found

    def _envelope(self, name: str, at: Micros, person: Person, ip: str | None, qualifier: str) -> Wire:
        spot = spot_of(ip) if ip else None
        number = int.from_bytes(stable_bytes("qualifier", qualifier, size=8), "big", signed=True)
        body: Wire = {
            "kind": "admin#reports#activity",
            "id": {
                "time": okta_time(at), "uniqueQualifier": str(number), "applicationName": name, "customerId": _CUSTOMER,
            },
            "etag": '"made-up"',
            "actor": {
                "email": address_of(person), "profileId": profile_id(self.world, person.index), "callerType": "USER",
            },
        }  # fmt: skip
        if ip:
            body["ipAddress"] = ip
        if spot:
            body["networkInfo"] = {"ipAsn": [spot.asn], "regionCode": spot.code}
        return body

    def _directory_row(self, name: str, row: LogRow) -> Wire:
        person = people_of(self.world)[row.subject[0]]
        if name == "admin":
            actor = people_of(self.world)[0]
            kind, group = _ADMIN[row.event_type]
            parameters = [{"name": "USER_EMAIL", "value": address_of(person)}]
            if group == "GROUP_SETTINGS":
                parameters.append({"name": "GROUP_EMAIL", "value": _group_address(row.subject[3][1])})
            return {
                **self._envelope(name, row.published, actor, "192.0.2.9", row.uuid),
                "events": [{"type": group, "name": kind, "parameters": parameters}],
            }
        body = self._envelope(name, row.published, person, row.subject[1], row.uuid)
        if name == "saml":
            parameters = [{"name": "application_name", "value": "Claude"}, {"name": "initiated_by", "value": "sp"}]
            return {**body, "events": [{"type": "login", "name": "login_success", "parameters": parameters}]}
        events: list[Wire] = [
            {"type": "login", "name": "login_success", "parameters": [
                {"name": "login_type", "value": "google_password"}, {"name": "is_suspicious", "boolValue": False}]}
        ]  # fmt: skip
        if stable_bytes("second factor", row.uuid, size=1)[0] % 3 == 0:
            parameter = {"name": "login_challenge_method", "multiValue": ["security_key"]}
            events.insert(0, {"type": "login", "name": "login_challenge", "parameters": [parameter]})
        return {**body, "events": events}

    def _work_row(self, name: str, row: Activity, person: Person, number: int, at: Micros) -> Wire:
        body = self._envelope(name, at, person, row.actor.get("ip_address"), f"{name}{row.id}{number}")
        if name == "token":
            parameters: list[Wire] = [
                {"name": "client_id", "value": "1234567890.apps.example.com"},
                {"name": "app_name", "value": "Meeting notes"},
                {"name": "scope", "multiValue": ["https://www.googleapis.com/auth/drive.readonly"]},
            ]
            return {**body, "events": [{"type": "auth", "name": "authorize", "parameters": parameters}]}
        dice = stable_bytes("document", row.id, number, size=3)
        parameters = [
            {"name": "doc_id", "value": stable_bytes("doc", dice[1], size=16).hex()},
            {"name": "doc_title", "value": f"canary title of document {dice[1]}"},
            {"name": "doc_type", "value": "spreadsheet"},
            {"name": "owner", "value": address_of(person)},
            {"name": "visibility", "value": "private"},
        ]
        kind = ("view", "view", "edit", "download")[dice[2] % 4]
        return {**body, "events": [{"type": "access", "name": kind, "parameters": parameters}]}

    def staged(self, row: Beside) -> Wire:
        """A document that somebody opened or took; `said` holds `did` and `document`."""
        title, document = f"canary title of {row.said['document']}", str(row.said["document"])
        parameters = [
            {"name": "doc_id", "value": stable_bytes("doc", document, size=16).hex()},
            {"name": "doc_title", "value": title},
            {"name": "doc_type", "value": "spreadsheet"},
            {"name": "owner", "value": address_of(row.person)},
            {"name": "visibility", "value": "private"},
        ]
        events = [{"type": "access", "name": row.said["did"], "parameters": parameters}]
        return {**self._envelope(row.log, row.at, row.person, row.ip, row.id), "events": events}

    # ------------------------------------------------------------------------------------------------- directory

    def _list(self, call: Call, field: str, rows: Sequence[Wire]) -> Answer:
        call.only("customer", "maxResults", "pageToken", "projection", "showDeleted", "includeDerivedMembership",
                  "includeIndirectRoleAssignments")  # fmt: skip
        return self._paged(call, field, listed(rows), call.limit("maxResults", 100, 500), f"admin#directory#{field}")

    def _users(self, call: Call) -> list[Wire]:
        if call.query.get("customer") != "my_customer":
            raise Refused(400, "customer")
        if call.query.get("showDeleted") == "true":
            return []
        return [self._user(person, status) for person, status in staff_now(self.world) if person.kind == "employee"]

    def _user(self, person: Person, status: str) -> Wire:
        own = address_of(person)
        aliases = [person.email] if person.email.lower() != own.lower() else []
        return {
            "kind": "admin#directory#user",
            "id": profile_id(self.world, person.index),
            "primaryEmail": own,
            "name": {"givenName": person.first, "familyName": person.last, "fullName": person.name},
            "aliases": aliases,
            "emails": [{"address": own, "primary": True}],
            "isAdmin": person.index == 0,
            "isDelegatedAdmin": False,
            "suspended": status != "ACTIVE",
            "archived": False,
            "isEnrolledIn2Sv": person.index % 9 != 0,
            "orgUnitPath": f"/{person.department}",
            "creationTime": okta_time(person.okta_status[0][0]),
            "lastLoginTime": okta_time(self.world.start),
            "externalIds": [{"value": person.employee_number, "type": "organization"}],
            "organizations": [{"department": person.department, "title": f"{person.department} specialist",
                               "primary": True}],
            "recoveryEmail": "private@example.net",
        }  # fmt: skip

    def _groups(self) -> list[Wire]:
        return [
            {
                "kind": "admin#directory#group",
                "id": f"g{stable_bytes('google group', group.okta_id, size=7).hex()}",
                "email": _group_address(group.name),
                "name": group.name,
                "description": group.description,
                "adminCreated": True,
            }
            for group in self.world.stage.company.groups
            if group.okta_id
        ]

    def _members(self, call: Call, ids: tuple[str, ...]) -> Answer:
        for group, body in zip((g for g in self.world.stage.company.groups if g.okta_id), self._groups(), strict=True):
            if ids[0] not in (body["id"], body["email"]):
                continue
            known = {person.index: person for person, _ in staff_now(self.world) if person.kind == "employee"}
            now = self.world.now
            rows = [
                {
                    "kind": "admin#directory#member",
                    "id": profile_id(self.world, m.person),
                    "email": address_of(known[m.person]),
                    "role": "MEMBER",
                    "type": "USER",
                    "status": "ACTIVE",
                }
                for m in group.members
                if m.since <= now and (m.until is None or now < m.until) and m.person in known
            ]
            return self._list(call, "members", rows)
        raise Refused(404, "group")

    def _roles(self, call: Call, _: tuple[str, ...]) -> Answer:
        row = {"kind": "admin#directory#role", "roleId": "3894208461012993", "roleName": "_SEED_ADMIN_ROLE",
               "isSuperAdminRole": True}  # fmt: skip
        return self._list(call, "items", [row])

    def _assignments(self, call: Call, _: tuple[str, ...]) -> Answer:
        row = {"kind": "admin#directory#roleAssignment", "roleAssignmentId": "1", "roleId": "3894208461012993",
               "assignedTo": profile_id(self.world, 0), "assigneeType": "USER", "scopeType": "CUSTOMER"}  # fmt: skip
        return self._list(call, "items", [row])


def _group_address(name: str) -> str:
    return f"{name.lower().replace(' ', '-')}-team@example.com"


def _moment(value: str | None) -> Micros | None:
    try:
        return None if value is None else parse_time(value)
    except ValueError:
        raise Refused(400, "time") from None


_KEYS: dict[int, tuple[str, Any]] = {}


def _key_pair(seed: int) -> tuple[str, Any]:
    """A private key in PEM form and its public half; made once a process, since it takes a moment."""
    if seed not in _KEYS:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        _KEYS[seed] = (made.private_bytes(*form).decode(), made.public_key())
    return _KEYS[seed]
