"""`source test` says what a key can do and what will not be seen, in sentences."""

from __future__ import annotations

import pytest

from fanlight.sources.claude.check import _pace
from support.vendor_world import SECRET

DELETE = "delete:compliance_user_data"


@pytest.mark.parametrize("suffix", ["", "A"])
def test_a_good_key_is_described(connect, suffix):
    report = connect(key=f"literal:{SECRET}{suffix}").check()
    assert report.works
    assert report.headline == "The key works and sees 3 organizations."
    assert len(report.collected) == 3
    assert report.scopes_missing == ()
    assert any("HIPAA" in line for line in report.not_collected)
    assert any("Bedrock" in line for line in report.not_collected)
    assert any("before the Compliance API was switched on" in line for line in report.not_collected)


def test_the_key_is_recognised_by_its_own_trace(connect, simulator):
    source = connect()
    source.check()
    simulator.advance(60)
    assert source.check().owner == "the key parent, made by Person Number0, p0@example.com"


def test_a_key_tried_just_before_is_never_taken_for_this_one(connect, simulator):
    """The feed lags: when a check asks it, the newest trace of this installation is of an earlier check."""
    connect(key=f"literal:{SECRET}D").check()
    simulator.advance(60)
    report = connect().check()
    assert (report.owner, report.warnings) == ("", ())
    assert DELETE not in report.scopes_found
    simulator.advance(60)
    connect(key=f"literal:{SECRET}D").check()
    simulator.advance(60)
    assert connect().check().owner.startswith("the key parent,")


def test_no_user_agent_tells_of_the_key(connect, world, simulator):
    connect().check()
    simulator.advance(60)
    agents = {row.actor.get("user_agent", "") for row in world.feed() if row.type == "compliance_api_accessed"}
    assert any(agent.startswith("fanlight/") for agent in agents)
    assert not any(SECRET[-6:] in agent for agent in agents)


def test_the_first_sync_is_estimated(connect):
    estimate = connect().check().estimate
    assert "history, then chats and files at about one request each: 10,000 of them take about 1 min." in estimate


@pytest.mark.parametrize(("pace", "told"), [(360.0, "28 min."), (60.0, "2 h."), (90_000.0, "1 min.")])
def test_the_pace_of_a_first_sync_is_told_in_minutes_or_hours(pace, told):
    assert _pace(pace).endswith(f"about {told}")


def test_a_key_that_can_delete_is_warned_about(connect, simulator):
    source = connect(key=f"literal:{SECRET}D")
    source.check()
    simulator.advance(60)
    report = source.check()
    assert any(DELETE in line for line in report.warnings)
    assert any("Never give it" in line for line in report.how_to)


def test_a_key_with_one_scope_works_in_part(connect):
    report = connect(key=f"literal:{SECRET}F").check()
    assert report.works
    assert report.headline.startswith("The key works in part: it lacks")
    assert report.scopes_found == ("read:compliance_activities",)
    assert len([line for line in report.not_collected if line.startswith("Not without")]) == 2
    assert any("primary owner" in line for line in report.how_to)


def test_a_key_without_scopes_says_so(connect):
    report = connect(key=f"literal:{SECRET}N").check()
    assert report.reachable
    assert not report.works
    assert "none of the scopes" in report.headline


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (SECRET + "X", "does not accept this key"),
        ("sk-ant-api01-nobody", "does not accept this key"),
        ("sk-ant-api03-wrong-kind", "of the wrong kind"),
    ],
)
def test_a_wrong_key_gives_one_clear_sentence(connect, key, words):
    report = connect(key=f"literal:{key}").check()
    assert not report.works
    assert words in report.headline
    assert key not in repr(report)


def test_a_missing_key_gives_one_clear_sentence(connect):
    report = connect(key="env:NOWHERE").check()
    assert report.headline == "There is no key at env:NOWHERE."


def test_an_unreachable_address_gives_one_clear_sentence(connect):
    report = connect(url="http://127.0.0.1:9").check()
    assert not report.reachable
    assert "cannot be reached" in report.headline


def test_an_admin_key_is_tried_as_well(connect):
    assert connect(admin_key="env:ADMIN").check().warnings == ()
    bad = connect(admin_key="literal:sk-ant-admin01-bad").check()
    assert any("Admin key does not work" in line for line in bad.warnings)


def test_an_admin_key_in_the_wrong_place_is_recognised(connect):
    report = connect(key="env:ADMIN").check()
    assert report.works
    assert report.headline.startswith("This is an Admin key of the Console")
