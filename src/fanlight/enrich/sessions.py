"""Sessions with a device and what inventories list, read from a snapshot: what `Devices` is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import orjson

from fanlight.enrich.devices import DeviceSession, device_session, inventory_session
from fanlight.enrich.inventory import Inventory, listed_device
from fanlight.identity.addresses import normal_address
from fanlight.lake.read import Reader
from fanlight.model import DAY, Event, Micros, ObjectVersion, account_key, day_of

__all__ = ["device_inventory", "device_sessions"]

_PROVIDERS = ("okta", "entra_id", "google_workspace")
_LAST_MOMENT: Micros = 36_500 * DAY


def device_sessions(reader: Reader, since: Micros = 0, until: Micros = _LAST_MOMENT) -> list[DeviceSession]:
    """Sessions in [since, until): those that a provider names a device for, and where inventories saw somebody's.

    One statement an hour, account, address and product is enough.
    """
    marks = ", ".join("?" for _ in _PROVIDERS)
    events = reader.rows(
        Event,
        f"product IN ({marks}) AND day BETWEEN ? AND ? AND occurred_at >= ? AND occurred_at < ? "
        "AND account_key IS NOT NULL AND "
        '(device_id IS NOT NULL OR raw LIKE \'%"deviceid":"%\' OR raw LIKE \'%"device":{"%\') '
        "QUALIFY row_number() OVER (PARTITION BY product, account_key, ip, device_id, occurred_at // 3600000000 "
        "ORDER BY occurred_at, event_id) = 1",
        [*_PROVIDERS, _day(since), _day(until), since, until],
    )
    sessions = [session for event in events if (session := device_session(event)) is not None]
    versions = reader.rows(ObjectVersion, "kind = 'device' AND NOT removed")
    if versions:
        listed = _seen(versions, reader.rows(ObjectVersion, "kind = 'idp_user'", now=True))
        sessions += [session for session in listed if since <= session.at < until]
    return sessions


def device_inventory(reader: Reader) -> Inventory:
    """The newest word of every inventory in the snapshot."""
    newest = reader.rows(ObjectVersion, "kind = 'device'", now=True)
    return Inventory(device for version in newest if (device := listed_device(version)) is not None)


def _day(at: Micros) -> str:
    """The UTC day of a moment; moments before the epoch's second day stand for "from the beginning"."""
    return day_of(max(at, 0)) if at > DAY else "0000-00-00"


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
