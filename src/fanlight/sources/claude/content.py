"""Reads content: from the socket into `Sealed`, part by part. Nothing here keeps or prints any of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

from fanlight.model import Micros, ObjectVersion, Sealed
from fanlight.sources.claude.api import BASE, ClaudeApi, LoopGuard, bound_text, explain_refusal, identified, when
from fanlight.sources.claude.inventory import weight_of
from fanlight.sources.claude.records import RecordMapper
from fanlight.sources.claude.tools import ToolName, tool_of
from fanlight.sources.contract import ContentGone, ContentLater, ContentPart, ContentRef, SourceError
from fanlight.sources.http import HttpRefusal

__all__ = ["ContentReader"]

Record = dict[str, Any]
Piece = ContentPart | ContentRef | ObjectVersion
_FILE_CAP = 50 * 1024 * 1024
_MESSAGES = 1000
#: One object that cannot be read must not hold up the others for a quarter of an hour.
_PATIENCE = 120.0
_SESSION_TIMEOUT = 300.0
_GAPS = {
    "not_captured": "the vendor did not capture this part",
    "client_aborted": "the client broke off",
    "cmek_key_revoked": "the customer's encryption key is revoked",
    "retention_elapsed": "retention elapsed",
    "oversize": "too large for the vendor to keep",
}


@dataclass(frozen=True, slots=True)
class _Whole:
    """What every part of one reading shares."""

    ref: ContentRef
    kind: Literal["chat", "local_session", "remote_session"]
    tools: dict[ToolName, tuple[Micros | None, Micros | None]] = field(default_factory=dict)
    """Tools of servers met so far, with the first and last time."""


class ContentReader:
    """Reads one reference at a time; safe to use from several threads."""

    def __init__(self, api: ClaudeApi, mapper: RecordMapper, *, file_cap: int = _FILE_CAP) -> None:
        self._api = api
        self._mapper = mapper
        self._cap = file_cap
        self._readers: dict[str, Callable[[ContentRef, Micros | None], Iterator[Piece]]] = {
            "chat": self._chat,
            "project": self._project,
            "document": self._document,
            "artifact": self._artifact,
            "file": self._file,
            "generated_file": self._file,
            "code_artifact": self._code_artifact,
            "local_session": self._session,
            "remote_session": self._session,
        }

    def read(self, ref: ContentRef, since: Micros | None) -> Iterator[Piece]:
        """Parts, references and objects of one reference. Raises `ContentGone`, `ContentLater`, `SourceError`."""
        reader = self._readers.get(ref.kind)
        if reader is None:
            raise SourceError(f"Claude has no content of kind {ref.kind}.", kind="refused")
        try:
            yield from reader(ref, since)
        except HttpRefusal as refusal:
            raise self._translate(ref, refusal) from None
        except SourceError as trouble:
            if trouble.kind in ("unreachable", "unreadable"):
                raise ContentLater(300.0) from None
            raise

    def _translate(self, ref: ContentRef, refusal: HttpRefusal) -> Exception:
        marks = refusal.facts.marks
        if "local_sessions_off" in marks:
            return ContentLater(3600.0)
        if refusal.status in (404, 410):
            return ContentGone(f"Claude no longer has this {ref.kind.replace('_', ' ')}.")
        if refusal.status >= 500 or "try_later" in marks:
            # Only an answer that asks not to be asked again comes here; once an hour it is asked all the same.
            return ContentLater(60.0 if "try_later" in marks else 3600.0)
        if refusal.status == 400 and ("cursor" in marks or "page" in refusal.facts.code):
            return ContentLater(5.0)
        return explain_refusal(refusal, f"the content of a {ref.kind.replace('_', ' ')}")

    # Chats

    def _chat(self, ref: ContentRef, since: Micros | None) -> Iterator[Piece]:
        path = f"/apps/chats/{ref.object_id}/messages"
        asked: list[tuple[str, str | int]] = [
            ("limit", _MESSAGES),
            ("tool_use_input_max_chars", -1),
            ("tool_result_max_chars", -1),
        ]
        if since is not None:
            asked.append(("created_at.gte", bound_text(since)))
        after: str | None = None
        guard = LoopGuard("a chat")
        first = True
        whole = _Whole(ref, "chat")
        while True:
            params = [*asked, ("after_id", after)] if after else asked
            page, answer = self._api.cursor_page(
                path, params, purpose="content", name="chat_messages", patience_seconds=_PATIENCE
            )
            if first:
                yield from self._chat_head(ref, answer)
                first = False
            for message in identified(page.items):
                yield from self._message(whole, message)
            if page.next is None:
                yield from self._tools(whole)
                return
            guard.step(after, page.next)
            after = page.next

    def _chat_head(self, ref: ContentRef, answer: Record) -> Iterator[Piece]:
        if when(answer.get("deleted_at")) is not None:
            yield self._mapper.chat(answer, self._api.clock.now())
            if not answer.get("chat_messages"):
                raise ContentGone("Claude has emptied this chat: its owner deleted it.")
        yield from _text_part(f"{ref.object_id}#name", "name", answer.get("name"), at=when(answer.get("created_at")))

    def _message(self, whole: _Whole, message: Record) -> Iterator[Piece]:
        message_id = str(message["id"])
        role = message.get("role") if isinstance(message.get("role"), str) else None
        at = when(message.get("created_at"))
        notice = _notice_of(message)
        blocks = message.get("content")
        blocks = (
            blocks
            if isinstance(blocks, list)
            else [{"type": "text", "text": blocks}]
            if isinstance(blocks, str)
            else []
        )
        if notice and not blocks:
            yield ContentPart(
                part_id=message_id, part_kind="message", sealed=Sealed(""), role=role, at=at, notice=notice
            )
        for number, block in enumerate(blocks):
            if isinstance(block, Mapping):
                yield from self._block(whole, block, f"{message_id}#{number}", role, at, notice)
        yield from self._attached(whole.ref, message, message_id, role, at)

    def _block(
        self, whole: _Whole, block: Mapping[str, Any], part_id: str, role: str | None, at: Micros | None, notice: str
    ) -> Iterator[Piece]:
        kind = block.get("type")
        truncated = block.get("truncated") is True
        if kind == "tool_use":
            text, part_kind = block.get("input"), "tool_input"
            if text is not None and not isinstance(text, str):
                text = orjson.dumps(text).decode()
        elif kind == "tool_result":
            text, part_kind = _joined(block.get("content")), "tool_result"
        elif kind == "text":
            text, part_kind = block.get("text"), "message"
        else:
            # A block type newer than this code: everything in it is read as message text.
            text, part_kind = orjson.dumps(block, default=str).decode(), "message"
        if kind in ("tool_use", "tool_result"):
            yield from self._tool_server(whole, block, at)
        if isinstance(text, str) and (text or notice):
            yield ContentPart(
                part_id=part_id,
                part_kind=part_kind,  # type: ignore[arg-type]
                sealed=Sealed(text),
                role=role,
                at=at,
                truncated=truncated,
                notice=notice,
            )

    def _tool_server(self, whole: _Whole, block: Mapping[str, Any], at: Micros | None) -> Iterator[Piece]:
        """The MCP server behind a tool block, as an object: scheme, host and plain path."""
        tool = tool_of(block)
        if tool is None:
            return
        first, _ = whole.tools.get(tool, (at, at))
        whole.tools[tool] = (first, at)
        if tool.url is not None:
            now = self._api.clock.now()
            yield self._mapper.version(
                "mcp_server", {"id": tool.url}, seen_at=now, name=tool.label, extra={"url": tool.url}
            )

    def _tools(self, whole: _Whole) -> Iterator[Piece]:
        """Who used which tool of which server where: names and times, nothing that went in or came out."""
        now = self._api.clock.now()
        for tool, (first, last) in whole.tools.items():
            found = self._mapper.version(
                "tool_use",
                {},
                seen_at=now,
                object_id=f"{whole.ref.object_id}/{tool.server}/{tool.tool}",
                name=tool.label,
                organization=whole.ref.organization_id,
                parent=(whole.kind, whole.ref.object_id),
                owner=(whole.ref.owner_account or "").partition(":")[2] or None,
                created_at=first,
                extra={"server": tool.server, "url": tool.url, "tool": tool.tool},
            )
            yield replace(found, updated_at=last, valid_from=last or first or now)

    def _attached(
        self, ref: ContentRef, message: Record, message_id: str, role: str | None, at: Micros | None
    ) -> Iterator[Piece]:
        for kind, name in (("file", "files"), ("generated_file", "generated_files"), ("artifact", "artifacts")):
            items = message.get(name)
            for item in items if isinstance(items, list) else ():
                if isinstance(item, Mapping) and isinstance(item.get("id"), str):
                    yield from self._found(ref, kind, dict(item), message_id=message_id, role=role, at=at)

    def _found(
        self,
        ref: ContentRef,
        kind: str,
        item: Record,
        *,
        message_id: str | None = None,
        role: str | None = None,
        at: Micros | None = None,
    ) -> Iterator[Piece]:
        """An object met while reading another, and the reference to read it."""
        now = self._api.clock.now()
        created = when(item.get("created_at")) or at
        parent = (ref.kind, ref.object_id)
        extra = {"message_id": message_id} if message_id else {}
        owner = (ref.owner_account or "").partition(":")[2] or None
        yield self._mapper.version(
            kind,
            item,
            seen_at=now,
            parent=parent,
            organization=ref.organization_id,
            owner=owner,
            created_at=created,
            extra=extra,
        )
        version = item.get("version_id")
        detail = {name: item[name] for name in ("mime_type", "size_bytes") if item.get(name) is not None}
        yield ContentRef(
            kind=kind,
            object_id=str(item["id"]),
            updated_at=created,
            chat_id=ref.chat_id,
            project_id=ref.project_id or (ref.object_id if ref.kind == "project" else None),
            owner_account=ref.owner_account,
            organization_id=ref.organization_id,
            part_of_message=message_id,
            role=role,
            at=created,
            weight=weight_of(kind, updated_at=created, now=now, project=ref.project_id is not None),
            version_id=version if isinstance(version, str) else None,
            detail=orjson.dumps(detail).decode(),
        )

    # Projects and documents

    def _project(self, ref: ContentRef, _since: Micros | None) -> Iterator[Piece]:
        path = f"/apps/projects/{ref.object_id}"
        record = self._api.record(path, purpose="content", patience_seconds=_PATIENCE)
        at = when(record.get("updated_at"))
        yield from _text_part(f"{ref.object_id}#description", "description", record.get("description"), at=at)
        yield from _text_part(f"{ref.object_id}#instructions", "instructions", record.get("instructions"), at=at)
        if record.get("attachments_count") == 0:
            return
        for item in identified(self._api.all_items(f"{path}/attachments", purpose="content", limit=100)):
            kind = "document" if item.get("type") == "project_doc" else "file"
            yield from self._found(ref, kind, item)

    def _document(self, ref: ContentRef, _since: Micros | None) -> Iterator[Piece]:
        record = self._api.record(
            f"/apps/projects/documents/{ref.object_id}", purpose="content", patience_seconds=_PATIENCE
        )
        at = when(record.get("created_at"))
        yield from _text_part(f"{ref.object_id}#name", "name", record.get("filename"), at=at)
        yield from _text_part(ref.object_id, "document", record.get("content"), at=at, role="user")

    # Files and artifacts

    def _artifact(self, ref: ContentRef, _since: Micros | None) -> Iterator[Piece]:
        version = ref.version_id
        if version is None:
            raise ContentGone("The version of this artifact is not known; it is read when its chat is read.")
        record = self._api.record_or_text(
            f"/apps/artifacts/{version}/content", purpose="content", patience_seconds=_PATIENCE
        )
        yield from _text_part(f"{version}#name", "name", record.get("title"), at=ref.at, role=ref.role)
        mime = record.get("artifact_type")
        text = record.get("content")
        if isinstance(text, str):
            yield ContentPart(
                part_id=version,
                part_kind="file",
                sealed=Sealed(text),
                role=ref.role or "assistant",
                at=ref.at,
                mime_type=mime if isinstance(mime, str) else None,
            )

    def _file(self, ref: ContentRef, _since: Micros | None) -> Iterator[Piece]:
        folder = "generated-files" if ref.kind == "generated_file" else "files"
        yield from self._stream(ref, f"/apps/chats/{folder}/{ref.object_id}/content", ref.object_id)

    def _code_artifact(self, ref: ContentRef, _since: Micros | None) -> Iterator[Piece]:
        version = orjson.loads(ref.detail).get("version")
        base = f"/apps/code/artifacts/{ref.object_id}"
        if version is None:
            yield from self._stream(ref, f"{base}/content", ref.object_id, (("multi_file_format", "zip"),))
        else:
            yield from self._stream(ref, f"{base}/versions/{version}", str(version))

    def _stream(
        self, ref: ContentRef, path: str, part_id: str, params: tuple[tuple[str, str | int], ...] = ()
    ) -> Iterator[Piece]:
        got = self._api.client.get_bytes(
            BASE + path, params, purpose="content", cap=self._cap, patience_seconds=_PATIENCE
        )
        notice = f"only the first {self._cap // (1024 * 1024)} MB were read" if got.truncated else ""
        yield ContentPart(
            part_id=part_id,
            part_kind="file",
            sealed=got.content,
            role=ref.role,
            at=ref.at,
            mime_type=got.mime_type,
            file_name=got.file_name,
            truncated=got.truncated,
            notice=notice,
        )

    # Sessions

    def _session(self, ref: ContentRef, since: Micros | None) -> Iterator[Piece]:
        local = ref.kind == "local_session"
        where = "local" if local else "remote"
        path = f"/apps/sessions/{where}/{ref.object_id}/messages"
        whole = _Whole(ref, "local_session" if local else "remote_session")
        restarted = False
        guard = LoopGuard("a session")
        token: str | None = None
        while True:
            params: list[tuple[str, str | int]] = [
                ("limit", _MESSAGES),
                ("tool_use_input_max_bytes", -1),
                ("tool_result_max_bytes", -1),
            ]
            if token:
                params.append(("page", token))
            try:
                page, _ = self._api.token_page(
                    path, params, purpose="content", patience_seconds=_PATIENCE, timeout_seconds=_SESSION_TIMEOUT
                )
            except HttpRefusal as refusal:
                # A token older than a day, or a page that is too heavy: once more from the beginning.
                # Parts come again under the same part ids.
                if refusal.status != 400 or restarted or token is None:
                    raise
                restarted, token = True, None
                continue
            for message in identified(page.items):
                at = when(message.get("created_at"))
                if since is None or at is None or at >= since:
                    yield from self._message(whole, message)
            if page.next is None:
                yield from self._tools(whole)
                return
            guard.step(token, page.next)
            token = page.next


def _text_part(
    part_id: str,
    part_kind: Literal["name", "document", "instructions", "description"],
    text: object,
    *,
    at: Micros | None,
    role: str | None = None,
) -> Iterator[ContentPart]:
    if isinstance(text, str) and text:
        yield ContentPart(part_id=part_id, part_kind=part_kind, sealed=Sealed(text), at=at, role=role)


def _joined(content: object) -> str | None:
    """A tool result is a list of text blocks; one part holds them all."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    texts = [item.get("text") for item in content if isinstance(item, Mapping)]
    return "\n".join(text for text in texts if isinstance(text, str))


def _notice_of(message: Mapping[str, Any]) -> str:
    """Plain words when the vendor says that something is missing or not what it seems."""
    if message.get("content_unavailable") is True:
        return "the vendor no longer has this part"
    provenance = message.get("provenance")
    if not isinstance(provenance, Mapping):
        return ""
    kind = provenance.get("type")
    if kind == "content_unavailable":
        return _GAPS.get(str(provenance.get("reason")), "the vendor does not give this part")
    if kind == "client_asserted":
        return "stated by the client, not proven by the vendor"
    if kind == "synthetic_marker":
        return "a marker set by the vendor, not written by anybody"
    return ""
