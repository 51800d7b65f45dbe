"""What is special about GitHub."""

from __future__ import annotations

import json

from fanlight.sources.github_audit.directory import managed_logins
from support.pull_fixtures import Vendors
from support.source_fixtures import Store, collect, stream_of


def test_git_events_and_web_events_come_in_one_log_with_actor_address_and_repository(vendors: Vendors) -> None:
    store = Store()
    collect(stream_of(vendors.connect("github_audit").event_streams(), "audit_log"), store)
    rows = list(store.rows.values())
    assert {"git.clone", "git.push", "org.sso_response"} <= {row.type for row in rows}
    push = next(row for row in rows if row.type == "git.push")
    assert (push.family, push.target_kind) == ("code_access", "repository")
    assert push.actor_email
    assert push.ip
    assert push.account_key == f"github_audit:{push.actor_id}"


def test_the_next_poll_reads_the_last_page_again_and_what_came_behind_it(vendors: Vendors) -> None:
    store = Store()
    collect(stream_of(vendors.connect("github_audit").event_streams(), "audit_log"), store)
    again = Store(cursors=dict(store.cursors))
    source = vendors.connect("github_audit")
    collect(stream_of(source.event_streams(), "audit_log"), again)
    assert source.requests() == {"feed": 1}
    assert set(again.rows) <= set(store.rows)


def test_a_position_that_ended_restarts_before_the_newest_event(vendors: Vendors) -> None:
    store = Store()
    collect(stream_of(vendors.connect("github_audit").event_streams(), "audit_log"), store)
    broken = json.loads(store.cursors["audit_log"])
    broken["next"] = broken["next"][:-8] + "AAAAAAAA"
    again = Store(cursors={"audit_log": json.dumps(broken)})
    collect(stream_of(vendors.connect("github_audit").event_streams(), "audit_log"), again)
    assert [notice.kind for notice in again.notices] == ["cursor"]
    assert set(again.rows) <= set(store.rows)


def test_members_carry_the_address_they_were_provisioned_with(vendors: Vendors) -> None:
    (directory,) = vendors.connect("github_audit").snapshot_streams()
    members = next(taken for taken in directory.take() if taken.scope == "members")
    kept = [json.loads(item.attributes) for item in members.objects]
    assert sum("email" in person for person in kept) > 0.9 * len(kept)
    assert {grant.level for grant in members.grants} == {"admin", "member"}


def test_two_people_whose_names_give_one_login_are_not_guessed() -> None:
    users = [{"userName": f"ana{sign}rao@{domain}"} for sign, domain in ((".", "example.com"), ("_", "example.org"))]
    assert managed_logins(users) == {}
    (login,) = managed_logins([{"userName": "Ana.Rao@example.com", "emails": [{"value": "a@example.com"}]}]).items()
    assert login == ("ana-rao", {"email": "a@example.com", "externalId": None})
