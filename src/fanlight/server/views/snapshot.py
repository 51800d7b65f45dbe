"""One consistent look at the facts, shared by the pages until newer facts are committed.

Building the access graph or resolving identities costs more than a page may take, so both are made once a snapshot,
on first use. A snapshot is used by one request at a time: the lake's reader belongs to one thread.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from fanlight.access.graph import AccessGraph
from fanlight.access.store import sensitivities
from fanlight.detections.context import Context
from fanlight.detections.facts import Company
from fanlight.detections.lakefacts import LakeFacts
from fanlight.enrich.geo_install import load as load_databases
from fanlight.enrich.places import Places, operator_networks, stated_places
from fanlight.identity import Identity, Resolution, gather_accounts, resolve, settings_of
from fanlight.labels.sensitivity import of_matches
from fanlight.lake import Reader
from fanlight.model import DAY, HOUR, SECOND, Event, Link, Match, Micros, ObjectVersion, Reading, day_of
from fanlight.pipeline.home import Home
from fanlight.server.schema import SensitivityName
from fanlight.server.views.words import day_month, plural

__all__ = ["Labelled", "Snapshot", "Snapshots"]

_STALE: Micros = 20 * SECOND
"""How long an old snapshot may still be shown while facts stream in."""

_STATING = ("okta", "entra_id", "google_workspace", "github_audit")


@dataclass(frozen=True, slots=True)
class Labelled:
    """What is known of one object's content."""

    sensitivity: SensitivityName
    counts: Mapping[str, int]
    """Category to number of things found, most first; bands below medium are left out."""

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
    _labelled: dict[tuple[str, str], Labelled] = field(default_factory=dict)
    _contexts: dict[str, Context] = field(default_factory=dict)

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

    @cached_property
    def matches(self) -> Sequence[Match]:
        """Current matches of everything."""
        return self.reader.rows(Match, now=True)

    @cached_property
    def sensitivity(self) -> Mapping[tuple[str, str], str]:
        """(kind, id) to sensitivity, what has none left out."""
        return sensitivities(self.matches)

    @cached_property
    def graph(self) -> AccessGraph:
        """Who can reach what, now."""
        return AccessGraph.load(self.reader, self.at, self.sensitivity)

    @cached_property
    def places(self) -> Places:
        """Places of addresses: what the operator said, installed databases, and what sources state."""
        since = day_of(self.at - 100 * DAY)
        marks = ", ".join("?" for _ in _STATING)
        events = self.reader.rows(Event, f"day >= ? AND product IN ({marks})", [since, *_STATING])
        return Places(
            operator_networks(self.home.settings.model_dump()), load_databases(self.home.path), stated_places(events)
        )

    def context(self, since: Micros, until: Micros) -> Context:
        """Behaviour around a time, as the rules see it. One per UTC day is kept."""
        key = day_of(until)
        if key not in self._contexts:
            settings = self.home.settings
            company = Company(
                corporate_egress=settings.corporate_egress,
                office_countries=tuple(office.country for office in settings.offices if office.country),
                timezone=settings.working_hours.timezone,
                working_hours=(settings.working_hours.start, settings.working_hours.end),
                holidays=settings.holidays,
            )
            facts = LakeFacts(self.home.tenant, self.reader, self.places, company)
            self._contexts[key] = Context(facts, min(since, until - DAY), until)
        return self._contexts[key]

    # -- objects ------------------------------------------------------------------------------------------------

    def object(self, kind: str, object_id: str) -> ObjectVersion | None:
        """The current version of one object."""
        found = self.reader.rows(ObjectVersion, "kind = ? AND object_id = ?", [kind, object_id], now=True)
        return found[0] if found else None

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
    def _read(self) -> frozenset[tuple[str, str]]:
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
            self._labelled[key] = self._label(kind, object_id)
        return self._labelled[key]

    def _label(self, kind: str, object_id: str) -> Labelled:
        matches = self.matches_of(kind, object_id)
        if not matches:
            known = kind == "project" or (kind, object_id) in self._read
            return Labelled("none", {}) if known else _UNREAD
        totals: Counter[str] = Counter()
        for match in matches:
            if match.band != "low":
                totals[match.category] += match.count
        level = self.sensitivity.get((kind, object_id), "none") if kind == "project" else of_matches(matches)
        return Labelled(level, dict(totals.most_common()))  # type: ignore[arg-type]

    def reading(self, kind: str, object_id: str) -> Reading | None:
        """The newest reading of an object."""
        found = self.reader.rows(Reading, "object_kind = ? AND object_id = ?", [kind, object_id], now=True)
        return found[0] if found else None

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
    """Hands out the snapshot, one request at a time, and renews it after new commits."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.RLock()
        self._now: Snapshot | None = None

    @contextmanager
    def open(self) -> Iterator[Snapshot]:
        """The snapshot to answer from."""
        with self._lock:
            yield self._current()

    def _current(self) -> Snapshot:
        now = self._home.clock.now()
        held = self._now
        if held is not None and now - held.at < _STALE:
            return held
        segments = self._home.state.live_segments()
        version = (len(segments), hash(tuple(segment.path for segment in segments)))
        if held is not None and held.version == version and now - held.at < HOUR:
            return held
        if held is not None:
            held.close()
        self._now = Snapshot(self._home, self._home.reader(), now, version)
        return self._now
