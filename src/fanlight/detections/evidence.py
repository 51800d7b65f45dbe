"""The chain of evidence: what the account did around the finding, what the thing held, by which path it was reached."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from fanlight.detections.changes import changed
from fanlight.detections.context import Context, Person
from fanlight.detections.facts import Exported
from fanlight.detections.joins import ENTERED, STATED_BY
from fanlight.detections.outcome import duration
from fanlight.detections.things import telling
from fanlight.detections.words import day_name, delay, did, listed, sensitive_things, thing_with, who
from fanlight.model import HOUR, MINUTE, SENSITIVITY_ORDER, Event, Evidence, Grant, Micros, account_key

__all__ = ["EvidencePlan", "chain", "source_name"]

_SOURCES = {
    "claude": "Claude", "okta": "Okta", "entra_id": "Entra ID", "google_workspace": "Google", "github_audit": "GitHub",
    "zscaler_zia": "Zscaler", "aws_cloudtrail": "AWS", "crowdstrike": "CrowdStrike", "openai": "OpenAI",
    "claude_telemetry": "Claude Code", "directory": "Staff list", "settings": "Settings",
}  # fmt: skip
_MOST_EVENTS = 80
_MOST_HITS = 500
_REST: Micros = 30 * MINUTE
"""A visit ends with this long a rest."""
_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class EvidencePlan:
    """A rule's `evidence:`: how far to look, and the words of its findings."""

    before: Micros = 12 * HOUR
    after: Micros = 2 * HOUR
    sentence: str = "At {time} {who}'s account did what this rule looks for; {clause}."
    title: str | None = None
    severity: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """(severity, fields that raise or lower it to that), the first that holds wins."""

    @classmethod
    def of(cls, source: Mapping[str, Any] | None) -> EvidencePlan:
        """Read a rule's `evidence:`. Raises `ValueError` with a sentence."""
        source = source or {}
        unknown = set(source) - {"before", "after", "sentence", "title", "severity"}
        if unknown:
            raise ValueError(f"evidence does not know {', '.join(sorted(unknown))}.")
        steps = tuple((str(step["is"]), dict(step.get("when") or {})) for step in source.get("severity") or ())
        return cls(
            before=duration(str(source.get("before", "12h"))),
            after=duration(str(source.get("after", "2h"))),
            sentence=str(source.get("sentence", cls.__dataclass_fields__["sentence"].default)),
            title=source.get("title"),
            severity=steps,
        )


def source_name(product: str) -> str:
    """A vendor's name as people write it."""
    return _SOURCES.get(product, product)


def chain(
    anchor: Event, hits: Sequence[Event], counted: frozenset[str], told: Sequence[Evidence], person: Person,
    new: frozenset[str], context: Context, plan: EvidencePlan,
) -> tuple[Evidence, ...]:  # fmt: skip
    """Every step in time order: events of all sources, gaps, labels of the thing, and the path to it.

    `counted` are ids of further events that the finding rests on, `told` what conditions say beside events.
    """
    since = min(anchor.occurred_at - plan.before, hits[0].occurred_at)
    until = max(anchor.occurred_at, hits[-1].occurred_at) + plan.after
    steps = [
        *_event_steps(anchor, hits, counted, person, new, context, since, until),
        *told[:_MOST_TOLD],
        *_gap_steps(context, since, until),
        *_label_steps(anchor, context),
        *_grant_steps(anchor, person, context),
        *_baseline_step(anchor, person, context),
    ]
    return tuple(sorted(steps, key=lambda step: (step.at, step.kind, step.event_id or "", step.text)))


def _event_steps(
    anchor: Event, hits: Sequence[Event], counted: frozenset[str], person: Person, new: frozenset[str],
    context: Context, since: Micros, until: Micros,
) -> list[Evidence]:  # fmt: skip
    around = {(e.product, e.event_id): e for e in context.around(person.id, since, until)} if person.id else {}
    around |= {(e.product, e.event_id): e for e in (*hits, anchor)}
    ordered = sorted(around.values(), key=lambda e: (e.occurred_at, e.event_id))
    hit_ids = {hit.event_id for hit in hits} | counted
    habits = context.baseline(person.id, anchor.occurred_at).values("ip") if person.id else {}
    usual_ips = {ip for ip, habit in habits.items() if habit.first_at < since}
    visit = _same_visit(ordered, {anchor.event_id, *hit_ids})
    rows: list[tuple[Event, str]] = [
        (event, _mark(event, anchor, hit_ids, new, usual_ips, visit, context)) for event in ordered
    ]
    steps = list(_folded(rows, context))
    if len(steps) > _MOST_EVENTS:
        # The newest ordinary steps say least; what the finding rests on stays, and what stands next to the anchor.
        place = next((i for i, step in enumerate(steps) if step.mark == "anchor"), 0)
        ranked = sorted(range(len(steps)), key=lambda i: (steps[i].mark == "usual", abs(i - place)))
        kept = {i for i in ranked[:_MOST_HITS] if _rests_on(steps[i], hit_ids)}
        kept |= set(ranked[: max(_MOST_EVENTS - len(kept), 0)])
        steps = [step for i, step in enumerate(steps) if i in kept]
    return steps


