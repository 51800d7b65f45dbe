"""Searching everything that was written for things that must not be there.

A search that looks only at bytes would miss what a store compressed or encoded, so each file is also decoded:
Parquet columns, SQLite rows (write-ahead log and free pages are searched as bytes), gzip, zstd. A needle is
looked for as UTF-8, UTF-16, URL-encoded and base64 at each of its three alignments.

A compressed Parquet page is searched as the values it holds, not as bytes: a compressor writes what is new in each
value side by side, so that part numbers 0 to 99 stand there as `0108967543210`, which nobody ever wrote.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import sqlite3
import urllib.parse
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import hyperscan
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

__all__ = ["Leak", "find_leaks", "find_leaks_apart"]

_ZSTD = b"\x28\xb5\x2f\xfd"
_SHORTEST = 8
"""Shorter needles would be found by chance."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A needle found: in which file, in which decoded form of it."""

    file: str
    form: str
    needle: str


def encodings(needle: str) -> Iterator[bytes]:
    """Every form in which a text may have been written."""
    plain = needle.encode()
    yield plain
    yield needle.encode("utf-16-le")
    yield needle.encode("utf-16-be")
    for quoted in (urllib.parse.quote(needle, safe=""), urllib.parse.quote_plus(needle)):
        if quoted != needle:
            yield quoted.encode()
    for offset in range(3):
        # Whole base64 groups only: those at the edges mix with what stands before and after.
        body = base64.b64encode(b"\0" * offset + plain)
        yield body[4 if offset else 0 : len(body) - 4]
        yield base64.urlsafe_b64encode(b"\0" * offset + plain)[4 if offset else 0 : len(body) - 4]
    escaped = needle.encode("unicode_escape")
    if escaped != plain:
        yield escaped


def _expression(needle: str, form: bytes) -> bytes:
    """A number counts only where it stands by itself: any nine digits stand somewhere in a million times of day."""
    escaped = b"".join(b"\\x%02x" % byte for byte in form)
    alone = needle.isdecimal() and form == needle.encode()
    return b"(^|[^0-9])" + escaped + b"([^0-9]|$)" if alone else escaped


class _Search:
    def __init__(self, needles: Iterable[str]) -> None:
        self.names = sorted({needle for needle in needles if len(needle) >= _SHORTEST})
        forms = [
            (number, form)
            for number, name in enumerate(self.names)
            for form in sorted(set(encodings(name)))
            if len(form) >= _SHORTEST
        ]
        self.database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        if forms:
            flags = hyperscan.HS_FLAG_SINGLEMATCH
            self.database.compile(
                expressions=[_expression(self.names[number], form) for number, form in forms],
                ids=[number for number, _ in forms],
                flags=[flags] * len(forms),
            )

    def __call__(self, data: bytes) -> set[str]:
        found: set[str] = set()
        if self.names and data:
            self.database.scan(data, match_event_handler=lambda number, *_: found.add(self.names[number]))
        return found


def _decoded(path: Path, data: bytes) -> Iterator[tuple[str, bytes]]:
    whole_parquet = data[:4] == b"PAR1" == data[-4:]
    yield "bytes", _outside_compressed_pages(data) if whole_parquet else data
    if whole_parquet:
        table = pq.read_table(pa.BufferReader(data))
        for name in table.column_names:
            yield f"column {name}", b"\n".join(_plain(value) for value in _distinct(table[name]))
    elif data[:4] == b"PAR1":  # a writer was killed: no footer tells where the pages are
        yield "pages", b"\n".join(_frames(data))
    elif data[:16] == b"SQLite format 3\0":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            for (table_name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                rows = connection.execute(f'SELECT * FROM "{table_name}"').fetchall()
                cells = (cell for row in rows for cell in row if isinstance(cell, str | bytes))
                yield f"table {table_name}", b"\n".join(c if isinstance(c, bytes) else c.encode() for c in cells)
    elif data[:2] == b"\x1f\x8b":
        yield "gzip", gzip.decompress(data)
    elif data[:4] == _ZSTD:
        yield "zstd", zstandard.ZstdDecompressor().decompressobj().decompress(data)


def _outside_compressed_pages(data: bytes) -> bytes:
    """A Parquet file's head, footer and whatever else no compressed column claims; a new line stands for each gap."""
    metadata = pq.read_metadata(pa.BufferReader(data))
    kept: list[bytes] = []
    at = 0
    columns = (metadata.row_group(group).column(n) for group in range(metadata.num_row_groups)
               for n in range(metadata.num_columns))  # fmt: skip
    for column in columns:
        if column.compression == "UNCOMPRESSED":
            continue
        begin = column.dictionary_page_offset or column.data_page_offset
        kept.append(data[at:begin])
        at = begin + column.total_compressed_size
    return b"\n".join([*kept, data[at:]])


def _distinct(column: pa.ChunkedArray) -> Iterable[object]:
    if pa.types.is_nested(column.type):
        return column.to_pylist()
    return pa.compute.unique(column).to_pylist()


def _plain(value: object) -> bytes:
    return value if isinstance(value, bytes) else b"" if value is None else str(value).encode()


def _frames(data: bytes) -> Iterator[bytes]:
    """What can still be read of every zstd frame in a broken file, the last one cut off."""
    at = data.find(_ZSTD)
    while at >= 0:
        reader = zstandard.ZstdDecompressor().decompressobj()
        with contextlib.suppress(zstandard.ZstdError):
            yield reader.decompress(data[at:])
        at = data.find(_ZSTD, at + 1)


def find_leaks_apart(folders: Iterable[Path], needles: Iterable[str]) -> list[Leak]:
    """`find_leaks` in a process of its own.

    Opening and closing a database's file drops the locks that this process holds on it, and with them the safety of
    its open connections; so a store that is in use is searched from outside.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(find_leaks, list(folders), list(needles)).result()


def find_leaks(folders: Iterable[Path], needles: Iterable[str]) -> list[Leak]:
    """Every needle found in any file below the folders, in any decoded form."""
    search = _Search(needles)
    leaks: list[Leak] = []
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if not path.is_file():
                continue
            for form, content in _decoded(path, path.read_bytes()):
                leaks.extend(Leak(str(path), form, needle) for needle in sorted(search(content)))
    return leaks
