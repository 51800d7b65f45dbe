"""One HTTP client for every pull source: one retry policy, one rate budget, one place where answers are opened.

Only GET exists here; `signin` has the one exception, for tokens. Redirects are never followed, so a key cannot travel
to another host. An answer that is not usable becomes (source, status, length): no exception of this module holds a
body, and none is chained to one that does.
The retry table is that of `reference/sources.md` 1.5.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from fanlight.model import SECOND, Clock, Micros, Sealed
from fanlight.sources import redaction as _redaction  # noqa: F401  silences the library's debug logging
from fanlight.sources.budget import SharedBudget
from fanlight.sources.contract import SourceError
from fanlight.sources.decoding import Trouble, decode_json, read_file_name

__all__ = [
    "FIRST_WAIT",
    "Download",
    "ErrorFacts",
    "HttpRefusal",
    "Parameters",
    "RateFacts",
    "VendorClient",
    "VendorManner",
    "check_address",
    "read_count",
    "read_retry_after",
    "user_agent",
]

_JSON_CAP = 256 * 1024 * 1024
#: Seconds before the first retry after a server's error; doubles from there.
FIRST_WAIT = 0.3
#: A 500 that asks not to be retried is still asked twice more, seconds apart: a feed cannot leave a page out.
_LAST_TRIES = 2
_RETRIED = frozenset({408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
Parameters = Sequence[tuple[str, str | int]]
Decode = Callable[[bytes, Callable[[Any], bool] | None], tuple[Any, Trouble | None]]


@dataclass(frozen=True, slots=True)
class RateFacts:
    """What an answer's headers say about the limit. `retry_after` in seconds."""

    limit: int | None = None
    remaining: int | None = None
    reset_at: Micros | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class ErrorFacts:
    """What is kept of an error body: the vendor's own codes and our names for known texts, never the text."""

    type: str = ""
    code: str = ""
    marks: frozenset[str] = frozenset()


class HttpRefusal(SourceError):
    """The vendor said no in a way that asking again does not change."""

    def __init__(
        self,
        sentence: str,
        *,
        kind: Literal["credential", "refused", "unreachable", "unreadable"],
        status: int,
        facts: ErrorFacts,
        request_id: str = "",
    ) -> None:
        super().__init__(sentence, kind=kind)
        self.status = status
        self.facts = facts
        self.request_id = request_id


def _no_error_facts(_status: int, _payload: object) -> ErrorFacts:
    return ErrorFacts()


