"""`fanlight sign-in`: a new link into the web page of a running Fanlight."""

from __future__ import annotations

from cyclopts import App

from fanlight.cli.common import HomeOption, TenantOption, open_home


def register(app: App) -> None:
    """Add the command."""
    app.command(_sign_in, name="sign-in")


def _sign_in(
    user: str = "administrator", /, *, port: int = 0, home: HomeOption = None, tenant: TenantOption = "default"
) -> None:
    """Print an address that signs somebody in once within ten minutes; sessions that are open stay so.

    Parameters
    ----------
    user:
        Name under which verdicts and notes are signed.
    port:
        Port of the web page; default where it was last served.
    """
    from fanlight.server.signin import Sessions
    from fanlight.state.signin import SignIns

    opened = open_home(home, tenant)
    where = port or int(opened.state.fact("web_port") or 8321)
    address = Sessions(SignIns(opened.state), opened.clock).issue_link(user, f"http://127.0.0.1:{where}")
    print(f"Open {address} (works once, for ten minutes).")
