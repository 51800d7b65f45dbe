"""What the access graph promises: the same answers as asking every pair, in both directions, at any time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from access_world import DAY, NOW, Company, brute_force
from hypothesis import given, settings
from hypothesis import strategies as st

from fanlight.access import AccessGraph, Unknown
from fanlight.access.answers import level_rank
from fanlight.access.diff import diff
from fanlight.access.explain import explain
from fanlight.access.tables import tables_of_rows

LEVELS = ["owner", "admin", "editor", "viewer"]
ROLES = ["owner", "admin", "user"]


def graph_of(company: Company, at: int = NOW) -> AccessGraph:
    return AccessGraph.build(company.objects, company.grants, company.links, at)


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Any small company: two organizations, people in both, nested groups, every kind of grant, some removed."""
    company = Company()
    organizations = [company.organization(f"org{i}") for i in range(draw(st.integers(1, 2)))]
    users = [f"user_{i}" for i in range(draw(st.integers(1, 5)))]
    for user in users:
        for organization in draw(st.lists(st.sampled_from(organizations), unique=True)):
            company.member(user, organization, draw(st.sampled_from(ROLES)))
            if draw(st.integers(0, 5)) == 0:
                company.remove_object(company.objects[-1], 50 * DAY)
        if draw(st.booleans()):
            company.link(f"claude:{user}", f"idn_{draw(st.integers(0, 2))}")
    groups = [company.group(f"g{i}", draw(st.lists(st.sampled_from(users), unique=True))) for i in range(3)]
    for child, parent in draw(st.lists(st.tuples(st.sampled_from(groups), st.sampled_from(groups)), max_size=3)):
        company.grant(("group", child), ("group", parent), "member", "group")
    for i in range(draw(st.integers(1, 5))):
        home = draw(st.sampled_from(organizations))
        project = company.project(
            f"p{i}", home, draw(st.one_of(st.none(), st.sampled_from(users))), private=draw(st.booleans())
        )
        for _ in range(draw(st.integers(0, 3))):
            kind = draw(st.sampled_from(["user", "group", "organization", "organization_role"]))
            principal = {
                "user": st.sampled_from(users),
                "group": st.sampled_from(groups),
                "organization": st.sampled_from(organizations),
                "organization_role": st.sampled_from([f"{o}/{r}" for o in organizations for r in ROLES]),
            }[kind]
            grant = company.grant((kind, draw(principal)), ("project", project), draw(st.sampled_from(LEVELS)), kind)
            if draw(st.integers(0, 4)) == 0:
                company.remove_grant(grant, 50 * DAY)
    return company


@settings(max_examples=80, deadline=None)
@given(companies())
def test_reach_agrees_with_asking_every_pair(company: Company) -> None:
    graph = graph_of(company)
    found = {
        (reached.identity, reached.id): reached.level
        for identity in graph.identities()
        for reached in graph.reach(identity, kinds=["project"])
    }
    assert found == brute_force(company)


@settings(max_examples=50, deadline=None)
@given(companies())
def test_who_is_the_exact_reverse_of_reach(company: Company) -> None:
    graph = graph_of(company)
    forward = {
        (identity, reached.id, reached.level, frozenset(reached.via))
        for identity in graph.identities()
        for reached in graph.reach(identity, kinds=["project"])
    }
    projects = {o.object_id for o in company.objects if o.kind == "project"}
    backward = {
        (reached.identity, project, reached.level, frozenset(reached.via))
        for project in projects
        for reached in graph.reachable_by(project)
    }
    assert forward == backward
    for project in projects:
        number = graph.target_number("project", project)
        assert graph.people_on(number) == len({identity for identity, thing, *_ in backward if thing == project})


