"""Accounts to identities, with the evidence for every link."""

from fanlight.identity.accounts import (
    AccountFacts,
    EmailClaim,
    Identity,
    IdentitySettings,
    Resolution,
    Review,
    settings_of,
)
from fanlight.identity.addresses import normal_address
from fanlight.identity.gather import gather_accounts
from fanlight.identity.resolve import resolve
from fanlight.identity.rows import identity_rows

__all__ = [
    "AccountFacts",
    "EmailClaim",
    "Identity",
    "IdentitySettings",
    "Resolution",
    "Review",
    "gather_accounts",
    "identity_rows",
    "normal_address",
    "resolve",
    "settings_of",
]
