"""The small installation and the pages over it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanlight.pipeline.home import Home, open_home
from fanlight.server.views import LakeViews
from server.small_home import HandClock, make_home


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installation, made once; every test gets a copy of its own."""
    folder = tmp_path_factory.mktemp("made")
    make_home(folder / "home", HandClock()).close()
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path, clock: HandClock) -> Iterator[Home]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    opened = open_home(tmp_path / "home", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def views(home: Home) -> LakeViews:
    return LakeViews(home)
