"""Snapshots hold what the vendor lists, as objects and grants."""

from __future__ import annotations

import json

import pytest

from fanlight.model import DAY
from fanlight.sources.contract import SourceError
from support.source_fixtures import stream_of
from support.vendor_world import CANARY, CONSOLE, NOW, ORGANIZATIONS, user_id


def snapshots(source, name):
    return {taken.scope: taken for taken in stream_of(source.snapshot_streams(), name).take()}


@pytest.fixture
def directory(connect):
    return snapshots(connect(), "directory")


def test_every_scope_is_taken_once(directory):
    assert list(directory) == ["organizations", "users", "roles", "groups", "settings"]


def test_people_of_several_organizations_are_one_account_with_a_grant_each(directory):
    users = directory["users"]
    assert len(users.objects) == 12
    first = next(user for user in users.objects if user.object_id == user_id(0))
    assert json.loads(first.attributes)["organization_roles"] == {
        ORGANIZATIONS[0]: "owner", ORGANIZATIONS[1]: "owner", CONSOLE: "owner",
    }  # fmt: skip
    held = {(grant.principal_id, grant.resource_id, grant.level) for grant in users.grants}
    assert (user_id(0), ORGANIZATIONS[1], "owner") in held
    assert len(users.grants) == 12 + 4 + 4


def test_groups_carry_members_and_their_roles(directory):
    groups = directory["groups"]
    kinds = {(grant.principal_kind, grant.resource_kind) for grant in groups.grants}
    assert kinds == {("group", "role"), ("user", "group")}
    member = next(grant for grant in groups.grants if grant.resource_kind == "group")
    assert member.exact_from
    assert member.level == "member"


def test_settings_and_compliance_keys_are_objects_and_the_console_without_settings_is_left_out(directory):
    kinds = sorted(item.kind for item in directory["settings"].objects)
    assert kinds.count("settings") == 2
    assert kinds.count("compliance_key") == 6
    settings = next(item for item in directory["settings"].objects if item.kind == "settings")
    assert json.loads(settings.attributes)["sso_enabled"] is True


def test_the_key_that_we_read_with_is_marked_once_the_feed_shows_its_trace(connect, simulator):
    source = connect()
    snapshots(source, "directory")
    simulator.advance(60)
    keys = [item for item in snapshots(source, "directory")["settings"].objects if item.kind == "compliance_key"]
    own = [item for item in keys if json.loads(item.attributes).get("used_by_fanlight")]
    assert len(own) == 1


def test_no_description_is_kept(directory):
    assert CANARY not in repr([snapshot.objects for snapshot in directory.values()])


def test_the_same_listing_twice_gives_the_same_rows(connect, clock):
    first = snapshots(connect(), "directory")
    second = snapshots(connect(), "directory")
    ids = lambda taken: sorted(grant.grant_id for grant in taken["users"].grants)  # noqa: E731
    assert ids(first) == ids(second)
    assert [item.attributes for item in first["users"].objects] == [item.attributes for item in second["users"].objects]


def test_a_project_is_opened_by_creator_public_and_four_kinds_of_collaborators(connect):
    taken = snapshots(connect(), "project_access")
    assert len(taken) == 1 + 25
    grants = taken["collaborators/claude_proj_010001"].grants
    held = {(grant.via, grant.principal_kind, grant.principal_id, grant.level) for grant in grants}
    assert held == {
        ("creator", "user", user_id(1), "owner"),
        ("public", "organization", ORGANIZATIONS[1], "viewer"),
        ("user", "user", user_id(1), "owner"),
        ("user", "nobody", None, "editor"),
        ("group", "group", "rbac_group_010", "editor"),
        ("organization", "organization", ORGANIZATIONS[0], "viewer"),
        ("organization_role", "organization_role", f"{ORGANIZATIONS[1]}/owner", "viewer"),
    }


def test_a_creator_who_left_is_nobody(connect):
    grants = snapshots(connect(), "project_access")["collaborators/claude_proj_010003"].grants
    creator = next(grant for grant in grants if grant.via == "creator")
    assert (creator.principal_kind, creator.principal_id) == ("nobody", None)


def test_private_projects_have_no_public_grant(connect):
    grants = snapshots(connect(), "project_access")["collaborators/claude_proj_010000"].grants
    assert "public" not in {grant.via for grant in grants}


def test_a_key_without_user_data_still_gives_the_organizations_and_says_what_is_missing(connect):
    with pytest.raises(SourceError, match="needs one of"):
        snapshots(connect(key="literal:sk-ant-api01-tinyworld0000secretF"), "directory")


def test_the_directory_is_complete_with_faults(connect, simulator):
    calm = snapshots(connect(), "directory")
    simulator.set_faults(0.3, seed=5)
    stormy = snapshots(connect(), "directory")
    simulator.set_faults(0)
    for scope, taken in calm.items():
        assert {item.object_id for item in taken.objects} == {item.object_id for item in stormy[scope].objects}
        assert {grant.grant_id for grant in taken.grants} == {grant.grant_id for grant in stormy[scope].grants}


def test_console_keys_show_the_day_they_were_last_used(connect):
    taken = snapshots(connect(admin_key="env:ADMIN"), "console")
    keys = {item.object_id: json.loads(item.attributes) for item in taken["console/api_keys"].objects}
    assert keys["apikey_01c1"]["last_used_at"].startswith("2026-11-11")
    assert keys["apikey_01c2"]["last_used_at"] is None
    assert NOW - 9 * DAY > 0
    grants = taken["console/workspaces"].grants
    assert [(grant.principal_id, grant.level) for grant in grants] == [(user_id(1), "workspace_admin")]
