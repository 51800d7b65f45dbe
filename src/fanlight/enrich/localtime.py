"""A person's local time: which zone, why, and the hour of the week in it.

Zones are names (daylight saving moves with them), never fixed offsets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fanlight.enrich.countries import main_zone
from fanlight.model import SECOND, Micros

__all__ = ["UTC_ZONE", "PersonZone", "hour_name", "hour_of_week", "local_time", "zone_at", "zone_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Fewer events than this say nothing about where somebody lives.
_LEARN_FROM = 200


@dataclass(frozen=True, slots=True)
class PersonZone:
    """A zone with the reason why it was chosen."""

    zone: str
    """IANA name; `UTC` when nothing is known."""
    reason: Literal["directory", "place", "country", "activity", "unknown"]


UTC_ZONE = PersonZone("UTC", "unknown")


def zone_of(
    directory_zone: str | None = None,
    country: str | None = None,
    hours_utc: Sequence[int] | None = None,
    place_zone: str | None = None,
) -> PersonZone:
    """The zone of a person: what the directory says, else that of their usual place, else learned from activity.

    `place_zone` is `zone_at` of that place; without it the main zone of `country` counts.

    `hours_utc` are 168 counts by UTC hour of the week (Monday 00 first).
    """
    if directory_zone and _zone(directory_zone.strip()) is not None:
        return PersonZone(directory_zone.strip(), "directory")
    if place_zone and _zone(place_zone) is not None:
        return PersonZone(place_zone, "place")
    zone = main_zone(country)
    if zone is not None and _zone(zone) is not None:
        return PersonZone(zone, "country")
    offset = _learned_offset(hours_utc) if hours_utc is not None else None
    if offset is not None:
        # POSIX names count westward: Etc/GMT-2 is two hours ahead of UTC.
        return PersonZone("UTC" if offset == 0 else f"Etc/GMT{-offset:+d}", "activity")
    return UTC_ZONE


@lru_cache(maxsize=16_384)
def zone_at(country: str | None, latitude: float | None = None, longitude: float | None = None) -> str | None:
    """The zone of a place: by its coordinates, else the main zone of its country; None where neither is known."""
    if latitude is not None and longitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180:
        import tzfpy  # borders of the world: loaded only where a place is asked for its clock

        found = tzfpy.get_tz(longitude, latitude)
        if found and _zone(found) is not None and not found.startswith("Etc/"):
            return str(found)
    return main_zone(country)


def local_time(at: Micros, zone: str) -> datetime:
    """The wall clock in a zone; UTC when the zone is not known."""
    moment = _EPOCH + timedelta(microseconds=at)
    return moment.astimezone(_zone(zone) or UTC)


def hour_of_week(at: Micros, zone: str = "UTC") -> int:
    """0–167 from Monday 00:00, by the wall clock of the zone."""
    if zone == "UTC":
        # 1970-01-01 was a Thursday.
        return (at // (3600 * SECOND) + 72) % 168
    local = local_time(at, zone)
    return local.weekday() * 24 + local.hour


def hour_name(hour: int) -> str:
    """`Tue 03:00` for an hour of the week."""
    return f"{_WEEKDAYS[hour // 24 % 7]} {hour % 24:02d}:00"


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _learned_offset(hours_utc: Sequence[int]) -> int | None:
    """The whole-hour offset that puts the middle of a person's weekday activity at 13:00 local."""
    if len(hours_utc) != 168 or sum(hours_utc) < _LEARN_FROM:
        return None
    by_hour = [sum(hours_utc[day * 24 + hour] for day in range(7)) for hour in range(24)]
    windows = [(sum(by_hour[(start + step) % 24] for step in range(10)), start) for start in range(24)]
    best, _ = max(windows)
    if best < 0.7 * sum(by_hour):
        return None  # spread over the clock: a machine, or somebody who travels
    starts = [start for total, start in windows if total == best]
    middle = (starts[len(starts) // 2] + 5) % 24
    offset = 13 - middle
    return (offset + 12) % 24 - 12
