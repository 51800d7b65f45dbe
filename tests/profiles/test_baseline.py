"""A baseline knows closed days, decays, and is not taught by the visit that it judges."""

from __future__ import annotations

import math
from dataclasses import replace

from fanlight.model import DAY, HOUR, Rollup, day_of, parse_time
from fanlight.profiles.baseline import Baseline, Spread, baseline_of, cut_evening

NOW = parse_time("2026-05-07T02:14:09Z")
TODAY = parse_time("2026-05-07")


def row(dimension: str, value: str, at: int, n: int = 1) -> Rollup:
    return Rollup(
        tenant="default", scope="account", entity="claude:user_1", dimension=dimension, value=value, day=day_of(at),
        n=n, first_at=at, last_at=at,
    )  # fmt: skip


def test_only_the_ninety_closed_days_count() -> None:
    rows = [row("ip", "old", TODAY - 91 * DAY), row("ip", "usual", TODAY - 90 * DAY), row("ip", "today", TODAY + HOUR)]
    assert set(baseline_of(rows, NOW).values("ip")) == {"usual"}


def test_an_address_first_seen_the_evening_before_is_no_habit() -> None:
    rows = [row("ip", "evening", TODAY - HOUR), row("ip", "morning", TODAY - 20 * HOUR)]
    assert set(baseline_of(rows, NOW).values("ip")) == {"morning"}


def test_an_old_address_seen_again_the_evening_before_stays_a_habit_and_that_evening_is_not_counted() -> None:
    rows = [row("ip", "home", TODAY - 9 * DAY), row("ip", "home", TODAY - HOUR)]
    assert baseline_of(rows, NOW).values("ip")["home"].n == 1


def test_every_dimension_counts_the_same_events_up_to_noon_of_the_day_before() -> None:
    old, spanning = row("ip", "home", TODAY - 9 * DAY, 5), row("ip", "home", TODAY - 14 * HOUR, 3)
    rows = {
        "ip": [old, replace(spanning, last_at=TODAY - HOUR), row("ip", "evening", TODAY - HOUR)],
        "hour": [
            row("hour", "71", TODAY - 9 * DAY, 5), row("hour", "58", TODAY - 14 * HOUR),
            row("hour", "71", TODAY - HOUR, 2),
        ],
        "type": [row("type", "x", TODAY - 9 * DAY, 5), row("type", "x", TODAY - 14 * HOUR, 3)],
    }  # fmt: skip
    baseline = Baseline(NOW, cut_evening(rows, NOW, [row("ip", "home", TODAY - 14 * HOUR)]))
    assert (baseline.total("ip"), baseline.total("hour"), baseline.events) == (6, 6, 6)
    assert baseline.until == TODAY - 14 * HOUR
    assert baseline.per_day(["x"]) == [5, 3]  # a day's volume stays whole


def test_the_hours_of_the_evening_before_are_left_out_because_a_visit_may_cross_midnight() -> None:
    rows = [row("hour", "71", TODAY - HOUR), row("hour", "71", TODAY - 8 * DAY), row("hour", "60", TODAY - 13 * HOUR)]
    assert {hour: habit.n for hour, habit in baseline_of(rows, NOW).values("hour").items()} == {"71": 1, "60": 1}


def test_thirty_days_halve_a_weight() -> None:
    young, old = row("ip", "a", TODAY - 10 * DAY, 8), row("ip", "b", TODAY - 40 * DAY, 8)
    values = baseline_of([young, old], NOW).values("ip")
    assert math.isclose(values["b"].weight / values["a"].weight, 0.5)


def test_the_baseline_is_the_same_at_every_moment_of_a_day() -> None:
    rows = [row("ip", f"ip{i}", TODAY - i * 7 * HOUR) for i in range(1, 40)]
    assert set(baseline_of(rows, TODAY).values("ip")) == set(baseline_of(rows, TODAY + 23 * HOUR).values("ip"))


def test_a_few_days_of_history_are_said_to_be_too_few() -> None:
    few = [row("type", "claude_chat_viewed", TODAY - i * DAY, 10) for i in range(1, 6)]
    many = [row("type", "claude_chat_viewed", TODAY - i * DAY, 10) for i in range(1, 9)]
    assert (baseline_of(few, NOW).warm, baseline_of(many, NOW).warm) == (False, True)
    assert baseline_of([], NOW).events == 0


def test_a_spread_counts_who_was_seen_before_a_day_and_nobody_later() -> None:
    spread = Spread.of([("a", "CA", "2026-05-01"), ("b", "CA", "2026-05-07"), ("a", "DE", "2026-04-01")])
    assert spread.holders("CA", "2026-05-07") == 1
    assert spread.holders("CA", "2026-05-08") == 2
    assert spread.holders("CA", "2026-05-08", but="a") == 1
    assert spread.holders("CA", "2026-05-08", frozenset({"b"})) == 1
    assert spread.holders("FR", "2026-05-08") == 0


def test_first_meetings_leave_out_everybodys_first_day() -> None:
    spread = Spread.of(
        [("a", "DE", "2026-05-01"), ("a", "CA", "2026-05-03"), ("b", "DE", "2026-05-02"), ("b", "CA", "2026-05-04")]
    )
    assert spread.firsts("2026-05-01", "2026-05-05") == 2
    assert spread.firsts("2026-05-01", "2026-05-05", holders=0) == 1
    assert spread.firsts("2026-05-04", "2026-05-05") == 1
