"""Reads the `fields` column of the activity types and holds values against it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCALARS: dict[str, Any] = {"string": str, "boolean": bool}


@dataclass(frozen=True)
class ActivityType:
    """What one type carries beside the common fields: name -> (may be absent, grammar)."""

    name: str
    fields: dict[str, tuple[bool, str]]
    complete: bool


def read_types(path: Path) -> dict[str, ActivityType]:
    """Every documented activity type."""
    with path.open(encoding="utf-8") as file:
        return {
            row["type"]: ActivityType(row["type"], _fields(row["fields"]), row["fields_complete"] == "yes")
            for row in csv.DictReader(file)
        }


def _fields(text: str) -> dict[str, tuple[bool, str]]:
    found = {}
    for part in split_outside(text, ";"):
        name, _, grammar = part.partition(":")
        found[name.rstrip("?")] = (name.endswith("?"), grammar)
    return found


def split_outside(text: str, separator: str) -> list[str]:
    """Parts between separators that stand outside of every bracket."""
    parts, depth, start = [], 0, 0
    for index, letter in enumerate(text):
        if letter in "{<(":
            depth += 1
        elif letter in "}>)":
            depth -= 1
        elif letter == separator and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [part for part in [*parts, text[start:]] if part]


def disagreements(value: Any, grammar: str, path: str) -> Iterator[str]:
    """Sentences about everything in a value that its grammar does not allow."""
    if grammar.endswith("|null"):
        if value is not None:
            yield from disagreements(value, grammar.removesuffix("|null"), path)
        return
    if grammar in _SCALARS:
        if not isinstance(value, _SCALARS[grammar]):
            yield f"{path} should be a {grammar}, is {value!r}"
    elif grammar == "number":
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"{path} should be a number, is {value!r}"
    elif grammar.startswith(("enum(", "const(")):
        if value not in grammar[grammar.index("(") + 1 : -1].split("|"):
            yield f"{path} is {value!r}, outside of {grammar}"
    elif grammar.startswith("list<"):
        if not isinstance(value, list):
            yield f"{path} should be a list"
            return
        for index, item in enumerate(value):
            yield from disagreements(item, grammar[5:-1], f"{path}[{index}]")
    elif grammar.startswith("object{"):
        yield from _object_disagreements(value, grammar[7:-1], path)
    # Unions and maps are open: what is inside is documented apart.


def _object_disagreements(value: Any, text: str, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} should be an object"
        return
    for part in split_outside(text, ","):
        name, _, grammar = part.partition(":")
        plain = name.rstrip("?")
        if plain in value:
            yield from disagreements(value[plain], grammar, f"{path}.{plain}")
        elif not name.endswith("?"):
            yield f"{path}.{plain} is missing"
