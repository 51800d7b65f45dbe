"""Signature version 4 for GET requests to object storage: the vendor's public recipe, without its 30 MB of library."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

from fanlight.model import Clock

__all__ = ["sign_get"]

_EMPTY = hashlib.sha256(b"").hexdigest()


def sign_get(
    url: str, *, key_id: str, read_secret: Callable[[], str], region: str, clock: Clock, service: str = "s3"
) -> Mapping[str, str]:
    """The headers that sign a GET of this very address now; path and query must be percent-encoded already."""
    parts = urlsplit(url)
    moment = datetime.fromtimestamp(clock.now() / 1_000_000, UTC)
    stamp, day = moment.strftime("%Y%m%dT%H%M%SZ"), moment.strftime("%Y%m%d")
    signed = {"host": parts.netloc, "x-amz-content-sha256": _EMPTY, "x-amz-date": stamp}
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        (
            "GET",
            quote(unquote(parts.path) or "/", safe="/-_.~"),
            "&".join(sorted(parts.query.split("&"))) if parts.query else "",
            *(f"{name}:{signed[name]}" for name in sorted(signed)),
            "",
            names,
            _EMPTY,
        )
    )
    scope = f"{day}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + read_secret().encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return {
        "x-amz-content-sha256": _EMPTY,
        "x-amz-date": stamp,
        "authorization": f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}",
    }
