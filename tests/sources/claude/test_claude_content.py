"""Content is read whole, sealed, and with the words for what is missing."""

from __future__ import annotations

import pytest

from fanlight.model import SECOND, ObjectVersion
from fanlight.sources.contract import ContentGone, ContentLater, ContentPart, ContentRef
from support.source_fixtures import stream_of
from support.vendor_world import CANARY


def read(source, ref, since=None):
    pieces = list(source.read_content(ref, since))
    parts = [piece for piece in pieces if isinstance(piece, ContentPart)]
    refs = [piece for piece in pieces if isinstance(piece, ContentRef)]
    return parts, refs, [piece for piece in pieces if isinstance(piece, ObjectVersion)]


def text_of(part):
    with part.sealed.opened() as content:
        return content


def chat(number):
    return ContentRef(kind="chat", object_id=f"claude_chat_01{number:06d}", chat_id=f"claude_chat_01{number:06d}")


def test_a_chat_gives_its_name_messages_tool_traffic_and_blocks_of_tomorrow(connect):
    parts, _, _ = read(connect(), chat(2))
    kinds = [part.part_kind for part in parts]
    assert kinds == ["name", "message", "message", "message", "message", "tool_input", "tool_result", "message"]
    assert all(CANARY in text_of(part) for part in parts)


def test_tool_results_come_unclipped(connect):
    parts, _, _ = read(connect(), chat(2))
    result = next(part for part in parts if part.part_kind == "tool_result")
    assert result.sealed.length > 20_000
    assert not result.truncated


def test_files_artifacts_and_connectors_are_found_on_the_way_without_their_names(connect):
    _, refs, objects = read(connect(), chat(2))
    assert [ref.kind for ref in refs] == ["file", "generated_file", "artifact"]
    kinds = ["file", "generated_file", "mcp_server", "mcp_server", "artifact", "tool_use"]
    assert [item.kind for item in objects] == kinds
    assert CANARY not in repr((refs, objects))
    assert refs[0].role == "user"
    assert refs[0].chat_id == "claude_chat_01000002"
    assert objects[2].name == "Ticket desk"
    assert (objects[-1].name, objects[-1].parent_id) == ("Ticket desk", "claude_chat_01000002")
    assert '"tool":"search"' in objects[-1].attributes


def test_a_chat_of_thousands_of_messages_is_read_in_pages(connect):
    source = connect()
    parts, _, _ = read(source, chat(1))
    assert sum(part.part_kind == "message" for part in parts) == 2300 + 1
    assert source.requests()["content"] == 3


def test_only_messages_since_the_last_reading_are_read_again(connect, world):
    created = world.chats()[2].created_at
    parts, _, _ = read(connect(), chat(2), since=created + 3 * SECOND)
    assert {part.part_id.partition("#")[0] for part in parts if part.part_kind != "name"} == {
        "claude_chat_msg_0100000200003"
    }


def test_a_part_keeps_its_id_over_readings(connect):
    first, _, _ = read(connect(), chat(2))
    second, _, _ = read(connect(), chat(2))
    assert [part.part_id for part in first] == [part.part_id for part in second]
    assert len({part.part_id for part in first}) == len(first)


def test_everything_a_chat_leads_to_can_be_read(connect):
    source = connect()
    _, refs, _ = read(source, chat(2))
    for ref in refs:
        parts, _, _ = read(source, ref)
        assert any(CANARY in str(text_of(part)) for part in parts)


@pytest.mark.parametrize(
    "text", [f"# {CANARY} bands", f"{{{CANARY}}} begins like JSON", f'["{CANARY}", 1]', f'{{"a": "{CANARY}"}}']
)
def test_an_artifact_may_come_as_its_text_alone(connect, world, text):
    world.artifact_text = text
    source = connect()
    _, refs, _ = read(source, chat(2))
    (part,), _, _ = read(source, refs[2])
    assert (part.part_kind, part.role) == ("file", "assistant")
    assert text_of(part) == text


