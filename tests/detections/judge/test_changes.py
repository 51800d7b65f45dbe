"""The anchor of a finding says what was changed: from what, to what, for whom."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from fanlight.detections.judge import judge
from fanlight.detections.rulefile import load_rules
from fanlight.detections.scenario import build

RULES = load_rules([Path(str(resources.files("fanlight.catalog") / "rules"))])


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("project_escalation", 0, "Gave Ada Doe the role owner, project Q2 close"),
        ("project_escalation", 2, "Put Ada Doe into group rbac_group_1, which holds the role admin, project Q2 close"),
        ("project_escalation", 3, "Gave group rbac_group_2 the role admin, project Q2 close"),
        ("privacy_weakened", 0, "Changed who may see project Q2 close from only its members to the whole organization"),
        ("privacy_weakened", 1, "Changed who may see project Handbook from the whole organization to the public"),
        ("privacy_weakened", 2, "Changed who may see project Board to the whole organization"),
        ("sensitive_chat_moved", 0, "Moved a chat from no project into project Drop (SECRET)"),
        ("sensitive_chat_moved", 2, "Moved a chat from project Q2 close into project Elsewhere (PII)"),
    ],
)
def test_the_anchor_says_what_was_changed(name: str, number: int, words: str) -> None:
    rule = RULES.by_id(name)
    assert rule is not None
    facts, window = build(dict(rule.tests[number]))
    (finding,) = judge(facts, [rule], window)
    (anchor,) = [step for step in finding.evidence if step.mark == "anchor"]
    assert anchor.text == words


def test_a_project_that_only_an_event_of_weeks_ago_names_has_its_name() -> None:
    """The record of the chat was read after the move, so nothing but the old event knows where the chat came from."""
    rule = RULES.by_id("sensitive_chat_moved")
    assert rule is not None
    test = dict(rule.tests[2])
    test["chats"] = {"claude_chat_3": {**test["chats"]["claude_chat_3"], "project": "claude_proj_foreign"}}
    (move,) = test["events"]
    made = {**move, "at": "2026-04-10T10:00:00Z", "type": "claude_chat_created", "claude_project_id": "claude_proj_old"}
    test["events"] = [made, move]
    facts, window = build(test)
    facts.all_objects[:] = [o for o in facts.all_objects if o.object_id != "claude_chat_3"]
    (finding,) = judge(facts, [rule], window)
    assert "from project Q2 close into project Elsewhere" in finding.sentence
