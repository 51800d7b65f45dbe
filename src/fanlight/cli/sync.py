"""`fanlight sync`: one pass over the sources, then identities, rules and posture."""

from __future__ import annotations

import sys
import time
from typing import Annotated

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, HomeOption, TenantOption, end, open_home


def register(app: App) -> None:
    """Add the command."""
    app.command(_sync, name="sync")


def _sync(
    *,
    source: Annotated[tuple[str, ...], Parameter(name="--source", negative="")] = (),
    until_caught_up: bool = False,
    quiet: bool = False,
    workers: int | None = None,
    home: HomeOption = None,
    tenant: TenantOption = "default",
) -> None:
    """Fetch, label, resolve, count and judge; with --until-caught-up everything the sources have now.

    Parameters
    ----------
    source:
        Only these sources.
    until_caught_up:
        Read also chats that changed a moment ago; at exit 0 every export is complete.
    quiet:
        No progress on standard error.
    workers:
        Labelling threads.
    """
    from fanlight.pipeline.connections import ConnectionProblem
    from fanlight.pipeline.sync import sync
    from fanlight.state import LeaseHeld

    opened = open_home(home, tenant)
    began = time.monotonic()
    last = 0.0

    def say(name: str, what: str, count: int) -> None:
        nonlocal last
        if not quiet and time.monotonic() - last > 0.5:
            last = time.monotonic()
            print(f"{name or 'judging'}: {what}, {count:,} so far", file=sys.stderr)

    try:
        outcome = sync(opened, source, until_caught_up=until_caught_up, workers=workers, say=say)
    except (ConnectionProblem, LeaseHeld) as problem:
        end(Exit.USAGE, str(problem))
    for one in outcome.sources:
        events = sum(collected.events for collected in one.streams.values())
        versions = sum(collected.versions + collected.grants for collected in one.streams.values())
        requests = sum(one.requests.values())
        print(
            f"{one.name}: {events:,} new events, {versions:,} object and grant changes, "
            f"{one.labelled.read:,} things labelled, {one.labelled.failed:,} could not be read, {requests:,} requests."
        )
        for sentence in () if one.problem else dict.fromkeys(one.refused.values()):
            print(f"{one.name}: read in part. {sentence}", file=sys.stderr)
        if one.problem:
            print(f"{one.name}: {one.problem}", file=sys.stderr)
    if outcome.concluded is not None:
        told = outcome.concluded
        print(
            f"{told.identities:,} identities, {told.open_findings:,} open findings, "
            f"{told.failed_checks:,} failed checks, in {time.monotonic() - began:.1f} s."
        )
    end(Exit.OK if outcome.complete else Exit.UNFINISHED)
