"""The facts of a scenario, written to a real lake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fanlight.detections.lakefacts import LakeFacts
from fanlight.detections.scenario import ScenarioFacts
from fanlight.enrich.client import client_label
from fanlight.lake import Lake
from fanlight.model import Sensitivity, SystemClock
from fanlight.profiles.rollups import compute
from fanlight.state import open_state


class ScenarioPlaces:
    """Stands where `Places` stands: a scenario says itself where its addresses are."""

    def __init__(self, facts: ScenarioFacts) -> None:
        self.locate = facts.locate


def in_lake(facts: ScenarioFacts, folder: Path) -> LakeFacts:
    """The same facts read through the lake."""
    state = open_state(folder, "default", SystemClock())
    lake = Lake(folder / "lake", state)
    rows: Sequence[Any] = [
        *facts.all_events, *facts.all_objects, *facts.all_grants, *facts.all_links, *facts.all_matches
    ]  # fmt: skip
    segments = [*lake.stage(rows), *lake.stage_table("rollups", compute(facts.all_events, client_label))]
    with state.tick(None) as tick:
        tick.add_segments(segments)

    def sensitivity(matches: Sequence[Any]) -> Sensitivity:
        return facts.sensitivity_of(matches)

    return LakeFacts(
        "default",
        lake.reader(),
        ScenarioPlaces(facts),
        facts.company,
        facts.all_gaps,
        sensitivity,  # type: ignore[arg-type]
    )
