"""Where people are: which addresses tell it, and which gateways are the company's own."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

__all__ = ["GATEWAY", "PLACE_DIMENSIONS", "RISKY_NETWORKS", "Gateways", "Where"]

PLACE_DIMENSIONS = ("country", "asn", "prefix", "kind")
#: Networks whose exit is not where the person is.
RISKY_NETWORKS = ("hosting", "vpn", "tor")
GATEWAY = "secure_web_gateway"
_RELAYS = frozenset({*RISKY_NETWORKS, GATEWAY, "anthropic"})


@dataclass(frozen=True, slots=True)
class Where:
    """The place of an address; unknown parts are None and the prefix stands in."""

    ip: str
    country: str | None
    city: str | None
    lat: float | None
    lon: float | None
    asn: int | None
    as_name: str | None
    kind: str
    prefix: str | None
    corporate: bool
    """An office, or an exit of the company: people behind it may be anywhere."""
    confidence: str = ""
    stated: bool = False
    """The operator said where it is."""

    @property
    def values(self) -> dict[str, str | None]:
        """Its value in each of `PLACE_DIMENSIONS`."""
        asn = f"AS{self.asn}" if self.asn is not None else None
        return {"country": self.country, "asn": asn, "prefix": self.prefix, "kind": self.kind}

    @property
    def best(self) -> tuple[str, str | None]:
        """The dimension and value by which it is compared: the country, else the AS, else the prefix."""
        values = self.values
        return next(((name, values[name]) for name in ("country", "asn") if values[name]), ("prefix", self.prefix))

    @property
    def tells_presence(self) -> bool:
        """Whether somebody seen here is here: not behind a relay, nor behind an exit of the company."""
        return self.stated or (not self.corporate and self.kind not in _RELAYS)


@dataclass(frozen=True)
class Gateways:
    """How many people of the company come through each secure web gateway."""

    since: Mapping[int, Sequence[str]]
    """Network number → first day of each identity, in order."""
    people: Sequence[str]
    """First day of each identity anywhere, in order."""

    @classmethod
    def of(cls, seen: Iterable[tuple[str, int | None, str]]) -> Self:
        """From (identity, number of the gateway's network or None, first day)."""
        anywhere: dict[str, str] = {}
        gateways: dict[int, dict[str, str]] = defaultdict(dict)
        for identity, number, day in seen:
            anywhere[identity] = min(day, anywhere.get(identity, day))
            if number is not None:
                first = gateways[number]
                first[identity] = min(day, first.get(identity, day))
        since = {number: sorted(first.values()) for number, first in gateways.items()}
        return cls(since, sorted(anywhere.values()))

    def are_ours(self, number: int, day: str) -> bool:
        """Whether so many came through it by the end of a day that it is the company's: three, and one in twenty."""
        held, known = bisect_right(self.since.get(number, ()), day), bisect_right(self.people, day)
        return held >= max(3.0, 0.05 * known)
