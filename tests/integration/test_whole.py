"""From the vendors' APIs to findings: exactly what was served, once, and nothing of what was said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fanlight.detections.evidence import source_name
from fanlight.model import DAY, HOUR, Event, parse_time
from fanlight.pipeline.home import open_home
from fanlight.simulator.crossing import crossing_rules
from fanlight.simulator.truth import Story
from integration.conftest import Installation, forbidden_words, run_fanlight
from integration.served import (
    KINDS,
    OWN,
    is_log_whole,
    served_activities,
    served_objects,
    stored_events,
    stored_objects,
)
from support.canaries import find_leaks_apart

pytestmark = pytest.mark.xdist_group("whole")


def lines(installation: Installation, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in installation.run(*words).stdout.splitlines()]


def test_every_served_activity_is_stored_once(installation: Installation) -> None:
    stored = stored_events(installation.home, "claude")
    assert served_activities(installation.world) == set(stored)
    assert {1} == set(stored.values())


def test_every_log_event_is_stored_once(installation: Installation) -> None:
    stored = stored_events(installation.home, "okta")
    assert is_log_whole(installation.world, stored)
    assert {1} == set(stored.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_listed_object_is_known_once(installation: Installation, kind: str) -> None:
    assert served_objects(installation.world, kind) == stored_objects(installation.home, kind)


def test_rollups_count_each_event_once(installation: Installation) -> None:
    with installation.home.reader() as reader:
        counted = reader.query(
            "SELECT sum(n)::BIGINT AS n FROM rollups WHERE scope = 'account' AND dimension = 'type'"
        )["n"][0].as_py()
        stored = reader.query("SELECT count(*) AS n FROM events WHERE account_key IS NOT NULL")["n"][0].as_py()
    assert stored == counted


def test_a_second_pass_adds_nothing(installation: Installation) -> None:
    """No event, no version, no label, no finding."""

    def state() -> dict[str, int]:
        with installation.home.reader() as reader:
            return {
                name: reader.query(f"SELECT count(*) AS n FROM {name} {where}")["n"][0].as_py()
                for name, where in {
                    "events": f"WHERE type <> '{OWN}'", "objects": "", "grants": "", "links": "", "matches": "",
                    "readings": "",
                }.items()
            }  # fmt: skip

    before = state(), installation.run("export", "findings", "--all").stdout
    installation.run("sync", "--until-caught-up", "--quiet")
    assert before == (state(), installation.run("export", "findings", "--all").stdout)


def test_the_stories_are_found_and_their_twins_are_not(installation: Installation) -> None:
    found = {
        (finding["rule"], event) for finding in lines(installation, "export", "findings") for event in finding["events"]
    }
    truth = installation.world.truth
    missed = [s.rule for s in truth.stories if not any((s.rule, a) in found for a in s.activities)]
    raised = [s.rule for s in truth.twins if any((s.rule, a) in found for a in s.activities)]
    assert (missed, raised) == ([], [])


def test_what_only_several_sources_tell_is_found_with_events_of_each_and_its_twins_are_not(
    installation: Installation,
) -> None:
    findings = lines(installation, "export", "findings")
    truth = installation.world.truth
    assert {story.rule for story in truth.crossing_stories} == set(crossing_rules())
    for story in truth.crossing_stories:
        about = [finding for finding in findings if is_about(finding, story)]
        assert about, story.rule
        chain = [step for step in about[0]["evidence"] if step["kind"] == "event" and step["mark"] in ("new", "anchor")]
        assert {step["source"] for step in chain} >= {source_name(product) for product in story.sources}, story.rule
    raised = [s.rule for s in truth.crossing_twins if any(is_about(finding, s) for finding in findings)]
    assert raised == []


def is_about(finding: dict[str, Any], story: Story) -> bool:
    """Whether a finding is the story's rule on the story's account within its hours."""
    accounts = {entity["id"] for entity in finding["entities"] if entity["kind"] == "account"}
    near = abs(parse_time(finding["time"]) - story.at) <= 2 * HOUR
    return finding["rule"] == story.rule and f"claude:{story.user_id}" in accounts and near


def test_exports_keep_their_contracts(installation: Installation) -> None:
    contracts = {
        "findings": {"id", "rule", "title", "severity", "time", "status", "identity", "events", "entities", "why",
                     "evidence"},
        "labels": {"object", "label", "type", "count", "confidence", "evidence"},
        "posture": {"check", "status", "severity", "title", "entities"},
        "identities": {"id", "name", "emails", "accounts"},
        "grants": {"identity", "resource", "level", "via"},
        "risk": {"identity", "day", "score", "reasons"},
    }  # fmt: skip
    for what, keys in contracts.items():
        rows = lines(installation, "export", what)
        assert rows, what
        for row in rows:
            assert keys <= set(row), what


def test_nothing_of_what_was_said_and_no_key_is_written_anywhere(installation: Installation) -> None:
    """Every planted value and canary of every chat, file, document, session and name, in any encoding."""
    needles = forbidden_words(installation.world, installation.vendors)
    assert len(needles) > 1000
    folder = installation.home.path
    assert find_leaks_apart([folder, folder.with_name(folder.name + ".master-key")], needles) == []


def test_another_tenant_of_the_same_home_sees_nothing(installation: Installation) -> None:
    other = open_home(installation.home.path, "other")
    with other.reader() as reader:
        assert len(reader.rows(Event)) == 0
    assert run_fanlight(other.path, "export", "findings", "--tenant", "other").stdout == ""
    assert run_fanlight(other.path, "export", "events", "--tenant", "other").stdout == ""


def test_what_happens_next_is_added_and_nothing_else(installation: Installation) -> None:
    """A day later: the new rows, those that were indexed late, and no other."""
    before = set(stored_events(installation.home, "claude"))
    installation.vendors.advance(DAY / 1_000_000)
    installation.run("sync", "--until-caught-up", "--quiet")
    after = stored_events(installation.home, "claude")
    assert served_activities(installation.world) == set(after)
    assert {1} == set(after.values())
    assert before < set(after)


def test_a_second_writer_is_told_in_one_sentence(installation: Installation, tmp_path: Path) -> None:
    lease = installation.home.state.take_lease("source/claude", seconds=600)
    done = installation.run("sync", "--quiet", check=False)
    installation.home.state.release(lease)
    assert done.returncode == 2
    assert "Another Fanlight process" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
