"""A small writer of MaxMind DB files (format 2.0, public specification): networks to flat records."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Mapping
from typing import TypeAlias

__all__ = ["render_mmdb"]

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Value: TypeAlias = str | float | int | list[str] | dict[str, "Value"]

_MARKER = b"\xab\xcd\xefMaxMind.com"
_STRING, _DOUBLE, _UINT16, _UINT32, _MAP, _UINT64, _ARRAY = 2, 3, 5, 6, 7, 9, 11
_EMPTY = -1


def render_mmdb(
    networks: Iterable[tuple[Network, Mapping[str, str | float]]], database_type: str, built_at: int
) -> bytes:
    """The bytes of a database. Later, narrower networks must come after wider ones. `built_at` is in seconds."""
    nodes: list[list[int]] = [[_EMPTY, _EMPTY]]
    data = bytearray()
    offsets: dict[bytes, int] = {}
    for network, record in networks:
        encoded = _encode(dict(record))
        if encoded not in offsets:
            offsets[encoded] = len(data)
            data += encoded
        # Leaves are negative: -2 - offset into the data section.
        _insert(nodes, network, -2 - offsets[encoded])
    tree = _render_tree(nodes)
    metadata = _encode(
        {
            "binary_format_major_version": _Small(2),
            "binary_format_minor_version": _Small(0),
            "build_epoch": _Long(built_at),
            "database_type": database_type,
            "description": {"en": "Addresses of a simulated company"},
            "ip_version": _Small(6),
            "languages": ["en"],
            "node_count": len(nodes),
            "record_size": _Small(32),
        }
    )
    return tree + b"\0" * 16 + bytes(data) + _MARKER + metadata


class _Small(int):
    """Written as uint16."""


class _Long(int):
    """Written as uint64."""


def _insert(nodes: list[list[int]], network: Network, leaf: int) -> None:
    """Walk the bits of the network and hang the leaf there; IPv4 lives under ::/96."""
    bits = int(network.network_address)
    length = network.prefixlen + (96 if network.version == 4 else 0)
    at = 0
    for depth in range(length - 1):
        side = bits >> (127 - depth) & 1
        child = nodes[at][side]
        if child < 0:
            # A wider record that was hung here is pushed down on both sides.
            nodes.append([child, child])
            child = len(nodes) - 1
            nodes[at][side] = child
        at = child
    nodes[at][bits >> (128 - length) & 1] = leaf


def _render_tree(nodes: list[list[int]]) -> bytes:
    count = len(nodes)

    def record(child: int) -> int:
        if child >= 0:
            return child
        return count if child == _EMPTY else count + 16 + (-2 - child)

    return b"".join(struct.pack(">II", record(left), record(right)) for left, right in nodes)


def _control(kind: int, size: int) -> bytes:
    extra = b""
    if size >= 285:
        extra, size = struct.pack(">H", size - 285), 30
    elif size >= 29:
        extra, size = bytes([size - 29]), 29
    if kind > 7:
        return bytes([size, kind - 7]) + extra
    return bytes([kind << 5 | size]) + extra


def _encode(value: Value) -> bytes:
    if isinstance(value, dict):
        return _control(_MAP, len(value)) + b"".join(_encode(key) + _encode(held) for key, held in value.items())
    if isinstance(value, list):
        return _control(_ARRAY, len(value)) + b"".join(_encode(held) for held in value)
    if isinstance(value, str):
        text = value.encode()
        return _control(_STRING, len(text)) + text
    if isinstance(value, float):
        return _control(_DOUBLE, 8) + struct.pack(">d", value)
    kind = _UINT16 if isinstance(value, _Small) else _UINT64 if isinstance(value, _Long) else _UINT32
    digits = int(value).to_bytes((int(value).bit_length() + 7) // 8, "big")
    return _control(kind, len(digits)) + digits
