"""The inventory of what works inside Claude, from everything stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from fanlight.lake import Reader
from fanlight.model import DAY, Event, Link, Micros, ObjectVersion, account_key
from fanlight.pipeline.devices import identity_lookup
from fanlight.pipeline.home import Home
from fanlight.supply.inventory import Approvals, SupplyItem, join_traces
from fanlight.supply.names import normal_name
from fanlight.supply.traces import Trace, feed_types, traces_of_events, traces_of_objects

__all__ = ["IDLE_AFTER", "SupplyChain", "find_items", "supply_chain"]

IDLE_AFTER: Micros = 60 * DAY
_OBJECTS = ("tool_use", "connector_use")
_PEOPLE = ("user", "idp_user")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyChain:
    """The inventory, with names for the people in it."""

    at: Micros
    items: tuple[SupplyItem, ...]
    emails: Mapping[str, str]
    """Identity to e-mail, for those that have one."""

    @property
    def not_approved(self) -> tuple[SupplyItem, ...]:
        """What the operator's lists leave out and is not removed."""
        return tuple(one for one in self.items if one.approval == "not approved" and one.state != "removed")


def supply_chain(home: Home) -> SupplyChain:
    """Everything that was ever seen, as of now."""
    settings, now = home.settings, home.clock.now()
    with home.reader() as reader:
        links = reader.rows(Link, now=True)
        identity_of = identity_lookup(links)
        items = join_traces(
            _traces(reader),
            identity_of,
            Approvals(settings.approved_mcp_servers, settings.approved_integrations),
            now,
            IDLE_AFTER,
        )
        named = {user.identity for item in items for user in item.users}
        named |= {item.added_by for item in items if item.added_by}
        emails = _emails(reader, links, named)
    return SupplyChain(at=now, items=tuple(items), emails=emails)


def _traces(reader: Reader) -> Iterable[Trace]:
    types = reader.query("SELECT DISTINCT type FROM events WHERE product = 'claude'")["type"].to_pylist()
    wanted = feed_types(types)
    if wanted:
        marks = ", ".join("?" for _ in wanted)
        yield from traces_of_events(reader.rows(Event, f"product = 'claude' AND type IN ({marks})", wanted))
    yield from traces_of_events(reader.rows(Event, "product = 'claude_telemetry' AND target_kind <> 'model'"))
    # Every version: the newest reading of a chat knows only its newest messages.
    marks = ", ".join("?" for _ in _OBJECTS)
    yield from traces_of_objects(reader.rows(ObjectVersion, f"kind IN ({marks}) AND NOT removed", _OBJECTS))


def _emails(reader: Reader, links: Iterable[Link], identities: Iterable[str]) -> dict[str, str]:
    wanted = set(identities)
    accounts = {link.account_key: link.identity_id for link in links if link.identity_id in wanted}
    marks = ", ".join("?" for _ in _PEOPLE)
    found: dict[str, str] = {}
    for person in sorted(reader.rows(ObjectVersion, f"kind IN ({marks})", _PEOPLE, now=True), key=lambda p: p.product):
        key = account_key(person.product, person.object_id)
        identity = accounts.get(key) or (key if key in wanted else None)
        email = orjson.loads(person.attributes).get("email")
        if identity is not None and isinstance(email, str):
            found.setdefault(identity, email)
    return found


def find_items(chain: SupplyChain, text: str) -> list[SupplyItem]:
    """Items by id, native id, address or name; several where a name is shared."""
    asked, word = text.casefold(), normal_name(text)
    return [
        item
        for item in chain.items
        if asked in {item.id, *(mark.casefold() for mark in (*item.native_ids, *item.urls, item.name, *item.aliases))}
        or (word and word in {normal_name(name) for name in (item.name, *item.aliases)})
    ]
