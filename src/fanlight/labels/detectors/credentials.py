"""Credentials with a structure of their own: private keys, signed tokens, passwords in addresses, basic auth."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from typing import ClassVar

from fanlight.labels.detectors import Found, Sight, thinned
from fanlight.labels.randomness import looks_like_password
from fanlight.labels.validators import entropy, is_placeholder
from fanlight.labels.wordlists import words

__all__ = ["DETECTOR"]

_PEM = re.compile(
    r"-----BEGIN (?P<kind>[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----(?P<body>[^-]{16,12000}|[^-]{16,}?(?=-----))"
)
_PEM_TYPES = {
    "PGP": "PGP_PRIVATE_KEY",
    "OPENSSH": "OPENSSH_PRIVATE_KEY",
    "RSA": "RSA_PRIVATE_KEY",
    "EC": "EC_PRIVATE_KEY",
}
_PUTTY = re.compile(
    r"PuTTY-User-Key-File-[23]: [\w-]+[\s\S]{0,3000}?Private-Lines: \d+\s+(?P<body>[A-Za-z0-9+/=\s]{40,4000})"
)
_JWT = re.compile(
    r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,2000}\.(?:eyJ|"
    r"[A-Za-z0-9_-])[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{0,1200}"
)
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,24})://(?P<user>[^\s:/@\"'<>{}]{0,80}):(?P<v>[^\s/\"'<>]{2,120})"
    r"@(?P<host>[\w.\[\]:-]+)"
)
_BASIC = re.compile(r"(?i:basic)[ \"':]{1,4}(?P<v>[A-Za-z0-9+/]{8,400}={0,2})(?![A-Za-z0-9+/=])")
_CURL = re.compile(r"(?:-u|--user)[ =]+[\"']?(?P<user>[^\s:\"']{1,80}):(?P<v>[^\s\"']{3,80})")
_CONNECTION = re.compile(
    r"(?i:(?:server|data source|host|user id|uid|database|initial catalog|driver)\s*=[^;\n]{1,120};[^\n]{0,300}?)"
    r"(?i:password|pwd)\s*=\s*[\"']?(?P<v>[^;\"'\s]{3,100})"
)
_DSN = re.compile(r"(?<![\w/])(?P<user>[\w.-]{1,40}):(?P<v>[^\s@\"'`/]{3,80})@(?:tcp|unix|udp)\(")
_ARGUMENTS = re.compile(
    r"(?i:new pdo|getconnection|\bconnect|mysqli(?:_connect)?|create_engine|login|directoryentry)"
    r"\(\s{0,4}[\"'][^\"'\n]{2,120}[\"']\s{0,3},\s{0,12}"
    r"[\"'][^\"'\n]{1,60}[\"']\s{0,3},\s{0,12}[\"'](?P<v>[^\"'\n\s]{4,80})[\"']"
)
_BASIC_PAIR = re.compile(
    r"(?i:\bauth ?= ?|basic_?auth|networkcredential)"
    r"\(\s{0,3}[\"'][^\"'\n]{1,60}[\"']\s{0,3},\s{0,12}[\"'](?P<v>[^\"'\n\s]{4,80})[\"']"
)
_PAIRS = ("auth(", "auth=(", "auth = (", "networkcredential(")
_WEAK = frozenset(words("credentials", "weak"))


class _Credentials:
    name = "credentials"
    order = 10
    types: ClassVar[dict[str, str]] = {
        **dict.fromkeys((*_PEM_TYPES.values(), "PRIVATE_KEY", "PUTTY_PRIVATE_KEY"), "private_key"),
        "JSON_WEB_TOKEN": "key",
        "HTTP_BASIC_AUTH": "key",
        "CONNECTION_STRING": "password",
        "BASIC_PASSWORD": "password",
    }
    anchors = words("credentials", "anchor")

    def find(self, sight: Sight) -> Iterable[Found]:
        text = sight.text
        last = -1
        for end, _ in thinned(sight.hits):
            begin = text.rfind("\n", max(0, end - 400), end) + 1 or max(0, end - 400)
            if begin < last:
                begin = last if end <= last else begin
            yield from self._near(text, begin, end)
            last = max(last, begin)

    def _near(self, text: str, begin: int, end: int) -> Iterable[Found]:
        tail = text[max(0, end - 20) : end].lower()
        if tail.endswith("private key"):
            yield from _private_keys(text, max(0, end - 60))
        elif tail.endswith("key-file"):
            match = _PUTTY.match(text, end - 19)
            if match:
                yield Found(*match.span(), "PUTTY_PRIVATE_KEY", "private_key", "putty_private_key", 0.97, label="PuTTY")
        elif tail.endswith("eyj"):
            match = _JWT.match(text, end - 3)
            if match and _is_jwt(match.group()):
                yield Found(*match.span(), "JSON_WEB_TOKEN", "key", "json_web_token", 0.9, flags="jwt", label="eyJ")
        elif tail.endswith("://"):
            match = None
            if 0 < text.find(":", end, end + 81) < text.find("@", end, end + 203):
                match = _URL.search(text, max(begin, end - 30), min(len(text), end + 330))
            if match and match.start("user") == end and _is_url_password(match):
                yield Found(*match.span("v"), "CONNECTION_STRING", "password", "password_in_url", 0.97, keyword="://")
        elif "basic" in tail[-7:]:
            match = _BASIC.match(text, end - 6)
            if match and _is_basic(match.group("v")):
                yield Found(
                    *match.span("v"), "HTTP_BASIC_AUTH", "key", "http_basic", 0.93, flags="base64", label="Basic"
                )
        elif tail.endswith(("-u ", "--user")):
            match = _CURL.search(text, max(0, end - 8), end + 200)
            if (
                match
                and "curl" in text[begin:end].lower()
                and match.group("v").lower() not in _WEAK
                and not is_placeholder(match.group("v"))
            ):
                yield Found(*match.span("v"), "BASIC_PASSWORD", "password", "curl_user", 0.85, keyword="curl -u")
        elif tail.endswith(("@tcp(", "@unix(")):
            match = _DSN.search(text, max(begin, end - 130), end)
            if match and not is_placeholder(match.group("v")) and match.group("v").lower() not in _WEAK:
                yield Found(*match.span("v"), "CONNECTION_STRING", "password", "password_in_dsn", 0.93, keyword="tcp")
        elif tail.endswith("("):
            match = (_BASIC_PAIR if tail.endswith(_PAIRS) else _ARGUMENTS).search(
                text, max(begin, end - 20), min(len(text), end + 300)
            )
            if match and _is_argument(match.group("v")):
                yield Found(
                    *match.span("v"), "CONNECTION_STRING", "password", "password_argument", 0.75, keyword="connect"
                )
        else:
            match = _CONNECTION.search(text, begin, min(len(text), end + 110))
            if match and match.group("v").lower() not in _WEAK and not is_placeholder(match.group("v")):
                yield Found(
                    *match.span("v"), "CONNECTION_STRING", "password", "connection_string", 0.93, keyword="password"
                )


def _is_argument(value: str) -> bool:
    return looks_like_password(value) and any(c.isdigit() for c in value) and value.lower() not in _WEAK


def _private_keys(text: str, begin: int) -> Iterable[Found]:
    if text.find("-----BEGIN", begin, begin + 70) < 0:
        return
    match = _PEM.search(text, begin, min(len(text), begin + 13000))
    if match is None or match.start() > begin + 60:
        return
    body = re.sub(r"\\n|\s", "", match.group("body"))
    if len(body) < 24 or is_placeholder(body[:40]) or entropy(body[:200]) < 3.0:
        return
    kind = match.group("kind").split(" ")[0]
    stop = match.end()
    closing = text[stop : stop + 60].find("KEY")
    if closing >= 0:
        stop = min(len(text), stop + closing + 8)
    name = _PEM_TYPES.get(kind, "PRIVATE_KEY")
    yield Found(match.start(), stop, name, "private_key", "pem_private_key", 0.98, flags="pem", label="private key")


def _is_jwt(value: str) -> bool:
    head, _, signature = value.split(".", 2)
    if 0 < len(signature) < 20:
        return False
    try:
        decoded = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, binascii.Error):
        return False
    return isinstance(decoded, dict) and bool({"alg", "typ", "kid", "enc"} & set(decoded))


def _is_url_password(match: re.Match[str]) -> bool:
    value = match.group("v")
    if value.lower() in _WEAK or is_placeholder(value) or value.startswith(("$", "{", "%s", "<", "*")):
        return False
    return value != match.group("user") or not value.isalpha() or len(value) > 4


def _is_basic(value: str) -> bool:
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4), validate=False)
        text = decoded.decode("utf-8")
    except (ValueError, binascii.Error):
        return False
    return ":" in text and text.isprintable()


DETECTOR = _Credentials()
