"""Words around a candidate: keywords that speak for it and look-alike words that speak against it."""

from __future__ import annotations

import re

from fanlight.labels.keywords import Keywords, Window, window_of
from fanlight.labels.recognizers import Recognizer
from fanlight.labels.wordlists import words

__all__ = ["Surroundings", "column_title", "is_sample", "looks_alike"]

_LOOK_ALIKES = Keywords(words("look_alikes", "look_alike"))
_CELL = re.compile(r"[,;\t|]")


_SAMPLE_BEFORE = re.compile(
    r"(?i)\b(?:test|demo|sample|dummy|example|fake|mock|default|tst|placeholder)\b[^\n.;]{0,22}$"
)
_SAMPLE_AFTER = re.compile(
    r"(?i)^[^\n.;]{0,6}[,?]? (?:for|as) (?:a |an )?(?:demo|test|tests|testing|default|example|sample|"
    r"placeholder)\b"
)


def is_sample(text: str, start: int, end: int) -> bool:
    """Whether the words around say that the value is an example: `the test PIN is 0000, for demo`."""
    if _SAMPLE_AFTER.match(text[end : end + 36]):
        return True
    return _SAMPLE_BEFORE.search(text[max(0, start - 32) : start]) is not None


class Surroundings:
    """The folded words around places of one text. Kept between recognizers that look at the same place."""

    __slots__ = ("_after", "_before", "_title", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._before: dict[tuple[int, int], Window] = {}
        self._after: dict[tuple[int, int], Window] = {}
        self._title: dict[int, Window] = {}

    def __repr__(self) -> str:
        return f"Surroundings({len(self.text)} characters)"

    def before(self, start: int, reach: int) -> Window:
        """Folded text of `reach` characters before a place."""
        found = self._before.get((start, reach))
        if found is None:
            found = self._before[start, reach] = window_of(self.text[max(0, start - reach) : start])
        return found

    def after(self, end: int, reach: int) -> Window:
        """Folded text of `reach` characters behind a place."""
        found = self._after.get((end, reach))
        if found is None:
            found = self._after[end, reach] = window_of(self.text[end : end + reach])
        return found

    def title(self, start: int) -> Window:
        """Folded title of the table column in which a place stands."""
        found = self._title.get(start)
        if found is None:
            found = self._title[start] = window_of(column_title(self.text, start))
        return found

    def keyword(self, start: int, end: int, recognizer: Recognizer) -> str | None:
        """The keyword of the recognizer that stands near a candidate, or titles its column."""
        words = recognizer.keywords
        if words is None:
            return None
        return (
            words.find(self.before(start, recognizer.near))
            or (words.find(self.after(end, recognizer.after)) if recognizer.after else None)
            or words.find(self.title(start))
        )

    def looks_alike(self, start: int) -> bool:
        """Whether a look-alike word stands right before a candidate, on its line."""
        return looks_alike(self.text, start)


def looks_alike(text: str, start: int) -> bool:
    """Whether a look-alike word stands right before the candidate, on its line."""
    line = text[max(0, start - 32) : start].rpartition("\n")[2]
    return _LOOK_ALIKES.find(window_of(line)) is not None


def column_title(text: str, start: int) -> str:
    """The title of the table column in which the position stands, in lower case; empty when there is no table.

    Looks back at most 4,000 characters for a line with the same number of delimiters and no digits.
    """
    line_start = text.rfind("\n", max(0, start - 400), start) + 1
    if line_start == 0:
        return ""
    line_end = text.find("\n", start, start + 400)
    line = text[line_start : line_end if line_end >= 0 else start + 400]
    delimiter = next((d for d in "\t|;," if d in line), None)
    if delimiter is None:
        return ""
    column = line[: start - line_start].count(delimiter)
    width = line.count(delimiter)
    block = text[max(0, line_start - 4000) : line_start].split("\n")
    for row in reversed(block[:-1]):
        if row.count(delimiter) != width:
            break
        if not any(c.isdigit() for c in row) and any(c.isalpha() for c in row):
            return row.split(delimiter)[column].strip(" \"'`*").lower().replace("_", " ")
    return ""
