"""The one request that is not a GET: signing in for a token that ends by itself.

`BearerToken` is the only way to send something to a vendor, and it sends only to the token addresses listed here. Its
retries are those of every other request. The token lives in memory; it is renewed at four fifths of its life and once
when the vendor refuses it earlier.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

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
    check_address,
    read_retry_after,
)

__all__ = ["BearerToken", "signed_assertion"]

_LOOPBACK = re.compile(r"localhost|127\.\d+\.\d+\.\d+|\[?::1\]?")
#: Host and path of every address to which something may be sent.
_ALLOWED = tuple(
    (re.compile(host), re.compile(path))
    for host, path in (
        (r"login\.microsoftonline\.(com|us)|login\.partner\.microsoftonline\.cn", r"/[\w.-]{1,64}/oauth2/v2\.0/token"),
        (r"oauth2\.googleapis\.com", r"/token"),
        (r"api(\.[a-z0-9-]+)*\.crowdstrike\.com", r"/oauth2/token"),
    )
)
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_SPENT = 0.8


def check_token_address(url: str) -> str:
    """The address, when a sign-in may be sent to it (or to this machine, under one of the same paths).

    Raises `SourceError`.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    known = parts.scheme == "https" or _LOOPBACK.fullmatch(host) is not None
    for allowed, path in _ALLOWED:
        if known and path.fullmatch(parts.path) and (allowed.fullmatch(host) or _LOOPBACK.fullmatch(host)):
            return url
    raise SourceError("This is no address at which a vendor gives tokens; nothing was sent to it.", kind="refused")


def _read_rate(headers: Mapping[str, str], now: Micros) -> RateFacts:
    return RateFacts(retry_after=read_retry_after(headers.get("retry-after"), now))


def _read_error(_status: int, payload: object) -> ErrorFacts:
    """The short code (`invalid_client`), never the description."""
    code = payload.get("error") if isinstance(payload, Mapping) else None
    return ErrorFacts(type=code if isinstance(code, str) and re.fullmatch(r"\w{1,64}", code) else "")


def _is_token(value: Any) -> bool:
    return isinstance(value.get("access_token"), str) and _TOKEN.fullmatch(value["access_token"]) is not None


class _SignIn(VendorClient):
    """The client of one token address; what it sends is asked for anew each time."""

    form: Callable[[], Mapping[str, str]]
    _success = frozenset({200, 201})  # CrowdStrike creates a token, the others give one

    def _open(
        self, url: str, params: Parameters, headers: Mapping[str, str], timeout: Any
    ) -> AbstractContextManager[httpx.Response]:
        del params
        return self._client.stream(
            "POST", check_token_address(url), data=dict(self.form()), headers=dict(headers), timeout=timeout
        )


class BearerToken:
    """A token of one account. `headers` is a `sign` for `VendorClient`, `renewed` its `credentials`."""

    def __init__(
        self,
        *,
        label: str,
        address: str,
        form: Callable[[], Mapping[str, str]],
        clock: Clock,
        agent_tag: str = "",
        patience_seconds: float = 120.0,
        first_wait_seconds: float = FIRST_WAIT,
    ) -> None:
        """`form` gives the fields to send, secrets among them; it is asked at every sign-in. Raises `SourceError`."""
        parts = urlsplit(check_token_address(address))
        self._path = parts.path
        self._clock = clock
        self._token = ""
        self._ends_at: Micros = 0
        self.client = _SignIn(
            label=f"{label} sign-in",
            base_url=check_address(f"{parts.scheme}://{parts.netloc}"),
            credentials=dict,
            clock=clock,
            budget=SharedBudget(clock, limit=600, share=1.0),
            manner=VendorManner(read_rate=_read_rate, read_error=_read_error),
            agent_tag=agent_tag,
            patience_seconds=patience_seconds,
            first_wait_seconds=first_wait_seconds,
        )
        self.client.form = form

    def headers(self, _url: str) -> Mapping[str, str]:
        """The header that carries the token; signs in when there is none or most of its life is over."""
        if not self._token or self._clock.now() >= self._ends_at:
            self._sign_in()
        return {"authorization": f"Bearer {self._token}"}

    def renewed(self) -> Mapping[str, str]:
        """Forget the token, so that the next request signs in; no headers of its own."""
        self._token = ""
        return {}

    def _sign_in(self) -> None:
        try:
            given = self.client.get_json(self._path, purpose="sign-in", is_right=_is_token)
        except HttpRefusal as refusal:
            if refusal.status not in (400, 401, 403):
                raise
            named = f" ({refusal.facts.type})" if refusal.facts.type else ""
            raise SourceError(
                f"{self.client.label} refuses the id or the key{named}: it is wrong, ended or not granted.",
                kind="credential",
            ) from None
        life = given.get("expires_in")
        seconds = float(life) if isinstance(life, int | float | str) and str(life).isdigit() else 600.0
        self._token = given["access_token"]
        self._ends_at = self._clock.now() + int(min(seconds, 86_400.0) * _SPENT * SECOND)

    def close(self) -> None:
        """Close all connections, forget the token."""
        self._token = ""
        self.client.close()


def signed_assertion(claims: Mapping[str, str | int], private_key: bytes, header: Mapping[str, str]) -> str:
    """A JWT signed with RS256. Raises `SourceError` when the key is none; the text never holds it."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        key = serialization.load_pem_private_key(private_key, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise SourceError("The private key is not an RSA key in PEM form without a password.", kind="credential")
    parts = ({"alg": "RS256", "typ": "JWT", **header}, claims)
    body = b".".join(base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in parts)
    signature = key.sign(body, padding.PKCS1v15(), hashes.SHA256())
    return (body + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()
