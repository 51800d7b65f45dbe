"""Okta: the System Log in both modes, users, groups, members, app assignments and administrator roles."""

from __future__ import annotations

import re
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode

import orjson

from fanlight.model import DAY, SECOND, Clock, Micros, parse_time
from fanlight.simulator.http.budget import Budget, Charge
from fanlight.simulator.http.cursors import Cursors
from fanlight.simulator.http.faults import Fault, FaultKind, FaultMenu, Stage, spoil
from fanlight.simulator.http.ledger import Ledger
from fanlight.simulator.http.wire import Answer, Request
from fanlight.simulator.world import LogRow, Row, Wire, World

__all__ = ["OktaApi"]

PREFIX = "/api/v1/"
_STAGES: frozenset[Stage] = frozenset({"refusal", "paging", "rows", "wire"})
#: An empty page is how a poll of the log ends, so as a fault it would be a lie about the contract.
_LOG_BARRED: frozenset[FaultKind] = frozenset({"empty_page"})
_RETENTION = 90 * DAY
_OLDEST_SINCE = 180 * DAY
_SUMMARY = {
    400: ("E0000001", "Api validation failed"),
    401: ("E0000011", "Invalid token provided"),
    404: ("E0000007", "Not found: Resource not found"),
    405: ("E0000022", "The endpoint does not support the provided HTTP method"),
    429: ("E0000047", "API call exceeded rate limit due to too many requests."),
}
_CLAUSE = re.compile(r'\s*(lastUpdated|status|eventType)\s+(eq|gt|ge|lt|le)\s+"([^"]*)"\s*')


