"""Nine attacks, each with a benign twin that differs in the deciding fact only, and some believable noise.

A story is decided before the first day (who, when, from where) and performed when its day comes. Its people keep
strictly to their habits otherwise, so that nothing else about them is unusual.
"""

from __future__ import annotations

import random

from fanlight.model import Micros
from fanlight.model.times import DAY, MINUTE, SECOND
from fanlight.simulator.agenda import Agenda
from fanlight.simulator.casting import Casting, Planted, agent_at, note, plant
from fanlight.simulator.company import ClaudeApiKey, ids_of, steady
from fanlight.simulator.geography import DESTINATIONS, FAR, FOREIGN_HOSTING, LONE_TRIP
from fanlight.simulator.habits import local_moment
from fanlight.simulator.identifiers import stable_bytes, stable_uuid
from fanlight.simulator.records import Collaborator, Person, Project
from fanlight.simulator.stage import NAMES, Stage
from fanlight.simulator.truth import Story
from fanlight.simulator.world import Activity, Key

__all__ = ["KEY_FAMILIES", "write_stories"]

KEY_FAMILIES = (
    "api_key_created",
    "platform_api_key_created",
    "admin_api_key_created",
    "service_key_created",
    "platform_service_account_created",
)
_CHAT, _PROJECT, _FILE, _UPLOAD, _DOCUMENT = (NAMES[k] for k in ("chat", "project", "file", "upload", "document"))


def write_stories(stage: Stage, agenda: Agenda) -> None:
    """Cast and schedule every story, twin and piece of noise."""
    cast = Casting(stage, agenda, random.Random(f"stories/{stage.seed}/{stage.size}"), set())
    keeper = cast.high("privacy").creator
    if keeper is not None:
        cast.taken.add(keeper)
    for write in (
        _new_place, _off_hours, _first_key, _bulk, _escalation, _sso, _privacy, _moved, _abroad, _lone_trip,
        _gone_before_read, _noise,
    ):  # fmt: skip
        write(cast)
    if stage.crossing:
        from fanlight.simulator.crossing import write_crossings  # they are built on this world

        write_crossings(cast)


# ------------------------------------------------------------------------ stories


def _new_place(cast: Casting) -> None:
    """1: a sensitive chat of the second organization is opened from where its owner never was."""
    project, company = cast.high("new_place"), cast.company
    lab, main = company.lab.uuid, company.main.uuid
    thief = cast.member(project, wanted=lambda p: main in p.organizations and lab in p.organizations)
    thief.organizations.setdefault(main, "user")
    twin = cast.member(project)
    for person, kind, fact in ((thief, "attack", "place never seen for this person"), (twin, "twin", "own home")):
        secret = plant(cast, person, lab, project, cast.rng.randint(18, 30))
        other = plant(cast, person, main if kind == "attack" else lab, None, 12, "none")
        at = cast.moment(person, 10.0, 16.0)
        spot = cast.rng.choice(FAR)
        ip = spot.address(cast.rng.randint(2, 12)) if kind == "attack" else person.home_ip
        story = cast.story("sensitive_chat_new_place", kind, person, at, fact, projects=[project.id])
        story.detail = spot.city if kind == "attack" else person.home.city

        def act(
            stage: Stage, person: Person = person, at: Micros = at, ip: str = ip, story: Story = story,
            secret: Planted = secret, other: Planted = other,
        ) -> None:  # fmt: skip
            agent = agent_at(stage, person, at)
            actor = stage.actor(person, ip, agent)
            note(story, stage.sign_in(person, at, ip, agent, prompt=True), context=True)
            plain, chat = other.get(), secret.get()
            pair = stage.organization_pair(plain.organization)
            note(
                story,
                stage.emit(at + 2 * MINUTE, "claude_chat_viewed", pair, actor, _CHAT, (plain.id, None), prompt=True),
                context=True,
            )
            for wait in (4, 7):
                row = stage.emit(
                    at + wait * MINUTE, "claude_chat_viewed", stage.organization_pair(lab), actor, _CHAT,
                    (chat.id, project.id), prompt=True,
                )  # fmt: skip
                note(story, row)
            story.chats.append(chat.id)

        cast.perform(at, act)


