"""The sources page: how each is doing, what is not seen, and adding one by pasting a key."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from sqlalchemy import select

from fanlight.model import DAY, HOUR, Micros, day_of
from fanlight.pipeline.connections import Connection, list_connections
from fanlight.pipeline.home import Home
from fanlight.pipeline.lateness import Lateness, late_sources
from fanlight.pipeline.queue import Backlog, backlog
from fanlight.server import schema as s
from fanlight.server.views.header import cursors_of, health_of
from fanlight.server.views.snapshot import Snapshot
from fanlight.server.views.words import PRODUCTS, count, duration, per_cent, plural, stretch
from fanlight.sources.registry import find_kind, kinds
from fanlight.state import schema

__all__ = ["Form", "form_of", "sources_view"]

_ORDER: tuple[s.Health, ...] = ("stopped", "late", "partial", "first_sync", "healthy")
_WORD = {
    "stopped": "stopped",
    "late": "late",
    "partial": "partial",
    "first_sync": "in first sync",
    "healthy": "healthy",
}
_KEPT: Micros = 14 * DAY
"""How far back the page tells of gaps: as far as silences are looked for."""

_LATELY: Micros = 7 * DAY
"""A gap makes a source partial for a week; afterwards it is told and the source is healthy."""

_JUST_NOW: Micros = DAY
"""A gap that ended less than this ago still stands in the queue: last night is now, last week is history."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the page asks for, and knows in advance, of one kind of source."""

    title: str
    detail: str
    fields: tuple[s.KeyField, ...]
    how_to: tuple[str, ...]
    never: tuple[str, ...]
    defaults: Mapping[str, str]
    scopes: Mapping[str, str]
    """Scope to what it gives, in words."""


