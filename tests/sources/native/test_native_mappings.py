"""Oddities of native logs that paths alone cannot say."""

from __future__ import annotations

from typing import Any

import pytest

from fanlight.model import Event, parse_time
from fanlight.sources.contract import SourceContext
from fanlight.sources.native import read_moment
from fanlight.sources.registry import find_kind
from support.source_fixtures import CONTENT_KEY, JumpingClock


def mapped(kind: str, **record: Any) -> Event:
    context = SourceContext(tenant="t", name=kind, clock=JumpingClock(), content_key=CONTENT_KEY, read_secret=str)
    mapper = find_kind(kind).map_record
    assert mapper is not None
    (event,) = mapper(record, context)
    return event


def test_seconds_with_a_tail_of_zeros_are_read() -> None:
    assert read_moment("2024-12-17 00:00:00000000") == parse_time("2024-12-17T00:00:00Z")


def test_who_opened_an_issue_is_its_author_and_who_edited_it_is_not_known() -> None:
    issue = {"user": {"login": "ana"}, "number": 1}
    opened = mapped("github_audit", action="opened", issue=issue)
    assert (opened.type, opened.actor_id, opened.account_key) == ("issue.opened", "ana", "github_audit:ana")
    assert mapped("github_audit", action="edited", issue=issue).actor_id is None
    assert mapped("github_audit", action="opened", issue=issue, sender={"login": "max"}).actor_id == "max"


@pytest.mark.parametrize(
    ("name", "value", "target"),
    [
        ("doc_id", "d1", ("file", "d1")),
        ("USER_EMAIL", "a@example.com", ("user", "a@example.com")),
        ("affected_email_address", "a@example.com", ("user", "a@example.com")),
        ("application_name", "Claude", ("application", "Claude")),
        ("something", "else", (None, None)),
    ],
)
def test_the_target_of_a_google_event_stands_among_its_parameters(
    name: str, value: str, target: tuple[str | None, str | None]
) -> None:
    listed = mapped("google_workspace", events=[{"name": "x", "parameters": [{"name": name, "value": value}]}])
    flattened = mapped("google_workspace", name="x", parameters={name: value})
    assert (listed.target_kind, listed.target_id) == (flattened.target_kind, flattened.target_id) == target
