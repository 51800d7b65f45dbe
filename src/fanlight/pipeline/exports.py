"""Exports: facts and conclusions as the JSON Lines contracts of design section 10.

Each export takes an open home and options and yields rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from fanlight.access.store import load_graph
from fanlight.enrich.client import client_label
from fanlight.findings.export import ON_DEMAND, export_lines, named_finding, names_ids
from fanlight.findings.risk import risk_rows
from fanlight.identity import Identity, Resolution
from fanlight.identity.accounts import settings_of
from fanlight.identity.gather import gather_accounts
from fanlight.identity.resolve import resolve
from fanlight.identity.rows import identity_rows
from fanlight.labels.export import label_rows
from fanlight.lake import Reader
from fanlight.model import Event, Link, Match, format_time
from fanlight.pipeline.conclude import posture_of
from fanlight.pipeline.home import Home
from fanlight.posture.run import posture_rows
from fanlight.state.findings import StoredFinding, load_findings

__all__ = ["EXPORTS", "ExportOptions", "Row", "events_in_order", "shown_findings"]

Row = Mapping[str, Any]

_IN_MEMORY = 50_000
"""Events that are held at a time; a single day may be larger."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How an export is asked for."""

    everything: bool = False
    """Findings: superseded and withdrawn ones too."""


def export_events(home: Home, options: ExportOptions) -> Iterator[Row]:
    """The normalised row of every event, oldest first; `raw` as the folded, sealed JSON of the vendor."""
    del options
    with home.reader() as reader:
        for event in events_in_order(reader):
            yield _event_row(event)


def events_in_order(reader: Reader) -> Iterator[Event]:
    """Every event, oldest first, with some days in memory at a time."""
    counted = reader.query("SELECT day, count(*) AS n FROM events GROUP BY day ORDER BY day").to_pylist()
    run: list[str] = []
    rows = 0
    for row in counted:
        if run and rows + row["n"] > _IN_MEMORY:
            yield from _days(reader, run)
            run, rows = [], 0
        run.append(row["day"])
        rows += row["n"]
    if run:
        yield from _days(reader, run)


def _days(reader: Reader, days: Sequence[str]) -> Iterator[Event]:
    with reader.between(days[0], days[-1]) as some:
        yield from sorted(some.rows(Event), key=lambda row: (row.occurred_at, row.event_id))


def _event_row(event: Event) -> Row:
    row: dict[str, Any] = {
        name: getattr(event, name)
        for name in Event.__dataclass_fields__
        if name not in ("occurred_at", "observed_at", "ingested_at", "raw")
    }
    row["id"] = event.event_id
    row["occurred_at"] = format_time(event.occurred_at)
    row["observed_at"] = None if event.observed_at is None else format_time(event.observed_at)
    row["ingested_at"] = format_time(event.ingested_at)
    row["client"] = client_label(event.user_agent) if event.user_agent else None
    row["raw"] = orjson.loads(event.raw)
    return row


def export_identities(home: Home, options: ExportOptions) -> Iterator[Row]:
    """Identities with their accounts and why each belongs to them."""
    del options
    with home.reader() as reader:
        resolution = _resolution(home, reader)
    yield from identity_rows(resolution.identities, resolution.links)


def export_findings(home: Home, options: ExportOptions) -> Iterator[Row]:
    """Findings by the contract; superseded and withdrawn ones only when everything is asked for."""
    yield from export_lines(shown_findings(home, options), every=options.everything)


def shown_findings(home: Home, options: ExportOptions) -> list[StoredFinding]:
    """The findings an export shows, by time and id, in the words of their pages.

    Superseded and withdrawn ones only on demand. Accounts are resolved only where some words hold an id.
    """
    shown = [one for one in load_findings(home.state) if options.everything or one.status not in ON_DEMAND]
    shown.sort(key=lambda one: (one.finding.at, one.finding.id))
    known: dict[str, Identity] = {}
    if any(names_ids(one.finding) for one in shown):
        with home.reader() as reader:
            known = {identity.id: identity for identity in _resolution(home, reader).identities}
    return [replace(one, finding=named_finding(one.finding, known)) for one in shown]


def _resolution(home: Home, reader: Reader) -> Resolution:
    return resolve(gather_accounts(reader), reader.rows(Link), settings_of(home.settings), home.clock.now())


def export_labels(home: Home, options: ExportOptions) -> Iterator[Row]:
    """One row per object and type of sensitive data; masks only."""
    del options
    with home.reader() as reader:
        yield from label_rows(reader.rows(Match, now=True))


def export_posture(home: Home, options: ExportOptions) -> Iterator[Row]:
    """The answers to the posture questions from the facts known now."""
    del options
    yield from posture_rows(posture_of(home))


def export_grants(home: Home, options: ExportOptions) -> Iterator[Row]:
    """Who reaches which project, organization, group and role, by which grant; organization-wide ones included."""
    del options
    with home.reader() as reader:
        graph = load_graph(reader, home.clock.now())
        for identity in graph.identities():
            for reached in graph.reach(identity, leaves=False):
                yield reached.row()


def export_risk(home: Home, options: ExportOptions) -> Iterator[Row]:
    """The risk of each identity that has open findings, with the findings that make it."""
    del options
    yield from risk_rows(load_findings(home.state, ("open", "closed")), home.clock.now())


EXPORTS: dict[str, Callable[[Home, ExportOptions], Iterator[Row]]] = {
    "events": export_events,
    "findings": export_findings,
    "grants": export_grants,
    "identities": export_identities,
    "labels": export_labels,
    "posture": export_posture,
    "risk": export_risk,
}
