"""Figures for everybody at once are the figures of one by one, and the store gives the graph that rows give."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

from access_world import DAY, NOW, Company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_access_graph import companies

from fanlight.access import AccessGraph
from fanlight.access.diff import diff
from fanlight.access.store import load_graph
from fanlight.access.tables import tables_of_rows, tables_of_store
from fanlight.model import Event
from fanlight.pipeline.home import open_home


@st.composite
def furnished(draw: st.DrawFn) -> tuple[Company, dict[tuple[str, str], str]]:
    """A company with chats and files in its projects and outside, some of them sensitive."""
    company = draw(companies())
    users = sorted({o.object_id for o in company.objects if o.kind == "user"}) or [None]
    projects = [o for o in company.objects if o.kind == "project"]
    levels: dict[tuple[str, str], str] = {}
    for i in range(draw(st.integers(0, 8))):
        home = draw(st.sampled_from(projects))
        inside = draw(st.booleans())
        kind = draw(st.sampled_from(["chat", "file", "document"]))
        key = company.leaf(
            kind, f"leaf{i}", str(home.organization_id), draw(st.sampled_from(users)),
            ("project", home.object_id) if inside else None,
        )  # fmt: skip
        if draw(st.booleans()):
            levels[kind, key] = draw(st.sampled_from(["low", "moderate", "high"]))
    return company, levels


@settings(max_examples=50, deadline=None)
@given(furnished())
def test_the_summary_of_all_is_the_exposure_of_each(world: tuple[Company, dict[tuple[str, str], str]]) -> None:
    company, levels = world
    graph = AccessGraph.build(company.objects, company.grants, company.links, NOW, levels)
    assert graph.summary() == [graph.exposure(identity) for identity in graph.identities()]


@settings(max_examples=50, deadline=None)
@given(furnished())
def test_exposure_counts_what_reach_names(world: tuple[Company, dict[tuple[str, str], str]]) -> None:
    company, levels = world
    graph = AccessGraph.build(company.objects, company.grants, company.links, NOW, levels)
    for identity in graph.identities():
        everything = graph.reach(identity, unproven=True)
        exposure = graph.exposure(identity)
        assert exposure.projects == sum(r.kind == "project" for r in everything)
        assert exposure.resources == sum(r.kind != "project" for r in everything)
        sensitive = {r.id for r in everything if levels.get((r.kind, r.id)) in ("moderate", "high")}
        assert exposure.sensitive == len(sensitive)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=furnished(), at=st.sampled_from([0, 1, 49, 50, 99]))
def test_the_store_and_rows_in_memory_give_the_same_graph(
    tmp_path: Path, world: tuple[Company, dict[tuple[str, str], str]], at: int
) -> None:
    company, _ = world
    home = open_home(tmp_path / uuid.uuid4().hex)  # an id of an object that is gone may come again
    for i, grant in enumerate(company.grants):
        if grant.via == "public" and grant.resource_id == "p0":
            company.grants[i] = replace(grant, exact_from=False, valid_from=45 * DAY)
    opened = Event(
        tenant="default", source="claude", product="claude", event_id="e1", type="claude_project_sharing_updated",
        family="sharing", occurred_at=20 * DAY, project_id="p0", raw='{"audience": [{"type": "organization"}]}',
    )  # fmt: skip
    for rows in (company.objects, company.grants, company.links, [opened]):
        if rows:
            segments = home.lake.stage(rows)
            with home.state.tick() as tick:
                tick.add_segments(segments)
    with home.reader() as reader:
        stored = tables_of_store(reader, at * DAY)
    home.close()
    told = [("p0", 20 * DAY, "organization")]
    built = tables_of_rows(company.objects, company.grants, company.links, at * DAY, told)
    for name in ("accounts", "things", "grants", "links", "leaves"):
        one, other = getattr(stored, name), getattr(built, name)
        assert one.schema.names == other.schema.names
        assert sorted(map(repr, one.to_pylist())) == sorted(map(repr, other.to_pylist())), name


@settings(max_examples=40, deadline=None)
@given(companies())
def test_a_difference_is_what_walking_everybody_twice_would_find(company: Company) -> None:
    then = AccessGraph.build(company.objects, company.grants, company.links, 49 * DAY)
    now = AccessGraph.build(company.objects, company.grants, company.links, 50 * DAY)

    def personal(graph: AccessGraph) -> dict[tuple[str, str], str]:
        return {
            (identity, reached.id): max((v.level for v in own), key=["viewer", "editor", "admin", "owner"].index)
            for identity in graph.identities()
            for reached in graph.reach(identity, kinds=["project"])
            if (own := [v for v in reached.via if v.kind not in ("organization", "public")])
        }

    before, after = personal(then), personal(now)
    expected = {
        (*key, before.get(key), after.get(key))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }
    found = {(c.identity, c.id, c.before, c.after) for c in diff(then, now) if c.identity is not None}
    assert {entry for entry in found if entry[1].startswith("p")} == expected


def test_who_leaves_a_group_loses_what_the_group_holds() -> None:
    company = Company()
    company.organization("org1")
    for user in ("user_a", "user_b"):
        company.member(user, "org1")
    company.group("g", ["user_a", "user_b"])
    membership = company.grants[-1]
    company.project("p", "org1", None)
    company.grant(("group", "g"), ("project", "p"), "editor", "group")
    company.remove_grant(membership, 50 * DAY)
    graphs = [AccessGraph.build(company.objects, company.grants, company.links, at * DAY) for at in (49, 50)]
    changes = [(c.change, c.identity, c.id, c.before, c.after) for c in diff(*graphs)]
    assert changes == [("removed", "claude:user_b", "p", "editor", None)]


def test_a_project_opened_to_an_organization_is_one_line_and_not_one_a_member() -> None:
    company = Company()
    company.organization("org1")
    for i in range(5):
        company.member(f"user_{i}", "org1")
    company.project("p", "org1", None)
    company.grant(("organization", "org1"), ("project", "p"), "viewer", "public", at=50 * DAY)
    graphs = [AccessGraph.build(company.objects, company.grants, company.links, at * DAY) for at in (49, 50)]
    changes = [(c.change, c.identity, c.organization, c.id, c.after) for c in diff(*graphs)]
    assert changes == [("added", None, "org1", "p", "viewer")]


def test_the_graph_of_an_empty_store_answers_nothing(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    with home.reader() as reader:
        graph = load_graph(reader, NOW)
    home.close()
    assert graph.identities() == []
    assert graph.summary() == []
