"""Facts as of the time of an event: who, where, what kind of project and chat it was then, as known now."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from fanlight.detections.facts import Feed, Sighting
from fanlight.detections.people import People, Person, attributes_of
from fanlight.detections.presence import GATEWAY, PLACE_DIMENSIONS, Gateways, Where
from fanlight.detections.things import Things
from fanlight.enrich.countries import country_code
from fanlight.enrich.devices import Devices
from fanlight.enrich.localtime import hour_of_week, zone_at, zone_of
from fanlight.enrich.network import network_prefix, parse_address, parse_networks, within
from fanlight.model import (
    DAY,
    Event,
    Grant,
    Micros,
    ObjectVersion,
    Rollup,
    account_key,
    day_of,
    parse_time,
)
from fanlight.profiles.baseline import WINDOW_DAYS, Baseline, Habit, Spread, cut_evening, settled_before
from fanlight.profiles.rollups import compute, rows_of
from fanlight.profiles.surprise import HOURS, HourCurve

__all__ = ["PLACE_DIMENSIONS", "Answer", "Context", "Person", "ProjectState", "Where"]

Answer = Literal["yes", "no", "could_not_tell"]
T = TypeVar("T")
#: Openness of a project, from closed to open.
OPENNESS = {"private": 0, "organization": 1, "public": 2}
_TRAILING_DAYS = 30
#: How often people are at work outside the working hours, against one hour of a working day.
_EVENING_SHARE, _WEEKEND_SHARE, _NIGHT_SHARE = 0.15, 0.1, 0.002


@dataclass(frozen=True, slots=True)
class ProjectState:
    """A project at one time."""

    id: str
    name: str
    created_at: Micros | None
    owner: str | None
    privacy: str
    """private, organization, public or `could_not_tell`."""
    privacy_reason: str


@dataclass
class Context(People, Things):
    """One judging's view of the facts, with everything looked up once."""

    _where: dict[tuple[str, int], Where] = field(default_factory=dict)
    _rollups: dict[str, dict[str, list[Rollup]]] = field(default_factory=dict)
    _baselines: dict[tuple[str, str], Baseline] = field(default_factory=dict)
    _sharing: dict[str, list[tuple[Micros, str]]] = field(default_factory=dict)

    # ------------------------------------------------------------------ places

    @cached_property
    def _egress(self) -> Any:
        return parse_networks(self.facts.company.corporate_egress)

    def where(self, ip: str, at: Micros) -> Where:
        """The place of an address on the day of `at`: one answer a day, so that the order of asking plays no part."""
        key = (ip, at // DAY)
        known = self._where.get(key)
        if known is None:
            known = self._where[key] = self._locate(ip, at // DAY * DAY + DAY // 2)
        return known

    def _locate(self, ip: str, at: Micros) -> Where:
        place = self.facts.locate(ip, at)
        address = parse_address(ip)
        corporate = address is not None and within(address, self._egress)
        if place.network_kind == GATEWAY and place.asn is not None:
            corporate = corporate or self._gateways.are_ours(place.asn, day_of(at))
        prefix = network_prefix(ip)
        return Where(
            ip, place.country, place.city, place.latitude, place.longitude, place.asn, place.as_name,
            place.network_kind, prefix, corporate or place.network_kind in ("office", "company_vpn"),
            str(place.confidence), place.source == "operator",
        )  # fmt: skip

    @cached_property
    def _gateways(self) -> Gateways:
        return Gateways.of(self._through_gateways())

    def _through_gateways(self) -> Iterator[tuple[str, int | None, str]]:
        for sighting in self._sightings("ip"):
            first = parse_time(sighting.first_day)
            place = self.facts.locate(sighting.value, first + DAY // 2)
            number = place.asn if place.network_kind == GATEWAY else None
            yield self.identity_of(sighting.account, first) or sighting.account, number, sighting.first_day

    # --------------------------------------------------------------- behaviour

    @property
    def _first_day(self) -> str:
        return day_of(self.since - WINDOW_DAYS * DAY)

    def prepare(self, identities: Collection[str]) -> None:
        """Load the rollups of these identities in one go."""
        accounts = {a for identity in identities for a in self.accounts_of(identity) if a not in self._rollups}
        if not accounts:
            return
        for account in accounts:
            self._rollups[account] = defaultdict(list)
        for row in self.facts.rollups(accounts, self._first_day, day_of(self.until)):
            self._rollups[row.entity][row.dimension].append(row)
        for account in accounts & self._attacks.keys():
            self._forget_attacks(account)

    @cached_property
    def _attacks(self) -> dict[str, list[tuple[Micros, Micros]]]:
        """By account, the times in which somebody else used it."""
        begin = parse_time(self._first_day)
        found: dict[str, list[tuple[Micros, Micros]]] = defaultdict(list)
        for attack in self.facts.attacks():
            if attack.until >= begin:
                for account in attack.accounts:
                    found[account].append((max(attack.since, begin), attack.until))
        return dict(found)

    @cached_property
    def _attacked_days(self) -> dict[str, frozenset[str]]:
        return {
            account: frozenset(
                day_of(day * DAY) for since, until in times for day in range(since // DAY, until // DAY + 1)
            )
            for account, times in self._attacks.items()
        }

    @cached_property
    def _honest_events(self) -> dict[str, list[Event]]:
        """What attacked accounts did on the days of attacks outside of them."""
        found: dict[str, list[Event]] = defaultdict(list)
        for day in sorted({day for days in self._attacked_days.values() for day in days}):
            start = parse_time(day)
            for event in self.facts.activity(start, start + DAY):
                times = self._attacks.get(event.account_key or "", ())
                if times and not any(since <= event.occurred_at <= until for since, until in times):
                    found[event.account_key or ""].append(event)
        return found

    def _forget_attacks(self, account: str) -> None:
        """Count the days of attacks again without what the attacker did, so that an attack teaches nothing."""
        days, rows = self._attacked_days[account], self._rollups[account]
        for dimension, known in rows.items():
            rows[dimension] = [row for row in known if row.day not in days]
        honest = [event for event in self._honest_events.get(account, ()) if day_of(event.occurred_at) in days]
        for row in rows_of(compute(honest, self.facts.client_of)) if honest else ():
            if row.scope == "account" and row.dimension in rows:
                rows[row.dimension].append(row)

    def _sightings(self, dimension: str) -> Iterable[Sighting]:
        """Who showed which value first on which day, without what attackers showed."""
        for sighting in self.facts.sightings(dimension, day_of(self.until)):
            account = sighting.account
            if sighting.first_day not in self._attacked_days.get(account, ()):
                yield sighting
                continue
            self.prepare([self.identity_of(account, self.until) or account])
            rows = self._rollups.get(account, {})
            if dimension not in rows:
                yield sighting  # not counted by day, so nobody knows whether it came again
                continue
            days = [row.day for row in rows[dimension] if row.value == sighting.value]
            if days:
                yield Sighting(account, sighting.value, min(days))

    def baseline(self, identity: str, at: Micros) -> Baseline:
        """What is usual for an identity before the day of `at`."""
        key = (identity, day_of(at))
        known = self._baselines.get(key)
        if known is None:
            self.prepare([identity])
            known = self._baselines[key] = Baseline(at, self._settled_rows(identity, at))
        return known

    def _settled_rows(self, identity: str, at: Micros) -> Mapping[str, Sequence[Rollup]]:
        """The identity's rollups without the evening before the day of `at`, where the incident may have begun."""
        rows, settled = self._rows_of(identity), settled_before(at)
        eve = settled - settled % DAY
        if eve < self.since - 2 * DAY:
            return rows  # events of that day were not read; what goes past noon is counted whole
        morning = [event for event in self.around(identity, eve, settled - 1) if not self._is_attack(event)]
        return cut_evening(rows, at, rows_of(compute(morning, self.facts.client_of)) if morning else ())

    def _is_attack(self, event: Event) -> bool:
        times = self._attacks.get(event.account_key or "", ())
        return any(since <= event.occurred_at <= until for since, until in times)

    def _rows_of(self, identity: str) -> dict[str, list[Rollup]]:
        known = self._merged_rows.get(identity)
        if known is None:
            known = self._merged_rows[identity] = defaultdict(list)
            for account in self.accounts_of(identity):
                for dimension, rows in self._rollups[account].items():
                    known[dimension] += rows
        return known

    @cached_property
    def _merged_rows(self) -> dict[str, dict[str, list[Rollup]]]:
        return {}

    def zone(self, person: Person, at: Micros) -> str:
        """The person's own zone: the directory's word, else learned from places, then hours, else the company's.

        An exit of the company or a relay says where a gateway stands, so it counts only where nothing else does.
        """
        key = (person.id, day_of(at))
        known = self._zones.get(key)
        if known is None:
            baseline = self.baseline(person.id, at)
            there: dict[str, int] = defaultdict(int)
            exits: dict[str, int] = defaultdict(int)
            for ip, habit in baseline.values("ip").items():
                where = self.where(ip, habit.last_at)
                zone = zone_at(where.country, where.lat, where.lon) or ""
                (there if where.tells_presence else exits)[zone] += habit.n
            hours = [baseline.values("hour")[str(h)].n if str(h) in baseline.values("hour") else 0 for h in range(168)]
            learned = zone_of(person.timezone, None, hours, _most(there))
            known = self.facts.company.timezone or _most(exits) if learned.reason == "unknown" else learned.zone
            self._zones[key] = known = known or "UTC"
        return known

    @cached_property
    def _zones(self) -> dict[tuple[str, str], str]:
        return {}

    def hours(self, person: Person, at: Micros) -> HourCurve:
        """The person's hour-of-week curve in local time, leaning on a human day while there is little history."""
        shift = (hour_of_week(at, self.zone(person, at)) - hour_of_week(at)) % HOURS
        key = (person.id, day_of(at), shift)
        known = self._curves.get(key)
        if known is None:
            habits = self.home_hours(person, at)
            # Days, not events: one busy night on a trip is one night.
            counts = {(int(hour) + shift) % HOURS: habit.day_weight for hour, habit in habits.items()}
            known = self._curves[key] = HourCurve.of(counts, self._office_curve, weight=10.0)
        return known

    def home_hours(self, person: Person, at: Micros) -> Mapping[str, Habit]:
        """Hours of the week (UTC) without the days of trips: a week in another zone is no habit of nights."""
        key = (person.id, day_of(at))
        known = self._home_hours.get(key)
        if known is None:
            baseline = self.baseline(person.id, at)
            known = self._home_hours[key] = baseline.without("hour", self._days_away(baseline))
        return known

    @cached_property
    def _home_hours(self) -> dict[tuple[str, str], Mapping[str, Habit]]:
        return {}

    def _days_away(self, baseline: Baseline) -> frozenset[str]:
        """Days on which every address with a known country was outside the country of most days."""
        countries: dict[str, set[str]] = {}
        for day, ips in baseline.days_of("ip").items():
            places = [self.where(ip, parse_time(day)) for ip in ips]
            countries[day] = {
                place.country for place in places if place.country and not place.corporate and place.tells_presence
            }
        counted: dict[str, int] = defaultdict(int)
        for found in countries.values():
            for country in found:
                counted[country] += 1
        home = max(counted, key=lambda country: (counted[country], country), default=None)
        return frozenset(day for day, found in countries.items() if found and home not in found)

    @cached_property
    def _curves(self) -> dict[tuple[str, str, int], HourCurve]:
        return {}

    @cached_property
    def _office_curve(self) -> HourCurve:
        """When unknown people work: the working hours, now and then an evening or a weekend, no nights."""
        start, end = self.facts.company.working_hours
        shares: dict[int, float] = {}
        for hour in range(HOURS):
            weekend, clock = hour >= 120, hour % 24
            if start <= clock < end:
                shares[hour] = _WEEKEND_SHARE if weekend else 1.0
            elif start - 2 <= clock < start or end <= clock < 24:
                shares[hour] = _WEEKEND_SHARE if weekend else _EVENING_SHARE
            else:
                shares[hour] = _NIGHT_SHARE
        total = sum(shares.values())
        return HourCurve(tuple(shares[hour] / total for hour in range(HOURS)), 0.0)

    def spread(self, dimension: str) -> Spread:
        """How many identities showed each value of `country`, `asn`, `prefix`, `kind`, `client`, `project`."""
        if dimension in PLACE_DIMENSIONS:
            return self._place_spreads[dimension]
        return self._spread_of(dimension)

    def _spread_of(self, dimension: str) -> Spread:
        if dimension not in self._spreads:
            self._spreads[dimension] = Spread.of(
                (self.identity_of(s.account, parse_time(s.first_day)) or s.account, s.value, s.first_day)
                for s in self._sightings(dimension)
            )
        return self._spreads[dimension]

    @cached_property
    def _spreads(self) -> dict[str, Spread]:
        return {}

    @cached_property
    def _place_spreads(self) -> dict[str, Spread]:
        found: dict[str, list[tuple[str, str, str]]] = {name: [] for name in PLACE_DIMENSIONS}
        for sighting in self._sightings("ip"):
            first = parse_time(sighting.first_day)
            where = self.where(sighting.value, first)
            identity = self.identity_of(sighting.account, first) or sighting.account
            for dimension, value in where.values.items():
                if value:
                    found[dimension].append((identity, value, sighting.first_day))
        return {dimension: Spread.of(rows) for dimension, rows in found.items()}

    @cached_property
    def _presence(self) -> Spread:
        """How many identities were seen in each country by an address that tells where they were."""
        found = []
        for sighting in self._sightings("ip"):
            first = parse_time(sighting.first_day)
            where = self.where(sighting.value, first)
            if where.country and where.tells_presence:
                found.append((self.identity_of(sighting.account, first) or sighting.account, where.country,
                              sighting.first_day))  # fmt: skip
        return Spread.of(found)

    @cached_property
    def _active_days(self) -> list[str]:
        days = self.facts.active(self._first_day, day_of(self.until))
        return sorted(day for _, day in {(self.identity_of(a, self.until) or a, day) for a, day in days})

    def identity_days(self, since_day: str, until_day: str) -> int:
        """Pairs of identity and day with an event in [since, until)."""
        return bisect_left(self._active_days, until_day) - bisect_left(self._active_days, since_day)

    def rate_of_firsts(self, dimension: str, at: Micros, holders: int | None = None) -> float:
        """How often, per identity and active day, somebody meets a first value of a dimension in 30 days before `at`.

        `holders` counts only values that at most so many others had shown: the fewer, the rarer.
        """
        key = (dimension, day_of(at), holders)
        known = self._rates.get(key)
        if known is None:
            since, until = day_of(at - _TRAILING_DAYS * DAY), day_of(at)
            firsts = self.spread(dimension).firsts(since, until, holders=holders)
            known = self._rates[key] = (firsts + 0.5) / (self.identity_days(since, until) + 1)
        return known

    @cached_property
    def _rates(self) -> dict[tuple[str, str, int | None], float]:
        return {}

    def office_countries(self, at: Micros) -> frozenset[str]:
        """Countries of offices: as set, else each in which 5 % of the identities had worked before that day."""
        if self.facts.company.office_countries:
            return frozenset(country_code(name) or name for name in self.facts.company.office_countries)
        day = day_of(at)
        known = self._offices.get(day)
        if known is None:
            # Where an exit or a relay stands says nothing of where people work, as long as anything else does.
            known = self._offices[day] = _worked_in(self._presence, day) or _worked_in(self.spread("country"), day)
        return known

    @cached_property
    def _offices(self) -> dict[str, frozenset[str]]:
        return {}

    # ---------------------------------------------------------- other sources

    @cached_property
    def feeds(self) -> dict[str, Feed]:
        """From when to when there are records, by product."""
        return {feed.product: feed for feed in self.facts.feeds()}

    def heard(self, product: str, since: Micros, until: Micros) -> int:
        """How many records of people a source has in [since, until], whoever they are about."""
        return sum(
            1
            for events in self._activity.values()
            for event in events[_place(events, since) : _place(events, until + 1)]
            if event.product == product
        )

    def once(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What `make` gives, made once a judging; for conditions that ask the same of many events."""
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found

    @cached_property
    def _made(self) -> dict[tuple[Any, ...], Any]:
        return {}

    @cached_property
    def devices(self) -> Devices:
        """Devices that identity providers and inventories named, for the time that is judged."""
        sessions = self.facts.device_sessions(self.since - 3 * DAY, self.until + DAY)
        return Devices(sessions, self.identity_of, self.facts.inventory())

    def changes_of(self, types: frozenset[str]) -> dict[str, list[Event]]:
        """Events of these types ever, by the person they are about, in time order."""
        known = self._changes.get(types)
        if known is None:
            known = self._changes[types] = defaultdict(list)
            for event in sorted(self.facts.events(types, 0, self.until), key=lambda e: (e.occurred_at, e.event_id)):
                about = self.about(event)
                if about is not None:
                    known[about].append(event)
        return known

    @cached_property
    def _changes(self) -> dict[frozenset[str], dict[str, list[Event]]]:
        return {}

    # ------------------------------------------------------------------ around

    @cached_property
    def _activity(self) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.facts.activity(self.since - 2 * DAY, self.until + DAY):
            identity = self.identity_of(event.account_key, event.occurred_at)
            if identity is not None:
                found[identity].append(event)
        return {who: sorted(events, key=lambda e: (e.occurred_at, e.event_id)) for who, events in found.items()}

    def around(self, identity: str, since: Micros, until: Micros) -> Sequence[Event]:
        """The identity's events in [since, until], all sources, in time order."""
        events = self._activity.get(identity, [])
        return events[_place(events, since) : _place(events, until + 1)]

    def note_sharing(self, events: Iterable[Event]) -> None:
        """Remember the openness that each sharing event left behind."""
        for event in events:
            if event.project_id:
                self._sharing.setdefault(event.project_id, []).append((event.occurred_at, audience_of(event)))
        for states in self._sharing.values():
            states.sort()

    def project(self, project_id: str, at: Micros) -> ProjectState:
        """The project just before `at`."""
        versions = self.versions("project", project_id)
        newest = versions[-1] if versions else None
        privacy, reason = self._privacy(project_id, versions, at)
        return ProjectState(
            id=project_id,
            name=(newest.name if newest else None) or "",
            created_at=newest.created_at if newest else None,
            owner=newest.owner_account if newest else None,
            privacy=privacy,
            privacy_reason=reason,
        )

    def _privacy(self, project_id: str, versions: Sequence[ObjectVersion], at: Micros) -> tuple[str, str]:
        told = [(when, state) for when, state in self._sharing.get(project_id, ()) if when < at]
        seen = []
        for version in versions:
            is_private = attributes_of(version).get("is_private")
            # The time at which the record was seen, never its creation: the record tells the state at reading.
            if isinstance(is_private, bool) and version.seen_at < at:
                seen.append((version.seen_at, "private" if is_private else "organization"))
        known = sorted(told + seen)
        if known:
            when, state = known[-1]
            return state, f"{state} since {day_of(when)} as far as is known"
        strangers, visitors = self._strangers(project_id, at)
        # One or two are people whose role or group has changed since; an open project shows many.
        if strangers >= 3 and 4 * strangers >= visitors:
            return "organization", f"{strangers} of {visitors} people who had opened it held no grant"
        first = [when for when, _ in self._sharing.get(project_id, ()) if when >= at]
        return "could_not_tell", "no record from before" if first else "no sharing event and no record from before"

    @cached_property
    def _group_members(self) -> dict[str, set[str]]:
        groups: dict[str, set[str]] = defaultdict(set)
        for grant in self.facts.grants("group"):
            if grant.principal_kind == "user" and grant.principal_id:
                groups[grant.resource_id].add(account_key(grant.product, grant.principal_id))
        return groups

    def members_at(self, group_id: str, at: Micros) -> set[str]:
        """Accounts that were members of a group at a time, as far as is known."""
        held: dict[str, bool] = {}
        for grant in self._memberships.get(group_id, ()):
            if grant.principal_id and (grant.valid_from <= at or not grant.exact_from):
                held[account_key(grant.product, grant.principal_id)] = not grant.removed or grant.valid_from > at
        return {account for account, is_member in held.items() if is_member}

    @cached_property
    def _memberships(self) -> dict[str, list[Grant]]:
        found: dict[str, list[Grant]] = defaultdict(list)
        for grant in sorted(self.facts.grants("group"), key=lambda grant: (grant.valid_from, grant.seen_at)):
            if grant.principal_kind == "user":
                found[grant.resource_id].append(grant)
        return found

    def members_of(self, group_id: str) -> set[str]:
        """Accounts that are or were members of a group."""
        return self._group_members.get(group_id, set())

    @cached_property
    def _project_members(self) -> dict[str, set[str]]:
        members: dict[str, set[str]] = defaultdict(set)
        for grants in self._grants_by_project.values():
            for grant in grants:
                if grant.principal_kind == "group" and grant.principal_id:
                    members[grant.resource_id] |= self.members_of(grant.principal_id)
                elif grant.principal_id:
                    members[grant.resource_id].add(account_key(grant.product, grant.principal_id))
        return members

    def new_readers(self, before: str, after: str, mover: str | None) -> int:
        """How many accounts (an organization counts as one) hold something on the one project and not on the other."""
        held = self._project_members.get(after, set()) - self._project_members.get(before, set())
        return len(held - {mover})

    def grants_on(self, project_id: str) -> Sequence[Grant]:
        """Every version of the grants on a project."""
        return self._grants_by_project.get(project_id, ())

    @cached_property
    def _grants_by_project(self) -> dict[str, list[Grant]]:
        found: dict[str, list[Grant]] = defaultdict(list)
        for grant in self.facts.grants("project"):
            found[grant.resource_id].append(grant)
        return found

    def touched(self, identity: str, project_id: str, at: Micros) -> bool:
        """Whether the identity had done anything in a project before `at`, or made it."""
        state = self.project(project_id, at)
        if state.owner is not None and self.identity_of(state.owner, at) == identity:
            return True
        if self._spread_of("project").holders(project_id, day_of(at), frozenset({identity})):
            return True
        start = parse_time(day_of(at))
        return any(event.project_id == project_id for event in self.around(identity, start, at - 1))

    def touched_before(self, identity: str, project_id: str, at: Micros) -> bool:
        """Whether the identity was seen in the project on a day before that of `at`."""
        return self._spread_of("project").holders(project_id, day_of(at), frozenset({identity})) > 0

    def note_chats(self, events: Iterable[Event]) -> None:
        """Remember in which project each chat was, from every event that names both or says there was none."""
        for event in events:
            if event.chat_id:
                self._chat_projects.setdefault(event.chat_id, []).append((event.occurred_at, event.project_id or ""))
        for states in self._chat_projects.values():
            states.sort()

    @property
    def projects_of_moved_chats(self) -> set[str]:
        """Every project in which an event says that one of the noted chats was."""
        return {project for states in self._chat_projects.values() for _, project in states if project}

    @cached_property
    def _chat_projects(self) -> dict[str, list[tuple[Micros, str]]]:
        return {}

    def chat_project_before(self, chat_id: str, at: Micros) -> str | None:
        """The project a chat was in before `at`: its id, `""` for none, None where nobody knows."""
        told = [state for state in self._chat_projects.get(chat_id, ()) if state[0] < at]
        for version in self.versions("chat", chat_id):
            if version.seen_at < at:
                told.append((version.seen_at, (version.parent_id or "") if version.parent_kind == "project" else ""))
        return max(told)[1] if told else None

    def owned(self, person: Person, kinds: Collection[str], at: Micros) -> int:
        """Objects of these kinds (keys) that an account of the person made before `at`."""
        if not kinds:
            return 0
        key = tuple(sorted(kinds))
        if key not in self._owners:
            found: dict[str, list[Micros]] = defaultdict(list)
            for version in self.facts.objects(key):
                if version.owner_account:
                    found[version.owner_account].append(version.created_at or version.valid_from)
            self._owners[key] = dict(found)
        return sum(1 for account in person.accounts for made in self._owners[key].get(account, ()) if made < at - DAY)

    @cached_property
    def _owners(self) -> dict[tuple[str, ...], dict[str, list[Micros]]]:
        return {}

    def _strangers(self, project_id: str, at: Micros) -> tuple[int, int]:
        """Of the identities that touched the project before the day of `at`: how many hold nothing on it, and all."""
        members = self._project_members.get(project_id)
        if not members:
            return 0, 0
        day = day_of(at)
        identities = {self.identity_of(account, at) for account in members}
        pairs = self._spread_of("project").first_days.get(project_id, ())
        visitors = [identity for first, identity in pairs if first < day]
        return sum(1 for identity in visitors if identity not in identities), len(visitors)


def _place(events: Sequence[Event], at: Micros) -> int:
    return bisect_left(events, at, key=lambda event: event.occurred_at)


def audience_of(event: Event) -> str:
    """The openness that a sharing event leaves: public, organization or private."""
    audience = json.loads(event.raw).get("audience") or []
    kinds = {item.get("type") if isinstance(item, dict) else item for item in audience}
    return "public" if "public" in kinds else "organization" if kinds else "private"


def _most(zones: Mapping[str, int]) -> str | None:
    """The zone of most events; None where that is not known."""
    return max(zones, key=lambda zone: (zones[zone], zone), default="") or None


def _worked_in(spread: Spread, day: str) -> frozenset[str]:
    """Countries in which 5 % of the identities, and two, had worked before a day."""
    enough = max(2.0, 0.05 * spread.known(day))
    return frozenset(country for country in spread.first_days if spread.holders(country, day) >= enough)
