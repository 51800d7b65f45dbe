"""What the operator said of a person's hours and of holidays counts when an hour is judged, and is named."""

from __future__ import annotations

import copy
from dataclasses import replace
from importlib import resources
from pathlib import Path

from fanlight.detections.facts import Company
from fanlight.detections.judge import judge
from fanlight.detections.rulefile import load_rules
from fanlight.detections.scenario import build
from fanlight.enrich.workhours import StatedHours
from fanlight.model import Finding

RULES = load_rules([Path(str(resources.files("fanlight.catalog") / "rules"))])


def judged(events: list[dict[str, object]], now: str, **company: object) -> list[Finding]:
    chosen = RULES.by_id("off_hours_sensitive_project")
    assert chosen is not None
    test = copy.deepcopy(dict(chosen.tests[0])) | {"now": now, "events": events}
    facts, window = build(test)
    facts.company = replace(facts.company or Company(), **company)  # type: ignore[arg-type]
    return judge(facts, [chosen], window)


def visit(at: str) -> list[dict[str, object]]:
    return [
        {
            "at": at,
            "by": "jane",
            "type": "claude_project_viewed",
            "ip": "192.0.2.10",
            "claude_project_id": "claude_proj_q2",
        }
    ]


def email_of_jane() -> str:
    (finding,) = judged(visit("01:14:09"), "2026-05-07")
    assert finding.identity_email
    return finding.identity_email


def test_a_stated_night_shift_is_no_unusual_hour() -> None:
    night = StatedHours(start=22, end=6, of="person")
    assert judged(visit("01:14:09"), "2026-05-07", people_hours=((email_of_jane(), night),)) == []


def test_stated_hours_that_do_not_cover_it_are_named_in_the_reason() -> None:
    day = StatedHours(start=9, end=17, of="person")
    (finding,) = judged(visit("01:14:09"), "2026-05-07", people_hours=((email_of_jane(), day),))
    assert any("stated 09 to 17, Mon to Fri" in why.usual for why in finding.why)


def test_a_public_holiday_of_the_person_s_country_is_named_in_the_reason() -> None:
    """1 May is a holiday in Germany, where Jane's zone lies, and an ordinary Friday in the United States."""
    (german,) = judged(visit("03:10:00"), "2026-05-01", holiday_calendars=("DE",))
    (other,) = judged(visit("03:10:00"), "2026-05-01", holiday_calendars=("US",))
    assert any("Labor Day" in why.usual for why in german.why)
    assert not any("Labor Day" in why.usual for why in other.why)
