"""What Fanlight concludes from facts: findings with their evidence, and posture results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fanlight.model.times import Micros

__all__ = [
    "SENSITIVITY_ORDER",
    "Entity",
    "Evidence",
    "EvidenceKind",
    "Finding",
    "FindingStatus",
    "PostureResult",
    "PostureStatus",
    "Sensitivity",
    "Severity",
    "Why",
]

Severity = Literal["info", "low", "medium", "high", "critical"]
Sensitivity = Literal["none", "low", "moderate", "high"]
SENSITIVITY_ORDER: dict[str, int] = {"none": 0, "low": 1, "moderate": 2, "high": 3}
FindingStatus = Literal["open", "closed", "historical", "superseded", "withdrawn"]
PostureStatus = Literal["pass", "fail", "unknown"]
EvidenceKind = Literal["event", "label", "grant", "baseline", "gap", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A thing a finding or a posture result is about."""

    kind: str
    """identity, account, chat, project, file, api_key, organization, ip, group, setting, …"""
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One reason, as a fact with what was seen and what is usual."""

    fact: str
    """What is compared: country, hour, network, peers, sensitivity, role, count, …"""
    observed: str
    usual: str
    """In words with numbers; `could not tell: …` where the evidence is missing."""
    weight: float = 0.0
    """Surprise in nats where it was measured, otherwise 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One step of the chain, in time order."""

    at: Micros
    kind: EvidenceKind
    source: str
    text: str
    """A sentence for people; never content."""
    event_id: str | None = None
    ip: str | None = None
    mark: Literal["usual", "new", "anchor", "gap", "context"] = "context"
    object_kind: str | None = None
    object_id: str | None = None
    until: Micros | None = None
    """End of a gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule's result for people. The id is a hash of tenant, rule, group key and anchor."""

    tenant: str
    id: str
    rule: str
    """The rule's file name without suffix, for example `sensitive_chat_new_place`."""
    rule_version: str
    title: str
    severity: Severity
    at: Micros
    """Time of the anchor event."""
    identity_id: str | None
    identity_email: str | None
    group_key: str
    sentence: str
    """One sentence that says what happened and why it is unusual."""
    events: tuple[str, ...]
    entities: tuple[Entity, ...] = ()
    why: tuple[Why, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    runbook: tuple[str, ...] = ()
    attack: tuple[str, ...] = ()
    basis: dict[str, str] = field(default_factory=dict)
    """Versions of rule, settings and labels that were used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostureResult:
    """The answer to one posture question at one time."""

    tenant: str
    check: str
    status: PostureStatus
    severity: Severity
    title: str
    sentence: str
    """What was found, or why it could not be told, and what to do."""
    entities: tuple[Entity, ...] = ()
    at: Micros = 0
