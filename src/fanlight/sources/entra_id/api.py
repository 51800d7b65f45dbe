"""Microsoft Graph: pages with opaque next links, limits, and how the app signs in."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fanlight.model import SECOND, Clock, Micros
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

__all__ = ["GraphApi", "explain_refusal"]

_REPORTS_A_MINUTE = 30  # 5 in 10 seconds for an app in a tenant
_DIRECTORY_A_MINUTE = (
    6000  # a third of the smallest tenant's 3,500 units in 10 seconds, at two units and more a request
)
_ASSERTION_LIFE = 300


def _read_rate(headers: Mapping[str, str], now: Micros) -> RateFacts:
    return RateFacts(retry_after=read_retry_after(headers.get("retry-after"), now))


def _read_error(_status: int, payload: object) -> ErrorFacts:
    """Graph's error code, never its message."""
    error = payload.get("error") if isinstance(payload, Mapping) else None
    code = error.get("code") if isinstance(error, Mapping) else None
    return ErrorFacts(type=code if isinstance(code, str) and code.replace("_", "").isalnum() else "")


MANNER = VendorManner(read_rate=_read_rate, read_error=_read_error, longest_wait=300.0)


def explain_refusal(refusal: HttpRefusal, what: str) -> SourceError:
    """The same refusal in an operator's words."""
    if refusal.status == 403:
        return SourceError(
            f"The Entra ID app may not read {what}; it needs that application permission, with admin consent "
            "(sign-in logs also a P1 or P2 licence).",
            kind="refused",
        )
    if refusal.status == 404:
        return SourceError(f"Microsoft Graph answers 404 for {what}.", kind="refused")
    return refusal


def _is_page(value: Any) -> bool:
    return isinstance(value["value"], list) and all(type(item) is dict for item in value["value"])


class GraphApi:
    """Reads one tenant. Reports and directory have limits of their own, so two budgets behind one token."""

    def __init__(self, context: SourceContext) -> None:
        options = context.options
        directory = needed(options, "directory", "Entra ID needs the directory (tenant) id: --directory.")
        client_id = needed(options, "client", "Entra ID needs the application (client) id: --client.")
        login = (options.get("login_url") or "https://login.microsoftonline.com").rstrip("/")
        self.clock = context.clock
        patience, first_wait = number_of(options, "patience", 120.0), number_of(options, "first_wait", FIRST_WAIT)
        url = options.get("url") or "https://graph.microsoft.com"
        address = f"{login}/{directory}/oauth2/v2.0/token"
        self.token = BearerToken(
            label="Entra ID",
            address=address,
            form=_form(client_id, address, f"{url.rstrip('/')}/.default", context),
            clock=context.clock,
            agent_tag=agent_tag(context),
            patience_seconds=patience,
            first_wait_seconds=first_wait,
        )
        share = number_of(options, "share", 0.5)
        self.reports, self.directory = (
            VendorClient(
                label="Microsoft Graph",
                base_url=url,
                credentials=self.token.renewed,
                sign=self.token.headers,
                clock=context.clock,
                budget=SharedBudget(
                    context.clock,
                    limit=int(number_of(options, "rate", limit)),
                    share=share,
                    fixed="rate" in options,
                ),
                manner=MANNER,
                agent_tag=agent_tag(context),
                patience_seconds=patience,
                first_wait_seconds=first_wait,
            )
            for limit in (_REPORTS_A_MINUTE, _DIRECTORY_A_MINUTE)
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
        """One answer and its next link, which is opaque and complete. Raises `SourceError`."""
        body = client.get_json(address, params, purpose=purpose, is_right=_is_page, patience_seconds=patience_seconds)
        link = body.get("@odata.nextLink")
        if link is not None and (not isinstance(link, str) or not client.is_own(link)):
            raise SourceError("Microsoft Graph gave a next link to another host; the token stays here.", kind="refused")
        return body["value"], link

    def all_items(self, path: str, params: Parameters = ()) -> Iterator[Record]:
        """Every object of a list that has an id, once."""
        seen: set[str] = set()
        link: str | None = None
        again = 0
        while True:
            try:
                items, following = self.page(self.directory, link or path, () if link else params, purpose="directory")
            except HttpRefusal as refusal:
                again += 1
                if link is None or refusal.status not in (400, 410) or again > 10:
                    raise
                link = None  # the page token ended: from the start, without what was already given
                continue
            for item in items:
                if isinstance(item.get("id"), str) and item["id"] not in seen:
                    seen.add(item["id"])
                    yield item
            if following is None:
                return
            link = following


def _form(client_id: str, address: str, scope: str, context: SourceContext) -> Callable[[], Mapping[str, str]]:
    clock: Clock = context.clock

    def form() -> Mapping[str, str]:
        secret = context.read_secret(context.options.get("key", ""))
        plain = {"grant_type": "client_credentials", "client_id": client_id, "scope": scope}
        if "PRIVATE KEY" not in secret:
            return {**plain, "client_secret": secret}
        now = clock.now() // SECOND
        claims: dict[str, str | int] = {
            "aud": address, "iss": client_id, "sub": client_id, "jti": str(uuid.uuid4()), "nbf": now - 60,
            "exp": now + _ASSERTION_LIFE,
        }  # fmt: skip
        return {
            **plain,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": signed_assertion(claims, secret.encode(), {"x5t#S256": _thumbprint(secret)}),
        }

    return form


def _thumbprint(pem: str) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    start = pem.find("-----BEGIN CERTIFICATE-----")
    try:
        certificate = x509.load_pem_x509_certificate(pem[start:].encode()) if start >= 0 else None
    except ValueError:
        certificate = None
    if certificate is None:
        raise SourceError("The PEM file must hold the certificate beside the private key.", kind="credential")
    return base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
