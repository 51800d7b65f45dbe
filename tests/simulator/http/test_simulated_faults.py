"""The fault menu: decided by a seed, real on the wire, and no loss for a patient client."""

from __future__ import annotations

import http.client
import socket
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
from simulator_client import Client

from fanlight.simulator.http import RunningSimulator, serve
from fanlight.simulator.http.faults import DEFAULT_KINDS, KINDS, SHAPE_KINDS, FaultKind, FaultMenu
from fanlight.simulator.http.wire import Answer
from support.tiny_world import FakeClock, TinyWorld

EVERY_STAGE: Any = frozenset({"refusal", "transcript", "paging", "rows", "wire"})


def drawn(seed: int, probability: float = 0.3, asked: int = 2000) -> list[str | None]:
    menu = FaultMenu(probability, seed)
    faults = [menu.draw(f"/a/{number % 500}", EVERY_STAGE) for number in range(asked)]
    return [fault.kind if fault else None for fault in faults]


def test_the_same_seed_meets_the_same_faults_and_another_seed_others() -> None:
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_faults_do_not_depend_on_the_order_in_which_targets_are_asked() -> None:
    targets = [f"/t/{number}" for number in range(300)]
    forward, backward = FaultMenu(0.3, 7), FaultMenu(0.3, 7)
    first = {target: forward.draw(target, EVERY_STAGE) for target in targets}
    second = {target: backward.draw(target, EVERY_STAGE) for target in reversed(targets)}
    assert first == second


@pytest.mark.parametrize("probability", [0.0, 0.1, 0.3, 0.6])
def test_the_probability_is_the_share_of_requests_that_suffer(probability: float) -> None:
    share = sum(kind is not None for kind in drawn(3, probability, 8000)) / 8000
    assert abs(share - probability) < 0.05


def test_every_kind_occurs_and_the_falsifying_ones_only_on_demand() -> None:
    default = Counter(kind for kind in drawn(5, 0.9, 20_000) if kind)
    assert set(default) == set(DEFAULT_KINDS)
    assert not set(default) & set(SHAPE_KINDS)
    assert set(DEFAULT_KINDS) | set(SHAPE_KINDS) == set(KINDS)


def test_no_target_fails_for_ever_even_when_everything_fails() -> None:
    menu = FaultMenu(1.0, 1)
    run = longest = 0
    for _ in range(200):
        run = run + 1 if menu.draw("/a", EVERY_STAGE) else 0
        longest = max(longest, run)
    assert 1 < longest < 10


@pytest.fixture
def faulty(world: TinyWorld) -> Iterator[Client]:
    """A simulator whose faults a test chooses, quick to drip."""
    with serve(world, rate=0, clock=FakeClock(), drip_seconds=0.05) as running:
        yield Client(running)


def strike(client: Client, kind: FaultKind, path: str = "/organizations", params: Any = None) -> httpx.Response:
    """The answer of a request that is sure to suffer this fault."""
    client.running.set_faults(1.0, 11, [kind])
    return client.get(path, params=params)


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("rate_limited", 429, "rate_limit_error"),
        ("rate_limited_bare", 429, "rate_limit_error"),
        ("rate_limited_past_reset", 429, "rate_limit_error"),
        ("error_retry", 500, "api_error"),
        ("error_plain", 500, "api_error"),
        ("error_final", 500, "api_error"),
        ("bad_gateway", 502, "api_error"),
        ("unavailable", 503, "overloaded_error"),
        ("gateway_timeout", 504, "api_error"),
        ("overloaded", 529, "overloaded_error"),
    ],
)
def test_refusals_look_like_the_vendor_s(faulty: Client, kind: FaultKind, status: int, error: str) -> None:
    response = strike(faulty, kind)
    assert (response.status_code, response.json()["error"]["type"]) == (status, error)


def test_refusals_tell_more_or_less_about_waiting(faulty: Client) -> None:
    assert strike(faulty, "rate_limited").headers["retry-after"] == "1"
    assert "retry-after" not in strike(faulty, "rate_limited_bare").headers
    assert (
        strike(faulty, "rate_limited_past_reset").headers["anthropic-ratelimit-requests-reset"]
        == "2026-10-05T11:50:00Z"
    )
    assert strike(faulty, "error_final").headers["x-should-retry"] == "false"
    assert strike(faulty, "error_retry").headers["x-should-retry"] == "true"
    assert "x-should-retry" not in strike(faulty, "error_plain").headers


def test_local_transcripts_have_refusals_of_their_own(faulty: Client) -> None:
    path = "/apps/sessions/local/clls_01/messages"
    busy = strike(faulty, "transcript_busy", path)
    assert busy.status_code == 429
    assert busy.json()["error"]["details"] == {"error_code": "transcript_read_server_busy"}
    later = strike(faulty, "transcript_later", path)
    assert later.status_code == 503
    assert later.json()["error"]["message"].endswith("Try again later.")
    assert strike(faulty, "transcript_busy", "/organizations").status_code == 200


