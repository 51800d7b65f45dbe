"""What a text is about: contract, patient, money. Weighted terms of the catalog inside a window."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fanlight.labels.catalogue import parse_yaml
from fanlight.labels.context import is_sample
from fanlight.labels.detectors import Found, Sight
from fanlight.labels.gates import Gate
from fanlight.labels.scan import Hit

__all__ = ["DETECTORS"]

_AMOUNT = re.compile(
    r"(?i)[$€£¥₩₺]\s?\d|\d\s?(?:[$€£¥₩₺]|[km]€|usd|euro?s?\b|gbp|chf|pln|zł|sek|kr\b|try|tl\b|jpy|krw|k\b|m\b|"
    r"mio\b|mln\b|mrd\b|bn\b|million|billion|mil(?:h[õo]es|iony|joner|jonów|ioni)|"
    r"percent|%|원|円|元|万|억)|\d{1,3}[,.]\d{3}\b|\b\d{3,}\.\d\d\b|"
    r"\b(?:score|is|of|balance|salary|income)\W{1,3}\d{3,}|^\d{4,7},|,\d{4,7}$",
    re.MULTILINE,
)


_WORD_BEGINS = re.compile(r"\b\w")
_NEAR = 80
"""Characters around the terms in which words may tie them to somebody."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of text, as its file says."""

    name: str
    type: str
    group: str
    window: int
    need: float
    sure: float
    points: dict[str, float]
    cues: frozenset[str]
    word_forms: re.Pattern[str] | None
    """What else ties the terms to somebody, of the forms that begin where a word does; asked only where the terms
    suffice, and tried at words alone: there are too many forms to try them at each letter."""
    other_forms: re.Pattern[str] | None
    stems: frozenset[str]
    """Terms that may go on: `metasta` of `metastases`."""
    needs_cue: bool
    needs_amount: bool
    order_of_terms: tuple[str, ...]


@cache
def _kinds() -> tuple[_Kind, ...]:
    folder = files("fanlight.catalog") / "recognizers" / "kinds"
    found = []
    for item in sorted(folder.iterdir(), key=lambda f: f.name):
        if not item.name.endswith(".yml"):
            continue
        raw = parse_yaml(item.read_text("utf-8"))
        given = {str(term).lower(): float(value) for value, terms in raw["terms"].items() for term in terms}
        stems = frozenset(term.removesuffix("*") for term in given if term.endswith("*"))
        points = {term.removesuffix("*"): value for term, value in given.items()}
        cues = frozenset(str(cue).lower() for cue in raw.get("cues", ()))
        forms = list(map(str, raw.get("cue_forms", ())))
        found.append(
            _Kind(
                item.name.removesuffix(".yml"),
                raw["type"],
                raw["group"],
                raw["window"],
                raw["need"],
                raw["sure"],
                points,
                cues,
                _any_of(form for form in forms if form.removeprefix("(?i)").startswith(r"\b")),
                _any_of(form for form in forms if not form.removeprefix("(?i)").startswith(r"\b")),
                stems,
                bool(raw.get("needs_cue")),
                bool(raw.get("needs_amount")),
                tuple(sorted({*points, *cues}, key=len, reverse=True)),
            )
        )
    return tuple(found)


def _any_of(forms: Iterable[str]) -> re.Pattern[str] | None:
    """One expression for several."""
    joined = "|".join(f"(?:{form})" for form in map(_scoped, forms))
    return re.compile(joined) if joined else None


def _scoped(form: str) -> str:
    """An expression whose flag stays with it when it is joined to others."""
    return f"(?i:{form.removeprefix('(?i)')})" if form.startswith("(?i)") else form


class _KindDetector:
    """One kind's terms."""

    order = 80

    def __init__(self, kind: _Kind) -> None:
        self.name = f"kind_{kind.name}"
        self.anchors = kind.order_of_terms
        self.types = {kind.type: kind.group}
        self.lead = kind.window
        self._kind = kind
        self._tenths = {term: round(kind.points.get(term, 0.0) * 10) for term in kind.order_of_terms}

    def gate_of(self, anchor: str) -> Gate:
        stem = anchor in self._kind.stems
        return Gate(starts=anchor[0].isascii() and anchor[0].isalnum(), ends=anchor[-1].isalpha() and not stem)

    def find(self, sight: Sight) -> Iterable[Found]:
        if not sight.hits:
            return
        best = self._best(sight.text, sight.hits)
        if best is None:
            return
        points, start, stop = best
        if self._kind.needs_amount and not _has_amount(sight.text, start, stop):
            return
        confidence = min(0.95, 0.6 + 0.35 * (points - self._kind.need) / (self._kind.sure - self._kind.need))
        yield Found(
            0, 0, self._kind.type, self._kind.group, self.name, confidence, label=f"{points:.0f} points of terms"
        )

    def _best(self, text: str, hits_seen: Sequence[Hit]) -> tuple[float, int, int] | None:
        """Points, begin and end of the best window. Points add up in tenths, so that no order of terms changes them."""
        kind, tenths = self._kind, self._tenths
        need = round(kind.need * 10)
        if sum(tenths[term] for term in {term for _, term in hits_seen}) < need:
            return None
        hits = self._terms(text, hits_seen)
        places, terms = [place for place, _ in hits], [term for _, term in hits]
        inside = dict.fromkeys(terms, 0)
        all_of_them = sum([tenths[term] for term in inside])
        points = cues = low = high = index = most = at = 0
        while index < len(places) and most < all_of_them:
            place = places[index]
            for term in terms[low : min(index, high)]:
                inside[term] -= 1
                if not inside[term]:
                    points -= tenths[term]
                    cues -= term in kind.cues
            low = index
            begin, high = max(high, index), bisect_left(places, place + kind.window, max(high, index))
            for term in terms[begin:high]:
                if not inside[term]:
                    points += tenths[term]
                    cues += term in kind.cues
                inside[term] += 1
            if points >= need and points > most:
                tied = cues or not kind.needs_cue or self._is_tied(text, place, places[high - 1])
                most, at = (points, place) if tied else (most, at)
            index = bisect_left(places, place + kind.window // 8, index + 1)
        return (most / 10, max(0, at - 60), at + kind.window) if most else None

    def _is_tied(self, text: str, first: int, last: int) -> bool:
        """Whether an expression ties the terms that begin at `first` up to `last` to somebody."""
        begin, stop = max(0, first - _NEAR), last + _NEAR
        forms, others = self._kind.word_forms, self._kind.other_forms
        if others is not None and others.search(text, begin, stop):
            return True
        if forms is None:
            return False
        matches = forms.match
        return any(matches(text, word.start(), stop) for word in _WORD_BEGINS.finditer(text, begin, stop))

    def _terms(self, text: str, hits: Sequence[Hit]) -> list[tuple[int, str]]:
        """The longest term at each place, whole words only; what an ASCII letter joins never came through the gate."""
        longest = {end: term for end, _, term in sorted([(end, len(term), term) for end, term in hits])}
        found = sorted([(end - len(term), term) for end, term in longest.items()])
        if text.isascii():
            return found
        return [
            (start, term)
            for start, term in found
            if not (start > 0 and text[start - 1].isalpha() and text[start].isalnum() and text[start].isascii())
        ]


def _has_amount(text: str, start: int, stop: int) -> bool:
    """A figure other than nought, and not one that the text calls a sample."""
    return any(
        any(c in "123456789" for c in text[max(start, m.start() - 6) : m.end() + 6]) and not is_sample(text, *m.span())
        for m in _AMOUNT.finditer(text, start, stop)
    )


DETECTORS = tuple(_KindDetector(kind) for kind in _kinds())
