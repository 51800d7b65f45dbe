"""Who is behind an account, as of the time of an event."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fanlight.detections.facts import Facts
from fanlight.model import Event, Micros, ObjectVersion, account_key, day_of, parse_time

__all__ = ["People", "Person", "attributes_of"]

ELEVATED = frozenset({"primary_owner", "owner", "admin", "membership_admin"})
_PERSON_KINDS = ("idp_user", "user")


@dataclass(frozen=True, slots=True)
class Person:
    """An identity as it was at the time."""

    id: str
    name: str
    email: str | None
    accounts: tuple[str, ...]
    department: str | None
    timezone: str | None
    roles: tuple[str, ...]

    @property
    def elevated(self) -> bool:
        return any(role in ELEVATED for role in self.roles)


@dataclass
class People:
    """Identities of one judging, looked up once."""

    facts: Facts
    since: Micros
    until: Micros
    _persons: dict[tuple[str, str], Person] = field(default_factory=dict)

    @cached_property
    def _links(self) -> dict[str, list[tuple[Micros, Micros | None, str]]]:
        links: dict[str, list[tuple[Micros, Micros | None, str]]] = defaultdict(list)
        for link in self.facts.links():
            if not link.removed:
                links[link.account_key].append((link.valid_from, link.valid_to, link.identity_id))
        return {account: sorted(spans, key=lambda s: (s[0], s[2])) for account, spans in links.items()}

    @cached_property
    def _accounts(self) -> dict[str, list[str]]:
        accounts: dict[str, list[str]] = defaultdict(list)
        for account, spans in self._links.items():
            for identity in sorted({span[2] for span in spans}):
                accounts[identity].append(account)
        return {identity: sorted(found) for identity, found in accounts.items()}

    def identity_of(self, account: str | None, at: Micros) -> str | None:
        """The identity behind an account at a time; an account that is linked to nobody stands for itself."""
        if account is None:
            return None
        spans = self._links.get(account, ())
        for since, until, identity in reversed(spans):
            if since <= at and (until is None or at < until):
                return identity
        # A link that starts later than the event: the account was first listed after it acted.
        return spans[0][2] if spans and at < spans[0][0] else account

    def about(self, event: Event) -> str | None:
        """The person an event is about: the one it names as its target, else the one who acted."""
        at = event.occurred_at
        if (event.target_kind or "").lower() in _PERSON_KINDS:
            named = self.account_named(event.product, event.target_id)
            if named is not None:
                return self.identity_of(named, at)
        return self.identity_of(event.account_key, at)

    def account_named(self, product: str, name: str | None) -> str | None:
        """The account that a source means by an id or an address; None where no directory knows it."""
        if name is None:
            return None
        key = account_key(product, name)
        return key if key in self._links else self._addresses.get((product, name.casefold()))

    @cached_property
    def _addresses(self) -> dict[tuple[str, str], str]:
        """Accounts by product and the address under which its directory lists them."""
        found: dict[tuple[str, str], str] = {}
        for account, versions in sorted(self._people_objects.items(), reverse=True):
            attributes = attributes_of(versions[-1])
            for name in ("email", "login", "primaryEmail", "userPrincipalName", "mail"):
                address = _text(attributes, name)
                if address:
                    found[versions[-1].product, address.casefold()] = account
        return found

    def directory_accounts(self, identity: str) -> dict[str, Sequence[ObjectVersion]]:
        """The person's accounts at identity providers and in staff lists, with every version that was read."""
        return {
            account: versions
            for account in self.accounts_of(identity)
            if (versions := self._people_objects.get(account)) and versions[-1].kind == "idp_user"
        }

    def accounts_of(self, identity: str) -> tuple[str, ...]:
        return tuple(self._accounts.get(identity, (identity,)))

    @cached_property
    def _people_objects(self) -> dict[str, list[ObjectVersion]]:
        found: dict[str, list[ObjectVersion]] = defaultdict(list)
        for version in self.facts.objects(_PERSON_KINDS):
            found[account_key(version.product, version.object_id)].append(version)
        return {key: sorted(versions, key=lambda v: (v.valid_from, v.seen_at)) for key, versions in found.items()}

    def person(self, identity: str, at: Micros) -> Person:
        """Name, department and roles of an identity as of a time (the oldest known where nothing is older)."""
        key = (identity, day_of(at))
        known = self._persons.get(key)
        if known is None:
            known = self._persons[key] = self._person(identity, parse_time(day_of(at)))
        return known

    def _person(self, identity: str, at: Micros) -> Person:
        name, email, department, timezone = "", None, None, None
        roles: list[str] = []
        accounts = self.accounts_of(identity)
        for account in sorted(accounts, key=lambda a: not a.startswith(("okta:", "entra_id:"))):
            for version in _as_of_each(self._people_objects.get(account, ()), at):
                attributes = attributes_of(version)
                name = name or version.name or ""
                email = email or _text(attributes, "email", "login", "profile.email")
                department = department or _text(attributes, "department", "profile.department")
                timezone = timezone or _text(attributes, "timezone", "profile.timezone")
                role = _text(attributes, "organization_role", "role")
                roles += [role] if role else []
        return Person(identity, name, email, accounts, department, timezone, tuple(sorted(set(roles))))

    @cached_property
    def _departments(self) -> dict[str, frozenset[str]]:
        members: dict[str, set[str]] = defaultdict(set)
        for account, versions in self._people_objects.items():
            department = _text(attributes_of(versions[-1]), "department", "profile.department")
            if department:
                members[department].add(self.identity_of(account, self.until) or account)
        return {name: frozenset(found) for name, found in members.items()}

    def peers(self, person: Person) -> frozenset[str]:
        """The other identities of the person's department; empty when the directory names none."""
        if person.department is None:
            return frozenset()
        return self._departments.get(person.department, frozenset()) - {person.id}


def _as_of_each(versions: Sequence[ObjectVersion], at: Micros) -> list[ObjectVersion]:
    """The version in force at a time, else the oldest known."""
    before = [version for version in versions if version.valid_from <= at]
    return before[-1:] or list(versions[:1])


def attributes_of(version: ObjectVersion) -> dict[str, Any]:
    """The metadata of an object."""
    found = json.loads(version.attributes or "{}")
    return found if isinstance(found, dict) else {}


def _text(attributes: dict[str, Any], *names: str) -> str | None:
    for name in names:
        value: Any = attributes
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str) and value:
            return value
    return None
