"""Chats, messages, files and artifacts as the Compliance API shows them now."""

from __future__ import annotations

import hashlib
from typing import Any

from fanlight.model import Micros
from fanlight.model.times import SECOND
from fanlight.simulator.identifiers import number_of, stable_uuid, tagged_id
from fanlight.simulator.projects import user_body
from fanlight.simulator.records import ArtifactRecord, Chat, FileRecord, value_at
from fanlight.simulator.stage import Stage
from fanlight.simulator.text import (
    artifact_text,
    chat_name,
    file_bytes,
    file_name,
    message_text,
    mime_of,
    sized_file,
    tool_blocks,
)
from fanlight.simulator.wire import wire_time
from fanlight.simulator.world import FileContent, Row, Wire

__all__ = [
    "artifact_content",
    "artifact_metadata",
    "file_content",
    "file_metadata",
    "generated_content",
    "generated_metadata",
    "messages",
    "rows",
]

_ANSWER_AFTER = 9 * SECOND
_MODELS = ("claude-opus-5", "claude-opus-5", "claude-sonnet-5", None)


def answer_at(chat: Chat, turn: int) -> Micros:
    """When the answer to a turn was complete."""
    return chat.turns[turn] + _ANSWER_AFTER + (chat.number * 7 + turn * 13) % 17 * SECOND


def updated_at(chat: Chat, now: Micros) -> Micros:
    """Newest of: a message, a move, the deletion."""
    newest = chat.created_at
    for turn in range(len(chat.turns) - 1, -1, -1):
        if chat.turns[turn] <= now:
            done = answer_at(chat, turn)
            newest = max(newest, done if done <= now else chat.turns[turn])
            break
    for at, _ in chat.projects:
        if at <= now:
            newest = max(newest, at)
    if chat.deleted_at is not None and chat.deleted_at <= now:
        newest = max(newest, chat.deleted_at)
    return newest


def _deleted(chat: Chat, now: Micros) -> bool:
    return chat.deleted_at is not None and chat.deleted_at <= now


def _row(stage: Stage, chat: Chat) -> Row:
    now = stage.now
    gone = _deleted(chat, now)
    changed = updated_at(chat, now)
    user = user_body(stage, chat.owner)
    project = value_at(chat.projects, now)
    body: Wire = {
        "id": chat.id,
        "name": "" if gone else chat_name(stage, chat),
        "created_at": wire_time(chat.created_at),
        "updated_at": wire_time(changed),
        "deleted_at": wire_time(chat.deleted_at) if gone and chat.deleted_at is not None else None,
        "href": f"https://claude.ai/chat/{stable_uuid('chat', stage.seed, chat.number)}",
        "model": _MODELS[chat.number % 4],
        "organization_id": stage.organization_pair(chat.organization)[0],
        "organization_uuid": chat.organization,
        "project_id": stage.project_id(project),
        "user": user,
    }
    if chat.number % 11 == 3:
        del body["organization_id"]  # deprecated, may be missing
    owner = user["id"] if user else None
    return Row(chat.id, body, chat.created_at, changed, chat.organization, owner, body["project_id"])


def rows(stage: Stage) -> list[Row]:
    now = stage.now
    found = [_row(stage, chat) for chat in stage.company.chats if chat.created_at <= now]
    found.sort(key=lambda row: (row.created_at, row.id))
    return found


def _find(stage: Stage, chat_id: str) -> Chat | None:
    number = number_of(chat_id, stage.seed)
    if number is None or not chat_id.startswith("claude_chat_01") or number >= len(stage.company.chats):
        return None
    chat = stage.company.chats[number]
    return chat if chat.id == chat_id and chat.created_at <= stage.now else None


def messages(stage: Stage, chat_id: str) -> list[Wire] | None:
    chat = _find(stage, chat_id)
    if chat is None:
        return None
    now = stage.now
    gone = _deleted(chat, now)
    items: list[Wire] = []
    for turn, at in enumerate(chat.turns):
        if at > now:
            break
        items.append(_message(stage, chat, turn, "user", at, gone))
        done = answer_at(chat, turn)
        if done <= now:
            items.append(_message(stage, chat, turn, "assistant", done, gone))
    return items


def message_id(stage: Stage, chat: Chat, turn: int, role: str) -> str:
    return tagged_id("claude_chat_msg", stage.seed, chat.number * 4_000 + turn * 2 + (role == "assistant"))


