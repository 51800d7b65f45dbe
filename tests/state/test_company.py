"""Settings files: what is usable is applied, what is unknown is named, what is wrong gets one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from fanlight.pipeline.home import Home
from fanlight.state.company import SettingsProblem, apply_settings, load_settings, read_settings_file


def test_offices_may_be_bare_networks_or_tables(tmp_path: Path, home: Home) -> None:
    file = tmp_path / "company.toml"
    file.write_text(
        'company_domains = ["example.com"]\n'
        'offices = ["192.0.2.0/24", {name = "Berlin", country = "DE", cidrs = ["198.51.100.0/25"]}]\n'
        'moon_phase = "full"\n'
    )
    settings, unknown = read_settings_file(file)
    assert unknown == ["moon_phase"]
    assert [office.networks for office in settings.offices] == [("192.0.2.0/24",), ("198.51.100.0/25",)]
    assert settings.offices[1].country == "DE"
    apply_settings(home.state, settings, "tester")
    assert settings == load_settings(home.state)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.toml", "offices = [", "is not valid"),
        ("a.json", "[1]", "must hold a table"),
        ("a.toml", 'corporate_egress = ["not an address"]', "corporate_egress"),
        ("a.toml", 'leavers = [{email = "a@example.com"}]', "leavers.0.last_day"),
    ],
)
def test_a_wrong_file_gets_one_sentence(tmp_path: Path, name: str, text: str, words: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(SettingsProblem, match=words):
        read_settings_file(file)


def test_days_may_be_toml_dates_and_a_day_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "company.toml"
    file.write_text('holidays = [2026-12-25]\n[[leavers]]\nemail = "a@example.com"\nlast_day = 2026-01-05\nwhy = "x"\n')
    settings, unknown = read_settings_file(file)
    assert (settings.holidays, settings.leavers[0].last_day) == (("2026-12-25",), "2026-01-05")
    assert list(unknown) == ["leavers.why"]
    file.write_text('[[leavers]]\nemail = "a@example.com"\nlast_day = "soon"\n')
    with pytest.raises(SettingsProblem, match="not usable: Write a day as 2026-05-03"):
        read_settings_file(file)
