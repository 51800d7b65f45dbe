"""Rows that a vendor shows late are found, whenever somebody looked and however the passes ended."""

from __future__ import annotations

from fanlight.model import HOUR, MINUTE
from fanlight.pipeline.collect import SWEEP, sweep_windows

T = 1_000_000 * HOUR


def test_passes_in_short_order_read_one_stretch_from_before_the_last_look() -> None:
    assert list(sweep_windows(T, T + 3 * HOUR, whole=False)) == [(T - SWEEP, T + 3 * HOUR + MINUTE)]


def test_after_a_long_pause_the_stretch_between_was_walked_when_all_of_it_was_shown() -> None:
    assert list(sweep_windows(T, T + 48 * HOUR, whole=False)) == [
        (T - SWEEP, T + MINUTE),
        (T + 48 * HOUR - SWEEP, T + 48 * HOUR + MINUTE),
    ]


def test_an_interrupted_pass_may_have_walked_over_any_of_it() -> None:
    assert list(sweep_windows(T, T + 48 * HOUR, whole=True)) == [(T - SWEEP, T + 48 * HOUR + MINUTE)]
