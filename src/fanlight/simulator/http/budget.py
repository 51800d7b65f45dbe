"""Request budgets: so many requests in a window of a minute, shared by every key of a parent organization."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fanlight.model import MINUTE, SECOND, Clock, Micros

__all__ = ["Budget", "Charge"]


@dataclass(frozen=True, slots=True)
class Charge:
    """What one request found in the budget."""

    allowed: bool
    limit: int
    remaining: int
    reset_in: Micros
    """Time until the window ends."""

    @property
    def retry_after(self) -> int:
        """Whole seconds to wait, at least one."""
        return max(1, math.ceil(self.reset_in / SECOND))


class Budget:
    """A fixed window that opens with its first request: never more than `per_minute` in a window.

    A limit of 0 means without limit; the answers then show a budget that never shrinks.
    """

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._opened: Micros = -MINUTE
        self._used = 0

    def charge(self) -> Charge:
        """Take one request from the budget, or say how long to wait."""
        now = self._clock.now()
        if now - self._opened >= MINUTE or now < self._opened:
            self._opened = now
            self._used = 0
        reset_in = self._opened + MINUTE - now
        if self.per_minute <= 0:
            return Charge(True, 1_000_000, 1_000_000, reset_in)
        if self._used >= self.per_minute:
            return Charge(False, self.per_minute, 0, reset_in)
        self._used += 1
        return Charge(True, self.per_minute, self.per_minute - self._used, reset_in)