def test_a_body_can_be_cut_short_of_its_announced_length(faulty: Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        strike(faulty, "cut")


def test_a_body_can_be_cut_with_a_matching_length_so_that_only_the_json_is_broken(faulty: Client) -> None:
    response = strike(faulty, "cut_short")
    assert response.status_code == 200
    assert int(response.headers["content-length"]) == len(response.content)
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(response.content)


def test_a_streamed_file_can_be_cut_between_its_chunks(faulty: Client) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        strike(faulty, "cut", "/apps/chats/files/claude_file_01/content")


def test_a_connection_can_be_reset_before_the_headers(faulty: Client) -> None:
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        strike(faulty, "reset_before")


def test_a_connection_can_be_reset_after_the_headers(faulty: Client) -> None:
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        strike(faulty, "reset_after_headers")


def test_a_slow_body_arrives_whole(faulty: Client) -> None:
    began = time.monotonic()
    response = strike(faulty, "drip", "/apps/chats")
    assert len(response.json()["data"]) == 7
    assert time.monotonic() - began > 0.03


def test_pages_can_repeat_overlap_lose_their_order_or_come_empty(faulty: Client) -> None:
    first = faulty.get("/apps/chats", params={"limit": 2}).json()
    params = {"limit": 2, "after_id": first["last_id"]}
    clean = faulty.get("/apps/chats", params=params).json()
    repeated = strike(faulty, "duplicate_page", "/apps/chats", params).json()
    assert [row["id"] for row in repeated["data"]] == [row["id"] for row in first["data"]]
    assert repeated["last_id"] == first["last_id"]
    overlap = strike(faulty, "overlapping_page", "/apps/chats", params).json()
    assert overlap["data"][0]["id"] in [row["id"] for row in first["data"]]
    shuffled = strike(faulty, "shuffled_page", "/apps/chats", params).json()
    assert shuffled["data"] == clean["data"][::-1]
    assert shuffled["last_id"] == clean["last_id"]
    empty = strike(faulty, "empty_page", "/apps/chats", params).json()
    assert (empty["data"], empty["has_more"], empty["last_id"]) == ([], True, None)
    empty = strike(faulty, "empty_page", "/organizations", {"limit": 2}).json()
    assert empty["data"] == []
    assert empty["next_page"]


def test_rows_can_have_shapes_nobody_has_seen(faulty: Client) -> None:
    clean = faulty.get("/activities").json()["data"]
    for kind in ("unknown_field", "unknown_type", "null_field", "changed_type"):
        rows = strike(faulty, kind, "/activities").json()["data"]
        odd = [(before, after) for before, after in zip(clean, rows, strict=True) if before != after]
        assert len(odd) == 1
        before, after = odd[0]
        assert before["id"] == after["id"]


def test_a_patient_client_reads_everything_through_the_faults(world: TinyWorld) -> None:
    expected = [row.id for row in world.feed()]
    with serve(world, rate=0, faults=0.3, seed=4, clock=FakeClock(), drip_seconds=0.01) as running:
        client = Client(running)
        for limit in (1, 4):
            assert sorted(patient_walk(client, limit)) == sorted(expected)
        assert sum(running.faults_struck().values()) > 5


def patient_walk(client: Client, limit: int) -> set[str]:
    found: set[str] = set()
    cursor = None
    for _ in range(400):
        params = {"limit": limit, "order": "asc", "exclude_activity_types[]": "compliance_api_accessed"}
        try:
            response = client.get("/activities", params=params | ({"after_id": cursor} if cursor else {}))
            body = orjson.loads(response.content)
        except (httpx.HTTPError, orjson.JSONDecodeError):
            continue
        if response.status_code != 200:
            continue
        found.update(row["id"] for row in body["data"])
        cursor = body["last_id"] or cursor
        if not body["has_more"]:
            return found
    raise AssertionError("the walk does not end")


# ------------------------------------------------------------------------------------------------- the wire


def test_one_connection_serves_many_requests_and_pieces_may_arrive_apart(running: RunningSimulator) -> None:
    host, port = running.control_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as plug:
        request = b"GET /_sim/now HTTP/1.1\r\nhost: x\r\n\r\n"
        plug.sendall(request + request[:10])
        first = plug.recv(65536)
        assert first.startswith(b"HTTP/1.1 200 OK\r\n")
        plug.sendall(request[10:])
        assert plug.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n", b"x" * 70_000])
def test_what_is_not_http_is_answered_with_400_and_the_end(running: RunningSimulator, raw: bytes) -> None:
    host, port = running.control_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as plug:
        plug.sendall(raw)
        assert plug.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_a_client_may_ask_for_the_end_of_the_connection(running: RunningSimulator) -> None:
    connection = http.client.HTTPConnection(running.control_url.removeprefix("http://"), timeout=5)
    connection.request("GET", "/_sim/now", headers={"connection": "close"})
    response = connection.getresponse()
    assert response.read()
    assert response.headers["connection"] == "close"


def test_answers_keep_their_own_headers_first() -> None:
    answer = Answer(200, headers=(("a", "1"),)).with_headers([("b", "2")])
    assert answer.headers == (("a", "1"), ("b", "2"))
