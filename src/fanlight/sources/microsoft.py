"""What Microsoft's vendors share: an app registration that signs in, and lists in the manner of OData."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from fanlight.model import SECOND
from fanlight.sources.contract import SourceContext, SourceError
from fanlight.sources.http import ErrorFacts, Parameters, VendorClient, VendorManner
from fanlight.sources.logs import Record
from fanlight.sources.options import needed
from fanlight.sources.signin import BearerToken, signed_assertion
from fanlight.sources.vendor import every_item, follow_link, is_list, open_token, retry_after_only

__all__ = ["MANNER", "app_token", "odata_items", "odata_page"]

_ASSERTION_LIFE = 300


def _read_error(_status: int, payload: object) -> ErrorFacts:
    """The error's code, never its message."""
    error = payload.get("error") if isinstance(payload, Mapping) else None
    code = error.get("code") if isinstance(error, Mapping) else None
    return ErrorFacts(type=code if isinstance(code, str) and code.replace("_", "").isalnum() else "")


MANNER = VendorManner(read_rate=retry_after_only, read_error=_read_error, longest_wait=300.0)


def app_token(context: SourceContext, *, label: str, scope: str) -> BearerToken:
    """The token of an app registration: options `directory`, `client`, `key`, `login_url`. Raises `SourceError`.

    `key` is a client secret, or private key and certificate in one PEM file.
    """
    options = context.options
    directory = needed(options, "directory", f"{label} needs the directory (tenant) id: --directory.")
    client = needed(options, "client", f"{label} needs the application (client) id: --client.")
    login = (options.get("login_url") or "https://login.microsoftonline.com").rstrip("/")
    address = f"{login}/{directory}/oauth2/v2.0/token"
    return open_token(context, label=label, address=address, form=partial(_form, context, client, address, scope))


def _form(context: SourceContext, client: str, address: str, scope: str) -> Mapping[str, str]:
    secret = context.read_secret(context.options.get("key", ""))
    plain = {"grant_type": "client_credentials", "client_id": client, "scope": scope}
    if "PRIVATE KEY" not in secret:
        return {**plain, "client_secret": secret}
    now = context.clock.now() // SECOND
    claims: dict[str, str | int] = {
        "aud": address, "iss": client, "sub": client, "jti": str(uuid.uuid4()), "nbf": now - 60,
        "exp": now + _ASSERTION_LIFE,
    }  # fmt: skip
    return {
        **plain,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": signed_assertion(claims, secret.encode(), {"x5t#S256": _thumbprint(secret)}),
    }


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


def odata_page(
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
    return body["value"], None if link is None else follow_link(client, str(link))


def _is_page(value: Any) -> bool:
    return is_list(value["value"])


def odata_items(client: VendorClient, path: str, params: Parameters = ()) -> Iterator[Record]:
    """Every object of a list that has an id, once."""
    ask: Callable[[str | None], tuple[list[Record], str | None]] = lambda link: odata_page(  # noqa: E731
        client, link or path, () if link else params, purpose="directory"
    )
    return every_item(ask, what=f"{client.label}'s list {path}")
