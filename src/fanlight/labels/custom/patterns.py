"""Regular expressions of customers, in time that grows with the text alone.

RE2 decides what matches (no look-around, no back-references, so no expression can run wild); one Vectorscan pass over
the text says before which of many expressions can match at all. Where Vectorscan is missing or refuses an expression,
RE2 is asked directly: slower, with the same result.
"""

from __future__ import annotations

import importlib
import re
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import re2

from fanlight.labels.custom.definitions import CategoryProblem
from fanlight.labels.custom.literal import CannotCompile, Multi, is_there
from fanlight.labels.text import TextView

__all__ = ["Hit", "Pattern", "PatternSet", "checked_pattern", "compile_pattern"]

_STRETCH = 32_768
"""Bytes searched at a time: an expression that reads far ahead for every match reads no further than this."""
_OVERLAP = 2_048
"""The longest match that a border between two stretches cannot cut."""
_BOUNDED_FINDS = 10_000
_OPEN_FINDS = 100
"""Finds of one expression in one stretch; for one without a longest match each may cost a whole stretch."""
_PACE = 4e-6
"""CPU seconds a byte that an expression may need on the texts made to slow it down."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One compiled expression. `group` holds the value; None is the first group that matched, else the whole."""

    text: str
    regex: Any
    group: int | None
    bounded: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """One match in characters of the folded text: the value, and the whole match around it."""

    start: int
    end: int
    whole_start: int
    whole_end: int


