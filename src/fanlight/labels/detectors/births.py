"""Dates of birth: a date right beside a word that says so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from fanlight.labels.context import is_sample
from fanlight.labels.detectors import Found, Sight
from fanlight.labels.gates import Gate
from fanlight.labels.wordlists import words

__all__ = ["DETECTOR"]

_MONTH = rf"(?:{'|'.join(words('births', 'month'))})[^\W\d_]{{0,8}}\.?"
_DATE = re.compile(
    r"(?<![\d.])(?:(?:19|20)\d\d[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?|\d{1,2}[-/. ]\s?\d{1,2}[-/. ]\s?(?:(?:19|"
    r"20)\d\d|\d\d)|"
    rf"\d{{1,2}}(?:\.|st|nd|rd|th|er|º)?\s(?:de\s)?{_MONTH}\s?(?:de\s|,\s?)?(?:19|20)?\d\d|"
    rf"{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d|"
    r"(?:19|20)\d\d년\s?\d{1,2}월\s?\d{1,2}일)(?!\d)",
    re.IGNORECASE,
)


class _Births:
    name = "births"
    order = 60
    types: ClassVar[dict[str, str]] = {"DATE_OF_BIRTH": "birth_date"}
    anchors = words("births", "birth")

    def gate_of(self, _anchor: str) -> Gate:
        return Gate(digit=(0, 36))

    def find(self, sight: Sight) -> Iterable[Found]:
        text = sight.text
        last = -1
        for end, _ in sight.hits:
            match = _DATE.search(text, end, min(len(text), end + 36))
            if (
                match
                and match.start() >= last
                and "\n\n" not in text[end : match.start()]
                and not is_sample(text, *match.span())
            ):
                last = match.end()
                yield Found(*match.span(), "DATE_OF_BIRTH", "birth_date", "birth_date", 0.88, keyword="birth")


DETECTOR = _Births()
