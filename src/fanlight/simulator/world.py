"""A company that never existed, as its vendors would show it at one moment.

`build_world` makes it; `World` answers what every endpoint would hold at `world.now`. Bodies are dicts in the
vendor's own wire shape (only here, inside the simulator); everything a server must filter or sort by stands
beside the body in typed fields. Times are microseconds UTC. Content (messages, files, transcripts) is written
when it is asked for, from the seed, so that a large world stays small.

A world is a pure function of (seed, size, first now) and of the moment asked about: `advance` in many steps or in one
gives the same rows. Only `record_access` (the traces of real requests) comes from outside.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from fanlight.model import DAY, HOUR, MINUTE, Micros
from fanlight.simulator.identifiers import stable_bytes, tagged_id
from fanlight.simulator.wire import wire_time

if TYPE_CHECKING:
    from fanlight.simulator.stage import Stage
    from fanlight.simulator.truth import Truth

__all__ = [
    "Activity",
    "FileContent",
    "Key",
    "KeyKind",
    "LogRow",
    "Place",
    "Row",
    "Size",
    "Wire",
    "World",
    "build_world",
]

Size = Literal["S", "M", "L"]
Wire = dict[str, Any]
KeyKind = Literal["compliance", "admin", "claude_api", "okta_token"]


@dataclass(slots=True)
class Row:
    """One listed object as it is at `world.now`: the body exactly as on the wire, and what lists filter and sort by."""

    id: str
    body: Wire
    created_at: Micros
    updated_at: Micros
    organization: str | None = None
    """Organization UUID."""
    user_id: str | None = None
    """Owner or creator, None where the vendor names none."""
    project_id: str | None = None


class Activity:
    """One row of the Activity Feed. Small in memory; `body()` renders the wire object."""

    __slots__ = ("_number", "_seed", "actor", "created_at", "extra", "organization", "type", "values", "visible_at")

    def __init__(
        self,
        seed: int,
        number: int,
        created_at: Micros,
        visible_at: Micros,
        type: str,
        organization: tuple[str, str] | None,
        actor: Mapping[str, Any],
        values: tuple[tuple[str, ...], tuple[Any, ...]],
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self._seed = seed
        self._number = number
        self.created_at = created_at
        self.visible_at = visible_at
        """When the feed first shows it (indexing lag; a few rows hours late)."""
        self.type = type
        self.organization = organization
        """(`org_…`, UUID), or None for sign-ins and Compliance API calls."""
        self.actor = actor
        self.values = values
        self.extra = extra

    @property
    def id(self) -> str:
        """`activity_…`, unique in the world."""
        return tagged_id("activity", self._seed, self._number)

    @property
    def organization_uuid(self) -> str | None:
        return self.organization[1] if self.organization else None

    def body(self) -> Wire:
        """The activity as on the wire; a new dict every time."""
        organization_id, organization_uuid = self.organization or (None, None)
        body: Wire = {
            "id": self.id,
            "created_at": wire_time(self.created_at),
            "organization_id": organization_id,
            "organization_uuid": organization_uuid,
            "actor": dict(self.actor),
            "type": self.type,
        }
        names, values = self.values
        body.update(zip(names, values, strict=True))
        if self.extra:
            body.update(self.extra)
        return body


@dataclass(slots=True)
class LogRow:
    """One Okta System Log event. Polling mode lists by `persisted_at`, bounded mode by `published`."""

    uuid: str
    published: Micros
    persisted_at: Micros
    event_type: str
    subject: Any
    """What the event is about; private to the simulator."""
    world: World

    def body(self) -> Wire:
        """The LogEvent as on the wire."""
        from fanlight.simulator.okta import render_log

        return render_log(self.world.stage, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A credential the fake vendors accept or refuse."""

    id: str
    secret: str
    kind: KeyKind
    name: str
    scopes: tuple[str, ...] = ()
    organization: str | None = None
    """UUID when restricted to one organization; None = the whole parent tree."""
    is_active: bool = True
    created_at: Micros = 0
    created_by: str | None = None
    expires_at: Micros | None = None
    listed: bool = True
    """Whether it stands in `api_keys` of the effective settings."""


