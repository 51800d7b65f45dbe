"""Which device a Claude event came from: the one of the identity provider's session of the same person.

Claude's feed names no device. The identity provider does, at the sign-in that the Claude session follows: so the device
is taken from the person's nearest session by address and time, with how sure that is and why. Where no identity
provider names one, the last person who signed in on a device that an inventory saw there within an hour. Whether the
device is managed is worked out from what both say of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from fanlight.enrich.client import client_of
from fanlight.enrich.inventory import DeviceStanding, Inventory, ListedDevice
from fanlight.model import HOUR, Event, Micros

__all__ = ["DeviceGuess", "DeviceSession", "Devices", "device_session", "inventory_session"]

Confidence = Literal["low", "medium", "high"]
#: A session of the identity provider is taken to last a working day.
_SESSION: Micros = 12 * HOUR
_LONGEST: Micros = 72 * HOUR
_AFTER: Micros = HOUR
"""A sign-in shortly after the event may be the renewal of the same session."""
_SEEN_NEAR: Micros = HOUR
"""How near in time an inventory must have seen a device at an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSession:
    """That a person was at an address with a device at a time, as an identity provider says."""

    at: Micros
    account_key: str
    ip: str | None
    device_id: str
    name: str | None = None
    managed: bool | None = None
    """None where the provider does not say."""
    compliant: bool | None = None
    os_family: str = "unknown"
    source: str = ""
    listed: bool = False
    """An inventory saw the device of that person there; nobody signed in at an identity provider."""
    event_id: str = ""
    """Of the identity provider's record that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGuess:
    """The device behind an event. Never certain unless the event itself names it."""

    device_id: str
    name: str | None
    managed: bool | None
    """None where it cannot be told."""
    compliant: bool | None
    confidence: Confidence
    why: str
    source: str
    standing: DeviceStanding = "could not tell"
    standing_why: str = ""
    """Who says that the device is managed or not, or why it cannot be told."""
    event_id: str = ""
    """The record of the identity provider that the guess rests on."""
    at: Micros = 0
    """Time of that record."""


def device_session(event: Event) -> DeviceSession | None:
    """The device that an identity provider's event names; None for events without one and for other products."""
    read = _READERS.get(event.product)
    if read is None or event.account_key is None:
        return None
    try:
        raw = orjson.loads(event.raw)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(raw, dict):
        return None
    fields = read(raw)
    device_id = event.device_id or fields.pop("device_id", None)
    fields.pop("device_id", None)
    if not device_id:
        return None
    system = client_of(event.user_agent).os_family
    told = str(fields.pop("os", None) or "")
    return DeviceSession(
        at=event.occurred_at,
        account_key=event.account_key,
        ip=event.ip,
        device_id=device_id,
        os_family=system if system != "unknown" else client_of(told).os_family,
        source=event.product,
        event_id=event.event_id,
        **fields,
    )


def inventory_session(device: ListedDevice, account: str | None) -> DeviceSession | None:
    """That a person was at an address with a device when its agent last spoke; None where one of the three is open."""
    if account is None or device.last_seen is None or device.ip is None:
        return None
    return DeviceSession(
        at=device.last_seen,
        account_key=account,
        ip=device.ip,
        device_id=device.device_id,
        name=device.name,
        managed=device.managed,
        os_family=device.os_family,
        source=device.source,
        listed=True,
    )


