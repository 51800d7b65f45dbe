"""The Analytics API as far as posture and the supply chain need it: last active days, use of connectors; a day late."""

from __future__ import annotations

import re

from fanlight.model import DAY, HOUR, Clock, day_of
from fanlight.simulator.http.budget import Budget
from fanlight.simulator.http.compliance import rate_headers
from fanlight.simulator.http.console import enveloped, refuse_over_budget
from fanlight.simulator.http.context import json_answer
from fanlight.simulator.http.cursors import Cursors
from fanlight.simulator.http.faults import FaultMenu, Stage
from fanlight.simulator.http.ledger import Ledger
from fanlight.simulator.http.parameters import Parameters
from fanlight.simulator.http.problems import Problem, bad_request, missing_scopes, not_found
from fanlight.simulator.http.wire import Answer, Request
from fanlight.simulator.world import World

__all__ = ["PREFIX", "AnalyticsApi"]

PREFIX = "/v1/organizations/analytics"
SCOPE = "read:analytics"
_STAGES: frozenset[Stage] = frozenset({"refusal", "wire"})
_PARAMETERS = Parameters(
    limit=(100, 1000),
    singles=frozenset({"page", "date", "starting_date", "ending_date"}),
    lists=frozenset({"group_by"}),
)
_GROUPS = frozenset({"user_id", "rbac_group_id", "product"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
#: The daily run at which the day before becomes readable.
_READY_AT = 10 * HOUR


class AnalyticsApi:
    """Answers `/v1/organizations/analytics/…`: users and connectors, for a key with `read:analytics`, 60 a minute."""

    def __init__(
        self, world: World, *, clock: Clock, budget: Budget, menu: FaultMenu, ledger: Ledger, cursors: Cursors
    ) -> None:
        self._world = world
        self._clock = clock
        self._budget = budget
        self._menu = menu
        self._ledger = ledger
        self._cursors = cursors
        self._number = 0

    def answer(self, request: Request) -> Answer:
        """One request, with the platform's envelope for errors."""
        self._number += 1
        request_id = f"req_03{self._number:022d}"
        key, name = "-", request.path.removeprefix(f"{PREFIX}/")
        headers: tuple[tuple[str, str], ...] = ()
        try:
            key = self._authenticate(request)
            charge = self._budget.charge()
            headers = rate_headers(charge, self._clock.now())
            refuse_over_budget(charge)
            answer = self._handle(request)
        except Problem as problem:
            answer = enveloped(problem, request_id)
        if name not in ("users", "connectors"):
            name = "refused"
        whole = answer.sending.kind == "whole"
        self._ledger.note(f"analytics {name}", key, request.method, answer.status, request.target, whole)
        return answer.with_headers((("request-id", request_id), *headers))

    def _authenticate(self, request: Request) -> str:
        secret = request.headers.get("x-api-key", "")
        credentials = self._world.keys()
        for key in credentials:
            if key.secret == secret and key.is_active and key.kind == "compliance":
                if SCOPE not in key.scopes:
                    raise missing_scopes(key.scopes, [SCOPE])
                return key.name
        raise Problem(401, "invalid x-api-key")

    def _handle(self, request: Request) -> Answer:
        if request.method != "GET":
            raise Problem(405, "Method Not Allowed", headers=(("allow", "GET"),))
        if request.path not in (f"{PREFIX}/users", f"{PREFIX}/connectors"):
            raise not_found()
        fault = self._menu.draw(request.target, _STAGES)
        if fault is not None and self._menu.refuses(fault):
            return self._menu.refusal(fault, "2020-01-01T00:00:00Z")
        answer = self._rows(request)
        return self._menu.damage(fault, answer) if fault is not None else answer

    def _rows(self, request: Request) -> Answer:
        query = _PARAMETERS.read(request.query)
        first = query.one("date") or query.one("starting_date")
        last = query.one("date") or query.one("ending_date") or self._newest_day()
        if first is None or not _DAY.fullmatch(first) or not _DAY.fullmatch(last):
            raise bad_request("Either 'date' or 'starting_date' is required, as YYYY-MM-DD.")
        if last > self._newest_day():
            raise bad_request(f"Data is not ready for {last}. The newest day with data is {self._newest_day()}.")
        groups = query.many("group_by")
        if not _GROUPS.issuperset(groups) or (groups and request.path.endswith("/users")):
            raise bad_request("group_by[]: Input should be 'user_id', 'rbac_group_id' or 'product'")
        if request.path.endswith("/connectors"):
            rows = self._world.analytics_connectors(first, last, by_user="user_id" in groups)
        else:
            rows = self._world.analytics_users(first, last)
        start = self._start(query.one("page"))
        end = start + query.size
        token = self._cursors.seal("analytics", end) if end < len(rows) else None
        return json_answer({"data": rows[start:end], "next_page": token})

    def _newest_day(self) -> str:
        return day_of(self._world.now - DAY - _READY_AT)

    def _start(self, page: str | None) -> int:
        if page is None:
            return 0
        place = self._cursors.open("analytics", page)
        if place is None:
            raise bad_request("Invalid page token.")
        assert isinstance(place[0], int)
        return place[0]
