"""Automatic links over a directory with every trap in it: how many are right, how many are found."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import combinations

from fanlight.identity import AccountFacts, EmailClaim, IdentitySettings, resolve

DAY = 86_400_000_000
NOW = 1_000 * DAY
FIRST = ["jane", "max", "ann", "omar", "li", "sofia", "tom", "eva", "raj", "noor", "kim", "piet"]
LAST = ["doe", "roe", "poe", "meyer", "oconnor", "garcia", "nguyen", "smith", "okafor", "lindt", "sato"]


def directory(people: int, seed: int) -> tuple[list[AccountFacts], dict[str, str]]:
    """Accounts of a company with their true owners; a third of the people carry one of the twelve traps."""
    rng = random.Random(seed)
    accounts: list[AccountFacts] = []
    truth: dict[str, str] = {}
    taken: dict[str, int] = defaultdict(int)

    def add(
        person: str, key: str, *claims: EmailClaim, since: int = 0, until: int | None = None, **more: object
    ) -> None:
        product, _, native = key.partition(":")
        accounts.append(
            AccountFacts(
                tenant="t", account_key=key, source=product, product=product, native_id=native, claims=claims,
                directory=product in ("okta", "entra_id"), since=since, until=until,
                status="active" if until is None else "inactive", **more,  # type: ignore[arg-type]
            )
        )  # fmt: skip
        truth[key] = person

    for i in range(people):
        first, last = rng.choice(FIRST), rng.choice(LAST)
        stem = f"{first}.{last}"
        taken[stem] += 1
        local = stem if taken[stem] == 1 else f"{stem}{taken[stem]}"
        name, person, address = f"{first} {last}".title(), f"person{i}", f"{local}@example.com"
        hired = rng.randrange(0, 500) * DAY
        trap = rng.choice(["none"] * 24 + [str(n) for n in range(1, 13)])
        primary = EmailClaim(address=address, kind="primary", since=hired)
        okta, claude = f"okta:00u{i}", f"claude:user_{i}"
        left = hired + 200 * DAY
        if trap == "6":  # leaves; the address goes to a namesake, whose accounts are new
            ended = EmailClaim(address=address, kind="primary", since=hired, until=left)
            again = EmailClaim(address=address, kind="primary", since=left + 30 * DAY)
            add(person, okta, ended, since=hired, until=left, name=name)
            add(person, claude, ended, since=hired, until=left, name=name)
            add(person + "n", okta + "n", again, since=left + 30 * DAY, name=name)
            add(person + "n", claude + "n", again, since=left + 30 * DAY, name=name)
            continue
        employee = f"E{i}" if rng.random() < 0.5 else None
        add(person, okta, primary, since=hired, name=name, employee_id=employee)
        written = {
            "1": address.upper() + " ",
            "2": f"{local}+claude@example.com",
            "3": address.replace(".", "", 1),
            "4": f"{local}@example.org",
            "7": f"team{i}@example.com",
            "8": f"{local}@gmail.com",
            "12": f"{local}@examp1e.com",
        }.get(trap, address)
        owner = f"nobody{i}" if trap in ("7", "12") else person
        started = EmailClaim(address=written, kind="primary", since=hired + DAY)
        add(owner, claude, started, since=hired + DAY, name=None if trap == "12" else name)
        if trap == "5":  # married: the old address stays with the old versions
            new = EmailClaim(address=f"{local}-x@example.com", kind="primary", since=left)
            old = EmailClaim(address=address, kind="primary", since=hired, until=left)
            accounts[-1] = AccountFacts(**{**_fields(accounts[-1]), "claims": (old, new)})
        if trap == "9":
            add(f"robot{i}", f"github_audit:bot{i}", EmailClaim(address=address, kind="primary"), kind="service")
        if trap == "10":
            add(person, f"entra_id:{i}", EmailClaim(address=address, kind="primary", since=hired), since=hired)
        if trap == "11":
            accounts[-1] = AccountFacts(**{**_fields(accounts[-1]), "until": left, "status": "inactive"})
    return accounts, truth


def _fields(account: AccountFacts) -> dict[str, object]:
    return {name: getattr(account, name) for name in AccountFacts.__dataclass_fields__}


def test_of_a_thousand_automatic_links_at_most_one_is_wrong() -> None:
    settings = IdentitySettings(
        company_domains=("example.com", "example.org"),
        shared_mailboxes=tuple(f"team{i}@example.com" for i in range(3_000)),
    )
    right = wrong = missed = 0
    for seed in range(3):
        accounts, truth = directory(1_000, seed)
        result = resolve(accounts, [], settings, NOW)
        together: dict[str, list[str]] = defaultdict(list)
        for link in result.links:
            together[link.identity_id].append(link.account_key)
        found = {frozenset(pair) for keys in together.values() for pair in combinations(keys, 2)}
        owned: dict[str, list[str]] = defaultdict(list)
        for key, person in truth.items():
            owned[person].append(key)
        true = {frozenset(pair) for keys in owned.values() for pair in combinations(keys, 2)}
        right, wrong, missed = right + len(found & true), wrong + len(found - true), missed + len(true - found)
    precision, recall = right / (right + wrong), right / (right + missed)
    assert right > 2_000
    assert precision >= 0.999, (right, wrong)
    # Plus tags, dots, undeclared domains and private addresses are left to people.
    assert recall >= 0.85, (right, missed)
