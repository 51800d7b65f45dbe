"""Stories that only several sources together tell: found with events of each in the chain, and their twins silent.

    python benchmarks/crossing.py [--size S|M] [--seeds 3] [--seed N …] [--entra]

Exits with 1 if a story is missed, is found without an event of each of its sources, or if a twin is raised. Seeds are
drawn at run time unless given, and printed. Claude, Okta, Google Workspace and GitHub (with --entra also Entra ID) of
one simulated company are synced over HTTP as in production, what is pushed is imported from files; only this script
reads the simulator's truth.
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

from fanlight.detections.evidence import source_name
from fanlight.model import DAY, HOUR, Finding, Micros, format_time, parse_time
from fanlight.pipeline.connections import add_connection
from fanlight.pipeline.home import Home, open_home
from fanlight.pipeline.importing import import_files
from fanlight.pipeline.sync import sync
from fanlight.simulator.crossing import crossing_rules, write_pushed
from fanlight.simulator.crossing.server_from_code_to_chats import APPROVED
from fanlight.simulator.http import serve
from fanlight.simulator.truth import Story
from fanlight.simulator.world import build_world
from fanlight.state.company import CompanySettings, apply_settings
from fanlight.state.findings import load_findings

NOW = parse_time("2026-11-20T15:00:00Z")
ENTRA_SETTLES = 5 * HOUR
"""With Entra ID connected, a missing sign-on is told only when its rows can no longer come late."""
NEIGHBOURS = ("google_workspace", "github_audit")


class Running:
    """A clock that runs on from the simulated company's present."""

    def __init__(self, at: Micros) -> None:
        self._ahead = at - time.time_ns() // 1000

    def now(self) -> Micros:
        return time.time_ns() // 1000 + self._ahead

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(slots=True)
class Score:
    """What one seed gave, by rule."""

    found: dict[str, str] = field(default_factory=dict)
    """`found`, `one-sided` (without an event of each source), `MISSED`, or `too early` (see `ENTRA_SETTLES`)."""
    silent: dict[str, bool] = field(default_factory=dict)
    others: list[Finding] = field(default_factory=list)
    """Findings of these rules in the last week that are about no story."""
    cpu: float = 0.0

    @property
    def is_good(self) -> bool:
        rules = set(crossing_rules())
        return (
            {r for r, word in self.found.items() if word in ("found", "too early")}
            == rules
            == {r for r, s in self.silent.items() if s}
        )


def run(size: str, seed: int, *, neighbours: tuple[str, ...] = NEIGHBOURS) -> Score:
    """Sync one company with its neighbours into an empty home and hold the findings against the truth."""
    begun = time.process_time()
    world = build_world(seed=seed, size=size, now=NOW, crossing=True)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder, serve(world, rate=0) as simulator:
        addresses = simulator.addresses()
        os.environ["CROSSING_KEY"], os.environ["CROSSING_ADMIN"] = addresses["parent_key"], addresses["admin_key"]
        os.environ["CROSSING_OKTA"] = addresses["okta_key"]
        home = open_home(Path(folder) / "home", clock=Running(world.now + 60_000_000))
        options = {"url": simulator.compliance_url, "key": "env:CROSSING_KEY", "admin_key": "env:CROSSING_ADMIN"}
        add_connection(home, "claude", "claude", options)
        add_connection(home, "okta", "okta", {"url": simulator.okta_url, "token": "env:CROSSING_OKTA"})
        for kind in neighbours:
            given = simulator.neighbour_settings(kind)
            for name in given.keys() & {"key", "token"}:
                variable = f"CROSSING_{kind}_{name}".upper()
                os.environ[variable], given[name] = given[name], f"env:{variable}"
            add_connection(home, kind, kind, given)
        approve(home)
        for kind, path in write_pushed(world, Path(folder)).items():
            import_files(home, kind, [path])
        outcome = sync(home)
        assert outcome.complete, [source.problem for source in outcome.sources]
        findings = [item.finding for item in load_findings(home.state) if item.finding.at >= NOW - 7 * DAY]
        home.close()
    scored = score(findings, world.truth.crossing_stories, world.truth.crossing_twins, entra="entra_id" in neighbours)
    scored.cpu = time.process_time() - begun
    return scored


def approve(home: Home) -> None:
    """What the operator of this company says: which MCP servers are approved."""
    settings = CompanySettings.model_validate({"company_domains": ["example.com"], "approved_mcp_servers": APPROVED})
    apply_settings(home.state, settings, "administrator")


def concerns(finding: Finding, story: Story) -> bool:
    """Whether the finding is about the story: its rows, or its person at its time."""
    if finding.rule != story.rule:
        return False
    accounts = {entity.id for entity in finding.entities if entity.kind == "account"}
    near = f"claude:{story.user_id}" in accounts and abs(finding.at - story.at) <= 2 * HOUR
    return near or bool(set(finding.events) & set(story.activities))


def stands_on(finding: Finding) -> set[str]:
    """Sources of the events in the chain that the finding rests on."""
    seen = {step.source for step in finding.evidence if step.kind == "event" and step.mark in ("new", "anchor")}
    # Of two identity providers that saw the same session either may speak for it.
    return seen | ({"Okta"} if "Entra ID" in seen else set())


def score(findings: list[Finding], stories: list[Story], twins: list[Story], *, entra: bool = False) -> Score:
    """Compare findings with what was staged."""
    result = Score()
    for story in stories:
        about = [finding for finding in findings if concerns(finding, story)]
        needed = {source_name(product) for product in story.sources}
        whole = any(stands_on(finding) >= needed for finding in about)
        result.found[story.rule] = "found" if whole else "one-sided" if about else "MISSED"
        if not about and entra and story.rule == "sign_in_without_idp" and NOW - story.at < ENTRA_SETTLES:
            result.found[story.rule] = "too early"
    for twin in twins:
        result.silent[twin.rule] = not any(concerns(finding, twin) for finding in findings)
    known, rules = [*stories, *twins], (*crossing_rules(), "sign_ins_not_comparable")
    ours = [finding for finding in findings if finding.rule in rules]
    result.others = [finding for finding in ours if not any(concerns(finding, story) for story in known)]
    return result


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--size", default="S")
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--seed", type=int, action="append")
    arguments.add_argument("--entra", action="store_true", help="connect Entra ID beside Okta")
    chosen = arguments.parse_args()
    seeds = chosen.seed or [secrets.randbelow(1_000_000) for _ in range(chosen.seeds)]
    neighbours = (*NEIGHBOURS, *(("entra_id",) if chosen.entra else ()))
    scores = {seed: run(chosen.size, seed, neighbours=neighbours) for seed in seeds}
    print(f"\nsize {chosen.size}, seeds {', '.join(map(str, seeds))}")
    print(f"{'rule':<28}" + "".join(f"{seed:>18}" for seed in seeds) + "   (story / twin)")
    for rule in crossing_rules():
        cells = [f"{s.found.get(rule)}/{'silent' if s.silent.get(rule) else 'LOUD'}" for s in scores.values()]
        print(f"{rule:<28}" + "".join(f"{cell:>18}" for cell in cells))
    for seed, s in scores.items():
        print(f"seed {seed}: {len(s.others)} others {dict(Counter(f.rule for f in s.others))}, {s.cpu:.0f} s of CPU")
        for finding in s.others:
            print(f"    {format_time(finding.at)[:19]} {finding.severity} {finding.rule}: {finding.sentence}")
    return 0 if all(s.is_good for s in scores.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
