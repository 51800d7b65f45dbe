"""The fact store of one tenant: stage, read, compact, erase, sweep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from fanlight.lake.read import Reader, open_reader
from fanlight.lake.tables import TABLES
from fanlight.lake.write import stage, stage_table
from fanlight.model import HOUR, Micros
from fanlight.state import Lease, Segment, SegmentGone, State

__all__ = ["COMPACT_AT", "GRACE", "Lake"]

COMPACT_AT = 24
"""Small files of one table and day before they are merged: opening files is what costs (notes: 100 to 200 in all)."""

_FULL_ROWS = 250_000
"""A file of so many rows is left alone: a busy day is not written anew with every merge."""

_MOST_ROWS = 500_000
"""Rows merged at once, so that a merge fits into memory."""

GRACE: Micros = HOUR
"""How long replaced or orphaned files stay on disk: longer than the longest query."""


class Lake:
    """Immutable files under `root`; what is part of the store is said by the state database alone."""

    def __init__(self, root: Path, state: State) -> None:
        self.root = root
        self.state = state
        root.mkdir(parents=True, exist_ok=True)

    def stage(self, rows: Iterable[Any]) -> list[Segment]:
        """Write rows of any fact types; commit the result with `Tick.add_segments`."""
        return stage(self.root, self.state.tenant, rows)

    def stage_table(self, name: str, rows: pa.Table) -> list[Segment]:
        """Write an Arrow table with the lake's columns."""
        return stage_table(self.root, self.state.tenant, name, rows)

    def reader(self, memory: str = "1GB") -> Reader:
        """A snapshot of everything committed now."""
        return open_reader(self.root, self.state, memory)

    def compact(self, lease: Lease, at_least: int = COMPACT_AT) -> int:
        """Merge the small files of each table and day; returns how many files were replaced."""
        groups: dict[tuple[str, str], list[Segment]] = defaultdict(list)
        for segment in self.state.live_segments():
            if segment.rows < _FULL_ROWS:
                groups[(segment.fact, segment.day)].append(segment)
        replaced = 0
        for (fact, day), all_members in sorted(groups.items()):
            members = _up_to(all_members, _MOST_ROWS)
            if len(members) >= at_least:
                with suppress(SegmentGone):  # another process merged this day meanwhile
                    self._merge(lease, fact, day, members)
                    replaced += len(members)
        return replaced

    def _merge(self, lease: Lease, fact: str, day: str, members: Sequence[Segment]) -> None:
        table = TABLES[fact]
        with Reader(self.root, members) as reader:
            order = ", ".join(f'"{name}"' for name in table.sort)
            if fact == "rollups":
                names = "tenant, scope, entity, dimension, value, day"
                merged = reader.query(
                    f"SELECT {names}, sum(n)::BIGINT AS n, min(first_at) AS first_at, max(last_at) AS last_at "
                    f"FROM rollups GROUP BY {names} ORDER BY {order}"
                )
            else:
                merged = reader.query(f"SELECT * FROM {fact} ORDER BY {order}")
            if fact == "events":
                distinct = reader.query("SELECT count(DISTINCT (product, event_id)) AS n FROM events")["n"][0].as_py()
                if distinct != merged.num_rows:
                    raise RuntimeError(
                        f"The events of {day} are not unique; nothing was compacted. Run `fanlight doctor`."
                    )
        segments = self.stage_table(fact, merged)
        with self.state.tick(lease) as tick:
            tick.remove_segments([member.path for member in members])
            tick.add_segments(segments)

    def rewrite(self, lease: Lease, fact: str, keep: str, parameters: Sequence[Any]) -> tuple[int, list[str]]:
        """Keep only rows for which the SQL condition holds; returns rows dropped and the paths replaced.

        The replaced files are removed from disk at once by `discard`, not after the usual grace.
        """
        dropped, replaced = 0, []
        for member in [s for s in self.state.live_segments() if s.fact == fact]:
            with Reader(self.root, [member]) as reader:
                kept = reader.query(f"SELECT * FROM {fact} WHERE {keep}", parameters)
            if kept.num_rows == member.rows:
                continue
            segments = self.stage_table(fact, kept)
            with self.state.tick(lease) as tick:
                tick.remove_segments([member.path])
                tick.add_segments(segments)
            dropped += member.rows - kept.num_rows
            replaced.append(member.path)
        return dropped, replaced

    def redact(self, lease: Lease, fact: str, columns: Sequence[str], pattern: str) -> tuple[int, list[str]]:
        """Replace what an expression matches in text columns by `erased`; returns rows changed and paths replaced."""
        hit = " OR ".join(f"regexp_matches(coalesce({name}, ''), ?)" for name in columns)
        changed = ", ".join(f"regexp_replace({name}, ?, 'erased', 'g') AS {name}" for name in columns)
        rows, replaced = 0, []
        for member in [s for s in self.state.live_segments() if s.fact == fact]:
            with Reader(self.root, [member]) as reader:
                found = reader.query(f"SELECT count(*) AS n FROM {fact} WHERE {hit}", [pattern] * len(columns))
                number = int(found["n"][0].as_py())
                if not number:
                    continue
                redacted = reader.query(f"SELECT * REPLACE ({changed}) FROM {fact}", [pattern] * len(columns))
            segments = self.stage_table(fact, redacted)
            with self.state.tick(lease) as tick:
                tick.remove_segments([member.path])
                tick.add_segments(segments)
            rows += number
            replaced.append(member.path)
        return rows, replaced

    def discard(self, paths: Sequence[str]) -> None:
        """Delete replaced files from disk now."""
        live = {segment.path for segment in self.state.live_segments()}
        for path in paths:
            if path not in live:
                (self.root / path).unlink(missing_ok=True)

    def sweep(self, now: Micros, grace: Micros = GRACE) -> int:
        """Delete files that no commit names, once they are older than the grace; returns how many."""
        live = {segment.path for segment in self.state.live_segments()}
        swept = 0
        for file in (self.root / self.state.tenant).rglob("*.parquet"):
            path = file.relative_to(self.root).as_posix()
            if path not in live and file.stat().st_mtime_ns // 1000 + grace < now:
                file.unlink(missing_ok=True)
                swept += 1
        return swept


def _up_to(members: Sequence[Segment], most: int) -> list[Segment]:
    """The first members, smallest first, that hold so many rows together."""
    chosen: list[Segment] = []
    rows = 0
    for member in sorted(members, key=lambda one: one.rows):
        rows += member.rows
        if rows > most:
            break
        chosen.append(member)
    return chosen
