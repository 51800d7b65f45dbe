"""The `behavior:` part of a rule: conditions on what is usual for the person, the peers and the company.

Grammar (docs/detections.md): a mapping with one key, `all` or `any` with a list of conditions, or one condition:
`unusual_place`, `unusual_hour`, `far_from_office`, `many`, `never_did`, `never_touched`. Each condition answers
with the facts that it used, so the explanation of a finding is what was computed and nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from fanlight.detections.context import Context, Person, Where
from fanlight.detections.words import span
from fanlight.enrich.countries import country_name
from fanlight.enrich.localtime import hour_of_week, local_time
from fanlight.model import DAY, HOUR, MINUTE, Event, Micros, Why, account_key, day_of, parse_time
from fanlight.profiles.surprise import distance_km, journey, once_in, rarity, volume

__all__ = ["Behavior", "BehaviorProblem", "Outcome", "Subject", "parse_behavior"]

#: An event this close to a usual place, in time, is held against an unusual one.
_NEARBY: Micros = 16 * HOUR
_RISKY_NETWORKS = ("hosting", "vpn", "tor")
_WEIGHTS = (1.0, 0.7, 0.5, 0.3)
_NETWORK_WORDS = {
    "hosting": "a hosting network", "vpn": "a VPN", "tor": "the Tor network", "mobile": "a mobile network",
    "home": "an access network", "office": "an office network",
}  # fmt: skip


class BehaviorProblem(ValueError):
    """A behavior that cannot be read; the text is one sentence to the author of the rule."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a behavior is asked about: one event of one person."""

    event: Event
    person: Person
    record: Mapping[str, Any]
    where: Where | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a condition holds, why, and in words for the sentence of a finding."""

    holds: bool
    why: tuple[Why, ...] = ()
    nats: float = 0.0
    clause: str = ""
    """A half-sentence with numbers, for the sentence of the finding."""
    new: frozenset[str] = frozenset()
    """Values that are new for the identity (`ip:…`, `client:…`), for the marks of the evidence."""
    events: tuple[str, ...] = ()
    """Further events that the condition rests on."""
    things: frozenset[str] = frozenset()
    """Different things that a count rests on."""
    since: Micros | None = None
    """Time of the first of those events."""


NO = Outcome(False)
Condition = Callable[[Subject, Context], Outcome]


@dataclass(frozen=True, slots=True)
class Behavior:
    """A parsed `behavior:`; call it to judge a subject."""

    condition: Condition
    window: Micros = 0
    """How far before an event its conditions look at other events (`many`)."""
    types: tuple[str, ...] = ()
    """Event types that its conditions count beside the rule's own."""

    def judge(self, subject: Subject, context: Context) -> Outcome:
        return self.condition(subject, context)


@dataclass(slots=True)
class _Reading:
    window: Micros = 0
    types: list[str] = field(default_factory=list)


def parse_behavior(source: Mapping[str, Any] | None) -> Behavior | None:
    """Read a rule's `behavior:`. None for none; raises `BehaviorProblem`."""
    if not source:
        return None
    reading = _Reading()
    condition = _parse(source, reading)
    return Behavior(condition, reading.window, tuple(reading.types))


def _parse(source: object, reading: _Reading) -> Condition:
    if not isinstance(source, Mapping) or len(source) != 1:
        raise BehaviorProblem("A behavior is a mapping with exactly one key: all, any, or the name of a condition.")
    name, body = next(iter(source.items()))
    if name in ("all", "any"):
        if not isinstance(body, Sequence) or isinstance(body, str) or not body:
            raise BehaviorProblem(f"'{name}' needs a list of conditions.")
        parts = [_parse(part, reading) for part in body]
        return _all(parts) if name == "all" else _any(parts)
    make = _CONDITIONS.get(str(name))
    if make is None:
        known = ", ".join(sorted(_CONDITIONS))
        raise BehaviorProblem(f"The behavior '{name}' is not known; known are all, any, {known}.")
    return make(dict(body or {}), reading)


def _all(parts: Sequence[Condition]) -> Condition:
    def judge(subject: Subject, context: Context) -> Outcome:
        outcomes: list[Outcome] = []
        for part in parts:
            outcome = part(subject, context)
            if not outcome.holds:
                return NO
            outcomes.append(outcome)
        return _merged(outcomes)

    return judge


