"""Collecting: each page's rows and its cursor become visible in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from fanlight.enrich.client import client_label
from fanlight.model import DAY, HOUR, MINUTE, Event, Match, Micros, Reading
from fanlight.pipeline.duplicates import fresh_events, keep_keys, prune_keys
from fanlight.pipeline.erasing import Refusal
from fanlight.pipeline.fields import FieldLabels
from fanlight.pipeline.heads import Listing, compare_grants, compare_objects
from fanlight.pipeline.home import Home
from fanlight.pipeline.notices import note
from fanlight.pipeline.queue import enqueue, raise_weight
from fanlight.profiles.rollups import compute
from fanlight.sources.contract import (
    CursorRefused,
    EventStream,
    InventoryStream,
    Notice,
    Snapshot,
    SnapshotStream,
    Source,
)
from fanlight.state import Lease, schema

__all__ = [
    "SWEEP",
    "SWEEP_EVERY",
    "Collected",
    "collect_events",
    "commit_events",
    "sweep_windows",
    "take_snapshots",
    "walk_inventory",
]

SWEEP: Micros = 4 * HOUR
"""How far a sweep looks behind a walked stretch for rows that were indexed late (reference/sources.md 1.4)."""

SWEEP_EVERY: Micros = HOUR
"""How often it does while Fanlight runs: a vendor's hour of requests is not for reading the same rows each minute."""

_NAMED_WEIGHT = 10.0
"""Above what any source gives: what somebody touched within a day may decide a finding, so it is read first."""

