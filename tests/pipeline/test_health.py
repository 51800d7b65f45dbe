"""How sources are doing is told from facts: lag, amounts, gaps, drift, keys, and what nobody sees."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from fanlight.model import DAY, HOUR, MINUTE, SECOND, Event, Link, Micros, ObjectVersion, parse_time
from fanlight.pipeline.connections import add_connection
from fanlight.pipeline.drift import guess_risk, mark_looked_at
from fanlight.pipeline.health import HealthReport, SourceHealth, _amount, source_health
from fanlight.pipeline.home import Home
from fanlight.pipeline.notices import note
from fanlight.sources.contract import Notice
from fanlight.state import schema
from fanlight.state.company import CompanySettings, apply_settings
from support.command import command
from support.stored_facts import SteadyClock, event, store

NOW = parse_time("2026-10-05T12:00:00Z")


@pytest.fixture
def home(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home at a known time with a Claude source that has caught up."""
    monkeypatch.setenv("CLAUDE_KEY", "sk-ant-api01-x")
    home.clock = SteadyClock(NOW)
    add_connection(home, "claude", "claude", {"url": "https://api.example.com", "key": "env:CLAUDE_KEY"})
    set_source(home, state="healthy", connected_at=NOW - 60 * DAY, first_sync_at=NOW - 60 * DAY)
    set_cursor(home, NOW)
    return home


def set_source(home: Home, **values: object) -> None:
    with home.state.tick() as tick:
        tick.connection.execute(update(schema.sources).values(**values))