@cache
def _forms() -> Mapping[str, Any]:
    text = (files("fanlight.server.views") / "source_forms.yml").read_text("utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded


def form_of(kind: str) -> Form:
    """The form of a kind: its own, or what the source declares as its settings."""
    raw = _forms().get(kind) or _forms()["other"]
    listed: Sequence[Mapping[str, Any]] = raw.get("fields") or _declared(kind, raw)
    fields = tuple(
        s.KeyField(
            name=field["name"],
            label=field["label"],
            secret=field.get("secret", False),
            required=field.get("required", True),
            placeholder=field.get("placeholder", ""),
            hint=field.get("hint", ""),
            lines=field["name"] in raw.get("lines", ()),
        )
        for field in listed
    )
    defaults = {field["name"]: field["default"] for field in listed if "default" in field}
    title = raw.get("title") or kind.replace("_", " ").capitalize()
    return Form(
        title, raw.get("detail", ""), fields, tuple(raw["how_to"]), tuple(raw.get("never", ())), defaults,
        raw.get("scopes", {}),
    )  # fmt: skip


def _declared(kind: str, raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The settings that a source declares, needed ones first; what has a default may stay empty."""
    labels: Mapping[str, str] = raw.get("labels", {})
    fields = [
        {
            "name": setting.name,
            "label": labels.get(setting.name) or setting.name.replace("_", " ").capitalize(),
            "secret": setting.secret,
            "required": setting.default is None,
            "placeholder": setting.default or "",
            "hint": setting.help,
            **({"default": setting.default} if setting.default else {}),
        }
        for setting in find_kind(kind).settings
    ]
    return sorted(fields, key=lambda field: (not field["required"], field["secret"]))


@dataclass(frozen=True, slots=True)
class _NoticeRow:
    source: str
    kind: str
    sentence: str
    at: Micros
    since: Micros | None
    until: Micros | None


def _notices(home: Home, since: Micros) -> list[_NoticeRow]:
    table = schema.notices
    with home.state.view() as connection:
        rows = connection.execute(
            select(table).where(table.c.tenant == home.tenant, table.c.at >= since).order_by(table.c.at.desc())
        ).all()
    return [_NoticeRow(row.source, row.kind, row.sentence, row.at, row.since, row.until) for row in rows]


_NO_LOSS = "Requests of this collector itself"


def _is_gap(notice: _NoticeRow) -> bool:
    """Whether a notice says that something is missing; that our own requests are left out is no loss."""
    return notice.kind in ("gap", "coverage", "credential") and not notice.sentence.startswith(_NO_LOSS)


def _traffic(snapshot: Snapshot, now: Micros) -> dict[str, Counter[int]]:
    """Source to events of each of the last 24 hours, 0 being the oldest."""
    rows = snapshot.query_events(
        "SELECT source, (occurred_at - ?) // 3600000000 AS hour, count(*) AS n FROM events_light"
        " WHERE day >= ? AND occurred_at >= ? AND occurred_at < ? GROUP BY ALL",
        [now - 24 * HOUR, day_of(now - 24 * HOUR), now - 24 * HOUR, now],
    ).to_pylist()
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        found[row["source"]][int(row["hour"])] += row["n"]
    return found


def _lags(snapshot: Snapshot, now: Micros, connections: Sequence[Connection]) -> dict[str, Micros]:
    """Source to the 95th percentile of the time from event to store in 24 hours, history left out."""
    found: dict[str, Micros] = {}
    for connection in connections:
        since = max(now - 24 * HOUR, connection.first_sync_at or now)
        lag = snapshot.query_events(
            "SELECT quantile_cont(ingested_at - occurred_at, 0.95) AS lag FROM events_light"
            " WHERE source = ? AND day >= ? AND occurred_at >= ?",
            [connection.name, day_of(since), since],
        )["lag"].to_pylist()[0]
        if lag is not None and lag >= 0:
            found[connection.name] = int(lag)
    return found


def sources_view(snapshot: Snapshot) -> s.SourcesView:
    """The page."""
    home, now, zone = snapshot.home, snapshot.home.clock.now(), snapshot.zone
    connections, cursors, late = list_connections(home), cursors_of(home), late_sources(home)
    notices = _notices(home, now - _KEPT)
    traffic, lags = _traffic(snapshot, now), _lags(snapshot, now, connections)
    rows = []
    for connection in connections:
        mine = [notice for notice in notices if notice.source == connection.name]
        newest, stored = cursors.get(connection.name, (None, 0))
        partial = any(_is_gap(notice) and notice.at >= now - _LATELY for notice in mine)
        health = health_of(connection, late=connection.name in late, partial=partial)
        rows.append(
            _row(connection, health, newest, stored, backlog(home.state, connection.name), mine,
                 traffic.get(connection.name, Counter()), lags.get(connection.name), now)
        )  # fmt: skip
    rows.sort(key=lambda row: (_ORDER.index(row.health), row.title, row.name))
    unseen = _unseen(connections, rows, late, notices, zone, now)
    return s.SourcesView(
        summary=_summary(rows) + _pushed(snapshot, {row.name for row in rows}, now),
        rows=rows,
        unseen=unseen,
        unseen_summary=_unseen_summary(unseen),
        kinds=[_kind(kind) for kind in _offered()],
    )


def _pushed(snapshot: Snapshot, collected: Collection[str], now: Micros) -> str:
    """What was imported or sent: findings name these products, and no row of the table does."""
    found = snapshot.query_events(
        "SELECT DISTINCT source, product FROM events_light WHERE day >= ? ORDER BY source", [day_of(now - 90 * DAY)]
    ).to_pylist()
    names = dict.fromkeys(
        PRODUCTS.get(row["product"], row["product"]) for row in found if row["source"] not in collected
    )
    return f"; imported or sent in 90 days: {', '.join(names)}" if names else ""


def _unseen_summary(unseen: Sequence[s.UnseenRow]) -> str:
    counts = Counter(row.when for row in unseen)
    told = plural(counts["now"], "gap") + " now" if counts["now"] else "nothing is missing now"
    if counts["earlier"]:
        told += f", {plural(counts['earlier'], 'gap')} earlier"
    return f"{told}; below, what these sources never tell" if counts["always"] else told


def _offered() -> list[str]:
    """The kinds that can be connected, Claude first: the page opens on the first."""
    connectable = [kind for kind, known in kinds().items() if known.connector is not None]
    return sorted(connectable, key=lambda kind: (kind != "claude", kind))


def _kind(kind: str) -> s.SourceKind:
    form = form_of(kind)
    return s.SourceKind(kind=kind, title=form.title, fields=list(form.fields), how_to=list(form.how_to))


def _summary(rows: Sequence[s.SourceRow]) -> str:
    if not rows:
        return "No source is connected"
    counts = Counter(row.health for row in rows)
    return f"{len(rows)} connected: " + ", ".join(f"{counts[word]} {_WORD[word]}" for word in _ORDER if counts[word])


def _row(
    connection: Connection, health: s.Health, newest: Micros | None, stored: int, waiting: Backlog,
    notices: Sequence[_NoticeRow], hours: Counter[int], lag: Micros | None, now: Micros,
) -> s.SourceRow:  # fmt: skip
    form = form_of(connection.kind)
    total = sum(hours.values())
    facts = [
        s.Fact(label="Events stored", value=count(stored)),
        s.Fact(label="Content", value=f"{count(waiting.read)} read, {count(waiting.pending)} waiting"),
    ]
    if waiting.failed or waiting.gone:
        facts.append(
            s.Fact(label="Not read", value=f"{count(waiting.failed)} could not be, {count(waiting.gone)} gone")
        )
    if waiting.oldest_queued_at is not None:
        facts.append(s.Fact(label="Longest wait", value=duration(now - waiting.oldest_queued_at)))
    if connection.requests:
        facts.append(
            s.Fact(
                label="Requests",
                value=" · ".join(f"{k.replace('_', ' ')} {count(v)}" for k, v in sorted(connection.requests.items())),
            )
        )
    told = [notice for notice in notices if not notice.sentence.startswith(_NO_LOSS)]
    problems = [s.Problem(at=notice.at, sentence=notice.sentence) for notice in told[:8]]
    if connection.sentence and health == "stopped":
        problems.insert(0, s.Problem(at=now, sentence=connection.sentence))
    return s.SourceRow(
        name=connection.name,
        title=form.title,
        detail=f"{connection.name}: {form.detail}" if form.detail else connection.name,
        kind=connection.kind,
        health=health,
        newest_event_at=newest,
        lag="–" if lag is None else duration(lag),
        backlog=None if health == "first_sync" and not _known(waiting) else waiting.pending,
        events_24h=total,
        by_hour=_by_hour(hours, notices, now),
        hour_note=_hour_note(health, newest, stored, waiting, now, silent=total == 0),
        progress=_progress(waiting, stored) if health == "first_sync" else None,
        facts=facts,
        problems=problems,
    )


def _hour_note(
    health: s.Health, newest: Micros | None, stored: int, waiting: Backlog, now: Micros, *, silent: bool
) -> str:
    """What stands in place of the hours when they hold nothing; in the first reading that is no silence."""
    if health == "first_sync":
        told = f"first reading: {count(stored)} records so far"
        return f"{told}, {count(waiting.pending)} waiting" if _known(waiting) else told
    return f"{duration(now - newest)} silent" if silent and newest is not None else ""


def _by_hour(hours: Counter[int], notices: Sequence[_NoticeRow], now: Micros) -> list[int | None]:
    """Counts by hour; an hour inside a gap is unknown, not zero."""
    start = now - 24 * HOUR
    gaps = [(n.since, n.until) for n in notices if n.kind == "gap" and n.since is not None and n.until is not None]

    def unknown(hour: int) -> bool:
        middle = start + hour * HOUR + HOUR // 2
        return any(since <= middle < until for since, until in gaps if since is not None and until is not None)

    return [None if unknown(hour) else hours[hour] for hour in range(24)]


def _known(waiting: Backlog) -> int:
    """How many chats, files and projects were found; while none is, nobody knows how many there will be."""
    return waiting.read + waiting.pending + waiting.failed + waiting.gone


def _progress(waiting: Backlog, stored: int) -> s.Progress:
    """The first sync: history first, then the content that was found."""
    known = _known(waiting)
    if known == 0:
        return s.Progress(share=None, sentence=f"Reading the history: {count(stored)} records so far.")
    share = (known - waiting.pending) / known
    return s.Progress(
        share=share,
        sentence=f"{per_cent(share)} of {count(known)} chats, files and projects found so far are read and labelled; "
        f"{count(stored)} records of history.",
    )


def _when(notice: _NoticeRow, now: Micros) -> Literal["now", "earlier"]:
    """A closed gap is history after a day. A scope that is lacking goes on to be."""
    closed = notice.kind == "gap" and notice.until is not None
    return "earlier" if closed and now - (notice.until or 0) >= _JUST_NOW else "now"


def _unseen(
    connections: Sequence[Connection], rows: Sequence[s.SourceRow], late: Mapping[str, Lateness],
    notices: Sequence[_NoticeRow], zone: str, now: Micros,
) -> list[s.UnseenRow]:  # fmt: skip
    titles = {row.name: row.title if _alone(row, rows) else f"{row.title} ({row.name})" for row in rows}
    found: list[s.UnseenRow] = []
    for connection, row in ((c, r) for c in connections for r in rows if r.name == c.name):
        if row.health == "stopped":
            told = connection.sentence or "It stopped; nothing new is collected until somebody acts."
            found.append(s.UnseenRow(name=titles[row.name], sentence=told, when="now"))
        elif row.health == "first_sync":
            told = "The first sync is at work. Labels and findings come when its history is read."
            found.append(s.UnseenRow(name=titles[row.name], sentence=told, when="now"))
        elif row.health == "late":
            told = f"{late[row.name].sentence} What comes later is judged again, so nothing is lost."
            found.append(s.UnseenRow(name=titles[row.name], sentence=told, when="now"))
    seen: set[tuple[str, str]] = set()
    for notice in notices:
        key = (notice.source, notice.sentence)
        if _is_gap(notice) and key not in seen:
            seen.add(key)
            name = titles.get(notice.source, notice.source)
            found.append(s.UnseenRow(name=name, sentence=_told(notice, zone), when=_when(notice, now)))
    found.sort(key=lambda row: row.when != "now")
    for kind in sorted({connection.kind for connection in connections}):
        form = form_of(kind)
        if form.never:
            found.append(s.UnseenRow(name=f"{form.title}, always", sentence=" ".join(form.never)))
    return found


def _alone(row: s.SourceRow, rows: Sequence[s.SourceRow]) -> bool:
    return sum(1 for other in rows if other.title == row.title) == 1


def _told(notice: _NoticeRow, zone: str) -> str:
    """A gap in the zone of the page; other notices in their own words."""
    if notice.kind != "gap" or notice.since is None or notice.until is None:
        return notice.sentence
    return (
        f"No records from {stretch(notice.since, notice.until, zone)} "
        f"({duration(notice.until - notice.since)}). What happened then is unknown, not absent; "
        "findings that touch it say so."
    )
