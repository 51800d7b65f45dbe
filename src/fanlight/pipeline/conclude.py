"""Conclusions from the facts as known now: who is who, what the rules say; and how the posture stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fanlight.identity.accounts import Resolution, settings_of
from fanlight.identity.gather import gather_accounts
from fanlight.identity.resolve import resolve
from fanlight.model import Link, PostureResult
from fanlight.pipeline.home import Home
from fanlight.pipeline.judging import judge_rules
from fanlight.pipeline.notices import note
from fanlight.pipeline.silences import silences_of
from fanlight.posture import judge_posture, load_facts
from fanlight.posture.facts import leavers_of
from fanlight.state import Lease

__all__ = ["Concluded", "FoundIdentity", "conclude", "find_identity", "posture_of", "resolve_identities"]

Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Concluded:
    """What one round of judging ended with."""

    identities: int = 0
    open_findings: int = 0
    new_findings: int = 0
    broken_rules: list[str] = field(default_factory=list)
    """Sentences about rule files that could not be used."""


@dataclass(frozen=True, slots=True)
class FoundIdentity:
    """An identity somebody asked for."""

    id: str
    accounts: tuple[str, ...]
    emails: tuple[str, ...]


def conclude(home: Home, lease: Lease, say: Progress) -> Concluded:
    """Resolve identities and judge the rules over the window that is still open.

    Posture is no part of it: its answers are worked out when somebody asks, so that a finding never waits for them.
    """
    told = Concluded()
    told.identities = len(resolve_identities(home, lease).identities)
    say("identities", told.identities)
    note_silences(home, lease)
    judged = judge_rules(home, lease)
    told.open_findings, told.new_findings = judged.open, judged.new
    told.broken_rules = list(judged.broken_rules)
    say("findings", judged.judged)
    return told


def note_silences(home: Home, lease: Lease) -> None:
    """Write down the hours in which a source sent nothing although it usually does."""
    with home.reader() as reader:
        found = silences_of(reader, home.clock.now())
    with home.state.tick(lease) as tick:
        for silence in found:
            note(tick, silence.source, [silence.notice()])


def posture_of(home: Home) -> list[PostureResult]:
    """The answer to every posture question from the facts known now."""
    with home.reader() as reader:
        facts = load_facts(reader, home.tenant, home.clock.now(), leavers=leavers_of(home.settings))
    return judge_posture(facts)


def find_identity(home: Home, text: str) -> FoundIdentity | None:
    """An identity by id, e-mail or account; None when there is none."""
    with home.reader() as reader:
        links = reader.rows(Link)
        resolution = resolve(gather_accounts(reader), links, settings_of(home.settings), home.clock.now())
    asked = text.casefold()
    for identity in resolution.identities:
        if asked in {
            identity.id.casefold(),
            *(e.casefold() for e in identity.emails),
            *map(str.casefold, identity.accounts),
        }:
            return FoundIdentity(identity.id, identity.accounts, identity.emails)
    return None


def resolve_identities(home: Home, lease: Lease) -> Resolution:
    """Link accounts to identities and store the links that changed."""
    with home.reader() as reader:
        resolution = resolve(gather_accounts(reader), reader.rows(Link), settings_of(home.settings), home.clock.now())
    if resolution.changed:
        segments = home.lake.stage(resolution.changed)
        with home.state.tick(lease) as tick:
            tick.add_segments(segments)
    return resolution
