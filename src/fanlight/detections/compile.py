"""pySigma's parsed conditions → the rule tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import re2
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
)

from fanlight.detections.record import fold_name, fold_text, text_of
from fanlight.detections.tree import (
    ALL,
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
    Part,
    Regex,
    Test,
    TimePart,
    all_of,
    any_of,
    negate,
)

__all__ = ["CompileError", "MissingList", "compile_condition", "compiled_regex"]

Lists = Mapping[str, Sequence[str]]


class CompileError(ValueError):
    """A rule asks for something that cannot be judged; one sentence."""


class MissingList(CompileError):
    """A rule uses `|expand` with a list nobody gave."""

    def __init__(self, name: str) -> None:
        super().__init__(f"needs the list '{name}'; add it to the placeholder lists, the rule sleeps until then")
        self.name = name


_COMPARE: dict[CompareOperators, Literal["<", "<=", ">", ">="]] = {
    CompareOperators.LT: "<",
    CompareOperators.LTE: "<=",
    CompareOperators.GT: ">",
    CompareOperators.GTE: ">=",
}
_FLAGS = {
    SigmaRegularExpressionFlag.IGNORECASE: "i",
    SigmaRegularExpressionFlag.MULTILINE: "m",
    SigmaRegularExpressionFlag.DOTALL: "s",
}


def compile_condition(condition: Any, lists: Lists | None = None) -> Node:
    """A postprocessed condition of pySigma as a rule tree. Raises `CompileError`."""
    lists = lists or {}
    if condition is None:
        return ALL
    if isinstance(condition, ConditionAND):
        return all_of([compile_condition(arg, lists) for arg in condition.args])
    if isinstance(condition, ConditionOR):
        return any_of([compile_condition(arg, lists) for arg in condition.args])
    if isinstance(condition, ConditionNOT):
        return negate(compile_condition(condition.args[0], lists))
    if isinstance(condition, ConditionFieldEqualsValueExpression):
        return _on_field(fold_name(condition.field), condition.value, lists)
    if isinstance(condition, ConditionValueExpression):
        return _keyword(condition.value, lists)
    raise CompileError(f"uses a condition of kind {type(condition).__name__}, which is not supported")


def _on_field(field: str, value: Any, lists: Lists) -> Node:
    if isinstance(value, SigmaNull):
        return IsNull(field)
    if isinstance(value, SigmaExists):
        return Exists(field) if value.exists else IsNull(field)
    if isinstance(value, SigmaExpansion):
        return any_of([_on_field(field, item, lists) for item in value.values])
    if isinstance(value, SigmaFieldReference):
        where: Literal["whole", "anywhere", "start", "end"] = "whole"
        if value.starts_with:
            where = "anywhere" if value.ends_with else "start"
        elif value.ends_with:
            where = "end"
        return FieldsMatch(field, fold_name(value.field), where)
    return any_of([AnyValue(field, test) if test is not None else Exists(field) for test in _tests(value, lists)])


def _keyword(value: Any, lists: Lists) -> Node:
    """Words without a field are searched anywhere in any value."""
    if isinstance(value, SigmaExpansion):
        return any_of([_keyword(item, lists) for item in value.values])
    if isinstance(value, SigmaNumber) and not isinstance(value, SigmaTimestampPart):
        value = SigmaString(text_of(value.number), escape=False)
    if isinstance(value, SigmaString):
        around = value.__class__()
        star = SpecialChars.WILDCARD_MULTI
        around.s = [star, *value.s, star]
        value = around
    parts: list[Node] = []
    for test in _tests(value, lists):
        if test is None:
            return ALL
        parts.append(Keyword(test))
    return any_of(parts)


def _tests(value: Any, lists: Lists) -> list[Test | None]:
    """The tests of one value, of which one must pass; None stands for "any value"."""
    if isinstance(value, SigmaString):
        return [_text_test(text) for text in _expanded(value, lists)]
    if isinstance(value, SigmaRegularExpression):
        expand = value.contains_placeholder()
        pattern = _expanded_pattern(value.regexp, lists) if expand else str(value.regexp)
        flags = "".join(sorted(_FLAGS[flag] for flag in value.flags))
        compiled_regex(pattern, flags)
        return [Regex(pattern, flags)]
    if isinstance(value, SigmaCIDRExpression):
        return [InNetwork(str(value.network))]
    if isinstance(value, SigmaCompareExpression):
        if value.op not in _COMPARE:
            raise CompileError("compares with an operator that is not supported")
        return [Compare(_COMPARE[value.op], value.number.number)]
    if isinstance(value, SigmaTimestampPart):
        unit: Any = value.timestamp_part.name.lower()
        return [TimePart(unit, int(value.number))]
    if isinstance(value, SigmaNumber):
        return [Equals(frozenset({text_of(value.number)}))]
    if isinstance(value, SigmaBool):
        return [Equals(frozenset({"true" if value.boolean else "false"}))]
    raise CompileError(f"uses a value of kind {type(value).__name__}, which is not supported")


def _list(name: str, lists: Lists) -> Sequence[str]:
    if name not in lists:
        raise MissingList(name)
    return lists[name]


def _expanded_pattern(regexp: SigmaString, lists: Lists) -> str:
    """Regular expressions with every `%name%` replaced by an alternation of its list's entries, taken literally."""
    return "".join(
        f"(?:{'|'.join(re2.escape(str(entry)) for entry in _list(part.name, lists))})"
        if isinstance(part, Placeholder)
        else str(_single(part))
        for part in regexp.s
    )


