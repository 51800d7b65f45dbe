"""A person whom every directory that says something calls deactivated or gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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
from fanlight.detections.people import attributes_of
from fanlight.detections.words import at_time, span, who
from fanlight.model import DAY, MINUTE, Event, Evidence, Micros, ObjectVersion, Why, parse_time

__all__ = ["NAME", "make"]

NAME = "deactivated"

_OFF = frozenset({"suspended", "deprovisioned", "deactivated", "inactive", "disabled", "archived", "deleted"})


@dataclass(frozen=True, slots=True)
class _State:
    """That an account was on or off from a time on, and who says so."""

    at: Micros
    off: bool | None
    """None from when on nobody can tell: switched off at an unknown time."""
    product: str
    event: Event | None = None


def make(body: dict[str, Any], reading: Reading) -> Condition:
    reading.without_habits += 1
    off, on = _types(body.pop("ends", None), "ends"), _types(body.pop("begins", None), "begins")
    grace = duration(str(body.pop("grace", "1h")))
    nothing_left(NAME, body)

    def judge(subject: Subject, context: Context) -> Outcome:
        event, person = subject.event, subject.person
        at = event.occurred_at
        known = context.once((NAME, off, on, person.id), lambda: _states(person.id, off, on, context))
        before = [[state for state in states if state.at <= at] for states in known]
        newest = [states[-1] for states in before if states and states[-1].off is not None]
        newest += _by_operator(person.email, at, context)
        # One directory that still holds the person active is enough for doubt: people have several accounts.
        if not newest or not all(state.off for state in newest):
            return NO
        first = min(newest, key=lambda state: (state.at, state.event is None, state.product))
        if at - first.at < grace:
            return NO
        return _outcome(subject, first, newest, context)

    return judge


def _types(given: object, name: str) -> frozenset[str]:
    if not isinstance(given, list) or not given:
        raise BehaviorProblem(f"'deactivated' needs '{name}', a list of event types.")
    return frozenset(str(one).lower() for one in given)


def _states(
    identity: str, off: frozenset[str], on: frozenset[str], context: Context
) -> list[list[_State]]:  # fmt: skip
    """For each directory account of a person what became of it, in time order."""
    changes = context.changes_of(off | on).get(identity, ())
    return [
        sorted(
            (*_by_event(account, changes, off, context), *_by_record(versions)),
            key=lambda state: (state.at, state.event is not None, bool(state.off)),
        )
        for account, versions in context.directory_accounts(identity).items()
    ]


def _by_event(account: str, changes: Iterable[Event], off: frozenset[str], context: Context) -> list[_State]:
    """What the source's own events said of one account."""
    product = account.partition(":")[0]
    return [
        _State(event.occurred_at, event.type.lower() in off, product, event)
        for event in changes
        if event.product == product
        and event.outcome != "failure"
        and context.account_named(event.product, event.target_id) == account
    ]


def _by_record(versions: Iterable[ObjectVersion]) -> list[_State]:
    """What the records of an account said; since when, by the source's own time where it states one."""
    found: list[_State] = []
    seen_on: Micros | None = None
    for version in versions:
        attributes = attributes_of(version)
        product = version.product
        left = _when(attributes.get("left"))
        if left is not None:
            found.append(_State(left + DAY, True, product))
        status = str(attributes.get("status") or "").casefold()
        is_off = status in _OFF or version.removed
        changed = _when(attributes.get("statusChanged"))
        if is_off:
            since = version.deleted_at or changed
            if since is None:
                # Seen off, without a time: off from then on, and before that nobody can tell since when.
                found.append(_State(seen_on if seen_on is not None else 0, None, product))
                since = version.seen_at
            found.append(_State(since, True, product))
        elif status:
            found.append(_State(changed or version.created_at or version.valid_from, False, product))
            seen_on = version.seen_at
    return found


def _by_operator(email: str | None, at: Micros, context: Context) -> list[_State]:
    folded = (email or "").casefold()
    left = [day for address, day in context.facts.company.leavers if folded and address.casefold() == folded]
    return [_State(day, True, "settings") for day in left if day <= at]


def _when(value: object) -> Micros | None:
    try:
        return parse_time(value) if isinstance(value, str) and value else None
    except ValueError:
        return None


def _outcome(subject: Subject, first: _State, newest: list[_State], context: Context) -> Outcome:
    at, person = subject.event.occurred_at, subject.person
    zone = context.zone(person, at)
    where = "the list of leavers" if first.product == "settings" else source_name(first.product)
    ago = _ago(at - first.at)
    others = len(newest) - 1
    usual = "somebody who was deactivated does nothing" + (
        f"; {others} more director{'ies say' if others > 1 else 'y says'} the same" if others else ""
    )
    why = Why(fact=f"deactivated by {where}", observed=f"{at_time(first.at, zone)}, {ago} before", usual=usual)
    beside = tuple(state.event for state in newest if state.event is not None)
    steps = tuple(
        Evidence(
            at=state.at, kind="baseline", source=source_name(state.product), mark="new",
            text=f"The record of {who(person)} says deactivated since then",
        )
        for state in newest
        if state.event is None
    )  # fmt: skip
    return Outcome(True, (why,), 0.0, f"{where} had it deactivated {ago} before", steps=steps, beside=beside)


def _ago(time: Micros) -> str:
    days = time // DAY
    return f"{days} days" if days > 1 else span(time / MINUTE)
