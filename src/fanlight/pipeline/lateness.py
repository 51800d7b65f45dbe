"""Which sources are late, by what each stream promised: one that is asked once a day is not late after an hour."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from fanlight.model import MINUTE, SECOND, Micros, format_time
from fanlight.pipeline.home import Home
from fanlight.sources.contract import Source
from fanlight.state import Lease, schema

__all__ = ["Lateness", "keep_intervals", "late_sources"]

_AT_LEAST: Micros = 15 * MINUTE
_TIMES = 3
"""A stream is late when it was not read to its end for three of its own intervals, and at least 15 minutes."""
_AT_WORK: Micros = 5 * MINUTE
_FACT = "intervals/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """A source with streams that are late."""

    streams: tuple[str, ...]
    """Longest late first."""
    since: Micros
    """When the first of them was last read to its end."""
    asked_at: Micros
    """When any of them was last asked."""
    collecting: bool
    """Whether something is being collected, from this source or another."""
    asked_lately: bool
    """Whether all of them are asked as they should be, and only their end is not reached."""

    @property
    def sentence(self) -> str:
        """What is known of it, and no more."""
        names = ", ".join(self.streams[:3]) + (" and others" if len(self.streams) > 3 else "")
        told = f"Not read to the end since {_told(self.since)} ({names})"
        if self.asked_lately:
            return f"{told}; it is being asked, last at {_told(self.asked_at)}."
        if self.collecting:
            return f"{told}; last asked at {_told(self.asked_at)}, while collecting is at work."
        return f"{told}; nothing is being collected from any source now: is `fanlight up` running?"


def keep_intervals(home: Home, lease: Lease, source: Source) -> None:
    """Remember how often each stream of a source is to be asked, for those who have no connection to it."""
    seconds = {events.name: events.poll_seconds for events in source.event_streams()}
    seconds |= {inventory.name: inventory.poll_seconds for inventory in source.inventory_streams()}
    seconds |= {snapshots.name: snapshots.every_seconds for snapshots in source.snapshot_streams()}
    text = json.dumps(seconds, sort_keys=True)
    if home.state.fact(_FACT + source.name) != text:
        with home.state.tick(lease) as tick:
            tick.set_fact(_FACT + source.name, text)


def late_sources(home: Home) -> Mapping[str, Lateness]:
    """Source to what is late in it; a source that is not late is not in it.

    A stream that its source no longer has is not late. Before the first pass intervals are not known, and 15 minutes
    count.
    """
    now = home.clock.now()
    facts, cursors, leases = schema.facts, schema.cursors, schema.leases
    with home.state.view() as connection:
        kept = connection.execute(
            select(facts.c.name, facts.c.value).where(facts.c.tenant == home.tenant, facts.c.name.startswith(_FACT))
        ).all()
        rows = connection.execute(select(cursors).where(cursors.c.tenant == home.tenant)).all()
        held = connection.execute(
            select(leases.c.name).where(
                leases.c.tenant == home.tenant, leases.c.name.startswith("source/"), leases.c.expires_at > now
            )
        ).first()
    intervals: dict[str, dict[str, float]] = {row.name.removeprefix(_FACT): json.loads(row.value) for row in kept}
    collecting = held is not None or any(now - row.updated_at < _AT_WORK for row in rows)
    found: dict[str, Lateness] = {}
    for source in {row.source for row in rows}:
        allowed = {
            row.stream: _allowed(intervals.get(source), row.stream) for row in rows if row.source == source
        }  # fmt: skip
        late = sorted(
            (row for row in rows
             if row.source == source and row.caught_up_at is not None
             and (most := allowed[row.stream]) is not None and now - row.caught_up_at > most),
            key=lambda row: row.caught_up_at,
        )  # fmt: skip
        if late:
            found[source] = Lateness(
                streams=tuple(row.stream for row in late),
                since=late[0].caught_up_at,
                asked_at=max(row.updated_at for row in late),
                collecting=collecting,
                asked_lately=all(now - row.updated_at <= (allowed[row.stream] or 0) for row in late),
            )
    return found


def _allowed(intervals: Mapping[str, float] | None, stream: str) -> Micros | None:
    """How old the end of a stream may be; None for one that is no longer asked."""
    if intervals is None:
        return _AT_LEAST
    if stream not in intervals:
        return None
    return max(_AT_LEAST, int(_TIMES * intervals[stream] * SECOND))


def _told(at: Micros) -> str:
    return f"{format_time(at)[:16]}Z"
