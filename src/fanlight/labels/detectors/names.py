"""Names of people: a linear model over each word, its ending, its neighbours and their shapes, for all words at once.

The weights come from `benchmarks/labels_train.py`; see `weights/CARD.md` for what they were learned from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fanlight.labels.detectors import Found, Sight
from fanlight.labels.text import DIGIT, HAN, HANGUL, HIRAGANA, KATAKANA, LOWER, UPPER, TextView
from fanlight.labels.tokens import CHUNK, Words, mixed, words_of

__all__ = ["BITS", "DETECTOR", "candidates_of", "features_of"]

BITS = 18
FEATURES = 30
_SALTS = np.array([(0x9E3779B97F4A7C15 * (k + 1)) % (1 << 64) | 1 for k in range(40)], dtype=np.uint64)
_THRESHOLD = 0.5
_JOIN = 0.25
_SURE = 0.9
"""A word in small letters must be this certain."""


def _shapes(words: Words) -> NDArray[np.uint64]:
    """0 lower, 1 Initial, 2 CAPITALS, 3 digits, 4 Han, 5 kana, 6 Hangul, 7 one capital, 8 mixed inside."""
    kinds, base = words.kinds, words.base
    first = kinds[words.starts - base]
    second = kinds[np.minimum(words.starts - base + 1, len(kinds) - 1)]
    length = words.ends - words.starts
    shape = np.zeros(len(first), dtype=np.uint64)
    shape[first == UPPER] = 1
    shape[(first == UPPER) & (second == UPPER) & (length > 1)] = 2
    shape[(first == UPPER) & (length == 1)] = 7
    shape[first == DIGIT] = 3
    shape[(first == LOWER) & (second == UPPER) & (length > 1)] = 8
    shape[first == HAN] = 4
    shape[(first == HIRAGANA) | (first == KATAKANA)] = 5
    shape[first == HANGUL] = 6
    return shape


class Lexicon:
    """Known words by hash: first names, last names, words that are written small, places and months (bits 1, 2, 4, 8).

    One table over 22 bits of the hash, so that a lookup is one memory access; about one unknown word in fifty is taken
    for a known one.
    """

    _BITS = 22

    def __init__(self, sets: Sequence[NDArray[np.uint32]]) -> None:
        self.sets = tuple(sets)
        self._table = np.zeros(1 << self._BITS, dtype=np.uint8)
        for bit, known in enumerate(self.sets):
            self._table[known >> np.uint32(32 - self._BITS)] |= np.uint8(1 << bit)

    def codes(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """For each word which of the four sets know it, as bits."""
        found: NDArray[np.uint64] = self._table[hashes >> np.uint64(64 - self._BITS)].astype(np.uint64)
        return found


@cache
def lexicon() -> Lexicon:
    """The lexicon beside the weights."""
    stored = np.load(BytesIO((files("fanlight.labels") / "weights" / "lexicon.npz").read_bytes()))
    return Lexicon(tuple(stored[name] for name in ("first", "last", "word", "place")))


def candidates_of(view: TextView, words: Words, codes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Indices of words that may belong to a name: capitalised ones, East Asian ones that begin like a name, or all in a
    short text without capitals."""
    shape = _shapes(words)
    counted = np.concatenate(([0], np.cumsum(words.kinds == DIGIT)))
    shape[counted[words.ends - words.base] > counted[words.starts - words.base]] = 3
    capital = (shape == 1) | (shape == 2) | (shape == 7) | (shape == 8)
    asian = (shape == 4) | (shape == 6)
    if asian.any():
        at = np.flatnonzero(asian & (words.ends - words.starts <= 5))
        known = lexicon()
        starts, ends = words.starts[at], words.ends[at]
        named = (codes[at] & np.uint64(3)) > 0
        for width in (1, 2):
            head = known.codes(words.part(starts, np.minimum(ends, starts + width)))
            named |= (ends - starts > width) & ((head & np.uint64(2)) > 0)
        asian = np.zeros(len(shape), dtype=bool)
        asian[at[named & ((ends - starts > 1) | (shape[at] == 4))]] = True
    if len(view.text) < 4000 and capital.sum() * 12 < (shape == 0).sum():
        return np.flatnonzero(capital | asian | (shape == 0))
    return np.flatnonzero(capital | asian)


