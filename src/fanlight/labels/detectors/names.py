"""Names of people: a linear model over each word, its ending, its neighbours and their shapes, for all words at once.

The weights come from `benchmarks/labels_train.py`; see `weights/CARD.md` for what they were learned from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fanlight.labels.detectors import Found
from fanlight.labels.pages import Page
from fanlight.labels.text import DIGIT, LOWER, TextView
from fanlight.labels.tokens import Words, highest_mixed, runs_of, words_of

__all__ = ["BITS", "DETECTOR", "candidates_of", "features_of"]

BITS = 18
FEATURES = 30
_SALTS = np.array([(0x9E3779B97F4A7C15 * (k + 1)) % (1 << 64) | 1 for k in range(40)], dtype=np.uint64)
_THRESHOLD = 0.5
_JOIN = 0.25
_SURE = 0.9
"""A word in small letters must be this certain."""
_SHORT = 4000
"""Characters of a text in which words in small letters may be names, when it has hardly a capital."""


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


def candidates_of(view: TextView, words: Words, texts: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Indices of words that may belong to a name: capitalised ones, East Asian ones that begin like a name, or all in a
    short text without capitals. `texts` says which text each word belongs to when there are several."""
    shape = words.shapes
    plain = np.ones(len(shape), dtype=bool)
    starts, _ = runs_of(words.kinds == DIGIT)
    plain[np.searchsorted(words.starts, starts + words.base, side="right") - 1] = False
    capital = (((shape - np.uint8(1)) < 2) | (shape >= 7)) & plain
    chosen = capital
    if view.codes.dtype != np.uint8:
        asian = ((shape == 4) | (shape == 6)) & plain
        if asian.any():
            chosen = capital | _asian(words, shape, asian)
    small = (shape == 0) & plain
    if texts is None:
        few = len(view.text) < _SHORT and capital.sum() * 12 < small.sum()
        return np.flatnonzero(chosen | small if few else chosen)
    count = int(texts[-1]) + 1
    bounds = np.searchsorted(texts, np.arange(count + 1))
    few_texts = _sums(capital, bounds) * 12 < _sums(small, bounds)
    if few_texts.any():
        few_texts &= _sums(words.ends - words.starts + 1, bounds) < _SHORT
        chosen = chosen | (small & few_texts[texts])
    return np.flatnonzero(chosen)


