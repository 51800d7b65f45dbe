"""Okta, the Console Admin API, the control surface and the address plan."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import httpx
import maxminddb
import pytest
from simulator_client import Client

from fanlight.model import DAY, HOUR, SECOND, format_time
from fanlight.simulator.http import RunningSimulator, serve, write_geo
from fanlight.simulator.world import LogRow
from support.tiny_world import NOW, TinyWorld


def next_link(response: httpx.Response) -> str | None:
    return response.links.get("next", {}).get("url")


def ids(response: httpx.Response) -> list[str]:
    return [row.get("uuid") or row["id"] for row in response.json()]


POLL = {"since": format_time(NOW - 30 * DAY), "limit": 5, "sortOrder": "ASCENDING"}


# ----------------------------------------------------------------------------------------------------- Okta


def test_polling_lists_by_persistence_and_always_links_on(client: Client) -> None:
    response = client.okta("/logs", POLL)
    found = ids(response)
    while response.json():
        link = next_link(response)
        assert link is not None
        response = client.okta(link)
        found += ids(response)
    assert found == [f"log-{number:02d}" for number in range(12)]
    assert next_link(response) is not None


def test_an_empty_poll_goes_on_from_the_same_place_and_finds_what_came_since(client: Client, world: TinyWorld) -> None:
    response = client.okta("/logs", {**POLL, "limit": 1000})
    link = next_link(response)
    assert link is not None
    empty = client.okta(link)
    assert ids(empty) == []
    # Published long ago, persisted now: a poll must not miss it.
    world._log.append(type(world._log[0])("log-99", NOW - 9 * DAY, NOW - HOUR, "user.session.end", None, world))
    again = next_link(empty)
    assert again is not None
    assert ids(client.okta(again)) == ["log-99"]


def test_a_poll_may_start_where_nothing_happened_yet(client: Client) -> None:
    response = client.okta("/logs", {"since": format_time(NOW), "sortOrder": "ASCENDING"})
    assert ids(response) == []
    assert next_link(response) is not None


def test_bounded_requests_list_by_publication_and_end(client: Client, world: TinyWorld) -> None:
    params: dict[str, Any] = {"since": format_time(NOW - 30 * DAY), "until": format_time(NOW), "limit": 5}
    response = client.okta("/logs", params)
    found = ids(response)
    while (link := next_link(response)) is not None:
        response = client.okta(link)
        found += ids(response)
    rows: list[LogRow] = sorted(world.okta_log(), key=lambda row: (row.published, row.uuid))
    assert found == [row.uuid for row in rows]
    newest = ids(client.okta("/logs", {**params, "sortOrder": "DESCENDING", "limit": 3}))
    assert newest == [row.uuid for row in rows[::-1][:3]]


def test_the_log_can_be_filtered_by_type(client: Client) -> None:
    params = {**POLL, "limit": 100, "filter": 'eventType eq "user.authentication.sso" or eventType eq "x.y"'}
    assert ids(client.okta("/logs", params)) == ["log-00", "log-03", "log-06", "log-09"]


@pytest.mark.parametrize(
    "params",
    [
        {"since": format_time(NOW - 181 * DAY)},
        {"limit": 1001},
        {"since": format_time(NOW), "after": "pxyz"},
        {"after": "pxyz"},
        {"filter": 'published gt "2026-01-01T00:00:00Z"'},
        {"sortOrder": "SIDEWAYS"},
        {"since": "yesterday"},
        {"colour": "red"},
    ],
)
def test_bad_log_requests_are_e0000001(client: Client, params: Any) -> None:
    response = client.okta("/logs", params)
    assert response.status_code == 400
    assert response.json()["errorCode"] == "E0000001"
    assert set(response.json()) == {"errorCode", "errorSummary", "errorLink", "errorId", "errorCauses"}


def test_a_wrong_token_is_e0000011_and_a_wrong_id_e0000007(client: Client) -> None:
    wrong = client.okta("/users", token="nobody")
    assert (wrong.status_code, wrong.json()["errorCode"]) == (401, "E0000011")
    missing = client.okta("/groups/00gX/users")
    assert (missing.status_code, missing.json()["errorCode"]) == (404, "E0000007")
    assert missing.json()["errorSummary"] == "Not found: Resource not found: 00gX (UserGroup)"


def test_lists_of_people_are_paged_by_links(client: Client) -> None:
    response = client.okta("/users", {"limit": 2, "search": 'status eq "ACTIVE"'})
    found = ids(response)
    while (link := next_link(response)) is not None:
        response = client.okta(link)
        found += ids(response)
    assert found == [f"00u{number}" for number in range(6)]


def test_deactivated_people_are_only_found_by_a_search(client: Client) -> None:
    assert "00u6" not in ids(client.okta("/users"))
    assert ids(client.okta("/users", {"filter": 'status eq "DEPROVISIONED"'})) == ["00u6"]
    recent = client.okta("/users", {"search": f'lastUpdated gt "{format_time(NOW - 2 * DAY)}"'})
    assert ids(recent) == ["00u0", "00u1"]


def test_groups_apps_and_their_people_are_served(client: Client) -> None:
    assert ids(client.okta("/groups")) == ["00g1"]
    assert ids(client.okta("/groups/00g1/users")) == ["00u0", "00u1", "00u2"]
    assert ids(client.okta("/apps", {"q": "claude"})) == ["0oa1"]
    assert ids(client.okta("/apps/0oa1/users")) == ["00u0", "00u1", "00u2", "00u3"]
    assert ids(client.okta("/apps/0oa1/groups")) == ["00g1"]
    assert client.okta("/users/00u1").json()["id"] == "00u1"
    assert client.okta("/users/00u1/roles").json() == []


def test_okta_answers_say_what_is_left_of_the_rate(world: TinyWorld) -> None:
    with serve(world, rate=600, okta_rate=2) as running:
        client = Client(running)
        answers = [client.okta("/groups") for _ in range(3)]
    assert [answer.headers["x-rate-limit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].status_code == 429
    assert answers[2].json()["errorCode"] == "E0000047"
    assert int(answers[2].headers["x-rate-limit-reset"]) > 0


def test_okta_faults_speak_okta(client: Client, running: RunningSimulator) -> None:
    running.set_faults(1.0, 1, ["rate_limited"])
    refused = client.okta("/groups")
    assert refused.json()["errorCode"] == "E0000047"
    assert int(refused.headers["x-rate-limit-reset"]) == NOW // SECOND + 1
    running.set_faults(1.0, 1, ["rate_limited_bare"])
    assert "x-rate-limit-reset" not in client.okta("/groups").headers
    running.set_faults(1.0, 1, ["unavailable"])
    response = client.okta("/groups")
    assert (response.status_code, response.json()["errorCode"]) == (503, "E0000009")
    assert "x-rate-limit-reset" not in response.headers
    running.set_faults(1.0, 1, ["empty_page"])
    assert len(ids(client.okta("/logs", POLL))) == 5


# -------------------------------------------------------------------------------------------------- Console


def test_admin_lists_are_paged_between_plain_ids_in_both_directions(client: Client) -> None:
    first = client.admin("/api_keys", params={"limit": 2}).json()
    assert [row["id"] for row in first["data"]] == ["apikey_00", "apikey_01"]
    assert (first["first_id"], first["last_id"], first["has_more"]) == ("apikey_00", "apikey_01", True)
    second = client.admin("/api_keys", params={"limit": 3, "after_id": first["last_id"]}).json()
    assert [row["id"] for row in second["data"]] == ["apikey_02", "apikey_03", "apikey_04"]
    assert not second["has_more"]
    back = client.admin("/api_keys", params={"limit": 2, "before_id": "apikey_03"}).json()
    assert [row["id"] for row in back["data"]] == ["apikey_01", "apikey_02"]


def test_admin_keys_workspaces_and_members_can_be_filtered(client: Client) -> None:
    def found(path: str, **params: Any) -> list[str]:
        return [row.get("id") or row["user_id"] for row in client.admin(path, params=params).json()["data"]]

    assert found("/api_keys", status="active") == ["apikey_01", "apikey_03"]
    assert found("/workspaces") == ["wrkspc_01"]
    assert found("/workspaces", include_archived="true") == ["wrkspc_01", "wrkspc_02"]
    assert found("/workspaces/wrkspc_01/members") == ["user_011"]
    assert found("/users", email="b@example.com") == []
    assert found("/invites") == []
    assert client.admin("/api_keys/apikey_03").json()["id"] == "apikey_03"
    assert client.admin("/compliance_settings").json()["state"] == {"type": "enabled"}


def test_token_use_comes_in_daily_buckets_with_page_tokens(client: Client) -> None:
    params = {"starting_at": format_time(NOW - 40 * DAY), "limit": 31, "group_by[]": "api_key_id"}
    first = client.admin("/usage_report/messages", params=params).json()
    assert len(first["data"]) == 31
    assert [row["api_key_id"] for row in first["data"][0]["results"]] == ["k1", "k2"]
    second = client.admin("/usage_report/messages", params={**params, "page": first["next_page"]}).json()
    assert not second["has_more"]
    days = [bucket["starting_at"] for bucket in first["data"] + second["data"]]
    assert len(days) == len(set(days)) == 41
    summed = client.admin("/usage_report/messages", params={"starting_at": format_time(NOW - DAY)}).json()
    assert summed["data"][0]["results"] == [{"api_key_id": None, "output_tokens": 5}]


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/api_keys", {"limit": 1001}, 400),
        ("/api_keys", {"after_id": "apikey_99"}, 400),
        ("/usage_report/messages", {}, 400),
        ("/usage_report/messages", {"starting_at": "x"}, 400),
        ("/usage_report/messages", {"starting_at": "2026-10-01T00:00:00Z", "limit": 32}, 400),
        ("/workspaces/wrkspc_99/members", {}, 404),
        ("/service_accounts", {}, 404),
    ],
)
def test_bad_admin_requests_are_refused_in_the_platform_envelope(
    client: Client, path: str, params: Any, status: int
) -> None:
    response = client.admin(path, params=params)
    assert response.status_code == status
    assert response.json()["type"] == "error"
    assert response.json()["request_id"] == response.headers["request-id"]


def test_the_admin_api_wants_an_admin_key(client: Client) -> None:
    assert client.admin("/users", key="parent").status_code == 403
    client.secrets["wrong"] = "sk-ant-admin01-nobody"
    assert client.admin("/users", key="wrong").status_code == 401


def test_analytics_lists_the_last_active_day_up_to_the_newest_ready_one(client: Client) -> None:
    params: dict[str, Any] = {"starting_date": "2026-09-01", "limit": 3}
    first = client.admin("/analytics/users", "analytics", params).json()
    assert [row["last_activity_date"] for row in first["data"]] == ["2026-10-04"] * 3
    second = client.admin("/analytics/users", "analytics", {**params, "page": first["next_page"]}).json()
    assert (len(second["data"]), second["next_page"]) == (2, None)
    early = client.admin("/analytics/users", "analytics", {"date": "2026-10-05"})
    assert early.status_code == 400
    assert early.json()["error"]["message"].endswith("The newest day with data is 2026-10-04.")
    assert client.admin("/analytics/users", "parent", {"date": "2026-10-01"}).status_code == 403


# -------------------------------------------------------------------------------------------------- control


def test_the_control_surface_moves_the_clock_and_tells_the_truth(client: Client, running: RunningSimulator) -> None:
    url = f"{running.control_url}/_sim"
    moved = client.http.post(f"{url}/advance", params={"seconds": 7200}).json()
    assert moved == {"now": format_time(NOW + 7200 * SECOND), "activities": 2}
    assert client.http.get(f"{url}/now").json() == {"now": format_time(NOW + 7200 * SECOND)}
    assert client.http.get(f"{url}/truth").json() == {"stories": [], "high_chats": ["a", "b"]}
    assert client.http.get(f"{url}/planted").json()["canaries"] == [["chat", "claude_chat_00", "zanzibar"]]
    assert client.http.get(f"{url}/reach", params={"user_id": "u1"}).json() == ["u1 reaches nothing"]
    assert client.http.get(f"{url}/places").json()[0]["cidr"] == "192.0.2.0/24"
    assert client.http.get(f"{url}/keys").json()[0]["name"] == "parent"


def test_the_control_surface_counts_requests_and_knows_the_fewest(client: Client, running: RunningSimulator) -> None:
    client.get("/organizations")
    client.get("/organizations", "audit")
    client.get("/activities", None)
    client.http.get(f"{running.compliance_url}/v1/compliance/groups", headers={"x-api-key": client.secrets["parent"]})
    stats = client.http.get(f"{running.control_url}/_sim/stats", params={"minimum": 1}).json()
    assert stats["requests"] == {"(refused)": 1, "groups": 1, "organizations": 2}
    assert stats["distinct"]["organizations"] == 1
    assert stats["statuses"] == {"200": 3, "404": 1}
    assert stats["keys"] == {"-": 1, "audit": 1, "parent": 2}
    assert (stats["deletes"], stats["without_version"]) == (0, 1)
    assert stats["minimum"]["messages"] == 7
    assert stats["minimum"]["users"] == 3
    client.http.post(f"{running.control_url}/_sim/stats/reset")
    assert running.stats()["total"] == 0


def test_the_control_surface_sets_faults_and_says_what_it_cannot_do(client: Client, running: RunningSimulator) -> None:
    url = f"{running.control_url}/_sim"
    client.http.post(f"{url}/faults", params={"probability": 1, "seed": 3, "kinds": "overloaded"})
    assert client.get("/organizations").status_code == 529
    client.http.post(f"{url}/faults", params={"probability": 0})
    assert client.get("/organizations").status_code == 200
    for call, params in (("faults", {"kinds": "gremlins"}), ("faults", {"probability": "2"}), ("advance", {})):
        response = client.http.post(f"{url}/{call}", params=params)
        assert response.status_code == 400
        assert response.json()["error"].startswith("The command cannot be done")
    assert client.http.get(f"{url}/elsewhere").status_code == 404


def test_the_vendors_addresses_do_not_offer_the_control_surface(client: Client, running: RunningSimulator) -> None:
    assert client.http.get(f"{running.okta_url}/_sim/truth").status_code == 401
    assert client.http.get(f"{running.compliance_url}/_sim/truth").status_code == 404


def test_addresses_name_every_key(running: RunningSimulator) -> None:
    found = running.addresses()
    assert found["parent_key"] == "sk-ant-api01-parent-secret"
    assert found["one_organization_key"] == "sk-ant-api01-one-organization-secret"
    assert found["okta_key"].endswith("okta-secret")
    assert found["compliance_url"] == found["admin_url"]


# ------------------------------------------------------------------------------------------------ addresses


def test_the_address_plan_becomes_a_city_database_and_a_table_of_networks(world: TinyWorld, tmp_path: Path) -> None:
    city, asn = write_geo(world, tmp_path / "geo")
    with maxminddb.open_database(str(city)) as reader:
        berlin = reader.get("192.0.2.7")
        assert berlin == {
            "country_code": "DE",
            "state1": "",
            "city": "Berlin",
            "latitude": pytest.approx(52.5),
            "longitude": pytest.approx(13.4),
        }
        assert reader.get("192.0.2.200")["city"] == "Lisbon"  # type: ignore[index, call-overload]
        assert reader.get("2001:db8:1:2::1")["country_code"] == "IN"  # type: ignore[index, call-overload]
        assert reader.get("203.0.113.1") is None
        assert reader.get("2001:db8:2::1") is None
        assert reader.metadata().database_type == "City"
    with asn.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {"start": "192.0.2.0", "end": "192.0.2.255", "asn": "64496", "name": "example broadband"}
    assert rows[-1]["end"] == "2001:db8:1:ffff:ffff:ffff:ffff:ffff"
