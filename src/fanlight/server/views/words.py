"""Small pieces of wording and marks that several pages share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fanlight.enrich.localtime import local_time
from fanlight.model import DAY, HOUR, MINUTE, SECOND, Micros
from fanlight.server import schema as s

__all__ = [
    "FAMILY",
    "PRODUCTS",
    "chip",
    "chips",
    "clock_time",
    "count",
    "day_month",
    "duration",
    "end_of_day",
    "full_day",
    "initials",
    "last_four",
    "moment",
    "per_cent",
    "plural",
    "stretch",
]

FAMILY: Mapping[str, s.LabelFamily] = {
    "PII": "people", "PERSON_NAME": "people", "GOV_ID": "people", "HEALTH": "people", "PAYMENT_CARD": "money",
    "FINANCIAL": "money", "SECRET": "secrets", "SOURCE_CODE": "secrets",
}  # fmt: skip
"""Hue of a category; every other one, customers' own included, is business."""

PRODUCTS: Mapping[str, str] = {
    "claude": "Claude", "okta": "Okta", "entra_id": "Entra ID", "google_workspace": "Google", "github_audit": "GitHub",
    "zscaler_zia": "Zscaler", "aws_cloudtrail": "AWS", "crowdstrike": "CrowdStrike", "openai": "OpenAI",
    "claude_telemetry": "Claude Code", "defender": "Defender",
}  # fmt: skip


def chip(category: str, count: int | None = None) -> s.LabelChip:
    """A category as the page draws it."""
    return s.LabelChip(category=category, family=FAMILY.get(category, "business"), count=count)


def chips(categories: Iterable[str] | Mapping[str, int]) -> list[s.LabelChip]:
    """Categories in their order, with counts when there are any."""
    if isinstance(categories, Mapping):
        return [chip(name, n) for name, n in categories.items()]
    return [chip(name) for name in categories]


def count(n: int) -> str:
    """`1,184`."""
    return f"{n:,}"


def plural(n: int, one: str, many: str | None = None) -> str:
    """`1 project`, `3 projects`."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def per_cent(share: float) -> str:
    """`94.7 %`; what is above 0 never reads as 0."""
    return "under 0.1 %" if 0 < share < 0.001 else f"{share * 100:.1f} %"


def duration(span: Micros) -> str:
    """`3 d 17 h`, `5 h 40 min`, `24 s`."""
    if span >= 2 * DAY:
        return f"{span // DAY} d {span % DAY // HOUR} h" if span % DAY >= HOUR else f"{span // DAY} d"
    if span >= HOUR:
        minutes = span % HOUR // MINUTE
        return f"{span // HOUR} h {minutes:02d} min" if minutes else f"{span // HOUR} h"
    if span >= MINUTE:
        seconds = span % MINUTE // SECOND
        return f"{span // MINUTE} min {seconds} s" if span < 10 * MINUTE and seconds else f"{span // MINUTE} min"
    return f"{max(0, span) // SECOND} s"


def day_month(at: Micros, zone: str) -> str:
    """`3 May`."""
    local = local_time(at, zone)
    return f"{local.day} {local.strftime('%b')}"


def stretch(first: Micros, last: Micros, zone: str) -> str:
    """`3 May, 02:14 to 02:40`, `3 May, 23:32 to 4 May, 19:41`; one moment where it is shorter than a minute."""
    told = f"{day_month(first, zone)}, {clock_time(first, zone)}"
    if last - first < MINUTE:
        return told
    same_day = local_time(first, zone).date() == local_time(last, zone).date()
    return f"{told} to {'' if same_day else day_month(last, zone) + ', '}{clock_time(last, zone)}"


def full_day(at: Micros, zone: str) -> str:
    """`3 May 2026`."""
    local = local_time(at, zone)
    return f"{local.day} {local.strftime('%b %Y')}"


def end_of_day(day: date, zone: str) -> Micros:
    """The last moment of a day in a zone; UTC where the zone is not known."""
    try:
        place: tzinfo = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        place = UTC
    after = datetime.combine(day + timedelta(days=1), time(), place)
    return int(after.timestamp()) * SECOND - 1


def clock_time(at: Micros, zone: str, *, seconds: bool = False) -> str:
    """`02:14`, or `02:14:09`."""
    return local_time(at, zone).strftime("%H:%M:%S" if seconds else "%H:%M")


def moment(at: Micros, now: Micros, zone: str) -> str:
    """`18:12 today`, `18:12 yesterday`, `18:12 on 3 May`."""
    days = (local_time(now, zone).date() - local_time(at, zone).date()).days
    day = {0: "today", 1: "yesterday"}.get(days, f"on {day_month(at, zone)}")
    return f"{clock_time(at, zone)} {day}"


def initials(name: str) -> str:
    """`MK` of Mira Köhler."""
    parts: Sequence[str] = name.replace("@", " ").replace(".", " ").split()
    if len(parts) == 1:
        return parts[0][:2].upper()
    return "".join(part[0] for part in parts[:2]).upper() or "?"


def last_four(native_id: str) -> str:
    """`…f4K2`: enough to recognise an id."""
    return native_id if len(native_id) <= 8 else f"…{native_id[-5:]}"