def compile_pattern(text: str, group: int | None = 0) -> Pattern:
    """Compile one expression. Raises `CategoryProblem` with a reason that does not quote the expression."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 16 << 20
    try:
        regex = re2.compile(text.encode(), options)
    except re2.error as problem:
        raise CategoryProblem(_refusal(problem)) from None
    if group is not None and group > regex.groups:
        raise CategoryProblem(f"the expression has no group {group}")
    if regex.search(b"") is not None:
        raise CategoryProblem("the expression matches the empty text, so it would match everywhere")
    return Pattern(text, regex, group, _is_bounded(text))


def _refusal(problem: Exception) -> str:
    words = problem.args[0] if problem.args else ""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    kind = said.partition(":")[0]
    if "(?=" in said or "(?!" in said or "(?<" in said:
        return "the expression looks ahead or behind (?=, ?!, ?<=, ?<!), which cannot run in linear time"
    if "escape" in kind and re.search(r"\\[1-9]", said):
        return "the expression refers back to a group, which cannot run in linear time"
    if "repetition" in kind:
        return "the expression repeats something more than 1,000 times or in a way that cannot run in linear time"
    if "too large" in said:
        return "the expression is too large"
    return f"the expression is not valid ({kind or 'cannot be parsed'})"


def checked_pattern(text: str, group: int | None = 0) -> Pattern:
    """Compile an expression and try it on texts made to slow it down. Raises `CategoryProblem`."""
    pattern = compile_pattern(text, group)
    letters = re.sub(r"[^\w@ .:/-]", "", text)[:40] or "a"
    for unit in ("a", "1", "aA1-", "a b ", letters, letters[:1], letters[:2]):
        data = (unit * (_STRETCH // len(unit.encode()) + 1)).encode()[:_STRETCH]
        began = time.process_time()
        for _ in _finds(pattern, data):
            pass
        if time.process_time() - began > _PACE * _STRETCH:
            raise CategoryProblem("the expression is too slow: make it narrower, or anchor it with a fixed word")
    return pattern


def _is_bounded(text: str) -> bool:
    try:
        with warnings.catch_warnings():  # the module parses RE2's syntax, of which it doubts some
            warnings.simplefilter("ignore")
            return bool(
                re.compile(text) and importlib.import_module("re._parser").parse(text).getwidth()[1] <= _OVERLAP
            )
    except (re.error, RecursionError, OverflowError):
        return False


def _stretches(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Begin, end of what is searched, and where the next one begins; cut where a line or a word ends."""
    begin = 0
    while begin < len(data):
        following = begin + _STRETCH
        if following >= len(data):
            yield begin, len(data), len(data)
            return
        cut = data.rfind(b"\n", begin + _STRETCH // 2, following) + 1
        cut = cut or data.rfind(b" ", begin + _STRETCH // 2, following) + 1
        if not cut:
            cut = following
            while data[cut] & 0xC0 == 0x80:  # never inside a character
                cut -= 1
        stop = min(len(data), cut + _OVERLAP)
        while stop < len(data) and data[stop] & 0xC0 == 0x80:
            stop += 1
        yield begin, stop, cut
        begin = cut


def _finds(pattern: Pattern, data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Byte offsets of value and whole match; each match once, however the text is cut."""
    most = _BOUNDED_FINDS if pattern.bounded else _OPEN_FINDS
    done = 0
    for begin, stop, following in _stretches(data):
        for found, match in enumerate(pattern.regex.finditer(data, max(begin, done), stop), 1):
            low, high = match.span()
            if low >= following and following < len(data):
                break
            if high > low:
                done = high
                yield (*_value(pattern, match), low, high)
            if found >= most:
                break


def _value(pattern: Pattern, match: Any) -> tuple[int, int]:
    if pattern.group is not None:
        low, high = match.span(pattern.group)
        return (low, high) if high > low else match.span()
    for number in range(1, pattern.regex.groups + 1):
        low, high = match.span(number)
        if high > low:
            return low, high
    low, high = match.span()
    return low, high


class PatternSet:
    """Many expressions, each found where it matches. Thread-safe; holds no text."""

    def __init__(self, patterns: Sequence[Pattern], *, without_filter: bool = False, cache: Path | None = None) -> None:
        """`cache` is a folder for the compiled filter; it holds expressions, and as such configuration."""
        self._patterns = tuple(patterns)
        self._multi: Multi | None = None
        fit: frozenset[int] = frozenset()
        if is_there() and not without_filter:
            plain = [(n, pattern.text.encode()) for n, pattern in enumerate(patterns) if _same_meaning(pattern.text)]
            self._multi = _filter(plain, cache)
            fit = self._multi.numbers if self._multi else fit
        self._always = sorted(set(range(len(patterns))) - fit)

    def hits(self, view: TextView) -> dict[int, list[Hit]]:
        """For each expression that matches, by its number, where it does."""
        data = view.encoded()
        candidates = set(self._always)
        if self._multi is not None and data:
            self._multi.scan(data, lambda number, _: candidates.add(number))
        result: dict[int, list[Hit]] = {}
        for number in sorted(candidates):
            places = list(_finds(self._patterns[number], data))
            if places:
                offsets = view.characters_at(np.array(places, dtype=np.int64).reshape(-1)).reshape(-1, 4).tolist()
                result[number] = [Hit(*row) for row in offsets]
        return result


def _filter(patterns: Sequence[tuple[int, bytes]], cache: Path | None) -> Multi | None:
    """A filter over the expressions that the engine takes; finding out which costs seconds for hundreds of them."""
    if not patterns:
        return None
    kept = cache / f"custom-{Multi.key(patterns)}.db" if cache else None
    if kept is not None and kept.exists() and (loaded := Multi.load(kept)) is not None:
        return loaded
    try:
        made = Multi(patterns, utf8=True, once=True)
    except CannotCompile:
        taken = [one for one in patterns if _accepts(one)]
        if not taken:
            return None
        made = Multi(taken, utf8=True, once=True)
    if kept is not None:
        made.save(kept)
    return made


def _same_meaning(text: str) -> bool:
    """Whether the filter reads the expression as RE2 does; single bytes and swapped greed it does not."""
    return re.search(r"\\[CQE]|\(\?[a-zA-Z-]*U", text) is None


def _accepts(pattern: tuple[int, bytes]) -> bool:
    try:
        Multi([pattern], utf8=True, once=True)
    except CannotCompile:
        return False
    return True
