"""A day of everybody: when they work, from where, with which client, and what they do in Claude."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from fanlight.model import Micros
from fanlight.model.times import DAY, HOUR, MINUTE, SECOND
from fanlight.simulator.geography import DESTINATIONS, FOREIGN_HOSTING, Spot
from fanlight.simulator.identifiers import stable_uuid
from fanlight.simulator.records import Chat, Device, Person, Tier
from fanlight.simulator.stage import NAMES, Stage

__all__ = ["address_at_home", "agent_of", "local_moment", "perform_people"]

#: Days before the first now in which people of sensitive projects keep strictly to their habits.
_CALM_DAYS = 16
Actor = Mapping[str, Any]
_HARMLESS = frozenset({"none", "low"})
_CHAT, _PROJECT, _FILE, _UPLOAD, _DOCUMENT = (NAMES[k] for k in ("chat", "project", "file", "upload", "document"))


@lru_cache(maxsize=4096)
def _offset(zone: str, day: int) -> Micros:
    noon = datetime.fromtimestamp(day * 86_400 + 43_200, UTC)
    delta = noon.astimezone(ZoneInfo(zone)).utcoffset()
    return int(delta.total_seconds()) * SECOND if delta else 0


def local_moment(zone: str, day: int, hour: float) -> Micros:
    """UTC of a local hour (may pass 24) on a local day."""
    return day * DAY + int(hour * HOUR) - _offset(zone, day)


@lru_cache(maxsize=4096)
def _calendar(day: int) -> tuple[int, str, bool]:
    """(weekday from Monday, `MM-DD`, whether a quarter ends within ten days)."""
    date = datetime.fromtimestamp(day * 86_400, UTC)
    return date.weekday(), date.strftime("%m-%d"), date.month % 3 == 0 and date.day >= 21


def agent_of(stage: Stage, device: Device, day: int) -> str:
    """The user agent of a client on a day: people update within five days."""
    update = stage.company.update_at // DAY + (len(device.after) + len(device.before)) % 5
    return device.after if day >= update or not device.before else device.before


def address_at_home(person: Person, rng: random.Random) -> str:
    return person.second_ip if person.second_ip and rng.random() < 0.4 else person.home_ip


@dataclass(slots=True)
class _Sitting:
    """One stretch of work at one address with one client."""

    at: Micros
    ip: str
    agent: str
    steps: int
    guarded: bool = False
    """Away in the calm days: touches nothing sensitive, so that only the stories do."""


def perform_people(stage: Stage, day: int, rng: random.Random) -> None:
    """Everything that happens on one local day by habit."""
    weekday, month_day, quarter_end = _calendar(day)
    calm = day >= stage.first_now // DAY - _CALM_DAYS
    noon = day * DAY + 12 * HOUR
    for person in stage.company.people:
        if day in person.away:
            continue
        if not person.works_at(noon) or (person.dormant_since is not None and noon > person.dormant_since):
            continue
        chance = person.rate
        if weekday >= 5:
            chance = 0.0 if person.careful and calm else 0.12 if person.night_owl else 0.025
        elif month_day in person.country.holidays:
            chance = 0.0 if person.careful and calm else 0.03
        elif person.part_time >> weekday & 1:
            chance *= 0.05
        elif (day + person.index * 37) % 61 < 7 and not (person.careful and calm):
            chance *= 0.03
        elif quarter_end and person.department in {"Finance", "Sales"}:
            chance = min(1.0, chance * 1.4)
        if rng.random() < chance:
            _work(stage, person, day, weekday, rng, calm, quarter_end)
    _surroundings(stage, day, rng)


def _work(
    stage: Stage, person: Person, day: int, weekday: int, rng: random.Random, calm: bool, quarter_end: bool
) -> None:
    for sitting in _sittings(stage, person, day, weekday, rng, calm):
        sitting.guarded = calm and person.trip is not None
        _sit(stage, person, sitting, rng, quarter_end)


def _sittings(stage: Stage, person: Person, day: int, weekday: int, rng: random.Random, calm: bool) -> list[_Sitting]:
    zone = person.country.timezone
    spot = _travel(person, day, rng, calm)
    devices = [d for d in person.devices if d.since <= day * DAY and d.kind != "mobile"]
    if spot is not None:
        zone, ip = spot.timezone, spot.address(person.index)
    elif person.office_days >> weekday & 1 and weekday < 5:
        moved = person.country.new_office is not None and day * DAY >= stage.company.office_move_at
        office = person.country.new_office if moved and person.country.new_office else person.country.office
        ip = office.address(person.index % 4)
    elif person.vpn and rng.random() < 0.5:
        ip = person.country.vpn.address(person.index % 3)
    else:
        ip = address_at_home(person, rng)
    start = person.start_hour + rng.gauss(0, 0.5)
    sittings = []
    if person.night_owl and rng.random() < 0.75:
        start = rng.uniform(20.5, 23.0)
        home = address_at_home(person, rng) if spot is None else ip
        agent = agent_of(stage, rng.choice(devices), day)
        sittings.append(_Sitting(local_moment(zone, day, start), home, agent, rng.randint(2, 5)))
        sittings.append(
            _Sitting(local_moment(zone, day, start + rng.uniform(2.0, 4.5)), home, agent, rng.randint(1, 4))
        )
        return sittings
    agent = agent_of(stage, rng.choice(devices[:2] if rng.random() < 0.8 else devices), day)
    sittings.append(_Sitting(local_moment(zone, day, max(6.8, start)), ip, agent, 1 + int(rng.expovariate(0.75))))
    if rng.random() < 0.45:
        hour = rng.uniform(12.8, 16.6)
        sittings.append(_Sitting(local_moment(zone, day, hour), ip, agent, 1 + int(rng.expovariate(0.8))))
    phone = next((d for d in person.devices if d.kind == "mobile"), None)
    if phone and person.mobile_ips and rng.random() < 0.12:
        hour = rng.uniform(7.0, 18.5)
        mobile = rng.choice(person.mobile_ips) if spot is None else ip
        sittings.append(_Sitting(local_moment(zone, day, hour), mobile, agent_of(stage, phone, day), 1))
    if rng.random() < 0.012 and not person.careful:
        sittings.append(_Sitting(local_moment(zone, day, rng.uniform(20.0, 23.4)), ip, agent, rng.randint(1, 3)))
    return sittings


def _travel(person: Person, day: int, rng: random.Random, calm: bool) -> Spot | None:
    """Two people in a hundred are away on a day: trips of one to five days."""
    if person.trip is not None:
        until, spot = person.trip
        if day <= int(until):
            return spot
        person.trip = None
    if person.kind == "shared_mailbox" or (person.careful and calm) or rng.random() > 0.0075:
        return None
    spot = DESTINATIONS[(person.index * 5 + int(rng.random() * 3)) % len(DESTINATIONS)]
    person.trip = (str(day + rng.randint(0, 4)), spot)
    return spot


# ------------------------------------------------------------------------ what they do


def _sit(stage: Stage, person: Person, sitting: _Sitting, rng: random.Random, quarter_end: bool) -> None:
    actor = stage.actor(person, sitting.ip, sitting.agent)
    at = sitting.at + int(rng.random() * 900) * SECOND
    if person.left_at is not None and at > person.left_at:
        return
    if rng.random() < 0.33:
        stage.sign_in(person, at, sitting.ip, sitting.agent)
    at += int(rng.uniform(8, 60) * SECOND)
    organization = _organization(stage, person, rng)
    if organization is None:
        _use_console(stage, person, at, actor, rng)
        return
    steps = sitting.steps + (1 if quarter_end and person.department == "Finance" else 0)
    for _ in range(min(steps, 7)):
        at = _step(stage, person, at, organization, actor, sitting, rng)
        at += int(rng.expovariate(1 / 240)) * SECOND + 5 * SECOND
    if not sitting.guarded:
        _sessions(stage, person, at, organization, actor, rng)
    if person.api_user and rng.random() < (0.5 if "owner" in person.organizations.values() else 0.12):
        _use_console(stage, person, at + MINUTE, actor, rng)


def _sessions(stage: Stage, person: Person, at: Micros, organization: str, actor: Actor, rng: random.Random) -> None:
    """Work in Claude Code, Cowork or an Office agent now and then."""
    roll = rng.random()
    coder = person.devices[-1].kind == "cli" or any(d.kind == "cli" for d in person.devices)
    if roll > (0.035 if coder else 0.012):
        return
    tier: Tier = "high" if roll < 0.0004 else "low" if rng.random() < 0.3 else "none"
    if coder:
        stage.open_session(person, at, organization, "claude_code", tier)
    elif roll < 0.004:
        session = stage.open_session(person, at, organization, "cowork_remote", tier)
        stage.emit(
            at, "cowork_session_updated", stage.organization_pair(organization), actor,
            ("cowork_session_id", "claude_project_id"), (session.id, stage.project_id(session.project)),
        )  # fmt: skip
    else:
        surface = rng.choice(("cowork", "office_agents/excel", "office_agents/word", "claude_in_chrome"))
        stage.open_session(person, at, organization, surface, tier)


def _organization(stage: Stage, person: Person, rng: random.Random) -> str | None:
    homes = [o for o in person.organizations if o != stage.company.console.uuid]
    if not homes:
        return None
    return homes[0] if len(homes) == 1 or rng.random() < 0.8 else homes[1]


def _pick_project(
    stage: Stage, person: Person, organization: str, at: Micros, rng: random.Random, guarded: bool = False
) -> int | None:
    """A project of the person in that organization; the first ones are the main ones."""
    projects = stage.company.projects
    mine = [
        n
        for n in person.projects
        if projects[n].organization == organization
        and projects[n].created_at < at
        and (not guarded or projects[n].tier == "none")
    ]
    if not mine:
        return None
    return mine[min(int(rng.expovariate(0.9)), len(mine) - 1)]


def _step(
    stage: Stage, person: Person, at: Micros, organization: str, actor: Actor, sitting: _Sitting, rng: random.Random
) -> Micros:  # fmt: skip
    pair = stage.organization_pair(organization)
    roll = rng.random()
    emit = stage.emit
    if roll < 0.048:
        return _new_chat(stage, person, at, organization, pair, actor, rng, sitting.guarded)
    if roll < 0.50:
        chat = _recent(stage, person, organization, rng, sitting.guarded)
        if chat is None:
            return _new_chat(stage, person, at, organization, pair, actor, rng, sitting.guarded)
        project_id = stage.project_id(chat.project_at(at))
        emit(at, "claude_chat_viewed", pair, actor, _CHAT, (chat.id, project_id))
        if roll < 0.165:
            return _continue_chat(stage, chat, at + 30 * SECOND, pair, actor, project_id, rng)
        if roll < 0.19:
            return _curate(stage, person, chat, at + 20 * SECOND, pair, actor, rng)
        return at
    number = _pick_project(stage, person, organization, at, rng, sitting.guarded)
    if number is None:
        if roll < 0.75:
            emit(at, "claude_user_settings_updated", pair, actor, ("updates",), (_settings(rng),))
        return at
    project = stage.company.projects[number]
    emit(at, "claude_project_viewed", pair, actor, _PROJECT, (project.id,))
    if roll < 0.70:
        return at
    at += 15 * SECOND
    if roll < 0.80 and project.files:
        files = [f for f in project.files if f.created_at < at]
        if files:
            emit(at, "claude_file_viewed", pair, actor, _FILE, (rng.choice(files).id, None, project.id))
    elif roll < 0.87 and project.documents:
        documents = [d for d in project.documents if d.created_at < at]
        if documents:
            document = rng.choice(documents)
            emit(at, "claude_project_document_viewed", pair, actor, _DOCUMENT, (document.id, project.id, None))
    elif project.chats:
        chat = stage.company.chats[rng.choice(project.chats[-12:])]
        if chat.created_at < at and chat.deleted_at is None and chat.project_at(at) == number:
            emit(at, "claude_chat_viewed", pair, actor, _CHAT, (chat.id, project.id))
    return at


def _recent(stage: Stage, person: Person, organization: str, rng: random.Random, guarded: bool = False) -> Chat | None:
    chats = stage.company.chats
    for _ in range(3):
        if not person.recent:
            return None
        chat = chats[person.recent[-1 - min(int(rng.expovariate(0.5)), len(person.recent) - 1)]]
        if chat.deleted_at is None and chat.organization == organization and not (guarded and _delicate(stage, chat)):
            return chat
    return None


def _delicate(stage: Stage, chat: Chat) -> bool:
    """Whether the chat is sensitive or ever lay in a sensitive project."""
    projects = stage.company.projects
    return chat.tier not in _HARMLESS or any(n is not None and projects[n].tier != "none" for _, n in chat.projects)


def _tier_of(stage: Stage, project: int | None, rng: random.Random) -> Tier:
    roll = rng.random()
    tier = stage.company.projects[project].tier if project is not None else None
    if tier == "high":
        return "high" if roll < 0.45 else "moderate" if roll < 0.55 else "low" if roll < 0.65 else "none"
    if tier == "moderate":
        return "moderate" if roll < 0.3 else "low" if roll < 0.55 else "none"
    if tier is None and roll < 0.025:
        return "high" if roll < 0.005 else "moderate"
    return "low" if roll > 0.76 else "none"


def _new_chat(
    stage: Stage,
    person: Person,
    at: Micros,
    organization: str,
    pair: tuple[str, str],
    actor: Actor,
    rng: random.Random,
    guarded: bool = False,
) -> Micros:
    project = _pick_project(stage, person, organization, at, rng, guarded) if rng.random() < 0.6 else None
    tier = "none" if guarded else _tier_of(stage, project, rng)
    chat = stage.start_chat(person, at, organization, project, tier)
    person.recent.append(chat.number)
    del person.recent[:-12]
    project_id = stage.project_id(project)
    stage.emit(at, "claude_chat_created", pair, actor, _CHAT, (chat.id, project_id))
    if rng.random() < 0.10:
        inner: Tier = "none" if tier in {"none", "low"} else tier
        file_id = stage.attach(chat, at + SECOND, 0, inner)
        stage.emit(at + 2 * SECOND, "claude_file_uploaded", pair, actor, _UPLOAD, (file_id, None, chat.id, project_id))
    chat.tools = rng.random() < 0.12
    last = stage.add_turns(chat, at + 5 * SECOND, 1 + min(6, int(rng.expovariate(0.7))))
    if rng.random() < 0.4:
        stage.emit(at + 25 * SECOND, "claude_chat_updated", pair, actor, _CHAT, (chat.id, project_id))
    if rng.random() < 0.05:
        _answer_extras(stage, chat, last, pair, actor, rng)
    return last


def _answer_extras(
    stage: Stage, chat: Chat, at: Micros, pair: tuple[str, str], actor: Actor, rng: random.Random
) -> None:
    """An answer that brings a file or an artifact."""
    tier: Tier = "low" if chat.tier in {"none", "low"} and rng.random() < 0.3 else "none"
    turn = len(chat.turns) - 1
    if rng.random() < 0.45:
        stage.generate_file(chat, at + 30 * SECOND, turn, chat.tier if chat.tier == "high" else tier)
        return
    artifact = stage.make_artifact(chat, at + 30 * SECOND, turn, tier)
    stage.emit(at + 31 * SECOND, "claude_artifact_created", pair, actor, ("claude_artifact_id",), (artifact.id,))
    stage.emit(
        at + 40 * SECOND, "claude_artifact_viewed", pair, actor,
        ("claude_artifact_id", "claude_artifact_version_id"), (artifact.id, artifact.version_id),
    )  # fmt: skip


def _continue_chat(
    stage: Stage,
    chat: Chat,
    at: Micros,
    pair: tuple[str, str],
    actor: Actor,
    project_id: str | None,
    rng: random.Random,
) -> Micros:
    if chat.turns and at <= chat.turns[-1]:
        at = chat.turns[-1] + MINUTE
    last = stage.add_turns(chat, at, 1 + int(rng.random() < 0.4))
    if rng.random() < 0.04:
        tier: Tier = "low" if chat.tier in {"none", "low"} and rng.random() < 0.3 else "none"
        file_id = stage.attach(chat, at - SECOND, len(chat.turns) - 1, tier)
        stage.emit(at, "claude_file_uploaded", pair, actor, _UPLOAD, (file_id, None, chat.id, project_id))
    if rng.random() < 0.03:
        _answer_extras(stage, chat, last, pair, actor, rng)
    return last


def _curate(
    stage: Stage, person: Person, chat: Chat, at: Micros, pair: tuple[str, str], actor: Actor, rng: random.Random
) -> Micros:
    """Rename, move, share or delete one of the own chats. Sensitive ones are only renamed by habit."""
    roll = rng.random()
    harmless = chat.tier in {"none", "low"}
    current = chat.project_at(at)
    busy_until = chat.turns[-1] + MINUTE if chat.turns else at
    at = max(at, busy_until)
    project_id = stage.project_id(current)
    if not harmless or roll < 0.45:
        stage.emit(at, "claude_chat_updated", pair, actor, _CHAT, (chat.id, project_id))
    elif roll < 0.60:
        target = _pick_project(stage, person, chat.organization, at, rng)
        if target is not None and target != current and stage.company.projects[target].tier == "none":
            chat.projects.append((at // 1000 * 1000, target))
            stage.company.projects[target].chats.append(chat.number)
            stage.emit(at, "claude_chat_updated", pair, actor, _CHAT, (chat.id, stage.project_id(target)))
    elif roll < 0.72:
        share = "claude_chat_snapshot_01" + stable_uuid("snapshot", stage.seed, chat.number, at).replace("-", "")[:20]
        names = ("claude_chat_id", "claude_chat_snapshot_id")
        stage.emit(at, "claude_chat_snapshot_created", pair, actor, names, (chat.id, share))
        if rng.random() < 0.3:
            visitor = {
                "type": "unauthenticated_user_actor", "unauthenticated_email_address": None,
                "ip_address": FOREIGN_HOSTING.address(rng.randrange(60)), "user_agent": person.devices[0].before,
            }  # fmt: skip
            stage.emit(at + HOUR, "claude_chat_snapshot_viewed", pair, visitor, names, (chat.id, share))
    else:
        chat.deleted_at = at // 1000 * 1000
        person.recent.remove(chat.number)
        stage.emit(at, "claude_chat_deleted", pair, actor, _CHAT, (chat.id, project_id))
    return at


def _settings(rng: random.Random) -> list[dict[str, object]]:
    name = rng.choice(("web_search_enabled", "thinking_mode_enabled", "artifacts_enabled", "latex_enabled"))
    return [{"type": name, "previous_value": False, "current_value": True}]


def _use_console(stage: Stage, person: Person, at: Micros, actor: Actor, rng: random.Random) -> None:
    company = stage.company
    if company.console.uuid not in person.organizations or not person.api_user:
        return
    workspace = company.workspaces[person.index % 3].id
    kind, names, values = rng.choice(
        (
            ("platform_usage_report_messages_viewed", (), ()),
            ("platform_cost_report_viewed", (), ()),
            ("platform_workspace_members_listed", ("workspace_id",), (workspace,)),
            ("platform_file_uploaded", ("file_id",), (f"file_01{rng.getrandbits(60):x}",)),
        )
    )
    stage.emit(at, kind, company.console.pair, actor, names, values)


# ------------------------------------------------------------------------ around them


def _surroundings(stage: Stage, day: int, rng: random.Random) -> None:
    """Another collector, strangers at the door, machines, and rows nobody has documented."""
    company = stage.company
    foreign = next(k for k in company.keys if k.name == "foreign-siem")
    collector = {
        "type": "api_actor", "api_key_id": foreign.id, "ip_address": FOREIGN_HOSTING.address(3),
        "user_agent": "audit-forwarder/4.2",
    }  # fmt: skip
    base = day * DAY
    for i in range(8):
        at = base + i * 3 * HOUR + 7 * MINUTE + int(rng.random() * 40) * SECOND
        url = "https://api.anthropic.com/v1/compliance/activities?limit=1000"
        stage.emit(
            at, "compliance_api_accessed", None, collector,
            ("request_id", "request_method", "status_code", "url"),
            (f"req_{rng.getrandbits(80):x}", "GET", 200 if rng.random() > 0.02 else 429, url),
        )  # fmt: skip
    for _ in range(rng.randint(1, 4)):
        at = base + int(rng.random() * 86_400) * SECOND
        address = None if rng.random() < 0.3 else f"{rng.choice(('admin', 'info', 'it'))}@example.com"
        stranger = {
            "type": "unauthenticated_user_actor", "unauthenticated_email_address": address,
            "ip_address": FOREIGN_HOSTING.address(rng.randrange(60)), "user_agent": "python-requests/2.32",
        }  # fmt: skip
        stage.emit(at, rng.choice(("sso_login_failed", "magic_link_login_failed")), None, stranger)
    if day % 5 == 2:
        _undocumented(stage, base, rng)
    if day % 7 == 3:
        _machines(stage, base, rng)


def _machines(stage: Stage, base: Micros, rng: random.Random) -> None:
    """Keys, service accounts and gateways at work in the Console, and somebody refused at a chat."""
    company = stage.company
    console, agent = company.console.pair, "anthropic-sdk-python/2.12.0"
    at = base + int(rng.uniform(1, 20) * HOUR)
    ip = FOREIGN_HOSTING.address(20 + rng.randrange(4))
    admin = next(k.id for k in company.keys if k.kind == "admin")
    key = {"type": "admin_api_key_actor", "admin_api_key_id": admin, "ip_address": ip, "user_agent": agent}
    workspace = company.workspaces[0].id
    stage.emit(at, "platform_workspace_members_listed", console, key, ("workspace_id",), (workspace,))
    service = {
        "type": "service_account_actor", "service_account_id": company.service_accounts[0][0], "ip_address": ip,
        "user_agent": agent,
    }  # fmt: skip
    file_id = f"file_01{rng.getrandbits(60):x}"
    stage.emit(at + HOUR, "platform_file_content_downloaded", console, service, ("file_id",), (file_id,))
    gateway = {"type": "federated_actor", "provider": {"type": "aws", "account_id": "000000000000"}, "ip_address": None}
    stage.emit(at + 2 * HOUR, "platform_file_uploaded", console, gateway, ("file_id",), (file_id,))
    if company.chats:
        person = company.people[rng.randrange(len(company.people))]
        chat = company.chats[rng.randrange(len(company.chats))]
        if person.works_at(at) and person.dormant_since is None and chat.organization in person.organizations:
            actor = stage.actor(person, person.home_ip, agent_of(stage, person.devices[0], base // DAY))
            pair = stage.organization_pair(chat.organization)
            noon = base + 12 * HOUR
            stage.emit(noon, "claude_chat_access_failed", pair, actor, ("claude_chat_id",), (chat.id,))


def _undocumented(stage: Stage, base: Micros, rng: random.Random) -> None:
    company = stage.company
    person = company.people[rng.randrange(len(company.people))]
    at = base + int(rng.uniform(8, 17) * HOUR)
    actor = stage.actor(person, person.home_ip, agent_of(stage, person.devices[0], base // DAY))
    stage.emit(
        at, "claude_canvas_pinned", company.main.pair, actor, ("canvas_id", "layer"),
        (f"canvas_01{rng.getrandbits(60):x}", 3),
        {"pinned_region": {"x": 1, "y": 4}},
    )  # fmt: skip
    delegate = {
        "type": "delegated_agent_actor",
        "agent_id": f"dagt_01{rng.getrandbits(50):x}",
        "on_behalf_of": person.user_id,
    }
    stage.emit(at + HOUR, "org_lighthouse_mode_toggled", company.main.pair, delegate, ("enabled",), (True,))
    zero = stage.actor(person, "0.0.0.0", "claude-memory/1.0")  # noqa: S104 - documented to occur in the feed
    stage.emit(
        at + 2 * HOUR, "claude_code_user_memory_updated", company.main.pair, zero,
        ("deleted_all", "keys_written_count"), (False, 2),
    )  # fmt: skip
    stage.emit(
        at + 3 * HOUR, "claude_skill_security_scan_completed", company.main.pair,
        {"type": "system_actor", "service": None},
    )  # fmt: skip
