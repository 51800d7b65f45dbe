"""Searching everything that was written for every run of eight characters out of many values.

A value that is kept in part would pass a search for the whole. So each value is cut into all its runs of eight
characters, and each run is looked for as UTF-8, UTF-16, base64 at its three alignments, URL-encoded and escaped as in
JSON, in every file and in every decoded form of it.
"""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from support.canaries import _decoded

__all__ = ["RUN", "runs_found", "runs_found_apart", "runs_of"]

RUN = 8


def runs_of(values: Iterable[str]) -> set[str]:
    """All runs of eight characters of the values."""
    return {value[at : at + RUN] for value in values for at in range(len(value) - RUN + 1)}


def _forms(run: str) -> Iterator[bytes]:
    plain = run.encode("utf-8", "surrogatepass")
    yield plain
    yield run.encode("utf-16-le", "surrogatepass")
    for offset in range(3):
        packed = base64.b64encode(b"\0" * offset + plain + b"\0\0\0")
        yield packed[-(-8 * offset // 6) : 8 * (offset + len(plain)) // 6]
    quoted = urllib.parse.quote(run, safe="", errors="replace")
    for other in {quoted, json.dumps(run)[1:-1], run.encode("unicode_escape").decode()} - {run}:
        yield other.encode()


class _Search:
    """The first eight bytes of every form, found by a table and then confirmed."""

    def __init__(self, runs: Iterable[str]) -> None:
        pairs = [(form, run) for run in runs for form in set(_forms(run)) if len(form) >= RUN]
        self._by_key: dict[int, list[tuple[bytes, str]]] = {}
        for form, run in pairs:
            self._by_key.setdefault(int.from_bytes(form[:RUN], "little"), []).append((form, run))
        self._table = np.zeros(1 << 24, dtype=bool)
        self._table[self._slots(np.array(list(self._by_key), dtype=np.uint64))] = True

    @staticmethod
    def _slots(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        return ((keys * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)).astype(np.int64)

    def __call__(self, data: bytes) -> set[str]:
        found: set[str] = set()
        for begin in range(0, len(data), 1 << 24):
            block = data[begin : begin + (1 << 24) + 64]
            for shift in range(RUN):
                size = (len(block) - shift) // RUN * RUN
                if size <= 0:
                    continue
                keys = np.frombuffer(block, dtype="<u8", count=size // RUN, offset=shift)
                likely = np.flatnonzero(self._table[self._slots(keys)])
                for at, key in zip(likely.tolist(), keys[likely].tolist(), strict=True):
                    place = begin + shift + at * RUN
                    found.update(run for form, run in self._by_key.get(key, ()) if data.startswith(form, place))
        return found


def runs_found(folders: Iterable[Path], runs: Iterable[str]) -> dict[str, str]:
    """Each run that stands in a file below the folders, with the file and form where it was seen first."""
    search = _Search(runs)
    seen: dict[str, str] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.is_file():
                for form, content in _decoded(path, path.read_bytes()):
                    for run in search(content):
                        seen.setdefault(run, f"{path.relative_to(folder)} ({form})")
    return seen


def runs_found_apart(folders: Iterable[Path], runs: Iterable[str]) -> dict[str, str]:
    """`runs_found` in a process of its own, for stores that this one has open."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(runs_found, list(folders), list(runs)).result()
