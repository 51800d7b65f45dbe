"""Walks over content-bearing objects: their metadata, and what to read next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from fanlight.model import DAY, HOUR, MINUTE, Micros, ObjectVersion
from fanlight.sources.claude.api import ClaudeApi, LoopGuard, Page, bound_text, explain_refusal, identified, when
from fanlight.sources.claude.records import RecordMapper
from fanlight.sources.contract import ContentRef, InventoryPage, Notice
from fanlight.sources.http import HttpRefusal

__all__ = ["Chats", "CodeArtifacts", "LocalSessions", "Projects", "RemoteSessions", "weight_of"]

Record = dict[str, Any]
_SKEW = 10 * MINUTE


def weight_of(
    kind: str, *, updated_at: Micros | None, now: Micros, project: bool = False, private: bool = False
) -> float:
    """What to read first: recent before old, projects before loose chats, private before open, small kinds first."""
    base = {"project": 3.0, "document": 2.5, "chat": 2.0, "local_session": 1.5, "remote_session": 1.5}.get(kind, 1.0)
    age = DAY * 365 if updated_at is None else max(0, now - updated_at)
    recency = 3.0 if age < DAY else 2.0 if age < 7 * DAY else 1.0 if age < 30 * DAY else 0.0
    return base + recency + (1.0 if project else 0.0) + (1.0 if private else 0.0)


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where a walk stands: the vendor's token, the filter it was made with, and what the next walk starts from."""

    page: str | None = None
    since: Micros | None = None
    started: Micros | None = None
    newest: Micros | None = None

    def text(self) -> str:
        named = {"page": self.page, "since": self.since, "started": self.started, "newest": self.newest}
        return orjson.dumps({name: value for name, value in named.items() if value is not None}).decode()

    @classmethod
    def read(cls, cursor: str | None) -> _Walk:
        if not cursor:
            return cls()
        try:
            data = orjson.loads(cursor)
            return cls(*(data.get(name) for name in ("page", "since", "started", "newest")))
        except (ValueError, AttributeError):
            return cls()

    def seeing(self, records: list[Record]) -> _Walk:
        """With the newest change among the records taken in."""
        times = [at for record in records if (at := when(record.get("updated_at"))) is not None]
        if not times:
            return self
        return replace(self, newest=max([*times, self.newest or 0]))


class Chats:
    """The stream `chats`, in the order of change. A changed chat comes again; a deleted one has nothing to read."""

    name = "chats"
    poll_seconds = 60.0

    def __init__(self, api: ClaudeApi, mapper: RecordMapper, *, page: int = 1000) -> None:
        self._api = api
        self._mapper = mapper
        self._size = page

    def pages(self, cursor: str | None) -> Iterator[InventoryPage]:
        """Pages of up to 1,000 chats from the cursor on."""
        walk = _Walk.read(cursor)
        guard = LoopGuard("the chats")
        while True:
            notices: list[Notice] = []
            try:
                page = self._ask(walk)
            except HttpRefusal as refusal:
                if walk.page is None or refusal.status not in (400, 404, 410):
                    raise explain_refusal(refusal, "the chats") from None
                now = self._api.clock.now()
                sentence = (
                    "Claude no longer accepts the cursor of the chat list; the walk restarts before the newest change."
                )
                notices.append(Notice(kind="cursor", sentence=sentence, at=now, since=walk.newest, until=now))
                walk = _Walk(since=None if walk.newest is None else walk.newest - HOUR, newest=walk.newest)
                page = self._ask(walk)
            guard.step(walk.page, page.next)
            walk = walk.seeing(page.items)
            if page.last is not None:
                walk = replace(walk, page=page.last, since=None)
            yield self._page(page, walk, notices)
            if page.next is None:
                return

    def _ask(self, walk: _Walk) -> Page:
        params: list[tuple[str, str | int]] = [("limit", self._size), ("order_by", "updated_at")]
        if walk.page is not None:
            params.append(("after_id", walk.page))
        elif walk.since is not None:
            params.append(("updated_at.gte", bound_text(walk.since)))
        return self._api.cursor_page("/apps/chats", params, purpose="inventory")[0]

    def _page(self, page: Page, walk: _Walk, notices: list[Notice]) -> InventoryPage:
        now = self._api.clock.now()
        versions = [self._mapper.chat(record, now) for record in identified(page.items)]
        refs = [
            ContentRef(
                kind="chat",
                object_id=version.object_id,
                updated_at=version.updated_at,
                chat_id=version.object_id,
                project_id=version.parent_id,
                owner_account=version.owner_account,
                organization_id=version.organization_id,
                weight=weight_of("chat", updated_at=version.updated_at, now=now, project=version.parent_id is not None),
            )
            for version in versions
            if version.deleted_at is None
        ]
        return InventoryPage(
            objects=versions, refs=refs, cursor=walk.text(), more=page.next is not None, notices=notices
        )


