"""Account facts from the store: directory objects with their history, and actors that only events name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar, cast

import orjson
import pyarrow as pa

from fanlight.identity.accounts import AccountFacts, AccountKind, AccountStatus, EmailClaim
from fanlight.identity.addresses import is_address, normal_address
from fanlight.model import Micros, ObjectVersion, account_key, parse_time

__all__ = ["ACCOUNT_KINDS", "FactReader", "accounts_of_events", "accounts_of_objects", "gather_accounts"]

Row = TypeVar("Row")

#: Kinds of objects that are accounts, and what sort of account each is.
ACCOUNT_KINDS: Mapping[str, AccountKind] = {
    "user": "human",
    "idp_user": "human",
    "service_account": "service",
    "api_key": "api_key",
    "admin_api_key": "api_key",
    "compliance_key": "api_key",
    "service_key": "api_key",
    "analytics_key": "api_key",
}

_ASSIGNMENT = "idp_app_assignment"
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_APPLICATION = "idp_app"
_OFF = frozenset({"suspended", "deprovisioned", "deactivated", "inactive", "disabled", "archived", "staged", "deleted"})
_MACHINE_TYPES = frozenset({"service", "service_account", "bot", "machine", "system", "robot", "integration"})
_MACHINE_PREFIXES = ("svc-", "svc_", "svc.", "sa-", "bot-", "bot_", "robot-", "service-")
_MACHINE_ACTORS = ("service", "sync", "system", "agent", "client", "anthropic")
_DIRECTORIES = frozenset({"okta", "entra_id", "google_workspace"})

_EVENT_ACTORS = """
    SELECT account_key, actor_email, any_value(tenant) AS tenant, any_value(product) AS product,
           any_value(source) AS source, any_value(actor_kind) AS actor_kind,
           min(occurred_at) AS first_at, max(occurred_at) AS last_at, count(*) AS n
    FROM events WHERE account_key IS NOT NULL GROUP BY account_key, actor_email
    """


class FactReader(Protocol):
    """The part of the lake's reader that is used here."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table: ...

    def rows(
        self, row: type[Row], where: str = "", parameters: Sequence[Any] = (), *, now: bool = False
    ) -> list[Row]: ...


def gather_accounts(reader: FactReader) -> list[AccountFacts]:
    """Every account the store has ever seen, with its dated addresses; the input of `resolve`."""
    kinds = [*ACCOUNT_KINDS, _ASSIGNMENT, _APPLICATION]
    marks = ", ".join("?" for _ in kinds)
    listed = accounts_of_objects(reader.rows(ObjectVersion, f"kind IN ({marks})", kinds))
    return accounts_of_events(reader.query(_EVENT_ACTORS).to_pylist(), listed)


def accounts_of_objects(versions: Iterable[ObjectVersion]) -> list[AccountFacts]:
    """One account per listed login, from all versions of its objects (a login may be a member of several places)."""
    histories: dict[str, list[ObjectVersion]] = defaultdict(list)
    assignments: dict[str, ObjectVersion] = {}
    applications: dict[str, str] = {}
    for version in sorted(versions, key=lambda v: (v.valid_from, v.seen_at)):
        if version.kind == _ASSIGNMENT:
            assignments[f"{version.product}:{version.object_id}"] = version
        elif version.kind == _APPLICATION:
            applications[version.object_id] = version.name or ""
        elif version.kind in ACCOUNT_KINDS:
            histories[account_key(version.product, version.object_id)].append(version)
    accounts = {key: _account(key, history) for key, history in histories.items()}
    for assignment in assignments.values():
        _apply_assignment(assignment, accounts, applications)
    return [accounts[key] for key in sorted(accounts)]


def _account(key: str, history: Sequence[ObjectVersion]) -> AccountFacts:
    last = history[-1]
    now = _attributes(last)
    kind = _kind_of(last, now)
    places: dict[str, list[ObjectVersion]] = defaultdict(list)
    for version in history:
        places[version.organization_id or ""].append(version)
    gone = [versions[-1] for versions in places.values() if versions[-1].removed]
    until: Micros | None = None
    if len(gone) == len(places):
        until = max(version.deleted_at or version.valid_from for version in gone)
    status: AccountStatus = "inactive" if until is not None else _status(now)
    if until is None and status == "inactive":
        until = _switched_off(history)
    return AccountFacts(
        tenant=last.tenant,
        account_key=key,
        source=last.source,
        product=last.product,
        native_id=last.object_id,
        kind=kind,
        directory=last.kind == "idp_user" or (last.kind == "user" and last.product in _DIRECTORIES),
        name=_text(now, "full_name", "display_name", "name") or _full_name(now) or last.name,
        claims=_claims(places.values(), until),
        employee_id=_text(now, "employee_number", "employee_id"),
        owner_account=last.owner_account or _owner(last, now),
        status=status,
        since=min(version.created_at or version.valid_from for version in history),
        until=until,
    )


