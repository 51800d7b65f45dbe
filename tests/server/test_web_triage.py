"""One act on several findings of the queue."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from fanlight.model import HOUR
from fanlight.pipeline.home import Home
from fanlight.server import NotAccepted, QueueQuery, Viewer
from fanlight.server import schema as s
from fanlight.server.views import LakeViews
from fanlight.state import schema
from fanlight.state.findings import load_finding
from server.small_home import NOW, HandClock, finding, keep

MIRA = Viewer(name="Mira Köhler")
IDS = [finding(n).id for n in (1, 2, 3)]


@pytest.fixture(autouse=True)
def three(home: Home) -> None:
    keep(home, finding(2, "low"), finding(3, "critical"))


def _status(home: Home) -> list[tuple[str, str | None]]:
    found = [load_finding(home.state, each) for each in IDS]
    return [(f.status, f.verdict) for f in found if f is not None]


def test_a_verdict_closes_all_chosen_and_one_undo_opens_them_again(views: LakeViews, home: Home) -> None:
    done = views.bulk(MIRA, s.BulkRequest(ids=IDS[:2], act="verdict", verdict="false_positive"))
    assert done.sentence == "2 findings closed as a false positive."
    assert _status(home) == [("closed", "false_positive"), ("closed", "false_positive"), ("open", None)]
    assert done.undo is not None
    assert views.undo(MIRA, done.undo).sentence == "Taken back: 2 findings are as they were before."
    assert _status(home) == [("open", None)] * 3
    table = schema.audit_log
    with home.state.view() as connection:
        audit = [tuple(row) for row in connection.execute(select(table.c.action, table.c.object))]
    for each in IDS[:2]:
        assert [action for action, about in audit if about == each] == ["verdict false_positive", "verdict taken back"]


def test_what_is_closed_already_is_left_alone_and_counted(views: LakeViews, home: Home) -> None:
    views.judge(MIRA, IDS[0], s.VerdictRequest(kind="true_positive"))
    done = views.bulk(MIRA, s.BulkRequest(ids=IDS, act="verdict", verdict="expected"))
    assert done.sentence == "2 findings closed as expected. 1 finding of your choice is no longer open."
    assert _status(home)[0] == ("closed", "true_positive")
    with pytest.raises(NotAccepted, match="None of these findings is open"):
        views.bulk(MIRA, s.BulkRequest(ids=IDS, act="verdict", verdict="expected"))


def test_assigning_and_snoozing_several(views: LakeViews, clock: HandClock) -> None:
    assert views.queue(MIRA, QueueQuery()).people == ["Mira Köhler"]
    done = views.bulk(MIRA, s.BulkRequest(ids=IDS[:2], act="assign", assignee="Mira Köhler"))
    assert done.sentence == "2 findings assigned to Mira Köhler."
    assert {row.id for row in views.queue(MIRA, QueueQuery(tab="mine")).rows} == set(IDS[:2])
    with pytest.raises(NotAccepted, match="has not signed in"):
        views.bulk(MIRA, s.BulkRequest(ids=IDS, act="assign", assignee="Nobody Known"))
    done = views.bulk(MIRA, s.BulkRequest(ids=IDS[1:], act="snooze", until=NOW + HOUR))
    assert done.sentence == "2 findings snoozed until 7 May, 13:00."
    assert [row.id for row in views.queue(MIRA, QueueQuery()).rows] == IDS[:1]
    assert done.undo is not None
    views.undo(MIRA, done.undo)
    assert len(views.queue(MIRA, QueueQuery()).rows) == 3
    with pytest.raises(NotAccepted, match="passed already"):
        views.bulk(MIRA, s.BulkRequest(ids=IDS, act="snooze", until=NOW - HOUR))


def test_a_verdict_must_be_named(views: LakeViews, home: Home) -> None:
    with pytest.raises(NotAccepted, match="verdict is needed"):
        views.bulk(MIRA, s.BulkRequest(ids=IDS, act="verdict"))
    assert _status(home) == [("open", None)] * 3
