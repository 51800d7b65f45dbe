"""Accounts to identities: which evidence links, under which identity, since when.

A pure function of account facts, earlier links and settings. Run twice it gives the same rows; an identity
keeps its id as long as any of its accounts lives. Nothing is merged: a link is a row, and taking a link back
is another row.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fanlight.identity.accounts import AccountFacts, Identity, IdentitySettings, Resolution, Review, ReviewKind
from fanlight.identity.addresses import is_address
from fanlight.identity.evidence import FOREVER, Claim, Evidence, Grounds, find_evidence, find_reviews
from fanlight.model import Link, Micros

__all__ = ["resolve"]

_EMAIL_RUNG = 3
"""From this rung on evidence is an address, which can move to another person."""


def resolve(
    accounts: Sequence[AccountFacts],
    previous_links: Sequence[Link],
    settings: IdentitySettings,
    now: Micros,
) -> Resolution:
    """Link accounts to identities.

    `previous_links` are all link rows known so far (any order, withdrawn ones included). The result's
    `links` hold now; `changed` is what must be appended to the facts.
    """
    ordered = sorted(accounts, key=lambda a: a.account_key)
    grounds = Grounds(ordered, settings)
    parts = _sort_out(ordered, grounds)
    components = _Components(parts.people, settings)
    for evidence in find_evidence(parts.people, grounds):
        components.join(evidence)
    for group in parts.shared.values():
        components.bundle(group)
    groups = [*components.groups(), *([machine] for machine in parts.machines)]
    dated, addressed = _hold_addresses(parts.by_address, components, grounds)
    groups += addressed
    current = _latest(previous_links)
    ids = _assign_ids(groups, current)
    links = _make_links(groups, ids, components, dated, current, now)
    by_account = {link.account_key: link.identity_id for link in links if link.valid_to is None}
    identities = _describe(groups, ids, links, grounds, by_account)
    reviews = [*components.reviews, *find_reviews(parts.people, components.names(), grounds)]
    reviews += [*_shared_reviews(parts.shared), *_machine_reviews(parts, grounds)]
    reviews = _drop_refused(reviews, settings)
    changed = _changes(links, current, now)
    return Resolution(
        links=tuple(links), changed=changed, identities=identities, reviews=tuple(reviews), by_account=by_account
    )


@dataclass(slots=True)
class _Parts:
    """Accounts by the way they are resolved."""

    people: list[AccountFacts] = field(default_factory=list)
    machines: list[AccountFacts] = field(default_factory=list)
    shared: dict[str, list[AccountFacts]] = field(default_factory=lambda: defaultdict(list))
    by_address: list[AccountFacts] = field(default_factory=list)
    """Accounts whose only id is an address: they belong to whoever holds the address at the time."""


def _sort_out(accounts: Iterable[AccountFacts], grounds: Grounds) -> _Parts:
    parts = _Parts()
    for account in accounts:
        shared = grounds.shared_address(account)
        if grounds.is_machine(account):
            parts.machines.append(account)
        elif shared is not None:
            parts.shared[shared].append(account)
        elif is_address(account.native_id):
            parts.by_address.append(account)
        else:
            parts.people.append(account)
    return parts


def _concurrent(first: AccountFacts, second: AccountFacts) -> bool:
    return max(first.since, second.since) < min(first.until or FOREVER, second.until or FOREVER)


class _Components:
    """Accounts that belong together so far, and what was refused on the way."""

    def __init__(self, people: Sequence[AccountFacts], settings: IdentitySettings) -> None:
        self.reviews: list[Review] = []
        self.reasons: dict[str, Evidence] = {}
        self.ends: dict[str, Micros] = {}
        """Accounts whose link ends because the address behind it went to somebody else."""
        self._members: dict[str, list[AccountFacts]] = {a.account_key: [a] for a in people}
        self._of: dict[str, str] = {a.account_key: a.account_key for a in people}
        self._apart = {frozenset(pair) for pair in settings.different_people}

    def join(self, evidence: Evidence) -> None:
        """Let the evidence link, unless something stronger stands against it."""
        mine, theirs = self._of[evidence.first], self._of[evidence.second]
        if mine != theirs:
            left, right = self._members[mine], self._members[theirs]
            if any(frozenset((a.account_key, b.account_key)) in self._apart for a in left for b in right):
                return
            if not self._allowed(evidence, left, right):
                return
            into, gone = sorted((mine, theirs))
            self._members[into] += self._members.pop(gone)
            for account in self._members[into]:
                self._of[account.account_key] = into
        for key in (evidence.first, evidence.second):
            self.reasons.setdefault(key, evidence)

    def _allowed(self, evidence: Evidence, left: Sequence[AccountFacts], right: Sequence[AccountFacts]) -> bool:
        rivals = [(a, b) for a in left for b in right if a.source == b.source]
        together = [(a, b) for a, b in rivals if _concurrent(a, b)]
        if evidence.rung < 2:
            self._note(evidence, together, "is linked by proof, which makes two active accounts in one source")
            return True
        if evidence.rung == 2:
            self._note(evidence, together, "would join two active accounts in one source, so it was not linked")
            return not together
        directory = [(a, b) for a, b in rivals if a.directory]
        if directory:
            self._reissue(evidence, directory)
            return False
        self._note(evidence, together, "would join two active accounts in one source, so it was not linked")
        return not together

    def _note(self, evidence: Evidence, rivals: Sequence[tuple[AccountFacts, AccountFacts]], words: str) -> None:
        for first, second in rivals:
            self.reviews.append(
                Review(
                    kind="two_active_accounts",
                    accounts=tuple(sorted((first.account_key, second.account_key))),
                    method=evidence.method,
                    confidence=evidence.confidence,
                    sentence=f"{first.account_key} and {second.account_key}: {evidence.reason}. This {words}.",
                )
            )

    def _reissue(self, evidence: Evidence, rivals: Sequence[tuple[AccountFacts, AccountFacts]]) -> None:
        """An address leads to two people of one directory: the later holder does not inherit the earlier one."""
        for first, second in rivals:
            # In which of the two groups is the account that the address hangs on, and who holds it now?
            older, newer = sorted((first, second), key=lambda a: (a.since, a.account_key))
            kind: ReviewKind = "two_active_accounts" if _concurrent(older, newer) else "address_reissued"
            held = {evidence.first, evidence.second} - {older.account_key, newer.account_key}
            for key in held:
                reason = self.reasons.get(key)
                if kind == "address_reissued" and reason is not None and reason.rung >= _EMAIL_RUNG:
                    self.ends[key] = min(self.ends.get(key, FOREVER), evidence.since)
            self.reviews.append(
                Review(
                    kind=kind,
                    accounts=tuple(sorted({evidence.first, evidence.second, older.account_key, newer.account_key})),
                    method=evidence.method,
                    confidence=evidence.confidence,
                    sentence=(
                        f"{evidence.address} was carried by {older.account_key} and by {newer.account_key}. "
                        "An address alone does not prove that they are one person, so they stay apart."
                    ),
                )
            )

    def bundle(self, group: Sequence[AccountFacts]) -> None:
        """Keep accounts of one shared mailbox together, outside the ladder."""
        root = group[0].account_key
        self._members[root] = list(group)
        for account in group:
            self._of[account.account_key] = root

    def groups(self) -> list[list[AccountFacts]]:
        return [self._members[root] for root in sorted(self._members)]

    def names(self) -> Mapping[str, str]:
        return self._of


@dataclass(frozen=True, slots=True)
class _Dated:
    """An address account held by somebody in a stretch of time."""

    account: AccountFacts
    holder: str
    claim: Claim


def _hold_addresses(
    accounts: Sequence[AccountFacts], components: _Components, grounds: Grounds
) -> tuple[list[_Dated], list[list[AccountFacts]]]:
    """Who held each address when. Accounts of addresses that nobody holds make identities of their own."""
    names = components.names()
    holders: dict[str, list[Claim]] = defaultdict(list)
    for claims in grounds.claims.values():
        for claim in claims:
            if claim.account.account_key in names and grounds.proves(claim) and claim.kind != "app":
                holders[grounds.fold(claim.address)].append(claim)
    dated: list[_Dated] = []
    orphans: dict[str, list[AccountFacts]] = defaultdict(list)
    for account in accounts:
        address = _own_address(account, grounds)
        found = [_Dated(account, claim.account.account_key, claim) for claim in _in_turn(holders[address], names)]
        dated += found
        if not found:
            orphans[address].append(account)
    return dated, [orphans[address] for address in sorted(orphans)]


def _own_address(account: AccountFacts, grounds: Grounds) -> str:
    claims = grounds.claims[account.account_key]
    return grounds.fold(claims[0].address) if claims else account.native_id.casefold()


def _in_turn(claims: Sequence[Claim], names: Mapping[str, str]) -> list[Claim]:
    """One claim per holder and stretch: directories before others, primary before alias, never two at one time."""
    taken: list[Claim] = []
    rank = {"primary": 0, "observed": 1, "login": 1, "alias": 2}
    ordered = sorted(claims, key=lambda c: (not c.account.directory, rank[c.kind], c.since, c.account.account_key))
    for claim in ordered:
        clash = [t for t in taken if max(t.since, claim.since) < min(t.until, claim.until)]
        if not clash:
            taken.append(claim)
        elif all(names[t.account.account_key] == names[claim.account.account_key] for t in clash):
            merged = replace(clash[0], since=min(claim.since, clash[0].since), until=max(claim.until, clash[0].until))
            others = [t for t in taken if t is not clash[0]]
            if all(max(t.since, merged.since) >= min(t.until, merged.until) for t in others):
                taken = [*others, merged]
    return sorted(taken, key=lambda c: c.since)


def _latest(links: Sequence[Link]) -> dict[tuple[str, str], Link]:
    newest: dict[tuple[str, str], Link] = {}
    for link in sorted(links, key=lambda row: (row.seen_at, row.removed)):
        newest[link.account_key, link.identity_id] = link
    return {key: link for key, link in newest.items() if not link.removed}


def _rank(account: AccountFacts) -> tuple[bool, bool, Micros, str]:
    return (not account.directory, account.product != "claude", account.since, account.account_key)


def _assign_ids(groups: Sequence[list[AccountFacts]], current: Mapping[tuple[str, str], Link]) -> list[str]:
    """An id per group: the one its best account already has, else a hash of that account's immutable key."""
    known: dict[str, list[str]] = defaultdict(list)
    for key, identity in sorted(current):
        known[key].append(identity)
    wants = [
        (_rank(account), identity, index)
        for index, group in enumerate(groups)
        for account in group
        for identity in known[account.account_key]
    ]
    ids: dict[int, str] = {}
    used: set[str] = {identity for _, identity in current}
    given: set[str] = set()
    for _, identity, index in sorted(wants):
        if identity not in given and index not in ids:
            ids[index] = identity
            given.add(identity)
    for index, group in enumerate(groups):
        if index not in ids:
            ids[index] = _fresh_id(min(group, key=_rank), used)
            used.add(ids[index])
    return [ids[index] for index in range(len(groups))]


