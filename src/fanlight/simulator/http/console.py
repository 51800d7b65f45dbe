"""The Console side of the Admin API: keys, people, workspaces, invites, token use and the compliance switch."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from fanlight.model import DAY, Clock, Micros, parse_time
from fanlight.simulator.http.budget import Budget, Charge
from fanlight.simulator.http.compliance import rate_headers
from fanlight.simulator.http.context import json_answer
from fanlight.simulator.http.cursors import Cursors
from fanlight.simulator.http.faults import FaultMenu, Stage
from fanlight.simulator.http.ledger import Ledger
from fanlight.simulator.http.parameters import Parameters, Query
from fanlight.simulator.http.problems import Problem, bad_request, not_found
from fanlight.simulator.http.wire import Answer, Request
from fanlight.simulator.world import Row, Wire, World

__all__ = ["PREFIX", "ConsoleAdminApi", "enveloped", "refuse_over_budget"]

PREFIX = "/v1/organizations"
_STAGES: frozenset[Stage] = frozenset({"refusal", "wire"})
_CURSORS = frozenset({"after_id", "before_id"})
_KEY_FILTERS = ("status", "workspace_id", "created_by_user_id")
_MOST_BUCKETS = 31


@dataclass(frozen=True, slots=True)
class _Call:
    query: Query
    ids: tuple[str, ...]


class ConsoleAdminApi:
    """Answers `/v1/organizations/…` for the Admin key of the Console organization; 100 requests a minute."""

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
        singles = Parameters
        listed = Parameters(limit=(20, 1000), singles=_CURSORS)
        self._endpoints: tuple[tuple[re.Pattern[str], str, Parameters, Callable[[_Call], Answer]], ...] = (
            (_path("api_keys"), "admin api keys", _with(listed, *_KEY_FILTERS), self._keys),
            (_path("api_keys/([^/]+)"), "admin api key", singles(), self._key),
            (_path("users"), "admin users", _with(listed, "email"), self._users),
            (_path("invites"), "admin invites", listed, self._invites),
            (_path("workspaces"), "admin workspaces", _with(listed, "include_archived"), self._workspaces),
            (_path("workspaces/([^/]+)/members"), "admin workspace members", listed, self._workspace_members),
            (_path("compliance_settings"), "admin compliance settings", singles(), self._compliance_settings),
            (_path("usage_report/messages"), "admin usage report", _USAGE, self._usage),
        )

    def answer(self, request: Request) -> Answer:
        """One request; errors carry the platform's outer envelope."""
        self._number += 1
        request_id = f"req_02{self._number:022d}"
        if "anthropic-version" not in request.headers:
            self._ledger.without_version += 1
        name, key = "(admin refused)", "-"
        headers: tuple[tuple[str, str], ...] = ()
        try:
            key = self._authenticate(request)
            charge = self._budget.charge()
            headers = rate_headers(charge, self._clock.now())
            refuse_over_budget(charge)
            name, answer = self._handle(request)
        except Problem as problem:
            answer = enveloped(problem, request_id)
        self._ledger.note(name, key, request.method, answer.status, request.target, answer.sending.kind == "whole")
        return answer.with_headers((("request-id", request_id), *headers))

    def _authenticate(self, request: Request) -> str:
        secret = request.headers.get("x-api-key", "")
        credentials = self._world.keys()
        for key in credentials:
            if key.secret == secret and key.is_active:
                if key.kind != "admin":
                    raise Problem(403, "This endpoint needs an Admin API key of the Console organization.")
                return key.name
        raise Problem(401, "invalid x-api-key")

    def _handle(self, request: Request) -> tuple[str, Answer]:
        if request.method != "GET":
            raise Problem(405, "Method Not Allowed", headers=(("allow", "GET"),))
        path = request.path.removeprefix(PREFIX + "/")
        for pattern, name, parameters, handle in self._endpoints:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            fault = self._menu.draw(request.target, _STAGES)
            if fault is not None and fault.stage == "refusal":
                return name, self._menu.refusal(fault, "2020-01-01T00:00:00Z")
            answer = handle(_Call(parameters.read(request.query), found.groups()))
            return name, self._menu.damage(fault, answer) if fault is not None else answer
        raise not_found()

    # ------------------------------------------------------------------------------------------- endpoints

    def _keys(self, call: _Call) -> Answer:
        query = call.query
        rows = [
            row.body
            for row in self._world.console_api_keys()
            if _same(query.one("status"), row.body.get("status"))
            and _same(query.one("workspace_id"), row.body.get("workspace_id"))
            and _same(query.one("created_by_user_id"), row.user_id)
        ]
        return _listed(call, rows, "id")

    def _key(self, call: _Call) -> Answer:
        for row in self._world.console_api_keys():
            if row.id == call.ids[0]:
                return json_answer(row.body)
        raise not_found("API key not found.")

    def _users(self, call: _Call) -> Answer:
        email = call.query.one("email")
        return _listed(call, [row.body for row in self._world.console_users() if _same(email, row.body["email"])], "id")

    def _invites(self, call: _Call) -> Answer:
        invites: Callable[[], Sequence[Row]] | None = getattr(self._world, "console_invites", None)
        return _listed(call, [row.body for row in invites()] if invites else [], "id")

    def _workspaces(self, call: _Call) -> Answer:
        archived = call.query.choice("include_archived", ("false", "true")) == "true"
        rows = [row.body for row in self._world.console_workspaces() if archived or not row.body.get("archived_at")]
        return _listed(call, rows, "id")

    def _workspace_members(self, call: _Call) -> Answer:
        members = self._world.console_workspace_members(call.ids[0])
        if members is None:
            raise not_found("Workspace not found.")
        return _listed(call, list(members), "user_id")

    @staticmethod
    def _compliance_settings(_: _Call) -> Answer:
        return json_answer({"type": "compliance_settings", "state": {"type": "enabled"}})

    def _usage(self, call: _Call) -> Answer:
        query = call.query
        asked = query.one("starting_at")
        if asked is None:
            raise bad_request("starting_at: Field required")
        if query.choice("bucket_width", ("1d", "1h", "1m")) != "1d":
            raise bad_request("bucket_width: this organization's usage is kept in buckets of '1d'")
        size = query.size
        first = _moment("starting_at", asked) // DAY * DAY
        last = _moment("ending_at", query.one("ending_at")) if query.one("ending_at") else self._world.now
        page = query.one("page")
        if page is not None:
            place = self._cursors.open("usage", page)
            if place is None:
                raise bad_request("Invalid page token.")
            assert isinstance(place[0], int)
            first = place[0]
        end = min(last, first + size * DAY)
        grouped = "api_key_id" in query.many("group_by")
        buckets = self._world.usage_buckets(first, end) if end > first else []
        more = end < last
        return json_answer(
            {
                "data": buckets if grouped else [_merged(bucket) for bucket in buckets],
                "has_more": more,
                "next_page": self._cursors.seal("usage", end) if more else None,
            }
        )


