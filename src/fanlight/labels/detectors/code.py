"""Source code: ten or more lines in a row that are built like statements, whatever the language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from fanlight.labels.detectors import Found, Sight
from fanlight.labels.wordlists import words

__all__ = ["DETECTOR"]

_STATEMENT = re.compile(
    r"^\s*(?:(?:export |public |private |protected |static |async |final |abstract |pub(?:\(crate\))? |const |"
    r"let |var |val |def |func |fn |fun |class |struct |enum |trait |impl |interface |type |namespace |module "
    r"|import |from |package |use |using |#include|#define|#if|#endif|return\b|yield |raise |throw |try\b|"
    r"except\b|catch\b|finally\b|if ?\(|if .{1,80}:$|elif |else\b|for ?\(|for .{1,60}(?::|\{)$|while\b|"
    r"switch\b|case .{1,40}:$"
    r"|match |with .{1,80}:$|assert\b|@\w+|print\(|echo |fi$|done$|then$|do$|end$|select |insert |update |"
    r"create (?:table|index|view|or replace)|where |group by |order by [\w.]+(?:,| (?:desc|asc)|;|$)|"
    r"having .*[<>=]|(?:left |inner )?join \w+ |dim \w+ as |set \w+ ?=|end (?:sub|if|function)$|next \w$|sub \w+\(|"
    r"library\(|data class |(?:resource|output|variable|provider) \"|elseif )|[)}\]]+[;,]?\s*$|//|/\*|\*/|\* @)",
    re.IGNORECASE,
)
_CALL = re.compile(r"\w\([^()\n]*\)|^\s*\w+\.\w+\(|^\s{2,}\w+\(")
_ASSIGNED = re.compile(r"\s*[\w.\[\]\"'*&]{1,60}\s*(?::=|[+*/|&-]?=)\s*\S")
_TAG = re.compile(r"</?\w+[^>]*>")
_MEMBER = re.compile(r"\b(?:self|this)\.")
_VARIABLE = re.compile(r"\$\w")
_PROPERTY = re.compile(r"\s*[\"'][\w.-]+[\"']\s*:\s*[^\n]+[,{\[]$")
_PROSE = re.compile(r"^\s*(?:[-*•>]\s)?[A-ZÀ-Þ][^\n{}();=<>]{40,}[.!?]?\s*$|^[^\n{}();=<>]{0,400}[.!?]\s*$")
_KEYED = re.compile(r"\s*[\"']?[\w -]{1,40}[\"']?\s*:\s*[\"'\d\[{tfn][^;()]*$")
_DATA = re.compile(r"\s*(?:[\[\]{}]+,?|INSERT INTO .*|\d{4}-\d\d-\d\d.*|\[?\d\d:\d\d.*|https?://\S+)\s*$")
_DATA_FIRST = frozenset("[]{}0123456789Ih")
_FENCE = re.compile(r"(?:```|~~~)(?P<language>[\w+#-]*)")
_NO_CODE = frozenset(
    {"text", "txt", "json", "csv", "md", "markdown", "log", "xml", "html", "mermaid", "output", "diff", ""}
)
_LEAST = 7
_SURE = 20
"""Points beyond which more say nothing new."""


class _Code:
    name = "code"
    order = 85
    types: ClassVar[dict[str, str]] = {"PROGRAM_CODE": "source_code"}
    anchors = words("code", "anchor")

    def find(self, sight: Sight) -> Iterable[Found]:
        if len(sight.hits) < 3:
            return
        text = sight.text
        best = 0.0
        last = 0
        for end, _ in sight.hits:
            if end < last:
                continue
            begin = max(last, end - 2000)
            begin = text.rfind("\n", 0, begin) + 1 if begin else 0
            stop = min(len(text), end + 4000)
            if text.count("\n", begin, stop) >= _LEAST - 1:
                lines = text[begin:stop].split("\n")
                if _has_strong(lines):
                    best = max(best, _longest(lines))
            last = stop
            if best >= 14:
                break
        if best >= _LEAST:
            yield Found(
                0, 0, "PROGRAM_CODE", "source_code", "code_lines", min(0.95, 0.62 + best / 60), label="lines of code"
            )


def _has_strong(lines: list[str]) -> bool:
    """Whether a line can make a block strong, without which it has no points; most windows of prose have none."""
    for line in lines:
        bare = line.strip()
        if not bare:
            continue
        if bare[-1] in _STRONG_ENDS and _has_shape(bare, line):
            return True
        first = bare[0]
        if first not in _STRONG_STARTS:
            continue
        if _FENCE.match(bare) is not None if first in "`~" else len(bare) < 40 and _is_statement(bare, line):
            return True
    return False


_STRONG_ENDS = frozenset("{};:),(")
_STRONG_STARTS = frozenset(")}]r`~")


def _longest(lines: list[str]) -> float:
    """Points of the best block: statements count one, shapes most of one, blank lines nothing, prose ends a block."""
    best = points = 0.0
    strong = fenced = among_data = False
    for line in lines:
        bare = line.strip()
        if not bare:
            continue
        if len(bare) > 400:
            points, strong = 0.0, False
            continue
        if bare[0] in "`~" and (fence := _FENCE.match(bare)) is not None:
            fenced = not fenced and fence.group("language").lower() not in _NO_CODE
            strong = strong or fenced
            continue
        head = _HEAD.match(bare)
        if head is None:
            statement = bare[0] in ")}]/*@#" and _STATEMENT.match(line) is not None
        else:
            statement = head.group().lower() in _HEADS and _STATEMENT.match(line) is not None
        shape = _has_shape(bare, line)
        closing = statement and len(bare) < 40 and bare[0] in ")}]r" and not (among_data and bare[0] in "}]")
        if not (statement and shape) and not closing and _is_data(bare, line):
            points = max(0.0, points + 0.1)
            among_data = True
            if strong and points > best:
                best = points
            continue
        among_data = False
        if statement and (shape or len(bare) < 80):
            points += 1.0
            strong = strong or closing or (shape and bare[-1] in "{};:),(")
        elif shape:
            points += 0.8
            strong = strong or bare[-1] in "{};)(:"
        elif _PROSE.match(line) and not bare.startswith(("#", "//", "*", "--")):
            points = max(0.0, points - (0.2 if fenced else 2.0))
        else:
            points += 0.35 if fenced or line[:1] in " \t#/*" else 0.0
        if strong and points > best:
            best = points
            if best >= _SURE:
                return best
        if points == 0.0:
            strong = False
    return best


_HEAD = re.compile(r"[A-Za-z]+")
_HEADS = frozenset({
    "abstract", "assert", "async", "case", "catch", "class", "const", "create", "def", "do", "done", "echo", "elif",
    "else", "end", "enum", "except", "export", "fi", "final", "finally", "fn", "for", "from", "fun", "func", "if",
    "impl", "import", "insert", "interface", "let", "match", "module", "namespace", "package", "print", "private",
    "protected", "pub", "public", "raise", "return", "select", "static", "struct", "switch", "then", "throw", "trait",
    "try", "type", "group", "order", "having", "join", "left", "inner", "dim", "set", "next", "sub", "library", "data",
    "resource", "output", "variable", "provider", "elseif",
    "update", "use", "using", "val", "var", "where", "while", "with", "yield",
})  # fmt: skip


def _is_statement(bare: str, line: str) -> bool:
    """The words that open a statement are many; most lines open with none of them, which one lookup says."""
    head = _HEAD.match(bare)
    if head is None:
        return bare[0] in ")}]/*@#" and _STATEMENT.match(line) is not None
    return head.group().lower() in _HEADS and _STATEMENT.match(line) is not None


def _is_data(bare: str, line: str) -> bool:
    """A row of a table, a property, a line of a log: data, whoever wrote it."""
    if ":" in line and _KEYED.match(line):
        return True
    if bare[0] in _DATA_FIRST and _DATA.match(line):
        return True
    if line.count(",") + line.count("\t") + line.count("|") < 2:
        return False
    return not (";" in line or "(" in line or ")" in line or "{" in line or "}" in line)


def _has_shape(bare: str, line: str) -> bool:
    """Whether a line has a form that prose has not. Each form is tried where its sign is there."""
    last = bare[-1]
    if last in "{;" or (last == ":" and bare[:-1].rstrip()[-1:] == ")"):
        return True
    if "(" in line and _CALL.search(line):
        return True
    if "=" in line and ("=>" in line or "==" in line or "!=" in line or _ASSIGNED.match(line)):
        return True
    if "->" in line or "::" in line or "&&" in line or "||" in line:
        return True
    if ("self." in line or "this." in line) and _MEMBER.search(line):
        return True
    if ("<" in line and _TAG.search(line)) or ("$" in line and _VARIABLE.search(line)):
        return True
    return last in ",{[" and ":" in line and _PROPERTY.match(line) is not None


DETECTOR = _Code()