def test_an_artifact_whose_answer_was_cut_is_asked_for_again(connect, world, simulator):
    source = connect()
    _, refs, _ = read(source, chat(2))
    simulator.set_faults(0.5, seed=3, kinds=("cut", "cut_short"))
    texts = {text_of(parts[-1]) for parts in (read(source, refs[2])[0] for _ in range(12))}
    simulator.set_faults(0)
    assert texts == {f"{CANARY} artifact body"}


def test_the_name_of_a_file_is_sealed_and_decoded(connect):
    parts, _, _ = read(connect(), ContentRef(kind="file", object_id="claude_file_01c00002"))
    with parts[0].file_name.opened() as name:
        assert name == f"{CANARY} Löhne.csv"
    assert parts[0].mime_type == "text/csv"


def test_a_file_above_the_cap_is_read_in_part_and_says_so(connect):
    source = connect()
    source._content._cap = 64
    parts, _, _ = read(source, ContentRef(kind="file", object_id="claude_file_01c00002"))
    assert parts[0].truncated
    assert parts[0].sealed.length == 64
    assert "were read" in parts[0].notice


def test_a_project_gives_its_words_and_leads_to_its_documents(connect):
    source = connect()
    parts, refs, objects = read(source, ContentRef(kind="project", object_id="claude_proj_010010"))
    assert [part.part_kind for part in parts] == ["description", "instructions"]
    assert [ref.kind for ref in refs] == ["file", "document"]
    assert [item.parent_id for item in objects] == ["claude_proj_010010"] * 2
    document, _, _ = read(source, refs[1])
    assert [part.part_kind for part in document] == ["name", "document"]


def test_a_project_without_attachments_costs_one_request(connect):
    source = connect()
    read(source, ContentRef(kind="project", object_id="claude_proj_010001"))
    assert source.requests()["content"] == 1


def test_a_session_says_in_plain_words_what_the_vendor_no_longer_has(connect):
    parts, _, _ = read(connect(), ContentRef(kind="local_session", object_id="clls_0001"))
    assert [part.notice for part in parts] == ["", "retention elapsed", ""]
    assert [part.truncated for part in parts] == [False, False, True]


def test_remote_sessions_and_code_artifacts_are_read(connect):
    source = connect()
    pages = list(stream_of(source.inventory_streams(), "code_artifacts").pages(None))
    parts, _, _ = read(source, pages[0].refs[0])
    assert parts[0].mime_type == "text/html"
    parts, _, _ = read(source, ContentRef(kind="remote_session", object_id="cse_001"))
    assert len(parts) == 1


def test_what_is_gone_is_gone(connect, world):
    world.gone |= {"claude_chat_01000002", "claude_file_01c00002"}
    source = connect()
    for ref in (chat(2), ContentRef(kind="file", object_id="claude_file_01c00002")):
        with pytest.raises(ContentGone):
            read(source, ref)


def test_a_chat_its_owner_deleted_is_gone_and_known_as_deleted(connect):
    source = connect()
    seen = []
    with pytest.raises(ContentGone):
        seen.extend(source.read_content(chat(7), None))
    assert isinstance(next(iter(source.read_content(chat(7), None))), ObjectVersion)


def test_a_vendor_that_stays_down_only_postpones_the_one_thing(connect, simulator):
    source = connect()
    simulator.set_faults(1.0, seed=1, kinds=("error_final",))
    with pytest.raises(ContentLater) as later:
        read(source, chat(2))
    assert later.value.seconds == 3600  # the vendor asked not to be asked again
    simulator.set_faults(0)


@pytest.mark.parametrize("seed", [1, 2])
def test_content_is_complete_with_faults(connect, simulator, seed):
    calm, _, _ = read(connect(), chat(1))
    simulator.set_faults(0.3, seed=seed, kinds=("cut", "cut_short", "reset_before", "unavailable", "duplicate_page"))
    stormy, _, _ = read(connect(), chat(1))
    simulator.set_faults(0)
    assert {part.part_id for part in stormy} == {part.part_id for part in calm}