def _kind_of(version: ObjectVersion, attributes: Mapping[str, Any]) -> AccountKind:
    kind = ACCOUNT_KINDS[version.kind]
    if kind == "human":
        stated = (_text(attributes, "user_type", "account_type", "type") or "").casefold()
        login = (_text(attributes, "login", "email") or "").casefold()
        if stated in _MACHINE_TYPES or login.startswith(_MACHINE_PREFIXES):
            return "service"
    return kind


def _status(attributes: Mapping[str, Any]) -> AccountStatus:
    status = (_text(attributes, "status") or "").casefold()
    if status in _OFF or attributes.get("is_active") is False or attributes.get("suspended") is True:
        return "inactive"
    return "active"


def _switched_off(history: Sequence[ObjectVersion]) -> Micros:
    """Since when the account has been off: the source's own time, else the oldest version of the last stretch."""
    stated = _text(_attributes(history[-1]), "status_changed", "statusChanged")
    if stated is not None:
        try:
            return parse_time(stated)
        except ValueError:
            pass
    since = history[-1].valid_from
    for version in reversed(history):
        if _status(_attributes(version)) != "inactive":
            break
        since = version.valid_from
    return since


def _claims(places: Iterable[Sequence[ObjectVersion]], until: Micros | None) -> tuple[EmailClaim, ...]:
    """Addresses with the time in which the source carried them; changed addresses end when they changed."""
    found: dict[tuple[str, str], EmailClaim] = {}
    for versions in places:
        open_claims: dict[tuple[str, str], EmailClaim] = {}
        for index, version in enumerate(versions):
            since = version.valid_from
            if index == 0 and version.created_at is not None:
                since = min(since, version.created_at)
            stated = {} if version.removed else dict.fromkeys(_addresses(_attributes(version)))
            for key in [key for key in open_claims if key not in stated]:
                _merge(found, replace(open_claims.pop(key), until=since))
            for key in stated:
                open_claims.setdefault(key, EmailClaim(address=key[1], kind=cast(Any, key[0]), since=since))
        for claim in open_claims.values():
            _merge(found, replace(claim, until=until))
    return tuple(sorted(found.values(), key=lambda c: (c.since, c.kind, c.address)))


def _merge(found: dict[tuple[str, str], EmailClaim], claim: EmailClaim) -> None:
    key = (claim.kind, claim.address)
    before = found.get(key)
    if before is None:
        found[key] = claim
        return
    until = None if before.until is None or claim.until is None else max(before.until, claim.until)
    found[key] = replace(before, since=min(before.since, claim.since), until=until)


