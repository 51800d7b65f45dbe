"""Judging: the facts as known now, the rules in force, and what becomes of the findings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from sqlalchemy import func, insert, select, update

from fanlight.detections.facts import Attack, Company, Gap
from fanlight.detections.judge import judge
from fanlight.detections.lakefacts import LakeFacts
from fanlight.detections.rulefile import RuleSet, load_rules
from fanlight.enrich.countries import country_code
from fanlight.enrich.geo_install import load as load_databases
from fanlight.enrich.places import Places, operator_networks, stated_places
from fanlight.enrich.workhours import StatedHours
from fanlight.findings.lifecycle import reconcile
from fanlight.lake import Reader
from fanlight.model import Event, Micros
from fanlight.pipeline.home import Home
from fanlight.pipeline.windows import choose_window, close_first_looks
from fanlight.posture.facts import leavers_of
from fanlight.state import Lease, Tick, schema
from fanlight.state.company import PersonHours
from fanlight.state.findings import load_exceptions, load_findings, put_finding
from fanlight.supply.inventory import Approvals

__all__ = [
    "Judged",
    "attacks_of",
    "company_of",
    "gaps_of",
    "is_judged",
    "judge_rules",
    "load_facts",
    "load_places",
    "read_to_of",
    "rules_in_force",
]

_STATING = ("okta", "entra_id", "google_workspace", "github_audit")
"""Products whose records say where an address is."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one round of judging did to the findings."""

    judged: int
    new: int
    open: int
    broken_rules: Sequence[str]


def rules_in_force(home: Home) -> RuleSet:
    """The rules that come with Fanlight and those in the home folder's `rules`."""
    shipped = Path(str(resources.files("fanlight.catalog") / "rules"))
    own = home.path / "rules"
    return load_rules([shipped, *([own] if own.is_dir() else [])])


def load_places(home: Home, reader: Reader) -> Places:
    """Places of addresses: what the operator said, installed databases, what sources state about an address.

    One statement a day and address is enough: what a source says of an address changes slowly.
    """
    marks = ", ".join("?" for _ in _STATING)
    events = reader.rows(
        Event,
        f"product IN ({marks}) AND ip IS NOT NULL "
        "QUALIFY row_number() OVER (PARTITION BY product, ip, day ORDER BY occurred_at, event_id) = 1",
        _STATING,
    )
    return Places(operator_networks(home.settings.model_dump()), load_databases(home.path), stated_places(events))


def company_of(home: Home) -> Company:
    """What judging uses of the operator's settings."""
    settings = home.settings
    return Company(
        corporate_egress=settings.corporate_egress,
        office_countries=tuple(
            code for office in settings.offices if (code := country_code(office.country)) is not None
        ),
        timezone=settings.working_hours.timezone,
        working_hours=(settings.working_hours.start, settings.working_hours.end),
        holidays=settings.holidays,
        holiday_calendars=settings.holiday_calendars,
        approvals=Approvals(settings.approved_mcp_servers, settings.approved_integrations),
        leavers=tuple(sorted(leavers_of(settings).items())),
        people_hours=tuple((entry.email, _stated(entry)) for entry in settings.people_hours),
    )


def _stated(entry: PersonHours) -> StatedHours:
    return StatedHours(start=entry.start, end=entry.end, days=frozenset(entry.days), zone=entry.timezone, of="person")


def gaps_of(home: Home) -> list[Gap]:
    """Times in which a source is known to have sent nothing."""
    table = schema.notices
    with home.state.view() as connection:
        rows = connection.execute(
            select(table).where(
                table.c.tenant == home.tenant,
                table.c.kind == "gap",
                table.c.since.is_not(None),
                table.c.until.is_not(None),
            )
        ).all()
    return [Gap(row.source, row.since, row.until, row.sentence) for row in rows]


def load_facts(home: Home, reader: Reader) -> LakeFacts:
    """Everything judging asks for, over one snapshot."""
    places, company = load_places(home, reader), company_of(home)
    return LakeFacts(
        home.tenant, reader, places, company, gaps_of(home), read_to=read_to_of(home), known_attacks=attacks_of(home)
    )


def read_to_of(home: Home) -> dict[str, Micros]:
    """By source, when all its logs were last read to their end; sources that are not asked have no such time."""
    table = schema.cursors
    with home.state.view() as connection:
        rows = connection.execute(
            select(table.c.source, table.c.caught_up_at).where(
                table.c.tenant == home.tenant, table.c.newest_at.is_not(None), table.c.stream != "files"
            )
        ).all()
    found: dict[str, Micros] = {}
    for source, caught_up_at in rows:
        found[source] = min(found.get(source, caught_up_at or 0), caught_up_at or 0)
    return found


