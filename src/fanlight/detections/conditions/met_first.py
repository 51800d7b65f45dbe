"""A server that another source met before anybody used it in a chat."""

from __future__ import annotations

from typing import Any

from fanlight.detections.context import Context
from fanlight.detections.evidence import source_name
from fanlight.detections.outcome import (
    NO,
    BehaviorProblem,
    Condition,
    Outcome,
    Reading,
    Subject,
    duration,
    nothing_left,
)
from fanlight.detections.servers import first_uses
from fanlight.detections.words import at_time
from fanlight.model import DAY, Event, Micros, Why
from fanlight.supply.names import normal_name

__all__ = ["NAME", "make"]

NAME = "met_first"


def make(body: dict[str, Any], reading: Reading) -> Condition:
    reading.without_habits += 1
    product = str(body.pop("at", ""))
    types = frozenset(str(name).lower() for name in body.pop("types", ()))
    within = duration(str(body.pop("within", "30d")))
    nothing_left(NAME, body)
    if not product or not types:
        raise BehaviorProblem("'met_first' needs 'at', a product, and 'types', its event types that name the thing.")

    def judge(subject: Subject, context: Context) -> Outcome:
        event = subject.event
        name = normal_name(event.target_id or "")
        met = context.once((NAME, product, types), lambda: _met(product, types, context)).get(name)
        used = context.once((NAME, "used"), lambda: _used(context)).get(name)
        # Only the first use anywhere: what is used in chats for long came there by another way.
        if not met or used is None or used != (event.occurred_at, event.event_id):
            return NO
        before = [one for one in met if one.occurred_at < event.occurred_at]
        if not before or event.occurred_at - before[0].occurred_at > within:
            return NO
        return _outcome(subject, before, product, context)

    return judge


def _met(product: str, types: frozenset[str], context: Context) -> dict[str, list[Event]]:
    """Events of the other source by the normal name of the thing, in time order."""
    found: dict[str, list[Event]] = {}
    for event in sorted(context.facts.events(types, 0, context.until), key=lambda e: (e.occurred_at, e.event_id)):
        if event.product == product and event.target_kind == "mcp_server" and event.target_id:
            found.setdefault(normal_name(event.target_id), []).append(event)
    return found


def _used(context: Context) -> dict[str, tuple[Micros, str]]:
    """The first use of each server in any chat or session: time and event id."""
    found: dict[str, tuple[Micros, str]] = {}
    for at, thing in first_uses(context.facts):
        found.setdefault(normal_name(thing.name or ""), (at, f"server:{thing.object_id}"))
    return found


def _outcome(subject: Subject, before: list[Event], product: str, context: Context) -> Outcome:
    event, first = subject.event, before[0]
    where, zone = source_name(product), context.zone(subject.person, event.occurred_at)
    accounts = {one.account_key for one in before if one.account_key}
    days = (event.occurred_at - first.occurred_at) // DAY
    ago = f"{days} day{'s' if days != 1 else ''} before" if days else "on the same day"
    approved = {"no": "not on the list of approved servers", "yes": "on the list of approved servers"}
    stated = approved.get(str(subject.record.get("server.approved")), "nobody said which servers are approved")
    whys = (
        Why(
            fact="first seen",
            observed=f"{event.target_id} in {where}, {at_time(first.occurred_at, zone)}",
            usual=f"connections there: {len(before):,}, accounts: {len(accounts):,}; uses in chats before this one: 0",
        ),
        Why(fact="approval", observed=stated, usual="approved servers stand in the settings"),
    )
    clause = f"it was first seen in {where} {ago} and is {stated}"
    if stated.startswith("nobody"):
        clause = f"it was first seen in {where} {ago}, and {stated}"
    return Outcome(True, whys, 0.0, clause, beside=tuple(dict.fromkeys((first, before[-1]))))