class OktaProblem(Exception):
    """An answer that is an error in Okta's shape."""

    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def answer(self, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
        """`errorCode`, `errorSummary`, `errorLink`, `errorId`, `errorCauses`."""
        code, summary = _SUMMARY.get(self.status, ("E0000009", "Internal Server Error"))
        body = {
            "errorCode": code,
            "errorSummary": f"{summary}: {self.detail}" if self.detail else summary,
            "errorLink": code,
            "errorId": f"oae{zlib.crc32(self.detail.encode()):012d}",
            "errorCauses": [{"errorSummary": self.detail}] if self.detail and self.status == 400 else [],
        }
        return Answer(self.status, orjson.dumps(body), headers)


@dataclass(frozen=True, slots=True)
class _Call:
    """One request to a list: parameters, where the answer's links must point, and what goes wrong."""

    path: str
    query: dict[str, str]
    base: str
    fault: Fault | None

    def limit(self, default: int, maximum: int) -> int:
        value = self.query.get("limit", str(default))
        if not value.isdigit() or not 0 <= int(value) <= maximum:
            raise OktaProblem(400, f"The limit must be a number between 0 and {maximum}")
        return int(value)

    def only(self, *names: str) -> None:
        for name in self.query:
            if name not in names:
                raise OktaProblem(400, f"The query parameter '{name}' is not supported")


class OktaApi:
    """Answers `/api/v1/…` for an SSWS token."""

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
        self._published: list[LogRow] = []
        self._routes: tuple[tuple[re.Pattern[str], str, Callable[[_Call, tuple[str, ...]], Answer]], ...] = (
            (re.compile("logs"), "okta logs", self._logs),
            (re.compile("users"), "okta users", self._users),
            (re.compile("users/([^/]+)"), "okta user", self._one(world.okta_users, "User")),
            (re.compile("users/([^/]+)/roles"), "okta user roles", self._user_roles),
            (re.compile("groups"), "okta groups", self._groups),
            (re.compile("groups/([^/]+)"), "okta group", self._one(world.okta_groups, "UserGroup")),
            (re.compile("groups/([^/]+)/users"), "okta group users", self._group_users),
            (re.compile("apps"), "okta apps", self._apps),
            (re.compile("apps/([^/]+)"), "okta app", self._one(world.okta_apps, "AppInstance")),
            (re.compile("apps/([^/]+)/users"), "okta app users", self._app_users),
            (re.compile("apps/([^/]+)/groups"), "okta app groups", self._app_groups),
        )

    def answer(self, request: Request) -> Answer:
        """One request from token to links."""
        self._number += 1
        name, key = "(okta refused)", "-"
        headers: tuple[tuple[str, str], ...] = ()
        try:
            key = self._authenticate(request)
            charge = self._budget.charge()
            headers = self._rate_headers(charge)
            _refuse_over_budget(charge)
            name, answer = self._handle(request)
            if answer.status >= 429:
                # A made-up refusal comes from a gateway: it says about waiting only what the fault wants said.
                headers = ()
        except OktaProblem as problem:
            answer = problem.answer()
        self._ledger.note(name, key, request.method, answer.status, request.target, answer.sending.kind == "whole")
        given = {header for header, _ in answer.headers}
        kept = tuple(pair for pair in headers if pair[0] not in given)
        return answer.with_headers((("x-okta-request-id", f"Zsim{self._number:016d}"), *kept))

    def _authenticate(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.upper() == "SSWS":
            credentials = self._world.keys()
            for key in credentials:
                if key.kind == "okta_token" and key.secret == token and key.is_active:
                    return key.name
        raise OktaProblem(401)

    def _rate_headers(self, charge: Charge) -> tuple[tuple[str, str], ...]:
        return (
            ("x-rate-limit-limit", str(charge.limit)),
            ("x-rate-limit-remaining", str(charge.remaining)),
            ("x-rate-limit-reset", str((self._clock.now() + charge.reset_in) // SECOND + 1)),
        )

    def _handle(self, request: Request) -> tuple[str, Answer]:
        if request.method != "GET":
            raise OktaProblem(405)
        path = request.path.removeprefix(PREFIX)
        base = f"http://{request.headers.get('host', 'localhost')}"
        for pattern, name, handle in self._routes:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            barred = _LOG_BARRED if name == "okta logs" else frozenset()
            fault = self._menu.draw(request.target, _STAGES, barred)
            if fault is not None and fault.stage == "refusal":
                return name, self._refusal(fault)
            call = _Call(request.path, dict(parse_qsl(request.query, keep_blank_values=True)), base, fault)
            answer = handle(call, tuple(unquote(part) for part in found.groups()))
            if fault is not None and fault.stage == "wire":
                answer = self._menu.damage(fault, answer)
            return name, answer
        raise OktaProblem(404, request.path)

    def _refusal(self, fault: Fault) -> Answer:
        """The same trouble in Okta's words: waits are told by the reset time only."""
        answer = self._menu.refusal(fault, "")
        now = self._clock.now() // SECOND
        if answer.status != 429:
            return OktaProblem(answer.status).answer()
        resets = {"rate_limited": now + self._menu.wait_seconds, "rate_limited_past_reset": now - 600}
        reset = resets.get(fault.kind)
        return OktaProblem(429).answer((("x-rate-limit-reset", str(reset)),) if reset is not None else ())

    # ----------------------------------------------------------------------------------------- system log

    def _logs(self, call: _Call, _: tuple[str, ...]) -> Answer:
        call.only("since", "until", "after", "limit", "sortOrder", "filter", "q")
        if "since" in call.query and "after" in call.query:
            raise OktaProblem(400, "The 'since' and 'after' parameters exclude each other")
        order = call.query.get("sortOrder", "ASCENDING")
        if order not in ("ASCENDING", "DESCENDING"):
            raise OktaProblem(400, "sortOrder must be ASCENDING or DESCENDING")
        wanted = _event_types(call.query.get("filter", ""))
        if "until" in call.query or order == "DESCENDING" or call.query.get("after", "").startswith("b"):
            return self._bounded(call, order == "DESCENDING", wanted)
        return self._polled(call, wanted)

    def _polled(self, call: _Call, wanted: frozenset[str]) -> Answer:
        """By persistence, ascending; the next link is always there."""
        rows = self._world.okta_log()
        limit = call.limit(100, 1000)
        place = self._log_place(call, "p")
        if place is None:
            place = (self._since(call), "")
        start = bisect_right(rows, place, key=_persisted)
        start = max(_first_kept(rows, self._world.now), start)
        start = max(0, start - _again(call.fault, limit)) if "after" in call.query else start
        picked: list[LogRow] = []
        for row in rows[start:] if wanted else rows[start : start + limit]:
            if len(picked) == limit:
                break
            if not wanted or row.event_type in wanted:
                picked.append(row)
        end = _persisted(picked[-1]) if picked else place
        token = "p" + self._cursors.seal("okta-log", *end)
        return self._linked(call, [row.body() for row in picked], token, ("since", "until"))

    def _bounded(self, call: _Call, descending: bool, wanted: frozenset[str]) -> Answer:
        """By `published` between two moments; the last page has no next link."""
        rows = self._by_publication()
        limit = call.limit(100, 1000)
        held = call.query.get("after")
        if held is None:
            since, until = self._since(call), _moment(call.query.get("until"), "until") or self._world.now
            start = 0
        else:
            place = self._cursors.open("okta-log", held[1:])
            if place is None or len(place) != 3:
                raise OktaProblem(400, "The 'after' parameter is not a cursor of this service")
            since, until, start = (int(part or 0) for part in place)
        low = bisect_left(rows, since, key=lambda row: row.published)
        high = bisect_left(rows, until, key=lambda row: row.published)
        window = rows[low:high]
        if descending:
            window.reverse()
        if wanted:
            window = [row for row in window if row.event_type in wanted]
        start = max(0, start - _again(call.fault, limit))
        end = start + limit
        token = "b" + self._cursors.seal("okta-log", since, until, end) if end < len(window) else None
        return self._linked(call, [row.body() for row in window[start:end]], token, ("since", "until"))

    def _log_place(self, call: _Call, mark: str) -> tuple[Micros, str] | None:
        held = call.query.get("after")
        if held is None:
            return None
        place = self._cursors.open("okta-log", held[1:]) if held.startswith(mark) else None
        if place is None or len(place) != 2:
            raise OktaProblem(400, "The 'after' parameter is not a cursor of this service")
        return int(place[0] or 0), str(place[1])

    def _since(self, call: _Call) -> Micros:
        since = _moment(call.query.get("since"), "since")
        if since is None:
            return self._world.now - 7 * DAY
        if self._world.now - since > _OLDEST_SINCE:
            raise OktaProblem(400, "The since date must not be more than 180 days ago")
        return since

    def _by_publication(self) -> list[LogRow]:
        rows = self._world.okta_log()
        if len(self._published) != len(rows):
            self._published = sorted(rows, key=lambda row: (row.published, row.uuid))
        return self._published

    # ------------------------------------------------------------------------------------------ directory

    def _users(self, call: _Call, _: tuple[str, ...]) -> Answer:
        call.only("limit", "after", "search", "filter", "q", "sortBy", "sortOrder")
        condition = call.query.get("search") or call.query.get("filter")
        rows = list(self._world.okta_users())
        if condition:
            rows = [row for row in rows if _passes(row, condition)]
        else:
            # Okta leaves deactivated people out of the plain list; they need a filter or a search.
            rows = [row for row in rows if row.body.get("status") != "DEPROVISIONED"]
        return self._listed(call, rows, 200, 200)

    def _groups(self, call: _Call, _: tuple[str, ...]) -> Answer:
        call.only("limit", "after", "search", "filter", "q")
        prefix = call.query.get("q", "").casefold()
        rows = [
            row
            for row in self._world.okta_groups()
            if not prefix or str(row.body["profile"]["name"]).casefold().startswith(prefix)
        ]
        return self._listed(call, rows, 200, 10_000)

    def _group_users(self, call: _Call, ids: tuple[str, ...]) -> Answer:
        call.only("limit", "after")
        return self._listed(call, _known(self._world.okta_group_members(ids[0]), ids[0], "UserGroup"), 1000, 1000)

    def _apps(self, call: _Call, _: tuple[str, ...]) -> Answer:
        call.only("limit", "after", "q", "filter")
        prefix = call.query.get("q", "").casefold()
        rows = [row for row in self._world.okta_apps() if _named(row, prefix)]
        return self._listed(call, rows, 20, 200)

    def _app_users(self, call: _Call, ids: tuple[str, ...]) -> Answer:
        call.only("limit", "after", "q", "expand")
        return self._listed(call, _known(self._world.okta_app_users(ids[0]), ids[0], "AppInstance"), 50, 500)

    def _app_groups(self, call: _Call, ids: tuple[str, ...]) -> Answer:
        call.only("limit", "after", "q", "expand")
        return self._listed(call, _known(self._world.okta_app_groups(ids[0]), ids[0], "AppInstance"), 20, 200)

    def _user_roles(self, call: _Call, ids: tuple[str, ...]) -> Answer:
        call.only("expand")
        if not any(row.id == ids[0] for row in self._world.okta_users()):
            raise OktaProblem(404, f"{ids[0]} (User)")
        roles: Callable[[str], Sequence[Wire]] | None = getattr(self._world, "okta_user_roles", None)
        return Answer(200, orjson.dumps(list(roles(ids[0])) if roles else []))

    def _one(self, rows: Callable[[], Sequence[Row]], kind: str) -> Callable[[_Call, tuple[str, ...]], Answer]:
        def handle(_: _Call, ids: tuple[str, ...]) -> Answer:
            for row in rows():
                if row.id == ids[0]:
                    return Answer(200, orjson.dumps(row.body))
            raise OktaProblem(404, f"{ids[0]} ({kind})")

        return handle

    # --------------------------------------------------------------------------------------------- pages

    def _listed(self, call: _Call, rows: Sequence[Row], default: int, maximum: int) -> Answer:
        limit = max(1, call.limit(default, maximum))
        start = 0
        held = call.query.get("after")
        if held is not None:
            place = self._cursors.open(call.path, held)
            if place is None:
                raise OktaProblem(400, "The 'after' parameter is not a cursor of this service")
            start = _behind(rows, int(place[0] or 0), str(place[1]))
        if call.fault is not None and call.fault.kind == "empty_page" and start < len(rows):
            return self._linked(call, [], self._token(call, rows, start), ())
        start = max(0, start - _again(call.fault, limit))
        end = start + limit
        token = self._token(call, rows, end) if end < len(rows) else None
        return self._linked(call, [row.body for row in rows[start:end]], token, ())

    def _token(self, call: _Call, rows: Sequence[Row], end: int) -> str:
        return self._cursors.seal(call.path, end, rows[end - 1].id if end else "")

    def _linked(self, call: _Call, bodies: list[Wire], token: str | None, dropped: tuple[str, ...]) -> Answer:
        """A page with its `Link` headers: itself, and the next one when there is a token."""
        if call.fault is not None and call.fault.stage == "rows" and bodies:
            at = call.fault.dice // 11 % len(bodies)
            bodies = [spoil(call.fault, body) if index == at else body for index, body in enumerate(bodies)]
        if call.fault is not None and call.fault.kind == "shuffled_page":
            bodies = bodies[::-1]
        here = f"{call.base}{call.path}?{urlencode(call.query)}" if call.query else f"{call.base}{call.path}"
        links = [("link", f'<{here}>; rel="self"')]
        if token is not None:
            kept = {name: value for name, value in call.query.items() if name not in (*dropped, "after")}
            links.append(("link", f'<{call.base}{call.path}?{urlencode({**kept, "after": token})}>; rel="next"'))
        return Answer(200, orjson.dumps(bodies), tuple(links))


def _refuse_over_budget(charge: Charge) -> None:
    if not charge.allowed:
        raise OktaProblem(429)


def _persisted(row: LogRow) -> tuple[Micros, str]:
    return row.persisted_at, row.uuid


def _first_kept(rows: Sequence[LogRow], now: Micros) -> int:
    return bisect_left(rows, now - _RETENTION, key=lambda row: row.persisted_at)


def _again(fault: Fault | None, limit: int) -> int:
    if fault is None or fault.kind not in ("duplicate_page", "overlapping_page") or limit < 1:
        return 0
    return limit if fault.kind == "duplicate_page" else 1 + fault.dice // 13 % limit


def _behind(rows: Sequence[Row], offset: int, last: str) -> int:
    """The place behind the last row that was given, although the list may have changed since."""
    if 0 < offset <= len(rows) and rows[offset - 1].id == last:
        return offset
    for index, row in enumerate(rows):
        if row.id == last:
            return index + 1
    return min(offset, len(rows))


def _known(rows: Sequence[Row] | None, identifier: str, kind: str) -> Sequence[Row]:
    if rows is None:
        raise OktaProblem(404, f"{identifier} ({kind})")
    return rows


def _named(row: Row, prefix: str) -> bool:
    return not prefix or any(str(row.body.get(name, "")).casefold().startswith(prefix) for name in ("label", "name"))


def _moment(value: str | None, name: str) -> Micros | None:
    if value is None:
        return None
    try:
        return parse_time(value)
    except ValueError:
        raise OktaProblem(400, f"'{name}' must be a valid date in ISO 8601 format") from None


def _event_types(text: str) -> frozenset[str]:
    """The types of `eventType eq "a" or eventType eq "b"`; everything else is refused, as is `published`."""
    if not text:
        return frozenset()
    found: set[str] = set()
    for clause in re.split(r"\s+or\s+", text):
        match = _CLAUSE.fullmatch(clause)
        if match is None or match[1] != "eventType" or match[2] != "eq":
            raise OktaProblem(400, "The filter is not supported")
        found.add(match[3])
    return frozenset(found)


def _passes(row: Row, condition: str) -> bool:
    for clause in re.split(r"\s+and\s+", condition):
        match = _CLAUSE.fullmatch(clause)
        if match is None or match[1] == "eventType":
            raise OktaProblem(400, "The search is not supported")
        field, operator, value = match.groups()
        if not _holds(str(row.body.get(field) or ""), operator, value, is_time=field == "lastUpdated"):
            return False
    return True


def _holds(given: str, operator: str, wanted: str, *, is_time: bool) -> bool:
    left: Micros | str = given
    right: Micros | str = wanted
    if is_time:
        left, right = _moment(given or "1970-01-01", "lastUpdated") or 0, _moment(wanted, "lastUpdated") or 0
    if operator == "eq":
        return left == right
    ordered = left > right if operator in ("gt", "ge") else left < right  # type: ignore[operator]
    return ordered or (operator in ("ge", "le") and left == right)
