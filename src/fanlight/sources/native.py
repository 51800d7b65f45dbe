"""Mapping native log records by lists of paths: what audit logs have in common.

A package for native logs gives its paths and a data file of content-bearing fields; only oddities are code.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson

from fanlight.model import Event, Micros, Outcome, Sealed, account_key, parse_time
from fanlight.model.sealed import SealedMark
from fanlight.sources.contract import SourceContext
from fanlight.sources.sealing import RecordSealer, SealedField, load_content_fields

__all__ = ["LogPaths", "NativeLog", "first_of", "fold", "read_moment", "walk"]

Folded = Mapping[str, Any]

_SPACED = re.compile(r"^\d{4}-\d\d-\d\d \d")
_SECONDS_WITH_TAIL = re.compile(r"(T\d\d:\d\d:\d\d)\d+$")
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")
_NOTHING = frozenset({"none", "null", "n/a", "-"})
_ADDRESS_PORT = re.compile(r"^(\d{1,3}(?:\.\d{1,3}){3}):\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPaths:
    """Where a log keeps what every event has: dotted lower-case paths, the first that holds something counts.

    A number in a path is a position in a list; `*` is any position.
    """

    event_id: Sequence[str] = ()
    time: Sequence[str] = ()
    observed: Sequence[str] = ()
    type: Sequence[str] = ()
    actor_id: Sequence[str] = ()
    actor_email: Sequence[str] = ()
    actor_kind: Sequence[str] = ()
    ip: Sequence[str] = ()
    user_agent: Sequence[str] = ()
    device: Sequence[str] = ()
    organization: Sequence[str] = ()
    target_id: Sequence[str] = ()
    target_kind: Sequence[str] = ()
    outcome: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeLog:
    """One vendor's log format."""

    product: str
    package: str
    paths: LogPaths
    family_of: Callable[[str, Folded], str]
    failures: frozenset[str] = frozenset({"failure", "failed", "fail", "deny", "denied", "error", "false", "blocked"})
    split: Callable[[Folded], Iterator[tuple[Folded, str]]] | None = None
    """Turns one record into several events, each with a suffix for its id."""
    event_key: Callable[[Folded], str | None] | None = None
    """The source's own id where it is made of several fields."""
    amend: Callable[[Event, Folded], Event] | None = None
    """Adds what paths cannot say."""
    named_values: str = ""
    """Path of a list of `{name, value}`: there the name of an item, not that of a field, says what bears content."""

    def map_record(self, record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
        """Events of one record: nothing of it is dropped, content stands as marks in `raw`."""
        sealer = _sealer(self.package, context.content_key)
        folded = fold(record)
        pieces = self.split(folded) if self.split else iter([(folded, "")])
        for piece, suffix in pieces:
            yield self._event(piece, suffix, sealer, context, context.on_content)

    def read(self, record: Mapping[str, Any], context: SourceContext) -> Iterator[tuple[Event, list[SealedField]]]:
        """Like `map_record`, with the content that was taken out, for a source that labels what it pulls."""
        sealer = _sealer(self.package, context.content_key)
        folded = fold(record)
        for piece, suffix in self.split(folded) if self.split else iter([(folded, "")]):
            found: list[SealedField] = []
            yield self._event(piece, suffix, sealer, context, found.append), found

    def _event(
        self,
        record: Folded,
        suffix: str,
        sealer: RecordSealer,
        context: SourceContext,
        found: Callable[[SealedField], None] | None = None,
    ) -> Event:
        paths, now = self.paths, context.clock.now()
        kind = first_of(record, paths.type) or "unknown"
        actor_id = first_of(record, paths.actor_id)
        email = first_of(record, paths.actor_email)
        email = email if email and "@" in email else None
        who = actor_id or email
        sealed = sealer.seal(record, found)
        if self.named_values:
            self._seal_named(record, sealed, context.content_key, found)
        raw = orjson.dumps(sealed, default=str)
        native = self.event_key(record) if self.event_key else first_of(record, paths.event_id)
        event = Event(
            tenant=context.tenant,
            source=context.name,
            product=self.product,
            event_id=native + suffix if native else "sha256:" + hashlib.sha256(_canonical(record)).hexdigest() + suffix,
            type=kind,
            family=self.family_of(kind, record),
            occurred_at=_moment(record, paths.time) or _moment(record, paths.observed) or now,
            observed_at=_moment(record, paths.observed),
            ingested_at=now,
            outcome=self._outcome(first_of(record, paths.outcome)),
            actor_kind=first_of(record, paths.actor_kind),
            actor_id=actor_id,
            actor_email=email,
            account_key=account_key(self.product, who) if who else None,
            organization_id=first_of(record, paths.organization),
            ip=_address(first_of(record, paths.ip)),
            user_agent=first_of(record, paths.user_agent),
            device_id=first_of(record, paths.device),
            target_kind=first_of(record, paths.target_kind),
            target_id=first_of(record, paths.target_id),
            raw=raw.decode(),
        )
        return self.amend(event, record) if self.amend else event

    def _seal_named(
        self, record: Folded, sealed: Folded, key: bytes, found: Callable[[SealedField], None] | None
    ) -> None:
        """Replace the values of content-bearing items by marks; `sealed` has the same lists as the record."""
        bearing = _content_names(self.package)
        path = f"{self.named_values}.*"
        for given, kept in zip(walk(record, path), walk(sealed, path), strict=True):
            name = str(given.get("name", "")).lower() if isinstance(given, Mapping) else ""
            if name not in bearing:
                continue
            for field, value in given.items():
                if field == "name" or value in (None, "", []):
                    continue
                piece = Sealed(value if isinstance(value, str) else orjson.dumps(value, default=str).decode())
                if not isinstance(kept[field], SealedMark):
                    kept[field] = piece.mark(key)
                    if found is not None:
                        found(SealedField(f"{self.named_values}.{name}", piece))

    def _outcome(self, text: str | None) -> Outcome:
        if text is None:
            return "unknown"
        return "failure" if text.casefold() in self.failures else "success"


@lru_cache(maxsize=64)
def _sealer(package: str, key: bytes) -> RecordSealer:
    return RecordSealer(load_content_fields(package), key)


@lru_cache(maxsize=64)
def _content_names(package: str) -> frozenset[str]:
    return load_content_fields(package).content


def fold(value: Any) -> Any:
    """Field names in lower case at every depth; of names that differ only in case the first that says something."""
    kind = type(value)
    if kind is str or kind is int or value is None:  # by far the most; asking for abstract classes is slow
        return value
    if kind is dict:
        names = _lowered(value)
        if names is not None:
            kept = dict(zip(names, value.values(), strict=True))
            if not _PLAIN.issuperset(map(type, value.values())):
                for name, inner in kept.items():
                    if type(inner) not in _PLAIN:
                        kept[name] = fold(inner)  # no name is added, so the walk over them goes on
            return kept
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for name, inner in value.items():
            lower = str(name).lower()
            if found.get(lower) is None:
                found[lower] = fold(inner)
        return found
    if kind is list or kind is tuple or isinstance(value, list | tuple):
        return [fold(item) for item in value]
    return value


_PLAIN = frozenset({str, int, float, bool, type(None)})
_SHAPES: dict[tuple[Any, ...], tuple[str, ...] | None] = {}
_MOST_SHAPES = 4096


def _lowered(record: Mapping[str, Any]) -> tuple[str, ...] | None:
    """A record's names in lower case, None where two of them become one; logs have few shapes and repeat them."""
    shape = tuple(record)
    try:
        return _SHAPES[shape]
    except KeyError:
        names = tuple(str(name).lower() for name in shape)
        found = names if len(set(names)) == len(names) else None
        if len(_SHAPES) < _MOST_SHAPES:
            _SHAPES[shape] = found
        return found


def walk(record: Any, path: str) -> Iterator[Any]:
    """Every value at a dotted path."""
    head, _, rest = path.partition(".")
    if isinstance(record, Mapping):
        if path in record:  # flattened logs have dots in names
            yield record[path]
            return
        if head in record:
            yield from walk(record[head], rest) if rest else iter([record[head]])
    elif isinstance(record, Sequence) and not isinstance(record, str):
        if head == "*":
            for item in record:
                yield from walk(item, rest) if rest else iter([item])
        elif head.isdigit() and int(head) < len(record):
            yield from walk(record[int(head)], rest) if rest else iter([record[int(head)]])


def first_of(record: Folded, paths: Sequence[str]) -> str | None:
    """The first plain value at any of the paths, as text; placeholders for "nothing" do not count."""
    for path, head in _heads(paths if type(paths) is tuple else tuple(paths)):
        if head not in record and path not in record:
            continue  # by far the most
        for value in _values(record, path):
            if type(value) is str:
                if (text := value.strip()) and text.casefold() not in _NOTHING:
                    return text
                continue
            if isinstance(value, bool):
                return "true" if value else "false"
            if isinstance(value, int | float):
                return str(value)
    return None


@lru_cache(maxsize=4096)
def _heads(paths: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each path with its first name, without which a record has nothing at it."""
    return tuple((path, path.partition(".")[0]) for path in paths)


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[tuple[str, str], ...] | None:
    """What is left of a path and its next name, at each depth; None for paths through lists."""
    names = path.split(".")
    if any(name == "*" or name.isdigit() for name in names):
        return None
    return tuple((".".join(names[depth:]), name) for depth, name in enumerate(names))


def _values(record: Any, path: str) -> Iterable[Any]:
    """What `walk` gives, quicker where only objects are on the way."""
    steps = _steps(path)
    if steps is None:
        return walk(record, path)
    inner = record
    for left, name in steps:
        if type(inner) is not dict:
            return walk(inner, left) if isinstance(inner, Mapping | list | tuple) else ()
        if left in inner:
            return (inner[left],)
        if name not in inner:
            return ()
        inner = inner[name]
    return (inner,)


def read_moment(value: Any) -> Micros | None:
    """A time in any of the forms that logs use; None when it is none of them. A time without zone is UTC."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float) or (isinstance(value, str) and value.strip().replace(".", "", 1).isdigit()):
        return _of_number(float(value))
    text = str(value).strip()
    if _SPACED.match(text):
        text = text.replace(" ", "T", 1)
    text = _SECONDS_WITH_TAIL.sub(r"\1", _LONG_FRACTION.sub(r"\1", text.removesuffix(" UTC")))
    try:
        return parse_time(text)
    except ValueError:
        pass
    for form in ("%a %b %d %H:%M:%S %Y", "%d/%b/%Y:%H:%M:%S %z", "%m/%d/%Y %I:%M:%S %p", "%b %d %Y %H:%M:%S"):
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is set on the next line
        except ValueError:
            continue
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)
    return None


def _of_number(number: float) -> Micros | None:
    for limit, factor in ((1e11, 1_000_000), (1e14, 1_000), (1e17, 1)):
        if 1e8 < number < limit:
            return int(number * factor)
    return int(number // 1_000) if 1e17 <= number < 1e20 else None


def _moment(record: Folded, paths: Sequence[str]) -> Micros | None:
    for path, head in _heads(paths if type(paths) is tuple else tuple(paths)):
        if head not in record and path not in record:
            continue
        for value in _values(record, path):
            if (moment := read_moment(value)) is not None:
                return moment
    return None


def _address(text: str | None) -> str | None:
    """An address without its port."""
    if text is None:
        return None
    found = _ADDRESS_PORT.match(text)
    return found.group(1) if found else text.strip("[]")


def _canonical(record: Folded) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS, default=str)
