"""Usual against observed: the four cells of a finding, from the same baseline that the rules used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fanlight.detections.conditions.unusual_hour import near_hour
from fanlight.detections.context import Context, Person
from fanlight.enrich.countries import country_name
from fanlight.enrich.localtime import hour_of_week
from fanlight.enrich.network import address_class
from fanlight.model import Event, Finding, Micros
from fanlight.profiles.baseline import WARM_DAYS, WINDOW_DAYS, Baseline, Habit
from fanlight.server import schema as s
from fanlight.server.views.words import count, full_day, per_cent, plural, stretch

__all__ = ["comparison_of", "hours_cell", "ranked_bars", "zone_words"]

_MOST_BARS = 6


@dataclass
class _Counted:
    """How often each value of a dimension was usual, and how often it was observed."""

    usual: Counter[str] = field(default_factory=Counter)
    observed: Counter[str] = field(default_factory=Counter)
    cities: dict[str, set[str]] = field(default_factory=dict)
    longitudes: dict[str, tuple[float, int]] = field(default_factory=dict)


def zone_words(zone: str) -> str:
    """`Europe/Berlin`; zones that were learned read as an offset."""
    if zone.startswith("Etc/GMT"):
        hours = -int(zone.removeprefix("Etc/GMT") or 0)
        return f"UTC{hours:+d}, learned from activity"
    return zone


def ranked_bars(usual: Mapping[str, int], observed: Mapping[str, int]) -> list[s.BarRow]:
    """At most six usual values, most first, then `N others`; observed ones are always shown, at the end if new."""
    total = sum(usual.values())
    ranked = sorted(usual, key=lambda name: (-usual[name], name))
    room = _MOST_BARS - sum(1 for name in observed if name not in usual)
    kept = ranked if len(ranked) <= max(2, room) else ranked[: max(1, room - 1)]
    kept += [name for name in ranked if name in observed and name not in kept]
    rows = [
        s.BarRow(
            name=name, n=usual[name], share=usual[name] / total, observed=name in observed,
            text=f"{count(usual[name])} · {per_cent(usual[name] / total)}",
        )
        for name in kept
    ]  # fmt: skip
    others = [name for name in ranked if name not in kept]
    if others:
        n = sum(usual[name] for name in others)
        rows.append(
            s.BarRow(name=f"{len(others)} others", n=n, share=n / total, text=f"{count(n)} · {per_cent(n / total)}")
        )
    for name in sorted(observed, key=lambda each: (-observed[each], each)):
        if name not in usual:
            rows.append(
                s.BarRow(name=name, n=observed[name], share=0.0, text=f"{count(observed[name])} · never before",
                         observed=True)
            )  # fmt: skip
    return rows


def _places(baseline: Baseline, events: Sequence[Event], context: Context) -> tuple[_Counted, _Counted]:
    countries, networks = _Counted(), _Counted()
    for ip, habit in baseline.values("ip").items():
        _count(countries.usual, networks.usual, countries, ip, habit.last_at, habit.n, context, observed=False)
    for event in events:
        if event.ip:
            _count(countries.observed, networks.observed, countries, event.ip, event.occurred_at, 1, context,
                   observed=True)  # fmt: skip
    return countries, networks


def _count(
    by_country: Counter[str], by_network: Counter[str], kept: _Counted, ip: str, at: Micros, n: int, context: Context,
    *, observed: bool,
) -> None:  # fmt: skip
    where = context.where(ip, at)
    country = country_name(where.country) if where.country else "unknown"
    by_country[country] += n
    number = f"AS{where.asn}" if where.asn is not None else where.prefix
    if where.asn is None and address_class(ip) in ("bogon", "invalid"):
        number = ""  # such as 0.0.0.0: a source that states none
    network = f"{number} {where.as_name or ''}".strip() if number else "unknown"
    by_network[network] += n
    if where.city:
        kept.cities.setdefault(country, set()).add(where.city)
    if where.lon is not None:
        label = where.city or country
        key = f"{'o' if observed else 'u'}:{label}"
        kept.longitudes[key] = (where.lon, kept.longitudes.get(key, (where.lon, 0))[1] + n)


def _strip(counted: _Counted) -> list[s.LongitudePoint]:
    """Usual places by share, merged where they stand within eight degrees, and the observed ones that are new."""
    usual = sorted((lon, key[2:], n) for key, (lon, n) in counted.longitudes.items() if key.startswith("u:"))
    total = sum(n for _, _, n in usual) or 1
    groups: list[list[tuple[float, str, int]]] = []
    for point in usual:
        if groups and point[0] - groups[-1][-1][0] < 8:
            groups[-1].append(point)
        else:
            groups.append([point])
    points = []
    for group in groups:
        names = [name for _, name, _ in sorted(group, key=lambda each: -each[2])]
        weight = sum(n for _, _, n in group)
        points.append(
            s.LongitudePoint(
                name=", ".join(dict.fromkeys(names[:3])),
                longitude=sum(lon * n for lon, _, n in group) / weight,
                share=weight / total,
            )
        )
    known = {key[2:] for key in counted.longitudes if key.startswith("u:")}
    points += [
        s.LongitudePoint(name=key[2:], longitude=lon, share=0.0, observed=True)
        for key, (lon, _) in counted.longitudes.items()
        if key.startswith("o:") and key[2:] not in known
    ]
    return points


def _country_cell(counted: _Counted, events: Sequence[Event], context: Context) -> s.BarsCell | s.EarlyCell:
    if {*counted.usual, *counted.observed} <= {"unknown"}:
        return s.EarlyCell(
            heading="Country",
            sentence="Unknown: no source states where these addresses are, and no address database knows them "
            "(fanlight geo install adds one). Networks are compared instead.",
        )
    # As the rules count: a share is one of the events whose place is known.
    located = {name: n for name, n in counted.usual.items() if name != "unknown"}
    unknown = counted.usual["unknown"]
    return s.BarsCell(
        heading="Country",
        rows=ranked_bars(located, counted.observed),
        strip=_strip(counted),
        note=_country_note(events, context)
        + (f" {plural(unknown, 'usual event names', 'usual events name')} no place." if unknown else ""),
    )


def _country_note(events: Sequence[Event], context: Context) -> str:
    ips = {event.ip: event.occurred_at for event in events if event.ip}
    if not ips:
        return "The observed events name no address."
    places = Counter(
        context.where(ip, at).city or country_name(context.where(ip, at).country) for ip, at in ips.items()
    )
    words = {context.where(ip, at).confidence or "unknown" for ip, at in ips.items()}
    named = ", ".join(name for name, _ in places.most_common(2))
    return f"Observed from {named}. Place by IP, confidence {' or '.join(sorted(words))}."


def hours_cell(habits: Mapping[str, Habit], zone: str, at: Micros, observed: Iterable[Micros]) -> s.HoursCell:
    """Hour of week in the person's own zone, and how many of these events fell near the hour of `at`.

    `habits` are those by which the rules judge an hour (`Context.home_hours`), so that the figures are theirs.
    """
    shift = (hour_of_week(at, zone) - hour_of_week(at)) % 168
    hours = [0] * 168
    for hour, habit in habits.items():
        hours[(int(hour) + shift) % 168] += habit.n
    marked = sorted({hour_of_week(each, zone) for each in observed})
    near, total = near_hour(habits, at)
    note = ""
    if marked and total:
        here = hour_of_week(at, zone)
        days = "weekends" if hour_of_week(at) >= 120 else "working days"
        note = f"Within an hour of {here % 24:02d} h on {days}: {count(near)} of {count(total)} events."
        quiet = _quiet_hours(hours)
        if quiet:
            note += f" Not seen {quiet} in {WINDOW_DAYS} days."
    return s.HoursCell(heading=f"Hour of week, {zone_words(zone)}", hours=hours, observed=marked, note=note)


def _finding_hours(
    baseline: Baseline, person: Person, context: Context, at: Micros, observed: Iterable[Micros]
) -> s.HoursCell:
    """The hours of a finding, as the rules count them: what was done on trips is left out, and said."""
    habits = context.home_hours(person, at)
    cell = hours_cell(habits, context.zone(person, at), at, observed)
    away = baseline.events - sum(habit.n for habit in habits.values())
    return cell.model_copy(update={"note": f"{cell.note} {count(away)} on trips are left out."}) if away > 0 else cell


def _quiet_hours(hours: Sequence[int]) -> str:
    """The longest run of hours of the day that were never seen, `00 to 06 h`."""
    silent = [all(hours[day * 24 + hour] == 0 for day in range(7)) for hour in range(24)]
    best, start = (0, 0), 0
    run = 0
    for position in range(48):
        if silent[position % 24] and run < 24:
            if run == 0:
                start = position % 24
            run += 1
            best = max(best, (run, -start))
        else:
            run = 0
    length, begin = best[0], -best[1]
    return f"{begin:02d} to {(begin + length) % 24:02d} h" if 3 <= length < 24 else ""


def _who_else(finding: Finding) -> s.FactsCell | None:
    rows: list[s.Fact] = []
    for why in finding.why:
        if why.fact.startswith("who else"):
            rows += [
                s.Fact(label="Peers", value=why.observed, strong=True),
                s.Fact(label="Company", value=why.usual, strong=True),
            ]
        elif why.fact in ("travel", "office"):
            rows.append(s.Fact(label=_label(why.fact), value=f"{why.observed}; {why.usual}".rstrip("; ")))
        elif why.fact == "all together":
            rows.append(s.Fact(label=_label(why.fact), value=why.observed))
    return s.FactsCell(heading="Who else does this", rows=rows) if rows else None


def _label(fact: str) -> str:
    return fact[:1].upper() + fact[1:]


def comparison_of(
    finding: Finding, events: Sequence[Event], person: Person, context: Context, shown_in: str
) -> s.Comparison | None:
    """The cells, or None where there is no person or nothing observed to compare.

    Dates are written in the zone of the page (`shown_in`); hours of the week in the person's own.
    """
    observed = [event for event in events if event.occurred_at]
    if not person.id or not observed:
        return None
    at = finding.at
    baseline = context.baseline(person.id, at)
    first, last = min(e.occurred_at for e in observed), max(e.occurred_at for e in observed)
    span = stretch(first, last, shown_in)
    if not baseline.events:
        cell = s.EarlyCell(
            heading="Too early to say what is usual",
            sentence=f"{person.name or person.id} has no history before this day; {WARM_DAYS} days are needed.",
        )
        return s.Comparison(usual="none yet.", observed=f"{span}, n = {len(observed)}.", cells=[cell])
    countries, networks = _places(baseline, observed, context)
    cells: list[s.BarsCell | s.HoursCell | s.FactsCell | s.EarlyCell] = [
        _country_cell(countries, observed, context),
        _finding_hours(baseline, person, context, at, [event.occurred_at for event in observed]),
        s.BarsCell(heading="Network", rows=ranked_bars(networks.usual, networks.observed)),
    ]
    who_else = _who_else(finding)
    cells.append(who_else or _clients(baseline, observed, context))
    warm = "" if baseline.warm else f" That is {baseline.active_days} active days; {WARM_DAYS} are needed to be sure."
    return s.Comparison(
        usual=f"{full_day(baseline.since, shown_in)} to {full_day(baseline.until, shown_in)}, "
        f"n = {count(baseline.events)} events.{warm}",
        observed=f"{span}, n = {len(observed)}.",
        cells=cells,
    )


def _clients(baseline: Baseline, events: Sequence[Event], context: Context) -> s.BarsCell:
    usual = {name: habit.n for name, habit in baseline.values("client").items()}
    seen = Counter(context.facts.client_of(event.user_agent) for event in events if event.user_agent)
    return s.BarsCell(heading="Client", rows=ranked_bars(usual, seen))