def _single(part: str | SpecialChars) -> str:
    if isinstance(part, str):
        return part
    return "*" if part is SpecialChars.WILDCARD_MULTI else "?"


def _expanded(value: SigmaString, lists: Lists) -> list[SigmaString]:
    """Strings with every `%name%` replaced by each entry of its list; entries may hold wildcards."""
    strings = [value]
    while any(isinstance(part, Placeholder) for text in strings for part in text.s):
        longer: list[SigmaString] = []
        for text in strings:
            found = next(((i, part) for i, part in enumerate(text.s) if isinstance(part, Placeholder)), None)
            if found is None:
                longer.append(text)
                continue
            at, placeholder = found
            for entry in _list(placeholder.name, lists):
                filled = value.__class__()
                filled.s = [*text.s[:at], *SigmaString(str(entry)).s, *text.s[at + 1 :]]
                longer.append(filled)
        strings = longer
    return strings


def _text_test(value: SigmaString) -> Test | None:
    """The cheapest test for a string with wildcards."""
    cased = isinstance(value, SigmaCasedString)
    parts: list[str | SpecialChars] = []
    for part in value.s:
        if isinstance(part, str):
            text = part if cased else fold_text(part)
            if parts and isinstance(parts[-1], str):
                parts[-1] += text
            elif text:
                parts.append(text)
        elif isinstance(part, SpecialChars) and not (
            part is SpecialChars.WILDCARD_MULTI and parts and parts[-1] is part
        ):
            parts.append(part)
    star = SpecialChars.WILDCARD_MULTI
    match parts:
        case []:
            return Equals(frozenset({""}), cased)
        case [str(text)]:
            return Equals(frozenset({text}), cased)
        case [only] if only is star:
            return None
        case [str(text), last] if last is star:
            return Part(text, "start", cased)
        case [first, str(text)] if first is star:
            return Part(text, "end", cased)
        case [first, str(text), last] if first is star and last is star:
            return Part(text, "anywhere", cased)
    pattern = "".join(re2.escape(part) if isinstance(part, str) else ".*" if part is star else "." for part in parts)
    return Like(pattern, cased)


def compiled_regex(pattern: str, flags: str) -> Any:
    """An RE2 expression ready to search. Raises `CompileError` when RE2 refuses it."""
    prefix = f"(?{flags})" if flags else ""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(prefix + pattern, options)
    except re2.error:
        raise CompileError(
            f"holds the regular expression '{pattern[:80]}', which cannot run in linear time or is malformed; "
            "write it without look-around and back-references"
        ) from None
