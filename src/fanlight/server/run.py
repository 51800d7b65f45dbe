"""Run the web server in this process."""

from __future__ import annotations

import ipaddress
import threading

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


def run(app: FastAPI, host: str = "127.0.0.1", port: int = 8650) -> None:
    """Serve until the process is told to stop. Addresses are not logged: they may hold a sign-in token."""
    _server(app, host, port).run()


class Running:
    """A server in a thread of this process; `stop()` ends it."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._server = _server(app, host, port)
        self._thread = threading.Thread(target=self._server.run, name="fanlight-web", daemon=True)
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


def start(app: FastAPI, host: str = "127.0.0.1", port: int = 8650) -> Running:
    """Serve in a thread, for `demo` and tests."""
    return Running(app, host, port)
