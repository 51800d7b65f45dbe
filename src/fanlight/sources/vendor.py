"""What the clients of vendors have in common: opening one with its budget, following links, lists without doubles.

A vendor's `api` module says what is its own: its address, its limit, how it words limits and refusals, its paging.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fanlight.model import Micros
from fanlight.sources.budget import SharedBudget
from fanlight.sources.contract import SourceContext, SourceError
from fanlight.sources.http import (
    FIRST_WAIT,
    HttpRefusal,
    Parameters,
    RateFacts,
    VendorClient,
    VendorManner,
    read_retry_after,
)
from fanlight.sources.logs import Record
from fanlight.sources.options import number_of
from fanlight.sources.pulled import agent_tag
from fanlight.sources.signin import BearerToken

__all__ = ["every_item", "follow_link", "is_list", "linked_page", "open_client", "open_token", "retry_after_only"]

_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?', re.IGNORECASE)
_ENDED = (400, 404, 410)
_MOST_RESTARTS = 10
_MOST_REPEATS = 3


def retry_after_only(headers: Mapping[str, str], now: Micros) -> RateFacts:
    """Of a vendor whose answers name no limit: how long to wait after "too fast"."""
    return RateFacts(retry_after=read_retry_after(headers.get("retry-after"), now))


def open_client(
    context: SourceContext,
    *,
    label: str,
    url: str,
    limit: int,
    manner: VendorManner,
    credentials: Callable[[], Mapping[str, str]] = dict,
    sign: Callable[[str], Mapping[str, str]] | None = None,
    token: BearerToken | None = None,
    headers: Mapping[str, str] | None = None,
    share: float | None = None,
    window_seconds: float = 60.0,
    burst_seconds: float = 5.0,
) -> VendorClient:
    """A client with a budget of its own out of a source's options.

    `limit` is the vendor's, in requests per `window_seconds`; the options `rate`, `share`, `patience` and `first_wait`
    (seconds) count. With a `token` it signs in by that. Raises `SourceError`.
    """
    options = context.options
    return VendorClient(
        label=label,
        base_url=url,
        credentials=credentials if token is None else token.renewed,
        sign=sign if token is None else token.headers,
        clock=context.clock,
        budget=SharedBudget(
            context.clock,
            limit=int(number_of(options, "rate", limit)),
            share=number_of(options, "share", 0.5) if share is None else share,
            window_seconds=window_seconds,
            burst_seconds=burst_seconds,
            fixed="rate" in options,
        ),
        manner=manner,
        headers=headers,
        agent_tag=agent_tag(context),
        patience_seconds=number_of(options, "patience", 120.0),
        first_wait_seconds=number_of(options, "first_wait", FIRST_WAIT),
    )


def open_token(
    context: SourceContext, *, label: str, address: str, form: Callable[[], Mapping[str, str]]
) -> BearerToken:
    """A token that is asked for with `form`, under the same patience as all other requests. Raises `SourceError`."""
    return BearerToken(
        label=label,
        address=address,
        form=form,
        clock=context.clock,
        agent_tag=agent_tag(context),
        patience_seconds=number_of(context.options, "patience", 120.0),
        first_wait_seconds=number_of(context.options, "first_wait", FIRST_WAIT),
    )


def is_list(value: Any) -> bool:
    """Whether an answer is a list of records."""
    return isinstance(value, list) and all(type(item) is dict for item in value)


def follow_link(client: VendorClient, link: str | None) -> str | None:
    """The link, when it stays on the client's host. Raises `SourceError` for one that would carry the key elsewhere."""
    if link is not None and not client.is_own(link):
        raise SourceError(f"{client.label} gave a next link to another host; the token stays here.", kind="refused")
    return link


def linked_page(
    client: VendorClient,
    address: str,
    params: Parameters = (),
    *,
    purpose: str,
    patience_seconds: float | None = None,
) -> tuple[list[Record], str | None]:
    """One list answer and the next link of its `link` header. Raises `SourceError`."""
    items, headers = client.get_json_with_headers(
        address, params, purpose=purpose, is_right=is_list, patience_seconds=patience_seconds
    )
    found = _NEXT.search(headers.get("link", ""))
    return items, follow_link(client, found[1] if found else None)


def every_item(
    ask: Callable[[str | None], tuple[Sequence[Record], str | None]],
    *,
    what: str,
    identity: Callable[[Record], str] = lambda item: str(item.get("id") or ""),
) -> Iterator[Record]:
    """Every item of a paged list that has an identity, once.

    `ask` takes a position (None: the beginning) and gives items and the next position. A position that ended starts
    the list again, without what was already given. Raises `SourceError` for a list that turns in a circle.
    """
    seen: set[str] = set()
    position: str | None = None
    restarts = repeats = 0
    while True:
        try:
            items, following = ask(position)
        except HttpRefusal as refusal:
            restarts += 1
            if position is None or refusal.status not in _ENDED or restarts > _MOST_RESTARTS:
                raise
            position = None
            continue
        for item in items:
            key = identity(item)
            if key and key not in seen:
                seen.add(key)
                yield item
        if following is None:
            return
        repeats = repeats + 1 if following == position else 0
        if repeats > _MOST_REPEATS:
            raise SourceError(f"{what} gives the same page again and again.", kind="unreadable")
        position = following
