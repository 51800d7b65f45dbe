"""The simulator's own surface, on a port of its own and for this machine only: move the clock, read the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from urllib.parse import parse_qsl

import orjson

from fanlight.model import SECOND, format_time
from fanlight.simulator.http.faults import DEFAULT_KINDS, KINDS, FaultMenu
from fanlight.simulator.http.ledger import Ledger, Trail
from fanlight.simulator.http.minimum import minimum_requests
from fanlight.simulator.http.wire import Answer, Request
from fanlight.simulator.world import World

__all__ = ["Control"]

_LOOPBACK = ("127.", "::1")


class Control:
    """Answers `/_sim/…`; nothing of it is part of a vendor's API."""

    def __init__(self, world: World, menu: FaultMenu, ledger: Ledger, trail: Trail) -> None:
        self._world = world
        self._menu = menu
        self._ledger = ledger
        self._trail = trail
        self._calls: dict[tuple[str, str], Callable[[dict[str, str]], object]] = {
            ("GET", "/_sim/now"): lambda _: {"now": format_time(self._world.now)},
            ("POST", "/_sim/advance"): self._advance,
            ("GET", "/_sim/truth"): lambda _: self._world.truth.as_json(),
            ("GET", "/_sim/planted"): self._planted,
            ("GET", "/_sim/reach"): lambda values: self._world.truth.reach(values["user_id"]),
            ("GET", "/_sim/stats"): self._stats,
            ("POST", "/_sim/stats/reset"): self._reset,
            ("POST", "/_sim/faults"): self._faults,
            ("GET", "/_sim/places"): lambda _: list(self._world.places()),
            ("GET", "/_sim/keys"): lambda _: list(self._world.keys()),
        }

    def answer(self, request: Request) -> Answer:
        """One command; what cannot be done is a 400 with a sentence."""
        if not request.peer.startswith(_LOOPBACK):
            return Answer(403, b'{"error":"Only this machine may steer the simulator."}')
        call = self._calls.get((request.method, request.path))
        if call is None:
            return Answer(404, b'{"error":"No such command."}')
        try:
            found = call(dict(parse_qsl(request.query)))
        except (ValueError, KeyError) as error:
            return Answer(400, orjson.dumps({"error": f"The command cannot be done: {error}"}))
        return Answer(200, orjson.dumps(found, default=_plain, option=orjson.OPT_NON_STR_KEYS))

    def advance(self, seconds: float) -> int:
        """Move the world's clock on; gives the number of activities that appeared."""
        self._trail.settle(everything=True)
        return self._world.advance(self._world.now + round(seconds * SECOND))

    def _advance(self, values: dict[str, str]) -> object:
        fresh = self.advance(float(values["seconds"]))
        return {"now": format_time(self._world.now), "activities": fresh}

    def _planted(self, _: dict[str, str]) -> object:
        """Every planted value and every canary word: what a search at rest must not find."""
        truth = self._world.truth
        return {"values": list(truth.planted_values()), "canaries": [list(found) for found in truth.canaries()]}

    def _stats(self, values: dict[str, str]) -> object:
        found = self._ledger.summary() | {"faults": dict(self._menu.struck)}
        return found | {"minimum": minimum_requests(self._world)} if "minimum" in values else found

    def _reset(self, _: dict[str, str]) -> object:
        self._ledger.clear()
        return self._ledger.summary()

    def _faults(self, values: dict[str, str]) -> object:
        probability = float(values.get("probability", "0"))
        if not 0 <= probability <= 1:
            raise ValueError("the probability must lie between 0 and 1")
        asked = values.get("kinds", "").split(",") if values.get("kinds") else []
        unknown = [kind for kind in asked if kind not in KINDS]
        if unknown:
            raise ValueError(f"unknown kinds of fault: {', '.join(unknown)}")
        kinds = tuple(kind for kind in KINDS if kind in asked) if asked else DEFAULT_KINDS
        self._menu.set(probability, int(values.get("seed", "0")), kinds)
        return {"probability": probability, "seed": self._menu.seed, "kinds": list(kinds)}


def _plain(value: object) -> object:
    """Sets, tuples as keys and slotted dataclasses for JSON."""
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"no JSON form for {type(value).__name__}")
