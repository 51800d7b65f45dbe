"""The page of one finding."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fanlight.access.answers import Explanation
from fanlight.access.explain import explain
from fanlight.access.graph import AccessGraph, Unknown
from fanlight.detections.context import Context, Person
from fanlight.enrich.localtime import local_time
from fanlight.findings.exceptions import hidden_by, propose
from fanlight.findings.export import usual_words
from fanlight.model import DAY, HOUR, SECOND, Entity, Event, Evidence, Finding, Micros, day_of
from fanlight.server import schema as s
from fanlight.server.views.compare import comparison_of, zone_words
from fanlight.server.views.queue import in_order, thing_of, who_of
from fanlight.server.views.snapshot import Labelled, Snapshot
from fanlight.server.views.words import chips, count, day_month, plural, stretch
from fanlight.state.findings import ExceptionRow, Note, StoredFinding

__all__ = ["finding_view", "record_of"]

_STORY = 40
_ENOUGH_VERDICTS = 5
_LOOK_BACK: Micros = 90 * DAY
_VERDICT = {"true_positive": "true positive", "false_positive": "false positive", "expected": "expected"}
_OPENED = ("content_view", "content_export", "project_view")
#: What was opened, in SQL: a document stands in its project, and is told as itself.
_OPENED_ID = "coalesce(file_id, chat_id, CASE WHEN target_kind = 'document' THEN target_id END, project_id)"


def finding_view(
    snapshot: Snapshot,
    stored: StoredFinding,
    everything: Sequence[StoredFinding],
    notes: Sequence[Note],
    exceptions: Mapping[str, ExceptionRow],
    people: Sequence[str],
    judged_by: str,
) -> s.FindingView:
    """The page. `everything` are all kept findings, for the place in the queue and what is similar.

    `judged_by` is who closed it by the audit log, empty when nobody did.
    """
    finding = stored.finding
    now = snapshot.home.clock.now()
    events = _events(snapshot, finding)
    context, person = _person(snapshot, finding)
    thing = thing_of(finding)
    zone = snapshot.zone
    return s.FindingView(
        id=finding.id,
        short_id=finding.id.removeprefix("f_")[:8],
        title=snapshot.told(finding.title),
        sentence=in_zone(snapshot.told(finding.sentence), finding.at, zone),
        severity=finding.severity,
        status=_status(stored),
        open=stored.status == "open",
        assignee=stored.assignee,
        snoozed_until=stored.snoozed_until if (stored.snoozed_until or 0) > now else None,
        at=finding.at,
        who=who_of(finding, snapshot, (person.department or "") if person else ""),
        rule=finding.rule,
        rule_version=finding.rule_version[:7],
        rule_record=record_of(finding.rule, everything),
        attack=list(finding.attack),
        place=_place(finding, everything),
        why=_why(finding, snapshot),
        comparison=comparison_of(finding, events, person, context, zone) if person else None,
        chain=_chain(finding, snapshot),
        opened=_opened(snapshot, finding, events, zone),
        card=_card(snapshot, thing, zone, finding.at) if thing else None,
        path=_path(snapshot, finding, thing),
        blast=_blast(snapshot, finding, events),
        runbook=[s.RunbookStep(number=at, text=text) for at, text in enumerate(finding.runbook, start=1)],
        similar=_similar(finding, everything, snapshot, now),
        notes=[s.Note(author=note.author, at=note.at, text=note.text) for note in notes],
        verdict=_verdict(stored, exceptions, judged_by),
        exceptions=_previews(finding, everything, now, zone) if stored.status == "open" else [],
        people=list(people),
    )


def _events(snapshot: Snapshot, finding: Finding) -> list[Event]:
    if not finding.events:
        return []
    days = {day_of(step.at) for step in finding.evidence} | {day_of(finding.at)}
    marks = ", ".join("?" for _ in finding.events)
    return snapshot.events(f"day BETWEEN ? AND ? AND event_id IN ({marks})", [min(days), max(days), *finding.events])


def _person(snapshot: Snapshot, finding: Finding) -> tuple[Context, Person | None]:
    context = snapshot.context(finding.at - DAY, finding.at + DAY)
    return context, context.person(finding.identity_id, finding.at) if finding.identity_id else None


def _status(stored: StoredFinding) -> str:
    if stored.status == "closed":
        return f"Closed, {_VERDICT[stored.verdict]}" if stored.verdict else "Closed by an exception"
    if stored.status == "historical":
        return "From before the connection"
    return f"{stored.status.capitalize()}{': ' + stored.reason.rstrip('.') if stored.reason else ''}"


def record_of(rule: str, everything: Sequence[StoredFinding]) -> str:
    """How a rule was judged so far: its precision, or the verdicts where they are few."""
    judged = [f for f in everything if f.finding.rule == rule and f.verdict is not None]
    if not judged:
        return "no verdicts yet"
    right, wrong, expected = _tally(judged)
    apart = f", {expected} expected" if expected else ""
    if right + wrong < _ENOUGH_VERDICTS:
        return f"{plural(len(judged), 'verdict')} so far: {right} true, {wrong} false{apart}"
    return f"precision {round(100 * right / (right + wrong))} % over {plural(right + wrong, 'verdict')}{apart}"


def _tally(findings: Sequence[StoredFinding]) -> tuple[int, int, int]:
    """Judged true, false, and expected: what was expected speaks neither for a rule nor against it."""
    told = [f.verdict for f in findings]
    return told.count("true_positive"), told.count("false_positive"), told.count("expected")


_BEGINNING = re.compile(r"^(At|From) ([0-9]{2}:[0-9]{2}:[0-9]{2}) on (\w+) (\d+ \w+) \(([^)]*)\)")


def in_zone(sentence: str, at: Micros, zone: str) -> str:
    """A sentence with its time in the zone of the page, as everything else on it; the person's own hour after it."""
    found = _BEGINNING.match(sentence)
    if found is None or found[5] == zone:
        return sentence if found is None else f"{found[1]} {found[2]} on {found[3]} {found[4]}{sentence[found.end() :]}"
    local = local_time(_same_clock(at, found[2], found[5]), zone)
    day = f"{local.strftime('%A')} {local.day} {local.strftime('%B')}"
    other_day = f" on {found[3]}" if found[3] != local.strftime("%A") else ""
    there = f"{found[2][:5]}{other_day} {'by' if found[5].startswith('Etc/') else 'in'} {zone_words(found[5])}"
    return f"{found[1]} {local.strftime('%H:%M:%S')} on {day} ({there}){sentence[found.end() :]}"


