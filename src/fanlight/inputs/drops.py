"""Folder drops: files that other systems put into a folder, each line once.

A file is known by device, inode and the digest of its beginning, so a rename changes nothing; its position moves in
the transaction that stores its rows, so a kill loses and doubles nothing. Only whole lines are read. What is read again
after a copy or a rewrite is recognised event by event.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from fanlight.inputs.commits import Committer
from fanlight.inputs.records import Arrived, Mapped, Mapper
from fanlight.inputs.senders import Sender, list_senders
from fanlight.inputs.texts import records_of_line
from fanlight.pipeline.home import Home
from fanlight.pipeline.importing import keep_aside
from fanlight.sources.files import Unread, read_records
from fanlight.state import LeaseLost

__all__ = ["Folder", "NotStored", "watch_folders"]

_LOOK_SECONDS = 1.0
_SETTLED_SECONDS = 2.0
"""A file that is read whole (packed, or one JSON document) must not have changed for this long."""

_QUIET_SECONDS = 60.0
"""A last line without its end is read when the file has not changed for this long."""

_PAGE = 5_000
_CHUNK = 8 * 1024 * 1024
_BEGINNING = 1024
_UNFINISHED = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp")
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_LOG = logging.getLogger("fanlight.inputs")


class NotStored(Exception):
    """The last lines could not be stored; they are read again. The text is the kind of the trouble alone."""


@dataclass(slots=True)
class _Place:
    """How far one file was read: bytes of a file of lines, records of one that is read whole."""

    length: int
    """Bytes that the digest stands for."""
    digest: str
    offset: int = 0
    whole: bool = False
    size: int = -1
    """Size when a whole file was read to its end; -1 before."""


@dataclass(slots=True)
class _Places:
    """Positions of all files of a folder that exist."""

    by_file: dict[str, _Place] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str | None) -> _Places:
        found = orjson.loads(text) if text else {}
        return cls({key: _Place(*values) for key, values in found.items()})

    def text(self) -> str:
        return orjson.dumps(
            {key: [p.length, p.digest, p.offset, p.whole, p.size] for key, p in self.by_file.items()}
        ).decode()


class Folder:
    """One sender's folder. `look` reads what is new; call it again and again."""

    def __init__(self, home: Home, committer: Committer, sender: Sender, mapper: Mapper | None = None) -> None:
        self._home = home
        self._committer = committer
        self._sender = sender
        self._mapper = mapper or Mapper(home)
        self._places = _Places.of(home.state.cursor(sender.source, sender.stream))

    def look(self, stop: threading.Event | None = None) -> int:
        """Read what is new in all files; returns how many events were new. Raises `NotStored`, `LeaseLost`."""
        new = 0
        present: set[str] = set()
        for path, status in _files(Path(self._sender.where), self._home.path):
            key = f"{status.st_dev}:{status.st_ino}"
            present.add(key)
            if stop is not None and stop.is_set():
                return new
            try:
                new += self._take(path, key, status)
            except OSError:  # gone meanwhile, or not ours to read
                _LOG.warning("A file in the folder of %s cannot be read.", self._sender.name)
        for gone in set(self._places.by_file) - present:
            del self._places.by_file[gone]  # its place is forgotten with the next commit
        return new

    def _take(self, path: Path, key: str, status: os.stat_result) -> int:
        if not status.st_size:
            return 0
        with path.open("rb") as file:
            place = self._place(key, file.read(_BEGINNING), status.st_size)
            file.seek(0)
            head = file.readline(_CHUNK)
        quiet = time.time() - status.st_mtime
        if head.startswith(_PACKED) or _is_document(head):
            place.whole = True
            if place.size == status.st_size or quiet < _SETTLED_SECONDS:
                return 0
            return self._read_whole(path, place, status.st_size)
        if place.offset >= status.st_size:
            return 0
        return self._read_lines(path, place, ended=quiet >= _QUIET_SECONDS)

    def _place(self, key: str, beginning: bytes, size: int) -> _Place:
        """The file's place; one that was written anew under the same inode begins at its start."""
        place = self._places.by_file.get(key)
        if place is not None and (
            size < (0 if place.whole else place.offset) or _digest(beginning[: place.length]) != place.digest
        ):
            place = None
        if place is None:
            place = _Place(len(beginning), _digest(beginning))
        elif place.length < len(beginning):
            place = _Place(len(beginning), _digest(beginning), place.offset, place.whole, place.size)
        self._places.by_file[key] = place
        return place

    def _read_lines(self, path: Path, place: _Place, *, ended: bool) -> int:
        new = 0
        with path.open("rb") as file:
            file.seek(place.offset)
            rest = b""
            while chunk := file.read(_CHUNK):
                data = rest + chunk
                cut = data.rfind(b"\n") + 1
                if cut:
                    new += self._store_lines(path, place, data[:cut], place.offset + cut)
                    rest = data[cut:]
                elif len(data) >= 4 * _CHUNK:
                    place.offset += len(data)  # no line is that long; what follows its end is read again
                    keep_aside(self._home, [Unread(path.name, 0, len(data), "the line is too long")])
                    rest = b""
                else:
                    rest = data
            if rest and ended:
                new += self._store_lines(path, place, rest, place.offset + len(rest))
        return new

    def _store_lines(self, path: Path, place: _Place, data: bytes, end: int) -> int:
        """Store whole lines in pages; the place moves with each."""
        new = 0
        at = place.offset
        lines = iter(data.splitlines(keepends=True))
        while page := list(islice(lines, _PAGE)):
            found: list[Mapping[str, Any] | Unread] = []
            for line in page:
                if line.strip():
                    records = records_of_line(path.name, 0, line)
                    found.extend([records] if isinstance(records, Unread) else records)
            at += sum(map(len, page))
            new += self._store(found, place, min(at, end))
        return new

    def _read_whole(self, path: Path, place: _Place, size: int) -> int:
        """A packed file or a document: records are counted, and the first that were stored are passed over."""
        new = 0
        records: Iterator[Mapping[str, Any] | Unread] = iter(read_records(path))
        for _ in islice(records, place.offset):
            pass
        while page := list(islice(records, _PAGE)):
            cut = [one for one in page if isinstance(one, Unread) and not one.line]  # damaged, or still growing
            new += self._store(page, place, place.offset + len(page) - len(cut))
        place.size = size
        new += self._store([], place, place.offset)
        return new

    def _store(self, found: list[Mapping[str, Any] | Unread], place: _Place, offset: int) -> int:
        now = self._home.clock.now()
        taken = Mapped()
        unread: list[Unread] = []
        for record in found:
            if isinstance(record, Unread):
                unread.append(record)
                continue
            mapped = self._mapper.map_one(self._sender, Arrived(record), now)
            if mapped is None:
                unread.append(Unread("", 0, 0, f"it is not of the kind {self._sender.kind}"))
            else:
                taken.add(mapped)
        before, place.offset = place.offset, offset
        batch = self._mapper.batch(self._sender, taken, now, cursor=self._places.text(), rejected=len(unread))
        try:
            new = self._committer.offer(batch).result()
        except LeaseLost:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever failed, its text may quote a line
            place.offset = before
            raise NotStored(type(problem).__name__) from None
        keep_aside(self._home, unread)
        return new


