"""Street addresses: a street word of some language with a house number, a unit, or a place after `lives at`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from fanlight.labels.context import is_sample
from fanlight.labels.detectors import Found, Sight
from fanlight.labels.gates import Gate
from fanlight.labels.postal import whole_address
from fanlight.labels.wordlists import words

__all__ = ["DETECTOR"]

# English and others: number, words, street word; or street word, words, number
_AFTER = words("addresses", "after_number")
_BEFORE = "|".join(map(re.escape, words("addresses", "before_number")))
_COMPOUND = "|".join(map(re.escape, words("addresses", "compound")))
_W = r"[^\W\d_][\w'’.-]*"
_NUMBER_FIRST = re.compile(
    rf"(?<![\w.,-])\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?,? (?:{_W} ){{0,3}}"
    rf"{_W} (?:{'|'.join(_AFTER)})\b\.?",
    re.IGNORECASE,
)
_PREFIXED = re.compile(
    rf"(?<!\w)(?:\d{{1,4}}(?: ?bis| ?ter)?,? )?(?:{_BEFORE})(?: (?:de|du|des|de la|del|della|dei|di|da|do|dos|"
    rf"das|d'|l'|la|le|the))?"
    rf" {_W}(?: {_W}){{0,4}} ?,? ?(?:n[º°.]? ?|nr\.? ?|no[.:]? ?)?\d{{1,4}}[A-Za-z]?\b|"
    rf"(?<!\w)\d{{1,4}}(?: ?bis| ?ter)?,? (?:rue|avenue|boulevard|place|chemin|allée|impasse|quai|cours|"
    rf"route)(?: (?:de|du|des|de la|d'|l'))? {_W}",
    re.IGNORECASE,
)
_SUFFIXED = re.compile(
    rf"(?<!\w)(?:[^\W\d_][\w'’.-]* )?[^\W\d_][\w'’.-]{{2,40}}(?:{_COMPOUND})[ ]{{1,2}}\d{{1,4}} ?[A-Za-z]?\b(?!\d)|"
    rf"(?<!\w)(?:[^\W\d_][\w'’.-]*[ -]){{1,3}}(?:{_COMPOUND})[ ]{{1,2}}\d{{1,4}} ?[A-Za-z]?\b(?!\d)",
    re.IGNORECASE,
)
# what these two need in any case, asked first: most windows hold no such thing, and the forms themselves are slow
_PREFIXED_HINT = re.compile(
    rf"(?<!\w)(?:{_BEFORE}) [^\W\d_][\w'’.,:º° -]*?\d|"
    r"\d(?: ?bis| ?ter)?,? (?:rue|avenue|boulevard|place|chemin|allée|impasse|quai|cours|route) [^\W\d_]",
    re.IGNORECASE,
)
_SUFFIXED_HINT = re.compile(rf"(?:{_COMPOUND}) {{1,2}}\d", re.IGNORECASE)
_NUMBER_BEHIND = re.compile(r"  ?\d")
_UNIT_HINT = re.compile(r"[^\W\d_]\.? ?#?\d")
_UNIT = re.compile(
    r"(?i)(?<![\w])(?:apt|suite|unit|apartment|ste|flat|lägenhet|appartement|piso|interno|"
    r"daire)\.? ?#?\d{1,5}[A-Za-z]?\b"
)
_BOX = re.compile(
    r"(?i)\b(?:p\.? ?o\.? box|postfach|boîte postale|apartado|casella postale|box|psc|unit) \d{1,5}\b|\b(?:apo|"
    r"fpo|dpo) a[aep] \d{5}\b"
)
_EAST = re.compile(
    r"(?:[\u4e00-\u9fff]{1,4}[都道府県])?[\u3040-\u30ff\u4e00-\u9fff]{1,8}[市区町村郡][\u3040-\u30ff\u4e00-\u9fff]{0,14}"
    r"\d{1,4}(?:丁目|番地?|号|-\d)[\d丁目番地号-]*|"
    r"[\u4e00-\u9fff]{2,12}(?:路|街|大道|巷|弄)\d{1,5}号|"
    r"[가-힣]{1,6}(?:시|도|군|구) ?[가-힣0-9 ]{1,16}(?:로|길|동) ?\d{1,4}(?:-\d{1,4})?"
)
_TRIGGERS = words("addresses", "trigger")
_STATED = re.compile(r"[\s:=\"']{1,4}(?P<v>[^\n]{6,110})")
_IN_YEAR = re.compile(r"(?i)\b(?:in|since|by|until|of|from|im|seit|bis|en|nel|em) (?:19|20)\d\d $")
_HOUSE = re.compile(r"(?<![\w.$€£])\d{1,5}[A-Za-z]?(?![\w%]|[.,:]\d)")
_DIGIT = re.compile(r"\d")
_NAMEY = re.compile(r"[A-ZÀ-ÞŁŚŻ][\w'’-]{2,}|[\u3040-\u9fff가-힣]{2,}")


class _Addresses:
    name = "addresses"
    order = 70
    types: ClassVar[dict[str, str]] = {"STREET_ADDRESS": "address"}
    anchors = (*(f" {word}" for word in _AFTER), *words("addresses", "anchor"), *_TRIGGERS)

    def gate_of(self, anchor: str) -> Gate:
        return Gate(digit=(70, 116), ends=anchor in _AFTER_SET)

    def find(self, sight: Sight) -> Iterable[Found]:
        text = sight.text
        begin = stop = -1
        forms: frozenset[str] = frozenset()
        stated: dict[int, str] = {}
        for end, literal in sight.hits:
            if literal in _TRIGGER_SET:
                stated[end] = literal
            if end <= stop:
                forms |= _FORMS_OF[literal]
                continue
            low = max(text.rfind("\n", max(0, end - 70), end) + 1, end - 70, 0)
            high = text.find("\n", end, end + 90)
            high = min(len(text), end + 90) if high < 0 else high
            if low <= stop:
                stop = max(stop, high)
                forms |= _FORMS_OF[literal]
                continue
            if stop >= 0:
                yield from _addresses(text, begin, stop, forms)
            begin, stop, forms = low, high, _FORMS_OF[literal]
        if stop >= 0:
            yield from _addresses(text, begin, stop, forms)
        for end in stated:
            yield from _after_trigger(text, end)


_TRIGGER_SET = frozenset(_TRIGGERS)
_AFTER_SET = frozenset(f" {word}" for word in _AFTER)


def _after_trigger(text: str, end: int) -> Iterator[Found]:
    """The part of what follows that holds a house number: `ship to: Anna Example, Marktgasse 4, …`."""
    match = _STATED.match(text, end)
    if match is None:
        return
    place = match.start("v")
    for part in match.group("v").split(","):
        stop = place + len(part)
        house = _HOUSE.search(part)
        if house and _NAMEY.search(part) and "@" not in part and not _HOUSE.fullmatch(part.strip()):
            start = place + len(part) - len(part.lstrip())
            value = part.strip().partition(". ")[0].rstrip(" .;")
            if house.start() < len(part) - len(part.lstrip()) + len(value) and not is_sample(text, start, stop):
                end = start + len(value)
                _, stop = whole_address(text, start, end)
                yield Found(
                    start, stop, "STREET_ADDRESS", "address", "address_stated", 0.76 if stop > end + 6 else 0.62
                )
            return
        place = stop + 1


_PARTS = frozenset({"address_unit", "address_box"})
_FORMS = (
    ("address_number_first", _NUMBER_FIRST, 0.8),
    ("address_street_word", _PREFIXED, 0.8),
    ("address_compound", _SUFFIXED, 0.8),
    ("address_unit", _UNIT, 0.75),
    ("address_box", _BOX, 0.7),
    ("address_east_asian", _EAST, 0.8),
)


def _forms_of(literal: str) -> frozenset[str]:
    """Which forms an address around the literal may have; where it only announces one, those that need no word."""
    if literal in _AFTER_SET:
        word = literal.strip()
        return frozenset({"address_number_first"} | ({"address_street_word"} if word in _BEFORE_SET else set()))
    if literal in _TRIGGER_SET:
        return frozenset({"address_number_first", "address_unit", "address_box", "address_east_asian"})
    word = literal.strip()
    named = {"address_unit", "address_box", "address_east_asian"}
    if any(known.startswith(word) or word.startswith(known) for known in _BEFORE_SET):
        named.add("address_street_word")
    if any(known.startswith(word) or word.startswith(known) for known in words("addresses", "compound")):
        named.add("address_compound")
    return frozenset(named)


def _always(_text: str, _begin: int, _stop: int) -> bool:
    return True


def _has_street_word(text: str, begin: int, stop: int) -> bool:
    return _PREFIXED_HINT.search(text, begin, stop) is not None


def _has_compound(text: str, begin: int, stop: int) -> bool:
    """A street word that ends in a number."""
    for behind in _NUMBER_BEHIND.finditer(text, begin, stop):
        low = max(begin, behind.start() - _COMPOUND_LONGEST)
        tail = text[low : behind.start()].lower()
        if tail.endswith(_COMPOUNDS) or not (tail.isascii() or _SUFFIXED_HINT.search(text, low, behind.end()) is None):
            return True
    return False


def _has_unit(text: str, begin: int, stop: int) -> bool:
    return _UNIT_HINT.search(text, begin, stop) is not None


def _has_east_asian(text: str, begin: int, stop: int) -> bool:
    return not text[begin:stop].isascii()


_COMPOUNDS = tuple(word.lower() for word in words("addresses", "compound"))
_COMPOUND_LONGEST = max(map(len, _COMPOUNDS))
_HINTS = {
    "address_street_word": _has_street_word,
    "address_compound": _has_compound,
    "address_unit": _has_unit,
    "address_box": _has_unit,
    "address_east_asian": _has_east_asian,
}


def _from_digits(text: str, begin: int, stop: int) -> Iterator[re.Match[str]]:
    """What `finditer` gives for the form that begins with a number, tried at digits alone."""
    for digit in _DIGIT.finditer(text, begin, stop):
        match = _NUMBER_FIRST.match(text, digit.start(), stop) if digit.start() >= begin else None
        if match is not None:
            yield match
            begin = match.end()


def _addresses(text: str, begin: int, stop: int, forms: frozenset[str]) -> Iterator[Found]:
    if not _DIGIT.search(text, begin, stop):
        return
    for name, pattern, confidence in _FORMS:
        if name not in forms or not _HINTS.get(name, _always)(text, begin, stop):
            continue
        for match in (
            _from_digits(text, begin, stop) if pattern is _NUMBER_FIRST else pattern.finditer(text, begin, stop)
        ):
            if is_sample(text, *match.span()):
                continue
            if name == "address_number_first" and _IN_YEAR.search(text[max(0, match.start() - 8) : match.start() + 5]):
                continue
            unsure = name == "address_number_first" and not _NAMEY.search(match.group())
            place = whole_address(text, *match.span(), before=name in _PARTS)
            yield Found(*place, "STREET_ADDRESS", "address", name, 0.6 if unsure else confidence)


_BEFORE_SET = frozenset(word.removesuffix(".?") for word in words("addresses", "before_number"))
_FORMS_OF = {literal.lower(): _forms_of(literal.lower()) for literal in _Addresses.anchors}
DETECTOR = _Addresses()