def _off_hours(cast: Casting) -> None:
    """2: a day worker opens a highly sensitive project deep in the night; so does a habitual night owl."""
    project = cast.high("off_hours")
    worker, owl = cast.member(project), cast.member(project, owl=True)
    owl.night_owl = True
    for person, kind, fact in ((worker, "attack", "never works at night"), (owl, "twin", "habitual night owl")):
        at = cast.moment(person, 25.0, 26.2, workday=False)
        story = cast.story("off_hours_sensitive_project", kind, person, at, fact, projects=[project.id])

        def act(stage: Stage, person: Person = person, at: Micros = at, story: Story = story) -> None:
            agent = agent_at(stage, person, at)
            actor, pair = stage.actor(person, person.home_ip, agent), stage.organization_pair(project.organization)
            note(story, stage.sign_in(person, at - 2 * MINUTE, person.home_ip, agent, prompt=True), context=True)
            note(story, stage.emit(at, "claude_project_viewed", pair, actor, _PROJECT, (project.id,), prompt=True))
            for i, document in enumerate(project.documents[:2]):
                row = stage.emit(
                    at + (i + 2) * MINUTE, "claude_project_document_viewed", pair, actor, _DOCUMENT,
                    (document.id, project.id, None), prompt=True,
                )  # fmt: skip
                note(story, row)

        cast.perform(at, act)


def _first_key(cast: Casting) -> None:
    """3: somebody who never touched the API makes a key; so does somebody who lives in it."""
    company = cast.company
    family = cast.rng.choice(KEY_FAMILIES)
    habitual = cast.take(
        next(p for p in company.people if p.api_user and p.organizations.get(company.main.uuid) == "owner")
    )
    _keys_of_habit(cast, habitual)
    if family == "api_key_created":
        stranger = cast.holder(company.main.uuid, "owner")
    else:
        makers = {key.created_by for key in company.api_keys}
        stranger = cast.colleague(company.main.uuid, lambda person: person.index not in makers)
        stranger.organizations[company.console.uuid] = "admin"
        stranger.api_user = False
    for person, kind, fact in (
        (stranger, "attack", "never used the API"),
        (habitual, "twin", "uses the API every week"),
    ):
        at = cast.moment(person, 10.0, 16.5)
        story = cast.story("first_api_key", kind, person, at, fact, detail=family)

        def act(stage: Stage, person: Person = person, at: Micros = at, story: Story = story) -> None:
            agent = agent_at(stage, person, at)
            note(story, stage.sign_in(person, at - 3 * MINUTE, person.home_ip, agent, prompt=True), context=True)
            row, key = make_key(stage, person, at, family)
            note(story, row)
            story.keys.append(key)

        cast.perform(at, act)


def _keys_of_habit(cast: Casting, person: Person) -> None:
    """Earlier keys of every family, so that a further one is nothing new."""
    for i, family in enumerate(KEY_FAMILIES):
        day = cast.stage.first_now // DAY - 80 + i * 11
        at = local_moment(person.country.timezone, day - max(0, (day + 3) % 7 - 4), 11.0 + i * 0.4)

        def act(stage: Stage, at: Micros = at, family: str = family) -> None:
            make_key(stage, person, at, family)

        cast.perform(at, act)


def make_key(stage: Stage, person: Person, at: Micros, family: str) -> tuple[Activity, str]:
    """Emit the making of a key of one of the five families and let it exist from then on."""
    company = stage.company
    actor = stage.actor(person, person.home_ip, agent_at(stage, person, at))
    number = 1_000 + len(company.keys) + len(company.api_keys) + len(company.service_accounts)
    key = ids_of(stage.seed, "apikey", number)
    console = company.console.pair
    if family == "api_key_created":
        scopes = ("read:compliance_activities", "read:compliance_user_data")
        company.keys.append(
            Key(id=key, secret=stable_bytes("unused", key, size=32).hex(), kind="compliance",
                name=f"export-{number}", scopes=scopes,
                created_at=at, created_by=person.user_id)
        )  # fmt: skip
        names: tuple[str, ...] = ("api_key_id", "scopes", "restricted_to_organization")
        return stage.emit(at, family, company.main.pair, actor, names, (key, list(scopes), False), prompt=True), key
    if family == "platform_api_key_created":
        company.api_keys.append(
            ClaudeApiKey(
                key, f"notebook-{number}", at, person.index, [(at, "active")], company.workspaces[0].id, at // DAY * DAY
            )
        )
        names = ("api_key_id", "principal_id", "principal_type", "scope")
        return stage.emit(
            at, family, console, actor, names, (key, person.user_id, "user", "workspace"), prompt=True
        ), key
    if family == "admin_api_key_created":
        names = ("admin_api_key_id", "scopes")
        return stage.emit(at, family, console, actor, names, (key, ["org:admin"]), prompt=True), key
    if family == "service_key_created":
        names = ("is_service_created", "key_name", "service_name", "scopes", "service_key_id")
        values = (True, f"svc-{number}", f"export-service-{number}", ["org:read"], key)
        return stage.emit(at, family, console, actor, names, values, prompt=True), key
    account = ids_of(stage.seed, "svac", number)
    company.service_accounts.append((account, f"runner-{number}", "admin", at))
    names = ("service_account_id", "organization_role")
    return stage.emit(at, family, console, actor, names, (account, "admin"), prompt=True), account


