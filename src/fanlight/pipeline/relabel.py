"""Relabelling: which objects need to be read again because what looks for data has changed, and queueing them.

Weights, regimes, labels of categories and removed recognizers need no content: they are applied to stored matches. Only
parts of the ruleset that are new or changed need it, and only on objects where they look.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import orjson
from sqlalchemy import select, update

from fanlight.access.store import sensitivities
from fanlight.labels.custom import Definition
from fanlight.labels.labeller import ENGINE_VERSION
from fanlight.labels.rulesets import changed_parts, held_by, parts_in_words
from fanlight.labels.sensitivity import weights_of
from fanlight.lake import Reader
from fanlight.model import SENSITIVITY_ORDER, Match
from fanlight.pipeline.categories import open_categories
from fanlight.pipeline.home import Home
from fanlight.pipeline.leases import KeptLease
from fanlight.state import schema

__all__ = ["Again", "Plan", "plan_relabelling", "start_relabelling"]

_FILES = frozenset({"file", "generated_file", "document", "artifact", "code_artifact"})
_WAIT_SECONDS = 60.0
_BELOW_NEW = 0.25
"""Weight for each step of sensitivity: what is new (1 and more) goes before what is read once more."""

_LAST_FULL = """
    SELECT object_kind, object_id, ruleset, characters, outcome, read_at FROM readings
    WHERE "full" AND outcome IN ('read', 'partly_read', 'could_not_read')
    QUALIFY row_number() OVER (PARTITION BY object_kind, object_id ORDER BY read_at DESC) = 1
"""
_GONE = "SELECT object_kind, object_id FROM readings_now WHERE outcome = 'gone'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """One object to read again, and why."""

    source: str
    kind: str
    object_id: str
    parts: tuple[str, ...]
    """Parts of the ruleset that it has not been read with; empty for one that could not be read."""
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What relabelling would do now, most valuable first."""

    again: tuple[Again, ...]
    up_to_date: int
    """Read with everything that looks for data now."""
    not_concerned: int
    """Read before something changed that does not look there."""
    not_recheckable: int
    """Gone at the vendor: their labels stay as they are."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Why, in words, and how many objects."""


@dataclass(frozen=True, slots=True)
class _Queued:
    source: str
    kind: str
    object_id: str
    project_id: str | None
    owner: str | None
    again: bool
    """Waits already to be read from its beginning."""


def plan_relabelling(home: Home, *, unread: bool = False) -> Plan:
    """Compare what every object was last fully read with to what looks for data now. Reads no content.

    `unread` adds what could not be read, for when a reader has learned a kind of file.
    """
    custom, _ = open_categories(home)
    now = held_by(custom, ENGINE_VERSION)
    held = _rulesets(home)
    changed: dict[str, tuple[str, ...]] = {}
    scopes = {one.recognizer: one for one in custom.definitions}
    queued = {(row.kind, row.object_id): row for row in _queue(home)}
    with home.reader() as reader:
        gone = _keys(reader, _GONE)
        levels = sensitivities(reader.rows(Match, now=True), weights_of(reader))
        last = reader.query(_LAST_FULL).to_pylist()
    again: list[Again] = []
    up_to_date = aside = lost = 0
    for row in last:
        thing = queued.get((row["object_kind"], row["object_id"]))
        if (row["object_kind"], row["object_id"]) in gone or thing is None:
            lost += 1
            continue
        if row["ruleset"] not in changed:
            changed[row["ruleset"]] = changed_parts(held.get(row["ruleset"]), now)
        parts = changed[row["ruleset"]]
        if thing.again or (not parts and not (unread and row["outcome"] == "could_not_read")):
            up_to_date += 1
            continue
        needed = tuple(part for part in parts if _looks_at(scopes.get(part), thing, row["characters"]))
        if needed or (unread and row["outcome"] == "could_not_read"):
            level = SENSITIVITY_ORDER[levels.get((thing.kind, thing.object_id), "none")]
            again.append(
                Again(source=thing.source, kind=thing.kind, object_id=thing.object_id, parts=needed,
                      value=_BELOW_NEW * (level + (0.5 if thing.project_id else 0.0)))
            )  # fmt: skip
        else:
            aside += 1
    again.sort(key=lambda one: (-one.value, one.kind, one.object_id))
    reasons = Counter(parts_in_words(one.parts) or "could not be read before" for one in again)
    return Plan(
        again=tuple(again), up_to_date=up_to_date, not_concerned=aside, not_recheckable=lost, reasons=dict(reasons)
    )


def start_relabelling(home: Home, plan: Plan, actor: str, limit: int | None = None) -> int:
    """Put the most valuable objects of a plan back into the queue, to be read from their beginning; returns how many.

    Holds each source's lease, so that no reading that is under way ends behind it. Raises `LeaseHeld`.
    """
    by_source: dict[str, list[Again]] = defaultdict(list)
    for one in plan.again[:limit]:
        by_source[one.source].append(one)
    table = schema.content_queue
    queued = 0
    for source, things in sorted(by_source.items()):
        with (
            KeptLease(home.state, f"source/{source}", wait_seconds=_WAIT_SECONDS) as kept,
            home.state.tick(kept.lease) as tick,
        ):
            for one in things:
                queued += tick.connection.execute(
                        update(table)
                        .where(
                            table.c.tenant == home.tenant, table.c.source == source, table.c.kind == one.kind,
                            table.c.object_id == one.object_id,
                        )
                        .values(
                            state="pending", read_to=None, version=table.c.version + 1, attempts=0, due_at=tick.now,
                            queued_at=tick.now, weight=one.value, reason="",
                        )
                    ).rowcount  # fmt: skip
            tick.audit(actor, "relabelling started", source, f"{len(things)} objects")
    return queued


def _looks_at(category: Definition | None, thing: _Queued, characters: int) -> bool:
    """Whether a part of the ruleset could find anything in an object, by what is known without its content."""
    if category is None:
        return characters > 0
    if category.kinds and thing.kind not in category.kinds:
        return False
    if category.projects and thing.project_id not in category.projects:
        return False
    if category.file is not None and thing.kind in _FILES:
        return not category.file.owners or thing.owner in category.file.owners
    reads_text = bool(set(category.finders) - {"file"})
    return reads_text and characters > 0


def _rulesets(home: Home) -> dict[str, dict[str, str]]:
    table = schema.rulesets
    with home.state.view() as connection:
        rows = connection.execute(select(table).where(table.c.tenant == home.tenant)).all()
    return {row.version: json.loads(row.recognizers) for row in rows}


def _queue(home: Home) -> Iterator[_Queued]:
    table = schema.content_queue
    with home.state.view() as connection:
        rows = connection.execute(
            select(table.c.source, table.c.kind, table.c.object_id, table.c.ref, table.c.state, table.c.read_to).where(
                table.c.tenant == home.tenant, table.c.state != "gone"
            )
        ).all()
    for row in rows:
        ref = orjson.loads(row.ref)
        waits = row.state == "pending" and row.read_to is None
        yield _Queued(row.source, row.kind, row.object_id, ref.get("project_id"), ref.get("owner_account"), waits)


def _keys(reader: Reader, sql: str) -> Collection[tuple[str, str]]:
    rows = reader.query(sql)
    return set(zip(rows["object_kind"].to_pylist(), rows["object_id"].to_pylist(), strict=True))
