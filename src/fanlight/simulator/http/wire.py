"""HTTP/1.1 over asyncio, small and with the socket in hand, because faults happen below HTTP.

One `Listener` is one port. A `Site` turns a `Request` into an `Answer` synchronously; the answer says how it is to be
sent (`Sending`): whole, in chunks, dripping, cut off, or as a reset connection.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Literal, Protocol, cast

__all__ = ["Answer", "Connection", "Request", "Sending", "Site"]

_HEAD_LIMIT = 64 * 1024
_BODY_LIMIT = 1024 * 1024
_CHUNK = 16 * 1024
_REASONS = {status.value: status.phrase for status in HTTPStatus} | {529: "Overloaded"}
#: Linger zero seconds: closing then sends RST instead of FIN.
_RESET = struct.pack("ii", 1, 0)

SendingKind = Literal["whole", "reset_before", "reset_after_headers", "cut", "drip"]


@dataclass(frozen=True, slots=True)
class Sending:
    """How the bytes of an answer leave the machine."""

    kind: SendingKind = "whole"
    at: int = 0
    """Bytes of the body that are sent before a `cut`."""
    seconds: float = 0.0
    """How long a `drip` takes altogether."""


@dataclass(frozen=True, slots=True)
class Request:
    """One parsed request. Header names are lower case; `query` is still percent-encoded."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""
    peer: str = "127.0.0.1"

    @property
    def target(self) -> str:
        """Path and query as they were asked for."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Answer:
    """One response before it is put on the wire."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    chunked: bool = False
    sending: Sending = field(default_factory=Sending)

    def with_headers(self, extra: Iterable[tuple[str, str]]) -> Answer:
        """The same answer with more headers behind its own."""
        return replace(self, headers=(*self.headers, *extra))


class Site(Protocol):
    """What answers on a port. Runs in the event loop: it must not block."""

    def answer(self, request: Request) -> Answer:
        """The response for this request; never raises for bad input."""
        ...


class Connection(asyncio.Protocol):
    """One client connection with keep-alive; requests are answered one after the other."""

    def __init__(self, site: Site, open_ones: set[Connection] | None = None) -> None:
        """`open_ones` holds this connection while it lasts, so that its owner can end it."""
        self._site = site
        self._open_ones = open_ones if open_ones is not None else set()
        self._buffer = b""
        self._busy = False
        self._transport: asyncio.Transport | None = None
        self._peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._open_ones.add(self)
        name = transport.get_extra_info("peername")
        self._peer = str(name[0]) if name else ""
        plug = transport.get_extra_info("socket")
        if plug is not None:
            plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol names it
        self._transport = None
        self._buffer = b""
        self._open_ones.discard(self)

    def end(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._work()

    def _work(self) -> None:
        while not self._busy and self._transport is not None:
            head_end = self._buffer.find(b"\r\n\r\n")
            if head_end < 0:
                if len(self._buffer) > _HEAD_LIMIT:
                    self._refuse()
                return
            request = _parse_head(self._buffer[:head_end], self._peer)
            if request is None:
                self._refuse()
                return
            length = int(request.headers.get("content-length", "0") or "0")
            if length > _BODY_LIMIT or "transfer-encoding" in request.headers:
                self._refuse()
                return
            body_end = head_end + 4 + length
            if len(self._buffer) < body_end:
                return
            body = self._buffer[head_end + 4 : body_end]
            self._buffer = self._buffer[body_end:]
            self._send(request, self._site.answer(replace(request, body=body) if body else request))

    def _refuse(self) -> None:
        if self._transport is not None:
            self._transport.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self._transport.close()

    def _send(self, request: Request, answer: Answer) -> None:
        transport = self._transport
        if transport is None:
            return
        closing = request.headers.get("connection", "").lower() == "close"
        sending = answer.sending
        if sending.kind == "reset_before":
            self._reset()
            return
        head = _render_head(answer, closing or sending.kind != "whole")
        if sending.kind == "reset_after_headers":
            transport.write(head)
            self._reset()
            return
        body = b"" if request.method == "HEAD" else _framed(answer)
        if sending.kind == "cut":
            transport.write(head + body[: sending.at])
            transport.close()
            return
        if sending.kind == "drip":
            self._busy = True
            transport.write(head)
            self._drip(body, 0, max(1, len(body) // 12), sending.seconds / 12)
            return
        transport.write(head + body)
        if closing:
            transport.close()

    def _reset(self) -> None:
        transport = self._transport
        if transport is None:
            return
        plug = transport.get_extra_info("socket")
        if plug is not None:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()

    def _drip(self, body: bytes, sent: int, step: int, pause: float) -> None:
        if self._transport is None:
            return
        if sent >= len(body):
            self._busy = False
            self._transport.close()
            return
        self._transport.write(body[sent : sent + step])
        asyncio.get_running_loop().call_later(pause, self._drip, body, sent + step, step, pause)


def _parse_head(head: bytes, peer: str) -> Request | None:
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None
    path, _, query = words[1].partition("?")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, separator, value = line.partition(":")
        if not separator:
            return None
        headers[name.lower()] = value.strip()
    length = headers.get("content-length", "0")
    if not length.isdigit():
        return None
    return Request(method=words[0], path=path, query=query, headers=headers, peer=peer)


def _render_head(answer: Answer, closing: bool) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}"]
    if answer.body or answer.status != 204:
        lines.append(f"content-type: {answer.content_type}")
    lines.extend(f"{name}: {value}" for name, value in answer.headers)
    lines.append("transfer-encoding: chunked" if answer.chunked else f"content-length: {len(answer.body)}")
    if closing:
        lines.append("connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _framed(answer: Answer) -> bytes:
    """The body as it travels: plain, or in chunks of 16 KiB."""
    if not answer.chunked:
        return answer.body
    parts: list[bytes] = []
    for start in range(0, len(answer.body), _CHUNK):
        piece = answer.body[start : start + _CHUNK]
        parts.append(b"%x\r\n%b\r\n" % (len(piece), piece))
    parts.append(b"0\r\n\r\n")
    return b"".join(parts)