def _bulk(cast: Casting) -> None:
    """4: half an hour through all the files of a sensitive project; the same in a harmless one."""
    sensitive, harmless = cast.high("bulk"), cast.company.projects[-1]
    reader = cast.member(sensitive)
    wanted = [cast.company.people[i] for i in harmless.members]
    calm = [p for p in wanted if p in steady(cast.company) and not p.careful and not p.part_time]
    twin = cast.take(cast.rng.choice(calm)) if calm else cast.colleague(harmless.organization)
    if twin.index not in harmless.members:
        harmless.members.append(twin.index)
        harmless.collaborators.append(Collaborator("user", twin.user_id, "editor", harmless.created_at + DAY))
    count = cast.rng.randint(36, 42)
    for person, kind, project, fact in (
        (reader, "attack", sensitive, "the project holds sensitive chats and files"),
        (twin, "twin", harmless, "nothing in the project is sensitive"),
    ):
        at = cast.moment(person, 10.0, 15.5)
        story = cast.story("bulk_file_views", kind, person, at, fact, projects=[project.id])

        def act(
            stage: Stage, person: Person = person, at: Micros = at, story: Story = story, project: Project = project
        ) -> None:
            actor = stage.actor(person, person.home_ip, agent_at(stage, person, at))
            pair = stage.organization_pair(project.organization)
            view = stage.emit(at, "claude_project_viewed", pair, actor, _PROJECT, (project.id,), prompt=True)
            note(story, view, context=True)
            for i, file in enumerate(project.files[:count]):
                row = stage.emit(
                    at + 30 * SECOND + i * 41 * SECOND, "claude_file_viewed", pair, actor, _FILE,
                    (file.id, None, project.id),
                    prompt=True,
                )  # fmt: skip
                note(story, row)

        cast.perform(at, act)


def _escalation(cast: Casting) -> None:
    """5: an administrator makes himself owner of a project he never opened; a member who works there does the same."""
    project = cast.high("escalation")
    climber = cast.holder(project.organization, "membership_admin")
    if project.number in climber.projects:
        climber.projects.remove(project.number)
        project.members.remove(climber.index)
    insider = cast.member(
        project, wanted=lambda p: p.organizations.get(project.organization) == "user" and p.index != project.creator
    )
    insider.projects.remove(project.number)
    insider.projects.insert(0, project.number)
    role = cast.rng.choice(("owner", "admin"))
    for person, kind, fact in (
        (climber, "attack", "never touched the project"),
        (insider, "twin", "works in it daily"),
    ):
        at = cast.moment(person, 10.0, 16.0)
        story = cast.story("project_escalation", kind, person, at, fact, projects=[project.id], detail=role)

        def act(stage: Stage, person: Person = person, at: Micros = at, story: Story = story) -> None:
            actor = stage.actor(person, person.home_ip, agent_at(stage, person, at))
            row = stage.emit(
                at, "role_assignment_granted", stage.organization_pair(project.organization), actor,
                ("resource_id", "resource_type", "role", "target_id", "target_type"),
                (project.id, "chat_project", f"chat_project:{role}", person.user_id, "organization_member"),
                prompt=True,
            )  # fmt: skip
            note(story, row)
            project.collaborators.append(Collaborator("user", person.user_id, role, at))  # type: ignore[arg-type]

        cast.perform(at, act)


def _sso(cast: Casting) -> None:
    """6: single sign-on is switched off; in the other organization it is switched on."""
    company = cast.company
    company.setting_changes[company.lab.uuid] = [(0, "sso_enabled", False)]
    for organization, kind, enabled in ((company.main, "attack", False), (company.lab, "twin", True)):
        person = cast.holder(organization.uuid, "owner")
        at = cast.moment(person, 9.5, 16.5)
        story = cast.story("sso_disabled", kind, person, at, f"enabled={str(enabled).lower()}")
        company.setting_changes.setdefault(organization.uuid, []).append((at, "sso_enabled", enabled))

        def act(
            stage: Stage, person: Person = person, at: Micros = at, story: Story = story, enabled: bool = enabled,
            pair: tuple[str, str] = organization.pair,
        ) -> None:  # fmt: skip
            actor = stage.actor(person, person.home_ip, agent_at(stage, person, at))
            note(story, stage.emit(at, "org_sso_toggled", pair, actor, ("enabled",), (enabled,), prompt=True))

        cast.perform(at, act)