def _same_clock(at: Micros, clock: str, zone: str) -> Micros:
    """The moment of a sentence that names a clock time near `at`: findings of many events begin before or after it."""
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    local = local_time(at, zone)
    shift = (hours * 60 + minutes) * 60 + seconds - (local.hour * 60 + local.minute) * 60 - local.second
    shift = (shift + 43_200) % 86_400 - 43_200
    return at + shift * SECOND


_EDGES = {
    "creator of": "as its creator", "owner of": "as owner", "admin of": "as admin", "editor of": "as editor",
    "viewer of": "as viewer", "contains": "in this project", "member of": "as member",
}  # fmt: skip


def _edge(edge: str) -> str:
    """How one stands to the station before it, so that it reads after the station's name."""
    return _EDGES.get(edge, edge)


def _place(finding: Finding, everything: Sequence[StoredFinding]) -> s.Place | None:
    ids = [f.finding.id for f in in_order([f for f in everything if f.status == "open"])]
    if finding.id not in ids:
        return None
    at = ids.index(finding.id)
    return s.Place(
        index=at + 1,
        total=len(ids),
        previous=ids[at - 1] if at else None,
        next=ids[at + 1] if at + 1 < len(ids) else None,
    )


def _why(finding: Finding, snapshot: Snapshot) -> list[s.WhyRow]:
    return [
        s.WhyRow(
            fact=why.fact[:1].upper() + why.fact[1:],
            observed=snapshot.told(why.observed),
            usual=snapshot.told(usual_words(why.usual)),
            unknown="could not tell" in why.usual or "could not tell" in why.observed,
        )
        for why in finding.why
    ]


