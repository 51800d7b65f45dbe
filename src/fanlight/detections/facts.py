"""What judging asks of the world: loaders of facts, in bulk. The lake answers in production, a scenario in tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from fanlight.enrich.calendars import Calendars
from fanlight.enrich.devices import DeviceSession
from fanlight.enrich.inventory import Inventory
from fanlight.enrich.places import Place
from fanlight.enrich.workhours import StatedHours
from fanlight.model import Event, Grant, Link, Match, Micros, ObjectVersion, Rollup, Sensitivity
from fanlight.supply.inventory import Approvals

__all__ = ["Attack", "Company", "Exported", "Facts", "Feed", "Gap", "Sighting"]


class Sighting(NamedTuple):
    """An account showed a value, first on this day."""

    account: str
    value: str
    first_day: str


class Feed(NamedTuple):
    """From when to when there are records of a product."""

    product: str
    sources: tuple[str, ...]
    """Names of the connected sources they came from."""
    first: Micros
    last: Micros
    """The newest record, or when the source was last read to its end where it is asked: then all until it is known."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which a source sent nothing although it should have."""

    source: str
    since: Micros
    until: Micros
    sentence: str


@dataclass(frozen=True, slots=True)
class Attack:
    """A time in which somebody else used these accounts, by an analyst's word: what was done then is nobody's habit."""

    accounts: frozenset[str]
    since: Micros
    until: Micros
    """Both inclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What the operator knows of the company and judging uses. All optional."""

    corporate_egress: tuple[str, ...] = ()
    """Networks (CIDR) whose users may be anywhere: offices, VPN exits, secure web gateways."""
    office_countries: tuple[str, ...] = ()
    """ISO codes; empty: learned from where the organization works."""
    timezone: str | None = None
    """Used for people whose own zone is unknown."""
    working_hours: tuple[int, int] = (8, 19)
    """Local hours (from, to) that are usual while somebody has no history."""
    holidays: tuple[str, ...] = ()
    """Local days, `YYYY-MM-DD`; like a Sunday for everybody."""
    holiday_calendars: tuple[str, ...] = ()
    """Public holidays of countries or their parts (`DE`, `DE-BY`), for people whose zone lies there."""
    approvals: Approvals = field(default_factory=Approvals)
    """MCP servers and other things inside Claude that the operator approved."""
    leavers: tuple[tuple[str, Micros], ...] = ()
    """E-mail and the end of the last day of people who left, as the operator said."""
    people_hours: tuple[tuple[str, StatedHours], ...] = ()
    """E-mail and stated hours of people who work at other times than the company."""

    @property
    def calendars(self) -> Calendars:
        """The days on which people do not work."""
        return Calendars(self.holiday_calendars, frozenset(self.holidays))

    def hours_of(self, email: str | None) -> StatedHours | None:
        """What the operator said of a person's hours; None when nothing."""
        folded = (email or "").casefold()
        return next((hours for address, hours in self.people_hours if address.casefold() == folded), None)


@dataclass(frozen=True, slots=True)
class Exported:
    """Sensitivity of one object with the label categories that make it."""

    sensitivity: Sensitivity
    categories: tuple[str, ...] = field(default=())


class Facts(Protocol):
    """Facts known now. Loaders are called a few times a judging, never once an event."""

    @property
    def tenant(self) -> str: ...

    @property
    def company(self) -> Company: ...

    def events(self, types: Collection[str] | None, since: Micros, until: Micros) -> Sequence[Event]:
        """Events of these types (lower case; None: all) in [since, until), with raw."""
        ...

    def activity(self, since: Micros, until: Micros) -> Sequence[Event]:
        """All events in [since, until) without raw."""
        ...

    def events_of_chats(self, chats: Collection[str], types: Collection[str], until: Micros) -> Sequence[Event]:
        """Every event of these types about these chats before `until`, without raw."""
        ...

    def objects(self, kinds: Collection[str], ids: Collection[str] | None = None) -> Sequence[ObjectVersion]:
        """Every version of the objects of these kinds."""
        ...

    def grants(self, resource_kind: str) -> Sequence[Grant]:
        """Every version of the grants on resources of a kind."""
        ...

    def links(self) -> Sequence[Link]: ...

    def matches(self, chats: Collection[str], projects: Collection[str], files: Collection[str]) -> Sequence[Match]:
        """Current matches that name any of these chats, projects, files or documents."""
        ...

    def entered(self, since: Micros, until: Micros) -> Sequence[Match]:
        """Current matches in what people (role user) wrote in [since, until)."""
        ...

    def rollups(self, entities: Collection[str], first_day: str, last_day: str) -> Sequence[Rollup]:
        """Account rollups of these accounts in [first, last] (UTC days)."""
        ...

    def sightings(self, dimension: str, last_day: str) -> Sequence[Sighting]:
        """Which account ever showed which value of a dimension up to a day, first on which day."""
        ...

    def active(self, first_day: str, last_day: str) -> Sequence[tuple[str, str]]:
        """(account, day) of every day with an event in [first, last]."""
        ...

    def locate(self, ip: str, at: Micros) -> Place: ...

    def client_of(self, user_agent: str) -> str: ...

    def sensitivity_of(self, matches: Sequence[Match]) -> Sensitivity: ...

    def gaps(self, since: Micros, until: Micros) -> Sequence[Gap]: ...

    def feeds(self) -> Sequence[Feed]:
        """From when to when there are records of each product."""
        ...

    def device_sessions(self, since: Micros, until: Micros) -> Sequence[DeviceSession]:
        """Sessions in [since, until) for which an identity provider or an inventory names the device."""
        ...

    def inventory(self) -> Inventory:
        """What device inventories know of devices."""
        ...

    def attacks(self) -> Sequence[Attack]:
        """Times that findings closed as true positives cover."""
        ...
