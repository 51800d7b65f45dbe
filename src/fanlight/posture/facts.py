"""Everything the posture questions are asked of, read once, and the words they answer in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

import orjson
import pyarrow as pa

from fanlight.access import AccessGraph
from fanlight.access.sharing import audience_after
from fanlight.access.store import sensitivities
from fanlight.enrich.localtime import local_time
from fanlight.identity.addresses import normal_address
from fanlight.labels.sensitivity import weights_of
from fanlight.model import (
    DAY,
    SENSITIVITY_ORDER,
    Entity,
    Grant,
    Link,
    Match,
    Micros,
    ObjectVersion,
    PostureResult,
    Reading,
    Sensitivity,
    Severity,
    account_key,
    parse_time,
)
from fanlight.state.company import CompanySettings

__all__ = [
    "ELEVATED_ROLES",
    "Check",
    "PostureFacts",
    "PostureThresholds",
    "attributes_of",
    "day_words",
    "fail",
    "leavers_of",
    "load_facts",
    "owner_key",
    "passed",
    "plural",
    "unknown",
]

Row = TypeVar("Row")

#: Built-in organization roles that can change the organization or its people (our definition).
ELEVATED_ROLES = frozenset({"primary_owner", "owner", "admin", "membership_admin"})

_INVENTORY = (
    "organization", "user", "project", "role", "group", "settings", "workspace", "idp_user", "service_account",
    "api_key", "admin_api_key", "compliance_key", "service_key", "analytics_key",
    "user_activity",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One posture question."""

    name: str
    title: str
    severity: Severity
    """Of a failure, unless the answer says otherwise."""
    question: str
    advice: str
    """What to do about a failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostureThresholds:
    """Where the questions draw their lines."""

    stale_key_days: int = 90
    inactive_days: int = 45
    weakened_days: int = 90
    """How far back a widening of a project still counts as recent."""
    broad_people: int = 50
    """From this many people a sensitive project counts as broadly shared."""
    broad_share: float = 0.25
    """Or from this share of the organization's members, if these are at least ten people."""


