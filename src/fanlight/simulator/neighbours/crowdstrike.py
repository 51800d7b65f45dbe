"""CrowdStrike Falcon for the company: an API client's token, the scroll over device ids, and devices by their ids."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import orjson

from fanlight.simulator.fleet import Machine, fleet_of
from fanlight.simulator.http.wire import Answer, Request
from fanlight.simulator.identifiers import stable_bytes, stable_uuid
from fanlight.simulator.neighbours.site import Call, Entry, NeighbourSite, Refused, listed, whole
from fanlight.simulator.wire import wire_time
from fanlight.simulator.world import Wire, World

__all__ = ["KIND", "Site", "device_id"]

KIND = "crowdstrike"
_LIFE_SECONDS = 1799
_MOST_IDS = 5000


def device_id(world: World, machine: Machine) -> str:
    """The sensor's id of a machine: 32 hexadecimal digits."""
    return stable_uuid("falcon", world.seed, machine.person).replace("-", "")


class Site(NeighbourSite):
    """Answers `/oauth2/token`, `/devices/queries/devices-scroll/v1` and `/devices/entities/devices/v2`."""

    kind = KIND
    streams: Mapping[str, str] = {}
    kept = 0

    def __init__(self, world: World, **rest: Any) -> None:
        super().__init__(world, **rest)
        self._client_id = stable_bytes("falcon client", world.seed, size=16).hex()
        self._secret = "fs" + stable_bytes("falcon secret", world.seed, size=19).hex()
        self.routes = (
            (re.compile(r"/devices/queries/devices-scroll/v1"), "device ids", self._ids),
            (re.compile(r"/devices/entities/devices/v2"), "devices", self._devices),
        )

    def settings(self, base: str) -> Mapping[str, str]:
        """One API client."""
        return {"url": base, "client": self._client_id, "key": self._secret}

    def sign_in(self, request: Request) -> Answer | None:
        """Client id and secret in a form; a token is created, which is 201."""
        if request.path != "/oauth2/token":
            return None
        if request.method != "POST":
            raise Refused(405, "method")
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if form.get("client_id") != self._client_id or form.get("client_secret") != self._secret:
            return self.refusal(401, "access denied, invalid client")
        given = {
            "token_type": "bearer", "expires_in": _LIFE_SECONDS, "access_token": self.issue(_LIFE_SECONDS)
        }  # fmt: skip
        return Answer(201, orjson.dumps(given))

    def authenticate(self, request: Request) -> str:
        """The token of the API client."""
        return self.bearer(request)

    def error_body(self, status: int, code: str) -> bytes:
        """`errors` with a number and a message, and no resources."""
        return orjson.dumps({"meta": {}, "errors": [{"code": status, "message": f"made up: {code}"}], "resources": []})

    def inventory(self) -> Mapping[str, Wire]:
        """Every listed device by its id."""
        found = [
            machine
            for machine in fleet_of(self.world.stage, self.world.now)
            if machine.sensor == KIND and machine.standing != "own"
        ]
        return {device_id(self.world, machine): self._device(machine) for machine in found}

    def _ids(self, call: Call, _: tuple[str, ...]) -> Answer:
        call.only("limit", "offset", "filter", "sort")
        limit = call.limit("limit", 100, _MOST_IDS)
        rows = sorted(self.inventory())
        start = 0
        if (token := call.query.get("offset")) is not None:
            place = self.cursors.open(call.path, token)
            if place is None or self.dead(call):
                raise Refused(404, "offset")
            start = int(place[0] or 0)
        bodies, following = self.page(call, listed([{"id": one} for one in rows]), limit, start)
        offset = self.cursors.seal(call.path, following) if following is not None else ""
        paging = {"offset": offset, "limit": limit, "total": len(rows)}
        ids = [body.get("id") for body in bodies]
        return whole({"meta": {"pagination": paging, "powered_by": "made up"}, "errors": [], "resources": ids})

    def _devices(self, call: Call, _: tuple[str, ...]) -> Answer:
        ids = [value for name, value in parse_qsl(call.request.query) if name == "ids"]
        if not 1 <= len(ids) <= 100:
            raise Refused(400, "ids")
        known = self.inventory()
        rows: Sequence[Wire] = [known[one] for one in ids if one in known]
        return whole({"meta": {}, "errors": [], "resources": rows})

    def _device(self, machine: Machine) -> Wire:
        return {
            "device_id": device_id(self.world, machine),
            "cid": stable_uuid("falcon customer", self.world.seed).replace("-", ""),
            "hostname": machine.name,
            "local_ip": "192.0.2.10",
            "external_ip": machine.ip,
            "mac_address": "02-00-5e-10-00-01",
            "platform_name": machine.system,
            "os_version": "Sequoia (15)" if machine.system == "Mac" else "Ubuntu 26.04",
            "first_seen": wire_time(machine.first_seen // 1_000_000 * 1_000_000),
            "last_seen": wire_time(machine.last_seen // 1_000_000 * 1_000_000),
            "last_login_user": machine.user,
            "last_login_user_sid": None,
            "status": "normal",
            "reduced_functionality_mode": "no",
            "tags": ["SensorGroupingTags/a tag that nobody asked for"],
        }

    def entries(self, name: str) -> list[Entry]:
        """No logs."""
        del name
        return []
