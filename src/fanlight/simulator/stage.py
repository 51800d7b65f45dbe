"""The stage: performs one local day after the other and hands out rows when the clock reaches them.

Days are performed whole and in order, from a generator seeded by the day, whatever the clock does; so the same day
always holds the same rows, and advancing in steps or at once makes no difference.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from fanlight.model import Micros
from fanlight.model.times import DAY, HOUR, MINUTE, SECOND
from fanlight.simulator.agenda import Agenda, plan_agenda
from fanlight.simulator.company import Company, build_company, ids_of
from fanlight.simulator.identifiers import stable_uuid
from fanlight.simulator.names import canary
from fanlight.simulator.portfolio import draw_recipes, found_projects, new_file
from fanlight.simulator.records import ArtifactRecord, Chat, FileRecord, Person, Session, Tier
from fanlight.simulator.truth import Truth
from fanlight.simulator.world import Activity, LogRow, Size

__all__ = ["Beside", "Fresh", "Stage"]

_MILLI = 1_000
NAMES = {
    "chat": ("claude_chat_id", "claude_project_id"),
    "project": ("claude_project_id",),
    "file": ("claude_file_id", "filename", "claude_project_id"),
    "upload": ("claude_file_id", "filename", "claude_chat_id", "claude_project_id"),
    "document": ("claude_project_document_id", "claude_project_id", "filename"),
    "none": (),
}


@dataclass(frozen=True, slots=True)
class Beside:
    """A row of a neighbouring vendor's log that a story stages; the vendor's own module gives it its form."""

    vendor: str
    log: str
    id: str
    at: Micros
    person: Person
    ip: str
    said: Mapping[str, Any]


@dataclass(slots=True)
class Fresh:
    """What became visible between two moments."""

    activities: list[Activity]
    log: list[LogRow]


class Stage:
    """Holds the company and everything that happened up to the last performed day."""

    def __init__(self, *, seed: int, size: Size, now: Micros, crossing: bool = False) -> None:
        self.seed = seed
        self.crossing = crossing
        self.size: Size = size
        self.first_now = now
        self.now = now
        self.company: Company = build_company(seed, size, now)
        self.start = self.company.start
        found_projects(self.company)
        self.project_numbers = {p.id: p.number for p in self.company.projects}
        self.document_numbers = {d.id: d.number for d in self.company.documents}
        self.files: dict[str, FileRecord] = {f.id: f for p in self.company.projects for f in p.files}
        self.artifacts: dict[str, ArtifactRecord] = {}
        self.sizes: dict[str, tuple[int, str]] = {}
        self.accessed: set[str] = set()
        self._pairs = {o.uuid: o.pair for o in self.company.organizations}
        self.besides: list[Beside] = []
        self.truth = Truth(self)
        self.agenda: Agenda = plan_agenda(self)
        self._day = self.start // DAY - 1
        self._rng = random.Random()  # seeded anew for every day
        self._count = 0
        self._log_count = 0
        self._pending: list[Activity] = []
        self._pending_log: list[LogRow] = []
        self._actors: dict[tuple[int, str, str], Mapping[str, Any]] = {}
        self.file_count = sum(len(p.files) for p in self.company.projects)
        self.generated_count = 0
        self.artifact_count = 0
        self.session_count = 0

    # ----------------------------------------------------------------- clock

    def perform_until(self, to: Micros) -> None:
        """Perform every local day that can hold rows up to `to` (the earliest zone is most of a day ahead)."""
        from fanlight.simulator.habits import perform_people

        last = to // DAY + 1
        if self._day >= last:
            return
        while self._day < last:
            self._day += 1
            self._rng.seed(f"{self.seed}/{self.size}/{self._day}")
            perform_people(self, self._day, self._rng)
            for act in self.agenda.take(self._day):
                act(self)
        self._pending.sort(key=lambda row: row.visible_at)
        self._pending_log.sort(key=lambda row: row.persisted_at)

    def release(self, to: Micros) -> Fresh:
        """Hand out the performed rows that are visible at `to`, once."""
        cut = bisect_right(self._pending, to, key=lambda row: row.visible_at)
        log_cut = bisect_right(self._pending_log, to, key=lambda row: row.persisted_at)
        fresh = Fresh(self._pending[:cut], self._pending_log[:log_cut])
        del self._pending[:cut]
        del self._pending_log[:log_cut]
        return fresh

    # ------------------------------------------------------------------ rows

    def emit(
        self,
        at: Micros,
        type: str,
        organization: tuple[str, str] | None,
        actor: Mapping[str, Any],
        names: tuple[str, ...] = (),
        values: tuple[Any, ...] = (),
        extra: Mapping[str, Any] | None = None,
        *,
        prompt: bool = False,
    ) -> Activity:
        """Write one activity. `prompt` rows are never indexed late."""
        chance = self._rng.random()
        if chance > 0.01 or prompt:
            lag = int(4 * SECOND + chance * 50 * SECOND)
        elif chance > 0.0003:
            lag = int(chance * 100 * 28 * MINUTE) + MINUTE
        else:
            lag = 3 * HOUR - int(chance * 1e6) * SECOND
        if not prompt and chance > 0.5:
            names, values, actor, extra = _blemish(names, values, actor, extra, chance)
        self._count += 1
        at = at // _MILLI * _MILLI
        row = Activity(self.seed, self._count, at, at + lag, type, organization, actor, (names, values), extra)
        self._pending.append(row)
        return row

    def actor(self, person: Person, ip: str, agent: str) -> Mapping[str, Any]:
        """The `user_actor` of a person at an address with a client; shared between rows."""
        key = (person.index, ip, agent)
        found = self._actors.get(key)
        if found is None:
            found = self._actors[key] = {
                "type": "user_actor",
                "email_address": person.email,
                "user_id": person.user_id,
                "ip_address": ip,
                "user_agent": agent,
            }
        return found

    def log(self, at: Micros, event_type: str, subject: tuple[Any, ...]) -> LogRow:
        """Write one Okta event; it is persisted a moment later, one in fifty minutes later."""
        self._log_count += 1
        chance = self._rng.random()
        lag = int(chance * 3 * SECOND) if chance > 0.02 else int(chance * 50 * 8 * MINUTE) + MINUTE
        at = at // _MILLI * _MILLI
        row = LogRow(
            stable_uuid("okta-event", self.seed, self._log_count), at, at + lag, event_type, subject, cast(Any, None)
        )
        self._pending_log.append(row)
        return row

    def beside(self, vendor: str, log: str, at: Micros, person: Person, ip: str, said: Mapping[str, Any]) -> Beside:
        """Stage a row of a neighbouring vendor's log."""
        row = Beside(vendor, log, stable_uuid("beside", self.seed, len(self.besides)), at, person, ip, said)
        self.besides.append(row)
        return row

    def access_row(
        self, number: int, at: Micros, key_id: str, ip: str, user_agent: str, url: str, status: int, method: str
    ) -> Activity:
        """The trace of a real request; numbered apart so that it never disturbs the story."""
        actor = {"type": "api_actor", "api_key_id": key_id, "ip_address": ip, "user_agent": user_agent}
        self.accessed.add(key_id)
        request = ids_of(self.seed, "req", number).replace("req_01", "req_")
        return Activity(
            self.seed, 10**12 + number, at, at, "compliance_api_accessed", None, actor,
            (("request_id", "request_method", "status_code", "url"), (request, method, status, url)),
        )  # fmt: skip

    # --------------------------------------------------------------- objects

    def sign_in(self, person: Person, at: Micros, ip: str, agent: str, *, prompt: bool = False) -> Activity:
        """Okta hands over, Claude accepts: three rows of two vendors."""
        if person.okta_id is not None:
            if self._rng.random() < 0.5:
                self.log(at - 9 * SECOND, "user.session.start", (person.index, ip, agent))
            self.log(at, "user.authentication.sso", (person.index, ip, agent))
            unknown = {
                "type": "unauthenticated_user_actor",
                "unauthenticated_email_address": person.email,
                "ip_address": ip,
                "user_agent": agent,
            }
            self.emit(at + SECOND, "sso_login_initiated", None, unknown, prompt=prompt)
            return self.emit(
                at + 4 * SECOND, "sso_login_succeeded", None, self.actor(person, ip, agent),
                ("auth_method", "mfa_method"), ("sso", None), prompt=prompt,
            )  # fmt: skip
        return self.emit(
            at + 4 * SECOND, "magic_link_login_succeeded", None, self.actor(person, ip, agent),
            ("auth_method", "mfa_method"), ("magic_link", "not_used"), prompt=prompt,
        )  # fmt: skip

    def project_id(self, number: int | None) -> str | None:
        return None if number is None else self.company.projects[number].id

    def organization_pair(self, uuid: str) -> tuple[str, str]:
        return self._pairs[uuid]

    def company_role(self, person: Person, organization: str, at: Micros) -> str | None:
        """The built-in role of a person in an organization at a moment."""
        changed = [role for since, org, role in person.role_changes if org == organization and since <= at]
        return changed[-1] if changed else person.organizations.get(organization)

    def start_chat(
        self, person: Person, at: Micros, organization: str, project: int | None, tier: Tier,
        recipes: tuple[str, ...] | None = None,
    ) -> Chat:  # fmt: skip
        """Open a chat; no activity yet."""
        number = len(self.company.chats)
        chat = Chat(
            number=number,
            id=ids_of(self.seed, "claude_chat", number),
            organization=organization,
            owner=person.index,
            created_at=at // _MILLI * _MILLI,
            projects=[(at // _MILLI * _MILLI, project)],
            tier=tier,
            recipes=draw_recipes(self._rng, tier) if recipes is None else recipes,
            language=person.country.language
            if self._rng.random() < 0.6
            else self._rng.choice(("en", "fr", "es", "pt")),
        )
        self.company.chats.append(chat)
        if project is not None:
            self.company.projects[project].chats.append(number)
        return chat

    def add_turns(self, chat: Chat, at: Micros, count: int) -> Micros:
        """Append questions (each with an answer) from `at` on; gives the time of the last."""
        rng, moment = self._rng, at
        for i in range(count):
            chat.turns.append(moment // _MILLI * _MILLI)
            if i < count - 1:
                moment += int(rng.uniform(70, 260)) * SECOND
        return moment

    def attach(self, chat: Chat, at: Micros, turn: int, tier: Tier) -> str:
        """Upload a file with a turn of the chat; gives its id."""
        record = new_file(self.company, self._rng, self.file_count, at // _MILLI * _MILLI, tier)
        self.file_count += 1
        record.chat, record.turn = chat.number, turn
        chat.files.append(record)
        self.files[record.id] = record
        return record.id

    def generate_file(self, chat: Chat, at: Micros, turn: int, tier: Tier) -> None:
        """Let an answer of the chat bring a file."""
        suffix = self._rng.choice(("csv", "xlsx", "md"))
        record = new_file(
            self.company,
            self._rng,
            self.generated_count,
            at // _MILLI * _MILLI,
            tier,
            suffix=suffix,
            prefix="claude_gen_file",
        )
        self.generated_count += 1
        record.chat, record.turn = chat.number, turn
        chat.generated.append(record)
        self.files[record.id] = record

    def make_artifact(self, chat: Chat, at: Micros, turn: int, tier: Tier) -> ArtifactRecord:
        """Let an answer bring an artifact, or a new version of the chat's one."""
        number = self.artifact_count
        self.artifact_count += 1
        first = chat.artifacts[0].id if chat.artifacts else ids_of(self.seed, "claude_artifact", number)
        artifact = ArtifactRecord(
            number, first, ids_of(self.seed, "claude_artifact_version", number), at // _MILLI * _MILLI,
            chat.number, turn, tier, draw_recipes(self._rng, tier),
            self._rng.choice(("text/markdown", "text/html", "application/vnd.ant.code")),
        )  # fmt: skip
        chat.artifacts.append(artifact)
        self.artifacts[artifact.version_id] = artifact
        return artifact

    def open_session(self, person: Person, at: Micros, organization: str, surface: str, tier: Tier) -> Session:
        """A local or (surface `cowork_remote`) a remote session with its turns."""
        rng = self._rng
        number = self.session_count
        self.session_count += 1
        remote = surface == "cowork_remote"
        turns, moment = [], at
        for _ in range(rng.randint(2, 7)):
            turns.append(moment // _MILLI * _MILLI)
            moment += rng.randint(40, 500) * SECOND
        agent = ids_of(self.seed, "cagt", number % 5) if remote and rng.random() < 0.2 else None
        session = Session(
            number, ids_of(self.seed, "cse", number) if remote else "clls_" + _hex(self.seed, number), organization,
            person.index, agent, surface, turns[0], turns, tier, draw_recipes(rng, tier),
            project=rng.choice(person.projects) if remote and person.projects and rng.random() < 0.4 else None,
            status=rng.choice(("active", "archived", "paused", "pending", "failed")) if remote else "active",
            workspace=None,
        )  # fmt: skip
        (self.company.remote_sessions if remote else self.company.local_sessions).append(session)
        return session

    def canary(self, kind: str, number: int) -> str:
        """The word that only this object contains."""
        return canary(kind, number, self.seed)


def _blemish(
    names: tuple[str, ...],
    values: tuple[Any, ...],
    actor: Mapping[str, Any],
    extra: Mapping[str, Any] | None,
    chance: float,
) -> tuple[tuple[str, ...], tuple[Any, ...], Mapping[str, Any], Mapping[str, Any] | None]:
    """What real rows do now and then: leave an optional field out, bring one nobody knows, hide an address."""
    if values and values[-1] is None and chance > 0.93:
        return names[:-1], values[:-1], actor, extra
    if chance < 0.502:
        return names, values, actor, {**(extra or {}), "trace_group": f"tg_{int(chance * 1e9):x}"}
    if chance < 0.504 and actor.get("email_address"):
        return names, values, {**actor, "email_address": None}, extra
    if chance < 0.505 and actor.get("user_agent"):
        return names, values, {k: v for k, v in actor.items() if k != "user_agent"}, extra
    return names, values, actor, extra


def _hex(seed: int, number: int) -> str:
    return stable_uuid("local", seed, number).replace("-", "") + f"{number:08x}"
