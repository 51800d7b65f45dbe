"""Buckets of object storage as senders: every file below a prefix, each record once.

A file is known by its key and its entity tag. What was read moves in the transaction that stores its rows, page by page
of a large file, so a kill loses and doubles nothing. Writers name their files as they like, so not the last key says
where to go on but the time at which the store took a file: files up to a day older than the newest one read are looked
for in every listing, because a large file gets its time when its upload begins. Fanlight only lists and gets.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from fanlight.inputs.batch import Batch
from fanlight.inputs.commits import Committer
from fanlight.inputs.records import Arrived, Mapped, Mapper
from fanlight.inputs.senders import Sender, SenderProblem, read_settings
from fanlight.inputs.watching import watch_senders
from fanlight.model import DAY, Micros
from fanlight.pipeline.home import Home
from fanlight.pipeline.importing import keep_aside
from fanlight.sources.bucket import Bucket, StoredFile, explain_refusal
from fanlight.sources.contract import Notice, SourceContext, SourceError
from fanlight.sources.files import Unread, read_bytes
from fanlight.sources.http import HttpRefusal

__all__ = ["BucketFolder", "open_bucket", "watch_buckets"]

_PAGE = 5_000
_BACK: Micros = DAY
_LOOK_SECONDS = 30.0
_WORDS = ("region", "key_id", "key")
Records = list[Mapping[str, Any] | Unread]


@dataclass(slots=True)
class OpenBucket:
    """A bucket and what to read of it."""

    bucket: Bucket
    prefix: str

    def close(self) -> None:
        """Close all connections."""
        self.bucket.client.close()


def open_bucket(home: Home, where: str) -> OpenBucket:
    """The bucket of `https://BUCKET.s3.REGION.amazonaws.com/PREFIX?file:PATH`; the file names region, key_id and key.

    With `"path_style": true` in the file, as smaller stores want it, the bucket is the first part of the path.
    Raises `SenderProblem`.
    """
    address, _, reference = where.partition("?")
    settings = read_settings(home, reference, "the bucket")
    if not all(isinstance(settings.get(name), str) and settings[name] for name in _WORDS):
        raise SenderProblem(
            "A bucket is given as https://BUCKET.s3.REGION.amazonaws.com/PREFIX?file:PATH; the file is one JSON object "
            'with "region", "key_id" and "key", readable by you alone.'
        )
    parts = urlsplit(address)
    base, prefix = f"{parts.scheme}://{parts.netloc}", unquote(parts.path).lstrip("/")
    if settings.get("path_style") is True:
        name, _, prefix = prefix.partition("/")
        base = f"{base}/{name}"
    context = SourceContext(
        tenant=home.tenant,
        name="bucket",
        clock=home.clock,
        content_key=home.vault.tenant_key("content"),
        read_secret=lambda _: str(settings["key"]),
        options={
            "url": base, "region": settings["region"], "key_id": settings["key_id"], "key": "settings",
            "patience": str(settings.get("patience", 60)), "first_wait": str(settings.get("first_wait", 0.3)),
        },
    )  # fmt: skip
    try:
        return OpenBucket(Bucket(context), prefix)
    except SourceError as problem:
        raise SenderProblem(str(problem)) from None


@dataclass(slots=True)
class _Position:
    """What was read of a bucket: the newest time of a file, the files of the day before, and how far the next one."""

    newest: Micros = 0
    seen: dict[str, Micros] = field(default_factory=dict)
    """Digest of key and entity tag to the file's time."""
    within: str = ""
    records: int = 0

    @classmethod
    def of(cls, text: str | None) -> _Position:
        found = orjson.loads(text) if text else {}
        return cls(**found)

    def text(self) -> str:
        return orjson.dumps(
            {"newest": self.newest, "seen": self.seen, "within": self.within, "records": self.records}
        ).decode()

    def knows(self, file: StoredFile) -> bool:
        at = file.modified or 0
        return (file.modified is not None and at < self.newest - _BACK) or _mark(file) in self.seen

    def close(self, file: StoredFile) -> None:
        """The file was read to its end."""
        at = file.modified or 0
        self.seen[_mark(file)] = at
        self.within, self.records = "", 0
        if at > self.newest:
            self.newest = at
            if len(self.seen) % 64 == 0:
                self.seen = {mark: time for mark, time in self.seen.items() if time == 0 or time >= at - _BACK}


