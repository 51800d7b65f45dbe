"""Every pull connector is complete and stores nothing twice, whatever its vendor does."""

from __future__ import annotations

import random
from typing import Any

import pytest

from fanlight.model import DAY, HOUR, MINUTE, SECOND, Micros
from fanlight.simulator.neighbours import neighbour_kinds
from fanlight.simulator.neighbours.site import NeighbourSite
from support.pull_fixtures import Vendors, newest_of, read_pass
from support.source_fixtures import Store

KINDS = sorted(neighbour_kinds())


def served(site: NeighbourSite, since: Micros) -> dict[str, set[str]]:
    """Ids of every event that each stream should have brought, for what happened since."""
    return {
        stream: {key for entry in site.log(log) if entry.at >= since for key in site.event_ids(entry)}
        for stream, log in site.streams.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_calm_vendor_is_read_whole_with_few_requests(vendors: Vendors, kind: str) -> None:
    stores: dict[str, Store] = {}
    read_pass(lambda: vendors.connect(kind), stores)
    site = vendors.site(kind)
    since = vendors.clock.now() - site.kept + HOUR
    for stream, wanted in served(site, since).items():
        assert wanted, stream
        assert wanted <= set(stores[stream].rows), stream
        assert all(row.product == kind for row in stores[stream].rows.values())
    again = {name: Store(cursors=dict(store.cursors)) for name, store in stores.items()}
    vendors.running.reset_stats()
    read_pass(lambda: vendors.connect(kind), again)
    assert vendors.running.stats()["total"] < 50 + 10 * len(stores)


#: Each kind with one of the wrong clocks; tests/long has all combinations.
CLOCKS = [(kind, (-10 * MINUTE, 10 * MINUTE)[number % 2]) for number, kind in enumerate(KINDS)]


@pytest.mark.parametrize(("kind", "skew"), CLOCKS, ids=[f"{kind} {skew // MINUTE:+} min" for kind, skew in CLOCKS])
def test_complete_and_once_with_faults_kills_late_rows_and_a_wrong_clock(
    vendors: Vendors, kind: str, skew: Micros
) -> None:
    """30 % faults, positions and tokens that end early, rows up to three hours late, a clock ten minutes off."""
    vendors.clock.sleep(skew / SECOND)
    vendors.running.set_faults(0.3, seed=7)
    site, began, since = vendors.site(kind), vendors.world.now - 2 * HOUR, vendors.world.now - 2 * DAY
    stores: dict[str, Store] = {}
    dice = random.Random(f"{kind}{skew}")
    page = {"github_audit": "60", "aws_cloudtrail": "40"}.get(kind, "200")

    def connect() -> Any:
        return vendors.connect(kind, log_page=page)

    for hours in (0, 2, 4, 3):
        vendors.advance(hours * HOUR)
        read_pass(connect, stores, dice)
    vendors.advance(0)
    read_pass(connect, stores, dice)
    # The last three hours may still hold rows that were not shown when they were swept.
    settled = vendors.world.now
    assert sum(vendors.running.faults_struck().values()) > 15
    late = [entry for log in site.streams.values() for entry in site.log(log) if entry.visible_at - entry.at > HOUR / 2]
    assert any(entry.at > began for entry in late)
    for stream, wanted in served(site, since).items():
        assert wanted - set(stores[stream].rows) == set(), stream
        assert len(stores[stream].rows) == len({row.event_id for row in stores[stream].rows.values()})
        assert (newest_of(stores[stream]) or 0) <= settled + 10 * MINUTE
    methods = vendors.running.stats()["methods"]
    assert set(methods) <= {"GET", "POST"}
    assert vendors.running.stats()["requests"].get(f"{kind} token", 0) == methods.get("POST", 0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_directory_is_the_same_with_faults(vendors: Vendors, kind: str) -> None:
    def taken() -> dict[str, tuple[set[tuple[str, str]], set[str]]]:
        return {
            snapshot.scope: (
                {(item.kind, item.object_id) for item in snapshot.objects},
                {grant.grant_id for grant in snapshot.grants},
            )
            for stream in vendors.connect(kind).snapshot_streams()
            for snapshot in stream.take()
        }

    calm = taken()
    vendors.running.set_faults(0.3, seed=9)
    assert taken() == calm
    assert not any(scope.startswith("refused/") for scope in calm)


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_is_described_with_its_rights_its_maker_and_what_stays_unseen(vendors: Vendors, kind: str) -> None:
    report = vendors.connect(kind).check()
    assert report.works
    assert report.headline.startswith("The key works and reads")
    assert report.scopes_found
    assert report.collected
    assert len(report.not_collected) >= 2
    assert all(line.endswith((".", ":")) for line in report.not_collected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_key_gives_one_clear_sentence_and_the_way_to_a_right_one(vendors: Vendors, kind: str) -> None:
    wrong = vendors.site(kind).wrong_key()
    report = vendors.connect(kind, **{name: f"literal:{value}" for name, value in wrong.items()}).check()
    assert not report.works
    assert report.headline.count(".") <= 4
    assert report.how_to
    assert all(value not in repr(report) for value in wrong.values())


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_where_nobody_answers_is_named_as_unreachable(vendors: Vendors, kind: str) -> None:
    settings = vendors.running.neighbour_settings(kind)
    gone = {name: "http://127.0.0.1:9" for name in settings if name.endswith("url")}
    report = vendors.connect(kind, patience="1", **gone).check()
    assert not report.works
    assert not report.reachable
