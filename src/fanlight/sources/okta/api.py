"""Okta's lists and log: addresses, limits, and links that are followed and never built."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fanlight.model import SECOND, Clock, Micros
from fanlight.sources.budget import SharedBudget
from fanlight.sources.contract import SourceError
from fanlight.sources.http import (
    FIRST_WAIT,
    ErrorFacts,
    HttpRefusal,
    Parameters,
    RateFacts,
    VendorClient,
    VendorManner,
    read_count,
    read_retry_after,
)

__all__ = ["OktaApi", "Record", "explain_refusal"]

Record = dict[str, Any]
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?', re.IGNORECASE)


def read_rate(headers: Mapping[str, str], now: Micros) -> RateFacts:
    """`X-Rate-Limit-*`; the reset is in epoch seconds and may lie in the past when clocks differ."""
    reset = read_count(headers.get("x-rate-limit-reset"))
    reset_at = None if reset is None else reset * SECOND
    wait = read_retry_after(headers.get("retry-after"), now)
    if wait is None and reset_at is not None and 0 < reset_at - now < 3600 * SECOND:
        wait = (reset_at - now) / SECOND
    return RateFacts(
        limit=read_count(headers.get("x-rate-limit-limit")),
        remaining=read_count(headers.get("x-rate-limit-remaining")),
        reset_at=reset_at,
        retry_after=wait,
    )


def read_error(_status: int, payload: object) -> ErrorFacts:
    """Okta's error code (`E0000011`), never its text."""
    code = payload.get("errorCode") if isinstance(payload, Mapping) else None
    return ErrorFacts(code=code if isinstance(code, str) and code.isalnum() else "")


MANNER = VendorManner(
    read_rate=read_rate, read_error=read_error, request_id_header="x-okta-request-id", longest_wait=300.0
)


def explain_refusal(refusal: HttpRefusal, what: str) -> SourceError:
    """The same refusal in an operator's words."""
    if refusal.status == 403:
        return SourceError(f"The Okta token may not read {what}; its administrator needs that right.", kind="refused")
    if refusal.status == 404:
        return SourceError(f"Okta answers 404 for {what}: this address is not an Okta organization's.", kind="refused")
    return refusal


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is dict for item in value)


class OktaApi:
    """Reads one Okta organization. The log and the directory have limits of their own, so two budgets."""

    def __init__(
        self,
        *,
        url: str,
        read_token: Callable[[], str],
        clock: Clock,
        log_budget: SharedBudget,
        list_budget: SharedBudget,
        agent_tag: str,
        patience_seconds: float,
        first_wait_seconds: float = FIRST_WAIT,
    ) -> None:
        self.clock = clock
        self.log, self.lists = (
            VendorClient(
                label="Okta",
                base_url=url,
                credentials=lambda: {"authorization": f"SSWS {read_token()}"},
                clock=clock,
                budget=budget,
                manner=MANNER,
                agent_tag=agent_tag,
                patience_seconds=patience_seconds,
                first_wait_seconds=first_wait_seconds,
            )
            for budget in (log_budget, list_budget)
        )

    def page(
        self,
        client: VendorClient,
        address: str,
        params: Parameters = (),
        *,
        purpose: str,
        patience_seconds: float | None = None,
    ) -> tuple[list[Record], str | None]:
        """One list answer and the next link. Raises `SourceError` for a link to another host."""
        items, headers = client.get_json_with_headers(
            address, params, purpose=purpose, is_right=_is_list, patience_seconds=patience_seconds
        )
        return items, self._next(client, headers.get("link", ""))

    def all_items(self, path: str, params: Parameters = (), *, purpose: str = "directory") -> Iterator[Record]:
        """Every item of a list, following the links."""
        items, link = self.page(self.lists, path, params, purpose=purpose)
        yield from items
        repeats = 0
        while link is not None:
            items, following = self.page(self.lists, link, purpose=purpose)
            yield from items
            repeats = repeats + 1 if following == link else 0
            if repeats > 3:
                raise SourceError(f"Okta gives the same page of {path} again and again.", kind="unreadable")
            link = following

    def close(self) -> None:
        """Close all connections."""
        self.log.close()
        self.lists.close()

    @staticmethod
    def _next(client: VendorClient, header: str) -> str | None:
        found = _NEXT.search(header)
        if found is None:
            return None
        if not client.is_own(found[1]):
            raise SourceError("Okta gave a next link to another host; the token stays here.", kind="refused")
        return found[1]
