"""While Fanlight runs, a source is asked when it is due, and one that refused its key is left alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from fanlight.model import SystemClock
from fanlight.pipeline.connections import add_connection, list_connections
from fanlight.pipeline.home import Home
from fanlight.pipeline.live import keep_up
from fanlight.pipeline.sync import sync
from fanlight.simulator import http
from fanlight.simulator.http import RunningSimulator
from fanlight.simulator.world import build_world


@pytest.fixture(scope="module")
def vendors() -> Iterator[RunningSimulator]:
    with http.serve(build_world(seed=4, size="S", now=SystemClock().now()), rate=0) as running:
        yield running


def add_okta(home: Home, vendors: RunningSimulator, token: str) -> None:
    add_connection(
        home, "okta", "okta", {"url": vendors.okta_url, "token": home.vault.seal("okta", token), "first_wait": "0.02"}
    )


def test_a_source_that_is_not_due_is_not_asked(home: Home, vendors: RunningSimulator) -> None:
    add_okta(home, vendors, vendors.addresses()["okta_key"])
    first = sync(home, until_caught_up=False, only_due=True)
    assert [one.name for one in first.sources] == ["okta"]
    vendors.reset_stats()
    assert sync(home, until_caught_up=False, only_due=True).sources == []
    assert vendors.stats()["total"] == 0


def test_a_refused_key_is_said_once_and_not_tried_again_until_it_is_replaced(
    home: Home, vendors: RunningSimulator
) -> None:
    add_okta(home, vendors, "00wrongwrongwrongwrongwrongwrongwrong")
    said: list[str] = []
    stop = threading.Event()

    def hear(sentence: str) -> None:
        said.append(sentence)
        stop.set()

    keep_up(home, stop, hear)
    assert len(said) == 1
    assert "okta" in said[0]
    assert list_connections(home)[0].state == "stopped"
    vendors.reset_stats()
    assert sync(home, until_caught_up=False, only_due=True).sources == []
    assert vendors.stats()["total"] == 0
    add_okta(home, vendors, vendors.addresses()["okta_key"])
    assert sync(home, until_caught_up=False, only_due=True).sources[0].problem == ""
