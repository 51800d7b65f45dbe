"""Nothing vanishes: what becomes of findings when facts are judged again; exceptions; the export."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanlight.findings.exceptions import covers, hidden_by, propose
from fanlight.findings.export import export_line, export_lines
from fanlight.findings.lifecycle import reconcile
from fanlight.model import DAY, HOUR, Entity, Evidence, Finding, Micros, Why
from fanlight.state.findings import ExceptionRow, StoredFinding

NOW = 1_790_000_000_000_000
WINDOW = (NOW - 7 * DAY, NOW)


def finding(name: str, at: Micros = NOW - HOUR, events: tuple[str, ...] = ("e1",), **more: object) -> Finding:
    values: dict[str, object] = {
        "tenant": "default", "id": name, "rule": "sensitive_chat_new_place", "rule_version": "1", "title": "T",
        "severity": "high", "at": at, "identity_id": "id_jane", "identity_email": "jane@example.com",
        "group_key": "id_jane", "sentence": "S.", "events": events,
        "entities": (Entity(kind="identity", id="id_jane", name="Jane Doe"), Entity(kind="ip", id="203.0.113.47")),
        "why": (Why(fact="country", observed="Canada", usual="Germany 94.7 %", weight=6.8),),
        "evidence": (Evidence(at=at, kind="event", source="Claude", text="Viewed", event_id="e1", mark="anchor"),),
    }  # fmt: skip
    return Finding(**(values | more))  # type: ignore[arg-type]


def kept(one: Finding, **more: object) -> StoredFinding:
    return StoredFinding(finding=one, **({"status": "open", "created_at": NOW - HOUR} | more))  # type: ignore[arg-type]


def exception(**more: object) -> ExceptionRow:
    values: dict[str, object] = {
        "id": "x1", "rule": "sensitive_chat_new_place", "identity_id": "id_jane", "dimension": "country",
        "value": "Canada", "reason": "Works from Montreal in May", "author": "mk", "created_at": NOW - DAY,
        "expires_at": NOW + 30 * DAY,
    }  # fmt: skip
    return ExceptionRow(**(values | more))  # type: ignore[arg-type]


def kinds(changes: object) -> list[tuple[str, str]]:
    return [(change.kind, change.stored.finding.id) for change in changes]  # type: ignore[attr-defined]


def test_a_new_finding_is_open_and_the_same_again_changes_nothing() -> None:
    one = finding("a")
    (change,) = reconcile([], [one], WINDOW, NOW, NOW - 30 * DAY)
    assert (change.kind, change.stored.status) == ("new", "open")
    assert kinds(reconcile([change.stored], [one], WINDOW, NOW, NOW - 30 * DAY)) == [("unchanged", "a")]


def test_more_evidence_updates_a_finding_and_keeps_what_people_decided() -> None:
    held = kept(finding("a"), status="closed", verdict="true_positive", assignee="mk")
    (change,) = reconcile([held], [finding("a", events=("e1", "e2"))], WINDOW, NOW, NOW)
    assert change.kind == "updated"
    assert (change.stored.status, change.stored.verdict, change.stored.assignee) == ("closed", "true_positive", "mk")
    assert change.stored.finding.events == ("e1", "e2")


def test_an_anchor_that_moved_hands_workflow_and_notes_to_the_new_finding() -> None:
    held = kept(finding("late", NOW - HOUR), assignee="mk", verdict="expected", status="closed")
    changes = reconcile([held], [finding("early", NOW - 2 * HOUR, ("e0", "e1"))], WINDOW, NOW, NOW)
    assert kinds(changes) == [("new", "early"), ("superseded", "late")]
    heir, old = changes[0], changes[1]
    assert (heir.notes_from, heir.stored.assignee, heir.stored.verdict) == ("late", "mk", "expected")
    assert (old.stored.status, old.stored.superseded_by) == ("superseded", "early")


def test_the_nearest_new_finding_with_the_same_events_is_the_heir() -> None:
    held = kept(finding("old", NOW - 2 * HOUR, ("e1", "e2")))
    other, heir = finding("other", NOW - 2 * HOUR + 1, ("e9",)), finding("heir", NOW - 3 * HOUR, ("e1", "e2"))
    changes = reconcile([held], [other, heir], WINDOW, NOW, NOW)
    assert next(c.stored.superseded_by for c in changes if c.kind == "superseded") == "heir"


def test_a_finding_without_support_is_withdrawn_and_comes_back_with_its_facts() -> None:
    (gone,) = reconcile([kept(finding("a"))], [], WINDOW, NOW, NOW)
    assert (gone.kind, gone.stored.status) == ("withdrawn", "withdrawn")
    (back,) = reconcile([gone.stored], [finding("a")], WINDOW, NOW, NOW)
    assert (back.kind, back.stored.status) == ("returned", "open")


def test_what_lies_outside_the_window_or_of_other_rules_is_left_alone() -> None:
    old, other = kept(finding("old", NOW - 8 * DAY)), kept(finding("other", rule="sso_disabled"))
    assert reconcile([old, other], [], WINDOW, NOW, NOW, rules={"sensitive_chat_new_place"}) == []


def test_what_happened_long_before_the_connection_is_historical() -> None:
    connected = NOW - HOUR
    old, young = finding("old", connected - 8 * DAY), finding("young", connected - 6 * DAY)
    changes = reconcile([], [old, young], (0, NOW), NOW, connected)
    assert [change.stored.status for change in changes] == ["historical", "open"]


@given(st.sets(st.integers(0, 8)), st.sets(st.integers(0, 8)))
def test_every_finding_has_exactly_one_row_after_any_judging(before: set[int], after: set[int]) -> None:
    def make(number: int) -> Finding:
        return finding(f"f{number}", NOW - 1 - number * HOUR, (f"e{number}",), group_key=f"g{number % 3}")

    changes = reconcile([kept(make(n)) for n in before], [make(n) for n in after], WINDOW, NOW, NOW)
    ids = [change.stored.finding.id for change in changes]
    assert sorted(ids) == sorted({f"f{n}" for n in before | after})
    heirs = [change.stored.superseded_by for change in changes if change.kind == "superseded"]
    assert len(heirs) == len(set(heirs))


def test_an_exception_closes_with_its_reason_and_does_not_hide() -> None:
    (change,) = reconcile([], [finding("a")], WINDOW, NOW, NOW, [exception()])
    assert (change.stored.status, change.stored.exception_id) == ("closed", "x1")
    assert "Works from Montreal" in change.stored.reason


@pytest.mark.parametrize(
    ("more", "holds"),
    [
        ({}, True),
        ({"identity_id": None}, True),
        ({"dimension": None, "value": None}, True),
        ({"dimension": "ip", "value": "203.0.113.47"}, True),
        ({"value": "France"}, False),
        ({"identity_id": "id_bob"}, False),
        ({"rule": "sso_disabled"}, False),
        ({"expires_at": NOW - 2 * HOUR}, False),
    ],
)
def test_an_exception_covers_only_what_it_states(more: dict[str, object], holds: bool) -> None:
    assert covers(exception(**more), finding("a")) is holds


def test_the_narrowest_exception_is_proposed_first_and_says_what_it_would_have_hidden() -> None:
    one = finding("a")
    first = propose(one, NOW)[0]
    assert (first.dimension, first.value, first.expires_at) == ("country", "Canada", NOW + 30 * DAY)
    assert first.words == "this rule, Jane Doe, Canada"
    real = kept(finding("real", NOW - 3 * DAY), status="closed", verdict="true_positive")
    france = kept(replace(one, id="f", why=(Why(fact="country", observed="France", usual=""),)))
    assert [item.finding.id for item in hidden_by(first, [kept(one), real, france], NOW - 90 * DAY)] == ["real", "a"]


def test_the_export_keeps_its_contract() -> None:
    line = export_line(kept(finding("a")))
    assert {name: line[name] for name in ("id", "rule", "title", "severity", "status")} == {
        "id": "a", "rule": "sensitive_chat_new_place", "title": "T", "severity": "high", "status": "open",
    }  # fmt: skip
    assert line["time"].endswith("Z")
    assert line["identity"] == {"id": "id_jane", "email": "jane@example.com"}
    assert line["events"] == ["e1"]
    assert line["entities"][0] == {"kind": "identity", "id": "id_jane", "name": "Jane Doe"}
    assert {"fact", "observed", "usual"} <= set(line["why"][0])
    assert export_line(kept(finding("a", identity_id=None)))["identity"] is None


def test_superseded_and_withdrawn_ones_are_exported_on_demand_only() -> None:
    rows = [kept(finding("a")), kept(finding("b"), status="withdrawn"), kept(finding("c"), status="superseded")]
    assert [line["id"] for line in export_lines(rows)] == ["a"]
    assert [line["id"] for line in export_lines(rows, every=True)] == ["a", "b", "c"]
