"""Every label three hours after the view it matters for: the findings are the same, only later.

Two homes read one company, each with a clock that stands still while it works, so that both see everything at the same
moment. The steady home reads content as it comes; the late one judges each stretch of activity before anything in it
is labelled, and learns the labels three hours later.
"""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fanlight.model import HOUR, SECOND, Finding, Match, Micros, parse_time
from fanlight.pipeline.collect import collect_events, take_snapshots, walk_inventory
from fanlight.pipeline.conclude import conclude
from fanlight.pipeline.connections import connect, list_connections, note_state
from fanlight.pipeline.home import Home, open_home
from fanlight.pipeline.leases import KeptLease
from fanlight.pipeline.sync import sync
from fanlight.simulator import http
from fanlight.simulator.world import World, build_world
from fanlight.state.findings import StoredFinding, load_findings
from integration.conftest import connect_all

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

SEED = 21
NOW = parse_time("2026-11-20T15:00:00Z")
LATE: Micros = 3 * HOUR
EVERY_VIEW = """
title: Sensitive chat opened
id: 11111111-0000-4000-8000-000000000001
status: test
level: low
logsource: {product: claude}
detection:
  opened: {type: claude_chat_viewed, chat.sensitivity: [moderate, high]}
  condition: opened
dedup: {by: identity, period: 12h}
evidence:
  before: 1m
  after: 1m
  severity:
    - {is: high, when: {chat.sensitivity: high}}
---
title: File opened
id: 11111111-0000-4000-8000-000000000002
name: file_opened
status: test
level: informational
logsource: {product: claude}
detection:
  opened: {type: claude_file_viewed}
  condition: opened
dedup: {by: [identity, project], period: 12h}
evidence:
  before: 1m
  after: 1m
  severity:
    - {is: high, when: {project.sensitivity: high}}
    - {is: medium, when: {project.sensitivity: moderate}}
"""
"""A rule that holds on hundreds of events of the whole first look, only with labels, and one whose severity is all that
labels change."""

Face = tuple[str, str, str, tuple[str, ...]]
"""What must be the same of a finding: id, rule, severity, events."""


class HandClock:
    """Moves when it is told to, and by what somebody waits."""

    def __init__(self, at: Micros) -> None:
        self.at = at
        self._lock = threading.Lock()

    def now(self) -> Micros:
        return self.at

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.at += round(seconds * SECOND)


@dataclass
class Told:
    """Both homes at the end, and what the late one said before it knew the labels."""

    world: World
    steady: Home
    late: Home
    unlabelled: list[StoredFinding]
    labels_then: int


def _quiet(what: str, count: int) -> None:
    """Nobody watches the progress."""
    del what, count


def collect(home: Home) -> None:
    """Activity, directories and inventory; every reading of content is still to come."""
    for connection in list_connections(home):
        with KeptLease(home.state, f"source/{connection.name}") as kept:
            with home.state.tick(kept.lease) as tick:
                note_state(tick, connection.name, "syncing", "")
            source = connect(home, connection)
            for events in source.event_streams():
                collect_events(home, kept.lease, source, events, _quiet)
            for snapshots in source.snapshot_streams():
                take_snapshots(home, kept.lease, source, snapshots, _quiet)
            for inventory in source.inventory_streams():
                walk_inventory(home, kept.lease, source, inventory, _quiet)
            source.close()


def judge(home: Home) -> None:
    """What the facts say now."""
    with KeptLease(home.state, "judge") as kept:
        conclude(home, kept.lease, _quiet)


def count_labels(home: Home) -> int:
    with home.reader() as reader:
        return len(reader.rows(Match, now=True))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    world = build_world(seed=SEED, size="S", now=NOW)
    clocks = [HandClock(NOW), HandClock(NOW)]
    folder: Path = tmp_path_factory.mktemp("late")
    with http.serve(world, rate=0) as vendors:
        first = open_home(folder / "steady", clock=clocks[0])
        connect_all(first, vendors)
        (first.path / "rules").mkdir()
        (first.path / "rules" / "every_view.yml").write_text(EVERY_VIEW)
        collect(first)
        first.close()
        # Activity is read once for both; from here on they differ only in when content is read.
        shutil.copytree(folder / "steady", folder / "late")
        shutil.copy(folder / "steady.master-key", folder / "late.master-key")
        steady, late = (open_home(folder / n, clock=c) for n, c in zip(("steady", "late"), clocks, strict=True))
        clocks[1].at = clocks[0].at
        assert sync(steady).complete
        judge(late)
        story = Told(world, steady, late, load_findings(late.state), count_labels(late))
        vendors.advance(LATE / SECOND)
        for clock in clocks:
            clock.at = world.now
        assert sync(late).complete
        assert sync(steady).complete
        yield story
    steady.close()
    late.close()


def face(finding: Finding) -> Face:
    return finding.id, finding.rule, finding.severity, tuple(sorted(finding.events))


def standing(home: Home) -> set[tuple[str, Face]]:
    """Every finding that stands, with its status."""
    gone = ("superseded", "withdrawn")
    return {(item.status, face(item.finding)) for item in load_findings(home.state) if item.status not in gone}


def test_the_first_judgement_really_knew_no_label(told: Told) -> None:
    assert told.labels_then == 0
    assert count_labels(told.late) > 1000


def test_every_finding_is_the_same_as_if_the_labels_had_been_there(told: Told) -> None:
    """Id, rule, events, severity and status of all that stands."""
    steady = standing(told.steady)
    assert len(steady) > 300
    assert standing(told.late) == steady


def test_findings_that_need_labels_came_only_with_them(told: Told) -> None:
    before = {item.finding.id for item in told.unlabelled}
    now = Counter(item.finding.rule for item in load_findings(told.late.state) if item.finding.id not in before)
    assert {"sensitive_chat_new_place", "off_hours_sensitive_project", "bulk_file_views", "every_view"} <= set(now)


def test_a_finding_that_stood_already_takes_the_severity_of_its_labels(told: Told) -> None:
    """The escalation and dozens of opened files were findings before anything was labelled."""
    before = {item.finding.id: item.finding for item in told.unlabelled}
    raised = Counter(
        item.finding.rule
        for item in load_findings(told.late.state)
        if (was := before.get(item.finding.id)) is not None and was.severity != item.finding.severity
    )
    assert raised["project_escalation"] >= 1
    assert raised["file_opened"] > 20


def test_the_stories_are_found_and_their_twins_are_not(told: Told) -> None:
    found = {(finding[1], event) for _, finding in standing(told.late) for event in finding[3]}
    truth = told.world.truth
    assert [s.rule for s in truth.stories if not any((s.rule, a) in found for a in s.activities)] == []
    assert [s.rule for s in truth.twins if any((s.rule, a) in found for a in s.activities)] == []
