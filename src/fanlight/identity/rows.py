"""Identities as people and scripts read them (design section 10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from fanlight.identity.accounts import Identity
from fanlight.model import Link, format_time

__all__ = ["identity_rows"]


def identity_rows(identities: Iterable[Identity], links: Iterable[Link]) -> Iterator[dict[str, Any]]:
    """`{"id","name","emails","accounts":[{"source","id","why",…}],"kind","active","owner"}` per identity."""
    by_identity: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_identity[link.identity_id].append(link)
    for identity in identities:
        yield {
            "id": identity.id,
            "name": identity.name,
            "emails": list(identity.emails),
            "accounts": [_account(link) for link in sorted(by_identity[identity.id], key=lambda row: row.account_key)],
            "kind": identity.kind,
            "active": identity.active,
            "owner": identity.owner_identity,
        }


def _account(link: Link) -> dict[str, Any]:
    product, _, native = link.account_key.partition(":")
    return {
        "source": product,
        "id": native,
        "why": link.reason,
        "method": link.method,
        "confidence": link.confidence,
        "since": format_time(link.valid_from),
        "until": None if link.valid_to is None else format_time(link.valid_to),
    }
