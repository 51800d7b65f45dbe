"""Passwords, PINs and one-time codes as people and programs write them: `pw Sunflower-12`, `das Passwort lautet …`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from fanlight.labels.context import is_sample
from fanlight.labels.detectors import Found, Sight, thinned
from fanlight.labels.gates import Gate
from fanlight.labels.numbers import NumberPiece
from fanlight.labels.randomness import is_identifier, is_random_token, looks_like_password
from fanlight.labels.validators import is_placeholder
from fanlight.labels.wordlists import words

__all__ = ["DETECTOR"]

_WORDS = (*words("passwords", "password"), *words("passwords", "paired"))
_CODE_WORDS = words("passwords", "code")

_SPACED = words("passwords", "spaced")
_WORD = "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
_IS = (
    r"['’]s\b|\bc['’]est\b|(?<=[ \t])[-–](?=[ \t])|\b(?:lautet wie folgt|is now|is set to|is|was|are|ist jetzt|ist|"
    r"lautet|lauten|war|sind|heißt|est|était|sont|es|era|son|è|"
    r"era|é|foi|jest|to|brzmi|"
    r"är|er|on|olarak|şudur)\b|:=|=>|==|=|:|->|→|：|は|が|是|为|為|는|은|가|이"
)
_LINK = (
    r"for|to|of|on|at|in|für|zum|zur|von|vom|beim|der|des|de|del|du|des|pour|para|per|di|della|do|da|dla|till|"
    r"för|voor|van|"
    r"için|the|my|our|your|his|her|their|root|admin|user|account|wifi|wi-fi|wlan"
)
_KIND = (
    "provisoire|temporaire|temporanea|provvisoria|provisional|temporal|temporária|provisória|inicial|tijdelijk|geçici|"
    "tymczasowe|tillfälligt|iniziale|initial|temporary"
)
# keyword, an optional `for something`, a verb or sign, the value
_STATED = re.compile(
    rf"(?:[ \t](?:{_KIND})\b)?(?P<mid>(?:[ \t]{{1,2}}(?:{_LINK})\b[^\n=:?!]{{0,48}}?)?)"
    rf"[\"'`\])*_]{{0,3}}[ \t]{{0,3}}(?:(?:{_IS})[ "
    rf"\t]{{0,3}}){{1,2}}"
    r"(?P<q>[\"'`“„«「『*]{0,3})(?P<v>(?![,;:)}\]])[^\s\"'`“”„«»「」『』]{3,128})(?P<e>[\"'`”“»」』]?)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[^\n\"'`]{0,30}?[=:>(,]\s{0,3}(?P<q>[\"'`])(?P<v>[^\n\"'`]{3,100})(?P=q)")
# keyword and value side by side: only a value that nobody takes for a word
_BESIDE = re.compile(r"[\"'`)*]{0,2}[ \t/|,]{1,3}(?P<q>[\"'`(*]{0,2})(?P<v>[^\s\"'`=]{5,64})(?P<e>[\"'`]?)")
_VARIABLE = re.compile(
    r"[\"'] ?\{\s{1,12}(?:(?:type|description|sensitive)\s{0,8}=[^\n]{0,80}\s{1,12}){0,3}default\s{0,8}=\s{0,4}\""
    r"(?P<v>[^\"\n]{4,100})\""
)
_XML = re.compile(r"[\"']\s{1,4}value\s*=\s*[\"'](?P<v>[^\"'\n]{4,100})[\"']")
_PAIR = re.compile(r"(?:[ ][^\n/:]{1,40}?)?[:\s]{1,3}[\w.@+-]{2,40}\s?[/:]\s?(?P<v>[^\s/\"'`]{6,40})")
_CHANGED = re.compile(
    r"[^\n=:?!;]{0,40}?[ \t](?:auf|na|to|till|naar|à|por|em|en|a ser|in)[ \t](?P<q>[\"'`“„]?)"
    r"(?P<v>[^\s\"'`“”„]{6,64})"
)
_BEFORE = re.compile(
    r"(?:^|[\s\"'`(])(?P<v>[^\s\"'`]{6,64})[\"'`]? (?:is|was|as|becomes|isn['’]t|is not)(?: rejected| accepted|"
    r" not accepted| set| used)?"
    r"(?: as| for)? ?(?:my|the|our|your|his|her|a)? ?(?:new |old |current |initial |wifi )?$"
)
_ENDINGS = frozenset(["m", "miz", "si", "sı", "im", "ım", "niz", "miz", "sini", "yi", "et", "en", "i", "a", "ul", "n"])
"""What the words of some languages end in, with the value still right behind."""
_EAST = re.compile("[\u3000-\u9fff\uac00-\ud7a3\uff00-\uffef]")
_AFTER_MAIL = re.compile(r"\s?[/|:]\s?(?P<v>[^\s/|\"'`]{6,40})")
_SAMPLE_BEFORE = re.compile(r"(?i)\b(?:test|demo|sample|dummy|example|fake|mock|tst)\W{0,3}$")
_SAMPLE_AFTER = re.compile(r"(?i)^[\"'`]?,? (?:for|as) (?:a )?(?:demo|test|testing|default|example|sample)")
_CODE_BEFORE = re.compile(
    r"(?:^|[^\w.,:/-])(?P<v>\d{4,8}|\d{3}[ -]\d{3}|[A-Z]-\d{4,8}) (?P<is>(?:is|ist|est|es|è|é|jest|är)"
    r"\b(?: [^\W\d]{2,6}){0,2} )?$"
)
_VERIFIES = frozenset({"to verify your", "to confirm your", "to sign in", "to log in"})
_VAGUE = frozenset({"code to", "code for", *_VERIFIES})
"""Words that say `code` only where a verb or a sign stands before the digits."""
_ENDS = re.compile(
    r"[\"'`)\]】」*#]{0,2}\s{0,2}(?:$|[.,;!?)\n|]|and\b|und\b|please\b|is (?:valid|your)|expires|gilt\b|bitte\b|"
    r"for\b|für\b|/)"
)
_TRIM = ".,;:!?)]}>'\"`”»」*|"
_EXPRESSION = re.compile(
    r"[()\[\]{}<>]|^\$|^%|^&|^@\w+$|\.\.|^(?:os|self|this|req|request|process|config|settings|env|ctx|props|"
    r"data|args|input|user|form)\."
    r"|^[a-z_]+\.[a-z_]+$|^[a-z]+[A-Z][a-zA-Z]*$|::|^--|^https?:|^/|\\$|^[A-Z][A-Z0-9]*_[A-Z0-9_]+$|"
    r"^\w+_\w*(?:password|secret|pwd|pass|token)\w*$|^[A-Z][a-z]+-[A-Z][A-Za-z]+$|^vault:"
)
_NOT_VALUES = frozenset(words("passwords", "not_a_value"))
_CODE = re.compile(
    rf"[ \t]{{0,2}}(?:(?:code|number|no|nummer|"
    rf"nr)\b)?[ \t]{{0,2}}(?:(?:{_LINK})\b[^\n=:?!;,\d]{{0,40}}?|(?P<new>(?:has )?changed[, ]{{1,2}}(?:it['’]?s|"
    rf"it is|to|now))"
    rf")?[\"'`)]{{0,2}}\s{{0,3}}"
    rf"(?P<is>(?:(?:{_IS}|#)\s{{0,3}}){{0,2}})[\"'`(*\[【「]{{0,2}}(?P<v>\d{{3}}[ -]\d{{3}}|\d{{4,8}}|"
    rf"\d(?:[ -]{{1,2}}\d){{3,7}}|\d(?:[ -]{{0,2}}\d){{5,7}}|[A-Z]-\d{{6}})(?![A-Za-z0-9_%À-ÿ]|[./:-]\d|,\d{{3}}"
    rf"|\s?(?:[年月日号円元個个件人名位桁字文]|자리|[년월일원개명]))",
    re.IGNORECASE,
)


class _Passwords:
    name = "passwords"
    order = 20
    types: ClassVar[dict[str, str]] = {"PASSWORD": "password", "OTP_OR_PIN": "code"}
    anchors = tuple(dict.fromkeys((*_WORDS, *_CODE_WORDS, *_SPACED)))

    def gate_of(self, anchor: str) -> Gate:
        alone = anchor.isascii() and (anchor not in _PASSWORD_WORDS or anchor in _SHORT)
        return Gate(starts=alone and not anchor[0].isdigit(), ends=alone)

    def follows(self, found: Sequence[Found], _pieces: Sequence[NumberPiece]) -> bool:
        for find in found:  # noqa: SIM110 - asked for every text
            if find.group == "email":
                return True
        return False

    def find(self, sight: Sight) -> Iterable[Found]:
        text = sight.text
        longest: dict[int, str] = {}
        for end, literal in sight.hits:
            if len(literal) > len(longest.get(end, "")):
                longest[end] = literal
        for end, literal in thinned(sorted(longest.items())):
            yield from _at(text, end, literal)
        for find in sight.found:
            if find.group == "email":
                yield from _after_mail(text, find.end)


_SHORT = frozenset(
    {"pw", "pass", "pin", "otp", "clave", "pwd", "psw", "login", "creds", "credentials", "mdp", "parola", "2fa"}
)
_PAIRED = frozenset(words("passwords", "paired"))
"""Words before a name and a password with a stroke between."""
_WEAK = _PAIRED | {"pass", "clave", "losung", "パス"}
_PASSWORD_WORDS = frozenset(_WORDS)
_CODES = frozenset((*_CODE_WORDS, *_SPACED))


def _at(text: str, end: int, keyword: str) -> Iterator[Found]:
    start = end - len(keyword)
    if _SAMPLE_BEFORE.search(text[max(0, start - 14) : start]):
        return
    if keyword in _CODES and _stands_alone(text, start, end, keyword):
        yield from _codes(text, end, keyword)
    if keyword not in _PASSWORD_WORDS:
        return
    if keyword in _SHORT and not _stands_alone(text, start, end, keyword):
        return
    find = _value_after(text, end, keyword)
    if find is not None and not _SAMPLE_AFTER.match(text[find.end : find.end + 30]):
        yield find


def _after_mail(text: str, end: int) -> Iterator[Found]:
    match = _AFTER_MAIL.match(text, end)
    if match is None:
        return
    value, start = _trimmed(match.group("v"), match.start("v"))
    signs = any(c in "!@#$%^&*?+=~_" for c in value)
    signs = signs or (not value.islower() and not value.isupper() and sum(map(str.isdigit, value)) >= 2)
    if signs and any(c.isdigit() for c in value) and looks_like_password(value) and not _EXPRESSION.search(value):
        yield Found(start, start + len(value), "PASSWORD", "password", "password_after_mail", 0.8, keyword="login")


def _stands_alone(text: str, start: int, end: int, keyword: str) -> bool:
    if not keyword.isascii():
        return True
    left = start == 0 or not (text[start - 1].isalnum() if keyword[0].isdigit() else text[start - 1].isalpha())
    return left and (end >= len(text) or not text[end].isalpha())


_SUFFIX = re.compile(r"[A-Za-z0-9_.-]{0,24}")


def _value_after(text: str, end: int, keyword: str) -> Found | None:
    suffix = _SUFFIX.match(text, end)
    tail = suffix.group() if suffix else ""
    if re.search(
        r"(?i)hash|salt|policy|length|field|file|path|url|hint|reset|manager|less|prompt|encoder|input|"
        r"strength|type|expir|min|max",
        tail,
    ):
        return None
    after = end + len(tail)
    weak = keyword in _WEAK
    match = _PAIR.match(text, after) if keyword in _PAIRED else None
    if match is not None:
        value, start = _trimmed(match.group("v"), match.start("v"))
        if looks_like_password(value) and _mixed_enough(value) and not _EXPRESSION.search(value):
            return Found(start, start + len(value), "PASSWORD", "password", "password_pair", 0.75, keyword=keyword)
    match = _STATED.match(text, after)
    if match is not None:
        quoted = bool(match.group("q"))
        value, start = _western(match.group("v")), match.start("v")
        if not (quoted and match.group("e")):
            value, start = _trimmed(value, start)
        if _holds(value, quoted=quoted, weak=weak or bool(match.group("mid"))):
            return Found(start, start + len(value), "PASSWORD", "password", "password_stated", 0.88, keyword=keyword)
        if not quoted:
            return _changed(text, after, keyword)
    match = _XML.match(text, after) or _VARIABLE.match(text, after)
    if match is not None:
        value = match.group("v")
        holds = looks_like_password(value) and not _EXPRESSION.search(value)
        return Found(*match.span("v"), "PASSWORD", "password", "password_xml", 0.85, keyword=keyword) if holds else None
    match = _QUOTED.match(text, after)
    if match is not None and _is_quoted_value(match.group("v"), weak=weak):
        return Found(*match.span("v"), "PASSWORD", "password", "password_quoted", 0.8, keyword=keyword)
    match = _BESIDE.match(text, after)
    if match is not None and (not tail or tail in _ENDINGS):
        value, start = _western(match.group("v")), match.start("v")
        if not (match.group("q") and match.group("e")):
            value, start = _trimmed(value, start)
        if (
            len(value) >= 6
            and looks_like_password(value)
            and not _EXPRESSION.search(value)
            and not _CONSTANT.fullmatch(value)
            and _mixed_enough(value)
        ):
            return Found(start, start + len(value), "PASSWORD", "password", "password_beside", 0.7, keyword=keyword)
    return None if tail and tail not in _ENDINGS else _changed(text, after, keyword)


def _is_quoted_value(value: str, *, weak: bool) -> bool:
    return not (_UUID.fullmatch(value) or (weak and is_identifier(value))) and _holds(value, quoted=True, weak=weak)


def _changed(text: str, after: int, keyword: str) -> Found | None:
    """`I set the password to …`, and `… is rejected as my password`."""
    match = _CHANGED.match(text, after, after + 120) or _BEFORE.search(
        text, max(0, after - len(keyword) - 110), max(0, after - len(keyword))
    )
    if match is None:
        return None
    value, start = _trimmed(_western(match.group("v")), match.start("v"))
    plain = not _EXPRESSION.search(value) and not _CONSTANT.fullmatch(value) and not _UUID.fullmatch(value)
    if len(value) < 6 or not plain or not looks_like_password(value) or not _mixed_enough(value):
        return None
    return Found(start, start + len(value), "PASSWORD", "password", "password_changed", 0.7, keyword=keyword)


def _western(value: str) -> str:
    """Up to where the sentence goes on without a blank, as it does in East Asia."""
    match = _EAST.search(value)
    return value if match is None else value[: match.start()]


def _mixed_enough(value: str) -> bool:
    """Letters with digits or signs, and no ordinary compound such as `sign-in` or `30-day`."""
    digits = sum(c.isdigit() for c in value)
    letters = sum(c.isalpha() for c in value)
    signs = sum(c in "!@#$%^&*?+=~" for c in value)
    return letters >= 3 and (digits >= 2 or signs >= 1 or (digits == 1 and letters >= 5)) and "/" not in value[1:-1]


def _trimmed(value: str, start: int) -> tuple[str, int]:
    """Without the sentence's punctuation; a final `!` or `?` stays when the rest is already a password's."""
    while value and value[-1] in _TRIM:
        if value[-1] in "!?*" and any(c.isdigit() for c in value[:-1]) and value[-1] != "?":
            break
        value = value[:-1]
    return value, start


_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|0x[0-9a-fA-F]+")


def _holds(value: str, *, quoted: bool, weak: bool) -> bool:
    lower = value.lower()
    if (
        len(value) < 4
        or lower.rstrip(":.") in _NOT_VALUES
        or lower.partition(",")[0] in _NOT_VALUES
        or is_placeholder(value)
    ):
        return False
    if value[0] in ",;:)+" or " " in value or _CONSTANT.fullmatch(value) or (weak and _UUID.fullmatch(value)):
        return False
    if _EXPRESSION.search(value) and not (
        quoted and looks_like_password(value) and not value.startswith(("$", "{", "<", "%"))
    ):
        return False
    if looks_like_password(value) or is_random_token(value, 12):
        return not (weak and value.replace("-", "").isalpha())
    if weak:
        return False
    if quoted:
        return len(value) >= 5
    if value.isdigit():
        return 4 <= len(value) <= 16
    return False


def _codes(text: str, end: int, keyword: str) -> Iterator[Found]:
    match = _CODE.match(text, end)
    if match is None:
        match = _CODE_BEFORE.search(text, max(0, end - len(keyword) - 40), end - len(keyword))
        if match is not None and (match.group("is") or keyword in _VERIFIES) and not is_sample(text, *match.span("v")):
            yield Found(*match.span("v"), "OTP_OR_PIN", "code", "one_time_code", 0.75, keyword=keyword)
        return
    value = match.group("v")
    stated = match.group("is") or match.group("new")
    if not stated and (keyword in _VAGUE or not _ENDS.match(text, match.end())):
        return
    if match.start("v") == end or len(set(value) - {" ", "-"}) < 2:
        return
    if not stated and keyword in {"pin", "one-time", "one time"} and len(value) not in {4, 6}:
        return
    if (re.fullmatch(r"(?:19|20)\d\d", value) and not stated) or is_sample(text, match.start("v"), match.end()):
        return
    yield Found(*match.span("v"), "OTP_OR_PIN", "code", "one_time_code", 0.8, keyword=keyword)


DETECTOR = _Passwords()
