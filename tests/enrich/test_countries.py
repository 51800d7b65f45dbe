"""Names of countries and their main zones."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from fanlight.enrich.countries import _names, country_code, country_name, main_zone


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("India", "IN"), ("United States", "US"), ("United States of America", "US"), ("us", "US"),
        ("United Kingdom", "GB"), ("Republic of Korea", "KR"), ("South Korea", "KR"), ("Russian Federation", "RU"),
        ("Viet Nam", "VN"), ("Czechia", "CZ"), ("Czech Republic", "CZ"), ("Türkiye", "TR"), ("Turkey", "TR"),
        ("Cote d'Ivoire", "CI"), ("Côte d’Ivoire", "CI"), ("Bosnia and Herzegovina", "BA"), ("Hong Kong", "HK"),
        ("The Netherlands", "NL"), ("Netherlands", "NL"), ("Taiwan", "TW"), ("Norway", "NO"), ("NO", "NO"),
        ("Namibia", "NA"), ("Curaçao", "CW"), ("Georgia", "GE"), ("Macedonia", "MK"),
        ("XX", None), ("", None), (None, None), ("Atlantis", None),
    ],
)  # fmt: skip
def test_vendors_names_become_codes(text: str | None, code: str | None) -> None:
    assert country_code(text) == code


def test_every_country_finds_its_own_name_again() -> None:
    assert {code for code, name in _names()[1].items() if country_code(name) != code} == set()


def test_every_main_zone_exists_and_large_countries_get_the_zone_people_live_in() -> None:
    for code in _names()[1]:
        zone = main_zone(code)
        if zone is not None:
            assert ZoneInfo(zone).key == zone
    assert [main_zone(code) for code in ("US", "BR", "AU", "RU", "IN", "PT")] == [
        "America/New_York", "America/Sao_Paulo", "Australia/Sydney", "Europe/Moscow", "Asia/Kolkata", "Europe/Lisbon",
    ]  # fmt: skip


def test_names_for_people_have_no_brackets() -> None:
    assert [country_name(code) for code in ("GB", "KR", None, "QQ")] == [
        "United Kingdom",
        "South Korea",
        "unknown",
        "QQ",
    ]
