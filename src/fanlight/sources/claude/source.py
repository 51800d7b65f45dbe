"""One connected Claude Enterprise tenant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from fanlight.model import Micros, ObjectVersion
from fanlight.sources.budget import SharedBudget
from fanlight.sources.claude.api import ClaudeApi
from fanlight.sources.claude.check import check_key
from fanlight.sources.claude.console import AnalyticsSnapshots, ConsoleApi, ConsoleSnapshots
from fanlight.sources.claude.content import ContentReader
from fanlight.sources.claude.directory import DirectorySnapshots, ProjectSnapshots
from fanlight.sources.claude.feed import LARGEST_PAGE, ActivityFeed, OwnTraffic
from fanlight.sources.claude.inventory import Chats, CodeArtifacts, LocalSessions, Projects, RemoteSessions
from fanlight.sources.claude.mapping import ActivityMapper
from fanlight.sources.claude.records import RecordMapper
from fanlight.sources.contract import (
    ContentPart,
    ContentRef,
    EventStream,
    InventoryStream,
    SnapshotStream,
    SourceContext,
    SourceReport,
)
from fanlight.sources.http import FIRST_WAIT
from fanlight.sources.options import number_of

__all__ = ["ClaudeSource"]

_URL = "https://api.anthropic.com"
_DOCUMENTED_LIMIT = 600
_SHARE = 0.6


class ClaudeSource:
    """Implements `contract.Source`. All streams share one budget; the feed goes first."""

    kind = "claude"

    def __init__(self, context: SourceContext) -> None:
        options = context.options
        self.name = context.name
        self._context = context
        tag = self._tag()
        self.budget = SharedBudget(
            context.clock,
            limit=int(number_of(options, "rate", _DOCUMENTED_LIMIT)),
            share=number_of(options, "share", _SHARE),
            fixed="rate" in options,
        )
        self.api = ClaudeApi(
            url=options.get("url") or _URL,
            read_key=lambda: context.read_secret(options.get("key", "")),
            clock=context.clock,
            budget=self.budget,
            agent_tag=tag,
            key_tag=self._tag,
            patience_seconds=number_of(options, "patience", 120.0),
            first_wait_seconds=number_of(options, "first_wait", FIRST_WAIT),
        )
        events = ActivityMapper(tenant=context.tenant, source=context.name, content_key=context.content_key)
        self.records = RecordMapper(tenant=context.tenant, source=context.name, content_key=context.content_key)
        page = int(min(LARGEST_PAGE, number_of(options, "feed_page", LARGEST_PAGE)))
        ips = frozenset(context.known_collector_ips)
        self.own_traffic = OwnTraffic(self.api, events, collector_ips=ips, page=page)
        self._events: list[EventStream] = [ActivityFeed(self.api, events, page=page), self.own_traffic]
        self._snapshots: list[SnapshotStream] = [
            DirectorySnapshots(self.api, self.records),
            ProjectSnapshots(self.api, self.records),
        ]
        self._console = self._neighbour("admin_key", 100, tag)
        self._analytics = self._neighbour("analytics_key", 60, tag)
        if self._console is not None:
            self._snapshots.append(ConsoleSnapshots(self._console, self.records))
        if self._analytics is not None:
            self._snapshots.append(AnalyticsSnapshots(self._analytics, self.records))
        self._inventories: list[InventoryStream] = [
            Chats(self.api, self.records, page=int(min(1000, number_of(options, "chat_page", 1000)))),
            Projects(self.api, self.records),
            LocalSessions(self.api, self.records),
            RemoteSessions(self.api, self.records),
            CodeArtifacts(self.api, self.records),
        ]
        self._content = ContentReader(self.api, self.records)

    def event_streams(self) -> Sequence[EventStream]:
        """`feed` and `own_traffic`."""
        return self._events

    def snapshot_streams(self) -> Sequence[SnapshotStream]:
        """`directory`, `project_access`, and with an Admin key `console`."""
        return self._snapshots

    def inventory_streams(self) -> Sequence[InventoryStream]:
        """Most valuable first: chats, projects, sessions, code artifacts."""
        return self._inventories

    def read_content(self, ref: ContentRef, since: Micros | None) -> Iterator[ContentPart | ContentRef | ObjectVersion]:
        """See `ContentReader.read`."""
        return self._content.read(ref, since)

    def check(self) -> SourceReport:
        """Try the key against one cheap request a scope; see `check_key`."""
        return check_key(self.api, self._console, self._analytics)

    def requests(self) -> Mapping[str, int]:
        """Requests by purpose; a retry counts as `<purpose>:retry`."""
        spent = dict(self.budget.spent())
        for neighbour in (self._console, self._analytics):
            for purpose, count in (neighbour.budget.spent() if neighbour else {}).items():
                spent[purpose] = spent.get(purpose, 0) + count
        return spent

    def close(self) -> None:
        """Close all connections."""
        for neighbour in (self.api, self._console, self._analytics):
            if neighbour is not None:
                neighbour.close()

    def _tag(self, key: str = "") -> str:
        """Tells this installation, or its use of one key, apart in the vendor's own log; tells nothing of the key."""
        told = "/".join([self._context.tenant, self._context.name, *([key] if key else [])])
        return hashlib.blake2b(told.encode(), key=self._context.content_key[:64], digest_size=6).hexdigest()

    def _neighbour(self, option: str, limit: int, tag: str) -> ConsoleApi | None:
        """The Admin or Analytics API, where a key for it was given. They have limits of their own."""
        context, options = self._context, self._context.options
        if not options.get(option):
            return None
        budget = SharedBudget(context.clock, limit=limit, share=number_of(options, "share", _SHARE))
        return ConsoleApi(
            url=options.get("admin_url") or options.get("url") or _URL,
            read_key=lambda: context.read_secret(options[option]),
            clock=context.clock,
            budget=budget,
            agent_tag=tag,
            patience_seconds=number_of(options, "patience", 120.0),
            first_wait_seconds=number_of(options, "first_wait", FIRST_WAIT),
        )
