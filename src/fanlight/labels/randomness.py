"""Does a token look drawn at random, or written by a person? Cheap measures, no model."""

from __future__ import annotations

import re
import string
from operator import ne

from fanlight.labels.validators import entropy, is_placeholder

__all__ = ["is_identifier", "is_random_token", "is_word", "looks_like_password"]

_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_WORDY = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_VERSION = re.compile(r"v?\d+(?:\.\d+){1,4}(?:[-+.][\w.]+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T _]\d{2}:?\d{2}.*)?")
_PATH = re.compile(r"(?:\.{0,2}/|[A-Za-z]:\\|~/)|^[\w.-]+/[\w.-]+/[\w./-]*$")
_DOMAIN = re.compile(
    r"(?<![a-z0-9-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|local|internal|html?|json|ya?ml|xml|py|js|ts|java|go|rs|txt|md)\b"
)
_PART = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?:[A-Z][a-z]+)*\d{0,5}|\d{1,6}")
_JOINED = re.compile(r"[A-Z]+(?:[_-][A-Z]+)+\d{0,2}|[a-z]+(?:[_.-][a-z]+)+\d{0,2}")
_BETWEEN = re.compile(r"[._:/-]")
_NO_DIGITS = {ord(c): None for c in "0123456789"}
_NO_WORDS = {ord(c): None for c in string.ascii_letters + string.digits}
_SEQUENCE = re.compile(r"(?i)abcdef|bcdefg|12345|23456|34567|45678|56789|98765|qwerty|asdfg")
_CONSONANTS = re.compile(r"(?i)[bcdfghjklmnpqrstvwxz]{5,}")
_LOOKED_AT = 128
"""Characters of a value after which more of it would not change what it is."""
_NO_VOWELS = {ord(c): None for c in "aeiouyAEIOUY"}


class _Kinds(dict[int, str]):
    """The class of a character: lower, upper, digit, sign."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = kind = "l" if char.islower() else "u" if char.isupper() else "d" if char.isdigit() else "s"
        return kind


_KINDS = _Kinds()


def _transitions(value: str) -> int:
    """How often the character class changes: lower, upper, digit, sign."""
    kinds = value.translate(_KINDS)
    return sum(map(ne, kinds, kinds[1:]))


def is_word(part: str) -> bool:
    """Letters that could be read aloud: vowels enough, and no long run of consonants."""
    size = len(part)
    vowels = size - len(part.translate(_NO_VOWELS))
    return size > 3 and 0.25 <= vowels / size <= 0.7 and _CONSONANTS.search(part) is None


def is_identifier(value: str) -> bool:
    """Words in a row, a path, a version, a date, a host: names of things, not secrets. Asks the beginning."""
    value = value[:_LOOKED_AT]
    return _is_place_or_time(value) or _is_made_of_words(value)


def _is_made_of_words(value: str) -> bool:
    value = value[:_LOOKED_AT]
    if _JOINED.fullmatch(value):
        return True
    parts = _BETWEEN.split(value)
    if len(parts) > 1:
        for part in parts:
            if _PART.fullmatch(part) is None:
                break
        else:
            return any(is_word(part.rstrip("0123456789")) for part in parts)
    return sum([len(word) for word in _WORDY.findall(value) if is_word(word)]) >= 0.62 * len(value)


def _is_place_or_time(value: str) -> bool:
    """A version, a date, a host or a path; long mixed runs with a slash inside are base64, not paths."""
    value = value[:_LOOKED_AT]
    if _VERSION.fullmatch(value) or _DATE.fullmatch(value):
        return True
    if "." in value and _DOMAIN.search(value):
        return True
    return _PATH.search(value) is not None and not (len(value) >= 32 and _transitions(value) >= len(value) // 4)


def is_random_token(value: str, least: int = 16, *, lenient: bool = False) -> bool:
    """Long enough, letters and digits mixed throughout, and no placeholder, path, version or date.

    `lenient` also takes sequences and letters only: for places where the name beside it leaves little doubt.
    """
    if len(value) < least:
        return False
    digits = len(value) - len(value.translate(_NO_DIGITS))
    letters = len(value) - digits - len(value.translate(_NO_WORDS))
    uuid = len(value) == 36 and _UUID.fullmatch(value) is not None
    if not lenient and not uuid and (letters < 2 or (digits < 2 and len(value) < 24)):
        return False
    if is_placeholder(value):
        return False
    if uuid:
        return True
    if _is_place_or_time(value):
        return False
    bits = entropy(value)
    if lenient:
        sequence = _SEQUENCE.search(value) is not None
        if _HEX.fullmatch(value) and len(value) >= 32:
            return bits >= 2.0
        if not (sequence and digits) and _is_made_of_words(value):
            return False
        if digits == 0:
            return len(value) >= 20 and (
                sequence
                or (bits >= 2.5 and _HEX.fullmatch(value) is not None)
                or (bits >= 3.6 and _transitions(value) >= len(value) // 5)
            )
        return (letters > 0 or len(value) >= 20) and bits >= 2.2
    if _HEX.fullmatch(value):
        drawn = bits >= 2.6
    elif digits == 0:
        drawn = bits >= 3.6 and _transitions(value) >= len(value) // 5
    else:
        drawn = bits >= 2.9 and _transitions(value) >= max(2, len(value) // 8)
    return drawn and not _is_made_of_words(value)


_SIGNS = frozenset("!@#$%^&*?+=~§€£|")


def looks_like_password(value: str) -> bool:
    """A word that people would only write as a password: digits or signs mixed into letters."""
    if not 4 <= len(value) <= 128 or is_placeholder(value):
        return False
    if _VERSION.fullmatch(value) or _DATE.fullmatch(value):
        return False
    letters = any(c.isalpha() for c in value)
    digits = any(c.isdigit() for c in value)
    signs = any(c in _SIGNS for c in value)
    if letters and digits:
        return True
    if letters and signs:
        return len(value) >= 5
    return letters and len(value) >= 8 and _transitions(value) >= 3
