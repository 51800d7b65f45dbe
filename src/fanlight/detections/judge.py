"""Judging: facts known now and rules in, findings out. A pure function; arrival order plays no part."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fanlight.detections.context import Context, Person
from fanlight.detections.dedup import WEEK, finding_id, group_hits, is_settled
from fanlight.detections.evidence import chain
from fanlight.detections.facts import Facts
from fanlight.detections.groups import ROLE_BY_GROUP, group_roles
from fanlight.detections.joins import (
    ENTERED,
    SETTINGS_WEAKENED,
    STATED_BY,
    entered_events,
    join_fields,
    settings_events,
    with_project,
)
from fanlight.detections.narrative import words_of
from fanlight.detections.outcome import Outcome, Subject
from fanlight.detections.plan import Hit, Plan, hits_behind, plan_of, plans_of
from fanlight.detections.record import flatten
from fanlight.detections.rulefile import Rule
from fanlight.detections.servers import SERVER_USED, server_events
from fanlight.detections.stream import Index
from fanlight.detections.together import correlated_hits
from fanlight.detections.words import fill, listed, sensitive_things, span, who
from fanlight.model import DAY, MINUTE, Entity, Event, Finding, Micros, Severity, Why, columns_of

__all__ = ["judge"]

_NOBODY = Person("", "", None, (), None, None, ())
_CHAT_STATE = ("claude_chat_created", "claude_chat_viewed", "claude_chat_updated", "claude_chat_settings_updated")
_CHAT_MOVES = ("claude_chat_updated", "claude_chat_settings_updated")


def judge(facts: Facts, rules: Sequence[Rule], window: tuple[Micros, Micros]) -> list[Finding]:
    """Findings that the window [from, to) has a part in, by time and id; an anchor may lie before the window.

    The facts before the window teach what is usual and settle where a group of hits began, so that judging day by day
    gives what judging all at once gives. Raises `ValueError` (with a sentence) when a rule's behavior, dedup or
    evidence cannot be read; `check_rule` finds that earlier.
    """
    since, _ = window
    plans = plans_of(rules)
    if not any(plan.rule.reports for plan in plans.values()):
        return []
    begin = since - max([DAY, *(3 * plan.dedup.period + plan.reach for plan in plans.values())])
    findings, unsettled = _judge_from(begin, facts, plans, window)
    if unsettled:
        # Hits without a pause as far back as was read: from the turn of the week on, groups are certain.
        chosen = plans_of([plan.rule if plan.rule.id in unsettled else replace(plan.rule, reports=False)
                           for plan in plans.values()])  # fmt: skip
        earlier = since // WEEK * WEEK - max(plan.reach for plan in chosen.values())
        again, _ = _judge_from(min(begin, earlier), facts, chosen, window)
        names = {plans[rule_id].rule.name for rule_id in unsettled}
        findings = [finding for finding in findings if finding.rule not in names] + again
    return sorted(findings, key=lambda finding: (finding.at, finding.id))


def _judge_from(
    begin: Micros, facts: Facts, plans: Mapping[str, Plan], window: tuple[Micros, Micros]
) -> tuple[list[Finding], set[str]]:
    """Findings from the facts since `begin`, and the rules whose groups hits before it might change."""
    since, until = window
    context = Context(facts, begin, until)
    hits = _hits(facts, context, plans, begin, until)
    hits |= correlated_hits(plans, hits, context, until)
    findings: list[Finding] = []
    unsettled: set[str] = set()
    for rule_id in sorted(hits):
        plan = plans[rule_id]
        if not plan.rule.reports:
            continue
        known_from = begin + plan.reach  # what decides an earlier hit was not read whole
        known = [hit for hit in hits[rule_id] if hit.at >= known_from]
        if not is_settled(known, plan.dedup.period, known_from, since):
            unsettled.add(rule_id)
        for group in group_hits(known, plan.dedup.period):
            if group[0].at < until and group[-1].at >= since:
                findings.append(_finding(group, context))
    return findings, unsettled


def check_rule(rule: Rule) -> None:
    """Raise `ValueError` with a sentence when the rule's own keys cannot be read."""
    plan_of(rule)


def _hits(
    facts: Facts, context: Context, plans: Mapping[str, Plan], since: Micros, until: Micros
) -> dict[str, list[Hit]]:
    events = _candidates(facts, context, plans, since, until)
    index = Index([plan.rule for plan in plans.values() if plan.rule.tree is not None])
    matched: list[tuple[Plan, Event, dict[str, Any]]] = []
    for event in events:
        own, joined = json.loads(event.raw), _joined(event, context)
        found = index.match(_columns(event) | dict(index.extract(own)) | joined, event.product)
        if found:
            record = _columns(event) | flatten(own) | joined  # words and severities may need every field
            matched += [(plans[rule.id], event, record) for rule in found]
    # Everybody at once: behaviors ask for habits, and so do the time zones in the words of a finding.
    people = {
        context.identity_of(event.account_key, event.occurred_at)
        for plan, event, _ in matched
        if plan.behavior is None or plan.behavior.asks_habits
    }
    context.prepare({identity for identity in people if identity})
    hits: dict[str, list[Hit]] = {}
    for plan, event, record in matched:
        subject = _subject(event, record, context)
        outcome = _judge(plan, subject, context)
        if outcome.holds:
            hit = Hit(plan, subject, outcome, plan.group_key_of(subject))
            hits.setdefault(plan.rule.id, []).append(hit)
    return hits