class _TokenWalk:
    """A walk of the page-token family: full the first time, then from `updated_at` where the list can filter by it."""

    name: str
    poll_seconds: float
    what: str
    path: str
    limit: int
    kind: str
    filters_by_change = True

    def __init__(self, api: ClaudeApi, mapper: RecordMapper) -> None:
        self._api = api
        self._mapper = mapper

    def pages(self, cursor: str | None) -> Iterator[InventoryPage]:
        """Pages from the cursor on. A token that died restarts the walk with the same filter."""
        walk = _Walk.read(cursor)
        if walk.page is None:
            walk = replace(walk, started=self._api.clock.now())
        guard = LoopGuard(self.what)
        while True:
            try:
                page = self._ask(walk)
            except HttpRefusal as refusal:
                if self._is_off(refusal):
                    yield self._off(walk)
                    return
                restarted = self._after_refusal(walk, refusal)
                if restarted is None:
                    raise explain_refusal(refusal, self.what) from None
                walk = restarted
                continue
            guard.step(walk.page, page.next)
            walk = walk.seeing(page.items)
            walk = replace(walk, page=page.next) if page.next else self._finished(walk)
            now = self._api.clock.now()
            records = list(identified(page.items))
            versions = [self.version(record, now) for record in records]
            refs = [
                ref
                for record, version in zip(records, versions, strict=True)
                if version.deleted_at is None and (ref := self.ref(record, version, now)) is not None
            ]
            yield InventoryPage(objects=versions, refs=refs, cursor=walk.text(), more=page.next is not None)
            if page.next is None:
                return

    def version(self, record: Record, now: Micros) -> ObjectVersion:
        """The object of a list item."""
        raise NotImplementedError

    def ref(self, record: Record, version: ObjectVersion, now: Micros) -> ContentRef | None:  # noqa: ARG002
        """What to read of it; None when there is nothing to read now."""
        return self._ref(version, now)

    def _ref(
        self,
        version: ObjectVersion,
        now: Micros,
        *,
        updated_at: Micros | None = None,
        detail: str = "{}",
        private: bool = False,
    ) -> ContentRef:
        changed = updated_at if updated_at is not None else version.updated_at
        return ContentRef(
            kind=version.kind,
            object_id=version.object_id,
            updated_at=changed,
            project_id=version.parent_id if version.parent_kind == "project" else None,
            owner_account=version.owner_account,
            organization_id=version.organization_id,
            weight=weight_of(version.kind, updated_at=changed, now=now, private=private),
            detail=detail,
        )

    def _ask(self, walk: _Walk) -> Page:
        params: list[tuple[str, str | int]] = [("limit", self.limit)]
        if walk.page is not None:
            params.append(("page", walk.page))
        if walk.since is not None:
            params.append(("updated_at.gte", bound_text(walk.since)))
        return self._api.token_page(self.path, params, purpose="inventory")[0]

    def _finished(self, walk: _Walk) -> _Walk:
        """The next walk starts where this one began, or at the newest change if older: clocks differ."""
        if not self.filters_by_change or walk.newest is None:
            return _Walk(since=walk.since if self.filters_by_change else None)
        started = (walk.started or self._api.clock.now()) - _SKEW
        return _Walk(since=min(started, walk.newest))

    def _after_refusal(self, walk: _Walk, refusal: HttpRefusal) -> _Walk | None:
        if refusal.status not in (400, 410):
            return None
        if walk.page is not None:
            return replace(walk, page=None)
        if walk.since is not None:
            # Older servers do not know the filter: read the whole list.
            return replace(walk, since=None)
        return None

    def _is_off(self, refusal: HttpRefusal) -> bool:
        return "local_sessions_off" in refusal.facts.marks

    def _off(self, walk: _Walk) -> InventoryPage:
        sentence = f"Claude does not offer {self.what} to this organization now; the walk goes on where it stood."
        notice = Notice(kind="coverage", sentence=sentence, at=self._api.clock.now())
        return InventoryPage(objects=[], refs=[], cursor=walk.text(), more=False, notices=[notice])


