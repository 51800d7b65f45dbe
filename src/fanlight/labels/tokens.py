"""Words of a text as arrays: where they stand and a hash of each, computed for all at once.

A word is a run of letters and digits, or a run of one East Asian script. Its hash is a polynomial over lower-case code
points modulo 2^64, taken as a difference of prefix sums, so that a text costs a handful of array operations.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.labels.text import DIGIT, HAN, HANGUL, HIRAGANA, KATAKANA, LOWER, UPPER, TextView, tables

__all__ = ["CHUNK", "Words", "highest_mixed", "mixed", "runs_of", "words_of"]

CHUNK = 1 << 17
_BASE = np.uint64(0x9E3779B97F4A7C15 | 1)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)

_GROUP = np.zeros(8, dtype=np.uint8)
for _kind, _group in ((LOWER, 1), (UPPER, 1), (DIGIT, 1), (HAN, 2), (HIRAGANA, 3), (KATAKANA, 4), (HANGUL, 1)):
    _GROUP[_kind] = _group

_SHAPE_OF = np.zeros(8, dtype=np.uint8)
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
    found = values ^ (values >> _SHIFT)
    found *= _MIX
    found ^= found >> _SHIFT
    found *= _MIX
    found ^= found >> _SHIFT
    return found


def highest_mixed(values: NDArray[np.uint64], bits: int) -> NDArray[np.uint64]:
    """The highest bits of what `mixed` makes, in place: its last step changes only the lower half."""
    scratch = values >> _SHIFT
    values ^= scratch
    values *= _MIX
    np.right_shift(values, _SHIFT, out=scratch)
    values ^= scratch
    values *= _MIX
    values >>= np.uint64(64 - bits)
    return values


@dataclass(slots=True)
class Words:
    """The words of one chunk. Offsets count from the text's beginning."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    """Character class of the whole chunk."""
    base: int
    """Offset of the chunk."""
    _prefix: NDArray[np.uint64]
    _shapes: NDArray[np.uint8] | None = None

    @property
    def shapes(self) -> NDArray[np.uint8]:
        """0 lower, 1 Initial, 2 CAPITALS, 3 digits, 4 Han, 5 kana, 6 Hangul, 7 one capital, 8 mixed inside."""
        if self._shapes is None:
            kinds, starts = self.kinds, self.starts - self.base if self.base else self.starts
            first = kinds.take(starts)
            second = kinds.take(starts + 1, mode="clip")
            longer = self.ends - self.starts > 1
            shape = _SHAPE_OF.take(first)
            upper, high = first == UPPER, second == UPPER
            shape[upper & high & longer] = 2
            shape[upper & ~longer] = 7
            shape[(first == LOWER) & high & longer] = 8
            self._shapes = shape
        return self._shapes

    @property
    def hashes(self) -> NDArray[np.uint64]:
        """Hash of every word."""
        return self.part(self.starts, self.ends)

    def hashes_at(self, at: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Hashes of some words."""
        return self.part(self.starts[at], self.ends[at])

    def part(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Hashes of any character ranges inside the chunk."""
        low, high = starts - self.base, ends - self.base
        return mixed((self._prefix[high] - self._prefix[low]) * _DOWN[low])


@cache
def _byte_kinds() -> bytes:
    """Class of each character of plain texts, in the form that `bytes.translate` takes."""
    kind = tables().kind
    return bytes(int(kind[code]) for code in range(128)) + bytes(128)


def words_of(view: TextView, begin: int, end: int) -> Words:
    """Words between two offsets, at most `CHUNK` characters apart."""
    if view.codes.dtype == np.uint8:
        data = view.encoded()[begin:end]
        kinds = np.frombuffer(data.translate(_byte_kinds()), dtype=np.uint8)
        letters: NDArray[Any] = np.frombuffer(data.lower(), dtype=np.uint8)
        starts, ends = runs_of(kinds > 0)
    else:
        codes = view.codes[begin:end]
        table = tables()
        kinds = table.kind.take(codes)
        letters = table.lower.take(codes)
        starts, ends = _grouped_words(_GROUP.take(kinds))
    size = len(kinds)
    prefix = np.empty(size + 1, dtype=np.uint64)
    prefix[0] = 0
    np.multiply(letters, _UP[:size], out=prefix[1:])
    np.cumsum(prefix[1:], out=prefix[1:])
    if begin:
        starts, ends = starts + begin, ends + begin
    return Words(starts, ends, kinds, begin, prefix)


def runs_of(inside: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Begins and ends of runs."""
    size = len(inside)
    if not size:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    edges = np.empty(size + 1, dtype=bool)
    np.not_equal(inside[1:], inside[:-1], out=edges[1:-1])
    edges[0], edges[-1] = inside[0], inside[-1]
    bounds = np.flatnonzero(edges)
    return bounds[0::2], bounds[1::2]


def _grouped_words(group: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Begins and ends of runs of one group other than nought."""
    if not len(group):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    edges = np.empty(len(group) + 1, dtype=bool)
    edges[0] = edges[-1] = True
    np.not_equal(group[1:], group[:-1], out=edges[1:-1])
    bounds = np.flatnonzero(edges)
    is_word = group.take(bounds[:-1]) > 0
    return bounds[:-1][is_word], bounds[1:][is_word]
