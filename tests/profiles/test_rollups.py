"""Rollups count once, and add up however the events were split."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from fanlight.model import DAY, HOUR, Event, Rollup, day_of, parse_time
from fanlight.profiles.rollups import ROLLUP_SCHEMA, compute, hour_of_week, merge, rows_of

START = parse_time("2026-05-04")  # a Monday


def event(number: int, at: int, **more: object) -> Event:
    values: dict[str, object] = {
        "account_key": "claude:user_1", "ip": "192.0.2.1", "user_agent": "Chrome/140", "project_id": "claude_proj_1",
        "organization_id": "org-1", "type": "claude_chat_viewed",
    }  # fmt: skip
    values |= more
    return Event(
        tenant="default", source="claude", product="claude", event_id=f"activity_{number}", family="content_view",
        occurred_at=at, **values,  # type: ignore[arg-type]
    )  # fmt: skip


def some_events(count: int, seed: int = 1) -> list[Event]:
    dice = random.Random(seed)
    return [
        event(
            number, START + dice.randrange(3 * DAY),
            account_key=dice.choice([None, "claude:user_1", "okta:00u1"]),
            ip=dice.choice([None, "192.0.2.1", "198.51.100.2"]),
            user_agent=dice.choice([None, "", "Chrome/140", "curl/8"]), project_id=dice.choice([None, "claude_proj_1"]),
            organization_id=dice.choice([None, "org-1"]), device_id=dice.choice([None, "tdev_1"]),
        )
        for number in range(count)
    ]  # fmt: skip


def client(agent: str) -> str:
    return agent.partition("/")[0].lower()


def reference(events: list[Event]) -> list[Rollup]:
    """The simple version: one row for each event and cut, then added up."""
    rows: list[Rollup] = []
    for one in events:
        values = {
            "ip": one.ip, "client": client(one.user_agent) if one.user_agent else None, "device": one.device_id,
            "hour": str(hour_of_week(one.occurred_at)), "type": one.type, "family": one.family,
            "project": one.project_id, "organization": one.organization_id, "account": one.account_key,
        }  # fmt: skip
        cuts = [("account", one.account_key, name) for name in values if name != "account"]
        cuts += [("project", one.project_id, name) for name in ("type", "hour", "account")]
        cuts += [("organization", one.organization_id, name) for name in ("type", "hour")]
        for scope, entity, dimension in cuts:
            value = values[dimension]
            if entity is not None and value is not None:
                rows.append(
                    Rollup(
                        tenant="default", scope=scope, entity=entity, dimension=dimension, value=value,
                        day=day_of(one.occurred_at), n=1, first_at=one.occurred_at, last_at=one.occurred_at,
                    )
                )  # fmt: skip
    return merge(rows)


def test_a_batch_gives_what_counting_by_hand_gives() -> None:
    events = some_events(400)
    assert merge(rows_of(compute(events, client))) == reference(events)


@pytest.mark.parametrize("seed", [2, 3])
def test_any_split_in_any_order_adds_up_to_the_same(seed: int) -> None:
    events = some_events(120, seed)
    shuffled = random.Random(seed).sample(events, len(events))
    parts = [row for i in range(0, 120, 40) for row in rows_of(compute(shuffled[i : i + 40], client))]
    assert merge(parts) == reference(events)


def test_a_table_counts_like_a_list_of_events() -> None:
    events = some_events(50)
    names = list(Event.__dataclass_fields__)
    table = pa.table({name: [getattr(one, name) for one in events] for name in names})
    assert rows_of(compute(table, client)) == rows_of(compute(events, client))


def test_an_event_without_account_counts_for_its_project_only() -> None:
    rows = rows_of(compute([event(1, START, account_key=None, organization_id=None)], client))
    assert {row.scope for row in rows} == {"project"}


def test_no_events_give_an_empty_table_with_the_columns() -> None:
    assert compute([], client).schema == ROLLUP_SCHEMA


def test_the_hour_of_the_week_starts_on_monday_in_utc() -> None:
    assert [hour_of_week(START), hour_of_week(START + 7 * HOUR), hour_of_week(START - 1)] == [0, 7, 167]


def test_a_place_is_not_counted_because_it_may_be_learned_later() -> None:
    assert {row.dimension for row in rows_of(compute(some_events(40), client))} == {
        "ip", "client", "device", "hour", "type", "family", "project", "organization", "account",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_few_events_are_counted_as_many_are(seed: int) -> None:
    """A page is counted one by one, a backlog in columns: the tables are the same, row for row."""
    events = some_events(300, seed)
    names = (
        "tenant",
        "account_key",
        "organization_id",
        "project_id",
        "ip",
        "user_agent",
        "device_id",
        "type",
        "family",
    )
    columns = {name: pa.array([getattr(one, name) for one in events], pa.string()) for name in names}
    table = pa.table(columns | {"occurred_at": pa.array([one.occurred_at for one in events], pa.int64())})
    assert compute(events, client).equals(compute(table, client))
    assert compute(events[:1], client).equals(compute(table.slice(0, 1), client))
