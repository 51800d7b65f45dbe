"""What is usual for one identity at one time: rollups of its accounts, merged with decay.

A baseline is read at a moment t and uses closed UTC days only, at most 90. What happened after noon of the day before
is no habit yet: otherwise the sign-in of an intruder would make the view that follows it usual, also across midnight.
So the baseline is the same for every moment of a day, and every figure of a finding counts the same events. Types and
families alone are counted to the end of the day before: they say how much of something is a usual day's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fanlight.model import DAY, HOUR, Micros, Rollup, day_of, parse_time

__all__ = [
    "HALF_LIFE_DAYS", "WINDOW_DAYS", "Baseline", "Habit", "Spread", "baseline_of", "cut_evening", "settled_before",
]  # fmt: skip

WINDOW_DAYS = 90
HALF_LIFE_DAYS = 30.0
SETTLING: Micros = 12 * HOUR
WARM_DAYS, WARM_EVENTS = 7, 20
_WHOLE_DAYS = ("type", "family")


@dataclass(frozen=True, slots=True)
class Habit:
    """One value of one dimension, as far as it is known."""

    n: int
    weight: float
    """`n` with decay: an event 30 days old counts half."""
    days: int
    day_weight: float
    """`days` with the same decay."""
    first_at: Micros
    last_at: Micros


@dataclass(frozen=True)
class Baseline:
    """The usual of one entity before the day of `at`. Each dimension is merged when it is first asked for."""

    at: Micros
    rows: Mapping[str, Sequence[Rollup]]
    """Dimension to its rollups, of any days."""

    def values(self, dimension: str) -> Mapping[str, Habit]:
        """What was seen of a dimension, by value."""
        known = self._merged.get(dimension)
        if known is None:
            known = self._merged[dimension] = self._merge(dimension)
        return known

    @cached_property
    def _merged(self) -> dict[str, Mapping[str, Habit]]:
        return {}

    def _merge(self, dimension: str) -> Mapping[str, Habit]:
        settled = settled_before(self.at)
        parts: dict[str, list[Rollup]] = defaultdict(list)
        for row in self._closed(dimension):
            if dimension in _WHOLE_DAYS or row.first_at < settled:
                parts[row.value].append(row)
        return {value: _habit(rows, self.at) for value, rows in parts.items()}

    def _closed(self, dimension: str) -> Iterable[Rollup]:
        last_day, first_day = day_of(self.at), day_of(self.at - WINDOW_DAYS * DAY)
        return (row for row in self.rows.get(dimension, ()) if first_day <= row.day < last_day)

    def days_of(self, dimension: str) -> Mapping[str, Sequence[str]]:
        """Day to the values of a dimension that it showed."""
        days: dict[str, list[str]] = defaultdict(list)
        for row in self._closed(dimension):
            days[row.day].append(row.value)
        return days

    def without(self, dimension: str, days: Collection[str]) -> Mapping[str, Habit]:
        """What was seen of a dimension on other days than these."""
        if not days:
            return self.values(dimension)
        kept = [row for row in self.rows.get(dimension, ()) if row.day not in days]
        return Baseline(self.at, {dimension: kept}).values(dimension)

    @cached_property
    def by_day(self) -> Mapping[str, Mapping[str, int]]:
        """Event type to day to count."""
        counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for row in self._closed("type"):
            counts[row.value][row.day] += row.n
        return counts

    @property
    def _events(self) -> str:
        """The dimension in which every event is counted once: the hour, in which the evening before is left out."""
        return "hour" if self.rows.get("hour") else "type"

    @cached_property
    def since(self) -> Micros:
        """First event in the window; 0 when there is none."""
        return min((habit.first_at for habit in self.values(self._events).values()), default=0)

    @cached_property
    def until(self) -> Micros:
        """Last event in the window; 0 when there is none."""
        return max((habit.last_at for habit in self.values(self._events).values()), default=0)

    @cached_property
    def events(self) -> int:
        """Events in the window, without those of the evening before."""
        return self.total(self._events)

    @cached_property
    def active_days(self) -> int:
        """Different UTC days with an event."""
        return len({day for days in self.by_day.values() for day in days})

    @property
    def warm(self) -> bool:
        """Whether there is enough history to call something unusual for this identity itself."""
        return self.active_days >= WARM_DAYS and self.events >= WARM_EVENTS

    def total(self, dimension: str) -> int:
        """Observations of a dimension."""
        return sum(habit.n for habit in self.values(dimension).values())

    def weight(self, dimension: str) -> float:
        """Observations of a dimension with decay."""
        return sum(habit.weight for habit in self.values(dimension).values())

    def per_day(self, types: Iterable[str]) -> list[int]:
        """Counts of some event types on each active day."""
        totals: dict[str, int] = defaultdict(int)
        wanted = set(types)
        for event_type, days in self.by_day.items():
            for day, n in days.items():
                totals[day] += n if event_type in wanted else 0
        return [totals[day] for day in sorted(totals)]


def settled_before(at: Micros) -> Micros:
    """Until when what happened is a habit on the day of `at`: noon of the day before."""
    return parse_time(day_of(at)) - SETTLING


def cut_evening(rows: Mapping[str, Sequence[Rollup]], at: Micros, morning: Iterable[Rollup]) -> dict[str, list[Rollup]]:
    """The rows without the evening before: rows of that day that go past noon are replaced by those of `morning`.

    `morning` are rollups of what was done on the day before the day of `at` until noon.
    """
    eve, settled = day_of(parse_time(day_of(at)) - DAY), settled_before(at)
    kept: dict[str, list[Rollup]] = {}
    for dimension, known in rows.items():
        whole = dimension in _WHOLE_DAYS
        kept[dimension] = [row for row in known if whole or row.day != eve or row.last_at < settled]
    gone = {
        (dimension, row.entity, row.value)
        for dimension, known in rows.items()
        if dimension not in _WHOLE_DAYS
        for row in known
        if row.day == eve and row.first_at < settled <= row.last_at
    }
    for row in morning:
        if (row.dimension, row.entity, row.value) in gone:
            kept[row.dimension].append(row)
    return kept


def baseline_of(rows: Iterable[Rollup], at: Micros) -> Baseline:
    """The baseline at a moment from account rollups of one identity, in any order."""
    by_dimension: dict[str, list[Rollup]] = defaultdict(list)
    for row in rows:
        by_dimension[row.dimension].append(row)
    return Baseline(at, by_dimension)


def _habit(parts: Sequence[Rollup], at: Micros) -> Habit:
    days = {part.day: 2.0 ** (-age_days(part.day, at) / HALF_LIFE_DAYS) for part in parts}
    return Habit(
        n=sum(part.n for part in parts),
        weight=sum(part.n * days[part.day] for part in parts),
        days=len(days),
        day_weight=sum(days.values()),
        first_at=min(part.first_at for part in parts),
        last_at=max(part.last_at for part in parts),
    )


_DAY_STARTS: dict[str, Micros] = {}


def age_days(day: str, at: Micros) -> float:
    """Days between the start of a UTC day and a moment."""
    start = _DAY_STARTS.get(day)
    if start is None:
        start = _DAY_STARTS[day] = parse_time(day)
    return max(0.0, (at - start) / DAY)


@dataclass(frozen=True)
class Spread:
    """How many different identities ever showed each value of a dimension, as of any day.

    Built once from (identity, value, first day); answers for a day count only what was first seen before it,
    so that an intrusion does not make itself usual.
    """

    first_days: Mapping[str, tuple[tuple[str, str], ...]]
    """Value to (first day, identity), sorted."""
    population: tuple[str, ...] = ()
    """First active day of every identity, sorted."""

    @classmethod
    def of(cls, sightings: Iterable[tuple[str, str, str]]) -> Spread:
        """From (identity, value, first day on which it was seen); repeats are allowed."""
        first: dict[tuple[str, str], str] = {}
        born: dict[str, str] = {}
        for identity, value, day in sightings:
            key = (value, identity)
            if key not in first or day < first[key]:
                first[key] = day
            if identity not in born or day < born[identity]:
                born[identity] = day
        values: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for (value, identity), day in first.items():
            values[value].append((day, identity))
        return cls({value: tuple(sorted(pairs)) for value, pairs in values.items()}, tuple(sorted(born.values())))

    def holders(self, value: str, day: str, among: frozenset[str] | None = None, but: str = "") -> int:
        """Identities that had shown the value before a day, other than `but`, optionally only some."""
        pairs = self.first_days.get(value, ())
        earlier = pairs[: bisect_left(pairs, (day, ""))]
        return sum(1 for _, identity in earlier if identity != but and (among is None or identity in among))

    def known(self, day: str) -> int:
        """Identities that had been active before a day."""
        return bisect_left(self.population, day)

    def firsts(self, since_day: str, until_day: str, *, holders: int | None = None) -> int:
        """Identity-days in [since, until) on which somebody met a first value, not counting anybody's very first day.

        `holders` counts only values that at most so many others had shown before.
        """
        first, last = bisect_left(self._meetings, (since_day, -1)), bisect_left(self._meetings, (until_day, -1))
        return sum(1 for _, earlier in self._meetings[first:last] if holders is None or earlier <= holders)

    @cached_property
    def _meetings(self) -> tuple[tuple[str, int], ...]:
        """(day, fewest others that had shown a value before) of each identity and day with a first value."""
        born: dict[str, str] = {}
        for pairs in self.first_days.values():
            for day, identity in pairs:
                if identity not in born or day < born[identity]:
                    born[identity] = day
        met: dict[tuple[str, str], int] = {}
        for pairs in self.first_days.values():
            for day, identity in pairs:
                if day > born[identity]:
                    earlier = bisect_left(pairs, (day, ""))
                    met[identity, day] = min(met.get((identity, day), earlier), earlier)
        return tuple(sorted((day, earlier) for (_, day), earlier in met.items()))
