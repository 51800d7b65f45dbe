"""Lint for rules: what is wrong although the YAML is right.

A rule over Claude's activities is held against the catalogue of documented types: a field that none of the rule's types
carries would make it blind for ever, and green tests would not show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Literal

from fanlight.detections.groups import ROLE_BY_GROUP
from fanlight.detections.joins import ENTERED, JOIN_FIELDS, SETTINGS_WEAKENED
from fanlight.detections.judge import check_rule
from fanlight.detections.rulefile import OWN_KEYS, Rule, RuleSet
from fanlight.detections.servers import SERVER_USED
from fanlight.detections.tree import And, AnyValue, Equals, Exists, FieldsMatch, IsNull, Node, Not, Or, walk
from fanlight.model import Event
from fanlight.sources.claude.catalogue import ActivityType
from fanlight.sources.claude.catalogue import load as load_catalogue

__all__ = ["DERIVED_TYPES", "Problem", "validate"]

#: Types of Claude events that Fanlight makes itself, and the fields they add; see `docs/rules.md`.
DERIVED_TYPES: dict[str, frozenset[str]] = {
    ENTERED: frozenset({"entry.sensitivity", "entry.labels", "entry.placed_by", "entry.gap_seconds"}),
    SETTINGS_WEAKENED: frozenset({"setting"}),
    SERVER_USED: frozenset({"server.name", "server.url", "server.tool", "server.approved"}),
    ROLE_BY_GROUP: frozenset(
        {"resource_type", "resource_id", "role", "target_type", "target_id", "group_id", "stated_by"}
    ),
}
#: Fields every rule may name: columns of the event, and what the judge joins to it.
_ALWAYS = (frozenset(field.name for field in fields(Event)) - {"raw"}) | frozenset(JOIN_FIELDS)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend, as a sentence."""

    rule: str
    where: str
    """File and line."""
    severity: Literal["error", "warning"]
    sentence: str


def validate(rules: RuleSet, *, own: bool = False, theirs: Path | None = None) -> list[Problem]:
    """Everything wrong with the rules; `own` asks for what Fanlight's own rules must have (tests, a runbook).

    It is not asked of the operator's rules, in the folder `theirs`.
    """
    problems = [
        Problem(
            error.path.stem, str(error).split(": ", 1)[0], "warning" if error.kind == "placeholder" else "error",
            error.sentence,
        )
        for error in rules.errors
    ]  # fmt: skip
    problems += _doubles(rules)
    for rule in rules.rules:
        where = f"{rule.path}:{rule.line}"
        of_operator = theirs is not None and rule.path is not None and rule.path.is_relative_to(theirs)
        for severity, sentence in _lint(rule, own and not of_operator):
            problems.append(Problem(rule.name, where, severity, sentence))
    return problems


_Found = Iterator[tuple[Literal["error", "warning"], str]]


def _doubles(rules: RuleSet) -> Iterator[Problem]:
    for kind in ("id", "name"):
        key = attrgetter(kind)
        counts = Counter(key(rule) for rule in rules.rules)
        seen: set[str] = set()
        for rule in rules.rules:
            value = key(rule)
            if counts[value] > 1 and value in seen:
                sentence = f"The {kind} {value} is used by {counts[value]} rules; give each its own."
                yield Problem(rule.name, f"{rule.path}:{rule.line}", "error", sentence)
            seen.add(value)


def _lint(rule: Rule, own: bool) -> _Found:
    yield from _keys(rule)
    if rule.tree is not None:
        for name in rule.unused:
            yield "warning", f"The part '{name}' is never used by the condition."
        yield from _unreachable(rule.tree)
        if rule.product == "claude":
            yield from _claude_fields(rule.tree)
    try:
        check_rule(rule)
    except ValueError as problem:
        yield "error", str(problem)
    if not rule.reports and not rule.tests:
        return  # a part: the tests and the runbook are those of the correlation that names it
    if own or rule.tests or rule.behavior is not None:
        yield from _tests(rule, "error" if own else "warning")
    if own and not rule.runbook:
        yield "error", "The rule has no runbook; say in steps what an analyst does."


def _keys(rule: Rule) -> _Found:
    known = OWN_KEYS | {"name"} | ({"correlation"} if rule.correlation is not None else set())
    for key in sorted(set(rule.custom) - known):
        if not key.startswith("x_"):
            yield "warning", f"The key '{key}' is not known; a misspelt key has no effect (own keys start with x_)."


