"""Findings, posture answers and labels as OCSF documents. Masks and sentences only; content is never in them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

import yaml

from fanlight.labels.export import LabelRow
from fanlight.model import Entity, Evidence, Finding, Micros, PostureResult, Severity
from fanlight.ocsf.mapping import classes
from fanlight.ocsf.parts import HOST, Json, endpoint_of, kept, metadata_of, milliseconds, observables_of, user_of
from fanlight.state.findings import StoredFinding

__all__ = ["finding_document", "label_document", "posture_document"]

_PRODUCT, _VENDOR = "Fanlight", "Fanlight"
_SEVERITIES: Mapping[Severity, int] = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_CREATE, _UPDATE, _CLOSE = 1, 2, 3
_NEW, _IN_PROGRESS, _SUPPRESSED, _RESOLVED, _ARCHIVED = 1, 2, 3, 4, 5
_ANSWERS = {"pass": (_CLOSE, _RESOLVED, 1), "fail": (_CREATE, _NEW, 3), "unknown": (_UPDATE, 0, 0)}
_TECHNIQUE = re.compile(r"(?:attack\.)?(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)
_AT_REST, _APPLICATION_DLP = 1, 10


def finding_document(stored: StoredFinding) -> Json:
    """A finding as Detection Finding (2004). `finding_info.uid` is its id; `metadata.uid` names this state of it."""
    finding = stored.finding
    activity, status = _workflow(stored)
    changed = stored.updated_at or finding.at
    actor = user_of(finding.identity_id, finding.identity_email, None, 1)
    profiles = [HOST] if actor else []
    return _document(2004, activity, finding.at) | {
        "severity_id": _SEVERITIES[finding.severity],
        "status_id": status,
        **kept(status_detail=stored.reason),
        "metadata": _metadata(
            f"{finding.id}:{changed}",
            finding.rule,
            "findings",
            finding.tenant,
            finding.at,
            changed,
            profiles,
        ),
        "finding_info": _finding_info(stored),
        **kept(
            actor={"user": actor} if actor else None,
            evidences=[_evidence(step) for step in finding.evidence],
            resources=[_resource(entity) for entity in finding.entities],
            remediation={"desc": " ".join(finding.runbook)} if finding.runbook else None,
            observables=observables_of(
                [(5, "actor.user.email_addr", finding.identity_email)]
                + [(2, "evidences.src_endpoint.ip", step.ip) for step in finding.evidence]
            ),
            unmapped=kept(
                why=[{"fact": why.fact, "observed": why.observed, "usual": why.usual} for why in finding.why],
                verdict=stored.verdict,
                superseded_by=stored.superseded_by,
                basis=dict(finding.basis),
            ),
        ),
    }


def _workflow(stored: StoredFinding) -> tuple[int, int]:
    if stored.status == "open":
        if stored.snoozed_until is not None or stored.exception_id is not None:
            return _UPDATE, _SUPPRESSED
        return (_UPDATE, _IN_PROGRESS) if stored.assignee else (_CREATE, _NEW)
    if stored.status == "historical":
        return _CREATE, _ARCHIVED
    if stored.status == "closed" and stored.exception_id is not None:
        return _CLOSE, _SUPPRESSED
    return _CLOSE, _RESOLVED if stored.status == "closed" else _ARCHIVED


def _finding_info(stored: StoredFinding) -> Json:
    finding = stored.finding
    times = [step.at for step in finding.evidence] or [finding.at]
    return kept(
        uid=finding.id,
        title=finding.title,
        desc=finding.sentence,
        types=[finding.rule],
        analytic=_analytic(finding),
        attacks=_attacks(finding.attack),
        related_events=[{"uid": event} for event in finding.events],
        related_events_count=len(finding.events),
        data_sources=sorted({step.source for step in finding.evidence if step.source}),
        first_seen_time=milliseconds(min(times)),
        last_seen_time=milliseconds(max(times)),
        created_time=milliseconds(stored.created_at) if stored.created_at else None,
        modified_time=milliseconds(stored.updated_at) if stored.updated_at else None,
    )


def _analytic(finding: Finding) -> Json:
    behavioural = any(why.weight for why in finding.why)
    return {
        "uid": finding.rule,
        "name": finding.title,
        "type_id": 2 if behavioural else 1,
        **kept(version=finding.rule_version),
    }


def _attacks(marks: Sequence[str]) -> list[Json]:
    found: list[Json] = []
    for mark in marks:
        technique = _TECHNIQUE.fullmatch(mark.strip())
        if technique is None:
            found.append({"tactic": {"name": mark.removeprefix("attack.")}})
            continue
        uid = technique.group(1).upper()
        part = "sub_technique" if "." in uid else "technique"
        found.append({part: {"uid": uid}})
    return found


def _evidence(step: Evidence) -> Json:
    return kept(
        uid=step.event_id,
        name=step.text,
        src_endpoint=endpoint_of(step.ip, None, step.source) if step.ip else None,
        resources=[{"uid": step.object_id, "type": step.object_kind or "object"}] if step.object_id else None,
        data=kept(
            kind=step.kind,
            source=step.source,
            mark=step.mark,
            time=milliseconds(step.at),
            until=milliseconds(step.until) if step.until is not None else None,
        ),
    )


def _resource(entity: Entity) -> Json:
    return kept(uid=entity.id or None, name=entity.name or (None if entity.id else entity.kind), type=entity.kind)


def posture_document(result: PostureResult) -> Json:
    """A posture answer as Compliance Finding (2003); `unknown` keeps its third value."""
    activity, status, answer = _ANSWERS[result.status]
    named = "\n".join(sorted(f"{entity.kind}/{entity.id}" for entity in result.entities))
    uid = hashlib.sha256(f"{result.tenant}\n{result.check}\n{named}".encode()).hexdigest()[:32]
    return _document(2003, activity, result.at) | {
        "severity_id": _SEVERITIES[result.severity],
        "status_id": status,
        "metadata": _metadata(f"{uid}:{result.at}", result.check, "posture", result.tenant, result.at, 0, []),
        "finding_info": kept(uid=uid, title=result.title, desc=result.sentence, types=[result.check]),
        "compliance": kept(
            control=result.check,
            standards=["Fanlight posture"],
            status_id=answer,
            status=result.status,
            status_detail=result.sentence,
        ),
        **kept(
            resources=[_resource(entity) for entity in result.entities],
            remediation={"desc": result.sentence} if result.status == "fail" else None,
        ),
    }


def label_document(row: LabelRow, tenant: str, read_at: Micros) -> Json:
    """A label on an object as Data Security Finding (2006); of what was found only the mask."""
    thing = row["object"]
    uid = hashlib.sha256(f"{tenant}\n{thing['kind']}\n{thing['id']}\n{row['type']}".encode()).hexdigest()[:32]
    confidence = round(row["confidence"] * 100)
    return _document(2006, _CREATE, read_at) | {
        "severity_id": 1,
        "status_id": _NEW,
        "confidence_score": confidence,
        "confidence_id": 3 if confidence >= 80 else 2 if confidence >= 50 else 1,
        "metadata": _metadata(f"{uid}:{read_at}", row["type"], "labels", tenant, read_at, 0, []),
        "finding_info": {
            "uid": uid,
            "title": f"{row['label']} in a {thing['kind']}",
            "types": [row["label"], row["type"]],
        },
        "data_security": kept(
            category_id=_categories().get(row["label"], 99),
            category=row["label"],
            detection_pattern=row["type"],
            detection_system_id=_APPLICATION_DLP,
            data_lifecycle_state_id=_AT_REST,
            pattern_match=row["evidence"],
            total=row["count"],
        ),
        "resources": [{"uid": thing["id"], "type": thing["kind"]}],
    }


@cache
def _categories() -> Mapping[str, int]:
    return dict(yaml.safe_load((resources.files("fanlight.catalog") / "ocsf" / "labels.yml").read_text("utf-8")))


def _document(uid: int, activity: int, at: Micros) -> Json:
    schema = classes()[uid]
    return {
        "class_uid": uid,
        "class_name": schema.name,
        "category_uid": schema.category_uid,
        "category_name": schema.category,
        "activity_id": activity,
        "activity_name": schema.activities[activity],
        "type_uid": uid * 100 + activity,
        "type_name": f"{schema.name}: {schema.activities[activity]}",
        "time": milliseconds(at),
    }


def _metadata(uid: str, code: str, log: str, tenant: str, at: Micros, logged: Micros, profiles: Sequence[str]) -> Json:
    return metadata_of(
        uid=uid,
        product=_PRODUCT,
        vendor=_VENDOR,
        code=code,
        log=log,
        tenant=tenant,
        at=at,
        logged=logged,
        labels=(),
        profiles=profiles,
    )
