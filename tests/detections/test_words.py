"""What happened, in words: the state that an event states is said."""

from __future__ import annotations

import json

import pytest

from fanlight.detections.words import delay, did, sensitive_things, stating_types
from fanlight.model import HOUR, MINUTE, Event


def _event(type_: str, **raw: object) -> Event:
    return Event(
        tenant="t",
        source="claude",
        product="claude",
        event_id="e",
        type=type_,
        family="other",
        occurred_at=1,
        ingested_at=1,
        raw=json.dumps(raw),
    )


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (_event("org_sso_toggled", enabled=False), "Switched single sign-on off"),
        (_event("org_sso_toggled", enabled=True), "Switched single sign-on on"),
        (_event("org_sso_toggled"), "Switched single sign-on; the event does not say to what"),
        (
            _event("settings_weakened", setting="sso_enabled"),
            "Single sign-on went from on to off, by the record of the settings",
        ),
        (_event("settings_weakened", setting="new"), "A setting went from on to off, by the record of the settings"),
        (_event("claude_chat_viewed"), "Viewed a chat"),
        (_event("brand.new_type"), "Brand new type"),
    ],
)
def test_an_event_says_what_it_changed_to(event: Event, words: str) -> None:
    assert did(event) == words


def test_types_whose_words_need_their_record_are_known() -> None:
    assert stating_types() == ["org_sso_toggled", "settings_weakened"]


def test_a_delay_of_weeks_is_told_in_days_and_one_thing_in_the_singular() -> None:
    assert [delay(late) for late in (4 * MINUTE, 43 * HOUR + 11 * MINUTE, 640 * HOUR)] == [
        "4 min", "43 h 11 min", "26 days",
    ]  # fmt: skip
    assert (sensitive_things(1), sensitive_things(1300)) == (
        "1 sensitive chat or file",
        "1,300 sensitive chats and files",
    )
