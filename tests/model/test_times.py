"""Times are whole microseconds in UTC and survive the way out and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.model import day_of, format_time, parse_time


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-10-05T02:14:09.512Z", 1_791_166_449_512_000),
        ("2026-10-05T04:14:09.512+02:00", 1_791_166_449_512_000),
        ("2026-10-05T02:14:09.512", 1_791_166_449_512_000),
        ("2026-10-05T02:14:09.512345Z", 1_791_166_449_512_345),
    ],
)
def test_every_written_form_of_a_moment_is_one_number(text: str, micros: int) -> None:
    assert micros == parse_time(text)


@given(st.integers(min_value=0, max_value=4_000_000_000_000_000))
def test_a_moment_survives_writing_and_reading(micros: int) -> None:
    assert micros == parse_time(format_time(micros))
    assert format_time(micros).startswith(day_of(micros))
