"""Dictionaries: up to 20,000 terms found in one pass, as words of their own and without regard to case.

Vectorscan finds the literals; without its wheel a slower walk over the text finds the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from fanlight.labels.custom.literal import Multi, is_there
from fanlight.labels.text import TextView, tables, view_of

__all__ = ["TermSet", "lowered"]

_CJK = 0x2E80
_HEAD = 2


def lowered(view: TextView) -> str:
    """The folded text in small letters, one character for one."""
    if view.text.isascii():
        return view.text.lower()
    wide = np.frombuffer(view.text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    plane = np.minimum(wide, 0xFFFF).astype(np.uint16)
    small = np.where(wide > 0xFFFF, wide, tables().lower[plane]).astype(np.uint32)
    return small.tobytes().decode("utf-32-le", "surrogatepass")


class TermSet:
    """Terms of several owners. Thread-safe; holds no text."""

    def __init__(self, terms: Sequence[tuple[int, str]], *, without_filter: bool = False) -> None:
        owners: dict[str, list[int]] = defaultdict(list)
        for owner, term in terms:
            folded = lowered(view_of(" ".join(term.split())))
            owners[folded].append(owner)
        self._terms = list(owners)
        self._owners = [tuple(dict.fromkeys(found)) for found in owners.values()]
        self._multi: Multi | None = None
        self._heads: dict[str, list[int]] = defaultdict(list)
        if self._terms and is_there() and not without_filter:
            self._multi = Multi([(number, _literally(term)) for number, term in enumerate(self._terms)])
        else:
            for number, term in enumerate(self._terms):
                self._heads[term[:_HEAD]].append(number)

    def find(self, view: TextView) -> Iterator[tuple[int, int, int]]:
        """(owner, start, end) in characters, the longest term of a place for each owner, in order of place."""
        if not self._terms or not view.text:
            return
        text = lowered(view)
        taken: dict[int, int] = {}
        found = self._walk(text) if self._multi is None else self._literal(self._multi, text)
        for start, minus_length, number in sorted(found):
            end = start - minus_length
            for owner in self._owners[number]:
                if start >= taken.get(owner, 0):
                    taken[owner] = end
                    yield owner, start, end

    def _literal(self, multi: Multi, text: str) -> list[tuple[int, int, int]]:
        data = text.encode("utf-8", "replace")
        numbers: list[int] = []
        ends: list[int] = []

        def tell(number: int, end: int) -> None:
            numbers.append(number)
            ends.append(end)

        multi.scan(data, tell)
        if not numbers:
            return []
        places = TextView(text, np.zeros(0, np.uint8), None, len(text), data).characters_at(np.array(ends, np.int64))
        result = []
        for number, end in zip(numbers, places.tolist(), strict=True):
            size = len(self._terms[number])
            if _stands(text, end - size, end):
                result.append((end - size, -size, number))
        return result

    def _walk(self, text: str) -> list[tuple[int, int, int]]:
        result = []
        for start in range(len(text) - _HEAD + 1):
            for number in self._heads.get(text[start : start + _HEAD], ()):
                term = self._terms[number]
                if text.startswith(term, start) and _stands(text, start, start + len(term)):
                    result.append((start, -len(term), number))
        return result


def _literally(term: str) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in term.encode())


def _bounded(char: str) -> bool:
    return char.isalnum() and ord(char) < _CJK


def _stands(text: str, start: int, end: int) -> bool:
    """Whether the place is a word of its own; scripts without blanks between words have no such border."""
    if start > 0 and _bounded(text[start]) and _bounded(text[start - 1]):
        return False
    return not (end < len(text) and _bounded(text[end - 1]) and _bounded(text[end]))