def _fresh_id(account: AccountFacts, used: set[str]) -> str:
    for turn in range(1_000):
        text = f"{account.tenant}\x1f{account.account_key}\x1f{turn}"
        identity = "idn_" + hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
        if identity not in used:
            return identity
    raise AssertionError("a thousand identities with one hash")


def _make_links(
    groups: Sequence[list[AccountFacts]],
    ids: Sequence[str],
    components: _Components,
    dated: Sequence[_Dated],
    current: Mapping[tuple[str, str], Link],
    now: Micros,
) -> list[Link]:
    of_account: dict[str, str] = {}
    links: list[Link] = []
    for group, identity in zip(groups, ids, strict=True):
        for account in group:
            of_account[account.account_key] = identity
            method, confidence, reason = _reason_for(account, group, components)
            row = _row(account, identity, method, confidence, reason, now)
            end = components.ends.get(account.account_key)
            links.append(replace(row, valid_to=end))
    for entry in dated:
        claim = entry.claim
        reason = f"{claim.address} was held by {claim.account.account_key} at that time"
        row = _row(entry.account, of_account[entry.holder], "address_held", 0.98, reason, now)
        until = None if claim.until >= FOREVER else claim.until
        first = entry is min((d for d in dated if d.account is entry.account), key=lambda d: d.claim.since)
        since = min(entry.account.since, claim.since) if first else claim.since
        links.append(replace(row, valid_from=since, valid_to=until))
    # The store keeps one row per account and identity: of several stretches the latest stands.
    latest = {(link.account_key, link.identity_id): link for link in sorted(links, key=lambda row: row.valid_from)}
    return [_keep(latest[key], current.get(key)) for key in sorted(latest)]