# -- chain of evidence -------------------------------------------------------------------------------------------


def _chain(finding: Finding, snapshot: Snapshot) -> s.Chain:
    steps = [_step(evidence, snapshot) for evidence in finding.evidence]
    crowded = len(steps) > _STORY
    steps = [
        step.model_copy(update={"story": _in_story(evidence, finding, crowded=crowded)})
        for step, evidence in zip(steps, finding.evidence, strict=True)
    ]
    sources = {evidence.source for evidence in finding.evidence if evidence.kind == "event"}
    events = sum(1 for evidence in finding.evidence if evidence.kind == "event")
    gaps = sum(1 for evidence in finding.evidence if evidence.kind == "gap")
    told = [f"{plural(events, 'event')} from {plural(len(sources), 'source')}"]
    if gaps:
        told.append(plural(gaps, "gap"))
    return s.Chain(summary=", ".join([*told, snapshot.zone]), steps=steps,
                   folded=sum(1 for step in steps if not step.story))  # fmt: skip


def _in_story(evidence: Evidence, finding: Finding, *, crowded: bool) -> bool:
    """What the Story shows. The baseline and the grant stand in panels of their own, with their own dates."""
    if evidence.kind in ("baseline", "grant"):
        return False
    if evidence.kind == "label":
        return finding.at - evidence.at < 2 * DAY
    return not crowded or evidence.mark != "usual"


def _step(evidence: Evidence, snapshot: Snapshot) -> s.Step:
    text, labels = _labels_in(snapshot.told(evidence.text)) if evidence.kind == "event" else (evidence.text, [])
    if evidence.mark == "anchor" and evidence.object_kind and evidence.object_id:
        labels = chips(snapshot.labelled_at(evidence.object_kind, evidence.object_id, evidence.at).categories) or labels
    text = snapshot.told(text)
    return s.Step(
        at=evidence.at,
        until=evidence.until,
        source=evidence.source,
        text=text,
        place=evidence.ip,
        mark=evidence.mark,
        labels=labels,
        event_id=evidence.event_id,
    )


_HELD = re.compile(r"^(.*) \((?:(\d+ of \d+) with )?([A-Z][A-Z_]+(?:(?:, | and )[A-Z][A-Z_]+)*)\)$")


def _labels_in(text: str) -> tuple[str, list[s.LabelChip]]:
    """A step's text and what its chats and files held then, which stands behind it in brackets."""
    found = _HELD.match(text)
    if found is None:
        return text, []
    counted = f", {found[2]} with" if found[2] else ""
    return f"{found[1]}{counted}", chips(re.split(", | and ", found[3]))


# -- what was opened ---------------------------------------------------------------------------------------------


def _opened(snapshot: Snapshot, finding: Finding, events: Sequence[Event], zone: str) -> s.Opened | None:
    """Chats and files that the identity opened from an hour before the first event until two after the last."""
    if finding.identity_id is None or not events:
        return None
    accounts = snapshot.accounts_of(finding.identity_id)
    since, until = events[0].occurred_at - HOUR, events[-1].occurred_at + 2 * HOUR
    rows = snapshot.query_events(
        f"SELECT {_OPENED_ID} AS id, CASE WHEN file_id IS NOT NULL THEN 'file'"
        f" WHEN chat_id IS NOT NULL THEN 'chat' WHEN target_kind = 'document' THEN 'document'"
        f" ELSE 'project' END AS kind, min(occurred_at) AS opened_at"
        f" FROM events_light"
        f" WHERE day BETWEEN ? AND ? AND occurred_at BETWEEN ? AND ? AND account_key IN ({_marks(accounts)})"
        f" AND family IN ({_marks(_OPENED)}) AND outcome <> 'failure'"
        f" AND {_OPENED_ID} IS NOT NULL GROUP BY ALL ORDER BY opened_at, id",
        [day_of(since), day_of(until), since, until, *accounts, *_OPENED],
    ).to_pylist()
    if not rows:
        return None
    earlier = _opened_earlier(snapshot, accounts, [row["id"] for row in rows], since)
    rank = {"high": 0, "moderate": 1, "low": 2, "not_read": 3, "none": 4}
    snapshot.preload([row["id"] for row in rows])
    labelled = {row["id"]: snapshot.labelled(row["kind"], row["id"]) for row in rows}
    kept = sorted(rows, key=lambda row: (rank[labelled[row["id"]].sensitivity], row["opened_at"]))[:12]
    return s.Opened(
        summary=f"{stretch(since, until, zone)}, {plural(len(rows), 'thing')} opened",
        rows=[
            s.OpenedRow(
                at=row["opened_at"],
                title=snapshot.title_of(row["kind"], row["id"]),
                labels=chips(labelled[row["id"]].categories),
                sensitivity=labelled[row["id"]].sensitivity,
                earlier=earlier.get(row["id"], 0),
            )
            for row in sorted(kept, key=lambda row: row["opened_at"])
        ],
        last_line=f"{len(rows) - 12:,} more, no more sensitive than these." if len(rows) > 12 else "",
    )