@dataclass(frozen=True, kw_only=True)
class PostureFacts:
    """The state of a company at one moment, for pure judging."""

    tenant: str
    at: Micros
    objects: Sequence[ObjectVersion]
    """Every version of organizations, accounts, keys, projects, roles, groups and settings."""
    grants: Sequence[Grant]
    """Current grants."""
    links: Sequence[Link]
    """Current links."""
    graph: AccessGraph
    sensitivity: Mapping[tuple[str, str], Sensitivity] = field(default_factory=dict)
    last_activity: Mapping[str, Micros] = field(default_factory=dict)
    """Newest event by account key, keys included."""
    last_entry: Mapping[str, Micros] = field(default_factory=dict)
    """Newest own doing, without traffic of tools that read in its name: events, and the vendor's own daily report."""
    report_since: Micros | None = None
    """First day that the vendor's report of daily activity covers; None where it is not read."""
    feed_since: Micros | None = None
    """Time of the oldest Claude event that is known; None without any."""
    read_projects: frozenset[str] = frozenset()
    """Projects in which at least one thing was read."""
    unread_projects: frozenset[str] = frozenset()
    """Projects with things that were not read yet, or could not be."""
    leavers: Mapping[str, Micros] = field(default_factory=dict)
    """End of the last day by normal e-mail, as the operator said."""
    sharing: Sequence[tuple[str, Micros, str, str]] = ()
    """(project, time, actor account, audience after it) of every change of a project's openness."""
    thresholds: PostureThresholds = field(default_factory=PostureThresholds)

    @cached_property
    def current(self) -> Mapping[str, Sequence[ObjectVersion]]:
        """Newest version of every object, by kind; removed ones are left out."""
        newest: dict[tuple[str, str, str, str], ObjectVersion] = {}
        for version in sorted(self.objects, key=lambda v: (v.seen_at, v.valid_from)):
            newest[version.product, version.kind, version.organization_id or "", version.object_id] = version
        by_kind: dict[str, list[ObjectVersion]] = defaultdict(list)
        for version in newest.values():
            if not version.removed and (version.deleted_at is None or version.deleted_at > self.at):
                by_kind[version.kind].append(version)
        return by_kind

    @cached_property
    def history(self) -> Mapping[tuple[str, str], Sequence[ObjectVersion]]:
        """All versions of an object, oldest first, by (kind, id)."""
        versions: dict[tuple[str, str], list[ObjectVersion]] = defaultdict(list)
        for version in sorted(self.objects, key=lambda v: (v.valid_from, v.seen_at)):
            versions[version.kind, version.object_id].append(version)
        return versions

    @cached_property
    def identity_by_account(self) -> Mapping[str, str]:
        """Who stands behind each account now."""
        return {link.account_key: link.identity_id for link in self.links if link.valid_to is None}

    @cached_property
    def shared_mailboxes(self) -> frozenset[str]:
        """Accounts that sign in with a mailbox of several people."""
        return frozenset(
            link.account_key for link in self.links if link.valid_to is None and link.method == "shared_mailbox"
        )

    @cached_property
    def accounts_by_identity(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for key, identity in sorted(self.identity_by_account.items()):
            found[identity].append(key)
        return found

    @cached_property
    def grants_by_project(self) -> Mapping[str, Sequence[Grant]]:
        found: dict[str, list[Grant]] = defaultdict(list)
        for grant in self.grants:
            if grant.resource_kind == "project":
                found[grant.resource_id].append(grant)
        return found

    def projects(self) -> Iterable[ObjectVersion]:
        """Projects that exist, by name."""
        return sorted(self.current.get("project", ()), key=lambda p: (p.name or "", p.object_id))

    def project_sensitivity(self, project: str) -> Sensitivity:
        return self.sensitivity.get(("project", project), "none")

    def is_sensitive(self, project: str) -> bool:
        """Moderate or above."""
        return SENSITIVITY_ORDER[self.project_sensitivity(project)] >= SENSITIVITY_ORDER["moderate"]

    def has_directory(self) -> bool:
        """Whether any identity provider is, or was, connected."""
        return any(kind == "idp_user" for kind, _ in self.history)

    def name_of(self, key: str) -> str:
        """A person's or account's name for a sentence."""
        return self.graph.label("account", key) or key.partition(":")[2]

    def person_behind(self, key: str) -> tuple[Entity, ...]:
        """The identity of an account, as an entity beside it; empty while it is not resolved."""
        identity = self.identity_by_account.get(key)
        if identity is None:
            return ()
        name = self.graph.identity_name(identity) if self.graph.is_known(identity) else ""
        return (Entity(kind="identity", id=identity, name=name),)

    def days_of_feed(self) -> int:
        """How many days back the activity feed is known."""
        return 0 if self.feed_since is None else int((self.at - self.feed_since) // DAY)

    def days_of_activity(self) -> int:
        """How many days back people's activity is known, by the feed or by the vendor's report."""
        reported = 0 if self.report_since is None else int((self.at - self.report_since) // DAY)
        return max(self.days_of_feed(), reported)


def attributes_of(version: ObjectVersion) -> Mapping[str, Any]:
    """The vendor's metadata of an object."""
    loaded = orjson.loads(version.attributes or "{}")
    return loaded if isinstance(loaded, dict) else {}


def fail(
    facts: PostureFacts,
    check: Check,
    entity: Entity,
    sentence: str,
    severity: Severity | None = None,
    beside: Sequence[Entity] = (),
) -> PostureResult:
    """One failing entity: what is wrong with it, and what to do. `beside` are other names of the same thing."""
    return _result(facts, check, "fail", f"{sentence} {check.advice}", severity or check.severity, (entity, *beside))


def passed(facts: PostureFacts, check: Check, sentence: str) -> PostureResult:
    """Nothing found, with how much was looked at."""
    return _result(facts, check, "pass", sentence, "info", ())


def unknown(facts: PostureFacts, check: Check, sentence: str) -> PostureResult:
    """Could not be told: why, and what would change that."""
    return _result(facts, check, "unknown", sentence, check.severity, ())


def _result(
    facts: PostureFacts, check: Check, status: Any, sentence: str, severity: Severity, entities: tuple[Entity, ...]
) -> PostureResult:
    return PostureResult(
        tenant=facts.tenant,
        check=check.name,
        status=status,
        severity=severity,
        title=check.title,
        sentence=sentence,
        entities=entities,
        at=facts.at,
    )


def day_words(at: Micros) -> str:
    """`7 May 2026`, in UTC: the day as people write it."""
    local = local_time(at, "UTC")
    return f"{local.day} {local.strftime('%b %Y')}"


def plural(count: int, word: str) -> str:
    """`1 project`, `1,204 projects`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


class _Store(Protocol):
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table: ...

    def rows(
        self, row: type[Row], where: str = "", parameters: Sequence[Any] = (), *, now: bool = False
    ) -> list[Row]: ...


_ACTIVITY = """
    SELECT account_key, max(occurred_at) AS last,
           max(occurred_at) FILTER (WHERE family NOT IN ('api_use', 'monitoring', 'admin_read')) AS own
    FROM events WHERE account_key IS NOT NULL GROUP BY account_key
    """
_SHARING = """
    SELECT project_id, occurred_at, account_key, raw FROM events
    WHERE type = 'claude_project_sharing_updated' AND project_id IS NOT NULL ORDER BY occurred_at, event_id
    """
_FEED = "SELECT min(occurred_at) AS first FROM events WHERE product = 'claude'"


def load_facts(
    reader: _Store,
    tenant: str,
    at: Micros,
    *,
    leavers: Mapping[str, Micros] | None = None,
    thresholds: PostureThresholds | None = None,
) -> PostureFacts:
    """Read what the checks need from the store, as of now."""
    marks = ", ".join("?" for _ in _INVENTORY)
    matches = reader.rows(Match, now=True)
    levels = sensitivities(matches, weights_of(reader))
    activity = reader.query(_ACTIVITY).to_pylist()
    own = {row["account_key"]: row["own"] for row in activity if row["own"] is not None}
    objects = reader.rows(ObjectVersion, f"kind IN ({marks})", list(_INVENTORY))
    report_since = _take_report(objects, own)
    projects = _projects_of_things(reader)
    read, unread = _read_projects(reader.rows(Reading, now=True), projects)
    return PostureFacts(
        tenant=tenant,
        at=at,
        objects=objects,
        grants=reader.rows(Grant, now=True),
        links=reader.rows(Link, now=True),
        graph=AccessGraph.load(reader, at, levels),
        sensitivity=levels,
        last_activity={row["account_key"]: row["last"] for row in activity},
        last_entry=own,
        report_since=report_since,
        feed_since=reader.query(_FEED)["first"][0].as_py(),
        read_projects=read,
        unread_projects=unread,
        leavers=leavers or {},
        sharing=[
            (row["project_id"], row["occurred_at"], row["account_key"] or "", audience_after(row["raw"]))
            for row in reader.query(_SHARING).to_pylist()
        ],
        thresholds=thresholds or PostureThresholds(),
    )


def _take_report(objects: Iterable[ObjectVersion], last: dict[str, Micros]) -> Micros | None:
    """Add the last active days of the vendor's report to `last`; returns the first day that the report covers."""
    since: Micros | None = None
    for version in objects:
        if version.kind == "user_activity":
            known = attributes_of(version)
            key = version.owner_account or account_key(version.product, version.object_id)
            day, covered = known.get("last_activity_date"), known.get("known_from")
            if isinstance(day, str):
                last[key] = max(last.get(key, 0), parse_time(day[:10]))
            if isinstance(covered, str):
                since = min(since or parse_time(covered[:10]), parse_time(covered[:10]))
    return since


def _projects_of_things(reader: _Store) -> dict[tuple[str, str], str]:
    """Project of every chat and file that lies in one, directly or through its chat."""
    table = reader.query(
        """
        SELECT o.kind, o.object_id, coalesce(c.parent_id, o.parent_id) AS project FROM objects_now o
        LEFT JOIN objects_now c ON o.parent_kind = 'chat' AND c.kind = 'chat' AND c.object_id = o.parent_id
        WHERE NOT o.removed AND (o.parent_kind = 'project' OR c.parent_kind = 'project')
        """
    )
    return {(row["kind"], row["object_id"]): row["project"] for row in table.to_pylist()}


def _read_projects(
    readings: Iterable[Reading], projects: Mapping[tuple[str, str], str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Projects with something read, and projects with something not read."""
    done = {(row.object_kind, row.object_id) for row in readings if row.outcome in ("read", "partly_read", "gone")}
    own = {key for kind, key in done if kind == "project"}
    read = {project for thing, project in projects.items() if thing in done}
    unread = {project for thing, project in projects.items() if thing not in done}
    return frozenset(read | own), frozenset(unread)


def owner_key(version: ObjectVersion) -> str | None:
    """The account that made a key, as far as the vendor names it."""
    if version.owner_account:
        return version.owner_account
    known = attributes_of(version)
    for name in ("created_by_id", "created_by", "principal"):
        value = known.get(name)
        if isinstance(value, Mapping):
            value = value.get("id")
        if isinstance(value, str) and value:
            return account_key(version.product, value)
    return None


def leavers_of(company: CompanySettings) -> dict[str, Micros]:
    """Normal e-mail → end of the last day (UTC), of the people the operator named as leaving."""
    found: dict[str, Micros] = {}
    for leaver in company.leavers:
        address = normal_address(leaver.email)
        try:
            last = parse_time(leaver.last_day)
        except ValueError:
            continue
        if address is not None:
            found[address] = last + DAY
    return found
