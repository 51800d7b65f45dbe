"""The rule tree: what a rule asks of one event, free of any syntax or engine.

Texts in tests are already folded (`fold_text`) unless `cased`. A test on a field holds when any of its values passes;
a missing field passes nothing but `IsNull` and `Exists(False)`; `Not` is two-valued.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from fanlight.detections.record import fold_text

__all__ = [
    "ALL",
    "NOTHING",
    "And",
    "AnyValue",
    "Compare",
    "Equals",
    "Exists",
    "FieldsMatch",
    "InNetwork",
    "IsNull",
    "Keyword",
    "Like",
    "Node",
    "Not",
    "Or",
    "Part",
    "Regex",
    "Test",
    "TimePart",
    "all_of",
    "any_of",
    "fields_of",
    "negate",
    "presence_of",
    "required_of",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Equals:
    """One of the texts, whole."""

    texts: frozenset[str]
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """The text at the start, at the end or anywhere."""

    text: str
    where: Literal["anywhere", "start", "end"]
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Like:
    """A pattern over the whole value, as an RE2 expression made from literals and wildcards."""

    pattern: str
    cased: bool = False


@dataclass(frozen=True, slots=True)
class Regex:
    """An RE2 expression found anywhere in the value. Flags are some of `i`, `m`, `s`."""

    pattern: str
    flags: str = ""


@dataclass(frozen=True, slots=True)
class InNetwork:
    """The value is an address in the network."""

    network: str


@dataclass(frozen=True, slots=True)
class Compare:
    """The value is a number that compares so."""

    operator: Literal["<", "<=", ">", ">="]
    number: int | float


@dataclass(frozen=True, slots=True)
class TimePart:
    """The value is a time whose part, in UTC, equals the number."""

    unit: Literal["minute", "hour", "day", "week", "month", "year"]
    number: int


Test = Equals | Part | Like | Regex | InNetwork | Compare | TimePart


@dataclass(frozen=True, slots=True)
class AnyValue:
    """Any value of the field passes the test."""

    field: str
    test: Test


@dataclass(frozen=True, slots=True)
class Keyword:
    """Any value of any field passes the test."""

    test: Test


@dataclass(frozen=True, slots=True)
class IsNull:
    """The field is missing or null."""

    field: str


@dataclass(frozen=True, slots=True)
class Exists:
    """The field is there with a value."""

    field: str


@dataclass(frozen=True, slots=True)
class FieldsMatch:
    """Any value of one field stands in the relation to any value of the other."""

    field: str
    other: str
    where: Literal["whole", "anywhere", "start", "end"]


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds; none means true."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds; none means false."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Node


Node = AnyValue | Keyword | IsNull | Exists | FieldsMatch | And | Or | Not

ALL = And(())
NOTHING = Or(())


def all_of(parts: list[Node]) -> Node:
    """Conjunction, flattened and without doubles."""
    flat: dict[Node, None] = {}
    for part in parts:
        for piece in part.parts if isinstance(part, And) else (part,):
            flat[piece] = None
    if NOTHING in flat:
        return NOTHING
    pieces = tuple(flat)
    return pieces[0] if len(pieces) == 1 else And(pieces)


def any_of(parts: list[Node]) -> Node:
    """Disjunction, flattened; equalities on one field become one set."""
    equal: dict[tuple[str, bool], frozenset[str]] = {}
    flat: dict[Node, None] = {}
    for part in parts:
        for piece in part.parts if isinstance(part, Or) else (part,):
            if isinstance(piece, AnyValue) and isinstance(piece.test, Equals):
                key = (piece.field, piece.test.cased)
                equal[key] = equal.get(key, frozenset()) | piece.test.texts
            else:
                flat[piece] = None
    if ALL in flat:
        return ALL
    pieces: tuple[Node, ...] = tuple(
        AnyValue(field, Equals(texts, cased)) for (field, cased), texts in equal.items()
    ) + tuple(flat)
    return pieces[0] if len(pieces) == 1 else Or(pieces)


def negate(part: Node) -> Node:
    """Negation; a double one falls away."""
    return part.part if isinstance(part, Not) else Not(part)


def walk(node: Node) -> Iterator[Node]:
    """Every node, the given one first."""
    yield node
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from walk(part)
    elif isinstance(node, Not):
        yield from walk(node.part)


def fields_of(node: Node) -> frozenset[str]:
    """Every field a rule looks at."""
    names: set[str] = set()
    for piece in walk(node):
        if isinstance(piece, AnyValue | IsNull | Exists | FieldsMatch):
            names.add(piece.field)
        if isinstance(piece, FieldsMatch):
            names.add(piece.other)
    return frozenset(names)


def required_of(node: Node) -> Mapping[str, frozenset[str]]:
    """Fields that must hold one of the (folded) texts for the rule to match: what an index or a pruned read can use."""
    if isinstance(node, AnyValue) and isinstance(node.test, Equals):
        texts = node.test.texts
        return {node.field: frozenset(fold_text(text) for text in texts) if node.test.cased else texts}
    if isinstance(node, And):
        needed: dict[str, frozenset[str]] = {}
        for part in node.parts:
            for field, texts in required_of(part).items():
                held = needed.get(field)
                # Lists of values make an intersection wrong; the smaller set is still necessary.
                needed[field] = texts if held is None or len(texts) < len(held) else held
        return needed
    if isinstance(node, Or) and node.parts:
        first, *rest = [required_of(part) for part in node.parts]
        shared = set(first).intersection(*rest)
        return {field: frozenset().union(*(needs[field] for needs in (first, *rest))) for field in shared}
    return {}


def presence_of(node: Node) -> frozenset[str] | None:
    """Fields of which at least one must have a value for the rule to match; None when it can match without any."""
    match node:
        case AnyValue(field) | Exists(field) | FieldsMatch(field):
            return frozenset({field})
        case And(parts):
            known = [fields for part in parts if (fields := presence_of(part)) is not None]
            return min(known, key=len) if known else None
        case Or(parts):
            united: frozenset[str] = frozenset()
            for part in parts:
                fields = presence_of(part)
                if fields is None:
                    return None
                united |= fields
            return united
    return None
