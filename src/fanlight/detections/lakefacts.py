"""The facts of judging, read from the lake in a few queries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fanlight.detections.facts import Attack, Company, Feed, Gap, Sighting
from fanlight.enrich.client import client_label
from fanlight.enrich.devices import DeviceSession
from fanlight.enrich.inventory import Inventory
from fanlight.enrich.places import Place, Places
from fanlight.enrich.sessions import device_inventory, device_sessions
from fanlight.labels.sensitivity import of_matches, weights_of
from fanlight.lake.read import Reader
from fanlight.model import (
    DAY,
    Event,
    Grant,
    Link,
    Match,
    Micros,
    ObjectVersion,
    Rollup,
    Sensitivity,
    columns_of,
    day_of,
)

__all__ = ["LakeFacts"]

_LIGHT = ", ".join(f'"{name}"' if name != "raw" else "'{}' AS raw" for name in columns_of(Event))
_LAST_MOMENT: Micros = 36_500 * DAY
_PROVIDERS = ("okta", "entra_id", "google_workspace")
_COUNTED = ("ip", "client", "hour", "type")


@dataclass
class LakeFacts:
    """`Facts` over one snapshot of a tenant's lake. Not shared between threads, like its reader."""

    tenant: str
    reader: Reader
    places: Places
    company: Company = field(default_factory=Company)
    silences: Sequence[Gap] = ()
    """Times without records, from the health of the sources."""
    sensitivity: Callable[[Sequence[Match]], Sensitivity] | None = None
    """How sensitive matches are together; by the weights in force when not given."""
    read_to: Mapping[str, Micros] = field(default_factory=dict)
    """When all logs of a source that is asked were last read to their end; files and senders have none."""
    known_attacks: Sequence[Attack] = ()
    """Times that findings closed as true positives cover."""

    def events(self, types: Collection[str] | None, since: Micros, until: Micros) -> Sequence[Event]:
        where = "day BETWEEN ? AND ? AND occurred_at >= ? AND occurred_at < ?"
        bounds: list[Any] = [_day(since), _day(until), since, until]
        if types is None:
            return self.reader.rows(Event, where, bounds)
        return self.reader.rows(Event, f"{where} AND list_contains(?, lower(type))", [*bounds, sorted(types)])

    def activity(self, since: Micros, until: Micros) -> Sequence[Event]:
        return self._light(
            "day BETWEEN ? AND ? AND occurred_at >= ? AND occurred_at < ? AND account_key IS NOT NULL",
            [_day(since), _day(until), since, until],
        )

    def events_of_chats(self, chats: Collection[str], types: Collection[str], until: Micros) -> Sequence[Event]:
        return self._light(
            "list_contains(?, type) AND list_contains(?, chat_id) AND occurred_at < ?",
            [sorted(types), sorted(chats), until],
        )

    def objects(self, kinds: Collection[str], ids: Collection[str] | None = None) -> Sequence[ObjectVersion]:
        if ids is None:
            return self.reader.rows(ObjectVersion, "list_contains(?, kind)", [sorted(kinds)])
        if not ids:
            return ()
        return self.reader.rows(
            ObjectVersion,
            "list_contains(?, kind) AND object_id IN (SELECT unnest(?))",
            [sorted(kinds), sorted(ids)],
        )

    def grants(self, resource_kind: str) -> Sequence[Grant]:
        return self.reader.rows(Grant, "resource_kind = ?", [resource_kind])

    def links(self) -> Sequence[Link]:
        return self.reader.rows(Link, now=True)

    def matches(self, chats: Collection[str], projects: Collection[str], files: Collection[str]) -> Sequence[Match]:
        wanted = sorted({*chats, *projects, *files})
        if not wanted:
            return ()
        named = "(SELECT unnest(?))"
        return self.reader.rows(
            Match,
            f"chat_id IN {named} OR project_id IN {named} OR object_id IN {named}",
            [wanted, wanted, wanted],
            now=True,
        )

    def entered(self, since: Micros, until: Micros) -> Sequence[Match]:
        return self.reader.rows(Match, 'role = \'user\' AND "at" >= ? AND "at" < ?', [since, until], now=True)

    def rollups(self, entities: Collection[str], first_day: str, last_day: str) -> Sequence[Rollup]:
        names = columns_of(Rollup)
        found = self.reader.query(
            "SELECT any_value(tenant) AS tenant, scope, entity, dimension, value, day, sum(n)::BIGINT AS n,"
            " min(first_at) AS first_at, max(last_at) AS last_at FROM rollups"
            " WHERE scope = 'account' AND list_contains(?, dimension) AND day BETWEEN ? AND ?"
            " AND entity IN (SELECT unnest(?)) GROUP BY ALL",
            [list(_COUNTED), first_day, last_day, sorted(entities)],
        )
        columns = [found.column(name).to_pylist() for name in names]
        return [Rollup(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]

    def sightings(self, dimension: str, last_day: str) -> Sequence[Sighting]:
        return self._tuples(
            Sighting,
            "SELECT entity, value, min(day) FROM rollups WHERE scope = 'account' AND dimension = ? AND day <= ?"
            " GROUP BY ALL",
            [dimension, last_day],
        )

    def active(self, first_day: str, last_day: str) -> Sequence[tuple[str, str]]:
        return self._tuples(
            lambda account, day: (account, day),
            "SELECT DISTINCT entity, day FROM rollups WHERE scope = 'account' AND dimension = 'family'"
            " AND day BETWEEN ? AND ?",
            [first_day, last_day],
        )

    def locate(self, ip: str, at: Micros) -> Place:
        return self.places.locate(ip, at)

    def client_of(self, user_agent: str) -> str:
        return client_label(user_agent)

    def sensitivity_of(self, matches: Sequence[Match]) -> Sensitivity:
        return self.sensitivity(matches) if self.sensitivity else of_matches(matches, weights_of(self.reader))

    def gaps(self, since: Micros, until: Micros) -> Sequence[Gap]:
        return [gap for gap in self.silences if gap.since < until and gap.until > since]

    def feeds(self) -> Sequence[Feed]:
        def feed(product: str, sources: Sequence[str], first: Micros, last: Micros) -> Feed:
            read = [self.read_to.get(source, 0) for source in sources]
            return Feed(product, tuple(sources), first, max(last, min(read)))

        return self._tuples(
            feed,
            "SELECT product, list_sort(list(DISTINCT source)), min(occurred_at), max(occurred_at) FROM events"
            " GROUP BY product ORDER BY product",
            [],
        )

    def device_sessions(self, since: Micros, until: Micros) -> Sequence[DeviceSession]:
        return device_sessions(self.reader, since, until)

    def inventory(self) -> Inventory:
        return device_inventory(self.reader)

    def attacks(self) -> Sequence[Attack]:
        return self.known_attacks

    def _light(self, where: str, parameters: list[Any]) -> list[Event]:
        found = self.reader.query(f"SELECT {_LIGHT} FROM events WHERE {where}", parameters)
        names = columns_of(Event)
        columns = [found.column(name).to_pylist() for name in names]
        return [Event(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]

    def _tuples(self, make: Callable[..., Any], sql: str, parameters: list[Any]) -> list[Any]:
        found = self.reader.query(sql, parameters)
        return [make(*values) for values in zip(*(column.to_pylist() for column in found.columns), strict=True)]


def _day(at: Micros) -> str:
    """The UTC day of a moment; moments before the epoch's second day stand for "from the beginning"."""
    return day_of(max(at, 0)) if at > DAY else "0000-00-00"
