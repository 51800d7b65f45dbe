"""Rules of a company that never existed, with every state a rule can be in."""

from __future__ import annotations

from fanlight.model import HOUR
from fanlight.server.pages.detections import (
    BrokenRule,
    DetectionsAsk,
    DetectionsView,
    RuleDetail,
    RuleFinding,
    RuleRow,
    Sight,
)
from fanlight.server.schema import SeverityName
from server.sample_views import NOW

_RULES: tuple[tuple[str, str, SeverityName, Sight, str, int, int, int], ...] = (
    ("okta_push_fatigue", "Many pushes refused, then one approved", "high", "blind",
     "Okta has sent no event in 90 days, or is not connected.", 0, 0, 0),
    ("sensitive_chat_new_place", "Sensitive chat viewed from a place the person never used", "high", "partly",
     "62 % of events come from addresses whose place is unknown; networks are compared instead.", 38, 27, 11),
    ("bulk_file_views", "Many files of a sensitive project viewed in a few minutes", "high", "sees",
     "Looked at 3,948 events in 90 days.", 4, 1, 0),
    ("sso_disabled", "Single sign-on was switched off", "high", "quiet",
     "Nothing of what it looks at happened in 90 days: org_sso_toggled.", 0, 0, 0),
)  # fmt: skip


def sample(ask: DetectionsAsk, *, empty: bool) -> DetectionsView:
    """Blind, partly blind, seeing and quiet; one file that cannot be read."""
    rows = [
        RuleRow(
            rule=rule, title=title, level=level, version="a4dbcc7", own=rule != "okta_push_fatigue",
            sight="blind" if empty else sight,
            sentence="Claude has sent no event in 90 days, or is not connected." if empty else sentence,
            hits=0 if empty else hits, weeks=[hits // 13] * 12 + [hits - 12 * (hits // 13)] if not empty else [0] * 13,
            open=0 if empty else hits - true - false, true=0 if empty else true, false=0 if empty else false,
            expected=0, excepted=0, last_at=NOW - 7 * HOUR if hits and not empty else None,
        )
        for rule, title, level, sight, sentence, hits, true, false in _RULES
    ]  # fmt: skip
    chosen = next((row for row in rows if row.rule == ask.rule), None)
    detail = chosen and RuleDetail(
        rule=chosen.rule, title=chosen.title, record="precision 71 % over 38 verdicts",
        description="Somebody's account opened a chat with sensitive content from a place the person never used.",
        looks_at="claude_chat_viewed 17,622", attack=["T1078.004"],
        falsepositives=["A trip to a country where no colleague has been before"], runbook=["Ask by phone."], tests=5,
        exceptions=1,
        findings=[RuleFinding(id="f-2287aa10", title="Sensitive chat viewed from a place Jane Doe never used",
                              severity="high", status="open", at=NOW - 7 * HOUR)] if chosen.hits else [],
        last_line="37 older in 90 days." if chosen.hits > 1 else "",
    )  # fmt: skip
    return DetectionsView(
        summary="4 rules, 4 blind; 0 findings in 90 days" if empty
        else "4 rules, 1 blind, 1 partly blind, 1 file cannot be read; 42 findings in 90 days",
        rows=rows,
        broken=[] if empty else [BrokenRule(name="house.yml", sentence="The condition names what is not there.")],
        detail=detail,
    )  # fmt: skip
