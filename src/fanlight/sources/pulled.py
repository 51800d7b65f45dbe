"""The shape that pull sources without content share: streams, a check by small requests, directory rows.

A vendor's package gives its client, its mapping, its lists and its sentences; this module makes a `contract.Source` of
them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fanlight.model import Clock, Grant, GrantVia, Micros, ObjectVersion, account_key, format_time, parse_time
from fanlight.sources.contract import (
    ContentPart,
    ContentRef,
    EventStream,
    InventoryStream,
    Notice,
    Snapshot,
    SnapshotStream,
    SourceContext,
    SourceError,
    SourceReport,
)
from fanlight.sources.http import HttpRefusal, VendorClient
from fanlight.sources.options import grant_key

__all__ = [
    "DirectoryFacts",
    "DirectoryStream",
    "Probe",
    "PulledSource",
    "agent_tag",
    "device_attributes",
    "kept_fields",
    "moment",
    "text",
]


def agent_tag(context: SourceContext) -> str:
    """Tells this installation apart in a vendor's own logs."""
    name = f"{context.tenant}/{context.name}".encode()
    return hashlib.blake2b(name, key=context.content_key[:64], digest_size=6).hexdigest()


def text(value: object) -> str | None:
    """A short text, else None."""
    return value[:256] if isinstance(value, str) and value else None


def moment(value: object) -> Micros | None:
    """A time in RFC 3339, else None."""
    try:
        return parse_time(value) if isinstance(value, str) and value else None
    except ValueError:
        return None


