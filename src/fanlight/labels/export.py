"""Labels as `fanlight export labels` prints them (design section 10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypedDict

from fanlight.model import Match

__all__ = ["LabelRow", "LabelledThing", "label_rows", "object_kind_of"]

_KINDS = {
    "generated_file": "file",
    "code_artifact": "artifact",
    "local_session": "session",
    "remote_session": "session",
}


class LabelledThing(TypedDict):
    """Kind and vendor id of the labelled object."""

    kind: str
    id: str


class LabelRow(TypedDict):
    """One line of the export: a label of one type on one object."""

    object: LabelledThing
    label: str
    type: str
    count: int
    confidence: float
    evidence: str


def object_kind_of(kind: str) -> str:
    """The kind under which an object is exported: both kinds of session are sessions, and so on."""
    return _KINDS.get(kind, kind)


def label_rows(matches_now: Iterable[Match]) -> Iterator[LabelRow]:
    """One row an object, category and type: counts added over its parts, evidence of the most certain one."""
    rows: dict[tuple[str, str, str, str], LabelRow] = {}
    for match in matches_now:
        kind = object_kind_of(match.object_kind)
        key = (kind, match.object_id, match.category, match.type)
        row = rows.get(key)
        if row is None:
            rows[key] = LabelRow(
                object=LabelledThing(kind=kind, id=match.object_id), label=match.category, type=match.type,
                count=match.count, confidence=match.confidence, evidence=match.evidence,
            )  # fmt: skip
            continue
        row["count"] += match.count
        if match.confidence > row["confidence"]:
            row["confidence"], row["evidence"] = match.confidence, match.evidence
    for key in sorted(rows):
        yield rows[key]