def _privacy(cast: Casting) -> None:
    """7: a sensitive project is opened to the whole organization; so is a harmless one."""
    company = cast.company
    sensitive = cast.high("privacy")
    candidates = [
        p
        for p in company.projects[:-1]
        if p.tier == "none" and p.private[0][1] and p.creator is not None and not company.people[p.creator].careful
        and company.people[p.creator] in steady(company) and p.created_at < company.first_now - 30 * DAY
    ]  # fmt: skip
    harmless = cast.rng.choice(candidates)
    for project, kind, fact in (
        (sensitive, "attack", "the project is sensitive"),
        (harmless, "twin", "nothing in it is sensitive"),
    ):
        assert project.creator is not None
        person = cast.take(company.people[project.creator])
        at = cast.moment(person, 9.5, 16.5)
        story = cast.story("privacy_weakened", kind, person, at, fact, projects=[project.id])
        project.private.append((at, False))
        project.collaborators.append(Collaborator("organization", project.organization, "viewer", at))

        def act(
            stage: Stage, person: Person = person, at: Micros = at, story: Story = story, project: Project = project
        ) -> None:
            actor = stage.actor(person, person.home_ip, agent_at(stage, person, at))
            row = stage.emit(
                at, "claude_project_sharing_updated", stage.organization_pair(project.organization), actor,
                ("audience", "claude_project_id"), ([{"type": "organization"}], project.id), prompt=True,
            )  # fmt: skip
            note(story, row)

        cast.perform(at, act)


def _moved(cast: Casting) -> None:
    """8: a sensitive chat goes into a project it was never in; another is renamed where it is."""
    company, home = cast.company, cast.high("moved")
    target = cast.rng.choice(
        [p for p in company.projects[:-1] if p.tier == "none" and p.organization == home.organization
         and len(p.private) == 1 and p.created_at < company.first_now - 30 * DAY]
    )  # fmt: skip
    for kind, fact in (("attack", "another project than before"), ("twin", "the same project as before")):
        person = cast.member(home)
        secret = plant(cast, person, home.organization, home, cast.rng.randint(15, 28))
        at = cast.moment(person, 10.0, 16.0)
        place = target if kind == "attack" else home
        story = cast.story("sensitive_chat_moved", kind, person, at, fact, projects=[home.id])
        if kind == "attack":
            story.projects.append(target.id)
            granted = at - 20 * DAY
            target.collaborators.append(Collaborator("user", person.user_id, "editor", granted))

        def act(
            stage: Stage, person: Person = person, at: Micros = at, story: Story = story, secret: Planted = secret,
            place: Project = place,
        ) -> None:  # fmt: skip
            chat = secret.get()
            actor = stage.actor(person, person.home_ip, agent_at(stage, person, at))
            row = stage.emit(
                at,
                "claude_chat_updated",
                stage.organization_pair(chat.organization),
                actor,
                _CHAT,
                (chat.id, place.id),
                prompt=True,
            )
            note(story, row)
            story.chats.append(chat.id)
            if place is not home:
                chat.projects.append((at, place.number))
                place.chats.append(chat.number)

        cast.perform(at, act)


def _abroad(cast: Casting) -> None:
    """9: sensitive content is entered at night from a country without an office; the twin does it at home."""
    company = cast.company
    for kind, fact in (("attack", "a country where the company has no office"), ("twin", "the home country")):
        person = cast.colleague(company.main.uuid)
        at = cast.moment(person, 25.5, 27.8, workday=False)
        spot = cast.rng.choice(FAR)
        ip = spot.address(cast.rng.randint(2, 12)) if kind == "attack" else person.home_ip
        story = cast.story("sensitive_entry_abroad", kind, person, at, fact)
        story.detail = spot.country if kind == "attack" else person.country.name

        def act(stage: Stage, person: Person = person, at: Micros = at, ip: str = ip, story: Story = story) -> None:
            agent = agent_at(stage, person, at)
            actor, pair = stage.actor(person, ip, agent), company.main.pair
            note(story, stage.sign_in(person, at - 90 * SECOND, ip, agent, prompt=True), context=True)
            chat = stage.start_chat(person, at, company.main.uuid, None, "high")
            stage.add_turns(chat, at + 40 * SECOND, 2)
            note(story, stage.emit(at, "claude_chat_created", pair, actor, _CHAT, (chat.id, None), prompt=True))
            story.chats.append(chat.id)

        cast.perform(at, act)


