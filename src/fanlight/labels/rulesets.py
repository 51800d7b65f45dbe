"""What a ruleset holds, part by part, so that a later one knows what is new to an object that an earlier one read.

The version that every match and reading carries names the whole; this says which recognizer, detector, word list, model
or custom category of it changed. The taxonomy is no part: what it says is applied to stored matches.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from fanlight.labels.custom import CustomCategories
from fanlight.labels.detectors import detectors
from fanlight.labels.keywords import Keywords
from fanlight.labels.recognizers import recognizers
from fanlight.labels.taxonomy import Group

__all__ = ["changed_parts", "held_by", "is_custom", "parts_in_words"]

_CUSTOM = "custom:"
_SAMPLES = ("positives", "negatives", "name")


def held_by(custom: CustomCategories | None, engine_version: int) -> dict[str, str]:
    """Part to a hash of all that decides what it finds."""
    held = dict(_built_in(engine_version))
    for one in custom.definitions if custom else ():
        held[one.recognizer] = f"{one.version}-{one.digest()}"
    return held


def changed_parts(before: Mapping[str, str] | None, now: Mapping[str, str]) -> tuple[str, ...]:
    """Parts that a reading did not have, or had otherwise; all of them when nobody knows what it had."""
    known = before or {}
    return tuple(sorted(part for part, digest in now.items() if known.get(part) != digest))


def is_custom(part: str) -> bool:
    """Whether a part is a category of the company."""
    return part.startswith(_CUSTOM)


def parts_in_words(parts: tuple[str, ...], most: int = 4) -> str:
    """`category PROJECT_ORION, 3 recognizers, 1 word list` for people."""
    named = [f"category {part.removeprefix(_CUSTOM)}" for part in parts if is_custom(part)]
    counts = {"word list": 0, "detector": 0, "recognizer": 0}
    for part in parts:
        if not is_custom(part):
            kind = {"file": "word list", "detector": "detector"}.get(part.partition(":")[0], "recognizer")
            counts[kind] += 1
    words = named[:most] + ([f"{len(named) - most} more categories"] if len(named) > most else [])
    return ", ".join(words + [f"{n:,} {kind}{'s' if n != 1 else ''}" for kind, n in counts.items() if n])


@cache
def _built_in(engine_version: int) -> dict[str, str]:
    held = {recognizer.id: _hash(repr(_plain(recognizer)).encode()) for recognizer in recognizers()}
    held |= {f"detector:{detector.name}": str(engine_version) for detector in detectors()}
    catalog = files("fanlight.catalog")
    for folder in (catalog / "recognizers" / "words", catalog / "recognizers" / "kinds", catalog / "vendors.yml",
                   files("fanlight.labels") / "weights"):  # fmt: skip
        held |= {f"file:{item.name}": _hash(item.read_bytes()) for item in _data(folder)}
    return held


def _data(item: Traversable) -> Iterator[Traversable]:
    if item.is_dir():
        for inside in item.iterdir():
            yield from _data(inside)
    elif item.name.endswith((".yml", ".npz")):
        yield item


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def _plain(value: Any) -> Any:
    """A value as nested tuples of texts and numbers, the same in every process."""
    if isinstance(value, re.Pattern):
        return value.pattern, value.flags
    if isinstance(value, Keywords):
        return tuple(sorted(value.single)), value.phrases
    if isinstance(value, Group):
        return value.name, value.mask, value.fingerprint, value.threshold
    if is_dataclass(value) and not isinstance(value, type):
        # A field that stands at its default says nothing: one that is added later changes no recognizer.
        return tuple(
            (one.name, _plain(getattr(value, one.name)))
            for one in fields(value)
            if one.name not in _SAMPLES and getattr(value, one.name) != one.default
        )
    if isinstance(value, tuple | list):
        return tuple(_plain(item) for item in value)
    if isinstance(value, frozenset | set):
        return tuple(sorted(map(repr, value)))
    if callable(value):
        cells = getattr(value, "__closure__", None) or ()
        return getattr(value, "__qualname__", type(value).__name__), tuple(repr(_inside(cell)) for cell in cells)
    return value


def _inside(cell: Any) -> Any:
    content = cell.cell_contents
    return content if isinstance(content, str | int | float | tuple | frozenset) else type(content).__name__
