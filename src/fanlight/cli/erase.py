"""`fanlight erase`: take one person out of the store, with a receipt."""

from __future__ import annotations

from contextlib import ExitStack

import orjson
from cyclopts import App

from fanlight.cli.common import Exit, HomeOption, TenantOption, end, open_home

_WAIT_SECONDS = 120.0


def register(app: App) -> None:
    """Add the command."""
    app.command(_erase, name="erase")


def _erase(identity: str, /, *, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Erase an identity (by e-mail or id): events, labels, links, grants, findings; it does not come back.

    Prints a receipt; exit 3 when rows are left and the command must be run again.
    """
    from fanlight.pipeline.conclude import find_identity
    from fanlight.pipeline.connections import list_connections
    from fanlight.pipeline.erasing import erase
    from fanlight.pipeline.leases import KeptLease
    from fanlight.state import LeaseHeld

    opened = open_home(home, tenant)
    found = find_identity(opened, identity)
    if found is None:
        end(Exit.USAGE, "There is no such identity; `fanlight export identities` lists those there are.")
    try:
        with ExitStack() as held:
            # Every writer waits meanwhile: a page on its way could bring the person back.
            names = ["judge", "compact", *(f"source/{one.name}" for one in list_connections(opened))]
            for name in names:
                held.enter_context(KeptLease(opened.state, name, wait_seconds=_WAIT_SECONDS))
            lease = held.enter_context(KeptLease(opened.state, "erase")).lease
            receipt = erase(opened, lease, found.accounts, found.emails)
    except LeaseHeld as problem:
        end(Exit.USAGE, str(problem))
    print(
        orjson.dumps(
            {
                "accounts": receipt.accounts,
                "rows_dropped": receipt.rows_dropped,
                "findings_redacted": receipt.findings_redacted,
                "rows_left": receipt.rows_left,
                "hashes_kept": receipt.hashes_kept,
            }
        ).decode()
    )
    end(Exit.OK if receipt.rows_left == 0 else Exit.UNFINISHED)