_DERIVED = frozenset({ENTERED, SETTINGS_WEAKENED, ROLE_BY_GROUP, SERVER_USED})
_COLUMNS = tuple(name for name in columns_of(Event) if name != "raw")


def _columns(event: Event) -> dict[str, Any]:
    """The columns of an event that hold something; the vendor's own fields of the same name stand over them."""
    return {name: value for name in _COLUMNS if (value := getattr(event, name)) is not None}


def _joined(event: Event, context: Context) -> dict[str, Any]:
    """Join fields as a record spells them."""
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in join_fields(event, context).items()
        if value is not None and value != []
    }


def _candidates(facts: Facts, context: Context, plans: Mapping[str, Plan], since: Micros, until: Micros) -> list[Event]:
    wanted = [plan.types for plan in plans.values()]
    every = any(types is None for types in wanted)
    types = frozenset(name for types in wanted for name in types or ())
    events = list(facts.events(None if every else types - _DERIVED, since, until))
    if "claude_project_sharing_updated" in types:
        context.note_sharing(facts.events(("claude_project_sharing_updated",), 0, until))
    moves = {event.chat_id for event in events if event.type in _CHAT_MOVES and event.chat_id}
    if moves:
        context.note_chats(facts.events_of_chats(moves, _CHAT_STATE, until))
    derived = list(entered_events(facts, context, since, until)) if ENTERED in types else []
    if SETTINGS_WEAKENED in types:
        derived += settings_events(facts, since, until)
    if ROLE_BY_GROUP in types:
        derived += group_roles(facts, since, until)
    if SERVER_USED in types:
        derived += server_events(facts, since, until)
    context.learn([*events, *derived], context.projects_of_moved_chats)
    return sorted(with_project([*events, *derived], context), key=lambda event: (event.occurred_at, event.event_id))


def _subject(event: Event, record: Mapping[str, Any], context: Context) -> Subject:
    identity = context.identity_of(event.account_key, event.occurred_at)
    person = context.person(identity, event.occurred_at) if identity else _NOBODY
    if identity and not person.email and event.actor_email:
        person = replace(person, email=event.actor_email)
    where = context.where(event.ip, event.occurred_at) if event.ip else None
    return Subject(event, person, record, where)


def _judge(plan: Plan, subject: Subject, context: Context) -> Outcome:
    if plan.behavior is None:
        return Outcome(True)
    if not subject.person.id:
        return Outcome(False)  # no account, so nothing is usual for it
    return plan.behavior.judge(subject, context)


# -------------------------------------------------------------------- findings


def _finding(group: Sequence[Hit], context: Context) -> Finding:
    first, last = group[0], group[-1]
    plan, subject = first.plan, first.subject
    event, person = subject.event, subject.person
    behind = hits_behind(group)
    beside = {(event.product, event.event_id): event for hit in (*group, *behind) for event in hit.outcome.beside}
    together = beside | {(event.product, event.event_id): event for event in (hit.subject.event for hit in behind)}
    hit_events = sorted(together.values(), key=lambda event: (event.occurred_at, event.event_id, event.product))
    steps = tuple(dict.fromkeys(step for hit in (*group, *behind) for step in hit.outcome.steps))
    words = words_of(subject, _together(group), last.at, context)
    new = frozenset().union(*(hit.outcome.new for hit in (*group, *behind)))
    strongest = max(group, key=lambda hit: (_rank(_severity(hit)), -hit.at))
    return Finding(
        tenant=context.facts.tenant,
        id=finding_id(context.facts.tenant, plan.rule.id, first.group_key, event.event_id),
        rule=plan.rule.name,
        rule_version=str(plan.rule.version),
        title=fill(plan.evidence.title or plan.rule.title, words).rstrip("."),
        severity=_severity(strongest),
        at=event.occurred_at,
        identity_id=person.id or None,
        identity_email=person.email,
        group_key=first.group_key,
        sentence=fill(plan.evidence.sentence, words),
        events=_event_ids(group, behind),
        entities=_entities(behind, tuple(beside.values()), person, context),
        why=(*_whys_of(group), *_whys_behind(first), *_things_whys(event, behind, context)),
        evidence=chain(event, hit_events, _resting(group, behind), steps, person, new, context, plan.evidence),
        runbook=tuple(plan.rule.runbook),
        attack=tuple(tag.upper() for tag in plan.rule.attack if tag[:1] == "t" and tag[1:2].isdigit()),
        basis={"rule": str(plan.rule.version), "hits": str(len(group)), "last": str(last.at)},
    )


