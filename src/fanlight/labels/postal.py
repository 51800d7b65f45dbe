"""The parts around a street: units, postcodes and towns of many countries, and what only looks like them."""

from __future__ import annotations

import re

__all__ = ["POSTCODE", "TOWN", "UNIT", "is_postal", "whole_address"]

_WORD = r"[^\W\d_a-zß-öø-ÿ][\w'’.-]*"
TOWN = rf"{_WORD}(?:[ ]{_WORD}|[ ](?:am|an|der|im|in|de|do|da|la|le|sur|sous|di|del|op|aan|upon)(?=[ ]{_WORD})){{0,4}}"
"""One word or several that begin large."""
POSTCODE = (
    r"(?:(?:[A-Z]{1,3}-)?\d{4,6}(?:-\d{3,4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{3} \d{2}|"
    r"\d{4} ?[A-Z]{2}|\d{2}-\d{3})(?!\w)"
)
UNIT = (
    r"(?i:(?:apt|apartment|suite|unit|ste|flat|floor|fl|room|rm|lägenhet|lgh|appartement|appt|bte|bus|piso|apto|"
    r"andar|bloco|interno|int|scala|daire|kat|m|lok|mieszkanie|stiege|"
    r"top|whg|wohnung|etage|bât|box)\b\.? ?#?\w?\d{1,5}[A-Za-z]?(?!\w))"
)
_GAP = r"(?=[ ,\n])[ ,]{0,2}\n?[ >,?]{0,4}"
_TAIL = re.compile(
    rf"(?:{_GAP}{UNIT})?(?:{_GAP}{POSTCODE}[ ]{TOWN}|(?:{_GAP}{TOWN}){{1,3}}{_GAP}{POSTCODE})?"
    rf"(?:{_GAP}{UNIT})?"
)
_LEAD = re.compile(
    rf"(?:(?<=\s)|(?<=>)|^)(?:\d{{1,5}}[A-Za-z]?,? )?{TOWN}(?: \d{{1,5}}[A-Za-z]?)?[ ,]{{0,2}}\n?[ >?]{{0,4}}$"
)
_NUMBERED = re.compile(r"\d")
_MONTHS = re.compile(
    r"(?i)\b(?:jan|feb|m[aä]r|apr|may|mai|maj|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zûé]{0,6} \d{1,2}, (?:19|20)\d\d\b"
)
_SMALL = re.compile(
    r"(?:^|[ \n])[a-zß-öø-ÿ]+,? (?:[A-Z]{2,3},? \d{4,5}|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d)"
)
"""No town before the postcode."""
_YEARS = re.compile(r"\b(?:19|20)\d\d,")
_NO_STREET = frozenset([
    "article", "artikel", "art", "figure", "fig", "figura", "chapter", "kapitel", "chapitre", "version", "item",
    "part", "table", "tabelle", "page", "seite", "section", "abschnitt", "absatz", "nr", "no", "order", "rechnung",
    "invoice", "room", "raum", "building", "gebäude", "flight", "flug", "zug", "train", "route", "line", "step",
    "schritt", "phase", "day", "tag", "week", "woche", "year", "jahr", "class", "grade", "level", "stufe", "group",
    "gruppe", "team", "version", "drawing", "model", "modell", "release", "in", "on", "at", "since", "seit", "until",
    "bis", "from", "von", "about", "over", "mehr", "more", "than", "nur", "only", "rund", "etwa", "circa", "nearly",
    "almost", "und", "and",
])  # fmt: skip
_NO_TOWN = frozenset([
    "stück", "stk", "euro", "eur", "usd", "gbp", "chf", "people", "personen", "persons", "pieces", "units", "samples",
    "downloads", "items", "users", "visitors", "besucher", "kunden", "customers", "votes", "stimmen", "prozent",
    "percent", "meter", "kilometer", "km", "kg", "mg", "ml", "gb", "mb", "tage", "days", "stunden", "hours",
    "minuten", "minutes", "uhr", "jahre", "years", "seiten", "pages", "teilnehmer", "mitarbeiter", "employees",
    "euros", "dollars", "release",
])  # fmt: skip


def is_postal(value: str) -> bool:
    """A street with its house number, then postcode and town: no date, no amount, no article with its number."""
    if _MONTHS.search(value) or _YEARS.search(value) or _SMALL.search(value):
        return False
    words = re.findall(r"[^\W\d_]+", value.lower())
    if not words or words[0] in _NO_STREET:
        return False
    behind = re.search(r"\d{3,6}[ ]+([^\W\d_]+)[^\d]*$", value)
    return behind is None or behind.group(1).lower() not in _NO_TOWN


def whole_address(text: str, start: int, end: int, *, before: bool = False) -> tuple[int, int]:
    """The address around one of its parts: what follows it, and with `before` the street before it."""
    if before:
        low = max(0, start - 70)
        lead = _LEAD.search(text, low, start)
        if lead is not None and _NUMBERED.search(lead.group()):
            start = lead.start()
    tail = _TAIL.match(text, end, min(len(text), end + 160))
    return start, end if tail is None else tail.end()
