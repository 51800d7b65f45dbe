"""Public holidays: which local days are like a Sunday for whom.

The calendars are those of the library `holidays`; the operator names the countries or parts (`DE`, `DE-BY`, `US-CA`)
and may add days of their own. A calendar counts for people of its country; own days count for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

__all__ = ["Calendars", "calendar_problem"]


def calendar_problem(name: str) -> str | None:
    """Why a calendar cannot be used, as a sentence; None when it can."""
    country, _, part = name.strip().partition("-")
    known = _supported()
    if country.upper() not in known:
        return f"There is no calendar of public holidays for '{name}'; write a country code like DE or US."
    if part and part.upper() not in known[country.upper()]:
        return f"{country.upper()} has no part '{part}' with holidays of its own; write for example DE-BY."
    return None


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars in force."""

    names: tuple[str, ...] = ()
    own_days: frozenset[str] = frozenset()
    """Days of the company, `YYYY-MM-DD`."""

    def holiday(self, day: date, country: str | None) -> str | None:
        """The name of a day's holiday for somebody of a country; None on any other day.

        Where several parts of a country are named, a holiday of any of them counts: who works in which is not known.
        Without a country only the company's own days count.
        """
        if day.isoformat() in self.own_days:
            return "a holiday of the company"
        if country is None:
            return None
        for name in self.names:
            if name.partition("-")[0].upper() == country and (found := _days(name, day.year).get(day)):
                return found
        return None


@lru_cache(maxsize=256)
def _days(name: str, year: int) -> dict[date, str]:
    import holidays  # a second of imports that `fanlight --help` must not pay

    country, _, part = name.strip().upper().partition("-")
    language = "en_US"
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=year, language=language)
    except NotImplementedError:
        return {}
    return {day: str(title) for day, title in found.items()}


@lru_cache(maxsize=1)
def _supported() -> Mapping[str, Sequence[str]]:
    import holidays

    return holidays.list_supported_countries(include_aliases=True)
