"""How unusual a value is, in nats: the negative logarithm of a probability built from counts.

Every function is pure and takes counts that can be shown beside its result. 0 nats is expected, 4.6 happens
once in a hundred, 6.9 once in a thousand, 9.2 once in ten thousand.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

__all__ = [
    "HOURS",
    "HourCurve",
    "Journey",
    "distance_km",
    "journey",
    "novelty",
    "once_in",
    "rarity",
    "volume",
]

#: Weight of the peers' (or organization's) share against the identity's own counts, in observations.
ALPHA, BETA = 5.0, 3.0
#: Concentration of the circular hour kernel: an observation spreads over about an hour either side.
KAPPA = 14.0
HOURS = 168
FASTEST_KM_H = 900.0
NEAREST_KM = 500.0
FLOOR_MINUTES = 5.0


def rarity(own_n: float, own_total: float, peers_with: int, peers: int, others_with: int, others: int) -> float:
    """Surprise of a value for one identity, backing off to its peers and its organization.

    `own_n` of `own_total` are decayed counts of the identity; `peers_with` of `peers` and `others_with` of
    `others` are numbers of different identities. New to me but usual in my office stays low.
    """
    in_organization = (others_with + 0.5) / (others + 1)
    among_peers = (peers_with + BETA * in_organization) / (peers + BETA)
    own = (own_n + ALPHA * among_peers) / (own_total + ALPHA)
    return -math.log(min(own, 1.0))


def novelty(seen_once: int, total: float) -> float:
    """Surprise of meeting any new value, from how many values were seen on one day only (Good-Turing).

    For somebody who shows new values all the time one more says little.
    """
    return max(0.0, -math.log((seen_once + 0.5) / (total + 1)))


def volume(observed: int, mean: float, variance: float) -> float:
    """Surprise of a count at least this large, by a negative binomial (Poisson where variance is not above mean)."""
    if observed <= 0:
        return 0.0
    mean = max(mean, 1e-3)
    below = 0.0
    if variance > mean * 1.0001:
        size = mean * mean / (variance - mean)
        success = size / (size + mean)
        log_p = size * math.log(success)
        for k in range(observed):
            below += math.exp(log_p)
            log_p += math.log((size + k) / (k + 1)) + math.log1p(-success)
    else:
        log_p = -mean
        for k in range(observed):
            below += math.exp(log_p)
            log_p += math.log(mean / (k + 1))
    return -math.log(max(1.0 - below, 1e-12))


@dataclass(frozen=True)
class HourCurve:
    """How likely each UTC hour of the week is, smoothed round the clock, working days and weekend apart."""

    density: tuple[float, ...]
    """168 probabilities that sum to 1."""
    observations: float

    @classmethod
    def of(cls, counts: Mapping[int, float], prior: HourCurve | None = None, weight: float = 10.0) -> HourCurve:
        """A curve from counts by hour of week, mixed with a prior curve worth `weight` observations."""
        total = sum(counts.values())
        smooth = [0.0] * HOURS
        for weekend in (False, True):
            day_kind = {hour: n for hour, n in counts.items() if (hour >= 120) is weekend}
            by_hour = [0.0] * 24
            for hour, n in day_kind.items():
                by_hour[hour % 24] += n
            spread = [sum(by_hour[k] * _KERNEL[(h - k) % 24] for k in range(24)) for h in range(24)]
            days = 2 if weekend else 5
            first = 120 if weekend else 0
            for index in range(days * 24):
                smooth[first + index] = spread[index % 24] / days
        flat = prior.density if prior else (1.0 / HOURS,) * HOURS
        mass = total + weight
        return cls(tuple((smooth[h] + weight * flat[h]) / mass for h in range(HOURS)), total)

    def surprise(self, hour: float) -> float:
        """−ln of the probability to fall into an hour as rare as this one or rarer (0 at the usual hours)."""
        return self._surprises[int(hour) % HOURS]

    @cached_property
    def _surprises(self) -> tuple[float, ...]:
        ranked = sorted(self.density)
        tails = [0.0, *accumulate(ranked)]
        return tuple(-math.log(max(tails[bisect_right(ranked, d * 1.0000001)], 1e-9)) for d in self.density)


def _kernel() -> tuple[float, ...]:
    raw = [math.exp(KAPPA * (math.cos(2 * math.pi * h / 24) - 1)) for h in range(24)]
    total = sum(raw)
    return tuple(value / total for value in raw)


_KERNEL = _kernel()


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance."""
    a, b = math.radians(lat_a), math.radians(lat_b)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon_b - lon_a) / 2) ** 2
    return 12742.0 * math.asin(math.sqrt(half))


@dataclass(frozen=True, slots=True)
class Journey:
    """What it would have taken to be at both places."""

    km: float
    minutes: float
    speed: float
    """km/h, with a floor of five minutes."""
    possible: bool


def journey(km: float, minutes: float) -> Journey:
    """Whether a person can have covered the distance; short ones are never judged (addresses are coarse)."""
    taken = max(abs(minutes), FLOOR_MINUTES)
    speed = km / (taken / 60)
    return Journey(km, abs(minutes), speed, not (km > NEAREST_KM and speed > FASTEST_KM_H))


def once_in(nats: float) -> str:
    """`once in 2,900`, with two significant figures."""
    figure = math.exp(min(nats, 20.0))
    digits = max(math.floor(math.log10(max(figure, 1.0))) - 1, 0)
    return f"once in {int(round(figure, -digits)):,}"
