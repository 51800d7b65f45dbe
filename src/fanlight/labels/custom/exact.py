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

__all__ = ["ExactList", "Hashed", "RowFind", "hash_table", "key_check"]

_MAGIC = b"FANLIGHT-EXACT-1\n"
_ALIGN = 64
_TOKEN = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d(?:[ \-./()]{0,2}\d){4,40}")
_TIGHT = re.compile(r"[^\W_]+(?:[-./_][^\W_]+){1,8}")
_SHORTEST = 3
"""Letters and digits of a cell that counts; shorter ones stand everywhere."""
_MOST_WORDS = 6
_COMMON = 10_000
"""A value in more rows than this says nothing about a row."""
_TELLING = 64
"""A value in at most so many rows may lead to a row; the others only confirm one."""
_CHUNK = 65_536
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
    return [word.casefold() for word in _TOKEN.findall(unicodedata.normalize("NFKC", text))]


def hash_table(source: Path, target: Path, key: bytes, columns: Sequence[str] = (), delimiter: str = ",") -> Hashed:
    """Hash the named columns (all when none is named) of a CSV file with a title row into a list file.

    Runs anywhere, without a home and without the network. Raises `CategoryProblem`; the text quotes no cell.
    """
    cells = array("Q"), array("I"), array("I"), array("B")
    openings: dict[bytes, int] = {}
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
    return _write(target, key, named, rows, cells, openings, left_out)


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
            arrays: list[NDArray[np.generic]] = []
            for kind, count in (
                (np.uint64, cells), (np.uint32, cells), (np.uint32, cells), (np.uint8, cells),
                (np.uint64, openings), (np.uint8, openings),
            ):  # fmt: skip
                offset += -offset % _ALIGN
                arrays.append(np.memmap(path, kind, "r", offset, (count,)) if count else np.zeros(0, kind))
                offset += count * np.dtype(kind).itemsize
        except (OSError, ValueError, KeyError, TypeError, struct.error):
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
            for row, find in self._chunk(text, begin, stop, near):
                found.setdefault(row, find)
            begin += _CHUNK
        return sorted(found.values(), key=lambda find: (find.start, find.end))

    def _chunk(self, text: str, begin: int, stop: int, near: int) -> Iterator[tuple[int, RowFind]]:
        places = self._candidates(text, begin, stop)
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

    def _candidates(self, text: str, begin: int, stop: int) -> dict[str, list[tuple[int, int]]]:
        """Every value that could be a cell, with its places: words, runs of digits, words in a row."""
        places: dict[str, list[tuple[int, int]]] = {}
        tokens = [(m.start(), m.end(), m.group().casefold()) for m in _TOKEN.finditer(text, begin, stop)]
        for start, end, word in tokens:
            if len(word) >= _SHORTEST:
                places.setdefault(word, []).append((start, end))
        for match in _DIGITS.finditer(text, begin, stop):
            joined = "".join(char for char in match.group() if char.isdigit())
            if len(joined) < match.end() - match.start():
                places.setdefault(joined, []).append(match.span())
        for match in _TIGHT.finditer(text, begin, stop):
            if any(char.isdigit() for char in match.group()):
                joined = "".join(_TOKEN.findall(match.group())).casefold()
                places.setdefault(joined, []).append(match.span())
        if len(self._opened):
            for number, mask in self._openings(tokens):
                for count in range(2, _MOST_WORDS + 1):
                    if mask >> count & 1 and _in_a_row(text, tokens, number, count):
                        joined = "".join(word for _, _, word in tokens[number : number + count])
                        places.setdefault(joined, []).append((tokens[number][0], tokens[number + count - 1][1]))
        return places

    def _openings(self, tokens: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int]]:
        """Tokens that open a cell of several words, with the numbers of words such cells have."""
        distinct = list({word for _, _, word in tokens})
        if not distinct:
            return
        digests = np.frombuffer(b"".join(_opening(self._key, word) for word in distinct), np.uint64)
        index = np.searchsorted(self._opened, digests)
        index[index == len(self._opened)] = 0
        hit = self._opened[index] == digests
        masks = {distinct[k]: int(self._masks[index[k]]) for k in np.flatnonzero(hit)}
        for number, (_, _, word) in enumerate(tokens):
            if word in masks:
                yield number, masks[word]

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


def _in_a_row(text: str, tokens: Sequence[tuple[int, int, str]], number: int, count: int) -> bool:
    """Whether words follow each other with little between them."""
    if number + count > len(tokens):
        return False
    return all(
        tokens[k + 1][0] - tokens[k][1] <= 3 and "\n" not in text[tokens[k][1] : tokens[k + 1][0]]
        for k in range(number, number + count - 1)
    )
