"""Names of people: a linear model over each word, its ending, its neighbours and their shapes, computed for all words at once.

The weights come from `benchmarks/labels_train.py`; see `weights/CARD.md` for what they were learned from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
_SALTS = [np.uint64((0x9E3779B97F4A7C15 * (k + 1)) % (1 << 64) | 1) for k in range(40)]
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


def _shifted(values: NDArray[np.uint64], by: int) -> NDArray[np.uint64]:
    """Values of the word `by` places on; 0 beyond the edge."""
    out = np.zeros_like(values)
    if by > 0:
        out[:-by] = values[by:]
    else:
        out[-by:] = values[:by]
    return out


def candidates_of(view: TextView, words: Words) -> NDArray[np.int64]:
    """Indices of words that may belong to a name: capitalised or East Asian ones, or all in a text without capitals."""
    shape = _shapes(words)
    counted = np.concatenate(([0], np.cumsum(words.kinds == DIGIT)))
    shape[counted[words.ends - words.base] > counted[words.starts - words.base]] = 3
    capital = (shape == 1) | (shape == 2) | (shape == 7) | (shape == 8)
    asian = (shape == 4) | (shape == 6) | (shape == 5)
    if len(view.text) < 4000 and capital.sum() * 12 < (shape == 0).sum():
        return np.flatnonzero(capital | asian | (shape == 0))
    return np.flatnonzero(capital | asian)


def features_of(view: TextView, words: Words, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Weight indices of the words `at`, one row a word."""
    h, shape = words.hashes, _shapes(words)
    length = np.minimum(words.ends - words.starts, 12).astype(np.uint64)
    n = len(words.starts)
    codes = view.codes
    before = np.zeros(n, dtype=np.uint64)
    after = np.zeros(n, dtype=np.uint64)
    inside = words.starts > 0
    before[inside] = codes[words.starts[inside] - 1]
    more = words.ends < len(codes)
    after[more] = codes[words.ends[more]]
    before2 = np.zeros(n, dtype=np.uint64)
    inside = words.starts > 1
    before2[inside] = codes[words.starts[inside] - 2]
    tail3 = words.part(np.maximum(words.starts, words.ends - 3), words.ends)
    tail2 = words.part(np.maximum(words.starts, words.ends - 2), words.ends)
    head3 = words.part(words.starts, np.minimum(words.ends, words.starts + 3))
    head1 = words.part(words.starts, np.minimum(words.ends, words.starts + 1))
    prev, next_ = _shifted(h, -1), _shifted(h, 1)
    prev_shape, next_shape = _shifted(shape, -1) + np.uint64(1), _shifted(shape, 1) + np.uint64(1)
    with np.errstate(over="ignore"):
        form = shape * np.uint64(100) + prev_shape * np.uint64(10) + next_shape
        raw = [
            h, h ^ (shape << np.uint64(7)), tail3, tail2 * np.uint64(3) + length, head3, head1 + tail2 * np.uint64(7), prev, next_,
            prev ^ (shape << np.uint64(9)), next_ ^ (shape << np.uint64(11)), prev * np.uint64(3) + _shifted(h, -2),
            next_ * np.uint64(5) + _shifted(h, 2), form, form * np.uint64(1 << 20) + before, form * np.uint64(1 << 20) + after,
            (before << np.uint64(32)) + (after << np.uint64(12)) + shape, (before2 << np.uint64(40)) + (before << np.uint64(20)) + shape,
            _shifted(tail3, -1) ^ (shape << np.uint64(5)), _shifted(tail3, 1) ^ (shape << np.uint64(6)), _shifted(h, -2), _shifted(h, 2),
            prev * np.uint64(7) + next_, length * np.uint64(16) + shape,
        ]
        stacked = np.stack([value[at] * _SALTS[k] + _SALTS[k + 1] for k, value in enumerate(raw)], axis=1)
    return (mixed(stacked) >> np.uint64(64 - BITS)).astype(np.int64)


@cache
def _weights() -> tuple[NDArray[np.float32], float] | None:
    path = files("fanlight.labels") / "weights" / "names.npz"
    if not path.is_file():
        return None
    stored = np.load(BytesIO(path.read_bytes()))
    weights = np.zeros(1 << BITS, dtype=np.float32)
    weights[stored["index"]] = stored["value"].astype(np.float32)
    return weights, float(stored["bias"])


def probabilities(view: TextView, words: Words, at: NDArray[np.int64]) -> NDArray[np.float32]:
    """For each candidate word how likely it belongs to a name."""
    model = _weights()
    if model is None or not len(at):
        return np.zeros(len(at), dtype=np.float32)
    weights, bias = model
    score = weights[features_of(view, words, at)].sum(axis=1) + bias
    return (1 / (1 + np.exp(-np.clip(score, -30, 30)))).astype(np.float32)


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
    at = candidates_of(view, words)
    chances = probabilities(view, words, at)
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
