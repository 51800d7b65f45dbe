"""What the simulator saw: every request counted, and the traces that requests leave in the Activity Feed."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from fanlight.model import SECOND, Clock, Micros
from fanlight.simulator.world import World

__all__ = ["Ledger", "Trail"]


@dataclass(slots=True)
class Ledger:
    """Counts of requests, for tests that must prove what a client did and did not do."""

    requests: Counter[str] = field(default_factory=Counter)
    """By endpoint."""
    answered: Counter[str] = field(default_factory=Counter)
    """By endpoint, only those that got 200 and their whole body."""
    statuses: Counter[int] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    """By name of the key; `-` without a good one."""
    methods: Counter[str] = field(default_factory=Counter)
    without_version: int = 0
    """Anthropic requests without the header `anthropic-version`."""
    targets: dict[str, set[int]] = field(default_factory=dict)
    """Hashes of the distinct targets by endpoint."""

    def note(self, endpoint: str, key: str, method: str, status: int, target: str, whole: bool) -> None:
        """Count one request."""
        self.requests[endpoint] += 1
        self.statuses[status] += 1
        self.keys[key] += 1
        self.methods[method] += 1
        self.targets.setdefault(endpoint, set()).add(hash(target))
        if whole and status == 200:
            self.answered[endpoint] += 1

    @property
    def deletes(self) -> int:
        """How often somebody sent DELETE. Must stay 0."""
        return self.methods["DELETE"]

    def summary(self) -> dict[str, object]:
        """As JSON for the control surface."""
        return {
            "total": self.requests.total(),
            "requests": dict(sorted(self.requests.items())),
            "answered": dict(sorted(self.answered.items())),
            "distinct": {name: len(found) for name, found in sorted(self.targets.items())},
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "keys": dict(sorted(self.keys.items())),
            "methods": dict(sorted(self.methods.items())),
            "deletes": self.deletes,
            "without_version": self.without_version,
        }

    def clear(self) -> None:
        """Start counting again."""
        for counts in (self.requests, self.answered, self.statuses, self.keys, self.methods, self.targets):
            counts.clear()
        self.without_version = 0


@dataclass(frozen=True, slots=True)
class _Step:
    due: Micros
    key_id: str
    ip: str
    user_agent: str
    url: str
    status: int
    method: str


class Trail:
    """Own traffic: each Compliance request becomes a `compliance_api_accessed` row, a little later.

    The feed has an indexing lag; here it is `lag` on the machine's clock, or the next `advance`, whichever is first.
    Rows of one moment of the world are told apart by a microsecond each, so they stay in the order of the requests.
    """

    def __init__(self, world: World, clock: Clock, lag: Micros = 2 * SECOND) -> None:
        self._world = world
        self._clock = clock
        self._lag = lag
        self._steps: deque[_Step] = deque()
        self._last: Micros = 0

    def add(self, key_id: str, ip: str, user_agent: str, target: str, status: int, method: str) -> None:
        """Remember one request."""
        url = f"https://api.anthropic.com{target}"
        self._steps.append(_Step(self._clock.now() + self._lag, key_id, ip, user_agent, url, status, method))

    def settle(self, *, everything: bool = False) -> None:
        """Put the rows that are due into the feed."""
        now = self._clock.now()
        while self._steps and (everything or self._steps[0].due <= now):
            step = self._steps.popleft()
            self._last = max(self._last + 1, self._world.now)
            self._world.record_access(
                step.key_id, step.ip, step.user_agent, step.url, step.status, method=step.method, at=self._last
            )
