"""The fly-out, days in the page's zone, gaps that are over, and access at another time."""

from __future__ import annotations

from datetime import date

import pytest

from fanlight.model import DAY, HOUR, Grant, parse_time
from fanlight.pipeline.collect import commit_events
from fanlight.pipeline.connections import add_connection, note_state
from fanlight.pipeline.home import Home
from fanlight.server import NotAccepted, QueueQuery, Viewer
from fanlight.server.views import LakeViews
from fanlight.server.views.words import end_of_day
from fanlight.sources.contract import Notice
from fanlight.state.company import CompanySettings, apply_settings
from server.small_home import AWAY_IP, NOW, TENANT, event, finding

MIRA = Viewer(name="Mira Köhler")


def _set_zone(home: Home, zone: str) -> None:
    apply_settings(home.state, CompanySettings.model_validate({"working_hours": {"timezone": zone}}), "test")


# -- fly-out -----------------------------------------------------------------------------------------------------


def test_a_person_in_five_parts(views: LakeViews) -> None:
    out = views.flyout("identity:idn_jane")
    assert out is not None
    assert (out.title, out.kind, out.page) == ("Jane Doe", "person", "/identities/idn_jane")
    assert ("Department", "Finance") in [(fact.label, fact.value) for fact in out.facts]
    assert (out.severity, out.risk) == ("high", "45 of 100, +45 in 10 days; 1 open finding.")
    assert [row.id for row in out.open_findings] == [finding().id]
    assert "h." in out.usual
    assert {each.label: each.value for each in out.access}["projects"] == "1"
    assert 0 < len(out.events) <= 10
    assert out.events[-1].place == AWAY_IP


def test_a_project_in_the_same_five_parts(views: LakeViews) -> None:
    out = views.flyout("project:claude_proj_1")
    assert out is not None
    assert (out.title, out.kind, out.page) == ("Q2 close", "project", "/access?pivot=project:claude_proj_1")
    owner = next(fact for fact in out.facts if fact.label == "Owner")
    assert (owner.value, owner.link) == ("Max Roe", "/identities/idn_max")
    assert [chip.category for chip in out.labels] == ["SECRET", "PII"]
    assert [row.id for row in out.open_findings] == [finding().id]
    assert out.risk == "1 open finding."
    assert {each.label: each.value for each in out.access} == {
        "may open it": "2", "own or administer it": "1", "chats, files": "1", "sensitive": "1",
    }  # fmt: skip
    assert out.events[-1].text.startswith("Jane Doe: ")


@pytest.mark.parametrize("of", ["identity:nobody", "project:none", "chat:claude_chat_1", "", "idn_jane"])
def test_what_is_not_known_has_no_fly_out(views: LakeViews, of: str) -> None:
    assert views.flyout(of) is None


# -- days --------------------------------------------------------------------------------------------------------


def test_days_of_the_activity_are_those_of_the_pages_zone(views: LakeViews, home: Home) -> None:
    """An event at 15:30 UTC on the day before is of the same day in UTC and of the next one in Tokyo."""
    late = NOW - NOW % DAY - 8 * HOUR - HOUR // 2
    lease = home.state.take_lease("test")
    commit_events(
        home, lease, "claude", "feed", [event(7001, late, AWAY_IP, "claude_chat_viewed", "content_view")], "c2",
        caught_up=True,
    )  # fmt: skip
    home.state.release(lease)
    before = views.identity("idn_jane")
    _set_zone(home, "Asia/Tokyo")
    after = LakeViews(home).identity("idn_jane")
    assert before is not None
    assert after is not None
    utc, tokyo = before.activity[0], after.activity[0]
    assert (utc.last_day, tokyo.last_day) == ("2026-05-07", "2026-05-07")
    assert (utc.points[-1], tokyo.points[-1]) == (1.0, 2.0)
    assert sum(filter(None, utc.points)) == sum(filter(None, tokyo.points))
    assert "a day in Asia/Tokyo" in after.activity_summary


def test_the_end_of_a_day_knows_summer_time() -> None:
    assert end_of_day(date(2026, 3, 29), "Europe/Berlin") == parse_time("2026-03-29T22:00:00Z") - 1
    assert end_of_day(date(2026, 3, 28), "Europe/Berlin") == parse_time("2026-03-28T23:00:00Z") - 1
    assert end_of_day(date(2026, 5, 7), "No/Such") == parse_time("2026-05-08T00:00:00Z") - 1


# -- gaps --------------------------------------------------------------------------------------------------------


