"""Run the web server in this process."""

from __future__ import annotations

import ipaddress
import socket
import threading
from functools import partial

import uvicorn
from fastapi import FastAPI

__all__ = ["Running", "run", "start"]


def _server(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    if not (host == "localhost" or ipaddress.ip_address(host).is_loopback):
        raise ValueError(f"Fanlight listens on loopback only; {host} is not a loopback address")
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, server_header=False, date_header=False
    )
    return uvicorn.Server(config)


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

    @property
    def ready(self) -> bool:
        """True once it answers."""
        return self._server.started

    @property
    def alive(self) -> bool:
        """False when it could not start (the port is taken) or has ended."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it and wait."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._listening.close()


def start(app: FastAPI, host: str = "127.0.0.1", port: int = 8650) -> Running:
    """Serve in a thread, for `demo` and tests."""
    return Running(app, host, port)
