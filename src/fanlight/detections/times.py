"""When a raw event happened, by the time field of whichever product it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fanlight.detections.record import Extractor, values_of
from fanlight.model import SECOND, Micros, parse_time

__all__ = ["time_of_event"]

#: Time fields of the products we read, the most telling first.
_FIELDS = (
    "occurred_at", "published", "@timestamp", "eventtime", "createddatetime", "activitydatetime", "creationtime",
    "created_at", "id.time", "timestamp", "time", "epochtime", "properties.createddatetime",
)  # fmt: skip
_EXTRACTOR = Extractor(_FIELDS)


def time_of_event(event: Mapping[str, Any]) -> Micros | None:
    """Time of an event from its JSON: ISO 8601, or a number of seconds, milliseconds or microseconds."""
    record = _EXTRACTOR.extract(event)
    for name in _FIELDS:
        for value in values_of(record, name):
            at = _micros(value)
            if at is not None:
                return at
    return None


def _micros(value: object) -> Micros | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        for ceiling, unit in ((1e11, SECOND), (1e14, 1000), (1e17, 1)):
            if 0 < value < ceiling:
                return int(value * unit)
        return None
    try:
        return parse_time(str(value))
    except ValueError:
        return None
