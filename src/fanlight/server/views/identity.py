"""The page of one identity."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fanlight.access.graph import Unknown
from fanlight.detections.context import Context, Person
from fanlight.detections.words import did
from fanlight.enrich.countries import country_name
from fanlight.enrich.localtime import local_time
from fanlight.findings.risk import rank_risk
from fanlight.identity import Identity
from fanlight.model import DAY, HOUR, MINUTE, Event, Link, Micros, ObjectVersion, PostureResult, day_of
from fanlight.posture.facts import ELEVATED_ROLES
from fanlight.profiles.baseline import WARM_DAYS, Baseline
from fanlight.server import schema as s
from fanlight.server.views.compare import hours_cell, zone_words
from fanlight.server.views.picture import draw
from fanlight.server.views.queue import SEVERITIES, in_order, queue_row, thing_of
from fanlight.server.views.snapshot import Snapshot
from fanlight.server.views.words import (
    PRODUCTS,
    chips,
    clock_time,
    count,
    day_month,
    full_day,
    last_four,
    per_cent,
    plural,
)
from fanlight.state.findings import StoredFinding

__all__ = ["Brief", "brief_of", "events_of", "identity_view", "timeline"]

_TIMELINE = 24
_ACTIVITY_DAYS = 45
_QUARTER: Micros = 15 * MINUTE
_KINDS = {"person": "person", "shared": "shared mailbox", "service": "machine", "agent": "agent"}


@dataclass(frozen=True, slots=True)
class Brief:
    """What an identity is and what is usual for it, in the few lines that the fly-out shares with the page."""

    identity: Identity
    context: Context
    person: Person
    baseline: Baseline
    zone: str
    """The person's own."""
    detail: str
    facts: list[s.Fact]
    usual: str


def brief_of(snapshot: Snapshot, identity_id: str) -> Brief | None:
    """The brief of an identity, by its id or one of its account keys; None for an id nobody has."""
    identity = snapshot.identities.get(identity_id)
    if identity is None:
        owner = snapshot.resolution.by_account.get(identity_id)
        identity = snapshot.identities.get(owner) if owner else None
    if identity is None:
        return None
    now = snapshot.at
    context = snapshot.context(now - DAY, now)
    person = context.person(identity.id, now)
    baseline = context.baseline(identity.id, now)
    zone = context.zone(person, now)
    place, time = _usual_place(baseline, context), _usual_time(baseline, zone, now)
    usual = place if place.startswith("too early") else f"{place}; {time}"
    return Brief(
        identity, context, person, baseline, zone, _detail(identity, person), _standing(snapshot, identity, person),
        f"{usual[:1].upper()}{usual[1:]}.",
    )  # fmt: skip


def identity_view(
    snapshot: Snapshot, identity_id: str, findings: Sequence[StoredFinding], posture: Sequence[PostureResult]
) -> s.IdentityView | None:
    """The page, or None for an id nobody has."""
    brief = brief_of(snapshot, identity_id)
    if brief is None:
        return None
    now, identity, context, baseline = snapshot.at, brief.identity, brief.context, brief.baseline
    accounts = snapshot.accounts_of(identity.id)
    events = events_of(snapshot, accounts)
    mine = [f for f in findings if f.finding.identity_id == identity.id]
    open_now = in_order([f for f in mine if f.status == "open"])
    return s.IdentityView(
        id=identity.id,
        name=snapshot.name_of(identity.id),
        detail=brief.detail,
        severity=max((f.finding.severity for f in open_now), key=SEVERITIES.index, default=None),
        open_findings=[queue_row(f, snapshot) for f in open_now[:8]],
        facts=_facts(snapshot, brief, events, mine),
        as_of=now,
        accounts=_accounts(snapshot, identity),
        accounts_summary=_accounts_summary(snapshot, identity),
        picture=draw(snapshot, f"identity:{identity.id}", _worst_thing(open_now)),
        picture_missing="No source has listed a role, project or grant of this identity.",
        activity=_activity(snapshot, accounts, now, snapshot.zone),
        activity_summary=f"Line: a day in {zone_words(snapshot.zone)}. Grey: 5th to 95th percentile of working days. "
        "Diamond: today so far.",
        hours=_hours(baseline, brief.zone, now, events, snapshot.name_of(identity.id)),
        timeline=timeline(snapshot, events, context, identity.id),
        timeline_summary=f"newest at the bottom, repeats folded, {snapshot.zone}" if events else "no events",
        posture=_posture(posture, identity, accounts),
    )