def set_cursor(home: Home, caught_up: Micros) -> None:
    with home.state.tick() as tick:
        tick.connection.execute(
            insert(schema.cursors).values(
                tenant=home.tenant, source="claude", stream="activities", cursor="", pages=3, rows=9,
                caught_up_at=caught_up, newest_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip


def days(number: int, a_day: int, until: Micros = NOW) -> list[Event]:
    step = DAY // a_day
    return [event(n, "claude_chat_viewed", until - SECOND - n * step) for n in range(number * a_day)]


def claude(report: HealthReport) -> SourceHealth:
    return next(one for one in report.sources if one.name == "claude")


class TestStanding:
    def test_a_source_that_caught_up_is_healthy(self, home: Home) -> None:
        found = claude(source_health(home))
        assert (found.standing, found.sentence) == ("healthy", "")
        assert [(stream.name, stream.rows) for stream in found.streams] == [("activities", 9)]

    def test_one_that_stopped_says_why_in_the_vendor_s_case(self, home: Home) -> None:
        set_source(home, state="stopped", sentence="The key was refused.")
        report = source_health(home)
        assert (claude(report).standing, claude(report).sentence) == ("stopped", "The key was refused.")
        assert report.needs_attention

    def test_one_that_has_not_caught_up_is_late(self, home: Home) -> None:
        with home.state.tick() as tick:
            tick.connection.execute(update(schema.cursors).values(caught_up_at=NOW - HOUR))
        assert claude(source_health(home)).standing == "late"

    def test_a_stream_is_late_by_its_own_interval(self, home: Home) -> None:
        with home.state.tick() as tick:
            tick.set_fact("intervals/claude", json.dumps({"activities": 3600.0}))
            tick.connection.execute(update(schema.cursors).values(caught_up_at=NOW - 2 * HOUR))
        assert claude(source_health(home)).standing == "healthy"
        with home.state.tick() as tick:
            tick.connection.execute(update(schema.cursors).values(caught_up_at=NOW - 4 * HOUR))
        assert claude(source_health(home)).standing == "late"

    def test_a_stream_that_is_no_longer_asked_is_not_late(self, home: Home) -> None:
        with home.state.tick() as tick:
            tick.set_fact("intervals/claude", json.dumps({"another": 60.0}))
            tick.connection.execute(update(schema.cursors).values(caught_up_at=NOW - DAY))
        assert claude(source_health(home)).standing == "healthy"

    def test_that_nothing_is_collected_is_said_only_when_no_source_is_asked(self, home: Home) -> None:
        with home.state.tick() as tick:
            tick.connection.execute(update(schema.cursors).values(caught_up_at=NOW - HOUR))
        assert "it is being asked" in claude(source_health(home)).sentence
        with home.state.tick() as tick:
            tick.connection.execute(update(schema.cursors).values(updated_at=NOW - HOUR))
        assert "nothing is being collected" in claude(source_health(home)).sentence
        with home.state.tick() as tick:
            tick.set_cursor("okta", "log", "")
            tick.connection.execute(
                update(schema.cursors).where(schema.cursors.c.source == "okta").values(updated_at=NOW)
            )
        assert "while collecting is at work" in claude(source_health(home)).sentence

    def test_one_in_its_first_sync_is_no_alarm(self, home: Home) -> None:
        set_source(home, first_sync_at=None)
        report = source_health(home)
        assert claude(report).standing == "first_sync"
        assert not report.needs_attention

    def test_files_that_were_imported_are_a_source_too(self, home: Home) -> None:
        store(home, event(1, "user.session.start", NOW - DAY, source="files", product="okta"))
        found = next(one for one in source_health(home).sources if one.name == "files")
        assert (found.standing, found.kind, found.events) == ("imported", "okta", 1)


class TestGaps:
    def test_a_gap_is_named_and_makes_the_source_partial(self, home: Home) -> None:
        with home.state.tick() as tick:
            gap = Notice(kind="gap", sentence="No records.", at=NOW - DAY, since=NOW - 2 * DAY, until=NOW - DAY)
            note(tick, "claude", [gap])
        report = source_health(home)
        assert claude(report).standing == "partial"
        assert [(one.source, one.since, one.until) for one in report.gaps] == [("claude", NOW - 2 * DAY, NOW - DAY)]


class TestLag:
    def test_counts_what_was_collected_live(self, home: Home) -> None:
        live = [
            event(n, "claude_chat_viewed", NOW - HOUR - n * MINUTE, ingested_at=NOW - HOUR - n * MINUTE + 30 * SECOND)
            for n in range(10)
        ]
        store(home, *live, replace(live[0], event_id="late", late=True, ingested_at=NOW))
        lag = claude(source_health(home)).lag
        assert lag is not None
        assert (lag.events, lag.half, lag.late_rows, lag.longest) == (11, 30 * SECOND, 1, HOUR)

    def test_history_read_at_the_first_sync_is_no_lag(self, home: Home) -> None:
        set_source(home, first_sync_at=NOW - HOUR)
        store(home, event(1, "claude_chat_viewed", NOW - 2 * DAY, ingested_at=NOW))
        assert claude(source_health(home)).lag is None


class TestAmounts:
    def test_a_usual_day_is_usual(self, home: Home) -> None:
        store(home, *days(40, a_day=96))
        amount = claude(source_health(home)).amount
        assert (amount.events, amount.usual, amount.verdict) == (96, 96.0, "usual")

    def test_silence_where_much_is_usual_needs_attention(self, home: Home) -> None:
        store(home, *days(40, a_day=96, until=NOW - 2 * DAY))
        report = source_health(home)
        assert claude(report).amount.verdict == "silent"
        assert report.needs_attention

    @pytest.mark.parametrize(
        ("today", "usual", "weeks", "verdict"),
        [(30, 100, 4, "quiet"), (301, 100, 4, "loud"), (0, 40, 4, "usual"), (100, 100, 1, "could not tell")],
    )
    def test_says_how_a_day_compares(self, today: int, usual: int, weeks: int, verdict: str) -> None:
        counts = {0: today, **{week * 7: usual for week in range(1, weeks + 1)}}
        assert _amount(counts, (weeks * 7 + 1) * DAY).verdict == verdict


class TestDrift:
    def test_a_type_nobody_documented_is_listed_with_a_guess(self, home: Home) -> None:
        fresh = event(1, "vault_key_exported", NOW - DAY, family="key_changed", raw={"type": "x", "vault": {"id": 1}})
        store(home, fresh, event(2, "claude_chat_viewed", NOW - DAY))
        report = source_health(home)
        (new,) = report.new_types
        assert (new.type, new.risk_guess, new.fields, new.this_month) == (
            "vault_key_exported", "high", ("vault.id",), True
        )  # fmt: skip
        assert report.new_this_month == 1
        assert new.ocsf == "3004 / Read"

    def test_other_sources_types_are_new_only_after_a_while(self, home: Home) -> None:
        rows = [event(n, "user.session.start", NOW - n * DAY, source="okta", product="okta") for n in range(40)]
        new = event("x", "user.session.teleport", NOW - DAY, source="okta", product="okta")
        old = event("y", "user.session.end", NOW - 39 * DAY, source="okta", product="okta")
        store(home, *rows, new, old)
        assert [one.type for one in source_health(home).new_types] == ["user.session.teleport"]

    def test_a_field_nobody_documented_is_listed_too(self, home: Home) -> None:
        store(home, event(1, "claude_chat_viewed", NOW - DAY, raw={"id": "a", "claude_chat_id": "b", "mood": "blue"}))
        assert [(one.type, one.field) for one in source_health(home).new_fields] == [("claude_chat_viewed", "mood")]

    def test_a_sealed_mark_is_one_field(self, home: Home) -> None:
        mark = {"sealed": True, "length": 4, "hash": "00"}
        store(home, event(1, "claude_chat_viewed", NOW - DAY, raw={"secret_thing": mark}))
        assert [one.field for one in source_health(home).new_fields] == ["secret_thing"]

    def test_what_somebody_looked_at_leaves_the_list(self, home: Home) -> None:
        store(home, event(1, "brand_new", NOW - DAY), event(2, "newer_still", NOW - DAY))
        assert mark_looked_at(home, ["brand_new", "never_seen"]) == ["claude:brand_new"]
        assert [one.type for one in source_health(home).new_types] == ["newer_still"]

    @pytest.mark.parametrize(
        ("type", "family", "risk"),
        [
            ("org_api_token_minted", "other", "high"),
            ("claude_project_shared", "other", "medium"),
            ("claude_canvas_pinned", "other", "low"),
            ("x", "security_weakened", "high"),
        ],
    )
    def test_the_risk_of_a_name_is_guessed_with_its_reason(self, type: str, family: str, risk: str) -> None:
        assert guess_risk(type, family)[0] == risk


class TestCredentials:
    def test_an_end_nobody_named_is_not_known(self, home: Home) -> None:
        (key,) = source_health(home).credentials
        assert (key.source, key.option, key.reference, key.state) == ("claude", "key", "env", "end not known")

    @pytest.mark.parametrize(
        ("day", "state"), [("2026-10-20", "expires soon"), ("2027-10-20", "valid"), ("2026-10-01", "expired")]
    )
    def test_the_operator_s_word_is_counted_in_days(self, home: Home, day: str, state: str) -> None:
        settings = CompanySettings.model_validate({"source_credentials": [{"source": "claude", "expires": day}]})
        apply_settings(home.state, settings, "tester")
        (key,) = source_health(home).credentials
        assert (key.state, key.said_by) == (state, "operator")

    def test_the_vendor_s_word_counts_before_it(self, home: Home) -> None:
        settings = CompanySettings.model_validate(
            {"source_credentials": [{"source": "claude", "expires": "2030-01-01"}], "known_compliance_keys": ["k1"]}
        )
        apply_settings(home.state, settings, "tester")
        store(
            home,
            ObjectVersion(
                tenant="default", source="claude", product="claude", kind="compliance_key", object_id="k1", seen_at=NOW,
                attributes=json.dumps({"expires_at": "2026-10-08T00:00:00Z"}),
            ),
        )  # fmt: skip
        (key,) = source_health(home).credentials
        assert (key.state, key.said_by) == ("expires soon", "vendor")

    def test_no_key_is_ever_in_the_report(self, home: Home) -> None:
        assert "sk-ant" not in repr(source_health(home))


class TestCoverage:
    def names(self, home: Home) -> list[str]:
        return [gap.name for gap in source_health(home).coverage]

    def test_what_is_not_connected_is_named_first(self, home: Home) -> None:
        assert self.names(home)[0] == "Identity provider"

    def test_what_arrives_by_file_counts(self, home: Home) -> None:
        store(home, event(1, "user.session.start", NOW, source="files", product="okta"))
        assert "Identity provider" not in self.names(home)

    def test_accounts_that_nobody_owns_are_counted(self, home: Home) -> None:
        store(home, event(1, "claude_chat_viewed", NOW), event(2, "claude_chat_viewed", NOW, account_key="claude:u2"))
        link = Link(
            tenant="default", account_key="claude:user_01A", identity_id="i", method="m", confidence=1.0, reason="r",
            valid_from=0,
        )  # fmt: skip
        store(home, link)
        gap = next(one for one in source_health(home).coverage if one.name == "Accounts without a person")
        assert gap.costs.startswith("1 of 2 accounts")

    def test_each_says_what_it_costs_and_how_to_close_it(self, home: Home) -> None:
        gaps = source_health(home).coverage
        assert len(gaps) >= 6
        assert all(gap.costs.endswith(".") and gap.close for gap in gaps)


class TestTheCommand:
    def test_says_it_in_words_and_ends_with_one_when_somebody_should_act(self, home: Home, tmp_path: Path) -> None:
        store(home, event(1, "vault_key_exported", NOW - DAY))
        done = command("health", "--home", str(home.path))
        assert done.code == 1
        assert "claude:vault_key_exported" in done.out
        assert "What nobody sees:" in done.out

    def test_accept_takes_a_type_off_the_list(self, home: Home) -> None:
        store(home, event(1, "vault_key_exported", NOW - DAY))
        assert command("health", "accept", "vault_key_exported", "--home", str(home.path)).code == 0
        assert command("health", "accept", "vault_key_exported", "--home", str(home.path)).code == 2
        rows = command("health", "drift", "--format", "jsonl", "--home", str(home.path))
        assert rows.out == ""

    @pytest.mark.parametrize("part", ["sources", "streams", "gaps", "drift", "credentials", "coverage"])
    def test_every_part_can_be_had_as_rows(self, home: Home, part: str) -> None:
        rows = command("health", part, "--format", "csv", "--home", str(home.path))
        assert rows.code in (0, 1)
        assert list(csv.DictReader(io.StringIO(rows.out))) or part in ("gaps", "drift")
