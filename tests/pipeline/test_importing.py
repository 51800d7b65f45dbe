"""Native logs become events: every record, every field by value or as a mark, each once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import zstandard

from fanlight.model import Event, ObjectVersion, parse_time
from fanlight.pipeline.home import Home
from fanlight.pipeline.importing import import_files
from support.shared import SHARED

AT = "2026-11-20T03:10:58.481Z"
RECORDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "google_workspace": (
        {
            "id": {"time": AT, "uniqueQualifier": "-71", "applicationName": "saml"},
            "actor": {"email": "ana.rao@example.com", "profileId": "1001"},
            "ipAddress": "192.0.2.44",
            "events": [{"type": "login", "name": "login_success", "parameters": [{"name": "a", "value": "Claude"}]}],
        },
        {"event_id": f"saml:{AT}:-71:0", "type": "login_success", "actor_id": "1001", "family": "sign_in"},
    ),
    "github_audit": (
        {"@timestamp": 1795144260123, "_document_id": "d1", "action": "git.clone", "actor": "ana", "actor_id": 9,
         "actor_ip": "192.0.2.44"},
        {"event_id": "d1", "type": "git.clone", "actor_id": "9", "family": "code_access"},
    ),
    "entra_id": (
        {"time": AT, "operationName": "Add member to role", "callerIpAddress": "192.0.2.44:5123",
         "properties": {"id": "e1", "initiatedBy": {"user": {"id": "u1", "userPrincipalName": "ana.rao@example.com"}}}},
        {"event_id": "e1", "type": "Add member to role", "actor_id": "u1", "family": "privilege_grant"},
    ),
    "zscaler_zia": (
        {"sourcetype": "zscalernss-web", "event": {"epochtime": 1795144442, "recordid": 7, "action": "Blocked",
         "login": "ana.rao@example.com", "cltpubip": "192.0.2.44", "url": "claude.ai/secret-path?q=secret"}},
        {"event_id": "web:1795144442:7", "type": "Blocked", "actor_id": "ana.rao@example.com", "outcome": "failure"},
    ),
    "aws_cloudtrail": (
        {"eventID": "c1", "eventTime": AT, "eventName": "CreateAccessKey", "sourceIPAddress": "192.0.2.44",
         "userIdentity": {"type": "IAMUser", "principalId": "AIDA1", "userName": "ana"}},
        {"event_id": "c1", "type": "CreateAccessKey", "actor_id": "AIDA1", "family": "key_created"},
    ),
    "anthropic": (
        {"id": "activity_1", "created_at": AT, "type": "claude_file_viewed", "filename": "salaries of all staff.xlsx",
         "actor": {"type": "user_actor", "user_id": "user_1", "email_address": "a@example.com",
                   "ip_address": "192.0.2.44"}},
        {"event_id": "activity_1", "type": "claude_file_viewed", "actor_id": "user_1", "product": "claude"},
    ),
}  # fmt: skip


def write(path: Path, *records: Mapping[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def stored(home: Home) -> list[Event]:
    with home.reader() as reader:
        return reader.rows(Event)


@pytest.mark.parametrize("kind", sorted(RECORDS))
def test_a_record_becomes_an_event_with_actor_time_and_address(home: Home, tmp_path: Path, kind: str) -> None:
    record, expected = RECORDS[kind]
    done = import_files(home, kind, [write(tmp_path / "log.jsonl", record)])
    assert (done.records, done.events, done.new) == (1, 1, 1)
    (event,) = stored(home)
    assert expected == {name: getattr(event, name) for name in expected}
    assert event.ip == "192.0.2.44"
    assert abs(event.occurred_at - parse_time(AT)) < 3_600_000_000_000
    assert import_files(home, kind, [tmp_path / "log.jsonl"]).new == 0


def test_content_in_a_log_is_kept_as_a_mark(home: Home, tmp_path: Path) -> None:
    for kind in ("zscaler_zia", "anthropic"):
        import_files(home, kind, [write(tmp_path / kind, RECORDS[kind][0])])
    for event in stored(home):
        assert "secret" not in event.raw
        assert "salaries" not in event.raw
        assert '"sealed":true' in event.raw


def test_an_activity_with_several_events_becomes_several_rows(home: Home, tmp_path: Path) -> None:
    record = {**RECORDS["google_workspace"][0], "events": [{"name": "view"}, {"name": "download"}]}
    import_files(home, "google_workspace", [write(tmp_path / "log.jsonl", record)])
    assert sorted(event.type for event in stored(home)) == ["download", "view"]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: json.dumps([json.loads(text)] * 1).encode(),
        lambda text: json.dumps({"Records": [json.loads(text)]}, indent=1).encode(),
        lambda text: json.dumps({"items": [json.loads(text)]}).encode(),
        lambda text: json.dumps({"origin": "x", "event": json.loads(text)}).encode(),
        lambda text: gzip.compress(text.encode()),
        lambda text: zstandard.ZstdCompressor().compress(text.encode()),
        lambda text: b"\n" + text.encode() + b"\n\n",
    ],
    ids=["array", "Records", "items", "unwrapped", "gzip", "zstd", "blank lines"],
)
def test_every_form_of_file_is_read(home: Home, tmp_path: Path, wrap: Any) -> None:
    file = tmp_path / "log"
    file.write_bytes(wrap(json.dumps(RECORDS["aws_cloudtrail"][0])))
    assert import_files(home, "aws_cloudtrail", [file]).new == 1


def test_a_damaged_line_is_named_and_the_rest_goes_on(home: Home, tmp_path: Path) -> None:
    """Its place and length are kept, never its text."""
    file = tmp_path / "log.jsonl"
    good = json.dumps(RECORDS["aws_cloudtrail"][0])
    file.write_text('{"eventID": "broken secret', encoding="utf-8")
    file.write_text(good + '\n{"eventID": "broken secret\n' + good.replace('"c1"', '"c2"') + "\n")
    done = import_files(home, "aws_cloudtrail", [file])
    assert (done.new, [(place.file, place.line) for place in done.unread]) == (2, [("log.jsonl", 2)])
    assert "secret" not in (home.path / "imports" / "unread.jsonl").read_text()


def test_a_cut_off_archive_gives_what_it_holds(home: Home, tmp_path: Path) -> None:
    lines = "".join(
        json.dumps({**RECORDS["aws_cloudtrail"][0], "eventID": f"c{number}"}) + "\n" for number in range(20_000)
    )
    file = tmp_path / "log.gz"
    file.write_bytes(gzip.compress(lines.encode())[:-1000])
    done = import_files(home, "aws_cloudtrail", [file])
    assert done.new > 1000
    assert any("cut off" in place.reason for place in done.unread)


def test_records_that_share_an_id_by_mistake_are_both_kept(home: Home, tmp_path: Path) -> None:
    first = RECORDS["anthropic"][0]
    second = {**first, "type": "claude_chat_viewed"}
    file = write(tmp_path / "log.jsonl", first, second)
    assert import_files(home, "anthropic", [file]).new == 2
    assert import_files(home, "anthropic", [file]).new == 0
    emptied = write(tmp_path / "again.jsonl", {**first, "filename": ""})
    assert import_files(home, "anthropic", [emptied]).new == 0


@pytest.mark.shared
@pytest.mark.parametrize("kind", [*sorted(RECORDS), "okta"])
def test_every_sample_record_is_imported(home: Home, kind: str) -> None:
    """Real records: nothing unread; each record's leaf fields are all there, by value or as a mark."""
    files = sorted(path for path in (SHARED / "samples" / kind).rglob("*") if path.is_file())
    done = import_files(home, kind, files)
    assert done.unread == []
    assert done.records == done.new or done.records <= done.events
    assert done.new > 0
    assert import_files(home, kind, files).new == 0


