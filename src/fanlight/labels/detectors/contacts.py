"""Lists of people with contact data: eight or more different addresses or numbers that stand close together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from fanlight.labels.detectors import Found, Sight
from fanlight.labels.numbers import NumberPiece

__all__ = ["DETECTOR"]

_LEAST = 8
_APART = 400


class _Contacts:
    name = "contacts"
    order = 90
    types: ClassVar[dict[str, str]] = {"CONTACT_LIST": "contacts"}
    anchors: tuple[str, ...] = ()

    def follows(self, found: Sequence[Found], _pieces: Sequence[NumberPiece]) -> bool:
        return len(found) >= _LEAST

    def find(self, sight: Sight) -> Iterable[Found]:
        text = sight.text
        most = max(_densest(text, sight.found, "email"), _densest(text, sight.found, "phone"))
        if most >= _LEAST:
            label = "more than 100 contacts" if most > 100 else f"{most} contacts"
            yield Found(0, 0, "CONTACT_LIST", "contacts", "contact_list", min(0.97, 0.8 + most / 100), label=label)


def _densest(text: str, found: Sequence[Found], group: str) -> int:
    """The most different values of a group in a row whose neighbours are less than 400 characters apart."""
    chosen = [find for find in found if find.group == group]
    if len(chosen) < _LEAST:
        return 0
    best = 0
    seen: set[str] = set()
    last = -_APART
    for find in sorted(chosen, key=lambda f: f.start):
        if find.start - last > _APART:
            seen = set()
        seen.add(text[find.start : find.end].lower())
        best = max(best, len(seen))
        last = find.end
    return best


DETECTOR = _Contacts()
