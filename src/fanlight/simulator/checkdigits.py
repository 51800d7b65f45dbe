"""Numbers that pass their own check digits, and look-alikes that do not. Formats are public facts of their issuers."""

from __future__ import annotations

import random

__all__ = [
    "aadhaar", "bsn", "card", "card_like", "cpf", "dni", "iban", "luhn_digit", "nhs_number", "nino", "nir", "pesel",
    "ssn", "steuer_id",
]  # fmt: skip


def _digits(rng: random.Random, count: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(count))


def luhn_digit(body: str) -> int:
    """The digit that makes `body` + digit pass the Luhn test."""
    total = 0
    for position, letter in enumerate(reversed(body)):
        value = int(letter) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def card(rng: random.Random) -> str:
    """A payment card number that passes Luhn, grouped as people write it."""
    head, length = rng.choice((("4539", 16), ("4716", 16), ("5204", 16), ("5431", 16), ("3742", 15), ("6011", 16)))
    body = head + _digits(rng, length - len(head) - 1)
    number = body + str(luhn_digit(body))
    sign = rng.choice((" ", "-", " ", ""))
    if length == 15:
        return sign.join((number[:4], number[4:10], number[10:]))
    return sign.join(number[i : i + 4] for i in range(0, 16, 4))


def card_like(rng: random.Random) -> str:
    """Sixteen digits that fail Luhn: an order number, not a card."""
    body = "4" + _digits(rng, 14)
    return body + str((luhn_digit(body) + rng.randint(1, 8)) % 10)


def ssn(rng: random.Random) -> str:
    """A United States social security number of an assignable area, group and serial."""
    area = rng.choice([a for a in range(101, 900) if a != 666])
    return f"{area:03d}-{rng.randint(11, 99):02d}-{rng.randint(1001, 9998):04d}"


_IBAN = {"DE": 18, "NL": 10, "LU": 16, "GB": 14, "DK": 14, "AT": 16}


def iban(rng: random.Random) -> str:
    """An IBAN with the right length for its country and right check digits."""
    country = rng.choice(tuple(_IBAN))
    if country in {"NL", "GB"}:
        bank = "".join(rng.choice("ABCDEFGHKLMNPRSTUVWXYZ") for _ in range(4))
        body = bank + _digits(rng, _IBAN[country])
    else:
        body = _digits(rng, _IBAN[country])
    number = "".join(str(int(letter, 36)) for letter in body + country + "00")
    text = f"{country}{98 - int(number) % 97:02d}{body}"
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4)) if rng.random() < 0.6 else text


def steuer_id(rng: random.Random) -> str:
    """German tax identification number: one digit of ten occurs twice, one is missing; ISO 7064 mod 11,10."""
    pool = list("0123456789")
    while True:
        rng.shuffle(pool)
        body = [*pool[:9], pool[rng.randrange(9)]]
        rng.shuffle(body)
        if body[0] != "0" and not any(body[i] == body[i + 1] == body[i + 2] for i in range(8)):
            break
    product = 10
    for letter in body:
        total = (int(letter) + product) % 10 or 10
        product = total * 2 % 11
    return "".join(body) + str((11 - product) % 10)


def nino(rng: random.Random) -> str:
    """UK national insurance number; the format excludes some prefixes and has no check digit."""
    first, second = rng.choice("ABCEGHJKLMPRSTWXYZ"), rng.choice("ABCEGHJKLMPRSTWXYZ")
    if first + second in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}:
        second = "A"
    return f"{first}{second} {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.choice('ABCD')}"


def nir(rng: random.Random) -> str:
    """French social security number with its two-digit key."""
    body = (
        f"{rng.choice('12')}{rng.randint(50, 99):02d}{rng.randint(1, 12):02d}{rng.randint(1, 19):02d}"
        f"{rng.randint(1, 899):03d}{rng.randint(1, 999):03d}"
    )
    key = 97 - int(body) % 97
    return f"{body[0]} {body[1:3]} {body[3:5]} {body[5:7]} {body[7:10]} {body[10:13]} {key:02d}"


def cpf(rng: random.Random) -> str:
    """Brazilian CPF with both check digits."""
    digits = [int(letter) for letter in _digits(rng, 9)]
    if len(set(digits)) == 1:
        digits[0] = (digits[0] + 1) % 10
    for _ in range(2):
        total = sum(value * weight for value, weight in zip(digits, range(len(digits) + 1, 1, -1), strict=True))
        digits.append(0 if total * 10 % 11 == 10 else total * 10 % 11)
    text = "".join(map(str, digits))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"


_MULTIPLY = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PERMUTE = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def aadhaar(rng: random.Random) -> str:
    """Indian Aadhaar number with its Verhoeff digit."""
    body = str(rng.randint(2, 9)) + _digits(rng, 10)
    for last in range(10):
        check = 0
        for position, letter in enumerate(reversed(body + str(last))):
            check = int(_MULTIPLY[check][int(_PERMUTE[position % 8][int(letter)])])
        if check == 0:
            text = body + str(last)
            return f"{text[:4]} {text[4:8]} {text[8:]}"
    raise AssertionError("Verhoeff always has one fitting digit")


def bsn(rng: random.Random) -> str:
    """Dutch citizen service number (eleven test)."""
    while True:
        body = str(rng.randint(1, 9)) + _digits(rng, 7)
        last = sum(int(letter) * weight for letter, weight in zip(body, range(9, 1, -1), strict=True)) % 11
        if last < 10:
            return body + str(last)


def dni(rng: random.Random) -> str:
    """Spanish identity number with its letter."""
    number = rng.randint(10_000_000, 99_999_999)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def pesel(rng: random.Random) -> str:
    """Polish PESEL with a real date and its check digit."""
    body = f"{rng.randint(50, 99):02d}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{_digits(rng, 4)}"
    total = sum(int(letter) * weight for letter, weight in zip(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True))
    return body + str(-total % 10)


def nhs_number(rng: random.Random) -> str:
    """English NHS number (mod 11)."""
    while True:
        body = str(rng.randint(4, 7)) + _digits(rng, 8)
        rest = 11 - sum(int(letter) * weight for letter, weight in zip(body, range(10, 1, -1), strict=True)) % 11
        if rest != 10:
            text = body + str(0 if rest == 11 else rest)
            return f"{text[:3]} {text[3:6]} {text[6:]}"
