"""Regimes that what was found may be subject to: derived tags, a pure function of stored matches.

No recognizer looks for a law. A tag says `may be subject to` and names the types that led there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from fanlight.labels.catalogue import read_yaml
from fanlight.labels.types import group_of_type
from fanlight.model import Match

__all__ = ["RegimeTag", "regimes_of"]

_COUNTRY_OF_TYPE = re.compile(r"([A-Z]{2})_")
_COUNTRY_OF_MASK = re.compile(r"([A-Z]{2}) ends in ")
_SURE = ("medium", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeTag:
    """One regime an object may be subject to, and the types of data that say so."""

    regime: str
    title: str
    because: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """For people."""
        return f"may be subject to {self.title}, because of {', '.join(self.because)}"


@dataclass(frozen=True, slots=True)
class _Case:
    groups: frozenset[str]
    categories: frozenset[str]
    beside: tuple[frozenset[str], ...]
    countries: frozenset[str]
    unless: frozenset[str]


@cache
def _regimes() -> tuple[tuple[str, str, tuple[_Case, ...]], ...]:
    raw = read_yaml("regimes.yml")
    lists: Mapping[str, list[str]] = raw["lists"]

    def listed(value: Any) -> frozenset[str]:
        return frozenset(lists[value] if isinstance(value, str) else value or ())

    def case(entry: Mapping[str, Any]) -> _Case:
        return _Case(
            listed(entry.get("groups")), listed(entry.get("categories")),
            tuple(listed(name) for name in entry.get("with", ())), listed(entry.get("countries")),
            listed(entry.get("unless_countries")),
        )  # fmt: skip

    return tuple((name, entry["title"], tuple(map(case, entry["cases"]))) for name, entry in raw["regimes"].items())


def regimes_of(matches: Iterable[Match]) -> tuple[RegimeTag, ...]:
    """Tags of one object from the matches that are true now; those of low confidence say nothing."""
    sure = [match for match in matches if match.band in _SURE]
    if not sure:
        return ()
    seen = [(match, group_of_type(match.type, match.category), _country(match)) for match in sure]
    tags = []
    for name, title, cases in _regimes():
        because = sorted({type_name for one in cases for type_name in _because(one, seen)})
        if because:
            tags.append(RegimeTag(regime=name, title=title, because=tuple(because)))
    return tuple(tags)


def _because(case: _Case, seen: Sequence[tuple[Match, str, str]]) -> set[str]:
    """Types that make a case hold; none when it does not."""
    found = [
        match.type
        for match, group, country in seen
        if (group in case.groups or match.category in case.categories)
        and (not case.countries or case.beside or country in case.countries)
    ]
    beside = [[match.type for match, group, _ in seen if group in wanted] for wanted in case.beside]
    if not found or not all(beside):
        return set()
    if case.countries and case.beside and not any(country in case.countries for _, _, country in seen):
        return set()
    elsewhere = {country for _, _, country in seen if country}
    if case.unless and elsewhere and not elsewhere & case.unless:
        return set()
    return {*found, *(type_name for types in beside for type_name in types)}


def _country(match: Match) -> str:
    """The country a match points to; empty when it points to none."""
    named = _COUNTRY_OF_TYPE.match(match.type)
    if named and match.category in ("GOV_ID", "HEALTH", "PII", "FINANCIAL"):
        return named.group(1)
    if match.category == "FINANCIAL":
        mask = _COUNTRY_OF_MASK.match(match.evidence)
        return mask.group(1) if mask else ""
    return ""
