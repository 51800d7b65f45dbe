"""Pages: texts side by side, or a stretch of a long one, so that scanning and counting are paid once for many.

A page is one folded text of bounded length. Short texts stand on it with a gap of NUL characters between them that
nothing crosses; a long text is cut into stretches that overlap, and each find belongs to the stretch where it begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fanlight.labels.text import TextView, view_of

__all__ = ["LEAD", "PAGE", "TAIL", "Page", "Part", "pages_of"]

PAGE = 1 << 17
"""Most characters of a page."""
LEAD = 2048
"""Characters before a stretch of a long text that its page shows too: terms add up over so many."""
TAIL = 512
"""Characters behind a stretch that its page shows too: a name, a number or a key goes on so far at most."""
_GAP = "\0\0\0\0\0"
_STRETCH = PAGE - 2 * LEAD


@dataclass(slots=True)
class Part:
    """A text, or one stretch of it, on a page. All offsets are characters of the folded text."""

    index: int
    """Which of the given texts."""
    text: str
    """The whole folded text."""
    begin: int
    stop: int
    shift: int
    """Offset on the page minus offset in the text."""
    origin: NDArray[np.int64] | None = None
    """Offset in the text as given for each character of the folded one, when invisible ones were dropped."""
    last: bool = True
    """Whether the text ends with this stretch."""

    def __repr__(self) -> str:
        return f"Part({self.begin}, {self.stop})"

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the text as given."""
        if self.origin is None or end <= start:
            return start, end
        return int(self.origin[start]), int(self.origin[end - 1]) + 1


@dataclass(slots=True)
class Page:
    """One page: its characters, and the parts that stand on it, in order."""

    view: TextView
    parts: list[Part]
    _begins: NDArray[np.int64] | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"Page({len(self.parts)} parts)"

    def parts_at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which part each place of the page belongs to: the last one that begins at it or before."""
        if len(self.parts) == 1:
            return np.zeros(len(places), dtype=np.int64)
        if self._begins is None:
            self._begins = np.array([part.begin + part.shift for part in self.parts], dtype=np.int64)
        return np.maximum(np.searchsorted(self._begins, places, side="right") - 1, 0)

    def parts_of(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """What `parts_at` says of many places in ascending order, at a fraction of its cost."""
        if len(self.parts) == 1:
            return np.zeros(len(places), dtype=np.int64)
        begins = np.array([part.begin + part.shift for part in self.parts[1:]], dtype=np.int64)
        bounds = np.concatenate(([0], np.searchsorted(places, begins), [len(places)]))
        return np.repeat(np.arange(len(self.parts)), np.diff(bounds))


def pages_of(texts: Sequence[str]) -> Iterator[Page]:
    """Pages for texts, in an order that puts plain ones together. Each text appears once, long ones as stretches."""
    shelves: tuple[list[int], list[int]] = ([], [])
    sizes = [0, 0]
    for index, text in enumerate(texts):
        if len(text) > _STRETCH:
            yield from _stretches(index, text)
            continue
        kind = 0 if text.isascii() else 1
        if shelves[kind] and sizes[kind] + len(text) > _STRETCH:
            yield _shared(texts, shelves[kind])
            shelves[kind].clear()
            sizes[kind] = 0
        shelves[kind].append(index)
        sizes[kind] += len(text) + len(_GAP)
    for shelf in shelves:
        if shelf:
            yield _shared(texts, shelf)


def _shared(texts: Sequence[str], indices: Sequence[int]) -> Page:
    """One page for some texts."""
    joined = _GAP.join([texts[index] for index in indices])
    view = view_of(joined)
    parts: list[Part] = []
    at = 0
    if view.origin is None:
        folded = view.text
        same = folded is joined
        for index in indices:
            size = len(texts[index])
            parts.append(Part(index, texts[index] if same else folded[at : at + size], 0, size, at))
            at += size + len(_GAP)
        return Page(view, parts)
    bounds: list[int] = []
    for index in indices:
        bounds += (at, at + len(texts[index]))
        at += len(texts[index]) + len(_GAP)
    places = np.searchsorted(view.origin, np.array(bounds, dtype=np.int64)).tolist()
    for number, index in enumerate(indices):
        start, end = places[2 * number], places[2 * number + 1]
        origin = view.origin[start:end] - bounds[2 * number]
        parts.append(Part(index, view.text[start:end], 0, end - start, start, origin))
    return Page(view, parts)


def _stretches(index: int, given: str) -> Iterator[Page]:
    """The pages of one long text."""
    text, origin = (given, None) if given.isascii() else _folded(given)
    size = len(text)
    begin = 0
    while True:
        stop = _cut(text, begin, size)
        low, high = max(0, begin - LEAD), min(size, stop + TAIL)
        part = Part(index, text, begin, stop, -low, origin, last=stop == size)
        yield Page(view_of(text[low:high]), [part])
        if stop == size:
            return
        begin = stop


def _cut(text: str, begin: int, size: int) -> int:
    """Where a stretch that begins at `begin` ends: at a line break or a blank near its full length, if there is one."""
    stop = begin + _STRETCH
    if stop >= size:
        return size
    for sign in ("\n", " "):
        place = text.rfind(sign, stop - 8192, stop)
        if place > 0:
            return place + 1
    return stop


def _folded(given: str) -> tuple[str, NDArray[np.int64] | None]:
    """A long text folded piece by piece, so that the wide copies stay small."""
    pieces: list[str] = []
    origins: list[NDArray[np.int64]] = []
    changed = False
    for begin in range(0, len(given), PAGE):
        view = view_of(given[begin : begin + PAGE])
        pieces.append(view.text)
        changed = changed or view.origin is not None
        origin = np.arange(view.length, dtype=np.int64) if view.origin is None else view.origin
        origins.append(origin + begin)
    return "".join(pieces), np.concatenate(origins) if changed else None
