"""Words around a candidate: keywords that speak for it and look-alike words that speak against it."""

from __future__ import annotations

import re

from fanlight.labels.recognizers import Recognizer, keyword_pattern
from fanlight.labels.wordlists import words

__all__ = ["column_title", "is_sample", "looks_alike", "nearest_keyword"]

_LOOK_ALIKES = keyword_pattern(words("look_alikes", "look_alike"))
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


def nearest_keyword(text: str, start: int, end: int, recognizer: Recognizer) -> str | None:
    """The keyword of the recognizer that stands near the candidate, or titles its column."""
    pattern = recognizer.keywords
    if pattern is None:
        return None
    before = text[max(0, start - recognizer.near) : start].lower()
    found = None
    for match in pattern.finditer(before):
        found = match
    if found is None:
        found = pattern.search(text[end : end + recognizer.after].lower())
    if found is None:
        title = column_title(text, start)
        found = pattern.search(title) if title else None
    return found.group() if found else None


def looks_alike(text: str, start: int) -> bool:
    """Whether a look-alike word stands right before the candidate, on its line."""
    before = text[max(0, start - 32) : start].lower()
    line = before.rpartition("\n")[2]
    return _LOOK_ALIKES.search(line) is not None


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
