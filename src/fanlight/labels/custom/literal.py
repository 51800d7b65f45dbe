"""The multi-pattern engine behind custom categories: one compiled database, one scratch a thread."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["CannotCompile", "Multi", "is_there"]


class CannotCompile(ValueError):
    """The engine refuses an expression."""


def _engine() -> Any:
    try:
        return importlib.import_module("hyperscan")
    except ImportError:
        return None


def is_there() -> bool:
    """Whether the engine's wheel is installed."""
    return _engine() is not None


class Multi:
    """Expressions by number. Thread-safe: the database is shared, a scratch must not be."""

    def __init__(self, expressions: Sequence[tuple[int, bytes]], *, utf8: bool = False, once: bool = False) -> None:
        """`once` tells of each expression only that it matches. Raises `CannotCompile`."""
        self._hs = _engine()
        self._local = threading.local()
        flags = (self._hs.HS_FLAG_UTF8 if utf8 else 0) | (self._hs.HS_FLAG_SINGLEMATCH if once else 0)
        self._database = self._hs.Database(mode=self._hs.HS_MODE_BLOCK)
        try:
            self._database.compile(
                expressions=[text for _, text in expressions], ids=[number for number, _ in expressions],
                elements=len(expressions), flags=[flags] * len(expressions),
            )  # fmt: skip
        except self._hs.error:
            raise CannotCompile from None

    def scan(self, data: bytes, tell: Callable[[int, int], None]) -> None:
        """Call `tell` with number and end of every match."""
        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = self._hs.Scratch(self._database)

        def on_match(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            tell(number, end)

        self._database.scan(data, match_event_handler=on_match, scratch=scratch)
