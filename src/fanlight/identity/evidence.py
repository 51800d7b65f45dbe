"""The ladder of evidence: every reason to think that two accounts are one person, strongest first.

Evidence is a value with a rung, a sentence and a time; whether it makes a link is decided in `resolve`.
Names never link. An address links only in a domain the company owns, when both accounts carried it at the
same time, and never when it is a shared mailbox.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from fanlight.identity.accounts import AccountFacts, EmailClaim, IdentitySettings, Review
from fanlight.identity.addresses import (
    CONSUMER_DOMAINS,
    canonical_domain,
    domain_of,
    infer_owned_domains,
    is_address,
    local_part_of,
    looks_like,
    loose_form,
    normal_address,
)
from fanlight.model import Micros

__all__ = ["FOREVER", "SHARED_LOCAL_PARTS", "Evidence", "Grounds", "find_evidence", "find_reviews", "overlap"]

FOREVER: Micros = 1 << 62

#: Local parts that name a function, not a person.
SHARED_LOCAL_PARTS = frozenset(
    {
        "abuse",
        "accounting",
        "accounts",
        "admin",
        "administrator",
        "all",
        "billing",
        "careers",
        "contact",
        "everyone",
        "finance",
        "frontdesk",
        "hello",
        "helpdesk",
        "hostmaster",
        "hr",
        "info",
        "it",
        "jobs",
        "legal",
        "mail",
        "marketing",
        "no-reply",
        "noreply",
        "office",
        "operations",
        "ops",
        "orders",
        "payroll",
        "postmaster",
        "press",
        "privacy",
        "procurement",
        "reception",
        "recruiting",
        "root",
        "sales",
        "security",
        "service",
        "shared",
        "soc",
        "support",
        "team",
        "webmaster",
    }
)

_STRENGTH = {"primary": 0, "login": 1, "alias": 1, "app": 1, "observed": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why two accounts may be one person. Lower rungs are stronger; from rung 9 on it is only a suggestion."""

    rung: int
    method: str
    first: str
    second: str
    confidence: float
    reason: str
    since: Micros = 0
    """When both sides held, first."""
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One address of one account in normal form."""

    account: AccountFacts
    kind: str
    address: str
    since: Micros
    until: Micros


class Grounds:
    """Everything evidence is looked up in: claims by address, owned domains, shared mailboxes."""

    def __init__(self, accounts: Sequence[AccountFacts], settings: IdentitySettings) -> None:
        self.settings = settings
        self.accounts: Mapping[str, AccountFacts] = {account.account_key: account for account in accounts}
        self.equivalent = {
            domain.casefold(): group[0].casefold() for group in settings.equivalent_domains for domain in group
        }
        self.owned = self._owned_domains(accounts)
        self.shared = frozenset(filter(None, map(normal_address, settings.shared_mailboxes)))
        self.robots = frozenset(filter(None, (_folded(robot) for robot in settings.service_accounts)))
        self.claims: dict[str, list[Claim]] = {}
        for account in accounts:
            self.claims[account.account_key] = list(_claims_of(account))

    def _owned_domains(self, accounts: Sequence[AccountFacts]) -> frozenset[str]:
        stated = {domain.casefold().rstrip(".") for domain in self.settings.company_domains}
        if stated:
            return frozenset(stated | set(self.equivalent))
        listed = [a for a in accounts if a.directory] or [a for a in accounts if a.kind == "human"]
        primary = [normal_address(c.address) for a in listed for c in a.claims if c.kind in ("primary", "observed")]
        return infer_owned_domains(filter(None, primary)) | frozenset(self.equivalent)

    def owns(self, address: str) -> bool:
        """Whether the address lies in a domain of the company (its sub-domains included)."""
        domain = domain_of(address)
        return domain in self.owned or any(domain.endswith("." + owned) for owned in self.owned)

    def is_shared(self, address: str) -> bool:
        """Whether several people may stand behind the address."""
        return address in self.shared or local_part_of(address) in SHARED_LOCAL_PARTS

    def is_machine(self, account: AccountFacts) -> bool:
        """Whether a robot, not a person, uses the account."""
        if account.kind != "human":
            return True
        names = {_folded(account.account_key), _folded(account.native_id), *(c.address for c in self._of(account))}
        return not names.isdisjoint(self.robots)

    def shared_address(self, account: AccountFacts) -> str | None:
        """The shared mailbox that this account signs in with, or None."""
        for claim in self._of(account):
            if claim.kind in ("primary", "login", "observed") and self.is_shared(claim.address):
                return claim.address
        return None

    def _of(self, account: AccountFacts) -> list[Claim]:
        return self.claims.get(account.account_key, [])

    def proves(self, claim: Claim) -> bool:
        """Whether the claim may link: declared by a source, in an owned domain, of one person."""
        return claim.kind in _STRENGTH and self.owns(claim.address) and not self.is_shared(claim.address)

    def fold(self, address: str) -> str:
        """The address under which declared equivalents meet."""
        local, domain = local_part_of(address), domain_of(address)
        if domain in {entry.casefold() for entry in self.settings.plus_domains}:
            local = local.split("+", 1)[0] or local
        return f"{local}@{canonical_domain(domain, self.equivalent)}"


def _folded(text: str) -> str:
    return normal_address(text) or text.strip().casefold()


def _claims_of(account: AccountFacts) -> Iterable[Claim]:
    for claim in account.claims:
        address = normal_address(claim.address)
        if address is not None:
            until = FOREVER if claim.until is None else claim.until
            yield Claim(account=account, kind=claim.kind, address=address, since=claim.since, until=until)


def overlap(first: Claim | EmailClaim, second: Claim | EmailClaim) -> Micros | None:
    """The first moment at which both claims held, or None when they never did together."""
    start = max(first.since, second.since)
    end = min(first.until or FOREVER, second.until or FOREVER)
    return start if start < end else None


def find_evidence(people: Sequence[AccountFacts], grounds: Grounds) -> list[Evidence]:
    """All evidence that may link the given human accounts, strongest first, in an order that never varies."""
    keys = {account.account_key for account in people}
    found = [*_operator_said(keys, grounds.settings), *_provisioned(people, keys), *_employee_ids(people)]
    found += _same_address(people, grounds)
    return sorted(found, key=lambda e: (e.rung, e.since, e.first, e.second))


def _operator_said(keys: set[str], settings: IdentitySettings) -> Iterable[Evidence]:
    for first, second in settings.same_person:
        if first in keys and second in keys:
            yield _pair(0, "operator", first, second, 1.0, "somebody with the right to do so linked them")


def _provisioned(people: Sequence[AccountFacts], keys: set[str]) -> Iterable[Evidence]:
    for account in people:
        for target in account.provisioned:
            if target in keys and target != account.account_key:
                reason = f"{_source_name(account)} provisions it under the immutable id {target.partition(':')[2]}"
                yield _pair(1, "provisioning_id", account.account_key, target, 0.999, reason)


def _employee_ids(people: Sequence[AccountFacts]) -> Iterable[Evidence]:
    by_number: dict[str, list[AccountFacts]] = defaultdict(list)
    for account in people:
        if account.employee_id and account.employee_id.strip():
            by_number[account.employee_id.strip().casefold()].append(account)
    for number, group in by_number.items():
        for first, second in pairwise(group):
            reason = f"the same employee number {number} in {_source_name(first)} and {_source_name(second)}"
            yield _pair(2, "employee_id", first.account_key, second.account_key, 0.998, reason)


def _same_address(people: Sequence[AccountFacts], grounds: Grounds) -> Iterable[Evidence]:
    by_address: dict[str, list[Claim]] = defaultdict(list)
    for account in people:
        for claim in grounds.claims[account.account_key]:
            if grounds.proves(claim) or (claim.kind in ("app", "primary") and not grounds.is_shared(claim.address)):
                by_address[grounds.fold(claim.address)].append(claim)
    for claims in by_address.values():
        for first, second in combinations(claims, 2):
            if first.account.source != second.account.source:
                evidence = _judge_pair(first, second, grounds)
                if evidence is not None:
                    yield evidence


def _judge_pair(first: Claim, second: Claim, grounds: Grounds) -> Evidence | None:
    since = overlap(first, second)
    if since is None:
        return None
    keys = first.account.account_key, second.account.account_key
    if "app" in (first.kind, second.kind):
        # The directory says under which name it provisions this very person into Claude: good in any domain.
        app, other = (first, second) if first.kind == "app" else (second, first)
        if other.account.product == "claude" and other.kind in ("primary", "observed") and app.address == other.address:
            reason = f"{_source_name(app.account)} assigns the Claude application under {app.address}"
            return _pair(3, "app_assignment", *keys, 0.995, reason, since, app.address)
        return None
    if not (grounds.proves(first) and grounds.proves(second)):
        return None
    if first.address != second.address:
        reason = f"{first.address} and {second.address} are declared to be the same mailbox"
        return _pair(6, "equivalent_address", *keys, 0.95, reason, since, first.address)
    if _STRENGTH[first.kind] == 0 and _STRENGTH[second.kind] == 0:
        reason = f"verified e-mail {first.address} in an owned domain, held at the same time"
        return _pair(4, "verified_email", *keys, 0.99, reason, since, first.address)
    declared = first if _STRENGTH[first.kind] else second
    word = {"login": "login name", "alias": "declared alias"}[declared.kind]
    reason = f"{declared.address} is a {word} of the {_source_name(declared.account)} account"
    return _pair(5, "declared_alias", *keys, 0.97, reason, since, declared.address)


def _pair(
    rung: int,
    method: str,
    first: str,
    second: str,
    confidence: float,
    reason: str,
    since: Micros = 0,
    address: str | None = None,
) -> Evidence:
    low, high = sorted((first, second))
    return Evidence(
        rung=rung,
        method=method,
        first=low,
        second=high,
        confidence=confidence,
        reason=reason,
        since=since,
        address=address,
    )


def _source_name(account: AccountFacts) -> str:
    words = {"okta": "Okta", "claude": "Claude", "entra_id": "Entra ID", "google_workspace": "Google Workspace"}
    return words.get(account.product, account.product)


def find_reviews(people: Sequence[AccountFacts], component: Mapping[str, str], grounds: Grounds) -> list[Review]:
    """Suggestions that never link by themselves: loose addresses, other company domains, names, look-alikes."""
    reviews = [*_loose_addresses(people, component, grounds), *_same_names(people, component)]
    reviews += _foreign_domains(people, component, grounds)
    unique = {(review.kind, review.accounts, review.method): review for review in reviews}
    return sorted(unique.values(), key=lambda r: (r.kind, r.accounts, r.method))


def _apart(first: AccountFacts, second: AccountFacts, component: Mapping[str, str]) -> bool:
    """Whether a suggestion between the two makes sense: not linked, and not two logins of one directory."""
    if component.get(first.account_key) == component.get(second.account_key):
        return False
    return first.source != second.source


def _loose_addresses(
    people: Sequence[AccountFacts], component: Mapping[str, str], grounds: Grounds
) -> Iterable[Review]:
    loose: dict[str, list[Claim]] = defaultdict(list)
    for account in people:
        for claim in grounds.claims[account.account_key]:
            if grounds.is_shared(claim.address):
                continue
            stem = loose_form(claim.address)
            loose[stem].append(claim)
            if grounds.owns(claim.address):
                loose[local_part_of(stem) + "@company"].append(claim)
        for login in _bare_logins(account):
            loose[f"{login}@company"].append(
                Claim(account=account, kind="bare", address=login, since=account.since, until=FOREVER)
            )
    for claims in loose.values():
        if len(claims) > 12:
            continue
        for first, second in combinations(claims, 2):
            if _apart(first.account, second.account, component):
                yield _suggest(first, second)


def _bare_logins(account: AccountFacts) -> Iterable[str]:
    if not is_address(account.native_id) and account.product == "github_audit":
        yield account.native_id.casefold()


def _suggest(first: Claim, second: Claim) -> Review:
    method, confidence = "similar_address", 0.5
    sentence = f"{first.address} and {second.address} differ only in ways that some mail systems ignore."
    if first.address == second.address:
        method, confidence = "unverified_address", 0.7
        sentence = f"Both carried {first.address}, but not at the same time or not in a domain the company owns."
    elif "bare" in (first.kind, second.kind):
        method, sentence = "login_name", f"The login {first.address} fits the address {second.address}."
    elif domain_of(first.address) != domain_of(second.address):
        method, confidence = "other_company_domain", 0.6
        sentence = f"{first.address} and {second.address} have the same local part in two company domains."
    keys = sorted((first.account.account_key, second.account.account_key))
    return Review(kind="suggested_link", accounts=tuple(keys), method=method, confidence=confidence, sentence=sentence)


def _same_names(people: Sequence[AccountFacts], component: Mapping[str, str]) -> Iterable[Review]:
    by_name: dict[str, list[AccountFacts]] = defaultdict(list)
    for account in people:
        words = unicodedata.normalize("NFKC", account.name or "").casefold().replace(",", " ").split()
        if len(words) >= 2:
            by_name[" ".join(sorted(words))].append(account)
    for group in by_name.values():
        if len(group) > 4:
            continue
        for first, second in combinations(group, 2):
            if _apart(first, second, component) and not (first.directory and second.directory):
                sentence = f"Both are called {first.name}. A name alone proves nothing, so they are not linked."
                keys = sorted((first.account_key, second.account_key))
                yield Review(
                    kind="suggested_link", accounts=tuple(keys), method="same_name", confidence=0.3, sentence=sentence
                )


def _foreign_domains(
    people: Sequence[AccountFacts], component: Mapping[str, str], grounds: Grounds
) -> Iterable[Review]:
    like: dict[str, str | None] = {}
    sizes: dict[str, int] = defaultdict(int)
    for account in people:
        sizes[component.get(account.account_key, account.account_key)] += 1
    for account in people:
        for claim in grounds.claims[account.account_key]:
            domain = domain_of(claim.address)
            if claim.kind not in ("primary", "login", "observed") or grounds.owns(claim.address):
                continue
            if domain not in like:
                like[domain] = None if domain in CONSUMER_DOMAINS else looks_like(domain, grounds.owned)
            owned = like[domain]
            if owned is not None:
                yield Review(
                    kind="lookalike_domain",
                    accounts=(account.account_key,),
                    method="lookalike_domain",
                    confidence=0.0,
                    sentence=f"{claim.address} looks like an address in {owned} and is not. It was linked to nobody.",
                )
            elif sizes[component.get(account.account_key, account.account_key)] == 1:
                yield Review(
                    kind="unowned_domain",
                    accounts=(account.account_key,),
                    method="unowned_domain",
                    confidence=0.0,
                    sentence=f"{claim.address} lies outside the company's domains and nothing else says whose it is.",
                )
