"""What a record out of a file may lack, and an API's record never does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from fanlight.model import Micros, format_time, parse_time

__all__ = ["complete_record"]


def complete_record(record: Mapping[str, Any], *, id_name: str, time_name: str, now: Micros) -> dict[str, Any]:
    """The record with an id (a hash of itself where it has none) and a time (that of the import where it has none)."""
    complete = dict(record)
    if not isinstance(record.get(id_name), str) or not record[id_name]:
        canonical = orjson.dumps(record, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
        complete[id_name] = "sha256:" + hashlib.sha256(canonical).hexdigest()
    try:
        parse_time(record[time_name])
    except (KeyError, TypeError, ValueError):
        complete[time_name] = format_time(now)
    return complete
