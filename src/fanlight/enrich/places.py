"""IP → place, with where the answer comes from and how far to trust it. Nothing known is `None`, never 0,0."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Any, Literal

from fanlight.enrich.countries import country_code
from fanlight.enrich.geo_install import GeoAnswer, GeoDatabases
from fanlight.enrich.localtime import zone_at
from fanlight.enrich.network import (
    Network,
    NetworkKind,
    network_kind,
    parse_address,
    parse_networks,
    within,
)
from fanlight.enrich.stated import NEAR, StatedPlace, stated_places
from fanlight.model import Micros

__all__ = [
    "NOWHERE",
    "Office",
    "OperatorNetworks",
    "Place",
    "Places",
    "StatedPlace",
    "distance_km",
    "operator_networks",
    "stated_places",
]

Confidence = Literal["low", "medium", "high"]
PlaceSource = Literal["operator", "database", "stated", "address", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an address was at a time."""

    country: str | None = None
    """ISO-2."""
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    asn: int | None = None
    as_name: str | None = None
    network_kind: NetworkKind = "unknown"
    source: PlaceSource = "none"
    confidence: Confidence = "low"

    @property
    def zone(self) -> str | None:
        """The IANA time zone of the place, None where the country is not known."""
        return zone_at(self.country, self.latitude, self.longitude)

    @property
    def label(self) -> str:
        """For people: `Lyon, FR`, `FR`, or `unknown`."""
        return ", ".join(part for part in (self.city, self.country) if part) or "unknown"


NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A site of the company that the operator named."""

    networks: tuple[Network, ...]
    country: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorNetworks:
    """What the operator knows of the company's networks."""

    offices: tuple[Office, ...] = ()
    corporate_egress: tuple[Network, ...] = ()
    vpn_pools: tuple[Network, ...] = ()
    """Addresses of the company's own VPN: whoever uses one may be anywhere."""

    @property
    def all_networks(self) -> tuple[Network, ...]:
        """Every network the company owns: offices and egress."""
        return self.corporate_egress + tuple(net for office in self.offices for net in office.networks)

    @property
    def office_countries(self) -> frozenset[str]:
        """Countries in which the operator named an office."""
        return frozenset(office.country for office in self.offices if office.country)


def operator_networks(settings: Mapping[str, Any]) -> OperatorNetworks:
    """`offices`, `corporate_egress` and `vpn_pools` of the operator's settings.

    An office is a network text, or a table with `networks` (or `network`), `country`, `city`, `latitude`,
    `longitude`. Raises `ValueError` with a sentence.
    """
    offices: list[Office] = []
    for entry in settings.get("offices") or ():
        if isinstance(entry, str):
            offices.append(Office(networks=parse_networks([entry])))
            continue
        texts = entry.get("networks") or entry.get("ips") or entry.get("network") or ()
        country = country_code(entry.get("country"))
        if entry.get("country") and country is None:
            raise ValueError(f"Country '{entry['country']}' of an office is not known; use its two-letter code.")
        offices.append(
            Office(
                networks=parse_networks([texts] if isinstance(texts, str) else list(texts)),
                country=country,
                city=entry.get("city"),
                latitude=entry.get("latitude"),
                longitude=entry.get("longitude"),
            )
        )
    return OperatorNetworks(
        offices=tuple(offices),
        corporate_egress=_networks(settings.get("corporate_egress")),
        vpn_pools=_networks(settings.get("vpn_pools")),
    )


def _networks(value: Any) -> tuple[Network, ...]:
    return parse_networks([value] if isinstance(value, str) else list(value or ()))


