"""The true rate: so many requests a minute for all keys together, and what the answers say about it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from simulator_client import Client

from fanlight.model import MINUTE, SECOND
from fanlight.simulator.http import RunningSimulator, serve
from fanlight.simulator.http.budget import Budget
from support.tiny_world import ALPHA, FakeClock, TinyWorld


@pytest.fixture
def strict(world: TinyWorld, clock: FakeClock) -> Iterator[Client]:
    """A simulator with the real budget, on a clock that only moves when told."""
    with serve(world, rate=600, clock=clock) as running:
        yield Client(running)


def test_600_requests_a_minute_are_answered_and_the_next_one_is_told_how_long_to_wait(
    strict: Client, clock: FakeClock
) -> None:
    statuses = []
    for number in range(605):
        statuses.append(strict.get("/groups/rbac_group_01", "parent" if number % 2 else "audit").status_code)
        clock.sleep(0.05)
    assert statuses == [200] * 600 + [429] * 5
    response = strict.get("/groups/rbac_group_01")
    assert response.status_code == 429
    assert response.json()["error"]["type"] == "rate_limit_error"
    assert "600 requests per minute" in response.json()["error"]["message"]
    wait = int(response.headers["retry-after"])
    assert wait == 30
    clock.sleep(wait - 1)
    assert strict.get("/groups/rbac_group_01").status_code == 429
    clock.sleep(1)
    assert strict.get("/groups/rbac_group_01").status_code == 200


def test_never_more_than_600_in_any_window_of_the_budget() -> None:
    clock = FakeClock()
    budget = Budget(600, clock)
    granted = []
    for _ in range(6000):
        if budget.charge().allowed:
            granted.append(clock.now())
        clock.sleep(0.031)
    starts = [at for at in granted if at - granted[0] < 3 * MINUTE]
    first_minute = [at for at in starts if at - granted[0] < MINUTE]
    assert len(first_minute) == 600
    assert len(granted) == 600 * 3 + len([at for at in granted if at - granted[0] >= 3 * MINUTE])


def test_answers_count_down_and_name_the_reset(strict: Client, clock: FakeClock) -> None:
    first = strict.get("/organizations").headers
    clock.sleep(10)
    second = strict.get("/organizations").headers
    assert first["anthropic-ratelimit-requests-limit"] == "600"
    assert first["anthropic-ratelimit-requests-remaining"] == "599"
    assert second["anthropic-ratelimit-requests-remaining"] == "598"
    assert first["anthropic-ratelimit-requests-reset"] == second["anthropic-ratelimit-requests-reset"]
    assert first["anthropic-ratelimit-requests-reset"] == "2026-10-05T12:01:00Z"


def test_failed_authentication_is_free_and_a_missing_scope_costs_one(strict: Client) -> None:
    def remaining() -> int:
        return int(strict.get("/organizations").headers["anthropic-ratelimit-requests-remaining"])

    before = remaining()
    assert "anthropic-ratelimit-requests-limit" not in strict.get("/organizations", "expired").headers
    strict.get("/organizations", None)
    assert remaining() == before - 1
    strict.get("/organizations", "feed-only")
    assert remaining() == before - 3
    strict.get("/organizations", params={"limit": 0})
    assert remaining() == before - 5


def test_the_admin_api_has_its_own_hundred(strict: Client) -> None:
    statuses = [strict.admin("/workspaces").status_code for _ in range(101)]
    assert statuses == [200] * 100 + [429]
    assert strict.get("/organizations").status_code == 200


def test_remote_sessions_have_an_extra_budget_that_always_says_one_second(world: TinyWorld, clock: FakeClock) -> None:
    with serve(world, rate=600, remote_rate=2, clock=clock) as running:
        client = Client(running)
        answers = [client.get("/apps/sessions/remote") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["retry-after"] == "1"
        assert answers[2].headers["anthropic-ratelimit-requests-remaining"] == "597"
        assert client.get("/apps/sessions/local").status_code == 200


def test_a_rate_of_zero_never_refuses(client: Client, running: RunningSimulator) -> None:
    for _ in range(700):
        assert client.get(f"/organizations/{ALPHA}/settings").status_code == 200
    assert running.stats()["statuses"] == {"200": 700}


def test_the_wait_is_never_less_than_a_second() -> None:
    clock = FakeClock()
    budget = Budget(1, clock)
    budget.charge()
    clock.sleep((MINUTE - 1) / SECOND)
    assert budget.charge().retry_after == 1
