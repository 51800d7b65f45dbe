"""Only what changed becomes a new version, and what is no longer listed was removed."""

from __future__ import annotations

from dataclasses import replace

from fanlight.model import HOUR, Grant, ObjectVersion
from fanlight.pipeline.heads import Listing, compare_grants, compare_objects
from fanlight.pipeline.home import Home

NOW = 1_790_000_000_000_000


def user(number: int, name: str = "Jane Doe") -> ObjectVersion:
    return ObjectVersion(
        tenant="default", source="claude", product="claude", kind="user", object_id=f"user_{number}", name=name,
        organization_id="org", valid_from=NOW - HOUR,
    )  # fmt: skip


def look(home: Home, rows: list[ObjectVersion], at: int, complete: bool = True) -> list[ObjectVersion]:
    changes = compare_objects(home.state, [Listing("claude/users/org", rows, complete)], at)
    with home.state.tick() as tick:
        changes.commit(tick)
    return changes.rows


def test_the_same_list_again_adds_nothing(home: Home) -> None:
    rows = [user(number) for number in range(1200)]
    assert len(look(home, rows, NOW)) == 1200
    assert look(home, rows, NOW + HOUR) == []


def test_a_first_version_is_as_old_as_the_vendor_says(home: Home) -> None:
    (first,) = look(home, [user(1)], NOW)
    assert (first.valid_from, first.seen_at) == (NOW - HOUR, NOW)


def test_a_change_is_valid_since_it_was_seen(home: Home) -> None:
    look(home, [user(1), user(2)], NOW)
    (changed,) = look(home, [user(1), user(2, "Jane Roe")], NOW + HOUR)
    assert (changed.name, changed.valid_from) == ("Jane Roe", NOW + HOUR)


def test_what_is_missing_from_a_full_list_was_removed_and_can_return(home: Home) -> None:
    look(home, [user(1), user(2)], NOW)
    (gone,) = look(home, [user(1)], NOW + HOUR)
    assert (gone.object_id, gone.removed) == ("user_2", True)
    assert look(home, [user(1)], NOW + 2 * HOUR) == []
    (back,) = look(home, [user(1), user(2)], NOW + 3 * HOUR)
    assert (back.object_id, back.removed) == ("user_2", False)


def test_a_page_of_a_walk_removes_nothing(home: Home) -> None:
    look(home, [user(1), user(2)], NOW, complete=False)
    assert look(home, [user(1)], NOW + HOUR, complete=False) == []


def test_an_emptied_scope_removes_everything_in_it_and_nothing_else(home: Home) -> None:
    look(home, [user(1)], NOW)
    other = replace(user(9), organization_id="other")
    changes = compare_objects(home.state, [Listing("claude/users/other", [other], True)], NOW)
    with home.state.tick() as tick:
        changes.commit(tick)
    assert [row.object_id for row in look(home, [], NOW + HOUR)] == ["user_1"]


def test_a_revoked_grant_becomes_a_removed_row(home: Home) -> None:
    grant = Grant(
        tenant="default", source="claude", product="claude", grant_id="g1", principal_kind="user",
        principal_id="user_1", resource_kind="project", resource_id="claude_proj_1", level="editor", via="user",
        valid_from=NOW - HOUR,
    )  # fmt: skip
    first = compare_grants(home.state, [Listing("claude/project/1", [grant], True)], NOW)
    with home.state.tick() as tick:
        first.commit(tick)
    (gone,) = compare_grants(home.state, [Listing("claude/project/1", [], True)], NOW + HOUR).rows
    assert (gone.removed, gone.valid_from) == (True, NOW + HOUR)
