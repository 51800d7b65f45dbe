"""What each source says of a thing that works inside Claude. Pure: rows in, traces out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

import orjson
import yaml

from fanlight.model import Event, Micros, ObjectVersion
from fanlight.sources.claude.tools import plain_url
from fanlight.supply.names import host_of, words_file

__all__ = ["Action", "Origin", "Trace", "feed_types", "traces_of_events", "traces_of_objects"]

Origin = Literal["feed", "chats", "sessions", "telemetry", "analytics"]
Action = Literal["added", "removed", "blocked", "allowed", "connected", "disconnected", "used", "changed"]
_TELEMETRY = "claude_telemetry"
_NAMES = {
    "mcp_server": ("tool_parameters.mcp_server_name", "mcp_server.name", "server_name", "mcp_server_name"),
    "plugin": ("plugin.name", "plugin_name"),
    "skill": ("skill.name", "skill_name"),
    "marketplace": ("marketplace.name",),
}
_TOOLS = ("tool_parameters.mcp_tool_name", "mcp_tool.name", "mcp_tool_name")
_NOT_NAMES = frozenset({"third-party", "custom", "mcp_tool", "mcp", "other", "unspecified", ""})
"""What stands where a name should: telemetry with names switched off, the feed's kind of an integration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One thing that one source said once."""

    kind: str
    origin: Origin
    at: Micros
    until: Micros
    action: Action
    native_id: str | None = None
    url: str | None = None
    name: str | None = None
    account: str | None = None
    """Who did it; None for machines."""
    tool: str | None = None
    reaches: tuple[tuple[str, str], ...] = ()
    """Kind and id or name of what the thing touches."""
    event_id: str | None = None
    where: str | None = None
    """Chat, session or project in which it was used."""


@dataclass(frozen=True, slots=True)
class _FeedRule:
    match: str
    kind: str | None
    id: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    tool: tuple[str, ...] = ()
    reaches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def traces_of_events(events: Iterable[Event]) -> Iterator[Trace]:
    """Traces in Claude's feed and in the telemetry of its agents; other events give none."""
    for event in events:
        if event.product == "claude":
            rule = _rule_of(event.type)
            if rule is not None and rule.kind is not None:
                trace = _of_feed(event, rule)
                if trace is not None:
                    yield trace
        elif event.product == _TELEMETRY:
            yield from _of_telemetry(event)


def traces_of_objects(objects: Iterable[ObjectVersion]) -> Iterator[Trace]:
    """Traces of tools in chats and sessions, and of the use of connectors that Analytics counts."""
    for thing in objects:
        if thing.kind == "tool_use":
            yield _of_tool(thing)
        elif thing.kind == "connector_use":
            yield _of_analytics(thing)


def _of_feed(event: Event, rule: _FeedRule) -> Trace | None:
    raw = _record(event.raw)
    native, name = _first(raw, rule.id), _first(raw, rule.name)
    name = None if name in _NOT_NAMES else name
    owner = _first(raw, rule.owner)
    if native is None and name is None:
        return None
    reaches = [
        (kind, told)
        for kind, paths in rule.reaches.items()
        for path in paths
        for value in _all(raw, path)
        if value not in _NOT_NAMES and (told := _reach(kind, value))
    ]
    person = event.account_key if event.actor_kind == "user_actor" else None
    return Trace(
        kind=rule.kind or "",
        origin="feed",
        at=event.occurred_at,
        until=event.occurred_at,
        action=_action(event.type),
        native_id=native,
        name=f"{owner}/{name}" if owner and name else name,
        account=person,
        tool=_first(raw, rule.tool),
        reaches=tuple(dict.fromkeys(reaches)),
        event_id=event.event_id,
        where=event.project_id or event.chat_id,
    )


def _reach(kind: str, value: str) -> str | None:
    """What is kept of a thing that is touched: of an address never more than its plain part."""
    if "://" not in value:
        return value
    return host_of(value) if kind == "host" else plain_url(value)