def _worst_thing(open_now: Sequence[StoredFinding]) -> str | None:
    """What the worst open finding is about, so that the picture opens with its path lit."""
    for stored in open_now:
        thing = thing_of(stored.finding)
        if thing is not None:
            return f"{thing.kind}:{thing.id}"
    return None


def _detail(identity: Identity, person: Person) -> str:
    parts = [person.department, identity.emails[0] if identity.emails else None]
    if identity.kind != "person":
        parts.insert(0, _KINDS.get(identity.kind, identity.kind))
    return ", ".join(part for part in parts if part)


# -- facts -------------------------------------------------------------------------------------------------------


def _facts(snapshot: Snapshot, brief: Brief, events: Sequence[Event], mine: Sequence[StoredFinding]) -> list[s.Fact]:
    context, baseline = brief.context, brief.baseline
    facts: list[s.Fact] = []
    risk = rank_risk(mine, snapshot.at, most=1)
    if risk:
        facts.append(s.Fact(label="Risk", value=f"{risk[0].score} of 100, {risk[0].change:+d} in 10 days", strong=True))
    facts += brief.facts
    facts.append(s.Fact(label="Usual place", value=_usual_place(baseline, context)))
    facts.append(s.Fact(label="Usual time", value=_usual_time(baseline, brief.zone, snapshot.at)))
    if events:
        last = events[-1]
        where = context.where(last.ip, last.occurred_at) if last.ip else None
        place = (where.city or country_name(where.country)) if where and (where.city or where.country) else last.ip
        new = bool(last.ip) and last.ip not in baseline.values("ip") and baseline.warm
        when = f"{day_month(last.occurred_at, snapshot.zone)}, {clock_time(last.occurred_at, snapshot.zone)}"
        facts.append(
            s.Fact(label="Last seen", value=f"{when}, {place or 'no address'}", chip="new address" if new else None)
        )
    return facts


def _standing(snapshot: Snapshot, identity: Identity, person: Person) -> list[s.Fact]:
    """Who this is: maker, department, roles, whether elevated, whether still active."""
    facts: list[s.Fact] = []
    if identity.owner_identity:
        facts.append(
            s.Fact(label="Made by", value=snapshot.name_of(identity.owner_identity),
                   link=f"/identities/{identity.owner_identity}")
        )  # fmt: skip
    if person.department:
        facts.append(s.Fact(label="Department", value=person.department))
    facts.append(s.Fact(label="Roles", value=_roles(snapshot, identity, person)))
    facts.append(s.Fact(label="Elevated", value=_elevated(snapshot, identity, person)))
    if not identity.active:
        facts.append(s.Fact(label="Status", value="no account is active", strong=True))
    return facts


def _held_roles(snapshot: Snapshot, identity: Identity) -> list[tuple[str, str]]:
    """(role, organization) of every membership of an active account."""
    try:
        held = snapshot.graph.organizations_of(identity.id)
    except Unknown:
        return []
    return [(role, organization) for _, organization, role, _ in held]


def _roles(snapshot: Snapshot, identity: Identity, person: Person) -> str:
    told = [
        f"{role.replace('_', ' ')} of {snapshot.graph.label('organization', organization) or organization}"
        for role, organization in _held_roles(snapshot, identity)
    ]
    return ", ".join(dict.fromkeys(told)) or ", ".join(role.replace("_", " ") for role in person.roles) or "none listed"


def _elevated(snapshot: Snapshot, identity: Identity, person: Person) -> str:
    try:
        reached = snapshot.graph.reach(identity.id)
    except Unknown:
        reached = []
    owned = sum(1 for each in reached if each.kind == "project" and each.level in ("owner", "admin"))
    roles = {role for role, _ in _held_roles(snapshot, identity)}
    told = "yes" if person.elevated or roles & ELEVATED_ROLES else "no"
    return f"{told}, owns or administers {plural(owned, 'project')}" if owned else told


def _usual_place(baseline: Baseline, context: Context) -> str:
    countries: Counter[str] = Counter()
    cities: Counter[str] = Counter()
    for ip, habit in baseline.values("ip").items():
        where = context.where(ip, habit.last_at)
        countries[country_name(where.country) if where.country else "unknown"] += habit.n
        if where.city:
            cities[where.city] += habit.n
    total = sum(countries.values())
    if not total:
        return "too early to say"
    if set(countries) == {"unknown"}:
        return "unknown: no place is known for these addresses"
    name, n = countries.most_common(1)[0]
    mostly = f", mostly {cities.most_common(1)[0][0]}" if cities else ""
    return f"{name}, {per_cent(n / total)} of 90 days{mostly}"


