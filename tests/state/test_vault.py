"""Vendor keys are references, or sealed under a master key outside the data folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from fanlight.pipeline.home import Home, open_home
from fanlight.pipeline.importing import import_files
from fanlight.state.vault import KeyProblem, master_key_path

KEY = "sk-ant-" + "api01-" + "A1b2C3d4" * 8


def test_a_pasted_key_comes_back_and_is_nowhere_in_the_data_folder(home: Home) -> None:
    reference = home.vault.seal("claude", KEY)
    assert reference == "sealed:claude"
    assert home.vault.read(reference) == KEY
    home.close()
    for file in home.path.rglob("*"):
        assert file.is_dir() or KEY.encode() not in file.read_bytes()


def test_the_master_key_lives_outside_the_data_folder(home: Home) -> None:
    path = master_key_path(home.path)
    assert home.path not in path.parents
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_master_key_cannot_open_it(home: Home) -> None:
    home.vault.seal("claude", KEY)
    master_key_path(home.path).write_bytes(b"x" * 32)
    with pytest.raises(KeyProblem, match="cannot be opened with this master key"):
        open_home(home.path).vault.read("sealed:claude")


def test_a_home_with_a_sealed_key_gets_no_new_master_key(home: Home) -> None:
    home.vault.seal("claude", KEY)
    home.close()
    master_key_path(home.path).unlink()
    with pytest.raises(KeyProblem, match="is missing"):
        open_home(home.path)
    assert not master_key_path(home.path).exists()


def test_references_say_what_is_wrong(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each bad reference gets one sentence that says what to do, and none quotes a key."""
    open_file = tmp_path / "open"
    open_file.write_text(KEY)
    open_file.chmod(0o644)
    empty = tmp_path / "empty"
    empty.write_text("")
    empty.chmod(0o400)
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    for reference, words in {
        "env:NO_SUCH_KEY": "not set",
        f"file:{open_file}": "read by others",
        f"file:{empty}": "is empty",
        f"file:{tmp_path / 'missing'}": "cannot be read",
        KEY: "not as the key itself",
    }.items():
        with pytest.raises(KeyProblem, match=words) as problem:
            home.vault.read(reference)
        assert KEY not in str(problem.value)


def test_a_private_file_and_a_variable_are_read(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    file.chmod(0o400)
    monkeypatch.setenv("CLAUDE_KEY", KEY)
    assert KEY == home.vault.read(f"file:{file}") == home.vault.read("env:CLAUDE_KEY")


def test_a_home_with_facts_gets_no_new_master_key(home: Home, tmp_path: Path) -> None:
    """As after a restore without the key: what keeps erased people out is keyed with it."""
    log = tmp_path / "okta.jsonl"
    log.write_text('{"uuid": "e1", "eventType": "user.session.start", "published": "2026-11-20T03:10:58Z"}\n')
    assert import_files(home, "okta", [log]).new == 1
    home.close()
    path = master_key_path(home.path)
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(KeyProblem, match="is missing"):
        open_home(home.path)
    assert not path.exists()
    path.write_bytes(kept)
    open_home(home.path).close()
