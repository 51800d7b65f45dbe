"""What the event collector takes, commits and acknowledges a second, and whether a kill loses or doubles any of it.

python benchmarks/hec.py [--seconds 60] [--rate 10000] [--batch 500] [--kill] [--slow]

Senders run in a process of their own; its CPU is told apart. Each batch is sent until it is acknowledged. `--kill`
kills every process of the receiver with signal 9 in the middle and starts it again; `--slow` adds a sender that takes
the whole time for one request. At the end the store is read: each acknowledged event must be there, once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

from fanlight.inputs.senders import add_sender
from fanlight.pipeline.home import open_home

_LINES = 24
"""Connections that send at the same time."""


@dataclass
class Told:
    """What the senders saw."""

    acknowledged: list[int] = field(default_factory=list)
    """Numbers of the batches that were acknowledged."""
    waits: list[float] = field(default_factory=list)
    resent: int = 0
    busy: int = 0
    late: float = 0.0
    slow_done: bool = False


def body_of(number: int, size: int, second: int) -> bytes:
    """One batch of proxy lines, each in its envelope."""
    parts = []
    for row in range(size):
        event = number * size + row
        parts.append(
            b'{"time":%d,"sourcetype":"zscalernss-web","event":{"epochtime":%d,"tz":"GMT","recordid":%d,'
            b'"login":"person%d@example.com","dept":"Finance","location":"Road Warrior","host":"claude.ai",'
            b'"url":"claude.ai/api/organizations/%d","reqmethod":"POST","respcode":"200","action":"Allowed",'
            b'"appname":"Claude","urlsubcat":"Generative AI and ML Applications","ssldecrypted":"Yes",'
            b'"reqsize":%d,"respsize":2210,"totalsize":1806421,"cltip":"192.0.2.%d","cltpubip":"192.0.2.%d",'
            b'"devicehostname":"LT-%d","deviceostype":"MAC OS","useragent":"Mozilla/5.0","dlpdict":"Credit Cards",'
            b'"dlpeng":"PCI","dlprulename":"Caution-PCI","dlpdicthitcount":"3","upload_filename":"forecast.xlsx"}}'
            % (second, second, event + 1, event % 2000, event, event, event % 250, event % 250, event % 2000)
        )
    return b"".join(parts)


async def send(port: int, token: str, seconds: float, rate: int, size: int, slow: bool) -> Told:
    """Offer `rate` events a second for `seconds`, then send until all are acknowledged."""
    told = Told()
    total = int(seconds * rate / size)
    started = time.monotonic()
    begun = int(time.time())
    queue: asyncio.Queue[int] = asyncio.Queue()

    async def line() -> None:
        reader: asyncio.StreamReader | None = None
        writer: asyncio.StreamWriter | None = None
        while True:
            number = await queue.get()
            body = body_of(number, size, begun + number * size // rate)
            asked = time.monotonic()
            while True:
                try:
                    if writer is None or reader is None:
                        reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    status = await ask(reader, writer, token, body)
                except (OSError, asyncio.IncompleteReadError, ValueError):
                    writer, status = None, 0
                if status == 200:
                    break
                told.resent += 1
                told.busy += status == 503
                await asyncio.sleep(0.2)
            told.waits.append(time.monotonic() - asked)
            told.acknowledged.append(number)
            queue.task_done()

    lines = [asyncio.create_task(line()) for _ in range(_LINES)]
    slow_line = asyncio.create_task(drip(port, token, seconds * 0.9, total, size, told)) if slow else None
    for number in range(total):
        pause = started + number * size / rate - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        queue.put_nowait(number)
    offered = time.monotonic()
    await queue.join()
    told.late = time.monotonic() - offered
    if slow_line is not None:
        await asyncio.wait_for(slow_line, seconds + 60)
    for one in lines:
        one.cancel()
    return told


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str, body: bytes) -> int:
    """Send one request and read its answer's status."""
    head = (
        f"POST /services/collector/event HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Splunk {token}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    answer = await reader.readuntil(b"\r\n\r\n")
    status = int(answer.split(b" ", 2)[1])
    for line in answer.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return status


async def drip(port: int, token: str, seconds: float, number: int, size: int, told: Told) -> None:
    """One batch, a few bytes at a time over the whole run; again when the receiver went away."""
    body = body_of(number, size, int(time.time()))
    pieces = 200
    while not told.slow_done:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = (
                f"POST /services/collector/event HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Splunk {token}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode())
            step = len(body) // pieces + 1
            for start in range(0, len(body), step):
                writer.write(body[start : start + step])
                await writer.drain()
                await asyncio.sleep(seconds / pieces)
            answer = await reader.readuntil(b"\r\n\r\n")
            told.slow_done = b" 200 " in answer.split(b"\r\n")[0] + b" "
        except (OSError, asyncio.IncompleteReadError):
            seconds /= 3
            await asyncio.sleep(0.5)
    told.acknowledged.append(number)


def senders(pipe: Connection, port: int, token: str, seconds: float, rate: int, size: int, slow: bool) -> None:
    """The senders' process."""
    told = asyncio.run(send(port, token, seconds, rate, size, slow))
    pipe.send((told, time.process_time()))


def start(home: Path, port: int, workers: int) -> subprocess.Popen[bytes]:
    """Start the receiver in a process group of its own and wait until it answers."""
    command = [sys.executable, "-m", "fanlight.cli.main", "listen", "--home", str(home), "--port", str(port)]
    process = subprocess.Popen([*command, "--workers", str(workers)], start_new_session=True, stdout=subprocess.DEVNULL)
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                probe.sendall(b"GET /services/collector/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                if b" 200 " in probe.recv(200):
                    return process
        except OSError:
            time.sleep(0.2)


def cpu_of(group: int) -> float:
    """CPU seconds of all living processes of a group."""
    ticks = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print rates, waits, CPU and what is in the store."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--slow", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "home"
        home = open_home(path)
        _, token = add_sender(home, "proxy", "zscaler_zia")
        home.close()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = start(path, port, asked.workers)
        idle = cpu_of(process.pid)
        here, there = multiprocessing.Pipe()
        method = multiprocessing.get_context("spawn")
        began = time.monotonic()
        sending = method.Process(
            target=senders, args=(there, port, token, asked.seconds, asked.rate, asked.batch, asked.slow)
        )
        sending.start()
        spent = -idle
        if asked.kill:
            time.sleep(asked.seconds / 2)
            spent += cpu_of(process.pid)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process = start(path, port, asked.workers)
            spent -= cpu_of(process.pid)
        told, sender_cpu = here.recv()
        wall = time.monotonic() - began
        spent += cpu_of(process.pid)
        sending.join()
        process.terminate()
        process.wait(timeout=30)
        print(json.dumps(_result(path, told, asked.batch, wall, spent, sender_cpu), indent=1))


def _result(path: Path, told: Told, size: int, wall: float, spent: float, sender_cpu: float) -> dict[str, object]:
    wanted = {number * size + row + 1 for number in told.acknowledged for row in range(size)}
    home = open_home(path)
    with home.reader() as reader:
        ids = reader.query("SELECT event_id FROM events")["event_id"].to_pylist()
        counted = reader.query(
            "SELECT sum(n)::BIGINT AS n FROM rollups WHERE scope = 'account' AND dimension = 'type'"
        )["n"][0].as_py()
    segments = len(home.state.live_segments())
    home.close()
    stored = [int(one.rpartition(":")[2]) for one in ids]
    events = len(wanted)
    return {
        "events acknowledged": events,
        "acknowledged and not stored": len(wanted - set(stored)),
        "stored twice": len(stored) - len(set(stored)),
        "counted in rollups": counted,
        "stored": len(stored),
        "seconds from the first request to the last answer": round(wall, 1),
        "events a second, wall clock": round(events / wall),
        "backlog at the end of the offer, seconds": round(told.late, 2),
        "wait for an answer, p50 and p99 seconds": [
            round(median(told.waits), 2), round(quantiles(told.waits, n=100)[98], 2)
        ],
        "requests sent again": told.resent,
        "of them busy": told.busy,
        "receiver CPU seconds": round(spent, 1),
        "receiver CPU microseconds an event": round(spent / events * 1e6, 1),
        "senders CPU seconds": round(sender_cpu, 1),
        "segments": segments,
    }  # fmt: skip


if __name__ == "__main__":
    main()
