"""Devices of people, out of what identity providers said of their sessions and inventories of the devices."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable

from fanlight.enrich.devices import Devices
from fanlight.enrich.sessions import device_inventory, device_sessions
from fanlight.lake import Reader
from fanlight.model import Link, Micros

__all__ = ["identity_lookup", "load_devices"]


def load_devices(reader: Reader) -> Devices:
    """Every session with a device in a snapshot, and what inventories know of them."""
    return Devices(device_sessions(reader), identity_lookup(reader.rows(Link, now=True)), device_inventory(reader))


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
