"""A receiver that runs: real sockets, real commits, in this process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
import uvicorn

from fanlight.inputs.commits import Committer
from fanlight.inputs.senders import add_sender
from fanlight.inputs.syslog import serve_syslog
from fanlight.inputs.web import Receiver
from fanlight.model import Event
from fanlight.pipeline.home import Home


@dataclass
class Listening:
    """A running receiver and a client for it."""

    home: Home
    client: httpx.Client
    port: int
    syslog_port: int
    tokens: dict[str, str] = field(default_factory=dict)

    def sender(self, name: str, kind: str) -> dict[str, str]:
        """Headers of a sender of that kind, made when it is new."""
        if name not in self.tokens:
            self.tokens[name] = add_sender(self.home, name, kind)[1]
        return {"Authorization": f"Splunk {self.tokens[name]}"}

    def stored(self) -> list[Event]:
        with self.home.reader() as reader:
            return sorted(reader.rows(Event), key=lambda event: event.event_id)


@pytest.fixture
def listening(home: Home) -> Iterator[Listening]:
    """HTTP, and syslog over TCP and UDP from this machine."""
    committer = Committer(home, home.state.take_lease("inputs", 600), linger=0.02)
    receiver = Receiver(home, committer)
    add_sender(home, "appliance", "zscaler_zia", network="127.0.0.0/8")
    web, stream = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(stream.getsockname())
    config = uvicorn.Config(receiver, log_level="warning", access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)

    async def serve() -> None:
        async with serve_syslog(home, committer, stream, datagrams, None):
            await server.serve(sockets=[web])

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    port = web.getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield Listening(home, client, port, stream.getsockname()[1])
    server.should_exit = True
    thread.join(timeout=30)
    receiver.close()
    committer.close()
    assert not thread.is_alive()
