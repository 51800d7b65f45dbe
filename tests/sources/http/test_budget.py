"""The share of a limit is kept, and others are left their part."""

from __future__ import annotations

from fanlight.model import SECOND
from fanlight.sources.budget import SharedBudget
from support.source_fixtures import JumpingClock


def sent_in(budget, clock, seconds, purpose="content"):
    end = clock.now() + seconds * SECOND
    count = 0
    while True:
        budget.acquire(purpose)
        if clock.now() > end:
            return count
        count += 1


def test_a_minute_holds_the_share_and_a_short_burst():
    clock = JumpingClock()
    budget = SharedBudget(clock, limit=600, share=0.6)
    assert 355 <= sent_in(budget, clock, 60) <= 395
    assert 355 <= sent_in(budget, clock, 60) <= 365


def test_an_announced_limit_replaces_the_documented_one():
    clock = JumpingClock()
    budget = SharedBudget(clock, limit=600, share=0.6)
    budget.learn(limit=60_000, remaining=60_000, reset_at=None)
    assert budget.announced == 60_000
    assert sent_in(budget, clock, 10) > 5_000


def test_without_headers_the_documented_limit_stays():
    clock = JumpingClock()
    budget = SharedBudget(clock, limit=600, share=0.6)
    budget.learn(limit=None, remaining=None, reset_at=None)
    assert budget.per_second() == 6.0


def test_a_rate_given_by_the_operator_is_not_replaced():
    budget = SharedBudget(JumpingClock(), limit=100, share=1.0, fixed=True)
    budget.learn(limit=60_000, remaining=60_000, reset_at=None)
    assert budget.per_second() * 60 == 100


def test_it_slows_down_as_little_remains():
    budget = SharedBudget(JumpingClock(), limit=600, share=0.6)
    budget.learn(limit=600, remaining=119, reset_at=None)
    assert 5.8 < budget.per_second() < 6.0
    budget.learn(limit=600, remaining=60, reset_at=None)
    assert 1.4 < budget.per_second() < 1.6
    budget.learn(limit=600, remaining=500, reset_at=None)
    assert budget.per_second() == 6.0


def test_two_clients_on_one_limit_settle_before_it():
    """A second client takes half of a window of 600; ours is told the rest after each request. No refusal."""
    clock = JumpingClock()
    budget = SharedBudget(clock, limit=600, share=0.6)
    started, used, ours = clock.now(), 0, 0
    window = started
    refused_late = 0
    while clock.now() < started + 300 * SECOND:
        budget.acquire("content")
        now = clock.now()
        if now - window >= 60 * SECOND:
            window, ours = now, 0
        others = 300 * (now - window) / (60 * SECOND)
        used = ours + others
        if used >= 600:
            refused_late += now - started > 60 * SECOND
        else:
            ours += 1
        budget.learn(limit=600, remaining=int(max(0, 600 - used)), reset_at=window + 60 * SECOND)
    assert refused_late == 0


def test_requests_are_counted_by_purpose_and_retries_apart():
    budget = SharedBudget(JumpingClock(), limit=600, share=0.6)
    for purpose in ("feed", "content", "content:retry"):
        budget.acquire(purpose)
    assert budget.spent() == {"feed": 1, "content": 1, "content:retry": 1}


def test_nothing_is_sent_while_the_vendor_asked_to_wait():
    clock = JumpingClock()
    budget = SharedBudget(clock, limit=600, share=0.6)
    budget.hold(25)
    budget.acquire("feed")
    assert clock.slept >= 25
