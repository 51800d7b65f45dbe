"""A source that is there is not overwritten unawares; a new key for it keeps everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from fanlight.pipeline.connections import list_connections
from fanlight.pipeline.home import open_home
from support.command import Answer, command


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with Claude connected: an admin key and a share beside the key."""
    for name in ("ONE", "TWO", "ADMIN"):
        monkeypatch.setenv(name, f"secret-{name}")
    folder = tmp_path / "home"
    assert add(folder, "claude", "--key", "env:ONE", "--admin-key", "env:ADMIN", "--share", "0.3").code == 0
    return folder


def add(home: Path, kind: str, *words: str) -> Answer:
    return command("source", "add", kind, *words, "--home", home)


def options(home: Path, name: str) -> dict[str, str]:
    opened = open_home(home)
    found = {connection.name: dict(connection.options) for connection in list_connections(opened)}
    opened.close()
    return found[name]


def test_a_name_that_is_taken_is_refused_with_what_to_do(home: Path) -> None:
    before = options(home, "claude")
    answer = add(home, "claude", "--key", "env:TWO")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    for words in ("source named claude", "--name", "--replace", "fanlight source remove claude"):
        assert words in answer.err
    assert options(home, "claude") == before
    assert add(home, "claude", "--key", "env:TWO", "--name", "second").code == 0


def test_a_new_key_keeps_the_other_settings(home: Path) -> None:
    before = options(home, "claude")
    answer = add(home, "claude", "--key", "env:TWO", "--replace")
    assert (answer.code, answer.out.split(";")[0]) == (0, "Changed claude")
    assert options(home, "claude") == {**before, "key": "env:TWO"}
    assert before["url"] == "https://api.anthropic.com"


def test_another_address_gets_no_key_that_was_not_given_for_it(home: Path) -> None:
    assert add(home, "claude", "--key", "env:TWO", "--url", "https://other.example.com", "--replace").code == 0
    assert options(home, "claude") == {"key": "env:TWO", "url": "https://other.example.com"}


@pytest.mark.parametrize("url", ["https://user:word@x.okta.com", "https://x.okta.com?key=word", "ftp://x.okta.com"])
def test_an_address_that_carries_a_secret_or_is_not_https_is_refused(home: Path, url: str) -> None:
    answer = add(home, "okta", "--url", url, "--token", "env:TWO")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith("The address must")
    assert "word" not in answer.err.replace("password", "")
    with pytest.raises(KeyError):
        options(home, "okta")


def test_another_kind_is_never_replaced(home: Path) -> None:
    words = ("--url", "https://example.okta.com", "--token", "env:TWO", "--name", "claude", "--replace")
    answer = add(home, "okta", *words)
    assert (answer.code, "another kind" in answer.err) == (2, True)
    assert options(home, "claude")["key"] == "env:ONE"
