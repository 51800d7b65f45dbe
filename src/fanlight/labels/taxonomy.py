"""The eleven categories and the groups of types below them, read from the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from fanlight.labels.catalogue import read_yaml

__all__ = ["Category", "Group", "Taxonomy", "taxonomy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A label on an object."""

    name: str
    title: str
    threshold: float
    """Confidence from which the label is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Types that are masked, exported and weighed alike."""

    name: str
    category: str
    mask: str
    span: str
    """Name of the span in `fanlight label`'s output."""
    implies: tuple[str, ...] = ()
    """Further categories that a match of this group gives."""
    fingerprint: bool = False
    """High-entropy values only: a keyed fingerprint may be kept."""
    threshold: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """Categories and groups by name, with the version that matches are stored against."""

    version: int
    categories: dict[str, Category]
    groups: dict[str, Group]


@cache
def taxonomy() -> Taxonomy:
    """The taxonomy of the catalog."""
    raw = read_yaml("taxonomy.yml")
    categories = {name: Category(name=name, **entry) for name, entry in raw["categories"].items()}
    groups = {
        name: Group(name=name, **{**entry, "implies": tuple(entry.get("implies", ()))})
        for name, entry in raw["groups"].items()
    }
    return Taxonomy(version=raw["version"], categories=categories, groups=groups)
