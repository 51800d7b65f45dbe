"""Fixtures every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from fanlight.pipeline.home import Home, open_home
from support.shared import SHARED

# How fast examples are made says something about the machine, nothing about the product. A landing is judged on the
# same examples each time; everywhere else they are drawn anew, and what they find is mended there.
settings.register_profile(
    "fanlight", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fanlight")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=40, help="kill -9 rounds of the kill test")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests marked `shared` need the folder of reference data; without it they are skipped, and say so."""
    if SHARED.is_dir():
        return
    skip = pytest.mark.skip(reason="needs the shared reference data, which is not beside this checkout")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A fresh installation."""
    return open_home(tmp_path / "home")
