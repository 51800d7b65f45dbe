"""What people write: names, messages, tool calls, documents and files, made from the seed whenever they are asked for.

Every function gives the same text for the same object, so nothing has to be kept. Each object's text holds one
canary word; sensitive values come from the recipes of the object and are listed beside the text.
"""

from __future__ import annotations

import hashlib
import json
import random

from fanlight.simulator.papers import build_file
from fanlight.simulator.phrases import ANSWERS, ENGLISH_FILLERS, FILLERS, QUESTIONS, TOPICS
from fanlight.simulator.records import ArtifactRecord, Chat, CodeArtifact, Document, FileRecord, Project, Session
from fanlight.simulator.sensitive import Planted, hard_negative, write_recipe
from fanlight.simulator.stage import Stage
from fanlight.simulator.world import Wire

__all__ = [
    "artifact_text",
    "chat_name",
    "code_text",
    "connector_of",
    "document_text",
    "file_bytes",
    "file_name",
    "file_text",
    "instructions_text",
    "message_text",
    "mime_of",
    "session_text",
    "sized_file",
    "tool_blocks",
]

_MIME = {
    "txt": "text/plain",
    "csv": "text/csv",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "py": "text/x-python",
    "json": "application/json",
    "png": "image/png",
    "bin": None,
}
_MCP = (("Ticket desk", "https://mcp.tickets.example.com/sse", "search_tickets"),
        ("Wiki", "https://mcp.wiki.example.net/mcp", "find_page"),
        (None, None, "web_search"))  # fmt: skip


def _rng(stage: Stage, *parts: object) -> random.Random:
    return random.Random("/".join(str(part) for part in ("text", stage.seed, *parts)))


def mime_of(suffix: str) -> str | None:
    return _MIME[suffix]


def chat_name(stage: Stage, chat: Chat) -> str:
    """The title; holds the canary of the chat's name."""
    rng = _rng(stage, "name", chat.number)
    return f"{rng.choice(TOPICS)} {stage.canary('chat-name', chat.number)}"


def message_text(stage: Stage, chat: Chat, turn: int, role: str) -> tuple[str, list[Planted]]:
    """One message and what was planted in it."""
    rng = _rng(stage, "message", chat.number, turn, role)
    fillers = FILLERS.get(chat.language, ENGLISH_FILLERS)
    if role == "assistant":
        lines = [
            rng.choice(ANSWERS.get(chat.language, ANSWERS["en"])),
            *rng.sample(fillers, min(len(fillers), 2 + turn % 3)),
        ]
        return " ".join(lines), []
    lines = [rng.choice(QUESTIONS.get(chat.language, QUESTIONS["en"]))]
    lines += rng.sample(fillers, 1 + (chat.number + turn) % 2)
    if rng.random() < 0.15:
        lines.append(hard_negative(rng))
    planted: list[Planted] = []
    if turn == 0:
        lines.append(f"Reference {stage.canary('chat', chat.number)}.")
    if turn == chat.planted_turn and chat.recipes:
        parts = [" ".join(lines)]
        for recipe in chat.recipes:
            text, found = write_recipe(recipe, rng)
            parts.append(text)
            planted += found
        return "\n\n".join(parts), planted
    return " ".join(lines), planted


def connector_of(chat: Chat) -> str | None:
    """Name of the connector whose tools a chat uses; None for chats without one."""
    return _MCP[chat.number % 3][0] if chat.tools else None


