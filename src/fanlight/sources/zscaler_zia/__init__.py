"""Zscaler Internet Access web and administration logs: NSS JSON, Cloud NSS batches, tab-separated lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from fanlight.model import SECOND, Event
from fanlight.sources.contract import SourceContext
from fanlight.sources.native import Folded, LogPaths, NativeLog

KIND = "zscaler_zia"


def _both(*names: str) -> tuple[str, ...]:
    """Inside the envelope's `event` and at the top."""
    return tuple(path for name in names for path in (f"event.{name}", name))


def _is_admin(record: Folded) -> bool:
    inner = record.get("event")
    body = inner if isinstance(inner, dict) else record
    return "auditlogtype" in body or "adminid" in body


def _family(_: str, record: Folded) -> str:
    return "settings_change" if _is_admin(record) else "web_traffic"


_HOURS = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "CET": 1, "CEST": 2,
    "BST": 1, "EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5, "SGT": 8, "JST": 9, "AEST": 10, "AEDT": 11,
}  # fmt: skip
"""Short names of zones as they are usually meant; several mean other zones elsewhere, so `epochtime` is better."""


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo | None:
    if (hours := _HOURS.get(name.upper())) is not None:
        return timezone(timedelta(hours=hours))
    try:
        return ZoneInfo(name) if "/" in name else None
    except (ValueError, OSError, KeyError):
        return None


def _amend(event: Event, record: Folded) -> Event:
    """A time in words is local to the feed's zone; seconds since 1970 are not."""
    inner = record.get("event")
    body = inner if isinstance(inner, dict) else record
    zone = body.get("tz")
    if body.get("epochtime") or not isinstance(zone, str) or (known := _zone(zone)) is None:
        return event
    if event.occurred_at == event.ingested_at:
        return event
    local = datetime.fromtimestamp(event.occurred_at // SECOND, UTC).replace(tzinfo=known)
    return replace(event, occurred_at=int(local.timestamp()) * SECOND + event.occurred_at % SECOND)


def _key(record: Folded) -> str | None:
    inner = record.get("event")
    body = inner if isinstance(inner, dict) else record
    number = body.get("recordid") or body.get("event_id")
    if not number:
        return None
    return ":".join(str(part) for part in (body.get("cloudname"), "audit" if _is_admin(record) else "web",
                                           body.get("epochtime") or body.get("time"), number) if part)  # fmt: skip


_LOG = NativeLog(
    product=KIND,
    package=__name__,
    paths=LogPaths(
        time=_both("epochtime", "time", "datetime"),
        type=_both("action", "reason"),
        actor_id=_both("login", "user", "adminid", "deviceowner"),
        actor_email=_both("login", "user", "adminid"),
        ip=_both("cltpubip", "clientpublicip", "cltip", "clientip"),
        user_agent=_both("useragent", "ua"),
        device=_both("devicehostname", "devicename"),
        target_id=_both("host", "hostname", "resource"),
        target_kind=_both("appclass", "category"),
        outcome=_both("result", "action"),
    ),
    family_of=_family,
    event_key=_key,
    amend=_amend,
)


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """The event of one line."""
    return _LOG.map_record(record, context)
