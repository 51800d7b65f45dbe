"""Microsoft Defender for Endpoint: the inventory of devices, those without Defender that it discovered among them."""

from __future__ import annotations

from fanlight.sources.contract import Source, SourceContext
from fanlight.sources.options import Setting

__all__ = ["KIND", "SETTINGS", "connect"]

KIND = "defender"
SETTINGS = (
    Setting("directory", "Directory (tenant) id."),
    Setting("client", "Application (client) id of the app registration."),
    Setting("key", "Its client secret, or its private key and certificate in one PEM file.", secret=True),
    Setting("url", "Address of the service; a nearer one is quicker.", "https://api.security.microsoft.com"),
    Setting("scope", "For whom the token is.", "https://api.securitycenter.microsoft.com/.default"),
    Setting("login_url", "Address that gives tokens.", "https://login.microsoftonline.com"),
    Setting("share", "Part of Defender's request limit to use, 0.05 to 1.", "0.5"),
)


def connect(context: SourceContext) -> Source:
    """The connected inventory. Options: `SETTINGS`, and `patience`, `first_wait`. Raises `SourceError`."""
    from fanlight.sources.defender.inventory import connect_defender

    return connect_defender(context)
