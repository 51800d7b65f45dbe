"""What every neighbouring vendor's fake has in common: tokens, budget, faults, routes, errors, logs with late rows."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import parse_qsl, unquote

import orjson

from fanlight.model import HOUR, MINUTE, SECOND, Clock, Micros
from fanlight.simulator.http.budget import Budget
from fanlight.simulator.http.cursors import Cursors
from fanlight.simulator.http.faults import Fault, FaultKind, FaultMenu, Stage, spoil
from fanlight.simulator.http.ledger import Ledger
from fanlight.simulator.http.wire import Answer, Request
from fanlight.simulator.identifiers import stable_bytes
from fanlight.simulator.records import Person, value_at
from fanlight.simulator.stage import Beside
from fanlight.simulator.world import Wire, World

__all__ = ["Call", "Entry", "NeighbourSite", "Refused", "lateness", "people_of", "staff_now"]

_STAGES: frozenset[Stage] = frozenset({"refusal", "paging", "rows", "wire"})
_TOKEN_USES = 40
"""Under faults a token dies after about so many requests, long before its stated life."""

Handler = Callable[["Call", tuple[str, ...]], Answer]


class Refused(Exception):
    """An answer that is an error; each vendor words it in its own way."""

    def __init__(self, status: int, code: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a log: when it happened, when it is first shown, and how it looks."""

    id: str
    at: Micros
    visible_at: Micros
    body: Callable[[], Wire]


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a list: parameters, where links must point, and what goes wrong."""

    path: str
    query: dict[str, str]
    base: str
    fault: Fault | None
    request: Request

    def limit(self, name: str, default: int, maximum: int) -> int:
        """The page size asked for. Raises `Refused` when it is none."""
        value = self.query.get(name, str(default))
        if not value.isdigit() or not 1 <= int(value) <= maximum:
            raise Refused(400, "page_size")
        return int(value)

    def only(self, *names: str) -> None:
        """Refuse parameters that the vendor does not know."""
        for name in self.query:
            if name not in names:
                raise Refused(400, f"unknown parameter {name}")


def lateness(identifier: str) -> Micros:
    """How long a row takes to be shown: mostly under a minute, five in a hundred half an hour, three up to three hours.

    Worse than any vendor admits, as measured by people who compared what they had read with a live tenant.
    """
    dice = int.from_bytes(stable_bytes("late", identifier, size=6), "big") / 2**48
    if dice > 0.08:
        return int(dice * 55 * SECOND)
    return int((dice - 0.03) * 600 * MINUTE) if dice > 0.03 else int(dice / 0.03 * 3 * HOUR)


def people_of(world: World) -> Sequence[Person]:
    """Everybody the company ever had; indexes are those of log rows."""
    return world.stage.company.people


def staff_now(world: World) -> list[tuple[Person, str]]:
    """People that the identity provider lists at the world's now, with their status there."""
    found = []
    for person in people_of(world):
        status = value_at(person.okta_status, world.now)
        if person.okta_id and status is not None and status != "DELETED":
            found.append((person, status))
    return found


