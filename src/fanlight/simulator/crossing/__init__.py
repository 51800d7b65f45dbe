"""Stories that no source tells alone: each begins at one vendor and goes on at Claude, with its benign twin.

One module a story, found by scan: `RULE`, the rule that should find it, and `write`, which casts attack and twin and
schedules both. Their people do nothing by habit on the days around, so that only the story tells them apart.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from fanlight.simulator.neighbours import neighbour_kinds

if TYPE_CHECKING:
    from fanlight.simulator.casting import Casting
    from fanlight.simulator.http import RunningSimulator
    from fanlight.simulator.world import Wire, World

__all__ = ["crossing_rules", "write_crossings", "write_pushed", "write_staged"]


@cache
def _modules() -> Mapping[str, Any]:
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.RULE: module for module in modules}


def crossing_rules() -> tuple[str, ...]:
    """The rules that should find these stories, in order of name."""
    return tuple(sorted(_modules()))


def write_crossings(cast: Casting) -> None:
    """Cast and schedule every story and its twin; each draws from a generator of its own."""
    for rule in crossing_rules():
        rng = random.Random(f"crossing/{rule}/{cast.stage.seed}/{cast.stage.size}")
        _modules()[rule].write(replace(cast, rng=rng))


def write_pushed(world: World, folder: Path) -> dict[str, Path]:
    """Write what senders of the company push by themselves, a file of JSON lines for each kind of source."""
    rows: dict[str, list[Wire]] = {}
    for row in world.stage.besides:
        if row.vendor not in neighbour_kinds() and row.at <= world.now:
            rows.setdefault(row.vendor, []).append(dict(row.said))
    return _written(rows, folder)


def write_staged(vendors: RunningSimulator, folder: Path) -> dict[str, Path]:
    """The same with the stories' rows of the vendors that are asked, for whoever does not connect those."""
    rows = {kind: vendors.staged_rows(kind) for kind in neighbour_kinds()}
    return {**write_pushed(vendors.world, folder), **_written(rows, folder)}


def _written(rows: Mapping[str, list[Wire]], folder: Path) -> dict[str, Path]:
    files = {kind: folder / f"{kind}.jsonl" for kind, found in rows.items() if found}
    for kind, path in files.items():
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows[kind]))
    return files
