"""Every kind is added and tested from the command line, with its key in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from fanlight.model import SystemClock
from fanlight.pipeline.home import Home
from fanlight.simulator import http
from fanlight.simulator.neighbours import neighbour_kinds
from fanlight.simulator.world import World, build_world
from integration.conftest import run_fanlight

HIDDEN = ("key", "token")


@pytest.fixture(scope="module")
def today() -> World:
    """The company at the machine's own time, because commands use the machine's clock."""
    return build_world(seed=8, size="S", now=SystemClock().now())


def flags(settings: dict[str, str], folder: Path, kind: str) -> list[str]:
    """What an administrator types: secrets as files that only he can read."""
    words: list[str] = []
    for name, value in settings.items():
        given = value
        if name in HIDDEN:
            file = folder / f"{kind}.{name}"
            file.write_text(value)
            file.chmod(0o600)
            given = f"file:{file}"
        words += [f"--{name.replace('_', '-')}", given]
    return words


@pytest.mark.parametrize("kind", sorted(neighbour_kinds()))
def test_each_kind_is_added_and_tested_from_the_command_line(
    today: World, home: Home, tmp_path: Path, kind: str
) -> None:
    with http.serve(today, rate=0) as running:
        settings = running.neighbour_settings(kind)
        added = run_fanlight(home.path, "source", "add", kind, *flags(settings, tmp_path, kind))
        assert f"Added {kind}" in added.stdout
        told = run_fanlight(home.path, "source", "test", kind).stdout
    assert "The key works and reads" in told
    assert "Will not be collected" in told
    assert not any(settings[name] in told + added.stdout for name in HIDDEN if name in settings)
