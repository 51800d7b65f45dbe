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
    r"create table|where )|[)}\]]+[;,]?\s*$|//|/\*|\*/|\* @)",
    re.IGNORECASE,
)
_SHAPE = re.compile(
    r"[{;]\s*$|\)\s*[;{:]\s*$|\w\([^()\n]*\)|^\s*[\w.\[\]\"'*&]{1,60}\s*(?::=|[+*/|&-]?=)\s*\S|=>|->|::|&&|\|\|"
    r"|!=|==|</?\w+[^>]*>|^\s*\w+\.\w+\(|\bself\.|\bthis\.|^\s{2,}\w+\(.*|\$\w+|"
    r"^\s*[\"'][\w.-]+[\"']\s*:\s*[^\n]+[,{\[]$"
)
_PROSE = re.compile(r"^\s*(?:[-*•>]\s)?[A-ZÀ-Þ][^\n{}();=<>]{40,}[.!?]?\s*$|^[^\n{}();=<>]{0,400}[.!?]\s*$")
_DATA = re.compile(
    r"^\s*(?:[\"']?[\w -]{1,40}[\"']?\s*:\s*[\"'\d\[{tfn][^;()]*,?|[\[\]{}]+,?|[^,\n;(){}]*(?:[,\t|"
    r"][^,\n;(){}]*){2,}|INSERT INTO .*|\d{4}-\d\d-\d\d.*|\[?\d\d:\d\d.*|https?://\S+)\s*$"
)
_FENCE = re.compile(r"(?:```|~~~)(?P<language>[\w+#-]*)")
_NO_CODE = frozenset(
    {"text", "txt", "json", "csv", "md", "markdown", "log", "xml", "html", "mermaid", "output", "diff", ""}
)
_LEAST = 8


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
            best = max(best, _longest(text[begin:stop].split("\n")))
            last = stop
            if best >= 14:
                break
        if best >= _LEAST:
            yield Found(
                0, 0, "PROGRAM_CODE", "source_code", "code_lines", min(0.95, 0.62 + best / 60), label="lines of code"
            )


def _longest(lines: list[str]) -> float:
    """Points of the best block: statements count one, shapes most of one, blank lines nothing, prose ends a block."""
    best = points = 0.0
    strong = fenced = False
    for line in lines:
        bare = line.strip()
        if not bare:
            continue
        if len(bare) > 400:
            points, strong = 0.0, False
            continue
        fence = _FENCE.match(bare)
        if fence is not None:
            fenced = not fenced and fence.group("language").lower() not in _NO_CODE
            strong = strong or fenced
            continue
        statement = _STATEMENT.match(line) is not None
        shape = _SHAPE.search(line) is not None
        closing = statement and len(bare) < 40 and bare[0] in ")}]r"
        if _DATA.match(line) and not (statement and shape) and not closing:
            points = max(0.0, points + 0.1)
        elif statement and (shape or len(bare) < 80):
            points += 1.0
            strong = strong or closing or (shape and bare[-1] in "{};:),(")
        elif shape:
            points += 0.8
            strong = strong or bare[-1] in "{};)(:"
        elif _PROSE.match(line) and not bare.startswith(("#", "//", "*", "--")):
            points = max(0.0, points - (0.2 if fenced else 2.0))
        else:
            points += 0.35 if fenced or line[:1] in " \t#/*" else 0.0
        if strong:
            best = max(best, points)
        if points == 0.0:
            strong = False
    return best


DETECTOR = _Code()
