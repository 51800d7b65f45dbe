"""What stands in a text in another spelling: base64, percent and HTML escapes. Read once more, one level deep.

Offsets of what is found are those of the whole encoded run in the text as given; masks are made of the decoded value.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from urllib.parse import unquote

import numpy as np

from fanlight.labels.taxonomy import taxonomy
from fanlight.labels.values import Span, TextLabels

__all__ = ["LEFT_OUT", "EncodedRun", "encoded_runs", "spans_of_run", "with_runs"]

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_.-])[A-Za-z0-9+/_-]{24,}={0,2}(?![A-Za-z0-9+/_=-]|\.\w)")
_SIGNS = bytes(chr(code).isascii() and (chr(code).isalnum() or chr(code) in "+/_-") for code in range(256))
_PIECE = 1 << 20
"""Characters in which long runs are looked for at once."""
_ESCAPES = tuple(
    map(re.compile, (r"%[0-9A-Fa-f]{2}", r"&(?:#\d{2,5}|#x[0-9A-Fa-f]{2,5}|commat);", r"\\u00[0-9a-fA-F]{2}"))
)
"""Each begins with its own sign, so that texts without it cost nothing."""
_AROUND = re.compile(r"[^\s<>\"']{1,400}")
_STOPS = frozenset(" \t\r\n<>\"'\u3000")
_BACK = 200
"""Characters before the first escape that are decoded with it."""
_POINT = re.compile(r"\\u(00[0-9a-fA-F]{2})")
_HEX = re.compile(r"[0-9a-fA-F]+")
_FEW = 4000
"""Characters for which arrays do not pay."""
_HEAD = 32
"""Characters of a run that tell whether it is text."""
_MOST = 65_536
"""Characters of one run that are decoded."""
_RUNS = 200
"""Runs of one text that are read."""
LEFT_OUT = frozenset({"person"})
"""Groups that say too little in a decoded text."""
_TEXT = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]+")


@dataclass(frozen=True, slots=True)
class EncodedRun:
    """One run of a text, where it stands, how it was spelled and what it says. Never printed."""

    start: int
    end: int
    spelling: str
    decoded: str = field(repr=False)


def encoded_runs(texts: Sequence[str]) -> Iterator[tuple[int, EncodedRun]]:
    """Number of the text, and a run of it that decodes to text. Linear; of each spelling 200 runs a text are read."""
    for number, places in _long_runs(texts).items():
        for place in places[:_RUNS]:
            match = _BASE64.match(texts[number], place)
            decoded = None if match is None else _from_base64(match.group()[:_MOST])
            if match is not None and decoded is not None:
                yield number, EncodedRun(*match.span(), "base64", decoded)
    for number, text in enumerate(texts):
        if "%" in text or "&" in text or "\\u00" in text:
            for run in _escaped_runs(text):
                yield number, run


def _long_runs(texts: Sequence[str]) -> dict[int, list[int]]:
    """Where runs of 24 or more signs of base64 begin, for all texts at once."""
    if sum(map(len, texts)) < _FEW:
        return {n: [m.start() for m in _BASE64.finditer(text)] for n, text in enumerate(texts)}
    bounds = np.cumsum([0, *(len(text) + 1 for text in texts)])
    joined = b"\n".join([text.encode("ascii", "replace") for text in texts])
    found: dict[int, list[int]] = {}
    for low in range(0, len(joined), _PIECE):
        begin = max(0, low - 1)
        inside = np.frombuffer(joined[begin : low + _PIECE + 24].translate(_SIGNS), dtype=bool)
        two = inside[:-1] & inside[1:]
        four = two[:-2] & two[2:]
        eight = four[:-4] & four[4:]
        sixteen = eight[:-8] & eight[8:]
        all_24 = sixteen[:-8] & eight[16:]
        starts = np.flatnonzero(all_24)
        starts = starts[(starts == 0) | ~inside[np.maximum(starts - 1, 0)]] + begin
        starts = starts[(starts >= low) & (starts < low + _PIECE)]
        numbers = np.searchsorted(bounds, starts, side="right") - 1
        for number, place in zip(numbers.tolist(), (starts - bounds[numbers]).tolist(), strict=True):
            found.setdefault(number, []).append(place)
    return found


def _escaped_runs(text: str) -> Iterator[EncodedRun]:
    last = 0
    hits = (match.start() for escape in _ESCAPES for match in islice(escape.finditer(text), _RUNS))
    for hit in sorted(hits)[:_RUNS]:
        if hit < last:
            continue
        start = hit
        while start > max(last, hit - _BACK) and text[start - 1] not in _STOPS:
            start -= 1
        around = _AROUND.match(text, start)
        if around is None:
            continue
        last = around.end()
        given = around.group()
        decoded = html.unescape(_POINT.sub(lambda m: chr(int(m.group(1), 16)), unquote(given)))
        if decoded != given and _TEXT.fullmatch(decoded):
            yield EncodedRun(start, last, "escaped", decoded)


def _from_base64(run: str) -> str | None:
    """The text in a base64 run; None when it is something else, which the beginning tells."""
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    if _text_of(body[:_HEAD], cut=True) is None or _HEX.fullmatch(body):
        return None
    decoded = _text_of(body[: len(body) - (len(body) % 4 == 1)], cut=False)
    return decoded if decoded is not None and any(map(str.isalnum, decoded)) else None


def _text_of(body: str, *, cut: bool) -> str | None:
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (ValueError, binascii.Error):
        return None
    decoded = raw.decode("utf-8", "ignore" if cut else "replace")
    if cut and len(raw) - len(decoded.encode()) > 3:
        return None
    return decoded if _TEXT.fullmatch(decoded) else None


def spans_of_run(run: EncodedRun, labels: TextLabels, known: Sequence[Span]) -> list[Span]:
    """The finds in a decoded run, the best of each type, unless the text as given has that type at the same place."""
    there = {span.type for span in known if span.start < run.end and span.end > run.start}
    best: dict[str, Span] = {}
    for span in labels.spans:
        if span.group in LEFT_OUT or span.type in there:
            continue
        if span.type not in best or span.confidence > best[span.type].confidence:
            best[span.type] = span
    return [
        Span(
            start=run.start, end=run.end, type=span.type, category=span.category, group=span.group,
            recognizer=span.recognizer, version=span.version, confidence=round(span.confidence * 0.95, 3),
            evidence=span.evidence, keyword=span.keyword, flags=",".join(filter(None, (span.flags, run.spelling))),
            fingerprint=span.fingerprint,
        )
        for span in best.values()
    ]  # fmt: skip


def with_runs(labels: TextLabels, spans: Sequence[Span]) -> TextLabels:
    """Labels of a text with the finds in its encoded runs, and the categories that these imply."""
    known = taxonomy()
    sums = dict(labels.categories)
    for span in spans:
        group = known.groups[span.group]
        for category in (group.category, *group.implies):
            if span.confidence >= known.categories[category].threshold:
                sums[category] = max(sums.get(category, 0.0), span.confidence)
    return replace(labels.with_spans(spans), categories=dict(sorted(sums.items())))
