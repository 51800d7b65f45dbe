"""Hand-made facts for the tests inside rule files: people with habits, places, chats with labels, and what happened.

    tests:
      - name: a hosting network in a country nobody uses
        expect: finding                  # or nothing
        now: 2026-05-07                  # day of the events
        people:
          jane:
            {department: Finance, ip: 192.0.2.10, hours: [8, 17], days: 40, projects: [claude_proj_q2],
             accounts: {okta: {status: ACTIVE, types: [user.authentication.sso]}}}   # what she does there daily
        others: 12                       # colleagues of the first person, with the same habits
        places: {192.0.2.0/24: {country: DE, asn: 64496}, 203.0.113.0/24: {country: CA, kind: hosting}}
        chats: {claude_chat_1: {labels: [SECRET], sensitivity: high, owner: jane, project: claude_proj_q2}}
        projects: {claude_proj_q2: {owner: jane, private: true}}
        servers: [{name: Build helper, by: jane, at: "10:00:00", chat: claude_chat_1}]   # first use in a chat
        gaps: [{source: okta, since: "02:00:00", until: "06:00:00"}]
        events:                          # `product:` for other sources, `about:` for the person it is about
          - {at: "02:14:09", by: jane, type: claude_chat_viewed, ip: 203.0.113.47, claude_chat_id: claude_chat_1}

Everything runs through the same rollups, the same index and the same judging as in production.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from fanlight.detections.facts import Attack, Company, Feed, Gap, Sighting
from fanlight.detections.judge import judge
from fanlight.detections.rulefile import Rule
from fanlight.enrich.client import client_label
from fanlight.enrich.devices import DeviceSession, device_session
from fanlight.enrich.inventory import Inventory
from fanlight.enrich.network import Network, parse_address
from fanlight.enrich.places import Place
from fanlight.model import (
    DAY,
    HOUR,
    SENSITIVITY_ORDER,
    Event,
    Finding,
    Grant,
    Link,
    Match,
    Micros,
    ObjectVersion,
    Rollup,
    Sensitivity,
    account_key,
    day_of,
    format_time,
    parse_time,
)
from fanlight.profiles.rollups import compute, rows_of
from fanlight.supply.inventory import Approvals

__all__ = ["ScenarioFacts", "TestResult", "build", "run_tests"]

_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
_TENANT = "default"


@dataclass(frozen=True, slots=True)
class TestResult:
    """What one test of a rule file gave."""

    __test__ = False

    rule: str
    name: str
    passed: bool
    sentence: str
    findings: tuple[Finding, ...] = ()


@dataclass
class ScenarioFacts:
    """`Facts` over lists in memory."""

    company: Company = field(default_factory=Company)
    tenant: str = _TENANT
    all_events: list[Event] = field(default_factory=list)
    all_objects: list[ObjectVersion] = field(default_factory=list)
    all_grants: list[Grant] = field(default_factory=list)
    all_links: list[Link] = field(default_factory=list)
    all_matches: list[Match] = field(default_factory=list)
    all_gaps: list[Gap] = field(default_factory=list)
    all_attacks: list[Attack] = field(default_factory=list)
    networks: list[tuple[Network, Place]] = field(default_factory=list)
    _rollups: list[Rollup] | None = None

    @property
    def counted(self) -> list[Rollup]:
        if self._rollups is None:
            self._rollups = [row for row in rows_of(compute(self.all_events, client_label)) if row.scope == "account"]
        return self._rollups

    def events(self, types: Collection[str] | None, since: Micros, until: Micros) -> Sequence[Event]:
        return [
            event
            for event in self.all_events
            if since <= event.occurred_at < until and (types is None or event.type.lower() in types)
        ]

    def activity(self, since: Micros, until: Micros) -> Sequence[Event]:
        return [event for event in self.events(None, since, until) if event.account_key]

    def events_of_chats(self, chats: Collection[str], types: Collection[str], until: Micros) -> Sequence[Event]:
        return [e for e in self.all_events if e.chat_id in chats and e.type in types and e.occurred_at < until]

    def objects(self, kinds: Collection[str], ids: Collection[str] | None = None) -> Sequence[ObjectVersion]:
        return [o for o in self.all_objects if o.kind in kinds and (ids is None or o.object_id in ids)]

    def grants(self, resource_kind: str) -> Sequence[Grant]:
        return [grant for grant in self.all_grants if grant.resource_kind == resource_kind]

    def links(self) -> Sequence[Link]:
        return self.all_links

    def matches(self, chats: Collection[str], projects: Collection[str], files: Collection[str]) -> Sequence[Match]:
        wanted = {*chats, *projects, *files}
        return [m for m in self.all_matches if {m.chat_id, m.project_id, m.object_id} & wanted]

    def entered(self, since: Micros, until: Micros) -> Sequence[Match]:
        return [m for m in self.all_matches if m.role == "user" and m.at is not None and since <= m.at < until]

    def rollups(self, entities: Collection[str], first_day: str, last_day: str) -> Sequence[Rollup]:
        return [row for row in self.counted if row.entity in entities and first_day <= row.day <= last_day]

    def sightings(self, dimension: str, last_day: str) -> Sequence[Sighting]:
        found: dict[tuple[str, str], str] = {}
        for row in self.counted:
            if row.dimension == dimension and row.day <= last_day:
                found[row.entity, row.value] = min(found.get((row.entity, row.value), row.day), row.day)
        return [Sighting(account, value, day) for (account, value), day in found.items()]

    def active(self, first_day: str, last_day: str) -> Sequence[tuple[str, str]]:
        return sorted({(row.entity, row.day) for row in self.counted if first_day <= row.day <= last_day})

    def locate(self, ip: str, at: Micros) -> Place:  # noqa: ARG002  places of a scenario do not move
        address = parse_address(ip)
        return next((place for network, place in self.networks if address is not None and address in network), Place())

    def client_of(self, user_agent: str) -> str:
        return client_label(user_agent)

    def sensitivity_of(self, matches: Sequence[Match]) -> Sensitivity:
        levels: list[Any] = [match.flags for match in matches]  # the scenario states the level itself
        return max(levels, key=lambda level: SENSITIVITY_ORDER[level], default="none")

    def gaps(self, since: Micros, until: Micros) -> Sequence[Gap]:
        return [gap for gap in self.all_gaps if gap.since < until and gap.until > since]

    def feeds(self) -> Sequence[Feed]:
        by_product: dict[str, list[Event]] = defaultdict(list)
        for event in self.all_events:
            by_product[event.product].append(event)
        return [
            Feed(product, tuple(sorted({e.source for e in found})), min(e.occurred_at for e in found),
                 max(e.occurred_at for e in found))
            for product, found in sorted(by_product.items())
        ]  # fmt: skip

    def device_sessions(self, since: Micros, until: Micros) -> Sequence[DeviceSession]:
        sessions = [device_session(event) for event in self.events(None, since, until)]
        return [session for session in sessions if session is not None]

    def inventory(self) -> Inventory:
        return Inventory()

    def attacks(self) -> Sequence[Attack]:
        return self.all_attacks


def run_tests(rule: Rule, parts: Sequence[Rule] = ()) -> list[TestResult]:
    """Run the tests inside a rule file; a test that cannot be read fails with a sentence.

    `parts` are the rules that a correlation names.
    """
    results = []
    for number, test in enumerate(rule.tests, 1):
        name = str(test.get("name", f"test {number}"))
        try:
            facts, window = build(test)
            found = tuple(finding for finding in judge(facts, [rule, *parts], window) if finding.rule == rule.name)
        except (KeyError, TypeError, ValueError) as problem:
            results.append(TestResult(rule.name, name, False, f"The test cannot be read: {problem}."))
            continue
        wanted = test.get("expect", "finding") == "finding"
        passed = bool(found) is wanted
        if passed and wanted and "severity" in test:
            passed = found[0].severity == test["severity"]
        sentence = found[0].sentence if found else "No finding."
        results.append(TestResult(rule.name, name, passed, sentence, found))
    return results


def build(test: Mapping[str, Any]) -> tuple[ScenarioFacts, tuple[Micros, Micros]]:
    """Facts and the day to judge. Raises `KeyError`, `TypeError`, `ValueError` for what cannot be read."""
    day = parse_time(str(test.get("now", "2026-05-07")))
    settings = test.get("company") or {}
    facts = ScenarioFacts(
        Company(
            corporate_egress=tuple(settings.get("corporate_egress", ())),
            office_countries=tuple(settings.get("offices", ())),
            timezone=settings.get("timezone"),
            approvals=Approvals(tuple(settings.get("approved_mcp_servers", ()))),
        )
    )
    facts.networks = [_network(cidr, place) for cidr, place in (test.get("places") or {}).items()]
    people = dict(test.get("people") or {})
    first = dict(next(iter(people.values()), {}))
    for number in range(int(test.get("others", 0))):
        people[f"colleague{number}"] = {**first, "name": f"Colleague {number}", "projects": [], "types": [], "also": []}
    for name, habits in people.items():
        _add_person(facts, name, habits or {}, day)
    for project_id, project in (test.get("projects") or {}).items():
        _add_project(facts, project_id, project or {}, day)
    for group_id, group in (test.get("groups") or {}).items():
        _add_group(facts, group_id, group or {}, day)
    for chat_id, chat in (test.get("chats") or {}).items():
        _add_thing(facts, "chat", chat_id, chat or {}, day)
    for file_id, file in (test.get("files") or {}).items():
        _add_thing(facts, "file", file_id, file or {}, day)
    for attack in test.get("attacks") or ():
        times = _moment(day, str(attack["since"])), _moment(day, str(attack["until"]))
        facts.all_attacks.append(Attack(frozenset({_account(attack["by"]) or ""}), *times))
    for number, event in enumerate(test.get("events") or ()):
        for repeat in range(int(event.get("times", 1))):
            facts.all_events.append(_event(facts, event, day, f"activity_{number}_{repeat}", repeat))
    for gap in test.get("gaps") or ():
        times = _moment(day, str(gap["since"])), _moment(day, str(gap["until"]))
        sentence = f"No records of {gap['source']} from {gap['since']} to {gap['until']}"
        facts.all_gaps.append(Gap(str(gap["source"]), *times, sentence))
    for server in test.get("servers") or ():
        _add_server(facts, server, day)
    for entry in test.get("entries") or ():
        _add_entry(facts, entry, day)
    return facts, (day, day + DAY)


def _network(cidr: str, place: Mapping[str, Any]) -> tuple[Network, Place]:
    return ip_network(cidr), Place(
        country=place.get("country"), city=place.get("city"), latitude=place.get("lat"), longitude=place.get("lon"),
        asn=place.get("asn"), as_name=place.get("as_name"), network_kind=place.get("kind", "home"), source="database",
        confidence="medium",
    )  # fmt: skip


def _add_person(facts: ScenarioFacts, name: str, habits: Mapping[str, Any], day: Micros) -> None:
    account = f"claude:user_{name}"
    start, end = habits.get("hours", (8, 17))
    attributes = {"email": f"{name}@example.com", "organization_role": habits.get("role", "user")}
    attributes |= {key: habits[key] for key in ("department", "timezone") if key in habits}
    facts.all_objects.append(
        ObjectVersion(
            tenant=_TENANT, source="claude", product="claude", kind="user", object_id=f"user_{name}",
            name=habits.get("name", f"{name.capitalize()} Doe"), attributes=json.dumps(attributes),
        )
    )  # fmt: skip
    facts.all_links.append(
        Link(tenant=_TENANT, account_key=account, identity_id=f"id_{name}", method="test", confidence=1.0,
             reason="the scenario says so", valid_from=0)
    )  # fmt: skip
    for product, said in (habits.get("accounts") or {}).items():
        _add_account(facts, name, product, said or {}, habits, day)
    kinds = ["claude_chat_viewed", *habits.get("types", ())]
    ips = [habits.get("ip", "192.0.2.10"), *habits.get("also", ())]
    projects = [None, *habits.get("projects", ())]
    for back in range(1, int(habits.get("days", 40)) + 1):
        begun = day - back * DAY
        if (begun // DAY + 3) % 7 >= 5 and not habits.get("weekends"):
            continue
        for hour in range(int(start), int(end)):
            number = back * 24 + hour
            facts.all_events.append(
                Event(
                    tenant=_TENANT, source="claude", product="claude", event_id=f"habit_{name}_{number}",
                    type=kinds[number % len(kinds)], family="content_view", account_key=account,
                    occurred_at=begun + (hour % 24) * HOUR + number % 3000 * 1_000_000, actor_kind="user_actor",
                    actor_id=f"user_{name}", ip=ips[number % 7] if number % 7 < len(ips) else ips[0],
                    project_id=projects[number % len(projects)], user_agent=habits.get("client", _AGENT),
                )
            )  # fmt: skip


def _add_account(
    facts: ScenarioFacts, name: str, product: str, said: Mapping[str, Any], habits: Mapping[str, Any], day: Micros
) -> None:
    """An account of the person at another source: `{status, changed, types}`, with these events on every day before."""
    changed = _moment(day, str(said["changed"])) if "changed" in said else day - 400 * DAY
    stated = {"status": said.get("status", "ACTIVE"), "statusChanged": format_time(changed)}
    facts.all_objects.append(
        ObjectVersion(
            tenant=_TENANT, source=product, product=product, kind="idp_user", object_id=f"user_{name}",
            name=habits.get("name", f"{name.capitalize()} Doe"), created_at=day - 400 * DAY, valid_from=changed,
            seen_at=max(changed, day - DAY), attributes=json.dumps({"email": f"{name}@example.com", **stated}),
        )
    )  # fmt: skip
    facts.all_links.append(
        Link(tenant=_TENANT, account_key=account_key(product, f"user_{name}"), identity_id=f"id_{name}", method="test",
             confidence=1.0, reason="the scenario says so", valid_from=0)
    )  # fmt: skip
    for back in range(1, int(habits.get("days", 40)) + 1):
        for number, kind in enumerate(said.get("types", ())):
            facts.all_events.append(
                Event(
                    tenant=_TENANT, source=product, product=product, event_id=f"{product}_{name}_{back}_{number}",
                    type=kind, family="app_access", account_key=account_key(product, f"user_{name}"),
                    occurred_at=day - back * DAY + int(habits.get("hours", (8, 17))[0]) * HOUR, actor_kind="user",
                    actor_id=f"user_{name}", ip=habits.get("ip", "192.0.2.10"), user_agent=_AGENT,
                )
            )  # fmt: skip


def _add_project(facts: ScenarioFacts, project_id: str, project: Mapping[str, Any], day: Micros) -> None:
    created = day - int(project.get("age_days", 60)) * DAY
    attributes = {} if "private" not in project else {"is_private": project["private"]}
    facts.all_objects.append(
        ObjectVersion(
            tenant=_TENANT, source="claude", product="claude", kind="project", object_id=project_id,
            name=project.get("name"), created_at=created, valid_from=created, seen_at=created + HOUR,
            owner_account=_account(project.get("owner")), attributes=json.dumps(attributes),
        )
    )  # fmt: skip
    for member in project.get("members", ()):
        facts.all_grants.append(
            Grant(
                tenant=_TENANT, source="claude", product="claude", grant_id=f"{project_id}/{member}",
                principal_kind="user", principal_id=f"user_{member}", resource_kind="project", resource_id=project_id,
                level="editor", via="user", valid_from=created, seen_at=created,
            )
        )  # fmt: skip
    if project.get("labels"):
        _add_matches(facts, "document", f"{project_id}_doc", project, created, project_id, None)


def _add_group(facts: ScenarioFacts, group_id: str, group: Mapping[str, Any], day: Micros) -> None:
    """A group of people: `{members: [jane], holds: {claude_proj_1: admin}}`, both for sixty days."""
    since = day - 60 * DAY

    def grant(principal: tuple[str, str], resource: tuple[str, str], level: str) -> Grant:
        return Grant(
            tenant=_TENANT, source="claude", product="claude", grant_id=f"{principal[1]}/{resource[1]}",
            principal_kind=principal[0], principal_id=principal[1], resource_kind=resource[0], resource_id=resource[1],
            level=level, via="group" if principal[0] == "group" else "user", valid_from=since, seen_at=since,
        )  # fmt: skip

    for member in group.get("members", ()):
        facts.all_grants.append(grant(("user", f"user_{member}"), ("group", group_id), "member"))
    for project, level in (group.get("holds") or {}).items():
        facts.all_grants.append(grant(("group", group_id), ("project", project), str(level)))


def _add_thing(facts: ScenarioFacts, kind: str, object_id: str, thing: Mapping[str, Any], day: Micros) -> None:
    written = day - int(thing.get("age_days", 4)) * DAY
    project = thing.get("project")
    facts.all_objects.append(
        ObjectVersion(
            tenant=_TENANT, source="claude", product="claude", kind=kind, object_id=object_id, created_at=written,
            valid_from=written, seen_at=written + HOUR, owner_account=_account(thing.get("owner")),
            parent_kind="project" if project else None, parent_id=project,
        )
    )  # fmt: skip
    _add_matches(facts, kind, object_id, thing, written, project, object_id if kind == "chat" else None)


def _add_matches(
    facts: ScenarioFacts, kind: str, object_id: str, thing: Mapping[str, Any], at: Micros, project: str | None,
    chat: str | None, role: str | None = None, part: str = "message_1",
) -> None:  # fmt: skip
    for category in thing.get("labels", ()):
        facts.all_matches.append(
            Match(
                tenant=_TENANT, source="claude", object_kind=kind, object_id=object_id, part_id=part,
                part_kind="message", role=role, at=at, category=category, type=category, count=1, confidence=0.95,
                band="high", recognizer="scenario", recognizer_version=1, evidence="", chat_id=chat, project_id=project,
                flags=thing.get("sensitivity", "high"), owner_account=_account(thing.get("owner")), read_at=at,
            )
        )  # fmt: skip


def _add_server(facts: ScenarioFacts, server: Mapping[str, Any], day: Micros) -> None:
    """The first use of a server's tool in a chat: `{name, by, at, chat}`."""
    at, chat = _moment(day, str(server["at"])), str(server.get("chat", "claude_chat_tools"))
    facts.all_objects.append(
        ObjectVersion(
            tenant=_TENANT, source="claude", product="claude", kind="tool_use",
            object_id=f"{chat}/{server['name']}/tool", name=str(server["name"]), parent_kind="chat", parent_id=chat,
            owner_account=_account(server["by"]), created_at=at, valid_from=at, seen_at=at + HOUR,
            attributes=json.dumps({"server": server.get("url", server["name"]), "tool": "tool"}),
        )
    )  # fmt: skip


