"""Custom categories as the operator writes them: one TOML file, one `[[category]]` each.

A category names finders (`regex`, `terms`, `marks`, `file`, `exact`, `rules`), what a match weighs, and at least one
positive and one negative sample. Samples are content of the company: they are run, and never stored.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from fanlight.labels.taxonomy import taxonomy

__all__ = ["KINDS", "CategoryProblem", "Definition", "FileFinder", "Sample", "definitions_from", "read_definitions"]

KINDS = (
    "chat", "file", "generated_file", "artifact", "document", "project", "code_artifact", "local_session",
    "remote_session",
)  # fmt: skip

Level = Literal["low", "moderate", "high"]
Mask = Literal["length", "shape", "none"]

_NAME = re.compile(r"[A-Z][A-Z0-9_]{2,47}")
_MOST_TERMS = 20_000
_MOST_PATTERNS = 1_000
_LONGEST_TERM = 200


class CategoryProblem(ValueError):
    """A category cannot be used; the text is one sentence to the operator and quotes no sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A text, or a file with name, type, size, owner and text, that the category must or must not find."""

    text: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    mime_type: str = ""
    size: int | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFinder:
    """Files by what they are: every given property must hold."""

    names: tuple[str, ...] = ()
    """Shell patterns such as `*.pst` or `*payroll*`, without regard to case; one must fit."""
    types: tuple[str, ...] = ()
    """Media types or endings (`application/pdf`, `image/*`, `.key`); one must fit."""
    larger_than: int | None = None
    smaller_than: int | None = None
    """Bytes."""
    owners: tuple[str, ...] = ()
    """Account keys (`claude:user_…`); one must be the owner."""
    properties: tuple[tuple[str, str], ...] = ()
    """Document properties and the shell pattern of their value; all must fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One custom category without its samples: configuration, and as such stored."""

    name: str
    title: str = ""
    label: str = ""
    """The category a match is filed under: this one's name, or one of the eleven."""
    sensitivity: Level = "moderate"
    """What one certain match weighs by itself."""
    mask: Mask = "length"
    patterns: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    """One of these words must stand near a match of a pattern."""
    within: int = 80
    terms: tuple[str, ...] = ()
    show_terms: bool = False
    """Whether the evidence may name the term found; it is the operator's own word."""
    marks: tuple[str, ...] = ()
    """Wordings and identifiers of classification marks and Office sensitivity labels."""
    file: FileFinder | None = None
    exact: str = ""
    """SHA-256 of a list of hashed rows."""
    exact_near: int = 200
    rules: str = ""
    """A rule file in gitleaks' TOML form, as text."""
    kinds: tuple[str, ...] = ()
    """Only these kinds of object; all when empty."""
    roles: tuple[str, ...] = ()
    """Only what these roles wrote (`user`, `assistant`); all when empty."""
    projects: tuple[str, ...] = ()
    """Only objects of these projects; all when empty."""
    version: int = 1

    @property
    def recognizer(self) -> str:
        """How matches name this category; single rules of a rule file follow after a slash."""
        return f"custom:{self.name}"

    @property
    def finders(self) -> tuple[str, ...]:
        """Which finders this category has."""
        named = {
            "regex": self.patterns, "terms": self.terms, "marks": self.marks, "file": self.file, "exact": self.exact,
            "rules": self.rules,
        }  # fmt: skip
        return tuple(name for name, value in named.items() if value)

    def body(self) -> dict[str, Any]:
        """As JSON for storage."""
        raw: dict[str, Any] = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in ("file", "version") and getattr(self, name) != self.__dataclass_fields__[name].default
        }
        if self.file is not None:
            raw["file"] = {name: getattr(self.file, name) for name in self.file.__dataclass_fields__}
        return raw

    def digest(self) -> str:
        """Hash of all that decides what is found. Title, weight, label and mask are not part of it."""
        outside = ("title", "sensitivity", "label", "mask", "show_terms")
        kept = {name: value for name, value in self.body().items() if name not in outside}
        return hashlib.blake2b(json.dumps(kept, sort_keys=True).encode(), digest_size=12).hexdigest()


