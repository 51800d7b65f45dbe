"""Holidays, stated hours and the clock of a place: whose day it is."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from fanlight.enrich.calendars import Calendars, calendar_problem
from fanlight.enrich.countries import country_of_zone
from fanlight.enrich.localtime import zone_at, zone_of
from fanlight.enrich.workhours import StatedHours

CHRISTMAS = date(2026, 12, 25)


class TestHolidays:
    def test_a_calendar_counts_for_people_of_its_country(self) -> None:
        calendars = Calendars(("DE", "US"))
        assert calendars.holiday(CHRISTMAS, "DE") == "Christmas Day"
        assert calendars.holiday(date(2026, 7, 3), "US") is not None  # the fourth falls on a Saturday
        assert calendars.holiday(date(2026, 7, 3), "DE") is None
        assert calendars.holiday(CHRISTMAS, "IN") is None
        assert calendars.holiday(CHRISTMAS, None) is None

    def test_a_part_of_a_country_has_days_of_its_own(self) -> None:
        epiphany = date(2026, 1, 6)
        assert Calendars(("DE",)).holiday(epiphany, "DE") is None
        assert Calendars(("DE-BY",)).holiday(epiphany, "DE") is not None

    def test_own_days_count_for_everybody(self) -> None:
        calendars = Calendars(own_days=frozenset({"2026-05-29"}))
        assert calendars.holiday(date(2026, 5, 29), None) == "a holiday of the company"

    def test_a_calendar_nobody_keeps_is_no_holiday_and_says_so(self) -> None:
        assert Calendars(("XX",)).holiday(CHRISTMAS, "XX") is None
        assert "no calendar" in (calendar_problem("XX") or "")
        assert "no part" in (calendar_problem("DE-QQ") or "")
        assert calendar_problem("US-CA") is None


class TestStatedHours:
    def test_a_day_shift(self) -> None:
        hours = StatedHours(start=9, end=17)
        assert hours.covers(datetime(2026, 10, 5, 9, 0))  # noqa: DTZ001 - local by meaning; a Monday
        assert not hours.covers(datetime(2026, 10, 5, 17, 0))  # noqa: DTZ001
        assert not hours.covers(datetime(2026, 10, 4, 10, 0))  # noqa: DTZ001

    def test_a_shift_over_midnight_belongs_to_the_day_it_began(self) -> None:
        hours = StatedHours(start=22, end=6, days=frozenset({5}))
        assert hours.covers(datetime(2026, 10, 9, 23, 0))  # noqa: DTZ001 - Friday night
        assert hours.covers(datetime(2026, 10, 10, 5, 0))  # noqa: DTZ001 - Saturday morning
        assert not hours.covers(datetime(2026, 10, 9, 5, 0))  # noqa: DTZ001

    @pytest.mark.parametrize(
        ("days", "words"), [({1, 2, 3, 4, 5}, "Mon to Fri"), ({6}, "Sat"), ({1, 3}, "Mon, Wed"), (set(), "never")]
    )
    def test_says_itself_in_words(self, days: set[int], words: str) -> None:
        assert StatedHours(days=frozenset(days)).words.endswith(words)


class TestTheClockOfAPlace:
    @pytest.mark.parametrize(
        ("country", "latitude", "longitude", "zone"),
        [
            ("US", 40.7, -74.0, "America/New_York"),
            ("US", 32.8, -96.8, "America/Chicago"),
            ("US", 47.6, -122.3, "America/Los_Angeles"),
            ("BR", -3.1, -60.0, "America/Manaus"),
            ("DE", None, None, "Europe/Berlin"),
            (None, None, None, None),
            ("ZZ", None, None, None),
        ],
    )
    def test_is_told_by_coordinates_and_else_by_the_country(
        self, country: str | None, latitude: float | None, longitude: float | None, zone: str | None
    ) -> None:
        assert zone_at(country, latitude, longitude) == zone

    def test_the_directory_s_word_counts_before_the_place(self) -> None:
        assert zone_of("Asia/Tokyo", place_zone="Europe/Berlin").zone == "Asia/Tokyo"
        assert zone_of(None, "US", place_zone="America/Chicago").reason == "place"

    def test_a_zone_has_a_country_and_utc_has_none(self) -> None:
        assert (country_of_zone("Asia/Kolkata"), country_of_zone("UTC"), country_of_zone(None)) == ("IN", None, None)
