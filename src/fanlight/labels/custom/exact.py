"""Exact data match: a table of the company's own rows, hashed where it lies, found again by two cells of one row.

The list file holds keyed hashes and row numbers only: BLAKE2b of each cell under the tenant's key for this purpose,
96 bits, sorted, mapped into memory and searched in place. Without the key nobody can try values against it.

A cell is compared by its letters and digits alone, in small letters: `AB-123 456` is `ab123456`, an address of mail is
its words in a row.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import struct
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fanlight.labels.custom.definitions import CategoryProblem
from fanlight.labels.text import TextView
from fanlight.labels.tokens import words_of

__all__ = ["ExactList", "Hashed", "RowFind", "hash_table", "key_check"]

_MAGIC = b"FANLIGHT-EXACT-2\n"
_ALIGN = 64
_EASTERN = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(rf"[\u3005\u3400-\u4dbf\u4e00-\u9fff]+|[\u3040-\u309f]+|[\u30a0-\u30ff]+|[^\W_{_EASTERN}]+")
"""Runs of letters and digits; East Asian scripts, which have no blanks, also end where the script changes."""
_DIGITS = re.compile(r"\d(?:[ \-./()]{0,2}\d){4,40}")
_TIGHT = re.compile(r"[^\W_]+(?:[-./_][^\W_]+){1,8}")
_SHORTEST = 3
"""Letters and digits of a cell that counts; shorter ones stand everywhere."""
_LONGEST = 200
_MOST_WORDS = 6
_COMMON = 10_000
"""A value in more rows than this says nothing about a row."""
_TELLING = 64
"""A value in at most so many rows may lead to a row; the others only confirm one."""
_GAP = 3
_NEWLINE = 10
_CHUNK = 60_000
_MOST_ENTRIES = 100_000
"""Places times rows looked at in one chunk; a text that has more was found long before."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """What became of a table: rows, cells kept, and cells left out because they are empty, short or common."""

    rows: int
    columns: tuple[str, ...]
    cells: int
    left_out: int
    bytes: int


@dataclass(frozen=True, slots=True)
class RowFind:
    """One row of the list seen in a text: where its cells stand, and in which columns."""

    start: int
    end: int
    columns: tuple[int, ...]


def key_check(key: bytes) -> str:
    """Says whether two parties hold the same key, without the key."""
    return hashlib.blake2b(b"exact data check", key=key, digest_size=8).hexdigest()


def _cell(key: bytes, value: str) -> bytes:
    return hashlib.blake2b(value.encode("utf-8", "replace"), key=key, digest_size=12, person=b"cell").digest()


def _opening(key: bytes, word: str) -> bytes:
    return hashlib.blake2b(word.encode("utf-8", "replace"), key=key, digest_size=8, person=b"opening").digest()


def _words(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _TOKEN.findall(text.lower())


def _shape(joined: str) -> int:
    """Length and kind of characters of a compared value; what has no shape of the list is not looked up."""
    digits = sum(map(str.isdigit, joined))
    return min(len(joined), _LONGEST) * 3 + (0 if not digits else 2 if digits == len(joined) else 1)


def _shapes(sizes: NDArray[np.int64], digits: NDArray[np.int64]) -> NDArray[np.int64]:
    """`_shape` of many values at once."""
    kinds = np.where(digits == 0, 0, np.where(digits == sizes, 2, 1))
    return np.minimum(sizes, _LONGEST) * 3 + kinds


def hash_table(source: Path, target: Path, key: bytes, columns: Sequence[str] = (), delimiter: str = ",") -> Hashed:
    """Hash the named columns (all when none is named) of a CSV file with a title row into a list file.

    Runs anywhere, without a home and without the network. Raises `CategoryProblem`; the text quotes no cell.
    """
    cells = array("Q"), array("I"), array("I"), array("B")
    openings: dict[bytes, int] = {}
    shapes: set[int] = set()
    left_out = rows = 0
    try:
        with source.open(encoding="utf-8-sig", newline="") as handle:
            table = csv.reader(handle, delimiter=delimiter)
            titles = [title.strip() for title in next(table, [])]
            chosen = _chosen(titles, columns, source.name)
            for row in table:
                for number, column in enumerate(chosen):
                    words = _words(row[column]) if column < len(row) else []
                    joined = "".join(words)
                    if len(joined) < _SHORTEST or len(words) > _MOST_WORDS:
                        left_out += bool(joined)
                        continue
                    shapes.add(_shape(joined))
                    digest = _cell(key, joined)
                    cells[0].append(int.from_bytes(digest[:8], "little"))
                    cells[1].append(int.from_bytes(digest[8:], "little"))
                    cells[2].append(rows)
                    cells[3].append(number)
                    if len(words) > 1:
                        opening = _opening(key, words[0])
                        openings[opening] = openings.get(opening, 0) | 1 << len(words)
                rows += 1
    except (OSError, UnicodeDecodeError, csv.Error):
        raise CategoryProblem(f"{source.name} cannot be read as a CSV table in UTF-8.") from None
    named = tuple(titles[column] for column in chosen)
    return _write(target, key, named, rows, cells, openings, shapes, left_out)


def _chosen(titles: Sequence[str], columns: Sequence[str], where: str) -> list[int]:
    if missing := [name for name in columns if name not in titles]:
        raise CategoryProblem(f"{where} has no column {', '.join(missing)}; its title row is the first line.")
    chosen = [titles.index(name) for name in columns] if columns else list(range(len(titles)))
    if not 2 <= len(chosen) <= 16:
        raise CategoryProblem("A list needs 2 to 16 columns: a match is two cells of one row.")
    return chosen


def _write(
    target: Path,
    key: bytes,
    columns: tuple[str, ...],
    rows: int,
    cells: tuple[array[int], array[int], array[int], array[int]],
    openings: dict[bytes, int],
    shapes: set[int],
    left_out: int,
) -> Hashed:
    hashes = np.frombuffer(cells[0], np.uint64) if rows and len(cells[0]) else np.zeros(0, np.uint64)
    order = np.lexsort((np.frombuffer(cells[2], np.uint32), hashes)) if len(hashes) else np.zeros(0, np.int64)
    hashes = hashes[order]
    edges = np.flatnonzero(np.diff(hashes)) + 1
    bounds = np.concatenate(([0], edges, [len(hashes)])) if len(hashes) else np.zeros(1, np.int64)
    keep = np.repeat(np.diff(bounds) <= _COMMON, np.diff(bounds))
    left_out += int(len(keep) - keep.sum())
    order, hashes = order[keep], hashes[keep]
    checks, numbers, fields = (
        np.frombuffer(column, kind)[order] if len(order) else np.zeros(0, kind)
        for column, kind in zip(cells[1:], (np.uint32, np.uint32, np.uint8), strict=True)
    )
    opened = sorted((int.from_bytes(digest, "little"), mask) for digest, mask in openings.items())
    parts = [
        hashes, checks, numbers, fields,
        np.array([digest for digest, _ in opened], np.uint64), np.array([mask for _, mask in opened], np.uint8),
    ]  # fmt: skip
    head = {
        "key": key_check(key), "columns": columns, "rows": rows, "cells": len(hashes), "openings": len(opened),
        "shapes": sorted(shapes),
    }  # fmt: skip
    scratch = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with scratch.open("wb") as file:
            file.write(_MAGIC)
            packed = json.dumps(head).encode()
            file.write(struct.pack("<I", len(packed)) + packed)
            for part in parts:
                file.write(b"\0" * (-file.tell() % _ALIGN))
                file.write(np.ascontiguousarray(part).data)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        scratch.replace(target)
    except OSError as problem:
        scratch.unlink(missing_ok=True)
        raise CategoryProblem(f"{target.name} cannot be written: {problem.strerror}.") from None
    return Hashed(rows, columns, len(hashes), left_out, size)


class ExactList:
    """A list file mapped into memory. Thread-safe; holds no text."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Raises `CategoryProblem` when the file is damaged or was hashed with another key."""
        try:
            with path.open("rb") as file:
                magic = file.read(len(_MAGIC))
                (length,) = struct.unpack("<I", file.read(4))
                head = json.loads(file.read(length)) if magic == _MAGIC else {}
                offset = file.tell()
            cells, openings = int(head["cells"]), int(head["openings"])
            self.columns: tuple[str, ...] = tuple(str(name) for name in head["columns"])
            self.rows = int(head["rows"])
            self._fitting = np.zeros(3 * _LONGEST + 3, bool)
            self._fitting[np.array(head["shapes"], np.int64)] = True
            arrays: list[NDArray[np.generic]] = []
            for kind, count in (
                (np.uint64, cells), (np.uint32, cells), (np.uint32, cells), (np.uint8, cells),
                (np.uint64, openings), (np.uint8, openings),
            ):  # fmt: skip
                offset += -offset % _ALIGN
                arrays.append(np.memmap(path, kind, "r", offset, (count,)) if count else np.zeros(0, kind))
                offset += count * np.dtype(kind).itemsize
        except (OSError, ValueError, KeyError, TypeError, IndexError, struct.error):
            raise CategoryProblem(f"{path.name} is no list made by `fanlight exact hash`, or it is damaged.") from None
        if head["key"] != key_check(key):
            raise CategoryProblem(
                f"{path.name} was hashed with the key of another tenant; write this one's with `fanlight exact key`."
            )
        self._key = key
        self._hashes, self._checks, self._numbers, self._fields, self._opened, self._masks = arrays

    def find(self, view: TextView, near: int) -> list[RowFind]:
        """Rows of which two cells of different columns stand within `near` characters, each row once."""
        found: dict[int, RowFind] = {}
        text = view.text
        begin = 0
        while begin < len(text):
            stop = min(len(text), begin + _CHUNK + near)
            for row, find in self._chunk(view, begin, stop, near):
                found.setdefault(row, find)
            begin += _CHUNK
        return sorted(found.values(), key=lambda find: (find.start, find.end))

    def _chunk(self, view: TextView, begin: int, stop: int, near: int) -> Iterator[tuple[int, RowFind]]:
        places = self._candidates(view, begin, stop)
        if len(places) < 2:
            return
        values = list(places)
        digests = b"".join(_cell(self._key, value) for value in values)
        raw = np.frombuffer(digests, np.uint8).reshape(-1, 12)
        heads = raw[:, :8].copy().view(np.uint64).ravel()
        checks = raw[:, 8:].copy().view(np.uint32).ravel()
        low = np.searchsorted(self._hashes, heads, "left")
        inside = low < len(self._hashes)
        same = np.zeros(len(values), bool)
        same[inside] = (self._hashes[low[inside]] == heads[inside]) & (self._checks[low[inside]] == checks[inside])
        known = np.flatnonzero(same)
        if len(known) < 2:
            return
        high = np.searchsorted(self._hashes, heads[known], "right")
        yield from self._rows(
            [(places[values[k]], int(low[k]), int(h)) for k, h in zip(known, high, strict=True)], near
        )

    def _candidates(self, view: TextView, begin: int, stop: int) -> dict[str, list[tuple[int, int]]]:
        """Every value that could be a cell, with its places: words, runs of digits, words in a row."""
        places: dict[str, list[tuple[int, int]]] = {}
        text = view.text
        words = words_of(view, begin, stop)
        starts, ends = words.starts, words.ends
        if not len(starts):
            return places
        _, first, inverse = np.unique(words.hashes, return_index=True, return_inverse=True)
        distinct = [
            _composed(text[a:b].lower()) for a, b in zip(starts[first].tolist(), ends[first].tolist(), strict=True)
        ]
        sizes = np.array([len(word) for word in distinct])[inverse]
        digits = np.array([0 if word.isalpha() else sum(map(str.isdigit, word)) for word in distinct])[inverse]
        alone = self._fitting[_shapes(sizes, digits)] & (sizes >= _SHORTEST)
        for index in np.flatnonzero(alone).tolist():
            places.setdefault(distinct[inverse[index]], []).append((int(starts[index]), int(ends[index])))
        for pattern in (_DIGITS, _TIGHT):
            for match in pattern.finditer(text, begin, stop):
                self._add(places, match.group(), *match.span())
        if not len(self._opened):
            return places
        opening = self._openings(distinct)[inverse]
        gap = starts[1:] - ends[:-1]
        lines = np.concatenate(([0], np.cumsum(view.codes[begin:stop] == _NEWLINE)))
        broken = (gap > _GAP) | (lines[starts[1:] - begin] > lines[ends[:-1] - begin])
        apart, size_to, digits_to = (np.concatenate(([0], np.cumsum(part))) for part in (broken, sizes, digits))
        listed = inverse.tolist()
        for count in range(2, min(_MOST_WORDS, len(starts)) + 1):
            at = np.flatnonzero(opening[: len(starts) - count + 1] >> count & 1)
            at = at[apart[at + count - 1] == apart[at]]
            shapes = _shapes(size_to[at + count] - size_to[at], digits_to[at + count] - digits_to[at])
            for index in at[self._fitting[shapes]].tolist():
                joined = "".join([distinct[k] for k in listed[index : index + count]])
                if len(joined) >= _SHORTEST:
                    places.setdefault(joined, []).append((int(starts[index]), int(ends[index + count - 1])))
        return places

    def _add(self, places: dict[str, list[tuple[int, int]]], raw: str, start: int, end: int) -> None:
        joined = "".join(_words(raw))
        if len(joined) >= _SHORTEST and self._fitting[_shape(joined)]:
            places.setdefault(joined, []).append((start, end))

    def _openings(self, distinct: Sequence[str]) -> NDArray[np.uint8]:
        """For each word the numbers of words that a cell opened by it has, as bits; none for most."""
        digests = np.frombuffer(b"".join([_opening(self._key, word) for word in distinct]), np.uint64)
        index = np.minimum(np.searchsorted(self._opened, digests), len(self._opened) - 1)
        return np.where(self._opened[index] == digests, self._masks[index], 0).astype(np.uint8)

    def _rows(self, seen: Sequence[tuple[list[tuple[int, int]], int, int]], near: int) -> Iterator[tuple[int, RowFind]]:
        """Rows with two different columns close together. `seen` are places of a value and its entries in the list."""
        entries: list[tuple[int, int, int, int]] = []
        common = []
        for spots, low, high in seen:
            if high - low > _TELLING:
                common.append((spots, low, high))
                continue
            for entry in range(low, high):
                row, column = int(self._numbers[entry]), int(self._fields[entry])
                entries += [(row, start, end, column) for start, end in spots]
            if len(entries) > _MOST_ENTRIES:
                break
        confirming: list[tuple[int, int, int, int]] = []
        rows = np.unique(np.array([entry[0] for entry in entries], np.uint32))
        for spots, low, high in common if len(rows) else ():
            listed = self._numbers[low:high]
            index = np.minimum(np.searchsorted(listed, rows), len(listed) - 1)
            same = listed[index] == rows
            columns = dict(zip(rows[same].tolist(), self._fields[low + index[same]].tolist(), strict=True))
            confirming += _beside(entries, columns, spots)
            if len(confirming) > _MOST_ENTRIES:
                break
        yield from _pairs(sorted({*entries, *confirming}), near)


def _beside(
    entries: Sequence[tuple[int, int, int, int]], columns: Mapping[int, int], spots: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, int, int]]:
    """Of a common value the nearest places before and behind each cell of a row that has it too."""
    for row, start, _, _ in entries:
        if row in columns:
            index = bisect_left(spots, (start, 0))
            for low, high in spots[max(0, index - 1) : index + 1]:
                yield row, low, high, columns[row]


def _pairs(entries: Sequence[tuple[int, int, int, int]], near: int) -> Iterator[tuple[int, RowFind]]:
    """The first pair of different columns of each row that stand apart, but not far. Entries are sorted."""
    done = now = -1
    last: dict[int, tuple[int, int]] = {}
    for row, start, end, column in entries:
        if row == done:
            continue
        if row != now:
            now, last = row, {}
        for other, (before, closed) in last.items():
            if other != column and closed <= start <= closed + near:
                done = row
                yield row, RowFind(before, end, tuple(sorted((column, other))))
                break
        last[column] = (start, end)


def _composed(word: str) -> str:
    return word if word.isascii() else unicodedata.normalize("NFKC", word)
