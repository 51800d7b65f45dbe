"""The event collector over HTTP: who may send, what is answered, and that an answer means stored."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import threading
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import select

from fanlight.inputs.acks import Acknowledgements
from fanlight.inputs.senders import remove_sender
from fanlight.model import parse_time
from fanlight.pipeline.importing import import_files
from fanlight.state import schema
from inputs.conftest import Listening
from support.canaries import find_leaks_apart

AT = 1795144442
EVENTS = "/services/collector/event"


def line(number: int, **more: Any) -> dict[str, Any]:
    return {
        "epochtime": AT + number, "recordid": number, "action": "Allowed", "login": "ana.rao@example.com",
        "cltpubip": "192.0.2.44", "url": "claude.ai/secret-path?q=secret", **more,
    }  # fmt: skip


def body(*events: Any) -> bytes:
    return b"".join(orjson.dumps({"event": event}) for event in events)


def test_an_answer_means_that_every_event_is_stored_once(listening: Listening) -> None:
    headers = listening.sender("proxy", "zscaler_zia")
    for _ in range(3):  # a sender that did not see the answer sends again
        answer = listening.client.post(EVENTS, headers=headers, content=body(line(1), line(2)))
        assert (answer.status_code, answer.json()) == (200, {"text": "Success", "code": 0})
        assert [event.event_id for event in listening.stored()] == [f"web:{AT + 1}:1", f"web:{AT + 2}:2"]
    with listening.home.reader() as reader:
        counted = reader.query("SELECT sum(n)::BIGINT AS n FROM rollups WHERE scope = 'account' AND dimension = 'type'")
    assert counted["n"][0].as_py() == 2


def test_an_event_is_the_same_by_collector_and_by_file(listening: Listening, tmp_path: Any) -> None:
    listening.client.post(EVENTS, headers=listening.sender("proxy", "zscaler_zia"), content=body(line(1)))
    (tmp_path / "log.jsonl").write_text(json.dumps(line(1)) + "\n")
    assert import_files(listening.home, "zscaler_zia", [tmp_path / "log.jsonl"]).new == 0


@pytest.mark.parametrize("path", ["/services/collector", EVENTS, "/services/collector/event/1.0"])
def test_all_usual_addresses_and_gzip_are_taken(listening: Listening, path: str) -> None:
    headers = listening.sender("proxy", "zscaler_zia") | {"Content-Encoding": "gzip"}
    assert listening.client.post(path, headers=headers, content=gzip.compress(body(line(1)))).status_code == 200
    assert len(listening.stored()) == 1


@pytest.mark.parametrize("path", ["/services/collector/raw", "/ingest", "/ingest/proxy"])
def test_lines_without_envelopes_are_taken(listening: Listening, path: str) -> None:
    headers = listening.sender("proxy", "zscaler_zia")
    content = json.dumps(line(1)) + "\n" + "2026-11-20 03:14:02\trecordid=2\tlogin=bo@example.com\taction=Blocked\n"
    assert listening.client.post(path, headers=headers, content=content).status_code == 200
    assert [event.outcome for event in listening.stored()] == ["success", "failure"]


def test_a_token_opens_only_its_own_kind_and_source(listening: Listening) -> None:
    headers = listening.sender("proxy", "zscaler_zia")
    assert listening.client.post("/ingest/okta", headers=headers, content=b"{}").status_code == 403
    answer = listening.client.post("/v1/logs", headers=headers | {"Content-Type": "application/json"}, content=b"{}")
    assert answer.status_code == 403


def test_who_has_no_token_gets_the_collectors_own_codes(listening: Listening) -> None:
    token = listening.sender("proxy", "zscaler_zia")["Authorization"].split()[1]
    basic = base64.b64encode(f"x:{token}".encode()).decode()
    expected = {
        "": (401, 2), "Splunk": (401, 3), "Digest x": (401, 3), "Basic !!": (401, 3), "Splunk wrong": (403, 4),
        f"Splunk {token[:-1]}": (403, 4), f"Bearer {token}": (200, 0), f"Basic {basic}": (200, 0),
        f"splunk {token}": (200, 0),
    }  # fmt: skip
    for given, (status, code) in expected.items():
        answer = listening.client.post(EVENTS, headers={"Authorization": given} if given else {}, content=body(line(1)))
        assert (answer.status_code, answer.json()["code"]) == (status, code), given


def test_a_removed_sender_is_refused(listening: Listening) -> None:
    headers = listening.sender("proxy", "zscaler_zia")
    remove_sender(listening.home, "proxy")  # before its first request: what was seen counts for two seconds more
    assert listening.client.post(EVENTS, headers=headers, content=body(line(1))).status_code == 403


def test_one_bad_event_stores_none_of_the_request(listening: Listening) -> None:
    headers = listening.sender("proxy", "zscaler_zia")
    answer = listening.client.post(EVENTS, headers=headers, content=body(line(1)) + b'{"time":1}')
    assert answer.status_code == 400
    assert answer.json() == {"text": "Event field is required", "code": 12, "invalid-event-number": 1}
    normalised = listening.sender("rows", "events")
    answer = listening.client.post(EVENTS, headers=normalised, content=body({"id": "1"}))
    assert (answer.status_code, answer.json().get("invalid-event-number")) == (400, 0), answer.text
    assert listening.stored() == []


@pytest.mark.parametrize(
    "text",
    [
        '{"recordid": 1, "deep": ' + '{"a":' * 900 + "1" + "}" * 900 + "}",
        '{"recordid": 1, "epochtime": 1e400}',
        '{"recordid": 123456789012345678901234567890123, "epochtime": -1}',
        '{"recordid": 1, "login": "\\ud800"}',
        '{"recordid": 1, "login": "\\u0000 a@example.com", "time": "0001-01-01T00:00:00Z"}',
        '{"recordid": [1], "login": {"a": 1}, "action": null, "cltip": true}',
        '{"event": {"event": {"event": []}}}',
    ],
)
def test_a_strange_record_is_stored_or_refused_and_blocks_nobody(listening: Listening, text: str) -> None:
    """Never 503: the sender would send it again for ever."""
    headers = listening.sender("proxy", "zscaler_zia")
    answer = listening.client.post(EVENTS, headers=headers, content='{"event":' + text + "}")
    assert answer.status_code in (200, 400), answer.text
    assert listening.client.post(EVENTS, headers=headers, content=body(line(77))).status_code == 200
    assert len(listening.stored()) == (2 if answer.status_code == 200 else 1)


def test_acknowledgement_numbers_are_true_for_their_channel_alone_and_outlive_the_process(
    listening: Listening,
) -> None:
    headers = listening.sender("proxy", "zscaler_zia") | {"X-Splunk-Request-Channel": "C-1"}
    given = [listening.client.post(EVENTS, headers=headers, content=body(line(n))).json()["ackId"] for n in range(3)]
    assert len(set(given)) == 3
    assert all(number < 2**53 for number in given)
    asked = {"acks": [*given, given[0] + 1]}
    told = listening.client.post("/services/collector/ack?channel=c-1", headers=headers, json=asked).json()["acks"]
    assert told == {**{str(number): True for number in given}, str(given[0] + 1): False}
    again = Acknowledgements(listening.home)
    assert again.given("c-1", given[2])
    assert not again.given("c-2", given[2])
    assert again.give("c-1") not in given
    del headers["X-Splunk-Request-Channel"]
    answer = listening.client.post("/services/collector/ack", headers=headers, json=asked)
    assert (answer.status_code, answer.json()["code"]) == (400, 10)


def test_the_envelopes_time_stands_in_where_the_record_has_none(listening: Listening) -> None:
    headers = listening.sender("proxy", "zscaler_zia")
    event = {"recordid": 5, "login": "bo@example.com"}
    content = orjson.dumps({"time": AT + 0.25, "event": event})
    for _ in range(2):
        assert listening.client.post(EVENTS, headers=headers, content=content).status_code == 200
    (stored,) = listening.stored()
    assert stored.occurred_at == AT * 1_000_000 + 250_000


@pytest.mark.parametrize(
    ("kind", "event", "actor"),
    [
        ("github_audit", {"@timestamp": AT * 1000, "_document_id": "d1", "action": "git.clone", "actor_id": 9}, "9"),
        ("okta", {"uuid": "u1", "published": "2026-11-20T03:10:58.481Z", "eventType": "user.session.start",
                  "actor": {"id": "00u1", "type": "User"}}, "00u1"),
        ("entra_id", {"time": "2026-11-20T03:10:58.481Z", "operationName": "Add user",
                      "properties": {"id": "e1", "initiatedBy": {"user": {"id": "u1"}}}}, "u1"),
        ("events", {"id": "n1", "product": "other", "type": "x", "family": "other", "actor_id": "me",
                    "occurred_at": "2026-11-20T03:10:58.481Z"}, "me"),
        ("anthropic", {"id": "activity_1", "created_at": "2026-11-20T03:10:58.481Z", "type": "claude_chat_viewed",
                       "actor": {"type": "user_actor", "user_id": "user_1"}}, "user_1"),
    ],
)  # fmt: skip
def test_every_kind_that_files_have_can_be_sent(
    listening: Listening, kind: str, event: dict[str, Any], actor: str
) -> None:
    answer = listening.client.post(EVENTS, headers=listening.sender("s", kind), content=body(event))
    assert answer.status_code == 200
    (stored,) = listening.stored()
    assert (stored.actor_id, stored.source) == (actor, "s")
    assert abs(stored.occurred_at - parse_time("2026-11-20T03:10:58Z")) < 300_000_000


def test_a_slow_sender_holds_up_nobody_and_its_request_counts_when_it_is_complete(listening: Listening) -> None:
    headers = listening.sender("proxy", "zscaler_zia")
    slow = body(line(1), line(2))
    with socket.create_connection(("127.0.0.1", listening.port)) as connection:
        head = f"POST {EVENTS} HTTP/1.1\r\nHost: a\r\nAuthorization: {headers['Authorization']}\r\n"
        connection.sendall(f"{head}Content-Length: {len(slow)}\r\n\r\n".encode() + slow[:-10])
        for number in range(10, 20):
            assert listening.client.post(EVENTS, headers=headers, content=body(line(number))).status_code == 200
        assert len(listening.stored()) == 10
        connection.sendall(slow[-10:])
        assert b" 200 " in connection.recv(100)
    assert len(listening.stored()) == 12


def test_many_requests_share_commits(listening: Listening) -> None:
    headers = listening.sender("proxy", "zscaler_zia")
    before = len(listening.home.state.live_segments())

    def post(start: int) -> None:
        with httpx.Client(base_url=listening.client.base_url, timeout=60) as client:
            for number in range(start, start + 5):
                assert client.post(EVENTS, headers=headers, content=body(line(number))).status_code == 200

    threads = [threading.Thread(target=post, args=(start,)) for start in range(0, 80, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(listening.stored()) == 80
    assert len(listening.home.state.live_segments()) - before < 80


def test_neither_content_nor_token_is_found_at_rest(listening: Listening) -> None:
    headers = listening.sender("proxy", "zscaler_zia")
    secret = "orchid-falcon-merger-91844"
    event = line(1, url=f"claude.ai/{secret}", filename=f"{secret}.xlsx", referer=f"https://a.example/{secret}")
    listening.client.post(EVENTS, headers=headers, content=body(event))
    listening.client.post(EVENTS, headers=headers, content=b'{"event": {"filename": "' + secret.encode())
    token = headers["Authorization"].split()[1]
    assert find_leaks_apart([listening.home.path], [secret, token]) == []
    assert find_leaks_apart([listening.home.path], ["ana.rao@example.com"]) != []  # the search can find
    with listening.home.state.view() as connection:
        assert connection.execute(select(schema.facts.c.value)).all()


def test_health_needs_no_token_and_unknown_addresses_say_so(listening: Listening) -> None:
    assert listening.client.get("/services/collector/health").json()["code"] == 17
    assert listening.client.post("/elsewhere", content=b"").status_code == 404
    assert listening.client.get(EVENTS, headers=listening.sender("proxy", "zscaler_zia")).status_code == 405
