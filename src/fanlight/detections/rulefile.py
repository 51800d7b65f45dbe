"""Rule files: Sigma 2.1 YAML (detections, correlations, filters) with Fanlight's own keys beside it.

pySigma parses; what leaves this module are frozen values of our own. One broken document costs one sentence, the rest
of the rules goes on. Language: `docs/rules.md`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from sigma.conditions import ConditionIdentifier, ConditionSelector
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaConditionError, SigmaError, SigmaRegularExpressionError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaRule
from sigma.rule.base import check_alias_expansion

from fanlight.detections.compile import CompileError, Lists, MissingList, compile_condition
from fanlight.detections.correlation import Correlation, correlation_of
from fanlight.detections.tree import Node, all_of, any_of, fields_of, required_of
from fanlight.model import Severity

__all__ = ["OWN_KEYS", "Rule", "RuleError", "RuleSet", "load_rules", "own_rules", "with_parts"]

#: Top-level keys of ours; everything else unknown is reported by `validate`.
OWN_KEYS = frozenset(
    {"behavior", "correlate", "evidence", "dedup", "runbook", "tests", "entities", "sentence", "group"}
)
_SEVERITY: Mapping[str, Severity] = {
    "informational": "info", "low": "low", "medium": "medium", "high": "high", "critical": "critical",
}  # fmt: skip


#: Products and services as public rules name them → products as Fanlight names them.
_PRODUCTS: Mapping[str, frozenset[str]] = {
    "google_workspace": frozenset({"google_workspace"}),
    "gworkspace": frozenset({"google_workspace"}),
    "github": frozenset({"github_audit"}),
    "azure": frozenset({"entra_id"}),
    "entra": frozenset({"entra_id"}),
    "aws": frozenset({"aws_cloudtrail"}),
    "zscaler": frozenset({"zscaler_zia"}),
    "anthropic": frozenset({"claude"}),
}


@dataclass(frozen=True, slots=True)
class RuleError:
    """Why a document was left out, as a sentence to its author."""

    path: Path
    line: int | None
    sentence: str
    kind: Literal["syntax", "unsupported", "placeholder", "reference", "unreadable"] = "syntax"

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{where}: {self.sentence}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """One rule, ready for both executors. Compared by identity."""

    id: str
    name: str
    """The file's name without suffix; further documents of one file carry their own `name` or a number."""
    title: str
    level: Severity
    status: str
    version: str
    """Start of the hash over the file, and over the filters that apply."""
    path: Path | None = None
    line: int = 1
    """Line of the document's start in its file."""
    author: str | None = None
    product: str | None = None
    service: str | None = None
    category: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    tree: Node | None = None
    """What one event must satisfy; None for a correlation."""
    correlation: Correlation | None = None
    reports: bool = True
    """False for a rule that only feeds a correlation."""
    behavior: Mapping[str, Any] | None = None
    correlate: Any = None
    evidence: Any = None
    dedup: Any = None
    runbook: tuple[str, ...] = ()
    tests: tuple[Mapping[str, Any], ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)
    """Every top-level key that Sigma does not know, ours included."""
    conditions: Mapping[str, Node] = field(default_factory=dict)
    """Each named part of the detection, compiled alone: for explaining why an event matched."""
    unused: tuple[str, ...] = ()
    """Named parts that the condition does not use."""

    @cached_property
    def fields(self) -> frozenset[str]:
        """Folded names of the fields the rule looks at."""
        return fields_of(self.tree) if self.tree is not None else frozenset()

    @cached_property
    def required(self) -> Mapping[str, frozenset[str]] | None:
        """Fields of which one of the folded texts must be present; None when nothing is required."""
        return (required_of(self.tree) or None) if self.tree is not None else None

    def covers(self, product: str) -> bool:
        """Whether the rule's log source can be this product's events (`okta`, `github_audit`, …)."""
        if self.product is None or self.product == product:
            return True
        service = (self.service or "").split(".")[0]
        return product in _PRODUCTS.get(service, _PRODUCTS.get(self.product, ()))

    @property
    def attack(self) -> tuple[str, ...]:
        """ATT&CK tags without their prefix: `t1078.004`, `initial-access`."""
        return tuple(tag.removeprefix("attack.") for tag in self.tags if tag.startswith("attack."))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules that work, and what was left out."""

    rules: tuple[Rule, ...]
    errors: tuple[RuleError, ...] = ()

    def by_id(self, rule_id: str) -> Rule | None:
        """The rule with this id or name."""
        return next((rule for rule in self.rules if rule_id in {rule.id, rule.name}), None)


def with_parts(chosen: Sequence[Rule], loaded: Sequence[Rule]) -> list[Rule]:
    """The chosen rules with those that their correlations name, which only feed them unless chosen themselves."""
    by_id = {rule.id: rule for rule in loaded}
    found = {rule.id: rule for rule in chosen}
    waiting = list(chosen)
    while waiting:
        correlation = waiting.pop().correlation
        for name in correlation.rules if correlation else ():
            if name not in found and name in by_id:
                found[name] = replace(by_id[name], reports=False)
                waiting.append(found[name])
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Document:
    path: Path
    line: int
    order: int
    digest: str
    data: dict[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line of every top-level key, and of `detection.<part>`."""

    def line_of(self, error: SigmaError) -> int:
        """The line an error is about, as near as its kind tells."""
        kind = type(error).__name__.removeprefix("Sigma").removesuffix("Error").lower()
        near = _PLACES.get(kind, (kind,))
        return next((self.lines[key] for key in near if key in self.lines), self.line)


