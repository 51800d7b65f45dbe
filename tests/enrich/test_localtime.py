"""A person's local time."""

from __future__ import annotations

import pytest

from fanlight.enrich.localtime import UTC_ZONE, PersonZone, hour_name, hour_of_week, zone_of
from fanlight.model import parse_time


@pytest.mark.parametrize(
    ("directory", "country", "expected"),
    [
        ("Europe/Lisbon", "IN", PersonZone("Europe/Lisbon", "directory")),
        ("Not/AZone", "IN", PersonZone("Asia/Kolkata", "country")),
        (None, "BR", PersonZone("America/Sao_Paulo", "country")),
        (None, "ZZ", UTC_ZONE),
        (None, None, UTC_ZONE),
        ("../../etc/passwd", None, UTC_ZONE),
    ],
)
def test_the_directory_goes_before_the_country(
    directory: str | None, country: str | None, expected: PersonZone
) -> None:
    assert zone_of(directory, country) == expected


def _week(start_utc: int, length: int = 9, n: int = 10) -> list[int]:
    week = [0] * 168
    for day in range(5):
        for step in range(length):
            week[(day * 24 + start_utc + step) % 168] = n
    return week


@pytest.mark.parametrize(("start_utc", "zone"), [(8, "UTC"), (6, "Etc/GMT-2"), (13, "Etc/GMT+5"), (23, "Etc/GMT-9")])
def test_working_hours_teach_the_zone_when_nothing_else_is_known(start_utc: int, zone: str) -> None:
    assert zone_of(None, None, _week(start_utc)) == PersonZone(zone, "activity")


def test_a_machine_or_too_little_activity_teaches_nothing() -> None:
    assert zone_of(None, None, [10] * 168) == UTC_ZONE
    assert zone_of(None, None, _week(8, n=1)) == UTC_ZONE


def test_the_hour_of_the_week_follows_the_wall_clock_through_a_change_of_clocks() -> None:
    before, after = parse_time("2026-03-27T09:00:00Z"), parse_time("2026-03-30T08:00:00Z")
    assert hour_name(hour_of_week(before, "Europe/Paris")) == "Fri 10:00"
    assert hour_name(hour_of_week(after, "Europe/Paris")) == "Mon 10:00"


def test_monday_midnight_is_hour_zero_also_in_utc() -> None:
    assert hour_of_week(parse_time("2026-11-23T00:30:00Z")) == 0
    assert hour_of_week(parse_time("2026-11-22T23:59:59Z")) == 167
    assert hour_of_week(parse_time("2026-11-22T23:59:59Z"), "Asia/Kolkata") == 5