def _opened_earlier(snapshot: Snapshot, accounts: Sequence[str], ids: Sequence[str], before: Micros) -> dict[str, int]:
    rows = snapshot.query_events(
        f"SELECT {_OPENED_ID} AS id, count(*) AS n FROM events_light"
        f" WHERE day BETWEEN ? AND ? AND occurred_at < ? AND account_key IN ({_marks(accounts)})"
        f" AND family IN ({_marks(_OPENED)}) AND id IN ({_marks(ids)}) GROUP BY ALL",
        [day_of(before - _LOOK_BACK), day_of(before), before, *accounts, *_OPENED, *ids],
    ).to_pylist()
    return {row["id"]: row["n"] for row in rows}


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" for _ in values)


# -- the thing concerned -----------------------------------------------------------------------------------------


def _card(snapshot: Snapshot, thing: Entity, zone: str, at: Micros) -> s.ObjectCard:
    labelled = snapshot.labelled(thing.kind, thing.id)
    found = snapshot.object(thing.kind, thing.id)
    title = snapshot.title_of(thing.kind, thing.id)
    if labelled.categories:
        title += f" · {', '.join(labelled.categories[:3])}"
    facts = _labels_then(snapshot, thing, labelled, at)
    if found is not None and thing.kind != "project" and found.parent_kind == "project" and found.parent_id:
        project = snapshot.object("project", found.parent_id)
        owner = f", owner {snapshot.name_of(project.owner_account)}" if project and project.owner_account else ""
        link = f"/access?pivot=project:{found.parent_id}" if project else None
        facts.append(
            s.Fact(label="Project", value=f"{(project and project.name) or found.parent_id}{owner}", link=link)
        )
    elif found is not None and thing.kind == "project" and found.owner_account:
        owner_id = snapshot.resolution.by_account.get(found.owner_account)
        link = f"/identities/{owner_id}" if owner_id in snapshot.identities else None
        facts.append(s.Fact(label="Owner", value=snapshot.name_of(found.owner_account), link=link))
    facts += [s.Fact(label="May open it", value=_may_open(snapshot, thing)), _opened_by(snapshot, thing, zone)]
    return s.ObjectCard(
        kind=thing.kind,
        id=thing.id,
        heading=f"The {thing.kind.replace('_', ' ')}",
        title=title,
        sensitivity=labelled.sensitivity,
        labels=chips(labelled.counts),
        facts=facts,
        vendor_url=_vendor_url(thing),
        masked_rows=len(snapshot.matches_of(thing.kind, thing.id)),
    )


def _labels_then(snapshot: Snapshot, thing: Entity, now: Labelled, at: Micros) -> list[s.Fact]:
    """What was in it when it happened, where the card shows more: the chain speaks of then."""
    if now.sensitivity == "not_read":
        return []
    then = snapshot.labelled_at(thing.kind, thing.id, at)
    if then == now:
        return []
    held = ", ".join(f"{category} {count(n)}" for category, n in list(then.counts.items())[:4])
    more = f" and {len(then.counts) - 4} more" if len(then.counts) > 4 else ""
    return [s.Fact(label="By then", value=f"{then.sensitivity}: {held}{more}" if held else "none found")]