_PLACES: Mapping[str, tuple[str, ...]] = {
    "condition": ("detection.condition", "detection"),
    "identifier": ("id",),
    **dict.fromkeys(("modifier", "type", "value", "regularexpression", "placeholder", "detection"), ("detection",)),
    **{f"correlation{kind}": ("correlation",) for kind in ("rule", "type", "condition")},
    "timespan": ("correlation",),
    **{f"filter{kind}": ("filter",) for kind in ("", "condition", "rulereference")},
}


class _Loader(yaml.CSafeLoader):
    """YAML in which a key said twice is an error with its line."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key '{key}' twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _key_lines(node: yaml.Node | None, prefix: str = "") -> dict[str, int]:
    lines: dict[str, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[f"{prefix}{key.value}"] = key.start_mark.line + 1
            if not prefix and key.value == "detection":
                lines |= _key_lines(value, "detection.")
    return lines


def own_rules() -> Path:
    """The folder of the rules that come with Fanlight."""
    return Path(str(resources.files("fanlight.catalog"))) / "rules"


def load_rules(paths: Iterable[Path | str], placeholders: Lists | None = None) -> RuleSet:
    """Read files, or folders with every `.yml` and `.yaml` below. Never raises for a bad rule: see `RuleSet.errors`.

    `placeholders` are the lists for `|expand`.
    """
    errors: list[RuleError] = []
    documents = [doc for path in _files(paths, errors) for doc in _documents(path, errors)]
    filters: list[tuple[SigmaFilter, Node, str]] = []
    rules: list[Rule] = []
    logsources: dict[str, Any] = {}
    for document in _merged(documents, errors):
        try:
            if "filter" in document.data:
                parsed = SigmaFilter.from_dict(document.data)
                conditions = [_compiled(item.parsed, placeholders) for item in parsed.filter.parsed_condition]
                filters.append((parsed, all_of(conditions), document.digest))
            elif "correlation" in document.data:
                rules.append(_correlation_rule(document))
            else:
                rule, logsource = _detection_rule(document, placeholders)
                rules.append(rule)
                logsources[rule.id] = logsource
        except MissingList as error:
            line = document.lines.get("detection", document.line)
            errors.append(RuleError(document.path, line, f"The rule {error}.", "placeholder"))
        except CompileError as error:
            named = re.search(r"`(\w+)`", str(error))
            line = document.lines.get(named[1] if named else "detection", document.line)
            errors.append(RuleError(document.path, line, f"The rule {error}.", "unsupported"))
        except SigmaError as error:
            errors.append(RuleError(document.path, document.line_of(error), _sentence(error)))
        except (TypeError, ValueError, AttributeError, KeyError) as error:
            reason = f"The rule's shape is not Sigma's ({type(error).__name__}); compare it with docs/rules.md."
            errors.append(RuleError(document.path, document.line, reason))
    rules = [_filtered(rule, filters, logsources.get(rule.id)) for rule in rules]
    rules = _referenced(rules, errors)
    return RuleSet(tuple(rules), tuple(errors))


def _sentence(error: SigmaError) -> str:
    """pySigma's complaint as one sentence that says what to do."""
    text = str(error.args[0]).strip().rstrip(".") if error.args else type(error).__name__
    if isinstance(error, SigmaRegularExpressionError):
        reason = re.sub(r"b['\"](.*)['\"]$", r"\1", text.rpartition("is invalid: ")[2])
        return (
            f"A regular expression cannot be run safely ({reason}); write it without look-around and back-references."
        )
    found = re.search(r"\(line:\d+, col:(\d+)\)", text)
    if isinstance(error, SigmaConditionError) and found:
        return f"The condition cannot be read at its character {found[1]}; check its words and brackets."
    return f"{' '.join(text.split())}; correct it and load again."


