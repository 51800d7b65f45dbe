"""Walks over the simulated APIs find everything, each thing once, from either side."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_client import Client

from fanlight.model import DAY, HOUR, MINUTE, SECOND
from fanlight.simulator.http import RunningSimulator
from support.tiny_world import ALPHA, BETA, NOW, FakeClock, TinyWorld


def walk_cursor(client: Client, path: str, limit: int, side: str = "after_id", **params: Any) -> list[list[str]]:
    """Pages of ids of the cursor family."""
    pages: list[list[str]] = []
    cursor = params.pop("start", None)
    while len(pages) < 100:
        asked = {"limit": limit, **params} | ({side: cursor} if cursor else {})
        body = client.get(path, params=asked).json()
        pages.append([row["id"] for row in body.get("data", body.get("chat_messages"))])
        if not body["has_more"]:
            return pages
        cursor = body["last_id" if side == "after_id" else "first_id"] or cursor
    raise AssertionError("the walk does not end")


def walk_pages(client: Client, path: str, limit: int, **params: Any) -> list[list[str]]:
    """Pages of ids of the page-token family; sessions have no `has_more`."""
    pages: list[list[str]] = []
    token = None
    while len(pages) < 100:
        body = client.get(path, params={"limit": limit, **params} | ({"page": token} if token else {})).json()
        pages.append([row.get("id") or row.get("uuid") or row.get("user_id") for row in body["data"]])
        assert body.get("has_more", bool(body["next_page"])) == bool(body["next_page"])
        token = body["next_page"]
        if not token:
            return pages
    raise AssertionError("the walk does not end")


def flat(pages: list[list[str]]) -> list[str]:
    return [identifier for page in pages for identifier in page]


@pytest.mark.parametrize("limit", [1, 4, 24, 25, 5000])
def test_the_feed_is_complete_in_both_orders_whatever_the_page_size(
    client: Client, world: TinyWorld, limit: int
) -> None:
    expected = [row.id for row in world.feed()]
    assert flat(walk_cursor(client, "/activities", limit, order="asc")) == expected
    assert flat(walk_cursor(client, "/activities", limit)) == expected[::-1]


def test_before_walks_the_feed_towards_the_present_one_adjacent_page_at_a_time(
    client: Client, world: TinyWorld
) -> None:
    expected = [row.id for row in world.feed()]
    oldest_page = client.get("/activities", params={"limit": 3, "order": "asc"}).json()
    pages = walk_cursor(client, "/activities", 4, "before_id", start=oldest_page["last_id"])
    assert pages[0] == expected[3:7][::-1]
    assert [identifier for page in pages for identifier in page[::-1]] == expected[3:]


def test_before_in_ascending_order_gives_the_older_neighbours(client: Client, world: TinyWorld) -> None:
    expected = [row.id for row in world.feed()]
    page = client.get("/activities", params={"limit": 10, "order": "asc"}).json()
    found = client.get("/activities", params={"limit": 10, "order": "asc", "before_id": page["last_id"]}).json()
    assert [row["id"] for row in found["data"]] == expected[:9]
    assert not found["has_more"]


def test_an_activity_id_is_taken_as_a_cursor(client: Client, world: TinyWorld) -> None:
    expected = [row.id for row in world.feed()]
    found = client.get("/activities", params={"order": "asc", "after_id": expected[9]}).json()
    assert [row["id"] for row in found["data"]] == expected[10:]


def test_an_empty_page_has_no_cursors(client: Client) -> None:
    body = client.get("/activities", params={"created_at.gte": "2030-01-01T00:00:00Z"}).json()
    assert body == {"data": [], "has_more": False, "first_id": None, "last_id": None}


def test_feed_filters_choose_by_type_time_actor_and_organization(client: Client, world: TinyWorld) -> None:
    rows = list(world.feed())

    def ids(**params: Any) -> list[str]:
        named = {name.replace("__", "[]").replace("_at_", "_at."): value for name, value in params.items()}
        return flat(walk_cursor(client, "/activities", 3, order="asc", **named))

    sign_ins = [row.id for row in rows if row.type == "sso_login_succeeded"]
    assert ids(activity_types__=["sso_login_succeeded"]) == sign_ins
    assert ids(exclude_activity_types__=["claude_chat_viewed"]) == sign_ins
    assert ids(actor_ids__=["user_011"], user_ids__=["user_012"]) == [
        row.id for row in rows if row.actor["user_id"] in ("user_011", "user_012")
    ]
    of_beta = [row.id for row in rows if row.organization_uuid == BETA]
    assert ids(organization_ids__=[BETA]) == ids(organization_ids__=["org_01Beta"]) == of_beta
    late = [row.id for row in rows if NOW - 3 * HOUR - MINUTE <= row.created_at < NOW - MINUTE]
    window = {"created_at.gte": "2026-10-05T08:59:00Z", "created_at.lt": "2026-10-05T11:59:00Z"}
    assert flat(walk_cursor(client, "/activities", 2, order="asc", **window)) == late


def test_new_activities_during_a_walk_neither_repeat_nor_hide_a_row(
    client: Client, world: TinyWorld, running: RunningSimulator
) -> None:
    before = [row.id for row in world.feed()]
    first = client.get("/activities", params={"limit": 10}).json()
    running.advance(3 * 3600)
    rest = walk_cursor(client, "/activities", 10, start=first["last_id"], **NOT_OURS)
    assert [row["id"] for row in first["data"]] + flat(rest) == before[::-1]


NOT_OURS = {"exclude_activity_types[]": "compliance_api_accessed"}


def test_a_row_indexed_late_lies_behind_the_cursor(client: Client, world: TinyWorld, running: RunningSimulator) -> None:
    last = client.get("/activities", params={"limit": 5000, "order": "asc", **NOT_OURS}).json()["last_id"]
    world.late = [world.make_activity(NOW - 5 * HOUR)]
    late = world.late[0].id
    running.advance(HOUR // SECOND)
    after = flat(walk_cursor(client, "/activities", 100, order="asc", start=last, **NOT_OURS))
    assert late not in after
    assert late in flat(walk_cursor(client, "/activities", 100, order="asc", **NOT_OURS))


@pytest.mark.parametrize("limit", [1, 3, 1000])
@pytest.mark.parametrize("order", ["created_at", "updated_at"])
def test_chats_are_complete_in_both_orders(client: Client, world: TinyWorld, limit: int, order: str) -> None:
    rows = sorted(world.chats(), key=lambda row: (getattr(row, order), row.id))
    assert flat(walk_cursor(client, "/apps/chats", limit, order_by=order)) == [row.id for row in rows]


def test_a_changed_chat_shows_up_again_behind_the_kept_cursor(client: Client, world: TinyWorld) -> None:
    body = client.get("/apps/chats", params={"order_by": "updated_at"}).json()
    world.touch_chat(2, NOW)
    again = client.get("/apps/chats", params={"order_by": "updated_at", "after_id": body["last_id"]}).json()
    assert [row["id"] for row in again["data"]] == ["claude_chat_02"]


def test_chats_of_people_can_be_walked_backwards_and_by_project(client: Client) -> None:
    params = {"user_ids[]": "user_010", "limit": 2}
    pages = walk_cursor(client, "/apps/chats", 2, **{"user_ids[]": "user_010"})
    assert flat(pages) == ["claude_chat_00", "claude_chat_02", "claude_chat_04", "claude_chat_06"]
    last = client.get("/apps/chats", params={**params, "limit": 4}).json()["last_id"]
    back = walk_cursor(client, "/apps/chats", 2, "before_id", start=last, **{"user_ids[]": "user_010"})
    assert back == [["claude_chat_02", "claude_chat_04"], ["claude_chat_00"]]
    of_project = client.get("/apps/chats", params={**params, "project_ids[]": "claude_proj_00"}).json()["data"]
    assert [row["id"] for row in of_project] == ["claude_chat_00", "claude_chat_06"]


def test_messages_come_all_at_once_or_in_pages_of_either_order(client: Client) -> None:
    path = "/apps/chats/claude_chat_01/messages"
    whole = client.get(path).json()
    ids = [message["id"] for message in whole["chat_messages"]]
    assert whole["id"] == "claude_chat_01"
    assert not whole["has_more"]
    assert flat(walk_cursor(client, path, 4)) == ids
    assert flat(walk_cursor(client, path, 4, order="desc")) == ids[::-1]
    newer = client.get(path, params={"created_at.gt": "2026-10-04T12:03:00Z"}).json()["chat_messages"]
    assert [message["id"] for message in newer] == ids[4:]


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/organizations", 3),
        (f"/organizations/{ALPHA}/users", 7),
        (f"/organizations/{ALPHA}/roles", 1),
        ("/groups/rbac_group_01/members", 5),
        ("/apps/projects", 5),
        ("/apps/projects/claude_proj_00/collaborators", 45),
        ("/apps/code/artifacts", 9),
        ("/apps/sessions/local", 9),
        ("/apps/sessions/remote", 3),
        ("/apps/sessions/local/clls_01/messages", 9),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 20])
def test_page_tokens_lead_through_every_list_once(client: Client, path: str, count: int, limit: int) -> None:
    found = flat(walk_pages(client, path, limit))
    assert len(found) == count
    whole = flat(walk_pages(client, path, 100))
    assert found == whole


@pytest.mark.parametrize("path", ["/apps/sessions/local", "/apps/code/artifacts"])
def test_sessions_and_code_artifacts_have_short_and_empty_pages_with_a_next_one(client: Client, path: str) -> None:
    pages = walk_pages(client, path, 2)
    assert [] in pages[:-1]
    assert any(len(page) == 1 for page in pages[:-1])


def test_sessions_have_no_has_more(client: Client) -> None:
    for path in ("/apps/sessions/local", "/apps/sessions/remote", "/apps/sessions/local/clls_01/messages"):
        assert "has_more" not in client.get(path).json()


def test_tokens_of_local_messages_die_a_day_after_the_first_page(client: Client, running: RunningSimulator) -> None:
    path = "/apps/sessions/local/clls_01/messages"
    token = client.get(path, params={"limit": 1}).json()["next_page"]
    running.advance(23 * 3600)
    token = client.get(path, params={"limit": 1, "page": token}).json()["next_page"]
    running.advance(2 * 3600)
    status, text = client.message(path, {"limit": 1, "page": token})
    assert (status, text) == (400, "The page parameter holds an expired page cursor. Restart from the first page.")


def test_cursors_belong_to_the_organization_and_survive_another_key(client: Client, world: TinyWorld) -> None:
    expected = [row.id for row in world.feed()]
    last = client.get("/activities", params={"limit": 5, "order": "asc"}).json()["last_id"]
    found = client.get("/activities", "audit", {"limit": 5, "order": "asc", "after_id": last}).json()
    assert [row["id"] for row in found["data"]] == expected[5:10]


def test_a_key_of_one_organization_sees_only_that_one(client: Client) -> None:
    def ids(path: str) -> list[str]:
        return [row.get("id") or row["uuid"] for row in client.get(path, "one-organization").json()["data"]]

    assert ids("/organizations") == [BETA]
    assert ids("/apps/chats") == ["claude_chat_03"]
    assert ids("/apps/projects") == ["claude_proj_04"]
    rows = client.get("/activities", "one-organization").json()["data"]
    assert {row["organization_uuid"] for row in rows} == {BETA}
    for path in (
        f"/organizations/{ALPHA}/users",
        "/apps/chats/claude_chat_00/messages",
        "/apps/chats/files/claude_file_01",
        "/apps/projects/claude_proj_00",
        "/apps/projects/documents/claude_proj_doc_01",
        "/apps/sessions/local/clls_01",
    ):
        assert client.get(path, "one-organization").status_code == 404
    assert client.get("/apps/chats/files/claude_file_03", "one-organization").status_code == 200


def test_requests_of_ours_appear_in_the_feed_a_little_later(
    client: Client, clock: FakeClock, running: RunningSimulator
) -> None:
    own = {"activity_types[]": "compliance_api_accessed", "order": "asc"}
    assert client.get("/activities", params=own).json()["data"] == []
    clock.sleep(3)
    rows = client.get("/activities", params=own).json()["data"]
    assert len(rows) == 1
    assert rows[0]["organization_uuid"] is None
    assert rows[0]["actor"] == {
        "type": "api_actor",
        "api_key_id": "apikey_01parent",
        "ip_address": "198.51.100.20",
        "user_agent": "test/1",
    }
    assert rows[0]["request_method"] == "GET"
    assert rows[0]["status_code"] == 200
    assert rows[0]["url"].startswith("https://api.anthropic.com/v1/compliance/activities?activity_types")
    client.get("/nothing")
    running.advance(0)
    urls = [row["url"] for row in client.get("/activities", params=own).json()["data"]]
    assert urls[-1] == "https://api.anthropic.com/v1/compliance/nothing"
    assert len(urls) == 3


def test_own_rows_of_one_moment_stay_in_the_order_of_the_requests(client: Client, running: RunningSimulator) -> None:
    for number in range(20):
        client.get(f"/apps/chats/claude_chat_{number:02d}/messages")
    running.advance(DAY // SECOND)
    rows = client.get("/activities", params={"activity_types[]": "compliance_api_accessed", "order": "asc"}).json()
    numbers = [int(row["url"].split("claude_chat_")[1][:2]) for row in rows["data"]]
    assert numbers == list(range(20))
