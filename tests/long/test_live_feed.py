"""While weeks of content wait to be read, new events are still stored and judged within minutes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from fanlight.model import HOUR, SystemClock
from fanlight.pipeline.home import Home, open_home
from fanlight.pipeline.live import keep_up
from fanlight.pipeline.queue import backlog
from fanlight.simulator import http
from fanlight.simulator.world import build_world
from integration.conftest import connect_all
from integration.served import is_log_whole, served_activities, stored_events

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

LATEST_SECONDS = 480


def wait_until(true: Callable[[], bool], what: str) -> None:
    """Ask every second until it is so; fails after some minutes."""
    pause, deadline = threading.Event(), time.monotonic() + LATEST_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"{what} did not happen within {LATEST_SECONDS} s"
        pause.wait(1.0)


def judged_segments(home: Home) -> int:
    return int(home.state.fact("judged_segment") or 0)


def test_the_feed_goes_on_and_is_judged_while_content_waits(tmp_path_factory: pytest.TempPathFactory) -> None:
    """At the vendor's true rate, where reading the content of a small company takes a quarter of an hour."""
    world = build_world(seed=15, size="S", now=SystemClock().now())
    stop, said = threading.Event(), list[str]()
    with http.serve(world, rate=600, okta_rate=0) as vendors:
        home = open_home(tmp_path_factory.mktemp("live") / "home")
        connect_all(home, vendors)
        running = threading.Thread(target=keep_up, args=(home, stop, said.append))
        running.start()
        try:
            wait_until(lambda: is_log_whole(world, stored_events(home, "okta")), "reading the whole Okta log")
            wait_until(lambda: backlog(home.state, "claude").read > 20, "reading the first content")
            assert served_activities(world) <= set(stored_events(home, "claude"))
            wait_until(lambda: judged_segments(home) > 0, "the first judgement")
            before = judged_segments(home)
            vendors.advance(HOUR / 1_000_000)
            wait_until(lambda: served_activities(world) <= set(stored_events(home, "claude")), "storing what is new")
            wait_until(lambda: judged_segments(home) > before, "judging what is new")
            assert backlog(home.state, "claude").pending > 500
        finally:
            stop.set()
            running.join()
    assert said == []
