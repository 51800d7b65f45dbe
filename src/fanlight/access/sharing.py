"""What the feed's sharing events tell of a project's openness before it was first listed.

A listing tells the state at its reading only. Where a sharing event is older than the first listing, it tells
since when the project is open, and of the time before the first event nothing is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from fanlight.model import Micros

__all__ = ["SHARING", "Sharing", "audience_after", "told_by_sharing"]

#: The event type that tells the new openness of a project, and only the new one.
SHARING = "claude_project_sharing_updated"

Sharing = tuple[str, Micros, str]
"""Project, time, audience after it."""


def audience_after(raw: str) -> str:
    """`private`, `organization` or `public` after a change of sharing; `unknown` where it does not say."""
    audience = orjson.loads(raw or "{}").get("audience")
    if not isinstance(audience, list):
        return "unknown"
    kinds = {str(entry.get("type")) for entry in audience if isinstance(entry, dict)}
    if "public" in kinds or "anyone_with_link" in kinds:
        return "public"
    return "organization" if "organization" in kinds else "private"


def told_by_sharing(grants: pa.Table, sharing: Iterable[Sharing], at: Micros) -> pa.Table:
    """The grants at `at`, with `public` ones of a first listing (column `standing`) as the events tell them.

    Such a grant begins at the event that opened the project. Before the first event its level is `unknown`;
    while the project was closed there is none. The column `standing` is taken out.
    """
    states: dict[str, list[tuple[Micros, bool]]] = defaultdict(list)
    for project, when, audience in sharing:
        if audience != "unknown":
            states[project].append((when, audience != "private"))
    plain = grants.drop_columns(["standing"])
    if not states:
        return plain
    told = pc.and_(
        pc.and_(grants["standing"], pc.equal(grants["via"], "public")),
        pc.and_(
            pc.and_(pc.equal(grants["product"], "claude"), pc.equal(grants["resource_kind"], "project")),
            pc.is_in(grants["resource_id"], pa.array(list(states), pa.string())),
        ),
    )
    rows = (_as_told(row, sorted(states[row["resource_id"]]), at) for row in plain.filter(told).to_pylist())
    changed = pa.Table.from_pylist([row for row in rows if row is not None], schema=plain.schema)
    return pa.concat_tables([plain.filter(pc.invert(told)), changed])


def _as_told(grant: Mapping[str, Any], states: Sequence[tuple[Micros, bool]], at: Micros) -> dict[str, Any] | None:
    listed = grant["valid_from"]
    before = [state for state in states if state[0] <= listed]
    if not before:
        return dict(grant)
    until = [state for state in before if state[0] <= at]
    if not until:
        return {**grant, "level": "unknown", "valid_from": before[0][0]}
    if not until[-1][1]:
        # Closed by the last event; a listing that shows it open after that is the newer word.
        return dict(grant) if listed <= at else None
    closed = max((i for i, (_, is_open) in enumerate(until) if not is_open), default=-1)
    # Without a closed state before it, it may have been open before the event, too.
    return {**grant, "valid_from": until[closed + 1][0], "exact_from": closed >= 0}
