"""What really happened: only tests and the printing of the truth read it. No product code does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from fanlight.model import Micros
from fanlight.model.times import DAY
from fanlight.simulator.records import Chat, Document, FileRecord, Person, Project, Tier, value_at
from fanlight.simulator.sensitive import Planted

if TYPE_CHECKING:
    from fanlight.simulator.stage import Stage

__all__ = ["RULES", "Identity", "Reach", "Story", "StoryKind", "Truth"]

StoryKind = Literal["attack", "twin", "false_positive", "undecidable", "noise"]

#: The nine stories by the name of the rule that should find them.
RULES = (
    "sensitive_chat_new_place",
    "off_hours_sensitive_project",
    "first_api_key",
    "bulk_file_views",
    "project_escalation",
    "sso_disabled",
    "privacy_weakened",
    "sensitive_chat_moved",
    "sensitive_entry_abroad",
)
_ORDER: dict[Tier, int] = {"none": 0, "low": 1, "moderate": 2, "high": 3}


@dataclass(slots=True, kw_only=True)
class Story:
    """An attack, its benign twin, or something that only looks like one."""

    name: str
    rule: str
    kind: StoryKind
    user_id: str
    email: str
    at: Micros
    deciding_fact: str
    activities: list[str] = field(default_factory=list)
    """Ids of the rows a finding should (or, for a twin, must not) stand on."""
    context: list[str] = field(default_factory=list)
    """Ids of rows that belong to it without deciding (sign-ins, ordinary views)."""
    chats: list[str] = field(default_factory=list)
    projects: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    organizations: list[str] = field(default_factory=list)
    detail: str = ""
    sources: tuple[str, ...] = ()
    """For a story that crosses sources: the products whose events a finding must stand on; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One person (or mailbox) and every account that is really theirs."""

    name: str
    kind: str
    accounts: tuple[tuple[str, str], ...]
    """(product, native id)."""
    emails: tuple[str, ...]
    peculiarity: str
    """Empty for the plain case; else alias, letter_case, other_domain, shared_mailbox, no_idp_account,
    reissued_address."""
    since: Micros
    until: Micros | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """That somebody can reach a project, and by which grant."""

    project_id: str
    level: str
    via: str
    """creator, user, group, organization, organization_role."""
    principal: str | None


class Truth:
    """Stories, planted values, identities, grants and posture facts of one world, as of its now."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.all_stories: list[Story] = []

    # ----------------------------------------------------------------- stories

    @property
    def stories(self) -> list[Story]:
        """The nine attacks, in the order of `RULES`."""
        return [story for story in self._kind("attack") if not story.sources]

    @property
    def twins(self) -> list[Story]:
        """The nine benign twins, in the order of `RULES`."""
        return [story for story in self._kind("twin") if not story.sources]

    @property
    def crossing_stories(self) -> list[Story]:
        """Attacks that only the events of several sources together tell; none unless the world was made with them."""
        return [story for story in self._kind("attack") if story.sources]

    @property
    def crossing_twins(self) -> list[Story]:
        """Their benign twins."""
        return [story for story in self._kind("twin") if story.sources]

    @property
    def false_positives(self) -> list[Story]:
        """Harmless, and yet a rule is right to raise them."""
        return self._kind("false_positive")

    @property
    def undecidable(self) -> list[Story]:
        """Whether a rule should have raised them cannot be known: the content was gone before anybody could read it."""
        return self._kind("undecidable")

    @property
    def noise(self) -> list[Story]:
        """Small things a rule may raise at low severity."""
        return self._kind("noise")

    def _kind(self, kind: str) -> list[Story]:
        found = [s for s in self.all_stories if s.kind == kind and s.activities]
        return sorted(found, key=lambda s: (RULES.index(s.rule) if s.rule in RULES else 99, s.at))

    # ----------------------------------------------------------------- content

    def planted_in_chat(self, chat_id: str) -> list[Planted]:
        """Planted values in the messages of a chat that exist now (nothing once it is deleted)."""
        from fanlight.simulator.text import message_text

        chat = next(c for c in self._stage.company.chats if c.id == chat_id)
        if self._gone(chat):
            return []
        found: list[Planted] = []
        for turn, at in enumerate(chat.turns):
            if at <= self._stage.now:
                found += message_text(self._stage, chat, turn, "user")[1]
        return found

    def planted_in_file(self, file_id: str) -> list[Planted]:
        """Planted values in a file, readable or not."""
        from fanlight.simulator.text import file_text

        record = self._stage.files[file_id]
        return file_text(self._stage, record)[1] if record.recipes else []

    def planted_in_document(self, document_id: str) -> list[Planted]:
        from fanlight.simulator.text import document_text

        return document_text(self._stage, self._stage.company.documents[self._stage.document_numbers[document_id]])[1]

    def planted_in_session(self, session_id: str) -> list[Planted]:
        from fanlight.simulator.text import session_text

        company = self._stage.company
        session = next(s for s in (*company.local_sessions, *company.remote_sessions) if s.id == session_id)
        return session_text(self._stage, session, 0, "user")[1]

    def planted_values(self) -> Iterator[str]:
        """Every sensitive value that exists anywhere now, names of people apart (those stand in the directory too)."""
        stage = self._stage
        for chat in stage.company.chats:
            if chat.recipes and chat.created_at <= stage.now:
                yield from (p.value for p in self.planted_in_chat(chat.id) if p.category in _VALUABLE)
        for record in stage.files.values():
            if record.recipes and record.created_at <= stage.now:
                yield from (p.value for p in self.planted_in_file(record.id) if p.category in _VALUABLE)
        for document in stage.company.documents:
            if document.recipes and document.created_at <= stage.now:
                yield from (p.value for p in self.planted_in_document(document.id) if p.category in _VALUABLE)

    def canaries(self) -> Iterator[tuple[str, str, str]]:
        """(kind, id, word) of every canary the servers can show now."""
        stage = self._stage
        now, word = stage.now, stage.canary
        for chat in stage.company.chats:
            if chat.created_at <= now and not self._gone(chat):
                yield "chat-name", chat.id, word("chat-name", chat.number)
                if chat.turns and chat.turns[0] <= now:
                    yield "chat", chat.id, word("chat", chat.number)
        for record in stage.files.values():
            if record.created_at <= now:
                kind = "generated" if record.id.startswith("claude_gen") else "file"
                yield f"{kind}-name", record.id, word(f"{kind}-name", record.number)
                if record.suffix not in {"png", "bin"}:
                    yield kind, record.id, word(kind, record.number)
        for artifact in stage.artifacts.values():
            if artifact.created_at <= now:
                yield "artifact", artifact.version_id, word("artifact", artifact.number)
                yield "artifact-name", artifact.version_id, word("artifact-name", artifact.number)
        for document in stage.company.documents:
            if document.created_at <= now:
                yield "document", document.id, word("document", document.number)
                yield "document-name", document.id, word("document-name", document.number)
        for project in stage.company.projects:
            if project.created_at <= now:
                yield "description", project.id, word("description", project.number)
                yield "instructions", project.id, word("instructions", project.number)
        for session in stage.company.local_sessions:
            if session.created_at <= now:
                yield "local-session", session.id, word("local-session", session.number)
        for session in stage.company.remote_sessions:
            if session.created_at <= now and session.status != "pending":
                yield "remote-session", session.id, word("remote-session", session.number)
        for item in stage.company.code_artifacts:
            if item.versions and item.versions[0][1] <= now:
                yield "code-artifact", item.id, word("code-artifact", item.number)

    # ------------------------------------------------------------- sensitivity

    def _gone(self, chat: Chat) -> bool:
        return chat.deleted_at is not None and chat.deleted_at <= self._stage.now

    def chat_tier(self, chat_id: str) -> Tier:
        """How sensitive a chat truly is now, its files included."""
        return self._chat_tier(next(c for c in self._stage.company.chats if c.id == chat_id))

    def _chat_tier(self, chat: Chat) -> Tier:
        now = self._stage.now
        if self._gone(chat):
            return "none"
        tiers: list[Tier] = [chat.tier] if len(chat.turns) > chat.planted_turn and chat.turns[0] <= now else []
        tiers += [f.tier for f in (*chat.files, *chat.generated) if f.created_at <= now]
        tiers += [a.tier for a in chat.artifacts if a.created_at <= now]
        return max(tiers, key=_ORDER.__getitem__, default="none")

    def project_tier(self, project_id: str) -> Tier:
        """How sensitive a project truly is now: its attachments and the chats in it."""
        return self._project_tier(self._stage.company.projects[self._stage.project_numbers[project_id]])

    def _project_tier(self, project: Project) -> Tier:
        now, chats = self._stage.now, self._stage.company.chats
        inside: list[FileRecord | Document] = [*project.files, *project.documents]
        tiers: list[Tier] = [item.tier for item in inside if item.created_at <= now]
        tiers += [self._chat_tier(chats[n]) for n in set(project.chats) if chats[n].project_at(now) == project.number]
        return max(tiers, key=_ORDER.__getitem__, default="none")

    def high_chats(self) -> set[str]:
        now = self._stage.now
        return {c.id for c in self._stage.company.chats if c.created_at <= now and self._chat_tier(c) == "high"}

    def high_projects(self) -> set[str]:
        now = self._stage.now
        return {p.id for p in self._stage.company.projects if p.created_at <= now and self._project_tier(p) == "high"}

    # -------------------------------------------------------------- identities

    def identities(self) -> list[Identity]:
        """Who is who: every person, with the accounts of Claude and Okta that are really theirs."""
        heirs = {p.email for p in self._stage.company.people if p.left_at is not None}
        return [self._identity(p, heirs) for p in self._stage.company.people if p.joined_at <= self._stage.now]

    def _identity(self, person: Person, left: set[str]) -> Identity:
        accounts = [("claude", person.user_id)]
        if person.okta_id:
            accounts.append(("okta", person.okta_id))
        login = person.okta_login
        if person.kind == "shared_mailbox":
            peculiarity = "shared_mailbox"
        elif person.okta_id is None:
            peculiarity = "no_idp_account"
        elif person.email.lower() == (login or "").lower() and person.email != login:
            peculiarity = "letter_case"
        elif person.kind == "contractor":
            peculiarity = "other_domain"
        elif person.email != login:
            peculiarity = "alias"
        elif person.email in left and person.left_at is None:
            peculiarity = "reissued_address"
        else:
            peculiarity = ""
        emails = tuple(dict.fromkeys(e for e in (person.email, login) if e))
        return Identity(
            name=person.name,
            kind=person.kind,
            accounts=tuple(accounts),
            emails=emails,
            peculiarity=peculiarity,
            since=person.joined_at,
            until=person.left_at,
        )

    # ------------------------------------------------------------------ access

    def reach(self, user_id: str) -> list[Reach]:
        """Every project the person can reach now, once per grant that allows it."""
        stage = self._stage
        now = stage.now
        person = next(p for p in stage.company.people if p.user_id == user_id)
        if not person.works_at(now):
            return []
        groups = {
            g.id
            for g in stage.company.groups
            for m in g.members
            if m.person == person.index and m.since <= now and (m.until is None or now < m.until)
        }
        found = []
        for project in stage.company.projects:
            role = stage.company_role(person, project.organization, now)
            if project.created_at > now or role is None:
                continue
            if project.creator == person.index:
                found.append(Reach(project_id=project.id, level="owner", via="creator", principal=user_id))
            if not value_at(project.private, now):
                found.append(Reach(project_id=project.id, level="viewer", via="public", principal=project.organization))
            for grant in project.collaborators:
                if grant.granted_at > now or (grant.revoked_at is not None and grant.revoked_at <= now):
                    continue
                held = {
                    "user": grant.principal == user_id,
                    "group": grant.principal in groups,
                    "organization": grant.principal == project.organization,
                    "organization_role": grant.principal == role,
                }
                if held[grant.kind]:
                    found.append(
                        Reach(project_id=project.id, level=grant.role, via=grant.kind, principal=grant.principal)
                    )
        return found

    # ----------------------------------------------------------------- posture

    def posture(self) -> dict[str, set[str]]:
        """Expected entities (vendor ids) of each check. Sensitive means truly high."""
        stage = self._stage
        now, company = stage.now, stage.company
        high = {p.number: p for p in company.projects if p.created_at <= now and self._project_tier(p) == "high"}
        broad = {
            p.id
            for p in high.values()
            if not value_at(p.private, now)
            or any(c.kind == "organization" and c.granted_at <= now for c in p.collaborators)
        }
        return {
            "stale_api_key": {
                k.id
                for k in company.api_keys
                if (value_at(k.status, now) or "active") == "active"
                and not k.weekly
                and (k.last_use is None or k.last_use < now - 90 * DAY)
                and k.created_at < now - 90 * DAY
            }
            | {
                k.id
                for k in company.keys
                if k.listed
                and k.is_active
                and k.name != "foreign-siem"
                and k.id not in stage.accessed
                and (k.expires_at is None or k.expires_at > now)
                and k.created_at < now - 90 * DAY
            },
            "elevated_inactive": {
                p.user_id
                for p in company.people
                if p.works_at(now)
                and p.dormant_since is not None
                and p.dormant_since < now - 60 * DAY
                and set(p.organizations.values()) & {"owner", "primary_owner", "membership_admin", "admin"}
            },
            "sensitive_project_broad": broad,
            "orphaned_owner": {
                p.id
                for p in company.projects
                if p.created_at <= now and (p.creator is None or not company.people[p.creator].works_at(now))
            },
            "weakened_privacy": {
                p.id
                for p in company.projects
                if any(at <= now and not private for at, private in p.private[1:]) and not value_at(p.private, now)
            },
            "sensitive_content_project": {p.id for p in high.values()},
            "deactivated_person_active_account": {
                p.user_id for p in company.people if p.works_at(now) and value_at(p.okta_status, now) == "DEPROVISIONED"
            },
            "account_without_person": {p.user_id for p in company.people if p.works_at(now) and p.okta_id is None},
        }

    # ---------------------------------------------------------------- printing

    def as_json(self) -> dict[str, Any]:
        """The truth without any planted value: for `simulate --truth`."""
        return {
            "stories": [asdict(s) for s in self.all_stories if s.activities],
            "high_chats": sorted(self.high_chats()),
            "high_projects": sorted(self.high_projects()),
            "identities": [asdict(i) for i in self.identities()],
            "posture": {name: sorted(ids) for name, ids in self.posture().items()},
        }


_VALUABLE = frozenset({"PAYMENT_CARD", "GOV_ID", "FINANCIAL", "SECRET", "PII"})
