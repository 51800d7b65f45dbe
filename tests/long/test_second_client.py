"""Somebody else takes half of the vendor's request limit, at its true rate: both get along."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import httpx
import pytest

from fanlight.model import SystemClock
from fanlight.pipeline.home import open_home
from fanlight.simulator import http
from fanlight.simulator.http import RunningSimulator
from fanlight.simulator.world import build_world
from integration.conftest import connect_all

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

RATE = 600
"""Requests a minute for the whole parent organization (reference/compliance-api.md)."""
MINUTES = 4


class SecondClient(threading.Thread):
    """Asks for one activity `RATE / 2` times a minute, whatever it is told."""

    def __init__(self, vendors: RunningSimulator) -> None:
        super().__init__(daemon=True)
        self._vendors = vendors
        self._over = threading.Event()
        self.sent = 0

    def run(self) -> None:
        headers = {"x-api-key": self._vendors.addresses()["parent_key"], "anthropic-version": "2023-06-01"}
        began = time.monotonic()
        with httpx.Client(base_url=self._vendors.compliance_url, headers=headers) as client:
            while not self._over.wait(max(0.0, began + self.sent * 120 / RATE - time.monotonic())):
                client.get("/v1/compliance/activities", params={"limit": 1})
                self.sent += 1

    def end(self) -> None:
        self._over.set()
        self.join()


def test_nobody_is_refused_after_the_first_minute(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = build_world(seed=8, size="S", now=SystemClock().now())
    with http.serve(world, rate=RATE, okta_rate=0) as vendors:
        home = open_home(tmp_path_factory.mktemp("second") / "home")
        connect_all(home, vendors)
        other = SecondClient(vendors)
        refused, sent = [], []
        words = ["sync", "--until-caught-up", "--quiet", "--home", str(home.path)]
        other.start()
        with subprocess.Popen([sys.executable, "-m", "fanlight.cli.main", *words], cwd=home.path.parent) as fanlight:
            for _ in range(MINUTES):
                with pytest.raises(subprocess.TimeoutExpired):  # it has far more to read than a few minutes allow
                    fanlight.wait(timeout=60)
                counts = vendors.stats()
                refused.append(counts["statuses"].get("429", 0))
                sent.append(counts["total"] - other.sent)
            fanlight.kill()
        other.end()
    assert other.sent >= 0.95 * RATE / 2 * MINUTES
    assert refused[-1] == refused[0], f"refused by the end of each minute: {refused}"
    assert sent[-1] - sent[0] >= 0.3 * RATE * (MINUTES - 1), f"sent by the end of each minute: {sent}"