def _tests(rule: Rule, severity: Literal["error", "warning"]) -> _Found:
    wanted = [_expects(test) for test in rule.tests]
    if True not in wanted:
        yield severity, "No test shows the rule matching; add one that does."
    if False not in wanted:
        yield severity, "No test shows the rule staying silent; add one that does."
    for number, answer in enumerate(wanted, 1):
        if answer is None:
            yield "error", f"Test {number} states neither `expected: true|false` nor `expect: finding|nothing`."


def _expects(test: object) -> bool | None:
    if not hasattr(test, "get"):
        return None
    return {True: True, False: False, "finding": True, "nothing": False}.get(test.get("expected", test.get("expect")))


def _unreachable(tree: Node) -> _Found:
    for node in walk(tree):
        if isinstance(node, Or) and not node.parts:
            yield "error", "Part of the condition can never be true."
        if not isinstance(node, And):
            continue
        parts = set(node.parts)
        if any(isinstance(part, Not) and part.part in parts for part in node.parts):
            yield "error", "The condition asks for something and for its opposite; it can never match."
        texts: dict[str, frozenset[str]] = {}
        for part in node.parts:
            if isinstance(part, AnyValue) and isinstance(part.test, Equals):
                held = texts.get(part.field)
                if held is not None and not held & part.test.texts:
                    single = part.field in {"type", "product", "family", "outcome"}
                    ending = "it can never match." if single else "that matches only where the field holds a list."
                    yield (
                        "error" if single else "warning",
                        f"The condition wants two different values of '{part.field}' at once; {ending}",
                    )
                texts[part.field] = part.test.texts
            if isinstance(part, IsNull) and any(
                isinstance(other, AnyValue | Exists) and other.field == part.field for other in node.parts
            ):
                yield "error", f"The condition wants '{part.field}' missing and present at once; it can never match."


def _claude_fields(tree: Node) -> _Found:
    catalogue = load_catalogue()
    newer: set[str] = set()
    told: set[str] = set()
    for types, field in _asked(tree, None):
        if types is None:
            known = field in _ALWAYS
            if not known and not any(kind.knows(field) for kind in catalogue.values()):
                told.add(field)
            continue
        for name in types:
            if name not in catalogue and name not in DERIVED_TYPES:
                newer.add(name)
        if field in _ALWAYS:
            continue
        documented = [name for name in sorted(types) if name in catalogue or name in DERIVED_TYPES]
        blind = [name for name in documented if not _knows(name, field, catalogue)]
        if not blind:
            continue
        vague = all(name in catalogue and catalogue[name].partial for name in blind)
        if len(blind) == len(types) and not vague:
            yield "error", f"No event of type {blind[0]} has a field '{field}'; the rule would never match."
        else:
            yield "warning", f"Events of type {blind[0]} are not documented with a field '{field}'."
    for field in sorted(told):
        yield "error", f"No documented activity has a field '{field}'; the rule would never match."
    for name in sorted(newer):
        yield "warning", f"The type '{name}' is newer than the catalogue, or misspelt; its fields are not checked."


def _knows(name: str, field: str, catalogue: object) -> bool:
    if name in DERIVED_TYPES:
        return field in DERIVED_TYPES[name]
    kind = catalogue[name]  # type: ignore[index]
    assert isinstance(kind, ActivityType)
    return kind.knows(field)


def _asked(node: Node, types: frozenset[str] | None) -> Iterator[tuple[frozenset[str] | None, str]]:
    """Every field with the types of events of which it is asked; None where the rule names no type."""
    match node:
        case And(parts):
            named = [part.test.texts for part in parts if isinstance(part, AnyValue) and part.field == "type"
                     and isinstance(part.test, Equals)]  # fmt: skip
            inner = frozenset.intersection(*named) if named else types
            for part in parts:
                yield from _asked(part, inner)
        case Or(parts):
            for part in parts:
                yield from _asked(part, types)
        case Not(part):
            yield from _asked(part, types)
        case AnyValue("type", Equals(texts)):
            yield texts if types is None else types, "type"
        case FieldsMatch(field, other):
            yield types, field
            yield types, other
        case AnyValue(field) | IsNull(field) | Exists(field):
            yield types, field
