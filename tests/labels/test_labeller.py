"""Sealed parts in, matches and a reading out, and nothing of the content left."""

import io
import zipfile

import pytest

from fanlight.labels import Labeller
from fanlight.labels.export import label_rows
from fanlight.model import Sealed, SealedError
from fanlight.sources.contract import ContentPart, ContentRef

REF = ContentRef(
    kind="chat", object_id="chat_1", project_id="proj_1", owner_account="claude:user_1", organization_id="org_1"
)


@pytest.fixture(scope="module")
def labeller():
    with Labeller(b"a tenant's key") as made:
        yield made


def read(labeller, *parts, ref=REF):
    return labeller.read_parts(ref, parts, tenant="default", source="claude", now=1_000)


def message(text, part_id="m1", **more):
    return ContentPart(part_id=part_id, part_kind="message", sealed=Sealed(text), role="user", **more)


def test_matches_carry_place_time_and_mask(labeller):
    result = read(labeller, message("SSN 781-05-5433 and again 781-05-5434", at=500))
    (found,) = [m for m in result.matches if m.category == "GOV_ID"]
    assert (found.part_id, found.role, found.at, found.count, found.evidence) == ("m1", "user", 500, 2, "###-##-####")
    assert (found.project_id, found.owner_account, found.read_at) == ("proj_1", "claude:user_1", 1_000)
    assert found.ruleset == result.reading.ruleset == labeller.ruleset_version
    assert (result.reading.outcome, result.reading.messages, result.reading.content_from) == ("read", 1, 500)


def test_content_is_dropped_after_reading(labeller):
    part = message("anna@example.com")
    read(labeller, part)
    with pytest.raises(SealedError), part.sealed.opened():
        pass


def test_the_name_of_a_file_is_read_too(labeller):
    part = ContentPart(
        part_id="f", part_kind="file", sealed=Sealed(b"plain words"), file_name=Sealed("anna@example.com.txt")
    )
    assert any(m.type == "EMAIL_ADDRESS" for m in read(labeller, part).matches)


def test_a_file_that_cannot_be_read_is_never_clean(labeller):
    part = ContentPart(
        part_id="f", part_kind="file", sealed=Sealed(b"\x89PNG\r\n\x1a\n rubbish"), mime_type="image/png"
    )
    result = read(labeller, part)
    assert result.matches == ()
    assert result.reading.outcome == "could_not_read"
    assert "image" in result.reading.reason


def test_one_unreadable_part_leaves_the_rest(labeller):
    broken = ContentPart(part_id="f", part_kind="file", sealed=Sealed(b"PK\x03\x04 damaged"))
    result = read(labeller, message("Write to anna@example.com"), broken)
    assert result.reading.outcome == "partly_read"
    assert [m.type for m in result.matches] == ["EMAIL_ADDRESS"]


def test_what_the_source_left_out_is_said(labeller):
    part = message("", notice="retention elapsed")
    result = read(labeller, part)
    assert (result.reading.outcome, result.reading.reason) == ("partly_read", "retention elapsed")


def test_a_spreadsheet_uses_its_titles_and_hidden_sheets(labeller):
    sheet = (
        "<worksheet><sheetData><row><c t='inlineStr'><is><t>bsn</t></is></c><c "
        "t='inlineStr'><is><t>city</t></is></c></row><row><c><v>111222333</v></c><c "
        "t='inlineStr'><is><t>Utrecht</t></is></c></row></sheetData></worksheet>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook><sheets><sheet name='a' state='hidden'/></sheets></workbook>")
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    part = ContentPart(part_id="f", part_kind="file", sealed=Sealed(buffer.getvalue()))
    assert [m.type for m in read(labeller, part).matches] == ["NL_BSN"]


def test_rows_of_the_export(labeller):
    result = read(labeller, message("anna@example.com", "m1"), message("bob@example.org and anna@example.com", "m2"))
    (row,) = label_rows(result.matches)
    assert row == {
        "object": {"kind": "chat", "id": "chat_1"}, "label": "PII", "type": "EMAIL_ADDRESS", "count": 3,
        "confidence": 0.95, "evidence": "a***@***.com",
    }  # fmt: skip


def test_the_same_key_in_two_parts_has_one_fingerprint(labeller):
    token = "ghp_" + "k3Rz8QpL0vXw" + "Ty6Nb2Mc9HsD" + "f4Gj7KaE1uWq"
    result = read(labeller, message(f"use {token}", "m1"), message(f"again {token}", "m2"))
    prints = {m.fingerprint for m in result.matches if m.category == "SECRET"}
    assert len(prints) == 1
    assert None not in prints


def test_sessions_are_called_sessions_in_the_export(labeller):
    ref = ContentRef(kind="local_session", object_id="s1")
    (row,) = label_rows(read(labeller, message("anna@example.com"), ref=ref).matches)
    assert row["object"] == {"kind": "session", "id": "s1"}
