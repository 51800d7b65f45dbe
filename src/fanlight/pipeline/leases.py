"""A lease that is renewed in the background while its holder works."""

from __future__ import annotations

import threading
from types import TracebackType

from fanlight.state import Lease, LeaseLost, State

__all__ = ["KeptLease"]

_LIFE_SECONDS = 30.0


class KeptLease:
    """`with KeptLease(state, name) as kept:` holds `kept.lease`; every commit checks its fence anyway."""

    def __init__(self, state: State, name: str) -> None:
        self._state = state
        self._name = name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True, name=f"lease-{name}")
        self.lease = Lease(name, "", 0)

    def __enter__(self) -> KeptLease:
        self.lease = self._state.take_lease(self._name, _LIFE_SECONDS)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=5)
        self._state.release(self.lease)

    def _renew(self) -> None:
        while not self._stop.wait(_LIFE_SECONDS / 3):
            try:
                self._state.renew(self.lease, _LIFE_SECONDS)
            except LeaseLost:
                return  # the holder learns it at its next commit
