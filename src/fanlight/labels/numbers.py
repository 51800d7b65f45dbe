"""Runs of digits, found by array operations: the cheapest first look at cards, phones and most national ids."""

from __future__ import annotations

import re

import numpy as np

from fanlight.labels.text import DIGIT, TextView, tables

__all__ = ["NumberPiece", "number_pieces"]

_GAP = 4
_PIECE = re.compile(r"[+(]{0,2}\d(?:[ \t.\-/()_]{0,3}\d)*")

NumberPiece = tuple[int, int, int]
"""Start, end, number of digits."""


def number_pieces(view: TextView, least: int = 6, most: int = 60) -> list[NumberPiece]:
    """Numbers with their inner blanks, dots, dashes and slashes, that have between `least` and `most` digits."""
    codes = view.codes
    if codes.dtype == np.uint8:
        positions = np.flatnonzero((codes - np.uint8(48)) < 10)
    else:
        positions = np.flatnonzero(tables().kind[codes] == DIGIT)
    if len(positions) < least:
        return []
    breaks = np.flatnonzero(np.diff(positions) > _GAP)
    first = np.concatenate(([0], breaks + 1))
    last = np.concatenate((breaks, [len(positions) - 1]))
    enough = (last - first + 1) >= least
    starts, ends = positions[first[enough]], positions[last[enough]] + 1
    text = view.text
    pieces: list[NumberPiece] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        begin = max(0, start - 2)
        for match in _PIECE.finditer(text, begin, end):
            a, b = match.span()
            digits = b - a if b - a < 2 else sum(map(str.isdigit, match.group()))
            if least <= digits <= most:
                pieces.append((a, b, digits))
    return pieces
