"""`fanlight settings apply`: what is not known is named, and takes nothing away."""

from __future__ import annotations

from pathlib import Path

from fanlight.pipeline.home import open_home
from support.command import Answer, command


def _apply(home: Path, text: str, *options: str) -> Answer:
    file = home.with_suffix(".toml")
    file.write_text(text)
    return command("settings", "apply", file, "--home", home, *options)


def test_a_file_of_unknown_names_changes_nothing_and_says_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert _apply(home, 'company_domains = ["example.com"]').out == "Applied 1 setting.\n"
    answer = _apply(home, 'company_domain = ["example.org"]')
    assert (answer.code, answer.err) == (0, "")  # refused under --strict only: the contract of the command
    assert answer.out == "Nothing was applied: Fanlight knows none of these settings: company_domain.\n"
    opened = open_home(home)
    assert list(opened.settings.company_domains) == ["example.com"]
    opened.close()


def test_under_strict_an_unknown_name_is_refused(tmp_path: Path) -> None:
    answer = _apply(tmp_path / "home", 'company_domains = ["example.com"]\nnonsense = 1', "--strict")
    assert (answer.code, answer.out) == (2, "")
    assert "Nothing was applied: nonsense" in answer.err


def test_a_country_that_nobody_knows_is_refused_before_it_is_kept(tmp_path: Path) -> None:
    answer = _apply(tmp_path / "home", '[[offices]]\nname = "Berlin"\ncountry = "Germania"')
    assert answer.code == 2
    assert answer.err == (
        "Nothing was applied. Country 'Germania' of an office is not known; use its two-letter code.\n"
    )


def test_a_word_where_a_list_belongs_is_told_in_words(tmp_path: Path) -> None:
    answer = _apply(tmp_path / "home", 'company_domains = "example.com"')
    assert answer.code == 2
    assert answer.err == "The setting company_domains in home.toml is not usable: Input should be a list.\n"