def _reason_for(
    account: AccountFacts, group: Sequence[AccountFacts], components: _Components
) -> tuple[str, float, str]:
    if account.kind == "api_key":
        return "machine", 1.0, "a key stands for itself; its maker is shown beside it"
    evidence = components.reasons.get(account.account_key)
    if account.directory and (evidence is None or account is min(group, key=_rank)):
        return "directory_record", 1.0, "directory record of the person"
    if evidence is not None:
        return evidence.method, evidence.confidence, evidence.reason
    if account.kind == "service":
        return "machine", 1.0, "a service account stands for itself"
    if len(group) > 1:
        return "shared_mailbox", 1.0, "account of a shared mailbox; it proves no person"
    return "own_account", 1.0, "no other account is known to belong to it"


def _row(account: AccountFacts, identity: str, method: str, confidence: float, reason: str, now: Micros) -> Link:
    return Link(
        tenant=account.tenant,
        account_key=account.account_key,
        identity_id=identity,
        method=method,
        confidence=confidence,
        reason=reason,
        valid_from=account.since,
        seen_at=now,
    )


def _keep(link: Link, before: Link | None) -> Link:
    """The row as it was where nothing but the time of looking changed."""
    if before is not None and replace(link, seen_at=before.seen_at) == before:
        return before
    return link


