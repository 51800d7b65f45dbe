"""`fanlight sync`: one pass over the sources, then identities, rules and posture."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from fanlight.cli.common import Exit, HomeOption, TenantOption, end, open_home

if TYPE_CHECKING:
    from fanlight.pipeline.sync import SourceOutcome


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
        print(f"{one.name}: {brought_by(one)}")
        for sentence in missing_in(one):
            print(f"{one.name}: {sentence}", file=sys.stderr)
    if outcome.concluded is not None:
        told = outcome.concluded
        print(
            f"{told.identities:,} identities, {told.open_findings:,} open findings, "
            f"{outcome.failed_checks:,} failed checks, in {time.monotonic() - began:.1f} s."
        )
    end(Exit.OK if outcome.complete else Exit.UNFINISHED)


def brought_by(one: SourceOutcome) -> str:
    """What a pass over a source brought, in one sentence."""
    events = sum(collected.events for collected in one.streams.values())
    versions = sum(collected.versions + collected.grants for collected in one.streams.values())
    return (
        f"{events:,} new events, {versions:,} object and grant changes, {one.labelled.read:,} things labelled, "
        f"{one.labelled.failed:,} could not be read, {sum(one.requests.values()):,} requests."
    )


def missing_in(one: SourceOutcome) -> Iterator[str]:
    """What a pass did not bring, and why."""
    if one.labelled.postponed:
        yield f"{one.labelled.postponed:,} things were not to be had now; they wait and are asked for again."
    if one.problem:
        yield one.problem
    else:
        yield from (f"read in part. {sentence}" for sentence in dict.fromkeys(one.refused.values()))
