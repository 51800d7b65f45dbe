"""Text of HTML and RTF, read by one linear pass each: no page can be made slow."""

from __future__ import annotations

import html
import re

__all__ = ["looks_like_html", "text_of_html", "text_of_rtf"]

_TAG = re.compile(r"<(?:!--(.*?)(?:-->|\Z)|(/?)([A-Za-z][A-Za-z0-9:-]{0,30})([^<>]*)>?|[!?][^<>]*>?)", re.DOTALL)
_ATTRIBUTE = re.compile(r"""([A-Za-z][\w:-]{0,30})\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TOLD = frozenset({"value", "content", "alt", "title", "placeholder", "data", "label", "summary"})
_LINKS = frozenset({"href", "src", "action"})
_INLINE = frozenset({"a", "b", "i", "em", "strong", "span", "u", "font", "small", "sub", "sup", "mark", "wbr"})
_CELLS = frozenset({"td", "th"})
_LONG_TAG = 20_000


def looks_like_html(data: bytes, name: str, mime_type: str) -> bool:
    """By type, name or the first bytes."""
    if mime_type in {"text/html", "application/xhtml+xml"} or name.lower().endswith((".html", ".htm", ".xhtml")):
        return True
    return data[:200].lstrip()[:5].lower() in {b"<html", b"<!doc"}


def text_of_html(text: str) -> str:
    """Text of a page with its comments, scripts, hidden values and addresses; styles are left out."""
    out: list[str] = []
    place = 0
    hidden = False
    for tag in _TAG.finditer(text):
        if not hidden:
            out.append(text[place : tag.start()])
        place = tag.end()
        comment, closing, name, attributes = tag.groups()
        if comment is not None:
            out.append(f" {comment} ")
            continue
        if name is None:
            continue
        name = name.lower()
        if name == "style":
            hidden = not closing
        if name not in _INLINE:
            out.append(" " if closing else "\t" if name in _CELLS else "\n")
        if attributes and not closing:
            out.append(_told(attributes))
    if not hidden:
        out.append(text[place:])
    return html.unescape("".join(out))


def _told(attributes: str) -> str:
    """What attributes say that a reader may see or a form may send."""
    if len(attributes) > _LONG_TAG:
        return f" {attributes} "
    told: list[str] = []
    for found in _ATTRIBUTE.finditer(attributes):
        name, value = found[1].lower(), found[2] or found[3] or found[4] or ""
        if name in _TOLD and value:
            told.append(f" {name}={value} ")
        elif name in _LINKS and (":" in value or "@" in value or "?" in value):
            told.append(f" {value} ")
        elif name.startswith("data-") and value:
            told.append(f" {name[5:]}={value} ")
    return "".join(told)


_RTF = re.compile(
    r"\\'([0-9a-fA-F]{2})|\\u(-?\d{1,6}) ?\??|\\([a-z]{1,32})(-?\d{1,10})? ?|\\([^a-z])|([{}])|[\r\n]+", re.DOTALL
)
_RTF_HIDDEN = frozenset({"fonttbl", "colortbl", "stylesheet", "listtable", "pict", "themedata", "colorschememapping",
                         "datastore", "latentstyles", "rsidtbl", "generator", "blipuid", "objdata"})  # fmt: skip
_RTF_BREAKS = {"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "cell": "\t", "tab": "\t"}


def text_of_rtf(text: str) -> str:
    """Text of a rich text document, its properties and notes included; pictures and tables of styles are left out."""
    out: list[str] = []
    hidden: list[bool] = [False]
    place = 0
    for mark in _RTF.finditer(text):
        if not hidden[-1]:
            out.append(text[place : mark.start()])
        place = mark.end()
        code, unicode_code, word, _, sign, brace = mark.groups()
        if brace == "{":
            hidden.append(hidden[-1])
        elif brace == "}":
            if len(hidden) > 1:
                hidden.pop()
            if not hidden[-1]:
                out.append(" " if out and out[-1].endswith((" ", "\n", "\t")) else "")
        elif word in _RTF_HIDDEN:
            hidden[-1] = True
        elif hidden[-1]:
            continue
        elif code:
            out.append(bytes.fromhex(code).decode("cp1252", "replace"))
        elif unicode_code:
            out.append(chr(int(unicode_code) & 0xFFFF))
        elif word in _RTF_BREAKS:
            out.append(_RTF_BREAKS[word])
        elif sign in {"\\", "{", "}"}:
            out.append(sign)
        elif sign == "~":
            out.append(" ")
    out.append(text[place:])
    return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
