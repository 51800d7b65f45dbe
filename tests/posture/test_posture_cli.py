"""`fanlight posture` over a real store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from access_world import DAY, Company

from fanlight.cli.main import build
from fanlight.model import Event, Match, Reading
from fanlight.pipeline.home import open_home


def test_posture_prints_one_line_per_failure_and_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    company = Company()
    company.organization("org1", "Aldermoor")
    company.member("user_max", "org1", "owner", name="Max Roe")
    company.project("p", "org1", "user_max", private=False, name="Plans")
    company.leaf("chat", "c1", "org1", "user_max", ("project", "p"))
    match = Match(
        tenant="default", source="claude", object_kind="chat", object_id="c1", part_id="m1", part_kind="message",
        role="user", at=2 * DAY, category="PAYMENT_CARD", type="CREDIT_CARD", count=3, confidence=0.99, band="high",
        recognizer="card", recognizer_version=1, evidence="visa …1111", chat_id="c1", project_id="p",
    )  # fmt: skip
    reading = Reading(tenant="default", source="claude", object_kind="chat", object_id="c1", outcome="read")
    shared = Event(
        tenant="default", source="claude", product="claude", event_id="e1", type="claude_project_sharing_updated",
        family="sharing", occurred_at=3 * DAY, account_key="claude:user_max", project_id="p",
        raw='{"audience": [{"type": "organization"}]}',
    )  # fmt: skip
    home = open_home(tmp_path)
    for rows in (company.objects, company.grants, [match], [reading], [shared]):
        segments = home.lake.stage(rows)
        with home.state.tick() as tick:
            tick.add_segments(segments)
    home.close()
    with pytest.raises(SystemExit) as ended:
        build()(["posture", "--home", str(tmp_path)])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    failures = {(line["check"], line["entities"][0]["id"]) for line in lines if line["status"] == "fail"}
    assert ended.value.code == 1
    assert failures == {
        ("sensitive_project_broad", "p"),
        ("sensitive_content_project", "p"),
        ("elevated_inactive", "claude:user_max"),
    }


def test_an_unknown_check_is_named_and_the_known_ones_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        build()(["posture", "colour_of_the_sky", "--home", str(tmp_path)])
    assert ended.value.code == 2
    assert "There is no check named colour_of_the_sky; known are account_without_person" in capsys.readouterr().err