class Places:
    """Looks places up: the operator's word, then installed databases, then what sources state, else unknown."""

    def __init__(
        self,
        operator: OperatorNetworks | None = None,
        databases: GeoDatabases | None = None,
        stated: Iterable[StatedPlace] = (),
        *,
        near: Micros = NEAR,
    ) -> None:
        self._operator = operator or OperatorNetworks()
        self._databases = databases
        self._near = near
        self._stated: dict[str, list[StatedPlace]] = {}
        self._owned = self._operator.all_networks
        self._fixed = lru_cache(maxsize=65_536)(self._without_time)
        self.learn(stated)

    def learn(self, stated: Iterable[StatedPlace]) -> None:
        """Take in further statements, for example of the newest tick."""
        touched: set[str] = set()
        for place in stated:
            self._stated.setdefault(place.ip, []).append(place)
            touched.add(place.ip)
        for ip in touched:
            self._stated[ip].sort(key=lambda place: place.at_first)

    def locate(self, ip: str | None, at: Micros) -> Place:
        """The place of an address at a time; `NOWHERE` for none."""
        if not ip:
            return NOWHERE
        office, answer = self._fixed(ip)
        address = parse_address(ip)
        if address is None:
            return NOWHERE
        near = self._near_statements(str(address), at)
        if office is None and answer is None and not near:
            kind = network_kind(ip, None, None, self._owned, vpn_pools=self._operator.vpn_pools)
            return Place(network_kind=kind, source="none" if kind == "unknown" else "address", confidence="low")
        return self._combine(ip, office, answer, near)

    def _without_time(self, ip: str) -> tuple[Office | None, GeoAnswer | None]:
        address = parse_address(ip)
        if address is None:
            return None, None
        office = next((office for office in self._operator.offices if within(address, office.networks)), None)
        return office, self._databases.lookup(str(address)) if self._databases else None

    def _near_statements(self, ip: str, at: Micros) -> list[StatedPlace]:
        """Statements that hold at the time, nearest first."""
        places = self._stated.get(ip)
        if not places:
            return []
        end = bisect_right(places, at + self._near, key=lambda place: place.at_first)
        holding = [place for place in places[:end] if place.at_last >= at - self._near]
        holding.sort(key=lambda place: (max(place.at_first - at, at - place.at_last, 0), place.source))
        return holding

    def _combine(self, ip: str, office: Office | None, answer: GeoAnswer | None, near: Sequence[StatedPlace]) -> Place:
        told = next((place for place in near if place.country or place.city), None)
        network = next((place for place in near if place.asn is not None or place.as_name), None)
        asn = (answer.asn if answer else None) or (network.asn if network else None)
        as_name = (answer.as_name if answer else None) or (network.as_name if network else None)
        proxy = next((place.is_proxy for place in near if place.is_proxy is not None), None)
        kind = network_kind(ip, asn, as_name, self._owned, proxy, self._operator.vpn_pools)
        if office is not None and (office.country or office.city):
            return Place(
                country=office.country, city=office.city, latitude=office.latitude, longitude=office.longitude,
                asn=asn, as_name=as_name, network_kind=kind, source="operator", confidence="high",
            )  # fmt: skip
        if answer is not None and answer.country is not None:
            agree: Confidence = "medium"
            if answer.disputed or (told and told.country and told.country != answer.country):
                agree = "low"
            elif told and told.country == answer.country:
                agree = "high"
            return Place(
                country=answer.country, city=answer.city, latitude=answer.latitude, longitude=answer.longitude,
                asn=asn, as_name=as_name, network_kind=kind, source="database", confidence=agree,
            )  # fmt: skip
        if told is not None:
            split = {place.country for place in near if place.country}
            return Place(
                country=told.country, city=told.city, latitude=told.latitude, longitude=told.longitude,
                asn=asn, as_name=as_name, network_kind=kind, source="stated",
                confidence="low" if len(split) > 1 else "medium",
            )  # fmt: skip
        source: PlaceSource = "operator" if office is not None else "database" if answer is not None else "stated"
        return Place(asn=asn, as_name=as_name, network_kind=kind, source=source, confidence="low")


_EARTH_KM = 6371.0088


def distance_km(a: Place, b: Place) -> float | None:
    """Great-circle distance in kilometres; None when either end has no coordinates."""
    if a.latitude is None or a.longitude is None or b.latitude is None or b.longitude is None:
        return None
    south, north = radians(a.latitude), radians(b.latitude)
    turn = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin(radians(b.longitude - a.longitude) / 2) ** 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(turn)))
