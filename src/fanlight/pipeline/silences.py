"""Silences: hours in which a source sent nothing although it usually sends much.

A silence is evidence that something is unknown, so it is noted as a gap, drawn into time lines and named in
findings. Zero records are called a gap only when at least `EXPECTED` were usual for the same hours of the week:
by chance that happens less than once in a hundred million.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from fanlight.lake import Reader
from fanlight.model import DAY, HOUR, Micros, day_of, format_time
from fanlight.sources.contract import Notice

__all__ = ["EXPECTED", "Silence", "find_silences", "silences_of"]

EXPECTED = 20.0
"""Records that must have been usual in the silent hours."""

_ALONE = 100.0
"""The same for a single hour: records come in sessions of one person, so few people can leave one hour empty."""

_EDGE = 0.3
"""Share of the usual records that one of the two hours beside a silence must have."""

_LOOK_BACK = 28
"""Days from which the usual count of an hour of the week is taken."""

_RECENT = 14
"""Days in which silences are looked for."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Whole hours without any record of a source."""

    source: str
    since: Micros
    until: Micros
    usual: float

    def notice(self) -> Notice:
        """The sentence about it."""
        hours = (self.until - self.since) // HOUR
        return Notice(
            kind="gap",
            sentence=f"No records from {format_time(self.since)[:16]}Z to {format_time(self.until)[:16]}Z ({hours} h); "
            f"about {self.usual:.0f} are usual in these hours. What happened then is unknown, not absent.",
            at=self.until,
            since=self.since,
            until=self.until,
        )


def silences_of(reader: Reader, until: Micros) -> list[Silence]:
    """Silences of every source in the last days before `until`."""
    rows = reader.query(
        "SELECT source, occurred_at // ? AS hour, count(*) AS n FROM events "
        "WHERE day >= ? AND type <> 'compliance_api_accessed' GROUP BY ALL",
        [HOUR, day_of(until - (_LOOK_BACK + _RECENT) * DAY)],
    )
    counts: dict[str, dict[int, int]] = defaultdict(dict)
    for source, hour, n in zip(
        rows["source"].to_pylist(), rows["hour"].to_pylist(), rows["n"].to_pylist(), strict=True
    ):
        counts[source][int(hour)] = n
    return [silence for source in sorted(counts) for silence in find_silences(source, counts[source])]


def find_silences(source: str, counts: Mapping[int, int]) -> Iterator[Silence]:
    """Silences between the first and the last record; `counts` maps hours since the epoch to records."""
    if not counts:
        return
    first, last = min(counts), max(counts)
    for stretch in _empty_stretches(counts, max(first, last - _RECENT * 24), last):
        usual = sum(_usual(counts, hour, first) for hour in stretch)
        if usual >= (EXPECTED if len(stretch) > 1 else _ALONE) and _is_sharp(counts, stretch, first):
            yield Silence(source, stretch[0] * HOUR, (stretch[-1] + 1) * HOUR, usual)


def _empty_stretches(counts: Mapping[int, int], first: int, last: int) -> Iterable[list[int]]:
    stretch: list[int] = []
    for hour in range(first, last + 1):
        if counts.get(hour, 0) == 0:
            stretch.append(hour)
        elif stretch:
            yield stretch
            stretch = []


def _is_sharp(counts: Mapping[int, int], stretch: list[int], first: int) -> bool:
    """Whether the records stop and start again at their usual rate.

    A public holiday of one office also empties hours, but what stands beside them is as thin as the hours themselves.
    """
    for near in ((stretch[0] - 1, stretch[0] - 2), (stretch[-1] + 1, stretch[-1] + 2)):
        shares = [counts.get(hour, 0) / usual for hour in near if (usual := _usual(counts, hour, first)) >= 5]
        if shares and max(shares) < _EDGE:
            return False
    return True


def _usual(counts: Mapping[int, int], hour: int, first: int) -> float:
    """Median of the same hour in the four weeks before; 0 when there is less than two weeks of history."""
    weeks = [counts.get(hour - week * 168, 0) for week in range(1, 5) if hour - week * 168 >= first]
    return median(weeks) if len(weeks) >= 2 else 0.0
