"""The batch executor: all rules as one SQL query over a columnar table, for history and backtests.

The query is built as a tree (never by string templates: engines differ in how they escape) and runs on DuckDB, or on
Spark from the same tree. It gives the live executor's answers hit for hit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Literal

import duckdb
import pyarrow as pa
import re2
from sqlglot import exp

from fanlight.detections.filing import file_trees
from fanlight.detections.record import Extractor, Record, flatten, fold_text, text_of, values_of
from fanlight.detections.rulefile import Rule
from fanlight.detections.stream import number_of, time_of
from fanlight.detections.tree import (
    ALL,
    And,
    AnyValue,
    Compare,
    Equals,
    Exists,
    FieldsMatch,
    InNetwork,
    IsNull,
    Keyword,
    Like,
    Node,
    Not,
    Or,
    Part,
    Regex,
    Test,
    TimePart,
    any_of,
    walk,
)
from fanlight.enrich.network import parse_address

__all__ = ["Batch", "Dialect", "address_text"]

Dialect = Literal["duckdb", "spark"]
_EVERY = "*"
"""Stands for all fields of an event, for words without a field."""


@dataclass(frozen=True, slots=True)
class _Field:
    """How one field is laid out, a column a kind; see `_KINDS`. A doubled letter stands for lists.

    An event with one value fills the scalar column and one with several the list column.
    """

    number: int
    name: str
    kinds: tuple[str, ...]

    def column(self, kind: str) -> str:
        return f"{kind}{self.number}"


Hit = tuple[int, Rule]
"""Number of a row, and the rule that matched it."""


_Answers = Sequence[Sequence[bool | None] | None]


class Batch:
    """Rules compiled for tables. Rules without a tree (correlations) are left out."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rule for rule in rules if rule.tree is not None)
        self._fields = {field.name: field for field in _layout([rule.tree for rule in self.rules if rule.tree])}
        self._extractor = Extractor([name for name in self._fields if name != _EVERY])
        self._groups = _groups([rule.tree for rule in self.rules if rule.tree])
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def fields(self) -> frozenset[str]:
        """Folded names the rules look at."""
        return frozenset(name for name in self._fields if name != _EVERY)

    @property
    def reads_every_field(self) -> bool:
        """Whether some rule searches words in any field, so that records must be whole."""
        return _EVERY in self._fields

    def table(self, records: Sequence[Record]) -> pa.Table:
        """Columns for flat records, one row each and in their order."""
        columns: dict[str, pa.Array] = {}
        for field in self._fields.values():
            for kind, array in _columns(field, records).items():
                columns[field.column(kind)] = array
        columns["row"] = pa.array(range(len(records)), pa.int64())
        return pa.table(columns)

    def sql(self, table: pa.Table | None = None, dialect: Dialect = "duckdb", relation: str = "events") -> str:
        """The query: `row`, and a list of booleans `g<i>` a group of rules, null where none of them can match.

        With a table given, columns without a value cost nothing.
        """
        filled = None if table is None else {name for name in table.column_names if _has_values(table[name])}
        writer = _Writer(self._fields, filled, dialect)
        columns = [exp.alias_(writer.group(group), f"g{number}") for number, group in enumerate(self._groups)]
        inner = exp.select("row", *columns).from_(exp.to_table(relation)).subquery("judged")
        # Rows without a hit, nearly all of them, must not leave the engine.
        some = _any([_has_true(exp.column(f"g{number}")) for number in range(len(columns))])
        return exp.select("*").from_(inner).where(some).sql(dialect, identify=True)

    def hits_in(
        self, rows: Sequence[int], column: Callable[[str], Sequence[Sequence[bool | None] | None]]
    ) -> list[Hit]:
        """Every (row, rule) in an answer to `sql`, by row, then in the order the rules were loaded."""
        pairs = sorted(
            (row, number)
            for place, group in enumerate(self._groups)
            for row, flags in zip(rows, column(f"g{place}"), strict=True)
            if flags is not None
            for number, flag in zip(group.numbers, flags, strict=True)
            if flag
        )
        return [(row, self.rules[number]) for row, number in pairs]

    def hits(self, table: pa.Table) -> list[Hit]:
        """Every (row, rule) that matches, by row, then in the order the rules were loaded."""
        if not self.rules or table.num_rows == 0:
            return []
        if self._connection is None:
            self._connection = duckdb.connect(":memory:")
        cursor = self._connection.cursor()
        try:
            cursor.register("events", table)
            found = cursor.sql(self.sql(table)).to_arrow_table()
        finally:
            cursor.close()
        return self.hits_in(found.column("row").to_pylist(), lambda name: found.column(name).to_pylist())

    def extract(self, raw: Mapping[str, Any]) -> Record:
        """The part of a raw event that these rules look at, as a flat record."""
        if self.reads_every_field:
            return {**flatten(raw), **self._extractor.extract(raw)}
        return self._extractor.extract(raw)

    def match(self, records: Sequence[Record]) -> list[Hit]:
        """Judge flat records: (position, rule) of every hit."""
        return self.hits(self.table(records))


