"""From a file's bytes to its text: plain text at once, all else through a small pool of sandboxed workers."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from fanlight.labels.files.limits import TEXT
from fanlight.labels.files.ocr import Ocr, ocr_of
from fanlight.labels.files.plain import plain_text
from fanlight.labels.files.worker import read_frame, write_frame

__all__ = ["FileText", "Readers"]

_RECYCLE = 200
_WALL_SECONDS = 45.0
_LARGEST = 150_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """The text of one file, or in plain words why there is none."""

    text: str = field(default="", repr=False)
    characters: int = -1
    reason: str = ""
    """Empty when everything was read."""
    unreadable: bool = False

    def __post_init__(self) -> None:
        if self.characters < 0:
            object.__setattr__(self, "characters", len(self.text))

    def without_text(self) -> FileText:
        """The same statement with the content dropped."""
        return replace(self, text="")


def _could_not(reason: str, names: str = "") -> FileText:
    return FileText(text=names, reason=f"could not read a file: {reason}", unreadable=True)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a worker read, with the pictures that it took out of the file."""

    text: str = field(repr=False)
    read: bool
    reason: str
    left_out: tuple[str, ...]
    pictures: tuple[bytes, ...] = field(repr=False)

    def said(self, text: str, unread: int) -> FileText:
        """The result, with the text of the pictures; `unread` of them could not be read."""
        seen = len(self.pictures) - unread
        if self.reason and not (self.read or seen):
            return _could_not(self.reason, text)
        if unread and not (self.read or seen):
            return _could_not("its pictures could not be read", text)
        left_out = [self.reason] if self.reason else []
        left_out += self.left_out
        if unread:
            left_out.append("a picture in it could not be read")
        return FileText(text=text, reason="read in part: " + "; ".join(left_out) if left_out else "")


class Readers:
    """A pool of `workers` processes, started when first needed, each replaced after 200 files or when it dies."""

    def __init__(self, *, workers: int = 1, ocr: Ocr | None = None) -> None:
        self._ocr = ocr or ocr_of()
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(max(1, workers))
        self._closed = False
        self.holds: tuple[str, ...] = ()
        """Which protections the last started worker reported."""

    def read(self, data: bytes, *, name: str = "", mime_type: str | None = None) -> FileText:
        """The text of one file. Never raises for a bad file: says so in the result."""
        plain = plain_text(data, name, mime_type or "")
        if plain is not None:
            text, cut = plain
            reason = f"read in part: only the first {TEXT // 1_000_000} million characters were read" if cut else ""
            return FileText(text=text, reason=reason)
        if len(data) > _LARGEST:
            return _could_not(f"it is larger than {_LARGEST // 1_000_000} MB")
        with self._slots:
            worker = self._take()
            if worker is None:
                return _could_not("its reader could not be started")
            answer = worker.ask(data, name, mime_type or "", self._ocr.pages if self._ocr else 0)
            if worker.usable:
                self._give_back(worker)
        if isinstance(answer, FileText):
            return answer
        text, unread = answer.text, 0
        for picture in answer.pictures:
            seen = self._ocr.read(picture) if self._ocr else None
            unread += seen is None
            text += f"\n{seen or ''}"
        return answer.said(text, unread)

    def close(self) -> None:
        """End the workers. Later reads of files that need one are refused."""
        with self._lock:
            self._closed = True
            workers, self._idle = self._idle, []
        for worker in workers:
            worker.end()

    def _take(self) -> _Worker | None:
        with self._lock:
            if self._closed:
                return None
            if self._idle:
                return self._idle.pop()
        for _ in range(2):  # a machine short of memory may kill one at its birth
            try:
                worker = _Worker()
            except (OSError, EOFError, ValueError):
                continue
            self.holds = worker.holds
            return worker
        return None

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(worker)
                return
        worker.end()


class _Worker:
    """One worker process. Gets no environment, no descriptors but its pipes, and the folder `/`."""

    def __init__(self) -> None:
        paths = [path for path in sys.path if path]
        # The room itself (engine, patterns, weights) is not loaded there: a reader needs none of it.
        code = (
            f"import sys, types; sys.path[:] = {paths!r}; room = types.ModuleType('fanlight.labels'); "
            f"room.__path__ = [{str(Path(__file__).parents[1])!r}]; sys.modules[room.__name__] = room; "
            "from fanlight.labels.files.worker import main; main()"
        )
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-I", "-S", "-B", "-c", code],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8"},
            cwd="/", close_fds=True, start_new_session=True, bufsize=-1,
        )  # fmt: skip
        self._files = 0
        self.usable = True
        ready = self._answer(20.0)
        held = ready[0].get("ready", ()) if ready else None
        if not isinstance(held, list):
            self.end()
            raise EOFError  # noqa: TRY004 - the process died before it was ready
        self.holds = tuple(str(name) for name in held)

    def ask(self, data: bytes, name: str, mime_type: str, pictures: int = 0) -> FileText | _Answer:
        """Read one file; the death or silence of the process is an answer."""
        self._files += 1
        started = time.monotonic()
        sender = threading.Thread(target=self._send, args=(data, name, mime_type, pictures), daemon=True)
        sender.start()
        answer = self._answer(_WALL_SECONDS)
        if answer is None:
            slow = time.monotonic() - started >= _WALL_SECONDS
            self.end()
            return _could_not("it took too long" if slow else "its reader ran over its limits and was ended")
        sender.join(1.0)
        if self._files >= _RECYCLE:
            self.end()
        header, payload = answer
        sizes = header.get("pictures") or []
        at, taken = int(str(header.get("text", len(payload)))), []
        text = payload[:at].decode("utf-8", "replace")
        for size in sizes if isinstance(sizes, list) else []:
            taken.append(payload[at : at + int(size)])
            at += int(size)
        left_out = tuple(str(item) for item in header.get("left_out", ()))  # type: ignore[attr-defined]
        return _Answer(text, bool(header.get("read")), str(header.get("reason", "")), left_out, tuple(taken))

    def end(self) -> None:
        """Kill the process and wait for it."""
        self.usable = False
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        self._process.wait()

    def _send(self, data: bytes, name: str, mime_type: str, pictures: int) -> None:
        assert self._process.stdin is not None
        try:
            write_frame(self._process.stdin, {"name": name[-120:], "mime_type": mime_type, "pictures": pictures}, data)  # type: ignore[arg-type]
        except (OSError, ValueError):  # the process died; reading its answer says so
            return

    def _answer(self, seconds: float) -> tuple[dict[str, object], bytes] | None:
        """The next frame, or None when the process dies or stays silent until the time is up."""
        assert self._process.stdout is not None
        stream = _Timed(self._process.stdout.fileno(), time.monotonic() + seconds)
        try:
            return read_frame(stream)  # type: ignore[arg-type]
        except (EOFError, TimeoutError, OSError, ValueError):
            return None


class _Timed:
    """A pipe read with a deadline."""

    def __init__(self, descriptor: int, deadline: float) -> None:
        self._descriptor = descriptor
        self._deadline = deadline

    def read(self, size: int) -> bytes:
        if size == 0:
            return b""
        left = self._deadline - time.monotonic()
        if left <= 0 or not select.select([self._descriptor], [], [], left)[0]:
            raise TimeoutError
        return os.read(self._descriptor, min(size, 1 << 20))
