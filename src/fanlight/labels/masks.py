"""What may be kept of a found value: masks that cannot be turned back, and keyed fingerprints of secrets."""

from __future__ import annotations

import hmac
import re

from fanlight.labels.validators import card_brand, digits_of

__all__ = ["fingerprint_of", "mask_of"]

_LENGTHS = (8, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024, 4096)


def _length_class(length: int) -> str:
    """A coarse class of lengths: the exact length of a password is more than anyone needs."""
    for limit in _LENGTHS:
        if length <= limit:
            return f"up to {limit} characters"
    return "over 4096 characters"


def _email(value: str) -> str:
    name, _, domain = value.rpartition("@")
    return f"{name[:1]}***@***.{domain.rsplit('.', 1)[-1]}" if name else "***"


def _phone(value: str) -> str:
    digits = digits_of(value)
    return f"phone, {len(digits)} digits, ends in {digits[-2:]}"


def _card(value: str) -> str:
    digits = digits_of(value)
    return f"{card_brand(digits) or 'card'} ends in {digits[-4:]}"


def _account(value: str) -> str:
    compact = re.sub(r"[^0-9A-Za-z]", "", value)
    country = compact[:2].upper() if compact[:2].isalpha() else "account"
    return f"{country} ends in {compact[-2:]}"


class _Shapes(dict[int, str]):
    """A hash sign for every digit, `A` for every letter."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = shown = "#" if char.isdecimal() else "A" if char.isalnum() else char
        return shown


_SHAPES = _Shapes()


def _shape(value: str) -> str:
    return value[:40].translate(_SHAPES)


def _initials(value: str) -> str:
    return " ".join([f"{word[0]}." for word in value.split()[:4] if word[0].isalpha()])


def mask_of(kind: str, value: str, label: str = "") -> str:
    """The mask for a value. `label` is our own public text: a vendor's prefix, a keyword of our list."""
    if kind == "email":
        return _email(value)
    if kind == "phone":
        return _phone(value)
    if kind == "card":
        return _card(value)
    if kind == "account":
        return _account(value)
    if kind == "shape":
        return _shape(value)
    if kind == "initials":
        return _initials(value)
    if kind == "keyword":
        return label
    if kind == "key":
        return f"{label} … {_length_class(len(value))}" if label else _length_class(len(value))
    return _length_class(len(value))


def fingerprint_of(key: bytes, kind: str, value: str) -> str:
    """HMAC-SHA-256 over type and value, 96 bits in hex: says `the same secret again` without the secret."""
    return hmac.digest(key, f"{kind}\0{value}".encode("utf-8", "replace"), "sha256").hex()[:24]
