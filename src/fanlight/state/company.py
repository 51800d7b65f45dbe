"""What the operator knows of the company. Every setting is optional; rules fall back without it."""

from __future__ import annotations

import ipaddress
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import delete, insert, select

from fanlight.state import schema
from fanlight.state.state import State

__all__ = [
    "CompanySettings",
    "Leaver",
    "Office",
    "PersonHours",
    "SettingsProblem",
    "SourceCredential",
    "apply_settings",
    "load_settings",
]


class SettingsProblem(ValueError):
    """A settings file cannot be used; the text is one sentence to the operator."""


class Office(BaseModel):
    """A place of the company: its addresses, and where it is when known."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = ""
    networks: tuple[str, ...] = ()
    country: str | None = None
    city: str | None = None

    @field_validator("networks")
    @classmethod
    def _check(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network, strict=False)
        return value


class Leaver(BaseModel):
    """A person who leaves or left."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    email: str
    last_day: str

    @field_validator("last_day", mode="before")
    @classmethod
    def _check(cls, value: Any) -> str:
        return _day(value)


class WorkingHours(BaseModel):
    """Usual hours where a person's own are not known yet; local time, ISO weekdays (1 = Monday)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start: int = Field(default=8, ge=0, le=23)
    end: int = Field(default=19, ge=1, le=24)
    days: tuple[int, ...] = (1, 2, 3, 4, 5)
    timezone: str | None = None


class PersonHours(BaseModel):
    """When one person works, where it differs from the company; local time, ISO weekdays (1 = Monday).

    `end` before `start` is a shift over midnight.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    email: str
    start: int = Field(default=8, ge=0, le=23)
    end: int = Field(default=19, ge=0, le=24)
    days: tuple[int, ...] = (1, 2, 3, 4, 5)
    timezone: str | None = None

    @field_validator("days")
    @classmethod
    def _check(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not all(1 <= day <= 7 for day in value):
            raise ValueError("Days are numbers from 1 (Monday) to 7 (Sunday)")
        return value


class SourceCredential(BaseModel):
    """When the key of a source ends, where the vendor does not say so itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str
    expires: str

    @field_validator("expires", mode="before")
    @classmethod
    def _check(cls, value: Any) -> str:
        return _day(value)


class CompanySettings(BaseModel):
    """Contents of `fanlight settings apply`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    company_domains: tuple[str, ...] = ()
    partner_domains: tuple[str, ...] = ()
    corporate_egress: tuple[str, ...] = ()
    vpn_pools: tuple[str, ...] = ()
    """Addresses that the company's own VPN gives its people: `vpn` of the company, not somebody's relay."""
    offices: tuple[Office, ...] = ()
    approved_mcp_servers: tuple[str, ...] = ()
    approved_integrations: tuple[str, ...] = ()
    """Connectors, plugins, skills, marketplaces, repositories, webhooks, agents: a name, or `kind:name`."""
    source_credentials: tuple[SourceCredential, ...] = ()
    known_compliance_keys: tuple[str, ...] = ()
    known_collector_ips: tuple[str, ...] = ()
    tool_administrators: tuple[str, ...] = ()
    leavers: tuple[Leaver, ...] = ()
    shared_mailboxes: tuple[str, ...] = ()
    working_hours: WorkingHours = WorkingHours()
    people_hours: tuple[PersonHours, ...] = ()
    holidays: tuple[str, ...] = ()
    holiday_calendars: tuple[str, ...] = ()
    """Public holidays of countries or their parts: `DE`, `DE-BY`, `US-CA`."""
    sensitivity: dict[str, Any] = Field(default_factory=dict, exclude=True)
    """Weights of labels, as `fanlight sensitivity apply` takes them; kept apart, so never part of what is shown."""

    @field_validator("offices", mode="before")
    @classmethod
    def _read_offices(cls, value: Any) -> Any:
        """An office may be a bare address or network, or a table with name, country, city and networks."""
        if not isinstance(value, list | tuple):
            return value
        return [_read_office(item) for item in value]

    @field_validator("holidays", mode="before")
    @classmethod
    def _read_holidays(cls, value: Any) -> Any:
        return [_day(item) for item in value] if isinstance(value, list | tuple) else value

    @field_validator("holiday_calendars")
    @classmethod
    def _check_calendars(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            country, _, part = name.partition("-")
            if len(country) != 2 or not country.isalpha() or (part and not part.isalnum()):
                raise ValueError(f"Write a calendar as a country or its part, like DE or DE-BY, not '{name}'")
        return tuple(name.upper() for name in value)

    @field_validator("corporate_egress", "known_collector_ips", "vpn_pools")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network, strict=False)
        return value


def _day(value: Any) -> str:
    """A day as YYYY-MM-DD, out of a TOML date or a text that begins with one."""
    text = value.isoformat() if isinstance(value, date) else value
    try:
        return date.fromisoformat(str(text)[:10]).isoformat()
    except ValueError:
        raise ValueError("Write a day as 2026-05-03") from None


_OFFICE_NETWORKS = ("networks", "cidrs", "cidr", "ips", "ip", "network", "addresses")


def _read_office(item: Any) -> Any:
    if isinstance(item, str):
        return {"networks": [item]}
    if isinstance(item, Mapping):
        table = dict(item)
        networks: list[Any] = []
        for name in _OFFICE_NETWORKS:
            found = table.pop(name, None)
            if isinstance(found, str):
                networks.append(found)
            elif isinstance(found, list | tuple):
                networks.extend(found)
        return {**table, "networks": networks}
    return item


def read_settings_file(path: Path) -> tuple[CompanySettings, Sequence[str]]:
    """Parse a TOML or JSON file; returns the settings and the names nobody knows. Raises `SettingsProblem`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsProblem(f"The settings file {path.name} cannot be read.") from None
    try:
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as problem:
        raise SettingsProblem(f"The settings file {path.name} is not valid: {problem}.") from None
    if not isinstance(data, dict):
        raise SettingsProblem(f"The settings file {path.name} must hold a table of settings.")
    try:
        settings = CompanySettings.model_validate(data)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsProblem(f"The setting {where} in {path.name} is not usable: {_plain(first['msg'])}.") from None
    return settings, sorted(set(_unknown(data)))


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("a valid tuple", "a list").rstrip(".")


def _unknown(data: Mapping[str, Any]) -> Iterator[str]:
    """Names in the file, inner ones as `leavers.name`, that nobody reads."""
    yield from set(data) - set(CompanySettings.model_fields)
    inner: Mapping[str, set[str]] = {
        "leavers": set(Leaver.model_fields),
        "offices": {*Office.model_fields, *_OFFICE_NETWORKS},
        "working_hours": set(WorkingHours.model_fields),
        "people_hours": set(PersonHours.model_fields),
        "source_credentials": set(SourceCredential.model_fields),
    }
    for name, known in inner.items():
        value = data.get(name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Mapping):
                yield from (f"{name}.{key}" for key in item if key not in known)


def apply_settings(state: State, settings: CompanySettings, actor: str) -> None:
    """Store the settings, replacing those before."""
    table = schema.settings
    with state.tick() as tick:
        tick.connection.execute(delete(table).where(table.c.tenant == state.tenant, table.c.name == "company"))
        tick.connection.execute(
            insert(table).values(
                tenant=state.tenant, name="company", value=settings.model_dump_json(), updated_at=tick.now
            )
        )
        tick.audit(actor, "settings applied", "company", ", ".join(sorted(settings.model_fields_set)))


def load_settings(state: State) -> CompanySettings:
    """The settings in force; all defaults when none were applied."""
    table = schema.settings
    with state.view() as connection:
        value = connection.execute(
            select(table.c.value).where(table.c.tenant == state.tenant, table.c.name == "company")
        ).scalar()
    return CompanySettings.model_validate_json(value) if value else CompanySettings()
