"""`fanlight access …` prints the contracts of the design, against a real store."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from access.conftest import store, view
from fanlight.access.rows import grant_rows
from fanlight.access.store import load_graph
from fanlight.cli.main import build
from fanlight.model import DAY, Grant
from fanlight.pipeline.home import Home


def run(capsys: pytest.CaptureFixture[str], home: Home, *words: str) -> list[dict[str, Any]]:
    with pytest.raises(SystemExit) as ended:
        build()(["access", *words, "--home", str(home.path)])
    assert ended.value.code in (0, None)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_reach_prints_identity_resource_level_and_grants(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, home, "reach", "jane@EXAMPLE.com")
    found = {(line["resource"]["kind"], line["resource"]["id"]): line for line in lines}
    assert set(found) == {("project", "claude_proj_close"), ("project", "claude_proj_open")}
    line = found["project", "claude_proj_close"]
    assert line["identity"] == "idn_jane"
    assert line["level"] == "editor"
    assert [(via["kind"], via["id"], via["name"]) for via in line["via"]] == [("group", "rbac_group_fin", "Finance-EU")]
    assert [via["kind"] for via in found["project", "claude_proj_open"]["via"]] == ["public"]


def test_who_lists_the_author_of_a_chat_and_says_unknown_for_the_members(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = run(capsys, home, "who", "claude_chat_1")
    assert {(line["identity"], line["level"]) for line in lines} == {("idn_max", "owner"), ("idn_jane", "unknown")}


def test_every_line_names_the_person_beside_the_id(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    reach, *_ = run(capsys, home, "reach", "idn_jane")
    who = run(capsys, home, "who", "claude_chat_1")
    diff, *_ = run(capsys, home, "diff", "1970-01-08", "1970-02-01")
    jane = ("idn_jane", "Jane Doe", "Jane@example.com")
    named = [(line["identity"], line["identity_name"], line["identity_email"]) for line in (reach, *who, diff)]
    assert named == [jane, ("idn_max", "Max Roe", "max@example.com"), jane, jane]
    with pytest.raises(SystemExit):
        build()(["access", "who", "claude_chat_1", "--format", "table", "--home", str(home.path)])
    table = capsys.readouterr().out
    assert "Max Roe" in table
    assert "max@example.com" in table


def test_reach_in_the_past_leaves_out_what_was_granted_later(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, home, "reach", "idn_jane", "--at", "1970-01-08")
    assert [line["resource"]["id"] for line in lines] == ["claude_proj_open"]


def test_explain_gives_every_path_and_one_sentence(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = run(capsys, home, "explain", "idn_jane", "claude_proj_close")
    assert line["answer"] == "yes"
    assert line["sentence"] == "Jane Doe is in the group Finance-EU, which edits Q2 close since 11 Jan 1970."
    assert line["paths"] == [
        [
            "identity Jane Doe",
            "has account account Jane Doe",
            "member of group Finance-EU",
            "editor of project Q2 close",
        ]
    ]


def test_explain_says_what_is_missing(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = run(capsys, home, "explain", "ann@example.com", "claude_proj_close")
    assert line["answer"] == "no"
    assert line["sentence"] == "No grant to Ann Poe, or to a group, role or organization of Ann Poe, is known."


def test_opened_and_touched_tell_what_happened(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    opened = run(capsys, home, "opened", "idn_jane", "--from", "1970-01-01", "--to", "1970-03-01")
    assert [(t["resource"]["id"], t["times"]) for t in opened] == [("claude_chat_1", 2)]
    touched = run(capsys, home, "touched", "claude_chat_1")
    assert [(t["identity"], t["times"]) for t in touched] == [("idn_jane", 2), ("idn_ann", 1)]


def test_a_project_that_was_touched_is_named(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    store(home, [replace(view("e9", "user_max", "", 30 * DAY), type="claude_project_viewed", chat_id=None)])
    touched = run(capsys, home, "touched", "claude_proj_close")
    assert [t["resource"] for t in touched if t["resource"]["kind"] == "project"] == [
        {"kind": "project", "id": "claude_proj_close", "name": "Q2 close"}
    ]


def test_accountable_names_the_creator_and_admits_when_there_is_nobody(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = run(capsys, home, "accountable", "claude_proj_close")
    assert (line["identity"], line["role"], line["active"]) == ("idn_max", "creator", True)
    (line,) = run(capsys, home, "accountable", "claude_proj_open")
    assert (line["identity"], line["active"]) == (None, False)


def test_diff_prints_what_was_won_between_two_days(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, home, "diff", "1970-01-08", "1970-02-01")
    assert [(d["change"], d["identity"], d["resource"]["id"], d["level"]) for d in lines] == [
        ("added", "idn_jane", "claude_proj_close", "editor")
    ]


def test_a_name_nobody_has_ends_with_one_sentence_and_code_two(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build()(["access", "reach", "ghost@example.com", "--home", str(home.path)])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "Nobody here is known as ghost@example.com.\n"


def test_the_export_of_grants_keeps_each_grant_on_the_principal_that_holds_it(home: Home) -> None:
    with home.reader() as reader:
        graph = load_graph(reader, home.clock.now())
        rows = list(grant_rows(reader.rows(Grant, now=True), graph))
    on_project = [
        (row["identity"], row["resource"]["id"], row["level"], row["via"][0]["kind"], row["via"][0]["id"])
        for row in rows
        if row["resource"]["kind"] == "project"
    ]
    assert on_project == [
        ("idn_max", "claude_proj_close", "owner", "creator", "user_max"),
        (None, "claude_proj_close", "editor", "group", "rbac_group_fin"),
        (None, "claude_proj_open", "owner", "creator", None),
        (None, "claude_proj_open", "viewer", "public", "11111111-0000-4000-8000-000000000001"),
    ]
