"""What the labels of an object add up to: none, low, moderate or high. A pure function of stored matches.

Points: each type found gives the points of its group, times a factor for how many there are, times its confidence
band. The sum decides. Names, e-mail addresses, phone numbers and source code have a ceiling of `low` on their own.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

from fanlight.labels.taxonomy import taxonomy
from fanlight.labels.types import group_of_type
from fanlight.lake.policy import LabelPolicy
from fanlight.model import SENSITIVITY_ORDER, Match, Sensitivity

__all__ = [
    "CHANGEABLE",
    "Weights",
    "categories_of",
    "changes_of",
    "highest",
    "of_matches",
    "weights_from",
    "weights_of",
]

_POINTS = {
    # ordinary at work: many of them matter, one does not
    "person": 2.0, "email": 3.0, "phone": 4.0, "address": 8.0, "birth_date": 12.0, "source_code": 4.0,
    # one is worth a look, alone or with company
    "iban": 35.0, "bank_account": 35.0, "crypto_address": 20.0, "card_code": 40.0, "money": 40.0, "legal_text": 30.0,
    "health_text": 45.0, "mark": 45.0, "tax_id": 60.0, "code": 40.0, "secret": 60.0,
    # one is enough
    "card": 100.0, "national_id": 100.0, "passport": 100.0, "driver_license": 100.0, "health_id": 100.0,
    "key": 100.0, "private_key": 100.0, "password": 100.0, "contacts": 100.0,
}  # fmt: skip

_ORDINARY = frozenset({"person", "email", "phone", "source_code"})

_CUSTOM = "custom:"
_LEVELS = {"low": 4.0, "moderate": 40.0, "high": 100.0}
"""Points of one match of a custom category, by the sensitivity that its definition gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What the operator may change. Points of a group are for one certain match of it."""

    points: Mapping[str, float] = field(default_factory=lambda: dict(_POINTS))
    low: float = 1.0
    moderate: float = 30.0
    high: float = 90.0
    growth: float = 0.25
    """How much each doubling of the count adds: 0.25 means that sixteen weigh twice as much as one."""
    band_low: float = 0.35
    band_medium: float = 0.75
    band_high: float = 1.0
    together: float = 50.0
    """Added when a person is identified (name, contact, id, birth date) and health data or money stands beside it."""
    marked_money: float = 60.0
    """Added when a classification mark stands beside financial data or a contract."""
    levels: Mapping[str, str] = field(default_factory=dict)
    """Recognizer of a custom category to low, moderate or high; a changed number in `points` goes first."""

    def points_of(self, group: str) -> float:
        """What one certain match of a group weighs."""
        known = self.points.get(group)
        if known is not None:
            return known
        return _LEVELS[self.levels.get(group, "moderate")] if group.startswith(_CUSTOM) else 20.0

    def is_ordinary(self, group: str) -> bool:
        """Whether any number of matches of a group stays low by itself."""
        return group in _ORDINARY or (
            group.startswith(_CUSTOM) and self.levels.get(group) == "low" and group not in self.points
        )


CHANGEABLE = tuple(f.name for f in fields(Weights) if f.name != "levels")
"""Names that an operator may give in a table of weights; `points` is a table of group and number."""


def weights_from(settings: Mapping[str, object], levels: Mapping[str, str] | None = None) -> Weights:
    """Weights with an operator's changes. Raises `ValueError` that names what is not understood."""
    unknown = sorted(set(settings) - set(CHANGEABLE))
    if unknown:
        raise ValueError(f"Sensitivity weights have no {', '.join(unknown)}; known are {', '.join(CHANGEABLE)}.")
    points = dict(_POINTS)
    changed = settings.get("points", {})
    if not isinstance(changed, Mapping):
        raise ValueError("Sensitivity weights: points must be a table of group and number.")  # noqa: TRY004
    for group, value in changed.items():
        if group not in taxonomy().groups and not str(group).startswith(_CUSTOM):
            raise ValueError(f"Sensitivity weights: there is no group {group}.")
        points[str(group)] = _number(f"points.{group}", value)
    numbers: dict[str, Any] = {name: _number(name, value) for name, value in settings.items() if name != "points"}
    made = replace(Weights(points=points), levels=dict(levels or {}), **numbers)
    if not 0 < made.low <= made.moderate <= made.high:
        raise ValueError("Sensitivity weights: low, moderate and high must be above 0 and in this order.")
    return made


