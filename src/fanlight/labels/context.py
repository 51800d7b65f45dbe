"""Words around a candidate: keywords that speak for it and look-alike words that speak against it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fanlight.labels.keywords import KeywordIndex, Keywords
from fanlight.labels.recognizers import Recognizer
from fanlight.labels.wordlists import words

__all__ = ["Surroundings", "Titles", "is_sample", "looks_alike"]

_LOOK_ALIKES = Keywords(words("look_alikes", "look_alike"))
_CELL = re.compile(r"[,;\t|]")


_SAMPLES = ("test", "demo", "sample", "dummy", "example", "fake", "mock", "default", "tst", "placeholder")
_SAMPLE_BEFORE = re.compile(rf"(?i)\b(?:{'|'.join(_SAMPLES)})\b[^\n.;]{{0,22}}$")
_SAMPLE_AFTER = re.compile(
    r"(?i)^[^\n.;]{0,6}[,?]? (?:for|as) (?:a |an )?(?:demo|test|tests|testing|default|example|sample|"
    r"placeholder)\b"
)


def is_sample(text: str, start: int, end: int) -> bool:
    """Whether the words around say that the value is an example: `the test PIN is 0000, for demo`."""
    after = text[end : end + 36]
    near = after[:12].lower()
    if (" for " in near or " as " in near or not after.isascii()) and _SAMPLE_AFTER.match(after):
        return True
    before = text[max(0, start - 32) : start]
    if before.isascii():
        near = before.lower()
        for word in _SAMPLES:
            if word in near:
                break
        else:
            return False
    return _SAMPLE_BEFORE.search(before) is not None


_NOTHING: Mapping[str, str] = {}


class Surroundings:
    """Which recognizers have a keyword around a place of one text. Kept between those that look at the same place."""

    __slots__ = ("_around", "_index", "_seen", "text", "titles")

    def __init__(self, text: str, index: KeywordIndex) -> None:
        self.text = text
        self.titles = Titles(text)
        self._index = index
        self._around: dict[tuple[int, int, int, int], Mapping[str, str]] = {}
        self._seen: dict[tuple[int, int] | str, Mapping[str, str]] = {}
        """What the index said of a range of the text, or of a title."""

    def __repr__(self) -> str:
        return f"Surroundings({len(self.text)} characters)"

    def keywords(self, start: int, end: int, near: int, after: int) -> Mapping[str, str]:
        """Recognizer to the keyword that stands near a candidate, or else titles its column."""
        place = start, end, near, after
        found = self._around.get(place)
        if found is None:
            found = self._between(max(0, start - near), start)
            behind = self._between(end, end + after) if after else _NOTHING
            title = self._titled(start)
            if behind or title:
                found = {**title, **behind, **found}
            self._around[place] = found
        return found

    def keyword(self, start: int, end: int, recognizer: Recognizer) -> str | None:
        """The keyword of the recognizer that stands near a candidate, or titles its column."""
        if recognizer.keywords is None:
            return None
        found = self._around.get((start, end, recognizer.near, recognizer.after))
        if found is None:
            found = self.keywords(start, end, recognizer.near, recognizer.after)
        return found.get(recognizer.id) if found else None

    def _between(self, start: int, end: int) -> Mapping[str, str]:
        place = start, end
        found = self._seen.get(place)
        if found is None:
            found = self._seen[place] = self._index.find_in(self.text[start:end])
        return found

    def _titled(self, start: int) -> Mapping[str, str]:
        title = self.titles.at(start)
        if not title:
            return _NOTHING
        found = self._seen.get(title)
        if found is None:
            found = self._seen[title] = self._index.find_in(title)
        return found

    def looks_alike(self, start: int) -> bool:
        """Whether a look-alike word stands right before a candidate, on its line."""
        return looks_alike(self.text, start)


def looks_alike(text: str, start: int) -> bool:
    """Whether a look-alike word stands right before the candidate, on its line."""
    line = text[max(0, start - 32) : start].rpartition("\n")[2]
    return _LOOK_ALIKES.find_in(line) is not None


class Titles:
    """Titles of table columns in one text. Each row is looked at once, however many candidates stand in it."""

    __slots__ = ("_heads", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._heads: dict[int, tuple[int, str]] = {}

    def __repr__(self) -> str:
        return f"Titles({len(self._text)} characters)"

    def at(self, start: int) -> str:
        """The title of the table column in which the position stands, in lower case; empty when there is no table.

        A title stands in a line with as many delimiters and no digits, at most 4,000 characters before.
        """
        text = self._text
        line_start = text.rfind("\n", max(0, start - 400), start) + 1
        if line_start == 0:
            return ""
        line_end = text.find("\n", start, start + 400)
        line = text[line_start : line_end if line_end >= 0 else start + 400]
        for delimiter in "\t|;,":
            if delimiter in line:
                break
        else:
            return ""
        head, row = self._head(line_start, line, delimiter)
        if head < 0:
            return ""
        column = line[: start - line_start].count(delimiter)
        return row.split(delimiter)[column].strip(" \"'`*").lower().replace("_", " ")

    def _head(self, line_start: int, line: str, delimiter: str) -> tuple[int, str]:
        """Begin and text of the title row for a row; -1 when there is none."""
        known = self._heads.get(line_start)
        if known is not None:
            return known
        text, width = self._text, line.count(delimiter)
        low = max(0, line_start - 4000)
        end = line_start - 1
        found = (-1, "")
        while end >= low:
            begin = text.rfind("\n", low, end) + 1 or low
            row = text[begin:end]
            if row.count(delimiter) != width:
                break
            if not _DIGIT.search(row) and any(c.isalpha() for c in row):
                found = (begin, row)
                break
            if begin in self._heads:
                head = self._heads[begin]
                found = head if head[0] >= low else found
                break
            end = begin - 1
        if len(self._heads) > _ROWS:
            self._heads.clear()
        self._heads[line_start] = found
        return found


_DIGIT = re.compile(r"\d")
_ROWS = 10_000
