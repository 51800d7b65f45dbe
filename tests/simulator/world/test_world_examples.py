"""The bodies have the fields of the documented examples: the world agrees with the documentation."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fanlight.simulator.world import Row, World

SHARED = Path(os.environ.get("FANLIGHT_SHARED", Path(__file__).parents[4] / "shared"))
EXAMPLES = SHARED / "reference" / "examples"
pytestmark = pytest.mark.shared


def _example(name: str) -> Any:
    path = EXAMPLES / f"{name}.json"
    if not path.exists():
        pytest.skip("the reference folder is absent")
    return json.loads(path.read_text(encoding="utf-8"))


def _kinds(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def _agree(bodies: list[dict[str, Any]], examples: list[dict[str, Any]], *, optional: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """Same field names, and a kind of value that an example shows (null stands for anything)."""
    assert bodies
    fields: dict[str, set[str]] = {}
    for example in examples:
        for name, value in example.items():
            fields.setdefault(name, set()).add(_kinds(value))
    for body in bodies:
        assert set(body) - optional <= set(fields), set(body) - set(fields)
        assert set(fields) - set(body) <= optional, set(fields) - set(body)
        for name, value in body.items():
            shown = fields.get(name, set()) - {"null"}
            assert value is None or not shown or _kinds(value) in shown, (name, value)


def _bodies(rows: Any) -> list[dict[str, Any]]:
    return [row.body if isinstance(row, Row) else row for row in rows or ()]


@pytest.mark.parametrize(
    ("name", "method", "optional"),
    [
        ("organizations.list", "organizations", set()),
        ("groups.list", "groups", set()),
        ("projects.list", "projects", {"organization_id"}),
        ("chats.list", "chats", {"organization_id"}),
        ("code_artifacts.list", "code_artifacts", {"artifact_type"}),
        ("sessions.local.list", "local_sessions", set()),
        ("sessions.remote.list", "remote_sessions", set()),
        ("admin.api_keys.list", "console_api_keys", set()),
        ("admin.users.list", "console_users", set()),
        ("admin.workspaces.list", "console_workspaces", set()),
        ("admin.service_accounts.list", "console_service_accounts", set()),
    ],
)
def test_list_items(world: World, name: str, method: str, optional: set[str]) -> None:
    _agree(_bodies(getattr(world, method)()), _example(name)["data"], optional=optional)


def test_members_roles_and_permissions(world: World) -> None:
    main = world.claude_organizations()[0]
    _agree(_bodies(world.users(main)), _example("organizations.users")["data"])
    _agree(_bodies(world.roles(main)), _example("roles.list")["data"])
    roles = world.roles(main) or ()
    _agree(_bodies(world.role_permissions(main, roles[0].id)), _example("roles.permissions")["data"])
    _agree(_bodies(world.group_members(world.groups()[0].id)), _example("groups.members")["data"])
    workspace = world.console_workspaces()[0].id
    _agree(_bodies(world.console_workspace_members(workspace)), _example("admin.workspace_members.list")["data"])


def test_settings_and_keys(world: World) -> None:
    example = _example("organizations.settings")
    for organization in world.organizations():
        settings = world.settings(organization.id)
        assert settings is not None
        _agree([settings], [example])
        _agree(settings["settings"], example["settings"])
        _agree(settings["api_keys"], example["api_keys"])


def test_project_details_attachments_collaborators_and_documents(world: World) -> None:
    for project in world.projects():
        detail = world.project_detail(project.id)
        assert detail is not None
        _agree([detail], [_example("projects.retrieve")], optional={"organization_id"})
        for item in world.attachments(project.id) or ():
            _agree([item], [e for e in _example("projects.attachments")["data"] if e["type"] == item["type"]])
            if item["type"] == "project_doc":
                _agree([world.document(item["id"]) or {}], [_example("projects.documents.retrieve")])
                _agree([world.document_metadata(item["id"]) or {}], [_example("projects.documents.metadata")])
            else:
                _agree([world.file_metadata(item["id"]) or {}], [_example("files.metadata")])
        for grant in world.collaborators(project.id) or ():
            _agree([grant], [e for e in _example("projects.collaborators")["data"] if e["type"] == grant["type"]])


def test_messages_with_files_artifacts_and_tools(world: World) -> None:
    plain, tools = _example("chats.messages")["chat_messages"], _example("chats.messages.tools")["chat_messages"]
    blocks = {b["type"]: b for m in (*plain, *tools) for b in m["content"]}
    for row in world.chats()[::5]:
        messages = world.messages(row.id) or []
        _agree(messages, plain) if messages else None
        for message in messages:
            for block in message["content"]:
                older = {"truncated", "thinking_redacted"} if block["type"] == "text" else set()
                _agree([block], [blocks[block["type"]]], optional=older)
            for file in message["files"] or ():
                _agree([file], plain[0]["files"])
            for file in message["generated_files"] or ():
                _agree([file], plain[1]["generated_files"])
                _agree([world.generated_file_metadata(file["id"]) or {}], [_example("generated_files.metadata")])
            for artifact in message["artifacts"] or ():
                _agree([artifact], plain[1]["artifacts"])
                _agree([world.artifact_metadata(artifact["version_id"]) or {}], [_example("artifacts.metadata")])
                _agree([world.artifact_content(artifact["version_id"]) or {}], [_example("artifacts.content")])


def test_transcripts(world: World) -> None:
    for row in world.local_sessions()[:40]:
        _agree(world.local_session_messages(row.id) or [], _example("sessions.local.messages")["data"])
    for row in world.remote_sessions():
        if row.body["status"] != "pending":
            _agree(world.remote_session_messages(row.id) or [], _example("sessions.remote.messages")["data"])


def test_usage_buckets(world: World) -> None:
    buckets = world.usage_buckets(world.now - 9 * 86_400_000_000, world.now)
    example = _example("admin.usage_report.messages")["data"]
    _agree(buckets, example)
    _agree([r for b in buckets for r in b["results"]], example[0]["results"])


def test_activities_carry_the_common_fields(world: World) -> None:
    common = {"id", "created_at", "organization_id", "organization_uuid", "actor", "type"}
    for row in world.feed()[::41]:
        assert common <= set(row.body())
