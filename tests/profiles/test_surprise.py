"""Surprise is a probability from counts, and moves the way people expect."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from fanlight.profiles.surprise import HOURS, HourCurve, distance_km, journey, novelty, once_in, rarity, volume

DAY_WORK = {day * 24 + hour: 10.0 for day in range(5) for hour in range(8, 17)}


def test_new_to_me_but_usual_in_my_office_says_little() -> None:
    alone = rarity(0, 500, peers_with=0, peers=20, others_with=0, others=300)
    with_office = rarity(0, 500, peers_with=18, peers=20, others_with=60, others=300)
    assert with_office < alone - 2


@given(st.floats(0, 500), st.integers(0, 20), st.integers(0, 300))
def test_rarity_falls_with_every_kind_of_acquaintance(own: float, peers: int, others: int) -> None:
    base = rarity(own, 600, peers, 21, others, 301)
    assert rarity(own + 10, 600, peers, 21, others, 301) < base
    assert rarity(own, 600, peers + 1, 21, others, 301) < base
    assert rarity(own, 600, peers, 21, others + 1, 301) < base
    assert base >= 0


def test_one_more_new_value_says_less_about_somebody_who_shows_new_values_all_the_time() -> None:
    assert novelty(30, 300) < novelty(0, 300)


def test_volume_is_the_tail_of_a_negative_binomial() -> None:
    poisson = 1 - sum(math.exp(-2) * 2**k / math.factorial(k) for k in range(5))
    assert math.isclose(volume(5, 2.0, 2.0), -math.log(poisson), rel_tol=1e-9)
    assert volume(40, 2.0, 9.0) < volume(40, 2.0, 2.0)
    assert volume(0, 2.0, 2.0) == 0.0


def test_the_hour_curve_is_a_distribution() -> None:
    assert math.isclose(sum(HourCurve.of(DAY_WORK).density), 1.0)
    assert math.isclose(sum(HourCurve.of({}).density), 1.0)


def test_night_is_a_surprise_for_a_day_worker_and_day_is_none() -> None:
    curve = HourCurve.of(DAY_WORK)
    assert curve.surprise(24 + 3) > 3
    assert curve.surprise(24 + 10) < 1


def test_hours_are_circular_so_one_before_midnight_is_near_one_after() -> None:
    night = HourCurve.of({day * 24 + 23: 50.0 for day in range(5)})
    assert night.surprise(48 + 0) < night.surprise(48 + 12)


def test_the_week_end_is_apart_from_working_days() -> None:
    curve = HourCurve.of(DAY_WORK)
    assert curve.surprise(120 + 10) > curve.surprise(10) + 2


@given(st.integers(0, HOURS - 1))
def test_no_hour_of_an_unknown_person_is_a_surprise(hour: int) -> None:
    assert HourCurve.of({}).surprise(hour) < 1e-6


def test_a_flight_is_possible_and_a_jump_is_not() -> None:
    km = distance_km(52.5, 13.4, 45.5, -73.6)
    assert 5_900 < km < 6_100
    assert journey(km, 9 * 60).possible
    assert not journey(km, 60).possible
    assert journey(120, 0).possible  # addresses are coarse


def test_rarity_is_said_with_two_figures() -> None:
    assert once_in(math.log(2_931)) == "once in 2,900"
