"""The company's own records: people, projects, chats and what hangs on them, with their whole history.

A state that changes is a list of (since, value); `value_at` reads it. So "now" is a parameter, and a world can be
asked about any moment it has reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from fanlight.model import Micros
from fanlight.simulator.geography import Country, Spot

__all__ = [
    "ArtifactRecord",
    "Chat",
    "CodeArtifact",
    "Collaborator",
    "Device",
    "Document",
    "FileRecord",
    "Group",
    "Membership",
    "Organization",
    "Person",
    "Project",
    "RoleRecord",
    "Session",
    "Tier",
    "value_at",
]

T = TypeVar("T")

#: How sensitive the planted content is. `low` holds hard negatives and single harmless items only.
Tier = Literal["none", "low", "moderate", "high"]


def value_at(history: Sequence[tuple[Micros, T]], at: Micros) -> T | None:
    """The newest value that began at or before `at`."""
    found: T | None = None
    for since, value in history:
        if since > at:
            break
        found = value
    return found


@dataclass(frozen=True, slots=True)
class Organization:
    uuid: str
    org_id: str
    name: str
    created_at: Micros
    kind: Literal["claude", "console"]

    @property
    def pair(self) -> tuple[str, str]:
        """(`org_…`, UUID) as activities carry it."""
        return self.org_id, self.uuid


@dataclass(slots=True)
class Device:
    """A client somebody uses: the user agent before and after the company-wide update."""

    kind: Literal["browser", "desktop", "mobile", "cli"]
    before: str
    after: str
    since: Micros = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Person:
    index: int
    first: str
    last: str
    email: str
    """As Claude knows the account."""
    user_id: str
    okta_id: str | None
    okta_login: str | None
    department: str
    country: Country
    home: Spot
    home_ip: str
    second_ip: str | None = None
    """IPv6 at home, where there is one."""
    mobile_ips: tuple[str, ...] = ()
    office_days: int = 0b00000
    """Bit per weekday spent in the office."""
    vpn: bool = False
    night_owl: bool = False
    part_time: int = 0
    """Bit per weekday off."""
    start_hour: float = 9.0
    rate: float = 0.7
    joined_at: Micros = 0
    left_at: Micros | None = None
    moved_at: Micros | None = None
    moved_from: str | None = None
    organizations: dict[str, str] = field(default_factory=dict)
    """UUID -> built-in role."""
    devices: list[Device] = field(default_factory=list)
    projects: list[int] = field(default_factory=list)
    api_user: bool = False
    careful: bool = False
    """Works in sensitive projects: keeps to own hours and places in the last fortnight."""
    cast: bool = False
    """Plays in a story or a twin."""
    kind: Literal["employee", "contractor", "shared_mailbox"] = "employee"
    employee_number: str = ""
    dormant_since: Micros | None = None
    """Does nothing any more, though still a member."""
    okta_status: list[tuple[Micros, str]] = field(default_factory=list)
    recent: list[int] = field(default_factory=list)
    """Numbers of own recent chats."""
    trip: tuple[str, Spot] | None = None
    away: set[int] = field(default_factory=set)
    """Days (since 1970) on which somebody does by habit nothing at all, so that only a story does."""
    role_changes: list[tuple[Micros, str, str | None]] = field(default_factory=list)
    """(since, organization UUID, built-in role or None), oldest first."""

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip()

    def works_at(self, at: Micros) -> bool:
        return self.joined_at <= at and (self.left_at is None or at < self.left_at)


@dataclass(slots=True)
class Membership:
    person: int
    since: Micros
    until: Micros | None = None


@dataclass(slots=True)
class Group:
    id: str
    name: str
    description: str
    source_type: Literal["direct", "scim"]
    roles: tuple[str, ...]
    created_at: Micros
    members: list[Membership] = field(default_factory=list)
    okta_id: str | None = None


@dataclass(frozen=True, slots=True)
class RoleRecord:
    id: str
    organization: str
    name: str
    description: str
    created_at: Micros | None
    permissions: tuple[tuple[str, str, str], ...]
    """(action, resource_type, resource_id)."""


@dataclass(slots=True)
class Collaborator:
    kind: Literal["user", "group", "organization", "organization_role"]
    principal: str | None
    role: Literal["owner", "admin", "editor", "viewer"]
    granted_at: Micros
    revoked_at: Micros | None = None


@dataclass(slots=True)
class FileRecord:
    """An upload, a project file or a generated file. Its bytes are made from `number`."""

    number: int
    id: str
    created_at: Micros
    suffix: str
    tier: Tier
    recipes: tuple[str, ...]
    chat: int | None = None
    turn: int = 0
    project: int | None = None
    deleted_at: Micros | None = None


@dataclass(slots=True)
class ArtifactRecord:
    number: int
    id: str
    version_id: str
    created_at: Micros
    chat: int
    turn: int
    tier: Tier
    recipes: tuple[str, ...]
    kind: str


@dataclass(slots=True)
class Document:
    number: int
    id: str
    project: int
    created_at: Micros
    author: int | None
    tier: Tier
    recipes: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Chat:
    number: int
    id: str
    organization: str
    owner: int
    created_at: Micros
    projects: list[tuple[Micros, int | None]]
    tier: Tier
    recipes: tuple[str, ...]
    language: str
    turns: list[Micros] = field(default_factory=list)
    planted_turn: int = 0
    tools: bool = False
    server: tuple[str, str, str] | None = None
    """Label, address and tool of the server whose tools it uses; None for one of the usual ones."""
    deleted_at: Micros | None = None
    files: list[FileRecord] = field(default_factory=list)
    generated: list[FileRecord] = field(default_factory=list)
    artifacts: list[ArtifactRecord] = field(default_factory=list)

    def project_at(self, at: Micros) -> int | None:
        return value_at(self.projects, at)


@dataclass(slots=True, eq=False)
class Project:
    number: int
    id: str
    organization: str
    name: str
    department: str
    creator: int | None
    creator_left: bool
    created_at: Micros
    private: list[tuple[Micros, bool]]
    tier: Tier
    theme: str
    collaborators: list[Collaborator] = field(default_factory=list)
    members: list[int] = field(default_factory=list)
    chats: list[int] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    reserved: bool = False
    """Kept quiet: only stories and chosen members touch it."""
    deleted_at: Micros | None = None
    updated: list[Micros] = field(default_factory=list)


@dataclass(slots=True)
class CodeArtifact:
    number: int
    id: str
    organization: str
    owner: int | None
    read_mode: str
    versions: list[tuple[str, Micros, str]]
    tier: Tier
    recipes: tuple[str, ...]
    kind: str | None = None


@dataclass(slots=True)
class Session:
    """A local or a remote session."""

    number: int
    id: str
    organization: str
    owner: int | None
    agent: str | None
    surface: str
    created_at: Micros
    turns: list[Micros]
    tier: Tier
    recipes: tuple[str, ...]
    project: int | None = None
    status: str = "active"
    workspace: str | None = None
