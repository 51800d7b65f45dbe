"""Detectors: what a pattern alone cannot say. Each module here that has a `DETECTOR` (or `DETECTORS`) takes part.

A detector names the literals it wants from the shared scan and turns the places where they end into finds.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, runtime_checkable

from fanlight.labels.context import Titles
from fanlight.labels.numbers import NumberPiece
from fanlight.labels.pages import Page
from fanlight.labels.scan import Hit

__all__ = ["Detector", "Found", "PageDetector", "Sight", "detectors", "thinned"]


@dataclass(slots=True)
class Found:
    """A find before masks: offsets in the folded text."""

    start: int
    end: int
    type: str
    group: str
    recognizer: str
    confidence: float
    version: int = 1
    keyword: str | None = None
    flags: str = ""
    label: str = ""


def thinned(hits: Iterable[Hit], most: int = 48, within: int = 256) -> Iterator[Hit]:
    """Hits without those that crowd: at most so many within so many characters, so that no text costs more."""
    kept: deque[int] = deque(maxlen=most)
    for hit in hits:
        if len(kept) < most or hit[0] - kept[0] > within:
            kept.append(hit[0])
            yield hit


@dataclass(slots=True)
class Sight:
    """What a detector sees of a text, or of one stretch of a long one. Offsets are those of the folded text."""

    text: str
    """The whole folded text."""
    begin: int
    stop: int
    """The stretch that is asked about; what lies around it may be looked at."""
    hits: Sequence[Hit]
    """Where the detector's literals end inside the stretch, ascending, with the literal in lower case."""
    pieces: Sequence[NumberPiece]
    found: Sequence[Found]
    titles: Titles
    """Titles of table columns."""

    def __repr__(self) -> str:
        return f"Sight({self.begin}, {self.stop})"


class Detector(Protocol):
    """One procedural finder, asked where its literals hit. `order` sorts detectors: later ones see earlier finds.

    It may have a method `gate_of(anchor) -> Gate` that says which hits are not worth a look, an attribute `lead`, a
    distance before a stretch from which it wants hits too, and a method `follows(found, pieces) -> bool` that says
    whether it has work without hits of its own.
    """

    name: str
    order: int
    anchors: tuple[str, ...]
    types: Mapping[str, str]
    """The types it gives, with the group of each."""

    def find(self, sight: Sight) -> Iterable[Found]:
        """Finds in one text. Pure; must be linear in the text's length."""
        ...


@runtime_checkable
class PageDetector(Protocol):
    """A finder that looks at a whole page at once."""

    name: str
    order: int
    anchors: tuple[str, ...]
    types: Mapping[str, str]

    def find_all(self, page: Page) -> Mapping[int, Sequence[Found]]:
        """Number of the part to finds in it. Pure; must be linear in the page's length."""
        ...


@cache
def detectors() -> tuple[Detector | PageDetector, ...]:
    """Every detector of this package, in order."""
    return tuple(sorted(_modules(), key=lambda d: (d.order, d.name)))


def _modules() -> Iterator[Detector | PageDetector]:
    for module in pkgutil.iter_modules(__path__):
        room = importlib.import_module(f"{__name__}.{module.name}")
        detector = getattr(room, "DETECTOR", None)
        if detector is not None:
            yield detector
        yield from getattr(room, "DETECTORS", ())
