"""How far back a judgement looks.

A source's first look reaches a month back, and stays open until everything that was waiting to be read when the source
was first read to its end is labelled: until then labels still arrive for events anywhere in that month. After that only
the last days are judged again.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from fanlight.model import DAY, Micros
from fanlight.pipeline.home import Home
from fanlight.state import Tick, schema

__all__ = ["FIRST_LOOK", "REJUDGED", "Window", "choose_window", "close_first_looks"]

REJUDGED: Micros = 7 * DAY
"""How far back facts learned late (labels, grants, places, rows) change a judgement."""

FIRST_LOOK: Micros = 30 * DAY
"""How much of the history before a connection is judged; the rest only teaches what is usual."""

_LONGEST: Micros = 7 * DAY
"""A first look ends this long after the connection even when something could still not be read."""


@dataclass(frozen=True, slots=True)
class Window:
    """[since, until) to judge now."""

    since: Micros
    until: Micros
    looked: tuple[str, ...] = ()
    """Sources whose first look is complete with this judgement."""


def choose_window(home: Home) -> Window:
    """The window to judge now. Ask before the facts are read: what it takes for read must be among them."""
    until = home.clock.now() + 1
    judged_to = home.state.fact("judged_to")
    since = until - FIRST_LOOK if judged_to is None else min(int(judged_to), until) - REJUDGED
    looked: list[str] = []
    sources, queue = schema.sources, schema.content_queue
    with home.state.view() as connection:
        known = connection.execute(select(sources).where(sources.c.tenant == home.tenant)).all()
        oldest = {
            row.source: row.at
            for row in connection.execute(
                select(queue.c.source, func.min(queue.c.queued_at).label("at"))
                .where(queue.c.tenant == home.tenant, queue.c.state == "pending")
                .group_by(queue.c.source)
            )
        }
    for source in known:
        if source.connected_at is None or home.state.fact(_name(source.name)) is not None:
            continue
        since = min(since, source.connected_at - FIRST_LOOK)
        waiting = oldest.get(source.name)
        is_read = source.first_sync_at is not None and (waiting is None or waiting > source.first_sync_at)
        if is_read or home.clock.now() - source.connected_at > _LONGEST:
            looked.append(source.name)
    return Window(since, until, tuple(looked))


def close_first_looks(tick: Tick, window: Window) -> None:
    """Remember, in the tick that stores a judgement, which first looks it completed."""
    for source in window.looked:
        tick.set_fact(_name(source), "done")


def _name(source: str) -> str:
    return f"first_look/{source}"