def _changes(links: Sequence[Link], current: Mapping[tuple[str, str], Link], now: Micros) -> tuple[Link, ...]:
    holding = {(link.account_key, link.identity_id): link for link in links}
    changed = [link for key, link in holding.items() if current.get(key) != link]
    gone = [replace(link, removed=True, seen_at=now) for key, link in current.items() if key not in holding]
    return tuple(sorted([*changed, *gone], key=lambda row: (row.account_key, row.identity_id)))


def _describe(
    groups: Sequence[list[AccountFacts]],
    ids: Sequence[str],
    links: Sequence[Link],
    grounds: Grounds,
    by_account: Mapping[str, str],
) -> tuple[Identity, ...]:
    accounts_of: dict[str, list[str]] = defaultdict(list)
    for link in links:
        if link.account_key not in accounts_of[link.identity_id]:
            accounts_of[link.identity_id].append(link.account_key)
    identities = []
    for group, identity in zip(groups, ids, strict=True):
        ordered = sorted(group, key=lambda a: (a.until is not None, *_rank(a)))
        machine = grounds.is_machine(ordered[0])
        shared = grounds.shared_address(ordered[0])
        emails = _emails(ordered, grounds)
        name = next((a.name for a in ordered if a.name), None)
        owner = next((by_account.get(a.owner_account) for a in ordered if a.owner_account), None)
        identities.append(
            Identity(
                id=identity,
                kind="machine" if machine else "shared" if shared else "person",
                name=name or (emails[0] if emails else ordered[0].native_id),
                emails=emails,
                accounts=tuple(accounts_of[identity]),
                owner_identity=owner if machine else None,
                active=any(a.until is None and a.status != "inactive" for a in group),
            )
        )
    return tuple(sorted(identities, key=lambda row: row.id))


def _emails(ordered: Sequence[AccountFacts], grounds: Grounds) -> tuple[str, ...]:
    order = {"primary": 0, "observed": 1, "login": 2, "app": 3, "alias": 4}
    claims = [c for a in ordered for c in grounds.claims[a.account_key] if c.kind in order]
    position = {account.account_key: index for index, account in enumerate(ordered)}
    claims.sort(key=lambda c: (c.until < FOREVER, position[c.account.account_key], order[c.kind], -c.since))
    return tuple(dict.fromkeys(claim.address for claim in claims))


def _shared_reviews(shared: Mapping[str, Sequence[AccountFacts]]) -> list[Review]:
    return [
        Review(
            kind="shared_mailbox",
            accounts=tuple(account.account_key for account in group),
            method="shared_mailbox",
            confidence=0.0,
            sentence=f"{address} is a shared mailbox. What its accounts do is not counted as any one person's.",
        )
        for address, group in sorted(shared.items())
    ]


def _machine_reviews(parts: _Parts, grounds: Grounds) -> list[Review]:
    """A robot that signs in with a person's address: shown with that person as its likely owner, never merged."""
    people = {
        claim.address: account.account_key
        for account in parts.people
        for claim in grounds.claims[account.account_key]
        if grounds.proves(claim)
    }
    return [
        Review(
            kind="machine_owner",
            accounts=tuple(sorted((machine.account_key, people[claim.address]))),
            method="machine_owner",
            confidence=0.5,
            sentence=f"The machine account {machine.account_key} carries {claim.address}, which belongs to a person.",
        )
        for machine in parts.machines
        for claim in grounds.claims[machine.account_key]
        if claim.address in people
    ]


def _drop_refused(reviews: Sequence[Review], settings: IdentitySettings) -> list[Review]:
    refused = {frozenset(pair) for pair in settings.different_people}
    unique = {(r.kind, r.accounts): r for r in reviews if frozenset(r.accounts) not in refused}
    return sorted(unique.values(), key=lambda r: (r.kind, r.accounts))
