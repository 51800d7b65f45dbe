"""Posture: what is open wider than intended, and what closes most.

Every check stands in one row with its answer. `unknown` is an answer of its own: it says what is missing to tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from fanlight.model import Entity, PostureResult
from fanlight.posture.facts import Check
from fanlight.posture.run import questions
from fanlight.server.pages import Ask, PageKind
from fanlight.server.schema import SeverityName, View
from fanlight.server.tables import Sheet, sheet_of
from fanlight.server.views.snapshot import Snapshot
from fanlight.server.views.words import count, plural

__all__ = ["PAGE", "PostureAsk", "PostureView"]

Status = Literal["fail", "unknown", "pass"]
_STATUSES: tuple[Status, ...] = ("fail", "unknown", "pass")
_SEVERITIES: tuple[SeverityName, ...] = ("critical", "high", "medium", "low", "info")
_MOST = 10_000
_SHOWN = 25


class PostureAsk(Ask):
    """Which check is looked at, and answers of which kind only."""

    check: Annotated[str | None, Field(max_length=100)] = None
    status: Literal["fail", "unknown", "pass"] | None = None
    rows: Annotated[int, Field(ge=1, le=_MOST)] = _SHOWN


class FailingEntity(View):
    """One thing that fails a check."""

    kind: str
    id: str
    name: str
    link: str | None = None
    severity: SeverityName
    sentence: str


class CheckRow(View):
    """One check and its answer."""

    check: str
    title: str
    question: str
    status: Status
    severity: SeverityName
    failing: int
    sentence: str
    """What was found, or why it could not be told."""


class CheckDetail(View):
    """The check that is looked at."""

    check: str
    title: str
    question: str
    status: Status
    advice: str
    failing: list[FailingEntity]
    total: int
    last_line: str = ""
    told: list[str]
    """Sentences of answers that name nothing: why it passes, what could not be told."""


class Change(View):
    """The one thing to begin with."""

    title: str
    sentence: str
    closes: int
    link: str | None = None
    checks: list[str]
    """Titles of the checks it is named by."""


class PostureView(View):
    """All checks."""

    summary: str
    rows: list[CheckRow]
    change: Change | None
    detail: CheckDetail | None = None


def _make(snapshot: Snapshot, ask: PostureAsk) -> PostureView:
    by_check: dict[str, list[PostureResult]] = defaultdict(list)
    for result in snapshot.posture:
        by_check[result.check].append(result)
    known = {question.check.name: question.check for question in questions()}
    rows = sorted((_row(check, by_check.get(name, [])) for name, check in known.items()), key=_order)
    wanted = [row for row in rows if ask.status in (None, row.status)]
    chosen = known.get(ask.check or "")
    return PostureView(
        summary=_summary(rows),
        rows=wanted,
        change=_change(snapshot, [r for r in snapshot.posture if r.status == "fail"], known),
        detail=_detail(snapshot, chosen, by_check.get(chosen.name, []), ask.rows) if chosen else None,
    )


def _row(check: Check, results: Sequence[PostureResult]) -> CheckRow:
    status: Status = min((r.status for r in results), key=_STATUSES.index, default="unknown")
    failing = [r for r in results if r.status == "fail"]
    unknown = [r for r in results if r.status == "unknown"]
    worst = min((r.severity for r in failing), key=_SEVERITIES.index, default=check.severity)
    return CheckRow(
        check=check.name,
        title=check.title,
        question=check.question,
        status=status,
        severity=worst,
        failing=len(failing),
        sentence=_told(check, failing, unknown, results),
    )


def _told(
    check: Check, failing: Sequence[PostureResult], unknown: Sequence[PostureResult], results: Sequence[PostureResult]
) -> str:
    if failing:
        first = failing[0].sentence.removesuffix(check.advice).strip()
        return first if len(failing) == 1 else f"{first} And {count(len(failing) - 1)} more."
    told = [*unknown, *results]
    return told[0].sentence if told else "This check gave no answer."


def _order(row: CheckRow) -> tuple[int, int, int, str]:
    return _STATUSES.index(row.status), _SEVERITIES.index(row.severity), -row.failing, row.title


def _summary(rows: Sequence[CheckRow]) -> str:
    counted = {status: sum(row.status == status for row in rows) for status in _STATUSES}
    parts = [f"{counted['fail']} {'fails' if counted['fail'] == 1 else 'fail'}"]
    if counted["unknown"]:
        parts.append(f"{counted['unknown']} could not be told")
    parts.append(f"{counted['pass']} {'passes' if counted['pass'] == 1 else 'pass'}")
    return f"{plural(len(rows), 'check')}: {', '.join(parts)}"


# -- what to begin with ------------------------------------------------------------------------------------------


def _change(snapshot: Snapshot, failures: Sequence[PostureResult], known: Mapping[str, Check]) -> Change | None:
    """The thing that most failures are about; where each is about another, the check that fails most."""
    if not failures:
        return None
    about: dict[tuple[str, str], list[PostureResult]] = defaultdict(list)
    for result in failures:
        for entity in result.entities:
            about[entity.kind, entity.id].append(result)
    named = {(entity.kind, entity.id): entity for result in failures for entity in result.entities}
    best = max(about, key=lambda key: (_weight(about[key]), key[0] != "account", key), default=None)
    if best is not None and len({r.check for r in about[best]}) > 1:
        closed = about[best]
        name = _name(snapshot, named[best])
        advice = " ".join(dict.fromkeys(known[r.check].advice for r in closed if r.check in known))
        return Change(
            title=name,
            sentence=f"{plural(len(closed), 'failure')} of {count(len(failures))} are about this one "
            f"{best[0].replace('_', ' ')}. {advice}",
            closes=len(closed),
            link=_link(snapshot, named[best]),
            checks=list(dict.fromkeys(r.title for r in closed)),
        )
    by_check: dict[str, list[PostureResult]] = defaultdict(list)
    for result in failures:
        by_check[result.check].append(result)
    check = max(by_check, key=lambda name: (_weight(by_check[name]), name))
    closed = by_check[check]
    return Change(
        title=closed[0].title,
        sentence=f"{plural(len(closed), 'failure')} of {count(len(failures))} {'is' if len(closed) == 1 else 'are'} "
        f"closed by the same kind of change. {known[check].advice}",
        closes=len(closed),
        link=f"/posture?check={check}",
        checks=[closed[0].title],
    )


def _weight(failures: Sequence[PostureResult]) -> tuple[int, int]:
    """How many checks, and how bad: that what closes most also closes the worst."""
    worth = {"critical": 27, "high": 9, "medium": 3, "low": 1, "info": 0}
    return len({r.check for r in failures}), sum(worth[r.severity] for r in failures)


# -- one check ---------------------------------------------------------------------------------------------------


def _detail(snapshot: Snapshot, check: Check, results: Sequence[PostureResult], most: int) -> CheckDetail:
    failing = [r for r in results if r.status == "fail"]
    return CheckDetail(
        check=check.name,
        title=check.title,
        question=check.question,
        status=min((r.status for r in results), key=_STATUSES.index, default="unknown"),
        advice=check.advice,
        failing=[_entity(snapshot, result, check) for result in failing[:most]],
        total=len(failing),
        last_line=f"{count(most)} shown, the worst first. {count(len(failing) - most)} more in the file."
        if len(failing) > most
        else "",
        told=[r.sentence for r in results if r.status != "fail"],
    )


def _entity(snapshot: Snapshot, result: PostureResult, check: Check) -> FailingEntity:
    first = result.entities[0] if result.entities else Entity(kind="organization", id="", name="")
    links = [link for entity in result.entities if (link := _link(snapshot, entity)) is not None]
    return FailingEntity(
        kind=first.kind.replace("_", " "),
        id=first.id,
        name=_name(snapshot, first),
        link=links[0] if links else None,
        severity=result.severity,
        sentence=result.sentence.removesuffix(check.advice).strip(),
    )


def _name(snapshot: Snapshot, entity: Entity) -> str:
    if entity.name:
        return entity.name
    return snapshot.name_of(entity.id) if entity.kind in ("identity", "account") else entity.id


def _link(snapshot: Snapshot, entity: Entity) -> str | None:
    """Where more about it stands; keys have no page."""
    if entity.kind == "identity" and entity.id in snapshot.identities:
        return f"/identities/{entity.id}"
    if entity.kind == "account":
        owner = snapshot.resolution.by_account.get(entity.id)
        return f"/identities/{owner}" if owner in snapshot.identities else None
    if entity.kind in ("project", "organization", "group"):
        return f"/access?pivot={entity.kind}:{entity.id}"
    return None


def _checks(view: PostureView, _: str) -> Sheet:
    return sheet_of("posture", view.rows, {
        "check": lambda r: r.check, "title": lambda r: r.title, "status": lambda r: r.status,
        "severity": lambda r: r.severity, "failing": lambda r: r.failing, "sentence": lambda r: r.sentence,
    })  # fmt: skip


def _failing(view: PostureView, _: str) -> Sheet:
    detail = view.detail
    rows: Iterable[FailingEntity] = detail.failing if detail else []
    return sheet_of(f"posture-{detail.check}" if detail else "posture-none", list(rows), {
        "kind": lambda r: r.kind, "id": lambda r: r.id, "name": lambda r: r.name, "severity": lambda r: r.severity,
        "sentence": lambda r: r.sentence,
    })  # fmt: skip


def _count(snapshot: Snapshot) -> int:
    return len({result.check for result in snapshot.posture if result.status == "fail"})


PAGE = PageKind(
    name="posture",
    ask=PostureAsk,
    view=PostureView,
    make=_make,
    tables={"posture": _checks, "failing": _failing},
    whole=lambda ask: ask.model_copy(update={"rows": _MOST}),
    count=_count,
)
