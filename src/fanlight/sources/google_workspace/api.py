"""Google's Admin SDK: page tokens, its ways to say "too fast", and how a service account signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

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
    read_retry_after,
)
from fanlight.sources.logs import Record
from fanlight.sources.options import needed, number_of
from fanlight.sources.pulled import agent_tag
from fanlight.sources.signin import BearerToken, signed_assertion

__all__ = ["SCOPES", "GoogleApi", "explain_refusal"]

SCOPES = tuple(
    f"https://www.googleapis.com/auth/admin.{name}.readonly"
    for name in ("reports.audit", "directory.user", "directory.group", "directory.rolemanagement")
)
_A_MINUTE = 2400
_TOKEN_ADDRESS = "https://oauth2.googleapis.com/token"  # noqa: S105  an address, no secret
_ASSERTION_LIFE = 600
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"})
_MOST_RESTARTS = 10


def _read_rate(headers: Mapping[str, str], now: Micros) -> RateFacts:
    return RateFacts(retry_after=read_retry_after(headers.get("retry-after"), now))


def _read_error(_status: int, payload: object) -> ErrorFacts:
    """The first reason (`rateLimitExceeded`), never the message."""
    error = payload.get("error") if isinstance(payload, Mapping) else None
    errors = error.get("errors") if isinstance(error, Mapping) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    reason = first.get("reason") if isinstance(first, Mapping) else None
    return ErrorFacts(type=reason if isinstance(reason, str) and reason.isalnum() else "")


def _is_rate_refusal(status: int, _headers: Mapping[str, str], facts: ErrorFacts) -> bool:
    return status == 403 and facts.type in _TOO_FAST


MANNER = VendorManner(
    read_rate=_read_rate, read_error=_read_error, is_rate_refusal=_is_rate_refusal, longest_wait=300.0
)


def explain_refusal(refusal: HttpRefusal, what: str) -> SourceError:
    """The same refusal in an operator's words."""
    if refusal.status == 403:
        return SourceError(
            f"Google does not let the service account read {what}: the administrator in whose name it reads lacks that "
            "right, or the scope is not delegated.",
            kind="refused",
        )
    if refusal.status == 404:
        return SourceError(f"Google answers 404 for {what}.", kind="refused")
    return refusal


class GoogleApi:
    """Reads one customer's reports and directory."""

    def __init__(self, context: SourceContext) -> None:
        options = context.options
        admin = needed(options, "admin", "Google Workspace needs an administrator's address: --admin.")
        self.clock = context.clock
        patience, first_wait = number_of(options, "patience", 120.0), number_of(options, "first_wait", FIRST_WAIT)
        login = (options.get("login_url") or "https://oauth2.googleapis.com").rstrip("/")
        self.token = BearerToken(
            label="Google",
            address=f"{login}/token",
            form=_form(context, admin),
            clock=context.clock,
            agent_tag=agent_tag(context),
            patience_seconds=patience,
            first_wait_seconds=first_wait,
        )
        self.client = VendorClient(
            label="Google",
            base_url=options.get("url") or "https://admin.googleapis.com",
            credentials=self.token.renewed,
            sign=self.token.headers,
            clock=context.clock,
            budget=SharedBudget(
                context.clock,
                limit=int(number_of(options, "rate", _A_MINUTE)),
                share=number_of(options, "share", 0.5),
                fixed="rate" in options,
            ),
            manner=MANNER,
            agent_tag=agent_tag(context),
            patience_seconds=patience,
            first_wait_seconds=first_wait,
        )

    def page(
        self,
        path: str,
        field: str,
        params: Parameters,
        token: str | None,
        *,
        purpose: str,
        patience_seconds: float | None = None,
    ) -> tuple[list[Record], str | None]:
        """One answer's items, which Google leaves out where there are none, and the next page token."""

        def is_page(value: Any) -> bool:
            items = value.get(field, [])
            return isinstance(items, list) and all(type(item) is dict for item in items)

        asked = [*params, *([("pageToken", token)] if token else [])]
        body = self.client.get_json(path, asked, purpose=purpose, is_right=is_page, patience_seconds=patience_seconds)
        following = body.get("nextPageToken")
        return body.get(field, []), following if isinstance(following, str) and following else None

    def all_items(self, path: str, field: str, params: Parameters, *, key: str = "id") -> Iterator[Record]:
        """Every item of a list that has an id, once."""
        seen: set[str] = set()
        token: str | None = None
        restarts = 0
        while True:
            try:
                items, following = self.page(path, field, params, token, purpose="directory")
            except HttpRefusal as refusal:
                restarts += 1
                if token is None or refusal.status not in (400, 410) or restarts > _MOST_RESTARTS:
                    raise
                token = None  # the page token ended: from the start, without what was already given
                continue
            for item in items:
                identifier = str(item.get(key) or "")
                if identifier and identifier not in seen:
                    seen.add(identifier)
                    yield item
            if following is None:
                return
            token = following


def _form(context: SourceContext, admin: str) -> Callable[[], Mapping[str, str]]:
    def form() -> Mapping[str, str]:
        try:
            account = orjson.loads(context.read_secret(context.options.get("key", "")))
            email, pem, key_id = account["client_email"], account["private_key"], account.get("private_key_id", "")
        except (ValueError, KeyError, TypeError, AttributeError):
            account = None
        if account is None or not all(isinstance(value, str) for value in (email, pem, key_id)):
            raise SourceError("The key is no JSON key file of a Google service account.", kind="credential")
        now = context.clock.now() // SECOND
        # The audience is always Google's own address: what the file says of it is not believed.
        claims: dict[str, str | int] = {
            "iss": email, "sub": admin, "scope": " ".join(SCOPES), "aud": _TOKEN_ADDRESS, "iat": now - 30,
            "exp": now + _ASSERTION_LIFE,
        }  # fmt: skip
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": signed_assertion(claims, pem.encode(), {"kid": key_id}),
        }

    return form
