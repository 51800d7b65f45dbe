"""Running the receivers: one parent that owns the sockets and the lease, and workers that do the work.

Python maps about ten thousand records a second on one core, so each core gets a worker; the system deals connections
out among them. A worker that dies is started again on the same socket; what it had not acknowledged is sent again.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import uvicorn

from fanlight.inputs.buckets import watch_buckets
from fanlight.inputs.commits import Committer
from fanlight.inputs.drops import watch_folders
from fanlight.inputs.kafka import watch_topics
from fanlight.inputs.syslog import serve_syslog
from fanlight.inputs.web import Receiver
from fanlight.pipeline.duplicates import prune_keys
from fanlight.pipeline.home import Home, open_home
from fanlight.pipeline.leases import KeptLease
from fanlight.state import Lease, LeaseLost

__all__ = ["LEASE", "Endpoints", "listen", "usual_workers"]

LEASE = "inputs"

_BACKLOG = 512
_MOST_CONNECTIONS = 2_000
_RESTART_SECONDS = 1.0
_GRACE_SECONDS = 15
_LOOK_SECONDS = 1.0
_TIDY_SECONDS = 15.0
_SWEEP_ROUNDS = 40
_LOG = logging.getLogger("fanlight.inputs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where to listen. Ports may be 0: the system chooses."""

    host: str = "127.0.0.1"
    port: int = 8088
    syslog_port: int | None = None
    syslog_udp: bool = False
    certificate: Path | None = None
    private_key: Path | None = None
    workers: int = 1


def usual_workers() -> int:
    """One for each core, four at most."""
    return max(1, min(4, os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class _Sockets:
    """The sockets of one worker; each worker has its own on the same port."""

    web: socket.socket
    syslog: socket.socket | None
    datagrams: socket.socket | None


def listen(home: Home, endpoints: Endpoints, stop: threading.Event, ready: Callable[[int, int | None], None]) -> None:
    """Receive until `stop` is set; `ready` is told the ports. Raises `OSError`, `LeaseHeld`."""
    sockets = _open(endpoints)
    with KeptLease(home.state, LEASE) as kept:
        method = multiprocessing.get_context("spawn")
        running: dict[int, BaseProcess] = {}
        started: dict[int, float] = {}

        def start(number: int) -> None:
            process = method.Process(
                target=_work,
                args=(home.path, home.tenant, kept.lease, sockets[number], endpoints, number == 0),
                name=f"receive-{number}",
                daemon=True,
            )
            process.start()
            running[number], started[number] = process, time.monotonic()

        for number in range(len(sockets)):
            start(number)
        first = sockets[0]
        ready(first.web.getsockname()[1], first.syslog.getsockname()[1] if first.syslog is not None else None)
        tidying = threading.Thread(target=_tidy, args=(home, kept.lease, stop), name="tidy", daemon=True)
        tidying.start()
        while not stop.is_set():
            wait([process.sentinel for process in running.values()], timeout=0.5)
            for number, process in list(running.items()):
                if not process.is_alive() and time.monotonic() - started[number] >= _RESTART_SECONDS:
                    start(number)
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.join(timeout=_GRACE_SECONDS)
            if process.is_alive():
                process.kill()
        tidying.join(timeout=_GRACE_SECONDS)
    for group in sockets:
        for one in (group.web, group.syslog, group.datagrams):
            if one is not None:
                one.close()


def _tidy(home: Home, lease: Lease, stop: threading.Event) -> None:
    """Merge small files, sweep those that no commit names, forget old keys: now and then, beside the workers."""
    rounds = 0
    while not stop.wait(_TIDY_SECONDS):
        rounds += 1
        try:
            home.lake.compact(lease)
            if rounds % _SWEEP_ROUNDS == 0:
                home.lake.sweep(home.clock.now())
                with home.state.tick(lease) as tick:
                    prune_keys(tick)
        except LeaseLost:
            return
        except Exception as problem:  # noqa: BLE001 - receiving goes on; a full disk is told by the commits
            _LOG.error("Files were not merged (%s).", type(problem).__name__)


def _open(endpoints: Endpoints) -> list[_Sockets]:
    """A set of sockets for each worker. Raises `OSError` when a port is taken."""
    for port, kind in ((endpoints.port, socket.SOCK_STREAM), (endpoints.syslog_port or 0, socket.SOCK_STREAM)):
        if port:
            _bound(endpoints.host, port, kind, shared=False).close()  # another program there must not share it
    opened: list[_Sockets] = []
    web, syslog = endpoints.port, endpoints.syslog_port
    for _ in range(endpoints.workers):
        first = _bound(endpoints.host, web, socket.SOCK_STREAM)
        second = _bound(endpoints.host, syslog, socket.SOCK_STREAM) if syslog is not None else None
        web = first.getsockname()[1]
        syslog = second.getsockname()[1] if second is not None else None
        third = _bound(endpoints.host, syslog or 0, socket.SOCK_DGRAM) if second and endpoints.syslog_udp else None
        opened.append(_Sockets(first, second, third))
    return opened


def _bound(host: str, port: int, kind: socket.SocketKind, *, shared: bool = True) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, kind)
    try:
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        if kind == socket.SOCK_STREAM:
            bound.listen(_BACKLOG)
        bound.set_inheritable(True)
    except OSError:
        bound.close()
        raise
    return bound


def _work(path: Path, tenant: str, lease: Lease, sockets: _Sockets, endpoints: Endpoints, first: bool) -> None:
    """One worker, until it is told to stop, its parent is gone or its lease is lost."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Records are made and forgotten by the thousand and hold no circles; looking for circles is for now and then.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    home = open_home(path, tenant)
    committer = Committer(home, lease)
    receiver = Receiver(home, committer)
    config = uvicorn.Config(
        receiver,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_GRACE_SECONDS - 5,
        limit_concurrency=_MOST_CONNECTIONS,
        ws="none",
        ssl_certfile=endpoints.certificate,
        ssl_keyfile=endpoints.private_key,
    )
    server = uvicorn.Server(config)
    stop = threading.Event()
    threading.Thread(target=_watch, args=(committer, server), name="watch", daemon=True).start()
    watching = [
        threading.Thread(target=watch, args=(home, committer, stop), name=watch.__name__, daemon=True)
        for watch in ((watch_folders, watch_topics, watch_buckets) if first else ())
    ]
    for thread in watching:
        thread.start()
    try:
        asyncio.run(_serve(home, committer, server, sockets, endpoints))
    finally:
        stop.set()
        for thread in watching:
            thread.join(timeout=5)
        receiver.close()
        committer.close()
        home.close()


async def _serve(
    home: Home, committer: Committer, server: uvicorn.Server, sockets: _Sockets, endpoints: Endpoints
) -> None:
    context = None
    if endpoints.certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(endpoints.certificate, endpoints.private_key)
    async with serve_syslog(home, committer, sockets.syslog, sockets.datagrams, context):
        await server.serve(sockets=[sockets.web])


def _watch(committer: Committer, server: uvicorn.Server) -> None:
    """End the worker when nothing can be stored any more or nobody watches over it."""
    parent = multiprocessing.parent_process()
    while not committer.broken.is_set():
        if parent is not None and wait([parent.sentinel], timeout=_LOOK_SECONDS):
            break
        if parent is None:
            time.sleep(_LOOK_SECONDS)
    server.should_exit = True
