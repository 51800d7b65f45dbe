"""Which tables the lake has, their columns, and in which day a row is filed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

import pyarrow as pa

from fanlight.model import Event, Grant, Link, Match, ObjectVersion, Reading, Rollup, columns_of, day_of

__all__ = ["SCHEMA_VERSION", "TABLES", "TABLE_OF", "FactTable"]

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class FactTable:
    """One kind of fact: the row type, the time column that files it, and how a compacted day is sorted."""

    name: str
    row: type
    filed_by: str
    sort: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return columns_of(self.row)

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema: the row's fields and `day`."""
        hints = get_type_hints(self.row)
        return pa.schema(
            [pa.field(name, _arrow(hints[name])) for name in self.columns] + [pa.field("day", pa.string())]
        )

    def day(self, row: Any) -> str:
        value = getattr(row, self.filed_by)
        return value if isinstance(value, str) else day_of(value)

    def moment(self) -> Callable[[Any], int]:
        """A function from row to the time its file's bounds are made of."""
        column = "first_at" if self.filed_by == "day" else self.filed_by
        return lambda row: int(getattr(row, column))


def _arrow(hint: Any) -> pa.DataType:
    text = str(hint)
    if "float" in text:
        return pa.float64()
    if "bool" in text:
        return pa.bool_()
    if "int" in text and "str" not in text:
        return pa.int64()
    return pa.string()


TABLES: dict[str, FactTable] = {
    table.name: table
    for table in (
        FactTable("events", Event, "occurred_at", ("account_key", "occurred_at", "event_id")),
        FactTable("objects", ObjectVersion, "seen_at", ("product", "kind", "object_id", "seen_at")),
        FactTable("grants", Grant, "seen_at", ("product", "grant_id", "seen_at")),
        FactTable("links", Link, "seen_at", ("account_key", "identity_id", "seen_at")),
        FactTable("matches", Match, "read_at", ("object_kind", "object_id", "part_id", "type")),
        FactTable("readings", Reading, "read_at", ("object_kind", "object_id", "read_at")),
        FactTable("rollups", Rollup, "day", ("scope", "entity", "dimension", "value")),
    )
}

TABLE_OF: dict[type, FactTable] = {table.row: table for table in TABLES.values()}
