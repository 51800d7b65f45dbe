"""Every answer of the simulator agrees with the documentation: same keys, same types, documented activity fields."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from example_shapes import Shape, misfits, shape_of
from field_grammar import disagreements, read_types
from simulator_client import Client

from fanlight.model import DAY, format_time, parse_time
from fanlight.simulator.http import serve
from fanlight.simulator.http.compliance import ENDPOINTS
from fanlight.simulator.http.feed import known_types
from fanlight.simulator.world import World, build_world

pytestmark = pytest.mark.shared

SHARED = Path(os.environ.get("FANLIGHT_SHARED") or Path(__file__).resolve().parents[4] / "shared") / "reference"
COMMON = {"id", "created_at", "organization_id", "organization_uuid", "actor", "type"}
ACTORS: dict[str, tuple[set[str], set[str]]] = {
    "user_actor": ({"user_id", "email_address", "ip_address", "user_agent"}, set()),
    "api_actor": ({"api_key_id", "ip_address", "user_agent"}, set()),
    "admin_api_key_actor": ({"admin_api_key_id", "ip_address", "user_agent"}, set()),
    "unauthenticated_user_actor": ({"ip_address", "user_agent"}, {"unauthenticated_email_address"}),
    "anthropic_actor": (set(), {"email_address"}),
    "system_actor": (set(), {"service"}),
    "service_account_actor": ({"service_account_id", "ip_address", "user_agent"}, set()),
    "scim_directory_sync_actor": ({"workos_event_id", "directory_id"}, {"idp_connection_type"}),
    "federated_identity_actor": ({"issuer", "subject"}, {"audience", "ip_address", "user_agent"}),
    "federated_actor": ({"provider"}, {"subject", "ip_address", "user_agent"}),
    "attested_device_actor": ({"external_client_id", "kid_hash"}, {"ip_address", "user_agent"}),
}


@pytest.fixture(scope="module")
def real_world() -> World:
    return build_world(seed=7, size="S", now=parse_time("2026-11-20T12:00:00Z"))


@pytest.fixture(scope="module")
def real(real_world: World) -> Iterator[Client]:
    with serve(real_world, rate=0) as running:
        yield Client(running)


@dataclass(frozen=True)
class Documented:
    """What examples show, and which ones."""

    name: str
    shape: Shape


def examples(*names: str) -> Documented:
    return Documented(
        names[0], shape_of(*(json.loads((SHARED / "examples" / f"{name}.json").read_text("utf-8")) for name in names))
    )


def hold(documented: Documented, answers: list[Any]) -> None:
    """Fail with the first misfits, each said once."""
    assert answers
    found: Counter[str] = Counter()
    for answer in answers:
        for sentence in misfits(answer, documented.shape, documented.name):
            found["".join(letter for letter in sentence if not letter.isdigit())] += 1
    assert not found, dict(found.most_common(10))


def pages(client: Client, path: str, **params: Any) -> list[Any]:
    """Every page of a list of either family."""
    found: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        response = client.get(path, params=params | more)
        assert response.status_code == 200, response.text
        body = response.json()
        found.append(body)
        if body.get("next_page"):
            more = {"page": body["next_page"]}
        elif body.get("has_more"):
            more = {"after_id": body["last_id"]}
        else:
            return found


def ids(answers: list[Any], name: str = "id") -> list[str]:
    return [row[name] for answer in answers for row in answer["data"]]


# ---------------------------------------------------------------------------------------------------- lists


@pytest.mark.parametrize(
    ("path", "example"),
    [
        ("/apps/chats", "chats.list"),
        ("/apps/projects", "projects.list"),
        ("/organizations", "organizations.list"),
        ("/groups", "groups.list"),
        ("/apps/code/artifacts", "code_artifacts.list"),
        ("/apps/sessions/local", "sessions.local.list"),
        ("/apps/sessions/remote", "sessions.remote.list"),
    ],
)
def test_lists_agree(real: Client, path: str, example: str) -> None:
    hold(examples(example), pages(real, path))


@pytest.mark.parametrize(
    ("listed", "path", "example"),
    [
        ("/organizations", "/organizations/{}/users", "organizations.users"),
        ("/organizations", "/organizations/{}/roles", "roles.list"),
        ("/groups", "/groups/{}/members", "groups.members"),
        ("/apps/projects", "/apps/projects/{}/attachments", "projects.attachments"),
        ("/apps/projects", "/apps/projects/{}/collaborators", "projects.collaborators"),
    ],
)
def test_lists_of_things_agree(real: Client, listed: str, path: str, example: str) -> None:
    owners = ids(pages(real, listed), "uuid" if listed == "/organizations" else "id")
    hold(examples(example), [page for owner in owners for page in pages(real, path.format(owner))])


def test_all_four_kinds_of_collaborator_and_orphaned_creators_occur(real: Client) -> None:
    projects = [row for page in pages(real, "/apps/projects") for row in page["data"]]
    kinds = {
        row["type"]
        for project in projects
        for page in pages(real, f"/apps/projects/{project['id']}/collaborators")
        for row in page["data"]
    }
    assert kinds == {"user", "group", "organization", "organization_role"}
    assert any(project["user"] is None for project in projects)
    assert {project["is_private"] for project in projects} == {True, False}


# -------------------------------------------------------------------------------------------------- objects


@pytest.mark.parametrize(
    ("listed", "path", "example"),
    [
        ("/apps/projects", "/apps/projects/{}", "projects.retrieve"),
        ("/groups", "/groups/{}", "groups.retrieve"),
        ("/organizations", "/organizations/{}/settings", "organizations.settings"),
        ("/apps/sessions/local", "/apps/sessions/local/{}", "sessions.local.retrieve"),
        ("/apps/sessions/local", "/apps/sessions/local/{}/messages", "sessions.local.messages"),
    ],
)
def test_objects_agree(real: Client, listed: str, path: str, example: str) -> None:
    owners = ids(pages(real, listed), "uuid" if listed == "/organizations" else "id")[:120]
    hold(examples(example), [answer for owner in owners for answer in pages(real, path.format(owner))])


def test_remote_transcripts_agree_and_pending_ones_are_not_found(real: Client) -> None:
    rows = [row for page in pages(real, "/apps/sessions/remote") for row in page["data"]]
    ready = [row["id"] for row in rows if row["status"] != "pending"]
    answers = [page for session in ready for page in pages(real, f"/apps/sessions/remote/{session}/messages")]
    hold(examples("sessions.remote.messages"), answers)
    pending = [row["id"] for row in rows if row["status"] == "pending"]
    assert pending
    assert real.get(f"/apps/sessions/remote/{pending[0]}/messages").status_code == 404


def test_roles_and_permissions_agree(real: Client) -> None:
    for organization in ids(pages(real, "/organizations"), "uuid"):
        for role in ids(pages(real, f"/organizations/{organization}/roles")):
            path = f"/organizations/{organization}/roles/{role}"
            hold(examples("roles.retrieve"), [real.get(path).json()])
            hold(examples("roles.permissions"), pages(real, f"{path}/permissions"))


def test_messages_agree_and_deleted_chats_are_empty(real: Client) -> None:
    rows = [row for page in pages(real, "/apps/chats", limit=1000) for row in page["data"]]
    deleted = [row["id"] for row in rows if row["deleted_at"]]
    alive = [row["id"] for row in rows if not row["deleted_at"]][::4]
    shape = examples("chats.messages", "chats.messages.tools", "chats.messages.deleted")
    hold(shape, [real.get(f"/apps/chats/{chat}/messages").json() for chat in alive + deleted[:50]])
    assert deleted
    for chat in deleted[:50]:
        body = real.get(f"/apps/chats/{chat}/messages").json()
        assert body["name"] == ""
        assert all(message["content"] == [] and not message["files"] for message in body["chat_messages"])


def test_documents_files_and_artifacts_agree(real: Client) -> None:
    found = _holdings(real)
    for kind, path, example in (
        ("project_doc", "/apps/projects/documents/{}", "projects.documents.retrieve"),
        ("project_doc", "/apps/projects/documents/{}/metadata", "projects.documents.metadata"),
        ("project_file", "/apps/chats/files/{}", "files.metadata"),
        ("files", "/apps/chats/files/{}", "files.metadata"),
        ("generated_files", "/apps/chats/generated-files/{}", "generated_files.metadata"),
        ("artifacts", "/apps/artifacts/{}", "artifacts.metadata"),
        ("artifacts", "/apps/artifacts/{}/content", "artifacts.content"),
    ):
        answers = [real.get(path.format(identifier)) for identifier in found[kind][:60]]
        assert {answer.status_code for answer in answers} == {200}, kind
        hold(examples(example), [answer.json() for answer in answers])


def _holdings(real: Client) -> dict[str, list[str]]:
    """Ids of attachments of projects and of what hangs on messages."""
    found: dict[str, list[str]] = {
        name: [] for name in ("project_doc", "project_file", "files", "generated_files", "artifacts")
    }
    for project in ids(pages(real, "/apps/projects")):
        for page in pages(real, f"/apps/projects/{project}/attachments"):
            for row in page["data"]:
                found[row["type"]].append(row["id"])
    for chat in ids(pages(real, "/apps/chats", limit=1000))[::3]:
        for message in real.get(f"/apps/chats/{chat}/messages").json()["chat_messages"]:
            for name, identity in (("files", "id"), ("generated_files", "id"), ("artifacts", "version_id")):
                found[name] += [row[identity] for row in message[name] or ()]
    return found


def test_streamed_files_have_the_documented_headers_and_the_announced_hash(real: Client) -> None:
    wanted = json.loads((SHARED / "examples" / "files.content.headers.json").read_text("utf-8"))["headers"]
    found = _holdings(real)
    for path, identifiers in (
        ("/apps/chats/files/{}", found["files"][:40] + found["project_file"][:20]),
        ("/apps/chats/generated-files/{}", found["generated_files"][:20]),
    ):
        for identifier in identifiers:
            metadata = real.get(path.format(identifier)).json()
            response = real.get(path.format(identifier) + "/content")
            assert {name.lower() for name in wanted} <= set(response.headers)
            if metadata["size_bytes"] is not None:
                assert len(response.content) == metadata["size_bytes"]


# ----------------------------------------------------------------------------------------------------- feed


def test_the_feed_agrees_with_the_documented_fields_of_every_type_in_use(real_world: World) -> None:
    types = read_types(SHARED / "activity-types.csv")
    problems: Counter[str] = Counter()
    known = later = 0
    for activity in real_world.feed():
        body = activity.body()
        described = types.get(body["type"])
        if described is None:
            later += 1
            continue
        known += 1
        for name, (optional, grammar) in described.fields.items():
            if name in body:
                problems.update(disagreements(body[name], grammar, f"{body['type']}.{name}"))
            elif described.complete and not optional and not grammar.endswith("|null"):
                problems[f"{body['type']}.{name} is missing"] += 1
        if described.complete and not activity.extra:
            problems.update(f"{body['type']}.{name} is unknown" for name in set(body) - set(described.fields) - COMMON)
    assert not problems, dict(problems.most_common(20))
    assert known > 10_000
    assert later < known / 1000


def test_the_actors_of_the_feed_have_the_documented_fields(real_world: World) -> None:
    problems: Counter[str] = Counter()
    unknown = absent = 0
    for activity in real_world.feed():
        actor = dict(activity.actor)
        kind = actor.pop("type", None)
        if kind not in ACTORS:
            unknown += 1
            continue
        needed, optional = ACTORS[kind]
        # The vendor leaves out at times what it does not know; a simulator must do so now and then.
        absent += "user_agent" not in actor and "user_agent" in needed
        problems.update(f"{kind}.{name} is missing" for name in needed - {"user_agent"} - set(actor))
        problems.update(f"{kind}.{name} is unknown" for name in set(actor) - needed - optional)
    assert not problems, dict(problems)
    assert max(unknown, absent) < len(real_world.feed()) / 200


def test_the_feed_as_served_has_the_shape_of_the_example(real: Client) -> None:
    body = real.get("/activities", params={"limit": 5000}).json()
    example = json.loads((SHARED / "examples" / "activities.list.json").read_text("utf-8"))
    assert set(body) == set(example)
    assert all(set(row) >= COMMON for row in body["data"])
    signed_in = [row for row in body["data"] if row["type"] == "sso_login_succeeded"]
    assert signed_in
    assert all(row["organization_id"] is None and row["organization_uuid"] is None for row in signed_in)


def test_the_filter_knows_exactly_the_documented_types() -> None:
    assert known_types() == set(read_types(SHARED / "activity-types.csv"))


# ------------------------------------------------------------------------------------------ neighbours, errors


def test_okta_log_events_have_the_fields_of_the_documented_one(real: Client) -> None:
    text = (SHARED / "sources.md").read_text("utf-8")
    block = next(part for part in text.split("```json\n")[1:] if part.lstrip().startswith('{"uuid"'))
    documented = json.loads(block.split("```")[0])
    response = real.okta("/logs", {"since": "2026-11-01T00:00:00Z", "sortOrder": "ASCENDING", "limit": 1000})
    rows = response.json()
    assert len(rows) == 1000
    sign_ons = [row for row in rows if row["eventType"] == "user.authentication.sso"]
    assert all(set(documented) <= set(row) for row in sign_ons)
    for name in ("actor", "outcome", "client", "securityContext"):
        assert all(set(documented[name]) <= set(row[name] or documented[name]) for row in sign_ons)


@pytest.mark.parametrize(
    ("path", "example"),
    [
        ("/api_keys", "admin.api_keys.list"),
        ("/users", "admin.users.list"),
        ("/workspaces", "admin.workspaces.list"),
        ("/compliance_settings", "admin.compliance_settings"),
    ],
)
def test_the_admin_api_agrees(real: Client, path: str, example: str) -> None:
    hold(examples(example), [real.admin(path).json()])


def test_workspace_members_and_token_use_agree(real: Client, real_world: World) -> None:
    workspaces = [row["id"] for row in real.admin("/workspaces").json()["data"]]
    answers = [real.admin(f"/workspaces/{identifier}/members").json() for identifier in workspaces]
    hold(examples("admin.workspace_members.list"), answers)
    params = {"starting_at": format_time(real_world.now - 30 * DAY), "limit": 31, "group_by[]": "api_key_id"}
    use = real.admin("/usage_report/messages", params=params).json()
    assert any(bucket["results"] for bucket in use["data"])
    hold(examples("admin.usage_report.messages"), [use])


def test_errors_have_the_documented_envelope(real: Client) -> None:
    documented = json.loads((SHARED / "examples" / "errors.json").read_text("utf-8"))
    texts = {(item["status"], item["body"]["error"]["message"]) for item in documented}
    for path, params, key in (
        ("/activities", {"created_at[gte]": "2026-01-01T00:00:00Z"}, "parent"),
        ("/apps/chats", {"limit": 1001}, "parent"),
        ("/activities", {"activity_types[]": "x"}, "parent"),
        ("/apps/chats", {"after_id": "x"}, "parent"),
        ("/activities", None, "expired"),
        ("/activities", None, None),
        ("/apps/projects/claude_proj_x", None, "parent"),
    ):
        response = real.get(path, key, params)
        assert (response.status_code, response.json()["error"]["message"]) in texts
        shape = shape_of(*(item["body"] for item in documented))
        assert not list(misfits(response.json(), shape, "error"))


def test_every_documented_get_endpoint_is_served() -> None:
    """Section 3 of the reference numbers 32 of them."""
    text = (SHARED / "compliance-api.md").read_text("utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ") and " GET `/" in line]
    documented = {_plain(row[2].split("`")[1]) for row in rows if row[1].strip().isdigit()}
    assert len(documented) == 32
    assert documented == {endpoint.path for endpoint in ENDPOINTS}


def _plain(path: str) -> str:
    return "/".join("{id}" if part.startswith("{") else part for part in path.split("/"))