def _vendor_url(thing: Entity) -> str | None:
    """Where the vendor shows it; the vendor's own permissions decide."""
    if thing.kind in ("chat", "project"):
        return f"https://claude.ai/{thing.kind}/{thing.id.removeprefix('claude_chat_').removeprefix('claude_proj_')}"
    return None


def _may_open(snapshot: Snapshot, thing: Entity) -> str:
    try:
        holders = snapshot.graph.reachable_by(thing.id)
    except Unknown:
        return "unknown: it is not listed any more"
    sure = [holder for holder in holders if holder.level != "unknown"]
    unsure = len(holders) - len(sure)
    names = [snapshot.name_of(holder.identity) for holder in sure]
    told = ", ".join(names) if 0 < len(names) <= 2 else plural(len(names), "person", "people")
    return f"{told}. {plural(unsure, 'member')} of its project: unknown" if unsure else told


def _opened_by(snapshot: Snapshot, thing: Entity, zone: str) -> s.Fact:
    column = {"project": "project_id", "chat": "chat_id", "file": "file_id"}.get(thing.kind, "target_id")
    rows = snapshot.query_events(
        f"SELECT account_key, count(*) AS n, max(occurred_at) AS last FROM events_light"
        f" WHERE {column} = ? AND family IN ({_marks(_OPENED)}) AND account_key IS NOT NULL"
        " GROUP BY ALL ORDER BY n DESC",
        [thing.id, *_OPENED],
    ).to_pylist()
    people: dict[str, int] = {}
    for row in rows:
        identity = snapshot.resolution.by_account.get(row["account_key"], row["account_key"])
        people[identity] = people.get(identity, 0) + row["n"]
    if not people:
        return s.Fact(label="Opened by", value="nobody, as far as the feed goes back")
    total = sum(people.values())
    if len(people) == 1:
        return s.Fact(label="Opened by", value=f"{snapshot.name_of(next(iter(people)))} only, {plural(total, 'time')}")
    last = max(row["last"] for row in rows)
    return s.Fact(
        label="Opened by", value=f"{plural(len(people), 'person', 'people')}, {count(total)} times, "
        f"last {day_month(last, zone)}"
    )  # fmt: skip


def _path(snapshot: Snapshot, finding: Finding, thing: Entity | None) -> s.AccessPath | None:
    if finding.identity_id is None or thing is None:
        return None
    at = min(finding.at, snapshot.at)
    then, today = (
        _explained(graph, finding.identity_id, thing.id) for graph in (snapshot.graph_at(at), snapshot.graph)
    )
    explained = then or today
    if explained is None:
        return None
    now = _path_now(then, today) if then is not None else "It was not listed then; this is the path of today."
    as_of = at if then is not None else snapshot.at
    if not explained.paths:
        step = s.PathStep(text=explained.sentence, known=explained.answer != "unknown")
        return s.AccessPath(as_of=as_of, steps=[step], now=now)
    steps: list[s.PathStep] = []
    for hop in explained.paths[0]:
        if hop.kind == "account":
            continue
        text = snapshot.title_of(hop.kind, hop.id) if hop.kind in ("chat", "file", "document") else hop.name or hop.id
        if hop.kind == "identity":
            text = snapshot.name_of(hop.id)
        since = f", since {day_month(hop.since, snapshot.zone)}" if hop.since else ""
        steps.append(s.PathStep(text=text, detail=f"{_edge(hop.edge)}{since}" if hop.edge else "", known=True))
    if explained.answer == "unknown" and steps:
        last = steps[-1].model_copy(
            update={"known": False, "detail": "the vendor does not say whether a member may open it"}
        )
        steps[-1] = last
    return s.AccessPath(as_of=as_of, steps=steps, now=now)


def _explained(graph: AccessGraph, identity: str, thing: str) -> Explanation | None:
    try:
        return explain(graph, identity, thing)
    except Unknown:
        return None


