"""Files by what they are: name, type, size, owner, properties of the document."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from fanlight.labels.custom.definitions import FileFinder

__all__ = ["About", "fits"]

_NAMED_APART = ("document", "artifact", "code_artifact")
"""Kinds whose name comes as a part of its own."""

_PROPERTY_LINES = 40_000
"""Characters at both ends of a document's text in which its properties stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is known of a text beside its words. `name` is content: it is matched here and kept nowhere."""

    kind: str = ""
    part_kind: str = ""
    role: str | None = None
    project_id: str | None = None
    owner: str | None = None
    name: str = field(default="", repr=False)
    mime_type: str = ""
    size: int | None = None


def fits(finder: FileFinder, about: About, text: str) -> bool:
    """Whether a file has every property that the finder asks for; a property nobody knows does not fit."""
    name = about.name
    if about.part_kind == "name" and about.kind in _NAMED_APART:
        name = text.strip()
    elif about.part_kind not in ("file", "document"):
        return False
    name = name.casefold()
    if finder.names and not any(fnmatchcase(name, wanted.casefold()) for wanted in finder.names):
        return False
    if finder.types and not any(
        _is_type(wanted.casefold(), about.mime_type.casefold(), name) for wanted in finder.types
    ):
        return False
    if finder.larger_than is not None and (about.size is None or about.size <= finder.larger_than):
        return False
    if finder.smaller_than is not None and (about.size is None or about.size >= finder.smaller_than):
        return False
    if finder.owners and about.owner not in finder.owners:
        return False
    return all(_has(text, wanted, value) for wanted, value in finder.properties)


def _is_type(wanted: str, mime_type: str, name: str) -> bool:
    if wanted.startswith("."):
        return PurePosixPath(name).suffix == wanted
    return fnmatchcase(mime_type.partition(";")[0].strip(), wanted)


def _has(text: str, wanted: str, value: str) -> bool:
    ends = text if len(text) <= 2 * _PROPERTY_LINES else text[:_PROPERTY_LINES] + "\n" + text[-_PROPERTY_LINES:]
    for match in re.finditer(rf"(?im)^\s*{re.escape(wanted)}\s*[:=]\s*([^\n]{{1,400}})", ends):
        if fnmatchcase(match.group(1).strip().casefold(), value.casefold()):
            return True
    return False
