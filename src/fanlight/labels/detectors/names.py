"""Names of people: a linear model over each word, its ending, its neighbours and their shapes, for all words at once.

The weights come from `benchmarks/labels_train.py`; see `weights/CARD.md` for what they were learned from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fanlight.labels.detectors import Found
from fanlight.labels.pages import Page
from fanlight.labels.text import DIGIT, LOWER, TextView
from fanlight.labels.tokens import Words, mixed, words_of

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
    counted = np.zeros(len(words.kinds) + 1, dtype=np.int32)
    np.cumsum(words.kinds == DIGIT, out=counted[1:])
    plain = counted.take(words.ends - words.base) == counted.take(words.starts - words.base)
    capital = _CAPITAL.take(shape) & plain
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
    few_texts = np.bincount(texts[capital], minlength=count) * 12 < np.bincount(texts[small], minlength=count)
    if few_texts.any():
        spread = np.bincount(texts, words.ends - words.starts + 1, minlength=count)
        few_texts &= spread < _SHORT
        chosen = chosen | (small & few_texts[texts])
    return np.flatnonzero(chosen)


_CAPITAL = np.isin(np.arange(9), (1, 2, 7, 8))


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


def _neighbours(
    size: int, at: NDArray[np.int64], texts: NDArray[np.int64] | None, step: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Indices `step` words away, and whether there is such a word in the same text."""
    index = at + step
    inside = (index >= 0) & (index < size)
    index = np.clip(index, 0, size - 1)
    if texts is not None:
        inside &= texts[index] == texts[at]
    return index, inside


def _indices(
    view: TextView,
    words: Words,
    at: NDArray[np.int64],
    texts: NDArray[np.int64] | None,
    hidden: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Weight indices, one row a feature."""
    all_shapes = words.shapes
    count = len(all_shapes)
    starts, ends = words.starts[at], words.ends[at]
    length = np.minimum(ends - starts, 12).astype(np.uint64)
    codes = view.codes
    size = len(codes)
    zero, one = np.uint64(0), np.uint64(1)
    before = np.where(starts > 0, codes[np.maximum(starts - 1, 0)], 0).astype(np.uint64)
    before2 = np.where(starts > 1, codes[np.maximum(starts - 2, 0)], 0).astype(np.uint64)
    after = np.where(ends < size, codes[np.minimum(ends, size - 1)], 0).astype(np.uint64)
    tail3 = words.part(np.maximum(starts, ends - 3), ends)
    tail2 = words.part(np.maximum(starts, ends - 2), ends)
    head3 = words.part(starts, np.minimum(ends, starts + 3))
    head1 = words.part(starts, np.minimum(ends, starts + 1))
    near: list[tuple[NDArray[np.uint64], ...]] = []
    for step in (-1, 1):
        index, inside = _neighbours(count, at, texts, step)
        low, high = words.starts[index], words.ends[index]
        hashes = words.part(low, high)
        near.append((
            np.where(inside, hashes, zero), np.where(inside, all_shapes[index].astype(np.uint64) + one, one),
            np.where(inside, words.part(np.maximum(low, high - 3), high), zero),
            np.where(inside, _known(hashes, index, hidden), zero),
        ))  # fmt: skip
    (prev, prev_shape, prev_tail, known_before), (next_, next_shape, next_tail, known_after) = near
    index, inside = _neighbours(count, at, texts, -2)
    prev2 = np.where(inside, words.hashes_at(index), zero)
    index, inside = _neighbours(count, at, texts, 2)
    next2 = np.where(inside, words.hashes_at(index), zero)
    h, shape = words.part(starts, ends), all_shapes[at].astype(np.uint64)
    known = _known(h, at, hidden)
    known_all = (known_before << np.uint64(8)) + (known << np.uint64(4)) + known_after
    form = shape * np.uint64(100) + prev_shape * np.uint64(10) + next_shape
    wide_form = form << np.uint64(20)
    raw = np.stack(
        (
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
        )
    )
    raw *= _SALTS[:FEATURES, None]
    raw += _SALTS[1 : FEATURES + 1, None]
    return (mixed(raw) >> np.uint64(64 - BITS)).view(np.int64)


def _known(hashes: NDArray[np.uint64], at: NDArray[np.int64], hidden: NDArray[np.bool_] | None) -> NDArray[np.uint64]:
    codes = lexicon().codes(hashes)
    return codes if hidden is None else np.where(hidden[at], codes & np.uint64(12), codes)


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
        runs = list(_runs(view, words, page.parts_at(words.starts), long))
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