def _path_now(then: Explanation, today: Explanation | None) -> str:
    """What differs now, in one sentence; empty where nothing does."""
    if today is None:
        return "Now: it is not listed any more."
    if [_ways(then), then.answer, then.level] == [_ways(today), today.answer, today.level]:
        return ""
    return f"Now: {today.sentence}"


def _ways(explained: Explanation) -> set[tuple[str, str, str]]:
    return {(via.kind, via.id, via.level) for via in explained.via}


def _blast(snapshot: Snapshot, finding: Finding, events: Sequence[Event]) -> s.BlastRadius | None:
    if finding.identity_id is None:
        return None
    try:
        exposure = snapshot.graph.exposure(finding.identity_id)
    except (Unknown, KeyError):
        return None
    documents = {event.target_id for event in events if event.target_kind == "document" and event.family in _OPENED}
    opened = {event.file_id or event.chat_id for event in events if event.family in _OPENED} | documents
    opened.discard(None)  # a project is no chat or file
    return s.BlastRadius(
        identity_id=finding.identity_id,
        name=snapshot.name_of(finding.identity_id),
        numbers=[
            s.Figure(value=count(exposure.projects), label="projects"),
            s.Figure(value=count(exposure.resources), label="chats, files"),
            s.Figure(value=count(exposure.sensitive), label="sensitive"),
            *([s.Figure(value=count(len(opened)), label="opened here")] if opened else []),
        ],
    )


# -- judgement ---------------------------------------------------------------------------------------------------


def _similar(finding: Finding, everything: Sequence[StoredFinding], snapshot: Snapshot, now: Micros) -> str:
    others = [
        f
        for f in everything
        if f.finding.rule == finding.rule and f.finding.id != finding.id and now - f.finding.at < _LOOK_BACK
        and f.status not in ("superseded", "withdrawn")
    ]  # fmt: skip
    if not others:
        return "None under this rule in 90 days."
    true, false, expected = _tally(others)
    told = f"{plural(len(others), 'other')} in 90 days under this rule: {true} true, {false} false, "
    told += f"{expected} expected, " if expected else ""
    told += f"{len(others) - true - false - expected} not judged."
    if finding.identity_id is None:
        return told
    mine = sum(1 for f in others if f.finding.identity_id == finding.identity_id)
    return f"{told} {mine or 'None'} for {snapshot.name_of(finding.identity_id)}."


def _verdict(stored: StoredFinding, exceptions: Mapping[str, ExceptionRow], judged_by: str) -> s.VerdictView | None:
    exception = exceptions.get(stored.exception_id or "")
    if stored.verdict is None and exception is None:
        return None
    return s.VerdictView(
        kind=stored.verdict or "false_positive",
        by=judged_by or (exception.author if exception else "") or stored.assignee or "an analyst",
        at=stored.updated_at,
        sentence=stored.reason,
        exception_id=exception.id if exception else None,
        exception_sentence=_exception_words(exception) if exception else "",
    )


def _exception_words(exception: ExceptionRow) -> str:
    parts = ["this rule", "this person" if exception.identity_id else "everybody"]
    if exception.dimension:
        parts.append(f"{exception.dimension} {exception.value}")
    if exception.expires_at:
        parts.append(f"until {day_month(exception.expires_at, 'UTC')}")
    return ", ".join(parts)


def _previews(
    finding: Finding, everything: Sequence[StoredFinding], now: Micros, zone: str
) -> list[s.ExceptionPreview]:
    previews = []
    for index, proposal in enumerate(propose(finding, now)):
        hidden = hidden_by(proposal, everything, now - _LOOK_BACK)
        true = sum(1 for f in hidden if f.verdict == "true_positive")
        only = len(hidden) == 1 and hidden[0].finding.id == finding.id
        told = f"In 90 days it would have hidden {plural(len(hidden), 'finding')}{', this one' if only else ''}, "
        told += f"{plural(true, 'true positive')} among them." if true else "and no true positive."
        previews.append(
            s.ExceptionPreview(
                dimension=str(index),
                sentence=f"{proposal.words}, until {day_month(proposal.expires_at, zone)}",
                hidden=len(hidden),
                hidden_true=true,
                consequence=told,
            )
        )
    return previews
