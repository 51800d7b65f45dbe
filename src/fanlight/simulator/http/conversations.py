"""Chats, their messages, files, generated files and artifacts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from urllib.parse import quote

from fanlight.model import parse_time
from fanlight.simulator.http.context import PAGED, USER_DATA, Context, Endpoint, json_answer
from fanlight.simulator.http.paging import Place, one_cursor, walk
from fanlight.simulator.http.parameters import Parameters, TimeRange
from fanlight.simulator.http.problems import bad_request, not_found
from fanlight.simulator.http.wire import Answer
from fanlight.simulator.world import FileContent, Row, Wire

__all__ = ["ENDPOINTS", "clipped", "stream"]

_NO_FILE = "No file found with provided id, or it has already been deleted."


# ---------------------------------------------------------------------------------------------------- chats


def _chats(context: Context) -> Answer:
    query = context.query
    one_cursor(context)
    order = query.choice("order_by", ("created_at", "updated_at"))
    users = frozenset(query.many("user_ids"))
    projects = frozenset(query.many("project_ids"))
    _check_combination(context, order, users, projects)
    by_change = order == "updated_at"

    def place(row: Row) -> Place:
        return (row.updated_at if by_change else row.created_at), row.id

    organizations = context.wanted_organizations()
    updated = query.between("updated_at")
    span = walk(
        context,
        context.indexes.chats_by_change() if by_change else context.world.chats(),
        place,
        limit=query.size,
        after=_chat_cursor(context, "after_id", order),
        before=_chat_cursor(context, "before_id", order),
        within=updated if by_change else query.between("created_at"),
        keep=_chat_filter(context, users, projects, organizations),
    )
    bodies = context.spoiled([row.body for row in span.items])
    if context.fault is not None and context.fault.kind == "shuffled_page":
        bodies.reverse()
    ends = (span.items[0], span.items[-1]) if span.items else None
    return json_answer(
        {
            "data": bodies,
            "has_more": span.more,
            "first_id": context.cursors.seal(f"chats/{order}", *place(ends[0])) if ends else None,
            "last_id": context.cursors.seal(f"chats/{order}", *place(ends[1])) if ends else None,
        }
    )


def _check_combination(context: Context, order: str, users: frozenset[str], projects: frozenset[str]) -> None:
    query = context.query
    created, updated = query.between("created_at"), query.between("updated_at")
    if len(users) > 10:
        raise bad_request("user_ids[]: List should have at most 10 items after validation")
    if users:
        if order == "updated_at":
            raise bad_request("'order_by=updated_at' cannot be combined with 'user_ids[]'.")
        if not updated.is_open:
            raise bad_request("'updated_at' filters cannot be combined with 'user_ids[]'.")
        return
    if projects:
        raise bad_request("'project_ids[]' requires 'user_ids[]'.")
    if query.one("before_id"):
        raise bad_request("'before_id' requires 'user_ids[]'.")
    mismatch = created if order == "updated_at" else updated
    if not mismatch.is_open:
        raise bad_request(f"Time filters must be on '{order}' when 'order_by' is '{order}'.")


def _chat_filter(
    context: Context, users: frozenset[str], projects: frozenset[str], organizations: frozenset[str] | None
) -> Callable[[Row], bool] | None:
    tree = context.key.organization
    if not users and organizations is None and tree is None:
        return None

    def keep(row: Row) -> bool:
        if users and (row.user_id not in users or (projects and row.project_id not in projects)):
            return False
        if organizations is not None and row.organization not in organizations:
            return False
        return tree is None or row.organization == tree

    return keep


def _chat_cursor(context: Context, name: str, order: str) -> Place | None:
    value = context.query.one(name)
    if value is None:
        return None
    place = context.cursors.open(f"chats/{order}", value)
    if place is None:
        raise bad_request(f"Invalid pagination cursor for '{name}'")
    at, identifier = place
    assert isinstance(at, int)
    return at, str(identifier)


# ------------------------------------------------------------------------------------------------- messages


def _messages(context: Context) -> Answer:
    query = context.query
    one_cursor(context)
    descending = query.choice("order", ("asc", "desc")) == "desc"
    chat_id = context.ids[0]
    row = context.indexes.chats().get(chat_id)
    messages = context.world.messages(chat_id) if row is not None and context.may_see(row.organization) else None
    if row is None or messages is None:
        raise not_found(f"Chat conversation not found: '{chat_id}'", older=f"Chat {chat_id} not found.")
    numbered = list(enumerate(messages))
    within = query.between("created_at"), query.between("updated_at")
    purpose = f"messages/{chat_id}"
    span = walk(
        context,
        numbered,
        lambda item: (item[0], ""),
        limit=query.limit,
        descending=descending,
        after=_message_cursor(context, "after_id", purpose),
        before=_message_cursor(context, "before_id", purpose),
        keep=None if within[0].is_open and within[1].is_open else lambda item: _written(item[1], within),
    )
    bodies = _clipped_all(context, [message for _, message in span.items])
    ends = (span.items[0][0], span.items[-1][0]) if span.items else None
    return json_answer(
        {
            **row.body,
            "chat_messages": bodies,
            "has_more": span.more,
            "first_id": context.cursors.seal(purpose, ends[0]) if ends else None,
            "last_id": context.cursors.seal(purpose, ends[1]) if ends else None,
        }
    )


def _written(message: Wire, within: tuple[TimeRange, TimeRange]) -> bool:
    at = parse_time(message["created_at"])
    return within[0].holds(at) and within[1].holds(at)


def _message_cursor(context: Context, name: str, purpose: str) -> Place | None:
    value = context.query.one(name)
    if value is None:
        return None
    place = context.cursors.open(purpose, value)
    if place is None:
        raise bad_request(f"Invalid pagination cursor for '{name}'")
    number = place[0]
    assert isinstance(number, int)
    return number, ""


def _clipped_all(context: Context, messages: list[Wire]) -> list[Wire]:
    query = context.query
    of_input = query.integer("tool_use_input_max_chars", 10_000)
    of_result = query.integer("tool_result_max_chars", 10_000)
    for name, value in (("tool_use_input_max_chars", of_input), ("tool_result_max_chars", of_result)):
        if value < -1:
            raise bad_request(f"{name}: Input should be greater than or equal to -1")
    return [clipped(message, of_input, of_result) for message in messages]


def clipped(message: Wire, of_input: int, of_result: int, *, in_bytes: bool = False) -> Wire:
    """The message with the text of its tool blocks cut to so many characters or bytes; -1 keeps everything."""
    content = message.get("content") or []
    if not any(block.get("type") in ("tool_use", "tool_result") for block in content):
        return message
    return {**message, "content": [_clipped_block(block, of_input, of_result, in_bytes) for block in content]}


def _clipped_block(block: Wire, of_input: int, of_result: int, in_bytes: bool) -> Wire:
    if block["type"] == "tool_use" and of_input >= 0:
        text, cut = _cut(block["input"], of_input, in_bytes)
        return {**block, "input": text, "truncated": True} if cut else block
    if block["type"] != "tool_result" or of_result < 0:
        return block
    left, parts, any_cut = of_result, [], False
    for part in block["content"]:
        text, cut = _cut(part["text"], left, in_bytes)
        left -= len(text.encode()) if in_bytes else len(text)
        any_cut = any_cut or cut
        parts.append({**part, "text": text})
    return {**block, "content": parts, "truncated": True} if any_cut else block


def _cut(text: str, size: int, in_bytes: bool) -> tuple[str, bool]:
    if not in_bytes:
        return text[:size], len(text) > size
    raw = text.encode()
    return raw[:size].decode("utf-8", "ignore"), len(raw) > size


# ---------------------------------------------------------------------------------------- files and artifacts


def stream(content: FileContent) -> Answer:
    """A file as the API streams it: chunked, with its name and its hash in the headers."""
    digest = base64.b64encode(hashlib.md5(content.data, usedforsecurity=False).digest()).decode()
    headers = (
        ("Content-Disposition", f"attachment; filename*=utf-8''{quote(content.file_name, safe='')}"),
        ("Content-MD5", digest),
    )
    return Answer(200, content.data, headers, content_type=content.mime_type, chunked=True)


def _visible(context: Context, found: Wire | None, chats: list[str]) -> Wire:
    """The record, unless every chat it belongs to lies outside the key's tree."""
    known = context.indexes.chats()
    rows = [known[chat] for chat in chats if chat in known]
    if found is None or (rows and not any(context.may_see(row.organization) for row in rows)):
        raise not_found(f"File not found: {context.ids[0]}", older=_NO_FILE)
    return found