def _addresses(attributes: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """(kind, address) pairs that one version of an account states."""
    for kind, names in (
        ("primary", ("email", "mail", "primary_email", "email_address")),
        ("login", ("login", "user_principal_name", "user_name")),
        ("secondary", ("second_email",)),
    ):
        value = _text(attributes, *names)
        if value is not None and is_address(value):
            yield kind, value
    aliases = attributes.get("aliases") or attributes.get("proxy_addresses") or ()
    if isinstance(aliases, str):
        aliases = [alias for alias in aliases.replace(";", ",").split(",") if alias]
    for alias in aliases:
        text = str(alias).strip()
        text = text[5:] if text[:5].casefold() == "smtp:" else text
        if is_address(text):
            yield "alias", text


def _apply_assignment(
    assignment: ObjectVersion, accounts: dict[str, AccountFacts], applications: Mapping[str, str]
) -> None:
    """A directory's assignment of the Claude application says under which name or id it provisions the person."""
    attributes = _attributes(assignment)
    user = _text(attributes, "user_id", "user") or (assignment.owner_account or "").rpartition(":")[2]
    person = accounts.get(account_key(assignment.product, user))
    if person is None:
        return
    external = _text(attributes, "external_id")
    provisioned = person.provisioned
    if external is not None:
        provisioned += tuple(
            key for key, account in _by_native(accounts, external) if account.product != assignment.product
        )
    claims = list(person.claims)
    stated = _text(attributes, "app", "app_name", "app_label") or ""
    application = f"{stated} {applications.get(stated, '')} {assignment.name or ''}".casefold()
    if "claude" in application or "anthropic" in application:
        since = assignment.created_at or assignment.valid_from
        until = assignment.valid_from if assignment.removed else person.until
        names = {_text(attributes, "user_name"), _text(attributes, "email")}
        for name in sorted(name for name in names if name is not None and normal_address(name)):
            claims.append(EmailClaim(address=name, kind="app", since=min(since, person.since), until=until))
    accounts[person.account_key] = replace(
        person, provisioned=tuple(dict.fromkeys(provisioned)), claims=tuple(dict.fromkeys(claims))
    )


def _by_native(accounts: Mapping[str, AccountFacts], native_id: str) -> list[tuple[str, AccountFacts]]:
    keys = (account_key(product, native_id) for product in ("claude", "github_audit", "google_workspace", "entra_id"))
    return [(key, accounts[key]) for key in keys if key in accounts]


def accounts_of_events(actors: Iterable[Mapping[str, Any]], listed: Sequence[AccountFacts]) -> list[AccountFacts]:
    """Add actors that no directory lists, and addresses that only events carried.

    `actors` has one row per account and address: account_key, tenant, product, source, actor_kind, actor_email,
    first_at, last_at, n.
    """
    accounts = {account.account_key: account for account in listed}
    seen = set(accounts)
    complete = {account.product for account in listed if account.kind == "human"}
    for actor in sorted(actors, key=lambda row: (row["account_key"], row["first_at"])):
        key = str(actor["account_key"])
        end = actor["last_at"] + 1
        # Where a source lists its people, somebody whom it does not list is gone: the address may be another's now.
        gone = key not in seen and str(actor["product"]) in complete
        known = accounts.get(key) or _from_actor(key, actor)
        claims = known.claims
        address = normal_address(actor["actor_email"])
        if address is not None and address not in {normal_address(claim.address) for claim in claims}:
            closed = end if gone or known.claims else None
            claims += (EmailClaim(address=address, kind="observed", since=actor["first_at"], until=closed),)
        accounts[key] = replace(
            known,
            claims=claims,
            since=min(known.since, actor["first_at"]),
            until=max(end, known.until or end) if gone and known.kind == "human" else known.until,
            status="inactive" if gone and known.kind == "human" else known.status,
            events=known.events + actor["n"],
        )
    return [accounts[key] for key in sorted(accounts)]


def _from_actor(key: str, actor: Mapping[str, Any]) -> AccountFacts:
    kind_of_actor = str(actor["actor_kind"] or "")
    native = key.partition(":")[2]
    kind: AccountKind = "human"
    if "api" in kind_of_actor or "key" in kind_of_actor or native.startswith("apikey_"):
        kind = "api_key"
    elif any(word in kind_of_actor.casefold() for word in _MACHINE_ACTORS):
        kind = "service"
    return AccountFacts(
        tenant=str(actor["tenant"]),
        account_key=key,
        source=str(actor["source"]),
        product=str(actor["product"]),
        native_id=native,
        kind=kind,
        since=int(actor["first_at"]),
    )


def _owner(version: ObjectVersion, attributes: Mapping[str, Any]) -> str | None:
    owner = _text(attributes, "created_by_id", "principal", "owner_id")
    return account_key(version.product, owner) if owner else None


def _full_name(attributes: Mapping[str, Any]) -> str | None:
    parts = [_text(attributes, "first_name"), _text(attributes, "last_name")]
    return " ".join(part for part in parts if part) or None


def _attributes(version: ObjectVersion) -> dict[str, Any]:
    """Metadata with names in one manner: vendors write `employeeNumber` and `employee_number`."""
    loaded = orjson.loads(version.attributes or "{}")
    if not isinstance(loaded, dict):
        return {}
    return {_HUMP.sub(r"_\1", name).lower(): value for name, value in loaded.items()}


def _text(attributes: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str) and value.strip():
            return value
    return None
