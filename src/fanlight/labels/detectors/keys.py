"""Keys and tokens without a public prefix: a name that says so, or a vendor, beside a value drawn at random."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from fanlight.labels.catalogue import read_yaml
from fanlight.labels.detectors import Found, Sight, thinned
from fanlight.labels.gates import Gate
from fanlight.labels.randomness import is_random_token, is_word
from fanlight.labels.validators import is_example_like, is_placeholder
from fanlight.labels.wordlists import words

__all__ = ["DETECTOR"]

_WORDS = words("keys", "name")
_NAME_NO = re.compile(
    r"(?i)public|pub_?key|primary|foreign|keyboard|(?:mon|tur|hoc|don|joc)key\b|keyword|tokeniz|token_?(?:type|count)|"
    r"(?<![a-z])(?:max|next|page|num)_?tokens?|tokens\b|key_?(?:id\b|name)|keyid|secretary|cache|sort_?key|partition|"
    r"(?:object|map|row|cache|public|partition|site)[_ ]?key|idempotency|etag|checksum|integrity|fingerprint|"
    r"digest|nonce|trace|span|request|csrf|xsrf|"
    r"authenticity|commit|sha\d|md5|hash|cf-id|correlation|secret_?(?:name|arn|ref)|i18n|translation|credentials?_?id|"
    r"vault_?name|_length|meshing|user_?agent|api[-_]?(?:name|version)|version|revision|srcrev|"
    r"private_?(?:ip|network|subnet|repo|link|dns)"
)
_LINE_NO = re.compile(
    r"(?i)integrity=|sha(?:256|512|1|384)[-:]|ssh-(?:rsa|ed25519|dss)|BEGIN (?:CERT|PUBLIC)|public key|"
    r"request[-_ ]id|trace[-_ ]?id|commit [0-9a-f]{7}|etag|x-amz|cf-id|md5|checksum"
)
_AFTER = re.compile(
    r"(?P<tail>[A-Za-z0-9_.]{0,40}?)(?: ?(?:for|to|of|für|pour|para|per|voor|dla|för|de|del|di|da|do|von|"
    r"der) [^\n=:,;\d]{1,48}?"
    r"(?= (?:is|ist|est|es|è|é|jest|är|olarak) |: ?|= ?)|(?: ?: ?)[A-Z]\w{2,20}\??(?= ?= ?))?"
    r"(?: \d{1,2}(?=:))?[\"'`\])}*]{0,3}(?P<sep>\s{0,3}(?::=|=>|===?|!=|=|:|->|,|\||>|\bis\b|"
    r"\bist\b|\best\b|\bes\b|\bè\b|\bé\b|\bjest\b|\bär\b)"
    r"(?:\s|\\\"|[\"'`({\[*>]|new |String){0,24}|\s{1,3}(?:is |was |of |[a-z]{2,8} ?[:=] ?)?[\"'`]?|"
    r"[\"'`]{1,2}, ?[\"'`]|[-_]{1,2}(?:[A-Za-z]{1,8}[-_]){0,2})"
    r"(?:(?:Bearer|Basic|token|Token|SSWS|ApiKey|apikey|Key|key|PRIVATE|SECRET|"
    r"secret)[ =:]{1,2}[\"']?)?(?P<v>[A-Za-z0-9_][A-Za-z0-9+/=_.~:%@!$*^&-]{7,400})"
)
_VALUE = re.compile(r"(?<![A-Za-z0-9+/.])[A-Za-z0-9][A-Za-z0-9+/_.~-]{11,400}={0,2}(?![A-Za-z0-9+])")
_DEFAULT = re.compile(
    r"(?P<tail>\w{0,40})[\"'] ?\{(?P<sep>\s{1,12}(?:(?:type|description|sensitive)\s{0,8}=[^\n]{0,80}\s{1,12}){0,3}"
    r"default\s{0,8}=\s{0,4}\")(?P<v>[A-Za-z0-9+/=_.~-]{12,400})\""
)
"""The default of a variable in a Terraform file."""
_FILE = re.compile(r"/[^/]*\.[a-z][a-z0-9]{1,7}$")
_SIGNED = re.compile(r"[^\n\"'`]{0,30}?[=:>(,] ?[\"'](?P<v>[^\s\"']{24,200})[\"']")
"""A value in quotes that no program would take for a word: long, and drawn of letters, digits and signs."""
_DASHED = re.compile(r"[-_]{1,2}(?:[A-Za-z]{1,8}[-_]){0,2}")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_TRIM = ".,;:!?=&%*"
_KEYISH = re.compile(r"(?i)key|token|secret|private|access|api|auth|pat\b|credential|=|:")
_TYPED = re.compile(
    r"(?<![A-Za-z0-9])(?:[a-z0-9]{1,12}[_-])?(?:sk|pat|tok|token|key|secret|live|test|api|apikey|priv|svc|sat|"
    r"pst|v1|at|rt|prod)[_-](?:[a-z0-9]{1,8}[_-]){0,2}(?P<v>[A-Za-z0-9+=_-]{22,200})(?![A-Za-z0-9])"
)


@dataclass(frozen=True, slots=True)
class _Vendors:
    """Names of services; generic ones are ordinary words and count only before a word such as `key`."""

    names: frozenset[str]
    generic: frozenset[str]


@cache
def _vendors() -> _Vendors:
    raw = read_yaml("vendors.yml")
    return _Vendors(frozenset(map(str, raw["vendors"])), frozenset(map(str, raw["generic"])))


_WORD_SET = frozenset(_WORDS)
_VENDOR_REACH = 48
"""Characters behind a vendor's name within which its value begins."""
_PREFIXES = words("keys", "prefix")


