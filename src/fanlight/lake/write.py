"""Staging: rows become immutable, synced files that nobody sees until a tick commits their names."""

from __future__ import annotations

import os
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fanlight.lake.tables import SCHEMA_VERSION, TABLE_OF, TABLES, FactTable
from fanlight.state import Segment

__all__ = ["arrow_of", "stage", "stage_table"]


def arrow_of(table: FactTable, rows: Sequence[Any]) -> pa.Table:
    """Rows as an Arrow table in the lake's schema, `day` included."""
    columns: dict[str, Any] = {name: [getattr(row, name) for row in rows] for name in table.columns}
    if "day" not in columns:
        columns["day"] = [table.day(row) for row in rows]
    schema = table.schema if "day" not in table.columns else pa.schema(list(table.schema)[: len(table.columns)])
    return pa.table({name: pa.array(columns[name], schema.field(name).type) for name in schema.names}, schema=schema)


def stage(root: Path, tenant: str, rows: Iterable[Any]) -> list[Segment]:
    """Write rows of any fact types, one file per table and day; returns what a tick must commit."""
    grouped: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        table = TABLE_OF[type(row)]
        grouped[(table.name, table.day(row))].append(row)
    segments: list[Segment] = []
    for (name, day), members in sorted(grouped.items()):
        table = TABLES[name]
        moments = [table.moment()(row) for row in members]
        segments.append(_write(root, tenant, table, day, arrow_of(table, members), (min(moments), max(moments))))
    sync_folders(root, segments)
    return segments


def stage_table(root: Path, tenant: str, name: str, rows: pa.Table) -> list[Segment]:
    """Write an Arrow table that already has the lake's columns (any order) and `day`."""
    if rows.num_rows == 0:
        return []
    table = TABLES[name]
    names = table.columns if "day" in table.columns else (*table.columns, "day")
    rows = rows.select(list(names))
    column = "first_at" if table.filed_by == "day" else table.filed_by
    segments: list[Segment] = []
    for day in sorted(pc.unique(rows["day"]).to_pylist()):
        part = rows.filter(pc.equal(rows["day"], day))
        low_high = pc.min_max(part[column]).as_py()
        segments.append(_write(root, tenant, table, day, part, (int(low_high["min"]), int(low_high["max"]))))
    sync_folders(root, segments)
    return segments


def _write(root: Path, tenant: str, table: FactTable, day: str, rows: pa.Table, bounds: tuple[int, int]) -> Segment:
    # A path is never reused: two writers, or a retry after a crash, can never overwrite a live file.
    path = f"{tenant}/{table.name}/{day[:7]}/{day}-{uuid.uuid4().hex}.parquet"
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        pq.write_table(rows, file, compression="zstd", compression_level=1)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
    return Segment(
        fact=table.name,
        day=day,
        path=path,
        rows=rows.num_rows,
        bytes=size,
        min_at=bounds[0],
        max_at=bounds[1],
        schema_version=SCHEMA_VERSION,
    )


def sync_folders(root: Path, segments: Sequence[Segment]) -> None:
    """Make the new names themselves durable."""
    for folder in {(root / segment.path).parent for segment in segments}:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
