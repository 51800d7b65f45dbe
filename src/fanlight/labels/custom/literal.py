"""The multi-pattern engine behind custom categories: one compiled database, one scratch a thread."""

from __future__ import annotations

import hashlib
import importlib
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
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
        self._numbers = tuple(number for number, _ in expressions)
        flags = (self._hs.HS_FLAG_UTF8 if utf8 else 0) | (self._hs.HS_FLAG_SINGLEMATCH if once else 0)
        self._database = self._hs.Database(mode=self._hs.HS_MODE_BLOCK)
        try:
            self._database.compile(
                expressions=[text for _, text in expressions], ids=[number for number, _ in expressions],
                elements=len(expressions), flags=[flags] * len(expressions),
            )  # fmt: skip
        except self._hs.error:
            raise CannotCompile from None

    @property
    def numbers(self) -> frozenset[int]:
        """Numbers of the expressions it holds."""
        return frozenset(self._numbers)

    def save(self, path: Path) -> None:
        """Keep the compiled expressions in a file; one that cannot be written only costs the next start."""
        scratch = path.with_suffix(f".{threading.get_ident()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch.write_bytes(json.dumps(self._numbers).encode() + b"\n" + bytes(self._hs.dumpb(self._database)))
            scratch.replace(path)
        except OSError:
            scratch.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Multi | None:
        """What `save` kept; None when it is not there or cannot be used."""
        made = cls.__new__(cls)
        made._hs, made._local = _engine(), threading.local()
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            made._numbers = tuple(json.loads(head))
            made._database = made._hs.loadb(body, made._hs.HS_MODE_BLOCK)
        except (OSError, ValueError, made._hs.error):
            return None
        return made

    @staticmethod
    def key(expressions: Sequence[tuple[int, bytes]]) -> str:
        """A name for these expressions under this version of the engine."""
        told = repr((expressions, getattr(_engine(), "__version__", ""))).encode()
        return hashlib.blake2b(told, digest_size=12).hexdigest()

    def scan(self, data: bytes, tell: Callable[[int, int], None]) -> None:
        """Call `tell` with number and end of every match."""
        scratch = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = self._hs.Scratch(self._database)

        def on_match(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            tell(number, end)

        self._database.scan(data, match_event_handler=on_match, scratch=scratch)
