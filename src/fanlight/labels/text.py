"""A text as the engine sees it: the same characters, folded where people and machines vary the spelling.

Folding keeps one character for one character (full-width and foreign digits, no-break spaces, dashes), so offsets
stay those of the text as given; only invisible characters are dropped, and then offsets are mapped back.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tables", "TextView", "view_of"]

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_PLANE = 65536

OTHER, LOWER, UPPER, DIGIT, HAN, HIRAGANA, KATAKANA, HANGUL = range(8)


@dataclass(frozen=True, slots=True)
class Tables:
    """Lookups over the first Unicode plane, made once: folding, character class, lower case."""

    fold: NDArray[np.uint16]
    kind: NDArray[np.uint8]
    lower: NDArray[np.uint16]
    changed: NDArray[np.uint8]
    """1 where folding changes the character, 2 where it drops it."""


@cache
def tables() -> Tables:
    """The lookup tables; about 0.1 s on first use."""
    fold = np.arange(_PLANE, dtype=np.uint16)
    kind = np.zeros(_PLANE, dtype=np.uint8)
    lower = np.arange(_PLANE, dtype=np.uint16)
    for code in range(0xFF01, 0xFF5F):
        fold[code] = code - 0xFEE0
    for code in (0x00A0, 0x2002, 0x2003, 0x2007, 0x2008, 0x2009, 0x200A, 0x202F, 0x3000):
        fold[code] = 0x20
    for code in (0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0xFE63):
        fold[code] = 0x2D
    for code in range(_PLANE):
        if 0xD800 <= code < 0xE000:
            continue
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Nd":
            kind[code] = DIGIT
            fold[code] = ord("0") + unicodedata.digit(char)
        elif 0x4E00 <= code < 0xA000 or 0x3400 <= code < 0x4DC0 or code == 0x3005:
            kind[code] = HAN
        elif 0x3040 <= code < 0x30A0:
            kind[code] = HIRAGANA
        elif 0x30A0 <= code < 0x3100:
            kind[code] = KATAKANA
        elif 0xAC00 <= code < 0xD7A4:
            kind[code] = HANGUL
        elif category in {"Lu", "Lt"}:
            kind[code] = UPPER
            low = char.lower()
            lower[code] = ord(low) if len(low) == 1 and ord(low) < _PLANE else code
        elif category[0] == "L" or category[0] == "M":
            kind[code] = LOWER
    changed = (fold != np.arange(_PLANE, dtype=np.uint16)).astype(np.uint8)
    changed[[code for code in range(_PLANE) if _INVISIBLE.match(chr(code))]] = 2
    return Tables(fold, kind, lower, changed)


@dataclass(slots=True)
class TextView:
    """The folded text, its code points, and the way back to offsets of the text as given."""

    text: str
    codes: NDArray[np.uint8] | NDArray[np.uint16]
    """One code point a character; characters beyond the first plane are 0xFFFF."""
    origin: NDArray[np.int64] | None = None
    """Offset in the given text for each character, when invisible ones were dropped."""
    length: int = 0
    """Characters of the text as given."""
    _bytes: bytes | None = None
    _inner: NDArray[np.int64] | None = field(default=None, repr=False)
    """Offsets of bytes that go on with a character begun before."""

    def __repr__(self) -> str:
        return f"TextView({self.length} characters)"

    def encoded(self) -> bytes:
        """The folded text in UTF-8."""
        if self._bytes is None:
            self._bytes = self.text.encode("utf-8", "replace")
        return self._bytes

    def characters_at(self, byte_offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Character offsets for byte offsets of `encoded()`."""
        data = self.encoded()
        if len(data) == len(self.text):
            return byte_offsets
        if self._inner is None:
            self._inner = np.flatnonzero(np.frombuffer(data, dtype=np.int8) < -64)
        return byte_offsets - np.searchsorted(self._inner, byte_offsets)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the text as given."""
        if self.origin is None or end <= start:
            return start, end
        return int(self.origin[start]), int(self.origin[end - 1]) + 1


def view_of(text: str) -> TextView:
    """Fold one text. Linear in its length."""
    length = len(text)
    if text.isascii():
        data = text.encode("ascii")
        return TextView(text, np.frombuffer(data, dtype=np.uint8), None, length, data)
    table = tables()
    narrow = text.encode("utf-16-le", "surrogatepass")
    wide: NDArray[np.uint32] | None = None
    if len(narrow) == 2 * length:
        plane = np.frombuffer(narrow, dtype=np.uint16)
    else:
        wide = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        plane = np.minimum(wide, 0xFFFF).astype(np.uint16)
    changed = table.changed.take(plane)
    if not changed.any():
        return TextView(text, plane, None, length)
    origin = None
    if (changed == 2).any():
        origin = np.flatnonzero(changed != 2)
        plane = plane[origin]
    codes = table.fold.take(plane)
    if wide is None:
        folded = codes.tobytes().decode("utf-16-le", "surrogatepass")
    else:
        wide = wide if origin is None else wide[origin]
        folded = np.where(wide > 0xFFFF, wide, codes).astype(np.uint32).tobytes().decode("utf-32-le", "surrogatepass")
    return TextView(folded, codes, origin, length)
