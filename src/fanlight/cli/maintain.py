"""`fanlight compact`: merge small files and sweep orphans now; it also happens by itself."""

from __future__ import annotations

from cyclopts import App

from fanlight.cli.common import Exit, HomeOption, TenantOption, end, open_home


def register(app: App) -> None:
    """Add the command."""
    app.command(_compact, name="compact")


def _compact(*, home: HomeOption = None, tenant: TenantOption = "default") -> None:
    """Merge the small files of each day and delete files that nothing names any more."""
    from fanlight.pipeline.leases import KeptLease
    from fanlight.state import LeaseHeld

    opened = open_home(home, tenant)
    try:
        with KeptLease(opened.state, "compact") as kept:
            merged = opened.lake.compact(kept.lease, at_least=2)
            swept = opened.lake.sweep(opened.clock.now())
    except LeaseHeld as problem:
        end(Exit.USAGE, str(problem))
    print(f"Merged {merged:,} files, deleted {swept:,} that nothing names.")
