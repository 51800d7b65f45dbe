"""One consistent look at the facts, shared by the pages until newer facts are committed.

Building the access graph or resolving identities costs more than a page may take, so both are made once a snapshot,
on first use. A snapshot is used by one request at a time: the lake's reader belongs to one thread.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import pyarrow as pa

from fanlight.access.graph import AccessGraph
from fanlight.access.store import sensitivities
from fanlight.detections.context import Context
from fanlight.detections.lakefacts import LakeFacts
from fanlight.detections.things import telling
from fanlight.detections.words import stating_types
from fanlight.findings.export import named_text
from fanlight.identity import Identity, Resolution, gather_accounts, resolve, settings_of
from fanlight.labels.sensitivity import of_matches, weights_of
from fanlight.lake import Reader
from fanlight.model import (
    DAY,
    HOUR,
    SECOND,
    Event,
    Link,
    Match,
    Micros,
    ObjectVersion,
    PostureResult,
    Reading,
    columns_of,
    day_of,
)
from fanlight.pipeline.home import Home
from fanlight.pipeline.judging import load_facts
from fanlight.posture import judge_posture
from fanlight.posture import load_facts as load_posture_facts
from fanlight.posture.facts import leavers_of
from fanlight.server.schema import SensitivityName
from fanlight.server.views.words import day_month, plural

__all__ = ["Labelled", "Snapshot", "Snapshots"]

Made = TypeVar("Made")

_MOST_GRAPHS = 4

_MOST_IN_MEMORY = 2_000_000

_STATING = ", ".join(f"'{name}'" for name in stating_types())
_RAW = f"CASE WHEN type IN ({_STATING}) THEN raw ELSE '{{}}' END AS raw"
_NAMES = ", ".join(f'"{name}"' for name in columns_of(Event))
_LIGHT = ", ".join(f'"{name}"' if name != "raw" else _RAW for name in columns_of(Event))

_STALE: Micros = 20 * SECOND
"""How long an old snapshot may still be shown while facts stream in."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What is known of one object's content."""

    sensitivity: SensitivityName
    counts: Mapping[str, int]
    """Category to number of things found, what matters most first; bands below medium are left out."""

    @property
    def categories(self) -> list[str]:
        return list(self.counts)


_UNREAD = Labelled("not_read", {})


