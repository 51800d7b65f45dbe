"""Reading a stored record by dotted paths.

A segment is a name, a position in a list, `*` for any position, or `*name=value` for the list's items whose `name` is
`value` (without regard to case). Marks of sealed content are tables, and only
plain values count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["find", "find_all"]

_NOTHING = frozenset({"", "none", "null", "n/a", "-"})


def find(record: Any, paths: Sequence[str]) -> str | None:
    """The first plain value at any of the paths, as text; placeholders for "nothing" do not count."""
    for path in paths:
        for value in find_all(record, path):
            text = _plain(value)
            if text is not None:
                return text
    return None


def find_all(record: Any, path: str) -> Iterator[Any]:
    """Every value at a path."""
    if isinstance(record, Mapping) and path in record:  # flattened logs have dots in names
        yield record[path]
        return
    head, _, rest = path.partition(".")
    for value in _step(record, head):
        if rest:
            yield from find_all(value, rest)
        else:
            yield value


def _step(record: Any, segment: str) -> Iterator[Any]:
    if isinstance(record, Mapping):
        if segment in record:
            yield record[segment]
        return
    if not isinstance(record, list):
        return
    if segment.isdigit():
        if int(segment) < len(record):
            yield record[int(segment)]
        return
    if not segment.startswith("*"):
        return
    name, _, wanted = segment[1:].partition("=")
    for item in record:
        if not name or (isinstance(item, Mapping) and str(item.get(name, "")).casefold() == wanted):
            yield item


def _plain(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str) and value.strip().casefold() not in _NOTHING:
        return value.strip()
    return None