def _files(paths: Iterable[Path | str], errors: list[RuleError]) -> Iterable[Path]:
    for given in paths:
        path = Path(given)
        if path.is_dir():
            yield from sorted(item for item in path.rglob("*") if item.suffix in {".yml", ".yaml"} and item.is_file())
        elif path.is_file():
            yield path
        else:
            errors.append(RuleError(path, None, "No such file or folder; check the path.", "unreadable"))


def _documents(path: Path, errors: list[RuleError]) -> list[_Document]:
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        errors.append(RuleError(path, None, "The file is not UTF-8 text; save it as UTF-8.", "unreadable"))
        return []
    except OSError as error:
        errors.append(RuleError(path, None, f"The file cannot be read: {error.strerror}.", "unreadable"))
        return []
    digest = hashlib.sha256(data).hexdigest()
    found: list[_Document] = []
    try:
        loader = _Loader(text)
        try:
            while loader.check_node():
                node = loader.get_node()
                content = loader.construct_document(node)
                line = node.start_mark.line + 1 if node is not None else 1
                if content is None:
                    continue
                if not isinstance(content, dict):
                    errors.append(RuleError(path, line, "A rule must be a YAML mapping with title and detection."))
                    continue
                check_alias_expansion(content)
                found.append(_Document(path, line, len(found), digest, content, _key_lines(node)))
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        line = mark.line + 1 if mark is not None else None
        errors.append(RuleError(path, line, f"The YAML cannot be read ({problem}); correct it at this line."))
    except SigmaError as error:
        errors.append(RuleError(path, None, f"{error.args[0]}; remove the repeated aliases."))
    except RecursionError:
        errors.append(RuleError(path, None, "The YAML is nested too deeply; write the rule flatter."))
    return found


def _merged(documents: Sequence[_Document], errors: list[RuleError]) -> Iterable[_Document]:
    """Apply Sigma's `action: global | reset | repeat` inside each file."""
    shared: dict[str, Any] = {}
    previous: dict[str, Any] = {}
    path: Path | None = None
    for document in documents:
        if document.path != path:
            path, shared, previous = document.path, {}, {}
        action = document.data.get("action")
        data = {key: value for key, value in document.data.items() if key != "action"}
        if action == "global":
            shared = data
        elif action == "reset":
            shared = {}
        elif action == "repeat":
            previous = _overlaid(previous, data)
            yield replace(document, data=previous)
        elif action is not None:
            sentence = f"Action '{action}' is not known; use global, reset or repeat."
            errors.append(RuleError(document.path, document.line, sentence))
        elif "correlation" in data or "filter" in data:
            yield document
        else:
            previous = _overlaid(data, shared)
            yield replace(document, data=previous)


