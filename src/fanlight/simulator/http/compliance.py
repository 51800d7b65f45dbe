"""The Compliance API: who may ask, what it costs, which endpoint answers, and what goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from fanlight.model import MINUTE, Clock, format_time
from fanlight.simulator.http import conversations, directory, feed, holdings
from fanlight.simulator.http.budget import Budget, Charge
from fanlight.simulator.http.context import SINGLE, Context, Endpoint, Indexes
from fanlight.simulator.http.cursors import Cursors
from fanlight.simulator.http.faults import Fault, FaultMenu
from fanlight.simulator.http.ledger import Ledger, Trail
from fanlight.simulator.http.problems import Generation, Problem, missing_scopes, not_found
from fanlight.simulator.http.wire import Answer, Request
from fanlight.simulator.world import Key, World

__all__ = ["ENDPOINTS", "ComplianceApi", "rate_headers"]

PREFIX = "/v1/compliance"
ENDPOINTS: tuple[Endpoint, ...] = (
    *feed.ENDPOINTS,
    *conversations.ENDPOINTS,
    *holdings.ENDPOINTS,
    *directory.ENDPOINTS,
)
_ADMIN_SCOPES = ("read:compliance_activities",)
_KNOWN_SHAPES = ("sk-ant-api01-", "sk-ant-admin01-")


@dataclass(frozen=True, slots=True)
class _Route:
    segments: tuple[str, ...]
    endpoint: Endpoint

    def match(self, segments: Sequence[str]) -> tuple[str, ...] | None:
        """The ids in the path, None when it is another path."""
        ids: list[str] = []
        for wanted, given in zip(self.segments, segments, strict=True):
            if wanted == "{id}":
                ids.append(unquote(given))
            elif wanted != given:
                return None
        return tuple(ids)


def _routes() -> dict[int, list[_Route]]:
    routes: dict[int, list[_Route]] = {}
    for endpoint in ENDPOINTS:
        segments = tuple(endpoint.path.strip("/").split("/"))
        routes.setdefault(len(segments), []).append(_Route(segments, endpoint))
    return routes


def rate_headers(charge: Charge, now: int) -> tuple[tuple[str, str], ...]:
    """What authenticated answers say about the budget; the reset is on the machine's clock."""
    return (
        ("anthropic-ratelimit-requests-limit", str(charge.limit)),
        ("anthropic-ratelimit-requests-remaining", str(charge.remaining)),
        ("anthropic-ratelimit-requests-reset", format_time(now + charge.reset_in)[:19] + "Z"),
    )


