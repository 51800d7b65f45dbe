"""How fast the simulator answers: requests a second of its own CPU time, by kind of request.

`python benchmarks/simulator_http.py [S|M] [seed]`
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from pathlib import Path


class Simulator:
    """A simulator in a process of its own, and one keep-alive connection to it."""

    def __init__(self, size: str, seed: str) -> None:
        command = [sys.executable, "-m", "fanlight.simulator", "--size", size, "--seed", seed, "--rate", "0"]
        self.process = subprocess.Popen([*command, "--print-addresses"], stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        found = json.loads(self.process.stdout.readline())
        self.connection = http.client.HTTPConnection(found["compliance_url"].removeprefix("http://"))
        self.headers = {"x-api-key": found["parent_key"], "anthropic-version": "2023-06-01"}

    def get(self, path: str) -> bytes:
        self.connection.request("GET", f"/v1/compliance{path}", headers=self.headers)
        return self.connection.getresponse().read()

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(simulator: Simulator, name: str, paths: list[str]) -> None:
    cpu, began = simulator.cpu(), time.perf_counter()
    for path in paths:
        simulator.get(path)
    spent, wall = max(simulator.cpu() - cpu, 0.01), time.perf_counter() - began
    print(f"{name:<22} {len(paths):>6} requests  {len(paths) / spent:>7.0f} a CPU-second  {wall:6.2f} s in all")


def measure_feed(simulator: Simulator) -> None:
    cpu, rows, cursor = simulator.cpu(), 0, ""
    while True:
        path = f"/activities?limit=5000&order=asc&exclude_activity_types[]=compliance_api_accessed{cursor}"
        body = json.loads(simulator.get(path))
        rows += len(body["data"])
        if not body["has_more"]:
            break
        cursor = f"&after_id={body['last_id']}"
    spent = simulator.cpu() - cpu
    print(f"{'feed, pages of 5000':<22} {rows:>6} rows      {rows / spent:>7.0f} a CPU-second")


def main() -> None:
    size, seed = [*sys.argv[1:], "S", "7"][:2] if len(sys.argv) != 2 else (sys.argv[1], "7")
    simulator = Simulator(size, seed)
    projects = json.loads(simulator.get("/apps/projects?limit=100"))["data"]
    chats = json.loads(simulator.get("/apps/chats?limit=1000"))["data"]
    measure(simulator, "project", [f"/apps/projects/{row['id']}" for row in projects] * 40)
    measure(simulator, "messages of a chat", [f"/apps/chats/{row['id']}/messages" for row in chats])
    measure_feed(simulator)
    simulator.process.terminate()


if __name__ == "__main__":
    main()
