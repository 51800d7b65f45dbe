"""Text of XLSX: every sheet, hidden ones too, as rows of cells, with what else a workbook carries.

That is names of sheets and ranges, headers and footers, comments, links, text boxes, connections, and the cells that
pivot tables and links to other workbooks keep a copy of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from fanlight.labels.files.containers import Member
from fanlight.labels.files.limits import Budget
from fanlight.labels.files.office import flowing, parse, read_parts

__all__ = ["read_sheets"]

_SHEETS = re.compile(r"xl/(?:worksheets|dialogsheets|macrosheets|externalLinks)/[^/]*\.xml$")
_BESIDE = re.compile(
    r"xl/(?:comments[^/]*|threadedComments/[^/]*|persons/[^/]*|drawings/[^/]*|charts/[^/]*|connections|diagrams/[^/]*)"
    r"\.xml$|xl/(?:worksheets|externalLinks)/_rels/[^/]*\.rels$|xl/comments/[^/]*\.xml$"
    r"|docProps/(?:core|app|custom)\.xml$|docMetadata/.*\.xml$|customXml/item\d*\.xml$"
)
_PIVOTS = re.compile(r"xl/pivotCache/[^/]*\.xml$")
_BOOK = re.compile(r"xl/workbook\.xml$")
_MARGINS = frozenset({"oddHeader", "evenHeader", "firstHeader", "oddFooter", "evenFooter", "firstFooter", "formula1"})
_DATE_FORMATS = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
_DATE_LETTERS = re.compile(r"(?i)(?:^|[^a-z])(?:d{1,4}|y{2,4}|m{3,4})(?:[^a-z]|$)")


def read_sheets(members: Sequence[Member], budget: Budget, reasons: list[str]) -> list[str]:
    """Texts of a workbook. Raises `TooMuch`; `reasons` takes damaged parts."""
    by_name = {member.name: member for member in members}
    shared_part, style_part = by_name.get("xl/sharedStrings.xml"), by_name.get("xl/styles.xml")
    shared = _shared_strings(shared_part.data()) if shared_part else []
    dates = _date_styles(style_part.data()) if style_part else frozenset()
    texts = read_parts(members, _BOOK, _names, budget, reasons)
    texts += read_parts(members, _SHEETS, lambda data: _sheet(data, shared, dates), budget, reasons)
    texts += read_parts(members, _BESIDE, flowing, budget, reasons)
    return texts + read_parts(members, _PIVOTS, _kept_values, budget, reasons)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _shared_strings(data: bytes) -> list[str]:
    found: list[str] = []
    parts: list[str] = []
    inside = [False]

    def start(name: str, _: dict[str, str]) -> None:
        local = _local(name)
        if local == "si":
            parts.clear()
        inside[0] = local == "t"

    def end(name: str) -> None:
        if _local(name) == "si":
            found.append("".join(parts))
        inside[0] = False

    def text(value: str) -> None:
        if inside[0]:
            parts.append(value)

    parse(data, start, end, text)
    return found


def _date_styles(data: bytes) -> frozenset[int]:
    """Numbers of the cell styles that show a date."""
    own: dict[int, str] = {}
    styles: list[int] = []
    inside = [False]

    def start(name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "numFmt":
            own[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif local == "cellXfs":
            inside[0] = True
        elif local == "xf" and inside[0]:
            styles.append(_number(attributes.get("numFmtId")))

    def end(name: str) -> None:
        if _local(name) == "cellXfs":
            inside[0] = False

    parse(data, start, end, lambda _: None)
    plain = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
    shown = {number for number, code in own.items() if _DATE_LETTERS.search(plain.sub(" ", code))}
    return frozenset(at for at, number in enumerate(styles) if number in _DATE_FORMATS or number in shown)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 9 else -1


def _date(value: str) -> str:
    """A day and time out of a count of days, as people write it; the value itself where it is none."""
    try:
        days = float(value)
    except ValueError:
        return value
    if not 1 <= days < 2_958_466:
        return value
    moment = datetime(1899, 12, 30) + timedelta(days=days)  # noqa: DTZ001 - a wall clock, without a zone
    return moment.strftime("%Y-%m-%d" if days == int(days) else "%Y-%m-%d %H:%M")


def _sheet(data: bytes, shared: list[str], dates: frozenset[int]) -> str:
    """Rows of a sheet, cells separated by tabs."""
    out: list[str] = []
    cell: list[str] = []
    formula: list[str] = []
    kind = ["", ""]
    inside = [""]

    def start(name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local in {"c", "cell"}:
            kind[:] = attributes.get("t", ""), attributes.get("s", "")
            cell.clear()
            formula.clear()
        inside[0] = local

    def end(name: str) -> None:
        local = _local(name)
        inside[0] = ""
        if local in {"c", "cell"}:
            out.append(_shown("".join(cell), kind[0], kind[1], shared, dates) + "\t")
            said = [text for text in re.findall(r'"([^"]{4,})"', "".join(formula)) if text not in out[-1]]
            if said:
                out.append(" ".join(said) + "\t")
        elif local == "row" or local in _MARGINS:
            out.append("\n")

    def text(value: str) -> None:
        if inside[0] in {"v", "t"}:
            cell.append(value)
        elif inside[0] == "f":
            formula.append(value)
        elif inside[0] in _MARGINS:
            out.append(value)

    parse(data, start, end, text)
    return "".join(out).replace("\t\n", "\n")


def _shown(value: str, kind: str, style: str, shared: list[str], dates: frozenset[int]) -> str:
    """A cell as its reader sees it."""
    if kind == "s":
        at = _number(value)
        value = shared[at] if 0 <= at < len(shared) else value
    elif kind in {"", "n"}:
        if dates and _number(style) in dates:
            value = _date(value)
        elif value.endswith(".0"):
            value = value[:-2]
        elif "E+" in value or "e+" in value:  # long numbers are stored so
            value = _in_full(value)
    return value.replace("\t", " ")


def _in_full(value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return value
    return str(int(number)) if number.is_integer() and abs(number) < 1e21 else value


def _names(data: bytes) -> str:
    """Names of sheets and named ranges, with what the names stand for."""
    out: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if _local(name) in {"sheet", "definedName"} and "name" in attributes:
            out.append(f"\n{attributes['name']} ")

    parse(data, start, lambda _: None, out.append)
    return "".join(out)


def _kept_values(data: bytes) -> str:
    """Values that a pivot table keeps, also when the sheet they came from is gone."""
    out: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local in {"s", "n", "d"} and "v" in attributes:
            out.append(attributes["v"] + "\t")
        elif local == "cacheField":
            out.append(f"\n{attributes.get('name', '')}: ")
        elif local == "r":
            out.append("\n")

    parse(data, start, lambda _: None, lambda _: None)
    return "".join(out)
