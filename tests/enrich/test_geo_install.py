"""Installing databases for places."""

from __future__ import annotations

from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from fanlight.enrich.geo_install import GeoError, install, load, manifest
from fanlight.model import parse_time
from support.command import command

NOW = parse_time("2026-11-20T00:00:00Z")


def _mmdb(path: Path, country: str = "FR", kind: str = "Example City") -> Path:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind)
    writer.insert_network(
        IPSet(["203.0.113.0/25"]), {"country_code": country, "city": "Lyon", "latitude": 1.5, "longitude": 2.5}
    )
    writer.to_db_file(str(path))
    return path


def _ranges(path: Path) -> Path:
    path.write_text(
        "198.51.100.0,198.51.100.255,64500,Example Net\n"
        "3221225984,3221226239,64501,Numbers Net\n"
        '2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,64502,"Six, Ltd"\n'
    )
    return path


def test_installed_databases_answer_and_leave_a_manifest(tmp_path: Path) -> None:
    home = tmp_path / "home"
    install(home, city=[_mmdb(tmp_path / "c.mmdb", kind="DBIP-City")], asn=[_ranges(tmp_path / "asn.csv")], now=NOW)
    databases = load(home)
    assert databases is not None
    found = databases.lookup("203.0.113.9")
    assert found is not None
    assert (found.country, found.city, found.latitude) == ("FR", "Lyon", 1.5)
    assert [getattr(databases.lookup(ip), "asn", None) for ip in
            ("198.51.100.7", "192.0.2.7", "2001:db8::7", "203.0.113.200")] == [64500, 64501, 64502, None]  # fmt: skip
    assert [(entry.role, entry.installed_at[:10], "DB-IP" in entry.attribution) for entry in manifest(home)] == [
        ("city", "2026-11-20", True), ("asn", "2026-11-20", True),
    ]  # fmt: skip


def test_a_new_database_replaces_its_role_and_removes_the_old_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    install(home, city=[_mmdb(tmp_path / "a.mmdb", "FR")], asn=[_ranges(tmp_path / "asn.csv")], now=NOW)
    install(home, city=[_mmdb(tmp_path / "b.mmdb", "DE")], now=NOW)
    databases = load(home)
    assert databases is not None
    assert getattr(databases.lookup("203.0.113.9"), "country", None) == "DE"
    assert getattr(databases.lookup("198.51.100.9"), "asn", None) == 64500
    assert len(list((home / "geo").glob("city-*"))) == 1


def test_two_databases_that_differ_say_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    install(home, city=[_mmdb(tmp_path / "a.mmdb", "FR"), _mmdb(tmp_path / "b.mmdb", "DE")], now=NOW)
    databases = load(home)
    assert databases is not None
    assert getattr(databases.lookup("203.0.113.9"), "disputed", False) is True


def test_without_databases_there_is_nothing_to_load(tmp_path: Path) -> None:
    assert load(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("x.mmdb", b"no database at all", "is not a readable .mmdb database"),
        ("x.csv", b"a,b,c,d\nnot,an,1,range\n", "Line 2 of .* is not `first address"),
        ("x.csv", b"", "holds no range of addresses"),
    ],
)
def test_a_bad_file_is_one_sentence_and_changes_nothing(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    home, bad = tmp_path / "home", tmp_path / name
    bad.write_bytes(content)
    install(home, city=[_mmdb(tmp_path / "good.mmdb")], now=NOW)
    before = manifest(home)
    with pytest.raises(GeoError, match=sentence):
        install(home, asn=[bad], now=NOW)
    assert manifest(home) == before


def test_a_missing_file_and_nothing_to_do_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(GeoError, match="does not exist"):
        install(tmp_path, city=[tmp_path / "none.mmdb"])
    with pytest.raises(GeoError, match="Nothing to install"):
        install(tmp_path)


def test_the_command_installs_and_refuses_with_exit_2(tmp_path: Path) -> None:
    good = _mmdb(tmp_path / "c.mmdb")
    done = command("geo", "install", "--city", good, "--home", tmp_path / "home")
    assert (done.code, "Example City" in done.out) == (0, True)
    refused = command("geo", "install", "--city", tmp_path / "none.mmdb", "--home", tmp_path / "home")
    assert (refused.code, refused.err.count("\n")) == (2, 1)


def test_of_ranges_inside_each_other_the_narrowest_answers(tmp_path: Path) -> None:
    path = tmp_path / "asn.csv"
    path.write_text(
        "start,end,asn,name\n192.0.2.0,192.0.2.255,64500,Wide\n192.0.2.0,192.0.2.15,64501,Head\n"
        "192.0.2.64,192.0.2.127,64502,Middle\n192.0.2.64,192.0.2.65,64503,Inner\n198.51.100.0,198.51.100.9,64504,Far\n"
    )
    install(tmp_path / "home", asn=[path], now=NOW)
    databases = load(tmp_path / "home")
    assert databases is not None
    addresses = ("192.0.2.3", "192.0.2.20", "192.0.2.64", "192.0.2.100", "192.0.2.200", "198.51.100.9", "198.51.100.10")
    assert [getattr(databases.lookup(ip), "asn", None) for ip in addresses] == [
        64501, 64500, 64503, 64502, 64500, 64504, None,
    ]  # fmt: skip
