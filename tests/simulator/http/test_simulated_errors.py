"""Every refusal of the simulated Compliance API in the words of the documentation."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from simulator_client import Client

from fanlight.simulator.http import RunningSimulator, serve
from support.tiny_world import ALPHA, SCOPES, TinyWorld

UNKNOWN_ORGANIZATION = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("path", "params", "message"),
    [
        (
            "/activities",
            {"created_at[gte]": "2026-10-01T00:00:00Z"},
            "Unknown query parameter: 'created_at[gte]'. Did you mean 'created_at.gte'?",
        ),
        ("/activities", {"colour": "red"}, "Unknown query parameter: 'colour'."),
        ("/activities", {"updated_at.gte": "2026-10-01T00:00:00Z"}, "Unknown query parameter: 'updated_at.gte'."),
        (
            "/activities",
            {"activity_types": "claude_chat_viewed"},
            "Unknown query parameter: 'activity_types'. Did you mean 'activity_types[]'?",
        ),
        ("/activities", {"limit": 5001}, "limit: Input should be less than or equal to 5000"),
        ("/activities", {"limit": 0}, "limit: Input should be greater than or equal to 1"),
        (
            "/activities",
            {"limit": "ten"},
            "limit: Input should be a valid integer, unable to parse string as an integer",
        ),
        ("/apps/chats", {"limit": 1001}, "limit: Input should be less than or equal to 1000"),
        ("/apps/projects", {"limit": 101}, "limit: Input should be less than or equal to 100"),
        ("/apps/sessions/local", {"limit": 501}, "limit: Input should be less than or equal to 500"),
        (
            "/activities",
            {"created_at.gte": "yesterday"},
            "created_at.gte: Input should be a valid datetime or date, invalid character in year",
        ),
        (
            "/activities",
            {"activity_types[]": ["claude_chat_viewed", "nothing_known"]},
            "activity_types[].1: Input is not one of the permitted values.",
        ),
        (
            "/activities",
            {"activity_types[]": "claude_chat_viewed", "exclude_activity_types[]": "claude_file_viewed"},
            "Only one of 'activity_types[]' and 'exclude_activity_types[]' may be given.",
        ),
        ("/activities", {"order": "up"}, "order: Input should be 'desc' or 'asc'"),
        ("/activities", {"after_id": "x"}, "Invalid activity_id format: 'x'"),
        (
            "/activities",
            {"after_id": "a", "before_id": "b"},
            "Only one of 'after_id' and 'before_id' may be given.",
        ),
        ("/apps/chats", {"after_id": "x"}, "Invalid pagination cursor for 'after_id'"),
        ("/apps/chats", {"before_id": "x"}, "'before_id' requires 'user_ids[]'."),
        ("/apps/chats", {"project_ids[]": "claude_proj_00"}, "'project_ids[]' requires 'user_ids[]'."),
        (
            "/apps/chats",
            {"user_ids[]": "user_010", "order_by": "updated_at"},
            "'order_by=updated_at' cannot be combined with 'user_ids[]'.",
        ),
        (
            "/apps/chats",
            {"user_ids[]": "user_010", "updated_at.gte": "2026-10-01T00:00:00Z"},
            "'updated_at' filters cannot be combined with 'user_ids[]'.",
        ),
        (
            "/apps/chats",
            {"order_by": "updated_at", "created_at.gte": "2026-10-01T00:00:00Z"},
            "Time filters must be on 'updated_at' when 'order_by' is 'updated_at'.",
        ),
        (
            "/apps/chats",
            {"user_ids[]": [f"user_{n}" for n in range(11)]},
            "user_ids[]: List should have at most 10 items after validation",
        ),
        ("/apps/sessions/local", {"page": "x"}, "The page parameter is not a valid cursor for this request."),
        (
            "/apps/sessions/local",
            {"created_at.gte": "2026-10-01T00:00:00"},
            "created_at.gte: Input should have timezone info",
        ),
        (
            "/apps/sessions/local",
            {"created_at.lte": "2026-10-01T00:00:00Z"},
            "Unknown query parameter: 'created_at.lte'.",
        ),
        (
            "/apps/sessions/local/clls_01/messages",
            {"tool_result_max_bytes": 0},
            "tool_result_max_bytes: Input should be -1 or greater than 0",
        ),
        ("/apps/projects/claude_proj_00", {"limit": 1}, "Unknown query parameter: 'limit'."),
    ],
)
def test_bad_parameters_are_400_with_the_documented_words(client: Client, path: str, params: Any, message: str) -> None:
    response = client.get(path, params=params)
    assert response.status_code == 400
    assert response.json() == {"error": {"type": "invalid_request_error", "message": message}}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/apps/chats/claude_chat_99/messages", "Chat conversation not found: 'claude_chat_99'"),
        ("/apps/chats/files/claude_file_99", "File not found: claude_file_99"),
        ("/apps/chats/files/claude_file_99/content", "File not found: claude_file_99"),
        ("/apps/chats/generated-files/claude_gen_file_9", "File not found: claude_gen_file_9"),
        ("/apps/projects/claude_proj_99", "No project is found with the provided id."),
        ("/apps/projects/claude_proj_99/collaborators", "No project is found with the provided id."),
        ("/apps/projects/documents/claude_proj_doc_99", "No project document found with the provided id."),
        (
            f"/organizations/{UNKNOWN_ORGANIZATION}/settings",
            f'The "{UNKNOWN_ORGANIZATION}" organization does not exist or the requester is not authorized '
            "to access it.",
        ),
        (f"/organizations/{ALPHA}/roles/rbac_role_99", "Role not found."),
        ("/groups/rbac_group_99", "Group not found."),
        ("/groups/rbac_group_99/members", "Group not found."),
        ("/apps/sessions/local/clls_99", "Local session not found."),
        ("/apps/sessions/remote/cse_00/messages", "Remote session not found."),
        ("/apps/spreadsheets", "Not found"),
    ],
)
def test_what_is_not_there_is_404_with_the_documented_words(client: Client, path: str, message: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.json() == {"error": {"type": "not_found_error", "message": message}}


def test_no_key_and_wrong_kinds_of_key_are_hidden_behind_404(client: Client) -> None:
    for key in (None, "claude-api"):
        assert client.message("/activities", key=key) == (404, "Not found")
        assert client.get(f"/organizations/{ALPHA}/settings", key).status_code == 401
    assert client.message("/apps/chats", key="admin") == (404, "Not found")
    assert client.get("/activities", "admin").status_code == 200


def test_bad_keys_of_the_right_shape_are_401_and_say_why(client: Client) -> None:
    client.secrets["wrong"] = "sk-ant-api01-nobody-has-this"
    assert client.message("/activities", key="wrong") == (401, "API key is invalid.")
    assert client.message("/activities", key="deactivated") == (401, "API key has been deactivated.")
    assert client.message("/activities", key="expired") == (401, "API key has expired.")
    assert client.get("/activities", "expired").json()["error"]["type"] == "authentication_error"


def test_a_missing_scope_is_403_and_names_what_would_do(client: Client) -> None:
    assert client.message("/apps/chats", key="feed-only") == (
        403,
        "Missing required scopes. Got: ['read:compliance_activities'] "
        "Needed one of: ['read:compliance_user_data', 'read:org_audit']",
    )
    assert client.get("/activities", "feed-only").status_code == 200
    for path in ("/activities", "/apps/chats", "/organizations", "/groups/rbac_group_01/members"):
        assert client.get(path, "audit").status_code == 200


def test_a_bearer_token_works_like_the_key_header(client: Client) -> None:
    url = f"{client.running.compliance_url}/v1/compliance/organizations"
    assert client.http.get(url, headers={"authorization": f"Bearer {client.secrets['parent']}"}).status_code == 200


def test_a_cursor_of_one_order_is_refused_under_the_other(client: Client) -> None:
    cursor = client.get("/apps/chats", params={"limit": 1}).json()["last_id"]
    params = {"order_by": "updated_at", "after_id": cursor}
    assert client.message("/apps/chats", params) == (400, "Invalid pagination cursor for 'after_id'")


def test_a_page_token_of_one_list_is_refused_by_another(client: Client) -> None:
    token = client.get("/apps/sessions/local", params={"limit": 1}).json()["next_page"]
    status, _ = client.message("/apps/sessions/remote", {"page": token})
    assert status == 400
    token = client.get("/apps/sessions/local/clls_01/messages", params={"limit": 1}).json()["next_page"]
    status, _ = client.message("/apps/sessions/local/clls_01/messages", {"page": token, "order": "desc"})
    assert status == 400


def test_every_answer_carries_a_request_id_and_none_repeats(client: Client) -> None:
    answers = [client.get("/activities", key) for key in ("parent", "feed-only", "expired", None)]
    assert len({answer.headers["request-id"] for answer in answers}) == 4


def test_delete_is_refused_whatever_the_key_may_do_and_is_counted(client: Client, running: RunningSimulator) -> None:
    assert running.deletes == 0
    assert client.get("/apps/chats/claude_chat_00", "parent", method="DELETE").status_code == 403
    assert client.get("/apps/chats/claude_chat_00", "deleter", method="DELETE").status_code == 405
    assert client.get("/apps/chats/claude_chat_00/messages").status_code == 200
    assert running.deletes == 2
    running.advance(0)
    own = client.get("/activities", params={"activity_types[]": "compliance_api_accessed"}).json()["data"]
    assert [row["request_method"] for row in own].count("DELETE") == 2


def test_other_methods_are_not_allowed(client: Client) -> None:
    assert client.get("/activities", method="POST").status_code == 405


def test_the_older_generation_of_texts_can_be_switched_on(world: TinyWorld) -> None:
    with serve(world, rate=0, generation="older") as running:
        client = Client(running)
        assert client.message("/activities", key=None)[0] == 401
        assert client.message("/apps/chats", {"limit": 1500}) == (
            400,
            "The limit parameter must be between 1 and 1000, inclusive. Got 1500.",
        )
        assert client.message("/apps/chats", key="feed-only")[1].endswith("Needed: ['read:compliance_user_data']")
        assert client.message("/apps/chats/claude_chat_99/messages")[1] == "Chat claude_chat_99 not found."


def test_file_content_is_chunked_and_carries_name_and_hash(client: Client) -> None:
    response = client.get("/apps/chats/files/claude_file_01/content")
    assert response.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in response.headers
    assert response.headers["content-disposition"] == "attachment; filename*=utf-8''L%C3%B6hne%202027.csv"
    assert (
        response.headers["content-md5"]
        == base64.b64encode(hashlib.md5(b"level,low\n" * 5000, usedforsecurity=False).digest()).decode()
    )
    assert response.content == b"level,low\n" * 5000


def test_artifacts_and_code_artifacts_are_served(client: Client) -> None:
    version = "/apps/artifacts/claude_artifact_version_01"
    assert client.get(version).json()["claude_chat_id"] == "claude_chat_00"
    assert client.get(f"{version}/content").json()["content"] == "# A"
    assert client.get("/apps/code/artifacts/cart_00/versions/v1").content == b"<p>"
    assert client.get("/apps/code/artifacts/cart_00/versions/v2").status_code == 404
    assert client.get("/apps/code/artifacts/cart_00/content", params={"multi_file_format": "zip"}).content == b"<p>"


def test_tool_blocks_are_cut_to_the_asked_length(client: Client) -> None:
    path = "/apps/chats/claude_chat_00/messages"
    params = {"tool_use_input_max_chars": 5, "tool_result_max_chars": 10}
    _, use, result = client.get(path, params=params).json()["chat_messages"][0]["content"]
    assert (use["input"], use["truncated"]) == ('{"q":', True)
    assert ([part["text"] for part in result["content"]], result["truncated"]) == (["abcdefgh", "ab"], True)
    _, use, result = client.get(path).json()["chat_messages"][0]["content"]
    assert not use["truncated"]
    assert not result["truncated"]


def test_the_messages_of_a_local_session_never_name_the_address(client: Client) -> None:
    assert client.get("/apps/sessions/local/clls_01").json()["user"]["email_address"] == "a@example.com"
    assert client.get("/apps/sessions/local/clls_01/messages").json()["session"]["user"]["email_address"] is None


def test_a_tenant_may_have_no_local_sessions_at_all(world: TinyWorld) -> None:
    with serve(world, rate=0, local_sessions=False) as running:
        client = Client(running)
        assert client.message("/apps/sessions/local") == (404, "Local sessions are not available.")
        assert client.get("/apps/sessions/remote").status_code == 200


def test_the_scopes_of_the_tests_do_not_hold_the_power_to_delete() -> None:
    assert not any("delete" in scope for scope in SCOPES)
