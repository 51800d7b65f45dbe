"""The HTTP event collector's bodies: JSON objects one after another, each an envelope with the event inside.

A request is taken whole or refused whole, so that a sender never has to guess what of it was kept.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from fanlight.inputs.batch import Refused
from fanlight.inputs.records import Arrived
from fanlight.inputs.texts import record_of_text, records_of_line
from fanlight.model import Micros
from fanlight.sources.files import Unread, read_stream
from fanlight.sources.native import read_moment

__all__ = ["MOST_EVENTS", "read_events", "read_lines", "read_raw"]

MOST_EVENTS = 50_000
"""Events in one request."""

_ENVELOPE = ("host", "source", "sourcetype", "index", "fields")
_DECODER = json.JSONDecoder()


def read_events(body: bytes) -> list[Arrived]:
    """Records of a body of the endpoint `event`. Raises `Refused` with the collector's own codes."""
    arrived: list[Arrived] = []
    for number, envelope in enumerate(_objects(body)):
        if number >= MOST_EVENTS:
            raise Refused(f"A request may hold {MOST_EVENTS:,} events; send smaller batches.", status=413)
        arrived.append(_open(envelope, number))
    if not arrived:
        raise Refused("No data", code=5)
    return arrived


def read_raw(body: bytes, moment: Micros | None, name: str = "request") -> list[Arrived]:
    """Records of a body without envelopes: lines of JSON, NSS or CEF, or one JSON document that lists them."""
    head = body.lstrip()[:4]
    found: Iterator[Mapping[str, Any] | Unread]
    found = read_lines(name, body) if head == b"CEF:" else read_stream(name, io.BytesIO(body))
    arrived: list[Arrived] = []
    for number, record in enumerate(found):
        if isinstance(record, Unread):
            raise Refused(f"Line {record.line}: {record.reason}.", number=number)
        if number >= MOST_EVENTS:
            raise Refused(f"A request may hold {MOST_EVENTS:,} events; send smaller batches.", status=413)
        arrived.append(Arrived(record, moment))
    if not arrived:
        raise Refused("No data", code=5)
    return arrived


def read_lines(name: str, body: bytes) -> Iterator[Mapping[str, Any] | Unread]:
    """Records of lines, each by itself."""
    for number, line in enumerate(body.splitlines(), 1):
        if line.strip():
            found = records_of_line(name, number, line)
            if isinstance(found, Unread):
                yield found
            else:
                yield from found


def _objects(body: bytes) -> Iterable[Any]:
    """JSON values one after another, with or without white space between them.

    Read as one list with a comma and a line end put in where an object ends and another begins. A text that holds such
    a place is then no valid text any more, and the body is read the slow way.
    """
    text = body.strip()
    if not text:
        return ()
    if text[:1] == b"[":
        return _whole_list(text)
    places = 0
    joined = text
    for between in (b"}{", b"}\n{", b"}\r\n{"):
        if number := text.count(between):
            places += number
            joined = joined.replace(between, b"}\n,{")
    try:
        found: list[Any] = orjson.loads(b"[" + joined + b"]")
    except orjson.JSONDecodeError:
        return _one_by_one(text)
    return found if len(found) == places + 1 else _one_by_one(text)


def _whole_list(text: bytes) -> Iterable[Any]:
    try:
        found: list[Any] = orjson.loads(text)
        return found
    except orjson.JSONDecodeError:
        raise Refused("Invalid data format", number=0) from None


def _one_by_one(body: bytes) -> Iterator[Any]:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("Invalid data format", number=0) from None
    at, number = 0, 0
    while at < len(text):
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise Refused("Invalid data format", number=number) from None
        yield value
        number += 1
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1


def _open(envelope: Any, number: int) -> Arrived:
    if not isinstance(envelope, dict):
        raise Refused("Invalid data format", number=number)
    if "event" not in envelope:
        raise Refused("Event field is required", code=12, number=number)
    event = envelope["event"]
    if event is None or event in ("", {}):
        raise Refused("Event field cannot be blank", code=13, number=number)
    record = event if isinstance(event, dict) else record_of_text(event) if isinstance(event, str) else None
    if record is None:
        raise Refused("Invalid data format", number=number)
    moment = None
    if (written := envelope.get("time")) is not None and (moment := read_moment(written)) is None:
        raise Refused("Error in handling indexed fields", code=15, number=number)
    around = {name: envelope[name] for name in _ENVELOPE if envelope.get(name) is not None}
    if around and "collector" not in record:
        record = {**record, "collector": around}
    return Arrived(record, moment)