def address_text(text: str) -> str | None:
    """An address as text that sorts like the address: `4c000022c`, `6` and 32 hex digits; None for none."""
    address = parse_address(text)
    return None if address is None else f"{address.version}{int(address):0{address.max_prefixlen // 4}x}"


#: Kinds of column: folded text, text as written, address, number, time in UTC. Parsing happens once, in the code that
#: the live executor uses, so the engines cannot differ in it.
_KINDS: Mapping[str, tuple[Callable[[str], Any], pa.DataType]] = {
    "f": (fold_text, pa.string()),
    "p": (str, pa.string()),
    "a": (address_text, pa.string()),
    "n": (number_of, pa.float64()),
    "t": (time_of, pa.timestamp("us")),
}


def _kind_of(test: Test) -> str:
    match test:
        case InNetwork():
            return "a"
        case Compare():
            return "n"
        case TimePart():
            return "t"
        case Regex() | Equals(_, True) | Part(_, _, True) | Like(_, True):
            return "p"
    return "f"


def _layout(trees: Sequence[Node]) -> list[_Field]:
    kinds: dict[str, set[str]] = {}
    for node in (node for tree in trees for node in walk(tree)):
        if isinstance(node, AnyValue | Keyword):
            name = node.field if isinstance(node, AnyValue) else _EVERY
            kinds.setdefault(name, {"f"}).add(_kind_of(node.test))
        elif isinstance(node, IsNull | Exists):
            kinds.setdefault(node.field, {"f"})
        elif isinstance(node, FieldsMatch):
            kinds.setdefault(node.field, {"f"})
            kinds.setdefault(node.other, {"f"})
    return [_Field(number, name, tuple(sorted(kinds[name]))) for number, name in enumerate(sorted(kinds))]


def _columns(field: _Field, records: Sequence[Record]) -> dict[str, pa.Array]:
    if field.name == _EVERY:
        texts = [[text_of(value) for name in record for value in values_of(record, name)] for record in records]
    else:
        texts = [[text_of(value) for value in values_of(record, field.name)] for record in records]
    columns: dict[str, pa.Array] = {}
    for kind in field.kinds:
        shape, kind_type = _KINDS[kind]
        columns[kind] = pa.array([shape(items[0]) if len(items) == 1 else None for items in texts], kind_type)
        several = [[shape(item) for item in items] if len(items) > 1 else None for items in texts]
        columns[kind * 2] = pa.array(several, pa.list_(kind_type))
    return columns


def _has_values(column: pa.ChunkedArray) -> bool:
    return bool(column.null_count < len(column))


