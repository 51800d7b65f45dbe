"""What adds up for one text while its parts are read: one winner a place, spans, counts, categories."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping
from operator import attrgetter

from fanlight.labels.detectors import Found
from fanlight.labels.masks import fingerprint_of, mask_of
from fanlight.labels.pages import Part
from fanlight.labels.taxonomy import Group, taxonomy
from fanlight.labels.values import Span, TextLabels

__all__ = ["Tally"]

_CARRIED = 4000
"""Characters at the end of a stretch whose contacts the next stretch of the same text sees again."""
_HELD = 1000
"""Characters at the end of a stretch whose places are given only when the next stretch was read."""
_LISTED = 10_000
"""Finds of one type that are listed with their places; further ones are only counted."""
_CONTACTS = frozenset({"email", "phone"})


class Tally:
    """The sum of one text. Holds offsets and masks, and values only inside `add`."""

    __slots__ = (
        "_best", "_document", "_held", "_key", "_length", "_listed", "_more", "_spans", "_taken", "contacts",
    )  # fmt: skip

    def __init__(self, key: bytes, length: int) -> None:
        self._key = key
        self._length = length
        self._spans: list[Span] = []
        self._document: dict[str, Found] = {}
        self._best: dict[str, float] = {}
        """Group to the confidence of its best find."""
        self._listed: Counter[str] | None = None
        """How many are listed of each type, once there are so many that it matters."""
        self._more: dict[str, int] = {}
        self._taken: list[tuple[int, int]] = []
        self._held: list[Found] = []
        self.contacts: list[Found] = []
        """Contacts near the end of the stretch before."""

    def __repr__(self) -> str:
        return f"Tally({self._length} characters)"

    def add_document(self, find: Found) -> None:
        """A find about the text as a whole; of several by one recognizer the most certain stays."""
        known = self._document.get(find.recognizer)
        if known is None or find.confidence > known.confidence:
            self._document[find.recognizer] = find

    def add(self, part: Part, found: list[Found]) -> None:
        """The finds of one part. The best of each place stays; near the end of a stretch the next one has a say."""
        if not found and part.last and not self._held:
            return
        if self._held:
            found = [*self._held, *found]
        settled = len(part.text) if part.last else part.stop - _HELD
        self._held = [] if part.last else [find for find in found if find.end > settled]
        kept = _winners(found, self._taken)
        if self._held:
            self._taken = [place for place in self._taken if place[1] <= settled]
            kept = [find for find in kept if find.end <= settled]
        groups, best = taxonomy().groups, self._best
        counted = self._listed is not None or len(self._spans) + len(kept) > _LISTED
        for find in kept:
            if find.confidence > best.get(find.group, 0.0):
                best[find.group] = find.confidence
            if not counted or self._is_listed(find.type):
                self._spans.append(self._span(part, find, groups[find.group]))
        if not part.last:
            near = part.stop - _CARRIED
            self._taken = [place for place in self._taken if place[1] > near]
            self.contacts = [find for find in found if find.group in _CONTACTS and find.end > near]

    def _is_listed(self, type_name: str) -> bool:
        """Whether a find of the type is still listed; counts it either way."""
        if self._listed is None:
            self._listed = Counter(span.type for span in self._spans)
        if self._listed[type_name] < _LISTED:
            self._listed[type_name] += 1
            return True
        self._more[type_name] = self._more.get(type_name, 0) + 1
        return False

    def labels(self) -> TextLabels:
        """What is known when all parts were added."""
        known = taxonomy()
        document: list[Span] = []
        best = self._best
        for find in self._document.values():
            best[find.group] = max(best.get(find.group, 0.0), find.confidence)
            document.append(self._span(None, find, known.groups[find.group]))
        return TextLabels(
            spans=tuple(self._spans), document=tuple(document), categories=_categories(best) if best else {},
            characters=self._length, more=self._more,
        )  # fmt: skip

    def _span(self, part: Part | None, find: Found, group: Group) -> Span:
        value, start, end = "", 0, 0
        if part is not None:
            value, start, end = part.text[find.start : find.end], find.start, find.end
            if part.origin is not None:
                start, end = part.original(start, end)
        return Span(
            start, end, find.type, group.category, group.name, find.recognizer, find.version,
            round(find.confidence, 3), mask_of(group.mask, value, find.label), find.keyword, find.flags,
            fingerprint_of(self._key, find.type, value) if group.fingerprint else None,
        )  # fmt: skip


def _categories(best: Mapping[str, float]) -> dict[str, float]:
    """Category to confidence: the best find of its groups, or of one that implies it."""
    known = taxonomy()
    sums: dict[str, float] = {}
    for name, confidence in best.items():
        group = known.groups[name]
        for category in (group.category, *group.implies):
            if confidence > sums.get(category, 0.0):
                sums[category] = confidence
    found: dict[str, float] = {}
    for name in sorted(sums) if len(sums) > 1 else sums:
        confidence = round(sums[name], 3)
        if confidence >= known.categories[name].threshold:
            found[name] = confidence
    return found


def _winners(found: list[Found], taken: list[tuple[int, int]]) -> list[Found]:
    """The most certain find of each place, longer ones first where certainty is equal; names of people come last.

    `taken` are places that are given already, ascending; those of the winners are added.
    """
    kept = sorted(found, key=_BY_START) if len(found) > 1 else found
    if not taken:
        last = 0
        for find in kept:
            if find.start < last:
                break
            last = find.end
        else:
            taken.extend([(find.start, find.end) for find in kept])
            return kept
    ordered = sorted(
        found, key=lambda f: (f.group == "person", -round(f.confidence, 2), f.start - f.end, f.start, f.recognizer)
    )
    kept = []
    for find in ordered:
        index = bisect_left(taken, (find.start, find.end))
        if index < len(taken) and taken[index][0] < find.end:
            continue
        if index > 0 and taken[index - 1][1] > find.start:
            continue
        insort(taken, (find.start, find.end))
        kept.append(find)
    kept.sort(key=_BY_START)
    return kept


_BY_START = attrgetter("start")
