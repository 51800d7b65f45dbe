"""What must stand around a literal before anybody looks closer, asked for all hits of a page at once.

A gate only says no where its owner would say no too: it saves the look, never changes the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fanlight.labels.text import TextView
from fanlight.labels.tokens import runs_of

__all__ = ["Gate", "Gates", "Terrain"]


@dataclass(frozen=True, slots=True)
class Gate:
    """Conditions on a hit; all that are given must hold. Distances are characters from the hit's end."""

    starts: bool = False
    """No ASCII letter right before the literal."""
    ends: bool = False
    """No ASCII letter right behind it."""
    digit: tuple[int, int] | None = None
    """A digit between so far before and so far behind."""
    token: int | None = None
    """A long token, with a digit or of twenty characters, that begins at most so far behind and goes on twelve."""


_LETTER = np.zeros(1 << 16, dtype=bool)
_TOKEN = np.zeros(1 << 16, dtype=bool)
for _char in range(128):
    _LETTER[_char] = chr(_char).isalpha()
    _TOKEN[_char] = chr(_char).isalnum() or chr(_char) in "+/=_.~:%@!$*^&-"
_TOKEN_BYTES = bytes(_TOKEN[:128].tolist()) + bytes(128)
_TOKEN_LEAST = 12
_TOKEN_PLAIN = 20


class Terrain:
    """Where digits and long tokens stand on a page. Computed on demand."""

    def __init__(self, view: TextView, digits: NDArray[np.int64]) -> None:
        self.codes = view.codes
        self._data = view.encoded()
        self.digits = digits
        """Offsets of all digits, ascending."""

    def __repr__(self) -> str:
        return f"Terrain({len(self.codes)} characters)"

    @cached_property
    def tokens(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Begin and end of runs that may hold a key; few words are so long, so those are found without the others."""
        if self.codes.dtype == np.uint8:
            inside = np.frombuffer(self._data.translate(_TOKEN_BYTES), dtype=bool)
        else:
            inside = _TOKEN.take(self.codes)
        two = inside[:-1] & inside[1:]
        four = two[:-2] & two[2:]
        twelve = four[:-8] & four[4:-4] & four[8:]
        starts, ends = runs_of(twelve)
        ends = ends + (_TOKEN_LEAST - 1)
        holds = np.searchsorted(self.digits, ends) > np.searchsorted(self.digits, starts)
        holds |= ends - starts >= _TOKEN_PLAIN
        return starts[holds], ends[holds]


class Gates:
    """The gates of many slots as arrays. A slot is one pattern for one owner; `lengths` are those of literals."""

    def __init__(self, gates: Sequence[Gate], lengths: Sequence[int]) -> None:
        none = -1
        self._starts = np.array([g.starts for g in gates], dtype=bool)
        self._ends = np.array([g.ends for g in gates], dtype=bool)
        self._lengths = np.array(lengths, dtype=np.int64)
        self._digit = np.array([g.digit is not None for g in gates], dtype=bool)
        self._before = np.array([g.digit[0] if g.digit else none for g in gates], dtype=np.int64)
        self._behind = np.array([g.digit[1] if g.digit else none for g in gates], dtype=np.int64)
        self._token = np.array([none if g.token is None else g.token for g in gates], dtype=np.int64)

    def passed(self, terrain: Terrain, slots: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which hits are worth a look. Linear in the hits."""
        codes = terrain.codes
        last = len(codes) - 1
        keep = ~(self._ends[slots] & (ends <= last) & _LETTER[codes[np.minimum(ends, last)]])
        first = ends - self._lengths[slots] - 1
        keep &= ~(self._starts[slots] & (first >= 0) & _LETTER[codes[np.maximum(first, 0)]])
        for asked, answer in (
            (self._digit[slots], self._digit_near),
            (self._token[slots] >= 0, self._token_near),
        ):
            at = np.flatnonzero(keep & asked)
            if len(at):
                keep[at] = answer(terrain, slots[at], ends[at])
        return keep

    def _digit_near(self, terrain: Terrain, slots: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
        digits = terrain.digits
        if not len(digits):
            return np.zeros(len(slots), dtype=bool)
        index = np.searchsorted(digits, ends - self._before[slots])
        near: NDArray[np.bool_] = digits[np.minimum(index, len(digits) - 1)] < ends + self._behind[slots]
        return near & (index < len(digits))

    def _token_near(self, terrain: Terrain, slots: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
        starts, stops = terrain.tokens
        if not len(starts):
            return np.zeros(len(slots), dtype=bool)
        index = np.searchsorted(stops, ends + _TOKEN_LEAST)
        near: NDArray[np.bool_] = starts[np.minimum(index, len(starts) - 1)] <= ends + self._token[slots]
        return near & (index < len(starts))
