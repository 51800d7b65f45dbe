"""What a handler of the Compliance API is given, and how endpoints are declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson

from fanlight.model import Micros
from fanlight.simulator.http.cursors import Cursors
from fanlight.simulator.http.faults import Fault, FaultKind, Stage, spoil
from fanlight.simulator.http.parameters import Parameters, Query
from fanlight.simulator.http.wire import Answer
from fanlight.simulator.world import Key, Row, Wire, World

__all__ = [
    "ACTIVITIES",
    "ORG_DATA",
    "PAGED",
    "SINGLE",
    "USER_DATA",
    "Context",
    "Endpoint",
    "Indexes",
    "json_answer",
]

ACTIVITIES = "read:compliance_activities"
USER_DATA = "read:compliance_user_data"
ORG_DATA = "read:compliance_org_data"

PAGED: frozenset[Stage] = frozenset({"refusal", "paging", "rows", "wire"})
SINGLE: frozenset[Stage] = frozenset({"refusal", "wire"})


class Indexes:
    """Look-ups over the world's lists, thrown away when the world changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._version = -1
        self._held: dict[str, object] = {}

    def chats(self) -> dict[str, Row]:
        """Chats by id."""
        return self._dictionary("chats", self._world.chats)

    def projects(self) -> dict[str, Row]:
        """Projects by id."""
        return self._dictionary("projects", self._world.projects)

    def groups(self) -> dict[str, Row]:
        """Groups by id."""
        return self._dictionary("groups", self._world.groups)

    def local_sessions(self) -> dict[str, Row]:
        """Local sessions by id."""
        return self._dictionary("local_sessions", self._world.local_sessions)

    def remote_sessions(self) -> dict[str, Row]:
        """Remote sessions by id."""
        return self._dictionary("remote_sessions", self._world.remote_sessions)

    def code_artifacts(self) -> dict[str, Row]:
        """Code artifacts by id."""
        return self._dictionary("code_artifacts", self._world.code_artifacts)

    def chats_by_change(self) -> list[Row]:
        """Chats by (updated_at, id)."""
        self._refresh()
        held = self._held.get("chats_by_change")
        if held is None:
            held = sorted(self._world.chats(), key=lambda row: (row.updated_at, row.id))
            self._held["chats_by_change"] = held
        assert isinstance(held, list)
        return held

    def organization_ids(self) -> dict[str, str]:
        """`org_…` to UUID, as far as records show it."""
        self._refresh()
        held = self._held.get("organization_ids")
        if not isinstance(held, dict):
            held = dict(self._org_pairs())
            self._held["organization_ids"] = held
        return held

    def _org_pairs(self) -> Iterator[tuple[str, str]]:
        linked = len(self._world.organizations())
        seen: set[str] = set()
        for activity in self._world.feed():
            if activity.organization is not None and activity.organization[0] not in seen:
                seen.add(activity.organization[0])
                yield activity.organization
                if len(seen) == linked:
                    return

    def _dictionary(self, name: str, rows: Callable[[], object]) -> dict[str, Row]:
        self._refresh()
        held = self._held.get(name)
        if not isinstance(held, dict):
            held = {row.id: row for row in rows()}  # type: ignore[attr-defined]
            self._held[name] = held
        return held

    def _refresh(self) -> None:
        if self._version != self._world.version:
            self._version = self._world.version
            self._held.clear()


@dataclass(slots=True)
class Context:
    """One authenticated, budgeted and checked request."""

    world: World
    key: Key
    query: Query
    ids: tuple[str, ...]
    cursors: Cursors
    indexes: Indexes
    fault: Fault | None = None
    remote_busy: Callable[[], None] = field(default=lambda: None)

    @property
    def now(self) -> Micros:
        """The world's present."""
        return self.world.now

    def may_see(self, organization: str | None) -> bool:
        """Whether an organization lies in the key's tree."""
        return self.key.organization is None or organization == self.key.organization

    def wanted_organizations(self) -> frozenset[str] | None:
        """UUIDs of `organization_ids[]`, which takes either form; None when it was not given."""
        asked = self.query.many("organization_ids")
        if not asked:
            return None
        known = self.indexes.organization_ids()
        return frozenset(known.get(name, name) for name in asked)

    def spoiled(self, rows: list[Wire]) -> list[Wire]:
        """The rows, with one of them deformed when such a fault was drawn."""
        fault = self.fault
        if fault is None or fault.stage != "rows" or not rows:
            return rows
        at = fault.dice // 11 % len(rows)
        return [spoil(fault, row) if index == at else row for index, row in enumerate(rows)]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One documented GET: where it is, what it needs, what it accepts, who answers."""

    name: str
    path: str
    """Below `/v1/compliance`, ids in braces."""
    scope: str
    parameters: Parameters
    handle: Callable[[Context], Answer]
    stages: frozenset[Stage] = SINGLE
    barred: frozenset[FaultKind] = frozenset()
    admin_key: bool = False
    """Whether an Admin key opens it (only the feed)."""


def json_answer(body: object) -> Answer:
    """200 with a JSON body."""
    return Answer(200, orjson.dumps(body))
