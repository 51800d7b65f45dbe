"""While Fanlight runs, a source is asked when it is due, and one that refused its key is left alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from fanlight.model import HOUR, MINUTE, Micros, SystemClock
from fanlight.pipeline.connections import add_connection, list_connections
from fanlight.pipeline.home import Home, open_home
from fanlight.pipeline.lateness import late_sources
from fanlight.pipeline.live import keep_up
from fanlight.pipeline.sync import sync
from fanlight.simulator import http
from fanlight.simulator.http import RunningSimulator
from fanlight.simulator.world import build_world
from fanlight.state import schema


@pytest.fixture(scope="module")
def vendors() -> Iterator[RunningSimulator]:
    with http.serve(build_world(seed=4, size="S", now=SystemClock().now()), rate=0) as running:
        yield running


def add_okta(home: Home, vendors: RunningSimulator, token: str) -> None:
    add_connection(
        home,
        "okta",
        "okta",
        {"url": vendors.okta_url, "token": home.vault.seal("okta", token), "first_wait": "0.02"},
        replace=True,
    )


def test_a_source_that_is_not_due_is_not_asked(home: Home, vendors: RunningSimulator) -> None:
    add_okta(home, vendors, vendors.addresses()["okta_key"])
    first = sync(home, until_caught_up=False, only_due=True)
    assert [one.name for one in first.sources] == ["okta"]
    vendors.reset_stats()
    assert sync(home, until_caught_up=False, only_due=True).sources == []
    assert vendors.stats()["total"] == 0


def test_a_pass_makes_known_how_often_each_stream_is_asked(home: Home, vendors: RunningSimulator) -> None:
    add_okta(home, vendors, vendors.addresses()["okta_key"])
    sync(home, until_caught_up=False, only_due=True)
    intervals = json.loads(home.state.fact("intervals/okta") or "{}")
    with home.state.view() as connection:
        streams = set(connection.execute(select(schema.cursors.c.stream)).scalars())
    assert streams
    assert streams <= set(intervals)
    assert set(late_sources(home)) == set()


class Ahead(SystemClock):
    """A clock that a test moves on."""

    by: Micros = 0

    def now(self) -> Micros:
        return super().now() + self.by


def test_late_rows_are_looked_for_once_an_hour(tmp_path: Path, vendors: RunningSimulator) -> None:
    clock = Ahead()
    home = open_home(tmp_path / "home", clock=clock)
    add_okta(home, vendors, vendors.addresses()["okta_key"])

    def sweeps() -> int:
        (one,) = sync(home, until_caught_up=False, only_due=True).sources
        return one.requests.get("sweep", 0)

    assert sweeps() > 0
    clock.by += 2 * MINUTE
    assert sweeps() == 0
    clock.by += HOUR
    assert sweeps() > 0


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
