"""The pages over a true store: what they show is what the facts say, and every act is kept and audited."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from fanlight.model import DAY, HOUR, MINUTE, SECOND, Evidence, Grant, Match, Why
from fanlight.pipeline.connections import list_connections
from fanlight.pipeline.exports import EXPORTS, ExportOptions
from fanlight.pipeline.home import Home, open_home
from fanlight.server import NotAccepted, QueueQuery, Sessions, Viewer
from fanlight.server import schema as s
from fanlight.server.views import LakeViews
from fanlight.sources.contract import Notice, SourceContext, SourceReport
from fanlight.sources.registry import find_kind
from fanlight.state import schema
from fanlight.state.findings import StoredFinding, Verdict, load_exceptions, load_finding, put_finding
from fanlight.state.signin import SignIns
from server.small_home import ANCHOR, AWAY_IP, NOW, TENANT, HandClock, event, finding, keep, person

MIRA = Viewer(name="Mira Köhler")
FIRST = finding().id


def _audit(home: Home) -> list[tuple[str, str, str]]:
    table = schema.audit_log
    with home.state.view() as connection:
        return [tuple(row) for row in connection.execute(select(table.c.actor, table.c.action, table.c.object))]  # type: ignore[misc]


# -- queue -------------------------------------------------------------------------------------------------------


def test_the_queue_shows_who_what_and_labels(views: LakeViews) -> None:
    view = views.queue(MIRA, QueueQuery())
    (row,) = view.rows
    assert (row.id, row.severity, row.who.name, row.who.detail) == (FIRST, "high", "Jane Doe", "Finance")
    assert [chip.category for chip in row.labels] == ["SECRET", "PII"]
    assert row.sentence == "203.0.113.0/24, usual 192.0.2.0/24 100 %"
    assert view.summary == "1 open finding"
    assert view.last_line == "1 finding shown. None below."
    assert [(risk.name, risk.score, risk.change) for risk in view.risk] == [("Jane Doe", 45, 45)]


def test_worst_first_and_the_last_line_says_what_is_left_out(views: LakeViews, home: Home) -> None:
    keep(home, finding(2, "low"), finding(3, "critical"), finding(4, "low"))
    view = views.queue(MIRA, QueueQuery(limit=2))
    assert [row.severity for row in view.rows] == ["critical", "high"]
    assert view.last_line == "2 findings shown. 2 more below, all low."
    assert view.total == 4


def test_tabs_and_filters_count_what_they_show(views: LakeViews, home: Home, clock: HandClock) -> None:
    keep(home, finding(2, "low", at=ANCHOR - 20 * DAY), finding(3, "critical"))
    views.assign(MIRA, FIRST, "Mira Köhler")
    views.snooze(MIRA, finding(3).id, NOW + HOUR)
    for tab in views.queue(MIRA, QueueQuery()).tabs:
        assert len(views.queue(MIRA, QueueQuery(tab=tab.key)).rows) == tab.count, tab.key
    assert [row.id for row in views.queue(MIRA, QueueQuery(tab="mine")).rows] == [FIRST]
    assert [row.id for row in views.queue(MIRA, QueueQuery(tab="snoozed")).rows] == [finding(3).id]
    assert [row.id for row in views.queue(MIRA, QueueQuery(days=7)).rows] == [FIRST]
    assert [row.id for row in views.queue(MIRA, QueueQuery(severity="high")).rows] == [FIRST]
    clock.at += 2 * HOUR
    assert len(views.queue(MIRA, QueueQuery()).rows) == 3


def test_new_means_since_the_last_visit(views: LakeViews, home: Home, clock: HandClock) -> None:
    assert not views.queue(MIRA, QueueQuery()).rows[0].new
    clock.at += 2 * HOUR
    keep(home, finding(2), created_at=clock.at - MINUTE)
    view = views.queue(MIRA, QueueQuery())
    assert {row.id: row.new for row in view.rows} == {FIRST: False, finding(2).id: True}
    assert view.summary == "2 open findings, 1 of them since you left at 12:00 today"


def test_arrivals_are_counted_from_what_the_page_has_seen(views: LakeViews, home: Home, clock: HandClock) -> None:
    seen = views.queue(MIRA, QueueQuery()).newest_at
    assert views.header(MIRA, seen).arrived == 0
    clock.at += MINUTE
    keep(home, finding(2), created_at=clock.at)
    header = views.header(MIRA, seen)
    assert (header.arrived, header.arrived_at, header.queue_open) == (1, clock.at, 2)


# -- finding -----------------------------------------------------------------------------------------------------


def test_the_finding_compares_with_the_persons_own_habits(views: LakeViews) -> None:
    page = views.finding(MIRA, FIRST)
    assert page is not None
    assert page.comparison is not None
    cells = {cell.heading.partition(",")[0]: cell for cell in page.comparison.cells}
    network = cells["Network"]
    assert isinstance(cells["Country"], s.EarlyCell)  # no address database: said, not drawn
    assert isinstance(network, s.BarsCell)
    assert [(row.name, row.observed) for row in network.rows] == [("192.0.2.0/24", False), ("203.0.113.0/24", True)]
    assert network.rows[1].text == "1 · never before"
    hours = cells["Hour of week"]
    assert isinstance(hours, s.HoursCell)
    assert hours.observed == [3 * 24 + 9]  # Thursday, 09 h
    assert hours.hours[3 * 24 + 8] > 0
    assert sum(hours.hours[120:]) == 0


def test_the_chain_keeps_anchor_and_gap_and_folds_what_stands_elsewhere(views: LakeViews) -> None:
    page = views.finding(MIRA, FIRST)
    assert page is not None
    story = [step for step in page.chain.steps if step.story]
    assert [step.mark for step in story] == ["gap", "anchor"]
    assert page.chain.folded == 1
    anchor = story[-1]
    assert anchor.text == "Viewed a chat"
    assert [chip.category for chip in anchor.labels] == ["SECRET", "PII"]
    assert anchor.place == AWAY_IP
    assert page.why[1].usual == "reported from once in 990 on"


def test_what_was_expected_counts_neither_for_a_rule_nor_against_it(views: LakeViews, home: Home) -> None:
    def judge(*verdicts: Verdict) -> str:
        with home.state.tick() as tick:
            for number, verdict in enumerate(verdicts, 2):
                judged = StoredFinding(finding=finding(number), status="closed", created_at=NOW, verdict=verdict)
                put_finding(tick, judged)
        page = views.finding(MIRA, FIRST)
        assert page is not None
        return f"{page.rule_record}; {page.similar.partition(': ')[2].partition('.')[0]}"

    assert (
        judge("expected") == "1 verdict so far: 0 true, 0 false, 1 expected; 0 true, 0 false, 1 expected, 0 not judged"
    )
    told = judge("expected", "false_positive", *["true_positive"] * 4)
    assert told == "precision 80 % over 5 verdicts, 1 expected; 4 true, 1 false, 1 expected, 0 not judged"


def test_an_export_names_people_as_the_page_does_and_keeps_the_id(views: LakeViews, home: Home) -> None:
    with home.state.tick() as tick:
        tick.add_segments(home.lake.stage(person("ursula", "", "ursula@example.com")))
    rows = EXPORTS["identities"](home, ExportOptions())
    known, gone = next(row["id"] for row in rows if "ursula@example.com" in str(row)), "idn_ffffffffffff"
    whys = (Why(fact="all together", observed=f"by {known}", usual="reported from 6.9 nats"),)
    told = finding(2, title=f"{known} became admin", sentence=f"The account of {known} made {gone} admin.", why=whys)
    keep(home, told)
    page, lines = views.finding(MIRA, told.id), {row["id"]: row for row in EXPORTS["findings"](home, ExportOptions())}
    assert page is not None
    line = lines[told.id]
    assert line["title"] == page.title == "ursula@example.com became admin"
    assert line["sentence"] == page.sentence
    assert line["sentence"] == "The account of ursula@example.com made an account that is listed no more admin."
    (why,) = line["why"]
    assert (why["observed"], why["usual"]) == (page.why[0].observed, page.why[0].usual)
    assert (why["observed"], why["usual"]) == ("by ursula@example.com", "reported from once in 990 on")
    stored = load_finding(home.state, told.id)
    assert stored is not None
    assert stored.finding == told  # what is kept stays as it was judged


def test_card_path_and_blast_radius_come_from_the_graph(views: LakeViews) -> None:
    page = views.finding(MIRA, FIRST)
    assert page is not None
    assert page.card is not None
    assert page.card.title == "Jane Doe · 27 Apr · 14 messages · SECRET, PII"
    assert {chip.category: chip.count for chip in page.card.labels} == {"PII": 6, "SECRET": 1}
    assert next(fact.value for fact in page.card.facts if fact.label == "Project") == "Q2 close, owner Max Roe"
    assert page.path is not None
    assert page.path.steps[0].text == "Jane Doe"
    assert page.path.steps[-1].text == "Jane Doe · 27 Apr · 14 messages"
    assert page.blast is not None
    assert {number.label: number.value for number in page.blast.numbers}["sensitive"] == "1"


def test_the_path_is_that_of_the_findings_time_and_says_what_differs_now(views: LakeViews, home: Home) -> None:
    page = views.finding(MIRA, FIRST)
    assert page is not None
    assert page.path is not None
    assert (page.path.as_of, page.path.now) == (ANCHOR, "")
    lost = Grant(
        tenant=TENANT, source="claude", product="claude", principal_kind="user", principal_id="user_jane",
        resource_kind="project", resource_id="claude_proj_1", level="editor", via="user", exact_from=True,
        grant_id="user|user_jane|project|claude_proj_1|editor", valid_from=NOW - HOUR, seen_at=NOW - HOUR, removed=True,
    )  # fmt: skip
    with home.state.tick() as tick:
        tick.add_segments(home.lake.stage([lost]))
    about_project = finding(7, entities=(finding().entities[0], finding().entities[2]))
    keep(home, about_project)
    page = LakeViews(home).finding(MIRA, about_project.id)
    assert page is not None
    assert page.path is not None
    assert page.path.as_of == ANCHOR
    assert [(step.text, step.detail) for step in page.path.steps] == [
        ("Jane Doe", ""),
        ("Q2 close", "as editor, since 27 Jan"),
    ]
    assert page.path.now == "Now: No grant to Jane Doe, or to a group, role or organization of Jane Doe, is known."


def test_the_figures_of_the_hours_are_those_of_the_header_and_of_the_sentence(views: LakeViews) -> None:
    page = views.finding(MIRA, FIRST)
    assert page is not None
    assert page.comparison is not None
    hours = next(cell for cell in page.comparison.cells if isinstance(cell, s.HoursCell))
    network = next(cell for cell in page.comparison.cells if cell.heading == "Network")
    assert isinstance(network, s.BarsCell)
    total = sum(hours.hours)
    assert f"n = {total} events" in page.comparison.usual
    assert sum(row.n for row in network.rows if not row.observed) == total
    # 08 and 09 h UTC of working days are within an hour of 09 h.
    assert hours.note.startswith(f"Within an hour of 09 h on working days: {total} of {total} events.")


def test_steps_show_what_their_things_held_also_folded_ones(views: LakeViews, home: Home) -> None:
    def step(text: str) -> Evidence:
        return Evidence(at=ANCHOR, kind="event", source="Claude", text=text, mark="new")

    texts = ("Viewed a file, 23 times, project Q2 close (12 of 23 with SECRET and PII)", "Viewed a chat (HEALTH)",
             "Opened a project, project Q2 (draft)")  # fmt: skip
    keep(home, finding(8, evidence=tuple(step(text) for text in texts)))
    page = views.finding(MIRA, finding(8).id)
    assert page is not None
    assert [(each.text, [chip.category for chip in each.labels]) for each in page.chain.steps] == [
        ("Viewed a file, 23 times, project Q2 close, 12 of 23 with", ["SECRET", "PII"]),
        ("Viewed a chat", ["HEALTH"]),
        ("Opened a project, project Q2 (draft)", []),
    ]


def test_the_card_says_what_was_in_it_by_then_where_more_came_later(views: LakeViews, home: Home) -> None:
    def facts(of: LakeViews, wanted: str) -> list[str]:
        page = of.finding(MIRA, wanted)
        assert page is not None
        assert page.card is not None
        return [fact.value for fact in page.card.facts if fact.label == "By then"]

    assert facts(views, FIRST) == []  # everything in it is older than the view
    keep(home, finding(9, at=NOW - 20 * DAY))
    assert facts(views, finding(9).id) == ["none found"]


def test_masks_of_a_project_begin_with_what_makes_it_sensitive(views: LakeViews, home: Home) -> None:
    low = Match(
        tenant=TENANT, source="claude", object_kind="chat", object_id="claude_chat_0", part_id="m1",
        part_kind="message", role="user", at=NOW - 20 * DAY, category="PERSON_NAME", type="PERSON", count=90,
        confidence=1.0, band="high", recognizer="person", recognizer_version=1, evidence="J. D.",
        chat_id="claude_chat_0", project_id="claude_proj_1", read_at=NOW - 9 * DAY,
    )  # fmt: skip
    with home.state.tick() as tick:
        tick.add_segments(home.lake.stage([low]))
    shown = views.masked_evidence(MIRA, "project", "claude_proj_1")
    assert shown is not None
    assert [row.type for row in shown.rows] == ["CLOUD_ACCESS_KEY", "IBAN", "PERSON"]
    assert shown.rows[0].where.startswith("Jane Doe · 27 Apr · 14 messages, part ")


def test_what_was_opened_says_how_often_before(views: LakeViews) -> None:
    page = views.finding(MIRA, FIRST)
    assert page is not None
    assert page.opened is not None
    (row,) = page.opened.rows
    assert (row.title, row.sensitivity) == ("Jane Doe · 27 Apr · 14 messages", "high")
    assert row.earlier == sum(1 for day in range(1, 60) if (NOW // DAY - day + 3) % 7 < 5)


def test_what_was_opened_here_are_openings_and_a_document_is_told_beside_its_project(
    views: LakeViews, home: Home
) -> None:
    from fanlight.pipeline.collect import commit_events

    at = ANCHOR + MINUTE
    document = replace(
        event(9002, at, AWAY_IP, "claude_project_document_viewed", "content_view"),
        chat_id=None, target_kind="document", target_id="claude_proj_doc_1",
    )  # fmt: skip
    project = replace(event(9003, at, AWAY_IP, "claude_project_viewed", "project_view"), project_id="claude_proj_1")
    made = replace(event(9004, at, AWAY_IP, "claude_chat_created", "content_change"), chat_id="claude_chat_1")
    lease = home.state.take_lease("test")
    commit_events(home, lease, "claude", "feed", [document, project, made], "c2", caught_up=True)
    keep(home, finding(6, events=("e9002", "e9003", "e9004")), finding(7, events=("e9004",)))
    page = views.finding(MIRA, finding(6).id)
    assert page is not None and page.opened is not None and page.blast is not None
    assert {row.title for row in page.opened.rows} >= {"Q2 close"}
    assert len(page.opened.rows) == 3  # the chat of the first event, the project, and the document in it
    assert page.blast.numbers[-1] == s.Figure(value="1", label="opened here")
    only_made = views.finding(MIRA, finding(7).id)
    assert only_made is not None and only_made.blast is not None
    assert [figure.label for figure in only_made.blast.numbers] == ["projects", "chats, files", "sensitive"]


def test_a_finding_without_a_person_or_thing_still_has_a_page(views: LakeViews, home: Home) -> None:
    keep(home, finding(5, identity_id=None, identity_email=None, entities=(), evidence=(), events=(), why=()))
    page = views.finding(MIRA, finding(5).id)
    assert page is not None
    assert (page.comparison, page.card, page.path, page.blast, page.opened) == (None, None, None, None, None)
    assert views.finding(MIRA, "f_none") is None


# -- verdicts ----------------------------------------------------------------------------------------------------


def test_a_verdict_closes_and_is_audited_and_can_be_taken_back(views: LakeViews, home: Home) -> None:
    done = views.judge(MIRA, FIRST, s.VerdictRequest(kind="true_positive", reason="Confirmed by phone"))
    stored = load_finding(home.state, FIRST)
    assert stored is not None
    assert (stored.status, stored.verdict, stored.assignee) == ("closed", "true_positive", "Mira Köhler")
    assert ("Mira Köhler", "verdict true_positive", FIRST) in _audit(home)
    page = views.finding(MIRA, FIRST)
    assert page is not None
    assert page.status == "Closed, true positive"
    assert page.verdict is not None
    assert done.undo is not None
    views.undo(MIRA, done.undo)
    stored = load_finding(home.state, FIRST)
    assert stored is not None
    assert (stored.status, stored.verdict) == ("open", None)
    assert ("Mira Köhler", "verdict taken back", FIRST) in _audit(home)
    with pytest.raises(NotAccepted, match="too late"):
        views.undo(MIRA, done.undo)


def test_undo_lasts_seconds(views: LakeViews, clock: HandClock) -> None:
    done = views.judge(MIRA, FIRST, s.VerdictRequest(kind="expected"))
    clock.at += 16 * SECOND
    assert done.undo is not None
    with pytest.raises(NotAccepted, match="too late"):
        views.undo(MIRA, done.undo)


def test_a_false_positive_offers_the_narrowest_exception_and_says_what_it_hides(views: LakeViews, home: Home) -> None:
    keep(home, finding(2, at=ANCHOR - 5 * DAY))
    views.judge(MIRA, finding(2).id, s.VerdictRequest(kind="true_positive"))
    page = views.finding(MIRA, FIRST)
    assert page is not None
    narrowest = page.exceptions[0]
    assert narrowest.sentence == "this rule, Jane Doe, 203.0.113.0/24, until 6 Jun"
    assert (narrowest.hidden, narrowest.hidden_true) == (2, 1)
    assert "1 true positive among them" in narrowest.consequence
    request = s.VerdictRequest(kind="false_positive", exception_dimension=narrowest.dimension)
    done = views.judge(MIRA, FIRST, request)
    (exception,) = load_exceptions(home.state)
    assert (exception.dimension, exception.value, exception.identity_id) == ("network", "203.0.113.0/24", "idn_jane")
    assert exception.expires_at == NOW + 30 * DAY
    closed = views.finding(MIRA, FIRST)
    assert closed is not None
    assert closed.verdict is not None
    assert closed.verdict.exception_id == exception.id
    assert done.undo is not None
    views.undo(MIRA, done.undo)
    assert not load_exceptions(home.state)


def test_only_a_false_positive_makes_an_exception(views: LakeViews, home: Home) -> None:
    for kind, dimension in (("true_positive", "0"), ("false_positive", "99"), ("false_positive", "x")):
        with pytest.raises(NotAccepted):
            views.judge(MIRA, FIRST, s.VerdictRequest(kind=kind, exception_dimension=dimension))  # type: ignore[arg-type]
    stored = load_finding(home.state, FIRST)
    assert stored is not None
    assert stored.status == "open"
    assert not load_exceptions(home.state)


def test_an_exception_can_be_revoked(views: LakeViews, home: Home) -> None:
    views.judge(MIRA, FIRST, s.VerdictRequest(kind="false_positive", exception_dimension="0"))
    (exception,) = load_exceptions(home.state)
    views.revoke_exception(MIRA, exception.id)
    assert not load_exceptions(home.state)
    with pytest.raises(NotAccepted):
        views.revoke_exception(MIRA, exception.id)


def test_notes_and_assignment_are_kept(views: LakeViews, home: Home) -> None:
    views.note(MIRA, FIRST, "Called, no answer.")
    views.assign(MIRA, FIRST, "Mira Köhler")
    with pytest.raises(NotAccepted, match="has not signed in"):
        views.assign(MIRA, FIRST, "Somebody Else")
    page = views.finding(MIRA, FIRST)
    assert page is not None
    assert [(note.author, note.text) for note in page.notes] == [("Mira Köhler", "Called, no answer.")]
    assert page.assignee == "Mira Köhler"
    assert {action for _, action, _ in _audit(home)} >= {"note written", "assigned"}


# -- evidence ----------------------------------------------------------------------------------------------------


def test_every_look_at_masks_is_audited_also_refused_ones(views: LakeViews, home: Home) -> None:
    shown = views.masked_evidence(MIRA, "chat", "claude_chat_1")
    assert shown is not None
    assert [(row.type, row.mask, row.count) for row in shown.rows] == [
        ("CLOUD_ACCESS_KEY", "AKIA + 16", 1),
        ("IBAN", "DE·· 4 groups", 6),
    ]
    with pytest.raises(NotAccepted, match="evidence:read"):
        views.masked_evidence(Viewer(name="Lena", may_see_masks=False), "chat", "claude_chat_1")
    assert views.masked_evidence(MIRA, "chat", "claude_chat_none") is None
    looks = [entry for entry in _audit(home) if entry[1].startswith("evidence")]
    assert looks == [
        ("Mira Köhler", "evidence looked at", "chat:claude_chat_1"),
        ("Lena", "evidence refused", "chat:claude_chat_1"),
        ("Mira Köhler", "evidence looked at", "chat:claude_chat_none"),
    ]


# -- identity, access, search ------------------------------------------------------------------------------------


def test_the_identity_has_accounts_reasons_picture_and_habits(views: LakeViews) -> None:
    page = views.identity("idn_jane")
    assert page is not None
    assert page.name == "Jane Doe"
    assert {(row.source, row.login) for row in page.accounts} == {
        ("Okta", "jane@example.com"), ("Claude", "jane@example.com"),
    }  # fmt: skip
    assert all(row.why for row in page.accounts)
    assert page.picture is not None
    assert [column.heading for column in page.picture.columns][-1] == "Resource"
    assert all(len(column.nodes) <= 12 for column in page.picture.columns)
    drawn = {node.id for column in page.picture.columns for node in column.nodes}
    assert all(edge.source in drawn and edge.target in drawn for edge in page.picture.edges)
    assert page.picture.selected in drawn
    assert len(page.activity) == 4
    assert page.timeline[-1].mark == "new"
    assert [row.id for row in page.open_findings] == [FIRST]
    facts = {fact.label: fact.value for fact in page.facts}
    assert facts["Department"] == "Finance"
    assert facts["Roles"] == "user of Example Instruments"
    assert facts["Elevated"] == "no"
    owner = views.identity("idn_max")
    assert owner is not None
    assert {fact.label: fact.value for fact in owner.facts}["Elevated"] == "yes, owns or administers 1 project"


def test_an_account_key_leads_to_its_identity(views: LakeViews) -> None:
    page = views.identity("claude:user_jane")
    assert page is not None
    assert page.id == "idn_jane"
    assert views.identity("claude:user_nobody") is None


def test_a_pivot_answers_who_can_reach_a_project(views: LakeViews) -> None:
    page = views.access("project:claude_proj_1", None)
    assert page is not None
    assert page.title == "Who can reach Q2 close"
    assert {(person.name, person.level) for person in page.people} == {("Max Roe", "owner"), ("Jane Doe", "editor")}
    assert views.access("project:claude_proj_none", None) is None


def test_search_finds_people_addresses_and_findings(views: LakeViews) -> None:
    assert views.search("jane@ex").hits[0].link == "/identities/idn_jane"
    assert [hit.kind for hit in views.search(AWAY_IP).hits] == ["ip"]
    assert views.search("never used").hits[0].link == f"/findings/{FIRST}"
    project = next(hit for hit in views.search("q2").hits if hit.kind == "project")
    assert (project.title, project.detail) == ("Q2 close", "sensitivity high")
    assert project.link == "/access?pivot=project:claude_proj_1"
    assert [hit.kind for hit in views.search("q2", "project").hits] == ["project"]
    assert {hit.kind for hit in views.search("e", "identity").hits} <= {"identity"}
    assert not views.search("j").hits
    assert not views.search("zzz").hits


# -- sources -----------------------------------------------------------------------------------------------------


class FakeVendor:
    """A source that answers a check without a network; everything else of adding a source is real."""

    kind = "okta"
    seen: list[str]

    def __init__(self, context: SourceContext) -> None:
        self.key = context.read_secret(context.options["token"])
        assert self.key not in repr(context)

    def check(self) -> SourceReport:
        works = self.key.startswith("00good")
        return SourceReport(
            reachable=True, works=works, headline="The token works." if works else "The token was refused.",
            scopes_found=("read:logs: sign-ins",) if works else (), how_to=("Make a new token.",),
        )  # fmt: skip

    def close(self) -> None:
        return None


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    from fanlight.server.views import drafts
    from fanlight.sources.registry import SourceKind

    monkeypatch.setattr(drafts, "find_kind", lambda kind: SourceKind(kind, FakeVendor, None, ""))  # type: ignore[arg-type]


def _add(token: str, name: str = "okta-two", **more: str) -> s.AddSourceRequest:
    options = {"url": "https://example.okta.com", "token": token, **more}
    return s.AddSourceRequest(kind="okta", name=name, options={k: SecretStr(v) for k, v in options.items()})


@pytest.mark.usefixtures("vendor")
def test_a_pasted_key_is_sealed_when_started_and_shown_nowhere(views: LakeViews, home: Home) -> None:
    key = "00good" + "canary" * 6
    tested = views.test_source(MIRA, _add(key))
    assert tested.works
    assert [(scope.name, scope.state, scope.gives) for scope in tested.scopes] == [("read:logs", "found", "sign-ins")]
    assert "canary" not in tested.model_dump_json()
    assert "canary" not in repr(views._drafts.__dict__)
    assert not list_connections(home)
    views.start_collecting(MIRA, tested.draft)
    (connection,) = list_connections(home)
    assert (connection.name, connection.kind, connection.options["token"]) == ("okta-two", "okta", "sealed:okta-two")
    assert home.vault.read("sealed:okta-two") == key
    kept = "\n".join(sqlite3.connect(home.path / "state.db").iterdump())
    assert "canary" not in kept
    with pytest.raises(NotAccepted, match="ten minutes"):
        views.start_collecting(MIRA, tested.draft)
    assert {action for _, action, _ in _audit(home)} >= {"source tested", "collecting started"}


@pytest.mark.usefixtures("vendor")
def test_a_draft_is_forgotten_after_ten_minutes_and_a_bad_key_never_starts(
    views: LakeViews, home: Home, clock: HandClock
) -> None:
    late = views.test_source(MIRA, _add("00good"))
    bad = views.test_source(MIRA, _add("wrong"))
    assert not bad.works
    assert bad.how_to == ["Make a new token."]
    with pytest.raises(NotAccepted, match="did not work"):
        views.start_collecting(MIRA, bad.draft)
    clock.at += 11 * MINUTE
    with pytest.raises(NotAccepted, match="ten minutes"):
        views.start_collecting(MIRA, late.draft)
    assert not list_connections(home)


@pytest.mark.usefixtures("vendor")
def test_bad_settings_of_a_source_are_one_sentence(views: LakeViews) -> None:
    with pytest.raises(NotAccepted, match="API token is needed"):
        views.test_source(
            MIRA, s.AddSourceRequest(kind="okta", name="x", options={"url": SecretStr("https://a.example")})
        )
    with pytest.raises(NotAccepted, match="no setting named colour"):
        views.test_source(MIRA, _add("00good", colour="red"))
    with pytest.raises(NotAccepted, match="https"):
        views.test_source(MIRA, _add("00good", url="http://example.okta.com"))


def test_every_kind_asks_for_exactly_what_its_source_needs(views: LakeViews) -> None:
    """Else a source that can be connected cannot be added in the browser."""
    known = {each.kind: each for each in views.sources().kinds}
    assert set(known) >= {"claude", "okta", "entra_id", "github_audit", "google_workspace", "aws_cloudtrail"}
    for name, kind in known.items():
        assert kind.how_to, name
        declared = {setting.name: setting for setting in find_kind(name).settings}
        if not declared:
            continue
        assert {field.name for field in kind.fields} == set(declared), name
        for field in kind.fields:
            setting = declared[field.name]
            assert (field.secret, field.required) == (setting.secret, setting.default is None), (name, field.name)
            assert field.label[0].isupper(), (name, field.name)
    assert [field.name for field in known["entra_id"].fields if field.lines] == ["key"]
    assert [known[name].title for name in ("crowdstrike", "defender")] == ["CrowdStrike Falcon", "Microsoft Defender"]


def test_what_is_imported_or_sent_is_named_beside_what_is_collected(views: LakeViews, home: Home) -> None:
    from fanlight.pipeline.collect import commit_events

    pushed = replace(event(9005, ANCHOR, AWAY_IP, "upload", "other"), source="gateway", product="zscaler_zia")
    lease = home.state.take_lease("test")
    commit_events(home, lease, "gateway", "log", [pushed], "c1", caught_up=True)
    assert views.sources().summary == "No source is connected; imported or sent in 90 days: Claude, Zscaler"


@pytest.mark.usefixtures("vendor")
def test_health_says_gap_late_and_stopped(views: LakeViews, home: Home, clock: HandClock) -> None:
    from fanlight.pipeline.collect import commit_events
    from fanlight.pipeline.connections import note_state

    views.start_collecting(MIRA, views.test_source(MIRA, _add("00good", name="okta")).draft)
    (row,) = views.sources().rows
    assert row.health == "first_sync"
    assert row.progress is not None
    assert (row.hour_note, row.backlog) == ("first reading: 0 records so far", None)
    gap = Notice(kind="gap", sentence="No records.", at=NOW, since=NOW - 5 * HOUR, until=NOW - 2 * HOUR)
    lease = home.state.take_lease("test")
    commit_events(home, lease, "okta", "log", [], "c", caught_up=True, notices=[gap])
    with home.state.tick() as tick:
        note_state(tick, "okta", "healthy", "")
    view = views.sources()
    assert view.rows[0].health == "partial"
    assert view.rows[0].by_hour.count(None) == 3
    assert view.unseen[0].sentence.startswith("No records from 7 May, 07:00 to 10:00 (3 h).")
    assert views.queue(MIRA, QueueQuery()).blind[0].sentence.startswith("Okta: No records")
    clock.at += 20 * MINUTE
    view = views.sources()
    assert view.rows[0].health == "late"
    assert "Not read to the end since" in view.unseen[0].sentence
    assert "is `fanlight up` running?" in view.unseen[0].sentence
    with home.state.tick() as tick:
        note_state(tick, "okta", "stopped", "The token was refused; paste another.")
    view = views.sources()
    assert view.rows[0].health == "stopped"
    assert view.unseen[0].sentence == "The token was refused; paste another."
    assert views.header(MIRA, None).sources_note == "1 stopped"


# -- around ------------------------------------------------------------------------------------------------------


def test_a_link_and_its_session_work_over_the_state(home: Home, clock: HandClock) -> None:
    sessions = Sessions(SignIns(home.state), clock)
    token = sessions.issue_link("Mira Köhler", "http://127.0.0.1:1").partition("token=")[2]
    session = sessions.enter(token)
    assert session is not None
    assert sessions.enter(token) is None
    viewer = sessions.viewer(session)
    assert viewer is not None
    assert viewer.name == "Mira Köhler"
    kept = "\n".join(sqlite3.connect(home.path / "state.db").iterdump())
    assert token not in kept
    assert session not in kept
    sessions.leave(session)
    assert sessions.viewer(session) is None


def test_simulated_is_said_when_the_state_says_so(views: LakeViews, home: Home) -> None:
    assert not views.header(MIRA, None).simulated
    with home.state.tick() as tick:
        tick.set_fact("simulated", "yes")
    assert views.header(MIRA, None).simulated


def test_an_empty_installation_has_every_page(tmp_path: Path, clock: HandClock) -> None:
    empty = LakeViews(open_home(tmp_path / "empty", clock=clock))
    queue = empty.queue(MIRA, QueueQuery())
    assert (queue.rows, queue.risk, queue.sources_connected) == ([], [], 0)
    assert empty.sources().summary == "No source is connected"
    assert empty.header(MIRA, None).freshness == "nothing"
    assert empty.identity("idn_jane") is None
    assert not empty.search("jane").hits
