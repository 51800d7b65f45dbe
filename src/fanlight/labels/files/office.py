"""Text of DOCX, PPTX and OpenDocument: body, headers, comments, notes, deleted text, links and document properties.

The parts are read by expat with entity declarations refused, so that no document can expand itself. Sheets of XLSX
are read by `sheets`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from xml.parsers import expat

from fanlight.labels.files.containers import Member
from fanlight.labels.files.limits import Budget, CannotRead, TooMuch

__all__ = ["flowing", "is_embedded", "is_picture", "office_kind", "parse", "read_office"]

_PROPERTIES = r"docProps/(?:core|app|custom)\.xml$|docMetadata/.*\.xml$|customXml/item\d*\.xml$"
_PARTS = {
    "docx": re.compile(
        r"word/(?:document|header|footer|comments\w*|footnotes|endnotes|people)\d*\.xml$|word/glossary/document\.xml$"
        r"|word/_rels/[^/]*\.rels$|word/(?:charts|diagrams)/[^/]*\.xml$|" + _PROPERTIES
    ),
    "pptx": re.compile(
        r"ppt/(?:slides|notesSlides|comments|slideMasters|slideLayouts|notesMasters|handoutMasters|charts|diagrams)"
        r"/(?:_rels/)?[^/]*\.(?:xml|rels)$|ppt/(?:commentAuthors|authors)\.xml$|" + _PROPERTIES
    ),
    "odf": re.compile(r"(?:.*/)?(?:content|meta|styles)\.xml$"),
}
_MAIN = {
    "docx": re.compile(r"word/document\d*\.xml$"),
    "xlsx": re.compile(r"xl/worksheets/.|xl/workbook\.xml$"),
    "pptx": re.compile(r"ppt/slides/.|ppt/presentation\.xml$"),
    "odf": re.compile(r"content\.xml$"),
}
_BREAKS = frozenset({"p", "br", "tr", "h", "table-row", "line-break", "cr", "property", "sldId", "pt", "Relationship"})
_CELLS = frozenset({"tc", "tab", "table-cell"})
_TOLD = frozenset({"descr", "author", "displayName", "connection", "command", "userId", "email"})
"""Attributes that a person wrote or that name one."""


class _Refused(Exception):
    """The part declares entities."""


def office_kind(names: frozenset[str]) -> str | None:
    """docx, xlsx, pptx, odf, or None for a plain archive, by the members that only these have."""
    if "[Content_Types].xml" in names:
        for kind, folder in (("docx", "word/"), ("xlsx", "xl/"), ("pptx", "ppt/")):
            if any(name.startswith(folder) for name in names):
                return kind
    return "odf" if "mimetype" in names and "content.xml" in names else None


def is_picture(name: str) -> bool:
    """Whether a member of an office document is a picture or film inside it."""
    return re.match(r"(?:word|ppt|xl)/media/|(?:Pictures|media)/.", name) is not None


def is_embedded(name: str) -> bool:
    """Whether a member of an office document is another document inside it."""
    return re.match(r"(?:word|ppt|xl)/embeddings/.", name) is not None


def parse(
    data: bytes, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], text: Callable[[str], None]
) -> None:
    """Walk one XML part; names come with their prefix. Raises `CannotRead`."""

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
    except (expat.ExpatError, UnicodeDecodeError, LookupError, ValueError):
        raise CannotRead("a part of the document is damaged") from None
    except _Refused:
        raise CannotRead("a part of the document declares entities, which is refused") from None


def flowing(data: bytes) -> str:
    """Text of a part in reading order, with the attributes that tell something."""
    out: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if not attributes:
            return
        local = name.rpartition(":")[2]
        if local == "property" and "name" in attributes:
            out.append(f"{attributes['name']}: ")
        elif local == "Relationship":
            if attributes.get("TargetMode") == "External":
                out.append(attributes.get("Target", ""))
        elif local == "label" and "siteId" in attributes:  # a sensitivity label that is kept beside the properties
            out.append(f"MSIP_Label_{attributes.get('id', '').strip('{}')}_Enabled: true\n")
        else:
            out.extend(
                f" {value} " for key, value in attributes.items() if key.rpartition(":")[2] in _TOLD and len(value) > 1
            )

    def end(name: str) -> None:
        local = name.rpartition(":")[2]
        if local in _BREAKS:
            out.append("\n")
        elif local in _CELLS:
            out.append("\t")

    parse(data, start, end, out.append)
    return "".join(out)


def read_parts(
    members: Sequence[Member], wanted: re.Pattern[str], read: Callable[[bytes], str], budget: Budget, reasons: list[str]
) -> list[str]:
    """Texts of all wanted parts by name; a damaged one is noted and the others are read. Raises `TooMuch`."""
    texts: list[str] = []
    for member in sorted(members, key=lambda m: m.name):
        if not wanted.match(member.name):
            continue
        try:
            texts.append(budget.keep(read(member.data())))
        except TooMuch:
            raise
        except CannotRead as problem:
            if str(problem) not in reasons:
                reasons.append(str(problem))
    return texts


def read_office(kind: str, members: Sequence[Member], budget: Budget, reasons: list[str]) -> str:
    """All text of an office document; `reasons` takes what was left out. Raises `CannotRead`, `TooMuch`."""
    if kind == "odf" and any(member.name == "META-INF/manifest.xml" for member in members):
        manifest = next(member for member in members if member.name == "META-INF/manifest.xml")
        if b"encryption-data" in manifest.data():
            raise CannotRead("it is protected by a password")
    if any(member.name.endswith("vbaProject.bin") for member in members):
        reasons.append("macros inside it were not read")
    found: list[str] = []
    if not any(_MAIN[kind].match(member.name) for member in members):
        found.append("the main part of the document is missing")
    if kind == "xlsx":
        from fanlight.labels.files.sheets import read_sheets

        texts = read_sheets(members, budget, found)
    else:
        texts = read_parts(members, _PARTS[kind], flowing, budget, found)
    if found and not any(text.strip() for text in texts):
        raise CannotRead(found[0])
    reasons += found
    return "\n".join(texts)
