"""Custom categories ready to run over texts: one pass for each kind of finder, whatever their number."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fanlight.labels.custom.definitions import CategoryProblem, Definition
from fanlight.labels.custom.exact import ExactList
from fanlight.labels.custom.marks import MarkSet
from fanlight.labels.custom.patterns import Hit, Pattern, PatternSet, checked_pattern, compile_pattern
from fanlight.labels.custom.properties import About, fits
from fanlight.labels.custom.rulefile import RuleFile, read_rules, shannon
from fanlight.labels.custom.terms import TermSet, lowered
from fanlight.labels.keywords import Keywords
from fanlight.labels.masks import fingerprint_of, mask_of
from fanlight.labels.text import TextView, view_of
from fanlight.labels.values import LabelError, Span

__all__ = ["About", "CustomCategories", "Found", "open_no_list"]

_CONFIDENCE = {"regex": 0.9, "terms": 0.9, "marks": 0.95, "file": 0.95, "exact": 0.97, "rules": 0.9}
_RANDOM_ENOUGH = 3.0
_LONG_ENOUGH = 16
"""A value of a rule file gets a fingerprint only when nobody could find it by trying."""


@dataclass(frozen=True, slots=True)
class Found:
    """One find of a custom category, in characters of the folded text; `start == end` is the document as a whole."""

    category: Definition
    finder: str
    start: int
    end: int
    rule: str = ""
    type: str = ""
    keyword: str | None = None
    columns: tuple[str, ...] = ()


def open_no_list(digest: str) -> ExactList:
    """Where no lists are kept: a category that names one cannot be used."""
    raise CategoryProblem(f"The list {digest[:12]} of hashed rows is not here.")


class CustomCategories:
    """The categories of one company. Thread-safe; holds no text between calls."""

    def __init__(
        self,
        definitions: Sequence[Definition],
        open_list: Callable[[str], ExactList] = open_no_list,
        *,
        check_speed: bool = False,
        without_filter: bool = False,
        cache: Path | None = None,
    ) -> None:
        """Raises `CategoryProblem` when a definition cannot be compiled; `check_speed` tries its expressions too."""
        self.definitions = tuple(definitions)
        compiler = checked_pattern if check_speed else compile_pattern
        self._near = [Keywords(one.near) if one.near else None for one in definitions]
        patterns: list[Pattern] = []
        self._pattern_owner: list[tuple[int, int]] = []
        self.rule_files: dict[int, RuleFile] = {}
        for number, one in enumerate(definitions):
            for text in one.patterns:
                patterns.append(_named(one, compiler, text))
                self._pattern_owner.append((number, -1))
            if one.rules:
                self.rule_files[number] = read_rules(one.rules, f"Category {one.name}", check_speed=check_speed)
                for index, rule in enumerate(self.rule_files[number].rules):
                    if rule.pattern is not None:
                        patterns.append(rule.pattern)
                        self._pattern_owner.append((number, index))
        self._patterns = PatternSet(patterns, without_filter=without_filter, cache=cache)
        self._terms = TermSet(
            [(number, term) for number, one in enumerate(definitions) for term in one.terms],
            without_filter=without_filter,
        )
        self._marks = MarkSet(
            [(number, mark) for number, one in enumerate(definitions) for mark in one.marks],
            without_filter=without_filter,
        )
        self._lists = {number: open_list(one.exact) for number, one in enumerate(definitions) if one.exact}
        held = sorted(f"{one.name}/{one.version}/{one.digest()}" for one in definitions)
        self.version = hashlib.blake2b("\n".join(held).encode(), digest_size=4).hexdigest() if held else ""

    def __bool__(self) -> bool:
        return bool(self.definitions)

    def spans(self, text: str, about: About, fingerprint_key: bytes) -> list[Span]:
        """Finds with their masks. Raises `LabelError`, which carries the length and never the text."""
        try:
            view = view_of(text)
            return [self._span(view, found, fingerprint_key) for found in self.find(view, about)]
        except Exception:  # noqa: BLE001 - whatever failed, its message may quote content
            raise LabelError("custom categories", len(text)) from None

    def find(self, view: TextView, about: About) -> list[Found]:
        """Every find in one text, the first of each place for each category."""
        asked = {number for number, one in enumerate(self.definitions) if _concerns(one, about)}
        if not asked:
            return []
        found = [*self._by_terms(view, asked), *self._by_pattern(view, about, asked)]
        for number in sorted(asked & self._lists.keys()):
            one, listed = self.definitions[number], self._lists[number]
            found += [
                Found(one, "exact", row.start, row.end, columns=tuple(listed.columns[c] for c in row.columns))
                for row in listed.find(view, one.exact_near)
            ]
        result = list(_apart(found))
        for number in sorted(asked):
            one = self.definitions[number]
            if one.file is not None and fits(one.file, about, view.text):
                result.append(Found(one, "file", 0, 0))
            for rule in self.rule_files[number].rules if number in self.rule_files else ():
                if rule.pattern is None and rule.wants("", about.name):
                    result.append(Found(one, "rules", 0, 0, rule.id, rule.type))
        return result

    def _by_terms(self, view: TextView, asked: set[int]) -> Iterator[Found]:
        for finder, terms in (("terms", self._terms), ("marks", self._marks)):
            for number, start, end in terms.find(view):
                if number in asked:
                    one = self.definitions[number]
                    shown = finder == "marks" or one.show_terms
                    yield Found(one, finder, start, end, keyword=view.text[start:end] if shown else None)

    def _by_pattern(self, view: TextView, about: About, asked: set[int]) -> Iterator[Found]:
        low = ""
        for index, hits in self._patterns.hits(view).items():
            number, rule_index = self._pattern_owner[index]
            if number not in asked:
                continue
            one = self.definitions[number]
            if rule_index < 0:
                yield from (Found(one, "regex", h.start, h.end) for h in hits if self._is_near(number, view, h))
                continue
            file = self.rule_files[number]
            rule = file.rules[rule_index]
            low = low or lowered(view)
            if rule.wants(low, about.name):
                for hit in hits:
                    if rule.accepts(view.text, hit, about.name, file.allowlists):
                        yield Found(one, "rules", hit.start, hit.end, rule.id, rule.type)

    def _is_near(self, number: int, view: TextView, hit: Hit) -> bool:
        words = self._near[number]
        if words is None:
            return True
        reach = self.definitions[number].within
        before = view.text[max(0, hit.start - reach) : hit.start]
        return any(words.find_in(piece) is not None for piece in (before, view.text[hit.end : hit.end + reach]))

    def _span(self, view: TextView, found: Found, key: bytes) -> Span:
        one = found.category
        value = view.text[found.start : found.end]
        start, end = view.original(found.start, found.end)
        confidence = _CONFIDENCE[found.finder]
        secret = found.finder == "rules" and len(value) >= _LONG_ENOUGH and shannon(value) >= _RANDOM_ENOUGH
        type_name = found.type or one.name
        return Span(
            start=start, end=end, type=type_name, category=one.label or one.name, group=one.recognizer,
            recognizer=f"{one.recognizer}/{found.rule}" if found.rule else one.recognizer, version=one.version,
            confidence=confidence, evidence=_evidence(found, value), keyword=found.keyword, flags=found.finder,
            fingerprint=fingerprint_of(key, type_name, value) if secret else None,
        )  # fmt: skip


def _named(one: Definition, compiler: Callable[[str], Pattern], text: str) -> Pattern:
    try:
        return compiler(text)
    except CategoryProblem as problem:
        number = one.patterns.index(text) + 1
        raise CategoryProblem(f"Category {one.name}: regex.patterns, number {number}: {problem}.") from None


def _concerns(one: Definition, about: About) -> bool:
    if one.kinds and about.kind and about.kind not in one.kinds:
        return False
    if one.roles and about.kind and about.role not in one.roles:
        return False
    return not (one.projects and about.kind and about.project_id not in one.projects)


def _apart(found: Iterable[Found]) -> Iterator[Found]:
    """Finds of one category and type that do not overlap, the longer one of a place."""
    ordered = sorted(found, key=lambda f: (f.category.name, f.type, f.start, -f.end))
    last: tuple[str, str] | None = None
    end = -1
    for find in ordered:
        key = (find.category.name, find.type)
        if key != last:
            last, end = key, -1
        if find.start >= end:
            end = find.end
            yield find


def _evidence(found: Found, value: str) -> str:
    """A mask that gives nothing of the value away; words of it only where they are the operator's own."""
    if found.finder == "file":
        return "the file itself"
    if found.finder == "exact":
        return f"two cells of one row: {', '.join(found.columns)}"
    if found.keyword is not None:
        return found.keyword
    if found.rule and found.start == found.end:
        return "the file's path"
    if found.category.mask == "none":
        return "hidden"
    if found.category.mask == "shape":
        return mask_of("shape", value)
    return mask_of("length", value)
