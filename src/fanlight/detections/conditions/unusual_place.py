"""A country, or a kind of network, that the person never used; other things only add to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fanlight.detections.conditions.unusual_hour import hour_outcome
from fanlight.detections.context import PLACE_DIMENSIONS, Context, Where
from fanlight.detections.outcome import (
    NO,
    Condition,
    Outcome,
    Reading,
    Subject,
    nothing_left,
    period,
    ranked,
)
from fanlight.detections.presence import RISKY_NETWORKS
from fanlight.detections.words import span
from fanlight.enrich.countries import country_name
from fanlight.model import HOUR, MINUTE, Micros, Why, day_of
from fanlight.profiles.surprise import distance_km, journey, once_in, rarity

__all__ = ["NAME", "make"]

NAME = "unusual_place"


#: An event this close to a usual place, in time, is held against an unusual one.
_NEARBY: Micros = 16 * HOUR
_NETWORK_ALONE = 5.0
_WEIGHTS = (1.0, 0.7, 0.5, 0.3)
_NETWORK_WORDS = {
    "hosting": "a hosting network", "vpn": "a VPN", "tor": "the Tor network", "mobile": "a mobile network",
    "home": "an access network", "office": "an office network",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Part:
    """One component of a place's surprise."""

    nats: float
    why: Why
    clause: str = ""
    new: str = ""


def make(body: dict[str, Any], _: Reading) -> Condition:
    threshold = float(body.pop("atleast", 8.0))
    nothing_left("unusual_place", body)

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


_Seen = dict[str, dict[str, int]]


def _place_parts(subject: Subject, where: Where, context: Context) -> list[_Part]:
    """Components for a country, network or kind of network the person never used; empty when the place is usual."""
    baseline = context.baseline(subject.person.id, subject.event.occurred_at)
    seen: _Seen = {name: {} for name in PLACE_DIMENSIONS}
    for ip, habit in baseline.values("ip").items():
        for dimension, value in context.where(ip, habit.last_at).values.items():
            if value:
                seen[dimension][value] = seen[dimension].get(value, 0) + habit.n
    time = period(baseline.since, baseline.until)
    warmth = "" if baseline.warm else f"; only {baseline.active_days} days of history, peers and company count instead"
    return [
        *_first_place(subject, where, seen, time, warmth, context),
        *_first_kind(subject, where, seen, time, context),
    ]


def _first_place(subject: Subject, where: Where, seen: _Seen, time: str, warmth: str, context: Context) -> list[_Part]:
    """The country, or where it cannot be compared the network; nothing when the person used this prefix before."""
    if where.prefix in seen["prefix"]:
        return []
    compared, value = _comparable(subject, where, seen, context)
    if value is None or value in seen[compared]:
        return []
    nats, total = _first_nats(compared, value, subject, context), sum(seen[compared].values())
    if compared == "country":
        observed = country_name(value)
        usual = {country_name(code): n for code, n in seen["country"].items()}
        clause = f"none of {total:,} located events in {time} came from {observed}"
        if not total:
            clause = f"nobody of the company was ever seen in {observed}, and this person never on this network"
    else:
        # A first network alone says little: providers give out new addresses all the time.
        nats, usual = min(nats, _NETWORK_ALONE), seen[compared]
        observed = f"{where.ip} ({value}); " + ("the country is unknown" if not where.country else "usual ones unknown")
        clause = f"none of {total:,} events in {time} came from this network"
    why = Why(
        fact="country" if compared == "country" else "network", observed=observed,
        usual=f"{ranked(usual) or 'could not tell: no usual place is known'}{warmth}", weight=round(nats, 1),
    )  # fmt: skip
    return [_Part(nats, why, clause, f"{compared}:{value}")]


def _comparable(subject: Subject, where: Where, seen: _Seen, context: Context) -> tuple[str, str | None]:
    """The widest dimension in which both the event and most of the person's usual places are known.

    A country in which nobody of the company was ever seen can be told also where the person's own are unknown.
    """
    known = sum(seen["prefix"].values())
    for dimension in ("country", "asn"):
        value = where.values[dimension]
        if value is None:
            continue
        if 2 * sum(seen[dimension].values()) >= known > 0:
            return dimension, value
        day = day_of(subject.event.occurred_at)
        if (
            dimension == "country"
            and known
            and not context.spread("country").holders(value, day, but=subject.person.id)
        ):
            return dimension, value
    return ("prefix", where.prefix) if known else ("prefix", None)


def _first_kind(subject: Subject, where: Where, seen: _Seen, time: str, context: Context) -> list[_Part]:
    """A hosting network, VPN or Tor, for somebody who never used one."""
    if where.kind not in RISKY_NETWORKS or where.kind in seen["kind"] or not seen["kind"]:
        return []
    nats, total = min(_first_nats("kind", where.kind, subject, context), 7.0), sum(seen["kind"].values())
    why = Why(
        fact="kind of network",
        observed=f"{_NETWORK_WORDS[where.kind]}{f' ({where.as_name})' if where.as_name else ''}",
        usual=ranked({_NETWORK_WORDS.get(kind, kind): n for kind, n in seen["kind"].items()}),
        weight=round(nats, 1),
    )
    clause = f"none of {total:,} events in {time} came from {_NETWORK_WORDS[where.kind]}"
    return [_Part(nats, why, clause, f"kind:{where.kind}")]


def _first_nats(dimension: str, value: str, subject: Subject, context: Context) -> float:
    """−ln of how often, per identity and day, somebody meets a first value that so few others had shown."""
    at = subject.event.occurred_at
    holders = context.spread(dimension).holders(value, day_of(at), but=subject.person.id)
    return -math.log(context.rate_of_firsts(dimension, at, holders))


def _around_parts(subject: Subject, where: Where, context: Context) -> list[_Part]:
    """What speaks beside the place: another client, an unusual hour, being in two places."""
    parts = [*_client_part(subject, context), *_journey_part(subject, where, context)]
    hour = hour_outcome(subject, where, context, 3.0)
    if hour is not None:
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
    usual = ranked({name: habit.n for name, habit in baseline.values("client").items()})
    return [
        _Part(nats, Why(fact="client", observed=client, usual=usual, weight=round(nats, 1)), "", f"client:{client}")
    ]


def _journey_part(subject: Subject, where: Where, context: Context) -> list[_Part]:
    """Impossible travel to or from the nearest events at other places, both ends no shared exit."""
    if where.lat is None or where.lon is None or where.kind in RISKY_NETWORKS:
        return []  # an exit of a VPN or a hosting network is not where the person is
    at = subject.event.occurred_at
    for other in sorted(
        context.around(subject.person.id, at - _NEARBY, at + _NEARBY), key=lambda e: abs(e.occurred_at - at)
    ):
        if not other.ip or other.ip == where.ip:
            continue
        there = context.where(other.ip, other.occurred_at)
        if there.lat is None or there.lon is None or there.corporate or there.kind in (*RISKY_NETWORKS, "mobile"):
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
    dimension, value = where.best
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
    dimension, value = where.best
    if not peers or value is None:
        return ""
    if context.spread(dimension).holders(value, day_of(subject.event.occurred_at), peers):
        return ""
    return f", and none of {len(peers)} peers was ever seen there"
