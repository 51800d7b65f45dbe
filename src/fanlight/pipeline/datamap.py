"""The data map: which labels lie in which project, entered by whom; and how far each source was read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import func, select

from fanlight.access.store import sensitivities
from fanlight.identity.accounts import settings_of
from fanlight.identity.gather import gather_accounts
from fanlight.identity.resolve import resolve
from fanlight.labels.export import object_kind_of
from fanlight.labels.feedback import match_id
from fanlight.labels.regimes import regimes_of
from fanlight.labels.sensitivity import weights_of
from fanlight.lake import Reader
from fanlight.model import Link, Match, format_time
from fanlight.pipeline.home import Home
from fanlight.state import State, schema

__all__ = ["Side", "coverage_of", "coverage_rows", "map_rows", "match_rows", "not_recheckable"]

Side = Literal["label", "project", "owner"]
Row = Mapping[str, Any]

_GONE = """
    SELECT object_kind, object_id FROM readings_now WHERE outcome = 'gone'
    UNION SELECT kind, object_id FROM objects_now WHERE removed OR deleted_at IS NOT NULL
"""
_READ = """
    SELECT source, object_kind, outcome, reason, count(*) AS n, sum(characters)::BIGINT AS characters
    FROM readings_now GROUP BY ALL
"""
_MOST_REASONS = 4


@dataclass(slots=True)
class _Cell:
    """One cell of the map while it is counted."""

    matches: int = 0
    objects: set[tuple[str, str]] = field(default_factory=set)
    types: Counter[str] = field(default_factory=Counter)
    regimes: set[str] = field(default_factory=set)
    """Only those that a match of this very cell led to."""


def map_rows(home: Home, by: Sequence[Side] = ("label", "project", "owner")) -> Iterator[Row]:
    """One row a label, project and owner (or fewer sides): how much lies there, how sensitive, under which regimes.

    Matches of low confidence are left out. `objects` counts chats, files, documents, sessions and artifacts.
    """
    with home.reader() as reader:
        matches = [match for match in reader.rows(Match, now=True) if match.band != "low"]
        levels = sensitivities(matches, weights_of(reader))
        gone = not_recheckable(reader)
        projects = _project_names(reader)
        owners = _owners(home, reader)
    by_object: dict[tuple[str, str], list[Match]] = defaultdict(list)
    for match in matches:
        by_object[match.object_kind, match.object_id].append(match)
    tags = {key: regimes_of(parts) for key, parts in by_object.items()}
    cells: dict[tuple[str, ...], _Cell] = defaultdict(_Cell)
    for match in matches:
        sides = {
            "label": match.category,
            "project": match.project_id or "",
            "owner": owners.get(match.owner_account or "", (match.owner_account or "", ""))[0],
        }
        cell = cells[tuple(sides[side] for side in by)]
        cell.matches += match.count
        cell.objects.add((match.object_kind, match.object_id))
        cell.types[match.type] += match.count
        cell.regimes.update(tag.regime for tag in tags[match.object_kind, match.object_id] if match.type in tag.because)
    emails = dict(owners.values())
    for key in sorted(cells):
        cell = cells[key]
        row: dict[str, Any] = {}
        for side, value in zip(by, key, strict=True):
            if side == "label":
                row["label"] = value
            elif side == "project":
                row["project"] = {"id": value, "name": projects.get(value, "")} if value else None
            else:
                row["owner"] = {"id": value, "email": emails.get(value, "")} if value else None
        sensitivity = Counter(levels.get(thing, "none") for thing in cell.objects)
        yield {
            **row,
            "objects": len(cell.objects),
            "matches": cell.matches,
            "types": dict(sorted(cell.types.items())),
            "sensitivity": {level: sensitivity[level] for level in ("high", "moderate", "low") if sensitivity[level]},
            "regimes": sorted(cell.regimes),
            "not_recheckable": sum(thing in gone for thing in cell.objects),
        }


def match_rows(home: Home, label: str = "", object_id: str = "", type_name: str = "") -> Iterator[Row]:
    """Single matches with the id that a verdict names; masks only, the most certain first."""
    with home.reader() as reader:
        found = [
            match
            for match in reader.rows(Match, now=True)
            if label in ("", match.category) and object_id in ("", match.object_id) and type_name in ("", match.type)
        ]
        gone = not_recheckable(reader)
    for match in sorted(found, key=lambda m: (-m.confidence, m.object_id, m.part_id, m.type)):
        yield {
            "id": match_id(match),
            "object": {"kind": object_kind_of(match.object_kind), "id": match.object_id},
            "part": match.part_id,
            "at": None if match.at is None else format_time(match.at),
            "label": match.category,
            "type": match.type,
            "count": match.count,
            "confidence": match.confidence,
            "evidence": match.evidence,
            "recognizer": f"{match.recognizer} v{match.recognizer_version}",
            "ruleset": match.ruleset,
            "recheckable": (match.object_kind, match.object_id) not in gone and ("chat", match.chat_id) not in gone,
        }


def not_recheckable(reader: Reader) -> frozenset[tuple[str, str]]:
    """Kind and id of what is gone at the vendor: its labels stay, and nobody can look again."""
    rows = reader.query(_GONE)
    return frozenset(zip(rows["object_kind"].to_pylist(), rows["object_id"].to_pylist(), strict=True))


def coverage_rows(home: Home) -> Iterator[Row]:
    """For each source and kind of object how much was read, how much waits, and what was not read, in plain words."""
    with home.reader() as reader:
        yield from coverage_of(reader, home.state)


def coverage_of(reader: Reader, state: State) -> Iterator[Row]:
    """The same over an open reader."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    reasons: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    characters: Counter[tuple[str, str]] = Counter()
    for row in reader.query(_READ).to_pylist():
        key = (row["source"], row["object_kind"])
        counts[key][row["outcome"]] += row["n"]
        characters[key] += row["characters"] or 0
        if row["outcome"] in ("partly_read", "could_not_read"):
            for reason in filter(None, row["reason"].split("; ")):
                reasons[key][reason] += row["n"]
    table = schema.content_queue
    with state.view() as connection:
        waiting = connection.execute(
            select(table.c.source, table.c.kind, func.count().label("n"))
            .where(table.c.tenant == state.tenant, table.c.state == "pending")
            .group_by(table.c.source, table.c.kind)
        ).all()
    for one in waiting:
        counts[one.source, one.kind]["waiting"] += one.n
    for key in sorted(counts):
        count = counts[key]
        yield {
            "source": key[0],
            "kind": key[1],
            "read": count["read"],
            "partly_read": count["partly_read"],
            "could_not_read": count["could_not_read"],
            "gone": count["gone"],
            "waiting": count["waiting"],
            "characters": characters[key],
            "not_read": [f"{n:,} × {reason}" for reason, n in reasons[key].most_common(_MOST_REASONS)],
        }


def _project_names(reader: Reader) -> dict[str, str]:
    rows = reader.query("SELECT object_id, name FROM objects_now WHERE kind = 'project'")
    return dict(zip(rows["object_id"].to_pylist(), (name or "" for name in rows["name"].to_pylist()), strict=True))


def _owners(home: Home, reader: Reader) -> dict[str, tuple[str, str]]:
    """Account to identity and its first address."""
    resolution = resolve(gather_accounts(reader), reader.rows(Link), settings_of(home.settings), home.clock.now())
    return {
        account: (identity.id, identity.emails[0] if identity.emails else "")
        for identity in resolution.identities
        for account in identity.accounts
    }
