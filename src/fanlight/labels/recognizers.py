"""Recognizers as data: one YAML file per family in the catalog, each entry with its own positives and negatives.

A recognizer finds candidates by `anchors` (literals of the multi-pattern scan), by `scan` (a regular expression of that
scan) or by `digits` (how many digits a number must have), then its `pattern` decides what exactly matches.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from fanlight.labels.catalogue import parse_yaml
from fanlight.labels.gates import Gate
from fanlight.labels.keywords import Keywords
from fanlight.labels.taxonomy import Group, taxonomy
from fanlight.labels.validators import Validator, validator_named

__all__ = [
    "Recognizer",
    "RecognizerError",
    "load_recognizers",
    "recognizers",
    "ruleset_hash",
]

_FIELDS = {
    "id",
    "type",
    "group",
    "version",
    "pattern",
    "anchors",
    "scan",
    "digits",
    "ignore_case",
    "validators",
    "keywords",
    "requires_keyword",
    "confidence",
    "keyword_confidence",
    "near",
    "reach",
    "back",
    "after",
    "look_alikes",
    "prefix",
    "alphabet",
    "length",
    "vendor",
    "positives",
    "negatives",
    "name",
    "languages",
    "label",
    "unicode",
    "shrinks",
    "digit_within",
}

_ALPHABETS = {
    "hex": "[0-9a-f]", "HEX": "[0-9A-F]", "anyhex": "[0-9a-fA-F]", "alnum": "[A-Za-z0-9]", "lower": "[a-z0-9]",
    "upper": "[A-Z0-9]", "url": "[A-Za-z0-9_-]", "base64": "[A-Za-z0-9+/]", "word": r"[A-Za-z0-9_]",
    "dotted": r"[A-Za-z0-9_.-]", "digits": "[0-9]", "base32": "[A-Z2-7]", "rich": r"[A-Za-z0-9_.~+/=-]",
}  # fmt: skip


_OPEN = Gate()


class RecognizerError(ValueError):
    """An entry of the catalog (or of a user's file) cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognizer:
    """How one type of sensitive data is found."""

    id: str
    type: str
    group: Group
    version: int
    pattern: re.Pattern[str]
    anchors: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    digits: tuple[int, int] | None = None
    validators: tuple[Validator, ...] = ()
    keywords: Keywords | None = None
    requires_keyword: bool = False
    confidence: float = 0.9
    keyword_confidence: float = 0.95
    near: int = 60
    """Characters before the match in which a keyword counts; a third of it behind the match."""
    after: int = 30
    reach: int = 300
    """Characters behind an anchor's end that the pattern may need."""
    back: int = 120
    """Characters before an anchor's end that the pattern may need."""
    look_alikes: bool = False
    """A look-alike word (order, ticket, batch, …) right before the match speaks against it."""
    shrinks: bool = False
    """Trailing groups may belong to the sentence: drop them one by one until the validators hold."""
    value: int = 0
    """Which group of the pattern is the value."""
    gate: Gate = _OPEN
    """What must stand around an anchor before the pattern is tried."""
    label: str = ""
    """Public prefix or vendor, shown in the mask of a key."""
    positives: tuple[str, ...] = field(default=(), repr=False)
    negatives: tuple[str, ...] = field(default=(), repr=False)


def _text_of(sample: object) -> str:
    """A sample is text, or parts that are joined (so that no scanner takes our own samples for leaks)."""
    return "".join(str(part) for part in sample) if isinstance(sample, list) else str(sample)


def _shorthand(entry: dict[str, Any]) -> None:
    """Turn `prefix/alphabet/length` and `vendor/alphabet/length` into pattern and anchors."""
    alphabet = _ALPHABETS.get(entry.get("alphabet", ""), entry.get("alphabet", ""))
    length = str(entry.get("length", ""))
    count = "{" + length + "}"
    if "prefix" in entry:
        prefixes = entry["prefix"] if isinstance(entry["prefix"], list) else [entry["prefix"]]
        heads = "|".join(re.escape(p) for p in prefixes)
        if "pattern" in entry:
            entry.setdefault("anchors", prefixes)
            entry.setdefault("back", max(len(p) for p in prefixes) + 2)
        else:
            least = int(length.partition(",")[0])
            case = "(?i)" if entry.get("ignore_case") else ""
            entry["scan"] = [f"{case}{re.escape(p)}{alphabet}{{{least}}}" for p in prefixes]
            entry["back"] = max(entry.get("back", 0), max(len(p) for p in prefixes) + 2) + least
            ends = r"(?![A-Za-z0-9]|\.(?:png|jpe?g|gif|svg|css|js|html?)\b)"
            entry["pattern"] = rf"(?<![A-Za-z0-9])(?:{heads}){alphabet}{count}{ends}"
        entry.setdefault("label", prefixes[0])
    elif "vendor" in entry:
        names = entry["vendor"] if isinstance(entry["vendor"], list) else [entry["vendor"]]
        heads = "|".join(re.escape(n).replace(r"\ ", r"[\s_.-]?") for n in names)
        entry.setdefault("anchors", [n.split(" ")[0] for n in names])
        entry.setdefault(
            "pattern",
            rf"(?i:(?<![a-z])(?:{heads}))(?:[^\n]{{0,40}}?)(?<![A-Za-z0-9_/+-])"
            rf"(?P<v>{alphabet}{count})(?![A-Za-z0-9_/+=-])",
        )
        entry.setdefault("label", names[0])


def _build(raw: Mapping[str, Any], defaults: Mapping[str, Any], where: str) -> Recognizer:
    entry: dict[str, Any] = {**defaults, **raw}
    name = entry.get("id", "?")
    unknown = set(entry) - _FIELDS
    if unknown:
        raise RecognizerError(f"{where}: recognizer {name} has unknown fields: {', '.join(sorted(unknown))}.")
    _shorthand(entry)
    if "pattern" not in entry or not (entry.get("anchors") or entry.get("scan") or entry.get("digits")):
        raise RecognizerError(f"{where}: recognizer {name} needs a pattern, and anchors, scan or digits.")
    groups = taxonomy().groups
    if entry.get("group") not in groups:
        raise RecognizerError(f"{where}: recognizer {name} names no group of the taxonomy.")
    words = entry.get("keywords") or []
    if entry.get("requires_keyword") and not words:
        raise RecognizerError(f"{where}: recognizer {name} requires a keyword but lists none.")
    try:
        letters = 0 if entry.get("unicode") else re.ASCII
        pattern = re.compile(entry["pattern"], letters | (re.IGNORECASE if entry.get("ignore_case") else 0))
        checks = tuple(validator_named(str(v)) for v in entry.get("validators", ()))
    except (re.error, ValueError) as error:
        raise RecognizerError(f"{where}: recognizer {name} does not compile: {error}.") from None
    digits = entry.get("digits")
    return Recognizer(
        id=name,
        type=entry.get("type", name.upper()),
        group=groups[entry["group"]],
        version=int(entry.get("version", 1)),
        pattern=pattern,
        anchors=tuple(str(a) for a in entry.get("anchors", ())),
        scans=_scans(entry, letters),
        digits=(digits[0], digits[-1]) if isinstance(digits, list) else (digits, digits) if digits else None,
        validators=checks,
        keywords=Keywords(words) if words else None,
        requires_keyword=bool(entry.get("requires_keyword")),
        confidence=float(entry.get("confidence", 0.9)),
        keyword_confidence=float(entry.get("keyword_confidence", 0.95)),
        near=int(entry.get("near", 60)),
        after=int(entry.get("after", 30)),
        reach=int(entry.get("reach", 300)),
        back=int(entry.get("back", 120)),
        look_alikes=bool(entry.get("look_alikes")),
        shrinks=bool(entry.get("shrinks")),
        value=pattern.groupindex.get("v", 0),
        gate=_gate(entry),
        label=str(entry.get("label", "")),
        positives=tuple(_text_of(s) for s in entry.get("positives", ())),
        negatives=tuple(_text_of(s) for s in entry.get("negatives", ())),
    )


def _gate(entry: Mapping[str, Any]) -> Gate:
    within = entry.get("digit_within")
    if within is not None:
        return Gate(digit=(0, int(within)))
    least = str(entry.get("length", "")).partition(",")[0]
    if "vendor" in entry and least.isdigit() and int(least) >= 20 and entry.get("alphabet") in _ALPHABETS:
        return Gate(token=60)
    return Gate()


_AT_WORD = ("(?<!\\w)", "(?<![\\w", "(?i:(?<!\\w)", "(?i:(?<![\\w")
_WORD_FIRST = re.compile(r"\\d|\[[A-Za-z0-9-]+\]|[A-Za-z0-9]|\(\?i\)[a-z]")


def _scans(entry: Mapping[str, Any], letters: int) -> tuple[str, ...]:
    """Expressions of the scan. Where the pattern begins at a word, so does the scan: long runs of digits hit once."""
    given = entry.get("scan") or ()
    scans = [given] if isinstance(given, str) else list(given)
    at_word = entry["pattern"].startswith(_AT_WORD) and letters
    return tuple(rf"\b{scan}" if at_word and _WORD_FIRST.match(scan) else scan for scan in scans)


def load_recognizers(text: str, where: str) -> Iterator[Recognizer]:
    """Recognizers of one YAML file. Raises `RecognizerError`."""
    raw = parse_yaml(text)
    shared = {f"@{name}": words for name, words in (raw.get("keywords") or {}).items()}
    for given in raw["recognizers"]:
        words: list[str] = []
        for word in given.get("keywords", ()):
            words.extend(shared.get(word, [word]))
        entry = {**given, "keywords": words} if words else dict(given)
        yield _build(entry, raw.get("defaults", {}), where)


def _files() -> list[tuple[str, str]]:
    folder = files("fanlight.catalog") / "recognizers"
    return sorted((item.name, item.read_text("utf-8")) for item in folder.iterdir() if item.name.endswith(".yml"))


@cache
def recognizers() -> tuple[Recognizer, ...]:
    """Every recognizer of the catalog. Raises `RecognizerError` when an id is used twice."""
    found: dict[str, Recognizer] = {}
    for name, text in _files():
        for recognizer in load_recognizers(text, name):
            if recognizer.id in found:
                raise RecognizerError(f"{name}: recognizer {recognizer.id} exists twice.")
            found[recognizer.id] = recognizer
    return tuple(found.values())


@cache
def ruleset_hash() -> str:
    """Hash over recognizers, words, kinds, taxonomy and weights: what matches are stored against."""
    digest = hashlib.blake2b(digest_size=8)
    catalog = files("fanlight.catalog")
    for item in (
        catalog / "recognizers",
        catalog / "taxonomy.yml",
        catalog / "vendors.yml",
        files("fanlight.labels") / "weights",
    ):
        _add(digest, item)
    return digest.hexdigest()


def _add(digest: hashlib.blake2b, item: Traversable) -> None:
    if item.is_dir():
        for inside in sorted(item.iterdir(), key=lambda entry: entry.name):
            _add(digest, inside)
    elif item.name.endswith((".yml", ".npz")):
        digest.update(item.name.encode() + b"\0" + item.read_bytes() + b"\0")
