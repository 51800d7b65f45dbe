"""A company of 3,000 people: everything served is stored once, at little more than the least number of requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from fanlight.model import DAY, SystemClock
from fanlight.pipeline.home import open_home
from fanlight.simulator import http
from fanlight.simulator.world import build_world
from integration.conftest import Installation, connect_all

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

OWN = "compliance_api_accessed"
APART = ("sweep", "own_traffic", "check", "console")
"""Purposes that the minimum does not count; retries are named `<purpose>:retry`."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    world = build_world(seed=5, size="M", now=SystemClock().now())
    with http.serve(world, rate=0) as vendors:
        home = open_home(tmp_path_factory.mktemp("middle") / "home")
        connect_all(home, vendors)
        made = Installation(world, vendors, home)
        made.run("sync", "--until-caught-up", "--quiet")
        yield made


def stored(company: Installation) -> Counter[str]:
    with company.home.reader(memory="3GB") as reader:
        rows = reader.query("SELECT event_id FROM events WHERE product = 'claude' AND type <> ?", [OWN])
    return Counter(rows["event_id"].to_pylist())


def served(company: Installation) -> set[str]:
    world = company.world
    return {row.id for row in world.feed() if row.visible_at <= world.now and row.type != OWN}


def test_everything_is_stored_once(company: Installation) -> None:
    found = stored(company)
    assert served(company) == set(found)
    assert set(found.values()) == {1}


def test_it_takes_hardly_more_requests_than_paging_allows(company: Installation) -> None:
    from fanlight.pipeline.connections import list_connections

    (claude,) = [one for one in list_connections(company.home) if one.kind == "claude"]
    sent = sum(n for purpose, n in claude.requests.items() if purpose not in APART and not purpose.endswith(":retry"))
    least = sum(company.vendors.minimum().values())
    assert least <= sent * 1.1
    assert sent <= least * 1.1


def test_a_second_pass_adds_nothing_and_a_day_later_exactly_the_new(company: Installation) -> None:
    before = stored(company)
    company.run("sync", "--until-caught-up", "--quiet")
    assert stored(company) == before
    company.vendors.advance(DAY / 1_000_000)
    company.run("sync", "--until-caught-up", "--quiet")
    assert served(company) == set(stored(company))


def test_the_stories_are_found_and_their_twins_are_not(company: Installation) -> None:
    import json

    rows = map(json.loads, company.run("export", "findings").stdout.splitlines())
    found = {(row["rule"], event) for row in rows for event in row["events"]}
    truth = company.world.truth
    missed = [s.rule for s in truth.stories if not any((s.rule, a) in found for a in s.activities)]
    raised = [s.rule for s in truth.twins if any((s.rule, a) in found for a in s.activities)]
    assert (missed, raised) == ([], [])
