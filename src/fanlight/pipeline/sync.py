"""One pass over the sources: directories, feed, inventory, content; then identities, rules and posture."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from sqlalchemy import select

from fanlight.model import MINUTE, SECOND, Micros
from fanlight.pipeline.collect import SWEEP_EVERY, Collected, collect_events, take_snapshots, walk_inventory
from fanlight.pipeline.conclude import Concluded, conclude, posture_of
from fanlight.pipeline.connections import Connection, ConnectionProblem, connect, list_connections, note_state
from fanlight.pipeline.content import LabelledCounts, read_queue
from fanlight.pipeline.home import Home
from fanlight.pipeline.judging import is_judged
from fanlight.pipeline.labelling import open_labeller
from fanlight.pipeline.lateness import keep_intervals
from fanlight.pipeline.leases import KeptLease
from fanlight.pipeline.notices import note
from fanlight.pipeline.queue import next_refs
from fanlight.sources.contract import Notice, Source, SourceError
from fanlight.state import Lease, LeaseLost, schema

__all__ = ["SourceOutcome", "SyncOutcome", "has_work", "sync", "sync_source"]

_MORE_TRIES = 3
"""Further tries, in a pass that must be complete, for what the vendor could not give at once."""

_CONTENT_TURN: Micros = 2 * MINUTE
_LOOK_AT_FEED_SECONDS = 1.0

Progress = Callable[[str, str, int], None]
"""source, what, how many so far."""

Stop = Callable[[], bool]
"""Whether to end at the next point where nothing is lost."""


@dataclass(slots=True)
class SourceOutcome:
    """What one pass over one source brought; `problem` is a sentence when it could not finish."""

    name: str
    streams: dict[str, Collected] = field(default_factory=dict)
    labelled: LabelledCounts = field(default_factory=LabelledCounts)
    problem: str = ""
    resumable: bool = True
    refused: dict[str, str] = field(default_factory=dict)
    """Streams that the key does not open, with the reason, while it opens others."""
    requests: dict[str, int] = field(default_factory=dict)

    def add(self, stream: str, found: Collected) -> None:
        """Count what one more walk over a stream brought."""
        if stream in self.streams:
            self.streams[stream].add(found)
        else:
            self.streams[stream] = found


@dataclass(slots=True)
class SyncOutcome:
    """What a whole pass brought."""

    sources: list[SourceOutcome] = field(default_factory=list)
    concluded: Concluded | None = None
    failed_checks: int = 0
    """Posture checks that fail for at least one thing."""

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
        if only_due and not has_work(home, connection):
            continue
        outcome.sources.append(
            sync_source(home, connection, until_caught_up=until_caught_up, only_due=only_due, workers=workers, say=say)
        )
    if only_due and not outcome.changed and is_judged(home):
        return outcome
    with KeptLease(home.state, "judge") as lease:
        outcome.concluded = conclude(home, lease.lease, lambda what, count: say("", what, count))
    outcome.failed_checks = len({result.check for result in posture_of(home) if result.status == "fail"})
    say("", "posture", outcome.failed_checks)
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


def sync_source(
    home: Home,
    connection: Connection,
    *,
    until_caught_up: bool,
    only_due: bool,
    workers: int | None = None,
    say: Progress | None = None,
    stop: Stop | None = None,
) -> SourceOutcome:
    """One pass over one source. With `only_due` its events are asked for again and again while the rest is read.

    A failure of the source is the outcome's `problem`. Raises `LeaseHeld` when another process works on it.
    """
    say, stop = say or _silent, stop or _never
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
            keep_intervals(home, lease, source)
            work = _Pass(home, lease, source, outcome, until_caught_up, only_due, workers or _workers(), tell, stop)
            work.walk_beside_events() if only_due else work.walk()
            if set(outcome.refused) >= _stream_names(source):
                outcome.problem, outcome.resumable = next(iter(outcome.refused.values())), False
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


def _stream_names(source: Source) -> set[str]:
    names = {events.name for events in source.event_streams()}
    names |= {inventory.name for inventory in source.inventory_streams()}
    return names | {snapshots.name for snapshots in source.snapshot_streams()}


class _Named(Protocol):
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass over one source, under its lease."""

    home: Home
    lease: Lease
    source: Source
    outcome: SourceOutcome
    until_caught_up: bool
    only_due: bool
    workers: int
    tell: Callable[[str, int], None]
    stop: Stop

    def walk(self) -> None:
        """Events first, then who and what there is, then what it holds."""
        self.collect_events()
        self.read_rest(self.stop)

    def walk_beside_events(self) -> None:
        """The same, with events asked for at their own interval meanwhile: a backlog of days must not hide an alarm."""
        self.collect_events()
        over, problems = threading.Event(), list[SourceError | LeaseLost]()
        failed = threading.Event()

        def read_rest() -> None:
            try:
                self.read_rest(lambda: failed.is_set() or self.stop())
            except (SourceError, LeaseLost) as problem:
                problems.append(problem)
            finally:
                over.set()

        rest = threading.Thread(target=read_rest, name=f"rest-{self.source.name}")
        rest.start()
        try:
            while not over.wait(_LOOK_AT_FEED_SECONDS):
                self.collect_events()
        except BaseException:
            failed.set()
            raise
        finally:
            rest.join()
        if problems:
            raise problems[0]

    def collect_events(self) -> None:
        """Every stream of events that is due."""
        for events in self.source.event_streams():
            if not self.stop() and self._is_due(events.name, events.poll_seconds):
                every = SWEEP_EVERY if self.only_due else 0
                read = partial(collect_events, say=self.tell, sweep_every=every)
                self._try(events, read)

    def read_rest(self, stop: Stop) -> None:
        """Directories, inventories and content; while running, content only until an inventory is due again."""
        for snapshots in self.source.snapshot_streams():
            if not stop() and self._is_due(snapshots.name, snapshots.every_seconds):
                self._try(snapshots, partial(take_snapshots, say=self.tell))
        for inventory in self.source.inventory_streams():
            if not stop() and self._is_due(inventory.name, inventory.poll_seconds):
                self._try(inventory, partial(walk_inventory, say=self.tell))
        if not stop() and next_refs(self.home.state, self.source.name, 1, self._due_before()):
            began = self.home.clock.now()
            self._read_content(lambda: stop() or (self._had_its_turn(began) and self._is_inventory_due()))

    def _try(self, stream: _Named, read: Callable[[Home, Lease, Source, Any], Collected]) -> None:
        """One walk over a stream. A key that does not open it may open the others, so these are still read."""
        try:
            self.outcome.add(stream.name, read(self.home, self.lease, self.source, stream))
        except SourceError as problem:
            if problem.kind != "refused":
                raise
            self.outcome.refused[stream.name] = str(problem)
            told = Notice(kind="coverage", sentence=str(problem), at=self.home.clock.now())
            cursor = self.home.state.cursor(self.source.name, stream.name)
            with self.home.state.tick(self.lease) as tick:
                # Asked as often as promised: what is not seen is said by the notice, and nothing is late.
                tick.set_cursor(self.source.name, stream.name, cursor, caught_up=True)
                note(tick, self.source.name, [told])

    def _read_content(self, stop: Stop) -> None:
        with open_labeller(self.home) as labeller:
            for again in range(1 + (_MORE_TRIES if self.until_caught_up else 0)):
                counts = read_queue(
                    self.home,
                    self.lease,
                    self.source,
                    labeller,
                    workers=self.workers,
                    due_before=self._due_before(),
                    stop=stop,
                    say=self.tell,
                )
                self.outcome.labelled.add(counts)
                if not counts.postponed or stop():
                    break
                self.home.clock.sleep(again)

    def _due_before(self) -> Micros | None:
        return None if self.until_caught_up else self.home.clock.now()

    def _had_its_turn(self, began: Micros) -> bool:
        """Where walking the inventories takes longer than their interval, content would else never be read."""
        return self.only_due and self.home.clock.now() - began >= _CONTENT_TURN

    def _is_inventory_due(self) -> bool:
        return any(self._is_due(one.name, one.poll_seconds) for one in self.source.inventory_streams())

    def _is_due(self, stream: str, seconds: float) -> bool:
        return not self.only_due or _is_due(self.home, self.source.name, stream, seconds)


def has_work(home: Home, connection: Connection) -> bool:
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


def _never() -> bool:
    return False


def _workers() -> int:
    return max(2, min(4, os.cpu_count() or 2))
