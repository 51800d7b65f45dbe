"""The fault menu: what goes wrong on the way, decided by a seed.

Whether a request suffers is a function of the seed, the request's target and how often that target was asked before,
never of the order in which threads happen to ask: the same run meets the same faults.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import orjson

from fanlight.simulator.http.problems import Problem
from fanlight.simulator.http.wire import Answer, Sending

__all__ = ["DEFAULT_KINDS", "KINDS", "SHAPE_KINDS", "Fault", "FaultKind", "FaultMenu", "Stage", "spoil"]

FaultKind = Literal[
    "rate_limited",
    "rate_limited_bare",
    "rate_limited_past_reset",
    "error_retry",
    "error_plain",
    "error_final",
    "bad_gateway",
    "unavailable",
    "gateway_timeout",
    "overloaded",
    "cut",
    "cut_short",
    "reset_before",
    "reset_after_headers",
    "drip",
    "duplicate_page",
    "overlapping_page",
    "shuffled_page",
    "empty_page",
    "unknown_field",
    "unknown_type",
    "null_field",
    "changed_type",
    "transcript_busy",
    "transcript_later",
]
Stage = Literal["refusal", "transcript", "paging", "rows", "wire"]
"""Where a fault strikes: instead of an answer (`transcript`: only of local session messages), in the choice of rows, in
the rows' shape, or on the wire."""

#: Kind -> (stage, weight).
_MENU: dict[FaultKind, tuple[Stage, int]] = {
    "rate_limited": ("refusal", 6),
    "rate_limited_bare": ("refusal", 3),
    "rate_limited_past_reset": ("refusal", 3),
    "error_retry": ("refusal", 6),
    "error_plain": ("refusal", 6),
    "error_final": ("refusal", 1),
    "bad_gateway": ("refusal", 5),
    "unavailable": ("refusal", 5),
    "gateway_timeout": ("refusal", 5),
    "overloaded": ("refusal", 5),
    "cut": ("wire", 8),
    "cut_short": ("wire", 8),
    "reset_before": ("wire", 8),
    "reset_after_headers": ("wire", 8),
    "drip": ("wire", 3),
    "duplicate_page": ("paging", 6),
    "overlapping_page": ("paging", 6),
    "shuffled_page": ("paging", 4),
    "empty_page": ("paging", 4),
    "unknown_field": ("rows", 4),
    "unknown_type": ("rows", 2),
    "null_field": ("rows", 2),
    "changed_type": ("rows", 2),
    "transcript_busy": ("transcript", 8),
    "transcript_later": ("transcript", 2),
}
KINDS: tuple[FaultKind, ...] = tuple(_MENU)
#: These falsify what a row says, so a client that stores such a row differs from the truth: only on demand.
SHAPE_KINDS: tuple[FaultKind, ...] = ("unknown_type", "null_field", "changed_type")
DEFAULT_KINDS: tuple[FaultKind, ...] = tuple(kind for kind in KINDS if kind not in SHAPE_KINDS)

#: Kinds that come in bursts: the next requests of the same target meet the same wall.
_BURSTS: frozenset[FaultKind] = frozenset({"bad_gateway", "unavailable", "gateway_timeout", "overloaded"})
#: How many answers one target can lose in a row, so that patience always wins in the end.
_LONGEST_RUN = 4

