"""The parts that documents share: who, from where, with what, in which metadata. Absent values leave no key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fanlight.enrich.client import client_of
from fanlight.enrich.devices import DeviceGuess
from fanlight.enrich.network import parse_address
from fanlight.enrich.places import Place
from fanlight.model import Micros, format_time

__all__ = [
    "HOST",
    "SCHEMA_VERSION",
    "Json",
    "device_enrichment",
    "device_of",
    "email_of",
    "endpoint_of",
    "kept",
    "metadata_of",
    "milliseconds",
    "observables_of",
    "place_enrichment",
    "user_of",
]

Json = dict[str, Any]
SCHEMA_VERSION = "1.8.0"
HOST = "host"
_EMAIL = re.compile(r"[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+")
_DEVICE_TYPES = {"computer": 2, "phone": 5, "tablet": 4, "server": 1}


def kept(**parts: Any) -> Json:
    """The parts that hold something: None, empty text, empty tables and empty lists are left out."""
    return {name: value for name, value in parts.items() if value is not None and value not in ("", {}, [])}


def milliseconds(at: Micros) -> int:
    """The schema's times are whole milliseconds since 1970."""
    return at // 1000


def email_of(text: str | None) -> str | None:
    """The address when the schema would take it for one."""
    return text if text and _EMAIL.fullmatch(text) else None


def user_of(
    uid: str | None, email: str | None = None, name: str | None = None, type_id: int = 0, type_name: str = ""
) -> Json | None:
    """A person or machine; None when nothing names it, for the schema asks for a name or an id."""
    if not (uid or email or name):
        return None
    return kept(
        uid=uid,
        name=name or email,
        email_addr=email_of(email),
        type_id=type_id,
        type=type_name,
    )


def endpoint_of(ip: str | None, place: Place | None, service: str) -> Json:
    """Where a request came from; without an address, what acted."""
    address = parse_address(ip)
    if address is None:
        return {"name": ip} if ip else {"svc_name": service}
    endpoint: Json = {"ip": str(address)}
    if place is not None:
        location = kept(city=place.city, country=place.country)
        if location:
            endpoint["location"] = location | kept(lat=place.latitude, long=place.longitude)
        network = kept(number=place.asn, name=place.as_name)
        if network:
            endpoint["autonomous_system"] = network
    return endpoint


def device_of(
    device_id: str | None, ip: str | None, user_agent: str | None, guess: DeviceGuess | None = None
) -> Json | None:
    """The device when the event names one or a guess is not weak, or where only a device can carry the address."""
    address = parse_address(ip)
    taken = guess if device_id is None and guess is not None and guess.confidence != "low" else None
    if device_id is None and taken is None and address is None:
        return None
    client = client_of(user_agent)
    return kept(
        uid=taken.device_id if taken else device_id,
        name=taken.name if taken else None,
        is_managed=taken.managed if taken else None,
        is_compliant=taken.compliant if taken else None,
        ip=str(address) if address else None,
        type_id=_DEVICE_TYPES.get(client.device_class, 0),
        os=_system(client.os_family),
    )


_SYSTEMS = {"macOS": 300, "Windows": 100, "Linux": 200, "iOS": 301, "Android": 201, "ChromeOS": 99}


def _system(family: str) -> Json | None:
    return {"name": family, "type_id": _SYSTEMS[family]} if family in _SYSTEMS else None


def metadata_of(
    *,
    uid: str,
    product: str,
    vendor: str,
    code: str,
    log: str,
    tenant: str,
    at: Micros,
    logged: Micros,
    labels: Iterable[str],
    profiles: Iterable[str],
    correlation: str | None = None,
) -> Json:
    """Where the document comes from. `uid` is the source's own id: a consumer drops doubles by it."""
    return kept(
        version=SCHEMA_VERSION,
        uid=uid,
        product={"name": product, "vendor_name": vendor},
        event_code=code,
        log_name=log,
        tenant_uid=tenant,
        original_time=format_time(at),
        logged_time=milliseconds(logged) if logged else None,
        correlation_uid=correlation,
        labels=list(labels),
        profiles=sorted(set(profiles)),
    )


def observables_of(found: Iterable[tuple[int, str, str | None]]) -> list[Json]:
    """Values a consumer searches by, as (type number, where in the document, value), each once."""
    seen: dict[tuple[int, str], Json] = {}
    for number, name, value in found:
        if value:
            seen.setdefault((number, value), {"type_id": number, "name": name, "value": value})
    return list(seen.values())


def device_enrichment(guess: DeviceGuess) -> Json:
    """Where a device was taken from that the event itself does not name, and how sure that is."""
    return {
        "name": "device.uid",
        "value": guess.device_id,
        "type": "device",
        "provider": guess.source,
        "data": kept(
            confidence=guess.confidence,
            why=guess.why,
            managed=guess.managed,
            standing=guess.standing,
            standing_why=guess.standing_why,
            compliant=guess.compliant,
        ),
    }


def place_enrichment(ip: str, place: Place, where: str) -> Json | None:
    """What we learned of an address, with where from and how far to trust it."""
    data: Mapping[str, Any] = kept(
        country=place.country,
        city=place.city,
        asn=place.asn,
        as_name=place.as_name,
        network_kind=place.network_kind if place.network_kind != "unknown" else None,
    )
    if not data:
        return None
    return {
        "name": where,
        "value": ip,
        "type": "location",
        "provider": place.source,
        "data": {**data, "confidence": place.confidence},
    }