def _any(parts: Sequence[Condition]) -> Condition:
    def judge(subject: Subject, context: Context) -> Outcome:
        return _merged([outcome for part in parts if (outcome := part(subject, context)).holds])

    return judge


def _merged(outcomes: Sequence[Outcome]) -> Outcome:
    if not outcomes:
        return NO
    return Outcome(
        holds=True,
        why=tuple(why for outcome in outcomes for why in outcome.why),
        nats=sum(outcome.nats for outcome in outcomes),
        clause=", and ".join(outcome.clause for outcome in outcomes if outcome.clause),
        new=frozenset().union(*(outcome.new for outcome in outcomes)),
        events=tuple(event for outcome in outcomes for event in outcome.events),
        things=frozenset().union(*(outcome.things for outcome in outcomes)),
        since=next((outcome.since for outcome in outcomes if outcome.since is not None), None),
    )


# ---------------------------------------------------------------------- place


@dataclass(frozen=True, slots=True)
class _Part:
    """One component of a place's surprise."""

    nats: float
    why: Why
    clause: str = ""
    new: str = ""


def _unusual_place(body: dict[str, Any], _: _Reading) -> Condition:
    threshold = float(body.pop("atleast", 8.0))
    _nothing_left("unusual_place", body)

    def judge(subject: Subject, context: Context) -> Outcome:
        where = subject.where
        if where is None or where.corporate:
            return NO
        parts = list(_place_parts(subject, where, context))
        if not parts:
            return NO
        # The place itself must be new; everything else only adds to it.
        parts += _around_parts(subject, where, context)
        total = sum(part.nats for part in parts)
        if total < threshold:
            return NO
        together = Why(
            fact="all together", observed=f"expected {once_in(total)}", usual=f"reported from {threshold:g} nats",
            weight=round(total, 1),
        )  # fmt: skip
        return Outcome(
            holds=True,
            why=(*(part.why for part in parts), *_peer_why(subject, where, context), together),
            nats=total,
            clause=f"{parts[0].clause}{_peer_clause(subject, where, context)}",
            new=frozenset(part.new for part in parts if part.new),
        )

    return judge


def _together(nats: Sequence[float]) -> float:
    """The components overlap (a new country brings a new network), so only the first counts in full."""
    ranked = sorted(nats, reverse=True)
    return sum(weight * value for weight, value in zip(_WEIGHTS, ranked, strict=False))


def _place_parts(subject: Subject, where: Where, context: Context) -> list[_Part]:
    """Components for a country or network that the person never used; empty when the place is usual."""
    event, person = subject.event, subject.person
    baseline = context.baseline(person.id, event.occurred_at)
    seen: dict[str, dict[str, int]] = {"country": {}, "network": {}, "kind": {}}
    located = 0
    for ip, habit in baseline.values("ip").items():
        known = context.where(ip, habit.last_at)
        for dimension, value in (("country", known.country), ("network", known.network), ("kind", known.kind)):
            if value:
                seen[dimension][value] = seen[dimension].get(value, 0) + habit.n
        located += habit.n if known.country else 0
    period = _period(baseline.since, baseline.until)
    warmth = "" if baseline.warm else f"; only {baseline.active_days} days of history, peers and company count instead"
    parts: list[_Part] = []
    if where.country and seen["country"]:
        if where.country not in seen["country"]:
            usual = _ranked({country_name(code): n for code, n in seen["country"].items()})
            nats = _first_nats("country", where.country, subject, context)
            clause = f"none of {located:,} located events in {period} came from {country_name(where.country)}"
            why = Why(
                fact="country", observed=country_name(where.country), usual=f"{usual}{warmth}", weight=round(nats, 1)
            )
            parts.append(_Part(nats, why, clause, f"ip:{where.ip}"))
    elif where.network and seen["network"] and where.network not in seen["network"]:
        nats = _first_nats("network", where.network, subject, context)
        total = sum(seen["network"].values())
        clause = f"none of {total:,} events in {period} came from this network"
        observed = f"{where.ip} ({where.prefix}); the country is unknown"
        why = Why(fact="network", observed=observed, usual=f"{_ranked(seen['network'])}{warmth}", weight=round(nats, 1))
        parts.append(_Part(nats, why, clause, f"ip:{where.ip}"))
    kind_is_new = where.kind in _RISKY_NETWORKS and where.kind not in seen["kind"] and bool(seen["kind"])
    if kind_is_new:
        nats = min(_first_nats("kind", where.kind, subject, context), 7.0)
        usual = _ranked({_NETWORK_WORDS.get(k, k): n for k, n in seen["kind"].items()})
        why = Why(
            fact="kind of network",
            observed=f"{_NETWORK_WORDS[where.kind]}{f' ({where.as_name})' if where.as_name else ''}",
            usual=usual,
            weight=round(nats, 1),
        )
        total = sum(seen["kind"].values())
        clause = f"none of {total:,} events in {period} came from {_NETWORK_WORDS[where.kind]}"
        parts.append(_Part(nats, why, clause, f"ip:{where.ip}"))
    return parts


