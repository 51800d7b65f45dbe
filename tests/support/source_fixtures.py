"""A tiny company behind the fake vendors' real sockets, a clock that can jump, and a collector of ten lines."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from fanlight.model import Micros
from fanlight.simulator.http.running import RunningSimulator, serve
from fanlight.sources.contract import Notice, Source, SourceContext, SourceError
from fanlight.sources.registry import find_kind
from support.vendor_world import NOW, SECRET, TinyWorld

CONTENT_KEY = b"a tenant's key of 32 bytes.....!"


class JumpingClock:
    """Starts at the world's now; sleeping takes no real time."""

    def __init__(self, at: Micros = NOW) -> None:
        self._at = at
        self._lock = threading.Lock()
        self.slept = 0.0

    def now(self) -> Micros:
        with self._lock:
            return self._at

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._at += int(seconds * 1_000_000)
            self.slept += seconds


@dataclass
class Store:
    """What a collector has committed: rows by key, and the cursor of each stream, in one step a page."""

    rows: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    cursors: dict[str, str] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    kills: int = 0
    """Walks that ended before a commit."""
    looked: Micros | None = None
    """Up to when late rows were looked for."""
    swept: set[str] = field(default_factory=set)
    """Ids that no walk brought, only a sweep."""

    def commit(self, stream: str, rows: dict[str, Any], cursor: str | None, notices: Any = ()) -> None:
        self.seen += len(rows)
        self.rows.update(rows)
        self.notices.extend(notices)
        if cursor:
            self.cursors[stream] = cursor


def collect(stream: Any, store: Store, *, kill: random.Random | None = None) -> bool:
    """One walk; with `kill` it may die before a commit. True when the walk ended by itself."""
    for page in stream.pages(store.cursors.get(stream.name)):
        if kill is not None and kill.random() < 0.4:
            store.kills += 1
            return False
        rows = getattr(page, "events", None)
        if rows is not None:
            found = {row.event_id: row for row in rows}
        else:
            found = {row.object_id: row for row in page.objects}
        store.commit(stream.name, found, page.cursor, page.notices)
        if not page.more:
            return True
    return True


@pytest.fixture
def world() -> TinyWorld:
    """The company before anything was changed."""
    return TinyWorld()


@pytest.fixture
def simulator(world: TinyWorld) -> Iterator[RunningSimulator]:
    """Its fake vendors, without a rate limit."""
    with serve(world, rate=0, drip_seconds=0.02) as running:  # type: ignore[arg-type]
        yield running


@pytest.fixture
def clock() -> JumpingClock:
    """A clock at the world's now."""
    return JumpingClock()


@pytest.fixture
def connect(simulator: RunningSimulator, clock: JumpingClock) -> Iterator[Callable[..., Any]]:
    """Connect a source of a kind to the simulator; options by keyword."""
    opened: list[Source] = []

    def make(kind: str = "claude", **options: str) -> Any:
        url = simulator.okta_url if kind == "okta" else simulator.compliance_url
        keys = {"env:KEY": SECRET, "env:TOKEN": "00OKTAtinytoken", "env:ADMIN": "sk-ant-admin01-tiny"}

        def read_secret(reference: str) -> str:
            if reference.startswith("literal:"):
                return reference.removeprefix("literal:")
            if reference not in keys:
                raise SourceError(f"There is no key at {reference}.", kind="credential")
            return keys[reference]

        context = SourceContext(
            tenant="default",
            name=kind,
            clock=clock,
            content_key=CONTENT_KEY,
            read_secret=read_secret,
            options={"url": url, "key": "env:KEY", "token": "env:TOKEN", "rate": "600000", **options},
        )
        source = find_kind(kind).connect(context)
        opened.append(source)
        return source

    yield make
    for source in opened:
        source.close()


def stream_of(streams: Any, name: str) -> Any:
    """The stream with that name."""
    return next(stream for stream in streams if stream.name == name)
