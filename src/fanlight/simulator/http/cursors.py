"""Opaque cursors and page tokens.

A token says where in an order the walk stands. It is bound to its purpose (endpoint, order, whatever decides the order)
and to the parent organization, not to a key: rotating keys does not end a walk, nor does restarting the simulator.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

import orjson

__all__ = ["Cursors"]

_TAG = 8

Place = str | int | None


class Cursors:
    """Seals and opens the tokens of one parent organization."""

    def __init__(self, parent: str) -> None:
        self._key = hashlib.blake2b(parent.encode(), digest_size=32, person=b"sim-cursors").digest()

    def seal(self, purpose: str, *place: Place) -> str:
        """A token for a place in the order named by `purpose`."""
        body = orjson.dumps([purpose, *place])
        return base64.urlsafe_b64encode(self._tag(body) + self._mask(body)).rstrip(b"=").decode()

    def open(self, purpose: str, token: str) -> list[Place] | None:
        """The place behind a token, None when it was not made for this purpose here."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        body = self._mask(raw[_TAG:])
        if len(raw) <= _TAG or self._tag(body) != raw[:_TAG]:
            return None
        found: list[Place] = orjson.loads(body)
        return found[1:] if found[0] == purpose else None

    def _tag(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, key=self._key, digest_size=_TAG).digest()

    def _mask(self, body: bytes) -> bytes:
        """Keep people from reading tokens; not a cipher, only a reminder that they are opaque."""
        stream = (self._key * (len(body) // len(self._key) + 1))[: len(body)]
        return (int.from_bytes(body, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(body), "big")