def _first_nats(dimension: str, value: str, subject: Subject, context: Context) -> float:
    """−ln of how often, per identity and day, somebody meets such a first value: theirs, or one new to all."""
    at = subject.event.occurred_at
    holders = context.spread(dimension).holders(value, day_of(at), but=subject.person.id)
    return -math.log(context.rate_of_firsts(dimension, at, new_to_all=holders == 0))


def _around_parts(subject: Subject, where: Where, context: Context) -> list[_Part]:
    """What speaks beside the place: another client, an unusual hour, being in two places."""
    parts = [*_client_part(subject, context), *_journey_part(subject, where, context)]
    hour = _hour(subject, where, context)
    if hour is not None and hour.nats >= 3.0:
        parts.append(_Part(min(hour.nats, 7.0) - 3.0, hour.why[0], hour.clause))
    return parts


def _client_part(subject: Subject, context: Context) -> list[_Part]:
    event = subject.event
    baseline = context.baseline(subject.person.id, event.occurred_at)
    if not event.user_agent or not baseline.values("client"):
        return []
    client = context.facts.client_of(event.user_agent)
    if client in baseline.values("client"):
        return []
    nats = min(-math.log(context.rate_of_firsts("client", event.occurred_at)), 5.0)
    usual = _ranked({name: habit.n for name, habit in baseline.values("client").items()})
    return [
        _Part(nats, Why(fact="client", observed=client, usual=usual, weight=round(nats, 1)), "", f"client:{client}")
    ]


def _journey_part(subject: Subject, where: Where, context: Context) -> list[_Part]:
    """Impossible travel to or from the nearest events at other places, both ends no shared exit."""
    if where.lat is None or where.lon is None or where.kind in _RISKY_NETWORKS:
        return []  # an exit of a VPN or a hosting network is not where the person is
    at = subject.event.occurred_at
    for other in sorted(
        context.around(subject.person.id, at - _NEARBY, at + _NEARBY), key=lambda e: abs(e.occurred_at - at)
    ):
        if not other.ip or other.ip == where.ip:
            continue
        there = context.where(other.ip, other.occurred_at)
        if there.lat is None or there.lon is None or there.corporate or there.kind in (*_RISKY_NETWORKS, "mobile"):
            continue
        trip = journey(distance_km(where.lat, where.lon, there.lat, there.lon), (other.occurred_at - at) / MINUTE)
        if trip.possible:
            continue
        word = "before" if other.occurred_at < at else "after"
        observed = f"{trip.km:,.0f} km in {span(trip.minutes)}: not possible"
        usual = f"{there.city or country_name(there.country)} {span(trip.minutes)} {word}"
        return [_Part(6.0, Why(fact="travel", observed=observed, usual=usual, weight=6.0), "")]
    return []


def _peer_why(subject: Subject, where: Where, context: Context) -> list[Why]:
    """Who else is seen there: never decides alone, always said."""
    dimension, value = ("country", where.country) if where.country else ("network", where.network)
    if value is None:
        return []
    day = day_of(subject.event.occurred_at)
    spread, peers = context.spread(dimension), context.peers(subject.person)
    others = max(spread.known(day) - 1, 0)
    elsewhere = spread.holders(value, day, but=subject.person.id)
    among = spread.holders(value, day, peers) if peers else 0
    named = country_name(value) if dimension == "country" else "this network"
    group = f"{among} of {len(peers)} people of {subject.person.department}" if peers else "no peer group known"
    nats = rarity(0, context.baseline(subject.person.id, subject.event.occurred_at).weight("ip"), among, len(peers),
                  elsewhere, others)  # fmt: skip
    return [Why(fact="who else", observed=f"{group} seen in {named}" if dimension == "country" else group,
                usual=f"{elsewhere} of {others:,} people of the company", weight=round(nats, 1))]  # fmt: skip


