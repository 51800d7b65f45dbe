"""Places: operator, databases, statements of sources, else unknown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from fanlight.enrich.geo_install import GeoDatabases
from fanlight.enrich.places import NOWHERE, Place, Places, distance_km, operator_networks
from fanlight.enrich.stated import StatedPlace, stated_places
from fanlight.model import DAY, HOUR, Event, parse_time

NOON = parse_time("2026-05-03T12:00:00Z")


def _event(product: str, raw: dict[str, object], at: int = NOON, ip: str | None = None) -> Event:
    return Event(
        tenant="default", source=product, product=product, event_id=f"{product}{at}", type="t", family="sign_in",
        occurred_at=at, ip=ip, raw=json.dumps(raw),
    )  # fmt: skip


def _okta(ip: str = "192.0.2.44", country: str | None = "India", at: int = NOON, **security: object) -> Event:
    return _event(
        "okta",
        {
            "client": {
                "ipaddress": ip,
                "geographicalcontext": {
                    "city": "Bengaluru", "country": country, "geolocation": {"lat": 12.97, "lon": 77.59},
                },
            },
            "securitycontext": {"asnumber": 64496, "asorg": "example broadband", "isproxy": False, **security},
        },
        at,
        ip,
    )  # fmt: skip


def test_oktas_country_name_becomes_a_code_with_city_and_network() -> None:
    [place] = stated_places([_okta()])
    assert place == StatedPlace(
        ip="192.0.2.44", at_first=NOON, at_last=NOON, country="IN", city="Bengaluru", latitude=12.97, longitude=77.59,
        asn=64496, as_name="example broadband", is_proxy=False, source="okta",
    )  # fmt: skip


def test_each_source_states_its_place_in_its_own_form() -> None:
    events = [
        _event("entra_id", {"location": {"city": "Lyon", "countryorregion": "FR",
                                         "geocoordinates": {"latitude": 45.7, "longitude": 4.8}}}, ip="198.51.100.1"),
        _event("google_workspace", {"networkinfo": {"ipasn": [64497], "regioncode": "BR"}}, ip="198.51.100.2"),
        _event("github_audit", {"actor_ip": "198.51.100.3", "actor_location": {"country_code": "DE"}}),
    ]  # fmt: skip
    found = {place.source: (place.country, place.city, place.asn) for place in stated_places(events)}
    assert found == {
        "entra_id": ("FR", "Lyon", None), "google_workspace": ("BR", None, 64497), "github_audit": ("DE", None, None),
    }  # fmt: skip


def test_records_that_state_nothing_or_cannot_be_read_are_no_places() -> None:
    broken = _event("okta", {}, ip="192.0.2.1")
    object.__setattr__(broken, "raw", "{not json")
    events = [_event("okta", {"client": None}, ip="192.0.2.1"), _event("claude", {"x": 1}, ip="192.0.2.1"), broken]
    assert stated_places(events) == []


def test_zero_zero_is_no_place() -> None:
    event = _event("entra_id", {"location": {"countryorregion": "FR",
                                             "geocoordinates": {"latitude": 0, "longitude": 0}}},
                   ip="198.51.100.1")  # fmt: skip
    [place] = stated_places([event])
    assert (place.country, place.latitude, place.longitude) == ("FR", None, None)


def test_the_same_statement_is_one_run_and_a_move_starts_another() -> None:
    runs = stated_places([_okta(at=NOON), _okta(at=NOON + DAY), _okta(country="France", at=NOON + 2 * DAY)])
    assert [(run.country, run.at_first, run.at_last) for run in runs] == [
        ("IN", NOON, NOON + DAY), ("FR", NOON + 2 * DAY, NOON + 2 * DAY),
    ]  # fmt: skip


def test_a_silence_longer_than_the_horizon_breaks_a_run() -> None:
    runs = stated_places([_okta(at=NOON), _okta(at=NOON + 30 * DAY)])
    assert [run.at_first for run in runs] == [NOON, NOON + 30 * DAY]
    assert Places(stated=runs).locate("192.0.2.44", NOON + 15 * DAY).country is None


def test_a_statement_holds_for_another_sources_event_near_in_time_only() -> None:
    places = Places(stated=stated_places([_okta()]))
    near = places.locate("192.0.2.44", NOON + 3 * DAY)
    assert (near.country, near.city, near.asn, near.network_kind, near.source, near.confidence) == (
        "IN", "Bengaluru", 64496, "home", "stated", "medium",
    )  # fmt: skip
    assert places.locate("192.0.2.44", NOON + 8 * DAY).country is None
    assert places.locate("192.0.2.45", NOON).country is None


def test_of_two_statements_the_nearest_counts_and_doubt_is_said() -> None:
    places = Places(stated=stated_places([_okta(at=NOON), _okta(country="France", at=NOON + 2 * DAY)]))
    assert places.locate("192.0.2.44", NOON + HOUR).country == "IN"
    late = places.locate("192.0.2.44", NOON + 2 * DAY)
    assert (late.country, late.confidence) == ("FR", "low")


def test_statements_learned_later_count_at_once() -> None:
    places = Places()
    assert places.locate("192.0.2.44", NOON).country is None
    places.learn(stated_places([_okta()]))
    assert places.locate("192.0.2.44", NOON).country == "IN"


def test_the_operators_office_outweighs_everything() -> None:
    operator = operator_networks(
        {"offices": [{"networks": ["192.0.2.0/25"], "country": "Portugal", "city": "Porto"}, "198.51.100.0/28"]}
    )
    places = Places(operator, stated=stated_places([_okta()]))
    office = places.locate("192.0.2.44", NOON)
    assert (office.country, office.city, office.network_kind, office.source, office.confidence) == (
        "PT", "Porto", "office", "operator", "high",
    )  # fmt: skip
    assert places.locate("198.51.100.3", NOON).network_kind == "office"
    assert operator.office_countries == {"PT"}


def test_an_unknown_office_country_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="'Atlantis' of an office is not known"):
        operator_networks({"offices": [{"networks": ["192.0.2.0/24"], "country": "Atlantis"}]})


def test_nothing_known_is_nowhere_and_never_zero() -> None:
    places = Places()
    assert places.locate(None, NOON) == NOWHERE
    assert places.locate("garbage", NOON) == NOWHERE
    unknown = places.locate("203.0.113.9", NOON)
    assert (unknown.country, unknown.latitude, unknown.longitude, unknown.source) == (None, None, None, "none")
    assert places.locate("10.0.0.1", NOON).network_kind == "private"


@pytest.fixture
def city_database(tmp_path: Path) -> Path:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Example City")
    writer.insert_network(
        IPSet(["203.0.113.0/25"]),
        {"country_code": "FR", "state1": "", "city": "Lyon", "latitude": 45.75, "longitude": 4.85, "asn": 64499,
         "org": "Example Hosting"},
    )  # fmt: skip
    writer.insert_network(
        IPSet(["192.0.2.0/24"]),
        {
            "country": {"iso_code": "IN"},
            "city": {"names": {"en": "Pune"}},
            "location": {"latitude": 18.5, "longitude": 73.9},
        },
    )
    path = tmp_path / "city.mmdb"
    writer.to_db_file(str(path))
    return path


def test_a_database_answers_in_both_public_layouts(city_database: Path) -> None:
    places = Places(databases=GeoDatabases(city=[city_database]))
    flat = places.locate("203.0.113.9", NOON)
    assert (flat.country, flat.city, flat.asn, flat.network_kind, flat.source, flat.confidence) == (
        "FR", "Lyon", 64499, "hosting", "database", "medium",
    )  # fmt: skip
    nested = places.locate("192.0.2.1", NOON)
    assert (nested.country, nested.city, nested.latitude) == ("IN", "Pune", 18.5)


def test_a_source_that_agrees_raises_trust_and_one_that_does_not_lowers_it(city_database: Path) -> None:
    databases = GeoDatabases(city=[city_database])
    assert Places(databases=databases, stated=stated_places([_okta()])).locate("192.0.2.44", NOON).confidence == "high"
    differing = Places(databases=databases, stated=stated_places([_okta(country="France")])).locate("192.0.2.44", NOON)
    assert (differing.country, differing.confidence) == ("IN", "low")


def test_distance_is_the_great_circle_and_unknown_without_coordinates() -> None:
    pole, equator = Place(latitude=90.0, longitude=10.0), Place(latitude=0.0, longitude=-75.0)
    assert distance_km(pole, equator) == pytest.approx(10_007.6, abs=1)  # a quarter of the way around
    assert distance_km(pole, pole) == 0
    assert distance_km(pole, NOWHERE) is None