def _together(group: Sequence[Hit]) -> Outcome:
    """The first hit's outcome with the things of all of them."""
    outcome = group[0].outcome
    return replace(outcome, things=frozenset().union(*(hit.outcome.things for hit in group)))


def _whys_of(group: Sequence[Hit]) -> list[Why]:
    """The first hit's reasons; a count that went on after it with what it came to, which the sentence says."""
    first, last = group[0], group[-1]
    things = len(_together(group).things)
    begun = first.outcome.since or first.at
    whole = f", {things:,} in {span((last.at - begun) / MINUTE)} in all" if things > len(first.outcome.things) else ""
    return [
        replace(why, observed=f"{why.observed}{whole}") if why.fact == "volume" else why for why in first.outcome.why
    ]


def _resting(group: Sequence[Hit], behind: Sequence[Hit]) -> frozenset[str]:
    """Ids of further events that conditions counted: as much a part of the finding as the events that completed it."""
    return frozenset(event for hit in (*group, *behind) for event in hit.outcome.events)


def _event_ids(group: Sequence[Hit], behind: Sequence[Hit]) -> tuple[str, ...]:
    """The sources' ids of every event the finding rests on; an entry names the event that placed it."""
    ids: dict[str, None] = {}
    for hit in (*(hit for hit in group if hit.window is not None), *behind):
        ids |= dict.fromkeys([*hit.outcome.events, *(event.event_id for event in hit.outcome.beside)])
        event = hit.subject.event
        if event.type in STATED_BY:
            stated_by = json.loads(event.raw).get(STATED_BY[event.type])
            ids |= {stated_by: None} if stated_by else {}
        elif hit.window is None:
            ids[event.event_id] = None
    return tuple(ids)


def _whys_behind(first: Hit) -> list[Why]:
    """What was unusual about the events of a correlation, said once each."""
    if first.window is None:
        return []
    # Of a count that grows from event to event the last says it all.
    told = {(hit.plan.rule.id, why.fact, why.usual): why for hit in hits_behind([first]) for why in hit.outcome.why}
    return list(told.values())[:_MOST_WHYS]


_MOST_WHYS = 8
_SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")


def _rank(severity: Severity) -> int:
    return _SEVERITIES.index(severity)


def _severity(hit: Hit) -> Severity:
    level: str = hit.plan.rule.level
    for severity, when in hit.plan.evidence.severity:
        if all(_holds(hit.subject.record.get(name), wanted) for name, wanted in when.items()):
            level = severity
            break
    return next((severity for severity in _SEVERITIES if severity == level), hit.plan.rule.level)


def _holds(found: Any, wanted: Any) -> bool:
    wanted_values = wanted if isinstance(wanted, list) else [wanted]
    found_values = found if isinstance(found, list | tuple) else [found]
    return any(value in wanted_values for value in found_values)


def _things_whys(event: Event, behind: Sequence[Hit], context: Context) -> list[Why]:
    """Of the anchor's thing; where it has none, of the newest thing among the other events."""
    for one in (event, *(hit.subject.event for hit in reversed(behind))):
        if found := _thing_why(one, context):
            return found
    return []


def _thing_why(event: Event, context: Context) -> list[Why]:
    """What the thing is, as a reason of its own: sensitivity, and whose it is."""
    found: list[Why] = []
    for kind, object_id in (("chat", event.chat_id), ("file", event.file_id), ("project", context.project_of(event))):
        if not object_id:
            continue
        labels = context.labels(kind, object_id, event.occurred_at)
        if labels.sensitivity in ("moderate", "high"):
            things = context.sensitive_things(object_id, event.occurred_at) if kind == "project" else 0
            also = f"{sensitive_things(things)} in it" if things else "moderate and above count as sensitive"
            observed = f"{labels.sensitivity}: {listed(list(labels.categories[:4]))}"
            found.append(Why(fact=f"sensitivity of the {kind}", observed=observed, usual=also))
    return found


def _entities(hits: Sequence[Hit], beside: Sequence[Event], person: Person, context: Context) -> tuple[Entity, ...]:
    entities: dict[tuple[str, str], Entity] = {}

    def add(kind: str, object_id: str | None, name: str = "") -> None:
        if object_id and (kind, object_id) not in entities:
            entities[kind, object_id] = Entity(kind=kind, id=object_id, name=name)

    add("identity", person.id, who(person))
    for hit in hits:
        event = hit.subject.event
        add("identity", hit.subject.person.id, who(hit.subject.person))
        add("account", event.account_key, event.actor_email or "")
        add("chat", event.chat_id)
        project = context.project_of(event)
        add("project", project, context.project(project, event.occurred_at).name if project else "")
        add("file", event.file_id)
        add(event.target_kind or "", event.target_id if event.target_kind else None)
        add("ip", event.ip)
        add("organization", event.organization_id)
    for event in beside:
        add("account", event.account_key, event.actor_email or "")
        add("ip", event.ip)
    return tuple(entities.values())