def _peer_clause(subject: Subject, where: Where, context: Context) -> str:
    peers = context.peers(subject.person)
    value, dimension = (where.country, "country") if where.country else (where.network, "network")
    if not peers or value is None:
        return ""
    if context.spread(dimension).holders(value, day_of(subject.event.occurred_at), peers):
        return ""
    return f", and none of {len(peers)} peers was ever seen there"


# ----------------------------------------------------------------------- hour


def _unusual_hour(body: dict[str, Any], _: _Reading) -> Condition:
    threshold = float(body.pop("atleast", 6.0))
    clock = str(body.pop("clock", "any"))
    _nothing_left("unusual_hour", body)
    if clock not in ("any", "home"):
        raise BehaviorProblem("'unusual_hour' needs 'clock: home' or 'clock: any'.")

    def judge(subject: Subject, context: Context) -> Outcome:
        outcome = _hour(subject, subject.where if clock == "any" else None, context)
        return outcome if outcome is not None and outcome.nats >= threshold else NO

    return judge


def _hour(subject: Subject, where: Where | None, context: Context) -> Outcome | None:
    """How unusual the hour is for the person, at home and at the place of the event; None without a baseline."""
    at, person = subject.event.occurred_at, subject.person
    baseline = context.baseline(person.id, at)
    if not baseline.values("hour"):
        return None
    zone, curve = context.zone(person, at), context.hours(person, at)
    hour = hour_of_week(at, zone)
    nats = curve.surprise(hour)
    away = _hours_away(subject, where, context)
    if away:
        nats = min(nats, curve.surprise(hour + away))
    day = local_time(at, zone).strftime("%Y-%m-%d")
    if day in context.facts.company.holidays:
        nats = max(nats, curve.surprise(144 + hour % 24))
    near = _events_near(baseline.values("hour"), hour_of_week(at))
    total = baseline.total("hour")
    stamp = local_time(at, zone).strftime("%a %H:%M")
    clause = f"{near:,} of {total:,} events in {_period(baseline.since, baseline.until)} fell near this hour"
    why = Why(
        fact="hour of week", observed=f"{stamp} {zone}",
        usual=f"{near:,} of {total:,} events within an hour of it; usual {_usual_hours(curve.density)}",
        weight=round(nats, 1),
    )  # fmt: skip
    return Outcome(True, (why,), nats, clause)


def _hours_away(subject: Subject, where: Where | None, context: Context) -> int:
    """Hours by which the sun at the event's place runs ahead of the person's usual place: a traveller's clock."""
    if where is None or where.lon is None or where.kind in _RISKY_NETWORKS:
        return 0
    baseline = context.baseline(subject.person.id, subject.event.occurred_at)
    homes = [(habit.n, place.lon) for ip, habit in baseline.values("ip").items()
             if (place := context.where(ip, habit.last_at)).lon is not None]  # fmt: skip
    if not homes:
        return 0
    home = max(homes, key=lambda pair: pair[0])[1]
    return round((where.lon - (home or 0.0)) / 15.0)


def _events_near(hours: Mapping[str, Any], hour: int) -> int:
    """Events within one hour of this hour, on the same kind of day (working day or weekend; UTC)."""
    weekend = hour >= 120
    return sum(
        habit.n
        for name, habit in hours.items()
        if (int(name) >= 120) is weekend and min((int(name) - hour) % 24, (hour - int(name)) % 24) <= 1
    )


def _usual_hours(density: Sequence[float]) -> str:
    """The shortest span of a working day that holds nine tenths of the working-day activity."""
    by_hour = [sum(density[d * 24 + h] for d in range(5)) for h in range(24)]
    total = sum(by_hour)
    for length in range(1, 25):
        for start in range(24):
            if sum(by_hour[(start + i) % 24] for i in range(length)) >= 0.9 * total:
                return f"{start:02d} to {(start + length) % 24:02d}"
    return "all hours"


# --------------------------------------------------------------------- office


