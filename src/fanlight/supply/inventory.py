"""One inventory out of all traces: joined by id, address and name, with how sure each join is."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from fanlight.model import Micros
from fanlight.supply.names import host_word, kind_class, normal_name
from fanlight.supply.traces import Origin, Trace

__all__ = ["Approval", "Approvals", "Join", "SupplyItem", "User", "join_traces"]

Approval = Literal["approved", "not approved", "nobody said"]
State = Literal["in use", "idle", "removed", "blocked"]
_BY_ID, _BY_URL, _BY_NAME, _BY_HOST = 1.0, 0.95, 0.7, 0.5
_SHORTEST = 3
"""A normalised name of fewer letters joins nothing."""
_WORDS = {_BY_ID: "the same id", _BY_URL: "the same address", _BY_NAME: "the same name", _BY_HOST: "a word of its host"}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who uses or manages a thing."""

    identity: str
    """Identity id, or the account key of an account that belongs to nobody."""
    uses: int
    first: Micros
    last: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Why what one source says is counted to this thing."""

    origin: Origin
    traces: int
    confidence: float
    """1 for what names itself; below for what was joined: 0.95 by address, 0.7 by name, 0.5 by a word of its host."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyItem:
    """One server, connector, plugin, skill, marketplace, repository, webhook, agent or automation."""

    id: str
    kind: str
    name: str
    aliases: tuple[str, ...]
    native_ids: tuple[str, ...]
    urls: tuple[str, ...]
    first_seen: Micros
    last_seen: Micros
    state: State
    added_by: str | None
    """Identity of who added it, where the feed says so."""
    users: tuple[User, ...]
    tools: tuple[str, ...]
    reaches: tuple[tuple[str, str], ...]
    joins: tuple[Join, ...]
    confidence: float
    """The weakest join; 1 where only one source speaks of it."""
    approval: Approval
    used_in: int
    """Chats and sessions in which it was used."""
    events: tuple[str, ...] = ()
    """Ids of the newest events about it, at most ten."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """What the operator approved."""

    servers: tuple[str, ...] = ()
    """Names, addresses or ids of MCP servers and connectors."""
    integrations: tuple[str, ...] = ()
    """Names or ids of anything, or `kind:name`."""

    def of(self, kind: str, names: Iterable[str]) -> Approval:
        """Approved when any name is listed; not approved when a list for that kind exists and none is."""
        listed = self._for(kind)
        if not listed:
            return "nobody said"
        known = {text.casefold() for text in listed} | {normal_name(text) for text in listed}
        hit = any(name.casefold() in known or normal_name(name) in known for name in names)
        return "approved" if hit else "not approved"

    def _for(self, kind: str) -> list[str]:
        found = list(self.servers) if kind_class(kind) == "connector" else []
        for text in self.integrations:
            prefix, mark, rest = text.partition(":")
            if mark and not rest.startswith("//"):
                if kind_class(prefix.strip()) == kind_class(kind):
                    found.append(rest.strip())
            else:
                found.append(text)
        return found


@dataclass(slots=True)
class _Group:
    """Traces of one source that name the same thing in the same way."""

    kind: str
    origin: Origin
    native_id: str | None
    url: str | None
    name: str | None
    traces: list[Trace] = field(default_factory=list)

    @property
    def keys(self) -> list[tuple[str, float]]:
        """What it can be joined by, strongest first; one namespace a class of kinds."""
        space = kind_class(self.kind)
        found = []
        if self.native_id:
            found.append((f"{space}/id/{self.native_id}", _BY_ID))
        if self.url:
            found.append((f"{space}/url/{self.url.casefold()}", _BY_URL))
        if self.name and len(word := normal_name(self.name)) >= _SHORTEST:
            found.append((f"{space}/name/{word}", _BY_NAME))
        if (word := host_word(self.url) or "") and len(word) >= _SHORTEST:
            found.append((f"{space}/name/{word}", _BY_HOST))
        return found


def join_traces(
    traces: Iterable[Trace],
    identity_of: Callable[[str, Micros], str | None],
    approvals: Approvals,
    now: Micros,
    idle_after: Micros,
) -> list[SupplyItem]:
    """The inventory, by kind and name. The same traces in any order give the same items with the same ids."""
    groups = _grouped(traces)
    owner: dict[str, int] = {}
    parent = list(range(len(groups)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for number, group in enumerate(groups):
        for key, _ in group.keys:
            other = owner.setdefault(key, number)
            parent[root(number)] = root(other)
    together: dict[int, list[_Group]] = defaultdict(list)
    for number, group in enumerate(groups):
        together[root(number)].append(group)
    items = [_item(members, identity_of, approvals, now, idle_after) for members in together.values()]
    return sorted(items, key=lambda item: (item.kind, item.name.casefold(), item.id))


def _grouped(traces: Iterable[Trace]) -> list[_Group]:
    found: dict[tuple[str, ...], _Group] = {}
    for trace in traces:
        told = trace.native_id or trace.url or (trace.name or "").casefold()
        key = (trace.kind, trace.origin, told)
        group = found.get(key)
        if group is None:
            group = found[key] = _Group(trace.kind, trace.origin, trace.native_id, trace.url, trace.name)
        group.name = group.name or trace.name
        group.traces.append(trace)
    return [found[key] for key in sorted(found)]


def _item(
    members: Sequence[_Group],
    identity_of: Callable[[str, Micros], str | None],
    approvals: Approvals,
    now: Micros,
    idle_after: Micros,
) -> SupplyItem:
    traces = sorted((trace for group in members for trace in group.traces), key=lambda t: (t.at, t.event_id or ""))
    kind = _kind(members)
    names = [name for group in members if (name := group.name)]
    ids = sorted({group.native_id for group in members if group.native_id})
    urls = sorted({group.url for group in members if group.url})
    name = _best_name(members) or (ids + urls + ["without a name"])[0]
    joins = _joins(members)
    last = max(trace.until for trace in traces)
    return SupplyItem(
        id=_item_id(kind, ids, urls, names),
        kind=kind,
        name=name,
        aliases=tuple(sorted({other for other in names if other != name})),
        native_ids=tuple(ids),
        urls=tuple(urls),
        first_seen=traces[0].at,
        last_seen=last,
        state=_state(traces, last, now, idle_after),
        added_by=_added_by(traces, identity_of),
        users=_users(traces, identity_of),
        tools=tuple(sorted({trace.tool for trace in traces if trace.tool})),
        reaches=tuple(sorted({reach for trace in traces for reach in trace.reaches})),
        joins=joins,
        confidence=min(join.confidence for join in joins),
        approval=approvals.of(kind, [*names, *ids, *urls]),
        used_in=len({trace.where for trace in traces if trace.where and trace.action == "used"}),
        events=tuple(dict.fromkeys(trace.event_id for trace in reversed(traces) if trace.event_id))[:10],
    )


def _kind(members: Sequence[_Group]) -> str:
    """Of a class with several kinds the most telling: a connector that is an MCP server is one."""
    kinds = {group.kind for group in members}
    return "mcp_server" if "mcp_server" in kinds else min(kinds)


def _best_name(members: Sequence[_Group]) -> str | None:
    """The feed's word first: administrators wrote it; then the label of chats, then what machines call it."""
    for origin in ("feed", "chats", "analytics", "telemetry", "sessions"):
        named = sorted(group.name for group in members if group.origin == origin and group.name)
        if named:
            return named[0]
    return None


