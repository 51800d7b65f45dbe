"""From one text to its spans and categories: scan, patterns, validators, context, detectors, one winner a place."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from fanlight.labels.context import Surroundings
from fanlight.labels.detectors import Found, Sight, detectors
from fanlight.labels.keywords import KeywordIndex
from fanlight.labels.masks import fingerprint_of, mask_of
from fanlight.labels.numbers import NumberForms, NumberPiece, number_pieces
from fanlight.labels.recognizers import Recognizer, recognizers
from fanlight.labels.scan import Hit, Scanner
from fanlight.labels.taxonomy import taxonomy
from fanlight.labels.text import TextView, view_of
from fanlight.labels.validators import flag_of
from fanlight.labels.values import LabelError, Span, TextLabels

__all__ = ["Engine"]

_SLACK = 8
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
        self._recognizers = recognizers()
        self._index = KeywordIndex((r.id, r.keywords) for r in self._recognizers if r.keywords is not None)
        self._detectors = tuple(detector for detector in detectors() if detector.name not in without)
        self._numbers = [r for r in self._recognizers if r.digits is not None]
        self._forms = NumberForms([(r.digits, r.pattern) for r in self._numbers if r.digits is not None])
        patterns: list[tuple[int, str, bool]] = []
        for index, recognizer in enumerate(self._recognizers):
            patterns += [(index, anchor, True) for anchor in recognizer.anchors]
            if recognizer.scan is not None:
                patterns.append((index, recognizer.scan, False))
        base = len(self._recognizers)
        for index, detector in enumerate(self._detectors):
            patterns += [(base + index, anchor, True) for anchor in detector.anchors]
        self._scanner = Scanner(patterns, cache=cache, exact_fallback=exact_fallback)

    @property
    def scanner(self) -> str:
        """Name of the scanning engine in use."""
        return self._scanner.name

    def label(self, text: str) -> TextLabels:
        """Label one text. Raises `LabelError`, which carries the length and never the text."""
        try:
            return self._label(text)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001, S110 - a panic of a native library is no Exception
            pass
        raise LabelError("text engine", len(text))  # outside: what failed may quote content, and would be its context

    def candidates(self, text: str) -> list[Found]:
        """What the recognizers of the catalog find by themselves, before the best find of each place is chosen."""
        view = view_of(text)
        around = Surroundings(view.text, self._index)
        found = list(self._by_anchor(view, self._scanner.hits(view), around))
        return [*found, *self._by_number(view, number_pieces(view), around)]

    def _label(self, text: str) -> TextLabels:
        view = view_of(text)
        hits = self._scanner.hits(view)
        pieces = number_pieces(view)
        around = Surroundings(view.text, self._index)
        found = list(self._by_anchor(view, hits, around))
        found += self._by_number(view, pieces, around)
        base = len(self._recognizers)
        kinds: list[Found] = []
        for index, detector in enumerate(self._detectors):
            sight = Sight(view, hits.get(base + index, ()), pieces, found)
            finds = list(detector.find(sight))
            kinds += [find for find in finds if find.end <= find.start]
            found = found + [find for find in finds if find.end > find.start]
        winners = _winners(found)
        spans = tuple(self._span(view, find) for find in winners)
        document = tuple(self._span(view, find) for find in kinds)
        return TextLabels(
            spans=spans, document=document, categories=_categories((*spans, *document)), characters=len(text)
        )

    def _by_anchor(self, view: TextView, hits: dict[int, list[Hit]], around: Surroundings) -> Iterator[Found]:
        count = len(self._recognizers)
        text = view.text
        for index, places in hits.items():
            if index >= count:
                continue
            recognizer = self._recognizers[index]
            search = recognizer.pattern.finditer
            for begin, stop in _regions(places, recognizer.back, recognizer.reach, len(text)):
                for match in search(text, begin, stop):
                    find = _judge(recognizer, around, *_value_span(match))
                    if find is not None:
                        yield find

    def _by_number(self, view: TextView, pieces: Sequence[NumberPiece], around: Surroundings) -> Iterator[Found]:
        text, size = view.text, len(view.text)
        for start, end, digits in pieces:
            begin, stop = max(0, start - 2), min(size, end + 2)
            for index in self._forms.fitting(text[begin:stop], digits):
                recognizer = self._numbers[index]
                for match in recognizer.pattern.finditer(text, begin, stop):
                    find = _judge(recognizer, around, *_value_span(match))
                    if find is not None:
                        yield find

    def _span(self, view: TextView, find: Found) -> Span:
        group = taxonomy().groups[find.group]
        value = view.text[find.start : find.end]
        start, end = view.original(find.start, find.end)
        return Span(
            start=start, end=end, type=find.type, category=group.category, group=group.name,
            recognizer=find.recognizer, version=find.version, confidence=round(find.confidence, 3),
            evidence=mask_of(group.mask, value, find.label), keyword=find.keyword, flags=find.flags,
            fingerprint=fingerprint_of(self._key, find.type, value) if group.fingerprint else None,
        )  # fmt: skip


def _value_span(match: object) -> tuple[int, int]:
    named = match.re.groupindex  # type: ignore[attr-defined]
    return match.span("v" if "v" in named else 0)  # type: ignore[attr-defined, no-any-return]


def _regions(hits: Sequence[Hit], back: int, reach: int, size: int) -> Iterator[tuple[int, int]]:
    """Windows around the anchors, merged where they overlap, so that no character is searched twice."""
    begin = stop = -1
    for end, _ in hits:
        low, high = max(0, end - back), min(size, end + reach)
        if low <= stop:
            stop = max(stop, high)
            continue
        if stop >= 0:
            yield begin, stop
        begin, stop = low, high
    if stop >= 0:
        yield begin, stop


def _judge(recognizer: Recognizer, around: Surroundings, start: int, end: int) -> Found | None:
    """Context and validators, the cheaper question first; None when the candidate does not hold."""
    threshold = recognizer.group.threshold
    keyword = None
    asked = recognizer.requires_keyword or recognizer.confidence < threshold
    if asked:
        keyword = around.keyword(start, end, recognizer)
        if keyword is None:
            return None
    value = around.text[start:end]
    while not all(check(value) for check in recognizer.validators):
        if not recognizer.shrinks or " " not in value:
            return None
        value = value[: value.rindex(" ")]
        end = start + len(value)
    if not asked:
        keyword = around.keyword(start, end, recognizer)
    confidence = recognizer.keyword_confidence if keyword else recognizer.confidence
    if keyword is None and recognizer.look_alikes and around.looks_alike(start):
        confidence *= _UNLIKELY
    if confidence < threshold:
        return None
    flags = ",".join(flag for check in recognizer.validators if (flag := flag_of(check)))
    return Found(
        start, end, recognizer.type, recognizer.group.name, recognizer.id, confidence, recognizer.version,
        keyword, flags, recognizer.label or (keyword or ""),
    )  # fmt: skip


def _winners(found: Iterable[Found]) -> list[Found]:
    """The most certain find of each place, longer ones first where certainty is equal; names of people come last."""
    ordered = sorted(
        found, key=lambda f: (f.group == "person", -round(f.confidence, 2), f.start - f.end, f.start, f.recognizer)
    )
    kept: list[Found] = []
    taken: list[tuple[int, int]] = []
    for find in ordered:
        index = bisect_left(taken, (find.start, find.end))
        if index < len(taken) and taken[index][0] < find.end:
            continue
        if index > 0 and taken[index - 1][1] > find.start:
            continue
        insort(taken, (find.start, find.end))
        kept.append(find)
    return sorted(kept, key=lambda f: f.start)


def _categories(spans: Iterable[Span]) -> dict[str, float]:
    """Category to confidence: the best find of it, or of a type that implies it."""
    known = taxonomy()
    result: dict[str, float] = {}
    for span in spans:
        group = known.groups[span.group]
        for category in (group.category, *group.implies):
            result[category] = max(result.get(category, 0.0), span.confidence)
    return {name: round(c, 3) for name, c in sorted(result.items()) if c >= known.categories[name].threshold}