class Projects(_TokenWalk):
    """The stream `projects`: the reading of a project finds its documents and files."""

    name = "projects"
    poll_seconds = 600.0
    what = "the projects"
    path = "/apps/projects"
    limit = 100
    kind = "project"

    def version(self, record: Record, now: Micros) -> ObjectVersion:
        """The project with its name, which is kept."""
        return self._mapper.project(record, now)

    def ref(self, record: Record, version: ObjectVersion, now: Micros) -> ContentRef | None:
        """Instructions, description and attachments; private projects first."""
        return replace(self._ref(version, now, private=record.get("is_private") is True), project_id=version.object_id)


class CodeArtifacts(_TokenWalk):
    """The stream `code_artifacts`. Its index of changes is incomplete, so every walk is a full one."""

    name = "code_artifacts"
    poll_seconds = 3600.0
    what = "the code artifacts"
    path = "/apps/code/artifacts"
    limit = 100
    kind = "code_artifact"
    filters_by_change = False

    def version(self, record: Record, now: Micros) -> ObjectVersion:
        """Versions' names are content; their number is not."""
        owner = record.get("owner_user_id")
        listed = record.get("versions")
        count = len(listed) if isinstance(listed, list) else 0
        return self._mapper.version(
            "code_artifact",
            record,
            seen_at=now,
            owner=owner if isinstance(owner, str) else None,
            extra={"versions": count},
        )

    def ref(self, record: Record, version: ObjectVersion, now: Micros) -> ContentRef | None:
        """The published version, else the newest of the list."""
        listed = record.get("versions")
        versions = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
        chosen = record.get("published_version_id") or (versions[0].get("id") if versions else None)
        chosen = chosen if isinstance(chosen, str) else None
        if chosen is None and record.get("artifact_type") != "claude_docs":
            return None
        times = [at for item in versions if (at := when(item.get("created_at"))) is not None]
        changed = max([*times, *([version.updated_at] if version.updated_at else [])], default=None)
        return self._ref(version, now, updated_at=changed, detail=orjson.dumps({"version": chosen}).decode())


class LocalSessions(_TokenWalk):
    """The stream `local_sessions`: Cowork, Claude Code and Office agents on people's machines."""

    name = "local_sessions"
    poll_seconds = 300.0
    what = "the local sessions"
    path = "/apps/sessions/local"
    limit = 500
    kind = "local_session"

    def version(self, record: Record, now: Micros) -> ObjectVersion:
        """A session always has a user."""
        user = record.get("user")
        owner = user.get("id") if isinstance(user, Mapping) else None
        return self._mapper.version(
            "local_session", record, seen_at=now, owner=owner if isinstance(owner, str) else None
        )


class RemoteSessions(_TokenWalk):
    """The stream `remote_sessions`: sessions in the cloud. The list has no filter by change."""

    name = "remote_sessions"
    poll_seconds = 900.0
    what = "the remote sessions"
    path = "/apps/sessions/remote"
    limit = 500
    kind = "remote_session"
    filters_by_change = False

    def version(self, record: Record, now: Micros) -> ObjectVersion:
        """Owner is the user, or who started an agent's session."""
        user = record.get("user") or record.get("started_by_user")
        owner = user.get("id") if isinstance(user, Mapping) else None
        project = record.get("claude_project_id")
        return self._mapper.version(
            "remote_session",
            record,
            seen_at=now,
            owner=owner if isinstance(owner, str) else None,
            parent=("project", project) if isinstance(project, str) else None,
        )

    def ref(self, record: Record, version: ObjectVersion, now: Micros) -> ContentRef | None:
        """Pending sessions have no transcript yet."""
        return None if record.get("status") == "pending" else self._ref(version, now)
