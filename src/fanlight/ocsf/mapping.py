"""Which class and activity an event belongs to: `catalog/ocsf`, read once.

`claude.tsv` names every documented activity type with its class in 1.8 and in 1.9; a file per product maps the others
by pattern; `families.yml` catches what neither knows, so that no event is ever without a class.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

import yaml

__all__ = [
    "OTHER",
    "Classified",
    "OcsfClass",
    "Product",
    "Version",
    "classes",
    "classify",
    "mapped_types",
    "product_of",
]

Version = Literal["1.8", "1.9"]
OTHER = 99
_ENTITY_MANAGEMENT = 3004


@dataclass(frozen=True, slots=True, kw_only=True)
class OcsfClass:
    """One class of the schema: its names, and which parts it may carry."""

    uid: int
    name: str
    category: str
    activities: Mapping[int, str]
    actor_needs_host: bool
    """Its actor exists only with the profile `host`."""
    has_source: bool
    has_request: bool

    @property
    def category_uid(self) -> int:
        """The thousands of the class number."""
        return self.uid // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """The class and activity of one event."""

    class_uid: int
    activity_id: int
    activity_name: str
    group: str
    """The catalogue's group of the type; our family where it has none."""
    mapped: bool
    """False where only the family told the class: a type to add to the catalogue."""

    @property
    def type_uid(self) -> int:
        """As the schema computes it."""
        return self.class_uid * 100 + self.activity_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What the catalogue knows of one source's product. Paths are dotted and lower case, as in `Event.raw`."""

    name: str
    vendor: str
    log: str
    types: Sequence[tuple[str, int, int, str]] = ()
    """Pattern of the lower-case type, class, activity, name of the activity; the first match wins."""
    paths: Mapping[str, Sequence[str]] = field(default_factory=dict)
    actors: Mapping[str, int] = field(default_factory=dict)
    """Kind of actor → `user.type_id`."""
    keys: Sequence[str] = ()
    """Kinds of actor that are a key and no person."""
    envelope: Sequence[str] = ()
    """Top fields of the record that stand elsewhere in the document."""
    severities: Mapping[str, int] = field(default_factory=dict)
    blocked: Sequence[str] = ()
    """Types that say a control refused something."""
    pending: Sequence[str] = ()
    """Patterns of types whose outcome nobody knows yet."""


@cache
def classes() -> Mapping[int, OcsfClass]:
    """Every class that is written, by number."""
    return {
        int(uid): OcsfClass(
            uid=int(uid),
            name=entry["name"],
            category=entry["category"],
            activities={int(number): name for number, name in entry["activities"].items()},
            actor_needs_host=entry["host"],
            has_source=entry["source"],
            has_request=entry["request"],
        )
        for uid, entry in _read("classes.yml").items()
    }


@cache
def product_of(product: str) -> Product:
    """The catalogue's file of a product; a product without one is called by its own name."""
    folder = resources.files("fanlight.catalog") / "ocsf"
    found = folder / f"{product}.yml"
    if product in ("classes", "families", "labels", "verbs", "versions") or not found.is_file():
        return Product(name=product, vendor=product, log="events")
    data = yaml.safe_load(found.read_text("utf-8"))
    return Product(
        name=data["name"],
        vendor=data["vendor"],
        log=data["log"],
        types=tuple(
            (str(row[0]), int(row[1]), int(row[2]), str(row[3]) if len(row) > 3 else "") for row in data["types"]
        ),
        paths={name: tuple(paths) for name, paths in (data.get("paths") or {}).items()},
        actors=data.get("actors") or {},
        keys=tuple(data.get("keys") or ()),
        envelope=tuple(data.get("envelope") or ()),
        severities=data.get("severities") or {},
        blocked=tuple(data.get("blocked") or ()),
        pending=tuple(data.get("pending") or ()),
    )


def mapped_types() -> Sequence[str]:
    """Every Claude activity type in the catalogue, in order."""
    return sorted(_claude())


@lru_cache(maxsize=16_384)
def classify(product: str, type: str, family: str, version: Version = "1.8") -> Classified:
    """The class of a type; never fails: a type nobody mapped falls back to its family, then to Entity Management."""
    row = _claude().get(type) if product == "claude" else None
    if row is not None:
        uid, activity = row.by_version[version]
        return _classified(uid, activity, row.activity_name, row.group, mapped=True)
    folded = type.casefold()
    for pattern, uid, activity, name in product_of(product).types:
        if fnmatchcase(folded, pattern):
            return _classified(*_in_version(uid, activity, version), name, family, mapped=True)
    entry = _families().get(family, [_ENTITY_MANAGEMENT, "verb"])
    uid, activity = int(entry[0]), entry[1]
    number = _verb(folded) if activity == "verb" else int(activity)
    name = str(entry[2]) if len(entry) > 2 else _humanised(type)
    return _classified(*_in_version(uid, number, version), name, family, mapped=False)


def _classified(uid: int, activity: int, name: str, group: str, *, mapped: bool) -> Classified:
    known = classes().get(uid)
    caption = known.activities.get(activity, "Other") if known else "Other"
    return Classified(
        class_uid=uid,
        activity_id=activity,
        activity_name=(name or caption) if activity == OTHER else caption,
        group=group,
        mapped=mapped,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    group: str
    by_version: Mapping[str, tuple[int, int]]
    activity_name: str


@cache
def _claude() -> Mapping[str, _Row]:
    text = (resources.files("fanlight.catalog") / "ocsf" / "claude.tsv").read_text("utf-8")
    return {
        row["type"]: _Row(
            row["group"],
            {
                "1.8": (int(row["class_1_8"]), int(row["activity_1_8"])),
                "1.9": (int(row["class_1_9"]), int(row["activity_1_9"])),
            },
            row["activity_name"] or "",
        )
        for row in csv.DictReader(text.splitlines(), delimiter="\t")
    }


@cache
def _families() -> Mapping[str, Sequence[Any]]:
    return dict(_read("families.yml"))


@cache
def _verbs() -> Sequence[tuple[frozenset[str], int]]:
    return tuple((frozenset(map(str, entry["words"])), int(entry["activity"])) for entry in _read("verbs.yml"))


def _verb(folded: str) -> int:
    """The activity that the last words of a type tell; Other when none does."""
    words = folded.replace(".", "_").replace(" ", "_").replace("-", "_").split("_")
    for word in reversed(words):
        for known, activity in _verbs():
            if word in known:
                return activity
    return OTHER


@cache
def _later() -> Mapping[str, Mapping[str, str]]:
    return dict(_read("versions.yml"))


def _in_version(uid: int, activity: int, version: Version) -> tuple[int, int]:
    renamed = _later().get(version, {}).get(f"{uid}.{activity}")
    if renamed is None:
        return uid, activity
    new_uid, _, new_activity = renamed.partition(".")
    return int(new_uid), int(new_activity)


def _humanised(type: str) -> str:
    return type.replace("_", " ").replace(".", " ").strip().capitalize() or "Other"


def _read(name: str) -> Any:
    return yaml.safe_load((resources.files("fanlight.catalog") / "ocsf" / name).read_text("utf-8"))
