"""Checks that a candidate is what it looks like: check digits, issuer ranges, entropy, structure, placeholders.

A validator takes the matched value and answers whether it holds. Recognizers name them in data:
`luhn`, `card`, `stdnum:es.dni`, `entropy:3.0`, `not_placeholder`, …
"""

from __future__ import annotations

import base64
import binascii
import importlib
import json
import math
import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from stdnum import numdb

from fanlight.labels.postal import is_postal

__all__ = [
    "Validator",
    "card_brand",
    "digits_of",
    "entropy",
    "flag_of",
    "is_example_like",
    "is_placeholder",
    "luhn",
    "validator_named",
]

Validator = Callable[[str], bool]

_NOT_DIGIT = re.compile(r"\D+")
_NOT_ALNUM = re.compile(r"[^0-9A-Za-z]+")


def digits_of(value: str) -> str:
    """Only the digits of a value."""
    return _NOT_DIGIT.sub("", value)


def luhn(value: str) -> bool:
    """The check digit of ISO/IEC 7812."""
    total = 0
    for index, char in enumerate(reversed(digits_of(value))):
        digit = ord(char) - 48
        if index % 2:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return total % 10 == 0


# Issuer ranges (prefix low, prefix high, lengths), from the schemes' public documentation.
_BRANDS: tuple[tuple[str, str, str, tuple[int, ...]], ...] = (
    ("Amex", "34", "34", (15,)),
    ("Amex", "37", "37", (15,)),
    ("Diners", "300", "305", (14, 16)),
    ("Diners", "3095", "3095", (14, 16)),
    ("Diners", "36", "36", (14, 16)),
    ("Diners", "38", "39", (14, 16)),
    ("JCB", "3528", "3589", (16, 17, 18, 19)),
    ("JCB", "2131", "2131", (15,)),
    ("JCB", "1800", "1800", (15,)),
    ("Mastercard", "51", "55", (16,)),
    ("Mastercard", "2221", "2720", (16,)),
    ("Discover", "6011", "6011", (16, 19)),
    ("Discover", "622126", "622925", (16, 19)),
    ("Discover", "644", "649", (16, 19)),
    ("Discover", "65", "65", (16, 19)),
    ("UnionPay", "62", "62", (16, 17, 18, 19)),
    ("UnionPay", "81", "81", (16, 17, 18, 19)),
    ("RuPay", "60", "60", (16,)),
    ("RuPay", "508", "508", (16,)),
    ("Mir", "2200", "2204", (16, 17, 18, 19)),
    ("Maestro", "5018", "5018", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("Maestro", "5020", "5020", (12, 13, 14, 15, 16, 19)),
    ("Maestro", "5038", "5038", (12, 13, 14, 15, 16, 19)),
    ("Maestro", "5893", "5893", (12, 13, 14, 15, 16, 19)),
    ("Maestro", "6304", "6304", (12, 13, 14, 15, 16, 19)),
    ("Maestro", "6759", "6763", (12, 13, 14, 15, 16, 18, 19)),
    ("Maestro", "0604", "0604", (12, 13, 14, 15, 16, 19)),
    ("Elo", "4011", "4011", (16,)),
    ("Troy", "9792", "9792", (16,)),
    ("Verve", "5060", "5061", (16, 18, 19)),
    ("Visa", "4", "4", (13, 16, 19)),
)


def card_brand(value: str) -> str | None:
    """The brand whose ranges and lengths a number fits, or None."""
    number = digits_of(value)
    for brand, low, high, lengths in _BRANDS:
        if len(number) in lengths and low <= number[: len(low)] <= high:
            return brand
    return None


def _card(value: str) -> bool:
    number = digits_of(value)
    return card_brand(number) is not None and luhn(number) and len(set(number)) > 1


def _uniform_separators(value: str) -> bool:
    """The same separator throughout: cards are not written with a mixture."""
    return len(set(_separators(value))) <= 1


def _separators(value: str) -> list[str]:
    return re.findall(r"\D+", value.strip())


def entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    total = len(value)
    if not total:
        return 0.0
    counts = map(value.count, set(value))
    if total < len(_TIMES_LOG):
        return math.log2(total) - math.fsum(map(_TIMES_LOG.__getitem__, counts)) / total
    return math.log2(total) - math.fsum(n * math.log2(n) for n in counts) / total


_TIMES_LOG = (0.0, *(n * math.log2(n) for n in range(1, 512)))


_PLACEHOLDER_FORM = re.compile(
    r"your|my[_-]?(?:password|secret|token|key|api)|x{3,}|\*{3,}|\.{3,}|[-_#<\[{]|\$[a-z_({]|%[a-z_]+%$|"
    r"(?:todo|tbd|none|null|nil|undefined|true|false|yes|no|string|value|secret|password|passwd|token|key|test|foo|"
    r"bar|baz|user|username|example|sample|dummy|pass|pwd|api[_-]?key|access[_-]?token|client[_-]?secret)$|(.)\1{5,}"
)
_PLACEHOLDER_INSIDE = (
    "your_", "your-", "_your", "insert", "redacted", "placeholder", "lorem", "xxxxxx", "****", "...", "{{", "}}", "${",
    "%(", *(f"{a}{join}{b}" for a, b in (("replace", "me"), ("replace", "with"), ("replace", "this"), ("change", "me"),
                                         ("not", "real")) for join in ("", "_", "-")),
)  # fmt: skip
_EXAMPLE_INSIDE = (
    "example", "sample", "dummy", "fake", "mock", "abcdef123456", "abcdef0123456", "abcdefgh", "12345678", "23456789",
    "01234567", "deadbeef", "cafebabe", "qwerty", "asdfgh",
)  # fmt: skip
_LONG_VALUE = 256
_ALNUM = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")


def is_placeholder(value: str) -> bool:
    """Whether a value stands for one: `<your key>`, `${TOKEN}`, `xxxxxxxx`, `changeme`, …"""
    if len(value) > _LONG_VALUE:
        value = value[: _LONG_VALUE // 2] + value[-_LONG_VALUE // 2 :]
    lower = value.lower()
    if _PLACEHOLDER_FORM.match(lower) or lower[-1:] in {">", "]", "}"}:
        return True
    for word in _PLACEHOLDER_INSIDE:
        if word in lower:
            return True
    if "<" in lower and lower.find(">", lower.find("<")) > 0:
        return True
    signs = _ALNUM & set(lower)
    return len(signs) <= 3 and sum(map(lower.count, signs)) >= 8


def is_example_like(value: str) -> bool:
    """Counting, alphabet order or a word such as `example` inside: perhaps a value, perhaps somebody's sample."""
    lower = value.lower()
    for word in _EXAMPLE_INSIDE:  # noqa: SIM110 - asked for every value: a generator would cost twice as much
        if word in lower:
            return True
    return False


_KEYBOARD = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyzabcdef", "qwertyuiopasdfghjklzxcvbnm")


def _sequential(value: str) -> bool:
    """Counting or alphabet order throughout."""
    body = _NOT_ALNUM.sub("", value).lower()
    return len(body) >= 8 and any(body in row or body[::-1] in row for row in _KEYBOARD)


def _jwt(value: str) -> bool:
    head = value.split(".", 1)[0]
    try:
        decoded = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, binascii.Error):
        return False
    return isinstance(decoded, dict) and bool({"alg", "typ", "kid", "enc"} & set(decoded))


def _mixed(value: str) -> bool:
    """Letters and digits both."""
    return bool(re.search(r"[A-Za-z]", value)) and bool(re.search(r"\d", value))


def _mixed_tail(value: str) -> bool:
    """Letters and digits both in the last sixteen characters, and no word of one case only."""
    tail = value[-16:]
    return _mixed(tail) and len(set(tail)) >= 8


def _mixed_case(value: str) -> bool:
    """Capitals and small letters both."""
    return value != value.lower() and value != value.upper() and len(re.findall("[A-Z]", value)) >= 4


def _ssn(value: str) -> bool:
    """US social security number: area, group and serial that were ever issued, and none of the advertising numbers."""
    number = digits_of(value)
    if len(number) != 9:
        return False
    area, group, serial = number[:3], number[3:5], number[5:]
    if area in {"000", "666"} or area[0] == "9" or group == "00" or serial == "0000":
        return False
    return number not in {"123456789", "078051120", "219099999", "987654320", "111111111", "222222222", "333333333"}


def _iban(value: str) -> bool:
    number = _NOT_ALNUM.sub("", value).upper()
    if not 15 <= len(number) <= 34:
        return False
    turned = number[4:] + number[:4]
    if int("".join(str(int(c, 36)) for c in turned)) % 97 != 1:
        return False
    return _IBAN_LENGTHS.get(number[:2], len(number)) == len(number)


_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip


def _stdnum(value: str, module: str) -> bool:
    return bool(_stdnum_module(module).is_valid(value))


_TABLES = {"cn.ric": "cn/loc", "id.nik": "id/loc", "my.nric": "my/bp", "us.ein": "us/ein"}
"""Places and offices that some numbers name. Read at the start: else the first text with such a number waits for it."""


@cache
def _stdnum_module(name: str) -> Any:
    if name in _TABLES:
        numdb.get(_TABLES[name])
    return importlib.import_module(f"stdnum.{name}")


def _any_stdnum(value: str, modules: tuple[str, ...]) -> bool:
    return any(_stdnum(value, module) for module in modules)


def _entropy_at_least(value: str, least: float) -> bool:
    return entropy(value) >= least


def _routing(value: str) -> bool:
    """ABA routing number: 3-7-1 weights and a Federal Reserve prefix."""
    d = [int(c) for c in digits_of(value)]
    if len(d) != 9:
        return False
    prefix = d[0] * 10 + d[1]
    known = prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80
    return known and any(d) and (3 * (d[0] + d[3] + d[6]) + 7 * (d[1] + d[4] + d[7]) + d[2] + d[5] + d[8]) % 10 == 0


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def _nino(value: str) -> bool:
    """UK national insurance number: prefixes that are never given are refused."""
    number = _NOT_ALNUM.sub("", value).upper()
    return re.fullmatch(r"[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z]\d{6}[A-D]?", number) is not None and number[:2] not in {
        "BG",
        "GB",
        "KN",
        "NK",
        "NT",
        "TN",
        "ZZ",
    }


def _verhoeff(value: str) -> bool:
    return _stdnum(digits_of(value), "verhoeff")


def _weighted(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(d * w for d, w in zip(digits, weights, strict=False))


def _numbers(value: str) -> list[int]:
    return [int(c) for c in digits_of(value)]


def _npi(value: str) -> bool:
    """US national provider identifier: Luhn over the number with the prefix 80840."""
    return luhn("80840" + digits_of(value))


def _letter_digits(text: str) -> list[int]:
    return [int(c) for char in text for c in (char if char.isdigit() else f"{ord(char) - 64:02d}")]


def _de_rvnr(value: str) -> bool:
    """German pension insurance number: weights 2 1 2 5 7 1 2 1 2 1 2 1, digit sums, modulo 10."""
    number = _NOT_ALNUM.sub("", value).upper()
    if len(number) != 12 or not (1 <= int(number[4:6]) <= 12):
        return False
    products = [d * w for d, w in zip(_letter_digits(number[:11]), (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=False)]
    return sum(p // 10 + p % 10 for p in products) % 10 == int(number[11])


def _de_kvnr(value: str) -> bool:
    """German health insurance number: letter as two digits, weights 1 2 1 2 …, digit sums, modulo 10."""
    number = value.upper()
    products = [d * (1 + i % 2) for i, d in enumerate(_letter_digits(number[:9]))]
    return len(number) == 10 and sum(p // 10 + p % 10 for p in products) % 10 == int(number[9])


def _pl_id_card(value: str) -> bool:
    """Polish identity card: letters count from 10, weights 7 3 1 (9) 7 3 1 7 3, modulo 10."""
    number = _NOT_ALNUM.sub("", value).upper()
    if len(number) != 9:
        return False
    weights = (7, 3, 1, 9, 7, 3, 1, 7, 3)
    return sum(int(c, 36) * w for c, w in zip(number, weights, strict=True)) % 10 == 0


def _hu_tax(value: str) -> bool:
    d = _numbers(value)
    return len(d) == 10 and sum(d[i] * (i + 1) for i in range(9)) % 11 == d[9]


def _snils(value: str) -> bool:
    d = _numbers(value)
    return len(d) == 11 and _weighted(d[:9], (9, 8, 7, 6, 5, 4, 3, 2, 1)) % 101 % 100 == d[9] * 10 + d[10]


def _lu_nin(value: str) -> bool:
    number = digits_of(value)
    return len(number) == 13 and luhn(number[:12]) and _verhoeff(number[:11] + number[12])


def _sg_nric(value: str) -> bool:
    """Singapore NRIC and FIN: weights 2 7 6 5 4 3 2, an offset by prefix, and a check letter."""
    number = value.upper()
    total = _weighted([int(c) for c in number[1:8]], (2, 7, 6, 5, 4, 3, 2))
    head = number[0]
    if head in "ST":
        return "JZIHGFEDCBA"[(total + (4 if head == "T" else 0)) % 11] == number[8]
    if head in "FG":
        return "XWUTRQPNMLK"[(total + (4 if head == "G" else 0)) % 11] == number[8]
    return "XWUTRQPNJLK"[10 - (total + 3) % 11] == number[8]


def _au_medicare(value: str) -> bool:
    d = _numbers(value)
    return len(d) >= 10 and _weighted(d[:8], (1, 3, 7, 9, 1, 3, 7, 9)) % 10 == d[8]


_NHI = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def _nz_nhi(value: str) -> bool:
    """New Zealand health index, old form: letters count from 1, weights 7 to 2, modulo 11."""
    d = [_NHI.index(c) + 1 if c in _NHI else int(c) for c in value]
    total = _weighted(d[:6], (7, 6, 5, 4, 3, 2)) % 11
    return total != 0 and (11 - total) % 10 == d[6]


def _tw_id(value: str) -> bool:
    """Taiwanese identity number: the letter as two digits, weights 1 9 8 … 1 1, modulo 10."""
    code = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(value[0]) + 10
    d = [code // 10, code % 10, *(int(c) for c in value[1:])]
    return _weighted(d, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)) % 10 == 0


def _hk_id(value: str) -> bool:
    """Hong Kong identity card: letters count from 10, a blank as 36, weights 9 to 1, modulo 11."""
    body, check = value[:-3], value[-2]
    d = [36] * (8 - len(body)) + [int(c, 36) for c in body]
    return (_weighted(d, (9, 8, 7, 6, 5, 4, 3, 2)) + (10 if check == "A" else int(check))) % 11 == 0


def _not_counting(value: str) -> bool:
    return not _sequential(digits_of(value)) and len(set(digits_of(value))) > 1


def _mark_not_question(value: str) -> bool:
    """A mark is a few words, not a sentence."""
    return len(value) <= 80 and "?" not in value


def _birth_prefix(value: str) -> bool:
    """Six digits that are a date (year, month, day), as the Korean numbers begin."""
    d = digits_of(value)
    return 1 <= int(d[2:4]) <= 12 and 1 <= int(d[4:6]) <= 31


def _pl_nrb(value: str) -> bool:
    """Polish bank account number: an IBAN without its country."""
    return _iban("PL" + digits_of(value))


_NOT_MAIL = re.compile(
    r"(?i)^(?:git|svn|hg|user|username|ssh|root)@(?:github|gitlab|bitbucket|ssh\.)|\.(?:png|jpe?g|gif|svg|webp|"
    r"js|css|py|ts|tsx|go|rs|java)$"
)


def _email(value: str) -> bool:
    """Not a repository address, an image at double size, or a decorator."""
    return _NOT_MAIL.search(value) is None and ".." not in value


def _track(value: str) -> bool:
    """A card's magnetic track: its first number is a card number."""
    number = re.search(r"\d{12,19}", value)
    return number is not None and luhn(number.group())


def _sensitive_label(value: str) -> bool:
    return re.search(r"(?i)confiden|restrict|secret|internal|sensitiv|vertraulich", value) is not None


def _not_repeated(value: str) -> bool:
    return len(set(digits_of(value))) > 1 and not _sequential(value)


_NAMED: dict[str, Validator] = {
    "luhn": luhn,
    "card": _card,
    "uniform": _uniform_separators,
    "not_placeholder": lambda v: not is_placeholder(v),
    "not_example": lambda v: not is_placeholder(v) and not is_example_like(v),
    "not_sequential": lambda v: not _sequential(v),
    "not_repeated": _not_repeated,
    "mixed": _mixed,
    "mixed_tail": _mixed_tail,
    "mixed_case": _mixed_case,
    "jwt": _jwt,
    "ssn": _ssn,
    "iban": _iban,
    "nino": _nino,
    "routing": _routing,
    "verhoeff": _verhoeff,
    "pl_nrb": _pl_nrb,
    "email": _email,
    "sensitive_label": _sensitive_label,
    "not_counting": _not_counting,
    "mark": _mark_not_question,
    "track_number": _track,
    "house_and_town": is_postal,
    "npi": _npi,
    "de_rvnr": _de_rvnr,
    "de_kvnr": _de_kvnr,
    "pl_id_card": _pl_id_card,
    "hu_tax": _hu_tax,
    "snils": _snils,
    "lu_nin": _lu_nin,
    "sg_nric": _sg_nric,
    "au_medicare": _au_medicare,
    "nz_nhi": _nz_nhi,
    "tw_id": _tw_id,
    "hk_id": _hk_id,
    "kr_birth": _birth_prefix,
}


def validator_named(name: str) -> Validator:
    """The validator for a name of the catalog. Raises `ValueError` for one that does not exist."""
    kind, _, argument = name.partition(":")
    if kind == "stdnum":
        modules = tuple(argument.split("|"))
        for module in modules:
            try:
                _stdnum_module(module)
            except ImportError:
                raise ValueError(f"there is no check for {module}") from None
        check: Validator = partial(_any_stdnum, modules=modules)
    elif kind == "entropy":
        check = partial(_entropy_at_least, least=float(argument))
    elif name in _NAMED:
        check = _NAMED[name]
    else:
        raise ValueError(f"there is no validator named {name}")
    _NAMES[id(check)] = name.replace(":", "_").replace("|", "_")
    _KEEP.append(check)
    return check


_NAMES: dict[int, str] = {}
_KEEP: list[Validator] = []


def flag_of(check: Validator) -> str:
    """The name under which a passed validator is recorded with a match."""
    return _NAMES.get(id(check), "")
