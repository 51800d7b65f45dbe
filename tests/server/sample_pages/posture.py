"""Answers of the posture checks of a company that never existed."""

from __future__ import annotations

from fanlight.server.pages.posture import (
    Change,
    CheckDetail,
    CheckRow,
    FailingEntity,
    PostureAsk,
    PostureView,
)

_ROWS = [
    CheckRow(check="sensitive_project_broad", title="Sensitive project with broad membership", status="fail",
             question="Is every project with sensitive content kept to a small circle?", severity="high", failing=5,
             sentence="Facilities guide holds content of high sensitivity and every member can open it. And 4 more."),
    CheckRow(check="stale_api_key", title="API key not used for a long time", status="fail", severity="medium",
             question="Is every active key in use?", failing=7,
             sentence="The compliance key old-export is 360 days old and no use of it is known. And 6 more."),
    CheckRow(check="elevated_inactive", title="Elevated account without recent activity", status="unknown",
             question="Does everybody with an elevated role use it?", severity="medium", failing=0,
             sentence="The feed is known for 6 days; 45 are needed to tell who is inactive."),
    CheckRow(check="key_with_delete_scope", title="Compliance key that can delete", status="pass", severity="medium",
             question="Do all keys only read?", failing=0, sentence="None of 7 active Compliance keys can delete."),
]  # fmt: skip


def _detail(check: str) -> CheckDetail:
    row = next(row for row in _ROWS if row.check == check)
    ids = ("q2", "p1", "p2", "p3", "p4")
    named = ("Facilities guide", "Travel policy redesign", "Payroll operations", "Tax filings", "Deployment runbooks")
    failing = [
        FailingEntity(kind="project", id=ids[at], name=name, link=f"/access?pivot=project:{ids[at]}", severity="high",
                      sentence=f"{name} holds content of high sensitivity and every member can open it.")
        for at, name in enumerate(named[: row.failing])
    ]  # fmt: skip
    return CheckDetail(
        check=check, title=row.title, question=row.question, status=row.status,
        advice="Make the project private, or share it with the group that needs it.", failing=failing,
        total=row.failing, told=[] if row.failing else [row.sentence],
    )  # fmt: skip


def sample(ask: PostureAsk, *, empty: bool) -> PostureView:
    """Two failures, one that could not be told, one pass; without sources nothing can be told."""
    rows = [
        row.model_copy(update={"status": "unknown", "failing": 0, "sentence": "Nothing is connected."})
        if empty
        else row
        for row in _ROWS
    ]
    return PostureView(
        summary="4 checks: 0 fail, 4 could not be told, 0 pass" if empty
        else "4 checks: 2 fail, 1 could not be told, 1 passes",
        rows=[row for row in rows if ask.status in (None, row.status)],
        change=None if empty else Change(
            title="Payroll operations", sentence="3 failures of 12 are about this one project. Make it private.",
            closes=3, link="/access?pivot=project:p2", checks=["Sensitive project with broad membership"],
        ),
        detail=_detail(ask.check) if ask.check in {row.check for row in _ROWS} else None,
    )  # fmt: skip
