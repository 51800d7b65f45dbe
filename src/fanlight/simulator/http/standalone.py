"""The simulator as a process: build a world, print one line of addresses and keys, serve until a signal."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

import orjson

from fanlight.model import SECOND, SystemClock, format_time, parse_time
from fanlight.simulator.http.faults import DEFAULT_KINDS, KINDS, FaultKind
from fanlight.simulator.http.running import Ports, RunningSimulator, serve
from fanlight.simulator.world import build_world

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. Exit 0 then, 2 for bad usage."""
    options = _parser().parse_args(arguments)
    try:
        now = parse_time(options.now) if options.now else SystemClock().now() // SECOND * SECOND
    except ValueError:
        print(f"--now {options.now!r} is not a time such as 2026-11-20T09:00:00Z.", file=sys.stderr)  # noqa: T201
        return 2
    world = build_world(seed=options.seed, size=options.size, now=now, crossing=options.crossing)
    ports = Ports(options.port, options.okta_port, options.control_port)
    with serve(
        world,
        options.host,
        ports,
        rate=options.rate,
        faults=options.faults,
        seed=options.fault_seed,
        fault_kinds=_kinds(options.fault_kinds),
        wait_seconds=options.wait,
        drip_seconds=options.drip,
    ) as running:
        _announce(running, print_addresses=options.print_addresses)
        _wait_for_signal()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("fanlight.simulator", description="Serve a company that never existed.")
    parser.add_argument("--size", choices=("S", "M", "L"), default="S")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--now", help="the world's present, RFC 3339 (default: this machine's)")
    parser.add_argument("--crossing", action="store_true", help="with the stories that only several sources tell")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="Compliance and Admin API (0: any free port)")
    parser.add_argument("--okta-port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--rate", type=int, default=600, help="requests a minute, 0 for no limit")
    parser.add_argument("--faults", type=float, default=0.0, help="share of requests that suffer a fault, 0 to 1")
    parser.add_argument("--fault-seed", type=int, default=0)
    parser.add_argument("--fault-kinds", default="", help=f"comma-separated; known: {', '.join(KINDS)}")
    parser.add_argument("--wait", type=int, default=1, help="seconds that a made-up 429 asks for")
    parser.add_argument("--drip", type=float, default=0.6, help="seconds that a slow body takes")
    parser.add_argument("--print-addresses", action="store_true", help="print one JSON line with URLs and keys")
    return parser


def _kinds(text: str) -> tuple[FaultKind, ...]:
    asked = [name for name in text.split(",") if name]
    return tuple(kind for kind in KINDS if kind in asked) if asked else DEFAULT_KINDS


def _announce(running: RunningSimulator, *, print_addresses: bool) -> None:
    found = {**running.addresses(), "now": format_time(running.world.now)}
    if not print_addresses:
        found = {name: value for name, value in found.items() if name.endswith("_url")}
    sys.stdout.write(orjson.dumps(found).decode() + "\n")
    sys.stdout.flush()


def _wait_for_signal() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
