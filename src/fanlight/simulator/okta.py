"""The identity provider: users, groups, assignments of the Claude app, and its System Log."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fanlight.model import Micros
from fanlight.model.times import DAY, HOUR
from fanlight.simulator.geography import COUNTRIES, DESTINATIONS, FAR, FOREIGN_HOSTING, LONE_TRIP, Spot
from fanlight.simulator.identifiers import stable_bytes
from fanlight.simulator.records import Person, value_at
from fanlight.simulator.stage import Stage
from fanlight.simulator.wire import okta_time
from fanlight.simulator.world import LogRow, Row, Wire

__all__ = ["app_groups", "app_id", "app_users", "apps", "group_members", "groups", "render_log", "users"]

_MESSAGES = {
    "user.session.start": "User login to Okta",
    "user.authentication.sso": "User single sign on to app",
    "user.lifecycle.create": "Create okta user",
    "user.lifecycle.activate": "Activate Okta user",
    "user.lifecycle.deactivate": "Deactivate Okta user",
    "user.lifecycle.delete.initiated": "Delete Okta user initiated",
    "application.user_membership.add": "Add user to application membership",
    "application.user_membership.remove": "Remove user's application membership",
    "group.user_membership.add": "Add user to group membership",
    "group.user_membership.remove": "Remove user from group membership",
    "user.account.update_profile": "Update user profile for Okta",
    "user.account.report_suspicious_activity_by_enduser": "User report suspicious activity",
    "user.mfa.okta_verify.deny_push": "User rejected Okta push verify",
}


def app_id(stage: Stage, position: int = 0) -> str:
    return "0oa" + stable_bytes("okta app", stage.seed, position, size=9).hex()[:17]


def _status(person: Person, now: Micros) -> str | None:
    return value_at(person.okta_status, now)


def _user_body(stage: Stage, person: Person) -> Wire:
    created = person.okta_status[0][0]
    status = _status(person, stage.now) or "STAGED"
    changed = max(at for at, _ in person.okta_status if at <= stage.now)
    moved = person.moved_at is not None and person.moved_at > stage.now
    department = person.moved_from if moved else person.department
    login = person.okta_login or person.email
    return {
        "id": person.okta_id,
        "status": status,
        "created": okta_time(created),
        "activated": okta_time(created),
        "statusChanged": okta_time(changed),
        "lastLogin": okta_time(min(stage.now, stage.first_now) - (person.index % 40) * HOUR)
        if status == "ACTIVE"
        else None,
        "lastUpdated": okta_time(max(changed, person.moved_at or 0) if not moved else changed),
        "passwordChanged": None,
        "type": {"id": "otyEXAMPLEdefault"},
        "profile": {
            "login": login,
            "email": login if person.kind == "employee" else person.email,
            "secondEmail": None,
            "firstName": person.first,
            "lastName": person.last,
            "displayName": person.name,
            "department": department,
            "title": f"{department} specialist",
            "employeeNumber": person.employee_number if person.kind == "employee" else None,
            "userType": person.kind,
            "countryCode": person.country.code,
            "city": person.home.city,
            "timezone": person.country.timezone,
            "locale": "en_US",
            "organization": "Example Robotics",
        },
    }


def _known(stage: Stage) -> list[Person]:
    """Deleted users vanish from every list."""
    present = [p for p in stage.company.people if p.okta_id and p.okta_status and p.okta_status[0][0] <= stage.now]
    return [p for p in present if _status(p, stage.now) != "DELETED"]


def users(stage: Stage) -> list[Row]:
    found = []
    for person in _known(stage):
        body = _user_body(stage, person)
        created = person.okta_status[0][0]
        changed = max([at for at, _ in person.okta_status if at <= stage.now] + [person.moved_at or 0])
        found.append(Row(body["id"], body, created, changed if changed <= stage.now else created))
    found.sort(key=lambda row: (row.created_at, row.id))
    return found


def groups(stage: Stage) -> list[Row]:
    found = []
    for group in stage.company.groups:
        if group.okta_id:
            body = {
                "id": group.okta_id,
                "created": okta_time(group.created_at - DAY),
                "lastUpdated": okta_time(group.created_at - DAY),
                "lastMembershipUpdated": okta_time(stage.first_now - DAY),
                "objectClass": ["okta:user_group"],
                "type": "OKTA_GROUP",
                "profile": {"name": group.name, "description": group.description},
            }
            found.append(Row(group.okta_id, body, group.created_at - DAY, group.created_at - DAY))
    return found


def group_members(stage: Stage, group_id: str) -> list[Row] | None:
    group = next((g for g in stage.company.groups if g.okta_id == group_id), None)
    if group is None:
        return None
    by_id = {row.id: row for row in users(stage)}
    people = stage.company.people
    found = []
    for m in group.members:
        if m.since <= stage.now and (m.until is None or stage.now < m.until):
            row = by_id.get(people[m.person].okta_id or "")
            if row is not None:
                found.append(row)
    return found


def apps(stage: Stage) -> list[Row]:
    found = []
    for position, label in enumerate(("Claude", "Payroll portal", "Ticket desk", "Source forge")):
        identifier = app_id(stage, position)
        at = stage.start - (500 - position) * DAY
        body = {
            "id": identifier,
            "name": "example_" + label.lower().replace(" ", "_"),
            "label": label,
            "status": "ACTIVE",
            "created": okta_time(at),
            "lastUpdated": okta_time(at),
            "signOnMode": "SAML_2_0",
            "features": ["PUSH_NEW_USERS", "PUSH_USER_DEACTIVATION"] if position == 0 else [],
            "visibility": {"hide": {"iOS": False, "web": False}},
        }
        found.append(Row(identifier, body, at, at))
    return found


def app_users(stage: Stage, identifier: str) -> list[Row] | None:
    """Assignments of the Claude app; `credentials.userName` is the address Claude knows."""
    if identifier not in {app_id(stage, i) for i in range(4)}:
        return None
    if identifier != app_id(stage):
        return []
    found = []
    for person in _known(stage):
        if _status(person, stage.now) != "ACTIVE":
            continue
        created = person.okta_status[0][0]
        body = {
            "id": person.okta_id,
            "externalId": None
            if person.index % 3
            else f"directory_user_{stable_bytes('scim', stage.seed, person.index, size=8).hex()}",
            "created": okta_time(created),
            "lastUpdated": okta_time(created),
            "scope": "GROUP" if person.index % 4 else "USER",
            "status": "PROVISIONED",
            "statusChanged": okta_time(created),
            "syncState": "SYNCHRONIZED",
            "lastSync": okta_time(created),
            "credentials": {"userName": person.email},
            "profile": {"email": person.okta_login, "givenName": person.first, "familyName": person.last},
        }
        found.append(Row(person.okta_id or "", body, created, created))
    found.sort(key=lambda row: (row.created_at, row.id))
    return found


def app_groups(stage: Stage, identifier: str) -> list[Row] | None:
    if identifier not in {app_id(stage, i) for i in range(4)}:
        return None
    if identifier != app_id(stage):
        return []
    return [
        Row(
            g.id,
            {"id": g.id, "priority": i, "lastUpdated": g.body["lastUpdated"], "profile": {}},
            g.created_at,
            g.created_at,
        )
        for i, g in enumerate(groups(stage))
    ]


# ------------------------------------------------------------------------------ System Log


@lru_cache(maxsize=1)
def _spots() -> tuple[Spot, ...]:
    spots: list[Spot] = [*DESTINATIONS, LONE_TRIP, *FAR, FOREIGN_HOSTING]
    for country in COUNTRIES:
        spots += [country.office, *country.homes, country.mobile, country.vpn]
        if country.new_office:
            spots.append(country.new_office)
    return tuple(spots)


@lru_cache(maxsize=100_000)
def spot_of(ip: str) -> Spot | None:
    """The network of the plan that holds an address (IPv6 addresses are homes in a country's first town)."""
    from ipaddress import ip_address, ip_network

    if ip.startswith("2001:db8:10"):
        return COUNTRIES[int(ip[len("2001:db8:10")])].homes[0]
    address = ip_address(ip)
    return next((s for s in _spots() if address in ip_network(s.cidr)), None)


def _browser(agent: str) -> str:
    return "CHROME" if "Chrome/" in agent else "UNKNOWN"


def _system(agent: str) -> str:
    for mark, name in (("Mac OS X", "Mac OS X"), ("Windows", "Windows 11"), ("Linux", "Linux"), ("iPhone", "iOS")):
        if mark in agent:
            return name
    return "Unknown"


def render_log(stage: Stage, row: LogRow) -> Wire:
    """One LogEvent. Its subject is (person, ip, user agent) or (person, None, None, further target).

    A fifth part replaces fields of the record as they stand.
    """
    person = stage.company.people[row.subject[0]]
    ip, agent = row.subject[1], row.subject[2]
    login = person.okta_login or person.email
    who = {"id": person.okta_id, "type": "User", "alternateId": login, "displayName": person.name, "detailEntry": None}
    machine = {"id": "sysEXAMPLEscim", "type": "SystemPrincipal", "alternateId": "system@example.com",
               "displayName": "Okta System", "detailEntry": None}  # fmt: skip
    body: Wire = {
        "uuid": row.uuid,
        "published": okta_time(row.published),
        "eventType": row.event_type,
        "version": "0",
        "severity": "INFO",
        "legacyEventType": None,
        "displayMessage": _MESSAGES.get(row.event_type, row.event_type),
        "actor": who if ip else machine,
        "target": _targets(stage, row, person, who),
        "outcome": {"result": "SUCCESS", "reason": None},
        "client": _client(ip, agent),
        "securityContext": _security(ip),
        "authenticationContext": {
            "externalSessionId": "102" + stable_bytes("session", row.uuid, size=8).hex() if ip else None,
            "authenticationStep": 0,
        },
        "transaction": {
            "id": stable_bytes("transaction", row.uuid, size=10).hex(),
            "type": "WEB" if ip else "JOB",
            "detail": {},
        },
        "debugContext": {
            "debugData": {"requestUri": "/app/claude/exk1/sso/saml"} if row.event_type.endswith(".sso") else {}
        },
        "request": {
            "ipChain": [
                {"ip": ip, "version": "V6" if ":" in ip else "V4", "geographicalContext": _geo(ip), "source": None}
            ]
        }
        if ip
        else {"ipChain": []},
    }
    return body | (row.subject[4] if len(row.subject) > 4 else {})


def _targets(stage: Stage, row: LogRow, person: Person, who: Wire) -> list[Wire]:
    claude = {
        "id": app_id(stage),
        "type": "AppInstance",
        "alternateId": "Claude",
        "displayName": "Claude",
        "detailEntry": None,
    }
    if row.event_type == "user.authentication.sso" or row.event_type.startswith("application.user_membership"):
        user = {"id": f"0ua{(person.okta_id or '')[3:]}", "type": "AppUser", "alternateId": person.email,
                "displayName": person.name, "detailEntry": None}  # fmt: skip
        return [claude, user] if row.event_type.endswith(".sso") else [user, claude, who]
    if row.event_type.startswith("group."):
        identifier, name = row.subject[3]
        return [
            who,
            {"id": identifier, "type": "UserGroup", "alternateId": "unknown", "displayName": name, "detailEntry": None},
        ]
    if row.event_type == "user.session.start":
        return []
    return [who]


def _geo(ip: str | None) -> Wire | None:
    spot = spot_of(ip) if ip else None
    if spot is None:
        return None
    return {
        "city": spot.city,
        "state": None,
        "country": spot.country,
        "postalCode": None,
        "geolocation": {"lat": spot.latitude, "lon": spot.longitude},
    }


def _client(ip: str | None, agent: str | None) -> Wire:
    if ip is None or agent is None:
        return {
            "ipAddress": None,
            "userAgent": None,
            "device": None,
            "zone": "null",
            "id": None,
            "geographicalContext": None,
        }
    return {
        "ipAddress": ip,
        "userAgent": {"rawUserAgent": agent, "os": _system(agent), "browser": _browser(agent)},
        "device": "Mobile" if "iPhone" in agent or "Android" in agent else "Computer",
        "zone": "null",
        "id": None,
        "geographicalContext": _geo(ip),
    }


def _security(ip: str | None) -> dict[str, Any]:
    spot = spot_of(ip) if ip else None
    if spot is None:
        return {"asNumber": None, "asOrg": None, "isp": None, "domain": None, "isProxy": None}
    return {"asNumber": spot.asn, "asOrg": spot.as_name, "isp": spot.as_name, "domain": "example.net", "isProxy": False}