def test_groups_in_groups_count_at_any_depth_and_a_cycle_ends() -> None:
    company = Company()
    company.organization("org1")
    company.member("user_a", "org1")
    company.group("g0", ["user_a"])
    for child, parent in (("g0", "g1"), ("g1", "g2"), ("g2", "g3"), ("g3", "g1")):
        company.grant(("group", child), ("group", parent), "member", "group")
    company.project("p", "org1", None)
    company.grant(("group", "g3"), ("project", "p"), "editor", "group")
    graph = graph_of(company)
    assert [(r.id, r.level) for r in graph.reach("claude:user_a")] == [("p", "editor")]
    (path,) = explain(graph, "claude:user_a", "p").paths
    assert [hop.id for hop in path if hop.kind == "group"] == ["claude:g0", "claude:g1", "claude:g2", "claude:g3"]


def test_a_member_of_another_organization_does_not_reach_a_project_by_a_leftover_grant() -> None:
    company = Company()
    company.organization("org1")
    company.organization("org2")
    company.member("user_a", "org1")
    company.project("p", "org2", None)
    company.grant(("user", "user_a"), ("project", "p"), "editor", "user")
    assert graph_of(company).reach("claude:user_a") == []


def test_a_role_in_one_organization_gives_nothing_in_another() -> None:
    company = Company()
    for organization in ("org1", "org2"):
        company.organization(organization)
    company.member("user_a", "org1", "owner")
    company.member("user_a", "org2", "user")
    company.project("p", "org2", None)
    company.grant(("organization_role", "org2/owner"), ("project", "p"), "viewer", "organization_role")
    assert graph_of(company).reach("claude:user_a", kinds=["project"]) == []


def test_a_person_switched_off_in_the_directory_still_reaches_what_claude_lets_the_account_reach() -> None:
    company = Company()
    company.organization("org1")
    company.member("user_a", "org1")
    company.object("idp_user", "00u1", product="okta", attributes={"status": "DEPROVISIONED", "email": "a@example.com"})
    company.link("claude:user_a", "idn_a")
    company.link("okta:00u1", "idn_a")
    company.project("p", "org1", "user_a")
    assert [r.id for r in graph_of(company).reach("idn_a")] == ["p"]


def test_what_other_members_may_read_of_a_chat_is_unknown_and_project_files_are_certain() -> None:
    company = Company()
    company.organization("org1")
    for user in ("user_a", "user_b"):
        company.member(user, "org1")
    company.project("p", "org1", "user_a")
    company.grant(("user", "user_b"), ("project", "p"), "editor", "user")
    company.leaf("chat", "c1", "org1", "user_a", ("project", "p"))
    company.leaf("file", "f1", "org1", "user_a", ("project", "p"))
    company.leaf("file", "f2", "org1", "user_a", ("chat", "c1"))
    graph = graph_of(company)
    levels = {(r.identity, r.id): r.level for thing in ("c1", "f1", "f2") for r in graph.reachable_by(thing)}
    assert levels == {
        ("claude:user_a", "c1"): "owner",
        ("claude:user_b", "c1"): "unknown",
        ("claude:user_a", "f1"): "owner",
        ("claude:user_b", "f1"): "editor",
        ("claude:user_a", "f2"): "owner",
        ("claude:user_b", "f2"): "unknown",
    }
    assert {r.id for r in graph.reach("claude:user_b")} == {"p", "f1"}
    assert {r.id for r in graph.reach("claude:user_b", unproven=True)} == {"p", "f1", "c1", "f2"}


def opened_before_the_first_listing() -> Company:
    company = Company()
    company.organization("org1")
    for user in ("user_a", "user_b"):
        company.object("user", user, at=DAY, organization_id="org1", name=user, created_at=DAY)
        company.grant(("user", user), ("organization", "org1"), "user", "user", at=80 * DAY, exact_from=False)
    company.project("p", "org1", "user_a", name="Plans")
    company.grant(("organization", "org1"), ("project", "p"), "viewer", "public", at=80 * DAY, exact_from=False)
    company.grants = [replace(g, seen_at=80 * DAY) for g in company.grants]
    return company


def told_by(company: Company, at: int, *sharing: tuple[str, int, str]) -> AccessGraph:
    return AccessGraph(tables_of_rows(company.objects, company.grants, company.links, at * DAY, sharing))