def _add_entry(facts: ScenarioFacts, entry: Mapping[str, Any], day: Micros) -> None:
    """A message that a person wrote: `{at, by, chat, labels}`."""
    at = _moment(day, str(entry["at"]))
    chat = str(entry.get("chat", "claude_chat_entry"))
    _add_matches(facts, "chat", chat, {**entry, "owner": entry["by"]}, at, entry.get("project"), chat, "user", f"m{at}")


def _event(facts: ScenarioFacts, event: Mapping[str, Any], day: Micros, event_id: str, repeat: int) -> Event:
    """An event of a test: `at`, `by`, `ip`, `client`, `type`, `times`; everything else is the vendor's own field."""
    own = {"at", "by", "about", "ip", "client", "times", "every", "thing", "thing_kind"}
    raw = {key: value for key, value in event.items() if key not in own}
    raw = {k: v.replace("{n}", str(repeat)) if isinstance(v, str) else v for k, v in raw.items()}
    person = event.get("by")
    role_project = raw.get("resource_id") if raw.get("resource_type") == "chat_project" else None
    product = raw.pop("product", "claude")
    own_account = account_key(product, f"user_{person}")
    known_there = any(link.account_key == own_account for link in facts.all_links)
    target: tuple[str | None, str | None] = ("project" if role_project else None, role_project)
    if "about" in event:
        target = "idp_user", f"user_{event['about']}"
    elif "thing" in event:
        target = str(event.get("thing_kind", "thing")), str(event["thing"]).replace("{n}", str(repeat))
    return Event(
        tenant=_TENANT, source=product, product=product, event_id=event_id, type=str(raw["type"]),
        family=str(raw.pop("family", "other")), account_key=own_account if known_there else _account(person),
        device_id=(raw.get("device") or {}).get("id"),
        occurred_at=_moment(day, str(event["at"])) + repeat * int(event.get("every", 20)) * 1_000_000,
        actor_kind="user_actor" if person else "system_actor", actor_id=f"user_{person}" if person else None,
        organization_id=raw.get("organization_uuid", "org-1"), chat_id=raw.get("claude_chat_id"),
        target_kind=target[0], target_id=target[1], outcome=raw.pop("outcome", "success"),
        project_id=raw.get("claude_project_id") or role_project, file_id=raw.get("claude_file_id"), ip=event.get("ip"),
        user_agent=event.get("client", _AGENT), raw=json.dumps(raw),
    )  # fmt: skip


def _moment(day: Micros, text: str) -> Micros:
    """`02:14:09` on the day, or a full time."""
    return parse_time(text) if "T" in text else parse_time(f"{day_of(day)}T{text}Z")


def _account(person: object) -> str | None:
    return f"claude:user_{person}" if person else None
