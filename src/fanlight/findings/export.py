"""Findings as JSON Lines: the public contract (`id`, `rule`, `title`, `severity`, `time`, `status`, …)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fanlight.identity import Identity
from fanlight.model import Evidence, Finding, FindingStatus, format_time
from fanlight.profiles.surprise import once_in
from fanlight.state.findings import StoredFinding

__all__ = ["ON_DEMAND", "export_line", "export_lines", "named_finding", "named_text", "names_ids", "usual_words"]

_IDENTITY = re.compile(r"idn_[0-9a-f]{8,}")

#: Statuses that are exported only when asked for.
ON_DEMAND: frozenset[FindingStatus] = frozenset({"superseded", "withdrawn"})


def export_lines(stored: Iterable[StoredFinding], *, every: bool = False) -> Iterator[dict[str, Any]]:
    """One mapping a finding, by time and id; superseded and withdrawn ones only with `every`."""
    for item in sorted(stored, key=lambda item: (item.finding.at, item.finding.id)):
        if every or item.status not in ON_DEMAND:
            yield export_line(item)


def usual_words(usual: str) -> str:
    """A threshold in nats as people read it."""
    found = re.fullmatch(r"reported from ([0-9.]+) nats", usual)
    return f"reported from {once_in(float(found[1]))} on" if found else usual


def named_text(text: str, identities: Mapping[str, Identity]) -> str:
    """A sentence of a finding with names for the ids of identities, whose names came later or are gone."""

    def name(found: re.Match[str]) -> str:
        known = identities.get(found[0])
        named = (known.name or next(iter(known.emails), "")) if known else ""
        return named or "an account that is listed no more"

    named = _IDENTITY.sub(name, text)
    return named[:1].upper() + named[1:] if named != text and text[:1].isupper() else named


def names_ids(finding: Finding) -> bool:
    """Whether any words of the finding hold an id where people expect a name."""
    return any(_IDENTITY.search(text) for text in _texts(finding))


def named_finding(finding: Finding, identities: Mapping[str, Identity]) -> Finding:
    """The finding in the words of its page; its id and what is kept of it stay as they are."""

    def told(text: str) -> str:
        return named_text(text, identities)

    return replace(
        finding,
        title=told(finding.title),
        sentence=told(finding.sentence),
        why=tuple(replace(w, observed=told(w.observed), usual=told(usual_words(w.usual))) for w in finding.why),
        evidence=tuple(replace(step, text=told(step.text)) for step in finding.evidence),
    )


def _texts(finding: Finding) -> Iterator[str]:
    yield from (finding.title, finding.sentence)
    yield from (text for why in finding.why for text in (why.observed, why.usual))
    yield from (step.text for step in finding.evidence)


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
