"""Run the web server in this process."""

from __future__ import annotations

import ipaddress
import socket
import threading
from functools import partial

import uvicorn
from fastapi import FastAPI

__all__ = ["Running", "run", "start"]


class _Telling(uvicorn.Server):
    """Tells when it answers, so that nobody has to ask again and again."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()


def _server(app: FastAPI, host: str, port: int) -> _Telling:
    if not (host == "localhost" or ipaddress.ip_address(host).is_loopback):
        raise ValueError(f"Fanlight listens on loopback only; {host} is not a loopback address")
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, server_header=False, date_header=False
    )
    return _Telling(config)


def _listen(host: str, port: int) -> socket.socket:
    """The socket, taken before the server starts, so that a taken port is an error of ours. Raises `OSError`."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


def run(app: FastAPI, host: str = "127.0.0.1", port: int = 8650) -> None:
    """Serve until the process is told to stop. Raises `OSError` when the port is taken.

    Addresses are not logged: they may hold a sign-in token.
    """
    server = _server(app, host, port)
    with _listen(host, port) as listening:
        server.run(sockets=[listening])


class Running:
    """A server in a thread of this process; `stop()` ends it."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._server = _server(app, host, port)
        self._listening = _listen(host, port)
        self.port: int = self._listening.getsockname()[1]
        run_it = partial(self._server.run, sockets=[self._listening])
        self._thread = threading.Thread(target=run_it, name="fanlight-web", daemon=True)
        self._thread.start()

    def wait_until_ready(self, seconds: float = 10.0) -> bool:
        """Wait until it answers; False when it does not within `seconds`."""
        return self._server.answers.wait(seconds)

    @property
    def alive(self) -> bool:
        """False when it could not start or has ended."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it and wait."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listening.close()


def start(app: FastAPI, host: str = "127.0.0.1", port: int = 8650) -> Running:
    """Serve in a thread, for `demo` and tests."""
    return Running(app, host, port)
