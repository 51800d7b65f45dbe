"""Places that sources state themselves: Okta's geography, Entra's location, Google's network, GitHub's country.

What one source says about an address near in time holds for another source's event from the same address, which
gives places without any database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from fanlight.enrich.countries import country_code
from fanlight.enrich.network import parse_address
from fanlight.model import DAY, Event, Micros

__all__ = ["NEAR", "StatedPlace", "stated_places"]

#: How near in time another event must be for its statement to hold.
NEAR: Micros = 7 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPlace:
    """What one source said about an address, for an unbroken run of the same statement."""

    ip: str
    at_first: Micros
    at_last: Micros
    country: str | None = None
    """ISO-2."""
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    asn: int | None = None
    as_name: str | None = None
    is_proxy: bool | None = None
    source: str = ""
    """Product that said it."""

    def says_same(self, other: StatedPlace) -> bool:
        """Whether two statements differ in time only."""
        return replace(self, at_first=other.at_first, at_last=other.at_last) == other


def stated_places(events: Iterable[Event]) -> list[StatedPlace]:
    """Every statement in the events, runs of the same one merged; sorted by address and time."""
    found = [place for event in events if (place := _stated(event)) is not None]
    found.sort(key=lambda place: (place.ip, place.source, place.at_first))
    runs: list[StatedPlace] = []
    for place in found:
        last = runs[-1] if runs else None
        if last is not None and place.at_first - last.at_last <= NEAR and last.says_same(place):
            runs[-1] = replace(last, at_last=max(last.at_last, place.at_last))
        else:
            runs.append(place)
    runs.sort(key=lambda place: (place.ip, place.at_first, place.source))
    return runs


def _stated(event: Event) -> StatedPlace | None:
    read = _READERS.get(event.product)
    if read is None:
        return None
    try:
        raw = orjson.loads(event.raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(raw, dict):
        return None
    fields = read(raw)
    address = parse_address(event.ip or _text(fields.pop("ip", None)))
    fields.pop("ip", None)
    if address is None or all(value is None for value in fields.values()):
        return None
    return StatedPlace(
        ip=str(address), at_first=event.occurred_at, at_last=event.occurred_at, source=event.product, **fields
    )


def _dig(value: Any, *path: str) -> Any:
    """Walk nested objects; names are folded to lower case in storage, but a fresh record may still mix the case."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        if name in value:
            value = value[name]
        else:
            value = next((item for key, item in value.items() if str(key).lower() == name), None)
    return value


def _okta(raw: Mapping[str, Any]) -> dict[str, Any]:
    client = _dig(raw, "client")
    return {
        "ip": _dig(client, "ipaddress"),
        **_located(_dig(client, "geographicalcontext"), ("country",), ("geolocation",), ("lat", "lon")),
        "asn": _number(_dig(raw, "securitycontext", "asnumber")),
        "as_name": _text(_dig(raw, "securitycontext", "asorg")),
        "is_proxy": _flag(_dig(raw, "securitycontext", "isproxy")),
    }


def _entra(raw: Mapping[str, Any]) -> dict[str, Any]:
    properties = _dig(raw, "properties")
    record = properties if _dig(properties, "location") is not None else raw
    return {
        "ip": _dig(record, "ipaddress"),
        **_located(_dig(record, "location"), ("countryorregion",), ("geocoordinates",), ("latitude", "longitude")),
        "asn": _number(_dig(record, "autonomoussystemnumber")),
    }


def _google(raw: Mapping[str, Any]) -> dict[str, Any]:
    asns = _dig(raw, "networkinfo", "ipasn")
    first = asns[0] if isinstance(asns, list) and asns else asns
    return {
        "ip": _dig(raw, "ipaddress"),
        "country": country_code(_text(_dig(raw, "networkinfo", "regioncode"))),
        "asn": _number(first),
    }


def _github(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"ip": _dig(raw, "actor_ip"), "country": country_code(_text(_dig(raw, "actor_location", "country_code")))}


_READERS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "okta": _okta,
    "entra_id": _entra,
    "google_workspace": _google,
    "github_audit": _github,
}


def _located(
    place: Any, country: tuple[str, ...], coordinates: tuple[str, ...], names: tuple[str, str]
) -> dict[str, Any]:
    point = _dig(place, *coordinates)
    latitude, longitude = _degrees(_dig(point, names[0])), _degrees(_dig(point, names[1]))
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        latitude = longitude = None  # vendors write 0,0 for "nowhere"; that is a place in the ocean
    return {
        "country": country_code(_text(_dig(place, *country))),
        "city": _text(_dig(place, "city")),
        "latitude": latitude,
        "longitude": longitude,
    }


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdigit():
        value = int(value)
    return value if isinstance(value, int) and value > 0 else None


def _degrees(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