class NeighbourSite:
    """Answers for one vendor. Subclasses give `routes`, `entries`, `authenticate`, `error_body` and `settings`."""

    kind: str
    streams: Mapping[str, str]
    """The connector's stream for each log of this vendor, by the stream's name."""
    kept: Micros
    """How long logs are kept."""
    log_barred: frozenset[FaultKind] = frozenset()

    def __init__(
        self, world: World, *, clock: Clock, budget: Budget, menu: FaultMenu, ledger: Ledger, cursors: Cursors
    ) -> None:
        self.world = world
        self.clock = clock
        self.menu = menu
        self.cursors = cursors
        self._budget = budget
        self._ledger = ledger
        self._entries: dict[str, tuple[int, list[Entry]]] = {}
        self._tokens: dict[str, Micros] = {}
        self._uses: Counter[str] = Counter()
        self._number = self._issued = 0
        self._held: tuple[Micros, Micros, Micros] | None = None
        self.routes: Sequence[tuple[re.Pattern[str], str, Handler]] = ()

    # ----------------------------------------------------------------------------- what a vendor says of itself

    def settings(self, base: str) -> Mapping[str, str]:
        """What an administrator enters to connect to this vendor at `base`: options by name; secrets end in `_key`."""
        raise NotImplementedError

    def wrong_key(self) -> Mapping[str, str]:
        """Secrets of the right form that open nothing, by option."""
        return {"key": "00wrong-wrong-wrong"}

    def inventory(self) -> Mapping[str, Wire]:
        """The devices that a complete collector holds, by their ids; none at most vendors."""
        return {}

    def event_ids(self, entry: Entry) -> Sequence[str]:
        """The ids under which a complete collector holds an entry."""
        return (entry.id,)

    def authenticate(self, request: Request) -> str:
        """The name of the credential. Raises `Refused(401)`."""
        raise NotImplementedError

    def error_body(self, status: int, code: str) -> bytes:
        """An error in this vendor's words."""
        raise NotImplementedError

    # ----------------------------------------------------------------------------------------------- one request

    def answer(self, request: Request) -> Answer:
        """One request from token to page; never raises for bad input."""
        self._number += 1
        name, key = f"({self.kind} refused)", "-"
        try:
            if (given := self.sign_in(request)) is not None:
                name, answer = f"{self.kind} token", self._disturbed(request, lambda _: given)
            else:
                key = self.authenticate(request)
                self._charge()
                name, answer = self._handle(request)
        except Refused as refused:
            answer = self.refusal(refused.status, refused.code)
        self._ledger.note(name, key, request.method, answer.status, request.target, answer.sending.kind == "whole")
        return answer.with_headers((("x-request-id", f"sim-{self._number:012d}"),))

    def _charge(self) -> None:
        if not self._budget.charge().allowed:
            raise Refused(429, "rate")

    def sign_in(self, _request: Request) -> Answer | None:
        """The answer of the token address, None for every other one."""
        return None

    def refusal(self, status: int, code: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
        """An error answer."""
        return Answer(status, self.error_body(status, code), headers)

    def _handle(self, request: Request) -> tuple[str, Answer]:
        if request.method != "GET":
            raise Refused(405, "method")
        for pattern, name, handle in self.routes:
            found = pattern.fullmatch(request.path)
            if found is None:
                continue
            ids = tuple(unquote(part) for part in found.groups() if part is not None)
            return f"{self.kind} {name}", self._disturbed(request, lambda call, do=handle, own=ids: do(call, own))  # type: ignore[misc]
        raise Refused(404, "path")

    def _disturbed(self, request: Request, work: Callable[[Call], Answer]) -> Answer:
        fault = self.menu.draw(request.target, _STAGES, self.log_barred)
        if fault is not None and fault.stage == "refusal":
            made = self.menu.refusal(fault, "")
            kept = tuple(pair for pair in made.headers if pair[0] == "retry-after")
            return self.refusal(made.status, "fault", kept)
        base = f"http://{request.headers.get('host', 'localhost')}"
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        answer = work(Call(request.path, query, base, fault, request))
        if fault is not None and fault.stage == "wire":
            answer = self.menu.damage(fault, answer)
        return answer

    # ----------------------------------------------------------------------------------------------------- tokens

    def issue(self, life_seconds: int) -> str:
        """A new token that lives so long on the machine's clock."""
        self._issued += 1
        token = "tok" + stable_bytes(self.kind, self.world.seed, self._issued, size=24).hex()
        self._tokens[token] = self.clock.now() + life_seconds * SECOND
        return token

    def bearer(self, request: Request) -> str:
        """The name of the token's owner. Raises `Refused(401)` for an unknown or ended one."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        self._uses[token] += 1
        spent = self.menu.probability > 0 and self._uses[token] > _TOKEN_USES
        if scheme.lower() != "bearer" or self._tokens.get(token, 0) <= self.clock.now() or spent:
            self._tokens.pop(token, None)
            raise Refused(401, "token")
        return f"{self.kind} app"

    # ------------------------------------------------------------------------------------------------------- logs

    def entries(self, name: str) -> list[Entry]:
        """Every row of a log of this vendor, in any order; rows not yet visible may be among them."""
        raise NotImplementedError

    def hold_back(self, since: Micros, until: Micros, by: Micros) -> None:
        """Show every second row of what happened in `[since, until)` so long after it happened, behind its readers."""
        self._held = (since, until, by)
        self._entries.clear()

    def is_held(self, entry: Entry) -> bool:
        """Whether an entry is one of those that are held back."""
        if self._held is None or not self._held[0] <= entry.at < self._held[1]:
            return False
        return stable_bytes("held", entry.id, size=1)[0] % 2 == 0

    def _shown(self, entry: Entry) -> Entry:
        return replace(entry, visible_at=entry.at + self._held[2]) if self._held and self.is_held(entry) else entry

    def staged_rows(self) -> list[Wire]:
        """Every staged row up to now, of all logs of this vendor."""
        rows = [row for row in self.world.stage.besides if row.vendor == self.kind and row.at <= self.world.now]
        return [self.staged(row) for row in rows]

    def staged_id(self, row: Beside) -> str:
        """The id of a staged row."""
        return row.id

    def staged(self, row: Beside) -> Wire:
        """A row that a story stages, in this vendor's form."""
        raise NotImplementedError

    def log(self, name: str) -> list[Entry]:
        """The visible rows of a log by time and id, oldest first."""
        held = self._entries.get(name)
        if held is None or held[0] != self.world.version:
            rows = [entry for entry in map(self._shown, self.entries(name)) if entry.visible_at <= self.world.now]
            rows += [
                Entry(self.staged_id(row), row.at, row.at, partial(self.staged, row))
                for row in self.world.stage.besides
                if row.vendor == self.kind and row.log == name and row.at <= self.world.now
            ]
            rows.sort(key=lambda entry: (entry.at, entry.id))
            held = self._entries[name] = (self.world.version, rows)
        return held[1]

    def window(self, name: str, since: Micros | None, until: Micros | None, retention: Micros) -> list[Entry]:
        """Visible rows of `[since, until)` that the vendor still keeps."""
        rows = self.log(name)
        oldest = max(self.world.now - retention, since or 0)
        low = bisect_left(rows, oldest, key=lambda entry: entry.at)
        high = len(rows) if until is None else bisect_left(rows, until, key=lambda entry: entry.at)
        return rows[low:high]

    def page(self, call: Call, rows: Sequence[Entry], limit: int, start: int) -> tuple[list[Wire], int | None]:
        """Bodies from `start`, and where the next page begins; with the faults of paging and of rows."""
        fault = call.fault
        if fault is not None and fault.kind == "empty_page" and start < len(rows):
            return [], start
        if fault is not None and fault.kind in ("duplicate_page", "overlapping_page"):
            start = max(0, start - (limit if fault.kind == "duplicate_page" else 1 + fault.dice // 13 % limit))
        bodies = [entry.body() for entry in rows[start : start + limit]]
        if fault is not None and fault.stage == "rows" and bodies:
            at = fault.dice // 11 % len(bodies)
            bodies[at] = spoil(fault, bodies[at])
        if fault is not None and fault.kind == "shuffled_page":
            bodies.reverse()
        return bodies, start + limit if start + limit < len(rows) else None

    def dead(self, call: Call) -> bool:
        """Whether a position given earlier has ended: under faults about one in twenty has."""
        if self.menu.probability <= 0:
            return False
        asked = self._uses[f"dead {call.path}"] = self._uses[f"dead {call.path}"] + 1
        return asked % 19 == 0


def listed(rows: Sequence[Wire]) -> list[Entry]:
    """Plain objects as entries, so that lists page like logs."""
    return [Entry("", 0, 0, lambda row=row: dict(row)) for row in rows]  # type: ignore[misc]


def whole(value: object, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A JSON answer."""
    return replace(Answer(200, orjson.dumps(value)), headers=headers)
