"""What the web server needs from the rest of Fanlight, as Protocols.

`fanlight.server.views` implements `Views` over lake and state, `fanlight.state.signin` implements `SignInStore`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from pydantic import BaseModel

from fanlight.model import Micros
from fanlight.server import schema

__all__ = ["NotAccepted", "Pages", "QueueQuery", "SignInStore", "Viewer", "Views", "Workflow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The person who is signed in."""

    name: str
    may_see_masks: bool = True
    """Holds `evidence:read`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueQuery:
    """How the queue is looked at."""

    tab: str = "open"
    severity: str = "info"
    """Lowest severity shown."""
    days: int | None = None
    """Only findings of the last days; None shows all."""
    limit: int = 50


class NotAccepted(Exception):
    """A request that cannot be done; the text is one sentence to the person."""

    def __init__(self, sentence: str, *, details: str = "") -> None:
        super().__init__(sentence)
        self.details = details


class Pages(Protocol):
    """The reading half. Returns None where the thing does not exist."""

    def header(self, viewer: Viewer, since: Micros | None) -> schema.HeaderView: ...

    def queue(self, viewer: Viewer, query: QueueQuery) -> schema.QueueView: ...

    def finding(self, viewer: Viewer, finding_id: str) -> schema.FindingView | None: ...

    def identity(self, identity_id: str) -> schema.IdentityView | None: ...

    def access(
        self, pivot: str, select: str | None, as_of: date | None = None, since: date | None = None
    ) -> schema.AccessView | None:
        """The picture at the end of the day `as_of` (None is now), and what differs from the end of the day `since`."""
        ...

    def flyout(self, of: str) -> schema.FlyoutView | None: ...

    def sources(self) -> schema.SourcesView: ...

    def search(self, text: str, kind: str | None = None) -> schema.SearchView: ...

    def page(self, name: str, ask: BaseModel) -> schema.View | None:
        """A page that was found by scan (`fanlight.server.pages`), by its name."""
        ...


class Workflow(Protocol):
    """The writing half. Every call leaves an audit entry; refusals raise `NotAccepted`."""

    def judge(self, viewer: Viewer, finding_id: str, request: schema.VerdictRequest) -> schema.Done: ...

    def undo(self, viewer: Viewer, token: str) -> schema.Done: ...

    def assign(self, viewer: Viewer, finding_id: str, assignee: str | None) -> schema.Done: ...

    def bulk(self, viewer: Viewer, request: schema.BulkRequest) -> schema.Done:
        """One act on several findings; those that it no longer fits are left alone and counted in the answer."""
        ...

    def note(self, viewer: Viewer, finding_id: str, text: str) -> schema.Done: ...

    def snooze(self, viewer: Viewer, finding_id: str, until: Micros | None) -> schema.Done: ...

    def revoke_exception(self, viewer: Viewer, exception_id: str) -> schema.Done: ...

    def test_source(self, viewer: Viewer, request: schema.AddSourceRequest) -> schema.TestedSource: ...

    def start_collecting(self, viewer: Viewer, draft: str) -> schema.Done: ...

    def masked_evidence(self, viewer: Viewer, kind: str, object_id: str) -> schema.MaskedEvidence | None:
        """Writes the look to the audit log before it answers."""
        ...


class Views(Pages, Workflow, Protocol):
    """Everything the pages need."""


class SignInStore(Protocol):
    """Sign-in links and sessions, kept as hashes only."""

    def add_link(self, token_hash: str, user: str, expires_at: Micros) -> None: ...

    def use_link(self, token_hash: str, now: Micros) -> str | None:
        """The user of a link that exists, is not used and not expired; marks it used in the same transaction."""
        ...

    def add_session(self, token_hash: str, user: str, expires_at: Micros) -> None: ...

    def session_user(self, token_hash: str, now: Micros) -> str | None: ...

    def end_session(self, token_hash: str) -> None: ...
