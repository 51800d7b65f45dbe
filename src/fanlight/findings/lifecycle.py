"""What becomes of findings when the facts are judged again: nothing vanishes, workflow is kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from fanlight.findings.exceptions import covering
from fanlight.model import DAY, Finding, FindingStatus, Micros
from fanlight.state.findings import ExceptionRow, StoredFinding

__all__ = ["HISTORICAL_AFTER", "Change", "ChangeKind", "reconcile"]

ChangeKind = Literal["new", "unchanged", "updated", "returned", "superseded", "withdrawn"]
#: Findings about events older than this at connection teach and are shown, but do not ask for work.
HISTORICAL_AFTER: Micros = 7 * DAY
_GONE: frozenset[FindingStatus] = frozenset({"superseded", "withdrawn"})
_WITHDRAWN = "The facts known now no longer support it."


@dataclass(frozen=True, slots=True)
class Change:
    """A row to write (or, for `unchanged`, to leave)."""

    kind: ChangeKind
    stored: StoredFinding
    notes_from: str | None = None
    """For a new finding that supersedes another: the id whose notes it inherits."""


def reconcile(
    stored: Sequence[StoredFinding],
    judged: Sequence[Finding],
    window: tuple[Micros, Micros],
    now: Micros,
    connected_at: Micros,
    exceptions: Sequence[ExceptionRow] = (),
    rules: Collection[str] | None = None,
) -> list[Change]:
    """What to write after judging a window again.

    `stored` may hold more than the window; findings outside it, and those of rules that were not judged (`rules`,
    names; None: all were), are left alone. Pure: the same input gives the same changes in the same order.
    """
    by_id = {item.finding.id: item for item in stored}
    fresh = {finding.id: finding for finding in judged}
    lost = [
        item
        for item in stored
        if item.status not in _GONE
        and item.finding.id not in fresh
        and window[0] <= item.finding.at < window[1]
        and (rules is None or item.finding.rule in rules)
    ]
    heirs = _heirs(lost, [finding for finding in judged if finding.id not in by_id])
    changes: list[Change] = []
    for finding in judged:
        known = by_id.get(finding.id)
        if known is not None:
            changes.append(_known_again(known, finding, now))
            continue
        heir_of = next((item for item in lost if heirs.get(item.finding.id) == finding.id), None)
        changes.append(_new(finding, heir_of, now, connected_at, exceptions))
    for item in lost:
        heir = heirs.get(item.finding.id)
        gone = (
            replace(item, status="superseded", superseded_by=heir, updated_at=now,
                    reason="A fact learned later moved the event it starts with.")
            if heir
            else replace(item, status="withdrawn", reason=_WITHDRAWN, updated_at=now)
        )  # fmt: skip
        changes.append(Change("superseded" if heir else "withdrawn", gone))
    return changes


def _known_again(known: StoredFinding, finding: Finding, now: Micros) -> Change:
    if known.status in _GONE:
        status: FindingStatus = "closed" if known.verdict or known.exception_id else "open"
        back = replace(known, finding=finding, status=status, superseded_by=None, reason="", updated_at=now)
        return Change("returned", back)
    if known.finding == finding:
        return Change("unchanged", known)
    return Change("updated", replace(known, finding=finding, updated_at=now))


def _new(
    finding: Finding,
    heir_of: StoredFinding | None,
    now: Micros,
    connected_at: Micros,
    exceptions: Sequence[ExceptionRow],
) -> Change:
    if heir_of is not None:
        inherited = replace(heir_of, finding=finding, superseded_by=None, created_at=now, updated_at=now)
        return Change("new", inherited, notes_from=heir_of.finding.id)
    row = StoredFinding(finding=finding, status="open", created_at=now, updated_at=now)
    exception = covering(exceptions, finding)
    if finding.at < connected_at - HISTORICAL_AFTER:
        row = replace(row, status="historical", reason="It happened more than 7 days before this source was connected.")
    elif exception is not None:
        row = replace(row, status="closed", exception_id=exception.id, reason=f"Exception: {exception.reason}")
    return Change("new", row)


def _heirs(lost: Sequence[StoredFinding], fresh: Sequence[Finding]) -> dict[str, str]:
    """Which new finding takes the place of which lost one: same rule and group, most events in common, then nearest."""
    heirs: dict[str, str] = {}
    for item in sorted(lost, key=lambda item: (item.finding.at, item.finding.id)):
        candidates = [
            finding
            for finding in fresh
            if (finding.rule, finding.group_key) == (item.finding.rule, item.finding.group_key)
            and finding.id not in heirs.values()
            and abs(finding.at - item.finding.at) < DAY
        ]
        best = max(candidates, key=lambda finding: _likeness(finding, item.finding), default=None)
        if best is not None:
            heirs[item.finding.id] = best.id
    return heirs


def _likeness(a: Finding, b: Finding) -> tuple[int, int, str]:
    return len(set(a.events) & set(b.events)), -abs(a.at - b.at), a.id