# ----------------------------------------------------------------- what only looks bad


def _lone_trip(cast: Casting) -> None:
    """A real business trip that nobody declared: the traveller reads a sensitive chat of his own by day."""
    home = cast.high("broad")
    person = cast.member(home)
    secret = plant(cast, person, home.organization, home, 22)
    at = cast.moment(person, 11.0, 15.0)
    ip = LONE_TRIP.address(40)
    story = cast.story(
        "sensitive_chat_new_place", "false_positive", person, at, "an undeclared business trip", projects=[home.id],
        detail=LONE_TRIP.city,
    )  # fmt: skip

    def travel(_: Stage) -> None:
        person.trip = (str(at // DAY), LONE_TRIP)

    def act(stage: Stage) -> None:
        agent, chat = agent_at(stage, person, at), secret.get()
        actor, pair = stage.actor(person, ip, agent), stage.organization_pair(home.organization)
        note(story, stage.sign_in(person, at, ip, agent, prompt=True), context=True)
        for wait in (3, 30):
            row = stage.emit(
                at + wait * MINUTE, "claude_chat_viewed", pair, actor, _CHAT, (chat.id, home.id), prompt=True
            )
            note(story, row)
        story.chats.append(chat.id)

    cast.agenda.put(at // DAY - 1, travel)
    cast.perform(at, act)


def _gone_before_read(cast: Casting) -> None:
    """A chat is opened from a place never seen and deleted minutes later: nobody can tell what was in it."""
    company = cast.company
    person = cast.colleague(company.main.uuid)
    holder = plant(cast, person, company.main.uuid, None, 16, "none")
    at = cast.moment(person, 10.0, 15.0)
    spot = DESTINATIONS[0]
    ip = spot.address(900)
    story = cast.story(
        "sensitive_chat_new_place",
        "undecidable",
        person,
        at,
        "the chat was deleted before it could be read",
        detail=spot.city,
    )

    def act(stage: Stage) -> None:
        chat, agent = holder.get(), agent_at(stage, person, at)
        actor, pair = stage.actor(person, ip, agent), company.main.pair
        note(story, stage.sign_in(person, at, ip, agent, prompt=True), context=True)
        row = stage.emit(at + 2 * MINUTE, "claude_chat_viewed", pair, actor, _CHAT, (chat.id, None), prompt=True)
        note(story, row)
        chat.deleted_at = at + 9 * MINUTE
        row = stage.emit(chat.deleted_at, "claude_chat_deleted", pair, actor, _CHAT, (chat.id, None), prompt=True)
        note(story, row, context=True)
        story.chats.append(chat.id)

    cast.perform(at, act)


def _noise(cast: Casting) -> None:
    """Small things of the last days that an analyst closes with a word."""
    company = cast.company
    admin = next(p for p in company.people if p.organizations.get(company.main.uuid) == "primary_owner")
    at = cast.moment(admin, 2.0, 22.0, workday=False)
    story = cast.story("failed_sign_ins", "noise", admin, at, "password spraying that never got in")

    def spray(stage: Stage) -> None:
        for i in range(14):
            stranger = {
                "type": "unauthenticated_user_actor", "unauthenticated_email_address": admin.email,
                "ip_address": FOREIGN_HOSTING.address(50), "user_agent": "python-requests/2.32",
            }  # fmt: skip
            note(story, stage.emit(at + i * 20 * SECOND, "sso_login_failed", None, stranger, prompt=True))

    cast.perform(at, spray)
    maker = cast.colleague(company.main.uuid)
    made = cast.moment(maker, 9.5, 16.5)
    artifact = cast.story("artifact_published", "noise", maker, made, "a harmless artifact was published")
    server = cast.story("mcp_server_created", "noise", maker, made + 20 * MINUTE, "an approved connector was added")

    def publish(stage: Stage) -> None:
        actor = stage.actor(maker, maker.home_ip, agent_at(stage, maker, made))
        row = stage.emit(
            made, "claude_artifact_published", company.main.pair, actor,
            ("artifact_type", "claude_published_artifact_id", "title"),
            ("text/html", f"claude_published_artifact_01{stable_uuid('published', stage.seed)[:8]}", ""), prompt=True,
        )  # fmt: skip
        note(artifact, row)
        row = stage.emit(
            made + 20 * MINUTE, "mcp_server_created", company.main.pair, actor, ("mcp_server_id", "mcp_server_name"),
            (ids_of(stage.seed, "mcpsrv", 90), "Wiki"), prompt=True,
        )  # fmt: skip
        note(server, row)

    cast.perform(made, publish)
