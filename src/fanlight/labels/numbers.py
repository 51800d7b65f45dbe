"""Runs of digits, found by array operations: the cheapest first look at cards, phones and most national ids."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from fanlight.labels.text import TextView

__all__ = ["NumberForms", "NumberPiece", "digit_places", "number_pieces"]

_GAP = 4
_PIECE = re.compile(r"[+(]{0,2}\d(?:[ \t.\-/()_]{0,3}\d)*")

_ONLY_DIGITS = {ord(c): None for c in "+( )\t.-/_"}

NumberPiece = tuple[int, int, int]
"""Start, end, number of digits."""


def digit_places(view: TextView) -> NDArray[np.int64]:
    """Offsets of all digits, which folding has made plain ones."""
    codes = view.codes
    return np.flatnonzero((codes - codes.dtype.type(48)) < 10)


def number_pieces(
    view: TextView, digits: NDArray[np.int64] | None = None, least: int = 6, most: int = 60
) -> list[NumberPiece]:
    """Numbers with their inner blanks, dots, dashes and slashes, that have between `least` and `most` digits."""
    positions = digit_places(view) if digits is None else digits
    if len(positions) < least:
        return []
    breaks = np.flatnonzero(positions[1:] - positions[:-1] > _GAP)
    first = np.concatenate(([0], breaks + 1))
    last = np.concatenate((breaks, [len(positions) - 1]))
    enough = (last - first + 1) >= least
    starts, ends = positions[first[enough]], positions[last[enough]] + 1
    text = view.text
    pieces: list[NumberPiece] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        for match in _PIECE.finditer(text, max(0, start - 2), end):
            a, b = match.span()
            if b - a < least:
                continue
            count = len(match.group().translate(_ONLY_DIGITS))
            if least <= count <= most:
                pieces.append((a, b, count))
    return pieces


class NumberForms:
    """Which expressions can match a number of a given form, so that a piece meets few of them.

    The form of a piece is its text with every digit as 9 and every letter as a. An expression is asked with its digits
    loosened to any digit and its letters to any letter, once a form.
    """

    def __init__(self, patterns: list[tuple[tuple[int, int], re.Pattern[str]]]) -> None:
        self._loose = [(low, high, _loosened(pattern)) for (low, high), pattern in patterns]
        self._asked: dict[int, list[tuple[int, re.Pattern[str] | None]]] = {}
        """Number of digits to the expressions that take so many."""
        self._known: dict[str, tuple[int, ...]] = {}

    def fitting(self, text: str, digits: int) -> tuple[int, ...]:
        """Indices of the expressions that may match inside `text`."""
        form = text.translate(_FORM)
        known = self._known.get(form)
        if known is None:
            asked = self._asked.get(digits)
            if asked is None:
                asked = self._asked[digits] = [
                    (index, loose) for index, (low, high, loose) in enumerate(self._loose) if low <= digits <= high + 8
                ]
            known = tuple([index for index, loose in asked if loose is None or loose.search(form)])
            if len(self._known) < 50_000:
                self._known[form] = known
        return known


class _Forms(dict[int, str]):
    """Digits become 9, signs stay, all else becomes a: a form holds nothing of the text but its shape."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = found = "9" if char.isdigit() else char if code < 128 and not char.isalpha() else "a"
        return found


_FORM = _Forms()


_TOKEN = re.compile(r"\\.|\[[^\]]*\]|\(\?P<\w+>|\(\?<?[=!:]|\(\?[a-z]+:|\{[\d,]+\}|[\s\S]")
_SPECIFIC_NO = re.compile(r"\(\?<?!(?:\[[^\]\\]*[A-Za-z0-9]|[A-Za-z0-9])")
_ONE = re.compile(r"\\d|[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9]")


def _loosened(pattern: re.Pattern[str]) -> re.Pattern[str] | None:
    """The expression over forms: any digit for each digit, `a` for each letter; None when that could lose a match."""
    source = pattern.pattern
    if _SPECIFIC_NO.search(source) or "[^" in source:
        return None
    return re.compile("".join(_loose(token) for token in _TOKEN.findall(source)), pattern.flags & ~re.IGNORECASE)


def _loose(token: str) -> str:
    if token[0] == "[":
        inner = token[1:-1]
        if r"\w" in inner:
            return token
        kept = _ONE.sub("", inner)
        letters = "a" if re.search(r"(?<!\\)[A-Za-z]", inner) else ""
        digits = r"\d" if re.search(r"\\d|[0-9]", inner) else ""
        return f"[{letters}{digits}{kept}]"
    if token.startswith("(?") and token[-1] == ":":
        return "(?:"
    if len(token) == 1 and token.isdigit():
        return r"\d"
    return "a" if len(token) == 1 and token.isalpha() else token
