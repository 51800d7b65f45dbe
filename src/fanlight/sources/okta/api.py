"""Okta's lists and log: addresses, limits, and links that are followed and never built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fanlight.model import SECOND, Micros
from fanlight.sources.contract import SourceContext, SourceError
from fanlight.sources.http import (
    ErrorFacts,
    HttpRefusal,
    Parameters,
    RateFacts,
    VendorClient,
    VendorManner,
    read_count,
    read_retry_after,
)
from fanlight.sources.logs import Record
from fanlight.sources.vendor import every_item, linked_page, open_client

__all__ = ["OktaApi", "explain_refusal"]

_LOG_A_MINUTE = 120
_LISTS_A_MINUTE = 600


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


class OktaApi:
    """Reads one Okta organization. The log and the directory have limits of their own, so two budgets."""

    def __init__(self, context: SourceContext) -> None:
        options = context.options
        self.clock = context.clock
        self.log, self.lists = (
            open_client(
                context,
                label="Okta",
                url=options["url"],
                limit=limit,
                manner=MANNER,
                credentials=lambda: {
                    "authorization": f"SSWS {context.read_secret(options.get('token') or options.get('key', ''))}"
                },
            )
            for limit in (_LOG_A_MINUTE, _LISTS_A_MINUTE)
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
        return linked_page(client, address, params, purpose=purpose, patience_seconds=patience_seconds)

    def all_items(self, path: str, params: Parameters = (), *, purpose: str = "directory") -> Iterator[Record]:
        """Every item of a list, following the links."""
        return every_item(
            lambda link: self.page(self.lists, link or path, () if link else params, purpose=purpose),
            what=f"Okta's list {path}",
        )

    def close(self) -> None:
        """Close all connections."""
        self.log.close()
        self.lists.close()
