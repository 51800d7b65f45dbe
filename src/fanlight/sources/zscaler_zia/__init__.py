"""Zscaler Internet Access web and administration logs: NSS JSON, Cloud NSS batches, tab-separated lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fanlight.model import Event
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
)


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """The event of one line."""
    return _LOG.map_record(record, context)
