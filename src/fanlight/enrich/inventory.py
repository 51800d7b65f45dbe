"""What device inventories know of a device, and what follows from it: managed, unmanaged, or that it cannot be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import orjson

from fanlight.model import DAY, Micros, ObjectVersion, parse_time

__all__ = ["DeviceStanding", "Inventory", "ListedDevice", "Standing", "listed_device"]

DeviceStanding = Literal["managed", "unmanaged", "could not tell"]
_SILENT: Micros = 30 * DAY
"""An agent that says nothing for so long proves nothing any more."""
_BEFORE: Micros = DAY
"""A device works a while before its agent is installed."""
_NAMES: Mapping[str, str] = {"crowdstrike": "CrowdStrike", "defender": "Defender"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDevice:
    """One device as an inventory listed it at one time."""

    source: str
    """Product: `crowdstrike`, `defender`."""
    device_id: str
    name: str | None
    managed: bool | None
    """None where the inventory does not say."""
    os_family: str = "unknown"
    first_seen: Micros | None = None
    last_seen: Micros | None = None
    ip: str | None = None
    """From where it reached the vendor when it was last seen."""
    user: str | None = None
    directory_id: str | None = None
    """Its id at Entra ID."""

    def speaks_for(self, at: Micros) -> bool:
        """Whether what is listed was so at that time."""
        if self.last_seen is not None and at > self.last_seen + _SILENT:
            return False
        return self.first_seen is None or at >= self.first_seen - _BEFORE


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a device is managed, and who says so."""

    state: DeviceStanding
    why: str

    @property
    def managed(self) -> bool | None:
        """The same as a flag; None where it cannot be told."""
        return {"managed": True, "unmanaged": False}.get(self.state)


def listed_device(version: ObjectVersion) -> ListedDevice | None:
    """The device of an inventory's object; None for objects of other kinds."""
    if version.kind != "device":
        return None
    told = orjson.loads(version.attributes)
    managed, last = told.get("managed"), told.get("last_seen")
    return ListedDevice(
        source=version.product,
        device_id=version.object_id,
        name=version.name,
        managed=managed if isinstance(managed, bool) else None,
        os_family=told.get("os") or "unknown",
        first_seen=version.created_at,
        last_seen=parse_time(last) if isinstance(last, str) else None,
        ip=told.get("external_ip"),
        user=told.get("user"),
        directory_id=told.get("directory_device_id"),
    )


class Inventory:
    """The newest word of every inventory, asked for a device by its id at the identity provider or by its name."""

    def __init__(self, devices: Iterable[ListedDevice] = ()) -> None:
        self._by_mark: dict[str, list[ListedDevice]] = defaultdict(list)
        self._systems: set[tuple[str, str]] = set()
        for device in devices:
            for mark in {*_marks(device.directory_id, device.name), f"id/{device.device_id.lower()}"}:
                self._by_mark[mark].append(device)
            if device.managed:
                self._systems.add((device.source, device.os_family))

    def standing(
        self, at: Micros, *, device_id: str | None, name: str | None, os_family: str, said: bool | None, by: str
    ) -> Standing:
        """What holds of a device at a time. `said` is what the identity provider `by` says of it.

        One who sees it managed is believed before one who does not see that: an agent that reports is proof. Not being
        listed counts only where an inventory lists other devices of the same system and the device has a name or an id
        by which it would be found.
        """
        listed = [one for one in self._found(device_id, name) if one.speaks_for(at)]
        if said:
            return Standing("managed", f"{by} calls it managed")
        for one in listed:
            if one.managed:
                return Standing("managed", f"{_vendor(one.source)} runs on it")
        for one in listed:
            if one.managed is False:
                return Standing("unmanaged", f"{_vendor(one.source)} found it and does not run on it")
        if said is False:
            return Standing("unmanaged", f"{by} calls it not managed")
        if listed:
            return Standing("could not tell", f"{_vendor(listed[0].source)} lists it without saying")
        covering = sorted(source for source, system in self._systems if system == os_family)
        if covering and os_family != "unknown" and (device_id or name):
            others = " and ".join(_vendor(source) for source in covering)
            return Standing("unmanaged", f"{others} runs on other {os_family} devices and does not list it")
        if not self._systems:
            return Standing("could not tell", f"{by} does not say, and no device inventory is connected")
        return Standing("could not tell", f"{by} does not say, and no inventory covers such devices")

    def _found(self, device_id: str | None, name: str | None) -> list[ListedDevice]:
        marks = [*_marks(device_id, name), *([f"id/{device_id.lower()}"] if device_id else [])]
        found = {id(one): one for mark in marks for one in self._by_mark.get(mark, ())}
        return sorted(found.values(), key=lambda one: -(one.last_seen or 0))


def _marks(directory_id: str | None, name: str | None) -> Iterator[str]:
    if directory_id:
        yield f"directory/{directory_id.lower()}"
    if name and (host := name.strip().lower().partition(".")[0]):
        yield f"name/{host}"


def _vendor(source: str) -> str:
    return _NAMES.get(source, source)
