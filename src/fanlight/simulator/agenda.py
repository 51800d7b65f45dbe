"""What happens on set days: joining and leaving, administration, new projects, and the stories."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fanlight.model import Micros
from fanlight.model.times import DAY, HOUR, MINUTE, SECOND
from fanlight.simulator.company import ids_of
from fanlight.simulator.records import Group, Person, Project

if TYPE_CHECKING:
    from fanlight.simulator.stage import Stage

__all__ = ["Act", "Agenda", "plan_agenda"]

Act = Callable[["Stage"], None]

#: Nothing of the routine administration falls into the days of the stories.
_QUIET_DAYS = 9


class Agenda:
    """Acts by the UTC day on which they are performed."""

    def __init__(self) -> None:
        self._days: dict[int, list[Act]] = {}

    def put(self, day: int, act: Act) -> None:
        """Schedule an act; acts of a day are performed in the order in which they were put."""
        self._days.setdefault(day, []).append(act)

    def take(self, day: int) -> list[Act]:
        """The acts of a day, once."""
        return self._days.pop(day, [])


def plan_agenda(stage: Stage) -> Agenda:
    """Write down everything that is decided before the first day."""
    from fanlight.simulator.stories import write_stories

    agenda = Agenda()
    rng = random.Random(f"agenda/{stage.seed}/{stage.size}")
    write_stories(stage, agenda)
    for person in stage.company.people:
        _plan_person(stage, agenda, person)
    for project in stage.company.projects:
        if project.created_at >= stage.start:
            _plan_project(agenda, project)
    _plan_administration(stage, agenda, rng)
    _plan_long_chat(stage, agenda, rng)
    return agenda


def _sync(stage: Stage, n: int) -> Mapping[str, Any]:
    """The IdP's push: no address, no person."""
    return {
        "type": "scim_directory_sync_actor",
        "workos_event_id": f"event_01{n:08d}SIM",
        "directory_id": f"directory_01SIM{stage.seed}",
        "idp_connection_type": "OktaSCIMV2",
    }


# ------------------------------------------------------------------------------ people


def _groups_of(stage: Stage, department: str) -> list[Group]:
    return [g for g in stage.company.groups if g.source_type == "scim" and g.name == department]