def _joins(members: Sequence[_Group]) -> tuple[Join, ...]:
    """Per source, the strongest key that it shares with another source; 1 where nobody else speaks."""
    origins = sorted({group.origin for group in members})
    found: list[Join] = []
    for origin in origins:
        mine = [group for group in members if group.origin == origin]
        number = sum(len(group.traces) for group in mine)
        if len(origins) == 1 or origin == "feed":
            found.append(Join(origin=origin, traces=number, confidence=1.0, why="it names it itself"))
            continue
        others: dict[str, float] = {}
        for group in members:
            if group.origin != origin:
                for key, strength in group.keys:
                    others[key] = max(strength, others.get(key, 0.0))
        shared = [min(strength, others[key]) for group in mine for key, strength in group.keys if key in others]
        best = max(shared, default=_BY_HOST)
        found.append(Join(origin=origin, traces=number, confidence=best, why=_WORDS[best]))
    return tuple(found)


def _state(traces: Sequence[Trace], last: Micros, now: Micros, idle_after: Micros) -> State:
    state: State = "in use"
    for trace in traces:
        if trace.action == "removed":
            state = "removed"
        elif trace.action == "blocked":
            state = "blocked"
        elif trace.action in ("added", "allowed", "connected", "used"):
            state = "in use"
    return "idle" if state == "in use" and now - last > idle_after else state


def _added_by(traces: Sequence[Trace], identity_of: Callable[[str, Micros], str | None]) -> str | None:
    for trace in traces:
        if trace.action == "added" and trace.account:
            return identity_of(trace.account, trace.at) or trace.account
    return None


def _users(traces: Sequence[Trace], identity_of: Callable[[str, Micros], str | None]) -> tuple[User, ...]:
    seen: dict[str, tuple[int, Micros, Micros]] = {}
    for trace in traces:
        if trace.account is None or trace.action in ("added", "removed", "blocked", "allowed", "changed"):
            continue
        person = identity_of(trace.account, trace.at) or trace.account
        uses, first, last = seen.get(person, (0, trace.at, trace.until))
        seen[person] = (uses + 1, min(first, trace.at), max(last, trace.until))
    users = [User(identity=name, uses=uses, first=first, last=last) for name, (uses, first, last) in seen.items()]
    return tuple(sorted(users, key=lambda user: (-user.uses, user.identity)))


def _item_id(kind: str, ids: Sequence[str], urls: Sequence[str], names: Sequence[str]) -> str:
    """Of the class and the strongest mark: the vendor's id, else an address, else a name."""
    mark = ids[0] if ids else urls[0] if urls else min((normal_name(name) for name in names), default="")
    return "sup_" + hashlib.sha256(f"{kind_class(kind)}\n{mark}".encode()).hexdigest()[:20]
