"""What an operator should know of an installation: is everything there, does everything hold?"""

from __future__ import annotations

import resource
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fanlight.model import DAY
from fanlight.pipeline.connections import list_connections
from fanlight.pipeline.home import Home
from fanlight.pipeline.judging import rules_in_force
from fanlight.pipeline.queue import backlog
from fanlight.state.vault import master_key_path

__all__ = ["Condition", "examine"]

_LITTLE_SPACE = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing looked at."""

    what: str
    state: Literal["ok", "attention", "broken"]
    sentence: str


def examine(home: Home) -> list[Condition]:
    """Everything that can be told without asking a vendor."""
    return [*_files(home), *_keys(home), *_space(home), *_dumps(), *_rules(home), *_sources(home)]


def _files(home: Home) -> Iterator[Condition]:
    segments = home.state.live_segments()
    missing = sum(1 for segment in segments if not (home.lake.root / segment.path).is_file())
    if missing:
        yield Condition(
            "facts", "broken", f"{missing} of {len(segments)} files are missing; restore them from a backup."
        )
        return
    with home.reader() as reader:
        counted = reader.query("SELECT count(*) AS n, count(DISTINCT (product, event_id)) AS d FROM events").to_pylist()
    rows = sum(segment.rows for segment in segments if segment.fact == "events")
    n, distinct = counted[0]["n"], counted[0]["d"]
    if not n == distinct == rows:
        yield Condition(
            "facts", "broken", f"{rows:,} events were committed, {n:,} are there, {distinct:,} are different."
        )
        return
    yield Condition("facts", "ok", f"{n:,} events in {len(segments):,} files, each once.")


def _keys(home: Home) -> Iterator[Condition]:
    path = master_key_path(home.path)
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Condition("master key", "attention", f"{path.name} can be read by others; make it readable by you alone.")
    else:
        yield Condition("master key", "ok", f"{path.name} is readable by you alone and lies outside the data folder.")


def _space(home: Home) -> Iterator[Condition]:
    free = shutil.disk_usage(home.path).free
    words = f"{free / 1024**3:.1f} GiB are free."
    yield Condition("disk", "ok" if free > _LITTLE_SPACE else "attention", words)


def _dumps() -> Iterator[Condition]:
    soft, _ = resource.getrlimit(resource.RLIMIT_CORE)
    if soft == 0:
        yield Condition("crash dumps", "ok", "Crash dumps are off: one would hold content.")
    else:
        yield Condition("crash dumps", "attention", "Crash dumps are on in this process; run Fanlight by its command.")


def _rules(home: Home) -> Iterator[Condition]:
    rules = rules_in_force(home)
    if rules.errors:
        yield Condition("rules", "attention", "; ".join(str(error) for error in rules.errors))
    else:
        yield Condition("rules", "ok", f"{len(rules.rules)} rules are in force.")


def _sources(home: Home) -> Iterator[Condition]:
    connections = list_connections(home)
    if not connections:
        yield Condition("sources", "attention", "No source is connected yet; add one with `fanlight source add`.")
    for connection in connections:
        waiting = backlog(home.state, connection.name)
        if connection.sentence:
            yield Condition(connection.name, "attention", connection.sentence)
        elif connection.first_sync_at is None:
            words = "Nothing was collected from it yet: `fanlight source test` tries its key, `fanlight sync` collects."
            yield Condition(connection.name, "attention", words)
        elif waiting.pending and waiting.oldest_queued_at and home.clock.now() - waiting.oldest_queued_at > DAY:
            yield Condition(
                connection.name, "attention", f"{waiting.pending:,} things wait to be read, the oldest over a day."
            )
        else:
            words = f"{connection.state}; {waiting.pending:,} things wait, {waiting.failed:,} could not be read."
            yield Condition(connection.name, "ok", words)