def _number(name: str, value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not 0 <= number <= 10_000:
        raise ValueError(f"Sensitivity weights: {name} must be a number from 0 to 10,000.")
    return number


def changes_of(weights: Weights) -> dict[str, Any]:
    """What differs from the weights that come with Fanlight, as a table that `weights_from` understands."""
    plain = Weights()
    changed: dict[str, Any] = {
        name: getattr(weights, name)
        for name in CHANGEABLE
        if name != "points" and getattr(weights, name) != getattr(plain, name)
    }
    points = {group: value for group, value in weights.points.items() if plain.points.get(group) != value}
    return {**changed, "points": points} if points else changed


def weights_of(reader: object) -> Weights:
    """The weights in force for a snapshot of facts; those that come with Fanlight where none were changed."""
    policy = getattr(reader, "policy", None)
    if not isinstance(policy, LabelPolicy) or not (policy.weights or policy.levels):
        return _DEFAULT
    return _stored(policy.weights, tuple(sorted(policy.levels.items())))


@lru_cache(maxsize=16)
def _stored(text: str, levels: tuple[tuple[str, str], ...]) -> Weights:
    return weights_from(json.loads(text) if text else {}, dict(levels))


_DEFAULT = Weights()


def of_matches(matches: Iterable[Match], weights: Weights = _DEFAULT) -> Sensitivity:
    """Sensitivity of one chat, file, session or project from the matches that are true now."""
    counts: dict[str, float] = defaultdict(float)
    certainty: dict[str, float] = defaultdict(float)
    bands = {"low": weights.band_low, "medium": weights.band_medium, "high": weights.band_high}
    for match in matches:
        group = _group_of(match)
        counts[group] += max(1, match.count)
        certainty[group] = max(certainty[group], bands.get(match.band, 1.0))
    if not counts:
        return "none"
    total = ordinary = 0.0
    for group, count in counts.items():
        grown = 1 + weights.growth * math.log2(count)
        points = weights.points_of(group) * grown * certainty[group]
        if weights.is_ordinary(group):
            ordinary += points
        else:
            total += points
    total += _in_company(counts, certainty, weights)
    if total == 0.0:
        return "low" if ordinary >= weights.low else "none"
    total += min(ordinary, weights.moderate)
    if total >= weights.high:
        return "high"
    if total >= weights.moderate:
        return "moderate"
    return "low" if total >= weights.low else "none"


def _group_of(match: Match) -> str:
    """The group a match is weighed in; a custom category is one of its own, whatever it is filed under."""
    if match.recognizer.startswith(_CUSTOM):
        return match.recognizer.partition("/")[0]
    return group_of_type(match.type, match.category)


_IDENTIFYING = frozenset({"person", "email", "phone", "address", "birth_date", "national_id", "passport", "health_id"})


def _in_company(counts: Mapping[str, float], certainty: Mapping[str, float], weights: Weights) -> float:
    """Points that no single type has: a patient with a name, figures under a mark."""
    bonus = 0.0
    if "health_text" in counts and _IDENTIFYING & set(counts):
        bonus += weights.together * certainty["health_text"]
    money = {"money", "iban", "bank_account", "legal_text"} & set(counts)
    if "mark" in counts and money:
        bonus += weights.marked_money * certainty["mark"]
    return bonus


def highest(levels: Iterable[Sensitivity]) -> Sensitivity:
    """The highest of several; `none` for nothing."""
    return max(levels, key=lambda level: SENSITIVITY_ORDER[level], default="none")


def categories_of(matches: Iterable[Match]) -> dict[str, float]:
    """Categories with the best confidence, those that a type implies included (an id is personal data too)."""
    known = taxonomy()
    result: dict[str, float] = {}
    for match in matches:
        group = known.groups.get(_group_of(match))
        for category in (match.category, *(group.implies if group else ())):
            result[category] = max(result.get(category, 0.0), match.confidence)
    return dict(sorted(result.items()))
