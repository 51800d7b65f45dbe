"""The six-column picture: bounded, complete in its counts, and the same facts as the graph."""

from __future__ import annotations

from itertools import pairwise

import pytest
from access_world import DAY, NOW, Company
from hypothesis import given, settings
from test_access_graph import companies

from fanlight.access import AccessGraph, Unknown
from fanlight.access.boxes import LIMIT, Node, Picture
from fanlight.access.order import arrange, crossings
from fanlight.access.picture import picture

ORG = "org1"


def graph_of(company: Company, at: int = NOW, **more: object) -> AccessGraph:
    return AccessGraph.build(company.objects, company.grants, company.links, at, **more)  # type: ignore[arg-type]


@pytest.fixture
def company() -> Company:
    made = Company()
    made.organization(ORG, "Aldermoor")
    made.member("user_jane", ORG, "user", name="Jane Doe")
    made.member("user_max", ORG, "primary_owner", name="Max Roe")
    made.link("claude:user_jane", "idn_jane")
    made.group("g_fin", ["user_jane"], name="Finance-EU")
    for i in range(30):
        key = made.project(f"open{i:02}", ORG, "user_max", private=False, name=f"Open {i:02}")
        made.leaf("chat", f"chat_open{i}", ORG, "user_max", ("project", key))
    made.project("close", ORG, "user_max", name="Q2 close")
    made.grant(("group", "g_fin"), ("project", "close"), "editor", "group", at=10 * DAY)
    made.leaf("chat", "chat_1", ORG, "user_max", ("project", "close"))
    made.leaf("file", "file_1", ORG, "user_max", ("project", "close"))
    made.leaf("chat", "chat_own", ORG, "user_jane", None)
    return made


SENSITIVE = {("project", "close"): "high", ("chat", "chat_1"): "high", ("project", "open29"): "moderate"}


def texts(drawn: Picture, column: int) -> list[str]:
    return [node.text for node in drawn.columns[column].nodes]


def test_an_identity_is_drawn_by_risk_with_at_most_twelve_boxes_a_column(company: Company) -> None:
    drawn = picture(graph_of(company, sensitivity=SENSITIVE), "idn_jane")
    assert [column.heading for column in drawn.columns] == [
        "Identity", "Organization role", "Organization", "Project role", "Project", "Resource",
    ]  # fmt: skip
    assert texts(drawn, 0) == ["Jane Doe"]
    assert texts(drawn, 1) == ["User"]
    assert texts(drawn, 2) == ["Aldermoor"]
    assert sorted(texts(drawn, 3)) == ["Editor, via Finance-EU", "Owner, as creator", "Viewer, whole org"]
    assert texts(drawn, 4)[:2] == ["Q2 close", "Open 29"]
    assert texts(drawn, 4)[-1] == "+21 more"
    assert len(drawn.columns[4].nodes) == LIMIT
    assert texts(drawn, 5)[0] == "1 chat, 1 file"


def test_counts_of_the_boxes_add_up_to_the_heading(company: Company) -> None:
    drawn = picture(graph_of(company), "idn_jane")
    shown = [node for node in drawn.columns[4].nodes if not node.more]
    more = next(node for node in drawn.columns[4].nodes if node.more)
    assert len(shown) + more.count == drawn.columns[4].total + 1  # and the box of what lies outside projects
    assert drawn.columns[5].total == sum(node.count for node in drawn.columns[5].nodes) == 33
    assert drawn.summary.startswith("31 projects, 33 resources, 0 of them sensitive.")


def test_the_selected_path_is_lit_from_the_person_to_the_chat_and_said_in_one_sentence(company: Company) -> None:
    drawn = picture(graph_of(company), "idn_jane", select="chat_1")
    assert [key.partition(":")[0] for key in drawn.selected] == [
        "identity", "org_role", "organization", "project_role", "project", "chat",
    ]  # fmt: skip
    lit = {(edge.source, edge.target) for edge in drawn.edges if edge.selected}
    assert lit == set(pairwise(drawn.selected))
    assert drawn.sentence == (
        "Jane Doe is in the group Finance-EU, which edits Q2 close since 11 Jan 1970; the chat of somebody else is in "
        "it. The vendor does not say whether members may open it."
    )


def test_a_selected_project_beyond_the_twelfth_row_is_kept_in_sight(company: Company) -> None:
    drawn = picture(graph_of(company), "idn_jane", select="open27")
    assert "Open 27" in texts(drawn, 4)
    assert len(drawn.columns[4].nodes) == LIMIT


def test_grants_of_a_whole_organization_are_wide_lines_and_unproven_content_is_dashed(company: Company) -> None:
    drawn = picture(graph_of(company), "idn_jane")
    wide = {edge.target for edge in drawn.edges if edge.wide}
    assert f"project_role:{ORG}|viewer|organization|{ORG}" in wide
    dashed = {edge.source for edge in drawn.edges if edge.dashed}
    assert "project:open00" in dashed  # only chats of somebody else
    assert "project:close" not in dashed  # a knowledge file is open to members


