"""Every pull connector is complete and stores nothing twice, whatever its vendor does."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from fanlight.model import DAY, HOUR, MINUTE, SECOND, Micros
from fanlight.simulator.neighbours import neighbour_kinds
from fanlight.simulator.neighbours.site import NeighbourSite
from support.pull_fixtures import Vendors, newest_of, read_pass, sweep, walk
from support.source_fixtures import Store

KINDS = sorted(neighbour_kinds())
LOGS = [kind for kind in KINDS if neighbour_kinds()[kind].streams]


#: Rows (at AWS: files) a page, so few that faults find pages to strike.
PAGES = {"github_audit": "20", "aws_cloudtrail": "20"}
#: At the least so many of the requests of the longest test went wrong.
STRUCK = 40


def served(site: NeighbourSite, since: Micros) -> dict[str, set[str]]:
    """Ids of every event that each stream should have brought, for what happened since."""
    return {
        stream: {key for entry in site.log(log) if entry.at >= since for key in site.event_ids(entry)}
        for stream, log in site.streams.items()
    }


@pytest.mark.parametrize("kind", LOGS)
def test_a_calm_vendor_is_read_whole_with_few_requests(vendors: Vendors, kind: str) -> None:
    stores: dict[str, Store] = {}
    read_pass(lambda: vendors.connect(kind), stores, vendors.clock.now)
    site = vendors.site(kind)
    since = vendors.clock.now() - site.kept + HOUR
    for stream, wanted in served(site, since).items():
        assert wanted, stream
        assert wanted <= set(stores[stream].rows), stream
        assert all(row.product == kind for row in stores[stream].rows.values())
    again = {name: Store(cursors=dict(store.cursors)) for name, store in stores.items()}
    vendors.running.reset_stats()
    read_pass(lambda: vendors.connect(kind), again, vendors.clock.now)
    assert vendors.running.stats()["total"] < 50 + 10 * len(stores)


@pytest.mark.parametrize("kind", LOGS)
def test_what_is_shown_behind_the_position_is_found_by_a_sweep_and_by_nothing_else(
    morning_vendors: Vendors, kind: str
) -> None:
    """Every second row of two hours is shown three hours after it happened, when walks have passed it."""
    vendors = morning_vendors
    vendors.advance(3 * HOUR)
    now = vendors.world.now
    vendors.hold_back(kind, now - 3 * HOUR, now - HOUR, 190 * MINUTE)
    source, site = vendors.connect(kind, log_page=PAGES.get(kind, "200"), days="1"), vendors.site(kind)
    young = json.dumps({"until": now - DAY, "newest": now - DAY})  # a position of a day ago, in either form of log
    stores = {stream.name: Store(looked=now, cursors={stream.name: young}) for stream in source.event_streams()}
    for name, store in stores.items():
        walk(source, name, store)
    vendors.advance(4 * HOUR)
    passed = 0
    for name, log in site.streams.items():
        held = {key for entry in site.log(log) if site.is_held(entry) for key in site.event_ids(entry)}
        store = stores[name]
        assert not held & set(store.rows)
        walk(source, name, store)
        missed = held - set(store.rows)  # a walk may find those that stand behind its last page or file
        passed += len(missed)
        sweep(source, name, store, vendors.clock.now())
        assert missed <= store.swept, name
        assert all(store.rows[key].late for key in missed)
    assert passed


#: Each kind with one of the wrong clocks; tests/long has all combinations.
CLOCKS = [(kind, (-10 * MINUTE, 10 * MINUTE)[number % 2]) for number, kind in enumerate(LOGS)]


@pytest.mark.parametrize(("kind", "skew"), CLOCKS, ids=[f"{kind} {skew // MINUTE:+} min" for kind, skew in CLOCKS])
def test_complete_and_once_with_faults_kills_late_rows_and_a_wrong_clock(
    morning_vendors: Vendors, kind: str, skew: Micros
) -> None:
    """30 % faults, positions and tokens that end early, rows up to three hours late, a clock ten minutes off.

    What happened in ninety minutes is shown two and a half hours late, so that nothing but a sweep can bring it.
    """
    vendors = morning_vendors
    vendors.clock.sleep(skew / SECOND)
    vendors.running.set_faults(0.3, seed=7)
    site, began, since = vendors.site(kind), vendors.world.now, vendors.world.now - 2 * DAY
    vendors.hold_back(kind, began, began + 90 * MINUTE, 150 * MINUTE)
    stores: dict[str, Store] = {}
    dice = random.Random(f"{kind}{skew}")

    def connect() -> Any:
        return vendors.connect(kind, log_page=PAGES.get(kind, "200"))

    for hours in (0, 2, 4, 3):
        vendors.advance(hours * HOUR)
        read_pass(connect, stores, vendors.clock.now, dice)
    vendors.advance(0)
    read_pass(connect, stores, vendors.clock.now, dice)
    # The last three hours may still hold rows that were not shown when they were swept.
    settled = vendors.world.now
    assert sum(vendors.running.faults_struck().values()) >= STRUCK
    assert sum(store.kills for store in stores.values()) >= 20
    for stream, wanted in served(site, since).items():
        assert wanted - set(stores[stream].rows) == set(), stream
        assert len(stores[stream].rows) == len({row.event_id for row in stores[stream].rows.values()})
        assert (newest_of(stores[stream]) or 0) <= settled + 10 * MINUTE
    held = {
        key
        for log in site.streams.values()
        for entry in site.log(log)
        if site.is_held(entry)
        for key in site.event_ids(entry)
    }
    assert held
    swept = set().union(*(store.swept for store in stores.values()))
    # A walk that restarts four hours back, because its position was refused, brings them before the sweep does.
    restarted = any(notice.kind == "cursor" for store in stores.values() for notice in store.notices)
    assert held & swept or restarted, "no sweep brought anything"
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
