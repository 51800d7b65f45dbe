"""Nine stories found, nine twins silent, what else was raised, and how much reaches high sensitivity.

    python benchmarks/stories.py [--size S|M] [--seeds 3] [--seed N …] [--geo] [--without-okta]

Exits with 1 if a story is missed, a twin is raised, a chat or project that truly is of high sensitivity does not reach
it, or (size M) more than 8 % of the chats or 10 % of the projects do. Seeds are drawn at run time unless given, and
printed. The company is served over HTTP and synced as in production; only this script reads the simulator's truth.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fanlight.access.store import sensitivities
from fanlight.enrich.geo_install import install
from fanlight.model import DAY, HOUR, Finding, Match, Micros, ObjectVersion, format_time, parse_time
from fanlight.pipeline.connections import add_connection
from fanlight.pipeline.home import Home, open_home
from fanlight.pipeline.sync import sync
from fanlight.simulator.http import serve
from fanlight.simulator.http.geo import write_geo
from fanlight.simulator.truth import RULES, Story, Truth
from fanlight.simulator.world import build_world
from fanlight.state.findings import StoredFinding, load_findings

NOW = parse_time("2026-11-20T15:00:00Z")
MOST = {"S": {"chat": 1.0, "project": 1.0}, "M": {"chat": 0.08, "project": 0.10}}
"""The largest share that may reach high sensitivity. A small company's few projects say nothing about shares."""


class Running:
    """A clock that runs on from the simulated company's present."""

    def __init__(self, at: Micros) -> None:
        self._ahead = at - time.time_ns() // 1000

    def now(self) -> Micros:
        return time.time_ns() // 1000 + self._ahead

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Share:
    """How many objects of one kind reach high sensitivity."""

    all: int
    high: int
    truly: int
    """How many of those that exist truly are high."""
    missed: int
    """Truly high, and not labelled so."""

    def is_good(self, most: float) -> bool:
        return not self.missed and self.high <= self.all * most

    def __str__(self) -> str:
        share = 100 * self.high / max(self.all, 1)
        return f"{self.high} of {self.all} high ({share:.1f} %), {self.truly - self.missed} of {self.truly} planted"


@dataclass(slots=True)
class Score:
    """What one seed gave."""

    found: dict[str, bool] = field(default_factory=dict)
    silent: dict[str, bool] = field(default_factory=dict)
    expected_false: int = 0
    others: list[Finding] = field(default_factory=list)
    shares: dict[str, Share] = field(default_factory=dict)
    crossing: list[str] = field(default_factory=list)
    """Rules whose story touches more than one organization."""
    seconds: float = 0.0

    def is_good(self, size: str) -> bool:
        """Whether all was found, nothing else of what was staged was raised, and labels agree with the truth."""
        whole = len(self.found) == len(self.silent) == len(RULES)
        told_apart = all(self.found.values()) and all(self.silent.values())
        return whole and told_apart and all(self.shares[kind].is_good(most) for kind, most in MOST[size].items())


def concerns(finding: Finding, story: Story) -> bool:
    """Whether the finding is about the story: its rows, or its person at its time."""
    if finding.rule != story.rule:
        return False
    if set(finding.events) & set(story.activities):
        return True
    accounts = {entity.id for entity in finding.entities if entity.kind == "account"}
    return f"claude:{story.user_id}" in accounts and abs(finding.at - story.at) <= 2 * HOUR


