"""What adds up for one text while its parts are read: one winner a place, spans, counts, categories."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable

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

    def __init__(self, key: bytes, length: int) -> None:
        self._key = key
        self._length = length
        self._spans: list[Span] = []
        self._document: dict[str, Found] = {}
        self._categories: dict[str, float] = {}
        self._listed: Counter[str] = Counter()
        self._more: Counter[str] = Counter()
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
        groups = taxonomy().groups
        found = [*self._held, *found]
        settled = len(part.text) if part.last else part.stop - _HELD
        self._held = [] if part.last else [find for find in found if find.end > settled]
        for find in _winners(found, self._taken):
            if find.end > settled:
                self._taken.remove((find.start, find.end))
                continue
            group = groups[find.group]
            self._weigh(group, find.confidence)
            if self._listed[find.type] < _LISTED:
                self._listed[find.type] += 1
                self._spans.append(self._span(part, find, group))
            else:
                self._more[find.type] += 1
        if not part.last:
            near = part.stop - _CARRIED
            self._taken = [place for place in self._taken if place[1] > near]
            self.contacts = [find for find in found if find.group in _CONTACTS and find.end > near]

    def labels(self) -> TextLabels:
        """What is known when all parts were added."""
        known = taxonomy()
        document: list[Span] = []
        for find in self._document.values():
            group = known.groups[find.group]
            self._weigh(group, find.confidence)
            document.append(self._span(None, find, group))
        categories = {
            name: round(confidence, 3)
            for name, confidence in sorted(self._categories.items())
            if confidence >= known.categories[name].threshold
        }
        return TextLabels(
            spans=tuple(self._spans), document=tuple(document), categories=categories, characters=self._length,
            more=dict(self._more),
        )  # fmt: skip

    def _weigh(self, group: Group, confidence: float) -> None:
        """Category to confidence: the best find of it, or of a type that implies it."""
        confidence = round(confidence, 3)
        sums = self._categories
        for category in (group.category, *group.implies):
            if confidence > sums.get(category, 0.0):
                sums[category] = confidence

    def _span(self, part: Part | None, find: Found, group: Group) -> Span:
        value = part.text[find.start : find.end] if part else ""
        start, end = part.original(find.start, find.end) if part else (0, 0)
        return Span(
            start=start, end=end, type=find.type, category=group.category, group=group.name,
            recognizer=find.recognizer, version=find.version, confidence=round(find.confidence, 3),
            evidence=mask_of(group.mask, value, find.label), keyword=find.keyword, flags=find.flags,
            fingerprint=fingerprint_of(self._key, find.type, value) if group.fingerprint else None,
        )  # fmt: skip


def _winners(found: Iterable[Found], taken: list[tuple[int, int]]) -> list[Found]:
    """The most certain find of each place, longer ones first where certainty is equal; names of people come last.

    `taken` are places that are given already, ascending; those of the winners are added.
    """
    ordered = sorted(
        found, key=lambda f: (f.group == "person", -round(f.confidence, 2), f.start - f.end, f.start, f.recognizer)
    )
    kept: list[Found] = []
    for find in ordered:
        index = bisect_left(taken, (find.start, find.end))
        if index < len(taken) and taken[index][0] < find.end:
            continue
        if index > 0 and taken[index - 1][1] > find.start:
            continue
        insort(taken, (find.start, find.end))
        kept.append(find)
    return sorted(kept, key=lambda f: f.start)
