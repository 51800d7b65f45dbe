"""A running simulator over a tiny world, and a client for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from simulator_client import Client

from fanlight.simulator.http import RunningSimulator, serve
from support.tiny_world import FakeClock, TinyWorld


@pytest.fixture(autouse=True)
def _hang_up() -> Iterator[None]:
    kept = list(Client.created)
    yield
    for client in Client.created:
        if client not in kept:
            client.http.close()
    Client.created[:] = kept


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world() -> TinyWorld:
    return TinyWorld()


@pytest.fixture
def running(world: TinyWorld, clock: FakeClock) -> Iterator[RunningSimulator]:
    with serve(world, rate=0, clock=clock) as simulator:
        yield simulator


@pytest.fixture
def client(running: RunningSimulator) -> Client:
    return Client(running)
