"""One pass over the text for the anchors of all recognizers: Vectorscan, or an exact slower way where it is missing."""

from __future__ import annotations

import hashlib
import importlib
import re
import threading
from array import array
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fanlight.labels.text import TextView

__all__ = ["Hit", "Scanner"]

Hit = tuple[int, str]
"""Where a pattern ends, and the pattern."""

_FORMAT = b"1"
_HALF = 32
"""Bits of a noted hit that hold its end; its pattern's number is above."""


def _vectorscan() -> Any:
    try:
        return importlib.import_module("hyperscan")
    except ImportError:
        return None


class Scanner:
    """Finds where patterns end. `patterns` are (owner, literal or expression, is_literal); owners are small integers.

    `cache` is a folder for the compiled database; its file name is a hash of the patterns and it holds nothing else.
    """

    def __init__(
        self, patterns: list[tuple[int, str, bool]], *, cache: Path | None = None, exact_fallback: bool = False
    ) -> None:
        self._engine = None if exact_fallback else _vectorscan()
        owners: dict[tuple[str, bool], list[int]] = defaultdict(list)
        for owner, pattern, literal in patterns:
            owners[(pattern.lower() if literal else pattern, literal)].append(owner)
        self._owners = list(owners.values())
        self._patterns = list(owners)
        self._local = threading.local()
        if self._engine is not None:
            self._serialized = self._compiled(cache)
        else:
            self._slow = [
                re.compile(f"(?=({re.escape(p) if literal else p}))", re.ASCII | (re.IGNORECASE if literal else 0))
                for p, literal in self._patterns
            ]

    @property
    def name(self) -> str:
        """Which engine runs."""
        return "vectorscan" if self._engine is not None else "exact"

    def _compiled(self, cache: Path | None) -> bytes:
        engine: Any = self._engine
        version = str(getattr(engine, "__version__", "")).encode()
        key = hashlib.blake2b(repr(self._patterns).encode() + _FORMAT + version, digest_size=16).hexdigest()
        path = cache / f"scan-{key}.db" if cache else None
        if path is not None and path.exists():
            data = path.read_bytes()
            try:
                engine.loadb(data, engine.HS_MODE_BLOCK)
                return data
            except engine.error:
                path.unlink(missing_ok=True)
        database = engine.Database(mode=engine.HS_MODE_BLOCK)
        expressions = [(re.escape(p) if literal else p).replace(r"\ ", " ").encode() for p, literal in self._patterns]
        flags = [engine.HS_FLAG_CASELESS if literal else 0 for _, literal in self._patterns]
        database.compile(
            expressions=expressions, ids=list(range(len(expressions))), elements=len(expressions), flags=flags
        )
        data = bytes(engine.dumpb(database))
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                scratch = path.with_suffix(f".{threading.get_ident()}")
                scratch.write_bytes(data)
                scratch.replace(path)
            except OSError:  # a cache that cannot be written only costs the next start
                pass
        return data

    @property
    def patterns(self) -> list[tuple[str, bool]]:
        """The distinct patterns, literals in lower case; numbered as `scan` numbers them."""
        return self._patterns

    @property
    def owners(self) -> list[list[int]]:
        """For each pattern the owners that asked for it."""
        return self._owners

    def scan(self, view: TextView) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of the patterns that occur and where they end in characters, by ascending end."""
        if self._engine is None:
            return self._scan_exact(view)
        database = getattr(self._local, "database", None)
        if database is None:
            database = self._engine.loadb(self._serialized, self._engine.HS_MODE_BLOCK)
            database.scratch = self._engine.Scratch(database)
            self._local.database = database
        noted = array("q")
        note = noted.append

        def on_match(pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
            note(pattern << _HALF | end)

        database.scan(view.encoded(), match_event_handler=on_match)
        found = np.frombuffer(noted, dtype=np.int64)
        return found >> _HALF, view.characters_at(found & ((1 << _HALF) - 1))

    def _scan_exact(self, view: TextView) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        found: set[tuple[int, int]] = set()
        for index, pattern in enumerate(self._slow):
            found.update((match.end(1), index) for match in pattern.finditer(view.text))
        ordered = sorted(found)
        ends = np.array([end for end, _ in ordered], dtype=np.int64)
        return np.array([index for _, index in ordered], dtype=np.int64), ends