class _Keys:
    name = "keys"
    order = 30
    types: ClassVar[dict[str, str]] = {"GENERIC_SECRET": "secret", "VENDOR_SECRET": "secret"}

    def __init__(self) -> None:
        vendors = _vendors()
        self.anchors = tuple(sorted({*_WORDS, *_PREFIXES, *vendors.names, *vendors.generic}))

    def gate_of(self, anchor: str) -> Gate:
        return Gate(token=150 if anchor in _WORD_SET or anchor in _PREFIXES else _VENDOR_REACH)

    def find(self, sight: Sight) -> Iterable[Found]:
        text = sight.text
        longest: dict[int, str] = {}
        taken: dict[int, float] = {}
        for end, literal in thinned(sight.hits, 16):
            if literal in _WORD_SET:
                stop = end
                while text[stop - 1] in "=:\"' -_\\":
                    stop -= 1
                if len(literal) > len(longest.get(stop, "")):
                    longest[stop] = literal
            elif literal not in _PREFIXES:
                yield from _fresh(taken, _beside_vendor(text, end, literal))
            if literal in _PREFIXES:
                yield from _fresh(taken, _typed(text, end, literal))
        for end, literal in thinned(sorted(longest.items()), 16):
            yield from _fresh(taken, _assigned(text, end, literal))


def _fresh(taken: dict[int, float], finds: Iterator[Found]) -> Iterator[Found]:
    """Only finds that beat what was found at the same place."""
    for find in finds:
        if find.confidence > taken.get(find.start, 0.0):
            taken[find.start] = find.confidence
            yield find


def _line_before(text: str, end: int, reach: int = 160) -> str:
    start = text.rfind("\n", max(0, end - reach), end) + 1 or max(0, end - reach)
    return text[start:end]


def _assigned(text: str, end: int, keyword: str) -> Iterator[Found]:
    stop = min(len(text), end + 500)
    match = _DEFAULT.match(text, end, stop) if text.find("default", end, stop) >= 0 else None
    if match is None:
        match = _AFTER.match(text, end, stop)
    if match is None or len(match.group("v")) < 12:
        signed = _SIGNED.match(text, end, min(len(text), end + 260))
        if signed is not None and _is_signed(signed.group("v")) and not _NAME_NO.search(_line_before(text, end)[-24:]):
            yield Found(
                *signed.span("v"), "GENERIC_SECRET", "secret", "key_signed", 0.75, keyword=keyword.strip("=:\"' -_")
            )
        return
    value, start = match.group("v"), match.start("v")
    value = value.rstrip(".,;:") if value.endswith("=") else value.rstrip(_TRIM)
    confidence = _confidence(value, match.group("sep").strip(" \"'`\t"))
    if confidence == 0.0:
        return
    before = _line_before(text, end)
    name = before[-24:] + match.group("tail")
    if (
        _FILE.search(value)
        or _NAME_NO.search(name)
        or _LINE_NO.search(before)
        or (_UUID.fullmatch(value) and name.lower().endswith("id"))
    ):
        return
    yield Found(
        start,
        start + len(value),
        "GENERIC_SECRET",
        "secret",
        "key_assigned",
        confidence,
        keyword=keyword.strip("=:\"' -_\\"),
    )