def _of_telemetry(event: Event) -> Iterator[Trace]:
    raw = _record(event.raw)
    for kind, paths in _NAMES.items():
        name = _first(raw, paths)
        if name is None or name in _NOT_NAMES:
            continue
        installed = event.type.endswith("plugin_installed") and kind == "plugin"
        yield Trace(
            kind=kind,
            origin="telemetry",
            at=event.occurred_at,
            until=event.occurred_at,
            action="added" if installed else "used",
            name=name,
            account=event.account_key,
            tool=_first(raw, _TOOLS) if kind == "mcp_server" else None,
            event_id=event.event_id,
            where=_first(raw, ("session.id",)),
        )


def _of_tool(thing: ObjectVersion) -> Trace:
    attributes = _record(thing.attributes)
    url = attributes.get("url")
    host = host_of(url)
    tool = attributes.get("tool")
    first = thing.created_at or thing.updated_at or thing.seen_at
    return Trace(
        kind="mcp_server",
        origin="chats" if thing.parent_kind == "chat" else "sessions",
        at=first,
        until=max(thing.updated_at or first, first),
        action="used",
        url=url,
        name=thing.name,
        account=thing.owner_account,
        tool=tool if isinstance(tool, str) and tool != "other" else None,
        reaches=(("host", host),) if host else (),
        where=thing.parent_id,
    )


def _of_analytics(thing: ObjectVersion) -> Trace:
    attributes = _record(thing.attributes)
    name = thing.name or attributes.get("connector_display_name") or attributes.get("connector_name")
    at = thing.updated_at or thing.valid_from or thing.seen_at
    return Trace(
        kind="connector",
        origin="analytics",
        at=at,
        until=at,
        action="used",
        name=name if isinstance(name, str) else thing.object_id,
        account=thing.owner_account,
    )


@cache
def _rules() -> tuple[_FeedRule, ...]:
    listed = yaml.safe_load((resources.files("fanlight.catalog") / "supply" / "feed.yml").read_text("utf-8"))
    return tuple(
        _FeedRule(
            match=entry["match"],
            kind=entry["kind"],
            id=tuple(entry.get("id", ())),
            name=tuple(entry.get("name", ())),
            owner=tuple(entry.get("owner", ())),
            tool=tuple(entry.get("tool", ())),
            reaches={kind: tuple(paths) for kind, paths in entry.get("reaches", {}).items()},
        )
        for entry in listed
    )


@lru_cache(maxsize=4096)
def _rule_of(activity: str) -> _FeedRule | None:
    return next((rule for rule in _rules() if fnmatchcase(activity, rule.match)), None)


def feed_types(types: Iterable[str]) -> list[str]:
    """Those of the types that the catalogue reads, also ones newer than it: to ask the store for no more."""
    return sorted(name for name in types if (rule := _rule_of(name)) is not None and rule.kind is not None)


@lru_cache(maxsize=4096)
def _action(activity: str) -> Action:
    actions: Mapping[Action, list[str]] = words_file()["actions"]
    endings = sorted(
        ((word, name) for name, words in actions.items() for word in words), key=lambda pair: -len(pair[0])
    )
    return next((name for word, name in endings if activity.endswith(f"_{word}")), "changed")


def _record(raw: str) -> Mapping[str, Any]:
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _first(raw: Mapping[str, Any], paths: Iterable[str]) -> str | None:
    for path in paths:
        if path.startswith("="):
            return path[1:]
        for value in _all(raw, path):
            return value
    return None


def _all(raw: Mapping[str, Any], path: str) -> Iterator[str]:
    """Plain texts at a dotted path; names with dots in them count as they stand. Sealed marks are none."""
    if path in raw:
        value: Any = raw[path]
    else:
        head, _, rest = path.partition(".")
        inner = raw.get(head)
        if rest and isinstance(inner, Mapping):
            yield from _all(inner, rest)
            return
        value = None
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str) and one.strip():
            yield one.strip()
