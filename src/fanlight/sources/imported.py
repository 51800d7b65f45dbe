"""What a record out of a file may lack, and an API's record never does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from fanlight.model import Micros, format_time, parse_time
from fanlight.sources.native import read_moment

__all__ = ["complete_record"]


def complete_record(record: Mapping[str, Any], *, id_name: str, time_name: str, now: Micros) -> dict[str, Any]:
    """The record with an id (a hash of itself where it has none) and a time (that of the import where it has none)."""
    complete = dict(record)
    if not isinstance(record.get(id_name), str) or not record[id_name]:
        canonical = orjson.dumps(record, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
        complete[id_name] = "sha256:" + hashlib.sha256(canonical).hexdigest()
    moment = read_moment(record.get(time_name))
    if moment is None:
        complete[time_name] = format_time(now)
    elif not _is_rfc3339(record[time_name]):
        complete[time_name] = format_time(moment)
    return complete


def _is_rfc3339(value: Any) -> bool:
    try:
        parse_time(value)
    except (TypeError, ValueError):
        return False
    return True
