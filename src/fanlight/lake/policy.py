"""What the company says of its labels, applied when matches are read: nothing of it changes a stored fact.

Removed custom categories stop counting, a category filed elsewhere moves, a dismissed match is left out. Weights travel
along as text, for the room that knows what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa
from sqlalchemy import Row, select

from fanlight.state import State, schema

__all__ = ["WEIGHTS", "LabelPolicy", "load_policy"]

WEIGHTS = "sensitivity"
"""Name of the settings row that holds changed weights."""

_CATEGORIES = pa.schema([("recognizer", pa.string()), ("label", pa.string()), ("hidden_to", pa.int64())])
_DISMISSED = pa.schema(
    [
        ("object_kind", pa.string()), ("object_id", pa.string()), ("part_id", pa.string()), ("part_kind", pa.string()),
        ("at", pa.int64()), ("type", pa.string()), ("recognizer", pa.string()), ("count", pa.int64()),
        ("evidence", pa.string()), ("fingerprint", pa.string()),
    ]
)  # fmt: skip

_IDENTIFYING = (
    "object_kind", "object_id", "part_id", "part_kind", "written_at", "type", "recognizer", "count", "evidence",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LabelPolicy:
    """Everything of the state database that bears on stored matches, as of one moment."""

    categories: pa.Table = field(default_factory=_CATEGORIES.empty_table)
    dismissed: pa.Table = field(default_factory=_DISMISSED.empty_table)
    weights: str = ""
    """Changed weights as JSON; empty when none were changed."""
    levels: dict[str, str] = field(default_factory=dict)
    """Recognizer of each custom category to the sensitivity that one match of it has."""

    @property
    def touches_matches(self) -> bool:
        """Whether any stored match could read otherwise than it was written."""
        return bool(self.categories.num_rows or self.dismissed.num_rows)


def load_policy(state: State) -> LabelPolicy:
    """The policy in force now."""
    custom, said, settings = schema.custom_categories, schema.label_feedback, schema.settings
    with state.view() as connection:
        categories = connection.execute(select(custom).where(custom.c.tenant == state.tenant)).all()
        verdicts = connection.execute(select(said).where(said.c.tenant == state.tenant).order_by(said.c.id)).all()
        weights = connection.execute(
            select(settings.c.value).where(settings.c.tenant == state.tenant, settings.c.name == WEIGHTS)
        ).scalar()
    rows = [{"recognizer": f"custom:{row.name}", "label": row.label, "hidden_to": row.hidden_to} for row in categories]
    newest = {_match_key(row): row for row in verdicts}  # a later verdict on the same match replaces an earlier one
    named = {"at": "written_at"}
    dismissed = [
        {name: row._mapping[named.get(name, name)] for name in _DISMISSED.names}
        for row in newest.values()
        if row.verdict == "dismissed"
    ]
    return LabelPolicy(
        pa.Table.from_pylist(rows, _CATEGORIES),
        pa.Table.from_pylist(dismissed, _DISMISSED),
        weights or "",
        {f"custom:{row.name}": orjson.loads(row.body).get("sensitivity", "moderate") for row in categories},
    )


def _match_key(row: Row[Any]) -> tuple[object, ...]:
    """One secret wherever it is, by its fingerprint; else one match with everything that is known of its value."""
    known = row._mapping
    if known["fingerprint"] is not None:
        return known["type"], known["fingerprint"]
    return tuple(known[name] for name in _IDENTIFYING)
