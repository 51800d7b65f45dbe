"""One pass over the sources: directories, feed, inventory, content; then identities, rules and posture."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from fanlight.model import SECOND
from fanlight.pipeline.collect import Collected, collect_events, take_snapshots, walk_inventory
from fanlight.pipeline.conclude import Concluded, conclude
from fanlight.pipeline.connections import Connection, ConnectionProblem, connect, list_connections, note_state
from fanlight.pipeline.content import LabelledCounts, read_queue
from fanlight.pipeline.home import Home
from fanlight.pipeline.judging import is_judged
from fanlight.pipeline.labelling import open_labeller
from fanlight.pipeline.leases import KeptLease
from fanlight.pipeline.queue import next_refs
from fanlight.sources.contract import Source, SourceError
from fanlight.state import Lease, schema

__all__ = ["SourceOutcome", "SyncOutcome", "sync"]

_MORE_TRIES = 3
"""Further tries, in a pass that must be complete, for what the vendor could not give at once."""

Progress = Callable[[str, str, int], None]
"""source, what, how many so far."""


@dataclass(slots=True)
class SourceOutcome:
    """What one pass over one source brought; `problem` is a sentence when it could not finish."""

    name: str
    streams: dict[str, Collected] = field(default_factory=dict)
    labelled: LabelledCounts = field(default_factory=LabelledCounts)
    problem: str = ""
    resumable: bool = True
    requests: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class SyncOutcome:
    """What a whole pass brought."""

    sources: list[SourceOutcome] = field(default_factory=list)
    concluded: Concluded | None = None

    @property
    def complete(self) -> bool:
        return all(not source.problem for source in self.sources)

    @property
    def changed(self) -> bool:
        """Whether anything new came that could change a conclusion."""
        return any(
            source.labelled.read or any(c.events or c.versions or c.grants for c in source.streams.values())
            for source in self.sources
        )


def sync(
    home: Home,
    names: Sequence[str] = (),
    *,
    until_caught_up: bool = True,
    only_due: bool = False,
    workers: int | None = None,
    say: Progress | None = None,
) -> SyncOutcome:
    """Collect from the named sources (all when none is named) and judge.

    `only_due` leaves out streams whose own interval has not passed. One source's failure does not stop the
    others. Raises `LeaseHeld` when another process works on a source, `ConnectionProblem` for an unknown name.
    """
    say = say or _silent
    connections = _choose(home, names)
    outcome = SyncOutcome()
    for connection in connections:
        if only_due and not _has_work(home, connection):
            continue
        outcome.sources.append(_sync_source(home, connection, until_caught_up, only_due, workers or _workers(), say))
    if only_due and not outcome.changed and is_judged(home):
        return outcome
    with KeptLease(home.state, "judge") as lease:
        outcome.concluded = conclude(home, lease.lease, lambda what, count: say("", what, count))
    return outcome


def _choose(home: Home, names: Sequence[str]) -> list[Connection]:
    connections = list_connections(home)
    known = {connection.name for connection in connections}
    for name in names:
        if name not in known:
            raise ConnectionProblem(f"There is no source named {name}; `fanlight source list` shows those there are.")
    chosen = [connection for connection in connections if not names or connection.name in names]
    if not chosen:
        raise ConnectionProblem("No source is connected yet; add one with `fanlight source add`.")
    return chosen


def _sync_source(
    home: Home, connection: Connection, until_caught_up: bool, only_due: bool, workers: int, say: Progress
) -> SourceOutcome:
    outcome = SourceOutcome(connection.name)

    def tell(what: str, count: int) -> None:
        say(connection.name, what, count)

    with KeptLease(home.state, f"source/{connection.name}") as kept:
        lease = kept.lease
        with home.state.tick(lease) as tick:
            note_state(tick, connection.name, "syncing", "")
        source: Source | None = None
        try:
            source = connect(home, connection)
            _walk(home, lease, source, outcome, until_caught_up, only_due, workers, tell)
        except SourceError as problem:
            outcome.problem = str(problem)
            outcome.resumable = problem.kind in ("unreachable", "unreadable")
        finally:
            if source is not None:
                for purpose, number in source.requests().items():
                    outcome.requests[purpose] = outcome.requests.get(purpose, 0) + number
                source.close()
            with home.state.tick(lease) as tick:
                state = "healthy" if not outcome.problem else "late" if outcome.resumable else "stopped"
                note_state(tick, connection.name, state, outcome.problem, outcome.requests)
        home.lake.compact(lease)
        home.lake.sweep(home.clock.now())
    return outcome


def _walk(
    home: Home,
    lease: Lease,
    source: Source,
    outcome: SourceOutcome,
    until_caught_up: bool,
    only_due: bool,
    workers: int,
    tell: Callable[[str, int], None],
) -> None:
    def due(stream: str, seconds: float) -> bool:
        return not only_due or _is_due(home, source.name, stream, seconds)

    for events in source.event_streams():
        if due(events.name, events.poll_seconds):
            outcome.streams[events.name] = collect_events(home, lease, source, events, tell)
    for snapshots in source.snapshot_streams():
        if due(snapshots.name, snapshots.every_seconds):
            outcome.streams[snapshots.name] = take_snapshots(home, lease, source, snapshots, tell)
    for inventory in source.inventory_streams():
        if due(inventory.name, inventory.poll_seconds):
            outcome.streams[inventory.name] = walk_inventory(home, lease, source, inventory, tell)
    if not next_refs(home.state, source.name, 1, None if until_caught_up else home.clock.now()):
        return
    with open_labeller(home) as labeller:
        for again in range(1 + (_MORE_TRIES if until_caught_up else 0)):
            counts = read_queue(
                home,
                lease,
                source,
                labeller,
                workers=workers,
                due_before=None if until_caught_up else home.clock.now(),
                limit=None,
                say=tell,
            )
            outcome.labelled.add(counts)
            if not counts.postponed:
                break
            home.clock.sleep(again)


def _has_work(home: Home, connection: Connection) -> bool:
    """Whether any stream's interval has passed or something waits to be read. A refused key is not tried again."""
    if connection.state == "stopped":
        return False
    if next_refs(home.state, connection.name, 1, home.clock.now()):
        return True
    try:
        source = connect(home, connection)
    except SourceError:
        return True  # the pass itself says what is wrong
    try:
        intervals = [(events.name, events.poll_seconds) for events in source.event_streams()]
        intervals += [(inventory.name, inventory.poll_seconds) for inventory in source.inventory_streams()]
        intervals += [(snapshots.name, snapshots.every_seconds) for snapshots in source.snapshot_streams()]
        return any(_is_due(home, connection.name, name, seconds) for name, seconds in intervals)
    finally:
        source.close()


def _is_due(home: Home, source: str, stream: str, seconds: float) -> bool:
    table = schema.cursors
    with home.state.view() as connection:
        last = connection.execute(
            select(table.c.updated_at).where(
                table.c.tenant == home.tenant, table.c.source == source, table.c.stream == stream
            )
        ).scalar()
    return last is None or home.clock.now() - last >= seconds * SECOND


def _silent(source: str, what: str, count: int) -> None:
    """No progress is asked for."""
    del source, what, count


def _workers() -> int:
    return max(2, min(4, os.cpu_count() or 2))