def _sums(values: NDArray[Any], bounds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums of the stretches between neighbouring bounds."""
    total = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=total[1:])
    return np.diff(total[bounds])


def _asian(words: Words, shape: NDArray[np.uint8], asian: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Han and Hangul words that begin with a family name."""
    at = np.flatnonzero(asian & (words.ends - words.starts <= 5))
    known = lexicon()
    starts, ends = words.starts[at], words.ends[at]
    named = (known.codes(words.part(starts, ends)) & np.uint64(3)) > 0
    for width in (1, 2):
        head = known.codes(words.part(starts, np.minimum(ends, starts + width)))
        named |= (ends - starts > width) & ((head & np.uint64(2)) > 0)
    chosen = np.zeros(len(shape), dtype=bool)
    chosen[at[named & ((ends - starts > 1) | (shape[at] == 4))]] = True
    return chosen


def _likely(words: Words, at: NDArray[np.int64], long: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Without words of long texts that stand alone and are known, but not as a name: `The`, `However`, `I`. The model
    takes one in a thousand of them for a name, and they are most of the capitals of ordinary prose."""
    if not long.any():
        return at
    codes = lexicon().codes(words.hashes_at(at))
    starts, ends = words.starts[at], words.ends[at]
    beside = np.zeros(len(at) + 1, dtype=bool)
    beside[1:-1] = starts[1:] - ends[:-1] <= 2
    likely: NDArray[np.bool_] = ~long | ((codes & _NAME_OR_WORD) != _WORD) | beside[1:] | beside[:-1]
    return at[likely]


_NAME_OR_WORD, _WORD = np.uint64(7), np.uint64(4)
_LONG = 400
"""Characters of a text in which ordinary words that stand alone are not asked about."""


def features_of(
    view: TextView,
    words: Words,
    at: NDArray[np.int64],
    hidden: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Weight indices of the words `at`, one row a word. `hidden` words are taken for unknown names (to train with)."""
    return np.ascontiguousarray(_indices(view, words, at, None, hidden).T)


def _indices(
    view: TextView,
    words: Words,
    at: NDArray[np.int64],
    texts: NDArray[np.int64] | None,
    hidden: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Weight indices, one row a feature. Words and neighbours are rows of the same arrays: few, long operations."""
    shapes = words.shapes
    places = at + _STEPS
    inside = (places >= 0) & (places < len(shapes))
    np.clip(places, 0, len(shapes) - 1, out=places)
    if texts is not None:
        inside &= texts[places] == texts[at]
    starts, ends = words.starts[places], words.ends[places]
    start, end = starts[2], ends[2]
    hashes = words.part(
        np.concatenate((starts, np.maximum(starts[1:4], ends[1:4] - 3), [np.maximum(start, end - 2), start, start])),
        np.concatenate((ends, ends[1:4], [end, np.minimum(end, start + 3), np.minimum(end, start + 1)])),
    )
    codes = lexicon().codes(hashes[1:4])
    if hidden is not None:
        codes = np.where(hidden[places[1:4]], codes & np.uint64(12), codes)
    near = inside[1:4]
    hashes[:5] *= inside
    hashes[5:8] *= near
    codes *= near
    forms = shapes[places[1:4]].astype(np.uint64)
    forms[::2] += np.uint64(1)
    np.putmask(forms[::2], ~near[::2], np.uint64(1))
    prev2, prev, h, next_, next2, prev_tail, tail3, next_tail, tail2, head3, head1 = hashes
    prev_shape, shape, next_shape = forms
    known_before, known, known_after = codes
    before, before2, after = _signs_around(view, start, end)
    length = np.minimum(end - start, 12).astype(np.uint64)
    known_all = (known_before << np.uint64(8)) + (known << np.uint64(4)) + known_after
    form = shape * np.uint64(100) + prev_shape * np.uint64(10) + next_shape
    form_before = (form << np.uint64(20)) + before
    form_after = (form << np.uint64(20)) + after
    known_high = known << np.uint64(50)
    raw = np.empty((FEATURES, len(at)), dtype=np.uint64)
    raw[0] = h
    np.bitwise_xor(h, shape << np.uint64(7), out=raw[1])
    raw[2] = tail3
    np.add(tail2 * np.uint64(3), length, out=raw[3])
    raw[4] = head3
    np.add(head1, tail2 * np.uint64(7), out=raw[5])
    raw[6] = prev
    raw[7] = next_
    np.bitwise_xor(prev, shape << np.uint64(9), out=raw[8])
    np.bitwise_xor(next_, shape << np.uint64(11), out=raw[9])
    np.add(prev * np.uint64(3), prev2, out=raw[10])
    np.add(next_ * np.uint64(5), next2, out=raw[11])
    raw[12] = form
    raw[13] = form_before
    raw[14] = form_after
    np.add((before << np.uint64(32)) + (after << np.uint64(12)), shape, out=raw[15])
    np.add((before2 << np.uint64(40)) + (before << np.uint64(20)), shape, out=raw[16])
    np.bitwise_xor(prev_tail, shape << np.uint64(5), out=raw[17])
    np.bitwise_xor(next_tail, shape << np.uint64(6), out=raw[18])
    raw[19] = prev2
    raw[20] = next2
    np.add(prev * np.uint64(7), next_, out=raw[21])
    np.add(length * np.uint64(16), shape, out=raw[22])
    np.add(known << np.uint64(8), shape, out=raw[23])
    np.add(known_all << np.uint64(12), form, out=raw[24])
    np.bitwise_xor(known_high, prev, out=raw[25])
    np.bitwise_xor(known_high, next_, out=raw[26])
    np.add(known_all << np.uint64(8), shape, out=raw[27])
    np.bitwise_xor(form_before, known_high, out=raw[28])
    np.bitwise_xor(form_after, known << np.uint64(51), out=raw[29])
    raw *= _SALTS[:FEATURES, None]
    raw += _SALTS[1 : FEATURES + 1, None]
    return highest_mixed(raw, BITS).view(np.int64)


_STEPS = np.arange(-2, 3)[:, None]


def _signs_around(
    view: TextView, start: NDArray[np.int64], end: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
    """The character before each word, the one before that, and the one behind; nought where there is none."""
    codes = view.codes
    before = codes.take(start - 1, mode="clip").astype(np.uint64)
    before2 = codes.take(start - 2, mode="clip").astype(np.uint64)
    after = codes.take(end, mode="clip").astype(np.uint64)
    before[start == 0] = 0
    before2[start <= 1] = 0
    after[end == len(codes)] = 0
    return before, before2, after


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
    view: TextView,
    words: Words,
    at: NDArray[np.int64],
    texts: NDArray[np.int64] | None = None,
) -> NDArray[np.float32]:
    """For each candidate word how likely it belongs to a name."""
    model = _weights()
    if model is None or not len(at):
        return np.zeros(len(at), dtype=np.float32)
    weights, bias = model
    score = weights.take(_indices(view, words, at, texts)).sum(axis=0)
    chances: NDArray[np.float32] = 1 / (1 + np.exp(-np.clip(score + np.float32(bias), -30, 30)))
    return chances


class _Names:
    name = "names"
    order = 75
    types: ClassVar[dict[str, str]] = {"PERSON_NAME": "person"}
    anchors: tuple[str, ...] = ()

    def find_all(self, page: Page) -> Mapping[int, Sequence[Found]]:
        view = page.view
        found: dict[int, list[Found]] = {}
        words = words_of(view, 0, len(view.codes))
        if not len(words.starts):
            return found
        long = np.array([part.stop - part.begin > _LONG for part in page.parts], dtype=bool)
        runs = list(_runs(view, words, page.parts_of(words.starts), long))
        numbers = page.parts_at(np.array([start for start, _, _ in runs], dtype=np.int64)).tolist()
        for (start, end, confidence), number in zip(runs, numbers, strict=True):
            part = page.parts[number]
            find = Found(
                start - part.shift, end - part.shift, "PERSON_NAME", "person", "person_name", min(0.97, confidence)
            )
            if part.begin <= find.start < part.stop:
                found.setdefault(number, []).append(find)
        return found


def _runs(
    view: TextView, words: Words, texts: NDArray[np.int64], long: NDArray[np.bool_]
) -> Iterator[tuple[int, int, float]]:
    """Begin, end and certainty of names on a page. `texts` says which text each word belongs to, `long` which of these
    are long."""
    at = candidates_of(view, words, texts)
    at = _likely(words, at, long[texts[at]])
    if not len(at):
        return
    chances = probabilities(view, words, at, texts)
    small = words.kinds[words.starts[at] - words.base] == LOWER
    keep = (chances >= _JOIN) & ~(small & (chances < _SURE))
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


def _run(run: list[tuple[int, int, float]]) -> Iterator[tuple[int, int, float]]:
    if run:
        confidence = max(chance for _, _, chance in run)
        if confidence >= _THRESHOLD:
            yield run[0][0], run[-1][1], confidence


DETECTOR = _Names()
