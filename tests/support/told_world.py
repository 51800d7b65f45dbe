"""A tiny company in which people say exactly the given texts and upload exactly the given files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from fanlight.model import SECOND
from fanlight.pipeline.connections import add_connection
from fanlight.pipeline.home import Home, open_home
from fanlight.simulator.http import RunningSimulator
from fanlight.simulator.world import FileContent, Row, Wire
from support.vendor_world import SECRET, TinyWorld, iso

__all__ = ["ToldWorld", "open_told_home"]


class ToldWorld(TinyWorld):
    """`a_chat` texts a chat, one a message, and in the first chat one more message a file (name to bytes)."""

    def __init__(self, texts: Sequence[str], files: Mapping[str, bytes] | None = None, *, a_chat: int = 1) -> None:
        told = list(texts) or ["nothing"]
        self._texts = [told[at : at + a_chat] for at in range(0, len(told), a_chat)]
        super().__init__(activities=20, chats=len(self._texts), people=3)
        self._files = list((files or {}).items())
        for row in self._chat_rows:
            row.body["deleted_at"] = None
            row.body["name"] = "a chat"
            row.body["project_id"] = row.project_id = None

    def messages(self, chat_id: str) -> list[Wire] | None:
        number = int(chat_id[-6:])
        row = self._chat_rows[number]
        told: list[tuple[str, int | None]] = [(text, None) for text in self._texts[number]]
        if number == 0:
            told += [("see the file", file) for file in range(len(self._files))]
        return [
            {
                "id": f"claude_chat_msg_01{number:06d}{n:05d}",
                "role": "user",
                "created_at": iso(row.created_at + n * SECOND),
                "content": [{"type": "text", "text": text, "truncated": False}],
                "files": None if file is None else [self._listed(file)],
                "generated_files": None,
                "artifacts": None,
            }
            for n, (text, file) in enumerate(told)
        ]

    def _listed(self, file: int) -> Wire:
        name, data = self._files[file]
        return {"id": f"claude_file_01t{file:05d}", "filename": name, "size_bytes": len(data), "mime_type": None,
                "md5": "11" * 16}  # fmt: skip

    def file_content(self, file_id: str) -> FileContent | None:
        name, data = self._files[int(file_id[-5:])]
        return FileContent(name, "application/octet-stream", data)

    def projects(self) -> list[Row]:
        return []

    def code_artifacts(self) -> list[Row]:
        return []

    def local_sessions(self) -> list[Row]:
        return []

    def remote_sessions(self) -> list[Row]:
        return []


def open_told_home(folder: Path, vendors: RunningSimulator) -> Home:
    """A fresh installation in `folder` that is connected to the company."""
    home = open_home(folder / "home")
    key = home.vault.seal("claude", SECRET)
    add_connection(home, "claude", "claude", {"url": vendors.compliance_url, "key": key, "first_wait": "0.02"})
    return home
