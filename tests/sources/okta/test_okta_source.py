"""Okta: the log is followed, never rebuilt; the directory is whole."""

from __future__ import annotations

import json
import random

import pytest

from fanlight.model import HOUR, MINUTE
from fanlight.sources.contract import SourceError
from support.source_fixtures import Store, collect, stream_of
from support.vendor_world import CANARY, NOW, TinyLogRow


def log_of(source):
    return stream_of(source.event_streams(), "system_log")


def snapshots(source):
    return {taken.scope: taken for taken in stream_of(source.snapshot_streams(), "directory").take()}


def test_the_log_arrives_whole_and_the_walk_ends_on_an_empty_page(connect, world):
    store = Store()
    source = connect("okta", log_page="100")
    assert collect(log_of(source), store)
    assert set(store.rows) == {row.uuid for row in world.okta_log()}
    assert source.requests() == {"feed": 11}


def test_the_next_poll_starts_where_the_last_one_ended(connect, world):
    store = Store()
    collect(log_of(connect("okta")), store)
    # Persisted now, published long before: polling mode brings it all the same.
    world.okta_log().append(TinyLogRow(5000, NOW - 3 * HOUR, NOW))
    again = Store(cursors=dict(store.cursors))
    collect(log_of(connect("okta")), again)
    assert len(again.rows) == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_log_is_complete_and_once_with_faults_and_kills(connect, simulator, world, seed):
    simulator.set_faults(0.3, seed=seed)
    store, dice = Store(), random.Random(seed)
    for _ in range(100):
        if collect(log_of(connect("okta", log_page="50")), store, kill=dice):
            break
    assert sum(simulator.faults_struck().values()) > 3
    simulator.set_faults(0)
    collect(log_of(connect("okta")), store)
    assert set(store.rows) == {row.uuid for row in world.okta_log()}


def test_a_refused_link_restarts_before_the_newest_event(connect, world):
    store = Store()
    collect(log_of(connect("okta")), store)
    broken = json.loads(store.cursors["system_log"])
    broken["next"] = broken["next"].replace("after=p", "after=q")
    again = Store(cursors={"system_log": json.dumps(broken)})
    world.okta_log().append(TinyLogRow(5000, NOW, NOW))
    collect(log_of(connect("okta")), again)
    assert TinyLogRow(5000, NOW, NOW).uuid in again.rows
    assert [notice.kind for notice in again.notices] == ["cursor"]


def test_a_link_to_another_host_is_not_followed(connect):
    cursor = json.dumps({"next": "http://127.0.0.1:9/api/v1/logs?after=p1"})
    with pytest.raises(SourceError, match="stays here"):
        list(log_of(connect("okta")).pages(cursor))


def test_a_sweep_reads_a_closed_window_by_publication(connect, world):
    pages = list(log_of(connect("okta", log_page="50")).sweep(NOW - 5 * 24 * HOUR, NOW - 5 * 24 * HOUR + 100 * MINUTE))
    found = {event.event_id for page in pages for event in page.events}
    window = (NOW - 5 * 24 * HOUR, NOW - 5 * 24 * HOUR + 100 * MINUTE)
    assert found == {row.uuid for row in world.okta_log() if window[0] <= row.published < window[1]}
    assert not pages[-1].more
    assert all(event.late for page in pages for event in page.events)


def test_events_say_who_what_where_and_keep_geography_for_the_enrichment(connect):
    event = next(iter(log_of(connect("okta")).pages(None))).events[0]
    assert (event.family, event.outcome, event.target_kind, event.target_id) == (
        "app_access", "success", "app", "0oaclaude",
    )  # fmt: skip
    assert event.account_key == f"okta:{event.actor_id}"
    assert event.ip == "192.0.2.44"
    assert event.device_id == "guo1"
    raw = json.loads(event.raw)
    assert raw["debugcontext"]["debugdata"]["requesturi"] == "/app/claude/sso"
    assert raw["debugcontext"]["debugdata"]["note"]["sealed"] is True


def test_everybody_is_listed_deactivated_people_too(connect):
    users = snapshots(connect("okta"))["users"].objects
    assert len(users) == 450
    gone = [user for user in users if user.deleted_at is not None]
    assert len(gone) == 9
    kept = json.loads(users[0].attributes)
    assert (kept["login"], kept["employeeNumber"], kept["timezone"]) == ("p0@example.com", "E0", "Europe/Berlin")
    assert kept["other_profile_fields"] == ["bio"]
    assert CANARY not in repr(users)


def test_the_claude_application_is_found_and_its_assignments_are_evidence(connect):
    apps = snapshots(connect("okta"))["apps"]
    kinds = [item.kind for item in apps.objects]
    assert kinds.count("idp_app_assignment") == 7
    kept = json.loads(apps.objects[1].attributes)
    assert (kept["externalId"], kept["userName"], kept["email"]) == ("ext0", "p0@example.com", "p0@example.com")
    assert {(grant.principal_kind, grant.resource_kind) for grant in apps.grants} == {
        ("user", "idp_app"), ("idp_group", "idp_app"),
    }  # fmt: skip


def test_group_memberships_are_grants(connect):
    groups = snapshots(connect("okta"))["groups"]
    assert len(groups.objects) == 3
    assert len(groups.grants) == 15


def test_the_directory_is_complete_with_faults(connect, simulator):
    calm = snapshots(connect("okta"))
    simulator.set_faults(0.3, seed=8)
    stormy = snapshots(connect("okta"))
    simulator.set_faults(0)
    for scope, taken in calm.items():
        assert {item.object_id for item in taken.objects} == {item.object_id for item in stormy[scope].objects}


def test_the_token_is_described(connect):
    report = connect("okta").check()
    assert report.works
    assert report.headline == "The token works and reads the log, users, groups and applications."
    assert any("hand-over only" in line for line in report.not_collected)


def test_a_wrong_token_gives_one_clear_sentence(connect):
    report = connect("okta", token="literal:00wrong").check()
    assert not report.works
    assert "does not accept the key" in report.headline
    assert "00wrong" not in repr(report)