def _far_from_office(body: dict[str, Any], _: _Reading) -> Condition:
    _nothing_left("far_from_office", body)

    def judge(subject: Subject, context: Context) -> Outcome:
        where = subject.where
        if where is None or where.corporate or where.country is None:
            return NO
        offices = context.office_countries
        if not offices or where.country in offices:
            return NO
        how = "named in settings" if context.facts.company.office_countries else "learned from where people work"
        why = Why(
            fact="office", observed=f"{country_name(where.country)}, no office",
            usual=f"offices in {', '.join(sorted(country_name(c) for c in offices))} ({how})",
        )  # fmt: skip
        return Outcome(True, (why,), 0.0, f"the company has no office in {country_name(where.country)}",
                       frozenset({f"ip:{where.ip}"}))  # fmt: skip

    return judge


# --------------------------------------------------------------------- volume


def _many(body: dict[str, Any], reading: _Reading) -> Condition:
    name = str(body.pop("of", "file_id"))
    by = body.pop("by", None)
    types = tuple(body.pop("types", ()))
    within = duration(str(body.pop("within", "10m")))
    atleast = int(body.pop("atleast", 15))
    times_own = float(body.pop("times_own", 3))
    _nothing_left("many", body)
    reading.window = max(reading.window, within)
    reading.types += types

    def judge(subject: Subject, context: Context) -> Outcome:
        event, person = subject.event, subject.person
        group = _group(event, by, context)
        around = [
            other
            for other in context.around(person.id, event.occurred_at - within, event.occurred_at)
            if other.type in types and _thing(other, name) and (by is None or _group(other, by, context) == group)
            and (other.occurred_at, other.event_id) <= (event.occurred_at, event.event_id)
        ]  # fmt: skip
        distinct = {_thing(other, name) for other in around}
        if len(distinct) < atleast:
            return NO
        baseline = context.baseline(person.id, event.occurred_at)
        days = baseline.per_day(types)
        most = max(days, default=0)
        if len(distinct) < times_own * most:
            return NO
        mean = sum(days) / len(days) if days else 0.0
        variance = sum((n - mean) ** 2 for n in days) / len(days) if days else 0.0
        nats = volume(len(distinct), mean, variance)
        minutes = max((around[-1].occurred_at - around[0].occurred_at) / MINUTE, 0.1)
        usual = (
            f"at most {most} on any of {len(days)} active days, {mean:.1f} on average"
            if days
            else "too early: no history of this person"
        )
        observed = f"{len(distinct)} different files in {span(minutes)}"
        return Outcome(
            holds=True,
            why=(Why(fact="volume", observed=observed, usual=usual, weight=round(nats, 1)),),
            nats=nats,
            clause=f"the most on any day before was {most}",
            events=tuple(other.event_id for other in around),
            things=frozenset(thing for thing in distinct if thing),
            since=around[0].occurred_at,
        )

    return judge


def _thing(event: Event, name: str) -> str | None:
    """The file or document an event names; a document view carries its id as target."""
    return _field(event, name) or event.target_id


def _group(event: Event, by: str | None, context: Context) -> str | None:
    if by == "project_id":
        return context.project_of(event)
    return _field(event, by) if by else None


def _field(event: Event, name: str) -> str | None:
    value = getattr(event, name.replace(".", "_"), None)
    return value if isinstance(value, str) else None


# -------------------------------------------------------------------- absence