def watch_folders(home: Home, committer: Committer, stop: threading.Event) -> None:
    """Look into every sender's folder until told to stop."""
    folders: dict[str, Folder] = {}
    mapper = Mapper(home)  # one labeller for all of them
    while not stop.is_set() and not committer.broken.is_set():
        try:
            senders = {sender.name: sender for sender in list_senders(home) if sender.way == "folder"}
            for name in set(folders) - set(senders):
                del folders[name]
            for name, sender in senders.items():
                folder = folders.setdefault(name, Folder(home, committer, sender, mapper))
                folder.look(stop)
        except LeaseLost:
            break
        except Exception as problem:  # noqa: BLE001 - its text may quote a line; what is not stored is read again
            _LOG.error("Folders are looked at again (%s).", type(problem).__name__)
            folders.clear()
        stop.wait(_LOOK_SECONDS)
    mapper.close()


def _files(folder: Path, home: Path) -> list[tuple[Path, os.stat_result]]:
    """Ordinary files below the folder, oldest first; links, hidden and unfinished ones are left alone."""
    found: list[tuple[Path, os.stat_result]] = []
    inside = home.resolve()
    for path in folder.rglob("*") if folder.is_dir() else ():
        name = path.name
        if name.startswith(".") or name.lower().endswith(_UNFINISHED) or inside in path.resolve().parents:
            continue
        try:
            status = path.lstat()
        except OSError:
            continue  # it was taken away meanwhile
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            found.append((path, status))
    return sorted(found, key=lambda one: (one[1].st_mtime, one[0].name))


def _is_document(line: bytes) -> bool:
    """Whether a file's first line begins a JSON document over several lines, or a list, instead of JSON Lines."""
    start = line.lstrip()[:1]
    if start == b"[":
        return True
    if start != b"{" or not line.endswith(b"\n"):
        return False
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return True
    return False


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()