_USAGE = Parameters(
    limit=(7, _MOST_BUCKETS),
    singles=frozenset({"starting_at", "ending_at", "bucket_width", "page"}),
    lists=frozenset({"group_by", "api_key_ids", "workspace_ids", "models"}),
)


def refuse_over_budget(charge: Charge) -> None:
    """Raise the 429 of the platform's own endpoints when the budget is used up."""
    if not charge.allowed:
        wait = (("retry-after", str(charge.retry_after)),)
        raise Problem(429, f"Over {charge.limit} requests per minute for the organization.", headers=wait)


def _path(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _with(parameters: Parameters, *names: str) -> Parameters:
    return Parameters(limit=parameters.limit, singles=parameters.singles | set(names))


def _same(wanted: str | None, given: object) -> bool:
    return wanted is None or wanted == given


def _moment(name: str, value: str | None) -> Micros:
    try:
        return parse_time(value or "")
    except ValueError:
        raise bad_request(f"{name}: Input should be a valid datetime or date, invalid character in year") from None


def _listed(call: _Call, rows: list[Wire], identity: str) -> Answer:
    """A page between plain ids."""
    after, before = call.query.one("after_id"), call.query.one("before_id")
    ids = [row[identity] for row in rows]
    size = call.query.size
    for name, cursor in (("after_id", after), ("before_id", before)):
        if cursor is not None and cursor not in ids:
            raise bad_request(f"{name}: '{cursor}' is not an object of this list")
    if before is not None:
        end = ids.index(before)
        picked, more = rows[max(0, end - size) : end], end > size
    else:
        start = ids.index(after) + 1 if after is not None else 0
        picked, more = rows[start : start + size], len(rows) > start + size
    return json_answer(
        {
            "data": picked,
            "has_more": more,
            "first_id": picked[0][identity] if picked else None,
            "last_id": picked[-1][identity] if picked else None,
        }
    )


def _merged(bucket: Wire) -> Wire:
    """A bucket without groups: one row of sums."""
    results = bucket["results"]
    if not results:
        return bucket
    total: Wire = {**results[0], "api_key_id": None}
    for name, value in results[0].items():
        if isinstance(value, int) and not isinstance(value, bool):
            total[name] = sum(result[name] for result in results)
    return {**bucket, "results": [total]}


def enveloped(problem: Problem, request_id: str) -> Answer:
    """An error in the platform's envelope: with an outer type and the request's id."""
    answer = problem.answer()
    body = {"type": "error", **orjson.loads(answer.body), "request_id": request_id}
    return Answer(answer.status, orjson.dumps(body), answer.headers)
