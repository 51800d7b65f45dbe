"""The simulator as a process of its own, as `fanlight demo` and the kill tests use it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from fanlight.simulator.http import serve
from fanlight.simulator.http.standalone import main
from support.tiny_world import TinyWorld

NOW = "2026-11-20T12:00:00Z"


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "fanlight.simulator", "--size", "S", "--seed", "7", "--now", NOW]
    found = subprocess.Popen([*command, "--rate", "0", "--print-addresses"], stdout=subprocess.PIPE, text=True)
    yield found
    found.kill()
    found.wait()


def test_it_prints_one_line_of_addresses_serves_and_ends_on_a_signal(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    found = json.loads(process.stdout.readline())
    assert found["now"] == "2026-11-20T12:00:00.000000Z"
    headers = {"x-api-key": found["parent_key"], "anthropic-version": "2023-06-01"}
    answer = httpx.get(f"{found['compliance_url']}/v1/compliance/organizations", headers=headers)
    assert len(answer.json()["data"]) == 3
    assert httpx.get(f"{found['control_url']}/_sim/stats").json()["requests"] == {"organizations": 1}
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_a_bad_time_is_one_sentence_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--now", "noon"]) == 2
    assert capsys.readouterr().err == "--now 'noon' is not a time such as 2026-11-20T09:00:00Z.\n"


def test_closing_ends_open_connections_and_frees_the_thread(world: TinyWorld) -> None:
    running = serve(world, rate=0)
    with socket.create_connection(("127.0.0.1", int(running.okta_url.rpartition(":")[2])), timeout=5) as plug:
        plug.sendall(b"GET /api/v1/users HTTP/1.1\r\nhost: x\r\n\r\n")
        assert plug.recv(65536)
        running.close()
        try:
            rest = plug.recv(65536)
        except ConnectionError:
            rest = b""
    assert rest == b""
    running.close()
    assert not running._thread.is_alive()