def _message(stage: Stage, chat: Chat, turn: int, role: str, at: Micros, gone: bool) -> Wire:
    item: Wire = {
        "id": message_id(stage, chat, turn, role),
        "role": role,
        "created_at": wire_time(at),
        "content": [],
        "files": None,
        "generated_files": None,
        "artifacts": None,
    }
    if gone:
        return item
    text = message_text(stage, chat, turn, role)[0]
    block = {"type": "text", "text": text, "truncated": False, "thinking_redacted": chat.number % 13 == 2}
    if chat.number % 29 == 7:
        block = {"type": "text", "text": text}  # older records
    if role == "user":
        item["content"] = [block]
        files = [f for f in chat.files if f.turn == turn]
        item["files"] = [_file_entry(stage, f, upload=True) for f in files] or None
        return item
    item["content"] = [*(tool_blocks(stage, chat, turn) if chat.tools else ()), block]
    item["generated_files"] = [_file_entry(stage, f, upload=False) for f in chat.generated if f.turn == turn] or None
    item["artifacts"] = [
        {
            "id": a.id,
            "version_id": a.version_id,
            "title": artifact_text(stage, a)[0],
            "artifact_type": a.kind,
        }
        for a in chat.artifacts
        if a.turn == turn
    ] or None
    return item


def _file_entry(stage: Stage, record: FileRecord, *, upload: bool) -> Wire:
    size, digest = sized_file(stage, record)
    blank = record.number % 19 == 6
    entry: Wire = {
        "id": record.id,
        "filename": file_name(stage, record),
        "mime_type": mime_of(record.suffix),
        "size_bytes": None if blank else size,
        "md5": None if blank else digest,
    }
    if upload:
        entry["created_at"] = wire_time(record.created_at)
    return entry


# ---------------------------------------------------------------------------- files


def _file(stage: Stage, file_id: str) -> FileRecord | None:
    record = stage.files.get(file_id)
    if record is None or record.created_at > stage.now:
        return None
    if record.deleted_at is not None and record.deleted_at <= stage.now:
        return None
    if record.chat is not None and _deleted(stage.company.chats[record.chat], stage.now):
        return None
    return record


def file_metadata(stage: Stage, file_id: str) -> Wire | None:
    record = _file(stage, file_id)
    if record is None or not file_id.startswith("claude_file_"):
        return None
    entry = _file_entry(stage, record, upload=True)
    chat = stage.company.chats[record.chat] if record.chat is not None else None
    return {
        **entry,
        "message_ids": [message_id(stage, chat, record.turn, "user")] if chat else [],
        "claude_chat_ids": [chat.id] if chat else [],
    }


def file_content(stage: Stage, file_id: str) -> FileContent | None:
    record = _file(stage, file_id)
    if record is None or not file_id.startswith("claude_file_"):
        return None
    return _content(stage, record)


def _content(stage: Stage, record: FileRecord) -> FileContent:
    return FileContent(
        file_name(stage, record), mime_of(record.suffix) or "application/octet-stream", file_bytes(stage, record)
    )


def generated_metadata(stage: Stage, file_id: str) -> Wire | None:
    record = _file(stage, file_id)
    if record is None or record.chat is None or not file_id.startswith("claude_gen_file_"):
        return None
    return {
        "id": record.id,
        "claude_chat_id": stage.company.chats[record.chat].id,
        **{k: v for k, v in _file_entry(stage, record, upload=False).items() if k != "id"},
        "created_at": None if record.number % 3 == 1 else wire_time(record.created_at),
    }


def generated_content(stage: Stage, file_id: str) -> FileContent | None:
    record = _file(stage, file_id)
    if record is None or not file_id.startswith("claude_gen_file_"):
        return None
    return _content(stage, record)


def _artifact(stage: Stage, version_id: str) -> ArtifactRecord | None:
    record = stage.artifacts.get(version_id)
    if record is None or record.created_at > stage.now or _deleted(stage.company.chats[record.chat], stage.now):
        return None
    return record


def artifact_metadata(stage: Stage, version_id: str) -> Wire | None:
    record = _artifact(stage, version_id)
    if record is None:
        return None
    title, content, _ = artifact_text(stage, record)
    raw = content.encode()
    return {
        "id": record.id,
        "version_id": record.version_id,
        "title": title,
        "artifact_type": record.kind,
        "claude_chat_id": stage.company.chats[record.chat].id,
        "created_at": wire_time(record.created_at),
        "md5": hashlib.md5(raw, usedforsecurity=False).hexdigest(),
        "size_bytes": len(raw),
    }


def artifact_content(stage: Stage, version_id: str) -> dict[str, Any] | None:
    record = _artifact(stage, version_id)
    if record is None:
        return None
    title, content, _ = artifact_text(stage, record)
    return {"content": content, "title": title, "artifact_type": record.kind}