_STATUS: dict[FaultKind, tuple[int, str, str]] = {
    "error_retry": (500, "api_error", "Internal server error"),
    "error_plain": (500, "api_error", "Internal server error"),
    "error_final": (500, "api_error", "Internal server error"),
    "bad_gateway": (502, "api_error", "Bad gateway"),
    "unavailable": (503, "overloaded_error", "The service is temporarily unavailable. Try again shortly."),
    "gateway_timeout": (504, "api_error", "Gateway timeout"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one request."""

    kind: FaultKind
    stage: Stage
    dice: int
    """A number from the seed for whatever the fault has to choose."""


class FaultMenu:
    """Draws faults. `wait_seconds` is what a made-up 429 asks for; `drip_seconds` how long a slow body takes."""

    def __init__(
        self,
        probability: float = 0.0,
        seed: int = 0,
        kinds: Iterable[FaultKind] = DEFAULT_KINDS,
        wait_seconds: int = 1,
        drip_seconds: float = 0.6,
    ) -> None:
        self.wait_seconds = wait_seconds
        self.drip_seconds = drip_seconds
        self.struck: Counter[FaultKind] = Counter()
        self.set(probability, seed, kinds)

    def set(self, probability: float, seed: int, kinds: Iterable[FaultKind] = DEFAULT_KINDS) -> None:
        """Start afresh with another probability and seed."""
        self.probability = probability
        self.seed = seed
        self.kinds = tuple(kinds)
        self._asked: Counter[str] = Counter()
        self._bursts: dict[str, tuple[FaultKind, int]] = {}
        self._runs: Counter[str] = Counter()
        self.struck.clear()

    def draw(self, target: str, stages: frozenset[Stage], barred: frozenset[FaultKind] = frozenset()) -> Fault | None:
        """The fault of the next request for `target`, of the kinds this endpoint can suffer."""
        if self.probability <= 0:
            return None
        attempt = self._asked[target]
        self._asked[target] = attempt + 1
        digest = hashlib.blake2b(f"{self.seed} {attempt} {target}".encode(), digest_size=16).digest()
        luck = int.from_bytes(digest[:6], "big") / 2**48
        dice = int.from_bytes(digest[6:], "big")
        kind = self._burst(target)
        if kind is None and (luck >= self.probability or self._runs[target] >= _LONGEST_RUN):
            self._runs.pop(target, None)
            return None
        if kind is None:
            kind = self._choose(dice, stages, barred)
            if kind is None:
                return None
            # One in four walls stands for a second request, one in sixteen for a third: clients double their waits
            # each time, and a run of tests must end.
            if kind in _BURSTS and dice % 4 == 0:
                self._bursts[target] = (kind, 2 if dice // 4 % 4 == 0 else 1)
        self._runs[target] += 1
        self.struck[kind] += 1
        return Fault(kind, _MENU[kind][0], dice)

    def _burst(self, target: str) -> FaultKind | None:
        held = self._bursts.pop(target, None)
        if held is None:
            return None
        kind, left = held
        if left > 1:
            self._bursts[target] = (kind, left - 1)
        return kind

    def _choose(self, dice: int, stages: frozenset[Stage], barred: frozenset[FaultKind]) -> FaultKind | None:
        choices = [kind for kind in self.kinds if _MENU[kind][0] in stages and kind not in barred]
        if not choices:
            return None
        mark = dice // 7 % sum(_MENU[kind][1] for kind in choices)
        for kind in choices:
            mark -= _MENU[kind][1]
            if mark < 0:
                return kind
        return choices[-1]

    @staticmethod
    def refuses(fault: Fault) -> bool:
        """Whether the fault strikes before any work."""
        return fault.stage in ("refusal", "transcript")

    def refusal(self, fault: Fault, past: str) -> Answer:
        """The answer of a fault that strikes before any work. `past` is a moment gone by, RFC 3339."""
        wait = ("retry-after", str(self.wait_seconds))
        if fault.kind == "transcript_busy":
            return Problem(
                429, "The transcript reader is busy.", error_code="transcript_read_server_busy", headers=(wait,)
            ).answer()
        if fault.kind == "transcript_later":
            return Problem(503, "The retention of this session cannot be evaluated. Try again later.").answer()
        if fault.kind in _STATUS:
            status, error, message = _STATUS[fault.kind]
            headers: tuple[tuple[str, str], ...] = ()
            if fault.kind in ("error_retry", "error_final"):
                headers = (("x-should-retry", "true" if fault.kind == "error_retry" else "false"),)
            return Answer(status, _envelope(error, message), headers)
        message = "Too many requests. Honour the retry-after header and try again."
        if fault.kind == "rate_limited":
            headers = (wait,)
        elif fault.kind == "rate_limited_past_reset":
            headers = (wait, ("anthropic-ratelimit-requests-reset", past))
        else:
            headers = ()
        return Answer(429, _envelope("rate_limit_error", message), headers)

    def damage(self, fault: Fault, answer: Answer) -> Answer:
        """The answer of a fault that strikes on the wire."""
        size = max(1, len(answer.body))
        if fault.kind == "cut":
            return replace(answer, sending=Sending("cut", at=fault.dice % size))
        if fault.kind == "cut_short":
            return replace(answer, body=answer.body[: fault.dice % size])
        if fault.kind == "drip":
            return replace(answer, sending=Sending("drip", seconds=self.drip_seconds))
        if fault.kind == "reset_before":
            return replace(answer, sending=Sending("reset_before"))
        return replace(answer, sending=Sending("reset_after_headers"))


def spoil(fault: Fault, row: dict[str, object]) -> dict[str, object]:
    """One row with a shape the client has never seen."""
    if fault.kind == "unknown_field":
        return {**row, "x_later_field": {"since": "a later version", "values": [1, None, "é"]}}
    if fault.kind == "unknown_type":
        return {**row, "type": "something_invented_later"}
    texts = [name for name, value in row.items() if isinstance(value, str) and name not in ("id", "created_at", "type")]
    if not texts:
        return row
    name = texts[fault.dice % len(texts)]
    return {**row, name: None if fault.kind == "null_field" else {"value": row[name]}}


def _envelope(error: str, message: str) -> bytes:
    return orjson.dumps({"error": {"type": error, "message": message}})
