"""Weights and verdicts of an installation. Each change is one tick; what was judged is judged again after it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert

from fanlight.access.store import sensitivities
from fanlight.labels.feedback import Verdict, find_match, give_verdict
from fanlight.labels.sensitivity import CHANGEABLE, Weights, changes_of, weights_from, weights_of
from fanlight.lake import Reader
from fanlight.lake.policy import WEIGHTS
from fanlight.model import SENSITIVITY_ORDER, Match
from fanlight.pipeline.home import Home
from fanlight.state import Tick, schema

__all__ = ["Move", "PolicyProblem", "change_weights", "judge_match", "note_change", "preview_weights", "weights_now"]


class PolicyProblem(ValueError):
    """Weights or a verdict cannot be used; the text is one sentence to the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How many objects of a kind a change would move from one sensitivity to another."""

    kind: str
    before: str
    after: str
    count: int

    @property
    def up(self) -> bool:
        """Whether it becomes more sensitive."""
        return SENSITIVITY_ORDER[self.after] > SENSITIVITY_ORDER[self.before]


def weights_now(home: Home) -> dict[str, Any]:
    """The weights in force as a table, and under `changed` what differs from those that come with Fanlight."""
    with home.reader() as reader:
        weights = weights_of(reader)
    custom = {name: weights.points_of(name) for name in weights.levels}
    shown: dict[str, Any] = {name: value for name, value in _table_of(weights).items() if name != "points"}
    return {**shown, "points": {**weights.points, **custom}, "changed": changes_of(weights)}


def preview_weights(home: Home, table: Mapping[str, object]) -> list[Move]:
    """What weights would move, without saving them and without reading any content. Raises `PolicyProblem`."""
    with home.reader() as reader:
        changed = _weights(reader, table)
        matches = reader.rows(Match, now=True)
        before, after = sensitivities(matches, weights_of(reader)), sensitivities(matches, changed)
    moved: Counter[tuple[str, str, str]] = Counter()
    for key in before.keys() | after.keys():
        old, new = before.get(key, "none"), after.get(key, "none")
        if old != new:
            moved[key[0], old, new] += 1
    ordered = sorted(moved.items(), key=lambda item: (item[0][0], -SENSITIVITY_ORDER[item[0][2]], item[0][1]))
    return [Move(kind=kind, before=old, after=new, count=count) for (kind, old, new), count in ordered]


def change_weights(home: Home, table: Mapping[str, object], actor: str) -> None:
    """Put weights in force, replacing earlier changes; an empty table brings back those of Fanlight.

    Raises `PolicyProblem`.
    """
    with home.reader() as reader:
        changes = changes_of(_weights(reader, table))
    settings = schema.settings
    with home.state.tick() as tick:
        tick.connection.execute(delete(settings).where(settings.c.tenant == home.tenant, settings.c.name == WEIGHTS))
        if changes:
            tick.connection.execute(
                insert(settings).values(
                    tenant=home.tenant, name=WEIGHTS, value=json.dumps(changes), updated_at=tick.now
                )
            )
        tick.audit(actor, "sensitivity weights changed", WEIGHTS, json.dumps(changes))
        note_change(tick)


def judge_match(home: Home, wanted: str, verdict: Verdict, reason: str, actor: str) -> Match:
    """Confirm or dismiss one match by its id. Raises `PolicyProblem` when there is none."""
    with Reader(home.lake.root, home.state.live_segments()) as everything:  # dismissed ones can be confirmed again
        match = find_match(everything.rows(Match, now=True), wanted)
    if match is None:
        raise PolicyProblem(f"There is no match {wanted}; `fanlight labels matches` shows them with their ids.")
    try:
        with home.state.tick() as tick:
            give_verdict(tick, match, verdict, reason, actor)
            note_change(tick)
    except ValueError as problem:
        raise PolicyProblem(str(problem)) from None
    return match


def note_change(tick: Tick) -> None:
    """What stored matches mean has changed: pages and findings made of them are to be made again."""
    tick.set_fact("label_policy", str(tick.now))
    tick.set_fact("judged_segment", "")


def _weights(reader: Reader, table: Mapping[str, object]) -> Weights:
    try:
        return weights_from(table, reader.policy.levels)
    except ValueError as problem:
        raise PolicyProblem(str(problem)) from None


def _table_of(weights: Weights) -> dict[str, Any]:
    return {name: getattr(weights, name) for name in CHANGEABLE}