def tool_blocks(stage: Stage, chat: Chat, turn: int) -> list[Wire]:
    """A tool call and its result, through an MCP server or not."""
    rng = _rng(stage, "tool", chat.number, turn)
    name, url, tool = chat.server or _MCP[chat.number % 3]
    call = "toolu_01" + rng.randbytes(9).hex()
    query = json.dumps({"query": rng.choice(TOPICS), "limit": rng.randint(3, 20)})
    cut = rng.random() < 0.1
    result = f"{rng.choice(ENGLISH_FILLERS)} ({stage.canary('tool', chat.number * 64 + turn % 64)})"
    common = {"name": tool, "integration_name": name, "mcp_server_url": url}
    return [
        {
            "type": "tool_use",
            "id": call,
            "input": query[: len(query) // 2] if cut else query,
            "truncated": cut,
            **common,
        },
        {
            "type": "tool_result",
            "tool_use_id": call,
            "is_error": rng.random() < 0.05,
            "truncated": rng.random() < 0.2,
            "content": [{"type": "text", "text": result}],
            **common,
        },
    ]


# ---------------------------------------------------------------------------- files


def file_name(stage: Stage, item: FileRecord | Document) -> str:
    """A name with the canary of the file's name; some are not plain ASCII."""
    if isinstance(item, Document):
        return f"{stage.canary('document-name', item.number)}-notes.txt"
    kind = "generated-name" if item.id.startswith("claude_gen") else "file-name"
    stem = ("ledger", "übersicht", "bericht", "plan", "resumé", "データ")[
        item.number % 6 if item.number % 5 == 0 else 0
    ]
    return f"{stage.canary(kind, item.number)}-{stem}.{item.suffix}"


def _kind(record: FileRecord) -> str:
    return "generated" if record.id.startswith("claude_gen") else "file"


def file_text(stage: Stage, record: FileRecord) -> tuple[str, list[Planted]]:
    """The text inside a file, and what was planted in it."""
    kind = _kind(record)
    rng = _rng(stage, kind, record.number)
    lines = [f"Document {stage.canary(kind, record.number)}"]
    lines += [rng.choice(ENGLISH_FILLERS) for _ in range(rng.randint(3, 14))]
    if rng.random() < 0.3:
        lines.append(hard_negative(rng))
    planted: list[Planted] = []
    for recipe in record.recipes:
        text, found = write_recipe(recipe, rng)
        lines += ["", *text.splitlines(), ""]
        planted += found
    return "\n".join(lines), planted


def file_bytes(stage: Stage, record: FileRecord) -> bytes:
    """The file itself, in the format of its suffix."""
    return build_file(record.suffix, file_text(stage, record)[0], _rng(stage, "bytes", _kind(record), record.number))


def sized_file(stage: Stage, record: FileRecord) -> tuple[int, str]:
    """(bytes, MD5 in hex), remembered per world."""
    found = stage.sizes.get(record.id)
    if found is None:
        raw = file_bytes(stage, record)
        found = stage.sizes[record.id] = (len(raw), hashlib.md5(raw, usedforsecurity=False).hexdigest())
    return found


def document_text(stage: Stage, document: Document) -> tuple[str, list[Planted]]:
    """The text of a project document, and what was planted in it."""
    rng = _rng(stage, "document", document.number)
    lines = [f"Notes {stage.canary('document', document.number)}"]
    lines += [rng.choice(ENGLISH_FILLERS) for _ in range(rng.randint(4, 12))]
    planted: list[Planted] = []
    for recipe in document.recipes:
        text, found = write_recipe(recipe, rng)
        lines += ["", text]
        planted += found
    return "\n".join(lines) + "\n", planted


def artifact_text(stage: Stage, artifact: ArtifactRecord) -> tuple[str, str, list[Planted]]:
    """(title, text, planted) of one artifact version."""
    rng = _rng(stage, "artifact", artifact.number)
    lines = [f"# {rng.choice(TOPICS)}", "", f"Draft {stage.canary('artifact', artifact.number)}", ""]
    lines += [f"- {rng.choice(ENGLISH_FILLERS)}" for _ in range(rng.randint(3, 8))]
    planted: list[Planted] = []
    for recipe in artifact.recipes:
        text, found = write_recipe(recipe, rng)
        lines += ["", text]
        planted += found
    return f"{rng.choice(TOPICS)} {stage.canary('artifact-name', artifact.number)}", "\n".join(lines) + "\n", planted


def code_text(stage: Stage, item: CodeArtifact, version: int) -> tuple[str, list[Planted]]:
    """The page behind one version of a code artifact."""
    rng = _rng(stage, "code-artifact", item.number, version)
    lines = ["<!doctype html>", f"<title>{stage.canary('code-artifact', item.number)}</title>"]
    lines += [f"<p>{rng.choice(ENGLISH_FILLERS)}</p>" for _ in range(6)]
    planted: list[Planted] = []
    for recipe in item.recipes:
        text, found = write_recipe(recipe, rng)
        lines.append(f"<pre>{text}</pre>")
        planted += found
    return "\n".join(lines), planted


def session_text(stage: Stage, session: Session, turn: int, role: str) -> tuple[str, list[Planted]]:
    """One message of a session transcript."""
    rng = _rng(stage, "session", session.surface == "cowork_remote", session.number, turn, role)
    if role == "assistant":
        return f"{rng.choice(ANSWERS['en'])} {rng.choice(ENGLISH_FILLERS)}", []
    lines = [rng.choice(QUESTIONS["en"]), rng.choice(ENGLISH_FILLERS)]
    planted: list[Planted] = []
    if turn == 0:
        kind = "remote-session" if session.surface == "cowork_remote" else "local-session"
        lines.append(f"Session {stage.canary(kind, session.number)}.")
        for recipe in session.recipes:
            text, found = write_recipe(recipe, rng)
            lines.append(text)
            planted += found
    return "\n".join(lines), planted


def instructions_text(stage: Stage, project: Project) -> tuple[str, str]:
    """(description, instructions), each with a canary."""
    rng = _rng(stage, "project", project.number)
    return (
        f"{project.name}: {rng.choice(ENGLISH_FILLERS)} {stage.canary('description', project.number)}",
        f"Answer briefly. {rng.choice(ENGLISH_FILLERS)} {stage.canary('instructions', project.number)}",
    )
