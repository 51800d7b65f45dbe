"""Addresses and the kind of network behind them.

Hosting is not bad by itself: build jobs and API keys live there. What counts is the change against the person's
own habits, so the kind is one more dimension of a baseline, not a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Literal

import yaml

__all__ = [
    "AddressClass",
    "Network",
    "NetworkClasses",
    "NetworkKind",
    "address_class",
    "network_classes",
    "network_kind",
    "network_prefix",
    "parse_address",
    "parse_networks",
    "within",
]

AddressClass = Literal["public", "private", "cgnat", "loopback", "documentation", "bogon", "invalid"]
NetworkKind = Literal[
    "home",
    "office",
    "company_vpn",
    "mobile",
    "hosting",
    "vpn",
    "tor",
    "secure_web_gateway",
    "private",
    "anthropic",
    "unknown",
]
Network = IPv4Network | IPv6Network

_CGNAT = ip_network("100.64.0.0/10")
_DOCUMENTATION = tuple(
    ip_network(text)
    for text in (
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20",
        "198.18.0.0/15",  # for tests of equipment (RFC 2544): like the others nobody's, and no private network
    )
)  # fmt: skip


@lru_cache(maxsize=65_536)
def parse_address(ip: str | None) -> IPv4Address | IPv6Address | None:
    """An address out of a vendor's text: port, brackets, zone and IPv4-in-IPv6 are taken off. None if it is none."""
    if not ip:
        return None
    text = ip.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if mapped is not None else address


@lru_cache(maxsize=65_536)
def address_class(ip: str | None) -> AddressClass:
    """What the address says about itself."""
    address = parse_address(ip)
    if address is None:
        return "invalid"
    if address.is_loopback:
        return "loopback"
    if any(address in network for network in _DOCUMENTATION if network.version == address.version):
        return "documentation"
    if address.version == 4 and address in _CGNAT:
        return "cgnat"
    if address.is_multicast or address.is_reserved or address.is_unspecified:
        return "bogon"
    if address.is_private or address.is_link_local:
        return "private"
    return "public" if address.is_global else "bogon"


@lru_cache(maxsize=65_536)
def network_prefix(ip: str | None) -> str | None:
    """The /24 (IPv4) or /48 (IPv6) an address lies in: the fallback where no place is known. None for no address."""
    address = parse_address(ip)
    if address is None:
        return None
    length = 24 if address.version == 4 else 48
    return str(ip_network((address, length), strict=False))


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Addresses and CIDRs to networks. Raises `ValueError` with a sentence that names the first bad one."""
    networks: list[Network] = []
    for text in texts:
        try:
            networks.append(ip_network(text.strip(), strict=False))
        except ValueError:
            raise ValueError(
                f"'{text}' is neither an IP address nor a network like 192.0.2.0/24; correct it in the settings."
            ) from None
    return tuple(networks)


def within(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    """Whether an address lies in any of the networks."""
    return any(address.version == network.version and address in network for network in networks)


@dataclass(frozen=True, slots=True)
class NetworkClasses:
    """The curated lists: number of an autonomous system → class, and words of names as a weak sign."""

    by_number: dict[int, str]
    by_word: tuple[tuple[str, re.Pattern[str]], ...]

    def class_of(self, asn: int | None, as_name: str | None) -> tuple[str | None, Literal["number", "word", "none"]]:
        """The class, and whether the number or only the name says so."""
        if asn is not None and asn in self.by_number:
            return self.by_number[asn], "number"
        for name, pattern in self.by_word if as_name else ():
            if pattern.search(as_name or ""):
                return name, "word"
        return None, "none"


@lru_cache(maxsize=1)
def network_classes() -> NetworkClasses:
    """Every list under `catalog/networks`, read once."""
    by_number: dict[int, str] = {}
    by_word: list[tuple[str, re.Pattern[str]]] = []
    folder = resources.files("fanlight.catalog") / "networks"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".yml"):
            continue
        lists: dict[str, list[Any]] = yaml.safe_load(entry.read_text("utf-8")) or {}
        for name, values in lists.items():
            by_number.update({value: name for value in values if isinstance(value, int)})
            words = [re.escape(value) for value in values if isinstance(value, str)]
            if words:
                by_word.append((name, re.compile(rf"(?<![a-z0-9])(?:{'|'.join(words)})(?![a-z0-9])", re.IGNORECASE)))
    return NetworkClasses(by_number, tuple(by_word))


_KIND_OF_CLASS: dict[str, NetworkKind] = {
    "hosting": "hosting",
    "cdn": "vpn",  # a person behind a CDN's network uses its relay
    "vpn": "vpn",
    "mesh": "vpn",
    "tor": "tor",
    "secure_web_gateway": "secure_web_gateway",
    "mobile": "mobile",
    "anthropic": "anthropic",
}


def network_kind(
    ip: str | None,
    asn: int | None = None,
    as_name: str | None = None,
    corporate_egress: Sequence[Network] = (),
    is_proxy: bool | None = None,
    vpn_pools: Sequence[Network] = (),
) -> NetworkKind:
    """The kind of network: the operator's word first, then the address, then the network's number and name.

    `home` means an ordinary access network, and is only said when its number is known.
    """
    address = parse_address(ip)
    if address is None:
        return "unknown"
    if within(address, vpn_pools):
        return "company_vpn"
    if within(address, corporate_egress):
        return "office"
    if address_class(ip) in {"private", "loopback", "cgnat"}:
        return "private"
    name, _ = network_classes().class_of(asn, as_name)
    if name is not None:
        return _KIND_OF_CLASS.get(name, "unknown")
    if is_proxy:
        return "vpn"
    return "home" if asn is not None else "unknown"
