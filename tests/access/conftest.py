"""A home on disk with a small company in it, made of facts through the real store."""

from __future__ import annotations

from pathlib import Path

import pytest
from access_world import DAY, Company

from fanlight.model import Event
from fanlight.pipeline.home import Home, open_home


def small_company() -> Company:
    company = Company()
    company.organization("11111111-0000-4000-8000-000000000001", "Aldermoor Instruments")
    company.member(
        "user_jane", "11111111-0000-4000-8000-000000000001", "user", name="Jane Doe", email="Jane@example.com"
    )
    company.member("user_max", "11111111-0000-4000-8000-000000000001", "owner", name="Max Roe", email="max@example.com")
    company.member("user_ann", "11111111-0000-4000-8000-000000000001", "user", name="Ann Poe", email="ann@example.com")
    company.group("rbac_group_fin", ["user_jane"], name="Finance-EU")
    company.project("claude_proj_close", "11111111-0000-4000-8000-000000000001", "user_max", name="Q2 close")
    company.grant(("group", "rbac_group_fin"), ("project", "claude_proj_close"), "editor", "group", at=10 * DAY)
    company.project("claude_proj_open", "11111111-0000-4000-8000-000000000001", None, private=False, name="Style guide")
    company.leaf(
        "chat", "claude_chat_1", "11111111-0000-4000-8000-000000000001", "user_max", ("project", "claude_proj_close")
    )
    for user in ("jane", "max", "ann"):
        company.link(f"claude:user_{user}", f"idn_{user}")
    return company


def view(event_id: str, user: str, chat: str, at: int) -> Event:
    return Event(
        tenant="default", source="claude", product="claude", event_id=event_id, type="claude_chat_viewed",
        family="content_view", occurred_at=at, account_key=f"claude:{user}", chat_id=chat,
        project_id="claude_proj_close",
    )  # fmt: skip


def store(home: Home, *batches: list[object]) -> None:
    for rows in batches:
        segments = home.lake.stage(rows)  # type: ignore[arg-type]
        with home.state.tick() as tick:
            tick.add_segments(segments)


@pytest.fixture
def company() -> Company:
    return small_company()


@pytest.fixture
def home(tmp_path: Path, company: Company) -> Home:
    opened = open_home(tmp_path / "home")
    events = [
        view("e1", "user_jane", "claude_chat_1", 20 * DAY),
        view("e2", "user_jane", "claude_chat_1", 21 * DAY),
        view("e3", "user_ann", "claude_chat_1", 90 * DAY),
    ]
    store(opened, list(company.objects), list(company.grants), list(company.links), events)
    return opened
