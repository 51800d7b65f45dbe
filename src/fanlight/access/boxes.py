"""What a picture consists of: boxes, lines, six columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fanlight.model import Micros, Sensitivity

__all__ = ["COLUMNS", "LIMIT", "Column", "Edge", "Node", "Picture"]

COLUMNS = ("Identity", "Organization role", "Organization", "Project role", "Project", "Resource")
LIMIT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A box. `pivot` is what `picture` takes to be drawn around it; empty where it cannot be."""

    id: str
    text: str
    count: int = 0
    """What it stands for: projects of a role, resources of a bundle, people of a group of people."""
    sensitive: int = 0
    sensitivity: Sensitivity | None = None
    labels: tuple[str, ...] = ()
    more: bool = False
    change: Literal["added", "removed"] | None = None
    sentence: str = ""
    pivot: str = ""
    selected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A line. `weight` counts the grants behind it."""

    source: str
    target: str
    weight: int = 1
    wide: bool = False
    dashed: bool = False
    """The vendor does not say."""
    selected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One of the six; `total` counts what its boxes stand for."""

    heading: str
    total: int
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is drawn, as of a moment."""

    at: Micros
    pivot: str
    summary: str
    columns: tuple[Column, ...]
    edges: tuple[Edge, ...]
    selected: tuple[str, ...] = ()
    """Ids of the boxes on the selected path, left to right."""
    sentence: str = ""
    added: int = 0
    removed: int = 0
