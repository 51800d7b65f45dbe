"""Acknowledgement numbers that need no memory: a number is given out only after its commit.

A number is a count and a short keyed check over channel and count, so any process of this installation, also after a
restart, tells a number that was given out from one that was not.
"""

from __future__ import annotations

import hashlib
import threading

from fanlight.pipeline.home import Home

__all__ = ["Acknowledgements"]

_FACT = "inputs/acknowledgements"
_BLOCK = 100_000
_CHECK_BITS = 16  # with 36 bits of count the number stays exact in programs that count in floating point


class Acknowledgements:
    """Gives out and recognises acknowledgement numbers."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._key = home.vault.tenant_key("acknowledgements")
        self._lock = threading.Lock()
        self._next = self._end = 0

    def give(self, channel: str) -> int:
        """A number for what was just committed."""
        with self._lock:
            if self._next >= self._end:
                self._reserve()
            count = self._next
            self._next += 1
        return count << _CHECK_BITS | self._check(channel, count)

    def given(self, channel: str, number: int) -> bool:
        """Whether this number was given out on this channel, and so what it stands for is stored."""
        count = number >> _CHECK_BITS
        return 0 <= count < 1 << 48 and number & ((1 << _CHECK_BITS) - 1) == self._check(channel, count)

    def _reserve(self) -> None:
        with self._home.state.tick() as tick:
            known = tick.fact(_FACT)
            self._next = int(known or 0)
            self._end = self._next + _BLOCK
            tick.set_fact(_FACT, str(self._end))

    def _check(self, channel: str, count: int) -> int:
        hashed = hashlib.blake2b(f"{channel.lower()}/{count}".encode(), key=self._key[:64], digest_size=2)
        return int.from_bytes(hashed.digest(), "big")
