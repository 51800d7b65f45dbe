"""How times look on the wire: RFC 3339 with as many digits as the moment needs, as real answers mix them."""

from __future__ import annotations

from datetime import UTC, datetime

from fanlight.model import Micros

__all__ = ["naive_time", "okta_time", "wire_time"]


def wire_time(at: Micros) -> str:
    """`2026-10-05T02:14:09Z`, `…09.512Z` or `…09.512001Z`."""
    seconds, micros = divmod(at, 1_000_000)
    stamp = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if micros == 0:
        return stamp + "Z"
    if micros % 1000 == 0:
        return f"{stamp}.{micros // 1000:03d}Z"
    return f"{stamp}.{micros:06d}Z"


def naive_time(at: Micros) -> str:
    """The form of roles, groups and members: no zone."""
    seconds, micros = divmod(at, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{micros:06d}"


def okta_time(at: Micros) -> str:
    """Okta always writes milliseconds."""
    seconds, micros = divmod(at, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{micros // 1000:03d}Z"
