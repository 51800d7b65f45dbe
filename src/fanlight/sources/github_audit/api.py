"""GitHub's REST lists: links that are followed, limits by the hour, and a 403 that may mean "too fast"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fanlight.model import SECOND, Micros
from fanlight.sources.budget import SharedBudget
from fanlight.sources.contract import SourceContext, SourceError
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
from fanlight.sources.logs import Record
from fanlight.sources.options import needed, number_of
from fanlight.sources.pulled import agent_tag

__all__ = ["GitHubApi", "explain_refusal"]

_AUDIT_AN_HOUR = 1750
_LISTS_AN_HOUR = 5000
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="next"')
_MOST_PAGES = 10_000


def _read_rate(headers: Mapping[str, str], now: Micros) -> RateFacts:
    """`x-ratelimit-*`; the reset is in epoch seconds. `retry-after` comes with secondary limits."""
    reset = read_count(headers.get("x-ratelimit-reset"))
    remaining = read_count(headers.get("x-ratelimit-remaining"))
    wait = read_retry_after(headers.get("retry-after"), now)
    if wait is None and remaining == 0 and reset is not None and 0 < reset - now / SECOND < 7200:
        wait = reset - now / SECOND
    return RateFacts(
        limit=read_count(headers.get("x-ratelimit-limit")),
        remaining=remaining,
        reset_at=None if reset is None else reset * SECOND,
        retry_after=wait,
    )


def _is_rate_refusal(status: int, headers: Mapping[str, str], _facts: ErrorFacts) -> bool:
    return status == 403 and ("retry-after" in headers or headers.get("x-ratelimit-remaining") == "0")


MANNER = VendorManner(
    read_rate=_read_rate, is_rate_refusal=_is_rate_refusal, request_id_header="x-github-request-id", longest_wait=300.0
)


def explain_refusal(refusal: HttpRefusal, what: str) -> SourceError:
    """The same refusal in an operator's words; GitHub says 404 where it will not say 403."""
    if refusal.status in (403, 404):
        return SourceError(
            f"GitHub does not show {what} to this token (status {refusal.status}): the name is wrong, its owner is no "
            "owner of the organization, or it lacks the right.",
            kind="refused",
        )
    return refusal


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is dict for item in value)


class GitHubApi:
    """Reads one organization. The audit log has a limit of its own, so two budgets."""

    def __init__(self, context: SourceContext) -> None:
        options = context.options
        self.organization = needed(
            options, "organization", "GitHub needs the name of the organization: --organization."
        )
        self.enterprise = options.get("enterprise", "")
        for name in (self.organization, self.enterprise):
            if not re.fullmatch(r"[A-Za-z0-9_.-]{0,100}", name):
                raise SourceError("A GitHub organization's name has letters, digits and dashes.", kind="refused")
        self.clock = context.clock
        self.audit, self.lists = (
            VendorClient(
                label="GitHub",
                base_url=options.get("url") or "https://api.github.com",
                credentials=lambda: {"authorization": f"Bearer {context.read_secret(options.get('token', ''))}"},
                clock=context.clock,
                budget=SharedBudget(
                    context.clock,
                    limit=int(number_of(options, "rate", limit)),
                    share=number_of(options, "share", 0.5),
                    window_seconds=3600.0,
                    burst_seconds=300.0,
                    fixed="rate" in options,
                ),
                manner=MANNER,
                headers={"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"},
                agent_tag=agent_tag(context),
                patience_seconds=number_of(options, "patience", 120.0),
                first_wait_seconds=number_of(options, "first_wait", FIRST_WAIT),
            )
            for limit in (_AUDIT_AN_HOUR, _LISTS_AN_HOUR)
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
        """One list answer and its next link. Raises `SourceError`."""
        items, headers = client.get_json_with_headers(
            address, params, purpose=purpose, is_right=_is_list, patience_seconds=patience_seconds
        )
        found = _NEXT.search(headers.get("link", ""))
        if found is None:
            return items, None
        if not client.is_own(found[1]):
            raise SourceError("GitHub gave a next link to another host; the token stays here.", kind="refused")
        return items, found[1]

    def all_items(self, path: str, params: Parameters = ()) -> Iterator[Record]:
        """Every item of a list that has an id, once."""
        seen: set[object] = set()
        address, first = path, [*params, ("per_page", 100)]
        for _ in range(_MOST_PAGES):
            items, following = self.page(self.lists, address, first, purpose="directory")
            for item in items:
                if isinstance(item.get("id"), int | str) and item["id"] not in seen:
                    seen.add(item["id"])
                    yield item
            if following is None:
                return
            address, first = following, []
        raise SourceError(f"GitHub's list {path} does not end.", kind="unreadable")

    def scim_users(self) -> Iterator[Record]:
        """People as the identity provider provisioned them."""
        below = f"enterprises/{self.enterprise}" if self.enterprise else f"organizations/{self.organization}"
        start = 1
        while True:
            body = self.lists.get_json(
                f"/scim/v2/{below}/Users",
                [("startIndex", start), ("count", 100)],
                purpose="directory",
                is_right=lambda value: _is_list(value["Resources"]),
            )
            yield from body["Resources"]
            start += len(body["Resources"])
            if not body["Resources"] or start > int(body.get("totalResults") or 0):
                return
