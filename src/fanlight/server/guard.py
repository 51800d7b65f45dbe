"""Which requests are answered at all: Host and Origin are checked before any route runs.

A page of another site can make a browser send requests to loopback (DNS rebinding, forms, fetch). Such a request
names a foreign Host or Origin, so both must be ours; a request that changes something must name its Origin.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

__all__ = ["Guard", "allowed_hosts"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_LOG = logging.getLogger("fanlight.server")

_READING = {"GET", "HEAD"}

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"


def allowed_hosts(port: int, extra: tuple[str, ...] = ()) -> frozenset[str]:
    """The Host values that mean this server."""
    return frozenset((f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", *extra))


class Guard:
    """ASGI middleware: refuses foreign Host and Origin with one sentence, and sets the protective headers."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], *, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = frozenset(f"{scheme}://{host}" for host in hosts for scheme in ("http", "https"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sentence = self.refuse(scope["method"], Headers(scope=scope))

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", _POLICY)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if sentence is not None:
            await JSONResponse({"sentence": sentence, "details": ""}, status_code=403)(scope, receive, send_guarded)
            return
        await self._run(scope, receive, send_guarded)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; an unexpected error is told and logged by its class and place, since its text may quote data."""
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as error:  # noqa: BLE001 - the last line of defence of every page
            frame = traceback.extract_tb(error.__traceback__)[-1]
            _LOG.error(
                "A page failed: %s in %s, line %s.", type(error).__name__, Path(frame.filename).name, frame.lineno
            )
            if begun:
                return
            body = {"sentence": "This page could not be made. Nothing was changed.", "details": type(error).__name__}
            await JSONResponse(body, status_code=500)(scope, receive, send)

    def refuse(self, method: str, headers: Headers) -> str | None:
        """Why a request is refused, as one sentence; None lets it pass."""
        if headers.getlist("host") != [host := headers.get("host", "")] or host.lower() not in self._hosts:
            return "Fanlight answers only under its own address on this machine; this request named another host."
        origins = headers.getlist("origin")
        if any(origin.lower() not in self._origins for origin in origins) or len(origins) > 1:
            return "This request came from a page of another site, so nothing was read or changed."
        if method not in _READING and not origins:
            return "A request that changes something must come from a page of Fanlight; this one names no origin."
        return None