_SNAPSHOTS_A_TICK = 200
_MAX_CURSOR_RESTARTS = 3

Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Collected:
    """What one pass over a source brought."""

    events: int = 0
    duplicates: int = 0
    late: int = 0
    versions: int = 0
    grants: int = 0
    queued: int = 0
    pages: int = 0
    notices: list[Notice] = field(default_factory=list)

    def add(self, other: Collected) -> None:
        """Count another walk over the same stream."""
        for name in ("events", "duplicates", "late", "versions", "grants", "queued", "pages"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.notices.extend(other.notices)


def commit_events(
    home: Home,
    lease: Lease,
    source: str,
    stream: str,
    events: Sequence[Event],
    cursor: str | None,
    *,
    caught_up: bool = False,
    move_cursor: bool = True,
    notices: Sequence[Notice] = (),
    label: Callable[[Sequence[Event]], Sequence[Match | Reading]] | None = None,
) -> int:
    """Store what is new of a page, its rollups and its cursor in one transaction; returns how many were new.

    `label` is asked for the labels of what was taken out of the new events; they are part of the transaction.
    """
    now = home.clock.now()
    fresh = Refusal(home).keep_events(fresh_events(home.lake, events, now))
    segments = home.lake.stage([*fresh, *(label(fresh) if label is not None and fresh else ())])
    segments += home.lake.stage_table("rollups", compute(fresh, client_label)) if fresh else []
    newest = max((event.occurred_at for event in events), default=None)
    with home.state.tick(lease) as tick:
        keep_keys(tick, fresh)
        tick.add_segments(segments)
        raise_weight(tick, _touched(fresh, now - DAY), _NAMED_WEIGHT)
        if move_cursor:
            tick.set_cursor(source, stream, cursor, rows=len(fresh), newest_at=newest, caught_up=caught_up)
        note(tick, source, notices)
    return len(fresh)


def _touched(events: Sequence[Event], since: Micros) -> list[str]:
    """Ids of chats and other objects that recent events name."""
    recent = (event for event in events if event.occurred_at >= since)
    return sorted({name for event in recent for name in (event.chat_id, event.target_id) if name})


def collect_events(
    home: Home, lease: Lease, source: Source, stream: EventStream, say: Progress, *, sweep_every: Micros = 0
) -> Collected:
    """Walk a feed from its cursor to its end, then sweep behind the stretches walked before and now.

    `sweep_every` leaves the sweep to a later pass while the last one is younger; that pass looks at all of them. What
    was taken out of events (file names, titles) is labelled in memory on the way.
    """
    with FieldLabels(home) as labels:
        return _collect(home, lease, source, stream, labels, say, sweep_every)


def _collect(
    home: Home,
    lease: Lease,
    source: Source,
    stream: EventStream,
    labels: FieldLabels,
    say: Progress,
    sweep_every: Micros,
) -> Collected:
    done = Collected()
    before = _newest(home, source.name, stream.name)
    walked = max(home.clock.now(), before or 0)
    mark = f"swept/{source.name}/{stream.name}"
    swept, interrupted = _swept(home, mark)
    if swept is None:
        swept = walked if before is None else before
    with home.state.tick(lease) as tick:
        tick.set_fact(mark, f"{swept}+")
    restarts = 0
    while True:
        try:
            for page in stream.pages(home.state.cursor(source.name, stream.name)):
                new = commit_events(
                    home, lease, source.name, stream.name, page.events, page.cursor,
                    caught_up=not page.more, notices=page.notices, label=labels.of(source.name, page),
                )  # fmt: skip
                done.pages += 1
                done.events += new
                done.duplicates += len(page.events) - new
                done.notices.extend(page.notices)
                say(stream.name, done.events)
            break
        except CursorRefused:
            restarts += 1
            if restarts > _MAX_CURSOR_RESTARTS:
                raise
            _restart(home, lease, source, stream, before)
    reached = max(walked, _newest(home, source.name, stream.name) or 0)
    due = before is None or reached - swept >= sweep_every
    for since, until in sweep_windows(swept, reached, whole=interrupted) if due else ():
        _sweep(home, lease, source, stream, (since, until), labels, done)
    with home.state.tick(lease) as tick:
        if due:
            tick.set_fact(mark, str(reached))
        prune_keys(tick)
    return done


def take_snapshots(home: Home, lease: Lease, source: Source, stream: SnapshotStream, say: Progress) -> Collected:
    """Read full lists and store what changed since the last time."""
    done = Collected()
    batch: list[Snapshot] = []
    for snapshot in stream.take():
        batch.append(snapshot)
        if len(batch) >= _SNAPSHOTS_A_TICK:
            _commit_snapshots(home, lease, source.name, batch, done)
            say(stream.name, done.versions + done.grants)
            batch = []
    _commit_snapshots(home, lease, source.name, batch, done)
    say(stream.name, done.versions + done.grants)
    with home.state.tick(lease) as tick:
        tick.set_cursor(source.name, stream.name, None, rows=done.versions + done.grants, caught_up=True)
    return done


def walk_inventory(home: Home, lease: Lease, source: Source, stream: InventoryStream, say: Progress) -> Collected:
    """Walk content-bearing objects: their metadata now, their content into the queue."""
    done = Collected()
    for page in stream.pages(home.state.cursor(source.name, stream.name)):
        now = home.clock.now()
        scope = f"{source.name}/{stream.name}"
        refusal = Refusal(home)
        listed = Listing(scope, refusal.keep_objects(page.objects), complete=False)
        held = Listing(scope, refusal.keep_grants(page.grants), complete=False)
        objects = compare_objects(home.state, [listed], now)
        grants = compare_grants(home.state, [held], now)
        segments = home.lake.stage([*objects.rows, *grants.rows])
        with home.state.tick(lease) as tick:
            objects.commit(tick)
            grants.commit(tick)
            tick.add_segments(segments)
            done.queued += enqueue(tick, source.name, refusal.keep_refs(page.refs))
            tick.set_cursor(source.name, stream.name, page.cursor, rows=len(page.objects), caught_up=not page.more)
            note(tick, source.name, page.notices)
        done.pages += 1
        done.versions += len(objects.rows)
        done.notices.extend(page.notices)
        say(stream.name, done.versions)
    return done


def _commit_snapshots(home: Home, lease: Lease, source: str, batch: Sequence[Snapshot], done: Collected) -> None:
    if not batch:
        return
    now = home.clock.now()
    names = [f"{source}/{snapshot.scope}" for snapshot in batch]
    refusal = Refusal(home)
    objects = compare_objects(
        home.state,
        [
            Listing(name, refusal.keep_objects(taken.objects), complete=True)
            for name, taken in zip(names, batch, strict=True)
        ],
        now,
    )
    grants = compare_grants(
        home.state,
        [
            Listing(name, refusal.keep_grants(taken.grants), complete=True)
            for name, taken in zip(names, batch, strict=True)
        ],
        now,
    )
    notices = [notice for snapshot in batch for notice in snapshot.notices]
    done.notices.extend(notices)
    if not objects.rows and not grants.rows and not notices:
        return
    segments = home.lake.stage([*objects.rows, *grants.rows])
    with home.state.tick(lease) as tick:
        objects.commit(tick)
        grants.commit(tick)
        tick.add_segments(segments)
        note(tick, source, notices)
    done.versions += len(objects.rows)
    done.grants += len(grants.rows)


def _swept(home: Home, mark: str) -> tuple[Micros | None, bool]:
    """Up to which time late rows were looked for, and whether a pass began since and did not end."""
    text = home.state.fact(mark)
    return (None, False) if text is None else (int(text.rstrip("+")), text.endswith("+"))


def sweep_windows(swept: Micros, reached: Micros, *, whole: bool = False) -> Iterator[tuple[Micros, Micros]]:
    """Closed stretches to read again: behind the last pass that ended, and behind this one.

    What counts is when somebody looked, not the newest event: in a quiet night a walk passes a row that is shown only
    later and is newer than every row known. A pass that was interrupted (`whole`) may have walked over any of it.
    """
    if not whole and swept < reached - 2 * SWEEP:
        yield swept - SWEEP, swept + MINUTE
        yield reached - SWEEP, reached + MINUTE
    else:
        yield min(swept, reached) - SWEEP, reached + MINUTE


def _sweep(
    home: Home,
    lease: Lease,
    source: Source,
    stream: EventStream,
    window: tuple[Micros, Micros],
    labels: FieldLabels,
    done: Collected,
) -> None:
    for page in stream.sweep(*window):
        events = [replace(event, late=True) for event in page.events]
        label = labels.of(source.name, page)
        new = commit_events(home, lease, source.name, stream.name, events, None, move_cursor=False, label=label)
        done.late += new
        done.events += new


def _restart(home: Home, lease: Lease, source: Source, stream: EventStream, newest: Micros | None) -> None:
    """The vendor refused the cursor: begin again; what is stored is recognised, and the gap is said."""
    now = home.clock.now()
    with home.state.tick(lease) as tick:
        tick.set_cursor(source.name, stream.name, None)
        note(
            tick,
            source.name,
            [
                Notice(
                    kind="cursor",
                    sentence=f"The vendor no longer accepted the position in {stream.name}; it is read again from the "
                    "start, and rows already stored are recognised.",
                    at=now,
                    since=newest,
                )
            ],
        )


def _newest(home: Home, source: str, stream: str) -> Micros | None:
    table = schema.cursors
    with home.state.view() as connection:
        return connection.execute(
            select(table.c.newest_at).where(
                table.c.tenant == home.tenant, table.c.source == source, table.c.stream == stream
            )
        ).scalar()
