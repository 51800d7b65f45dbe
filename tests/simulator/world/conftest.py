"""One small world per seed, made once for the whole run."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pytest

from fanlight.model import Micros
from fanlight.model.times import parse_time
from fanlight.simulator.world import World, build_world

NOW: Micros = parse_time("2026-11-20T12:00:00Z")


@lru_cache(maxsize=8)
def _world(seed: int) -> World:
    return build_world(seed=seed, size="S", now=NOW)


@pytest.fixture
def world_of() -> Callable[[int], World]:
    """A world of size S by seed. Shared between tests: do not advance it."""
    return _world


@pytest.fixture
def world() -> World:
    """The world of seed 7. Shared between tests: do not advance it."""
    return _world(7)