def test_who_could_open_a_project_before_the_event_that_opened_it_cannot_be_told() -> None:
    company = opened_before_the_first_listing()
    opened = ("p", 70 * DAY, "organization")
    levels = [told_by(company, at, opened).reach("claude:user_b")[0].level for at in (60, 69, 70, 79, 80, 90)]
    assert levels == ["unknown", "unknown", "viewer", "viewer", "viewer", "viewer"]
    before = explain(told_by(company, 69, opened), "claude:user_b", "p")
    assert (before.answer, before.sentence) == (
        "unknown",
        "Whether user_b could open Plans then could not be told: its openness is known since 12 Mar 1970 only.",
    )
    after = explain(told_by(company, 90, opened), "claude:user_b", "p")
    assert (after.answer, after.sentence.endswith("views Plans (known since 12 Mar 1970, may be older).")) == (
        "yes",
        True,
    )
    (change,) = diff(told_by(company, 69, opened), told_by(company, 71, opened))
    assert (change.change, change.before, change.after, change.id) == ("changed", "unknown", "viewer", "p")


def test_a_project_that_an_event_closed_before_one_opened_it_was_closed_between_them() -> None:
    company = opened_before_the_first_listing()
    sharing = (("p", 60 * DAY, "private"), ("p", 70 * DAY, "organization"))
    between = told_by(company, 65, *sharing)
    assert between.reach("claude:user_b") == []
    after = told_by(company, 75, *sharing)
    sentence = explain(after, "claude:user_b", "p").sentence
    assert sentence.endswith("views Plans since 12 Mar 1970.")
    (change,) = diff(between, after)
    assert (change.change, change.before, change.after) == ("added", None, "viewer")


def test_a_chat_is_made_on_a_day_and_not_since_one() -> None:
    company = Company()
    company.organization("org1")
    company.member("user_a", "org1", name="Ann Roe")
    company.leaf("chat", "c1", "org1", "user_a", None)
    assert explain(graph_of(company), "claude:user_a", "c1").sentence == "Ann Roe made the chat on 2 Jan 1970."


def test_the_past_is_the_same_question_with_another_date() -> None:
    company = Company()
    company.organization("org1")
    for user in ("user_a", "user_b"):
        company.member(user, "org1")
    company.project("p", "org1", "user_a")
    grant = company.grant(("user", "user_b"), ("project", "p"), "editor", "user", at=10 * DAY)
    company.remove_grant(grant, 20 * DAY)
    seen = {at: [r.level for r in graph_of(company, at * DAY).reach("claude:user_b")] for at in (9, 10, 19, 20)}
    assert seen == {9: [], 10: ["editor"], 19: ["editor"], 20: []}


def test_a_membership_of_unknown_start_is_older_than_our_first_look_but_not_than_the_account() -> None:
    company = Company()
    company.organization("org1")
    for user, born in (("user_old", 5 * DAY), ("user_new", 60 * DAY)):
        company.object("user", user, at=born, created_at=born)
        company.grant(("user", user), ("organization", "org1"), "user", "user", at=80 * DAY, exact_from=False)
    company.project("p", "org1", None, private=False)
    assert [r.identity for r in graph_of(company, 40 * DAY).reachable_by("p")] == ["claude:user_old"]
    company.grant(("user", "user_old"), ("project", "p"), "editor", "user", at=90 * DAY, exact_from=False)
    levels = [graph_of(company, at * DAY).reach("claude:user_old")[0].level for at in (89, 90)]
    assert levels == ["viewer", "editor"]  # what came after the first listing is not carried back


def test_a_name_nobody_has_is_said_in_a_sentence() -> None:
    with pytest.raises(Unknown, match=r"Nobody here is known as ghost@example\.com\."):
        graph_of(Company()).find_identity("ghost@example.com")


def test_levels_are_ordered_and_an_unheard_of_level_is_weaker_than_viewer() -> None:
    assert sorted(["viewer", "owner", "commenter", "unknown", "admin", "editor"], key=level_rank) == [
        "unknown", "commenter", "viewer", "editor", "admin", "owner",
    ]  # fmt: skip
