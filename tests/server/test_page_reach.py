"""Where a look at access begins: the figures are those of the graph."""

from __future__ import annotations

from fanlight.model import DAY, Grant
from fanlight.pipeline.home import Home
from fanlight.server.pages.reach import ReachAsk, ReachView
from fanlight.server.views import LakeViews
from server.small_home import NOW, ORGANIZATION, TENANT, _object


def view(views: LakeViews, **asked: object) -> ReachView:
    found = views.page("reach", ReachAsk.model_validate(asked))
    assert isinstance(found, ReachView)
    return found


def test_people_by_what_they_reach_and_projects_by_who_can_open_them(views: LakeViews) -> None:
    shown = view(views)
    assert [(r.name, r.department, r.projects, r.resources, r.sensitive) for r in shown.people] == [
        ("Jane Doe", "Finance", 1, 1, 1), ("Max Roe", "Finance", 1, 1, 1),
    ]  # fmt: skip
    assert [(r.name, r.sensitivity, r.people, r.wide, r.things, r.sensitive) for r in shown.projects] == [
        ("Q2 close", "high", 2, "", 1, 1)
    ]
    with views._open() as snapshot:
        exposure = snapshot.graph.exposure("idn_jane")
    assert (shown.people[0].projects, shown.people[0].resources) == (exposure.projects, exposure.resources)
    assert shown.summary == "2 identities, 1 project, 1 of them sensitive"
    assert shown.people_line == "2 of 2, who reaches most that is sensitive first"


def test_groups_and_organizations_that_open_projects_can_be_pivoted_on(home: Home) -> None:
    def grant(principal: tuple[str, str], resource: tuple[str, str], level: str, via: str) -> Grant:
        return Grant(
            tenant=TENANT, source="claude", product="claude", principal_kind=principal[0], principal_id=principal[1],
            resource_kind=resource[0], resource_id=resource[1], level=level, via=via,  # type: ignore[arg-type]
            grant_id="|".join((*principal, *resource, level)), valid_from=NOW - 9 * DAY, seen_at=NOW - 9 * DAY,
        )  # fmt: skip

    objects = [
        _object("group", "g_fin", name="Finance-EU", organization_id=ORGANIZATION),
        _object("project", "claude_proj_2", name="Canteen", organization_id=ORGANIZATION),
    ]
    grants = [
        grant(("user", "user_jane"), ("group", "g_fin"), "member", "user"),
        grant(("group", "g_fin"), ("project", "claude_proj_1"), "viewer", "group"),
        grant(("organization", ORGANIZATION), ("project", "claude_proj_2"), "viewer", "organization"),
    ]
    with home.state.tick() as tick:
        tick.add_segments([*home.lake.stage(objects), *home.lake.stage(grants)])
    views = LakeViews(home)
    shown = view(views)
    assert [(r.name, r.kind, r.people, r.projects, r.sensitive) for r in shown.openers] == [
        ("Finance-EU", "group", 1, 1, 1), ("Example Instruments", "organization", 2, 1, 0),
    ]  # fmt: skip
    assert {r.name: r.wide for r in shown.projects} == {"Q2 close": "", "Canteen": "the whole organization"}
    for row in shown.openers:
        assert views.access(row.pivot, None) is not None, row.pivot


def test_a_page_shows_some_and_the_file_all(views: LakeViews) -> None:
    shown = view(views, rows=1)
    assert (len(shown.people), shown.people_line) == (1, "1 of 2, who reaches most that is sensitive first")
