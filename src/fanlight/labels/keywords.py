"""Lists of keywords against short windows of text.

A window is folded (small letters, runs of blanks, dashes and underscores as one blank) and cut into words. Keywords of
one word are a set that the words are looked up in; only the others are searched as substrings. For a list of eighty
words this is thirty times faster than one expression of alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

__all__ = ["KeywordIndex", "Keywords", "Window", "window_of"]

_GAP = re.compile(r"[\s_-]+")
_WORDS = re.compile(r"[^\W_]+")


class Window:
    """A folded piece of text and its words."""

    __slots__ = ("text", "words")

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.lower().replace("-", " ").replace("_", " ").split())
        self.words: list[str] = _WORDS.findall(self.text)

    def __repr__(self) -> str:
        return f"Window({len(self.text)} characters)"


_EMPTY = Window("")


def window_of(text: str) -> Window:
    """The folded window of a piece of text."""
    return Window(text) if text else _EMPTY


class Keywords:
    """Keywords that count as whole words where letters end them; several words also when written as one."""

    __slots__ = ("_heads", "phrases", "single")

    def __init__(self, words: Iterable[str]) -> None:
        single: set[str] = set()
        phrases: dict[str, tuple[bool, bool]] = {}
        for word in words:
            plain = _GAP.sub(" ", word.lower()).strip()
            for form in {plain, plain.replace(" ", "")}:
                if _WORDS.fullmatch(form) and all(map(_bounded, (form[0], form[-1]))):
                    single.add(form)
                else:
                    phrases[form] = (_bounded(form[0]), _bounded(form[-1]))
        self.single = frozenset(single)
        self.phrases = tuple((word, *ends) for word, ends in sorted(phrases.items(), key=lambda item: -len(item[0])))
        heads = [_head(word, left) for word, left, _ in self.phrases if word.isascii()]
        self._heads = None if None in heads else self.single.union(head for head in heads if head)

    def find_in(self, text: str) -> str | None:
        """What `find` says of the window of a text. Most texts hold no word of the list, which their words tell."""
        if self._heads is not None and text.isascii() and self._heads.isdisjoint(_WORDS.findall(text.lower())):
            return None
        return self.find(window_of(text))

    def find(self, window: Window) -> str | None:
        """The longest phrase inside the window, else the last single word of the list."""
        text = window.text
        if not text:
            return None
        for word, left, right in self.phrases:
            if word in text and _stands(text, word, left, right):
                return word
        for word in reversed(window.words):
            if word in self.single:
                return word
        return None


_Phrase = tuple[str, bool, bool, tuple[str, ...]]


class KeywordIndex:
    """The keywords of many owners: one look at a window says which owners have a keyword there, and which one."""

    __slots__ = ("_foreign", "_heads", "_known", "_loose", "_opening", "_single")

    def __init__(self, owners: Iterable[tuple[str, Keywords]]) -> None:
        singles: dict[str, list[str]] = {}
        phrases: dict[tuple[str, bool, bool], list[str]] = {}
        for owner, keywords in owners:
            for word in keywords.single:
                singles.setdefault(word, []).append(owner)
            for entry in keywords.phrases:
                phrases.setdefault(entry, []).append(owner)
        self._single = {word: tuple(found) for word, found in singles.items()}
        self._opening: dict[str, list[_Phrase]] = {}
        self._loose: list[_Phrase] = []
        self._foreign: list[_Phrase] = []
        for (phrase, left, right), found in phrases.items():
            head = _head(phrase, left)
            entry_of = (phrase, left, right, tuple(found))
            if head is not None:
                self._opening.setdefault(head, []).append(entry_of)
            else:
                (self._loose if phrase.isascii() else self._foreign).append(entry_of)
        self._heads = frozenset(self._single) | frozenset(self._opening)
        self._known: dict[tuple[str, ...], Mapping[str, str]] = {}
        """Keywords in a row to what they say of the owners, where no phrase begins with one. Holds our words alone."""

    def find_in(self, text: str) -> Mapping[str, str]:
        """What `find` says of the window of a text. Most texts hold no keyword at all, which their words tell."""
        if self._loose or not text.isascii():
            return self.find(window_of(text))
        heads = self._heads
        hits = tuple([word for word in _WORDS.findall(text.lower()) if word in heads])
        if not hits:
            return _NOTHING
        known = self._known.get(hits)
        if known is None:
            found: Mapping[str, str] = self.find(window_of(text))
            if self._opening.keys().isdisjoint(hits) and len(self._known) < _KNOWN:
                self._known[hits] = found
            return found
        return known

    def find(self, window: Window) -> dict[str, str]:
        """Owner to keyword, for every owner that has one in the window."""
        found: dict[str, str] = {}
        text = window.text
        single, opening = self._single, self._opening
        for word in window.words:
            if word in single:
                found.update(dict.fromkeys(single[word], word))
        asked = self._loose if text.isascii() else [*self._loose, *self._foreign]
        for word in window.words:
            if word in opening:
                asked = [*asked, *opening[word]]
        for phrase, left, right, owners in asked:
            if phrase in text and _stands(text, phrase, left, right):
                found.update(dict.fromkeys(owners, phrase))
        return found


_NOTHING: Mapping[str, str] = {}
_KNOWN = 4096


def _head(phrase: str, left: bool) -> str | None:
    """The word that a phrase begins with, where a text that holds the phrase must hold it as a word of its own."""
    first = _WORDS.match(phrase)
    return first.group() if left and first is not None and first.end() < len(phrase) else None


def _bounded(char: str) -> bool:
    return char.isalnum() and ord(char) < 0x2E80


def _stands(text: str, word: str, left: bool, right: bool) -> bool:
    """Whether the phrase stands somewhere as words of its own."""
    start = text.find(word)
    while start >= 0:
        stop = start + len(word)
        joined = left and start > 0 and text[start - 1].isalnum()
        if not joined and not (right and stop < len(text) and text[stop].isalnum()):
            return True
        start = text.find(word, start + 1)
    return False