def _rests_on(step: Evidence, hit_ids: set[str]) -> bool:
    return step.mark == "anchor" or step.event_id in hit_ids


def _same_visit(ordered: Sequence[Event], hits: Set[str]) -> set[str]:
    """Ids of events of the same visit as a hit: from its address, without half an hour of rest between them.

    They belong to what is judged, so that they cannot be called usual.
    """
    visits: dict[str, list[list[Event]]] = {}
    for event in ordered:
        runs = visits.setdefault(event.ip or "", [])
        if not runs or event.occurred_at - runs[-1][-1].occurred_at > _REST:
            runs.append([])
        runs[-1].append(event)
    return {
        event.event_id for runs in visits.values() for run in runs if any(e.event_id in hits for e in run)
        for event in run
    }  # fmt: skip


def _mark(
    event: Event, anchor: Event, hits: set[str], new: frozenset[str], usual_ips: set[str], visit: set[str],
    context: Context,
) -> str:  # fmt: skip
    """`usual` is only what was done from an address of long before, and not in the visit that is judged."""
    if event.event_id == anchor.event_id:
        return "anchor"
    if event.event_id in hits:
        return "new"
    if event.ip:
        values = context.where(event.ip, event.occurred_at).values
        if any(f"{dimension}:{value}" in new for dimension, value in values.items()):
            return "new"
    if event.user_agent and f"client:{context.facts.client_of(event.user_agent)}" in new:
        return "new"
    return "usual" if event.ip in usual_ips and event.event_id not in visit else "context"


def _folded(rows: Iterable[tuple[Event, str]], context: Context) -> Iterable[Evidence]:
    """Repeats of the same act from the same address with the same mark become one step with a count."""
    run: list[tuple[Event, str]] = []

    def same(a: Event, b: Event) -> bool:
        return (a.type, a.ip, a.product, a.outcome, a.project_id) == (b.type, b.ip, b.product, b.outcome, b.project_id)

    for event, mark in rows:
        if run and (run[-1][1] != mark or mark == "anchor" or not same(run[-1][0], event)):
            yield _step(run, context)
            run = []
        run.append((event, mark))
    if run:
        yield _step(run, context)


def _step(run: Sequence[tuple[Event, str]], context: Context) -> Evidence:
    event, mark = run[0]
    # Only anchors are sure to come with their raw record and with what was known before them.
    text = (changed(event, context) if mark == "anchor" else None) or did(event, len(run))
    if event.project_id:
        name = context.project(event.project_id, event.occurred_at).name
        text += f", project {name}" if name and f"project {name}" not in text else ""
    text += _held(run, context)
    kind, object_id = next(
        ((k, i) for k, i in (("chat", event.chat_id), ("file", event.file_id), ("project", event.project_id)) if i),
        (event.target_kind, event.target_id),
    )
    return Evidence(
        at=event.occurred_at, kind="event", source=source_name(event.product), text=text,
        event_id=_stated_id(event), ip=event.ip,
        mark=mark,  # type: ignore[arg-type]
        object_kind=kind, object_id=object_id, until=run[-1][0].occurred_at if len(run) > 1 else None,
    )  # fmt: skip


def _held(run: Sequence[tuple[Event, str]], context: Context) -> str:
    """What the chats and files of a step held then: ` (PII and SECRET)`, ` (12 of 23 with PII and SECRET)`."""
    held: dict[str, Exported] = {}
    for event, _ in run:
        kind, thing = ("file", event.file_id) if event.file_id else ("chat", event.chat_id)
        if thing:
            held[thing] = context.labels(kind, thing, event.occurred_at)
    labelled = [found for found in held.values() if found.categories]
    if not labelled:
        return ""
    named = sorted({category for found in labelled for category in found.categories}, key=telling)
    counted = f"{len(labelled)} of {len(held)} with " if len(held) > 1 else ""
    return f" ({counted}{listed(named[:4])})"


def _stated_id(event: Event) -> str | None:
    """The source's own id of what a step shows; a message that somebody wrote has none."""
    if event.type not in STATED_BY:
        return event.event_id
    return None if event.type == ENTERED else json.loads(event.raw).get(STATED_BY[event.type])


