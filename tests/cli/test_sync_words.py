"""A pass says what it brought, and what it did not."""

from __future__ import annotations

from fanlight.cli.sync import brought_by, missing_in
from fanlight.pipeline.collect import Collected
from fanlight.pipeline.content import LabelledCounts
from fanlight.pipeline.sync import SourceOutcome


def test_a_pass_says_what_it_brought() -> None:
    streams = {"feed": Collected(events=1200), "directory": Collected(versions=3, grants=4)}
    one = SourceOutcome("claude", streams, LabelledCounts(read=5, failed=1), requests={"feed": 2, "content": 6})
    sentence = "1,200 new events, 7 object and grant changes, 5 things labelled, 1 could not be read, 8 requests."
    assert brought_by(one) == sentence
    assert list(missing_in(one)) == []


def test_what_the_vendor_did_not_give_and_what_the_key_does_not_open_are_said_once() -> None:
    one = SourceOutcome("claude", labelled=LabelledCounts(postponed=4), refused={"feed": "No.", "own_traffic": "No."})
    waiting = "4 things were not to be had now; they wait and are asked for again."
    assert list(missing_in(one)) == [waiting, "read in part. No."]


def test_a_problem_stands_for_everything_that_was_refused() -> None:
    assert list(missing_in(SourceOutcome("claude", problem="It is down.", refused={"feed": "No."}))) == ["It is down."]