@dataclass
class Snapshot:
    """Facts as committed at one moment, with what the pages derive from them."""

    home: Home
    reader: Reader
    at: Micros
    version: tuple[int, int]
    _loaded: set[str] = field(default_factory=set)
    _objects: dict[tuple[str, str], ObjectVersion] = field(default_factory=dict)
    _readings: dict[tuple[str, str], Reading] = field(default_factory=dict)
    _labelled: dict[tuple[str, str], Labelled] = field(default_factory=dict)
    _contexts: dict[str, Context] = field(default_factory=dict)
    _graphs: dict[Micros, AccessGraph] = field(default_factory=dict)
    _derived: dict[str, Any] = field(default_factory=dict)

    def derived(self, name: str, make: Callable[[Snapshot], Made]) -> Made:
        """What a page derives from the facts and would make anew for each request, made once a snapshot."""
        if name not in self._derived:
            self._derived[name] = make(self)
        made: Made = self._derived[name]
        return made

    @cached_property
    def zone(self) -> str:
        """Time zone of the company, as set; UTC when it is not."""
        return self.home.settings.working_hours.timezone or self.home.state.fact("time_zone") or "UTC"

    @cached_property
    def resolution(self) -> Resolution:
        """Accounts resolved to identities as of now."""
        return resolve(gather_accounts(self.reader), self.reader.rows(Link), settings_of(self.home.settings), self.at)

    @cached_property
    def identities(self) -> Mapping[str, Identity]:
        return {identity.id: identity for identity in self.resolution.identities}

    @cached_property
    def links_of(self) -> Mapping[str, Sequence[Link]]:
        """Identity to its links."""
        found: dict[str, list[Link]] = defaultdict(list)
        for link in self.resolution.links:
            found[link.identity_id].append(link)
        return found

    @cached_property
    def organizations(self) -> list[str]:
        """Names of the organizations that any source lists."""
        rows = self.reader.query(
            "SELECT DISTINCT coalesce(name, object_id) AS name FROM objects_now"
            " WHERE kind = 'organization' AND NOT removed ORDER BY name"
        )
        return [str(name) for name in rows["name"].to_pylist()]

    def accounts_of(self, identity: str) -> list[str]:
        """Account keys of an identity; an account linked to nobody stands for itself."""
        return sorted({link.account_key for link in self.links_of.get(identity, ())}) or [identity]

    def name_of(self, identity: str | None) -> str:
        """Best name of an identity or an account key; the id where nothing better is known."""
        if identity is None:
            return "nobody"
        known = self.identities.get(identity)
        if known is None:
            owner = self.resolution.by_account.get(identity)
            known = self.identities.get(owner) if owner else None
        if known is None:
            return identity.partition(":")[2] or identity
        return known.name or (known.emails[0] if known.emails else identity)

    def told(self, text: str) -> str:
        """A sentence of a finding with names for the ids of identities, whose names came later or are gone."""
        return named_text(text, self.identities)

    @cached_property
    def matches(self) -> Sequence[Match]:
        """Current matches of everything."""
        return self.reader.rows(Match, now=True)

    @cached_property
    def sensitivity(self) -> Mapping[tuple[str, str], str]:
        """(kind, id) to sensitivity, what has none left out."""
        return sensitivities(self.matches, weights_of(self.reader))

    @cached_property
    def graph(self) -> AccessGraph:
        """Who can reach what, now."""
        return AccessGraph.load(self.reader, self.at, self.sensitivity)

    @cached_property
    def _light(self) -> str:
        """Events without their raw records, once in memory for every question of the pages.

        A question over the segments opens each of their files again: 130 ms of processor time for the events of 300
        people in 120 days, 4 ms over this table, which takes 0.6 s to make. Above `_MOST_IN_MEMORY` rows it stays a
        view over the segments.
        """
        rows = sum(segment.rows for segment in self.home.state.live_segments() if segment.fact == "events")
        kind = "TEMP TABLE" if rows <= _MOST_IN_MEMORY else "TEMP VIEW"
        self.reader.define(f"CREATE {kind} events_light AS SELECT {_LIGHT}, day FROM events")
        return "events_light"

    def query_events(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """One SELECT over `events_light`: events whose `raw` is empty but for the types whose words need it."""
        _ = self._light
        return self.reader.query(sql, parameters)

    def events(self, where: str, parameters: Sequence[object] = (), *, newest: int | None = None) -> list[Event]:
        """Events that a condition of ours keeps, oldest first; with `newest` only so many of the last ones."""
        limit = "" if newest is None else f" ORDER BY occurred_at DESC, event_id LIMIT {newest}"
        table = self.query_events(f"SELECT {_NAMES} FROM events_light WHERE {where}{limit}", parameters)
        columns = [table.column(name).to_pylist() for name in columns_of(Event)]
        found = [Event(**dict(zip(columns_of(Event), values, strict=True))) for values in zip(*columns, strict=True)]
        return sorted(found, key=lambda event: (event.occurred_at, event.event_id))

    def graph_at(self, at: Micros) -> AccessGraph:
        """Who could reach what at an earlier time, as far as it is known now. The last few are kept."""
        if at not in self._graphs:
            while len(self._graphs) >= _MOST_GRAPHS:
                self._graphs.pop(next(iter(self._graphs)))
            self._graphs[at] = AccessGraph.load(self.reader, at, self.sensitivity)
        return self._graphs[at]

    @cached_property
    def looked_since(self) -> Micros | None:
        """When the first grant was read: before it only what sources date themselves is known."""
        found = self.reader.query("SELECT min(seen_at) AS at FROM grants")["at"].to_pylist()[0]
        return int(found) if found is not None else None

    @cached_property
    def _facts(self) -> LakeFacts:
        return load_facts(self.home, self.reader)

    def context(self, since: Micros, until: Micros) -> Context:
        """Behaviour around a time, as the rules see it. One per UTC day is kept."""
        key = day_of(until)
        if key not in self._contexts:
            self._contexts[key] = Context(self._facts, min(since, until - DAY), until)
        return self._contexts[key]

    @cached_property
    def posture(self) -> Sequence[PostureResult]:
        """Answers to the posture questions, failures first."""
        leavers = leavers_of(self.home.settings)
        return judge_posture(load_posture_facts(self.reader, self.home.tenant, self.at, leavers=leavers))

    # -- objects ------------------------------------------------------------------------------------------------

    def preload(self, ids: Sequence[str]) -> None:
        """Read the current versions and readings of many objects in two queries, for the titles of a list."""
        wanted = sorted({object_id for object_id in ids if object_id not in self._loaded})
        if not wanted:
            return
        self._loaded.update(wanted)
        for version in self.reader.rows(ObjectVersion, "list_contains(?, object_id)", [wanted], now=True):
            self._objects[version.kind, version.object_id] = version
        for reading in self.reader.rows(Reading, "list_contains(?, object_id)", [wanted], now=True):
            self._readings[reading.object_kind, reading.object_id] = reading

    def object(self, kind: str, object_id: str) -> ObjectVersion | None:
        """The current version of one object."""
        self.preload([object_id])
        return self._objects.get((kind, object_id))

    @cached_property
    def _matches_by_object(self) -> Mapping[tuple[str, str], Sequence[Match]]:
        found: dict[tuple[str, str], list[Match]] = defaultdict(list)
        for match in self.matches:
            keys = {(match.object_kind, match.object_id)}
            if match.chat_id:
                keys.add(("chat", match.chat_id))
            if match.project_id:
                keys.add(("project", match.project_id))
            for key in keys:
                found[key].append(match)
        return found

    @cached_property
    def project_labels(self) -> Mapping[tuple[str, str], Sequence[str]]:
        """Categories of every project that holds something, most found first."""
        keys = [key for key in self._matches_by_object if key[0] == "project"]
        return {key: self.labelled(*key).categories for key in keys}

    @cached_property
    def read(self) -> frozenset[tuple[str, str]]:
        """(kind, id) of everything that was read, in part or whole."""
        rows = self.reader.query(
            "SELECT object_kind, object_id FROM readings_now WHERE outcome IN ('read', 'partly_read')"
        )
        return frozenset(zip(rows["object_kind"].to_pylist(), rows["object_id"].to_pylist(), strict=True))

    def matches_of(self, kind: str, object_id: str) -> Sequence[Match]:
        """Current matches of one object, its parts included."""
        return self._matches_by_object.get((kind, object_id), ())

    def labelled(self, kind: str, object_id: str) -> Labelled:
        """Labels and sensitivity of a chat, file or project."""
        key = (kind, object_id)
        if key not in self._labelled:
            self._labelled[key] = self._label(
                kind, object_id, self.matches_of(kind, object_id), lambda: self.sensitivity
            )
        return self._labelled[key]

    def labelled_at(self, kind: str, object_id: str, at: Micros) -> Labelled:
        """The same of what was written up to a moment, as the rules see it."""
        matches = [m for m in self.matches_of(kind, object_id) if (m.at or 0) <= at]
        weights = weights_of(self.reader)
        return self._label(kind, object_id, matches, lambda: sensitivities(matches, weights))

    def _label(
        self, kind: str, object_id: str, matches: Sequence[Match],
        levels: Callable[[], Mapping[tuple[str, str], str]],
    ) -> Labelled:  # fmt: skip
        if not matches:
            known = kind == "project" or (kind, object_id) in self.read
            return Labelled("none", {}) if known else _UNREAD
        totals: Counter[str] = Counter()
        for match in matches:
            if match.band != "low":
                totals[match.category] += match.count
        level = (
            levels().get((kind, object_id), "none")
            if kind == "project"
            else of_matches(matches, weights_of(self.reader))
        )
        ordered = sorted(totals, key=telling)  # as in the sentences of findings
        return Labelled(level, {name: totals[name] for name in ordered})  # type: ignore[arg-type]

    def reading(self, kind: str, object_id: str) -> Reading | None:
        """The newest reading of an object."""
        self.preload([object_id])
        return self._readings.get((kind, object_id))

    def title_of(self, kind: str, object_id: str) -> str:
        """`Jane Doe · 3 May · 14 messages`: how an object is named without its content."""
        found = self.object(kind, object_id)
        if found is not None and found.name:
            return found.name
        if found is None:
            return f"{kind.replace('_', ' ').capitalize()} {object_id[-6:]}, not listed"
        local = found.created_at or found.valid_from
        parts = [self.name_of(found.owner_account) if found.owner_account else "unknown author"]
        if local:
            parts.append(day_month(local, self.zone))
        reading = self.reading(kind, object_id)
        if kind == "chat" and reading is not None and reading.messages:
            parts.append(plural(reading.messages, "message"))
        elif kind != "chat":
            parts.append(kind.replace("_", " "))
        return " · ".join(parts)

    def close(self) -> None:
        self.reader.close()


class Snapshots:
    """Hands out the snapshot, one request at a time. After new commits the next one is made ready in the background,
    so that no page waits for it; only the very first request does."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.RLock()
        self._renewing = threading.Lock()
        self._cost: Micros = 0
        self._now: Snapshot | None = None

    @contextmanager
    def open(self) -> Iterator[Snapshot]:
        """The snapshot to answer from."""
        with self._lock:
            if self._now is None:
                self._now = self._make()
            held = self._now
            self._home_changed(held)
            yield held

    def warm(self) -> None:
        """Make the first snapshot ready before anybody asks."""
        with self.open() as snapshot:
            _ready(snapshot)

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            if self._now is not None:
                self._now.close()
                self._now = None

    def _home_changed(self, held: Snapshot) -> None:
        age = self._home.clock.now() - held.at
        # While history streams in, at most a tenth of the time goes into new snapshots.
        if age < max(_STALE, 10 * self._cost) or (self._version() == held.version and age < HOUR):
            return
        if self._renewing.acquire(blocking=False):
            threading.Thread(target=self._renew, name="fanlight-snapshot", daemon=True).start()

    def _renew(self) -> None:
        try:
            began = time.monotonic()
            fresh = self._make()
            _ready(fresh)
            self._cost = int((time.monotonic() - began) * SECOND)
            with self._lock:
                old, self._now = self._now, fresh
                if old is not None:
                    old.close()
        finally:
            self._renewing.release()

    def _make(self) -> Snapshot:
        return Snapshot(self._home, self._home.reader(), self._home.clock.now(), self._version())

    def _version(self) -> tuple[int, int]:
        segments = self._home.state.live_segments()
        policy = self._home.state.fact("label_policy")
        return len(segments), hash((policy, *(segment.path for segment in segments)))


def _ready(snapshot: Snapshot) -> None:
    """What every page needs and takes longest."""
    _ = (snapshot.identities, snapshot.graph, snapshot.posture, snapshot.project_labels)
    snapshot.query_events("SELECT 1 FROM events_light LIMIT 1")
    snapshot.context(snapshot.at - DAY, snapshot.at)
