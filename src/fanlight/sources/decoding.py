"""Opening answers: JSON and header names. Nothing of a body that cannot be read leaves these frames."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import unquote

import orjson

from fanlight.model import Sealed

__all__ = ["Trouble", "decode_json", "read_file_name"]

Trouble = Literal[
    "no connection", "time-out", "cut short", "not readable as JSON", "of an unexpected shape", "too large"
]


def decode_json(body: bytes, is_right: Callable[[Any], bool] | None) -> tuple[Any, Trouble | None]:
    """The JSON value, or what is wrong with it. Nothing of the body leaves this frame."""
    try:
        value = orjson.loads(body)
    except ValueError:
        value = _decode_leniently(body)
        if value is _UNREADABLE:
            return None, "not readable as JSON"
    try:
        wrong = is_right is not None and not is_right(value)
    except (TypeError, KeyError, AttributeError, ValueError):
        wrong = True
    return (None, "of an unexpected shape") if wrong else (value, None)


_UNREADABLE = object()


def _decode_leniently(body: bytes) -> Any:
    """JSON with lone surrogates or bytes that are not UTF-8: legal enough to be sent, so it must not stop a feed."""
    try:
        return _without_surrogates(json.loads(body.decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return _UNREADABLE


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(item) for name, item in value.items()}
    return value


_EXTENDED_NAME = re.compile(r"filename\*\s*=\s*([\w-]+)'[^']*'([^;]+)", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"filename\s*=\s*\"?([^\";]+)", re.IGNORECASE)


def read_file_name(disposition: str) -> Sealed[str] | None:
    """The file name of a Content-Disposition header, sealed: names of files are content."""
    if found := _EXTENDED_NAME.search(disposition):
        try:
            return Sealed(unquote(found[2].strip(), encoding=found[1], errors="replace"))
        except LookupError:
            return Sealed(unquote(found[2].strip(), errors="replace"))
    if found := _PLAIN_NAME.search(disposition):
        return Sealed(found[1].strip())
    return None