def _file(context: Context) -> Answer:
    found = context.world.file_metadata(context.ids[0])
    return json_answer(_visible(context, found, list(found["claude_chat_ids"]) if found else []))


def _file_content(context: Context) -> Answer:
    _file(context)
    content = context.world.file_content(context.ids[0])
    if content is None:
        raise not_found(f"File not found: {context.ids[0]}", older=_NO_FILE)
    return stream(content)


def _generated_file(context: Context) -> Answer:
    found = context.world.generated_file_metadata(context.ids[0])
    return json_answer(_visible(context, found, [found["claude_chat_id"]] if found else []))


def _generated_file_content(context: Context) -> Answer:
    _generated_file(context)
    content = context.world.generated_file_content(context.ids[0])
    if content is None:
        raise not_found(f"File not found: {context.ids[0]}", older=_NO_FILE)
    return stream(content)


def _artifact(context: Context) -> Answer:
    found = context.world.artifact_metadata(context.ids[0])
    if found is None:
        raise not_found(f"Artifact version not found: {context.ids[0]}")
    return json_answer(_visible(context, found, [found["claude_chat_id"]]))


def _artifact_content(context: Context) -> Answer:
    _artifact(context)
    found = context.world.artifact_content(context.ids[0])
    if found is None:
        raise not_found(f"Artifact version not found: {context.ids[0]}")
    if isinstance(found, str):
        # The older documentation calls the answer the text itself.
        return Answer(200, found.encode(), content_type="text/plain; charset=utf-8")
    return json_answer(found)


