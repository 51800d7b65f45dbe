"""The company at rest: organizations, people, groups, roles, keys. Everything here is decided before the first day."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from fanlight.model import Micros
from fanlight.model.times import DAY, HOUR, MINUTE
from fanlight.simulator.geography import COUNTRIES, all_places
from fanlight.simulator.identifiers import stable_bytes, stable_uuid, tagged_id
from fanlight.simulator.names import DEPARTMENTS, FIRST_NAMES, LAST_NAMES
from fanlight.simulator.records import (
    Chat,
    CodeArtifact,
    Device,
    Document,
    Group,
    Membership,
    Organization,
    Person,
    Project,
    RoleRecord,
    Session,
)
from fanlight.simulator.world import Key, Place, Size

__all__ = ["HISTORY_DAYS", "PEOPLE", "ClaudeApiKey", "Company", "Workspace", "build_company", "ids_of"]

HISTORY_DAYS = 120
PEOPLE: dict[Size, int] = {"S": 300, "M": 3_000, "L": 30_000}
_CONSOLE_ROLES = ("admin", "billing", "developer", "claude_code_user", "user")


@dataclass(slots=True)
class ClaudeApiKey:
    """A key of the Console organization; `uses` are the days (since the first) on which tokens were spent."""

    id: str
    name: str
    created_at: Micros
    created_by: int | None
    status: list[tuple[Micros, str]]
    workspace: str | None
    last_use: Micros | None
    """Newest day with tokens; None = never used."""
    weekly: bool = False
    """Still used every working day."""
    expires_at: Micros | None = None
    service_account: str | None = None


@dataclass(slots=True)
class Workspace:
    id: str
    name: str
    created_at: Micros
    archived_at: Micros | None
    members: list[tuple[int, str, Micros]]
    """(person, role, since)."""


@dataclass(slots=True)
class Company:
    seed: int
    size: Size
    start: Micros
    first_now: Micros
    organizations: tuple[Organization, ...]
    people: list[Person]
    groups: list[Group] = field(default_factory=list)
    roles: list[RoleRecord] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    api_keys: list[ClaudeApiKey] = field(default_factory=list)
    workspaces: list[Workspace] = field(default_factory=list)
    service_accounts: list[tuple[str, str, str, Micros]] = field(default_factory=list)
    """(id, name, role, created_at)."""
    projects: list[Project] = field(default_factory=list)
    chats: list[Chat] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    code_artifacts: list[CodeArtifact] = field(default_factory=list)
    local_sessions: list[Session] = field(default_factory=list)
    remote_sessions: list[Session] = field(default_factory=list)
    places: tuple[Place, ...] = ()
    update_at: Micros = 0
    """When every client was updated."""
    office_move_at: Micros = 0
    setting_changes: dict[str, list[tuple[Micros, str, object]]] = field(default_factory=dict)
    """Organization UUID -> (since, setting, value)."""

    @property
    def main(self) -> Organization:
        return self.organizations[0]

    @property
    def lab(self) -> Organization:
        return self.organizations[1]

    @property
    def console(self) -> Organization:
        return self.organizations[2]


def ids_of(seed: int, prefix: str, number: int) -> str:
    """The `number`th id of a kind."""
    return tagged_id(prefix, seed, number)


def build_company(seed: int, size: Size, now: Micros) -> Company:
    """Decide everything that is true before the first day of history."""
    rng = random.Random(f"company/{seed}/{size}")
    start = (now // DAY - HISTORY_DAYS) * DAY
    organizations = _organizations(seed, start)
    company = Company(
        seed=seed, size=size, start=start, first_now=now, organizations=organizations, people=[], places=all_places()
    )
    company.update_at = start + rng.randint(60, 85) * DAY
    company.office_move_at = start + rng.randint(55, 80) * DAY
    _hire(company, rng)
    _give_roles(company, rng)
    _special_accounts(company, rng)
    _form_groups(company, rng)
    _define_roles(company)
    _issue_keys(company, rng)
    _open_console(company, rng)
    return company


def _organizations(seed: int, start: Micros) -> tuple[Organization, ...]:
    rows = (("Example Robotics", 620, "claude"), ("Example Robotics Lab", 430, "claude"),
            ("Example Robotics Console", 410, "console"))  # fmt: skip
    return tuple(
        Organization(
            stable_uuid("organization", seed, i), ids_of(seed, "org", i), name, start - age * DAY, kind  # type: ignore[arg-type]
        )
        for i, (name, age, kind) in enumerate(rows)
    )  # fmt: skip


# ---------------------------------------------------------------------------- people


def _hire(company: Company, rng: random.Random) -> None:
    count = PEOPLE[company.size]
    start, now = company.start, company.first_now
    departments, shares = list(DEPARTMENTS), list(DEPARTMENTS.values())
    taken: dict[str, int] = {}
    for index in range(count):
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        local = f"{first}.{last}".lower()
        taken[local] = taken.get(local, 0) + 1
        if taken[local] > 1:
            local = f"{local}{taken[local]}"
        country = COUNTRIES[rng.choices(range(4), (0.4, 0.25, 0.15, 0.2))[0]]
        department = rng.choices(departments, shares)[0]
        home = country.homes[rng.choices(range(4), (0.4, 0.25, 0.2, 0.15))[0]]
        email = f"{local}@example.com"
        person = Person(
            index=index,
            first=first,
            last=last,
            email=email,
            user_id=ids_of(company.seed, "user", index),
            okta_id=_okta_id("00u", company.seed, index),
            okta_login=email,
            department=department,
            country=country,
            home=home,
            home_ip=home.address(index * 7 + 3),
            joined_at=start - rng.randint(20, 600) * DAY,
            rate=rng.choice((0.45, 0.6, 0.75, 0.9)),
            start_hour=rng.choice((7.8, 8.3, 8.8, 9.2, 9.8)),
            night_owl=rng.random() < 0.05,
            vpn=rng.random() < 0.12,
            part_time=(1 << rng.randrange(5)) if rng.random() < 0.1 else 0,
            office_days=rng.choice((0b11111, 0b01110, 0b01010, 0b00110, 0b10001, 0b00000)),
            employee_number=f"E{10_000 + index}",
        )
        if home is country.homes[0] and rng.random() < 0.2:
            person.second_ip = f"2001:db8:10{COUNTRIES.index(country)}:{index:x}::{rng.randint(2, 250):x}"
        person.mobile_ips = tuple(country.mobile.address(index * 13 + k * 211) for k in range(3))
        _equip(person, rng, start)
        _plan_career(person, rng, start, now)
        person.okta_status = [(person.joined_at - 2 * HOUR, "ACTIVE")]
        if person.left_at is not None:
            person.okta_status.append((person.left_at - 30 * MINUTE, "DEPROVISIONED"))
        company.people.append(person)


def _okta_id(prefix: str, seed: int, index: int) -> str:
    return prefix + stable_bytes("okta", prefix, seed, index, size=9).hex()[:17]


def _equip(person: Person, rng: random.Random, start: Micros) -> None:
    """Give the clients: each has a user agent before and after the company-wide update."""
    desktop = rng.choice(
        ("Macintosh; Intel Mac OS X 10_15_7", "Macintosh; Intel Mac OS X 10_15_7", "Windows NT 10.0; Win64; x64",
         "X11; Linux x86_64")
    )  # fmt: skip
    engine = "AppleWebKit/537.36 (KHTML, like Gecko)"

    def browser(version: int) -> str:
        return f"Mozilla/5.0 ({desktop}) {engine} Chrome/{version}.0.0.0 Safari/537.36"

    def app(version: str, shell: int) -> str:
        return f"Mozilla/5.0 ({desktop}) {engine} Claude/{version} Chrome/{shell}.0.0.0 Electron/38.2.0 Safari/537.36"

    person.devices.append(Device("browser", browser(141), browser(143)))
    if rng.random() < 0.45:
        person.devices.append(Device("desktop", app("1.14.2", 140), app("1.16.0", 142)))
    if rng.random() < 0.4:
        phone = rng.choice(("Claude-iOS/3.41 (iPhone; iOS 20.1)", "Claude-Android/3.40 (Pixel; Android 17)"))
        person.devices.append(Device("mobile", phone, phone.replace("/3.4", "/3.5")))
    if person.department in {"Engineering", "Research"} and rng.random() < 0.5:
        person.devices.append(Device("cli", "claude-cli/2.3.1 (external, cli)", "claude-cli/2.5.0 (external, cli)"))
    if rng.random() < 0.08:
        person.devices.append(Device("browser", "", browser(143), start + rng.randint(40, 110) * DAY))


def _plan_career(person: Person, rng: random.Random, start: Micros, now: Micros) -> None:
    """Joiners, leavers, movers, the dormant; a few of each lie after the first now."""
    chance = rng.random()
    working_hour = rng.randint(8, 15) * HOUR + rng.randint(0, 59) * MINUTE
    if chance < 0.05:
        person.joined_at = start + rng.randint(5, 112) * DAY + working_hour
    elif chance < 0.06:
        person.joined_at = now + rng.randint(1, 45) * DAY
    elif chance < 0.10:
        person.left_at = start + rng.randint(20, 112) * DAY + working_hour
    elif chance < 0.11:
        person.left_at = now + rng.randint(1, 45) * DAY
    elif chance < 0.14:
        person.moved_at = start + rng.randint(30, 100) * DAY + working_hour
        person.moved_from = person.department
        person.department = rng.choice([d for d in DEPARTMENTS if d != person.department])
    elif chance < 0.18:
        person.dormant_since = start + rng.randint(1, 25) * DAY


def steady(company: Company) -> list[Person]:
    """People without a career event, in order: the safe material for roles, cast and special cases."""
    return [
        p
        for p in company.people
        if p.left_at is None and p.moved_at is None and p.dormant_since is None and p.joined_at < company.start
        and p.kind == "employee" and not p.cast and not p.night_owl
    ]  # fmt: skip


def _give_roles(company: Company, rng: random.Random) -> None:
    main, lab, console = (o.uuid for o in company.organizations)
    for person in company.people:
        in_lab = person.department == "Research" or person.moved_from == "Research"
        person.organizations[lab if in_lab else main] = "managed" if rng.random() < 0.03 else "user"
        if rng.random() < (0.35 if in_lab else 0.06):
            person.organizations[main if in_lab else lab] = "user"
        if person.department in {"Engineering", "Research"} and rng.random() < 0.3:
            person.organizations[console] = rng.choice(("developer", "developer", "claude_code_user", "user"))
            person.api_user = person.organizations[console] == "developer" and rng.random() < 0.8
    candidates = steady(company)
    rng.shuffle(candidates)
    scale = {"S": 1, "M": 3, "L": 8}[company.size]
    for organization, roles in (
        (main, {"primary_owner": 1, "owner": 2 * scale, "membership_admin": 2 * scale}),
        (lab, {"primary_owner": 1, "owner": 2 * scale, "membership_admin": 1 * scale}),
        (console, {"admin": 2 * scale, "billing": 1, "developer": 2 * scale}),
    ):
        for role, count in roles.items():
            for _ in range(count):
                person = candidates.pop()
                person.organizations[organization] = role
                if organization != console:
                    person.organizations.pop(console, None)
                    person.api_user = False
                person.rate = max(person.rate, 0.75)
    # An elevated member who has done nothing for months: a posture fact.
    idle = candidates.pop()
    idle.organizations[main] = "owner"
    idle.dormant_since = company.start + 3 * DAY
    # An owner who works with keys every week: the benign twin of the first key.
    habitual = candidates.pop()
    habitual.organizations = {main: "owner", console: "admin"}
    habitual.api_user = True
    habitual.rate = 0.9


def _special_accounts(company: Company, rng: random.Random) -> None:
    """The ways in which accounts and people do not fit: aliases, case, mailboxes, contractors, reissued addresses."""
    chosen = steady(company)
    chosen = [p for p in chosen if set(p.organizations.values()) == {"user"}]
    rng.shuffle(chosen)
    scale = {"S": 1, "M": 4, "L": 20}[company.size]
    for _ in range(2 * scale):  # Claude knows an alias that only the app assignment explains
        person = chosen.pop()
        person.email = f"{person.first[0]}{person.last}{person.index}@example.com".lower()
    for _ in range(2 * scale):  # same address, other capitals
        person = chosen.pop()
        local, domain = person.email.split("@")
        person.email = f"{'.'.join(part.capitalize() for part in local.split('.'))}@{domain}"
    for i, name in enumerate(
        ("finance-desk", "launch-team")[: 1 + scale]
    ):  # shared mailbox without a person in the IdP
        person = chosen.pop()
        person.kind, person.first, person.last = "shared_mailbox", name.replace("-", " ").capitalize(), ""
        person.email, person.okta_id, person.okta_login = f"{name}@example.com", None, None
        person.okta_status, person.employee_number, person.rate = [], "", 0.3 + i / 10
    for _ in range(3 * scale):  # contractors of a partner
        person = chosen.pop()
        person.kind = "contractor"
        person.email = f"{person.first}.{person.last}{person.index}@partner.example.net".lower()
        person.okta_login = person.email
    for _ in range(scale):  # deactivated in the IdP, still a member of Claude: a posture fact
        person = chosen.pop()
        person.okta_status.append((company.first_now - rng.randint(10, 30) * DAY, "DEPROVISIONED"))
        person.rate = 0.5
        person.dormant_since = company.first_now - 11 * DAY
    for _ in range(scale):  # an account nobody in the IdP knows
        person = chosen.pop()
        person.okta_id = person.okta_login = None
        person.okta_status = []
        person.email = f"{person.first}{person.index}@example.org".lower()
        person.kind = "contractor"
    gone = [
        p for p in company.people if p.left_at and company.start + 20 * DAY < p.left_at < company.first_now - 20 * DAY
    ]
    for leaver in gone[:scale]:  # the address of somebody who left goes to a newcomer
        heir = chosen.pop()
        heir.joined_at = leaver.left_at + 12 * DAY  # type: ignore[operator]
        heir.email = heir.okta_login = leaver.email
        heir.first, heir.last = leaver.first, leaver.last
        heir.okta_status = [(heir.joined_at - 2 * HOUR, "ACTIVE")]
        leaver.okta_status.append((heir.joined_at - DAY, "DELETED"))  # an address is unique in the IdP


# ---------------------------------------------------------------------------- groups, roles, keys


def _form_groups(company: Company, rng: random.Random) -> None:
    made = company.start - 300 * DAY
    for i, department in enumerate(DEPARTMENTS):
        group = Group(
            ids_of(company.seed, "rbac_group", i), department, f"{department} staff", "scim", (), made + i * HOUR,
            okta_id=_okta_id("00g", company.seed, i),
        )  # fmt: skip
        for person in company.people:
            if person.moved_at and person.moved_from == department:
                group.members.append(Membership(person.index, person.joined_at, person.moved_at))
            elif person.department == department and person.okta_id:
                since = max(person.moved_at or person.joined_at, made)
                group.members.append(Membership(person.index, since, person.left_at))
        company.groups.append(group)
    for i, (name, share) in enumerate((("Project leads", 0.08), ("Pilot users", 0.15), ("Works council", 0.02))):
        group = Group(ids_of(company.seed, "rbac_group", 50 + i), name, "", "direct", (), made + 30 * DAY + i * HOUR)
        for person in company.people:
            if rng.random() < share:
                group.members.append(Membership(person.index, max(person.joined_at, made), person.left_at))
        company.groups.append(group)


def _define_roles(company: Company) -> None:
    number = 0
    for organization in company.organizations[:2]:
        rows: tuple[tuple[str, str, tuple[str, ...], bool], ...] = (
            ("Compliance reviewer", "May read review material", ("audit_log_read",), True),
            ("Builder", "", ("claude_code", "web_search"), False),
            ("Connector steward", "Looks after connectors", ("mcp_manage", "connector_admin"), True),
        )
        for name, description, actions, dated in rows:
            company.roles.append(
                RoleRecord(
                    ids_of(company.seed, "rbac_role", number),
                    organization.uuid,
                    name,
                    description,
                    company.start - 200 * DAY + number * HOUR if dated else None,
                    tuple((action, "organization", organization.uuid) for action in actions),
                )
            )
            number += 1
    by_name = {group.name: group for group in company.groups}
    by_name["Engineering"].roles = (company.roles[1].id,)
    by_name["Legal"].roles = (company.roles[0].id,)
    by_name["Project leads"].roles = (company.roles[2].id, company.roles[1].id)


def _issue_keys(company: Company, rng: random.Random) -> None:
    now, start, main = company.first_now, company.start, company.main.uuid
    owner = next(p for p in company.people if p.organizations.get(main) == "primary_owner")
    reads = ("read:compliance_activities", "read:compliance_user_data", "read:compliance_org_data")

    def secret(head: str, name: str) -> str:
        return "-".join(("sk", "ant", head)) + "-" + stable_bytes("secret", company.seed, name, size=36).hex()

    def key(i: int, name: str, scopes: tuple[str, ...], **rest: object) -> Key:
        created = start - (90 - i) * DAY + rng.randint(0, 8) * HOUR
        values: dict[str, object] = {"created_at": created, "created_by": owner.user_id, **rest}
        return Key(
            id=ids_of(company.seed, "apikey", i), secret=secret("api01", name), kind="compliance", name=name,
            scopes=scopes, **values,  # type: ignore[arg-type]
        )  # fmt: skip

    company.keys += [
        key(1, "parent", ("read:org_audit",)),
        key(2, "one-organization", reads, organization=main),
        key(3, "no-scopes", ()),
        key(4, "deactivated", reads, is_active=False),
        key(5, "expired", reads, expires_at=now - 9 * DAY),
        key(6, "foreign-siem", reads, created_by=None),
        key(7, "old-export", ("read:compliance_org_settings",), created_at=start - 240 * DAY, created_by=None),
        Key(id=ids_of(company.seed, "apikey", 8), secret=secret("admin01", "admin"), kind="admin", name="admin",
            created_at=start - 40 * DAY, organization=company.console.uuid, listed=False),
        Key(id=ids_of(company.seed, "apikey", 100), secret=secret("api03", "claude-api"), kind="claude_api",
            name="claude-api", created_at=start - 30 * DAY, organization=company.console.uuid, listed=False),
        Key(id="", secret="00" + stable_bytes("okta", company.seed, size=20).hex(), kind="okta_token", name="okta",
            created_at=start - 60 * DAY, listed=False),
    ]  # fmt: skip


def _open_console(company: Company, rng: random.Random) -> None:
    seed, start, now, console = company.seed, company.start, company.first_now, company.console.uuid
    members = [p for p in company.people if console in p.organizations]
    developers = [p for p in members if p.api_user] or members
    admins = [p for p in members if p.organizations[console] == "admin"]
    for i, name in enumerate(("Production", "Staging", "Prototypes", "Old trial")):
        chosen = rng.sample(developers, min(len(developers), 6))
        company.workspaces.append(
            Workspace(
                ids_of(seed, "wrkspc", i), name, start - (300 - i * 20) * DAY, now - 50 * DAY if i == 3 else None,
                [(admins[i % len(admins)].index, "workspace_admin", start - 200 * DAY)]
                + [(p.index, rng.choice(("workspace_developer", "workspace_user")), start - 150 * DAY) for p in chosen
                   if p is not admins[i % len(admins)]],
            )
        )  # fmt: skip
    for i, name in enumerate(("ci-deploy", "nightly-evaluation")):
        company.service_accounts.append((ids_of(seed, "svac", i), name, "developer", start - (80 - i) * DAY))
    plans = (
        ("ci-runner", "active", 0, True, None), ("chat-widget", "active", 0, True, None),
        ("translation", "active", 0, True, None), ("poc", "active", 110, False, None),
        ("hackathon", "active", None, False, None), ("intern-demo", "active", 98, False, None),
        ("retired-bot", "inactive", 60, False, None), ("old-batch", "archived", 100, False, None),
        ("trial", "expired", 40, False, 30),
    )  # fmt: skip
    for i, (name, status, idle, weekly, expired) in enumerate(plans):
        created = start - (60 - i * 5) * DAY if name != "intern-demo" else start - 5 * DAY
        last = None if idle is None else (now - idle * DAY) // DAY * DAY
        company.api_keys.append(
            ClaudeApiKey(
                ids_of(seed, "apikey", 100 + i), name, created, None if name == "poc" else rng.choice(developers).index,
                [(created, "active"), *([(now - 30 * DAY, status)] if status != "active" else [])],
                company.workspaces[i % 3].id if i % 4 else None, last, weekly,
                now - expired * DAY if expired else None,
                company.service_accounts[0][0] if name == "ci-runner" else None,
            )
        )  # fmt: skip
