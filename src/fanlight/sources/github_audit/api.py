"""GitHub's REST lists: links that are followed, limits by the hour, and a 403 that may mean "too fast"."""

from __future__ import annotations

import re
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
from fanlight.sources.options import needed
from fanlight.sources.vendor import every_item, is_list, linked_page, open_client

__all__ = ["GitHubApi", "explain_refusal"]

_AUDIT_AN_HOUR = 1750
_LISTS_AN_HOUR = 5000


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
            open_client(
                context,
                label="GitHub",
                url=options.get("url") or "https://api.github.com",
                limit=limit,
                window_seconds=3600.0,
                burst_seconds=300.0,
                manner=MANNER,
                credentials=lambda: {"authorization": f"Bearer {context.read_secret(options.get('token', ''))}"},
                headers={"accept": "application/vnd.github+json", "x-github-api-version": "2022-11-28"},
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
        return linked_page(client, address, params, purpose=purpose, patience_seconds=patience_seconds)

    def all_items(self, path: str, params: Parameters = ()) -> Iterator[Record]:
        """Every item of a list that has an id, once."""
        first = [*params, ("per_page", 100)]
        return every_item(
            lambda link: self.page(self.lists, link or path, () if link else first, purpose="directory"),
            what=f"GitHub's list {path}",
        )

    def scim_users(self) -> Iterator[Record]:
        """People as the identity provider provisioned them."""
        below = f"enterprises/{self.enterprise}" if self.enterprise else f"organizations/{self.organization}"
        start = 1
        while True:
            body = self.lists.get_json(
                f"/scim/v2/{below}/Users",
                [("startIndex", start), ("count", 100)],
                purpose="directory",
                is_right=lambda value: is_list(value["Resources"]),
            )
            yield from body["Resources"]
            start += len(body["Resources"])
            if not body["Resources"] or start > int(body.get("totalResults") or 0):
                return
