"""Phone numbers: the plus sign, a form that only phones have, a word near by, or an e-mail address beside it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import ClassVar

from fanlight.labels.context import Titles, is_sample, looks_alike
from fanlight.labels.detectors import Found, Sight
from fanlight.labels.keywords import Keywords
from fanlight.labels.numbers import NumberPiece
from fanlight.labels.wordlists import words

__all__ = ["DETECTOR"]

_KEYWORDS = Keywords(words("phones", "phone"))
_NO = re.compile(
    r"[$€£¥#]\s?$|(?:\bv|\bver|\bversion|\bid|\bno\.|\bnr\.?|§|\bpage|\bport|\bisbn|\bissn|\bdoi|[=/\\@_])\s?$",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12]\d|3[01])(?:[ T]\d.*)?|"
    r"(?:0?[1-9]|[12]\d|3[01])[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:19|20)?\d\d(?: .*)?|"
    r"(?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)?\d\d(?: .*)?|.*/.*/.*|.*[/.-](?:19|20)\d\d"
)
_SPREAD = re.compile(r"(?:\+?\d[ .-]{1,3}){6,}\d*")
_NORTH = re.compile(r"(?:\+?1[ .-]?)?(?:\([2-9]\d\d\)[ .-]{0,2}|[2-9]\d\d[ .-])[2-9]?\d{2,3}[ .-]\d{4}")
_GROUPED = re.compile(
    r"\(?0\d{1,4}\)?(?:[ ./-]{1,2}\(?\d{2,4}\)?){1,4}|\(0?\d{1,5}\)[ ./-]?\d{3,4}(?:[ .-]?\d{2,7})?|"
    r"00[1-9]\d(?:[ .-]?\d{2,4}){2,5}"
)
_EXTENSION = re.compile(r"\s?(?:x|ext\.?|extension|Durchwahl|ilvova)\s?\d{1,6}", re.IGNORECASE)


class _Phones:
    name = "phones"
    order = 50
    types: ClassVar[dict[str, str]] = {"PHONE_NUMBER": "phone"}
    anchors: tuple[str, ...] = ()

    def follows(self, _found: Sequence[Found], pieces: Sequence[NumberPiece]) -> bool:
        return bool(pieces)

    def find(self, sight: Sight) -> Iterable[Found]:
        taken = sorted((f.start, f.end) for f in sight.found if f.confidence >= 0.6)
        mails = sorted(f.start for f in sight.found if f.group == "email")
        for start, end, digits in sight.pieces:
            if 7 <= digits <= 17 and not _overlaps(taken, start, end):
                find = _judge(sight, start, end, digits, mails)
                if find is not None:
                    yield find


def _overlaps(taken: list[tuple[int, int]], start: int, end: int) -> bool:
    index = bisect_left(taken, (end, 0))
    return index > 0 and taken[index - 1][1] > start


_SIGNS = frozenset(" +-()./")
_MOST = 13
"""Digits of a phone number without a plus sign."""


def _judge(sight: Sight, start: int, end: int, digits: int, mails: list[int]) -> Found | None:
    text = sight.text
    value = text[start:end]
    if start and (text[start - 1].isalnum() or text[start - 1] in ".%#_-"):
        return None
    stop = end
    extension = _EXTENSION.match(text, end)
    if extension:
        stop = extension.end()
    elif end < len(text) and (
        (text[end].isalnum() and ord(text[end]) < 0x3000)
        or text[end] in "%_"
        or text[end : end + 2].strip(".,:/-@").isdigit()
    ):
        return None
    line_before = text[max(0, start - 10) : start].rpartition("\n")[2]
    plus = value.startswith(("+", "(+"))
    if not plus and (digits > _MOST or _NO.search(line_before) or _DATE.fullmatch(value) or looks_alike(text, start)):
        return None
    confidence = _confidence(sight, start, stop, value, digits, plus=plus, mails=mails, extension=bool(extension))
    if confidence < 0.5:
        return None
    return Found(start, stop, "PHONE_NUMBER", "phone", "phone_number", confidence)


def _confidence(
    sight: Sight, start: int, end: int, value: str, digits: int, *, plus: bool, mails: list[int], extension: bool
) -> float:
    text = sight.text
    if len(set(value) - _SIGNS) <= 1 or is_sample(text, start, end):
        return 0.0
    if plus and 9 <= digits <= 15:
        return 0.92
    keyword = (
        _KEYWORDS.find_in(text[max(0, start - 45) : start])
        or _KEYWORDS.find_in(text[end : end + 14])
        or _titled(sight.titles, start)
    )
    grouped = not value.isdigit()
    if plus:
        return 0.92 if keyword else 0.4
    north = _NORTH.fullmatch(value) is not None
    if keyword and 7 <= digits <= 13:
        return 0.88 if grouped or digits >= 9 else 0.7
    if north and (digits in {10, 11} or extension):
        return 0.75 if extension or "(" in value else 0.65
    if _beside_mail(text, start, mails) and 7 <= digits <= 13:
        return 0.8
    if _GROUPED.fullmatch(value) and 8 <= digits <= 13:
        return 0.6
    if digits in {10, 11} and _SPREAD.match(value):
        return 0.55
    return 0.0


def _titled(titles: Titles, start: int) -> str | None:
    title = titles.at(start)
    return _KEYWORDS.find_in(title) if title else None


def _beside_mail(text: str, start: int, mails: list[int]) -> bool:
    """An e-mail address on the same line or the line before or behind, within 80 characters."""
    index = bisect_left(mails, start)
    for near in mails[max(0, index - 1) : index + 1]:
        low, high = min(near, start), max(near, start)
        if high - low <= 90 and text.count("\n", low, high) <= 1:
            return True
    return False


DETECTOR = _Phones()