def run(size: str, seed: int, *, geo: bool = False, okta: bool = True) -> Score:
    """Sync one company into an empty home and hold the findings against the truth.

    With `geo` places come from a database, else from what the identity provider states beside its own events.
    """
    world = build_world(seed=seed, size=size, now=NOW)  # type: ignore[arg-type]
    truth = world.truth
    with tempfile.TemporaryDirectory() as folder, serve(world, rate=0) as simulator:
        addresses = simulator.addresses()
        os.environ["STORY_KEY"], os.environ["STORY_ADMIN"] = addresses["parent_key"], addresses["admin_key"]
        os.environ["STORY_OKTA"] = addresses["okta_key"]
        home = open_home(Path(folder), clock=Running(world.now + 60_000_000))
        options = {"url": simulator.compliance_url, "key": "env:STORY_KEY", "admin_key": "env:STORY_ADMIN"}
        add_connection(home, "claude", "claude", options)
        if okta:
            add_connection(home, "okta", "okta", {"url": simulator.okta_url, "token": "env:STORY_OKTA"})
        if geo:
            city, asn = write_geo(world, Path(folder) / "addresses")
            install(home.path, city=[city], asn=[asn])
        begun = time.monotonic()
        outcome = sync(home)
        assert outcome.complete, [source.problem for source in outcome.sources]
        stored = load_findings(home.state)
        seconds = time.monotonic() - begun
        shares = measure_shares(home, truth)
        home.close()
    scored = score(stored, truth.stories, truth.twins, truth.false_positives)
    scored.seconds, scored.shares = seconds, shares
    return scored


def measure_shares(home: Home, truth: Truth) -> dict[str, Share]:
    """High sensitivity by labels, of the chats and projects that exist, against the truth."""
    planted = {"chat": truth.high_chats(), "project": truth.high_projects()}
    with home.reader() as reader:
        levels = sensitivities(reader.rows(Match, now=True))
        shares = {}
        for kind, truly in planted.items():
            rows = reader.rows(ObjectVersion, "kind = ? AND NOT removed AND deleted_at IS NULL", [kind], now=True)
            known = {row.object_id for row in rows}
            high = {key for key in known if levels.get((kind, key)) == "high"}
            shares[kind] = Share(len(known), len(high), len(truly), len(truly - high))
    return shares


def score(stored: list[StoredFinding], stories: list[Story], twins: list[Story], harmless: list[Story]) -> Score:
    """Compare findings of the last 7 days with what was staged."""
    recent = [item.finding for item in stored if item.finding.at >= NOW - 7 * DAY]
    result = Score(crossing=[story.rule for story in stories if len(story.organizations) > 1])
    for story in stories:
        result.found[story.rule] = any(concerns(finding, story) for finding in recent)
    for twin in twins:
        result.silent[twin.rule] = not any(concerns(finding, twin) for finding in recent)
    result.expected_false = sum(1 for story in harmless if any(concerns(finding, story) for finding in recent))
    known = [*stories, *twins, *harmless]
    result.others = [finding for finding in recent if not any(concerns(finding, story) for story in known)]
    return result


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--size", default="S")
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--seed", type=int, action="append")
    arguments.add_argument("--geo", action="store_true", help="install a database of the company's addresses")
    arguments.add_argument("--without-okta", action="store_true", help="connect Claude only")
    chosen = arguments.parse_args()
    seeds = chosen.seed or [secrets.randbelow(1_000_000) for _ in range(chosen.seeds)]
    scores = {seed: run(chosen.size, seed, geo=chosen.geo, okta=not chosen.without_okta) for seed in seeds}
    print(f"\nsize {chosen.size}, seeds {', '.join(map(str, seeds))}")
    print(f"{'rule':<30}" + "".join(f"{seed:>10}" for seed in seeds) + "   (story / twin)")
    for rule in RULES:
        cells = [
            f"{'found' if s.found.get(rule) else 'MISSED'}/{'silent' if s.silent.get(rule) else 'LOUD'}"
            for s in scores.values()
        ]
        print(f"{rule:<30}" + "".join(f"{cell:>14}" for cell in cells))
    for seed, s in scores.items():
        raised = Counter(finding.rule for finding in s.others)
        harmless = f"{s.expected_false} believable false positive, {len(s.others)} others {dict(raised)}"
        print(f"seed {seed}: {harmless}, {s.seconds:.0f} s; across organizations: {', '.join(s.crossing)}")
        for kind, share in s.shares.items():
            print(f"    {kind}s: {share}")
        for finding in s.others:
            print(f"    {format_time(finding.at)[:19]} {finding.severity} {finding.rule}: {finding.sentence}")
    return 0 if all(s.is_good(chosen.size) for s in scores.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
