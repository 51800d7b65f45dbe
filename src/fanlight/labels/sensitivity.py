"""What the labels of an object add up to: none, low, moderate or high. A pure function of stored matches.

Points: each type found gives the points of its group, times a factor for how many there are, times its confidence
band. The sum decides. Names, e-mail addresses, phone numbers and source code have a ceiling of `low` on their own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from fanlight.labels.taxonomy import taxonomy
from fanlight.labels.types import group_of_type
from fanlight.model import SENSITIVITY_ORDER, Match, Sensitivity

__all__ = ["Weights", "categories_of", "highest", "of_matches", "weights_from"]

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


def weights_from(settings: Mapping[str, object]) -> Weights:
    """Weights with an operator's changes. Raises `ValueError` that names what is not understood."""
    known = {f.name for f in fields(Weights)}
    unknown = sorted(set(settings) - known)
    if unknown:
        raise ValueError(f"Sensitivity weights have no {', '.join(unknown)}; known are {', '.join(sorted(known))}.")
    points = dict(_POINTS)
    changed = settings.get("points", {})
    if not isinstance(changed, Mapping):
        raise ValueError("Sensitivity weights: points must be a table of group and number.")  # noqa: TRY004
    for group, value in changed.items():
        if group not in taxonomy().groups:
            raise ValueError(f"Sensitivity weights: there is no group {group}.")
        points[str(group)] = float(value)
    numbers: dict[str, Any] = {name: float(str(value)) for name, value in settings.items() if name != "points"}
    return replace(Weights(points=points), **numbers)


_DEFAULT = Weights()


def of_matches(matches: Iterable[Match], weights: Weights = _DEFAULT) -> Sensitivity:
    """Sensitivity of one chat, file, session or project from the matches that are true now."""
    counts: dict[str, float] = defaultdict(float)
    certainty: dict[str, float] = defaultdict(float)
    bands = {"low": weights.band_low, "medium": weights.band_medium, "high": weights.band_high}
    for match in matches:
        group = group_of_type(match.type, match.category)
        counts[group] += max(1, match.count)
        certainty[group] = max(certainty[group], bands.get(match.band, 1.0))
    if not counts:
        return "none"
    total = ordinary = 0.0
    for group, count in counts.items():
        grown = 1 + weights.growth * math.log2(count)
        points = weights.points.get(group, 20.0) * grown * certainty[group]
        if group in _ORDINARY:
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
        group = known.groups.get(group_of_type(match.type, match.category))
        for category in (match.category, *(group.implies if group else ())):
            result[category] = max(result.get(category, 0.0), match.confidence)
    return dict(sorted(result.items()))
