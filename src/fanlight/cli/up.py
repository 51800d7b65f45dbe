"""`fanlight up`: the supervised processes, and the two of them that it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from fanlight.cli.common import Exit, HomeOption, TenantOption, end, open_home

if TYPE_CHECKING:
    from fanlight.pipeline.home import Home

_RESTART_AFTER_SECONDS = 2.0
_PATIENCE_SECONDS = 15.0


def register(app: App) -> None:
    """Add the commands."""
    app.command(_up, name="up")
    app.command(_run_collect, name="run-collect", show=False)
    app.command(_run_web, name="run-web", show=False)


def _up(
    *,
    port: int = 8321,
    listen: bool = False,
    listen_port: int = 8088,
    syslog_port: int | None = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Collect, label and judge, and serve the web page; each part is started again when it dies.

    Parameters
    ----------
    port:
        Port of the web page on this machine.
    listen:
        Receive what other systems send too, on this machine; `fanlight listen` has more settings.
    listen_port:
        Port of the event collector and of OpenTelemetry.
    syslog_port:
        Port of syslog over TCP; without it there is no syslog.
    """
    opened = open_home(home, tenant)
    print(sign_in_sentence(opened, port), flush=True)
    further = ["--port", str(listen_port)]
    if syslog_port is not None:
        further += ["--syslog-port", str(syslog_port)]
    supervise(opened.path, tenant, port, further if listen or syslog_port is not None else None)


def supervise(path: Path, tenant: str, port: int, listen: Sequence[str] | None = None) -> None:
    """Run the collector, the web page and, with arguments for them, the receivers until this process is to stop."""
    where = ["--home", str(path), "--tenant", tenant]
    wanted = {"run-collect": [], "run-web": ["--port", str(port)]}
    if listen is not None:
        wanted["listen"] = list(listen)
    running: dict[str, subprocess.Popen[bytes]] = {}
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    died: dict[str, float] = {}
    while not stop.is_set():
        for name, extra in wanted.items():
            process = running.get(name)
            if process is not None and process.poll() is None:
                continue
            if process is not None and name not in died:
                died[name] = time.monotonic()
                print(f"{name} ended with code {process.returncode}; starting it again.", file=sys.stderr)
            if process is None or time.monotonic() - died.get(name, 0.0) >= _RESTART_AFTER_SECONDS:
                died.pop(name, None)
                running[name] = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                    [sys.executable, "-m", "fanlight.cli.main", name, *where, *extra], env=dict(os.environ)
                )
        stop.wait(0.5)
    for process in running.values():
        process.terminate()
    for process in running.values():
        try:
            process.wait(timeout=_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:  # in the middle of a long request; a kill loses nothing
            process.kill()
            process.wait()


def _run_collect(*, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Collect, label and judge until told to stop."""
    from fanlight.pipeline.live import keep_up

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    keep_up(open_home(home, tenant), stop, lambda sentence: print(sentence, file=sys.stderr, flush=True))


def _run_web(*, port: int = 8321, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Serve the web page until told to stop."""
    from fanlight.server.serve import serve

    try:
        serve(open_home(home, tenant), port)
    except OSError as problem:
        end(Exit.USAGE, f"The web page cannot be served on port {port}: {problem.strerror}.")


def sign_in_sentence(home: Home, port: int) -> str:
    """The sentence with the single-use address."""
    from fanlight.server.signin import Sessions
    from fanlight.state.signin import SignIns

    address = Sessions(SignIns(home.state), home.clock).issue_link("administrator", f"http://127.0.0.1:{port}")
    return f"Open {address} (works once, for ten minutes)."
