"""The fewest requests with which everything that is served can be read once, by endpoint."""

from __future__ import annotations

from fanlight.simulator.http.paging import sparse_size
from fanlight.simulator.world import Wire, World

__all__ = ["minimum_requests"]


def minimum_requests(world: World) -> dict[str, int]:
    """Pages at the greatest limit and one request for each thing that must be fetched alone. Reads every chat: slow."""
    counts = {
        "activities": _pages(len(world.feed()), 5000),
        "chats": _pages(len(world.chats()), 1000),
        "projects": _pages(len(world.projects()), 100),
        "organizations": 1,
        "groups": _pages(len(world.groups()), 1000),
        "code artifacts": _sparse_pages(len(world.code_artifacts()), 100),
        "local sessions": _sparse_pages(len(world.local_sessions()), 500),
        "remote sessions": _sparse_pages(len(world.remote_sessions()), 500),
    }
    _count_projects(world, counts)
    _count_conversations(world, counts)
    _count_sessions(world, counts)
    _count_directory(world, counts)
    return counts


def _pages(rows: int, limit: int) -> int:
    return max(1, -(-rows // limit))


def _sparse_pages(rows: int, limit: int) -> int:
    hop = given = 0
    while given < rows:
        given += sparse_size(limit, hop)
        hop += 1
    return max(1, hop)


def _count_projects(world: World, counts: dict[str, int]) -> None:
    rows = world.projects()
    attachments = [list(world.attachments(row.id) or ()) for row in rows]
    counts["project"] = len(rows)
    # The detail of a project counts its attachments: one without any needs no request.
    counts["attachments"] = sum(_pages(len(found), 100) for found in attachments if found)
    counts["collaborators"] = sum(_pages(len(world.collaborators(row.id) or ()), 100) for row in rows)
    counts["document"] = sum(item["type"] == "project_doc" for found in attachments for item in found)
    counts["file content"] = len(
        {item["id"] for found in attachments for item in found if item["type"] == "project_file"}
    )


def _count_conversations(world: World, counts: dict[str, int]) -> None:
    files: set[str] = set()
    generated: set[str] = set()
    artifacts: set[str] = set()
    alive = [row for row in world.chats() if row.body.get("deleted_at") is None]
    for row in alive:
        for message in world.messages(row.id) or ():
            files.update(_ids(message, "files", "id"))
            generated.update(_ids(message, "generated_files", "id"))
            artifacts.update(_ids(message, "artifacts", "version_id"))
    counts["messages"] = len(alive)
    counts["file content"] += len(files)
    counts["generated file content"] = len(generated)
    counts["artifact content"] = len(artifacts)


def _ids(message: Wire, name: str, identity: str) -> list[str]:
    return [item[identity] for item in message.get(name) or ()]


def _count_sessions(world: World, counts: dict[str, int]) -> None:
    counts["code artifact version"] = sum(bool(row.body.get("published_version_id")) for row in world.code_artifacts())
    counts["local session messages"] = sum(
        _sparse_pages(len(world.local_session_messages(row.id) or ()), 1000) for row in world.local_sessions()
    )
    remote = (world.remote_session_messages(row.id) for row in world.remote_sessions())
    counts["remote session messages"] = sum(_sparse_pages(len(found), 1000) for found in remote if found is not None)


def _count_directory(world: World, counts: dict[str, int]) -> None:
    linked = [row.id for row in world.organizations()]
    counts["users"] = sum(_pages(len(world.users(uuid) or ()), 1000) for uuid in linked)
    roles = {uuid: world.roles(uuid) or () for uuid in linked}
    counts["roles"] = sum(_pages(len(found), 1000) for found in roles.values())
    counts["role permissions"] = sum(len(found) for found in roles.values())
    counts["settings"] = sum(world.settings(uuid) is not None for uuid in linked)
    counts["group members"] = sum(_pages(len(world.group_members(row.id) or ()), 1000) for row in world.groups())
