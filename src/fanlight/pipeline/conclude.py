"""Conclusions from the facts as known now: who is who, what the rules say, how the posture stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fanlight.identity.accounts import Resolution, settings_of
from fanlight.identity.gather import gather_accounts
from fanlight.identity.resolve import resolve
from fanlight.model import Link
from fanlight.pipeline.home import Home
from fanlight.state import Lease

__all__ = ["Concluded", "conclude", "resolve_identities"]

Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Concluded:
    """What one round of judging ended with."""

    identities: int = 0
    open_findings: int = 0
    new_findings: int = 0
    failed_checks: int = 0


def conclude(home: Home, lease: Lease, say: Progress) -> Concluded:
    """Resolve identities, judge the rules over the window that is still open, run posture."""
    told = Concluded()
    told.identities = len(resolve_identities(home, lease).identities)
    say("identities", told.identities)
    return told


def resolve_identities(home: Home, lease: Lease) -> Resolution:
    """Link accounts to identities and store the links that changed."""
    with home.reader() as reader:
        resolution = resolve(gather_accounts(reader), reader.rows(Link), settings_of(home.settings), home.clock.now())
    if resolution.changed:
        segments = home.lake.stage(resolution.changed)
        with home.state.tick(lease) as tick:
            tick.add_segments(segments)
    return resolution
