"""`Views` over one installation: reads through a shared snapshot, writes through the state with an audit entry."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from fanlight.findings.exceptions import propose
from fanlight.model import SECOND, FindingStatus, Micros
from fanlight.pipeline.home import Home
from fanlight.server import schema as s
from fanlight.server.ports import NotAccepted, QueueQuery, Viewer
from fanlight.server.views.drafts import Drafts
from fanlight.server.views.finding import finding_view
from fanlight.server.views.header import header, last_visit
from fanlight.server.views.identity import identity_view
from fanlight.server.views.masks import masked_view
from fanlight.server.views.picture import access_view
from fanlight.server.views.queue import queue_view
from fanlight.server.views.search import search_view
from fanlight.server.views.snapshot import Snapshot, Snapshots
from fanlight.server.views.sources import sources_view
from fanlight.server.views.words import clock_time, day_month
from fanlight.state import schema
from fanlight.state.findings import (
    StoredFinding,
    add_exception,
    add_note,
    decide,
    load_exceptions,
    load_finding,
    load_findings,
    load_notes,
    remove_exception,
)

__all__ = ["LakeViews"]

UNDO_LIFE: Micros = 10 * SECOND
_SHOWN: tuple[FindingStatus, ...] = ("open", "closed", "historical")


@dataclass(frozen=True, slots=True)
class _Undo:
    finding_id: str
    before: dict[str, Any]
    exception_id: str | None
    until: Micros


class LakeViews:
    """Every page and every act, over lake and state."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._snapshots = Snapshots(home)
        self._drafts = Drafts(home)
        self._undos: dict[str, _Undo] = {}
        self._lock = threading.Lock()
        self._names: tuple[int, list[str]] = (0, [])

    def warm(self) -> None:
        """Make the first page fast: build in the background what every page needs."""
        threading.Thread(target=self._snapshots.warm, name="fanlight-warm", daemon=True).start()

    # -- reading ------------------------------------------------------------------------------------------------

    def header(self, viewer: Viewer, since: Micros | None) -> s.HeaderView:
        """The frame. Counts that need the lake are those of the newest snapshot a page has asked for."""
        identities, organizations = self._names
        return header(self._home, viewer, since, identities, organizations)

    def queue(self, viewer: Viewer, query: QueueQuery) -> s.QueueView:
        """The queue."""
        visit = last_visit(self._home, viewer)
        findings = load_findings(self._home.state, _SHOWN)
        with self._open() as snapshot:
            return queue_view(snapshot, findings, viewer, query, visit, sources_view(snapshot))

    def finding(self, viewer: Viewer, finding_id: str) -> s.FindingView | None:
        """One finding."""
        stored = load_finding(self._home.state, finding_id)
        if stored is None:
            return None
        everything = load_findings(self._home.state)
        exceptions = {row.id: row for row in load_exceptions(self._home.state)}
        notes = load_notes(self._home.state, finding_id)
        with self._open() as snapshot:
            return finding_view(
                snapshot, stored, everything, notes, exceptions, self._people(viewer, everything),
                self._judged_by(finding_id),
            )  # fmt: skip

    def identity(self, identity_id: str) -> s.IdentityView | None:
        """One identity."""
        findings = load_findings(self._home.state, _SHOWN)
        with self._open() as snapshot:
            return identity_view(snapshot, identity_id, findings, snapshot.posture)

    def access(self, pivot: str, select: str | None) -> s.AccessView | None:
        """The picture around anything."""
        with self._open() as snapshot:
            return access_view(snapshot, pivot, select)

    def sources(self) -> s.SourcesView:
        """The sources."""
        with self._open() as snapshot:
            return sources_view(snapshot)

    def search(self, text: str) -> s.SearchView:
        """Search by name."""
        findings = load_findings(self._home.state, _SHOWN)
        with self._open() as snapshot:
            return search_view(snapshot, text, findings)

    # -- writing ------------------------------------------------------------------------------------------------

    def judge(self, viewer: Viewer, finding_id: str, request: s.VerdictRequest) -> s.Done:
        """Close a finding with a verdict, with an exception when one of the offered ones is named."""
        stored = self._stored(finding_id)
        if stored.status != "open":
            raise NotAccepted("This finding is closed already; nothing was changed.")
        now = self._home.clock.now()
        chosen = None
        if request.exception_dimension is not None:
            offered = propose(stored.finding, now)
            if request.kind != "false_positive" or not request.exception_dimension.isdigit():
                raise NotAccepted("Only a false positive can make an exception; nothing was changed.")
            if int(request.exception_dimension) >= len(offered):
                raise NotAccepted("This exception is not offered any more; look at the finding again.")
            chosen = offered[int(request.exception_dimension)]
        exception_id = None
        with self._home.state.tick() as tick:
            if chosen is not None:
                exception_id = add_exception(
                    tick, rule=chosen.rule, identity_id=chosen.identity_id, dimension=chosen.dimension,
                    value=chosen.value, reason=request.reason or chosen.words, author=viewer.name,
                    expires_at=chosen.expires_at,
                )  # fmt: skip
            changes = {
                "status": "closed", "verdict": request.kind, "exception_id": exception_id, "reason": request.reason,
                "assignee": stored.assignee or viewer.name,
            }  # fmt: skip
            decide(tick, finding_id, viewer.name, changes, f"verdict {request.kind}")
        before = {
            "status": stored.status, "verdict": stored.verdict, "exception_id": stored.exception_id,
            "reason": stored.reason, "assignee": stored.assignee,
        }  # fmt: skip
        token = self._keep_undo(_Undo(finding_id, before, exception_id, now + UNDO_LIFE))
        words = {
            "true_positive": "as a true positive",
            "false_positive": "as a false positive",
            "expected": "as expected",
        }
        told = f"Closed {words[request.kind]}" + (f", with an exception: {chosen.words}." if chosen else ".")
        return s.Done(sentence=told, undo=token)

    def undo(self, viewer: Viewer, token: str) -> s.Done:
        """Take a verdict back within ten seconds."""
        with self._lock:
            kept = self._undos.pop(token, None)
        # A grace of a few seconds, so that a click at the last moment still counts.
        if kept is None or self._home.clock.now() > kept.until + 5 * SECOND:
            raise NotAccepted("It is too late to take this back; the finding stays as it is.")
        with self._home.state.tick() as tick:
            decide(tick, kept.finding_id, viewer.name, kept.before, "verdict taken back")
            if kept.exception_id is not None:
                remove_exception(tick, kept.exception_id, viewer.name)
        return s.Done(sentence="Taken back: the finding is open again.")

    def assign(self, viewer: Viewer, finding_id: str, assignee: str | None) -> s.Done:
        """Give a finding to somebody or to nobody."""
        stored = self._stored(finding_id)
        if assignee is not None and assignee not in self._people(viewer, load_findings(self._home.state)):
            raise NotAccepted("This person has not signed in here, so the finding cannot be given to them.")
        self._decide(viewer, stored, {"assignee": assignee}, "assigned")
        return s.Done(sentence=f"Assigned to {assignee or 'nobody'}.")

    def note(self, viewer: Viewer, finding_id: str, text: str) -> s.Done:
        """Write a note."""
        self._stored(finding_id)
        with self._home.state.tick() as tick:
            add_note(tick, finding_id, viewer.name, text)
            tick.audit(viewer.name, "note written", finding_id)
        return s.Done(sentence="The note was added.")

    def snooze(self, viewer: Viewer, finding_id: str, until: Micros | None) -> s.Done:
        """Hide a finding until a time, or wake it."""
        stored = self._stored(finding_id)
        if until is not None and until <= self._home.clock.now():
            raise NotAccepted("The time to sleep until has passed already.")
        self._decide(viewer, stored, {"snoozed_until": until}, "snoozed" if until else "woken")
        if until is None:
            return s.Done(sentence="The finding is back in the queue.")
        zone = self._home.settings.working_hours.timezone or "UTC"
        return s.Done(sentence=f"Snoozed until {day_month(until, zone)}, {clock_time(until, zone)}.")

    def revoke_exception(self, viewer: Viewer, exception_id: str) -> s.Done:
        """Take an exception back; findings that it closed stay closed."""
        if exception_id not in {row.id for row in load_exceptions(self._home.state)}:
            raise NotAccepted("There is no such exception any more.")
        with self._home.state.tick() as tick:
            remove_exception(tick, exception_id, viewer.name)
        return s.Done(sentence="The exception no longer holds. Findings that it closed stay closed.")

    def test_source(self, viewer: Viewer, request: s.AddSourceRequest) -> s.TestedSource:
        """Try a pasted key in memory."""
        tested = self._drafts.test(request)
        with self._home.state.tick() as tick:
            tick.audit(viewer.name, "source tested", request.name, request.kind)
        return tested

    def start_collecting(self, viewer: Viewer, draft: str) -> s.Done:
        """Store a tested source."""
        name = self._drafts.start(draft)
        with self._home.state.tick() as tick:
            tick.audit(viewer.name, "collecting started", name)
        return s.Done(sentence=f"Collecting from {name} starts within seconds.")

    def masked_evidence(self, viewer: Viewer, kind: str, object_id: str) -> s.MaskedEvidence | None:
        """Masked matches of one object. The look is written down before anything is shown, refused ones too."""
        with self._home.state.tick() as tick:
            tick.audit(viewer.name, "evidence looked at" if viewer.may_see_masks else "evidence refused",
                       f"{kind}:{object_id}")  # fmt: skip
        if not viewer.may_see_masks:
            raise NotAccepted("Masks need evidence:read, which you do not hold. This try was written to the audit log.")
        with self._open() as snapshot:
            return masked_view(snapshot, kind, object_id)

    # -- inside -------------------------------------------------------------------------------------------------

    @contextmanager
    def _open(self) -> Iterator[Snapshot]:
        with self._snapshots.open() as snapshot:
            self._names = (len(snapshot.identities), snapshot.organizations)
            yield snapshot

    def _stored(self, finding_id: str) -> StoredFinding:
        stored = load_finding(self._home.state, finding_id)
        if stored is None:
            raise NotAccepted("There is no finding with this id.")
        return stored

    def _decide(self, viewer: Viewer, stored: StoredFinding, changes: dict[str, Any], action: str) -> None:
        with self._home.state.tick() as tick:
            decide(tick, stored.finding.id, viewer.name, changes, action)

    def _keep_undo(self, undo: _Undo) -> str:
        token = secrets.token_urlsafe(12)
        with self._lock:
            now = self._home.clock.now()
            self._undos = {key: kept for key, kept in self._undos.items() if kept.until + 5 * SECOND > now}
            self._undos[token] = undo
        return token

    def _judged_by(self, finding_id: str) -> str:
        """Who closed a finding last, by the audit log."""
        table = schema.audit_log
        closing = table.c.action.startswith("verdict ") | (table.c.action == "finding closed")
        with self._home.state.view() as connection:
            actor = connection.execute(
                select(table.c.actor)
                .where(table.c.tenant == self._home.tenant, table.c.object == finding_id, closing)
                .order_by(table.c.id.desc())
            ).scalar()
        return str(actor or "")

    def _people(self, viewer: Viewer, findings: Sequence[StoredFinding]) -> list[str]:
        """Everybody who signed in or holds a finding."""
        table = schema.audit_log
        with self._home.state.view() as connection:
            signed = connection.execute(
                select(table.c.actor)
                .where(table.c.tenant == self._home.tenant, table.c.action == "signed in")
                .distinct()
            ).scalars()
            names = {viewer.name, *signed, *(f.assignee for f in findings if f.assignee)}
        return sorted(names)
