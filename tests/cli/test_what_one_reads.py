"""What commands tell a person: tables narrow enough to read, and the next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from fanlight.model import Finding, Why
from fanlight.pipeline.home import open_home
from fanlight.pipeline.judging import company_of
from fanlight.state.findings import StoredFinding, put_finding
from support.command import command


def test_a_table_of_findings_has_the_columns_that_one_reads(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    finding = Finding(
        tenant="default", id="f_1", rule="sso_disabled", rule_version="1", title="t", severity="high", at=1,
        identity_id="idn_1", identity_email="jane@example.com", group_key="g", events=("e1",),
        sentence="Somebody did something.",
        why=(Why(fact="country", observed="DE", usual="NL"),),
    )  # fmt: skip
    with home.state.tick() as tick:
        put_finding(tick, StoredFinding(finding=finding, status="open", created_at=1))
    home.close()
    table = command("export", "findings", "--format", "table", "--home", home.path)
    assert table.code == 0
    assert table.out.split("\n")[0].split() == [
        "id", "severity", "time", "status", "verdict", "rule", "identity.email", "sentence",
    ]  # fmt: skip
    assert "jane@example.com" in table.out
    assert '"fact"' not in table.out
    whole = command("export", "findings", "--format", "csv", "--home", home.path)
    assert '""fact""' in whole.out


def test_doctor_says_what_to_do_with_a_source_that_never_collected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_KEY", "not tried yet")
    home = tmp_path / "home"
    assert command("source", "add", "claude", "--key", "env:CLAUDE_KEY", "--home", home).code == 0
    answer = command("doctor", "--format", "jsonl", "--home", home)
    assert answer.code == 1
    assert '"attention","what":"claude","sentence":"Nothing was collected from it yet: `fanlight source test`' in (
        answer.out
    )


def test_an_office_given_by_the_name_of_its_country_counts_as_one_there(tmp_path: Path) -> None:
    file = tmp_path / "company.toml"
    file.write_text('[[offices]]\nname = "Berlin"\ncountry = "Germany"\n')
    assert command("settings", "apply", file, "--home", tmp_path / "home").code == 0
    home = open_home(tmp_path / "home")
    assert company_of(home).office_countries == ("DE",)
    home.close()


def test_a_list_without_sources_says_how_to_add_one(tmp_path: Path) -> None:
    answer = command("source", "list", "--home", tmp_path / "home")
    assert (answer.code, answer.out) == (0, "No source is connected yet; add one with `fanlight source add`.\n")
    assert command("source", "list", "--format", "jsonl", "--home", tmp_path / "home").out == ""


def test_a_restored_home_says_under_which_name_it_looks_for_the_key(tmp_path: Path) -> None:
    open_home(tmp_path / "home").close()
    assert command("backup", tmp_path / "copy", "--home", tmp_path / "home").code == 0
    answer = command("restore", tmp_path / "copy", "--home", tmp_path / "other")
    assert answer.code == 0
    assert answer.out.endswith("Put the master key of the backup beside the home folder, as other.master-key.\n")
