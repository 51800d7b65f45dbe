"""Text of DOCX, XLSX, PPTX and OpenDocument: body, headers, comments, notes, hidden sheets and document properties.

The parts are read by expat with entity declarations refused, so that no document can expand itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.parsers import expat

from fanlight.labels.files.containers import Member
from fanlight.labels.files.limits import Budget, CannotRead

__all__ = ["office_kind", "read_office"]

_PARTS = {
    "docx": re.compile(
        r"word/(?:document|header\d*|footer\d*|comments\w*|footnotes|endnotes)\d*\.xml$|docProps/.*\.xml$"
    ),
    "pptx": re.compile(r"ppt/(?:slides|notesSlides|comments|slideMasters)/[^/]*\.xml$|docProps/.*\.xml$"),
    "odf": re.compile(r"(?:content|meta|styles)\.xml$"),
}
_BREAKS = frozenset({"p", "br", "tr", "h", "table-row", "line-break", "cr", "property", "sldId"})
_CELLS = frozenset({"tc", "tab", "table-cell"})


class _Refused(Exception):
    """The part declares entities."""


def office_kind(names: frozenset[str]) -> str | None:
    """docx, xlsx, pptx, odf, or None for a plain archive, by the members that only these have."""
    if "[Content_Types].xml" in names:
        for kind, folder in (("docx", "word/"), ("xlsx", "xl/"), ("pptx", "ppt/")):
            if any(name.startswith(folder) for name in names):
                return kind
    return "odf" if "mimetype" in names and "content.xml" in names else None


def _parse(
    data: bytes, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], text: Callable[[str], None]
) -> None:
    def refuse(*_: object) -> None:
        raise _Refused

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, UnicodeDecodeError):
        raise CannotRead("a part of the document is damaged") from None
    except _Refused:
        raise CannotRead("a part of the document declares entities, which is refused") from None


def _flowing(data: bytes) -> str:
    """Text of a part in reading order."""
    out: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.endswith("property") and "name" in attributes:
            out.append(f"{attributes['name']}: ")

    def end(name: str) -> None:
        local = name.rpartition(":")[2]
        if local in _BREAKS:
            out.append("\n")
        elif local in _CELLS:
            out.append("\t")

    _parse(data, start, end, out.append)
    return "".join(out)


def _shared_strings(data: bytes) -> list[str]:
    found: list[str] = []
    parts: list[str] = []
    inside = [False]

    def start(name: str, _: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "si":
            parts.clear()
        inside[0] = local == "t"

    def end(name: str) -> None:
        if name.rpartition(":")[2] == "si":
            found.append("".join(parts))
        inside[0] = False

    def text(value: str) -> None:
        if inside[0]:
            parts.append(value)

    _parse(data, start, end, text)
    return found


def _sheet(data: bytes, shared: list[str]) -> str:
    """Rows of a sheet, cells separated by tabs."""
    out: list[str] = []
    cell: list[str] = []
    kind = [""]
    inside = [False]

    def start(name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "c":
            kind[0] = attributes.get("t", "")
            cell.clear()
        inside[0] = local in {"v", "t"}

    def end(name: str) -> None:
        local = name.rpartition(":")[2]
        inside[0] = False
        if local == "c":
            value = "".join(cell)
            if kind[0] == "s" and value.isdigit() and int(value) < len(shared):
                value = shared[int(value)]
            elif value.endswith(".0"):
                value = value[:-2]
            out.append(value.replace("\t", " ") + "\t")
        elif local == "row":
            out.append("\n")

    def text(value: str) -> None:
        if inside[0]:
            cell.append(value)

    _parse(data, start, end, text)
    return "".join(out).replace("\t\n", "\n")


def _read_sheets(members: list[Member], budget: Budget) -> str:
    by_name = {member.name: member for member in members}
    shared_part = by_name.get("xl/sharedStrings.xml")
    shared = _shared_strings(shared_part.data()) if shared_part else []
    texts = [
        budget.keep(_sheet(by_name[name].data(), shared))
        for name in sorted(by_name)
        if re.match(r"xl/worksheets/[^/]*\.xml$", name)
    ]
    for name in sorted(by_name):
        if re.match(r"xl/(?:comments[^/]*|threadedComments/[^/]*)\.xml$|docProps/.*\.xml$", name):
            texts.append(budget.keep(_flowing(by_name[name].data())))
    return "\n".join(texts)


def read_office(kind: str, members: list[Member], budget: Budget) -> str:
    """All text of an office document. Raises `CannotRead`, `TooMuch`."""
    if kind == "xlsx":
        return _read_sheets(members, budget)
    wanted = _PARTS[kind]
    texts = [
        budget.keep(_flowing(member.data()))
        for member in sorted(members, key=lambda m: m.name)
        if wanted.match(member.name)
    ]
    return "\n".join(texts)