def definition_of(body: Mapping[str, Any], version: int) -> Definition:
    """A stored definition."""
    raw: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in body.items()}
    if raw.get("file") is not None:
        found: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in body["file"].items()}
        found["properties"] = tuple((str(a), str(b)) for a, b in found.get("properties", ()))
        raw["file"] = FileFinder(**found)
    return Definition(**raw, version=version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One category as read from a file, with its samples and the list it names."""

    definition: Definition
    positives: tuple[Sample, ...]
    negatives: tuple[Sample, ...]
    exact_list: Path | None = None


def read_definitions(path: Path) -> list[Written]:
    """The categories of one TOML file. Raises `CategoryProblem`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CategoryProblem(f"The file {path.name} cannot be read as text.") from None
    return definitions_from(text, path.parent, path.name)


def definitions_from(text: str, folder: Path, where: str) -> list[Written]:
    """The categories of a TOML text; files that it names are looked up in `folder`. Raises `CategoryProblem`."""
    try:
        data = tomllib.loads(text)
    except ValueError:
        raise CategoryProblem(f"{where} is not valid TOML.") from None
    tables = data.pop("category", None)
    if data:
        raise CategoryProblem(f"{where}: {', '.join(sorted(data))} is not known; categories stand in [[category]].")
    if not isinstance(tables, list) or not tables:
        raise CategoryProblem(f"{where} holds no [[category]].")
    written = [_Reading(table, folder, where).written() for table in tables]
    names = [one.definition.name for one in written]
    if len(set(names)) != len(names):
        raise CategoryProblem(f"{where} names a category twice.")
    return written


class _Reading:
    """One table of a file on its way to a definition; what is left over is not known."""

    def __init__(self, table: object, folder: Path, where: str) -> None:
        if not isinstance(table, dict):
            raise CategoryProblem(f"{where}: a category must be a table.")
        self.rest: dict[str, Any] = dict(table)
        self.folder = folder
        name = self.rest.pop("name", None)
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in taxonomy().categories:
            raise CategoryProblem(
                f"{where}: a category needs a name of capital letters, digits and underscores that is not one of "
                "the eleven."
            )
        self.name = name

    def written(self) -> Written:
        rest = self.rest
        positives, negatives = self._samples("positives"), self._samples("negatives")
        definition = Definition(name=self.name, title=self._text(rest, "title"), label=self.name)
        definition = replace(
            definition,
            label=self._label(),
            sensitivity=self._one_of(rest, "sensitivity", get_args(Level), "moderate"),
            mask=self._one_of(rest, "mask", get_args(Mask), "length"),
        )
        definition = self._regex(definition, self._table("regex"))
        definition = self._terms(definition, self._table("terms"))
        if (marks := self._table("marks")) is not None:
            definition = replace(definition, marks=self._texts(marks, "words"))
            self._known(marks, "marks")
        definition = self._file(definition, self._table("file"))
        exact = self._table("exact")
        listed = None
        if exact is not None:
            listed = self.folder / (self._text(exact, "list") or "?")
            definition = replace(definition, exact=str(listed), exact_near=self._number(exact, "near", 200, 20, 1000))
            self._known(exact, "exact")
        if (rules := self._table("rules")) is not None:
            definition = replace(definition, rules=self._file_text(rules, "file"))
            self._known(rules, "rules")
        if (only := self._table("only")) is not None:
            kinds = self._texts(only, "kinds")
            if unknown := sorted(set(kinds) - set(KINDS)):
                raise self._problem(f"{', '.join(unknown)} is no kind of object; known are {', '.join(KINDS)}")
            definition = replace(
                definition, kinds=kinds, roles=self._texts(only, "roles"), projects=self._texts(only, "projects")
            )
            self._known(only, "only")
        self._known(rest, "")
        if not definition.finders:
            raise self._problem("names nothing to find: add regex, terms, marks, file, exact or rules")
        return Written(definition=definition, positives=positives, negatives=negatives, exact_list=listed)

    def _label(self) -> str:
        label = self._text(self.rest, "label") or self.name
        if label not in (self.name, *taxonomy().categories):
            raise self._problem(f"label must be its own name or one of {', '.join(taxonomy().categories)}")
        return label

    def _regex(self, definition: Definition, table: dict[str, Any] | None) -> Definition:
        if table is None:
            return definition
        patterns = self._texts(table, "patterns")
        if not patterns or len(patterns) > _MOST_PATTERNS:
            raise self._problem(f"regex.patterns needs 1 to {_MOST_PATTERNS:,} expressions")
        near = self._texts(table, "near")
        within = self._number(table, "within", 80, 1, 500)
        self._known(table, "regex")
        return replace(definition, patterns=patterns, near=near, within=within)

    def _terms(self, definition: Definition, table: dict[str, Any] | None) -> Definition:
        if table is None:
            return definition
        terms = list(self._texts(table, "terms"))
        if "file" in table:
            terms += [line.strip() for line in self._file_text(table, "file").splitlines()]
        show = table.pop("show", False)
        self._known(table, "terms")
        kept = tuple(sorted({term for term in terms if term and not term.startswith("#")}))
        if not kept or len(kept) > _MOST_TERMS:
            raise self._problem(f"terms needs 1 to {_MOST_TERMS:,} terms and has {len(kept):,}")
        if any(not 2 <= len(term) <= _LONGEST_TERM for term in kept):
            raise self._problem(f"a term must have 2 to {_LONGEST_TERM} characters")
        return replace(definition, terms=kept, show_terms=show is True)

    def _file(self, definition: Definition, table: dict[str, Any] | None) -> Definition:
        if table is None:
            return definition
        properties = table.pop("properties", {})
        if not isinstance(properties, dict):
            raise self._problem("file.properties must be a table of property and wanted value")
        sizes = [self._number(table, name, -1, 0, 1 << 50) for name in ("larger_than", "smaller_than")]
        finder = FileFinder(
            names=self._texts(table, "names"),
            types=self._texts(table, "types"),
            larger_than=sizes[0] if sizes[0] >= 0 else None,
            smaller_than=sizes[1] if sizes[1] >= 0 else None,
            owners=self._texts(table, "owners"),
            properties=tuple(sorted((str(name), str(value)) for name, value in properties.items())),
        )
        self._known(table, "file")
        if finder == FileFinder():
            raise self._problem("file needs names, types, a size, owners or properties")
        return replace(definition, file=finder)

    def _samples(self, name: str) -> tuple[Sample, ...]:
        given = self.rest.pop(name, [])
        if not isinstance(given, list) or not given:
            raise self._problem(f"needs at least one sample in {name}: without one nobody knows that it works")
        return tuple(self._sample(item, name) for item in given)

    def _sample(self, item: object, name: str) -> Sample:
        if isinstance(item, str):
            return Sample(text=item)
        fields = {"text": str, "name": str, "type": str, "size": int, "owner": str}
        if not isinstance(item, dict) or any(not isinstance(v, fields.get(k, ())) for k, v in item.items()):
            raise self._problem(f"a sample in {name} must be text or a table of text, name, type, size and owner")
        return Sample(
            text=item.get("text", ""), name=item.get("name", ""), mime_type=item.get("type", ""),
            size=item.get("size"), owner=item.get("owner", ""),
        )  # fmt: skip

    def _table(self, name: str) -> dict[str, Any] | None:
        found = self.rest.pop(name, None)
        if found is not None and not isinstance(found, dict):
            raise self._problem(f"{name} must be a table")
        return found

    def _text(self, table: dict[str, Any], name: str) -> str:
        found = table.pop(name, "")
        if not isinstance(found, str):
            raise self._problem(f"{name} must be text")
        return found

    def _texts(self, table: dict[str, Any], name: str) -> tuple[str, ...]:
        found = table.pop(name, [])
        if not isinstance(found, list) or not all(isinstance(item, str) and item.strip() for item in found):
            raise self._problem(f"{name} must be a list of texts")
        return tuple(found)

    def _number(self, table: dict[str, Any], name: str, default: int, low: int, high: int) -> int:
        found = table.pop(name, default)
        if isinstance(found, bool) or not isinstance(found, int) or not (found == default or low <= found <= high):
            raise self._problem(f"{name} must be a number from {low:,} to {high:,}")
        return found

    def _one_of(self, table: dict[str, Any], name: str, known: Sequence[str], default: str) -> Any:
        found = self._text(table, name) or default
        if found not in known:
            raise self._problem(f"{name} must be one of {', '.join(known)}")
        return found

    def _file_text(self, table: dict[str, Any], name: str) -> str:
        path = self.folder / self._text(table, name)
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise self._problem(f"the file {path.name} cannot be read as text") from None

    def _known(self, table: Mapping[str, Any], where: str) -> None:
        if table:
            names = ", ".join(f"{where}.{name}" if where else name for name in sorted(table))
            raise self._problem(f"{names} is not known")

    def _problem(self, words: str) -> CategoryProblem:
        return CategoryProblem(f"Category {self.name}: {words}.")