def _overlaid(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        held = merged.get(key)
        merged[key] = _overlaid(held, value) if isinstance(held, Mapping) and isinstance(value, Mapping) else value
    return merged


def _compiled(condition: Any, placeholders: Lists | None) -> Node:
    return compile_condition(condition, placeholders)


def _detection_rule(document: _Document, placeholders: Lists | None) -> tuple[Rule, Any]:
    parsed = SigmaRule.from_dict(document.data)
    tree = any_of([_compiled(condition.parsed, placeholders) for condition in parsed.detection.parsed_condition])
    named = {
        name: _compiled(detection.postprocess(parsed.detection), placeholders)
        for name, detection in parsed.detection.detections.items()
    }
    rule = replace(
        _described(parsed, document),
        tree=tree,
        product=parsed.logsource.product,
        service=parsed.logsource.service,
        category=parsed.logsource.category,
        conditions=named,
        unused=_unused(parsed),
    )
    return rule, parsed.logsource


def _unused(parsed: SigmaRule) -> tuple[str, ...]:
    """Parts of the detection that no condition names, by identifier or by pattern."""
    used: set[str] = set()

    def visit(item: Any) -> None:
        if isinstance(item, ConditionIdentifier):
            used.add(item.identifier)
        elif isinstance(item, ConditionSelector):
            used.update(named.identifier for named in item.resolve_referenced_detections(parsed.detection))
        else:
            for arg in item.args:
                visit(arg)

    for condition in parsed.detection.parsed_condition:
        visit(condition.parse(postprocess=False))
    return tuple(name for name in parsed.detection.detections if name not in used)


def _correlation_rule(document: _Document) -> Rule:
    parsed = SigmaCorrelationRule.from_dict(document.data)
    return replace(_described(parsed, document), correlation=correlation_of(parsed))


def _described(parsed: SigmaRule | SigmaCorrelationRule, document: _Document) -> Rule:
    custom = dict(parsed.custom_attributes)
    stem = document.path.stem
    name = stem if document.order == 0 else parsed.name or f"{stem}_{document.order + 1}"
    behavior = custom.get("behavior")
    if behavior is not None and not isinstance(behavior, Mapping):
        raise CompileError("has a `behavior` that is not a mapping; see docs/rules.md")
    runbook = custom.get("runbook") or ()
    tests = custom.get("tests") or ()
    if not isinstance(tests, list | tuple) or not all(isinstance(test, Mapping) for test in tests):
        raise CompileError("has `tests` that are not a list of mappings; see docs/rules.md")
    return Rule(
        id=str(parsed.id) if parsed.id is not None else name,
        name=name,
        title=parsed.title,
        level=_SEVERITY[str(parsed.level).lower()] if parsed.level is not None else "medium",
        status=str(parsed.status).lower() if parsed.status is not None else "experimental",
        version=document.digest[:12],
        path=document.path,
        line=document.line,
        author=parsed.author,
        description=(parsed.description or "").strip(),
        tags=tuple(str(tag) for tag in parsed.tags),
        references=tuple(str(item) for item in parsed.references or ()),
        falsepositives=tuple(str(item) for item in parsed.falsepositives or ()),
        behavior=behavior,
        correlate=custom.get("correlate"),
        evidence=custom.get("evidence"),
        dedup=custom.get("dedup"),
        runbook=(runbook,) if isinstance(runbook, str) else tuple(str(step) for step in runbook),
        tests=tuple(tests),
        custom={**custom, **({"name": parsed.name} if parsed.name else {})},
    )


def _filtered(rule: Rule, filters: Sequence[tuple[SigmaFilter, Node, str]], logsource: Any) -> Rule:
    """A rule with the conditions of every filter that names it (or any) and whose log source covers it."""
    if rule.tree is None or logsource is None:
        return rule
    for parsed, node, digest in filters:
        if logsource not in parsed.logsource:
            continue
        named = parsed.filter.rules
        known = {rule.id, rule.name, rule.custom.get("name")}
        if isinstance(named, str) or any(reference.reference in known for reference in named):
            version = hashlib.sha256(f"{rule.version}+{digest}".encode()).hexdigest()[:12]
            rule = replace(rule, tree=all_of([rule.tree or node, node]), version=version)
    return rule


def _referenced(rules: list[Rule], errors: list[RuleError]) -> list[Rule]:
    """Resolve what correlations refer to; one that names an unknown rule is left out, also through another."""
    while True:
        known = {key: rule for rule in rules for key in (rule.id, rule.name, rule.custom.get("name")) if key}
        broken: list[Rule] = []
        for rule in rules:
            missing = [name for name in rule.correlation.rules if name not in known] if rule.correlation else []
            if missing:
                broken.append(rule)
                sentence = f"The correlation refers to '{missing[0]}', which is not loaded; load it or correct it."
                errors.append(RuleError(rule.path or Path(), rule.line, sentence, "reference"))
        if not broken:
            break
        rules = [rule for rule in rules if rule not in broken]
    ids = {key: rule.id for key, rule in known.items()}
    silent: set[str] = set()
    resolved: list[Rule] = []
    for rule in rules:
        if rule.correlation is None:
            resolved.append(rule)
            continue
        resolved.append(replace(rule, correlation=rule.correlation.with_ids(ids)))
        if not rule.correlation.generate:
            silent.update(known[name].id for name in rule.correlation.rules)
    return [replace(rule, reports=False) if rule.id in silent else rule for rule in resolved]
