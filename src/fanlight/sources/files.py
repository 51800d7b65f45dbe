"""Records out of log files: JSON arrays, JSON Lines, wrapped lists, NSS lines, plain, gzip or zstd.

What cannot be read is told by its place and length, never by its text.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import orjson
import zstandard

__all__ = ["Unread", "read_bytes", "read_line", "read_records", "read_stream"]

_WRAPPERS = ("Records", "records", "items", "activities", "value", "data", "logs")
_BESIDE = frozenset(
    {"kind", "etag", "nextpagetoken", "has_more", "first_id", "last_id", "next_page", "@odata.context",
     "@odata.nextlink", "count", "total", "origin"}
)  # fmt: skip
"""What may stand beside a wrapped list; anything else makes the object a record itself."""
_WHOLE_FILE = 512 * 1024 * 1024
"""A JSON document (not JSON Lines) is read at once; larger ones are refused with a sentence."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A place that holds no readable record."""

    file: str
    line: int
    length: int
    reason: str


def read_records(path: Path) -> Iterator[Mapping[str, Any] | Unread]:
    """Every record of a file in order. Raises `OSError` when the file itself cannot be opened."""
    with path.open("rb") as plain:
        head = plain.read(4)
        plain.seek(0)
        try:
            yield from _records(path.name, _opened(plain, head))
        except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError):
            yield Unread(path.name, 0, path.stat().st_size, "the compressed file is cut off or damaged")


def read_bytes(name: str, data: bytes) -> Iterator[Mapping[str, Any] | Unread]:
    """Every record of a whole file that is in memory, packed or not."""
    try:
        yield from _records(name, _opened(io.BytesIO(data), data[:4]))
    except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError):
        yield Unread(name, 0, len(data), "the compressed file is cut off or damaged")


def read_stream(name: str, stream: IO[bytes]) -> Iterator[Mapping[str, Any] | Unread]:
    """Every record of a stream of bytes that is not compressed."""
    return _records(name, stream)


def read_line(name: str, number: int, text: bytes) -> Iterator[Mapping[str, Any] | Unread]:
    """The record of one line (JSON or NSS); several when the line is a wrapped list."""
    return _line(name, number, text)


def _opened(plain: IO[bytes], head: bytes) -> IO[bytes]:
    if head[:2] == b"\x1f\x8b":
        return io.BufferedReader(gzip.GzipFile(fileobj=plain))
    if head == b"\x28\xb5\x2f\xfd":
        return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(plain, read_across_frames=True))
    return plain


def _records(name: str, stream: IO[bytes]) -> Iterator[Mapping[str, Any] | Unread]:
    first, at = stream.readline(), 1
    while first and not first.strip():
        first, at = stream.readline(), at + 1
    if first[:3] == b"\xef\xbb\xbf":
        first = first[3:]
    if first.lstrip()[:1] in (b"{", b"[") and not _is_whole(first):
        yield from _document(name, first, stream)
        return
    for line, text in enumerate(_lines(first, stream), at):
        if text.strip():
            yield from _line(name, line, text)


def _lines(first: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    yield first
    yield from stream


def _is_whole(line: bytes) -> bool:
    """Whether the first line is a complete record of JSON Lines, not the start of a document or a whole list."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, dict) and _wrapped(found) is None


def _document(name: str, first: bytes, stream: IO[bytes]) -> Iterator[Mapping[str, Any] | Unread]:
    data = first + stream.read(_WHOLE_FILE)
    if len(data) >= _WHOLE_FILE:
        yield Unread(name, 1, len(data), "a JSON document of this size must be given as JSON Lines")
        return
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        # Perhaps JSON Lines whose first line is damaged, or one JSON document after another.
        for number, text in enumerate(data.splitlines(), 1):
            if text.strip():
                yield from _line(name, number, text)
        return
    yield from _members(name, found, 1, len(data))


def _members(name: str, found: Any, line: int, length: int) -> Iterator[Mapping[str, Any] | Unread]:
    members = found if isinstance(found, list) else _wrapped(found) if isinstance(found, dict) else None
    if members is None:
        yield found if isinstance(found, dict) else Unread(name, line, length, "it is not a JSON object")
        return
    for number, member in enumerate(members, 1):
        if isinstance(member, dict):
            yield _unwrap(member)
        else:
            yield Unread(name, number, length, "it is not a JSON object")


def _wrapped(found: Mapping[str, Any]) -> list[Any] | None:
    for wrapper in _WRAPPERS:
        inner = found.get(wrapper)
        others = {name.lower() for name in found} - {wrapper.lower()}
        if isinstance(inner, list) and others <= _BESIDE and all(isinstance(item, dict) for item in inner):
            return inner
    return None


def _unwrap(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """An `event` object beside `origin` is the record; the rest is a note of who collected it."""
    inner = record.get("event")
    return inner if isinstance(inner, dict) and "origin" in record else record


def _line(name: str, number: int, text: bytes) -> Iterator[Mapping[str, Any] | Unread]:
    if text.lstrip()[:1] in (b"{", b"["):
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            yield Unread(name, number, len(text), "the line is not valid JSON")
            return
        if isinstance(found, dict) and _wrapped(found) is None:
            yield _unwrap(found)
        else:
            for member in _members(name, found, number, len(text)):
                # Members are counted in a document; of a list on one line of many, the line is what can be looked up.
                yield replace(member, line=number) if isinstance(member, Unread) else member
        return
    record = _pairs(text)
    yield record if record is not None else Unread(name, number, len(text), "the line is neither JSON nor an NSS line")


def _pairs(text: bytes) -> Mapping[str, Any] | None:
    """A tab-separated NSS line: a time, then `key=value` fields."""
    try:
        cells = text.decode("utf-8").rstrip("\r\n").split("\t")
    except UnicodeDecodeError:
        return None
    record: dict[str, Any] = {}
    for cell in cells:
        key, mark, value = cell.partition("=")
        if mark and key and " " not in key:
            record[key] = value.strip('"')
        elif "datetime" not in record and not mark:
            record["datetime"] = cell
    return record if len(record) > 1 else None
