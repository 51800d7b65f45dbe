"""What judging looks at: how far back, which verdicts, and when there is something new to judge."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import update

from fanlight.model import DAY, HOUR, Entity, Event, Evidence, Finding, Micros
from fanlight.pipeline.connections import add_connection, note_state
from fanlight.pipeline.home import Home
from fanlight.pipeline.judging import attacks_of, is_judged, judge_rules, read_to_of
from fanlight.pipeline.queue import Queued, enqueue, finish
from fanlight.pipeline.windows import choose_window, close_first_looks
from fanlight.sources.contract import ContentRef
from fanlight.state import schema
from fanlight.state.findings import StoredFinding, decide, put_finding


def connected(home: Home) -> Micros:
    """A source that was read to its end while one chat still waits to be read."""
    add_connection(home, "claude", "claude", {"url": "http://127.0.0.1:9", "key": home.vault.seal("claude", "k")})
    with home.state.tick() as tick:
        note_state(tick, "claude", "syncing", "")
        enqueue(tick, "claude", [ContentRef(kind="chat", object_id="chat_1", updated_at=1)])
        note_state(tick, "claude", "healthy", "")
        return tick.now


def test_the_first_look_stays_a_month_until_what_waited_is_read(home: Home) -> None:
    at = connected(home)
    window = choose_window(home)
    assert window.looked == ()
    assert window.since <= at - 29 * DAY
    with home.state.tick() as tick:
        tick.set_fact("judged_to", str(window.until))
        close_first_looks(tick, window)
    assert choose_window(home).since <= at - 29 * DAY
    with home.state.tick() as tick:
        queued = Queued(ContentRef(kind="chat", object_id="chat_1", updated_at=1), 1, None, 0)
        finish(tick, "claude", queued, "read", "", None)
    last = choose_window(home)
    assert (last.looked, last.since <= at - 29 * DAY) == (("claude",), True)
    with home.state.tick() as tick:
        close_first_looks(tick, last)
    assert choose_window(home).since == window.until - 7 * DAY


def test_what_changes_after_the_first_reading_does_not_keep_the_first_look_open(home: Home) -> None:
    connected(home)
    with home.state.tick() as tick:
        tick.connection.execute(update(schema.sources).values(first_sync_at=tick.now - HOUR))
    assert choose_window(home).looked == ("claude",)


def test_a_first_look_ends_after_a_week_even_if_something_cannot_be_read(home: Home) -> None:
    connected(home)
    with home.state.tick() as tick:
        tick.connection.execute(update(schema.sources).values(connected_at=tick.now - 8 * DAY))
    assert choose_window(home).looked == ("claude",)


def stored(home: Home) -> StoredFinding:
    at = home.clock.now() - HOUR
    steps = [
        Evidence(at=at - 600, kind="event", source="Claude", text="a", mark="usual"),
        Evidence(at=at - 300, kind="event", source="Okta", text="b", mark="new"),
        Evidence(at=at, kind="event", source="Claude", text="c", mark="anchor", until=at + 200),
        Evidence(at=at + 400, kind="label", source="Fanlight", text="d"),
    ]
    finding = Finding(
        tenant="default", id="f_1", rule="any", rule_version="1", title="t", severity="high", at=at, identity_id="id_1",
        identity_email=None, group_key="id_1", sentence="s", events=("e",), evidence=tuple(steps),
        entities=(Entity(kind="account", id="claude:user_1"), Entity(kind="identity", id="id_1")),
    )  # fmt: skip
    return StoredFinding(finding=finding, status="open", created_at=at, updated_at=at)


def test_a_true_positive_is_an_attack_from_its_first_new_step_to_its_last(home: Home) -> None:
    item = stored(home)
    with home.state.tick() as tick:
        put_finding(tick, item)
    assert attacks_of(home) == []
    with home.state.tick() as tick:
        decide(tick, "f_1", "ada", {"status": "closed", "verdict": "true_positive"}, "closed")
    (attack,) = attacks_of(home)
    at = item.finding.at
    assert (attack.accounts, attack.since, attack.until) == (frozenset({"claude:user_1"}), at - 300, at + 200)


def test_a_verdict_that_changes_what_is_usual_asks_for_a_judgement(home: Home) -> None:
    event = Event(
        tenant="default", source="claude", product="claude", event_id="e", type="claude_chat_viewed",
        family="content_view", occurred_at=home.clock.now() - DAY, account_key="claude:user_1",
    )  # fmt: skip
    segments = home.lake.stage([event])
    lease = home.state.take_lease("judge")
    with home.state.tick(lease) as tick:
        tick.add_segments(segments)
        put_finding(tick, replace(stored(home), status="historical"))
    assert not is_judged(home)
    judge_rules(home, lease)
    assert is_judged(home)
    with home.state.tick() as tick:
        decide(tick, "f_1", "ada", {"status": "closed", "verdict": "true_positive"}, "closed")
    assert not is_judged(home)
    judge_rules(home, lease)
    assert is_judged(home)


def test_a_source_is_known_up_to_when_every_log_of_it_was_read_to_its_end(home: Home) -> None:
    with home.state.tick() as tick:
        tick.set_cursor("okta", "log", "c", rows=1, newest_at=5, caught_up=True)
        tick.set_cursor("okta", "users", None, rows=9, caught_up=True)  # a list, not a log
        tick.set_cursor("entra", "sign_ins", "c", rows=1, newest_at=5, caught_up=True)
        tick.set_cursor("entra", "audits", "c", rows=1, newest_at=5)
        tick.set_cursor("web", "files", None, rows=1, newest_at=5, caught_up=True)
        now = tick.now
    assert read_to_of(home) == {"okta": now, "entra": 0}
