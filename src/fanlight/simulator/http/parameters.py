"""Exact checks of query parameters: everything an endpoint does not name is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fanlight.model import Micros, parse_time
from fanlight.simulator.http.problems import bad_request

__all__ = ["ANY_TIME", "Parameters", "Query", "TimeRange"]

_BOUNDS = ("gte", "gt", "lte", "lt")


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Moments from `start` (inclusive) to `end` (exclusive); None is open."""

    start: Micros | None = None
    end: Micros | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is filtered."""
        return self.start is None and self.end is None

    def holds(self, at: Micros) -> bool:
        """Whether a moment lies inside."""
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)


ANY_TIME = TimeRange()


@dataclass(frozen=True, slots=True)
class Query:
    """The checked parameters of one request."""

    limit: int | None
    singles: dict[str, str] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: dict[str, TimeRange] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The limit of a list endpoint, which always has one."""
        assert self.limit is not None
        return self.limit

    def one(self, name: str) -> str | None:
        """A single value, None when absent or empty."""
        return self.singles.get(name) or None

    def many(self, name: str) -> tuple[str, ...]:
        """The values of a repeated `name[]`."""
        return self.lists.get(name, ())

    def between(self, name: str) -> TimeRange:
        """The range of `name.gte` and its relatives."""
        return self.ranges.get(name, ANY_TIME)

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """An enumeration with its first value as default. Raises the API's 400 for anything else."""
        value = self.singles.get(name)
        if value is None:
            return allowed[0]
        if value not in allowed:
            words = " or ".join([", ".join(f"'{item}'" for item in allowed[:-1]), f"'{allowed[-1]}'"])
            raise bad_request(f"{name}: Input should be {words}")
        return value

    def integer(self, name: str, default: int) -> int:
        """A whole number with a default."""
        value = self.singles.get(name)
        return default if value is None else _whole(name, value)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What one endpoint accepts."""

    limit: tuple[int | None, int] | None = None
    """Default (None: everything) and maximum."""
    singles: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    """Names without the brackets."""
    times: frozenset[str] = frozenset()
    """Fields with `.gte` and its relatives, or one exact dotted name such as `updated_at.gte`."""
    offset_required: bool = False

    def read(self, raw: str) -> Query:
        """Check a raw query string. Raises `Problem` in the words of the API."""
        if not raw:
            return Query(self.limit[0] if self.limit else None)
        limit = self.limit[0] if self.limit else None
        singles: dict[str, str] = {}
        lists: dict[str, list[str]] = {}
        bounds: dict[str, list[tuple[str, Micros]]] = {}
        for name, value in parse_qsl(raw, keep_blank_values=True):
            if name == "limit" and self.limit is not None:
                limit = _limit(value, self.limit[1])
            elif name in self.singles:
                singles[name] = value
            elif name.endswith("[]") and name[:-2] in self.lists:
                lists.setdefault(name[:-2], []).append(value)
            elif self._is_time(name):
                base, _, bound = name.rpartition(".")
                bounds.setdefault(base, []).append((bound, self._moment(name, value)))
            else:
                raise self._unknown(name)
        return Query(
            limit,
            singles,
            {name: tuple(values) for name, values in lists.items()},
            {name: _range(found) for name, found in bounds.items()},
        )

    def _is_time(self, name: str) -> bool:
        if name in self.times:
            return "." in name
        base, _, bound = name.rpartition(".")
        return bound in _BOUNDS and base in self.times

    def _moment(self, name: str, value: str) -> Micros:
        try:
            moment = parse_time(value)
        except ValueError:
            raise bad_request(
                f"{name}: Input should be a valid datetime or date, invalid character in year",
                older=f"The {name} parameter contains an invalid timestamp format. Use RFC 3339.",
            ) from None
        if self.offset_required and not _has_offset(value):
            raise bad_request(f"{name}: Input should have timezone info")
        return moment

    def _unknown(self, name: str) -> Exception:
        base, bracket, rest = name.partition("[")
        if bracket and rest.rstrip("]") in _BOUNDS and self._is_time(f"{base}.{rest.rstrip(']')}"):
            return bad_request(f"Unknown query parameter: '{name}'. Did you mean '{base}.{rest.rstrip(']')}'?")
        if name in self.lists:
            return bad_request(f"Unknown query parameter: '{name}'. Did you mean '{name}[]'?")
        if name.endswith("[]") and name[:-2] in self.singles:
            return bad_request(f"Unknown query parameter: '{name}'. Did you mean '{name[:-2]}'?")
        return bad_request(f"Unknown query parameter: '{name}'.")


def _has_offset(value: str) -> bool:
    tail = value[10:]
    return value.endswith(("Z", "z")) or "+" in tail or "-" in tail


def _whole(name: str, value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise bad_request(f"{name}: Input should be a valid integer, unable to parse string as an integer") from None


def _limit(value: str, maximum: int) -> int:
    number = _whole("limit", value)
    older = f"The limit parameter must be between 1 and {maximum}, inclusive. Got {number}."
    if number > maximum:
        raise bad_request(f"limit: Input should be less than or equal to {maximum}", older=older)
    if number < 1:
        raise bad_request("limit: Input should be greater than or equal to 1", older=older)
    return number


def _range(bounds: list[tuple[str, Micros]]) -> TimeRange:
    starts = [at + (bound == "gt") for bound, at in bounds if bound in ("gte", "gt")]
    ends = [at + (bound == "lte") for bound, at in bounds if bound in ("lte", "lt")]
    return TimeRange(max(starts, default=None), min(ends, default=None))
