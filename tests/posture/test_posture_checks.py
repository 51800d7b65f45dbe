"""Each posture question: what fails it, what passes it, and when it admits that it cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from access_world import DAY, NOW, Company

from fanlight.access import AccessGraph
from fanlight.model import PostureResult, format_time
from fanlight.posture import PostureFacts, PostureThresholds, judge_posture, posture_rows, questions

ORG = "org1"


def facts_of(company: Company, **more: Any) -> PostureFacts:
    sensitivity = more.pop("sensitivity", {})
    return PostureFacts(
        tenant="default",
        at=NOW,
        objects=company.objects,
        grants=company.grants,
        links=company.links,
        graph=AccessGraph.build(company.objects, company.grants, company.links, NOW, sensitivity),
        sensitivity=sensitivity,
        feed_since=more.pop("feed_since", 0),
        **more,
    )


def ask(check: str, company: Company, **more: Any) -> list[PostureResult]:
    return judge_posture(facts_of(company, **more), [check])


def failing(results: list[PostureResult]) -> set[str]:
    return {result.entities[0].id for result in results if result.status == "fail"}


@pytest.fixture
def company() -> Company:
    made = Company()
    made.organization(ORG, "Aldermoor")
    made.member("user_max", ORG, "owner", name="Max Roe")
    made.member("user_jane", ORG, "user", name="Jane Doe")
    return made


def key(company: Company, name: str, *, kind: str = "api_key", age: int = 99, **attributes: object) -> None:
    company.object(
        kind, f"apikey_{name}", name=name, created_at=NOW - age * DAY, owner_account="claude:user_max",
        attributes={"status": "active", **attributes},
    )  # fmt: skip


def test_a_key_unused_for_three_months_fails_and_one_in_use_does_not(company: Company) -> None:
    key(company, "old", last_used_at=format_time(NOW - 95 * DAY))
    key(company, "busy", last_used_at=format_time(NOW - DAY))
    key(company, "never", last_used_at=None)
    key(company, "young", age=20, last_used_at=None)
    key(company, "off", status="inactive", last_used_at=None)
    results = ask("stale_api_key", company)
    assert failing(results) == {"apikey_old", "apikey_never"}
    assert "was last used 95 days ago; it is 99 days old" in results[-1].sentence + results[0].sentence


def test_a_compliance_key_is_judged_by_the_feed_and_unknown_while_the_feed_is_short(company: Company) -> None:
    key(company, "reader", kind="compliance_key", is_active=True)
    assert failing(ask("stale_api_key", company, feed_since=0)) == {"apikey_reader"}
    (result,) = ask("stale_api_key", company, feed_since=NOW - 10 * DAY)
    assert result.status == "unknown"
    assert "reaches back 10 days" in result.sentence
    used = ask("stale_api_key", company, last_activity={"claude:apikey_reader": NOW - DAY})
    assert [r.status for r in used] == ["pass"]


def test_the_key_that_fanlight_reads_with_is_in_use_although_its_own_requests_are_not_stored(company: Company) -> None:
    key(company, "ours", kind="compliance_key", is_active=True, used_by_fanlight=True)
    for feed_since in (0, NOW - 10 * DAY):
        assert [r.status for r in ask("stale_api_key", company, feed_since=feed_since)] == ["pass"]


def test_an_elevated_person_without_activity_fails_unless_history_is_too_short(company: Company) -> None:
    company.link("claude:user_max", "idn_max")
    assert failing(ask("elevated_inactive", company)) == {"idn_max"}
    assert [r.status for r in ask("elevated_inactive", company, feed_since=NOW - 5 * DAY)] == ["unknown"]
    active = ask("elevated_inactive", company, last_entry={"claude:user_max": NOW - DAY})
    assert [r.status for r in active] == ["pass"]
    silent = ask("elevated_inactive", company, last_entry={"claude:user_max": NOW - 60 * DAY})
    assert "Max Roe is owner of Aldermoor and did nothing in Claude for 60 days." in silent[0].sentence


def test_a_group_with_a_role_that_manages_the_organization_makes_its_members_elevated(company: Company) -> None:
    permissions = [{"action": "manage_members", "resource_type": "organization", "resource_id": ORG}]
    company.object("role", "rbac_role_1", name="Member manager", attributes={"permissions": permissions})
    company.group("rbac_group_1", ["user_jane"])
    company.grant(("group", "rbac_group_1"), ("role", "rbac_role_1"), "member", "group")
    results = ask("elevated_inactive", company, last_entry={"claude:user_max": NOW})
    assert failing(results) == {"claude:user_jane"}


@pytest.mark.parametrize("wide", ["public", "organization", "people"])
def test_a_sensitive_project_open_to_many_fails(company: Company, wide: str) -> None:
    company.project("p", ORG, "user_max", private=wide != "public")
    if wide == "organization":
        company.grant(("organization", ORG), ("project", "p"), "editor", "organization")
    if wide == "people":
        company.group("g", [company.member(f"user_{i}", ORG) for i in range(30)])
        company.grant(("group", "g"), ("project", "p"), "viewer", "group")
    assert failing(ask("sensitive_project_broad", company, sensitivity={("project", "p"): "high"})) == {"p"}
    harmless = ask("sensitive_project_broad", company, read_projects=frozenset({"p"}))
    assert [r.status for r in harmless] == ["pass"]


def test_an_open_project_that_was_not_read_is_unknown_and_a_private_sensitive_one_passes(company: Company) -> None:
    company.project("open", ORG, "user_max", private=False)
    company.project("closed", ORG, "user_max")
    results = ask(
        "sensitive_project_broad", company, sensitivity={("project", "closed"): "high"},
        read_projects=frozenset({"closed"}), unread_projects=frozenset({"open"}),
    )  # fmt: skip
    assert [r.status for r in results] == ["unknown"]


def test_a_project_is_orphaned_when_no_owner_can_act_and_not_while_another_owner_can(company: Company) -> None:
    company.project("gone", ORG, None)
    company.project("left", ORG, "user_who_left")
    company.project("kept", ORG, None)
    company.grant(("user", "user_jane"), ("project", "kept"), "owner", "user")
    company.project("mine", ORG, "user_max")
    results = ask("orphaned_owner", company)
    assert failing(results) == {"gone", "left"}
    assert (
        "gone has no owner: the account of its creator is gone."
        in {r.entities[0].id: r for r in results}["gone"].sentence
    )


def test_a_project_that_was_opened_and_is_still_open_fails_and_one_closed_again_passes(company: Company) -> None:
    private = company.project("p", ORG, "user_max")
    company.project("always", ORG, "user_max", private=False)
    assert [r.status for r in ask("weakened_privacy", company)] == ["pass"]
    company.object("project", private, organization_id=ORG, name="P", at=50 * DAY, attributes={"is_private": False})
    company.grant(("organization", ORG), ("project", "p"), "viewer", "public", at=50 * DAY)
    shared = [("p", 49 * DAY, "claude:user_jane", "organization")]
    (result,) = ask("weakened_privacy", company, sharing=shared, sensitivity={("project", "p"): "high"})
    assert result.severity == "high"
    assert (
        "P was private and was opened by Jane Doe on 19 Feb 1970. It holds content of high sensitivity."
        in result.sentence
    )
    assert failing(ask("weakened_privacy", company)) == {"p"}
    company.object("project", private, organization_id=ORG, name="P", at=60 * DAY, attributes={"is_private": True})
    assert [r.status for r in ask("weakened_privacy", company, sharing=shared)] == ["pass"]


def test_a_project_opened_before_it_was_first_listed_is_not_said_to_have_been_private(company: Company) -> None:
    open_now = company.project("p", ORG, "user_max", private=False, name="P")
    company.objects = [o if o.object_id != open_now else replace(o, seen_at=60 * DAY) for o in company.objects]
    opened = ("p", 50 * DAY, "claude:user_jane", "organization")
    (result,) = ask("weakened_privacy", company, sharing=[opened])
    assert result.status == "fail"
    assert "P was opened by Jane Doe on 20 Feb 1970; who could see it before could not be told." in result.sentence
    closed = ("p", 40 * DAY, "claude:user_jane", "private")
    (result,) = ask("weakened_privacy", company, sharing=[closed, opened])
    assert "P was private and was opened by Jane Doe on 20 Feb 1970." in result.sentence
    public = ("p", 55 * DAY, "claude:user_jane", "public")
    (result,) = ask("weakened_privacy", company, sharing=[opened, public])
    assert "P was open to the organization and was opened by Jane Doe on 25 Feb 1970." in result.sentence


def test_projects_with_sensitive_content_are_listed_with_what_is_in_them(company: Company) -> None:
    company.project("p", ORG, "user_max")
    company.leaf("chat", "c1", ORG, "user_max", ("project", "p"))
    company.leaf("chat", "c2", ORG, "user_max", ("project", "p"))
    sensitivity = {("project", "p"): "high", ("chat", "c1"): "high", ("chat", "c2"): "low"}
    (result,) = ask("sensitive_content_project", company, sensitivity=sensitivity)
    assert result.status == "fail"
    assert "1 chat of moderate or high sensitivity" in result.sentence


def test_an_account_that_no_directory_knows_fails_only_when_a_directory_is_connected(company: Company) -> None:
    assert [r.status for r in ask("account_without_person", company)] == ["unknown"]
    company.object("idp_user", "00u1", product="okta", attributes={"status": "ACTIVE"})
    company.link("okta:00u1", "idn_max")
    company.link("claude:user_max", "idn_max")
    company.link("claude:user_jane", "idn_jane")
    assert failing(ask("account_without_person", company)) == {"user_jane"}


def test_a_shared_mailbox_without_a_person_is_named_as_what_it_is(company: Company) -> None:
    company.object("idp_user", "00u1", product="okta", attributes={"status": "ACTIVE"})
    company.link("okta:00u1", "idn_max")
    company.link("claude:user_max", "idn_max")
    company.link("claude:user_jane", "idn_desk", method="shared_mailbox")
    (result,) = ask("account_without_person", company)
    assert "is a shared mailbox" in result.sentence
    assert "whose it is" not in result.sentence


@pytest.mark.parametrize("how", ["deprovisioned", "removed", "leaver"])
def test_somebody_who_left_with_an_account_left_behind_fails(company: Company, how: str) -> None:
    status = "DEPROVISIONED" if how == "deprovisioned" else "ACTIVE"
    record = company.object("idp_user", "00u1", product="okta", attributes={"status": status})
    company.link("okta:00u1", "idn_jane")
    company.link("claude:user_jane", "idn_jane")
    company.link("claude:user_max", "idn_max")
    if how == "removed":
        company.remove_object(record, 60 * DAY)
    leavers = {"jane@example.com": 90 * DAY} if how == "leaver" else {}
    assert failing(ask("deactivated_person_active_account", company, leavers=leavers)) == {"user_jane"}


def test_one_active_directory_record_is_enough_to_be_there(company: Company) -> None:
    company.object("idp_user", "00u1", product="okta", attributes={"status": "DEPROVISIONED"})
    company.object("idp_user", "00u2", product="okta", attributes={"status": "ACTIVE"})
    for account in ("okta:00u1", "okta:00u2", "claude:user_jane"):
        company.link(account, "idn_jane")
    assert [r.status for r in ask("deactivated_person_active_account", company)] == ["pass"]


def test_a_key_that_can_delete_and_a_key_whose_maker_left_fail(company: Company) -> None:
    key(
        company,
        "strong",
        kind="compliance_key",
        is_active=True,
        scopes=["read:compliance", "delete:compliance_user_data"],
    )
    key(company, "weak", kind="compliance_key", is_active=True, scopes=["read:org_audit"])
    assert failing(ask("key_with_delete_scope", company)) == {"apikey_strong"}
    assert [r.status for r in ask("key_of_departed_owner", company)] == ["pass"]
    company.object(
        "api_key", "apikey_lost", name="lost", owner_account="claude:user_gone", attributes={"status": "active"}
    )
    assert failing(ask("key_of_departed_owner", company)) == {"apikey_lost"}


def test_single_sign_on_switched_off_fails_and_a_missing_row_is_not_taken_for_off(company: Company) -> None:
    company.object("settings", ORG, organization_id=ORG, attributes={"public_projects_enabled": True})
    assert [r.status for r in ask("sso_not_enforced", company)] == ["unknown"]
    company.object("settings", ORG, organization_id=ORG, at=2 * DAY, attributes={"sso_enabled": False})
    assert failing(ask("sso_not_enforced", company)) == {ORG}


def test_every_check_admits_that_it_cannot_tell_when_nothing_is_connected() -> None:
    results = judge_posture(facts_of(Company(), feed_since=None))
    assert {result.status for result in results} == {"unknown"}
    assert {result.check for result in results} == {question.check.name for question in questions()}


def test_a_check_that_breaks_answers_unknown_and_leaves_the_others_alone(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fanlight.posture.checks import sso_not_enforced

    def broken(facts: PostureFacts) -> list[PostureResult]:
        raise ZeroDivisionError("secret words")

    question: Callable[..., Any] = questions.__wrapped__
    monkeypatch.setattr(sso_not_enforced, "judge", broken)
    monkeypatch.setattr("fanlight.posture.run.questions", question)
    results = {result.check: result for result in judge_posture(facts_of(company))}
    assert results["sso_not_enforced"].status == "unknown"
    assert "secret words" not in results["sso_not_enforced"].sentence
    assert len(results) == len(questions())


def test_a_failing_line_names_its_entity_and_the_other_lines_name_none(company: Company) -> None:
    company.project("gone", ORG, None, name="Old plans")
    rows = list(posture_rows(judge_posture(facts_of(company), ["orphaned_owner", "sso_not_enforced"])))
    assert [(row["check"], row["status"], row["entities"]) for row in rows] == [
        ("orphaned_owner", "fail", [{"kind": "project", "id": "gone", "name": "Old plans"}]),
        ("sso_not_enforced", "unknown", []),
    ]


def test_thresholds_move_the_line(company: Company) -> None:
    company.link("claude:user_max", "idn_max")
    late = {"claude:user_max": NOW - 30 * DAY}
    assert failing(ask("elevated_inactive", company, last_entry=late)) == set()
    strict = PostureThresholds(inactive_days=20)
    assert failing(ask("elevated_inactive", company, last_entry=late, thresholds=strict)) == {"idn_max"}
