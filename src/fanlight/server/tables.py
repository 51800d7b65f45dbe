"""The tables of the pages as CSV. Pure.

Times carry seconds and the zone's offset. A cell that a spreadsheet would read as a formula begins with an
apostrophe, since names of projects and accounts come from outside. In the demo every row says that it is simulated.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from fanlight.enrich.localtime import local_time
from fanlight.model import Micros
from fanlight.server import schema as s

__all__ = [
    "Sheet", "accounts", "evidence", "findings", "people", "sheet_of", "sources", "time_of", "timeline",
    "unseen", "what_was_opened", "write",
]  # fmt: skip

Cell = str | int | float | bool | None
Row = TypeVar("Row")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its name, which becomes the file's."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def write(sheet: Sheet, *, simulated: bool) -> str:
    """The sheet as CSV with a head line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    mark = ("yes",) if simulated else ()
    writer.writerow([*sheet.columns, *(("simulated",) if simulated else ())])
    for row in sheet.rows:
        writer.writerow([*(_cell(value) for value in row), *mark])
    return out.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return str(value)


def sheet_of(name: str, rows: Sequence[Row], columns: dict[str, Callable[[Row], Cell]]) -> Sheet:
    """A sheet of rows: the head of each column with how a row fills it."""
    return Sheet(name, tuple(columns), [tuple(read(row) for read in columns.values()) for row in rows])


def time_of(at: Micros | None, zone: str) -> str | None:
    """A time with seconds and the offset of its day; None stays empty."""
    return None if at is None else local_time(at, zone).isoformat(timespec="seconds")


def _labels(chips: Sequence[s.LabelChip]) -> str:
    return " ".join(chip.category for chip in chips)


def findings(rows: Sequence[s.QueueRow], zone: str) -> Sheet:
    """Rows of the queue."""
    return sheet_of("findings", rows, {
        "id": lambda r: r.id, "severity": lambda r: r.severity, "status": lambda r: r.status,
        "verdict": lambda r: r.verdict, "title": lambda r: r.title, "sentence": lambda r: r.sentence,
        "who": lambda r: r.who.name, "who_detail": lambda r: r.who.detail, "who_id": lambda r: r.who.id,
        "labels": lambda r: _labels(r.labels) or r.labels_note, "time": lambda r: time_of(r.at, zone),
        "assignee": lambda r: r.assignee, "rule": lambda r: r.rule,
    })  # fmt: skip


def _steps(name: str, steps: Sequence[s.Step], zone: str) -> Sheet:
    return sheet_of(name, steps, {
        "time": lambda r: time_of(r.at, zone), "until": lambda r: time_of(r.until, zone), "source": lambda r: r.source,
        "what": lambda r: r.text, "mark": lambda r: r.mark, "labels": lambda r: _labels(r.labels),
        "address": lambda r: r.place, "event_id": lambda r: r.event_id,
    })  # fmt: skip


def evidence(view: s.FindingView, zone: str) -> Sheet:
    """The whole chain of evidence of a finding, what the Story folds included."""
    return _steps(f"evidence-{view.short_id}", view.chain.steps, zone)


def what_was_opened(view: s.FindingView, zone: str) -> Sheet:
    """What was opened around a finding."""
    return sheet_of(f"opened-{view.short_id}", view.opened.rows if view.opened else [], {
        "time": lambda r: time_of(r.at, zone), "title": lambda r: r.title, "labels": lambda r: _labels(r.labels),
        "sensitivity": lambda r: r.sensitivity, "opened_earlier": lambda r: r.earlier,
    })  # fmt: skip


def timeline(view: s.IdentityView, zone: str) -> Sheet:
    """The time line of an identity."""
    return _steps("timeline", view.timeline, zone)


def accounts(view: s.IdentityView, zone: str) -> Sheet:
    """The accounts of an identity with the reason for each link."""
    return sheet_of("accounts", view.accounts, {
        "source": lambda r: r.source, "login": lambda r: r.login, "id": lambda r: r.id, "why": lambda r: r.why,
        "evidence": lambda r: r.evidence, "since": lambda r: time_of(r.since, zone), "active": lambda r: r.active,
    })  # fmt: skip


def people(view: s.AccessView, zone: str) -> Sheet:
    """Who reaches a thing, and how."""
    return sheet_of("people", view.people, {
        "identity": lambda r: r.id, "name": lambda r: r.name, "level": lambda r: r.level if r.known else "unknown",
        "how": lambda r: r.how, "since": lambda r: time_of(r.since, zone),
    })  # fmt: skip


def sources(view: s.SourcesView, zone: str) -> Sheet:
    """The connected sources."""
    return sheet_of("sources", view.rows, {
        "name": lambda r: r.name, "title": lambda r: r.title, "health": lambda r: r.health,
        "newest_event": lambda r: time_of(r.newest_event_at, zone), "lag_p95": lambda r: r.lag,
        "backlog": lambda r: "unknown" if r.backlog is None else r.backlog, "events_24h": lambda r: r.events_24h,
    })  # fmt: skip


def unseen(view: s.SourcesView) -> Sheet:
    """What is not seen."""
    return sheet_of("not-seen", view.unseen, {
        "name": lambda r: r.name, "when": lambda r: r.when, "sentence": lambda r: r.sentence,
    })  # fmt: skip
