"""What the world shows holds together: ids, owners, membership, visibility, habits."""

from __future__ import annotations

import csv
import os
from collections import Counter
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path

import pytest

from fanlight.model import HOUR
from fanlight.simulator.identifiers import number_of, tagged_id
from fanlight.simulator.world import World

UNDOCUMENTED = {"claude_canvas_pinned", "org_lighthouse_mode_toggled"}
SHARED = Path(os.environ.get("FANLIGHT_SHARED", Path(__file__).parents[4] / "shared"))


def test_each_claude_organization_has_exactly_one_primary_owner(world: World) -> None:
    for organization in world.claude_organizations():
        roles = Counter(row.body["organization_role"] for row in world.users(organization) or ())
        assert roles["primary_owner"] == 1
        assert roles["owner"] >= 1
        assert roles["membership_admin"] >= 1


def test_the_nine_built_in_roles_all_occur(world: World) -> None:
    seen = {
        row.body["organization_role"]
        for organization in world.organizations()
        for row in world.users(organization.id) or ()
    }
    assert seen == {
        "primary_owner", "owner", "admin", "membership_admin", "billing", "developer", "claude_code_user",
        "managed", "user",
    }  # fmt: skip


def test_some_people_are_in_both_organizations(world: World) -> None:
    first, second = ({row.id for row in world.users(o) or ()} for o in world.claude_organizations())
    assert first & second
    assert first - second


def test_ids_are_unique_and_lead_back_to_their_number(world: World) -> None:
    ids = [row.id for row in world.feed()]
    assert len(ids) == len(set(ids))
    for rows in (world.chats(), world.projects(), world.local_sessions(), world.remote_sessions(), world.okta_users()):
        assert len({row.id for row in rows}) == len(rows)
    assert number_of(tagged_id("activity", 7, 123_456), 7) == 123_456
    assert number_of("activity_01nonsense", 7) is None


def test_the_feed_is_in_order_and_of_the_promised_size(world: World) -> None:
    feed = world.feed()
    assert list(feed) == sorted(feed, key=lambda row: (row.created_at, row.id))
    assert 55_000 < len(feed) < 95_000
    assert 2_000 < len(world.chats()) < 3_200


def test_all_four_kinds_of_collaborator_occur_and_some_accounts_are_gone(world: World) -> None:
    kinds: Counter[str] = Counter()
    nobody = 0
    for project in world.projects():
        for item in world.collaborators(project.id) or ():
            kinds[item["type"]] += 1
            nobody += item.get("user_id", "") is None
    assert set(kinds) == {"user", "group", "organization", "organization_role"}
    assert nobody
    assert any(row.body["user"] is None for row in world.projects())
    assert {row.body["is_private"] for row in world.projects()} == {True, False}


def test_deleted_chats_are_listed_and_empty_and_their_files_are_gone(world: World) -> None:
    deleted = [row for row in world.chats() if row.body["deleted_at"]]
    assert deleted
    for row in deleted:
        assert row.body["name"] == ""
        assert all(m["content"] == [] and m["files"] is None for m in world.messages(row.id) or ())
    gone = [
        f for f in world.stage.files.values() if f.chat is not None and world.stage.company.chats[f.chat].deleted_at
    ]
    past = [f for f in gone if (world.stage.company.chats[f.chat or 0].deleted_at or 0) <= world.now]
    assert past
    assert all(world.file_metadata(f.id) is None and world.generated_file_metadata(f.id) is None for f in past)


def test_one_chat_has_more_than_a_thousand_messages(world: World) -> None:
    assert max(len(world.messages(row.id) or ()) for row in world.chats()) > 1_000


def test_sign_ins_have_no_organization_and_odd_rows_occur(world: World) -> None:
    feed = world.feed()
    assert {row.organization_uuid for row in feed if row.type == "sso_login_succeeded"} == {None}
    actors = Counter(row.actor["type"] for row in feed)
    expected = {
        "user_actor", "api_actor", "unauthenticated_user_actor", "scim_directory_sync_actor", "system_actor",
        "anthropic_actor", "delegated_agent_actor",
    }  # fmt: skip
    assert set(actors) >= expected
    assert any(row.actor.get("ip_address") == "0.0.0.0" for row in feed)
    assert any(row.extra for row in feed)
    assert any(row.actor.get("email_address", "") is None and row.actor["type"] == "user_actor" for row in feed)
    assert {row.type for row in feed} >= UNDOCUMENTED