@dataclass(frozen=True, slots=True)
class _Group:
    """Rules that one cheap question rules out together: DuckDB judges them only on the few rows that pass it."""

    numbers: tuple[int, ...]
    trees: tuple[Node, ...]
    gate: Node
    """What every match of the group satisfies."""


def _groups(trees: Sequence[Node]) -> list[_Group]:
    filing = file_trees(trees)
    groups: list[_Group] = []

    def add(numbers: Iterable[int], gate: Node) -> None:
        listed = tuple(sorted(set(numbers)))
        groups.append(_Group(listed, tuple(trees[number] for number in listed), gate))

    for field, texts in filing.by_text.items():
        add((n for numbers in texts.values() for n in numbers), AnyValue(field, Equals(frozenset(texts))))
    for fields, numbers in filing.by_presence.items():
        add(numbers, any_of([Exists(field) for field in sorted(fields)]))
    if filing.always:
        add(filing.always, ALL)
    return groups


class _Writer:
    """Rule trees → SQL trees. Only negation needs care: SQL's third value must not swallow a missing field."""

    def __init__(self, fields: dict[str, _Field], filled: set[str] | None, dialect: Dialect) -> None:
        self._fields = fields
        self._filled = filled
        self._dialect = dialect
        self._depth = 0

    def group(self, group: _Group) -> exp.Expr:
        answers = exp.Array(expressions=[self.judge(tree) for tree in group.trees])
        if group.gate == ALL:
            return answers
        return exp.Case(ifs=[exp.If(this=self.judge(group.gate), true=answers)])

    def judge(self, node: Node) -> exp.Expr:
        match node:
            case AnyValue(field, test):
                return self._any_value(field, test)
            case Keyword(test):
                return self._any_value(_EVERY, test)
            case IsNull(field):
                return _all([_is_null(column) for column in self._both(field)])
            case Exists(field):
                return _any([exp.Not(this=_is_null(column)) for column in self._both(field)])
            case FieldsMatch(field, other, where):
                return self._fields_match(field, other, where)
            case And(parts):
                return _all([self.judge(part) for part in parts])
            case Or(parts):
                return _any([self.judge(part) for part in parts])
            case Not(part):
                return exp.Not(this=exp.Coalesce(this=self.judge(part), expressions=[exp.false()]))

    def _column(self, field: str, kind: str) -> exp.Expr | None:
        """The column, or None when it is known to be empty."""
        name = self._fields[field].column(kind)
        return exp.column(name) if self._filled is None or name in self._filled else None

    def _both(self, field: str) -> list[exp.Expr]:
        return [column for kind in ("f", "ff") if (column := self._column(field, kind)) is not None]

    def _any_value(self, field: str, test: Test) -> exp.Expr:
        kind = _kind_of(test)
        found: list[exp.Expr] = []
        single, several = self._column(field, kind), self._column(field, kind * 2)
        if single is not None:
            found.append(self._test(single, test))
        if several is not None:
            found.append(self._some(several, lambda value: self._test(value, test)))
        return _any(found)

    def _some(self, values: exp.Expr, judge: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
        """Whether any element passes."""
        self._depth += 1
        name = f"x{self._depth}"
        body = exp.Lambda(this=judge(exp.column(name)), expressions=[exp.to_identifier(name)])
        self._depth -= 1
        if self._dialect == "spark":
            return exp.Anonymous(this="EXISTS", expressions=[values, body])
        kept = exp.Anonymous(this="LIST_FILTER", expressions=[values, body])
        return exp.GT(this=exp.Anonymous(this="LEN", expressions=[kept]), expression=exp.Literal.number(0))

    def _test(self, value: exp.Expr, test: Test) -> exp.Expr:
        match test:
            case Equals(texts) if self._dialect == "duckdb" and len(texts) > 4 and sum(map(len, texts)) < 20_000:
                # One automaton is ten times as fast as DuckDB's comparisons one by one.
                whole = "|".join(re2.escape(text) for text in sorted(texts))
                return self._regex(value, f"\\A(?:{whole})\\z")
            case Equals(texts):
                literals = [exp.Literal.string(text) for text in sorted(texts)]
                return value.eq(literals[0]) if len(literals) == 1 else value.isin(*literals)
            case Part(text, "anywhere"):
                return exp.Contains(this=value, expression=exp.Literal.string(text))
            case Part(text, "start"):
                return exp.StartsWith(this=value, expression=exp.Literal.string(text))
            case Part(text, _):
                return exp.EndsWith(this=value, expression=exp.Literal.string(text))
            case Like(pattern):
                return self._regex(value, f"(?s)\\A(?:{pattern})\\z")
            case Regex(pattern, flags):
                return self._regex(value, f"(?{flags}){pattern}" if flags else pattern)
            case InNetwork(text):
                return _within(value, ip_network(text))
            case Compare(sign, number):
                compare = {"<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}[sign]
                bound = exp.Cast(this=exp.Literal.string(repr(float(number))), to=exp.DataType.build("double"))
                return compare(this=value, expression=bound)
            case TimePart(unit, number):
                part = exp.Extract(this=exp.var(unit.upper()), expression=value)
                return part.eq(exp.Literal.number(number))

    def _regex(self, value: exp.Expr, pattern: str) -> exp.Expr:
        if self._dialect == "spark":
            return exp.RegexpLike(this=value, expression=exp.Literal.string(pattern))
        return exp.Anonymous(this="REGEXP_MATCHES", expressions=[value, exp.Literal.string(pattern)])

    def _fields_match(self, field: str, other: str, where: str) -> exp.Expr:
        compare: dict[str, Callable[[exp.Expr, exp.Expr], exp.Expr]] = {
            "whole": lambda left, right: exp.EQ(this=left, expression=right),
            "anywhere": lambda left, right: exp.Contains(this=left, expression=right),
            "start": lambda left, right: exp.StartsWith(this=left, expression=right),
            "end": lambda left, right: exp.EndsWith(this=left, expression=right),
        }
        test = compare[where]
        found: list[exp.Expr] = []
        for left_kind in ("f", "ff"):
            for right_kind in ("f", "ff"):
                left, right = self._column(field, left_kind), self._column(other, right_kind)
                if left is None or right is None:
                    continue
                found.append(self._pair(left, left_kind == "ff", right, right_kind == "ff", test))
        return _any(found)

    def _pair(
        self,
        left: exp.Expr,
        left_list: bool,
        right: exp.Expr,
        right_list: bool,
        test: Callable[[exp.Expr, exp.Expr], exp.Expr],
    ) -> exp.Expr:
        if left_list:
            return self._some(left, lambda item: self._pair(item, False, right.copy(), right_list, test))
        if right_list:
            return self._some(right, lambda item: test(left.copy(), item))
        return test(left, right)


def _is_null(column: exp.Expr) -> exp.Expr:
    return exp.Is(this=column, expression=exp.null())


def _has_true(answers: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="ARRAY_CONTAINS", expressions=[answers, exp.true()])


def _all(parts: list[exp.Expr]) -> exp.Expr:
    return _joined(parts, exp.And, exp.true())


def _any(parts: list[exp.Expr]) -> exp.Expr:
    return _joined(parts, exp.Or, exp.false())


def _joined(parts: list[exp.Expr], kind: type[exp.Connector], empty: exp.Expr) -> exp.Expr:
    if not parts:
        return empty
    joined: exp.Expr = parts[0]
    for part in parts[1:]:
        joined = kind(this=joined, expression=part)
    return exp.Paren(this=joined)


def _within(value: exp.Expr, network: IPv4Network | IPv6Network) -> exp.Expr:
    low, high = address_text(str(network[0])), address_text(str(network[-1]))
    return exp.Between(this=value, low=exp.Literal.string(low or ""), high=exp.Literal.string(high or ""))
