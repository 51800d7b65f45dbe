"""How the sources are doing: lag, gaps, counts against the usual, drift, credentials, and what nobody sees.

One typed report for the command line and the page. Everything in it comes from facts and state; no vendor is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from sqlalchemy import select

from fanlight.lake import Reader
from fanlight.model import DAY, HOUR, Micros, day_of
from fanlight.pipeline.connections import Connection, list_connections
from fanlight.pipeline.coverage import CoverageGap, coverage_gaps
from fanlight.pipeline.credentials import Credential, credentials_of
from fanlight.pipeline.drift import NewField, NewType, looked_at, new_fields, new_types
from fanlight.pipeline.home import Home
from fanlight.pipeline.lateness import Lateness, late_sources
from fanlight.state import schema

__all__ = ["Amount", "Gap", "HealthReport", "Lag", "SourceHealth", "Stream", "source_health"]

Standing = Literal["stopped", "late", "partial", "first_sync", "healthy", "imported"]
Verdict = Literal["usual", "quiet", "loud", "silent", "could not tell"]

_GAPS_FROM: Micros = 14 * DAY
_PARTIAL_FROM: Micros = 7 * DAY
_WEEKS = 4
_QUIET, _LOUD = 0.4, 3.0
_ENOUGH = 50.0
"""Fewer usual events than this in a day say nothing when they fall or rise."""
_NO_LOSS = "Requests of this collector itself"
_OWN = "compliance_api_accessed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Time from an event to its place in the store, over what was collected live in the last seven days."""

    events: int
    half: Micros
    """Median."""
    p95: Micros
    longest: Micros
    late_rows: int
    """Found by a sweep behind the cursor: indexed late by the vendor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Events of the last 24 hours against the same 24 hours of the four weeks before."""

    events: int
    usual: float | None
    """None while there are fewer than two weeks of history."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch of time in which a source sent nothing although it should have."""

    source: str
    since: Micros
    until: Micros
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One cursor of a source."""

    name: str
    rows: int
    pages: int
    newest_at: Micros | None
    caught_up_at: Micros | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """One source: connected, or known only from files and inputs (`imported`)."""

    name: str
    kind: str
    standing: Standing
    sentence: str
    """What is the matter, in words; empty when nothing is."""
    events: int
    newest_at: Micros | None
    lag: Lag | None
    amount: Amount
    streams: tuple[Stream, ...]
    problems: tuple[str, ...]
    """Notices of the last two weeks, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """Everything the Sources page and `fanlight health` say."""

    at: Micros
    sources: tuple[SourceHealth, ...]
    gaps: tuple[Gap, ...]
    new_types: tuple[NewType, ...]
    new_fields: tuple[NewField, ...]
    credentials: tuple[Credential, ...]
    coverage: tuple[CoverageGap, ...]

    @property
    def new_this_month(self) -> int:
        """How many unknown types appeared in the last 30 days."""
        return sum(1 for one in self.new_types if one.this_month)

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should act: a source stands still, a key ends soon, a count is off, a risky type is new."""
        return (
            any(one.standing in ("stopped", "late", "partial") for one in self.sources)
            or any(one.amount.verdict in ("silent", "quiet") for one in self.sources)
            or any(one.state in ("expired", "expires soon", "refused") for one in self.credentials)
            or any(one.risk_guess == "high" for one in self.new_types)
        )


@dataclass(frozen=True, slots=True)
class _Notice:
    source: str
    kind: str
    sentence: str
    at: Micros
    since: Micros | None
    until: Micros | None


def source_health(home: Home) -> HealthReport:
    """The report as of now."""
    now = home.clock.now()
    connections = {connection.name: connection for connection in list_connections(home)}
    notices = _notices(home, now - _GAPS_FROM)
    streams, late = _streams(home), late_sources(home)
    with home.reader() as reader:
        totals = _totals(reader)
        lags = _lags(reader, connections, now)
        amounts = _amounts(reader, now)
        types = new_types(reader, now, looked_at(home))
        fields = new_fields(reader)
        credentials = credentials_of(home, reader, connections.values(), now)
        coverage = coverage_gaps(home, reader, connections.values(), now)
    names = sorted({*connections, *totals})
    sources = [
        _health(name, connections.get(name), totals.get(name), lags.get(name), amounts.get(name), streams.get(name, ()),
                late.get(name), [notice for notice in notices if notice.source == name], now)
        for name in names
    ]  # fmt: skip
    return HealthReport(
        at=now,
        sources=tuple(sources),
        gaps=tuple(_gaps(notices)),
        new_types=tuple(types),
        new_fields=tuple(fields),
        credentials=tuple(credentials),
        coverage=tuple(coverage),
    )


@dataclass(frozen=True, slots=True)
class _Total:
    product: str
    events: int
    newest_at: Micros


def _health(
    name: str, connection: Connection | None, total: _Total | None, lag: Lag | None, amount: Amount | None,
    streams: Sequence[Stream], late: Lateness | None, notices: Sequence[_Notice], now: Micros,
) -> SourceHealth:  # fmt: skip
    found = amount or Amount(events=0, usual=None, verdict="could not tell")
    standing, sentence = _standing(connection, late, notices, found, now)
    if not total and connection is not None and not streams:
        sentence = sentence or "Nothing was collected yet: fanlight sync, or fanlight up."
    return SourceHealth(
        name=name,
        kind=connection.kind if connection else total.product if total else "",
        standing=standing,
        sentence=sentence,
        events=total.events if total else 0,
        newest_at=total.newest_at if total else None,
        lag=lag,
        amount=found,
        streams=tuple(streams),
        problems=tuple(notice.sentence for notice in notices if not notice.sentence.startswith(_NO_LOSS)),
    )


def _standing(
    connection: Connection | None, late: Lateness | None, notices: Sequence[_Notice], amount: Amount, now: Micros
) -> tuple[Standing, str]:
    if connection is None:
        return "imported", _off(amount)
    if connection.state == "stopped":
        return "stopped", connection.sentence or "It stopped; nothing new is collected until somebody acts."
    if connection.first_sync_at is None:
        return "first_sync", "Its history is still being read."
    if late is not None:
        return "late", late.sentence
    if any(_is_loss(notice) and notice.at >= now - _PARTIAL_FROM for notice in notices):
        return "partial", next(notice.sentence for notice in notices if _is_loss(notice))
    return "healthy", _off(amount)


def _off(amount: Amount) -> str:
    if amount.usual is None or amount.verdict in ("usual", "could not tell"):
        return ""
    return f"{amount.events:,} events in 24 h where about {amount.usual:,.0f} are usual."


def _is_loss(notice: _Notice) -> bool:
    return notice.kind in ("gap", "coverage", "credential") and not notice.sentence.startswith(_NO_LOSS)


def _notices(home: Home, since: Micros) -> list[_Notice]:
    table = schema.notices
    with home.state.view() as connection:
        rows = connection.execute(
            select(table).where(table.c.tenant == home.tenant, table.c.at >= since).order_by(table.c.at.desc())
        ).all()
    return [_Notice(row.source, row.kind, row.sentence, row.at, row.since, row.until) for row in rows]


def _gaps(notices: Sequence[_Notice]) -> list[Gap]:
    return [
        Gap(source=notice.source, since=notice.since, until=notice.until, sentence=notice.sentence)
        for notice in notices
        if notice.kind == "gap" and notice.since is not None and notice.until is not None
        and not notice.sentence.startswith(_NO_LOSS)
    ]  # fmt: skip


def _streams(home: Home) -> Mapping[str, Sequence[Stream]]:
    table = schema.cursors
    with home.state.view() as connection:
        rows = connection.execute(select(table).where(table.c.tenant == home.tenant).order_by(table.c.stream)).all()
    found: dict[str, list[Stream]] = defaultdict(list)
    for row in rows:
        found[row.source].append(
            Stream(
                name=row.stream, rows=row.rows, pages=row.pages, newest_at=row.newest_at, caught_up_at=row.caught_up_at
            )
        )
    return found


def _totals(reader: Reader) -> Mapping[str, _Total]:
    rows = reader.query(
        "SELECT source, any_value(product) AS product, count(*) AS n, max(occurred_at) AS high "
        "FROM events GROUP BY source"
    ).to_pylist()
    return {row["source"]: _Total(row["product"], row["n"], row["high"]) for row in rows}


def _lags(reader: Reader, connections: Mapping[str, Connection], now: Micros) -> Mapping[str, Lag]:
    """History read at the first sync has no lag worth the name and is left out."""
    found: dict[str, Lag] = {}
    for connection in connections.values():
        since = max(now - 7 * DAY, connection.first_sync_at or now)
        row = reader.query(
            "SELECT count(*) AS n, quantile_cont(ingested_at - occurred_at, 0.5) AS half, "
            "quantile_cont(ingested_at - occurred_at, 0.95) AS p95, max(ingested_at - occurred_at) AS longest, "
            "count(*) FILTER (WHERE late) AS late_rows FROM events "
            "WHERE source = ? AND day >= ? AND occurred_at >= ?",
            [connection.name, day_of(since), since],
        ).to_pylist()[0]
        if row["n"]:
            found[connection.name] = Lag(
                events=row["n"],
                half=max(0, int(row["half"])),
                p95=max(0, int(row["p95"])),
                longest=max(0, int(row["longest"])),
                late_rows=row["late_rows"],
            )
    return found


def _amounts(reader: Reader, now: Micros) -> Mapping[str, Amount]:
    """Whole 24-hour windows that end now, and the same windows 7, 14, 21 and 28 days before."""
    first = now - (_WEEKS * 7 + 1) * DAY
    rows = reader.query(
        "SELECT source, (? - 1 - occurred_at) // ? AS back, count(*) AS n FROM events "
        f"WHERE day >= ? AND occurred_at >= ? AND occurred_at < ? AND type <> '{_OWN}' GROUP BY ALL",
        [now, 24 * HOUR, day_of(first), first, now],
    ).to_pylist()
    begun = {
        row["source"]: row["low"]
        for row in reader.query("SELECT source, min(occurred_at) AS low FROM events GROUP BY source").to_pylist()
    }
    counts: dict[str, dict[int, int]] = defaultdict(dict)
    for row in rows:
        counts[row["source"]][int(row["back"])] = row["n"]
    return {source: _amount(counts.get(source, {}), now - low) for source, low in begun.items()}


def _amount(by_day_back: Mapping[int, int], history: Micros) -> Amount:
    events = by_day_back.get(0, 0)
    weeks = [by_day_back.get(week * 7, 0) for week in range(1, _WEEKS + 1) if history >= (week * 7 + 1) * DAY]
    if len(weeks) < 2:
        return Amount(events=events, usual=None, verdict="could not tell")
    usual = float(median(weeks))
    verdict: Verdict = "usual"
    if usual >= _ENOUGH:
        if events == 0:
            verdict = "silent"
        elif events < _QUIET * usual:
            verdict = "quiet"
        elif events > _LOUD * usual:
            verdict = "loud"
    return Amount(events=events, usual=usual, verdict=verdict)
