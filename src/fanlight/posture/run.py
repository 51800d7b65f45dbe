"""Finding the checks, asking each, and printing the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from fanlight.model import PostureResult, format_time
from fanlight.posture import checks
from fanlight.posture.facts import Check, PostureFacts, unknown

__all__ = ["Question", "judge_posture", "posture_rows", "questions"]

_SEVERITIES = ("critical", "high", "medium", "low", "info")
_STATUSES = ("fail", "unknown", "pass")


@dataclass(frozen=True, slots=True)
class Question:
    """A check and the function that answers it."""

    check: Check
    judge: Callable[[PostureFacts], list[PostureResult]]


@cache
def questions() -> tuple[Question, ...]:
    """Every module of `posture/checks`, by name. A new check is a new module there, nothing else."""
    names = sorted(module.name for module in iter_modules(checks.__path__))
    modules = [import_module(f"{checks.__name__}.{name}") for name in names]
    return tuple(Question(module.CHECK, module.judge) for module in modules)


def judge_posture(facts: PostureFacts, only: Iterable[str] = ()) -> list[PostureResult]:
    """All answers, failures first. A check that breaks answers `unknown` and leaves the others alone."""
    wanted = set(only)
    results: list[PostureResult] = []
    for question in questions():
        if wanted and question.check.name not in wanted:
            continue
        try:
            results += question.judge(facts)
        except Exception as problem:  # noqa: BLE001 - one broken check must not hide the rest
            sentence = f"The check broke ({type(problem).__name__}) and could not answer. The other checks did."
            results.append(unknown(facts, question.check, sentence))
    return sorted(results, key=_order)


def _order(result: PostureResult) -> tuple[int, int, str, str]:
    entity = result.entities[0].id if result.entities else ""
    return _STATUSES.index(result.status), _SEVERITIES.index(result.severity), result.check, entity


def posture_rows(results: Iterable[PostureResult]) -> Iterator[dict[str, Any]]:
    """Lines of `fanlight export posture`: one per failing entity, else one per check without entities."""
    for result in results:
        yield {
            "check": result.check,
            "status": result.status,
            "severity": result.severity,
            "title": result.title,
            "sentence": result.sentence,
            "entities": [{"kind": e.kind, "id": e.id, "name": e.name} for e in result.entities],
            "at": format_time(result.at),
        }
