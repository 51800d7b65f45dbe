"""Keys and tokens without a public prefix: a name that says so, or a vendor, beside a value drawn at random."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

import yaml

from fanlight.labels.detectors import Found, Sight
from fanlight.labels.randomness import is_random_token
from fanlight.labels.validators import is_placeholder

__all__ = ["DETECTOR"]

_WORDS = (
    "secret", "token", "api_key", "apikey", "api-key", "api key", "access_key", "accesskey", "access key", "access-key",
    "auth_key", "authkey", "auth key", "authorization", "bearer", "private_key", "privatekey", "private-key", "private key",
    "credential", "client_secret", "signing_key", "signingkey", "encryption_key", "encryptionkey", "secret_key", "license_key",
    "licensekey", "license key", "webhook", "session_id", "sessionid", "_key", "key=", "key:", "key\"", "key'", "_auth", "_pat",
    "x-api", "apitoken", "app_key", "appkey", "consumer_key", "master_key", "masterkey", "service_key", "access_id", "accessid",
    "auth=", "auth:", "_sid", "salt", "signature", "cookie",
    "schlüssel", "clé", "clave", "chiave", "chave", "sleutel", "klucz", "nyckel", "anahtar", "キー", "トークン", "키", "토큰", "密钥", "令牌",
)  # fmt: skip
_NAME_NO = re.compile(
    r"(?i)public|pub_?key|primary|foreign|keyboard|monkey|keyword|tokeniz|token_?type|token_?count|max_?token|next_?token|"
    r"page_?token|num_?token|tokens\b|key_?id\b|keyid|turkey|hockey|donkey|jockey|key_?name|secretary|cache|sort_?key|"
    r"partition|object_?key|map_?key|row_?key|idempotency|etag|checksum|integrity|fingerprint|digest|nonce|trace|span|request|"
    r"csrf|xsrf|commit|sha\d|md5|hash|cf-id|correlation|secret_?name|secret_?arn|secretref|i18n|translation"
)
_LINE_NO = re.compile(r"(?i)integrity=|sha(?:256|512|1|384)[-:]|ssh-(?:rsa|ed25519|dss)|BEGIN (?:CERT|PUBLIC)|public key|request[-_ ]id|trace[-_ ]?id|commit [0-9a-f]{7}")
_AFTER = re.compile(
    r"(?P<tail>[A-Za-z0-9_.-]{0,40}?)[\"'`\])}*]{0,3}(?P<sep>\s{0,3}(?::=|=>|===?|=|:|->|,|\||>|\bis\b|\bist\b|\best\b|\bes\b)"
    r"(?:\s|\\\"|[\"'`({\[*>]|new |String){0,6}|\s{1,3}(?:is |was |of )?[\"'`]?|[\"'`]{1,2}, ?[\"'`])"
    r"(?:(?:Bearer|Basic|token|Token|SSWS|ApiKey|apikey|Key|key)[ =:]\s?[\"']?)?(?P<v>[A-Za-z0-9][A-Za-z0-9+/=_.~:%@!$*#^&-]{7,400})"
)
_VALUE = re.compile(r"(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9][A-Za-z0-9+/=_.~-]{13,400}(?![A-Za-z0-9+_-])")


class _Keys:
    name = "keys"
    order = 30

    def __init__(self) -> None:
        self.anchors = tuple(dict.fromkeys((*_WORDS, *vendors())))

    def find(self, sight: Sight) -> Iterable[Found]:
        text = sight.view.text
        taken: set[int] = set()
        for end in sight.ends:
            for find in _named(text, end):
                if find.start not in taken:
                    taken.add(find.start)
                    yield find


@cache
def vendors() -> tuple[str, ...]:
    """Names of services that give out keys, in lower case."""
    raw = yaml.safe_load((files("fanlight.catalog") / "vendors.yml").read_text("utf-8"))
    return tuple(raw["vendors"])


@cache
def _vendor_pattern() -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(map(re.escape, sorted(vendors(), key=len, reverse=True))) + ")$")


_WORD = re.compile("(?:" + "|".join(map(re.escape, sorted(_WORDS, key=len, reverse=True))) + ")$")
_TRIM = ".,;:!?=&%#*"


def _named(text: str, end: int) -> Iterator[Found]:
    head = text[max(0, end - 24) : end].lower()
    word = _WORD.search(head)
    line_start = text.rfind("\n", max(0, end - 160), end) + 1 or max(0, end - 160)
    line = text[line_start : end + 60].partition("\n")[0] if end else ""
    if word is not None:
        yield from _assigned(text, end, word.group().strip("_=:\"' "), text[line_start:end])
    vendor = _vendor_pattern().search(head)
    if vendor is not None and not _LINE_NO.search(line):
        yield from _beside_vendor(text, end, vendor.group())


def _assigned(text: str, end: int, keyword: str, before: str) -> Iterator[Found]:
    if _LINE_NO.search(before):
        return
    if text[end - 1] in "=:\"'":
        end -= 1
    match = _AFTER.match(text, end)
    if match is None:
        return
    name = before[-24:] + match.group("tail")
    if _NAME_NO.search(name):
        return
    value, start = match.group("v"), match.start("v")
    value = value.rstrip(_TRIM) if not value.endswith("=") else value.rstrip(".,;:")
    spaced = match.group("sep").strip(" \"'`") == ""
    least = 16 if spaced else 10
    if is_placeholder(value) or not is_random_token(value, least):
        return
    strong = is_random_token(value, 20)
    confidence = (0.85 if strong else 0.7) - (0.1 if spaced else 0.0)
    yield Found(start, start + len(value), "GENERIC_SECRET", "secret", "key_assigned", confidence, keyword=keyword)


def _beside_vendor(text: str, end: int, vendor: str) -> Iterator[Found]:
    stop = text.find("\n", end, end + 120)
    stop = min(len(text), end + 120) if stop < 0 else stop
    for match in _VALUE.finditer(text, end, min(len(text), stop + 300)):
        if match.start() > stop or match.start() - end > 48:
            return
        value = match.group().rstrip(_TRIM)
        between = text[end : match.start()]
        if _NAME_NO.search(between) or "://" in between or "/" in value:
            return
        if is_random_token(value, 16):
            yield Found(
                match.start(), match.start() + len(value), "VENDOR_SECRET", "secret", "key_beside_vendor", 0.75,
                keyword=vendor, label=vendor,
            )  # fmt: skip
            return


DETECTOR = _Keys()
