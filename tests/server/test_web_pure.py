"""The small pure parts of the pages: risk, bars, words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fanlight.detections.things import MOST_TELLING, telling
from fanlight.findings.risk import rank_risk, score_at
from fanlight.model import DAY, HOUR, MINUTE, SECOND, Severity, Why, parse_time
from fanlight.server.views.compare import ranked_bars
from fanlight.server.views.finding import in_zone
from fanlight.server.views.queue import in_order, queue_reason
from fanlight.server.views.words import duration, initials, last_four, moment, per_cent, plural, stretch
from fanlight.state.findings import StoredFinding
from server.small_home import NOW, finding

SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")
stored = st.builds(
    lambda number, severity, age, status: StoredFinding(
        finding=finding(number, severity, at=NOW - age * HOUR), status=status
    ),
    st.integers(1, 999), st.sampled_from(SEVERITIES), st.integers(0, 2000), st.sampled_from(("open", "closed")),
)  # fmt: skip


@given(st.lists(stored, max_size=12), stored)
def test_another_finding_never_lowers_a_score(some: list[StoredFinding], one: StoredFinding) -> None:
    assert 0 <= score_at(some, NOW) <= score_at([*some, one], NOW) <= 100


@given(st.lists(stored, max_size=12))
def test_risk_lists_only_identities_with_open_findings_worst_first(some: list[StoredFinding]) -> None:
    ranked = rank_risk(some, NOW)
    assert [risk.score for risk in ranked] == sorted((risk.score for risk in ranked), reverse=True)
    for risk in ranked:
        assert risk.findings == sum(1 for f in some if f.status == "open")
        assert risk.spark[-1] == risk.score
        assert risk.change == risk.spark[-1] - risk.spark[0]


def test_a_sentence_names_the_clock_of_the_page_and_the_persons_own_after_it() -> None:
    at = parse_time("2026-11-22T22:05:56Z")
    told = "At 03:35:56 on Monday 23 November (Asia/Kolkata) Jane Doe's account wrote."
    assert in_zone(told, at, "Europe/Berlin") == (
        "At 23:05:56 on Sunday 22 November (03:35 on Monday in Asia/Kolkata) Jane Doe's account wrote."
    )
    assert in_zone(told, at, "Asia/Kolkata") == "At 03:35:56 on Monday 23 November Jane Doe's account wrote."
    learned = told.replace("Asia/Kolkata", "Etc/GMT-5").replace("03:35", "03:05")
    assert "(03:05 on Monday by UTC+5, learned from activity)" in in_zone(learned, at, "UTC")


def test_a_sentence_of_many_events_keeps_its_first_moment() -> None:
    told = "From 09:27:54 on Wednesday 18 November (America/New_York) Jane Doe's account viewed."
    at = parse_time("2026-11-18T14:57:00Z")  # half an hour after the first
    assert in_zone(told, at, "UTC").startswith("From 14:27:54 on Wednesday 18 November (09:27 in America/New_York)")


def test_a_finding_counts_half_after_fourteen_days() -> None:
    fresh = StoredFinding(finding=finding(1, "high", at=NOW), status="open")
    assert (score_at([fresh], NOW), score_at([fresh], NOW + 14 * DAY), score_at([fresh], NOW - 1)) == (45, 22, 0)


@given(st.lists(stored, max_size=20))
def test_the_queue_is_ordered_by_severity_then_age(some: list[StoredFinding]) -> None:
    keys = [(-SEVERITIES.index(f.finding.severity), -f.finding.at) for f in in_order(some)]
    assert keys == sorted(keys)


names = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(1, 500), max_size=12)


@given(names, names)
def test_bars_add_up_and_never_lose_what_was_observed(usual: dict[str, int], observed: dict[str, int]) -> None:
    rows = ranked_bars(usual, observed)
    assert sum(row.n for row in rows if row.share > 0) == sum(usual.values())
    assert {row.name for row in rows if row.observed} == set(observed)
    assert all((row.share == 0) == (row.name not in usual and row.observed) for row in rows if row.observed)
    if not observed:
        assert len(rows) <= 6


def test_words_are_written_as_people_read_them() -> None:
    assert [duration(span) for span in (24 * SECOND, 80 * SECOND, 60 * MINUTE, 340 * MINUTE, 89 * HOUR, 48 * HOUR)] == [
        "24 s", "1 min 20 s", "1 h", "5 h 40 min", "3 d 17 h", "2 d",
    ]  # fmt: skip
    assert [per_cent(share) for share in (0.947, 0.0004, 0.0, 1.0)] == ["94.7 %", "under 0.1 %", "0.0 %", "100.0 %"]
    assert (plural(1, "person", "people"), plural(2318, "person", "people")) == ("1 person", "2,318 people")
    assert [initials(name) for name in ("Mira Köhler", "administrator", "mira.koehler@example.com", "")] == [
        "MK", "AD", "MK", "?",
    ]  # fmt: skip
    assert (last_four("user_01abcdef4K2"), last_four("10977")) == ("…ef4K2", "10977")
    assert moment(NOW - DAY, NOW, "UTC") == "12:00 yesterday"
    assert moment(NOW - 9 * DAY, NOW, "UTC") == "12:00 on 28 Apr"


def test_a_stretch_over_midnight_names_both_days() -> None:
    assert [stretch(NOW, NOW + span, "UTC") for span in (30 * SECOND, 40 * MINUTE, 20 * HOUR, 3 * DAY)] == [
        "7 May, 12:00", "7 May, 12:00 to 12:40", "7 May, 12:00 to 8 May, 08:00", "7 May, 12:00 to 10 May, 12:00",
    ]  # fmt: skip


def test_a_number_in_the_queue_says_what_it_counts() -> None:
    missing = Why(fact="sign-on at Okta", observed="0 in the 20 min around it", usual="21 in 85 days")
    assert queue_reason(missing) == "sign-on at Okta: 0 in the 20 min around it"
    peers = Why(fact="who else", observed="0 of 35 people of Research seen in Nigeria", usual="0 of 295 people")
    assert queue_reason(peers) == peers.observed


def test_every_category_has_a_place_and_names_come_last() -> None:
    from fanlight.labels.taxonomy import taxonomy

    assert set(MOST_TELLING) == set(taxonomy().categories)
    assert sorted([*taxonomy().categories, "OUR_OWN"], key=telling)[-4:] == [
        "OUR_OWN", "PII", "SOURCE_CODE", "PERSON_NAME",
    ]  # fmt: skip
