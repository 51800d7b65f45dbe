"""`fanlight listen` as its user runs it: processes that may be killed at any instant."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
import pytest

from fanlight.inputs.senders import add_sender, list_senders
from fanlight.model import Event
from fanlight.pipeline.home import Home, open_home
from support.command import command

BATCH = 40


@dataclass
class Receiver:
    """The command in a process group of its own; the port stays over restarts."""

    home: Path
    port: int = 0
    process: subprocess.Popen[str] | None = None
    said: list[str] = field(default_factory=list)

    def start(self) -> None:
        words = [sys.executable, "-m", "fanlight.cli.main", "listen", "--home", str(self.home)]
        self.process = subprocess.Popen(
            [*words, "--port", str(self.port), "--workers", "1"],
            start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.said.append(self.process.stdout.readline())
        self.port = int(self.said[-1].rstrip(".\n").rpartition(":")[2])

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)

    def workers(self) -> list[int]:
        """Process ids of the workers, once there are any: children that are not the tracker of shared resources."""
        assert self.process is not None
        waiting = threading.Event()
        for _ in range(300):
            listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            found = [int(pid) for pid in listed if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
            if found:
                return found
            waiting.wait(0.1)
        return []


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    running = Receiver(tmp_path / "home")
    open_home(running.home).close()
    yield running
    if running.process is not None and running.process.poll() is None:
        running.kill()


def send_until_acknowledged(receiver: Receiver, token: str, numbers: list[int], acknowledged: list[int]) -> None:
    """Send each batch again and again until it is answered, as senders do."""
    waiting = threading.Event()
    for number in numbers:
        body = b"".join(
            orjson.dumps({"event": {"epochtime": int(time.time()), "recordid": number * BATCH + row + 1,
                                    "login": "a@example.com", "action": "Allowed"}})
            for row in range(BATCH)
        )  # fmt: skip
        for _ in range(300):
            try:
                answer = httpx.post(
                    f"http://127.0.0.1:{receiver.port}/services/collector",
                    headers={"Authorization": f"Splunk {token}"}, content=body, timeout=30,
                )  # fmt: skip
            except httpx.HTTPError:
                waiting.wait(0.1)
                continue
            if answer.status_code == 200:
                acknowledged.append(number)
                break
            waiting.wait(0.1)


def test_kills_lose_and_double_nothing_that_was_acknowledged(receiver: Receiver) -> None:
    """A worker is killed (its parent starts another), then everything at once; senders only send again."""
    home = open_home(receiver.home)
    _, token = add_sender(home, "proxy", "zscaler_zia")
    receiver.start()
    acknowledged: list[int] = []
    threads = [
        threading.Thread(
            target=send_until_acknowledged, args=(receiver, token, list(range(start, start + 10)), acknowledged)
        )
        for start in (0, 10, 20)
    ]
    for thread in threads:
        thread.start()
    waiting = threading.Event()
    for wanted in (4, 12):
        while len(acknowledged) < wanted:
            waiting.wait(0.02)
        if wanted == 4:
            for pid in receiver.workers():
                os.kill(pid, signal.SIGKILL)
        else:
            receiver.kill()
            receiver.start()
    for thread in threads:
        thread.join(timeout=120)
    assert sorted(acknowledged) == list(range(30))
    with home.reader() as reader:
        stored = [int(event.event_id.rpartition(":")[2]) for event in reader.rows(Event)]
        counted = reader.query(
            "SELECT sum(n)::BIGINT AS n FROM rollups WHERE scope = 'account' AND dimension = 'type'"
        )["n"][0].as_py()
    assert sorted(stored) == list(range(1, 30 * BATCH + 1))
    assert counted == len(stored)
    second = command("listen", "--port", 0, "--home", receiver.home)
    assert second.code == 2
    assert "inputs" in second.err
    assert receiver.process is not None
    receiver.process.terminate()
    assert receiver.process.wait(timeout=60) == 0


def test_a_worker_does_not_outlive_its_parent(receiver: Receiver) -> None:
    receiver.start()
    workers = receiver.workers()
    assert workers
    assert receiver.process is not None
    receiver.process.kill()
    receiver.process.wait(timeout=30)
    waiting = threading.Event()
    for _ in range(900):
        if not any(Path(f"/proc/{pid}").exists() for pid in workers):
            return
        waiting.wait(0.1)
    pytest.fail("a worker lives on without its parent")


def test_senders_are_added_shown_and_removed_by_command(home: Home, tmp_path: Path) -> None:
    added = command("sender", "add", "proxy", "--kind", "zscaler_zia", "--home", home.path)
    assert added.code == 0
    token = added.out.partition("token ")[2].split()[0]
    assert len(token) == 36
    assert token not in str(list_senders(home))
    (tmp_path / "in").mkdir()
    assert (
        command("sender", "add", "files", "--kind", "okta", "--folder", tmp_path / "in", "--home", home.path).code == 0
    )
    assert (
        command("sender", "add", "nss", "--kind", "zscaler_zia", "--network", "192.0.2.7", "--home", home.path).code
        == 0
    )
    listed = command("sender", "list", "--format", "jsonl", "--home", home.path)
    rows = [orjson.loads(line) for line in listed.out.splitlines()]
    assert [(row["name"], row["by"], row["events"]) for row in rows] == [
        ("files", "folder", 0), ("nss", "syslog", 0), ("proxy", "token", 0)
    ]  # fmt: skip
    assert command("sender", "remove", "nss", "--home", home.path).code == 0
    assert command("sender", "remove", "nss", "--home", home.path).code == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sender", "add", "x", "--kind", "nonsense"), "are not known"),
        (("sender", "add", "a b", "--kind", "okta"), "A name has"),
        (("sender", "add", "x", "--kind", "okta", "--folder", "/nowhere/at/all"), "There is no folder"),
        (("sender", "add", "x", "--kind", "okta", "--network", "everywhere"), "not an address"),
        (("sender", "add", "x", "--kind", "okta", "--token", "plain-text-token"), "env:NAME"),
        (("sender", "add", "x", "--kind", "claude_telemetry", "--network", "192.0.2.7"), "over HTTP"),
        (("sender", "add", "x", "--kind", "okta", "--network", "192.0.2.7", "--token", "env:A"), "Give one of"),
        (("listen", "--host", "0.0.0.0"), "in the clear"),
        (("listen", "--certificate", "x.pem"), "together"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(home: Home, words: tuple[str, ...], told: str) -> None:
    answer = command(*words, "--home", home.path)
    assert answer.code == 2
    assert told in answer.err
    assert answer.err.count("\n") == 1


def test_a_sender_may_bring_its_own_token_but_not_anothers(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEC_TOKEN", "0123456789abcdef-own")
    words = ("--kind", "okta", "--token", "env:HEC_TOKEN", "--home", home.path)
    first = command("sender", "add", "one", *words)
    assert first.code == 0
    assert "0123456789abcdef" not in first.out
    assert command("sender", "add", "two", *words).code == 2