def test_every_address_belongs_to_the_plan_and_to_nobody_real(world: World) -> None:
    networks = [ip_network(place.cidr) for place in world.places()]
    allowed = [
        ip_network(c) for c in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32")
    ]
    for network in networks:
        assert any(network.version == a.version and network.subnet_of(a) for a in allowed)  # type: ignore[arg-type]
    for one in networks:
        assert not any(one is not other and one.overlaps(other) for other in networks)
    seen = {row.actor["ip_address"] for row in world.feed() if row.actor.get("ip_address")} - {"0.0.0.0"}
    for text in seen:
        assert any(ip_address(text) in network for network in networks), text
    for place in world.places():
        assert 64_496 <= place.asn <= 64_511 or 65_536 <= place.asn <= 65_551


def test_people_work_from_home_office_mobile_and_shared_vpn_and_some_travel(world: World) -> None:
    kinds: Counter[str] = Counter()
    table = [(ip_network(p.cidr), p) for p in world.places()]
    for row in world.feed()[::97]:
        ip = row.actor.get("ip_address")
        if ip and ip != "0.0.0.0":
            kinds[next(p.network_kind for n, p in table if ip_address(ip) in n)] += 1
    assert all(kinds[kind] for kind in ("home", "office", "mobile", "vpn", "hosting"))


def test_the_console_knows_when_a_key_was_last_used(world: World) -> None:
    day = 86_400_000_000
    used: dict[str, str] = {}
    for bucket in world.usage_buckets(world.now - 125 * day, world.now):
        for result in bucket["results"]:
            used[result["api_key_id"]] = bucket["starting_at"]
    names = {row.id: row.body["name"] for row in world.console_api_keys()}
    last = {names[key]: at for key, at in used.items()}
    assert last["ci-runner"] > "2026-11-14"
    assert last["poc"] < "2026-08-10"
    assert "hackathon" not in last


def test_keys_of_every_kind_exist(world: World) -> None:
    working = ("parent", "one-organization", "foreign-siem", "admin", "claude-api", "okta")
    for name in (*working, "no-scopes", "deactivated", "expired"):
        assert world.key(name).secret
    prefixes = {key.secret.split("-")[2] for key in world.stage.company.keys if key.secret.count("-") >= 3}
    assert prefixes == {"api01", "admin01", "api03"}
    with pytest.raises(KeyError):
        world.key("nothing")


def test_okta_knows_people_by_other_addresses_too(world: World) -> None:
    app = world.okta_apps()[0]
    assert app.body["label"] == "Claude"
    logins = {row.id: row.body["profile"]["login"] for row in world.okta_users()}
    names = {row.id: row.body["credentials"]["userName"] for row in world.okta_app_users(app.id) or ()}
    assert any(logins[user].lower() != name.lower() for user, name in names.items())
    assert {"ACTIVE", "DEPROVISIONED"} <= {row.body["status"] for row in world.okta_users()}
    log = world.okta_log()
    assert [row.persisted_at for row in log] == sorted(row.persisted_at for row in log)
    assert any(a.published > b.published for a, b in pairwise(log))


def test_the_truth_about_identities_names_every_peculiar_case(world: World) -> None:
    seen = Counter(identity.peculiarity for identity in world.truth.identities())
    assert {"alias", "letter_case", "other_domain", "shared_mailbox", "no_idp_account", "reissued_address"} <= set(seen)


def test_the_truth_about_posture_and_reach_agrees_with_what_is_served(world: World) -> None:
    posture = world.truth.posture()
    assert all(posture.values())
    shown = {row.id for o in world.claude_organizations() for row in world.users(o) or ()}
    assert posture["elevated_inactive"] <= shown
    assert posture["deactivated_person_active_account"] <= shown
    project = world.projects()[0]
    granted = [c["user_id"] for c in world.collaborators(project.id) or () if c["type"] == "user" and c["user_id"]]
    for user in set(granted) & shown:
        assert any(r.project_id == project.id and r.via == "user" for r in world.truth.reach(user))


@pytest.mark.shared
def test_every_type_in_use_is_in_the_catalogue(world: World) -> None:
    table = SHARED / "reference" / "activity-types.csv"
    if not table.exists():
        pytest.skip("the reference folder is absent")
    with table.open(encoding="utf-8") as lines:
        known = {row["type"]: row["fields"] for row in csv.DictReader(lines)}
    used = {row.type for row in world.feed()}
    assert used - set(known) == UNDOCUMENTED
    for row in world.feed()[::53]:
        if row.type in known and not row.extra:
            for name in row.values[0]:
                assert name in known[row.type], (row.type, name)


def test_a_project_is_filled_within_a_working_day(world: World) -> None:
    """Uploads through a night would make a night worker of somebody who is cast as a day worker."""
    filled = [project for project in world.stage.company.projects if len(project.files) > 20]
    assert filled
    for project in filled:
        assert max(file.created_at for file in project.files) - project.created_at < 3 * HOUR, project.name