class Devices:
    """Sessions with a device, by person; asked for the device of an event."""

    def __init__(
        self,
        sessions: Iterable[DeviceSession],
        identity_of: Callable[[str, Micros], str | None],
        inventory: Inventory | None = None,
    ) -> None:
        self._identity_of = identity_of
        self._inventory = inventory or Inventory()
        self._by_person: dict[str, list[DeviceSession]] = defaultdict(list)
        for session in sessions:
            self._by_person[identity_of(session.account_key, session.at) or session.account_key].append(session)
        for found in self._by_person.values():
            found.sort(key=lambda session: (session.at, session.device_id))

    def behind(self, event: Event) -> DeviceGuess | None:
        """The device of an event of another source; None where nothing was seen of the person near it.

        High: the same person, the same address, a session of at most 12 h before, and no other device there.
        Medium: the same address, but an older session or a second device, or no session at all and a device that an
        inventory saw there within the hour. Low: another address within 12 h, where the operating system agrees or is
        not known.
        """
        if event.device_id is not None and event.product in _READERS:
            return None
        if event.account_key is None:
            return None
        person = self._identity_of(event.account_key, event.occurred_at) or event.account_key
        near = self._near(person, event.occurred_at)
        if not near:
            return None
        system = client_of(event.user_agent).os_family
        fitting = [one for one in near if "unknown" in (system, one.os_family) or one.os_family == system]
        signed = [one for one in fitting if not one.listed]
        here = [one for one in signed if event.ip is not None and one.ip == event.ip]
        if here:
            return self._at_address(here, event.occurred_at)
        seen = [one for one in fitting if one.listed and event.ip is not None and one.ip == event.ip]
        seen = [one for one in seen if abs(event.occurred_at - one.at) <= _SEEN_NEAR]
        if seen:
            one = min(seen, key=lambda session: abs(event.occurred_at - session.at))
            when = _hours(event.occurred_at - one.at)
            return self._guess(one, "medium", f"was the last to sign in on it, seen {when} at the same address", one.at)
        recent = [one for one in signed if abs(event.occurred_at - one.at) <= _SESSION]
        if not recent:
            return None
        one = min(recent, key=lambda session: abs(event.occurred_at - session.at))
        when = _hours(event.occurred_at - one.at)
        return self._guess(one, "low", f"signed in with it {when}, from another address", event.occurred_at)

    def _at_address(self, here: list[DeviceSession], at: Micros) -> DeviceGuess:
        one = min(here, key=lambda session: abs(at - session.at))
        devices = {session.device_id for session in here}
        told = f"signed in with it {_hours(at - one.at)} from the same address"
        if len(devices) > 1:
            return self._guess(one, "medium", f"{told}, as with {len(devices) - 1} more", at)
        if abs(at - one.at) > _SESSION:
            return self._guess(one, "medium", told, at)
        return self._guess(one, "high", f"{told}, and with no other there", at)

    def _guess(self, session: DeviceSession, confidence: Confidence, why: str, at: Micros) -> DeviceGuess:
        standing = self._inventory.standing(
            at,
            device_id=session.device_id,
            name=session.name,
            os_family=session.os_family,
            said=None if session.listed else session.managed,
            by=session.source,
        )
        return DeviceGuess(
            device_id=session.device_id,
            name=session.name,
            managed=standing.managed,
            compliant=session.compliant,
            confidence=confidence,
            why=f"the person {why} ({session.source})",
            source=session.source,
            standing=standing.state,
            standing_why=standing.why,
            event_id=session.event_id,
            at=session.at,
        )

    def _near(self, person: str, at: Micros) -> list[DeviceSession]:
        sessions = self._by_person.get(person, [])
        end = bisect_right(sessions, at + _AFTER, key=lambda session: session.at)
        start = bisect_right(sessions, at - _LONGEST, key=lambda session: session.at)
        return sessions[start:end]


def _hours(before: Micros) -> str:
    minutes = abs(before) // (HOUR // 60)
    span = f"{minutes} min" if minutes < 90 else f"{minutes // 60} h"
    return f"{span} {'before' if before >= 0 else 'after'}"


def _dig(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _okta(raw: Mapping[str, Any]) -> dict[str, Any]:
    """`device` holds id, name, os_platform, registered and managed for devices that Okta knows."""
    return {
        "device_id": _text(_dig(raw, "device", "id")),
        "name": _text(_dig(raw, "device", "name")),
        "managed": _flag(_dig(raw, "device", "managed")),
        "os": _text(_dig(raw, "device", "os_platform")),
    }


def _entra(raw: Mapping[str, Any]) -> dict[str, Any]:
    """`deviceDetail` of a sign-in."""
    detail = _dig(raw, "properties", "devicedetail") or _dig(raw, "devicedetail")
    return {
        "device_id": _text(_dig(detail, "deviceid")),
        "name": _text(_dig(detail, "displayname")),
        "managed": _flag(_dig(detail, "ismanaged")),
        "compliant": _flag(_dig(detail, "iscompliant")),
        "os": _text(_dig(detail, "operatingsystem")),
    }


def _google(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {"device_id": _text(_dig(raw, "userdeviceinfo", "deviceid"))}


_READERS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "okta": _okta,
    "entra_id": _entra,
    "google_workspace": _google,
}


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
