"""Group commit: whatever waits is stored in one transaction, and only then is each sender answered.

A commit syncs files and the state database; it costs tens of milliseconds however many rows it holds. So batches are
gathered while the one before is written, and the rate of events does not depend on the rate of commits. The more came
last time, the longer is gathered: a quiet sender is answered at once, and a busy one does not pay for ten commits a
second.
"""

from __future__ import annotations

import fcntl
import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import IntegrityError, OperationalError

from fanlight.enrich.client import client_label
from fanlight.inputs.batch import Batch
from fanlight.lake.tables import TABLES
from fanlight.lake.write import arrow_of
from fanlight.model import Event, Match, Reading
from fanlight.pipeline.duplicates import fresh_by_key, keep_keys
from fanlight.pipeline.erasing import Refusal
from fanlight.pipeline.home import Home
from fanlight.pipeline.notices import note
from fanlight.profiles.rollups import FEW, compute
from fanlight.state import Lease, LeaseLost, Segment

__all__ = ["Committer", "commit_batches"]

_MOST = 20_000
"""Events in one commit."""

_LINGER_SECONDS = 0.1
"""How long the first batch waits for company when little comes."""

_LONGEST = 6
"""How many times longer it waits at the most when much comes."""

_MUCH = 500
"""Events in one commit from which the next one waits longer."""

_TRIES = 3

_Waiting = tuple[Batch, "Future[int]"]


class Committer:
    """A thread that commits what is offered. `broken` is set when nothing can be stored any more."""

    def __init__(self, home: Home, lease: Lease, *, linger: float = _LINGER_SECONDS, most: int = _MOST) -> None:
        self._home = home
        self._lease = lease
        self._linger = self._shortest = linger
        self._most = most
        self._offered: queue.Queue[_Waiting | None] = queue.Queue()
        self.broken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="commit", daemon=True)
        self._thread.start()

    def offer(self, batch: Batch) -> Future[int]:
        """Ask for a batch to be stored; the future gives how many of its events were new, after the commit."""
        promised: Future[int] = Future()
        self._offered.put((batch, promised))
        return promised

    def close(self) -> None:
        """Store what was offered, then end."""
        self._offered.put(None)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        ended = False
        while not ended:
            group: list[_Waiting] = []
            first = self._offered.get()
            if first is None:
                return
            group.append(first)
            ended = self._gather(group)
            self._store(group)

    def _gather(self, group: list[_Waiting]) -> bool:
        """Take what else waits; true when this is the last group."""
        number = len(group[0][0].events)
        until = time.monotonic() + self._linger
        ended = False
        while number < self._most:
            try:
                further = self._offered.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if further is None:
                ended = True
                break
            group.append(further)
            number += len(further[0].events)
        longer = self._linger * 2 if number > _MUCH else self._shortest
        self._linger = min(longer, self._shortest * _LONGEST)
        return ended

    def _store(self, group: Sequence[_Waiting]) -> None:
        try:
            numbers = commit_batches(self._home, self._lease, [batch for batch, _ in group])
        except LeaseLost as problem:
            self.broken.set()
            _fail(group, problem)
        except (OSError, OperationalError) as problem:
            _fail(group, problem)
        except Exception as problem:  # noqa: BLE001 - one batch that cannot be stored must not hold up the others
            if len(group) == 1:
                _fail(group, problem)
                return
            for one in group:
                self._store([one])
        else:
            for (_, promised), number in zip(group, numbers, strict=True):
                if promised.set_running_or_notify_cancel():
                    promised.set_result(number)


def _fail(group: Sequence[_Waiting], problem: Exception) -> None:
    for _, promised in group:
        if promised.set_running_or_notify_cancel():
            promised.set_exception(problem)


def commit_batches(home: Home, lease: Lease, batches: Sequence[Batch]) -> list[int]:
    """Store what is new of all batches in one transaction; returns for each how many of its events were new.

    Raises `LeaseLost`, `OSError` and what the state database raises; nothing is stored then.
    """
    with _turn(home.path):
        for attempt in range(_TRIES):
            try:
                return _commit(home, lease, batches)
            except IntegrityError:  # a collector stored one of these events meanwhile; now it is known
                if attempt == _TRIES - 1:
                    raise
    raise AssertionError("not reached")


def _commit(home: Home, lease: Lease, batches: Sequence[Batch]) -> list[int]:
    events = [event for batch in batches for event in batch.events]
    fresh = fresh_by_key(home.lake, events, home.clock.now()) if events else {}
    keys = {id(event): key for key, event in fresh.items()}
    new: list[Event] = Refusal(home).keep_events(list(fresh.values())) if events else []
    kept = {id(event) for event in new}
    segments: list[Segment] = []
    if new:
        rows = arrow_of(TABLES["events"], new)
        segments += home.lake.stage_table("events", rows)
        counted = new if len(new) <= FEW else rows
        segments += home.lake.stage_table("rollups", compute(counted, client_label))
    facts: list[Match | Reading] = []
    for batch in batches:
        if batch.facts:
            for event in batch.events:
                if id(event) in kept:
                    facts.extend(batch.facts.get(event.event_id, ()))
    segments += home.lake.stage(facts)
    numbers = [sum(1 for event in batch.events if id(event) in kept) for batch in batches]
    with home.state.tick(lease) as tick:
        keep_keys(tick, new, keys)
        tick.add_segments(segments)
        for (source, stream), (cursor, number, newest) in _streams(batches, numbers).items():
            tick.set_cursor(source, stream, cursor, rows=number, newest_at=newest, caught_up=True)
        for batch in batches:
            note(tick, batch.source, batch.notices)
    return numbers


def _streams(
    batches: Sequence[Batch], numbers: Sequence[int]
) -> dict[tuple[str, str], tuple[str | None, int, int | None]]:
    """Each stream's last position, new rows and newest time."""
    streams: dict[tuple[str, str], tuple[str | None, int, int | None]] = {}
    for batch, number in zip(batches, numbers, strict=True):
        cursor, rows, newest = streams.get((batch.source, batch.stream), (None, 0, None))
        times = [event.occurred_at for event in batch.events]
        if newest is not None:
            times.append(newest)
        streams[(batch.source, batch.stream)] = (batch.cursor or cursor, rows + number, max(times, default=None))
    return streams


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One commit of inputs at a time over all processes; the lock falls with its holder, however that ends."""
    handle = os.open(folder / "inputs.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