class ComplianceApi:
    """Answers everything below `/v1/compliance`."""

    def __init__(
        self,
        world: World,
        *,
        clock: Clock,
        budget: Budget,
        remote_budget: Budget,
        menu: FaultMenu,
        ledger: Ledger,
        trail: Trail,
        cursors: Cursors,
        generation: Generation = "newer",
        local_sessions: bool = True,
        collector_ip: str = "198.51.100.20",
    ) -> None:
        self._world = world
        self._clock = clock
        self._budget = budget
        self._remote_budget = remote_budget
        self._menu = menu
        self._ledger = ledger
        self._trail = trail
        self._cursors = cursors
        self._indexes = Indexes(world)
        self._generation: Generation = generation
        self._collector_ip = collector_ip
        self._local_sessions = local_sessions
        self._routes = _routes()
        credentials = world.keys()
        self._keys = {key.secret: key for key in credentials}
        self._number = 0

    def answer(self, request: Request) -> Answer:
        """One request from authentication to the wire."""
        self._trail.settle()
        self._number += 1
        request_id = ("request-id", f"req_01{self._number:022d}")
        if "anthropic-version" not in request.headers:
            self._ledger.without_version += 1
        try:
            key = self._authenticate(request)
        except Problem as problem:
            answer = problem.answer(self._generation)
            self._ledger.note("(refused)", "-", request.method, answer.status, request.target, True)
            return answer.with_headers((request_id,))
        endpoint, ids = self._find(request.path)
        name = endpoint.name if endpoint else "(unknown)"
        charge = self._budget.charge()
        if charge.allowed:
            answer = self._handle(request, key, endpoint, ids)
            headers: tuple[tuple[str, str], ...] = rate_headers(charge, self._clock.now())
        else:
            answer = self._too_many(charge).answer(self._generation)
            headers = rate_headers(charge, self._clock.now())
        self._ledger.note(
            name, key.name, request.method, answer.status, request.target, answer.sending.kind in ("whole", "drip")
        )
        agent = request.headers.get("user-agent", "")
        ip = self._collector_ip if request.peer.startswith(("127.", "::1")) else request.peer
        self._trail.add(key.id, ip, agent, request.target, answer.status, request.method)
        given = {header for header, _ in answer.headers}
        return answer.with_headers((request_id, *(pair for pair in headers if pair[0] not in given)))

    # -------------------------------------------------------------------------------------- before the work

    def _authenticate(self, request: Request) -> Key:
        """The key of the request. Wrong keys of the right shape are 401, everything else is hidden behind 404."""
        secret = request.headers.get("x-api-key", "")
        if not secret:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            secret = token if scheme.lower() == "bearer" else ""
        if not secret.startswith(_KNOWN_SHAPES):
            hidden = not (self._generation == "older" or request.path.endswith("/settings"))
            raise not_found() if hidden else self._bad_key("API key is invalid.")
        key = self._keys.get(secret)
        if key is None or key.kind not in ("compliance", "admin"):
            raise self._bad_key("API key is invalid.")
        if not key.is_active:
            raise self._bad_key("API key has been deactivated.")
        if key.expires_at is not None and key.expires_at <= self._world.now:
            raise self._bad_key("API key has expired.")
        return key

    @staticmethod
    def _bad_key(message: str) -> Problem:
        return Problem(401, message, older="The API key provided is invalid or has been revoked.")

    def _find(self, path: str) -> tuple[Endpoint | None, tuple[str, ...]]:
        if not path.startswith(PREFIX):
            return None, ()
        segments = path[len(PREFIX) + 1 :].split("/")
        for route in self._routes.get(len(segments), ()):
            ids = route.match(segments)
            if ids is not None:
                return route.endpoint, ids
        return None, ()

    def _too_many(self, charge: Charge) -> Problem:
        return Problem(
            429,
            f"This request would exceed the limit of {charge.limit} requests per minute of your parent organization. "
            "Wait for the time in the retry-after header.",
            headers=(("retry-after", str(charge.retry_after)),),
        )

    # ------------------------------------------------------------------------------------------- the work

    def _handle(self, request: Request, key: Key, endpoint: Endpoint | None, ids: tuple[str, ...]) -> Answer:
        stages = endpoint.stages if endpoint is not None else SINGLE
        barred = endpoint.barred if endpoint is not None else frozenset()
        fault = self._menu.draw(f"{key.name} {request.target}", stages, barred)
        if fault is not None and self._menu.refuses(fault):
            past = format_time(self._clock.now() - 10 * MINUTE)[:19] + "Z"
            return self._menu.refusal(fault, past)
        try:
            answer = self._work(request, key, endpoint, ids, fault)
        except Problem as problem:
            answer = problem.answer(self._generation)
        if fault is not None and fault.stage == "wire":
            answer = self._menu.damage(fault, answer)
        return answer

    def _work(
        self, request: Request, key: Key, endpoint: Endpoint | None, ids: tuple[str, ...], fault: Fault | None
    ) -> Answer:
        if request.method == "DELETE":
            raise self._refused_delete(key)
        if endpoint is None:
            raise not_found()
        if request.method != "GET":
            raise Problem(405, "Method Not Allowed", headers=(("allow", "GET"),))
        if key.kind == "admin" and not endpoint.admin_key:
            raise not_found()
        scopes = _ADMIN_SCOPES if key.kind == "admin" else key.scopes
        if endpoint.scope not in scopes and "read:org_audit" not in scopes:
            raise missing_scopes(scopes, [endpoint.scope])
        if not self._local_sessions and endpoint.path.startswith("/apps/sessions/local"):
            raise not_found("Local sessions are not available.")
        query = endpoint.parameters.read(request.query)
        return endpoint.handle(
            Context(self._world, key, query, ids, self._cursors, self._indexes, fault, self._remote_busy)
        )

    @staticmethod
    def _refused_delete(key: Key) -> Problem:
        """Deleting is never served, only counted."""
        if "delete:compliance_user_data" in key.scopes:
            return Problem(405, "Method Not Allowed", headers=(("allow", "GET"),))
        return Problem(
            403, f"Missing required scopes. Got: {list(key.scopes)!r} Needed: ['delete:compliance_user_data']"
        )

    def _remote_busy(self) -> None:
        """The extra budget of remote sessions: its refusal always asks for one second."""
        if not self._remote_budget.charge().allowed:
            raise Problem(429, "Too many requests for remote sessions.", headers=(("retry-after", "1"),))
