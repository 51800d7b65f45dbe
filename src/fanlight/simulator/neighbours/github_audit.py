"""GitHub Enterprise for the company: audit log with git events, members, teams, repositories, SCIM users.

Engineers work in repositories from where they work with Claude: an hour of Claude work brings clones, fetches and
pushes from the same address. Logins are those of managed users: the address's local part and the company's short code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson

from fanlight.model import DAY, HOUR, SECOND, Micros, parse_time
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
from fanlight.simulator.stage import Beside
from fanlight.simulator.wire import wire_time
from fanlight.simulator.world import Activity, LogRow, Wire, World

__all__ = ["KIND", "Site"]

KIND = "github_audit"
_WEB_KEPT, _GIT_KEPT = 180 * DAY, 7 * DAY
_ORG = "example-robotics"
_CODERS = ("Engineering", "Research", "Data", "IT", "Security", "Product")
_BOUND = re.compile(r"created:(?:>=(\S+)|(\S+?)\.\.(\S+))")
_REPOSITORIES = ("payments", "firmware", "website", "models", "infrastructure", "handbook", "telemetry", "billing")


def login_of(person: Person) -> str:
    """A managed user's login, as GitHub makes it from the address."""
    local = (person.okta_login or person.email).partition("@")[0]
    return re.sub(r"[^a-z0-9]+", "-", local.lower()).strip("-") + "_exrob"


def number_of(world: World, index: int) -> int:
    """The numeric id of a member."""
    return 9_000_000 + world.seed * 40_000 + index