def _plan_person(stage: Stage, agenda: Agenda, person: Person) -> None:
    if person.joined_at >= stage.start:
        agenda.put(person.joined_at // DAY, lambda s: _join(s, person))
    if person.left_at is not None:
        agenda.put(person.left_at // DAY, lambda s: _leave(s, person))
    for at, status in person.okta_status:
        if status == "DELETED":
            agenda.put(at // DAY, _log_of(person, at, "user.lifecycle.delete.initiated"))
        elif status == "DEPROVISIONED" and person.left_at is None:
            agenda.put(at // DAY, _log_of(person, at, "user.lifecycle.deactivate"))
    if person.moved_at is not None:
        agenda.put(person.moved_at // DAY, lambda s: _move(s, person))


def _join(stage: Stage, person: Person) -> None:
    at, n = person.joined_at, person.index
    if person.okta_id:
        for i, kind in enumerate(
            ("user.lifecycle.create", "user.lifecycle.activate", "application.user_membership.add")
        ):
            stage.log(at - 2 * HOUR + i * MINUTE, kind, (n, None, None))
    for organization, role in person.organizations.items():
        pair, sync = stage.organization_pair(organization), _sync(stage, n)
        stage.emit(at + SECOND, "scim_user_created", pair, sync, ("user_id",), (person.user_id,))
        _role_row(stage, person, at + 2 * SECOND, pair, sync, None, role)
    for group in _groups_of(stage, person.department):
        _group_rows(stage, person, group, at + 5 * SECOND, added=True)


def _leave(stage: Stage, person: Person) -> None:
    at, n = person.left_at or 0, person.index
    if person.okta_id:
        stage.log(at - 30 * MINUTE, "user.lifecycle.deactivate", (n, None, None))
        stage.log(at - 29 * MINUTE, "application.user_membership.remove", (n, None, None))
    for group in _groups_of(stage, person.department):
        _group_rows(stage, person, group, at, added=False)
    for organization, role in person.organizations.items():
        pair, sync = stage.organization_pair(organization), _sync(stage, n + 500_000)
        _role_row(stage, person, at + SECOND, pair, sync, role, None)
        stage.emit(at + 2 * SECOND, "scim_user_deleted", pair, sync, ("user_id",), (person.user_id,))


def _move(stage: Stage, person: Person) -> None:
    at = person.moved_at or 0
    if person.okta_id:
        stage.log(at, "user.account.update_profile", (person.index, None, None))
    for group in _groups_of(stage, person.moved_from or ""):
        _group_rows(stage, person, group, at, added=False)
    for group in _groups_of(stage, person.department):
        _group_rows(stage, person, group, at + 30 * SECOND, added=True)


def _role_row(
    stage: Stage,
    person: Person,
    at: Micros,
    pair: tuple[str, str],
    actor: Mapping[str, Any],
    before: str | None,
    after: str | None,
) -> None:
    stage.emit(
        at, "claude_user_role_updated", pair, actor, ("current_role", "previous_role", "user_email", "user_id"),
        (after, before, person.email, person.user_id),
    )  # fmt: skip


def _group_rows(stage: Stage, person: Person, group: Group, at: Micros, *, added: bool) -> None:
    if person.okta_id and group.okta_id:
        kind = "group.user_membership.add" if added else "group.user_membership.remove"
        stage.log(at - MINUTE, kind, (person.index, None, None, (group.okta_id, group.name)))
    stage.emit(
        at, "group_member_added" if added else "group_member_removed", stage.company.main.pair,
        _sync(stage, person.index + 900_000), ("group_id", "member_ids"), (group.id, [person.user_id]),
    )  # fmt: skip


# ---------------------------------------------------------------------------- projects


def _plan_project(agenda: Agenda, project: Project) -> None:
    agenda.put(project.created_at // DAY, lambda stage: _create(stage, project))
    for grant in project.collaborators:
        if grant.kind == "user" and grant.principal and grant.granted_at > project.created_at:
            agenda.put(grant.granted_at // DAY, lambda stage, grant=grant: _grant(stage, project, grant))  # type: ignore[misc]


def _maker(stage: Stage, project: Project, at: Micros) -> Mapping[str, Any]:
    from fanlight.simulator.habits import agent_of

    index = project.creator if project.creator is not None else project.members[0]
    person = stage.company.people[index]
    return stage.actor(person, person.home_ip, agent_of(stage, person.devices[0], at // DAY))


def _create(stage: Stage, project: Project) -> None:
    at, pair = project.created_at, stage.organization_pair(project.organization)
    actor = _maker(stage, project, at)
    stage.emit(at, "claude_project_created", pair, actor, ("claude_project_id",), (project.id,))
    for file in project.files:
        names = ("claude_file_id", "claude_project_id", "filename")
        stage.emit(file.created_at, "claude_project_file_uploaded", pair, actor, names, (file.id, project.id, None))
    for document in project.documents:
        names = ("claude_project_document_id", "claude_project_id", "filename")
        values = (document.id, project.id, None)
        stage.emit(document.created_at, "claude_project_document_uploaded", pair, actor, names, values)


def _grant(stage: Stage, project: Project, grant: Any) -> None:
    stage.emit(
        grant.granted_at, "role_assignment_granted", stage.organization_pair(project.organization),
        _maker(stage, project, grant.granted_at), ("resource_id", "resource_type", "role", "target_id", "target_type"),
        (project.id, "chat_project", f"chat_project:{grant.role}", grant.principal, "organization_member"),
    )  # fmt: skip


# ---------------------------------------------------------------------- administration


def _plan_administration(stage: Stage, agenda: Agenda, rng: random.Random) -> None:
    """What owners and administrators do in ordinary weeks; it ends before the days of the stories."""
    company = stage.company
    main = company.main
    owners = [
        p
        for p in company.people
        if p.organizations.get(main.uuid) in {"owner", "primary_owner", "membership_admin"}
        and p.dormant_since is None
        and not p.api_user
    ]

    def put(day: int, act: Callable[[Stage, Micros, Mapping[str, Any], Person], None]) -> None:
        person = rng.choice(owners)
        hour = rng.uniform(9.0, 16.5)

        def perform(s: Stage) -> None:
            from fanlight.simulator.habits import agent_of, local_moment

            at = local_moment(person.country.timezone, day, hour) // SECOND * SECOND
            act(s, at, s.actor(person, person.home_ip, agent_of(s, person.devices[0], day)), person)

        agenda.put(day, perform)

    first, last = stage.start // DAY, stage.first_now // DAY - _QUIET_DAYS
    for day in range(first + 2, last, 3):
        while (day + 3) % 7 > 4:
            day += 1  # noqa: PLW2901 - the next working day
        put(day, _ROUTINE[rng.randrange(len(_ROUTINE))])
    for i, name in enumerate(("Ticket desk", "Wiki", "Calendar")):
        put(first + 8 + i * 12, _add_server(i, name))
    for i in range(max(6, len(company.people) // 30)):
        person = company.people[rng.randrange(len(company.people))]
        day = rng.randint(first + 5, last)
        agenda.put(day, _connect(person, i % 3, day))
    put(first + 33, _staff_look)
    put(first + 71, _assign_role)
    put(first + 64, _raise_member)


def _settings_update(
    name: str, before: object, after: object
) -> Callable[[Stage, Micros, Mapping[str, Any], Person], None]:
    def act(stage: Stage, at: Micros, actor: Mapping[str, Any], _: Person) -> None:
        update = {"type": name, "previous_value": before, "current_value": after}
        stage.emit(
            at, "claude_organization_settings_updated", stage.company.main.pair, actor, ("updates",), ([update],)
        )

    return act


def _plain(kind: str) -> Callable[[Stage, Micros, Mapping[str, Any], Person], None]:
    def act(stage: Stage, at: Micros, actor: Mapping[str, Any], _: Person) -> None:
        stage.emit(at, kind, stage.company.main.pair, actor)

    return act


def _look_at_group(stage: Stage, at: Micros, actor: Mapping[str, Any], _: Person) -> None:
    group = stage.company.groups[0].id
    stage.emit(at, "group_member_list_viewed", stage.company.main.pair, actor, ("group_id",), (group,))


_ROUTINE: tuple[Callable[[Stage, Micros, Mapping[str, Any], Person], None], ...] = (
    _plain("org_users_listed"),
    _plain("org_invites_listed"),
    _plain("group_list_viewed"),
    _look_at_group,
    _settings_update("member_usage_dashboard_visible", False, True),
    _settings_update("inline_visualizations_enabled", False, True),
    _settings_update("claude_code_web_enabled", False, True),
    _plain("audit_log_export_started"),
)


def _add_server(i: int, name: str) -> Callable[[Stage, Micros, Mapping[str, Any], Person], None]:
    def act(stage: Stage, at: Micros, actor: Mapping[str, Any], _: Person) -> None:
        names = ("mcp_server_id", "mcp_server_name")
        stage.emit(
            at, "mcp_server_created", stage.company.main.pair, actor, names, (ids_of(stage.seed, "mcpsrv", i), name)
        )

    return act


def _connect(person: Person, server: int, day: int) -> Act:
    def act(stage: Stage) -> None:
        from fanlight.simulator.habits import agent_of, local_moment

        at = local_moment(person.country.timezone, day, 11.3)
        if not person.works_at(at):
            return
        actor = stage.actor(person, person.home_ip, agent_of(stage, person.devices[0], day))
        home = next(iter(person.organizations))
        stage.emit(
            at, "integration_user_connected", stage.organization_pair(home), actor,
            ("integration_type", "mcp_server_id", "mcp_server_name"),
            ("mcp", ids_of(stage.seed, "mcpsrv", server), ("Ticket desk", "Wiki", "Calendar")[server]),
        )  # fmt: skip

    return act


def _staff_look(stage: Stage, at: Micros, _: Mapping[str, Any], __: Person) -> None:
    """Staff of the vendor answer a support request; such rows have no address."""
    stage.emit(
        at, "anthropic_access", stage.company.console.pair, {"type": "anthropic_actor", "email_address": None},
        ("accessed_at", "accessor_department", "reason_code", "resource_details"),
        ("2026-01-01T00:00:00Z", "Support", "incident_response", {"type": "message", "id": None}),
    )  # fmt: skip


def _assign_role(stage: Stage, at: Micros, actor: Mapping[str, Any], person: Person) -> None:
    stage.emit(
        at, "rbac_role_assigned", stage.company.main.pair, actor, ("principal_id", "principal_type", "role_id"),
        (person.user_id, "account", stage.company.roles[0].id),
    )  # fmt: skip


def _raise_member(stage: Stage, at: Micros, actor: Mapping[str, Any], _: Person) -> None:
    """A role was raised and lowered again the same hour: history for the time line."""
    other = next(
        p for p in stage.company.people if p.organizations.get(stage.company.main.uuid) == "user" and not p.cast
    )
    pair = stage.company.main.pair
    _role_row(stage, other, at, pair, actor, "user", "owner")
    _role_row(stage, other, at + 40 * MINUTE, pair, actor, "owner", "user")


def _plan_long_chat(stage: Stage, agenda: Agenda, rng: random.Random) -> None:
    """One chat with more than a thousand messages."""
    main = stage.company.main
    person = next(
        p for p in stage.company.people
        if main.uuid in p.organizations and p.joined_at < stage.start and p.left_at is None and not p.careful
        and p.dormant_since is None
    )  # fmt: skip
    at = stage.start + 20 * DAY + 10 * HOUR

    def act(s: Stage) -> None:
        chat = s.start_chat(person, at, main.uuid, None, "none")
        moment = at
        for _ in range(525):
            chat.turns.append(moment)
            moment += rng.randint(60, 400) * SECOND
        from fanlight.simulator.habits import agent_of

        actor = s.actor(person, person.home_ip, agent_of(s, person.devices[0], at // DAY))
        s.emit(at, "claude_chat_created", main.pair, actor, ("claude_chat_id", "claude_project_id"), (chat.id, None))

    agenda.put(at // DAY, act)


def _log_of(person: Person, at: Micros, event_type: str) -> Act:
    """An act that writes one Okta event about a person."""

    def write(stage: Stage) -> None:
        stage.log(at, event_type, (person.index, None, None))

    return write
