"""Rule files in gitleaks' TOML form: id, regex, keywords, entropy, secretGroup, path, allowlists.

What cannot be taken over is reported, rule by rule; the rest works.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fanlight.labels.custom.definitions import CategoryProblem
from fanlight.labels.custom.patterns import Hit, Pattern, checked_pattern, compile_pattern

__all__ = ["Allowlist", "Rule", "RuleFile", "read_rules"]

_RULE = {
    "id", "description", "regex", "keywords", "entropy", "secretGroup", "path", "allowlist", "allowlists", "tags",
}  # fmt: skip
_FILE = {"title", "description", "rules", "allowlist", "allowlists", "minVersion"}
_ALLOW = {"description", "condition", "paths", "regexes", "regexTarget", "stopwords", "targetRules"}
_ID = re.compile(r"[\w.-]{1,80}")


@dataclass(frozen=True, slots=True)
class Allowlist:
    """What speaks against a match. Kinds of evidence are joined by `or`, by `and` when `every` is set."""

    paths: tuple[Pattern, ...] = ()
    regexes: tuple[Pattern, ...] = ()
    target: str = "secret"
    stopwords: tuple[str, ...] = ()
    every: bool = False
    rules: tuple[str, ...] = ()
    """Only for these rules; for all when empty."""

    def allows(self, rule: str, secret: str, whole: str, line: str, path: str) -> bool:
        """Whether the match is to be left out."""
        if self.rules and rule not in self.rules:
            return False
        target = {"match": whole, "line": line}.get(self.target, secret).encode("utf-8", "replace")
        said: list[bool] = []
        if self.paths:
            said.append(bool(path) and _any(self.paths, path.encode("utf-8", "replace")))
        if self.regexes:
            said.append(_any(self.regexes, target))
        if self.stopwords:
            low = secret.lower()
            said.append(any(word in low for word in self.stopwords))
        return bool(said) and (all(said) if self.every else any(said))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: where `pattern` is None, a file whose path fits is the match."""

    id: str
    title: str
    pattern: Pattern | None
    keywords: tuple[str, ...]
    entropy: float
    path: Pattern | None
    allowlists: tuple[Allowlist, ...]

    @property
    def type(self) -> str:
        """The rule's id as a type of ours."""
        return re.sub(r"\W+", "_", self.id).strip("_").upper()

    def accepts(self, text: str, hit: Hit, name: str, more: Sequence[Allowlist]) -> bool:
        """Whether a match of the expression holds."""
        secret = text[hit.start : hit.end]
        if self.entropy and shannon(secret) <= self.entropy:
            return False
        lists = (*self.allowlists, *more)
        if not lists:
            return True
        low = text.rfind("\n", max(0, hit.whole_start - 2_000), hit.whole_start) + 1
        high = text.find("\n", hit.whole_end, hit.whole_end + 2_000)
        line = text[low or max(0, hit.whole_start - 2_000) : high if high >= 0 else hit.whole_end + 2_000]
        whole = text[hit.whole_start : hit.whole_end]
        return not any(one.allows(self.id, secret, whole, line, name) for one in lists)

    def wants(self, lowered: str, name: str) -> bool:
        """Whether keywords and path let the rule look at a text at all."""
        if self.path is not None and (not name or self.path.regex.search(name.encode("utf-8", "replace")) is None):
            return False
        return not self.keywords or any(word in lowered for word in self.keywords)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rules that can be used, what holds for all of them, and sentences about what cannot be used."""

    rules: tuple[Rule, ...]
    allowlists: tuple[Allowlist, ...] = ()
    unsupported: tuple[str, ...] = field(default=())


def shannon(text: str) -> float:
    """Bits of surprise a character."""
    if not text:
        return 0.0
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values())


def _any(patterns: Sequence[Pattern], data: bytes) -> bool:
    return any(pattern.regex.search(data) is not None for pattern in patterns)


def read_rules(text: str, where: str, *, check_speed: bool = True) -> RuleFile:
    """Rules of one file. Raises `CategoryProblem` when none of them can be used."""
    try:
        data = tomllib.loads(text)
    except ValueError:
        raise CategoryProblem(f"{where}: the rule file is not valid TOML.") from None
    report: list[str] = []
    for name in sorted(set(data) - _FILE):
        words = "rules of other files are not loaded" if name == "extend" else "is not known and was left out"
        report.append(f"{name}: {words}")
    compiler = checked_pattern if check_speed else compile_pattern
    shared = tuple(_allowlists(data, "the file", report))
    rules: dict[str, Rule] = {}
    entries = data.get("rules", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [], 1):
        rule = _rule(entry, number, compiler, report)
        if rule is not None and rule.type in {known.type for known in rules.values()}:
            report.append(f"rule {rule.id}: there is another rule with this id; this one was left out")
        elif rule is not None:
            rules[rule.id] = rule
    if not rules:
        why = f" ({report[0]})" if report else ""
        raise CategoryProblem(f"{where}: the rule file has no rule that can be used{why}.")
    return RuleFile(tuple(rules.values()), shared, tuple(report))


def _rule(entry: object, number: int, compiler: Callable[..., Pattern], report: list[str]) -> Rule | None:
    if not isinstance(entry, dict):
        return None
    name = entry.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        report.append(f"rule {number}: it has no usable id and was left out")
        return None
    if "required" in entry:
        report.append(f"rule {name}: it requires other rules nearby, which is not supported; it was left out")
        return None
    for unknown in sorted(set(entry) - _RULE):
        report.append(f"rule {name}: {unknown} is not known and was left out")
    group, regex, path = entry.get("secretGroup", 0), entry.get("regex"), entry.get("path")
    if not isinstance(group, int) or not (isinstance(regex, str) or isinstance(path, str)):
        report.append(f"rule {name}: it has neither regex nor path and was left out")
        return None
    try:
        pattern = compiler(regex, group or None) if isinstance(regex, str) and regex else None
        place = compile_pattern(path) if isinstance(path, str) and path else None
    except CategoryProblem as problem:
        report.append(f"rule {name}: {problem}; it was left out")
        return None
    entropy = entry.get("entropy", 0)
    return Rule(
        id=name,
        title=str(entry.get("description", "")),
        pattern=pattern,
        keywords=tuple(str(word).lower() for word in _list(entry, "keywords")),
        entropy=float(entropy) if isinstance(entropy, int | float) else 0.0,
        path=place,
        allowlists=tuple(_allowlists(entry, f"rule {name}", report)),
    )


def _allowlists(entry: Mapping[str, Any], where: str, report: list[str]) -> Iterator[Allowlist]:
    single = entry.get("allowlist")
    for table in [*([single] if isinstance(single, dict) else []), *_list(entry, "allowlists")]:
        if not isinstance(table, dict):
            continue
        for unknown in sorted(set(table) - _ALLOW):
            words = "there are no commits in a chat" if unknown == "commits" else "is not known and was left out"
            report.append(f"{where}, allowlist: {unknown}: {words}")
        regexes = tuple(_patterns(table, "regexes", where, report))
        paths = tuple(_patterns(table, "paths", where, report))
        stopwords = tuple(str(word).lower() for word in _list(table, "stopwords"))
        if regexes or paths or stopwords:
            yield Allowlist(
                paths=paths, regexes=regexes, target=str(table.get("regexTarget", "secret")), stopwords=stopwords,
                every=str(table.get("condition", "OR")).upper() in ("AND", "&&"),
                rules=tuple(str(rule) for rule in _list(table, "targetRules")),
            )  # fmt: skip


def _patterns(table: Mapping[str, Any], name: str, where: str, report: list[str]) -> Iterator[Pattern]:
    for text in _list(table, name):
        try:
            yield compile_pattern(str(text))
        except CategoryProblem as problem:
            report.append(f"{where}, allowlist: {problem}; it was left out")


def _list(table: Mapping[str, Any], name: str) -> list[Any]:
    found = table.get(name, [])
    return found if isinstance(found, list) else []