def attacks_of(home: Home) -> list[Attack]:
    """The times of findings that somebody closed as true positives, from the first new step to the last.

    Whatever became of the finding since: that somebody else used the account is an analyst's word.
    """
    found = []
    for item in load_findings(home.state):
        if item.verdict != "true_positive":
            continue
        accounts = frozenset(entity.id for entity in item.finding.entities if entity.kind == "account")
        steps = [step for step in item.finding.evidence if step.kind == "event" and step.mark in ("new", "anchor")]
        if accounts and steps:
            since, until = min(step.at for step in steps), max(step.until or step.at for step in steps)
            found.append(Attack(accounts, since, until))
    return found


def is_judged(home: Home) -> bool:
    """Whether everything known until now was judged: false after a crash between storing and judging, and after a
    verdict that changes what is usual."""
    is_known = home.state.fact("judged_segment") == str(_newest_segment(home))
    return is_known and (home.state.fact("judged_attacks") or "") == _attack_mark(home)


def _attack_mark(home: Home) -> str:
    """A name for which findings are attacks; empty for none."""
    table = schema.findings
    attack = (table.c.tenant == home.tenant, table.c.verdict == "true_positive")
    with home.state.view() as connection:
        ids = connection.execute(select(table.c.id).where(*attack).order_by(table.c.id)).scalars().all()
    return hashlib.blake2b(" ".join(ids).encode(), digest_size=8).hexdigest() if ids else ""


def _newest_segment(home: Home) -> int:
    table = schema.segments
    with home.state.view() as connection:
        return int(connection.execute(select(func.max(table.c.id)).where(table.c.tenant == home.tenant)).scalar() or 0)


def judge_rules(home: Home, lease: Lease) -> Judged:
    """Judge the window that is still open again and store what changed.

    That is the last days before the last judgement, because facts about them may have been learned since, and for a
    source that is new the month before it was connected (`windows`).
    """
    rules = rules_in_force(home)
    now = home.clock.now()
    newest, attacks = _newest_segment(home), _attack_mark(home)
    window = choose_window(home)  # before the facts are read: what it takes for read must be among them
    with home.reader(memory="3GB") as reader:
        high = reader.query("SELECT max(occurred_at) AS high FROM events").to_pylist()[0]["high"]
        if high is None:
            return Judged(0, 0, 0, [str(error) for error in rules.errors])
        since, until = window.since, max(window.until, int(high) + 1)
        found = judge(load_facts(home, reader), rules.rules, (since, until))
    connected = _connected_at(home) or now
    with home.state.tick(lease) as tick:
        # Read inside the transaction, which holds the writer's lock: what people decide meanwhile is not undone.
        stored, exceptions = load_findings(home.state), load_exceptions(home.state)
        changes = reconcile(stored, found, (since, until), now, connected, exceptions)
        for change in changes:
            if change.kind != "unchanged":
                put_finding(tick, change.stored)
            if change.notes_from is not None:
                _inherit_notes(tick, change.notes_from, change.stored.finding.id)
        tick.set_fact("judged_to", str(until))
        tick.set_fact("judged_segment", str(newest))
        tick.set_fact("judged_attacks", attacks)
        close_first_looks(tick, window)
        tick.connection.execute(
            update(schema.findings)
            .where(schema.findings.c.tenant == home.tenant, schema.findings.c.snoozed_until <= now)
            .values(snoozed_until=None)
        )
        open_now = tick.connection.execute(
            select(func.count()).where(schema.findings.c.tenant == home.tenant, schema.findings.c.status == "open")
        ).scalar_one()
    new = sum(1 for change in changes if change.kind == "new")
    return Judged(len(found), new, int(open_now), [str(error) for error in rules.errors])


def _inherit_notes(tick: Tick, before: str, after: str) -> None:
    """The notes of a finding that was superseded, beside the one that takes its place."""
    notes = schema.finding_notes
    for note in tick.connection.execute(
        select(notes).where(notes.c.tenant == tick.tenant, notes.c.finding_id == before).order_by(notes.c.at)
    ).all():
        tick.connection.execute(
            insert(notes).values(tenant=tick.tenant, finding_id=after, at=note.at, author=note.author, text=note.text)
        )


def _connected_at(home: Home) -> Micros | None:
    table = schema.sources
    with home.state.view() as connection:
        return connection.execute(select(func.min(table.c.connected_at)).where(table.c.tenant == home.tenant)).scalar()
