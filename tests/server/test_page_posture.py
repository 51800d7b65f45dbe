"""Posture: every check has an answer, and what to begin with is what most failures are about."""

from __future__ import annotations

from dataclasses import replace

from fanlight.model import DAY, Entity, PostureResult
from fanlight.pipeline.home import Home
from fanlight.posture.run import questions
from fanlight.server.pages import page_kinds
from fanlight.server.pages.posture import PostureAsk, PostureView, _change
from fanlight.server.ports import Viewer
from fanlight.server.views import LakeViews
from server.small_home import NOW, ORGANIZATION, TENANT, _object

MIRA = Viewer(name="Mira Köhler")


def view(views: LakeViews, **asked: object) -> PostureView:
    found = views.page("posture", PostureAsk.model_validate(asked))
    assert isinstance(found, PostureView)
    return found


def open_project(home: Home) -> LakeViews:
    """The project with the sensitive chat, opened to everybody."""
    project = _object("project", "claude_proj_1", name="Q2 close", organization_id=ORGANIZATION,
                      owner_account="claude:user_max", created_at=NOW - 90 * DAY,
                      attributes={"is_private": False})  # fmt: skip
    opened = replace(project, valid_from=NOW - DAY, seen_at=NOW - DAY)  # of two as old as each other, either is newest
    with home.state.tick() as tick:
        tick.add_segments(home.lake.stage([opened]))
    return LakeViews(home)


def test_every_check_has_one_row_failures_first(views: LakeViews) -> None:
    shown = view(views)
    assert {row.check for row in shown.rows} == {question.check.name for question in questions()}
    order = [("fail", "unknown", "pass").index(row.status) for row in shown.rows]
    assert order == sorted(order)
    counted = {status: sum(row.status == status for row in shown.rows) for status in ("fail", "unknown", "pass")}
    assert shown.summary.startswith(f"{len(shown.rows)} checks: {counted['fail']} fail")
    assert f"{counted['unknown']} could not be told" in shown.summary or not counted["unknown"]
    for row in shown.rows:
        assert row.sentence


def test_the_rows_are_those_of_the_command_and_the_navigation_counts_the_failures(home: Home) -> None:
    views = open_project(home)
    with views._open() as snapshot:
        results = list(snapshot.posture)
    for row in view(views).rows:
        assert row.failing == sum(r.check == row.check and r.status == "fail" for r in results), row.check
    failing = {r.check for r in results if r.status == "fail"}
    assert views.header(MIRA, None).counts["posture"] == len(failing) > 0


def test_a_check_names_what_fails_it_and_where_to_look(home: Home) -> None:
    detail = view(open_project(home), check="sensitive_project_broad").detail
    assert detail is not None
    (failing,) = detail.failing
    assert (failing.name, failing.kind, failing.severity) == ("Q2 close", "project", "high")
    assert failing.link == "/access?pivot=project:claude_proj_1"
    assert (
        failing.sentence
        == "Q2 close holds content of high sensitivity and every member of the organization can open it."
    )
    assert detail.advice == "Make the project private, or share it with the group that needs it."
    assert view(open_project(home), check="no_such_check").detail is None


def test_answers_of_one_kind(views: LakeViews) -> None:
    for status in ("fail", "unknown", "pass"):
        assert {row.status for row in view(views, status=status).rows} <= {status}


def _failure(check: str, name: str, severity: str = "medium") -> PostureResult:
    known = {question.check.name: question.check for question in questions()}
    return PostureResult(
        tenant=TENANT, check=check, status="fail", severity=severity, title=known[check].title, sentence="It fails.",  # type: ignore[arg-type]
        entities=(Entity(kind="project", id=f"id_{name}", name=name),), at=NOW,
    )  # fmt: skip


def test_to_begin_with_is_what_most_failures_are_about(views: LakeViews) -> None:
    known = {question.check.name: question.check for question in questions()}
    with views._open() as snapshot:
        change = _change(
            snapshot,
            [_failure("sensitive_project_broad", "Payroll"), _failure("weakened_privacy", "Payroll"),
             _failure("sensitive_project_broad", "Travel", "high")],
            known,
        )  # fmt: skip
        assert change is not None
        assert (change.title, change.closes, change.link) == ("Payroll", 2, "/access?pivot=project:id_Payroll")
        assert change.sentence.startswith("2 failures of 3 are about this one project. Make the project private")
        apart = _change(snapshot, [_failure("orphaned_owner", "A"), _failure("orphaned_owner", "B")], known)
        assert apart is not None
        assert (apart.title, apart.closes, apart.link) == (
            "Project without an owner", 2, "/posture?check=orphaned_owner",
        )  # fmt: skip
        assert _change(snapshot, [], known) is None


def test_the_file_of_a_check_holds_everything_that_fails(home: Home) -> None:
    kind = page_kinds()["posture"]
    shown = view(open_project(home), **kind.whole(PostureAsk(check="sensitive_project_broad")).model_dump())
    assert [row[2] for row in kind.tables["failing"](shown, "UTC").rows] == ["Q2 close"]
    assert len(kind.tables["posture"](shown, "UTC").rows) == len(questions())
