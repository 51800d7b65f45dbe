"""Importing native logs and normalised events from files: same facts, same duplicates rule, no vendor asked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from fanlight.model import FAMILIES, Event, ObjectVersion, parse_time
from fanlight.pipeline.collect import commit_events
from fanlight.pipeline.erasing import Refusal
from fanlight.pipeline.heads import Listing, compare_objects
from fanlight.pipeline.home import Home
from fanlight.pipeline.leases import KeptLease
from fanlight.sources.contract import SourceContext
from fanlight.sources.directory_files import map_person, read_people
from fanlight.sources.files import Unread, read_records
from fanlight.sources.registry import find_kind, kinds

__all__ = ["Imported", "import_files", "importable", "is_name", "keep_aside", "read_event"]

_PAGE = 5000
_FEED = "claude"
_COLUMNS = {column.name: column for column in fields(Event)}
_SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}", re.IGNORECASE)
_TIMES = ("occurred_at", "observed_at", "ingested_at")


@dataclass(slots=True)
class Imported:
    """What an import brought; `unread` names each place that held no readable record."""

    records: int = 0
    events: int = 0
    new: int = 0
    unread: list[Unread] = field(default_factory=list)


def importable() -> list[str]:
    """Kinds of file that can be imported."""
    return sorted(["directory", "events", *(name for name, kind in kinds().items() if kind.map_record is not None)])


def is_name(text: str) -> bool:
    """Whether a source may be called so."""
    return _SOURCE_NAME.fullmatch(text) is not None


def import_files(home: Home, kind: str, files: Sequence[Path], source: str | None = None) -> Imported:
    """Import files of one kind; a file again adds nothing. Raises `SourceError` for an unknown kind, `OSError`."""
    name = source or kind
    context = SourceContext(
        tenant=home.tenant,
        name=name,
        clock=home.clock,
        content_key=home.vault.tenant_key("content"),
        read_secret=home.vault.read,
    )
    done = Imported()
    if kind == "directory":
        with KeptLease(home.state, f"source/{name}") as kept:
            _take_directory(home, kept, context, files, done)
        keep_aside(home, done.unread)
        return done
    page: list[Event] = []
    with KeptLease(home.state, f"source/{name}") as kept:
        for path in files:
            for event in _events(kind, path, context, done):
                page.append(event)
                if len(page) >= _PAGE:
                    done.new += commit_events(home, kept.lease, name, "files", _tell_apart(home, page), path.name)
                    page = []
        done.new += commit_events(home, kept.lease, name, "files", _tell_apart(home, page), None, caught_up=True)
        home.lake.compact(kept.lease)
    keep_aside(home, done.unread)
    return done


def _take_directory(home: Home, kept: KeptLease, context: SourceContext, files: Sequence[Path], done: Imported) -> None:
    """People out of lists of a directory; a person missing in a later list stays, since lists may be partial."""
    now = home.clock.now()
    people: list[ObjectVersion] = []
    for path in files:
        for number, record in enumerate(read_people(path), 1):
            person = record if isinstance(record, Unread) else map_person(record, context, now)
            if person is None:
                person = Unread(path.name, number, 0, "the entry names neither a mail address nor an id")
            if isinstance(person, Unread):
                done.unread.append(person)
            else:
                done.records += 1
                people.append(person)
    listed = Listing(f"{context.name}/people", Refusal(home).keep_objects(people), complete=False)
    changed = compare_objects(home.state, [listed], now)
    segments = home.lake.stage(changed.rows)
    with home.state.tick(kept.lease) as tick:
        changed.commit(tick)
        tick.add_segments(segments)
        tick.set_cursor(context.name, "people", None, rows=len(changed.rows), caught_up=True)
    done.new = len(changed.rows)


def _events(kind: str, path: Path, context: SourceContext, done: Imported) -> Iterator[Event]:
    mapper = None if kind == "events" else find_kind(kind).map_record
    rows = _parquet_rows(path) if kind == "events" and path.suffix == ".parquet" else read_records(path)
    for number, record in enumerate(rows, 1):
        if isinstance(record, Unread):
            done.unread.append(record)
            continue
        try:
            mapped = list(mapper(record, context)) if mapper else [read_event(record, context)]
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            reason = f"it could not be mapped ({type(problem).__name__})"
            done.unread.append(Unread(path.name, number, 0, reason))
            continue
        done.records += 1
        done.events += len(mapped)
        yield from mapped


def read_event(row: Mapping[str, Any], context: SourceContext) -> Event:
    """A normalised row as `export events` writes it. Raises `ValueError` without id, type or time."""
    values: dict[str, Any] = {name: row[name] for name in _COLUMNS if row.get(name) is not None}
    values["event_id"] = values.get("event_id") or row.get("id")
    if not values["event_id"] or "type" not in values or "occurred_at" not in values:
        raise ValueError("A normalised event needs id, type and occurred_at.")
    for name in _TIMES:
        if isinstance(values.get(name), str):
            values[name] = parse_time(values[name])
    raw = values.get("raw", {})
    values["raw"] = raw if isinstance(raw, str) else orjson.dumps(raw).decode()
    values["tenant"] = context.tenant
    stated = row.get("source")
    kept = context.name == "events" and isinstance(stated, str) and _SOURCE_NAME.fullmatch(stated)
    values["source"] = stated if kept else context.name
    values.setdefault("product", str(row.get("source") or "events"))
    if values.get("family") not in FAMILIES:
        values["family"] = "other"
    values["ingested_at"] = context.clock.now()
    return Event(**values)


def _tell_apart(home: Home, events: Sequence[Event]) -> list[Event]:
    """Give events that share an id but plainly are not the same one ids of their own.

    Files are put together by people and pipelines, and ids repeat in them (test data, rewritten exports). A record
    with other content gets a suffix made of it, so nothing is dropped and the same file again still adds nothing.
    A Claude activity is told apart only by type, time, actor, address, target or outcome: the vendor empties fields
    of old activities, and an export must stay the same event as the feed's row.
    """
    seen = _stored(home, events)
    told: list[Event] = []
    for event in events:
        key = (event.product, event.event_id)
        known = seen.setdefault(key, event)
        if _differs(known, event):
            suffix = hashlib.sha256(event.raw.encode()).hexdigest()[:12]
            told.append(replace(event, event_id=f"{event.event_id}#{suffix}"))
        else:
            told.append(event)
    return told


def _differs(known: Event, event: Event) -> bool:
    if event.occurred_at == event.ingested_at:  # without a time of its own the import's stands in, also in raw
        return _core(replace(known, occurred_at=event.occurred_at)) != _core(event)
    return known.raw != event.raw and (event.product != _FEED or _core(known) != _core(event))


def _core(event: Event) -> tuple[object, ...]:
    return (
        event.type, event.occurred_at, event.actor_id, event.actor_email, event.ip, event.target_kind,
        event.target_id, event.project_id, event.chat_id, event.file_id, event.outcome, event.organization_id,
    )  # fmt: skip


def _stored(home: Home, events: Sequence[Event]) -> dict[tuple[str, str], Event]:
    if not events:
        return {}
    with home.reader() as reader:
        known = reader.rows(Event, "event_id IN (SELECT unnest(?))", [sorted({event.event_id for event in events})])
    return {(event.product, event.event_id): event for event in known}


def _parquet_rows(path: Path) -> Iterator[Mapping[str, Any] | Unread]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as problem:
        if isinstance(problem, FileNotFoundError):
            raise
        yield Unread(path.name, 0, path.stat().st_size, "the file is damaged or is not Parquet")


def keep_aside(home: Home, unread: Sequence[Unread]) -> None:
    """Remember which places could not be read (never what stood there)."""
    if not unread:
        return
    folder = home.path / "imports"
    folder.mkdir(exist_ok=True)
    with (folder / "unread.jsonl").open("ab") as file:
        for place in unread:
            row = {"file": place.file, "line": place.line, "length": place.length, "reason": place.reason}
            file.write(orjson.dumps(row) + b"\n")
