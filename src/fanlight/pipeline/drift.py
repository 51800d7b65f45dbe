"""Schema drift: types and fields that a source began to send and nobody has looked at yet.

A type that the vendor adds is kept from its first event on; this is the list to triage, with a guess of what it is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import orjson
import yaml

from fanlight.lake import Reader
from fanlight.model import DAY, Micros
from fanlight.ocsf.mapping import classify
from fanlight.pipeline.home import Home
from fanlight.sources.claude.catalogue import COMMON_FIELDS, load

__all__ = ["NewField", "NewType", "Risk", "guess_risk", "looked_at", "mark_looked_at", "new_fields", "new_types"]

Risk = Literal["low", "medium", "high"]
MONTH: Micros = 30 * DAY
_WARM_UP: Micros = 14 * DAY
"""A source is known for so long before a type that is new to us is called new: at first every type is."""
_LOOKED_AT = "drift_looked_at"
_SAMPLE = 20
"""Newest events of a type whose field names are read."""
_RISKS: tuple[Risk, ...] = ("high", "medium", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewType:
    """A type of event that is not in the catalogue, or that a source without one began to send lately."""

    source: str
    product: str
    type: str
    first_seen: Micros
    last_seen: Micros
    events: int
    actors: int
    family_guess: str
    risk_guess: Risk
    risk_reason: str
    fields: tuple[str, ...]
    """Names of its own fields, as far as the newest events carry them."""
    ocsf: str
    """The class it is exported under until it is mapped."""
    this_month: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewField:
    """A field that the documentation of a known type does not name."""

    source: str
    type: str
    field: str
    events: int
    """Events of the sample that carry it."""


def new_types(reader: Reader, now: Micros, looked_at: Iterable[str] = ()) -> list[NewType]:
    """Types to triage, the riskiest and newest first. `looked_at` holds `product:type` of those done."""
    known, done = load(), set(looked_at)
    rows = reader.query(
        "SELECT source, product, type, any_value(family) AS family, count(*) AS n, min(occurred_at) AS low, "
        "max(occurred_at) AS high, count(DISTINCT coalesce(account_key, actor_id)) AS actors "
        "FROM events GROUP BY source, product, type"
    ).to_pylist()
    begun: dict[str, Micros] = {}
    for row in rows:
        begun[row["source"]] = min(row["low"], begun.get(row["source"], row["low"]))
    fresh = [
        row
        for row in rows
        if f"{row['product']}:{row['type']}" not in done
        and (
            row["type"] not in known
            if row["product"] == "claude"
            else row["low"] >= max(now - MONTH, begun[row["source"]] + _WARM_UP)
        )
    ]
    fields = _fields_of(reader, fresh)
    found = [_new_type(row, now, fields) for row in fresh]
    return sorted(found, key=lambda one: (_RISKS.index(one.risk_guess), -one.first_seen, one.type))


def _new_type(row: Mapping[str, Any], now: Micros, fields: Mapping[tuple[str, str], tuple[str, ...]]) -> NewType:
    risk, reason = guess_risk(row["type"], row["family"])
    kind = classify(row["product"], row["type"], row["family"])
    return NewType(
        source=row["source"],
        product=row["product"],
        type=row["type"],
        first_seen=row["low"],
        last_seen=row["high"],
        events=row["n"],
        actors=row["actors"],
        family_guess=row["family"],
        risk_guess=risk,
        risk_reason=reason,
        fields=fields.get((row["product"], row["type"]), ()),
        ocsf=f"{kind.class_uid} / {kind.activity_name}",
        this_month=row["low"] >= now - MONTH,
    )


def guess_risk(type: str, family: str) -> tuple[Risk, str]:
    """How much a type could matter, and the word that says so."""
    words = _risk_words()
    parts = type.casefold().replace(".", "_").replace("-", "_").replace(" ", "_").split("_")
    for level in ("high", "medium"):
        if family in words["families"][level]:
            return level, f"its family looks like {family.replace('_', ' ')}"
        for part in parts:
            if part in words[level]:
                return level, f"its name says {part}"
    return "low", "nothing in its name speaks of access, keys or sharing"


@cache
def _risk_words() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(
        (resources.files("fanlight.catalog") / "drift" / "risk_words.yml").read_text("utf-8")
    )
    return loaded


def _fields_of(reader: Reader, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Names of the fields of these types, without those that every event has."""
    if not rows:
        return {}
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for product, native, raw in _samples(reader, sorted({row["type"] for row in rows})):
        names[product, native] |= {path for path in _paths(raw) if path not in COMMON_FIELDS}
    return {key: tuple(sorted(found)) for key, found in names.items()}


def new_fields(reader: Reader) -> list[NewField]:
    """Fields of Claude's documented types that the documentation does not name, out of the newest events."""
    known = load()
    rows = reader.query("SELECT DISTINCT type FROM events WHERE product = 'claude'")["type"].to_pylist()
    types = sorted(name for name in rows if name in known and not known[name].partial)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for product, native, raw in _samples(reader, types):
        if product == "claude":
            for path in _paths(raw):
                if not known[native].knows(path):
                    counts[native, path] += 1
    return [NewField(source="claude", type=name, field=path, events=n) for (name, path), n in sorted(counts.items())]


def _samples(reader: Reader, types: Sequence[str]) -> Iterable[tuple[str, str, Any]]:
    if not types:
        return
    rows = reader.query(
        "SELECT product, type, raw FROM events WHERE type IN (SELECT unnest(?)) "
        f"QUALIFY row_number() OVER (PARTITION BY product, type ORDER BY occurred_at DESC, event_id) <= {_SAMPLE}",
        [list(types)],
    ).to_pylist()
    for row in rows:
        yield row["product"], row["type"], orjson.loads(row["raw"])


def _paths(value: Any, prefix: str = "") -> Iterable[str]:
    """Dotted names of what holds something; a sealed mark is one field."""
    if isinstance(value, dict):
        if value.get("sealed") is True and "hash" in value:
            yield prefix
            return
        for name, inner in value.items():
            path = f"{prefix}.{name}" if prefix else name
            if isinstance(inner, dict | list):
                yield from _paths(inner, path)
            elif inner is not None:
                yield path
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list):
                yield from _paths(item, prefix)
            else:
                yield prefix


def looked_at(home: Home) -> frozenset[str]:
    """`product:type` of the types that somebody has looked at."""
    kept = home.state.fact(_LOOKED_AT)
    return frozenset(json.loads(kept)) if kept else frozenset()


def mark_looked_at(home: Home, types: Iterable[str], actor: str = "operator") -> Sequence[str]:
    """Take types off the list; each is `type` or `product:type`. Returns those that were on it."""
    asked = set(types)
    with home.reader() as reader:
        listed = new_types(reader, home.clock.now(), looked_at(home))
    taken = sorted({f"{one.product}:{one.type}" for one in listed if {one.type, f"{one.product}:{one.type}"} & asked})
    if taken:
        with home.state.tick() as tick:
            kept = tick.fact(_LOOKED_AT)
            tick.set_fact(_LOOKED_AT, json.dumps(sorted({*(json.loads(kept) if kept else ()), *taken})))
            for name in taken:
                tick.audit(actor, "new activity type looked at", name)
    return taken
