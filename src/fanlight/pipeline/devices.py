"""Devices of people, out of what identity providers said of their sessions and inventories of the devices."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

import orjson

from fanlight.enrich.devices import Devices, DeviceSession, device_session, inventory_session
from fanlight.enrich.inventory import Inventory, listed_device
from fanlight.identity.addresses import normal_address
from fanlight.lake import Reader
from fanlight.model import Event, Link, Micros, ObjectVersion, account_key

__all__ = ["identity_lookup", "load_devices"]

_PROVIDERS = ("okta", "entra_id", "google_workspace")


def load_devices(reader: Reader) -> Devices:
    """Every session with a device in a snapshot; one statement an hour, account, address and product is enough."""
    marks = ", ".join("?" for _ in _PROVIDERS)
    events = reader.rows(
        Event,
        f"product IN ({marks}) AND account_key IS NOT NULL AND "
        '(device_id IS NOT NULL OR raw LIKE \'%"deviceid":"%\' OR raw LIKE \'%"device":{"%\') '
        "QUALIFY row_number() OVER (PARTITION BY product, account_key, ip, device_id, occurred_at // 3600000000 "
        "ORDER BY occurred_at, event_id) = 1",
        _PROVIDERS,
    )
    sessions = [session for event in events if (session := device_session(event)) is not None]
    versions = reader.rows(ObjectVersion, "kind = 'device' AND NOT removed")
    if versions:
        sessions += _seen(versions, reader.rows(ObjectVersion, "kind = 'idp_user'", now=True))
    newest = reader.rows(ObjectVersion, "kind = 'device'", now=True)
    inventory = Inventory(device for version in newest if (device := listed_device(version)) is not None)
    return Devices(sessions, identity_lookup(reader.rows(Link, now=True)), inventory)


def _seen(versions: Sequence[ObjectVersion], people: Sequence[ObjectVersion]) -> list[DeviceSession]:
    """Where inventories saw devices whose last user is one known person: by address, else by a name that one has."""
    accounts: dict[str, str] = {}
    names: Counter[str] = Counter()
    for person in people:
        told = orjson.loads(person.attributes)
        own = {
            address
            for name in ("login", "email", "mail", "primaryEmail", "userPrincipalName")
            if (address := normal_address(told.get(name))) is not None
        }
        key = account_key(person.product, person.object_id)
        for address in own:
            accounts.setdefault(address, key)
        locals_ = {address.partition("@")[0] for address in own}
        for local in locals_:
            names[f"{person.product}/{local}"] += 1
            accounts.setdefault(local, key)
    shared = {mark.partition("/")[2] for mark, count in names.items() if count > 1}
    found = []
    for version in versions:
        device = listed_device(version)
        if device is None or device.user is None:
            continue
        user = device.user.rpartition("\\")[2].casefold()
        account = accounts.get(user) if user not in shared else None
        if (session := inventory_session(device, account)) is not None:
            found.append(session)
    return found


def identity_lookup(links: Iterable[Link]) -> Callable[[str, Micros], str | None]:
    """Who is behind an account at a time; an account whose link starts later was listed after it acted."""
    spans: dict[str, list[tuple[Micros, Micros | None, str]]] = defaultdict(list)
    for link in links:
        spans[link.account_key].append((link.valid_from, link.valid_to, link.identity_id))
    for found in spans.values():
        found.sort(key=lambda span: span[0])

    def identity_of(account: str, at: Micros) -> str | None:
        found = spans.get(account)
        if not found:
            return None
        place = bisect_right(found, at, key=lambda span: span[0]) - 1
        since, until, identity = found[max(place, 0)]
        return identity if at < since or until is None or at < until else None

    return identity_of
