"""E-mail addresses as evidence: one normal form for comparison, and what is only a hint.

Two addresses are the same evidence when their normal forms are equal. Everything looser (plus tags,
dots, another company domain, a domain that only looks alike) has its own function, because it may
suggest a link to a person and must never make one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping

__all__ = [
    "CONSUMER_DOMAINS",
    "canonical_domain",
    "domain_of",
    "infer_owned_domains",
    "is_address",
    "local_part_of",
    "looks_like",
    "loose_form",
    "normal_address",
    "skeleton",
]

#: Mailbox providers for everybody: an address there proves no employer.
CONSUMER_DOMAINS = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "yahoo.com",
        "ymail.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "aol.com",
        "gmx.de",
        "gmx.net",
        "gmx.com",
        "web.de",
        "mail.com",
        "proton.me",
        "protonmail.com",
        "fastmail.com",
        "yandex.ru",
        "mail.ru",
        "qq.com",
        "163.com",
        "zoho.com",
        "t-online.de",
        "orange.fr",
        "free.fr",
        "laposte.net",
        "libero.it",
    }
)

_DOTLESS_DOMAINS = frozenset({"gmail.com", "googlemail.com"})
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_GUEST = re.compile(r"^(?P<mangled>.+)#ext#@.+$")

# Letters that are drawn alike. Ours, and deliberately short: it only ever raises a question.
_ALIKE = str.maketrans(
    {
        "0": "o", "1": "l", "i": "l", "3": "e", "5": "s", "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "х": "x",
        "у": "y", "і": "l", "ѕ": "s", "ԁ": "d", "ɡ": "g", "ո": "n", "м": "m", "т": "t", "к": "k", "н": "h", "в": "b",
        "α": "a", "ο": "o", "ν": "v", "ρ": "p", "ι": "l",
    }
)  # fmt: skip


def is_address(text: str) -> bool:
    """Whether the text has the shape of one e-mail address."""
    return _ADDRESS.fullmatch(text.strip()) is not None


def normal_address(text: str | None) -> str | None:
    """Trimmed, NFKC, lower case, the domain as IDNA A-labels without a trailing dot; None when it is no address.

    A guest of an Entra directory (`name_partner.example.org#EXT#@…`) gets the address at home back.
    """
    if text is None:
        return None
    folded = unicodedata.normalize("NFKC", text.strip()).casefold().strip()
    guest = _GUEST.match(folded)
    if guest is not None:
        local, mark, domain = guest["mangled"].rpartition("_")
        folded = f"{local}@{domain}" if mark else folded
    local, at, domain = folded.rpartition("@")
    domain = domain.rstrip(".")
    if not at or not local or "." not in domain or any(sign.isspace() for sign in folded):
        return None
    return f"{local}@{_ascii_domain(domain)}"


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def domain_of(address: str) -> str:
    """The part behind the last `@` of a normal address."""
    return address.rpartition("@")[2]


def local_part_of(address: str) -> str:
    """The part before the last `@` of a normal address."""
    return address.rpartition("@")[0]


def canonical_domain(domain: str, equivalent: Mapping[str, str]) -> str:
    """The domain that stands for this one where the operator declared several to be the same."""
    return equivalent.get(domain, domain)


def loose_form(address: str, *, plus_domains: Collection[str] = ()) -> str:
    """The address without its plus tag, and without dots at the consumer domain that ignores them.

    Only a hint outside `plus_domains`: many systems treat both literally.
    """
    local, _, domain = address.rpartition("@")
    stem = local.split("+", 1)[0] or local
    if domain in _DOTLESS_DOMAINS and domain not in plus_domains:
        stem = stem.replace(".", "") or stem
    return f"{stem}@{domain}"


def skeleton(domain: str) -> str:
    """How a domain looks at a glance: letters that are drawn alike become one."""
    shown = domain
    if "xn--" in domain:
        try:
            shown = domain.encode("ascii").decode("idna")
        except UnicodeError:
            shown = domain
    folded = unicodedata.normalize("NFKD", shown.casefold())
    folded = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return folded.translate(_ALIKE).replace("rn", "m").replace("vv", "w").replace("cl", "d").replace("-", "")


def looks_like(domain: str, owned: Iterable[str]) -> str | None:
    """The owned domain that this foreign one could be mistaken for, or None."""
    mine = skeleton(domain)
    for candidate in sorted(owned):
        if candidate == domain or domain.endswith("." + candidate):
            continue
        theirs = skeleton(candidate)
        if mine == theirs or (len(theirs) >= 8 and _one_step_apart(mine, theirs)):
            return candidate
    return None


def _one_step_apart(first: str, second: str) -> bool:
    """One letter inserted, left out, exchanged, or two neighbours swapped."""
    if abs(len(first) - len(second)) > 1 or first == second:
        return False
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    rest, other = first[start:], second[start:]
    if len(rest) == len(other):
        swapped = len(rest) >= 2 and rest[0] == other[1] and rest[1] == other[0] and rest[2:] == other[2:]
        return rest[1:] == other[1:] or swapped
    return rest[1:] == other or rest == other[1:]


def infer_owned_domains(directory_addresses: Iterable[str]) -> frozenset[str]:
    """The company's domains as far as its own directory shows them, when the operator named none.

    A domain counts that carries a tenth of the directory's primary addresses and is open to nobody else.
    """
    counts: dict[str, int] = {}
    for address in directory_addresses:
        domain = domain_of(address)
        if domain not in CONSUMER_DOMAINS:
            counts[domain] = counts.get(domain, 0) + 1
    total = sum(counts.values())
    return frozenset(domain for domain, count in counts.items() if count * 10 >= total)
