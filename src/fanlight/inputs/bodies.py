"""Reading a request's body within limits: how long it may take, how large it may be, what may wait in memory."""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import zstandard

from fanlight.inputs.batch import Refused

__all__ = ["LARGEST_BODY", "Room", "read_body", "unpack"]

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of one request, packed or not."""

SILENCE_SECONDS = 30.0
"""A sender that says nothing for this long within a request is let go."""

_ROOM = 256 * 1024 * 1024
_STEP = 256 * 1024


class Room:
    """Bytes that may wait in one process, all senders together; one sender may take half of it."""

    def __init__(self, size: int = _ROOM) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def stay(self, sender: str) -> Iterator[Callable[[int], None]]:
        """Inside, calling what is given takes that many bytes; all are given back at the end."""
        mine = 0

        def take(number: int) -> None:
            nonlocal mine
            with self._lock:
                if self._taken.total() + number > self._size or self._taken[sender] + number > self._size // 2:
                    raise Refused("Server is busy", status=503, code=9)
                self._taken[sender] += number
                mine += number

        try:
            yield take
        finally:
            with self._lock:
                self._taken[sender] -= mine
                if not self._taken[sender]:
                    del self._taken[sender]


async def read_body(receive: Receive, take: Callable[[int], None], silence: float = SILENCE_SECONDS) -> bytes:
    """The body as sent. Raises `Refused` when it is too large, comes too slowly or there is no room for it."""
    parts: list[bytes] = []
    length = 0
    while True:
        try:
            message = await asyncio.wait_for(receive(), silence)
        except TimeoutError:
            raise Refused(
                f"Nothing came for {silence:.0f} seconds; send the request again.", status=408, code=9
            ) from None
        if message["type"] == "http.disconnect":
            raise Refused("The sender left before its request was complete.", status=400)
        part = message.get("body", b"")
        length += len(part)
        if length > LARGEST_BODY:
            raise _too_large()
        take(len(part))
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def unpack(body: bytes, encoding: str) -> bytes:
    """The body without its packing (`gzip`, `deflate`, `zstd` or none). Raises `Refused`."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    try:
        if encoding in ("gzip", "x-gzip", "deflate"):
            return _inflate(body, 15 if encoding == "deflate" else 31)
        if encoding == "zstd":
            return _read_zstd(body)
    except (zlib.error, zstandard.ZstdError, EOFError):
        raise Refused(f"The body is not {encoding}, though the request says so.") from None
    raise Refused(f"Bodies packed as {encoding[:20]} are not read; send gzip.", status=415)


def _inflate(body: bytes, bits: int) -> bytes:
    parts: list[bytes] = []
    length, rest = 0, body
    while rest:
        engine = zlib.decompressobj(bits)
        while rest and not engine.eof:
            part = engine.decompress(rest, _STEP)
            length += len(part)
            if length > LARGEST_BODY:
                raise _too_large()
            parts.append(part)
            rest = engine.unconsumed_tail
        if not engine.eof:
            raise EOFError
        rest = engine.unused_data
    return b"".join(parts)


def _read_zstd(body: bytes) -> bytes:
    parts: list[bytes] = []
    length = 0
    with zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True) as stream:
        while part := stream.read(_STEP):
            length += len(part)
            if length > LARGEST_BODY:
                raise _too_large()
            parts.append(part)
    return b"".join(parts)


def _too_large() -> Refused:
    return Refused(
        f"A request may hold {LARGEST_BODY // (1024 * 1024)} MiB, unpacked; send smaller batches.", status=413
    )
