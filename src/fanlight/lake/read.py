"""Reading facts: one consistent list of files, seen through DuckDB views."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from fanlight.lake.policy import LabelPolicy, load_policy
from fanlight.lake.tables import TABLE_OF, TABLES, FactTable
from fanlight.state import Segment, State

__all__ = ["Reader", "open_reader"]

Row = TypeVar("Row")

_NOW_VIEWS = {
    "objects_now": """
        SELECT * FROM objects
        QUALIFY row_number() OVER (
            PARTITION BY product, kind, coalesce(organization_id, ''), object_id ORDER BY seen_at DESC) = 1
        """,
    "grants_now": """
        SELECT * FROM (SELECT * FROM grants
        QUALIFY row_number() OVER (PARTITION BY product, grant_id ORDER BY seen_at DESC) = 1) WHERE NOT removed
        """,
    "links_now": """
        SELECT * FROM (SELECT * FROM links
        QUALIFY row_number() OVER (PARTITION BY account_key, identity_id ORDER BY seen_at DESC) = 1)
        WHERE NOT removed
        """,
    "readings_now": """
        SELECT * FROM readings
        QUALIFY row_number() OVER (PARTITION BY object_kind, object_id ORDER BY read_at DESC) = 1
        """,
    "matches_now": """
        SELECT m.* FROM matches m
        LEFT JOIN (SELECT object_kind, object_id, max(read_at) AS full_at FROM readings
                   WHERE "full" AND outcome IN ('read', 'partly_read') GROUP BY ALL) r
          ON r.object_kind = m.object_kind AND r.object_id = m.object_id
        WHERE m.read_at >= coalesce(r.full_at, 0) AND NOT starts_with(m.part_id, 'event:')
        QUALIFY rank() OVER (
            PARTITION BY m.object_kind, m.object_id, m.part_id, m.part_kind, m.type, m.recognizer
            ORDER BY m.read_at DESC) = 1
          AND row_number() OVER (
            PARTITION BY m.object_kind, m.object_id, m.part_id, m.part_kind, m.type, m.recognizer, m.fingerprint
            ORDER BY m.read_at DESC) = 1
        UNION ALL
        SELECT m.* FROM matches m WHERE starts_with(m.part_id, 'event:')
        QUALIFY row_number() OVER (
            PARTITION BY m.object_kind, m.object_id, m.type, m.recognizer, m.evidence, m.fingerprint
            ORDER BY m."at", m.part_id, m.read_at) = 1
        """,
}
"""`objects_now` keeps the last version of a removed object (its `removed` is true): people ask about leavers.

Of a part that was read again only the newest reading counts; different secrets of one part stay apart by fingerprint.
What events say of an object (a title in each view of it) is one match, since the first of them; reading the object
itself does not replace it.
"""

_UNDER_POLICY = """
    SELECT m.* REPLACE (coalesce(c.label, m.category) AS category) FROM ({matches}) m
    LEFT JOIN label_categories c ON c.recognizer = split_part(m.recognizer, '/', 1)
    WHERE m.recognizer_version > coalesce(c.hidden_to, -1)
      AND NOT EXISTS (
        SELECT 1 FROM label_dismissals d WHERE d.fingerprint IS NULL AND m.fingerprint IS NULL
          AND d.object_kind = m.object_kind AND d.object_id = m.object_id AND d.part_id = m.part_id
          AND d.part_kind = m.part_kind AND d.type = m.type AND d.recognizer = m.recognizer
          AND d.count = m.count AND d.evidence = m.evidence AND d."at" IS NOT DISTINCT FROM m."at")
      AND NOT EXISTS (
        SELECT 1 FROM label_dismissals d WHERE d.type = m.type AND d.fingerprint = m.fingerprint)
"""


class Reader:
    """A snapshot of one tenant's facts. Not shared between threads; cheap to open.

    Views: each lake table (`events`, `objects`, …; columns are the model's fields and `day`), and the current
    state of versioned ones: `objects_now`, `grants_now`, `links_now`, `matches_now`, `readings_now`. What the company
    says of its labels (`policy`) holds in `matches_now`.
    """

    def __init__(
        self, root: Path, segments: Sequence[Segment], memory: str = "1GB", policy: LabelPolicy | None = None
    ) -> None:
        self.policy = policy if policy is not None else LabelPolicy()
        self._root = root
        self._segments = segments
        self._memory = memory
        self._connection = duckdb.connect(config={"memory_limit": memory, "threads": 2})
        for table in TABLES.values():
            self._show(table)
        views = dict(_NOW_VIEWS)
        if self.policy.touches_matches:
            self._connection.register("label_categories", self.policy.categories)
            self._connection.register("label_dismissals", self.policy.dismissed)
            # After the newest reading of each part was chosen: an older one must not come back in its place.
            views["matches_now"] = _UNDER_POLICY.format(matches=views["matches_now"])
        for name, query in views.items():
            self._connection.execute(f"CREATE VIEW {name} AS {query}")

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run one SELECT over the views; values are bound, never pasted."""
        return self._connection.sql(sql, params=list(parameters)).to_arrow_table()

    def define(self, statement: str) -> None:
        """Run one `CREATE TEMP …` over the views, for a caller that asks the same rows many times."""
        self._connection.execute(statement)

    def rows(self, row: type[Row], where: str = "", parameters: Sequence[Any] = (), *, now: bool = False) -> list[Row]:
        """Typed rows of one table; `now=True` reads the current state of a versioned table."""
        table = TABLE_OF[row]
        fields = table.columns
        names = ", ".join(f'"{name}"' for name in fields)
        condition = f" WHERE {where}" if where else ""
        found = self.query(f"SELECT {names} FROM {table.name}{'_now' if now else ''}{condition}", parameters)
        columns = [found.column(name).to_pylist() for name in fields]
        return [row(**dict(zip(fields, values, strict=True))) for values in zip(*columns, strict=True)]

    def between(self, first_day: str, last_day: str) -> Reader:
        """The same snapshot with only the events and rollups of these days (both included)."""
        kept = [
            segment
            for segment in self._segments
            if segment.fact not in ("events", "rollups") or first_day <= segment.day <= last_day
        ]
        return Reader(self._root, kept, self._memory, self.policy)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _show(self, table: FactTable) -> None:
        paths = [str(self._root / segment.path) for segment in self._segments if segment.fact == table.name]
        if not paths:
            self._connection.register(f"empty_{table.name}", table.schema.empty_table())
            self._connection.execute(f"CREATE VIEW {table.name} AS SELECT * FROM empty_{table.name}")
            return
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        self._connection.execute(
            f"CREATE VIEW {table.name} AS SELECT * FROM read_parquet([{listed}], union_by_name=true, "
            "hive_partitioning=false)"
        )


def open_reader(root: Path, state: State, memory: str = "1GB") -> Reader:
    """A reader over everything committed now."""
    return Reader(root, state.live_segments(), memory, load_policy(state))
