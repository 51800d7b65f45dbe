"""What the labeller says about a text or an object. None of these values holds the text itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from fanlight.model import Match, Reading

__all__ = ["Band", "LabelError", "LabelledObject", "Span", "TextLabels", "band_of"]

Band = Literal["low", "medium", "high"]


class LabelError(Exception):
    """The labeller failed on one piece of content. Carries where and how long, never what."""

    def __init__(self, source: str, length: int) -> None:
        super().__init__(f"The labeller could not finish a text of {length} characters ({source}).")
        self.source = source
        self.length = length


def band_of(confidence: float) -> Band:
    """Three bands of a confidence between 0 and 1, as people read them."""
    if confidence >= 0.85:
        return "high"
    return "medium" if confidence >= 0.65 else "low"


class Span(NamedTuple):
    """One place in a text that one recognizer found. Offsets are characters of the text as given.

    A tuple, because a page makes hundreds of them and a frozen class takes four times as long to make.
    """

    start: int
    end: int
    type: str
    """Our own name of the type, for example `CREDIT_CARD_NUMBER`."""
    category: str
    group: str
    """The family of the type in the taxonomy; decides mask, export name and implied categories."""
    recognizer: str
    version: int
    confidence: float
    evidence: str
    keyword: str | None = None
    flags: str = ""
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLabels:
    """All that was found in one text: places, what the text is as a whole, and the confidence of every category."""

    spans: tuple[Span, ...]
    document: tuple[Span, ...]
    """Finds about the text as a whole (a contract, a contact list); start and end are 0."""
    categories: dict[str, float]
    """Category to confidence, only what passes the product's threshold."""
    characters: int
    more: dict[str, int] = field(default_factory=dict)
    """Type to how many further finds there are than the spans list (ten thousand of each type are listed)."""

    def with_spans(self, more: Sequence[Span]) -> TextLabels:
        """With further finds, each in its own category; those of no extent are about the text as a whole."""
        if not more:
            return self
        categories = dict(self.categories)
        for span in more:
            categories[span.category] = max(categories.get(span.category, 0.0), span.confidence)
        return replace(
            self,
            spans=tuple(sorted((*self.spans, *(s for s in more if s.end > s.start)), key=lambda s: s.start)),
            document=(*self.document, *(s for s in more if s.end <= s.start)),
            categories=dict(sorted(categories.items())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledObject:
    """One object after reading: what was found in it, and how far it could be read."""

    matches: tuple[Match, ...]
    reading: Reading