def _usual_time(baseline: Baseline, zone: str, at: Micros) -> str:
    if not baseline.warm:
        return f"too early: {plural(baseline.active_days, 'day')} of history, {WARM_DAYS} are needed"
    cell = hours_cell(baseline.values("hour"), zone, at, [])
    by_hour = [sum(cell.hours[day * 24 + hour] for day in range(5)) for hour in range(24)]
    total = sum(by_hour) or 1
    start, end = 0, 24
    # The shortest span of hours that holds nine tenths of what happens on working days.
    for length in range(1, 25):
        sums = [sum(by_hour[(begin + i) % 24] for i in range(length)) for begin in range(24)]
        if max(sums) >= 0.9 * total:
            start = sums.index(max(sums))
            end = (start + length) % 24
            break
    weekend = sum(cell.hours[120:])
    days = "all days" if weekend > 0.1 * (total + weekend) else "Mon to Fri"
    return f"{days}, {start:02d} to {end:02d} h"


# -- accounts ----------------------------------------------------------------------------------------------------


def _accounts(snapshot: Snapshot, identity: Identity) -> list[s.AccountRow]:
    links = sorted(snapshot.links_of.get(identity.id, ()), key=lambda link: (-link.confidence, link.account_key))
    rows = [_account(snapshot, link) for link in links]
    keys = {link.account_key for link in links}
    for review in snapshot.resolution.reviews:
        inside = keys.intersection(review.accounts)
        for other in sorted(set(review.accounts) - keys) if inside else ():
            found = _object_of(snapshot, other)
            rows.append(
                s.AccountRow(
                    source=PRODUCTS.get(other.partition(":")[0], other.partition(":")[0]), login=_login(found, other),
                    id=last_four(other.partition(":")[2]), why=review.sentence, evidence="suggested", since=None,
                )
            )  # fmt: skip
    return rows[:20]


def _account(snapshot: Snapshot, link: Link) -> s.AccountRow:
    product, _, native = link.account_key.partition(":")
    found = _object_of(snapshot, link.account_key)
    evidence = (
        "source" if link.method in ("self", "directory", "own") else "strong" if link.confidence >= 0.9 else "medium"
    )
    return s.AccountRow(
        source=PRODUCTS.get(product, product),
        login=_login(found, link.account_key),
        id=last_four(native),
        why=link.reason,
        evidence=evidence,  # type: ignore[arg-type]
        since=link.valid_from or None,
        active=found is None or not (found.removed or found.deleted_at),
    )


def _object_of(snapshot: Snapshot, account_key: str) -> ObjectVersion | None:
    product, _, native = account_key.partition(":")
    found = snapshot.reader.rows(
        ObjectVersion, "product = ? AND object_id = ? AND kind IN ('user', 'idp_user')", [product, native], now=True
    )
    return found[0] if found else None


def _login(found: ObjectVersion | None, account_key: str) -> str:
    if found is None:
        return account_key.partition(":")[2]
    import json

    attributes: Mapping[str, object] = json.loads(found.attributes)
    for name in ("email", "login", "profile.email", "profile.login"):
        value = attributes.get(name)
        if isinstance(value, str) and value:
            return value
    profile = attributes.get("profile")
    if isinstance(profile, dict) and isinstance(profile.get("email"), str):
        return str(profile["email"])
    return found.name or found.object_id


def _accounts_summary(snapshot: Snapshot, identity: Identity) -> str:
    linked = len(snapshot.links_of.get(identity.id, ()))
    keys = {link.account_key for link in snapshot.links_of.get(identity.id, ())}
    suggested = sum(1 for review in snapshot.resolution.reviews if keys.intersection(review.accounts))
    return f"{linked} linked{f', {suggested} suggested' if suggested else ''}. Each states its reason."


# -- activity ----------------------------------------------------------------------------------------------------


def events_of(snapshot: Snapshot, accounts: Sequence[str]) -> list[Event]:
    """The newest events of these accounts, as many as a time line may fold."""
    marks = ", ".join("?" for _ in accounts)
    return snapshot.events(f"account_key IN ({marks})", accounts, newest=_TIMELINE * 4)


