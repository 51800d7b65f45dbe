"""Dates of birth: a date right beside a word that says so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from fanlight.labels.context import is_sample
from fanlight.labels.detectors import Found, Sight

__all__ = ["DETECTOR"]

_WORDS = (
    "born", "dob", "d.o.b", "date of birth", "birth date", "birthdate", "birthday", "date_of_birth", "geboren", "geb.",
    "geburtsdatum", "geb. am", "né le", "née le", "date de naissance", "nacido", "nacida", "fecha de nacimiento", "nato il",
    "nata il", "data di nascita", "nascido", "nascida", "data de nascimento", "geboren op", "geboortedatum", "urodzon",
    "data urodzenia", "ur.", "född", "födelsedatum", "født", "syntynyt", "doğum tarihi", "doğumlu", "生年月日", "生まれ",
    "出生日期", "出生", "생년월일", "출생",
)  # fmt: skip
_MONTH = (
    r"(?:jan|feb|mar|mär|apr|may|mai|maj|jun|jul|aug|sep|okt|oct|nov|dec|dez|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|fév|avr|"
    r"août|déc|sty|lut|kwi|cze|lip|sie|wrz|paź|lis|gru|oca|şub|nis|haz|tem|ağu|eyl|eki|kas|ara)[^\W\d_]{0,8}\.?"
)
_DATE = re.compile(
    r"(?<![\d.])(?:(?:19|20)\d\d[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?|\d{1,2}[-/. ]\s?\d{1,2}[-/. ]\s?(?:(?:19|20)\d\d|\d\d)|"
    rf"\d{{1,2}}(?:\.|st|nd|rd|th|er|º)?\s(?:de\s)?{_MONTH}\s?(?:de\s|,\s?)?(?:19|20)?\d\d|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d|"
    r"(?:19|20)\d\d년\s?\d{1,2}월\s?\d{1,2}일)(?!\d)",
    re.IGNORECASE,
)


class _Births:
    name = "births"
    order = 60
    types: ClassVar[dict[str, str]] = {"DATE_OF_BIRTH": "birth_date"}
    anchors = _WORDS

    def find(self, sight: Sight) -> Iterable[Found]:
        text = sight.view.text
        last = -1
        for end, _ in sight.hits:
            match = _DATE.search(text, end, min(len(text), end + 36))
            if match and match.start() >= last and "\n\n" not in text[end : match.start()] and not is_sample(text, *match.span()):
                last = match.end()
                yield Found(*match.span(), "DATE_OF_BIRTH", "birth_date", "birth_date", 0.88, keyword="birth")


DETECTOR = _Births()
