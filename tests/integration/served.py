"""What the simulated vendors serve now, kind by kind: what must be stored, no more and no less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable

from fanlight.model import DAY, HOUR, Micros, ObjectVersion
from fanlight.pipeline.home import Home
from fanlight.simulator.world import World

__all__ = [
    "KINDS", "OWN", "is_log_whole", "served_activities", "served_log", "served_objects", "stored_events",
    "stored_objects",
]  # fmt: skip

OWN = "compliance_api_accessed"
"""Fanlight's own traffic: read apart, and it grows while one looks."""


def served_activities(world: World) -> set[str]:
    """Ids of the feed's rows that can be seen now."""
    return {row.id for row in world.feed() if row.visible_at <= world.now and row.type != OWN}


def served_log(world: World, *, since_start: Micros = 0) -> set[str]:
    """Ids of the identity provider's log rows that can be seen now.

    The log itself keeps 90 days and goes on forgetting while it is read: rows of its first hours may be gone before
    anybody asked. `since_start` leaves those out (or, below zero, in).
    """
    oldest = world.now - 90 * DAY + since_start
    return {row.uuid for row in world.okta_log() if row.persisted_at <= world.now and row.published >= oldest}


def is_log_whole(world: World, stored: Collection[str]) -> bool:
    """Whether everything of the log is stored, and nothing that it did not hold."""
    return served_log(world, since_start=6 * HOUR) <= set(stored) <= served_log(world, since_start=-6 * HOUR)


def stored_events(home: Home, product: str) -> Counter[str]:
    """How often each event is stored."""
    with home.reader(memory="3GB") as reader:
        rows = reader.query("SELECT event_id FROM events WHERE product = ? AND type <> ?", [product, OWN])
    return Counter(rows["event_id"].to_pylist())


def stored_objects(home: Home, kind: str) -> list[str]:
    """Ids of the objects of a kind that are known to exist."""
    with home.reader(memory="3GB") as reader:
        return sorted(row.object_id for row in reader.rows(ObjectVersion, "kind = ? AND NOT removed", [kind], now=True))


def served_objects(world: World, kind: str) -> list[str]:
    """Ids of the objects of a kind that the vendors show."""
    return sorted(set(_SERVED[kind](world)))


def _in_messages(name: str, identity: str) -> Callable[[World], Iterable[str]]:
    def listed(world: World) -> Iterable[str]:
        for row in world.chats():
            for message in world.messages(row.id) or ():
                yield from (item[identity] for item in message.get(name) or ())

    return listed


def _attached(world: World, kind: str) -> Iterable[str]:
    for project in world.projects():
        yield from (item["id"] for item in world.attachments(project.id) or () if item["type"] == kind)


def _users(world: World) -> Iterable[str]:
    for organization in world.organizations():
        yield from (row.id for row in world.users(organization.id) or ())


_SERVED: dict[str, Callable[[World], Iterable[str]]] = {
    "organization": lambda world: (row.id for row in world.organizations()),
    "user": _users,
    "group": lambda world: (row.id for row in world.groups()),
    "project": lambda world: (row.id for row in world.projects()),
    "document": lambda world: _attached(world, "project_doc"),
    "chat": lambda world: (row.id for row in world.chats()),
    "file": lambda world: {*_in_messages("files", "id")(world), *_attached(world, "project_file")},
    "generated_file": _in_messages("generated_files", "id"),
    "artifact": _in_messages("artifacts", "id"),
    "local_session": lambda world: (row.id for row in world.local_sessions()),
    "remote_session": lambda world: (row.id for row in world.remote_sessions()),
    "code_artifact": lambda world: (row.id for row in world.code_artifacts()),
    "api_key": lambda world: (row.id for row in world.console_api_keys()),
    "console_member": lambda world: (row.id for row in world.console_users()),
    "workspace": lambda world: (row.id for row in world.console_workspaces()),
    "idp_user": lambda world: (row.id for row in world.okta_users()),
    "idp_group": lambda world: (row.id for row in world.okta_groups()),
}

KINDS = tuple(_SERVED)
