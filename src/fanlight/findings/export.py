"""Findings as JSON Lines: the public contract (`id`, `rule`, `title`, `severity`, `time`, `status`, …)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fanlight.model import Evidence, FindingStatus, format_time
from fanlight.state.findings import StoredFinding

__all__ = ["ON_DEMAND", "export_line", "export_lines"]

#: Statuses that are exported only when asked for.
ON_DEMAND: frozenset[FindingStatus] = frozenset({"superseded", "withdrawn"})


def export_lines(stored: Iterable[StoredFinding], *, every: bool = False) -> Iterator[dict[str, Any]]:
    """One mapping a finding, by time and id; superseded and withdrawn ones only with `every`."""
    for item in sorted(stored, key=lambda item: (item.finding.at, item.finding.id)):
        if every or item.status not in ON_DEMAND:
            yield export_line(item)


def export_line(item: StoredFinding) -> dict[str, Any]:
    """One finding; the first twelve keys are the contract, the others may grow."""
    finding = item.finding
    person = {"id": finding.identity_id, "email": finding.identity_email} if finding.identity_id else None
    return {
        "id": finding.id,
        "rule": finding.rule,
        "title": finding.title,
        "severity": finding.severity,
        "time": format_time(finding.at),
        "status": item.status,
        "identity": person,
        "events": list(finding.events),
        "entities": [{"kind": e.kind, "id": e.id, "name": e.name} for e in finding.entities],
        "why": [{"fact": w.fact, "observed": w.observed, "usual": w.usual, "weight": w.weight} for w in finding.why],
        "evidence": [_step(step) for step in finding.evidence],
        "sentence": finding.sentence,
        "rule_version": finding.rule_version,
        "attack": list(finding.attack),
        "verdict": item.verdict,
        "reason": item.reason,
        "superseded_by": item.superseded_by,
        "tenant": finding.tenant,
    }


def _step(step: Evidence) -> dict[str, Any]:
    return {
        "time": format_time(step.at),
        "until": format_time(step.until) if step.until is not None else None,
        "kind": step.kind,
        "source": step.source,
        "text": step.text,
        "event": step.event_id,
        "ip": step.ip,
        "mark": step.mark,
        "object": {"kind": step.object_kind, "id": step.object_id} if step.object_id else None,
    }