@pytest.mark.parametrize(
    ("pivot", "column", "text"),
    [
        ("project:close", 0, "Jane Doe"),
        ("chat_1", 4, "Q2 close"),
        ("group:g_fin", 0, "Jane Doe"),
        (f"org_role:{ORG}/primary_owner", 0, "Max Roe"),
        (f"organization:{ORG}", 1, "Primary owner"),
        (f"project_role:{ORG}|editor|group|g_fin", 4, "Q2 close"),
        ("open00", 0, "Everybody in Aldermoor"),
    ],
)
def test_any_box_can_be_the_one_that_the_picture_is_drawn_around(
    company: Company, pivot: str, column: int, text: str
) -> None:
    assert text in texts(picture(graph_of(company), pivot), column)


def test_the_people_of_a_picture_add_up_to_those_who_can_open_it(company: Company) -> None:
    """Who holds a grant of their own on a project that is open to all is a member, too, and counts once."""
    graph = graph_of(company)
    seen = 0
    for target in graph.names.targets.to_pylist():
        kind, _, project = target.partition(":")
        if kind != "project":
            continue
        people = picture(graph, target).columns[0]
        assert people.total == len(graph.reachable_by(graph.find_resource(project))), target
        assert people.total == graph.people_on(graph.target_number(kind, project)), target
        assert sum(node.count for node in people.nodes) == people.total, target
        seen += sum(node.id.startswith("everybody:") for node in people.nodes)
    assert seen


def test_every_pivot_that_a_box_offers_can_be_drawn(company: Company) -> None:
    graph = graph_of(company)
    seen: set[str] = set()
    waiting = ["idn_jane"]
    while waiting:
        pivot = waiting.pop()
        if pivot in seen:
            continue
        seen.add(pivot)
        drawn = picture(graph, pivot)
        waiting += [node.pivot for column in drawn.columns for node in column.nodes if node.pivot]
    assert {pivot.partition(":")[0] for pivot in seen} >= {
        "identity",
        "org_role",
        "organization",
        "project_role",
        "project",
    }


def test_a_comparison_marks_what_was_won_and_brings_back_what_was_lost(company: Company) -> None:
    lost = company.grant(("user", "user_jane"), ("project", "old"), "viewer", "user", at=5 * DAY)
    company.project("old", ORG, "user_max", name="Old plans")
    company.remove_grant(lost, 20 * DAY)
    drawn = picture(graph_of(company), "idn_jane", before=graph_of(company, 8 * DAY))
    marks = {node.text: node.change for node in drawn.columns[4].nodes if node.change}
    assert marks["Q2 close"] == "added"
    assert (drawn.added, drawn.removed) == (1, 1)


def test_nobody_is_drawn_around_an_unknown_name(company: Company) -> None:
    with pytest.raises(Unknown):
        picture(graph_of(company), "nobody@example.com")


@settings(max_examples=40, deadline=None)
@given(companies())
def test_whatever_the_company_every_picture_is_bounded_and_its_lines_end_at_boxes(company: Company) -> None:
    graph = graph_of(company)
    for identity in graph.identities():
        drawn = picture(graph, identity)
        boxes: list[Node] = [node for column in drawn.columns for node in column.nodes]
        ids = {node.id for node in boxes}
        assert len(ids) == len(boxes)
        assert all(len(column.nodes) <= LIMIT for column in drawn.columns)
        assert all(edge.source in ids and edge.target in ids for edge in drawn.edges)
        reached = {entry.id for entry in graph.reach(identity, kinds=["project"])}
        assert drawn.columns[4].total == len(reached)


def test_no_crossing_is_left_that_a_swap_of_neighbours_would_undo() -> None:
    columns = [["r"], ["a", "b", "c"], ["x", "y", "z"]]
    lines = [(0, "r", 1, "a", 1), (1, "a", 2, "z", 1), (1, "b", 2, "x", 1), (1, "c", 2, "y", 1)]
    ordered = arrange(columns, lines, fixed=(2,))
    assert ordered[1] == ["b", "c", "a"]
    assert crossings(ordered, lines) == 0


def test_the_heading_counts_what_the_exposure_counts_also_own_chats_in_a_project_that_is_closed_now(
    company: Company,
) -> None:
    """The count in the fly-out and in a finding is the count after the click."""
    company.project("left", ORG, "user_max", name="Left")
    company.leaf("chat", "chat_left", ORG, "user_jane", ("project", "left"))
    graph = graph_of(company, sensitivity=SENSITIVE)
    drawn, exposure = picture(graph, "idn_jane"), graph.exposure("idn_jane")
    assert (drawn.columns[4].total, drawn.columns[5].total) == (exposure.projects, exposure.resources) == (31, 34)
    assert "Outside these projects" in texts(drawn, 4) or any(node.more for node in drawn.columns[4].nodes)