def _gap_steps(context: Context, since: Micros, until: Micros) -> list[Evidence]:
    return [
        Evidence(
            at=max(gap.since, since), kind="gap", source=source_name(gap.source), text=gap.sentence, mark="gap",
            until=gap.until,
        )
        for gap in context.facts.gaps(since, until)
        if gap.since < until and gap.until > since
    ]  # fmt: skip


def _label_steps(anchor: Event, context: Context) -> list[Evidence]:
    """What made it worth a finding: the thing itself, or its project where only that is sensitive (or more so)."""
    steps: list[Evidence] = []
    highest = 0
    for kind, object_id in (("chat", anchor.chat_id), ("file", anchor.file_id), ("project", anchor.project_id)):
        found = context.labels(kind, object_id, anchor.occurred_at) if object_id else None
        level = SENSITIVITY_ORDER[found.sensitivity] if found else 0
        if not object_id or found is None or not level or (kind == "project" and level <= highest):
            continue
        if kind == "project":
            steps.clear()  # a row of low sensitivity would stand for a project of high sensitivity
        highest = max(highest, level)
        at, count, read = context.label_times(kind, object_id, anchor.occurred_at)
        late = read - anchor.occurred_at
        when = f", read {delay(late)} after the event" if late > 0 else ""
        text = thing_with(kind, found.categories)
        if kind == "project" and (things := context.sensitive_things(object_id, anchor.occurred_at)):
            when = f", {sensitive_things(things)} in it{when}"
        steps.append(
            Evidence(
                at=min(at, anchor.occurred_at), kind="label", source="Fanlight",
                text=f"By then it was {text}, sensitivity {found.sensitivity}, {count:,} found{when}",
                object_kind=kind, object_id=object_id,
            )
        )  # fmt: skip
    return steps


def _grant_steps(anchor: Event, person: Person, context: Context) -> list[Evidence]:
    """By which grant the person reached the project at that time, or that none is known."""
    project = context.project_of(anchor)
    if project is None or not person.id:
        return []
    at = anchor.occurred_at
    state = context.project(project, at)
    name = f"project {state.name}" if state.name else f"project {project}"
    if state.owner and context.identity_of(state.owner, at) == person.id:
        since = state.created_at or at
        text = f"{who(person)} made {name} on {day_name(since, context.zone(person, at))}"
        return [Evidence(at=min(since, at), kind="grant", source="Claude", text=text, object_kind="project",
                         object_id=project)]  # fmt: skip
    held = [grant for grant in context.grants_on(project) if grant.valid_from <= at and not grant.removed]
    mine = [grant for grant in held if _is_mine(grant, person, context)]
    if mine:
        grant = min(mine, key=lambda g: (g.valid_from, g.grant_id))
        how = {"group": " through a group", "organization": " through the organization",
               "organization_role": " through an organization role"}.get(grant.via, "")  # fmt: skip
        exact = "since" if grant.exact_from else "seen since"
        text = f"{who(person)} holds {grant.level} on {name}{how}, {exact} {day_name(grant.valid_from, 'UTC')}"
        return [Evidence(at=min(grant.valid_from, at), kind="grant", source="Claude", text=text,
                         object_kind="project", object_id=project)]  # fmt: skip
    text = f"No grant of {who(person)} on {name} is known at that time; could not tell by which path it was reached"
    return [Evidence(at=at, kind="grant", source="Claude", text=text, object_kind="project", object_id=project)]


def _is_mine(grant: Grant, person: Person, context: Context) -> bool:
    if grant.principal_id is None:
        return False
    if grant.principal_kind == "user":
        return account_key(grant.product, grant.principal_id) in person.accounts
    if grant.principal_kind == "group":
        return bool(set(person.accounts) & context.members_of(grant.principal_id))
    return grant.principal_kind == "organization"


def _baseline_step(anchor: Event, person: Person, context: Context) -> list[Evidence]:
    if not person.id:
        return []
    baseline = context.baseline(person.id, anchor.occurred_at)
    if not baseline.events:
        text = f"Too early: no event of {who(person)} is known before this day"
        return [Evidence(at=anchor.occurred_at, kind="baseline", source="Fanlight", text=text)]
    zone = context.zone(person, anchor.occurred_at)
    span = f"{day_name(baseline.since, zone)} to {day_name(baseline.until, zone)}"
    text = f"Usual of {who(person)}: {span}, {baseline.events:,} events on {baseline.active_days} active days"
    if not baseline.warm:
        text += "; too early to call something unusual by this history alone"
    return [Evidence(at=baseline.since, kind="baseline", source="Fanlight", text=text, until=baseline.until)]
