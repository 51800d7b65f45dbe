"""Classification marks of a company: its words where marks stand, not where people talk about them.

A mark counts alone on its line (with signs around it), behind a field's name (`Classification: …`), in brackets, and as
the name or identifier of an Office sensitivity label among the properties of a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fanlight.labels.custom.terms import TermSet, lowered
from fanlight.labels.text import TextView

__all__ = ["MarkSet"]

_FIELD = re.compile(
    r"(?:classification|classified(?: as)?|sensitivity|confidentiality|label|marking|handling|protection level|"
    r"document class|klassifi(?:zierung|kation)|einstufung|vertraulichkeit|clasificación|classificazione|classificação|"
    r"msip_label_[^\n:]{0,80}_(?:name|siteid|enabled|id)|msip_label_[0-9a-f-]{0,40})\W{0,6}$"
)
_DASH = re.compile(r"\s+[-–—|]\s")
_SIGNS = " \t*#/_|[](){}<>=-–—:.!~\"'"
_NEAREST = 120


class MarkSet:
    """The marks of several owners. Thread-safe; holds no text."""

    def __init__(self, marks: Sequence[tuple[int, str]], *, without_filter: bool = False) -> None:
        self._terms = TermSet(marks, without_filter=without_filter)

    def find(self, view: TextView) -> Iterator[tuple[int, int, int]]:
        """(owner, start, end) of marks that stand as marks."""
        text = ""
        for owner, start, end in self._terms.find(view):
            text = text or lowered(view)
            if _is_mark(text, start, end):
                yield owner, start, end


def _is_mark(text: str, start: int, end: int) -> bool:
    line = text.rfind("\n", max(0, start - _NEAREST), start) + 1 or max(0, start - _NEAREST)
    stop = text.find("\n", end, end + _NEAREST)
    before = text[line:start]
    after = text[end : stop if stop >= 0 else end + _NEAREST]
    if not before.strip(_SIGNS) and (not after.strip(_SIGNS) or _DASH.match(after)):
        return True
    if before.rstrip().endswith(("[", "(", "{")) and after.lstrip()[:1] in {"]", ")", "}"}:
        return True
    if _FIELD.search(before):
        return True
    # A label's identifier stands inside the name of its property, `MSIP_Label_<identifier>_Name`.
    return before.rstrip().endswith("msip_label_") or text[max(0, start - 11) : start] == "msip_label_"
