"""The neighbours of the simulated company behind real sockets, and a collector that reads them as the real one does."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from fanlight.model import Micros, parse_time
from fanlight.pipeline.collect import sweep_windows
from fanlight.simulator import http
from fanlight.simulator.http import RunningSimulator
from fanlight.simulator.neighbours.site import NeighbourSite
from fanlight.simulator.world import World, build_world
from fanlight.sources.contract import Source, SourceContext, SourceError
from fanlight.sources.registry import find_kind
from support.source_fixtures import CONTENT_KEY, JumpingClock, Store, collect, stream_of

NOW = parse_time("2026-11-18T07:00:00Z")


@dataclass
class Vendors:
    """One company, its vendors, and connections to them."""

    world: World
    running: RunningSimulator
    clock: JumpingClock
    opened: list[Source] = field(default_factory=list)

    def site(self, kind: str) -> NeighbourSite:
        """The fake vendor itself, for what it would serve."""
        return self.running._neighbours[kind]

    def connect(self, kind: str, **options: str) -> Any:
        """A source of that kind with the settings the vendor gives; `key` and `token` are references to secrets."""
        settings = {**self.running.neighbour_settings(kind), "rate": "600000", "first_wait": "0.02"}
        secrets = {f"env:{name}": settings[name] for name in ("key", "token") if name in settings}

        def read_secret(reference: str) -> str:
            if reference.startswith("literal:"):
                return reference.removeprefix("literal:")
            if reference not in secrets:
                raise SourceError(f"There is no key at {reference}.", kind="credential")
            return secrets[reference]

        named = {reference.removeprefix("env:"): reference for reference in secrets}
        context = SourceContext(
            tenant="default",
            name=kind,
            clock=self.clock,
            content_key=CONTENT_KEY,
            read_secret=read_secret,
            options={**settings, **named, **options},
        )
        source = find_kind(kind).connect(context)
        self.opened.append(source)
        return source

    def hold_back(self, kind: str, since: Micros, until: Micros, by: Micros) -> None:
        """Let a vendor show what happened in a stretch only so long after it happened."""
        self.running._call(lambda: self.site(kind).hold_back(since, until, by))

    def advance(self, by: Micros) -> None:
        """Let time pass for the company and for the collector."""
        self.running.advance(by / 1_000_000)
        self.clock.sleep(by / 1_000_000)


@pytest.fixture(scope="module")
def company() -> World:
    """Size S; the tests of a module share it and let it go on."""
    return build_world(seed=5, size="S", now=NOW)


@pytest.fixture
def vendors(company: World) -> Iterator[Vendors]:
    """All neighbours without a rate limit."""
    yield from _served(company)


@pytest.fixture
def morning_vendors() -> Iterator[Vendors]:
    """The same on a morning of its own: what is counted there does not depend on the tests before."""
    yield from _served(build_world(seed=5, size="S", now=NOW))


def _served(company: World) -> Iterator[Vendors]:
    with http.serve(company, rate=0, wait_seconds=0, drip_seconds=0.02) as running:
        made = Vendors(company, running, JumpingClock(company.now))
        yield made
        for source in made.opened:
            source.close()


def newest_of(store: Store) -> Micros | None:
    """What the collector keeps beside the cursor."""
    return max((row.occurred_at for row in store.rows.values()), default=None)


def walk(source: Any, name: str, store: Store, dice: random.Random | None = None, *, kills: int = 20) -> None:
    """Walk one log to its end; with `dice` the walk dies up to so many times on the way, each before a commit."""
    before = store.kills
    while True:
        stream = stream_of(source.event_streams(), name)
        if collect(stream, store, kill=dice if store.kills - before < kills else None):
            return


def sweep(source: Any, name: str, store: Store, now: Micros) -> None:
    """Look for rows that appeared behind the walk, in the windows in which the collector does."""
    stream = stream_of(source.event_streams(), name)
    reached = max(now, newest_of(store) or 0)
    for since, until in sweep_windows(reached if store.looked is None else store.looked, reached):
        for page in stream.sweep(since, until):
            found = {row.event_id: row for row in page.events if row.event_id not in store.rows}
            store.swept |= set(found)
            store.commit(name, found, None)
    store.looked = reached


def read_pass(
    connect: Callable[[], Any], stores: dict[str, Store], now: Callable[[], Micros], dice: random.Random | None = None
) -> None:
    """One pass over every log as the collector does it: walk (perhaps killed), walk on, then sweep behind."""
    source = connect()
    for stream in source.event_streams():
        store = stores.setdefault(stream.name, Store())
        began = now()
        walk(source, stream.name, store, dice)
        sweep(source, stream.name, store, began)
