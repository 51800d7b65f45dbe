"""The share of a vendor's request limit that one source may use.

A token bucket paced at `share x limit` requests a window. What the vendor announces in its headers replaces the
assumed limit. Others use the same budget: as `remaining / limit` falls below 0.2 the pace falls with its square
(at half of that: a quarter), so that two clients settle before the limit and not on it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping

from fanlight.model import SECOND, Clock, Micros

__all__ = ["SharedBudget"]

_LOW = 0.2
_RESERVE = 0.02
_FLOOR = 0.02
_BURST_SECONDS = 5.0


class SharedBudget:
    """Implements `contract.Budget`; safe to use from several threads.

    `limit` is requests per `window_seconds`, as documented by the vendor; `share` is our part of it (0-1].
    `burst_seconds` of the pace may be spent at once, more where a limit counts by the hour.
    `first` names the purposes that may overtake all others. A purpose `feed:retry` is counted apart from `feed`
    and has the same right of way.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        limit: int,
        share: float,
        window_seconds: float = 60.0,
        first: frozenset[str] = frozenset({"feed", "check"}),
        fixed: bool = False,
        burst_seconds: float = _BURST_SECONDS,
    ) -> None:
        self._clock = clock
        self._share = min(1.0, max(0.01, share))
        self._window = window_seconds
        self._burst = burst_seconds
        self._first = first
        self._fixed = fixed
        self._limit = limit
        self._announced: int | None = None
        self._slow = 1.0
        self._blocked_until: Micros = 0
        self._lock = threading.Lock()
        self._urgent_waiting = 0
        self._spent: Counter[str] = Counter()
        self._at = clock.now()
        self._tokens = self._capacity()

    @property
    def announced(self) -> int | None:
        """The limit in the vendor's last header, requests per window; None while none was seen."""
        return self._announced

    def per_second(self) -> float:
        """Requests a second this source allows itself now."""
        return self._limit * self._share * self._slow / self._window

    def acquire(self, purpose: str) -> None:
        """Wait (on the clock) until one more request may be sent for `purpose`."""
        urgent = purpose.partition(":")[0] in self._first
        if urgent:
            with self._lock:
                self._urgent_waiting += 1
        try:
            while (wait := self._take(purpose, urgent=urgent)) > 0:
                self._clock.sleep(wait)
        finally:
            if urgent:
                with self._lock:
                    self._urgent_waiting -= 1

    def learn(self, *, limit: int | None, remaining: int | None, reset_at: Micros | None) -> None:
        """Take in the rate headers of an answer; without them the documented limit stays."""
        if limit is None or limit <= 0:
            return
        with self._lock:
            self._refill()
            if not self._fixed and limit != self._announced:
                self._announced = self._limit = limit
                self._tokens = min(self._tokens, self._capacity())
            self._announced = limit
            if remaining is None:
                return
            ratio = max(0, remaining) / limit
            self._slow = max(_FLOOR, (ratio / _LOW) ** 2) if ratio < _LOW else 1.0
            if ratio <= _RESERVE:
                now = self._clock.now()
                pause = self._window / 10
                if reset_at is not None and reset_at > now:
                    pause = min(self._window, (reset_at - now) / SECOND)
                self._blocked_until = max(self._blocked_until, now + int(pause * SECOND))

    def hold(self, seconds: float) -> None:
        """Send nothing for that long: the vendor said so (429)."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self._clock.now() + int(seconds * SECOND))

    def spent(self) -> Mapping[str, int]:
        """Requests sent so far, by purpose."""
        with self._lock:
            return dict(self._spent)

    def _capacity(self) -> float:
        return max(1.0, self._limit * self._share * self._burst / self._window)

    def _refill(self) -> None:
        now = self._clock.now()
        passed = max(0, now - self._at) / SECOND
        self._at = now
        self._tokens = min(self._capacity(), self._tokens + passed * self.per_second())

    def _take(self, purpose: str, *, urgent: bool) -> float:
        """Seconds still to wait; 0 when the request may go."""
        with self._lock:
            self._refill()
            blocked = (self._blocked_until - self._at) / SECOND
            if blocked > 0:
                return blocked
            needed = 1.0
            if not urgent and self._urgent_waiting:
                needed += self._urgent_waiting
            missing = needed - self._tokens
            if missing > 0:
                return max(0.001, missing / max(1e-6, self.per_second()))
            self._tokens -= 1.0
            self._spent[purpose] += 1
            return 0.0
