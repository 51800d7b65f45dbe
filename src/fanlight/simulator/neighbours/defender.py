"""Defender for Endpoint for the company: Windows machines, people's own that it discovered too, and their users."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from fanlight.simulator.fleet import Machine, fleet_of
from fanlight.simulator.http.wire import Answer, Request
from fanlight.simulator.identifiers import stable_bytes, stable_uuid
from fanlight.simulator.neighbours.entra_id import app_sign_in
from fanlight.simulator.neighbours.site import Call, Entry, NeighbourSite, Refused, listed, whole
from fanlight.simulator.wire import wire_time
from fanlight.simulator.world import Wire, World

__all__ = ["KIND", "Site", "machine_id"]

KIND = "defender"
_SCOPE = "https://api.securitycenter.microsoft.com/.default"
_NOT_IN_ENTRA = 8
"""One machine in so many carries no id of Entra ID."""


def machine_id(world: World, machine: Machine) -> str:
    """Defender's id of a machine: 40 hexadecimal digits."""
    return stable_bytes("defender", world.seed, machine.person, size=20).hex()


class Site(NeighbourSite):
    """Answers `/api/machines`, `/api/machines/{id}/logonusers` and the tenant's token address."""

    kind = KIND
    streams: Mapping[str, str] = {}
    kept = 0

    def __init__(self, world: World, **rest: Any) -> None:
        super().__init__(world, **rest)
        self.tenant_id = stable_uuid("entra tenant", world.seed)
        self._client_id = stable_uuid("defender client", world.seed)
        self._secret = "x~" + stable_bytes("defender secret", world.seed, size=18).hex()
        self.routes = (
            (re.compile(r"/api/machines"), "machines", self._machines),
            (re.compile(r"/api/machines/([^/]+)/logonusers"), "users of a machine", self._users),
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
        """Client credentials against the tenant's v2 address, for Defender's own scope."""
        return app_sign_in(
            self, request, tenant=self.tenant_id, client=self._client_id, secret=self._secret, scope=_SCOPE
        )

    def authenticate(self, request: Request) -> str:
        """The token of the app."""
        return self.bearer(request)

    def error_body(self, status: int, code: str) -> bytes:
        """`error.code` as the service words it."""
        words = {401: "Unauthorized", 403: "Forbidden", 404: "ResourceNotFound", 429: "TooManyRequests"}
        return orjson.dumps({"error": {"code": words.get(status, "BadRequest"), "message": f"made up: {code}"}})

    def inventory(self) -> Mapping[str, Wire]:
        """Every listed machine by its id."""
        return {str(row["id"]): row for row in map(self._machine, self._fleet())}

    def _fleet(self) -> Sequence[Machine]:
        return [machine for machine in fleet_of(self.world.stage, self.world.now) if machine.sensor == KIND]

    def _machines(self, call: Call, _: tuple[str, ...]) -> Answer:
        call.only("$top", "$skip", "$filter")
        limit = call.limit("$top", 10_000, 10_000)
        rows = listed(list(self.inventory().values()))
        skip = call.query.get("$skip", "0")
        if not skip.isdigit() or ("$skip" in call.query and self.dead(call)):
            raise Refused(400, "skip")
        bodies, following = self.page(call, rows, min(limit, 50), int(skip))
        answer: Wire = {"@odata.context": f"{call.base}/api/$metadata#Machines", "value": bodies}
        if following is not None:
            answer["@odata.nextLink"] = f"{call.base}{call.path}?{urlencode({**call.query, '$skip': following})}"
        return whole(answer)

    def _users(self, call: Call, ids: tuple[str, ...]) -> Answer:
        for machine in self._fleet():
            if machine_id(self.world, machine) == ids[0]:
                user = {
                    "id": f"example\\{machine.user}",
                    "accountName": machine.user,
                    "accountDomain": "example",
                    "firstSeen": wire_time(machine.first_seen),
                    "lastSeen": wire_time(machine.last_seen),
                    "logonTypes": "Interactive",
                    "isDomainAdmin": False,
                }
                bodies, _ = self.page(call, listed([user]), 50, 0)
                return whole({"value": bodies or [user]})
        raise Refused(404, "machine")

    def _machine(self, machine: Machine) -> Wire:
        own = machine.standing == "own"
        known = stable_bytes("aad", self.world.seed, machine.person, size=1)[0] % _NOT_IN_ENTRA != 0
        return {
            "id": machine_id(self.world, machine),
            "computerDnsName": f"{machine.name.lower()}.example.com",
            "firstSeen": wire_time(machine.first_seen),
            "lastSeen": wire_time(machine.last_seen),
            "osPlatform": "Windows11",
            "version": "25H2",
            "lastIpAddress": "192.0.2.10",
            "lastExternalIpAddress": machine.ip,
            "healthStatus": "Unknown" if own else "Active",
            "onboardingStatus": "CanBeOnboarded" if own else "onboarded",
            "managedBy": "Unknown" if own else "Intune",
            "riskScore": "None",
            "exposureLevel": "Low",
            "aadDeviceId": machine.directory_id if known else None,
            "machineTags": ["a tag that nobody asked for"],
        }

    def entries(self, name: str) -> list[Entry]:
        """No logs."""
        del name
        return []