class Site(NeighbourSite):
    """Answers the organization's REST addresses for a personal access token."""

    kind = KIND
    streams = {"audit_log": "audit"}  # noqa: RUF012
    kept = _GIT_KEPT

    def __init__(self, world: World, **rest: Any) -> None:
        super().__init__(world, **rest)
        self._token = "ghp_" + stable_bytes("github token", world.seed, size=18).hex()
        org = f"/orgs/{_ORG}"
        self.routes = (
            (re.compile(rf"{org}/audit-log"), "audit log", self._audit),
            (re.compile(rf"{org}/members"), "members", lambda call, _: self._list(call, self._members(call))),
            (re.compile(rf"{org}/teams"), "teams", lambda call, _: self._list(call, self._teams())),
            (re.compile(rf"{org}/teams/([^/]+)/members"), "team members", self._team_members),
            (re.compile(rf"{org}/repos"), "repositories", lambda call, _: self._list(call, self._repos())),
            (re.compile(rf"/repos/{_ORG}/([^/]+)/collaborators"), "collaborators", self._collaborators),
            (re.compile(rf"/scim/v2/organizations/{_ORG}/Users"), "scim users", self._scim),
        )

    def settings(self, base: str) -> Mapping[str, str]:
        """A token that reads the organization."""
        return {"url": base, "organization": _ORG, "token": self._token}

    def wrong_key(self) -> Mapping[str, str]:
        """A token that nobody made."""
        return {"token": "ghp_" + "0" * 36}

    def authenticate(self, request: Request) -> str:
        """Bearer, and the `User-Agent` without which GitHub refuses."""
        if not request.headers.get("user-agent"):
            raise Refused(403, "user agent")
        if request.headers.get("authorization") not in (f"Bearer {self._token}", f"token {self._token}"):
            raise Refused(401, "token")
        return f"{KIND} token"

    def error_body(self, status: int, code: str) -> bytes:
        """`message` and `documentation_url`."""
        words = {401: "Bad credentials", 404: "Not Found", 403: "API rate limit exceeded"}
        return orjson.dumps({"message": words.get(status, f"made up: {code}"), "status": str(status)})

    # ------------------------------------------------------------------------------------------------- audit log

    def _audit(self, call: Call, _: tuple[str, ...]) -> Answer:
        call.only("phrase", "include", "after", "before", "order", "per_page")
        limit = call.limit("per_page", 30, 100)
        since, until = _bounds(call.query.get("phrase", ""))
        rows = self.window("audit", since, until, _WEB_KEPT)
        included = call.query.get("include", "web")
        git_since = self.world.now - _GIT_KEPT
        rows = [
            row for row in rows
            if (row.id.startswith("git") and included in ("git", "all") and row.at >= git_since)
            or (not row.id.startswith("git") and included in ("web", "all"))
        ]  # fmt: skip
        if call.query.get("order", "desc") == "desc":
            rows.reverse()
        start = 0
        if (token := call.query.get("after")) is not None:
            place = self.cursors.open("github audit", token)
            if place is None or self.dead(call):
                raise Refused(400, "cursor")
            start = next((i for i, row in enumerate(rows) if (row.at, row.id) > (place[0], place[1])), len(rows))
        bodies, following = self.page(call, rows, limit, start)
        links: tuple[tuple[str, str], ...] = ()
        if following is not None:
            last = rows[following - 1] if following > 0 else None
            token = self.cursors.seal("github audit", *((last.at, last.id) if last else (0, "")))
            query = urlencode({**call.query, "after": token})
            links = (("link", f'<{call.base}{call.path}?{query}>; rel="next", <{call.base}/x>; rel="first"'),)
        return whole(bodies, links)

    def entries(self, name: str) -> list[Entry]:
        """Work in repositories beside the work with Claude; single sign-on and memberships beside the directory's."""
        del name
        found = []
        by_user = {person.user_id: person for person in people_of(self.world)}
        hours: set[tuple[str, int]] = set()
        for row in self.world.feed():
            person = by_user.get(str(row.actor.get("user_id")))
            if person is None or person.department not in _CODERS or not person.okta_id:
                continue
            if (person.user_id, row.created_at // HOUR) in hours:
                continue
            hours.add((person.user_id, row.created_at // HOUR))
            for number in range(2 + stable_bytes("git", row.id, size=1)[0] % 9):
                at = row.created_at + number * 97 * SECOND
                identifier = "git" + stable_bytes("git", row.id, number, size=12).hex()
                found.append(
                    Entry(identifier, at, at + lateness(identifier), partial(self._git, row, person, identifier, at))
                )
        for event in self.world.okta_log():
            if event.event_type in ("user.session.start", "user.lifecycle.create", "user.lifecycle.deactivate"):
                person = people_of(self.world)[event.subject[0]]
                if person.department in _CODERS:
                    identifier = "web" + stable_bytes("web", event.uuid, size=12).hex()
                    body = partial(self._web, event, person, identifier)
                    late = lateness(identifier)
                    found.append(Entry(identifier, event.published, event.published + late, body))
        return found

    def _common(self, person: Person, identifier: str, at: Micros, ip: str | None) -> Wire:
        spot = spot_of(ip) if ip else None
        return {
            "@timestamp": at // 1000,
            "_document_id": identifier,
            "actor": login_of(person),
            "actor_id": number_of(self.world, person.index),
            "actor_ip": ip,
            "actor_location": {"country_code": spot.code} if spot else {},
            "external_identity_nameid": person.okta_login or person.email,
            "business": "example-robotics-enterprise",
            "org": _ORG,
            "org_id": 7_000_001,
        }

    def _git(self, row: Activity, person: Person, identifier: str, at: Micros) -> Wire:
        dice = stable_bytes("git kind", identifier, size=2)
        repository = dice[1] % len(_REPOSITORIES)
        return {
            **self._common(person, identifier, at, row.actor.get("ip_address")),
            "action": ("git.clone", "git.fetch", "git.fetch", "git.push", "git.push")[dice[0] % 5],
            "repo": f"{_ORG}/{_REPOSITORIES[repository]}",
            "repo_id": 6_000_000 + repository,
            "public_repo": False,
            "programmatic_access_type": "Personal access token (classic)",
            "hashed_token": stable_bytes("github user token", person.index, size=16).hex(),
            "transport_protocol_name": "http",
            "user_agent": "git/2.47.0",
            "operation_type": "access",
        }

    def staged_id(self, row: Beside) -> str:
        """Git events are told apart by how their id begins."""
        return f"git{row.id}"

    def staged(self, row: Beside) -> Wire:
        """A repository that somebody took whole; `said` holds its `number`."""
        number = int(row.said["number"])
        return {
            **self._common(row.person, self.staged_id(row), row.at, row.ip),
            "action": "git.clone",
            "repo": f"{_ORG}/{_REPOSITORIES[number]}",
            "repo_id": 6_000_000 + number,
            "public_repo": False,
            "programmatic_access_type": "Personal access token (classic)",
            "hashed_token": stable_bytes("github user token", row.person.index, size=16).hex(),
            "transport_protocol_name": "http",
            "user_agent": "git/2.47.0",
            "operation_type": "access",
        }

    def _web(self, row: LogRow, person: Person, identifier: str) -> Wire:
        action, operation = {
            "user.session.start": ("org.sso_response", "access"),
            "user.lifecycle.create": ("org.add_member", "create"),
            "user.lifecycle.deactivate": ("org.remove_member", "remove"),
        }[row.event_type]
        return {
            **self._common(person, identifier, row.published, row.subject[1]),
            "action": action,
            "user": login_of(person),
            "user_id": number_of(self.world, person.index),
            "created_at": row.published // 1000 - 40,
            "user_agent": row.subject[2],
            "operation_type": operation,
        }

    # ------------------------------------------------------------------------------------------------- directory

    def _coders(self) -> list[Person]:
        return [p for p, status in staff_now(self.world) if status == "ACTIVE" and p.department in _CODERS]

    def _list(self, call: Call, rows: Sequence[Wire]) -> Answer:
        call.only("per_page", "page", "role", "affiliation", "type", "filter")
        limit = call.limit("per_page", 30, 100)
        number = int(call.query.get("page", "1"))
        bodies, following = self.page(call, listed(rows), limit, (number - 1) * limit)
        links: tuple[tuple[str, str], ...] = ()
        if following is not None:
            query = urlencode({**call.query, "page": following // limit + 1})
            links = (("link", f'<{call.base}{call.path}?{query}>; rel="next"'),)
        return whole(bodies, links)

    def _member(self, person: Person) -> Wire:
        return {
            "login": login_of(person),
            "id": number_of(self.world, person.index),
            "type": "User",
            "site_admin": False,
            "url": f"https://api.example.org/users/{login_of(person)}",
        }

    def _members(self, call: Call) -> list[Wire]:
        admins = {person.index for person in self._coders()[:2]}
        role = call.query.get("role", "all")
        return [
            self._member(person)
            for person in self._coders()
            if role == "all" or (role == "admin") == (person.index in admins)
        ]

    def _teams(self) -> list[Wire]:
        return [
            {"id": 500 + i, "slug": name.lower(), "name": name, "privacy": "closed", "permission": "pull"}
            for i, name in enumerate(_CODERS)
            if any(person.department == name for person in self._coders())
        ]  # fmt: skip

    def _team_members(self, call: Call, ids: tuple[str, ...]) -> Answer:
        return self._list(call, [self._member(p) for p in self._coders() if p.department.lower() == ids[0]])

    def _repos(self) -> list[Wire]:
        return [
            {
                "id": 6_000_000 + i,
                "name": name,
                "full_name": f"{_ORG}/{name}",
                "private": name != "website",
                "visibility": "public" if name == "website" else "private",
                "archived": False,
                "description": "not to be kept",
                "created_at": wire_time(self.world.start - 200 * DAY),
                "updated_at": wire_time(self.world.start),
            }
            for i, name in enumerate(_REPOSITORIES)
        ]

    def _collaborators(self, call: Call, ids: tuple[str, ...]) -> Answer:
        chosen = _REPOSITORIES.index(ids[0]) if ids[0] in _REPOSITORIES else -1
        if chosen < 0:
            raise Refused(404, "repository")
        rows = [
            {**self._member(person), "role_name": "write" if person.index % 5 else "admin"}
            for person in self._coders()
            if person.index % len(_REPOSITORIES) in (chosen, (chosen + 1) % len(_REPOSITORIES))
        ]
        return self._list(call, rows)

    def _scim(self, call: Call, _: tuple[str, ...]) -> Answer:
        call.only("startIndex", "count")
        start, count = int(call.query.get("startIndex", "1")), call.limit("count", 30, 100)
        people = self._coders()
        rows: list[Wire] = [
            {
                "id": stable_uuid("github scim", self.world.seed, person.index),
                "externalId": person.okta_id,
                "userName": person.okta_login or person.email,
                "active": True,
                "emails": [{"value": person.okta_login or person.email, "primary": True, "type": "work"}],
                "name": {"givenName": person.first, "familyName": person.last},
            }
            for person in people[start - 1 : start - 1 + count]
        ]
        return whole({"totalResults": len(people), "startIndex": start, "itemsPerPage": len(rows), "Resources": rows})


def _bounds(phrase: str) -> tuple[Micros | None, Micros | None]:
    found = _BOUND.search(phrase)
    if found is None:
        return None, None
    try:
        if found[1]:
            return parse_time(found[1]), None
        return parse_time(found[2]), parse_time(found[3]) + SECOND
    except ValueError:
        raise Refused(422, "phrase") from None