def kept_fields(record: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The named texts and flags of a record; of the others only their names."""
    kept = {name: value if isinstance(value := record.get(name), bool) else text(value) for name in names}
    others = sorted(name[:64] for name in record if name not in names and not name.startswith("@"))
    return {**kept, "other_fields": others} if others else kept


def device_attributes(
    *,
    managed: bool | None,
    system: str | None,
    version: str | None,
    last_seen: Micros | None,
    user: str | None,
    external_ip: str | None,
    directory_id: str | None,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What every inventory says of an object of kind `device`, under the same names.

    `managed` is None where the inventory does not say; `directory_id` is the device's id at Entra ID.
    """
    return {
        **(more or {}),
        "managed": managed,
        "os": system,
        "os_version": version,
        "last_seen": None if last_seen is None else format_time(last_seen),
        "user": user,
        "external_ip": external_ip,
        "directory_device_id": directory_id,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryFacts:
    """Directory records of one source as objects and grants. Pure."""

    tenant: str
    source: str
    product: str

    def object(
        self,
        kind: str,
        object_id: str,
        seen_at: Micros,
        *,
        name: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        owner: str | None = None,
        parent: tuple[str, str] | None = None,
        created_at: Micros | None = None,
        updated_at: Micros | None = None,
        deleted_at: Micros | None = None,
    ) -> ObjectVersion:
        """One listed object; attributes without value are left out."""
        kept = {key: value for key, value in (attributes or {}).items() if value is not None and value != []}
        return ObjectVersion(
            tenant=self.tenant,
            source=self.source,
            product=self.product,
            kind=kind,
            object_id=object_id,
            name=name,
            parent_kind=parent[0] if parent else None,
            parent_id=parent[1] if parent else None,
            owner_account=account_key(self.product, owner) if owner else None,
            created_at=created_at,
            updated_at=updated_at,
            deleted_at=deleted_at,
            valid_from=updated_at or created_at or seen_at,
            seen_at=seen_at,
            attributes=orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode(),
        )

    def grant(
        self,
        principal: tuple[str, str],
        resource: tuple[str, str],
        level: str,
        seen_at: Micros,
        *,
        via: GrantVia = "user",
        since: Micros | None = None,
    ) -> Grant:
        """Who holds what; without `since` only the time of the poll is known."""
        return Grant(
            tenant=self.tenant,
            source=self.source,
            product=self.product,
            grant_id=grant_key(self.product, *principal, *resource, level, via),
            principal_kind=principal[0],
            principal_id=principal[1],
            resource_kind=resource[0],
            resource_id=resource[1],
            level=level,
            via=via,
            valid_from=seen_at if since is None else since,
            exact_from=since is not None,
            seen_at=seen_at,
        )


ReadScope = Callable[[Micros], Snapshot]


@dataclass(slots=True, kw_only=True)
class DirectoryStream:
    """Full lists by scope; a scope that the key may not read gives a notice in place of rows, and stays as it was."""

    scopes: Mapping[str, ReadScope]
    clock: Clock
    explain: Callable[[HttpRefusal, str], SourceError]
    name: str = "directory"
    every_seconds: float = 3600.0

    def take(self) -> Iterator[Snapshot]:
        """One snapshot a scope."""
        now = self.clock.now()
        for scope, read in self.scopes.items():
            try:
                yield read(now)
            except HttpRefusal as refusal:
                told = self.explain(refusal, f"the {scope.replace('_', ' ')}")
                if told.kind != "refused":
                    raise told from None
                notice = Notice(kind="coverage", sentence=str(told), at=now)
                yield Snapshot(scope=f"refused/{scope}", notices=[notice])


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One small request that shows whether the key opens an area."""

    what: str
    """`the sign-ins`."""
    brings: str
    scope: str
    """The right that opens it, in the vendor's words."""
    ask: Callable[[], object]


@dataclass(slots=True, kw_only=True)
class PulledSource:
    """Implements `contract.Source` for a vendor whose content is not read."""

    kind: str
    name: str
    label: str
    clients: Sequence[VendorClient]
    events: Sequence[EventStream]
    snapshots: Sequence[SnapshotStream]
    probes: Sequence[Probe]
    explain: Callable[[HttpRefusal, str], SourceError]
    how_to: Sequence[str]
    not_collected: Sequence[str]
    estimate: str = ""
    endings: Sequence[Callable[[], None]] = ()

    def event_streams(self) -> Sequence[EventStream]:
        """The logs."""
        return self.events

    def snapshot_streams(self) -> Sequence[SnapshotStream]:
        """The directory, where there is one."""
        return self.snapshots

    def inventory_streams(self) -> Sequence[InventoryStream]:
        """None."""
        return ()

    def read_content(self, ref: ContentRef, since: Micros | None) -> Iterator[ContentPart | ContentRef | ObjectVersion]:
        """Nothing is read."""
        del since
        raise SourceError(f"{self.label} has no content of kind {ref.kind}.", kind="refused")

    def check(self) -> SourceReport:
        """One small request an area; never raises."""
        opened: list[Probe] = []
        closed: list[Probe] = []
        for probe in self.probes:
            try:
                probe.ask()
            except HttpRefusal as refusal:
                if refusal.status not in (403, 404):
                    return self._failed(self.explain(refusal, probe.what))
                closed.append(probe)
                continue
            except SourceError as trouble:
                return self._failed(trouble)
            opened.append(probe)
        if not opened:
            headline = f"{self.label} accepts the key, but it opens nothing."
        elif closed:
            headline = f"The key works in part: it may not read {', '.join(probe.what for probe in closed)}."
        else:
            headline = f"The key works and reads {_and([probe.what for probe in opened])}."
        return SourceReport(
            reachable=True,
            works=bool(opened),
            headline=headline,
            scopes_found=tuple(dict.fromkeys(probe.scope for probe in opened)),
            scopes_missing=tuple(dict.fromkeys(probe.scope for probe in closed)),
            collected=tuple(probe.brings for probe in opened),
            not_collected=(*(f"{probe.brings}: the key may not." for probe in closed), *self.not_collected),
            how_to=tuple(self.how_to) if closed else (),
            estimate=self.estimate,
        )

    def _failed(self, trouble: SourceError) -> SourceReport:
        reachable = trouble.kind != "unreachable"
        return SourceReport(reachable=reachable, works=False, headline=str(trouble), how_to=tuple(self.how_to))

    def requests(self) -> Mapping[str, int]:
        """Requests by purpose; a retry counts as `<purpose>:retry`."""
        spent: dict[str, int] = {}
        for client in self.clients:
            for purpose, count in client.budget.spent().items():
                spent[purpose] = spent.get(purpose, 0) + count
        return spent

    def close(self) -> None:
        """Close all connections."""
        for client in self.clients:
            client.close()
        for end in self.endings:
            end()


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
