"""Ids in the vendor's look: `<prefix>_01` and 21 base-58 letters, unique by construction.

A running number is scrambled by a multiplication that has an inverse, so two numbers never meet and an id can be
led back to its number.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

__all__ = ["number_of", "stable_bytes", "stable_uuid", "tagged_id"]

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TRIPLES = [a + b + c for a in _ALPHABET for b in _ALPHABET for c in _ALPHABET]
_BASE = len(_TRIPLES)
_SPACE = _BASE**7
_INDEX = {letter: i for i, letter in enumerate(_ALPHABET)}


@lru_cache(maxsize=512)
def _key(prefix: str, seed: int) -> tuple[str, int, int]:
    digest = hashlib.blake2b(f"{prefix}/{seed}".encode(), digest_size=32).digest()
    factor = int.from_bytes(digest[:16], "big") | 1
    while factor % 29 == 0:
        factor += 2
    return f"{prefix}_01", factor % _SPACE, int.from_bytes(digest[16:], "big") % _SPACE


def tagged_id(prefix: str, seed: int, number: int) -> str:
    """The id of the `number`th object of a kind in the world of `seed`."""
    head, factor, shift = _key(prefix, seed)
    value = (number * factor + shift) % _SPACE
    parts = [head]
    for _ in range(7):
        value, rest = divmod(value, _BASE)
        parts.append(_TRIPLES[rest])
    return "".join(parts)


def number_of(identifier: str, seed: int) -> int | None:
    """The number behind an id of this world; None when it cannot be one."""
    prefix, _, tail = identifier.rpartition("_01")
    if not prefix or len(tail) != 21 or any(letter not in _INDEX for letter in tail):
        return None
    _, factor, shift = _key(prefix, seed)
    value = 0
    for position in range(18, -1, -3):
        a, b, c = (_INDEX[letter] for letter in tail[position : position + 3])
        value = value * _BASE + (a * 58 + b) * 58 + c
    return (value - shift) * pow(factor, -1, _SPACE) % _SPACE


def stable_bytes(*parts: object, size: int = 16) -> bytes:
    """Bytes that depend on the parts only."""
    return hashlib.blake2b("/".join(str(part) for part in parts).encode(), digest_size=size).digest()


def stable_uuid(*parts: object) -> str:
    """A version-4-shaped UUID that depends on the parts only."""
    raw = bytearray(stable_bytes(*parts))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
