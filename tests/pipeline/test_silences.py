"""A source that sends nothing although it usually sends much has a gap, and nothing else is one."""

from __future__ import annotations

from fanlight.model import HOUR
from fanlight.pipeline.silences import find_silences

FIRST = 490_000


def weeks(number: int, by_day: int, by_night: int) -> dict[int, int]:
    return {FIRST + hour: by_day if 8 <= hour % 24 < 18 else by_night for hour in range(number * 168)}


def test_a_missing_afternoon_is_a_gap_with_what_is_usual() -> None:
    counts = weeks(6, by_day=12, by_night=1)
    start = FIRST + 5 * 168 + 3 * 24 + 13
    for hour in range(start, start + 3):
        counts[hour] = 0
    (silence,) = find_silences("okta", counts)
    assert (start * HOUR, (start + 3) * HOUR, 36.0) == (silence.since, silence.until, silence.usual)
    assert "unknown, not absent" in silence.notice().sentence


def test_quiet_nights_of_a_small_company_are_no_gaps() -> None:
    counts = {hour: n for hour, n in weeks(6, by_day=12, by_night=0).items() if n}
    assert list(find_silences("okta", counts)) == []


def test_the_end_of_the_records_is_lag_and_not_a_gap() -> None:
    counts = weeks(6, by_day=12, by_night=12)
    for hour in range(FIRST + 6 * 168 - 5, FIRST + 6 * 168):
        del counts[hour]
    assert list(find_silences("okta", counts)) == []


def test_a_source_without_history_has_no_gaps() -> None:
    counts = weeks(1, by_day=12, by_night=12)
    counts[FIRST + 50] = 0
    assert list(find_silences("okta", counts)) == []


def test_a_holiday_of_one_office_is_no_gap() -> None:
    """Its hours are empty, and the hours beside them are as thin: nobody stopped sending."""
    counts = weeks(6, by_day=12, by_night=0)
    start = FIRST + 5 * 168 + 24
    for hour in range(start, start + 24):
        counts[hour] = 0
    counts[start + 9] = 1
    assert list(find_silences("claude", counts)) == []