def _is_signed(value: str) -> bool:
    """Drawn of all sorts of characters."""
    sorts = (any(map(str.islower, value)), any(map(str.isupper, value)), any(map(str.isdigit, value)))
    signs = sum(c in "!@#$%^&*()-_=+[]{}|;:,.<>?~" for c in value)
    return all(sorts) and 3 <= signs <= len(value) // 2 and len(set(value)) >= 16 and not is_placeholder(value)


def _confidence(value: str, separator: str) -> float:
    """How certain a value after a telling name is; 0 when it is none. `separator` is what stands between."""
    spaced = separator == ""
    wordy = separator[-1:].isalpha() and "=" not in separator and ":" not in separator
    if _DASHED.fullmatch(separator) or wordy:
        confidence = 0.6 if is_random_token(value, 24, lenient=is_example_like(value)) else 0.0
    elif is_random_token(value, 16 if spaced else 12):
        confidence = (0.85 if len(value) >= 20 else 0.72) - (0.1 if spaced else 0.0)
    else:
        confidence = 0.56 if is_random_token(value, 20 if spaced else 14, lenient=True) else 0.0
    return min(confidence, 0.58) if confidence and is_example_like(value) else confidence


def _beside_vendor(text: str, end: int, vendor: str) -> Iterator[Found]:
    start = end - len(vendor)
    if start and (text[start - 1].isalpha() and not (text[start].isupper() and text[start - 1].islower())):
        return
    stop = text.find("\n", end, end + 100)
    stop = min(len(text), end + 100) if stop < 0 else stop
    if stop - end < 13:
        return
    generic = vendor in _vendors().generic
    for match in _VALUE.finditer(text, end, min(len(text), stop + 300)):
        if match.start() > stop or match.start() - end > _VENDOR_REACH:
            return
        value = match.group().rstrip(_TRIM)
        between = text[end : match.start()]
        if "://" in between or "/" in value[:4] or (generic and not _KEYISH.search(between[:24])):
            return
        if value.count("/") > 1 and any(is_word(part) for part in value.split("/")):
            return
        keyish = _KEYISH.search(between) is not None
        if is_random_token(value, 16) or (keyish and is_random_token(value, 14, lenient=True)):
            if _NAME_NO.search(text[max(0, start - 8) : match.start()]) or _LINE_NO.search(_line_before(text, end)):
                return
            if generic and not between.strip(" \"'=:_-"):
                return
            confidence = (0.8 if keyish else 0.7) if not is_example_like(value) else 0.57
            yield Found(
                match.start(), match.start() + len(value), "VENDOR_SECRET", "secret", "key_beside_vendor", confidence,
                keyword=vendor, label=vendor,
            )  # fmt: skip
            return


def _typed(text: str, end: int, prefix: str) -> Iterator[Found]:
    """A token whose own prefix says what it is: `abc_live_…`, `key_…`, `xyz_pat_…`."""
    begin = max(0, end - len(prefix) - 13)
    match = _TYPED.search(text, begin, min(len(text), end + 230))
    if match is None or not match.start() <= end - len(prefix) < match.end() or match.start("v") > end + 20:
        return
    value = match.group("v")
    if match.group().startswith(("sk-ant-", "pk_", "pk-", "pub")) or text[match.end() : match.end() + 4] in {
        ".png",
        ".jpg",
        ".svg",
        ".gif",
        ".css",
        ".js",
    }:
        return
    if "_" in value and not is_random_token(value.rpartition("_")[2], 16):
        return
    if is_random_token(value, 22) and not _LINE_NO.search(_line_before(text, end)):
        confidence = 0.7 if not is_example_like(value) else 0.55
        yield Found(*match.span(), "GENERIC_SECRET", "secret", "key_typed", confidence, keyword=prefix.strip("_-"))


DETECTOR = _Keys()