class BucketFolder:
    """One sender's bucket. `look` reads what is new and waits a moment; call it again and again, then `close`."""

    def __init__(
        self,
        home: Home,
        committer: Committer,
        sender: Sender,
        stop: threading.Event | None = None,
        *,
        pause: float = _LOOK_SECONDS,
    ) -> None:
        self._home = home
        self._committer = committer
        self._sender = sender
        self._stop = stop or threading.Event()
        self._pause = pause
        self._opened = open_bucket(home, sender.where)
        self._mapper = Mapper(home)
        self._position = _Position.of(home.state.cursor(sender.source, sender.stream))
        self._told = ""

    def look(self) -> int:
        """Read files that are new, oldest first; returns how many events were new. Raises what the commit raises."""
        new = 0
        try:
            for file in self._new_files():
                if self._stop.is_set():
                    return new
                new += self._take(file)
            self._tell("", "coverage")
        except HttpRefusal as refusal:
            told = explain_refusal(refusal, "the bucket")
            self._tell(str(told), "credential" if told.kind == "credential" else "coverage")
        except SourceError as problem:
            self._tell(str(problem), "coverage")
        self._stop.wait(self._pause)
        return new

    def close(self) -> None:
        """Close all connections, end the labeller."""
        self._opened.close()
        self._mapper.close()

    def _new_files(self) -> list[StoredFile]:
        listed = self._opened.bucket.files(self._opened.prefix, purpose="feed")
        found = [file for file in listed if not file.key.endswith("/") and not self._position.knows(file)]
        return sorted(found, key=lambda file: (file.modified or 0, file.key))

    def _take(self, file: StoredFile) -> int:
        def decode(body: bytes) -> Records:
            return list(read_bytes(file.key, body))

        try:
            records: Records = self._opened.bucket.read(file, decode, purpose="feed")
        except HttpRefusal as refusal:
            if refusal.status != 404:
                raise
            return 0  # taken away meanwhile
        except SourceError as problem:
            if problem.kind != "unreadable":
                raise
            return 0  # written anew while it was read; the next listing names the new one
        mark = _mark(file)
        done = self._position.records if self._position.within == mark else 0
        new = 0
        left = iter(records[done:])
        while page := list(islice(left, _PAGE)):
            done += len(page)
            self._position.within, self._position.records = mark, done
            if done == len(records):
                self._position.close(file)
            new += self._store(page)
        if done == 0:  # an empty file
            self._position.close(file)
            new += self._store([])
        return new

    def _store(self, page: Records) -> int:
        now = self._home.clock.now()
        taken = Mapped()
        unread: list[Unread] = []
        for record in page:
            mapped = None if isinstance(record, Unread) else self._mapper.map_one(self._sender, Arrived(record), now)
            if isinstance(record, Unread):
                unread.append(record)
            elif mapped is None:
                unread.append(Unread("", 0, 0, f"it is not of the kind {self._sender.kind}"))
            else:
                taken.add(mapped)
        cursor, rejected = self._position.text(), len(unread)
        try:
            new = self._committer.offer(
                self._mapper.batch(self._sender, taken, now, cursor=cursor, rejected=rejected)
            ).result()
        except BaseException:
            self._position = _Position.of(self._home.state.cursor(self._sender.source, self._sender.stream))
            raise
        keep_aside(self._home, unread)
        return new

    def _tell(self, sentence: str, kind: Any) -> None:
        """Say once what holds up the reading."""
        if sentence and sentence != self._told:
            notice = Notice(kind=kind, sentence=f"{self._sender.name}: {sentence}", at=self._home.clock.now())
            batch = Batch(source=self._sender.source, stream=self._sender.stream, events=(), notices=[notice])
            self._committer.offer(batch).result()
        self._told = sentence


def watch_buckets(home: Home, committer: Committer, stop: threading.Event) -> None:
    """Read every sender's bucket until told to stop."""
    watch_senders(home, stop, committer.broken, "bucket", lambda sender: BucketFolder(home, committer, sender, stop))


def _mark(file: StoredFile) -> str:
    return hashlib.blake2b(f"{file.key}\n{file.etag}".encode(), digest_size=8).hexdigest()