def test_an_exported_event_keeps_the_name_of_its_source(home: Home, tmp_path: Path) -> None:
    row = {"id": "e1", "source": "claude-eu", "product": "claude", "type": "claude_chat_viewed", "occurred_at": AT}
    import_files(home, "events", [write(tmp_path / "events.jsonl", row)])
    with home.reader() as reader:
        (event,) = reader.rows(Event)
    assert (event.source, event.product) == ("claude-eu", "claude")


def test_a_file_that_is_not_parquet_is_named_and_the_next_one_read(home: Home, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no, it is not")
    good = write(tmp_path / "b.jsonl", {"id": "e1", "type": "x", "occurred_at": AT})
    done = import_files(home, "events", [tmp_path / "a.parquet", good])
    assert [place.file for place in done.unread] == ["a.parquet"]
    assert done.new == 1


PEOPLE = """Employee ID;E-Mail;Name;Department;Manager;Start date;Last day
17;Ana.Rao@example.com;Ana Rao;Finance;Max Doe;2024-02-01;
18;max@example.com;Max Doe;Finance;;2020-01-01;2024-12-31
;;;;;;
"""


def test_a_directory_list_gives_people_once_and_knows_who_left(home: Home, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE)
    first = import_files(home, "directory", [tmp_path / "people.csv"])
    again = import_files(home, "directory", [tmp_path / "people.csv"])
    assert (first.records, first.new, len(first.unread), again.new) == (2, 2, 1, 0)
    with home.reader() as reader:
        people = {row.object_id: row for row in reader.rows(ObjectVersion, now=True)}
    assert {row.kind for row in people.values()} == {"idp_user"}
    ana, max_ = json.loads(people["17"].attributes), json.loads(people["18"].attributes)
    assert (ana["email"], ana["department"], ana["manager"]) == ("Ana.Rao@example.com", "Finance", "Max Doe")
    assert "status" not in ana
    assert max_["status"] == "DEACTIVATED"
    assert people["18"].deleted_at == parse_time("2024-12-31")


def test_scim_users_are_people_too(home: Home, tmp_path: Path) -> None:
    user = {
        "id": "u1", "userName": "ana", "name": {"givenName": "Ana", "familyName": "Rao"}, "active": False,
        "emails": [{"value": "old@example.com"}, {"value": "ana@example.com", "primary": True}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "17", "department": "Legal"},
    }  # fmt: skip
    (tmp_path / "people.json").write_text(json.dumps({"totalResults": 1, "Resources": [user]}))
    assert import_files(home, "directory", [tmp_path / "people.json"]).new == 1
    with home.reader() as reader:
        (row,) = reader.rows(ObjectVersion, now=True)
    kept = json.loads(row.attributes)
    assert (row.name, kept["email"], kept["employeeNumber"], kept["department"], kept["status"]) == (
        "Ana Rao", "ana@example.com", "17", "Legal", "DEACTIVATED",
    )  # fmt: skip


def test_garbage_as_a_directory_is_said_in_one_sentence(home: Home, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00\x01")
    (tmp_path / "b.csv").write_text("colour,size\nred,7\n")
    done = import_files(home, "directory", [tmp_path / "a.csv", tmp_path / "b.csv"])
    assert [place.file for place in done.unread] == ["a.csv", "b.csv"]
    assert done.new == 0