@cache
def _analytics_key(seed: int, since: Micros) -> Key:
    secret = "-".join(("sk", "ant", "api01", stable_bytes("secret", seed, "analytics", size=36).hex()))
    return Key(
        id="", secret=secret, kind="compliance", name="analytics", scopes=("read:analytics",), created_at=since,
        listed=False,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One network of the address plan, for a city and an ASN database."""

    cidr: str
    country_code: str
    country: str
    city: str
    latitude: float
    longitude: float
    asn: int
    as_name: str
    network_kind: Literal["home", "office", "mobile", "vpn", "hosting"]
    timezone: str


@dataclass(frozen=True, slots=True)
class FileContent:
    """What a content endpoint streams."""

    file_name: str
    mime_type: str
    data: bytes


class World:
    """The company at `now`. Every method answers as of `now`; ids that do not exist (yet, or any more) give None."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.seed: int = stage.seed
        self.size: Size = stage.size
        self.start: Micros = stage.start
        self.version = 0
        """Grows whenever something visible may have changed: the key for a server's caches."""
        self._feed: list[Activity] = []
        self._log: list[LogRow] = []
        self._rows: dict[str, list[Row]] = {}
        self._access_count = 0
        self._now: Micros = 0
        self.advance(stage.first_now)

    # ------------------------------------------------------------------ time

    @property
    def now(self) -> Micros:
        return self._now

    def advance(self, to: Micros) -> int:
        """Move the clock to `to` (never back); gives the number of activities that became visible."""
        if to < self._now:
            return 0
        self.stage.perform_until(to)
        fresh = self.stage.release(to)
        self._now = to
        self.stage.now = to
        _merge(self._feed, fresh.activities, lambda row: (row.created_at, row.id))
        since, until = self.outage
        kept = [row for row in fresh.log if not since <= row.published < until]
        for subject in kept:
            subject.world = self
        _merge(self._log, kept, lambda row: (row.persisted_at, row.uuid))
        self._rows.clear()
        self.version += 1
        return len(fresh.activities)

    @property
    def outage(self) -> tuple[Micros, Micros]:
        """[from, to) in which Okta lost its log: the morning of a working day, more than a week before the first now.

        Nothing of that time is ever listed, so a collector can only say that it does not know.
        """
        day = self.stage.first_now // DAY - 9
        while (day + 3) % 7 > 3:  # days since Monday; Friday to Sunday are quieter
            day -= 1
        return day * DAY + 7 * HOUR + 50 * MINUTE, day * DAY + 13 * HOUR + 12 * MINUTE

    # ------------------------------------------------------------------ feed

    def feed(self) -> Sequence[Activity]:
        """Every visible activity by (created_at, id), oldest first. Do not change the list."""
        return self._feed

    def record_access(
        self,
        key_id: str,
        ip: str,
        user_agent: str,
        url: str,
        status: int,
        *,
        method: str = "GET",
        at: Micros | None = None,
    ) -> Activity:
        """Leave the `compliance_api_accessed` trace of one real request."""
        moment = self._now if at is None else at
        self._access_count += 1
        row = self.stage.access_row(self._access_count, moment, key_id, ip, user_agent, url, status, method)
        _merge(self._feed, [row], lambda item: (item.created_at, item.id))
        return row

    # ------------------------------------------------------------- directory

    def organizations(self) -> Sequence[Row]:
        """The linked organizations (two claude.ai, one Console), by creation."""
        return self._cached("organizations")

    def claude_organizations(self) -> tuple[str, ...]:
        """UUIDs of the claude.ai organizations; content endpoints serve only these."""
        return tuple(o.uuid for o in self.stage.company.organizations if o.kind == "claude")

    def console_organization(self) -> str:
        """UUID of the Console organization."""
        return next(o.uuid for o in self.stage.company.organizations if o.kind == "console")

    def users(self, organization: str) -> Sequence[Row] | None:
        """Current members of one organization by join date; None when it is not linked."""
        return self._of("users", organization)

    def roles(self, organization: str) -> Sequence[Row] | None:
        """Custom roles of one organization."""
        return self._of("roles", organization)

    def role_permissions(self, organization: str, role_id: str) -> Sequence[Wire] | None:
        from fanlight.simulator import directory

        return directory.role_permissions(self.stage, organization, role_id)

    def settings(self, organization: str) -> Wire | None:
        """Effective settings of one linked organization, with the keys of the parent."""
        from fanlight.simulator import directory

        return directory.settings(self.stage, organization)

    def groups(self) -> Sequence[Row]:
        """Groups of the parent."""
        return self._cached("groups")

    def group_members(self, group_id: str) -> Sequence[Wire] | None:
        from fanlight.simulator import directory

        return directory.group_members(self.stage, group_id)

    # --------------------------------------------------------------- content

    def projects(self) -> Sequence[Row]:
        """Projects by creation; bodies are list items."""
        return self._cached("projects")

    def project_detail(self, project_id: str) -> Wire | None:
        """A list item plus description, instructions, attachments_count, chats_count."""
        from fanlight.simulator import projects

        return projects.detail(self.stage, project_id)

    def attachments(self, project_id: str) -> Sequence[Wire] | None:
        """Files and documents of a project by (created_at, id)."""
        from fanlight.simulator import projects

        return projects.attachments(self.stage, project_id)

    def collaborators(self, project_id: str) -> Sequence[Wire] | None:
        """Role assignments of a project by granted_at; all four kinds occur."""
        from fanlight.simulator import projects

        return projects.collaborators(self.stage, project_id)

    def document(self, document_id: str) -> Wire | None:
        """A project document with its text."""
        from fanlight.simulator import projects

        return projects.document(self.stage, document_id)

    def document_metadata(self, document_id: str) -> Wire | None:
        from fanlight.simulator import projects

        return projects.document_metadata(self.stage, document_id)

    def chats(self) -> Sequence[Row]:
        """Chats by (created_at, id); deleted ones are listed with an empty name. Sort by `updated_at` yourself."""
        return self._cached("chats")

    def messages(self, chat_id: str) -> list[Wire] | None:
        """All messages of a chat, oldest first; emptied when the chat was deleted."""
        from fanlight.simulator import chats

        return chats.messages(self.stage, chat_id)

    def file_metadata(self, file_id: str) -> Wire | None:
        """Uploads to chats and files of projects; None once deleted."""
        from fanlight.simulator import chats

        return chats.file_metadata(self.stage, file_id)

    def file_content(self, file_id: str) -> FileContent | None:
        from fanlight.simulator import chats

        return chats.file_content(self.stage, file_id)

    def generated_file_metadata(self, file_id: str) -> Wire | None:
        from fanlight.simulator import chats

        return chats.generated_metadata(self.stage, file_id)

    def generated_file_content(self, file_id: str) -> FileContent | None:
        from fanlight.simulator import chats

        return chats.generated_content(self.stage, file_id)

    def artifact_metadata(self, version_id: str) -> Wire | None:
        from fanlight.simulator import chats

        return chats.artifact_metadata(self.stage, version_id)

    def artifact_content(self, version_id: str) -> Wire | str | None:
        """`{content, title, artifact_type}`, or the text alone."""
        from fanlight.simulator import chats

        return chats.artifact_content(self.stage, version_id)

    def code_artifacts(self) -> Sequence[Row]:
        """Code artifacts by id."""
        return self._cached("code_artifacts")

    def code_artifact_content(self, artifact_id: str, version_id: str) -> FileContent | None:
        from fanlight.simulator import sessions

        return sessions.code_artifact_content(self.stage, artifact_id, version_id)

    def local_sessions(self) -> Sequence[Row]:
        """Local sessions by created_at, newest first."""
        return self._cached("local_sessions")

    def local_session_messages(self, session_id: str) -> list[Wire] | None:
        from fanlight.simulator import sessions

        return sessions.local_messages(self.stage, session_id)

    def remote_sessions(self) -> Sequence[Row]:
        """Remote sessions by created_at, newest first."""
        return self._cached("remote_sessions")

    def remote_session_messages(self, session_id: str) -> list[Wire] | None:
        """None for pending and unknown sessions."""
        from fanlight.simulator import sessions

        return sessions.remote_messages(self.stage, session_id)

    # ------------------------------------------------------- keys and Console

    def keys(self) -> Sequence[Key]:
        """Every credential the fake vendors know, good and bad. The one for Analytics is on no list of keys."""
        return [*self.stage.company.keys, _analytics_key(self.seed, self.start)]

    def key(self, name: str) -> Key:
        """A credential by its name: `parent`, `one-organization`, `no-scopes`, `deactivated`, `expired`,
        `foreign-siem`,
        `admin`, `claude-api`, `okta`, `analytics`. Raises `KeyError`."""
        for key in self.keys():
            if key.name == name:
                return key
        raise KeyError(name)

    def console_api_keys(self) -> Sequence[Row]:
        """Claude API keys of the Console organization (Admin API `api_keys`)."""
        return self._cached("console_api_keys")

    def console_users(self) -> Sequence[Row]:
        """Members of the Console organization (Admin API `users`)."""
        return self._cached("console_users")

    def console_workspaces(self) -> Sequence[Row]:
        return self._cached("console_workspaces")

    def console_workspace_members(self, workspace_id: str) -> Sequence[Wire] | None:
        from fanlight.simulator import console

        return console.workspace_members(self.stage, workspace_id)

    def console_service_accounts(self) -> Sequence[Row]:
        return self._cached("console_service_accounts")

    def usage_buckets(self, starting_at: Micros, ending_at: Micros) -> list[Wire]:
        """Daily buckets of `usage_report/messages` grouped by `api_key_id`, oldest first."""
        from fanlight.simulator import console

        return console.usage_buckets(self.stage, starting_at, ending_at)

    def analytics_users(self, first_day: str, last_day: str) -> list[Wire]:
        """Per-user rows of the Analytics API for whole days `YYYY-MM-DD`, inclusive."""
        from fanlight.simulator import console

        return console.analytics_users(self.stage, self._feed, first_day, last_day)

    def analytics_connectors(self, first_day: str, last_day: str, *, by_user: bool) -> list[Wire]:
        """Rows of the Analytics API about the use of connectors in whole days `YYYY-MM-DD`, inclusive."""
        from fanlight.simulator import console

        return console.analytics_connectors(self.stage, first_day, last_day, by_user=by_user)

    # ------------------------------------------------------------------ Okta

    def okta_users(self) -> Sequence[Row]:
        return self._cached("okta_users")

    def okta_groups(self) -> Sequence[Row]:
        return self._cached("okta_groups")

    def okta_group_members(self, group_id: str) -> Sequence[Row] | None:
        return self._of("okta_group_members", group_id)

    def okta_apps(self) -> Sequence[Row]:
        """The Claude app first, then others."""
        return self._cached("okta_apps")

    def okta_app_users(self, app_id: str) -> Sequence[Row] | None:
        return self._of("okta_app_users", app_id)

    def okta_app_groups(self, app_id: str) -> Sequence[Row] | None:
        return self._of("okta_app_groups", app_id)

    def okta_log(self) -> Sequence[LogRow]:
        """System Log in order of persistence, as of now. Do not change the list."""
        return self._log

    # ----------------------------------------------------------- surroundings

    def places(self) -> Sequence[Place]:
        """The address plan: every network that occurs."""
        return self.stage.company.places

    @property
    def truth(self) -> Truth:
        """What really happened and what was really planted. Only tests and `simulate --truth` read it."""
        return self.stage.truth

    # --------------------------------------------------------------- private

    def _cached(self, name: str) -> list[Row]:
        rows = self._rows.get(name)
        if rows is None:
            from fanlight.simulator.listing import LISTS

            rows = self._rows[name] = LISTS[name](self.stage)
        return rows

    def _of(self, name: str, owner: str) -> list[Row] | None:
        key = f"{name}/{owner}"
        rows = self._rows.get(key)
        if rows is None:
            from fanlight.simulator.listing import LISTS_OF

            found = LISTS_OF[name](self.stage, owner)
            if found is None:
                return None
            rows = self._rows[key] = found
        return rows


def _merge(rows: list[Any], fresh: list[Any], key: Any) -> None:
    """Add sorted newcomers to a sorted list; usually they all belong at the end."""
    from bisect import insort

    if not fresh:
        return
    fresh.sort(key=key)
    if not rows or key(rows[-1]) <= key(fresh[0]):
        rows.extend(fresh)
    elif len(fresh) > 64:
        rows.extend(fresh)
        rows.sort(key=key)
    else:
        for row in fresh:
            insort(rows, row, key=key)


def build_world(*, seed: int = 1, size: Size = "S", now: Micros, crossing: bool = False) -> World:
    """Make a company with 120 days of history that ends at `now`; `crossing` adds stories that several sources tell."""
    from fanlight.simulator.stage import Stage

    collecting = gc.isenabled()
    gc.disable()  # a million small objects that all stay: searching them for rubbish takes a third of the time
    try:
        return World(Stage(seed=seed, size=size, now=now, crossing=crossing))
    finally:
        if collecting:
            gc.enable()
