"""Findings, posture answers and labels are documents the public schema accepts; states keep their meaning."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from fanlight.labels.export import LabelledThing, LabelRow
from fanlight.labels.taxonomy import taxonomy
from fanlight.model import (
    Entity,
    Evidence,
    Finding,
    FindingStatus,
    PostureResult,
    PostureStatus,
    Severity,
    Why,
    parse_time,
)
from fanlight.ocsf import finding_document, label_document, posture_document
from fanlight.ocsf.conclusions import _categories
from fanlight.state.findings import StoredFinding
from support.ocsf_schema import faults

AT = parse_time("2026-10-05T12:00:00Z")
FINDING = Finding(
    tenant="default", id="f1", rule="sensitive_chat_new_place", rule_version="1", title="Sensitive chat, new place",
    severity="high", at=AT, identity_id="id1", identity_email="ana@example.com", group_key="id1", sentence="Ana …",
    events=("activity_01A",), entities=(Entity(kind="chat", id="claude_chat_01A"), Entity(kind="identity", id="")),
    why=(Why(fact="country", observed="BR", usual="DE 90 days", weight=4.0),),
    evidence=(
        Evidence(at=AT, kind="event", source="claude", text="opened a chat", event_id="activity_01A", ip="192.0.2.1",
                 mark="anchor", object_kind="chat", object_id="claude_chat_01A"),
        Evidence(at=AT, kind="gap", source="okta", text="no records", until=AT + 10),
    ),
    runbook=("Ask Ana.",), attack=("collection", "t1213", "t1078.004"), basis={"rule": "1"},
)  # fmt: skip
STORED = StoredFinding(finding=FINDING, status="open", created_at=AT, updated_at=AT)


class TestAFinding:
    @pytest.mark.parametrize("status", get_args(FindingStatus))
    @pytest.mark.parametrize("severity", get_args(Severity))
    def test_is_valid_in_every_state(self, status: FindingStatus, severity: Severity) -> None:
        stored = replace(STORED, status=status, finding=replace(FINDING, severity=severity))
        assert faults(finding_document(stored)) == []

    def test_is_valid_about_nobody_and_nothing(self) -> None:
        bare = replace(
            FINDING, identity_id=None, identity_email=None, entities=(), why=(), evidence=(), runbook=(), attack=()
        )
        assert faults(finding_document(replace(STORED, finding=bare))) == []

    def test_keeps_its_id_and_names_the_events(self) -> None:
        information = finding_document(STORED)["finding_info"]
        assert information["uid"] == "f1"
        assert information["related_events"] == [{"uid": "activity_01A"}]
        assert information["analytic"]["type_id"] == 2
        assert [next(iter(one)) for one in information["attacks"]] == ["tactic", "technique", "sub_technique"]

    @pytest.mark.parametrize(
        ("change", "activity", "status"),
        [
            ({}, 1, 1),
            ({"assignee": "ada"}, 2, 2),
            ({"snoozed_until": AT}, 2, 3),
            ({"status": "closed"}, 3, 4),
            ({"status": "closed", "exception_id": "e1"}, 3, 3),
            ({"status": "withdrawn"}, 3, 5),
        ],
    )
    def test_says_how_far_the_work_on_it_is(self, change: dict[str, object], activity: int, status: int) -> None:
        document = finding_document(replace(STORED, **change))  # type: ignore[arg-type]
        assert (document["activity_id"], document["status_id"]) == (activity, status)

    def test_a_changed_state_is_a_new_record_of_the_same_finding(self) -> None:
        first, second = finding_document(STORED), finding_document(replace(STORED, updated_at=AT + 1))
        assert first["finding_info"]["uid"] == second["finding_info"]["uid"]
        assert first["metadata"]["uid"] != second["metadata"]["uid"]


class TestAPostureAnswer:
    @pytest.mark.parametrize(("status", "number"), [("pass", 1), ("fail", 3), ("unknown", 0)])
    def test_keeps_its_three_values(self, status: PostureStatus, number: int) -> None:
        result = PostureResult(
            tenant="default", check="stale_api_key", status=status, severity="medium", title="Stale key",
            sentence="One key …", entities=(Entity(kind="api_key", id="apikey_01A", name="ci"),), at=AT,
        )  # fmt: skip
        document = posture_document(result)
        assert faults(document) == []
        assert document["compliance"]["status_id"] == number

    def test_has_the_same_id_at_the_next_run(self) -> None:
        result = PostureResult(
            tenant="default", check="c", status="fail", severity="low", title="T", sentence="S", at=AT
        )
        again = replace(result, at=AT + 1)
        assert posture_document(result)["finding_info"]["uid"] == posture_document(again)["finding_info"]["uid"]


class TestALabel:
    def row(self, category: str) -> LabelRow:
        return LabelRow(
            object=LabelledThing(kind="chat", id="claude_chat_01A"), label=category, type="IBAN", count=2,
            confidence=0.9, evidence="DE…4 digits",
        )  # fmt: skip

    @pytest.mark.parametrize("category", [*_categories(), "A_CUSTOMER_S_OWN"])
    def test_is_valid_in_every_category(self, category: str) -> None:
        assert faults(label_document(self.row(category), "default", AT)) == []

    def test_every_category_of_ours_has_a_number(self) -> None:
        assert set(taxonomy().categories) <= set(_categories())

    def test_tells_the_mask_the_count_and_how_sure(self) -> None:
        document = label_document(self.row("FINANCIAL"), "default", AT)
        assert document["data_security"]["pattern_match"] == "DE…4 digits"
        assert (document["data_security"]["total"], document["confidence_id"]) == (2, 3)