def features_of(
    view: TextView, words: Words, at: NDArray[np.int64], codes_of_words: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Weight indices of the words `at`, one row a word."""
    h, shape = words.hashes, _shapes(words)
    starts, ends = words.starts[at], words.ends[at]
    length = np.minimum(ends - starts, 12).astype(np.uint64)
    codes = view.codes
    size = len(codes)
    before = np.where(starts > 0, codes[np.maximum(starts - 1, 0)], 0).astype(np.uint64)
    before2 = np.where(starts > 1, codes[np.maximum(starts - 2, 0)], 0).astype(np.uint64)
    after = np.where(ends < size, codes[np.minimum(ends, size - 1)], 0).astype(np.uint64)
    tail3 = words.part(np.maximum(words.starts, words.ends - 3), words.ends)
    tail2 = words.part(np.maximum(starts, ends - 2), ends)
    head3 = words.part(starts, np.minimum(ends, starts + 3))
    head1 = words.part(starts, np.minimum(ends, starts + 1))
    pad = np.zeros(2, dtype=np.uint64)
    wide_h, wide_tail = np.concatenate((pad, h, pad)), np.concatenate((pad, tail3, pad))
    wide_shape = np.concatenate((pad, shape + np.uint64(1), pad))
    prev2, prev, next_, next2 = wide_h[at], wide_h[at + 1], wide_h[at + 3], wide_h[at + 4]
    prev_shape = np.where(at > 0, wide_shape[at + 1], 1).astype(np.uint64)
    next_shape = np.where(at < len(h) - 1, wide_shape[at + 3], 1).astype(np.uint64)
    prev_tail, next_tail, tail3 = wide_tail[at + 1], wide_tail[at + 3], tail3[at]
    wide_codes = np.concatenate((pad, codes_of_words, pad))
    known, known_before, known_after = wide_codes[at + 2], wide_codes[at + 1], wide_codes[at + 3]
    known_all = (known_before << np.uint64(8)) + (known << np.uint64(4)) + known_after
    h, shape = h[at], shape[at]
    with np.errstate(over="ignore"):
        form = shape * np.uint64(100) + prev_shape * np.uint64(10) + next_shape
        wide_form = form << np.uint64(20)
        raw = np.stack(
            [
                h,
                h ^ (shape << np.uint64(7)),
                tail3,
                tail2 * np.uint64(3) + length,
                head3,
                head1 + tail2 * np.uint64(7),
                prev,
                next_,
                prev ^ (shape << np.uint64(9)),
                next_ ^ (shape << np.uint64(11)),
                prev * np.uint64(3) + prev2,
                next_ * np.uint64(5) + next2,
                form,
                wide_form + before,
                wide_form + after,
                (before << np.uint64(32)) + (after << np.uint64(12)) + shape,
                (before2 << np.uint64(40)) + (before << np.uint64(20)) + shape,
                prev_tail ^ (shape << np.uint64(5)),
                next_tail ^ (shape << np.uint64(6)),
                prev2,
                next2,
                prev * np.uint64(7) + next_,
                length * np.uint64(16) + shape,
                (known << np.uint64(8)) + shape,
                (known_all << np.uint64(12)) + form,
                (known << np.uint64(50)) ^ prev,
                (known << np.uint64(50)) ^ next_,
                (known_all << np.uint64(8)) + shape,
                (wide_form + before) ^ (known << np.uint64(50)),
                (wide_form + after) ^ (known << np.uint64(51)),
            ],
            axis=1,
        )
        return (mixed(raw * _SALTS[:FEATURES] + _SALTS[1 : FEATURES + 1]) >> np.uint64(64 - BITS)).astype(np.int64)


@cache
def _weights() -> tuple[NDArray[np.float32], float] | None:
    path = files("fanlight.labels") / "weights" / "names.npz"
    if not path.is_file():
        return None
    stored = np.load(BytesIO(path.read_bytes()))
    weights = np.zeros(1 << BITS, dtype=np.float32)
    weights[stored["index"]] = stored["value"].astype(np.float32)
    return weights, float(stored["bias"])


def probabilities(
    view: TextView, words: Words, at: NDArray[np.int64], codes: NDArray[np.uint64]
) -> NDArray[np.float32]:
    """For each candidate word how likely it belongs to a name."""
    model = _weights()
    if model is None or not len(at):
        return np.zeros(len(at), dtype=np.float32)
    weights, bias = model
    score = weights[features_of(view, words, at, codes)].sum(axis=1) + bias
    chances: NDArray[np.float32] = (1 / (1 + np.exp(-np.clip(score, -30, 30)))).astype(np.float32)
    return chances


class _Names:
    name = "names"
    order = 75
    types: ClassVar[dict[str, str]] = {"PERSON_NAME": "person"}
    anchors: tuple[str, ...] = ()

    def find(self, sight: Sight) -> Iterable[Found]:
        view = sight.view
        size = len(view.text)
        begin = 0
        while begin < size:
            stop = min(size, begin + CHUNK)
            if stop < size:
                cut = view.text.rfind(" ", begin + CHUNK // 2, stop)
                stop = cut if cut > 0 else stop
            yield from _names(view, begin, stop)
            begin = stop


def _names(view: TextView, begin: int, stop: int) -> Iterator[Found]:
    words = words_of(view, begin, stop)
    codes = lexicon().codes(words.hashes)
    at = candidates_of(view, words, codes)
    chances = probabilities(view, words, at, codes)
    small = words.kinds[words.starts[at] - words.base] == LOWER
    chances = np.where(small & (chances < _SURE), 0.0, chances)
    keep = chances >= _JOIN
    run: list[tuple[int, int, float]] = []
    for start, end, chance in zip(
        words.starts[at[keep]].tolist(), words.ends[at[keep]].tolist(), chances[keep].tolist(), strict=True
    ):
        if run and (start - run[-1][1] > 2 or not _joins(view.text[run[-1][1] : start])):
            yield from _run(run)
            run = []
        run.append((start, end, chance))
    yield from _run(run)


def _joins(gap: str) -> bool:
    return gap in {" ", "-", "'", "’", ". ", ".", "", "  "}


def _run(run: list[tuple[int, int, float]]) -> Iterator[Found]:
    while run and run[0][2] < _JOIN:
        run = run[1:]
    if not run or max(chance for _, _, chance in run) < _THRESHOLD:
        return
    confidence = max(chance for _, _, chance in run)
    yield Found(run[0][0], run[-1][1], "PERSON_NAME", "person", "person_name", min(0.97, confidence))


DETECTOR = _Names()
