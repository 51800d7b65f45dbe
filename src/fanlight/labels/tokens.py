"""Words of a text as arrays: where they stand and a hash of each, computed for all at once.

A word is a run of letters and digits, or a run of one East Asian script. Its hash is a polynomial over lower-case code
points modulo 2^64, taken as a difference of prefix sums, so that a text costs a handful of array operations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fanlight.labels.text import DIGIT, HAN, HANGUL, HIRAGANA, KATAKANA, LOWER, UPPER, TextView, tables

__all__ = ["CHUNK", "Words", "mixed", "words_of"]

CHUNK = 1 << 16
_BASE = np.uint64(0x9E3779B97F4A7C15 | 1)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)

_GROUP = np.zeros(8, dtype=np.uint8)
for _kind, _group in ((LOWER, 1), (UPPER, 1), (DIGIT, 1), (HAN, 2), (HIRAGANA, 3), (KATAKANA, 4), (HANGUL, 1)):
    _GROUP[_kind] = _group

_SHAPE_OF = np.zeros(8, dtype=np.uint64)
for _kind, _shape in ((UPPER, 1), (DIGIT, 3), (HAN, 4), (HIRAGANA, 5), (KATAKANA, 5), (HANGUL, 6)):
    _SHAPE_OF[_kind] = _shape


def _powers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The base to every power of a chunk, and its inverse to the same, modulo 2^64."""
    inverse = np.uint64(pow(int(_BASE), -1, 1 << 64))
    tables_of: list[NDArray[np.uint64]] = []
    with np.errstate(over="ignore"):
        for base in (_BASE, inverse):
            steps = np.full(CHUNK + 1, base, dtype=np.uint64)
            steps[0] = 1
            tables_of.append(np.cumprod(steps, dtype=np.uint64))
    return tables_of[0], tables_of[1]


_UP, _DOWN = _powers()


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread a hash over all its bits."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> _SHIFT)) * _MIX
        values = (values ^ (values >> _SHIFT)) * _MIX
    return values ^ (values >> _SHIFT)


@dataclass(slots=True)
class Words:
    """The words of one chunk. Offsets count from the text's beginning."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    kinds: NDArray[np.uint8]
    """Character class of the whole chunk."""
    base: int
    """Offset of the chunk."""
    _prefix: NDArray[np.uint64]
    _shapes: NDArray[np.uint64] | None = None

    @property
    def shapes(self) -> NDArray[np.uint64]:
        """0 lower, 1 Initial, 2 CAPITALS, 3 digits, 4 Han, 5 kana, 6 Hangul, 7 one capital, 8 mixed inside."""
        if self._shapes is None:
            kinds = self.kinds
            first = kinds[self.starts - self.base]
            second = kinds[np.minimum(self.starts - self.base + 1, len(kinds) - 1)]
            longer = self.ends - self.starts > 1
            shape = _SHAPE_OF[first]
            upper = first == UPPER
            shape[upper & (second == UPPER) & longer] = 2
            shape[upper & ~longer] = 7
            shape[(first == LOWER) & (second == UPPER) & longer] = 8
            self._shapes = shape
        return self._shapes

    def part(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Hashes of any character ranges inside the chunk."""
        low, high = starts - self.base, ends - self.base
        with np.errstate(over="ignore"):
            return mixed((self._prefix[high] - self._prefix[low]) * _DOWN[low])


def words_of(view: TextView, begin: int, end: int) -> Words:
    """Words between two offsets, at most `CHUNK` characters apart."""
    codes = view.codes[begin:end]
    table = tables()
    kinds = table.kind[codes]
    group = _GROUP[kinds]
    lower = table.lower[codes].astype(np.uint64)
    edge = np.flatnonzero(np.diff(group)) + 1
    bounds = np.concatenate(([0], edge, [len(group)]))
    starts, ends = bounds[:-1], bounds[1:]
    is_word = group[starts] > 0 if len(group) else np.zeros(0, dtype=bool)
    starts, ends = starts[is_word], ends[is_word]
    with np.errstate(over="ignore"):
        prefix = np.concatenate(([np.uint64(0)], np.cumsum(lower * _UP[: len(lower)])))
        hashes = mixed((prefix[ends] - prefix[starts]) * _DOWN[starts])
    return Words(starts + begin, ends + begin, hashes, kinds, begin, prefix)
