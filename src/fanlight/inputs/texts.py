"""Records out of lines of text: JSON, NSS fields, CEF."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from fanlight.sources.files import Unread, read_line

__all__ = ["record_of_text", "records_of_line"]

_CEF = re.compile(r"CEF:\s?\d+\|")
_PIPE = re.compile(r"(?<!\\)\|")
_CEF_HEAD = ("version", "device_vendor", "device_product", "device_version", "signature", "name", "severity")
_CEF_PAIR = re.compile(r"(?:^|\s)([A-Za-z0-9_.\-\[\]]+)=")


def records_of_line(name: str, number: int, line: bytes) -> list[Mapping[str, Any]] | Unread:
    """The records of a line, or why there is none."""
    if (cef := _cef_of(line)) is not None:
        return [cef]
    found = list(read_line(name, number, line))
    records: list[Mapping[str, Any]] = []
    for one in found:
        if isinstance(one, Unread):
            return one
        records.append(one)
    return records or Unread(name, number, len(line), "the line holds no record")


def record_of_text(text: str) -> Mapping[str, Any] | None:
    """The record of an event that was sent as text; None when it is none."""
    found = records_of_line("", 0, text.encode("utf-8", "surrogatepass"))
    return found[0] if not isinstance(found, Unread) and len(found) == 1 else None


def _cef_of(line: bytes) -> Mapping[str, Any] | None:
    """CEF: seven fields between bars, then `key=value` pairs whose values may hold blanks. JSON in it is opened."""
    try:
        text = line.decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
    if not _CEF.match(text):
        return None
    cells = _PIPE.split(text[4:], maxsplit=7)
    if len(cells) < 7:
        return None
    record: dict[str, Any] = {
        name: cell.replace("\\|", "|").replace("\\\\", "\\").strip()
        for name, cell in zip(_CEF_HEAD, cells, strict=False)
    }
    rest = cells[7] if len(cells) > 7 else ""
    marks = list(_CEF_PAIR.finditer(rest))
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        value = rest[mark.end() : following.start() if following else len(rest)].strip()
        record.setdefault(mark[1], value.replace("\\=", "=").replace("\\n", "\n").replace("\\\\", "\\"))
    for value in list(record.values()):
        if value[:1] == "{":
            try:
                inner = orjson.loads(value)
            except orjson.JSONDecodeError:
                continue
            if isinstance(inner, dict):
                record = {**record, **inner}
    return record
