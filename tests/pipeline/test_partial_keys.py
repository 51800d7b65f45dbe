"""A key that opens only a part is read for that part, again and again, and what is missing is said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fanlight.pipeline.connections import add_connection, list_connections
from fanlight.pipeline.health import source_health
from fanlight.pipeline.home import Home
from fanlight.pipeline.sync import SourceOutcome, sync
from fanlight.simulator import http
from fanlight.simulator.http import RunningSimulator
from fanlight.simulator.world import Key
from support.vendor_world import ALL_SCOPES, SECRET, TinyWorld

CONTENT_SCOPES = tuple(scope for scope in ALL_SCOPES if "activities" not in scope)


class ContentKeyWorld(TinyWorld):
    def keys(self) -> tuple[Key, ...]:
        content = Key(
            id="apikey_01content",
            secret=f"{SECRET}content",
            name="content-only",
            scopes=CONTENT_SCOPES,
            kind="compliance",
            created_at=self.start,
        )
        return (*super().keys(), content)


@pytest.fixture
def vendors() -> Iterator[RunningSimulator]:
    with http.serve(ContentKeyWorld(activities=60, chats=6, people=4), rate=0) as running:
        yield running


def read(home: Home, vendors: RunningSimulator, key: str) -> SourceOutcome:
    """One whole pass with this key."""
    options = {
        "url": vendors.compliance_url,
        "key": home.vault.seal("claude", key),
        "first_wait": "0.02",
        "patience": "3",
    }
    add_connection(home, "claude", "claude", options, replace=True)
    (outcome,) = sync(home, until_caught_up=True).sources
    return outcome


def state_of(home: Home) -> str:
    (connection,) = list_connections(home)
    return connection.state


def test_a_key_that_opens_the_feed_only_is_read_for_the_feed_and_says_what_is_missing(
    home: Home, vendors: RunningSimulator
) -> None:
    outcome = read(home, vendors, "sk-ant-admin01-tiny")
    assert outcome.streams["feed"].events > 0
    assert (outcome.problem, state_of(home)) == ("", "healthy")
    assert {"directory", "project_access", "chats"} <= set(outcome.refused)
    (health,) = source_health(home).sources
    assert health.standing == "partial"
    assert "an Admin key of the Console opens the Activity Feed only" in health.sentence
    vendors.reset_stats()
    assert sync(home, until_caught_up=False, only_due=True).sources == []
    assert vendors.stats()["total"] == 0  # what is refused is asked for no more often than the rest


def test_a_key_without_the_feed_is_read_for_people_and_content(home: Home, vendors: RunningSimulator) -> None:
    outcome = read(home, vendors, f"{SECRET}content")
    assert set(outcome.refused) == {"feed", "own_traffic"}
    assert outcome.streams["directory"].versions > 0
    assert outcome.labelled.read > 0


def test_a_key_that_opens_nothing_stops_the_source(home: Home, vendors: RunningSimulator) -> None:
    outcome = read(home, vendors, f"{SECRET}N")
    assert "may not read" in outcome.problem
    assert state_of(home) == "stopped"
