"""When the keys by which Fanlight reads will end, as far as anybody says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import orjson
from sqlalchemy import select

from fanlight.lake import Reader
from fanlight.model import DAY, Micros, ObjectVersion, parse_time
from fanlight.pipeline.connections import Connection
from fanlight.pipeline.home import Home
from fanlight.state import schema

__all__ = ["SOON", "Credential", "credentials_of"]

SOON: Micros = 30 * DAY
_OPTIONS = ("key", "admin_key", "analytics_key", "token", "client_secret", "private_key", "secret")
_KEY_KINDS = ("compliance_key", "admin_api_key", "analytics_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One key or token of a source, never its value."""

    source: str
    option: str
    """Which of the source's settings it is: `key`, `admin_key`, `token`, …"""
    reference: str
    """How it is found: `env`, `file` or `sealed`."""
    expires_at: Micros | None
    state: Literal["valid", "expires soon", "expired", "refused", "end not known"]
    sentence: str
    said_by: Literal["vendor", "operator", "nobody"]


def credentials_of(home: Home, reader: Reader, connections: Iterable[Connection], now: Micros) -> list[Credential]:
    """Every credential in use. A vendor's own word about its end counts before the operator's."""
    told = {entry.source: parse_time(f"{entry.expires}T00:00:00Z") for entry in home.settings.source_credentials}
    vendor = _vendor_ends(reader, home.settings.known_compliance_keys)
    found: list[Credential] = []
    for connection in connections:
        refused = _refused(home, connection)
        for option in _OPTIONS:
            reference = connection.options.get(option)
            if reference:
                end = vendor if option == "key" and connection.kind == "claude" else None
                found.append(_credential(connection, option, reference, end, told.get(connection.name), refused, now))
    return found


def _credential(
    connection: Connection, option: str, reference: str, vendor: Micros | None, told: Micros | None, refused: str,
    now: Micros,
) -> Credential:  # fmt: skip
    end = vendor if vendor is not None else told
    said: Literal["vendor", "operator", "nobody"] = (
        "vendor" if vendor is not None else "operator" if told is not None else "nobody"
    )
    state: Literal["valid", "expires soon", "expired", "refused", "end not known"]
    if refused:
        state, sentence = "refused", refused
    elif end is None:
        state = "end not known"
        sentence = "Nobody says when it ends; put it under source_credentials in the settings to be warned."
    elif end <= now:
        state, sentence = "expired", "It has ended: make a new one and add the source again under the same name."
    else:
        days = (end - now) // DAY
        soon = end - now <= SOON
        state = "expires soon" if soon else "valid"
        sentence = f"It ends in {days} days." + (" Make a new one now." if soon else "")
    return Credential(
        source=connection.name,
        option=option,
        reference=reference.partition(":")[0],
        expires_at=end,
        state=state,
        sentence=sentence,
        said_by=said,
    )


def _vendor_ends(reader: Reader, own_keys: Sequence[str]) -> Micros | None:
    """The earliest end of our own keys as the vendor lists them: those of the settings, and the one we read with."""
    marks = ", ".join("?" for _ in _KEY_KINDS)
    ends: list[Micros] = []
    for key in reader.rows(ObjectVersion, f"kind IN ({marks}) AND NOT removed", _KEY_KINDS, now=True):
        known = orjson.loads(key.attributes)
        if key.object_id in own_keys or known.get("used_by_fanlight") is True:
            value = known.get("expires_at")
            if isinstance(value, str):
                try:
                    ends.append(parse_time(value))
                except ValueError:
                    continue
    return min(ends, default=None)


def _refused(home: Home, connection: Connection) -> str:
    """The sentence with which the vendor's refusal was noted; only while the source stands still."""
    if connection.state != "stopped":
        return ""
    table = schema.notices
    with home.state.view() as view:
        row = view.execute(
            select(table.c.sentence)
            .where(table.c.tenant == home.tenant, table.c.source == connection.name, table.c.kind == "credential")
            .order_by(table.c.at.desc())
        ).first()
    return str(row.sentence) if row is not None else ""
