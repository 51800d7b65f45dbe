"""From texts to their spans and categories: scan, patterns, validators, context, detectors, one winner a place.

Work that can be done for many texts at once is done a page at a time; Python looks only at what that left over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from fanlight.labels.context import Surroundings
from fanlight.labels.detectors import Detector, Found, PageDetector, Sight, detectors
from fanlight.labels.gates import Gate, Gates, Terrain
from fanlight.labels.keywords import KeywordIndex
from fanlight.labels.numbers import NumberForms, NumberPiece, digit_places, number_pieces
from fanlight.labels.pages import Page, Part, pages_of
from fanlight.labels.recognizers import Recognizer, recognizers
from fanlight.labels.scan import Hit, Scanner
from fanlight.labels.tally import Tally
from fanlight.labels.validators import Validator, flag_of
from fanlight.labels.values import LabelError, TextLabels

__all__ = ["Engine"]

_UNLIKELY = 0.4


class Engine:
    """The text engine. Thread-safe; holds no text between calls."""

    def __init__(
        self,
        fingerprint_key: bytes,
        *,
        cache: Path | None = None,
        exact_fallback: bool = False,
        without: tuple[str, ...] = (),
    ) -> None:
        self._key = fingerprint_key
        _keep_memory()
        self._recognizers = recognizers()
        self._index = KeywordIndex((r.id, r.keywords) for r in self._recognizers if r.keywords is not None)
        chosen = [detector for detector in detectors() if detector.name not in without]
        self._page_detectors = [d for d in chosen if isinstance(d, PageDetector)]
        self._detectors = [d for d in chosen if not isinstance(d, PageDetector)]
        self._asked = [
            (len(self._recognizers) + index, detector, getattr(detector, "follows", None))
            for index, detector in enumerate(self._detectors)
        ]
        """Owner number, detector, and whether it wants to be asked without hits of its own."""
        self._rules = [_Rule(recognizer) for recognizer in self._recognizers]
        self._numbers = [rule for rule, r in zip(self._rules, self._recognizers, strict=True) if r.digits is not None]
        self._forms = NumberForms([(r.digits, r.pattern) for r in self._recognizers if r.digits is not None])
        patterns: list[tuple[int, str, bool]] = []
        for index, recognizer in enumerate(self._recognizers):
            patterns += [(index, anchor, True) for anchor in recognizer.anchors]
            patterns += [(index, scan, False) for scan in recognizer.scans]
        base = len(self._recognizers)
        for index, detector in enumerate(self._detectors):
            patterns += [(base + index, anchor, True) for anchor in detector.anchors]
        self._scanner = Scanner(patterns, cache=cache, exact_fallback=exact_fallback)
        self._slots = _Slots(self._scanner, self._recognizers, self._detectors)

    @property
    def scanner(self) -> str:
        """Name of the scanning engine in use."""
        return self._scanner.name

    def label(self, text: str) -> TextLabels:
        """Label one text. Raises `LabelError`, which carries the length and never the text."""
        labels = self.label_many((text,))[0]
        if isinstance(labels, LabelError):
            raise labels from None
        return labels

    def label_many(
        self, texts: Sequence[str], leave_out: frozenset[str] = frozenset()
    ) -> list[TextLabels | LabelError]:
        """Label texts together, which costs less than one after the other and gives the same.

        For a text that could not be finished its place holds the error, which never quotes the text.
        `leave_out` are groups nobody asks for: finders of whole pages that find nothing else are spared.
        """
        results: dict[int, TextLabels | LabelError] = {}
        tallies: dict[int, Tally] = {}
        for page in pages_of(texts):
            works: list[_Work] = []
            with _told_nothing():
                works = self._sorted_out(page, leave_out)
            for number, part in enumerate(page.parts):
                index = part.index
                if index in results:
                    continue
                tally = tallies.get(index)
                if tally is None:
                    tally = tallies[index] = Tally(self._key, len(texts[index]))
                done = False
                with _told_nothing():
                    self._label(part.text, part, works[number], tally)
                    done = True
                if not done:
                    results[index] = LabelError("text engine", len(texts[index]))
                if part.last:
                    results.setdefault(index, tallies.pop(index).labels())
        return [results[index] for index in range(len(texts))]

    def candidates(self, text: str) -> list[Found]:
        """What the recognizers of the catalog find by themselves, before the best find of each place is chosen."""
        found: list[Found] = []
        for page in pages_of((text,)):
            for part, work in zip(page.parts, self._sorted_out(page), strict=True):
                found += self._by_recognizers(part, work, Surroundings(part.text, self._index))
        return found

    def _sorted_out(self, page: Page, leave_out: frozenset[str] = frozenset()) -> list[_Work]:
        """What there is to do for each part of a page, by one scan and array operations."""
        works = [_Work({}, [], []) for _ in page.parts]
        digits = digit_places(page.view)
        self._slots.distribute(page, Terrain(page.view, digits), *self._scanner.scan(page.view), works)
        pieces = number_pieces(page.view, digits)
        at = page.parts_at(np.array([start for start, _, _ in pieces], dtype=np.int64)).tolist()
        for (start, end, count), number in zip(pieces, at, strict=True):
            part = page.parts[number]
            if part.begin <= start - part.shift < part.stop:
                works[number].pieces.append((start - part.shift, end - part.shift, count))
        for detector in self._page_detectors:
            if leave_out.issuperset(detector.types.values()):
                continue
            for number, finds in detector.find_all(page).items():
                works[number].finds.extend(finds)
        return works

    def _label(self, text: str, part: Part, work: _Work, tally: Tally) -> None:
        """Judge what stands in one part, and add it to what is known of its text."""
        if not (work.hits or work.pieces or work.finds):
            tally.add(part, [])
            return
        around = Surroundings(text, self._index)
        found = self._by_recognizers(part, work, around)
        contacts, hits_of, pieces = tally.contacts, work.hits, work.pieces
        for owner, detector, follows in self._asked:
            if owner in hits_of:
                hits: Sequence[Hit] = hits_of[owner]
            elif follows is not None and follows(found, pieces):
                hits = ()
            else:
                continue
            seen = [*contacts, *found] if contacts else found
            sight = Sight(text, part.begin, part.stop, hits, pieces, seen, around.titles)
            for find in list(detector.find(sight)):
                if find.end > find.start:
                    found.append(find)
                else:
                    tally.add_document(find)
        found += work.finds
        tally.add(part, found)

    def _by_recognizers(self, part: Part, work: _Work, around: Surroundings) -> list[Found]:
        found: list[Found] = []
        if work.hits:
            self._by_anchor(part.text, work.hits, around, found)
        if work.pieces:
            self._by_number(part.text, work.pieces, around, found)
        return found

    def _by_anchor(
        self, text: str, hits: Mapping[int, Sequence[Hit]], around: Surroundings, found: list[Found]
    ) -> None:
        """Add what the recognizers with anchors find; owners ascend, those of recognizers come first."""
        rules, size = self._rules, len(text)
        count = len(rules)
        for index, places in hits.items():
            if index >= count:
                break
            rule = rules[index]
            for begin, stop in _regions(places, rule.back, rule.reach, size):
                for match in rule.find(text, begin, stop):
                    find = rule.judge(around, *match.span(rule.value))
                    if find is not None:
                        found.append(find)

    def _by_number(self, text: str, pieces: Sequence[NumberPiece], around: Surroundings, found: list[Found]) -> None:
        """Add what the recognizers of numbers find."""
        numbers, fitting = self._numbers, self._forms.fitting
        for start, end, digits in pieces:
            begin, stop = start - 2 if start > 2 else 0, end + 2
            for index in fitting(text[begin:stop], digits):
                rule = numbers[index]
                for match in rule.find(text, begin, stop):
                    find = rule.judge(around, *match.span(rule.value))
                    if find is not None:
                        found.append(find)


def _keep_memory() -> None:
    """Let the allocator keep what a page needs between pages instead of giving it back and faulting it in again.

    The C library raises its thresholds to the size of the largest block that was given back; arrays of a page are
    below that then, and cost a tenth.
    """
    np.ones(12 << 20, dtype=np.uint8)


@dataclass(slots=True)
class _Work:
    """What the scan left to look at in one part."""

    hits: dict[int, list[Hit]]
    pieces: list[NumberPiece]
    finds: list[Found]
    """Of detectors that look at whole pages."""


class _Slots:
    """From a pattern that hit to those who asked for it and are not put off by what stands around."""

    def __init__(self, scanner: Scanner, known: Sequence[Recognizer], detectors: Sequence[Detector]) -> None:
        base = len(known)
        owner_at: list[int] = []
        self._literals: list[str] = []
        first: list[int] = []
        gates: list[Gate] = []
        lengths: list[int] = []
        leads: list[int] = []
        for (pattern, literal), owners in zip(scanner.patterns, scanner.owners, strict=True):
            first.append(len(owner_at))
            for owner in owners:
                detector = detectors[owner - base] if owner >= base else None
                gate_of = getattr(detector, "gate_of", None)
                if detector is None:
                    gates.append(known[owner].gate)
                else:
                    gates.append(gate_of(pattern) if gate_of is not None else Gate())
                leads.append(getattr(detector, "lead", 0))
                lengths.append(len(pattern) if literal else 0)
                owner_at.append(owner)
                self._literals.append(pattern)
        self._owner_at = np.array(owner_at, dtype=np.int64)
        self._first = np.array(first, dtype=np.int64)
        self._count = np.array([len(owners) for owners in scanner.owners], dtype=np.int64)
        self._leads = np.array(leads, dtype=np.int64)
        self._gates = Gates(gates, lengths)

    def distribute(
        self,
        page: Page,
        terrain: Terrain,
        patterns: NDArray[np.int64],
        ends: NDArray[np.int64],
        works: Sequence[_Work],
    ) -> None:
        """Give every hit to the work of the part in which it ends."""
        if not len(patterns):
            return
        counts = self._count[patterns]
        slots = np.repeat(self._first[patterns], counts)
        if len(slots) > len(patterns):
            ends = np.repeat(ends, counts)
            begins = np.repeat(np.cumsum(counts) - counts, counts)
            slots = slots + np.arange(len(slots)) - begins
        keep = self._gates.passed(terrain, slots, ends)
        slots, ends = slots[keep], ends[keep]
        if len(page.parts) == 1:
            part = page.parts[0]
            local = ends - part.shift
            inside = (local <= part.stop) & (local > part.begin - self._leads[slots])
            slots, ends = slots[inside], local[inside]
            numbers = np.zeros(len(slots), dtype=np.int64)
        else:
            numbers = page.parts_at(ends - 1)
            ends = ends - np.array([part.shift for part in page.parts], dtype=np.int64)[numbers]
        if not len(slots):
            return
        owner_at = self._owner_at[slots]
        order = np.lexsort((owner_at, numbers))
        numbers, owner_at = numbers[order], owner_at[order]
        firsts = np.flatnonzero((numbers[1:] != numbers[:-1]) | (owner_at[1:] != owner_at[:-1])) + 1
        bounds = [0, *firsts.tolist(), len(order)]
        literals = self._literals
        hits = list(zip(ends[order].tolist(), [literals[slot] for slot in slots[order].tolist()], strict=True))
        whose = zip(numbers[bounds[:-1]].tolist(), owner_at[bounds[:-1]].tolist(), strict=True)
        for (number, owner), (low, high) in zip(whose, pairwise(bounds), strict=True):
            works[number].hits[owner] = hits[low:high]


class _told_nothing:
    """Whatever fails inside, even a panic of a native library, is left unsaid: its message may quote content."""

    __slots__ = ()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        return kind is not None and not issubclass(kind, (KeyboardInterrupt, SystemExit))


def _regions(hits: Sequence[Hit], back: int, reach: int, size: int) -> list[tuple[int, int]]:
    """Windows around the anchors, merged where they overlap, so that no character is searched twice."""
    if len(hits) == 1:
        end = hits[0][0]
        return [(max(0, end - back), min(size, end + reach))]
    regions: list[tuple[int, int]] = []
    begin = stop = -1
    for end, _ in hits:
        low, high = max(0, end - back), min(size, end + reach)
        if low <= stop:
            stop = max(stop, high)
            continue
        if stop >= 0:
            regions.append((begin, stop))
        begin, stop = low, high
    if stop >= 0:
        regions.append((begin, stop))
    return regions


_OPENING = r"(?m:^|(?<=\n)|(?<=\] ))"
_BEFORE_OPENING = re.compile(r"\n|\] ")


def _at_openings(pattern: re.Pattern[str], text: str, begin: int, stop: int) -> Iterator[re.Match[str]]:
    """What `finditer` gives for an expression that begins with `_OPENING`, tried at those places alone."""
    behind = [sign.end() for sign in _BEFORE_OPENING.finditer(text, max(0, begin - 2), stop)]
    if begin == 0:
        behind.insert(0, 0)
    for place in behind:
        match = pattern.match(text, place, stop) if place >= begin else None
        if match is not None:
            yield match
            begin = match.end()


class _Rule:
    """A recognizer as the inner loops use it, with what does not change from candidate to candidate."""

    __slots__ = ("_asked", "_flags", "_recognizer", "_threshold", "back", "find", "reach", "value")

    def __init__(self, recognizer: Recognizer) -> None:
        pattern = recognizer.pattern
        self.find = partial(_at_openings, pattern) if pattern.pattern.startswith(_OPENING) else pattern.finditer
        self.value, self.back, self.reach = recognizer.value, recognizer.back, recognizer.reach
        self._recognizer = recognizer
        self._threshold = recognizer.group.threshold
        self._asked = recognizer.requires_keyword or recognizer.confidence < self._threshold
        self._flags = ",".join(flag for check in recognizer.validators if (flag := flag_of(check)))

    def judge(self, around: Surroundings, start: int, end: int) -> Found | None:
        """Context and validators, the cheaper question first; None when the candidate does not hold."""
        recognizer = self._recognizer
        keyword = None
        if self._asked:
            keyword = around.keyword(start, end, recognizer)
            if keyword is None:
                return None
        value = around.text[start:end]
        while recognizer.validators and not _holds(recognizer.validators, value):
            if not recognizer.shrinks or " " not in value:
                return None
            value = value[: value.rindex(" ")]
            end = start + len(value)
        if not self._asked:
            keyword = around.keyword(start, end, recognizer)
        confidence = recognizer.keyword_confidence if keyword else recognizer.confidence
        if keyword is None and recognizer.look_alikes and around.looks_alike(start):
            confidence *= _UNLIKELY
        if confidence < self._threshold:
            return None
        return Found(
            start, end, recognizer.type, recognizer.group.name, recognizer.id, confidence, recognizer.version,
            keyword, self._flags, recognizer.label or (keyword or ""),
        )  # fmt: skip


def _holds(validators: Sequence[Validator], value: str) -> bool:
    for check in validators:  # noqa: SIM110 - a generator for each candidate costs as much as most checks
        if not check(value):
            return False
    return True
