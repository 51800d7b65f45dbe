"""Google's Admin SDK: page tokens, its ways to say "too fast", and how a service account signs in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import orjson

from fanlight.model import SECOND
from fanlight.sources.contract import SourceContext, SourceError
from fanlight.sources.http import ErrorFacts, HttpRefusal, Parameters, VendorManner
from fanlight.sources.logs import Record
from fanlight.sources.options import needed
from fanlight.sources.signin import signed_assertion
from fanlight.sources.vendor import every_item, is_list, open_client, open_token, retry_after_only

__all__ = ["SCOPES", "GoogleApi", "explain_refusal"]

SCOPES = tuple(
    f"https://www.googleapis.com/auth/admin.{name}.readonly"
    for name in ("reports.audit", "directory.user", "directory.group", "directory.rolemanagement")
)
_A_MINUTE = 2400
_TOKEN_ADDRESS = "https://oauth2.googleapis.com/token"  # noqa: S105  an address, no secret
_ASSERTION_LIFE = 600
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"})


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
    read_rate=retry_after_only, read_error=_read_error, is_rate_refusal=_is_rate_refusal, longest_wait=300.0
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
        login = (options.get("login_url") or "https://oauth2.googleapis.com").rstrip("/")
        self.token = open_token(context, label="Google", address=f"{login}/token", form=partial(_form, context, admin))
        self.client = open_client(
            context,
            label="Google",
            url=options.get("url") or "https://admin.googleapis.com",
            limit=_A_MINUTE,
            manner=MANNER,
            token=self.token,
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
            return is_list(value.get(field, []))

        asked = [*params, *([("pageToken", token)] if token else [])]
        body = self.client.get_json(path, asked, purpose=purpose, is_right=is_page, patience_seconds=patience_seconds)
        following = body.get("nextPageToken")
        return body.get(field, []), following if isinstance(following, str) and following else None

    def all_items(self, path: str, field: str, params: Parameters, *, key: str = "id") -> Iterator[Record]:
        """Every item of a list that has an id, once."""
        return every_item(
            lambda token: self.page(path, field, params, token, purpose="directory"),
            what=f"Google's list {path}",
            identity=lambda item: str(item.get(key) or ""),
        )


def _form(context: SourceContext, admin: str) -> Mapping[str, str]:
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
