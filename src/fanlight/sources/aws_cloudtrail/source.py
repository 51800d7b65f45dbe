"""One connected trail: files by account and region, read in the order of their keys.

Cursor: `{"after": {<folder>: <last key>}, "newest": <micros>}`. It never passes a quarter of an hour ago, because files
of the same minutes arrive in any order; younger files are read on every poll, and what is known is recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import orjson

from fanlight.model import DAY, MINUTE, Micros
from fanlight.sources.aws_cloudtrail.mapping import KIND, LOG
from fanlight.sources.bucket import Bucket, explain_refusal
from fanlight.sources.contract import EventPage, SourceContext
from fanlight.sources.http import HttpRefusal
from fanlight.sources.logs import PageReader, Record
from fanlight.sources.options import number_of
from fanlight.sources.pulled import Probe, PulledSource

__all__ = ["connect_aws"]

_SETTLED: Micros = 15 * MINUTE
_FILES_A_PAGE = 40
_ROWS_A_PAGE = 4000
_STAMP = re.compile(r"_(\d{8}T\d{4}Z)_[^/]*$")
_HOW_TO = (
    "Make an IAM user for Fanlight that may do s3:ListBucket on the trail's bucket and s3:GetObject below AWSLogs/, "
    "nothing else; give its access key id and secret access key.",
    "In CloudTrail make one trail for all regions (and all accounts of the organization) that delivers to that bucket.",
)
_NOT_COLLECTED = (
    "People and groups of IAM Identity Center: its interface takes requests that send something only. The name of a "
    "single sign-on session is the person's address, by which sessions are matched; a list of people can be imported "
    "with fanlight import directory.",
    "Data events (reading objects, invoking models) unless the trail is set to record them.",
    "The last five minutes or so: CloudTrail delivers files after that.",
)


class TrailLog:
    """The stream `trail`."""

    name = "trail"
    poll_seconds = 300.0

    def __init__(self, bucket: Bucket, reader: PageReader, *, prefix: str, history: Micros, files: int) -> None:
        self._bucket = bucket
        self._reader = reader
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._history = history
        self._files = files

    def pages(self, cursor: str | None) -> Iterator[EventPage]:
        """Every file behind the position of its folder."""
        after, newest = _load(cursor)
        now = self._reader.clock.now()
        settled = _stamp(now - _SETTLED)
        try:
            for folder in self.folders("feed"):
                start = after.get(folder) or _key_at(folder, now - self._history)
                for keys, page in self._read(folder, start, "feed", late=False):
                    times = [event.occurred_at for event in page.events]
                    newest = max(times if newest is None else [*times, newest], default=None)
                    passed = [key for key in keys if (_stamp_of(key) or "") <= settled]
                    if passed:
                        after[folder] = passed[-1]
                    text = orjson.dumps({"after": after, "newest": newest}).decode()
                    yield replace(page, cursor=text)
        except HttpRefusal as refusal:
            raise self._reader.explain(refusal) from None
        yield EventPage(events=(), cursor=orjson.dumps({"after": after, "newest": newest}).decode(), more=False)

    def sweep(self, since: Micros, until: Micros) -> Iterator[EventPage]:
        """Files that were delivered in the window or soon after; all they hold is marked late."""
        last = _stamp(until + _SETTLED)
        try:
            for folder in self.folders("sweep"):
                for _, page in self._read(folder, _key_at(folder, since), "sweep", late=True, last=last):
                    yield page
        except HttpRefusal as refusal:
            raise self._reader.explain(refusal) from None

    def folders(self, purpose: str, patience_seconds: float | None = None) -> list[str]:
        """`…/CloudTrail/<region>/` of every account, those of an organization's trail too."""
        base = f"{self._prefix}AWSLogs/"
        accounts: list[str] = []
        for folder in self._bucket.folders(base, purpose=purpose, patience_seconds=patience_seconds):
            name = folder.removeprefix(base).strip("/")
            accounts += self._bucket.folders(folder, purpose=purpose) if name.startswith("o-") else [folder]
        return [
            region
            for account in accounts
            if account.rstrip("/").rpartition("/")[2].isdigit()
            for region in self._bucket.folders(f"{account}CloudTrail/", purpose=purpose)
        ]

    def _read(
        self, folder: str, after: str, purpose: str, *, late: bool, last: str = "~"
    ) -> Iterator[tuple[list[str], EventPage]]:
        """Pages of some files each, with the files' keys."""
        keys: list[str] = []
        records: list[Record] = []
        for key in self._bucket.keys(folder, after, purpose=purpose):
            stamp = _stamp_of(key)
            if stamp is None:
                continue  # digests and other files beside the records
            if stamp > last:
                break
            keys.append(key)
            records += self._bucket.records(key, purpose=purpose)
            if len(keys) >= self._files or len(records) >= _ROWS_A_PAGE:
                yield keys, self._reader.read(records, late=late)
                keys, records = [], []
        if keys:
            yield keys, self._reader.read(records, late=late)


def connect_aws(context: SourceContext) -> PulledSource:
    """Stream `trail`. Raises `SourceError`."""
    bucket = Bucket(context)
    log = TrailLog(
        bucket,
        PageReader(
            what="the trail",
            map_record=partial(LOG.read, context=context),
            clock=context.clock,
            explain=lambda refusal: explain_refusal(refusal, "the trail"),
        ),
        prefix=context.options.get("prefix", ""),
        history=int(number_of(context.options, "days", 90) * DAY),
        files=int(min(_FILES_A_PAGE, number_of(context.options, "log_page", _FILES_A_PAGE))),
    )
    return PulledSource(
        kind=KIND,
        name=context.name,
        label="AWS",
        clients=(bucket.client,),
        events=(log,),
        snapshots=(),
        probes=(
            Probe(
                what="the trail", brings="what was done in every account and region the trail covers",
                scope="s3:ListBucket and s3:GetObject", ask=lambda: log.folders("check", 8.0),
            ),
        ),
        explain=explain_refusal,
        how_to=_HOW_TO,
        not_collected=_NOT_COLLECTED,
    )  # fmt: skip


def _load(cursor: str | None) -> tuple[dict[str, str], Micros | None]:
    try:
        found = orjson.loads(cursor) if cursor else {}
        return dict(found.get("after") or {}), found.get("newest")
    except (ValueError, AttributeError, TypeError):
        return {}, None


def _stamp(at: Micros) -> str:
    return datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y%m%dT%H%MZ")


def _stamp_of(key: str) -> str | None:
    found = _STAMP.search(key)
    return found[1] if found else None


def _key_at(folder: str, at: Micros) -> str:
    """A key before every file that was delivered from then on."""
    account, _, region = folder.rstrip("/").split("/")[-3:]
    day = datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y/%m/%d")
    return f"{folder}{day}/{account}_CloudTrail_{region}_{_stamp(at)}"
