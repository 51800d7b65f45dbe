"""`fanlight relabel`: what needs to be read again because what looks for data has changed."""

from __future__ import annotations

from cyclopts import App

from fanlight.cli.common import Exit, HomeOption, TenantOption, end, open_home


def register(app: App) -> None:
    """Add the command."""
    app.command(_relabel, name="relabel")


def _relabel(
    *,
    start: bool = False,
    unread: bool = False,
    limit: int = 0,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Say what would be read again and why; with --start put it into the queue, most valuable first.

    Weights, regimes and removed categories need none of it: they are applied to what is stored.

    Parameters
    ----------
    start:
        Queue it; the next sync reads it, behind what is new.
    unread:
        Also what could not be read, for when a reader has learned a kind of file.
    limit:
        Only so many, the most valuable; 0 for all.
    """
    from fanlight.pipeline.relabel import plan_relabelling, start_relabelling
    from fanlight.state import LeaseHeld

    opened = open_home(home, tenant)
    plan = plan_relabelling(opened, unread=unread)
    for reason, count in sorted(plan.reasons.items(), key=lambda item: -item[1]):
        print(f"{count:,} to read again: {reason}.")
    print(
        f"{len(plan.again):,} to read again, {plan.up_to_date:,} up to date or waiting, {plan.not_concerned:,} where "
        f"nothing new looks, {plan.not_recheckable:,} not re-checkable (gone at the vendor; their labels stay)."
    )
    if start and plan.again:
        try:
            queued = start_relabelling(opened, plan, "operator", limit or None)
        except LeaseHeld as problem:
            end(Exit.USAGE, str(problem))
        print(f"Queued {queued:,}; the next sync reads them behind what is new.")