def _never_did(body: dict[str, Any], _: _Reading) -> Condition:
    patterns = tuple(str(p) for p in body.pop("types", ()))
    kinds = tuple(str(k) for k in body.pop("owns", ()))
    what = str(body.pop("called", "this"))
    _nothing_left("never_did", body)
    if not patterns:
        raise BehaviorProblem("'never_did' needs 'types', a list of event types (with * for any text).")

    def judge(subject: Subject, context: Context) -> Outcome:
        event, person = subject.event, subject.person
        baseline = context.baseline(person.id, event.occurred_at)
        # What was first done on this day or the evening before belongs to the same visit, not to a habit.
        settled = parse_time(day_of(event.occurred_at)) - DAY // 2
        did = any(
            _matches(name, patterns) and habit.first_at < settled for name, habit in baseline.values("type").items()
        )
        if did or context.owned(person, kinds, event.occurred_at):
            return NO
        spread = context.spread("type")
        peers, day = context.peers(person), day_of(event.occurred_at)
        users = {
            identity
            for value, pairs in spread.first_days.items()
            if _matches(value, patterns)
            for first, identity in pairs
            if first < day
        }
        others = max(spread.known(day) - 1, 0)
        period = _period(baseline.since, baseline.until)
        usual = f"0 of {baseline.events:,} events in {period}" if baseline.events else "no events before this"
        among = (
            f"{len(users & peers)} of {len(peers)} people of {person.department}" if peers else "no peer group known"
        )
        share = (len(users) + 0.5) / (others + 1)
        nats = -math.log(min((len(users & peers) + 3 * share) / (len(peers) + 3), 1.0))
        return Outcome(
            True,
            (
                Why(fact=f"{what} before", observed="first time", usual=usual, weight=round(nats, 1)),
                Why(
                    fact=f"who else uses {what}",
                    observed=among,
                    usual=f"{len(users)} of {others:,} people of the company",
                ),
            ),
            nats,
            f"none of {baseline.events:,} events in {period} touched {what}",
        )

    return judge


def _never_touched(body: dict[str, Any], _: _Reading) -> Condition:
    who = str(body.pop("who", "actor"))
    _nothing_left("never_touched", body)
    if who not in ("actor", "target"):
        raise BehaviorProblem("'never_touched' needs 'who: actor' or 'who: target'.")

    def judge(subject: Subject, context: Context) -> Outcome:
        event = subject.event
        project, at = event.project_id, event.occurred_at
        if project is None:
            return NO
        identity = subject.person.id if who == "actor" else _target(subject, context)
        if identity is None or context.touched(identity, project, at):
            return NO
        person = context.person(identity, at)
        state = context.project(project, at)
        baseline = context.baseline(identity, at)
        named = f"project {state.name}" if state.name else "this project"
        usual = f"0 of {baseline.events:,} events in {_period(baseline.since, baseline.until)} touched {named}"
        why = Why(fact="project before", observed=f"{person.name or identity} never touched it", usual=usual)
        return Outcome(
            True, (why,), 0.0, f"none of {baseline.events:,} events of {person.name or identity} ever touched it"
        )

    return judge


def _target(subject: Subject, context: Context) -> str | None:
    """The identity that a role was given to; None for groups, organizations and outsiders."""
    kind, target = subject.record.get("target_type"), subject.record.get("target_id")
    if kind not in ("organization_member", "account", "user", None) or not target:
        return None
    return context.identity_of(account_key("claude", str(target)), subject.event.occurred_at)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


# ----------------------------------------------------------------------- words

_CONDITIONS: dict[str, Callable[[dict[str, Any], _Reading], Condition]] = {
    "unusual_place": _unusual_place,
    "unusual_hour": _unusual_hour,
    "far_from_office": _far_from_office,
    "many": _many,
    "never_did": _never_did,
    "never_touched": _never_touched,
}

_UNITS = {"s": 1_000_000, "m": MINUTE, "h": HOUR, "d": DAY}


def duration(text: str) -> Micros:
    """`10m`, `24h`, `7d` as microseconds. Raises `BehaviorProblem`."""
    found = re.fullmatch(r"(\d+)([smhd])", text.strip())
    if found is None:
        raise BehaviorProblem(f"'{text}' is no duration; write a number with s, m, h or d, for example 10m.")
    return int(found.group(1)) * _UNITS[found.group(2)]


def _nothing_left(name: str, body: Mapping[str, Any]) -> None:
    if body:
        raise BehaviorProblem(f"'{name}' does not know {', '.join(sorted(map(str, body)))}.")


def _ranked(counts: Mapping[str, int], most: int = 3) -> str:
    """`Germany 94.7 %, Netherlands 4.1 %, 2 others`, by count."""
    total = sum(counts.values()) or 1
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    text = ", ".join(f"{name} {100 * n / total:.1f} %" for name, n in ranked[:most])
    rest = len(ranked) - most
    return f"{text}, {rest} other{'s' if rest > 1 else ''}" if rest > 0 else text


def _period(since: Micros, until: Micros) -> str:
    days = max(1, round((until - since) / DAY)) if since else 0
    return f"{days} day{'s' if days != 1 else ''}"