_NONE = Parameters()

ENDPOINTS = (
    Endpoint(
        "chats",
        "/apps/chats",
        USER_DATA,
        Parameters(
            limit=(100, 1000),
            singles=frozenset({"after_id", "before_id", "order_by"}),
            lists=frozenset({"user_ids", "project_ids", "organization_ids"}),
            times=frozenset({"created_at", "updated_at"}),
        ),
        _chats,
        stages=PAGED,
    ),
    Endpoint(
        "messages",
        "/apps/chats/{id}/messages",
        USER_DATA,
        Parameters(
            limit=(None, 1000),
            singles=frozenset({"after_id", "before_id", "order", "tool_use_input_max_chars", "tool_result_max_chars"}),
            times=frozenset({"created_at", "updated_at"}),
        ),
        _messages,
    ),
    Endpoint("file", "/apps/chats/files/{id}", USER_DATA, _NONE, _file),
    Endpoint("file content", "/apps/chats/files/{id}/content", USER_DATA, _NONE, _file_content),
    Endpoint("generated file", "/apps/chats/generated-files/{id}", USER_DATA, _NONE, _generated_file),
    Endpoint(
        "generated file content",
        "/apps/chats/generated-files/{id}/content",
        USER_DATA,
        _NONE,
        _generated_file_content,
    ),
    Endpoint("artifact", "/apps/artifacts/{id}", USER_DATA, _NONE, _artifact),
    Endpoint("artifact content", "/apps/artifacts/{id}/content", USER_DATA, _NONE, _artifact_content),
)
