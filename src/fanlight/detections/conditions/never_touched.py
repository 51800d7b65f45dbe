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
        candidates = [subject.person.id] if who == "actor" else _targets(subject, context)
        strangers = [one for one in candidates if one and not context.touched(one, project, at)]
        if not strangers:
            return NO
        identity = strangers[0]
        person = context.person(identity, at)
        state = context.project(project, at)
        baseline = context.baseline(identity, at)
        named = f"project {state.name}" if state.name else "this project"
        usual = f"0 of {baseline.events:,} events in {period(baseline.since, baseline.until)} touched {named}"
        why = Why(fact="project before", observed=f"{person.name or identity} never touched it", usual=usual)
        clause = f"none of {baseline.events:,} events of {person.name or identity} ever touched it"
        if len(candidates) > 1:
            clause = f"{len(strangers)} of the {len(candidates)} people of that group never touched it"
            why = Why(fact="project before", observed=f"{len(strangers)} people never touched it",
                      usual=f"the group has {len(candidates)} members")  # fmt: skip
        elif subject.record.get("group_id"):
            clause = f"the role comes through a group, and {clause}"
        return Outcome(True, (why,), 0.0, clause)

    return judge


def _targets(subject: Subject, context: Context) -> list[str]:
    """The identities that a role was given to, for a group its members; none for organizations and outsiders."""
    kind, target, at = subject.record.get("target_type"), subject.record.get("target_id"), subject.event.occurred_at
    if not target:
        return []
    if kind == "group":
        accounts = context.members_at(str(target), at)
    elif kind in ("organization_member", "account", "user", None):
        accounts = {account_key("claude", str(target))}
    else:
        return []
    return sorted({identity for account in accounts if (identity := context.identity_of(account, at))})
