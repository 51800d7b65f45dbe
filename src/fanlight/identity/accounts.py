"""What is known of an account, and what comes out of resolving accounts: links, identities, open questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fanlight.model import Link, Micros
from fanlight.state.company import CompanySettings

__all__ = [
    "AccountFacts",
    "AccountKind",
    "AccountStatus",
    "EmailClaim",
    "Identity",
    "IdentityKind",
    "IdentitySettings",
    "Resolution",
    "Review",
    "ReviewKind",
    "settings_of",
]

AccountKind = Literal["human", "service", "api_key"]
AccountStatus = Literal["active", "inactive", "unknown"]
ClaimKind = Literal["primary", "login", "alias", "secondary", "app", "observed"]
IdentityKind = Literal["person", "shared", "machine"]
ReviewKind = Literal[
    "suggested_link",
    "two_active_accounts",
    "address_reissued",
    "lookalike_domain",
    "shared_mailbox",
    "machine_owner",
    "unowned_domain",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailClaim:
    """That an account carried an address in a stretch of time.

    `primary` and `alias` are what a directory declares, `login` a login name in the form of an address,
    `app` the name under which a directory provisions the person into Claude, `secondary` what people enter
    themselves, `observed` what events carried.
    """

    address: str
    """As the source wrote it."""
    kind: ClaimKind
    since: Micros = 0
    until: Micros | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """One login at one source, with every dated thing that says whose it is."""

    tenant: str
    account_key: str
    source: str
    product: str
    native_id: str
    kind: AccountKind = "human"
    directory: bool = False
    """True for an account of an identity provider: two of them in one source are two people unless proved."""
    name: str | None = None
    claims: tuple[EmailClaim, ...] = ()
    employee_id: str | None = None
    provisioned: tuple[str, ...] = ()
    """Account keys at other products that this directory account is provisioned into, by immutable id."""
    owner_account: str | None = None
    """For machines: the account that created or owns it."""
    status: AccountStatus = "unknown"
    since: Micros = 0
    """Created, or first seen."""
    until: Micros | None = None
    """Gone or switched off since; None while it may still act."""
    events: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """What the operator knows about addresses and accounts. Everything is optional."""

    company_domains: tuple[str, ...] = ()
    """Empty: inferred from the connected directories."""
    shared_mailboxes: tuple[str, ...] = ()
    equivalent_domains: tuple[tuple[str, ...], ...] = ()
    """Groups of domains in which the same local part is the same person."""
    plus_domains: tuple[str, ...] = ()
    """Domains in which `name+tag` is delivered to `name`."""
    same_person: tuple[tuple[str, str], ...] = ()
    """Pairs of account keys that somebody said belong together."""
    different_people: tuple[tuple[str, str], ...] = ()
    """Pairs of account keys that somebody said do not."""
    service_accounts: tuple[str, ...] = ()
    """Account keys, logins or addresses of robots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The person, team mailbox or machine behind accounts."""

    id: str
    kind: IdentityKind
    name: str
    emails: tuple[str, ...] = ()
    """Normal forms, the one in use now first."""
    accounts: tuple[str, ...] = ()
    owner_identity: str | None = None
    """Who made a machine account, where that is known."""
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A question for a person: something that looks like a link, or a link that looks wrong."""

    kind: ReviewKind
    accounts: tuple[str, ...]
    method: str
    confidence: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Accounts resolved: the links that hold, what changed since the last run, the identities, the open questions."""

    links: tuple[Link, ...]
    changed: tuple[Link, ...]
    """Rows to append: new or altered links, and withdrawn ones with `removed`."""
    identities: tuple[Identity, ...]
    reviews: tuple[Review, ...]
    by_account: Mapping[str, str] = field(default_factory=dict)
    """Account key to identity id, as of now."""


def settings_of(company: CompanySettings) -> IdentitySettings:
    """What identity needs of the operator's settings."""
    return IdentitySettings(company_domains=company.company_domains, shared_mailboxes=company.shared_mailboxes)
