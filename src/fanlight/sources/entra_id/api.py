"""Microsoft Graph: its two limits, and how it refuses."""

from __future__ import annotations

from collections.abc import Iterator

from fanlight.sources.contract import SourceContext, SourceError
from fanlight.sources.http import HttpRefusal, Parameters, VendorClient
from fanlight.sources.logs import Record
from fanlight.sources.microsoft import MANNER, app_token, odata_items, odata_page
from fanlight.sources.vendor import open_client

__all__ = ["GraphApi", "explain_refusal"]

_REPORTS_A_MINUTE = 30  # 5 in 10 seconds for an app in a tenant
_DIRECTORY_A_MINUTE = (
    6000  # a third of the smallest tenant's 3,500 units in 10 seconds, at two units and more a request
)


def explain_refusal(refusal: HttpRefusal, what: str) -> SourceError:
    """The same refusal in an operator's words."""
    if refusal.status == 403:
        return SourceError(
            f"The Entra ID app may not read {what}; it needs that application permission, with admin consent "
            "(sign-in logs also a P1 or P2 licence).",
            kind="refused",
        )
    if refusal.status == 404:
        return SourceError(f"Microsoft Graph answers 404 for {what}.", kind="refused")
    return refusal


class GraphApi:
    """Reads one tenant. Reports and directory have limits of their own, so two budgets behind one token."""

    def __init__(self, context: SourceContext) -> None:
        url = context.options.get("url") or "https://graph.microsoft.com"
        self.clock = context.clock
        self.token = app_token(context, label="Entra ID", scope=f"{url.rstrip('/')}/.default")
        self.reports, self.directory = (
            open_client(context, label="Microsoft Graph", url=url, limit=limit, manner=MANNER, token=self.token)
            for limit in (_REPORTS_A_MINUTE, _DIRECTORY_A_MINUTE)
        )

    def page(
        self,
        client: VendorClient,
        address: str,
        params: Parameters = (),
        *,
        purpose: str,
        patience_seconds: float | None = None,
    ) -> tuple[list[Record], str | None]:
        """One answer and its next link. Raises `SourceError`."""
        return odata_page(client, address, params, purpose=purpose, patience_seconds=patience_seconds)

    def all_items(self, path: str, params: Parameters = ()) -> Iterator[Record]:
        """Every object of a list that has an id, once."""
        return odata_items(self.directory, path, params)