def _never(_status: int, _headers: Mapping[str, str], _facts: ErrorFacts) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorManner:
    """How one vendor words limits and errors."""

    read_rate: Callable[[Mapping[str, str], Micros], RateFacts]
    read_error: Callable[[int, object], ErrorFacts] = _no_error_facts
    is_rate_refusal: Callable[[int, Mapping[str, str], ErrorFacts], bool] = _never
    """Answers other than 429 that mean "too many requests"."""
    is_final: Callable[[int, Mapping[str, str], ErrorFacts], bool] = _never
    """Answers of the retried kind that must not be retried."""
    request_id_header: str = "request-id"
    longest_wait: float = 60.0


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes of a file, sealed. `truncated` when the cap cut them; `length` is what was read."""

    content: Sealed[bytes]
    mime_type: str | None
    file_name: Sealed[str] | None
    length: int
    truncated: bool


@dataclass(slots=True)
class _Answer:
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: Any = None
    length: int = 0
    trouble: Trouble | None = None
    facts: ErrorFacts = ErrorFacts()


def user_agent(tag: str = "") -> str:
    """How Fanlight names itself to vendors; `tag` tells installations apart."""
    from fanlight import __version__

    return f"fanlight/{__version__}" + (f" (collector {tag})" if tag else "")


def check_address(url: str) -> str:
    """The address without trailing slash. Raises `SourceError` unless it is https, or http to this machine itself."""
    parts = urlsplit(url.strip())
    host = parts.hostname or ""
    if parts.username or parts.password:
        raise SourceError("The address must not carry a user name or password.", kind="refused")
    if parts.query or parts.fragment or not host:
        raise SourceError("The address must look like https://host, without query or fragment.", kind="refused")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)):
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    raise SourceError(
        "The address must begin with https:// (plain http is accepted to this machine only).", kind="refused"
    )


@cache
def _trusted_authorities() -> ssl.SSLContext:
    """Read from disk once a process; it takes tens of milliseconds."""
    return httpx.create_ssl_context()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class VendorClient:
    """GET requests to one base address with retries, a budget and counters.

    `credentials` gives the headers that carry the key; it is asked again once after a 401, so that a replaced key
    is taken up without a restart. `sign` gives the headers of each single request from its address, for keys that sign
    and tokens that end. `patience_seconds` bounds how long one call keeps trying, measured on `clock`.
    """

    _success: frozenset[int] = frozenset({200})

    def __init__(
        self,
        *,
        label: str,
        base_url: str,
        credentials: Callable[[], Mapping[str, str]],
        clock: Clock,
        budget: SharedBudget,
        manner: VendorManner,
        headers: Mapping[str, str] | None = None,
        agent_tag: str = "",
        patience_seconds: float = 900.0,
        timeout_seconds: float = 60.0,
        first_wait_seconds: float = FIRST_WAIT,
        seed: int | None = None,
        sign: Callable[[str], Mapping[str, str]] | None = None,
    ) -> None:
        self.label = label
        self.base_url = check_address(base_url)
        self.host = urlsplit(self.base_url).netloc
        self.agent = user_agent(agent_tag)
        self.budget = budget
        self.patience_seconds = patience_seconds
        self.troubles: Counter[str] = Counter()
        self.last_request_id = ""
        self._first_wait = first_wait_seconds
        self._credentials = credentials
        self._sign = sign
        self._secret_headers: Mapping[str, str] | None = None
        self._clock = clock
        self._manner = manner
        self._random = random.Random(seed)  # noqa: S311  jitter, not a secret
        self._client = httpx.Client(
            headers={"user-agent": self.agent, "accept": "application/json", **(headers or {})},
            timeout=httpx.Timeout(timeout_seconds, connect=15.0),
            follow_redirects=False,
            verify=_trusted_authorities(),
            # A proxy from the environment is for TLS only: through plain http it would read the key.
            trust_env=self.base_url.startswith("https:"),
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=16, keepalive_expiry=30.0),
        )

    def get_json(
        self,
        path: str,
        params: Parameters = (),
        *,
        purpose: str,
        is_right: Callable[[Any], bool] | None = None,
        patience_seconds: float | None = None,
        timeout_seconds: float | None = None,
        decode: Decode = decode_json,
    ) -> Any:
        """The decoded body. Raises `SourceError`; `HttpRefusal` when the vendor refuses this very request."""
        return self.get_json_with_headers(
            path,
            params,
            purpose=purpose,
            is_right=is_right,
            patience_seconds=patience_seconds,
            timeout_seconds=timeout_seconds,
            decode=decode,
        )[0]

    def get_json_with_headers(
        self,
        path: str,
        params: Parameters = (),
        *,
        purpose: str,
        is_right: Callable[[Any], bool] | None = None,
        patience_seconds: float | None = None,
        timeout_seconds: float | None = None,
        decode: Decode = decode_json,
    ) -> tuple[Any, Mapping[str, str]]:
        """Like `get_json`, with the answer's headers (lower-case names) beside it."""

        def read(response: httpx.Response, answer: _Answer) -> None:
            body = _read_capped(response, _JSON_CAP, answer)
            if answer.trouble is None:
                if answer.status == 200:
                    answer.payload, answer.trouble = decode(body, is_right)
                else:
                    answer.payload = decode_json(body, None)[0]

        answer = self._exchange(path, params, purpose, read, patience_seconds, timeout_seconds)
        return answer.payload, answer.headers

    def get_bytes(
        self, path: str, params: Parameters = (), *, purpose: str, cap: int, patience_seconds: float | None = None
    ) -> Download:
        """A file, at most `cap` bytes of it. Raises like `get_json`.

        A body that does not fit its `Content-MD5` was cut and is asked for again; the same bytes twice are taken
        as they are, because then it is the header that is wrong.
        """
        refused: set[bytes] = set()

        def read(response: httpx.Response, answer: _Answer) -> None:
            if answer.status != 200:
                body = _read_capped(response, _JSON_CAP, answer)
                answer.payload = decode_json(body, None)[0]
                return
            content = _read_capped(response, cap, answer, keep_cut=True)
            if answer.trouble is None and (stated := response.headers.get("content-md5")):
                digest = hashlib.md5(content, usedforsecurity=False).digest()
                if base64.b64encode(digest).decode() != stated.strip() and digest not in refused:
                    refused.add(digest)
                    answer.trouble = "cut short"
                    return
            answer.payload = Sealed(content)

        answer = self._exchange(path, params, purpose, read, patience_seconds, None)
        truncated = answer.trouble == "too large"
        return Download(
            content=answer.payload,
            mime_type=(answer.headers.get("content-type") or "").partition(";")[0].strip() or None,
            file_name=read_file_name(answer.headers.get("content-disposition", "")),
            length=answer.length,
            truncated=truncated,
        )

    def is_own(self, url: str) -> bool:
        """Whether an address has the scheme, host and port of this client's base address."""
        own, given = urlsplit(self.base_url), urlsplit(url)
        return (own.scheme, own.netloc) == (given.scheme, given.netloc)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _exchange(
        self,
        path: str,
        params: Parameters,
        purpose: str,
        read: Callable[[httpx.Response, _Answer], None],
        patience_seconds: float | None,
        timeout_seconds: float | None,
    ) -> _Answer:
        patience = self.patience_seconds if patience_seconds is None else patience_seconds
        started = self._clock.now()
        attempt = 0
        key_reread = False
        last_tries = _LAST_TRIES
        while True:
            self.budget.acquire(purpose if attempt == 0 else f"{purpose}:retry")
            answer = self._send(path, params, read, timeout_seconds)
            rate = self._manner.read_rate(answer.headers, self._clock.now())
            self.budget.learn(limit=rate.limit, remaining=rate.remaining, reset_at=rate.reset_at)
            if answer.status == 200 and answer.trouble in (None, "too large"):
                if answer.trouble is None or isinstance(answer.payload, Sealed):
                    return answer
                raise SourceError(f"{self._where(path)} sent more than {_JSON_CAP} bytes.", kind="unreadable")
            if answer.status == 401 and not key_reread:
                key_reread, self._secret_headers = True, None
                attempt += 1
                continue
            wait = self._wait_before_retry(answer, rate, attempt)
            if wait is None and answer.status == 500 and last_tries:
                last_tries -= 1
                wait = 10 * self._first_wait
            if wait is None:
                raise self._refusal(path, answer)
            self.troubles[answer.trouble or str(answer.status)] += 1
            if (self._clock.now() - started) / SECOND + wait > patience:
                raise self._gave_up(path, answer, patience)
            self._clock.sleep(wait)
            attempt += 1

    def _send(
        self,
        path: str,
        params: Parameters,
        read: Callable[[httpx.Response, _Answer], None],
        timeout_seconds: float | None,
    ) -> _Answer:
        answer = _Answer()
        url = path if path.startswith(("https://", "http://")) else self.base_url + path
        if not self.is_own(url):
            raise SourceError(f"{self.label} pointed to another host; the key stays here.", kind="refused")
        if self._secret_headers is None:
            self._secret_headers = dict(self._credentials())
        headers = {**self._secret_headers, **(self._sign(url) if self._sign else {})}
        timeout = httpx.USE_CLIENT_DEFAULT if timeout_seconds is None else httpx.Timeout(timeout_seconds, connect=15.0)
        try:
            with self._open(url, params, headers, timeout) as response:
                answer.status = 200 if response.status_code in self._success else response.status_code
                answer.headers = response.headers
                read(response, answer)
        except httpx.TimeoutException:
            answer.trouble = "time-out"
        except httpx.DecodingError:
            answer.trouble = "cut short"
        except (httpx.HTTPError, httpx.StreamError):
            answer.trouble = "cut short" if answer.status else "no connection"
        if answer.status:
            self.last_request_id = answer.headers.get(self._manner.request_id_header, "")
        if answer.status != 200:
            answer.facts = self._manner.read_error(answer.status, answer.payload)
            answer.payload = None
        return answer

    def _open(
        self, url: str, params: Parameters, headers: Mapping[str, str], timeout: Any
    ) -> AbstractContextManager[httpx.Response]:
        return self._client.stream("GET", url, params=list(params) or None, headers=dict(headers), timeout=timeout)

    def _wait_before_retry(self, answer: _Answer, rate: RateFacts, attempt: int) -> float | None:
        """Seconds before asking the same again; None when asking again is pointless."""
        # A broken answer says nothing about load, so the first retry comes soon; a refusal for load waits longest.
        first = self._first_wait * (0.3 if answer.status in (0, 200) else 1.0)
        backoff = min(self._manner.longest_wait, first * 2.0 ** min(attempt, 16)) * self._random.uniform(0.8, 1.2)
        limited = self._manner.is_rate_refusal(answer.status, answer.headers, answer.facts)
        if answer.status == 429 or limited:
            asked = rate.retry_after
            if asked is None:
                return backoff * 3
            wait = max(asked * self._random.uniform(1.0, 1.2), backoff)
            if not answer.facts.code:
                # The shared limit, not one busy reader: everybody on this budget pauses a moment.
                self.budget.hold(min(asked, 2.0))
            return wait
        if answer.status in (0, 200):
            return backoff
        if answer.status in _RETRIED and not self._manner.is_final(answer.status, answer.headers, answer.facts):
            return max(backoff, rate.retry_after or 0.0)
        return None

    def _where(self, path: str) -> str:
        return f"{self.label} ({self.host}{urlsplit(path).path})"

    def _refusal(self, path: str, answer: _Answer) -> HttpRefusal:
        status, where = answer.status, self._where(path)
        request_id = answer.headers.get(self._manner.request_id_header, "")
        trace = f" Request id {request_id}." if request_id else ""
        kind: Literal["credential", "refused", "unreachable", "unreadable"] = "refused"
        if status == 401:
            kind = "credential"
            sentence = f"{where} does not accept the key (status 401): it is wrong, deactivated or expired."
        elif 300 <= status < 400:
            sentence = f"{where} answered with a redirect (status {status}), which is never followed with a key."
        elif status >= 500:
            kind = "unreachable"
            sentence = f"{where} answered status {status} and asked not to be asked again."
        else:
            named = f", {answer.facts.type}" if answer.facts.type else ""
            sentence = f"{where} refused the request (status {status}{named})."
        return HttpRefusal(sentence + trace, kind=kind, status=status, facts=answer.facts, request_id=request_id)

    def _gave_up(self, path: str, answer: _Answer, patience: float) -> SourceError:
        waited = f"{patience / 60:.0f} minutes" if patience >= 120 else f"{patience:.0f} seconds"
        if answer.status == 0:
            return SourceError(
                f"{self._where(path)} cannot be reached ({answer.trouble}) for {waited}.", kind="unreachable"
            )
        if answer.status == 200:
            what = f"an answer {answer.trouble} ({answer.length} bytes)"
            return SourceError(f"{self._where(path)} keeps sending {what}, tried for {waited}.", kind="unreadable")
        return SourceError(
            f"{self._where(path)} keeps answering status {answer.status}, tried for {waited}.", kind="unreachable"
        )


def _read_capped(response: httpx.Response, cap: int, answer: _Answer, *, keep_cut: bool = False) -> bytes:
    """The body up to `cap` bytes; sets `answer.length`, and `trouble` when the cap or ten minutes are exceeded."""
    deadline = time.monotonic() + 600
    pieces: list[bytes] = []
    for piece in response.iter_bytes():
        answer.length += len(piece)
        pieces.append(piece)
        if answer.length > cap:
            answer.trouble = "too large"
            return b"".join(pieces)[:cap] if keep_cut else b""
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("slow answer")
    return b"".join(pieces)


def read_retry_after(value: str | None, now: Micros) -> float | None:
    """Seconds of a Retry-After header (a number or an HTTP date); None when absent or in the past."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now / SECOND
        except (TypeError, ValueError):
            return None
    return seconds if 0 <= seconds < 86_400 else None


def read_count(value: str | None) -> int | None:
    """A whole number of a header; None when absent or not a number."""
    return int(value) if value and value.isdigit() else None
