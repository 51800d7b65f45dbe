"""The export command in other people's shapes."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from fanlight.model import Link, Match, ObjectVersion, parse_time
from fanlight.pipeline.exports import _IN_MEMORY
from fanlight.pipeline.home import Home
from support.command import command
from support.ocsf_schema import faults
from support.stored_facts import SteadyClock, event, store

NOW = parse_time("2026-10-05T12:00:00Z")
DAY = 24 * 3600 * 1_000_000


@pytest.fixture
def home(home: Home) -> Home:
    """Three days of events, a label, a person."""
    home.clock = SteadyClock(NOW)
    store(home, *(event(n, "claude_chat_viewed", NOW - n * DAY // 4, ip="192.0.2.1", chat_id="c") for n in range(12)))
    store(home, Match(
        tenant="default", source="claude", object_kind="generated_file", object_id="f1", part_id="f1", part_kind="file",
        role="user", at=NOW, category="PII", type="IBAN", count=1, confidence=0.9, band="high", recognizer="iban",
        recognizer_version=1, evidence="DE…4 digits", read_at=NOW,
    ))  # fmt: skip
    store(home, ObjectVersion(tenant="default", source="claude", product="claude", kind="user", object_id="user_01A"))
    store(home, Link(tenant="default", account_key="claude:user_01A", identity_id="i", method="m", confidence=1.0,
                     reason="r", valid_from=0))  # fmt: skip
    return home


@pytest.mark.parametrize("what", ["events", "findings", "labels", "posture"])
def test_every_row_is_a_valid_document(home: Home, what: str) -> None:
    documents = [orjson.loads(line) for line in _lines(home, what, "ocsf")]
    assert len(documents) == len(_lines(home, what, "jsonl"))
    assert [wrong for one in documents if (wrong := faults(one))] == []


def test_events_come_oldest_first_however_many_days_are_read_at_a_time(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _lines(home, "events", "ocsf")
    monkeypatch.setattr("fanlight.pipeline.exports._IN_MEMORY", 3)
    assert _lines(home, "events", "ocsf") == whole
    times = [orjson.loads(line)["time"] for line in whole]
    assert times == sorted(times)
    assert len(times) == 12 < _IN_MEMORY


def test_what_has_no_class_says_so(home: Home) -> None:
    done = command("export", "risk", "--format", "ocsf", "--home", home.path)
    assert (done.code, "no class for risk" in done.err) == (2, True)


def test_the_access_graph_goes_into_one_file(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "graph.json"
    assert command("export", "grants", "--format", "opengraph", "-o", file, "--home", home.path).code == 0
    graph = orjson.loads(file.read_bytes())["graph"]
    assert [edge["kind"] for edge in graph["edges"]] == ["Claude_HasAccount"]
    assert command("export", "events", "--format", "opengraph", "--home", home.path).code == 2


def test_a_file_that_cannot_be_written_is_a_sentence(home: Home, tmp_path: Path) -> None:
    for what, form in (("events", "ocsf"), ("grants", "opengraph")):
        done = command("export", what, "--format", form, "-o", tmp_path / "no" / "file", "--home", home.path)
        assert (done.code, "cannot be written" in done.err) == (2, True)


def _lines(home: Home, what: str, form: str) -> list[str]:
    done = command("export", what, "--format", form, "--home", home.path)
    assert done.code == 0, done.err
    return done.out.splitlines()