def timeline(snapshot: Snapshot, events: Sequence[Event], context: Context, identity: str) -> list[s.Step]:
    """The newest events, repeats folded, oldest first. New is what was not usual on that day."""
    steps: list[s.Step] = []
    run: list[Event] = []

    def flush() -> None:
        if not run:
            return
        event = run[0]
        baseline = context.baseline(identity, event.occurred_at)
        new = bool(event.ip) and event.ip not in baseline.values("ip") and baseline.warm
        kind, thing = ("chat", event.chat_id) if event.chat_id else ("project", event.project_id)
        labels = chips(snapshot.labelled(kind, thing).categories) if thing and len(run) == 1 else []
        text = did(event, len(run))
        if event.project_id:
            project = snapshot.object("project", event.project_id)
            text += f", project {project.name}" if project and project.name else ""
        steps.append(
            s.Step(
                at=event.occurred_at, until=run[-1].occurred_at if len(run) > 1 else None,
                source=PRODUCTS.get(event.product, event.product), text=text, place=event.ip,
                mark="new" if new else "usual" if event.ip else "context", labels=labels, event_id=event.event_id,
            )
        )  # fmt: skip
        run.clear()

    for event in events[-3 * _TIMELINE :]:
        if run and (run[0].type, run[0].ip, run[0].outcome, run[0].project_id) != (
            event.type, event.ip, event.outcome, event.project_id,
        ):  # fmt: skip
            flush()
        run.append(event)
    flush()
    return steps[-_TIMELINE:]


def _activity(snapshot: Snapshot, accounts: Sequence[str], now: Micros, zone: str) -> list[s.ActivityCell]:
    """Counts by day of the page's zone. Rollups are by UTC day, so the events themselves are counted, by quarter of
    an hour, which every zone's offset is a multiple of."""
    today = local_time(now, zone).date()
    days = [(today - timedelta(days=back)).isoformat() for back in range(_ACTIVITY_DAYS - 1, -1, -1)]
    since = now - (_ACTIVITY_DAYS + 1) * DAY
    marks = ", ".join("?" for _ in accounts)
    rows = snapshot.query_events(
        f"SELECT occurred_at // {_QUARTER} AS quarter, family, project_id, ip, count(*) AS n FROM events_light"
        f" WHERE day >= ? AND occurred_at <= ? AND account_key IN ({marks}) GROUP BY ALL",
        [day_of(since), now, *accounts],
    ).to_pylist()
    if not rows:
        return []
    families: dict[str, Counter[str]] = defaultdict(Counter)
    projects: dict[str, set[str]] = defaultdict(set)
    addresses: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        day = local_time(row["quarter"] * _QUARTER, zone).date().isoformat()
        families[day][row["family"]] += int(row["n"])
        projects[day] |= {row["project_id"]} - {None}
        addresses[day] |= {row["ip"]} - {None}
    series: list[tuple[str, Callable[[str], float]]] = [
        ("Events", lambda day: float(sum(families[day].values()))),
        ("Chats and files opened", lambda day: float(families[day]["content_view"] + families[day]["content_export"])),
        ("Projects touched", lambda day: float(len(projects[day]))),
        ("Addresses", lambda day: float(len(addresses[day]))),
    ]
    return [_cell(heading, [value(day) for day in days], days) for heading, value in series]


def _cell(heading: str, points: Sequence[float], days: Sequence[str]) -> s.ActivityCell:
    working = sorted(
        value for value, day in zip(points[:-1], days[:-1], strict=True) if date.fromisoformat(day).weekday() < 5
    )
    low = working[int(0.05 * (len(working) - 1))] if working else 0.0
    high = working[round(0.95 * (len(working) - 1))] if working else 0.0
    return s.ActivityCell(
        heading=heading, value=count(int(points[-1])), usual=f"usual {count(int(low))} to {count(int(high))}",
        points=list(points), low=low, high=high, first_day=days[0], last_day=days[-1],
    )  # fmt: skip


def _hours(baseline: Baseline, zone: str, now: Micros, events: Sequence[Event], name: str) -> s.HoursCell | s.EarlyCell:
    if not baseline.events:
        return s.EarlyCell(
            heading="Too early to say what is usual",
            sentence=f"{name} has no history before today; a baseline needs {WARM_DAYS} days.",
        )
    recent = [event.occurred_at for event in events if now - event.occurred_at < 24 * HOUR]
    cell = hours_cell(baseline.values("hour"), zone, now, recent)
    span = f"{full_day(baseline.since, zone)} to {full_day(baseline.until, zone)}, n = {count(baseline.events)} events."
    return cell.model_copy(update={"note": span + (" Gold: the last 24 hours." if recent else "")})


# -- posture -----------------------------------------------------------------------------------------------------


def _posture(results: Sequence[PostureResult], identity: Identity, accounts: Sequence[str]) -> list[s.PostureFact]:
    names = {identity.id, *accounts, *(key.partition(":")[2] for key in accounts)}
    order = {"fail": 0, "unknown": 1, "pass": 2}
    mine = [r for r in results if any(entity.id in names for entity in r.entities)]
    return [
        s.PostureFact(check=r.check, status=r.status, severity=r.severity, title=r.title, sentence=r.sentence)
        for r in sorted(mine, key=lambda r: (order[r.status], r.check))
    ]
