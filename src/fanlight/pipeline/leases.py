"""A lease that is renewed in the background while its holder works."""

from __future__ import annotations

import threading
from types import TracebackType

from fanlight.model import SECOND
from fanlight.state import Lease, LeaseHeld, LeaseLost, State

__all__ = ["KeptLease"]

_LIFE_SECONDS = 30.0
_TRY_AGAIN_SECONDS = 0.2


class KeptLease:
    """`with KeptLease(state, name) as kept:` holds `kept.lease`; every commit checks its fence anyway."""

    def __init__(self, state: State, name: str, wait_seconds: float = 0.0) -> None:
        self._wait = wait_seconds
        self._state = state
        self._name = name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True, name=f"lease-{name}")
        self.lease = Lease(name, "", 0)

    def __enter__(self) -> KeptLease:
        self.lease = self._take()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
        self._state.release(self.lease)

    def _take(self) -> Lease:
        """The lease, waiting for its holder for as long as allowed."""
        deadline = self._state.clock.now() + int(self._wait * SECOND)
        while True:
            try:
                return self._state.take_lease(self._name, _LIFE_SECONDS)
            except LeaseHeld:
                if self._state.clock.now() >= deadline:
                    raise
                self._stop.wait(_TRY_AGAIN_SECONDS)

    def _renew(self) -> None:
        while not self._stop.wait(_LIFE_SECONDS / 3):
            try:
                self._state.renew(self.lease, _LIFE_SECONDS)
            except LeaseLost:
                return  # the holder learns it at its next commit