def test_the_queue_lists_what_is_missing_now_and_sources_also_what_was(views: LakeViews, home: Home) -> None:
    add_connection(home, "okta", "okta", {"url": "https://example.okta.com", "token": home.vault.seal("okta", "x")})
    lease = home.state.take_lease("test")
    gaps = [
        Notice(kind="gap", sentence=f"Gap {days}.", at=NOW - days * DAY, since=NOW - days * DAY - 5 * HOUR,
               until=NOW - days * DAY)
        for days in (0, 9)
    ]  # fmt: skip
    commit_events(home, lease, "okta", "log", [], "c", caught_up=True, notices=gaps)
    home.state.release(lease)
    with home.state.tick() as tick:
        note_state(tick, "okta", "healthy", "")
    view = views.sources()
    assert [row.when for row in view.unseen] == ["now", "earlier", "always"]
    assert view.unseen_summary == "1 gap now, 1 gap earlier; below, what these sources never tell"
    assert [spot.sentence[:36] for spot in views.queue(MIRA, QueueQuery()).blind] == [
        "Okta: No records from 7 May, 07:00 t"
    ]


# -- access at another time --------------------------------------------------------------------------------------


def _grant_lately(home: Home) -> None:
    """Max is given a second project ten days ago."""
    from server.small_home import ORGANIZATION, _object

    project = _object("project", "claude_proj_2", name="Board pack", organization_id=ORGANIZATION)
    grant = Grant(
        tenant=TENANT, source="claude", product="claude", principal_kind="user", principal_id="user_max",
        resource_kind="project", resource_id="claude_proj_2", level="editor", via="user", grant_id="late",
        valid_from=NOW - 10 * DAY, seen_at=NOW - 10 * DAY,
    )  # fmt: skip
    segments = [*home.lake.stage([project]), *home.lake.stage([grant])]
    with home.state.tick() as tick:
        tick.add_segments(segments)


def test_the_picture_of_another_day_and_what_changed_since(views: LakeViews, home: Home) -> None:
    _grant_lately(home)
    now = views.access("identity:idn_max", None)
    then = views.access("identity:idn_max", None, date(2026, 4, 20))
    both = views.access("identity:idn_max", None, None, date(2026, 4, 20))
    assert now is not None
    assert then is not None
    assert both is not None
    assert [view.picture.columns[4].total for view in (now, then, both)] == ["2, by risk", "1, by risk", "2, by risk"]
    assert (both.picture.added, both.picture.removed) == (1, 0)
    assert both.picture.compared_with == parse_time("2026-04-21T00:00:00Z") - 1
    assert [node.change for node in both.picture.columns[4].nodes if node.text == "Board pack"] == ["added"]
    assert (now.picture.added, now.picture.compared_with, both.picture.note) == (0, None, "")


def test_a_day_before_the_first_look_says_what_it_cannot_know(views: LakeViews) -> None:
    view = views.access("identity:idn_max", None, None, date(2025, 1, 1))
    assert view is not None
    assert view.picture.note.startswith("Fanlight has looked since 27 Jan 2026.")


def test_a_comparison_goes_backwards_only(views: LakeViews) -> None:
    with pytest.raises(NotAccepted, match="must lie before"):
        views.access("identity:idn_max", None, date(2026, 4, 1), date(2026, 4, 20))


# -- questions about events --------------------------------------------------------------------------------------


def test_above_what_fits_in_memory_the_answers_are_the_same(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are held once in memory, without their raw records; where they are too many the files are asked."""
    held = LakeViews(home)
    answers = (held.identity("idn_jane"), held.finding(MIRA, finding().id), held.flyout("project:claude_proj_1"))
    with held._open() as snapshot:
        kinds = snapshot.query_events("SELECT raw, count(*) AS n FROM events_light GROUP BY raw").to_pylist()
    assert [row["raw"] for row in kinds] == ["{}"]
    monkeypatch.setattr("fanlight.server.views.snapshot._MOST_IN_MEMORY", 0)
    asked = LakeViews(home)
    again = (asked.identity("idn_jane"), asked.finding(MIRA, finding().id), asked.flyout("project:claude_proj_1"))
    assert answers == again
    assert None not in answers


def test_everybody_in_a_picture_is_the_rest_and_the_sentence_names_the_organization(home: Home) -> None:
    from server.small_home import ORGANIZATION

    grant = Grant(
        tenant=TENANT, source="claude", product="claude", principal_kind="organization", principal_id=ORGANIZATION,
        resource_kind="project", resource_id="claude_proj_1", level="viewer", via="organization", grant_id="wide",
        valid_from=NOW - 10 * DAY, seen_at=NOW - 10 * DAY,
    )  # fmt: skip
    with home.state.tick() as tick:
        tick.add_segments(home.lake.stage([grant]))
    view = LakeViews(home).access("project:claude_proj_1", None)
    assert view is not None
    people = view.picture.columns[0]
    assert people.total == "2"  # both hold a grant of their own, so nobody is left for the whole organization
    rest = next(node for node in people.nodes if node.id.startswith("everybody:"))
    assert (rest.text, rest.count) == ("0 others", "")
    assert rest.sentence == "Everybody in Example Instruments: 0 people without a box of their own here."
    assert len(view.people) == 2
    assert view.picture.summary.startswith("1 project, 1 resource, 1 of them sensitive.")
