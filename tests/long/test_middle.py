"""A company of 3,000 people: everything served is stored once, at little more than the least number of requests."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

import pytest

from fanlight.model import DAY, SystemClock
from fanlight.pipeline.connections import list_connections
from fanlight.pipeline.home import open_home
from fanlight.simulator import http
from fanlight.simulator.world import build_world
from integration.conftest import Installation, connect_all, forbidden_words
from integration.served import (
    KINDS,
    is_log_whole,
    served_activities,
    served_objects,
    stored_events,
    stored_objects,
)
from support.canaries import find_leaks_apart

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

APART = ("sweep", "own_traffic", "check", "console")
"""Purposes that the minimum does not count; retries are named `<purpose>:retry`."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    world = build_world(seed=secrets.randbelow(1_000_000), size="M", now=SystemClock().now())
    with http.serve(world, rate=0) as vendors:
        home = open_home(tmp_path_factory.mktemp("middle") / "home")
        connect_all(home, vendors)
        made = Installation(world, vendors, home)
        made.run("sync", "--until-caught-up", "--quiet")
        yield made


def test_every_event_is_stored_once(company: Installation) -> None:
    activities, log = stored_events(company.home, "claude"), stored_events(company.home, "okta")
    assert served_activities(company.world) == set(activities)
    assert is_log_whole(company.world, log)
    assert {*activities.values(), *log.values()} == {1}


@pytest.mark.parametrize("kind", KINDS)
def test_every_object_is_known_once(company: Installation, kind: str) -> None:
    assert served_objects(company.world, kind) == stored_objects(company.home, kind)


def test_it_takes_hardly_more_requests_than_paging_allows(company: Installation) -> None:
    (claude,) = [one for one in list_connections(company.home) if one.kind == "claude"]
    sent = sum(n for purpose, n in claude.requests.items() if purpose not in APART and not purpose.endswith(":retry"))
    least = sum(company.vendors.minimum().values())
    assert least <= sent * 1.1
    assert sent <= least * 1.1


def test_a_second_pass_adds_nothing_and_a_day_later_exactly_the_new(company: Installation) -> None:
    before = stored_events(company.home, "claude")
    company.run("sync", "--until-caught-up", "--quiet")
    assert stored_events(company.home, "claude") == before
    company.vendors.advance(DAY / 1_000_000)
    company.run("sync", "--until-caught-up", "--quiet")
    after = stored_events(company.home, "claude")
    assert served_activities(company.world) == set(after)
    assert set(after.values()) == {1}
    lost = {kind: set(served_objects(company.world, kind)) - set(stored_objects(company.home, kind)) for kind in KINDS}
    assert lost == {kind: set() for kind in KINDS}  # what hung on a chat that was deleted meanwhile stays known


def test_nothing_of_what_was_said_and_no_key_is_written(company: Installation) -> None:
    needles = forbidden_words(company.world, company.vendors)
    assert len(needles) > 10_000
    assert find_leaks_apart([company.home.path.parent], needles) == []


def test_the_stories_are_found_and_their_twins_are_not(company: Installation) -> None:
    rows = map(json.loads, company.run("export", "findings").stdout.splitlines())
    found = {(row["rule"], event) for row in rows for event in row["events"]}
    truth = company.world.truth
    missed = [s.rule for s in truth.stories if not any((s.rule, a) in found for a in s.activities)]
    raised = [s.rule for s in truth.twins if any((s.rule, a) in found for a in s.activities)]
    assert (missed, raised) == ([], [])
