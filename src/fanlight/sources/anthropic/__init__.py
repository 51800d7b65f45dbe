"""Claude activities out of files: exports of the Activity Feed, or what a pipeline kept of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from fanlight.model import Event, format_time
from fanlight.sources.claude.mapping import map_activity
from fanlight.sources.contract import SourceContext
from fanlight.sources.native import read_moment

KIND = "anthropic"


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """The event of one activity; it is the same event that the API would give.

    A record without id gets a hash of itself, one without time the time of the import.
    """
    now = context.clock.now()
    complete = dict(record)
    if not isinstance(record.get("id"), str):
        canonical = orjson.dumps(record, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
        complete["id"] = "sha256:" + hashlib.sha256(canonical).hexdigest()
    moment = read_moment(record.get("created_at"))
    complete["created_at"] = format_time(now if moment is None else moment)
    yield map_activity(
        complete, tenant=context.tenant, source=context.name, content_key=context.content_key, ingested_at=now
    )
