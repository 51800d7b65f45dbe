"""`fanlight supply-chain`: what of other makers works inside Claude, who uses it, what it reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, FormatOption, HomeOption, TenantOption, end, open_home, print_rows

if TYPE_CHECKING:
    from fanlight.pipeline.supply import SupplyChain
    from fanlight.supply.inventory import SupplyItem


def register(app: App) -> None:
    """Add the command group."""
    group = App(
        name="supply-chain", help="Servers, connectors, plugins, skills and agents inside Claude; who uses which."
    )
    group.default(_list)
    group.command(_show, name="show")
    app.command(group)


def _list(
    *,
    kind: str | None = None,
    not_approved: bool = False,
    format: FormatOption = "table",
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """List the inventory.

    Parameters
    ----------
    kind:
        Only one kind: mcp_server, connector, plugin, skill, marketplace, repository, webhook, agent, automation, …
    not_approved:
        Only what the approved lists of the settings leave out; exit code 1 when there is something.
    """
    from fanlight.pipeline.supply import supply_chain

    chain = supply_chain(open_home(home, tenant))
    items = [item for item in (chain.not_approved if not_approved else chain.items) if kind in (None, item.kind)]
    if format == "table":
        print_rows((_short(item) for item in items), format)
    else:
        print_rows((_row(chain, item) for item in items), format)
    if not_approved and items:
        end(Exit.FOUND)


def _show(
    name: Annotated[str, Parameter(show=True)],
    /,
    *,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Say everything about one thing: by name, id or address.

    Parameters
    ----------
    name:
        Name, id or address.
    """
    from fanlight.pipeline.supply import find_items, supply_chain

    chain = supply_chain(open_home(home, tenant))
    items = find_items(chain, name)
    if not items:
        end(Exit.USAGE, f"Nothing inside Claude is known as {name}.")
    for item in items:
        for line in _told(chain, item):
            print(line)


def _short(item: SupplyItem) -> dict[str, Any]:
    from fanlight.model import format_time

    return {
        "kind": item.kind,
        "name": item.name,
        "state": item.state,
        "approval": item.approval,
        "users": len(item.users),
        "used in": item.used_in,
        "tools": len(item.tools),
        "seen in": ", ".join(join.origin for join in item.joins),
        "first seen": format_time(item.first_seen)[:10],
        "last seen": format_time(item.last_seen)[:10],
        "confidence": f"{item.confidence:.2f}",
    }


def _row(chain: SupplyChain, item: SupplyItem) -> dict[str, Any]:
    from fanlight.model import format_time

    row = asdict(item)
    row["first_seen"], row["last_seen"] = format_time(item.first_seen), format_time(item.last_seen)
    row["added_by"] = _person(chain, item.added_by) if item.added_by else None
    row["users"] = [
        {
            **_person(chain, user.identity),
            "uses": user.uses,
            "first": format_time(user.first),
            "last": format_time(user.last),
        }
        for user in item.users
    ]
    row["reaches"] = [{"kind": kind, "id": value} for kind, value in item.reaches]
    return row


def _person(chain: SupplyChain, identity: str) -> dict[str, Any]:
    return {"id": identity, "email": chain.emails.get(identity)}


def _told(chain: SupplyChain, item: SupplyItem) -> Iterable[str]:
    from fanlight.model import format_time

    def people(names: Iterable[str]) -> str:
        return ", ".join(chain.emails.get(name, name) for name in names)

    yield f"{item.name} ({item.kind.replace('_', ' ')}): {item.state}, {item.approval}"
    if item.aliases:
        yield f"  Also called: {', '.join(item.aliases)}"
    for title, values in (("Ids", item.native_ids), ("Addresses", item.urls), ("Tools", item.tools)):
        if values:
            yield f"  {title}: {', '.join(values)}"
    if item.reaches:
        yield f"  Reaches: {', '.join(f'{kind} {value}' for kind, value in item.reaches)}"
    yield f"  Seen {format_time(item.first_seen)[:10]} to {format_time(item.last_seen)[:10]}"
    if item.added_by:
        yield f"  Added by {people([item.added_by])}"
    users = (
        f"{len(item.users)}: {people(user.identity for user in item.users[:10])}" if item.users else "nobody we know"
    )
    yield f"  Used in {item.used_in} chats and sessions by {users}"
    for join in item.joins:
        yield f"  {join.origin}: {join.traces} traces, {join.why} ({join.confidence:.2f})"
