"""What every pull source promises to the collector.

A source yields typed pages; the collector commits each page's rows together with its cursor in one
transaction. A source never stores anything itself and never sees the store. Facts and numbers:
`reference/sources.md` section 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from fanlight.model import Clock, Event, Grant, Micros, ObjectVersion, Sealed

if TYPE_CHECKING:
    from fanlight.sources.sealing import SealedField

__all__ = [
    "Budget",
    "ContentGone",
    "ContentLater",
    "ContentPart",
    "ContentRef",
    "CursorRefused",
    "EventContent",
    "EventPage",
    "EventStream",
    "InventoryPage",
    "InventoryStream",
    "Notice",
    "Snapshot",
    "SnapshotStream",
    "Source",
    "SourceContext",
    "SourceError",
    "SourceReport",
]


class SourceError(Exception):
    """A source cannot go on. The text is one sentence to the operator, never a response body.

    `kind` says what the collector does: `credential` and `refused` stop the source until somebody acts,
    `unreachable` is tried again later, `unreadable` counts a broken answer.
    """

    def __init__(self, sentence: str, *, kind: Literal["credential", "refused", "unreachable", "unreadable"]) -> None:
        super().__init__(sentence)
        self.kind = kind


class CursorRefused(SourceError):
    """The vendor no longer accepts the cursor; the collector restarts from its own newest time minus the sweep."""


class ContentGone(Exception):
    """The content no longer exists at the vendor (404). Labels stay, marked not re-checkable."""


class ContentLater(Exception):
    """The content cannot be read now; ask again in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not readable now, ask again in {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something the operator should know, in plain words (schema drift, a cursor loop, a gap)."""

    kind: Literal["gap", "drift", "coverage", "credential", "rate", "broken_answer", "cursor"]
    sentence: str
    at: Micros
    since: Micros | None = None
    until: Micros | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventContent:
    """A content-bearing field taken out of an event's raw record, to be labelled in memory (object kind `event`)."""

    event_id: str
    part: ContentPart


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """One answer of an event stream, mapped. `cursor` is opaque text of the source."""

    events: Sequence[Event]
    cursor: str
    more: bool
    """True when the walk goes on at once; False when the stream is caught up for now."""
    notices: Sequence[Notice] = ()
    content: Sequence[EventContent] = ()
    """What was sealed out of these events; label it, then forget it."""


class EventStream(Protocol):
    """An audit feed. `name` is unique in its source; cursors are kept per (source, stream)."""

    name: str
    poll_seconds: float

    def pages(self, cursor: str | None) -> Iterator[EventPage]:
        """Pages from the cursor (None: from the beginning of history). Ends after a page with `more=False`.

        Raises `SourceError`, `CursorRefused`.
        """
        ...

    def sweep(self, since: Micros, until: Micros) -> Iterator[EventPage]:
        """Read a closed window again for rows that were indexed late; the cursor of its pages is ignored."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything the source lists now of some kinds inside one scope; what is missing was removed."""

    scope: str
    """For example `organizations`, `users/<org uuid>`, `groups`, `project/<id>/collaborators`."""
    objects: Sequence[ObjectVersion] = ()
    grants: Sequence[Grant] = ()
    notices: Sequence[Notice] = ()


class SnapshotStream(Protocol):
    """A directory that has no change feed: full lists, diffed by the collector against the last one."""

    name: str
    every_seconds: float

    def take(self) -> Iterator[Snapshot]:
        """One snapshot per scope. A scope that fails raises `SourceError` and is left as it was."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRef:
    """A thing whose content should be read and labelled."""

    kind: str
    """chat, file, generated_file, artifact, document, project, code_artifact, local_session, remote_session."""
    object_id: str
    updated_at: Micros | None = None
    chat_id: str | None = None
    project_id: str | None = None
    owner_account: str | None = None
    organization_id: str | None = None
    part_of_message: str | None = None
    role: str | None = None
    at: Micros | None = None
    """When it was entered, when known."""
    weight: float = 1.0
    """Larger is read earlier."""
    version_id: str | None = None
    """A version of the object that never changes and is read on its own; what other versions hold stays known."""
    detail: str = "{}"
    """JSON the source needs to read it again (for example a MIME type); no content."""

    @property
    def key(self) -> str:
        """What is read at once: the object, or one version of it."""
        return self.version_id or self.object_id


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryPage:
    """One page of content-bearing objects: their metadata, and what to read."""

    objects: Sequence[ObjectVersion]
    refs: Sequence[ContentRef]
    cursor: str
    more: bool
    grants: Sequence[Grant] = ()
    notices: Sequence[Notice] = ()


class InventoryStream(Protocol):
    """A walk over content-bearing objects, incremental by the vendor's own order of change."""

    name: str
    poll_seconds: float

    def pages(self, cursor: str | None) -> Iterator[InventoryPage]:
        """Pages from the cursor; ends after a page with `more=False`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentPart:
    """One sealed piece of a read: a message, a tool's input or output, a file, a name."""

    part_id: str
    part_kind: Literal[
        "message",
        "tool_input",
        "tool_result",
        "file",
        "name",
        "document",
        "instructions",
        "description",
        "field",
    ]
    sealed: Sealed[str] | Sealed[bytes]
    role: str | None = None
    at: Micros | None = None
    mime_type: str | None = None
    file_name: Sealed[str] | None = None
    truncated: bool = False
    notice: str = ""
    """Plain words when a piece is missing (`retention elapsed`, `image not shown`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What `source test` and the Sources page say about a key, in sentences."""

    reachable: bool
    works: bool
    headline: str
    owner: str = ""
    scopes_found: Sequence[str] = ()
    scopes_missing: Sequence[str] = ()
    collected: Sequence[str] = ()
    not_collected: Sequence[str] = ()
    warnings: Sequence[str] = ()
    how_to: Sequence[str] = ()
    estimate: str = ""


class Budget(Protocol):
    """The share of the vendor's request limit this source may use."""

    def acquire(self, purpose: str) -> None:
        """Wait until one more request may be sent for `purpose` (`feed` goes first)."""
        ...

    def learn(self, *, limit: int | None, remaining: int | None, reset_at: Micros | None) -> None:
        """Take in the rate headers of an answer."""
        ...

    def spent(self) -> Mapping[str, int]:
        """Requests sent so far, by purpose."""
        ...


@dataclass(slots=True, kw_only=True)
class SourceContext:
    """What the collector hands to a source."""

    tenant: str
    name: str
    clock: Clock
    content_key: bytes
    """Tenant key for the hashes of sealed marks."""
    read_secret: Callable[[str], str]
    """Resolve a key reference (`env:`, `file:`, `sealed:`) to its value. Raises `SourceError`."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Settings of this source: `url`, `key`, `admin_key`, `analytics_key`, `token`, `share`, …"""
    known_collector_ips: Sequence[str] = ()
    on_content: Callable[[SealedField], None] | None = None
    """Told each piece of content that a mapping takes out of a record, before it gives the record's event."""


class Source(Protocol):
    """One connected vendor account. Built by the registry from the package's `KIND` and `connect`."""

    kind: str
    name: str

    def event_streams(self) -> Sequence[EventStream]: ...

    def snapshot_streams(self) -> Sequence[SnapshotStream]: ...

    def inventory_streams(self) -> Sequence[InventoryStream]: ...

    def read_content(self, ref: ContentRef, since: Micros | None) -> Iterator[ContentPart | ContentRef | ObjectVersion]:
        """Read one object's content, only what is not older than `since` when given.

        `since` is inclusive: parts of exactly that time come again, under the same `part_id`.

        Yields sealed parts, and the objects and references found on the way (a chat's files).
        Raises `ContentGone`, `ContentLater`, `SourceError`.
        """
        ...

    def check(self) -> SourceReport:
        """Try the key; never raises for a bad key, says so in the report."""
        ...

    def requests(self) -> Mapping[str, int]:
        """Requests sent since this object was made, by purpose."""
        ...

    def close(self) -> None: ...
