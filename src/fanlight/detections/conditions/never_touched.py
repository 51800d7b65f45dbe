"""A project in which an identity was never seen."""

from __future__ import annotations

from typing import Any

from fanlight.detections.context import Context
from fanlight.detections.outcome import (
    NO,
    BehaviorProblem,
    Condition,
    Outcome,
    Reading,
    Subject,
    nothing_left,
    period,
)
from fanlight.model import Why, account_key

__all__ = ["NAME", "make"]

NAME = "never_touched"


def make(body: dict[str, Any], _: Reading) -> Condition:
    who = str(body.pop("who", "actor"))
    nothing_left("never_touched", body)
    if who not in ("actor", "target"):
        raise BehaviorProblem("'never_touched' needs 'who: actor' or 'who: target'.")

    def judge(subject: Subject, context: Context) -> Outcome:
        event = subject.event
        project, at = event.project_id, event.occurred_at
        if project is None:
            return NO
        identity = subject.person.id if who == "actor" else _target(subject, context)
        if identity is None or context.touched(identity, project, at):
            return NO
        person = context.person(identity, at)
        state = context.project(project, at)
        baseline = context.baseline(identity, at)
        named = f"project {state.name}" if state.name else "this project"
        usual = f"0 of {baseline.events:,} events in {period(baseline.since, baseline.until)} touched {named}"
        why = Why(fact="project before", observed=f"{person.name or identity} never touched it", usual=usual)
        return Outcome(
            True, (why,), 0.0, f"none of {baseline.events:,} events of {person.name or identity} ever touched it"
        )

    return judge


def _target(subject: Subject, context: Context) -> str | None:
    """The identity that a role was given to; None for groups, organizations and outsiders."""
    kind, target = subject.record.get("target_type"), subject.record.get("target_id")
    if kind not in ("organization_member", "account", "user", None) or not target:
        return None
    return context.identity_of(account_key("claude", str(target)), subject.event.occurred_at)
