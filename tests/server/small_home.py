"""A small true installation: two people, a project, a chat with labels, three months of habits, one finding."""

from __future__ import annotations

from pathlib import Path

import orjson

from fanlight.model import (
    DAY,
    HOUR,
    MINUTE,
    Entity,
    Event,
    Evidence,
    Finding,
    Grant,
    Link,
    Match,
    Micros,
    ObjectVersion,
    Reading,
    Severity,
    Why,
    parse_time,
)
from fanlight.pipeline.collect import commit_events
from fanlight.pipeline.home import Home, open_home
from fanlight.state.findings import StoredFinding, put_finding

NOW = parse_time("2026-05-07T12:00:00Z")
ANCHOR = NOW - 3 * HOUR
ORGANIZATION = "11111111-0000-4000-8000-000000000001"
TENANT = "default"
HOME_IP, AWAY_IP = "192.0.2.10", "203.0.113.9"


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self, at: Micros = NOW) -> None:
        self.at = at

    def now(self) -> Micros:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += int(seconds * 1_000_000)


def _object(kind: str, object_id: str, product: str = "claude", **more: object) -> ObjectVersion:
    attributes = orjson.dumps(more.pop("attributes", {})).decode()
    return ObjectVersion(
        tenant=TENANT, source=product, product=product, kind=kind, object_id=object_id, valid_from=NOW - 100 * DAY,
        seen_at=NOW - 100 * DAY, attributes=attributes, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _grant(principal: tuple[str, str], resource: tuple[str, str], level: str, via: str) -> Grant:
    return Grant(
        tenant=TENANT, source="claude", product="claude", principal_kind=principal[0], principal_id=principal[1],
        resource_kind=resource[0], resource_id=resource[1], level=level, via=via,  # type: ignore[arg-type]
        grant_id="|".join((*principal, *resource, level)), valid_from=NOW - 100 * DAY, seen_at=NOW - 100 * DAY,
    )  # fmt: skip


def person(user: str, name: str, email: str) -> list[ObjectVersion]:
    okta = {"email": email, "department": "Finance", "status": "ACTIVE"}
    return [
        _object("idp_user", f"00u{user}", "okta", name=name, attributes=okta),
        _object("user", f"user_{user}", name=name, organization_id=ORGANIZATION,
                attributes={"email": email, "organization_role": "user"}),
    ]  # fmt: skip


def _match(category: str, type_: str, mask: str, count: int) -> Match:
    return Match(
        tenant=TENANT, source="claude", object_kind="chat", object_id="claude_chat_1", part_id="m6",
        part_kind="message", role="user", at=NOW - 10 * DAY, category=category, type=type_, count=count,
        confidence=0.97, band="high", recognizer=type_.lower(), recognizer_version=2, evidence=mask,
        chat_id="claude_chat_1", project_id="claude_proj_1", owner_account="claude:user_jane",
        organization_id=ORGANIZATION, read_at=NOW - 9 * DAY,
    )  # fmt: skip


def event(number: int, at: Micros, ip: str, type_: str, family: str, user: str = "jane") -> Event:
    """One event of a Claude user."""
    view = family == "content_view"
    return Event(
        tenant=TENANT, source="claude", product="claude", event_id=f"e{number}", type=type_, family=family,
        occurred_at=at, ingested_at=at + MINUTE, account_key=f"claude:user_{user}", actor_email=f"{user}@example.com",
        organization_id=ORGANIZATION, ip=ip, user_agent="Mozilla/5.0",
        chat_id="claude_chat_1" if view else None, project_id="claude_proj_1" if view else None,
    )  # fmt: skip


def finding(number: int = 1, severity: Severity = "high", **more: object) -> Finding:
    """A finding about Jane's chat."""
    values: dict[str, object] = {
        "tenant": TENANT, "id": f"f_{number:024x}", "rule": "sensitive_chat_new_place", "rule_version": "7",
        "title": "Sensitive chat viewed from a place Jane Doe never used", "severity": severity, "at": ANCHOR,
        "identity_id": "idn_jane", "identity_email": "jane@example.com", "group_key": "idn_jane",
        "sentence": "At 09:00:00 on Thursday 7 May (UTC) Jane Doe's account opened a chat with PII.",
        "events": ("e9001",), "runbook": ("Ask by phone.", "Revoke the session."),
        "entities": (
            Entity(kind="identity", id="idn_jane", name="Jane Doe"), Entity(kind="chat", id="claude_chat_1"),
            Entity(kind="project", id="claude_proj_1", name="Q2 close"),
        ),
        "why": (
            Why(fact="network", observed="203.0.113.0/24", usual="192.0.2.0/24 100 %", weight=5.1),
            Why(fact="all together", observed="expected once in 2,900", usual="reported from 6.9 nats"),
        ),
        "evidence": (
            Evidence(at=ANCHOR - 40 * DAY, kind="baseline", source="Fanlight", text="Usual of Jane Doe"),
            Evidence(at=ANCHOR - HOUR, kind="gap", source="Okta", text="No records.", mark="gap", until=ANCHOR),
            Evidence(at=ANCHOR, kind="event", source="Claude", text="Viewed a chat (PII)", event_id="e9001",
                     ip=AWAY_IP, mark="anchor", object_kind="chat", object_id="claude_chat_1"),
        ),
    }  # fmt: skip
    return Finding(**{**values, **more})  # type: ignore[arg-type]


def keep(home: Home, *findings: Finding, created_at: Micros = NOW - HOUR) -> None:
    """Store open findings."""
    with home.state.tick() as tick:
        for each in findings:
            put_finding(tick, StoredFinding(finding=each, status="open", created_at=created_at))


def make_home(path: Path, clock: HandClock) -> Home:
    """The installation, through the real store."""
    home = open_home(path, clock=clock)
    objects = [
        _object("organization", ORGANIZATION, name="Example Instruments"),
        *person("jane", "Jane Doe", "jane@example.com"),
        *person("max", "Max Roe", "max@example.com"),
        _object("project", "claude_proj_1", name="Q2 close", organization_id=ORGANIZATION,
                owner_account="claude:user_max", created_at=NOW - 90 * DAY, attributes={"is_private": True}),
        _object("chat", "claude_chat_1", organization_id=ORGANIZATION, parent_kind="project",
                parent_id="claude_proj_1", owner_account="claude:user_jane", created_at=NOW - 10 * DAY),
    ]  # fmt: skip
    grants = [
        _grant(("user", "user_jane"), ("organization", ORGANIZATION), "user", "user"),
        _grant(("user", "user_max"), ("organization", ORGANIZATION), "owner", "user"),
        _grant(("user", "user_max"), ("project", "claude_proj_1"), "owner", "creator"),
        _grant(("user", "user_jane"), ("project", "claude_proj_1"), "editor", "user"),
    ]
    links = [
        Link(tenant=TENANT, account_key=key, identity_id=f"idn_{user}", method="verified_email", confidence=0.97,
             reason="verified e-mail in an owned domain", valid_from=NOW - 100 * DAY, seen_at=NOW - 100 * DAY)
        for user in ("jane", "max")
        for key in (f"claude:user_{user}", f"okta:00u{user}")
    ]  # fmt: skip
    matches = [_match("PII", "IBAN", "DE·· 4 groups", 6), _match("SECRET", "CLOUD_ACCESS_KEY", "AKIA + 16", 1)]
    reading = Reading(
        tenant=TENANT, source="claude", object_kind="chat", object_id="claude_chat_1", outcome="read", parts=14,
        messages=14, read_at=NOW - 9 * DAY,
    )  # fmt: skip
    segments = [s for rows in (objects, grants, links, matches, [reading]) for s in home.lake.stage(rows)]
    with home.state.tick() as tick:
        tick.add_segments(segments)
    events = []
    for day in range(1, 60):
        morning = NOW - NOW % DAY - day * DAY + 8 * HOUR
        if (NOW // DAY - day + 3) % 7 < 5:  # 1 January 1970 was a Thursday
            events.append(event(day * 10, morning, HOME_IP, "claude_chat_viewed", "content_view"))
            events.append(event(day * 10 + 1, morning + HOUR, HOME_IP, "claude_chat_created", "content_change"))
    events.append(event(9001, ANCHOR, AWAY_IP, "claude_chat_viewed", "content_view"))
    lease = home.state.take_lease("test")
    commit_events(home, lease, "claude", "feed", events, "c1", caught_up=True)
    home.state.release(lease)
    keep(home, finding())
    return home
