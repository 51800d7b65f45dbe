"""Does a token look drawn at random, or written by a person? Cheap measures, no model."""

from __future__ import annotations

import re
from functools import lru_cache

from fanlight.labels.validators import entropy, is_placeholder

__all__ = ["is_identifier", "is_random_token", "looks_like_password"]

_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_WORDY = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_VERSION = re.compile(r"v?\d+(?:\.\d+){1,4}(?:[-+.][\w.]+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T _]\d{2}:?\d{2}.*)?")
_PATH = re.compile(r"(?:\.{0,2}/|[A-Za-z]:\\|~/)|^[\w.-]+/[\w.-]+/[\w./-]*$")
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|local|internal|html?|json|ya?ml|xml|py|js|ts|java|go|rs|txt|md)\b")
_VOWELS = frozenset("aeiouyAEIOUY")


@lru_cache(maxsize=4096)
def _transitions(value: str) -> int:
    """How often the character class changes: lower, upper, digit, sign."""
    last = changes = 0
    for char in value:
        kind = 1 if char.islower() else 2 if char.isupper() else 3 if char.isdigit() else 4
        changes += kind != last and last != 0
        last = kind
    return changes


def is_identifier(value: str) -> bool:
    """Words in a row, a path, a version, a date, a host: names of things, not secrets."""
    if _VERSION.fullmatch(value) or _DATE.fullmatch(value) or _PATH.search(value) or _DOMAIN.search(value):
        return True
    words = _WORDY.findall(value)
    covered = sum(len(w) for w in words if any(c in _VOWELS for c in w))
    return covered >= 0.7 * len(value)


def is_random_token(value: str, least: int = 16) -> bool:
    """Long enough, letters and digits mixed throughout, and no placeholder, path, version or date."""
    if len(value) < least or is_placeholder(value):
        return False
    letters = sum(c.isalpha() for c in value)
    digits = sum(c.isdigit() for c in value)
    if letters < 2 or (digits < 2 and len(value) < 24):
        return False
    if _UUID.fullmatch(value):
        return True
    if is_identifier(value):
        return False
    bits = entropy(value)
    if _HEX.fullmatch(value):
        return bits >= 2.6
    if digits == 0:
        return bits >= 3.6 and _transitions(value) >= len(value) // 5
    return bits >= 2.9 and _transitions(value) >= max(2, len(value) // 8)


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
