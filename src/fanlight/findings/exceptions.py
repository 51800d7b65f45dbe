"""Stated exceptions: this rule stays quiet for this person and this one value, until a date, for a reason.

A finding that an exception covers is not hidden: it is closed at once with the exception's reason, so it can be
counted, shown and taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fanlight.model import DAY, Finding, Micros
from fanlight.state.findings import ExceptionRow, StoredFinding

__all__ = ["EXCEPTION_DAYS", "Proposal", "covering", "covers", "dimensions_of", "hidden_by", "propose"]

EXCEPTION_DAYS = 30
#: Reasons that narrow an exception best, most telling first.
_ORDER = (
    "country", "network", "kind of network", "client", "hour of week", "office", "project", "chat", "api_key", "ip",
    "organization",
)  # fmt: skip
_ENTITIES = ("project", "chat", "api_key", "ip", "organization")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An exception that somebody could state."""

    rule: str
    identity_id: str | None
    dimension: str | None
    value: str | None
    expires_at: Micros
    words: str
    """`this rule, Jane Doe, Canada`."""


def dimensions_of(finding: Finding) -> dict[str, frozenset[str]]:
    """What an exception can name: the observed value of each reason, and the ids of the things concerned."""
    found: dict[str, set[str]] = {}
    for why in finding.why:
        found.setdefault(why.fact, set()).add(why.observed)
    for entity in finding.entities:
        if entity.kind in _ENTITIES:
            found.setdefault(entity.kind, set()).add(entity.id)
    return {name: frozenset(values) for name, values in found.items()}


def covers(exception: ExceptionRow, finding: Finding) -> bool:
    """Whether the exception speaks about this finding; expiry is held against the time of the event."""
    if exception.rule != finding.rule:
        return False
    if exception.identity_id is not None and exception.identity_id != finding.identity_id:
        return False
    if exception.expires_at is not None and finding.at >= exception.expires_at:
        return False
    if exception.dimension is None:
        return True
    return exception.value in dimensions_of(finding).get(exception.dimension, frozenset())


def covering(exceptions: Iterable[ExceptionRow], finding: Finding) -> ExceptionRow | None:
    """The oldest exception that covers a finding."""
    held = [exception for exception in exceptions if covers(exception, finding)]
    return min(held, key=lambda exception: (exception.created_at, exception.id), default=None)


def propose(finding: Finding, now: Micros) -> list[Proposal]:
    """Exceptions from the narrowest: rule, person and one value for 30 days; then rule and person."""
    expires = now + EXCEPTION_DAYS * DAY
    person = next((entity.name for entity in finding.entities if entity.kind == "identity"), "everybody")
    values = dimensions_of(finding)
    named = {(entity.kind, entity.id): entity.name or entity.id for entity in finding.entities}
    proposals = [
        Proposal(
            rule=finding.rule, identity_id=finding.identity_id, dimension=dimension, value=value, expires_at=expires,
            words=f"this rule, {person}, {named.get((dimension, value), value)}",
        )
        for dimension in _ORDER
        for value in sorted(values.get(dimension, ()))
    ]  # fmt: skip
    if finding.identity_id is not None:
        proposals.append(
            Proposal(
                rule=finding.rule, identity_id=finding.identity_id, dimension=None, value=None, expires_at=expires,
                words=f"this rule, {person}",
            )
        )  # fmt: skip
    return proposals


def hidden_by(proposal: Proposal, stored: Sequence[StoredFinding], since: Micros) -> list[StoredFinding]:
    """What the exception would have closed since a time, true positives first, then newest first."""
    exception = ExceptionRow(
        id="", rule=proposal.rule, identity_id=proposal.identity_id, dimension=proposal.dimension,
        value=proposal.value, reason="", author="", created_at=0, expires_at=proposal.expires_at,
    )  # fmt: skip
    hidden = [item for item in stored if item.finding.at >= since and covers(exception, item.finding)]
    return sorted(hidden, key=lambda item: (item.verdict != "true_positive", -item.finding.at, item.finding.id))
