"""`Views` over one installation: reads through a shared snapshot, writes through the state with an audit entry."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select

from fanlight.findings.exceptions import propose
from fanlight.model import SECOND, FindingStatus, Micros
from fanlight.pipeline.home import Home
from fanlight.server import schema as s
from fanlight.server.pages import page_kinds
from fanlight.server.ports import NotAccepted, QueueQuery, Viewer
from fanlight.server.views.drafts import Drafts
from fanlight.server.views.finding import finding_view
from fanlight.server.views.flyout import flyout_view
from fanlight.server.views.header import header, last_visit
from fanlight.server.views.identity import identity_view
from fanlight.server.views.masks import masked_view
from fanlight.server.views.picture import Moments, access_view
from fanlight.server.views.queue import queue_view
from fanlight.server.views.search import search_view
from fanlight.server.views.snapshot import Snapshot, Snapshots
from fanlight.server.views.sources import sources_view
from fanlight.server.views.words import clock_time, day_month, end_of_day, plural
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


_CLOSED = {
    "true_positive": "as a true positive",
    "false_positive": "as a false positive",
    "expected": "as expected",
}


def _counts(snapshot: Snapshot) -> dict[str, int]:
    """The figures beside the names of pages that were found by scan, zeros left out."""
    counted = {name: kind.count(snapshot) for name, kind in page_kinds().items()}
    return {name: n for name, n in counted.items() if n}


def _before(stored: StoredFinding) -> dict[str, Any]:
    return {
        "status": stored.status, "verdict": stored.verdict, "exception_id": stored.exception_id,
        "reason": stored.reason, "assignee": stored.assignee, "snoozed_until": stored.snoozed_until,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Undo:
    before: Mapping[str, Mapping[str, Any]]
    """Finding to its values before the act."""
    exception_id: str | None
    until: Micros
    action: str = "verdict"


class LakeViews:
    """Every page and every act, over lake and state."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._snapshots = Snapshots(home)
        self._drafts = Drafts(home)
        self._undos: dict[str, _Undo] = {}
        self._lock = threading.Lock()
        self._names: tuple[int, list[str]] = (0, [])
        self._counts: Mapping[str, int] = {}

    def warm(self) -> None:
        """Make the first page fast: build in the background what every page needs."""
        threading.Thread(target=self._snapshots.warm, name="fanlight-warm", daemon=True).start()

    # -- reading ------------------------------------------------------------------------------------------------

    def header(self, viewer: Viewer, since: Micros | None) -> s.HeaderView:
        """The frame. Counts that need the lake are those of the newest snapshot a page has asked for."""
        identities, organizations = self._names
        return header(self._home, viewer, since, identities, organizations).model_copy(update={"counts": self._counts})

    def queue(self, viewer: Viewer, query: QueueQuery) -> s.QueueView:
        """The queue."""
        visit = last_visit(self._home, viewer)
        findings = load_findings(self._home.state, _SHOWN)
        with self._open() as snapshot:
            people = self._people(viewer, findings)
            return queue_view(snapshot, findings, viewer, query, visit, sources_view(snapshot), people)

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

    def access(
        self, pivot: str, select: str | None, as_of: date | None = None, since: date | None = None
    ) -> s.AccessView | None:
        """The picture around anything, at the end of a day, and against another one."""
        with self._open() as snapshot:
            zone, now = snapshot.zone, snapshot.at
            at = end_of_day(as_of, zone) if as_of is not None else None
            moments = Moments(
                at=at if at is not None and at < now else None,
                since=end_of_day(since, zone) if since is not None else None,
            )
            if moments.since is not None and moments.since >= (moments.at or now):
                raise NotAccepted("The day to compare with must lie before the day that is shown.")
            return access_view(snapshot, pivot, select, moments)

    def flyout(self, of: str) -> s.FlyoutView | None:
        """A person or a project in five parts."""
        findings = load_findings(self._home.state, _SHOWN)
        with self._open() as snapshot:
            return flyout_view(snapshot, of, findings)

    def sources(self) -> s.SourcesView:
        """The sources."""
        with self._open() as snapshot:
            return sources_view(snapshot)

    def search(self, text: str, kind: str | None = None) -> s.SearchView:
        """Search by name."""
        findings = load_findings(self._home.state, _SHOWN)
        with self._open() as snapshot:
            return search_view(snapshot, text, findings, kind)

    def page(self, name: str, ask: BaseModel) -> s.View | None:
        """A page that was found by scan."""
        with self._open() as snapshot:
            return page_kinds()[name].make(snapshot, ask)

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
        token = self._keep_undo(_Undo({finding_id: _before(stored)}, exception_id, now + UNDO_LIFE))
        told = f"Closed {_CLOSED[request.kind]}" + (f", with an exception: {chosen.words}." if chosen else ".")
        return s.Done(sentence=told, undo=token)

    def undo(self, viewer: Viewer, token: str) -> s.Done:
        """Take a verdict back within ten seconds."""
        with self._lock:
            kept = self._undos.pop(token, None)
        # A grace of a few seconds, so that a click at the last moment still counts.
        if kept is None or self._home.clock.now() > kept.until + 5 * SECOND:
            raise NotAccepted("It is too late to take this back; the finding stays as it is.")
        with self._home.state.tick() as tick:
            for finding_id, before in kept.before.items():
                decide(tick, finding_id, viewer.name, dict(before), f"{kept.action} taken back")
            if kept.exception_id is not None:
                remove_exception(tick, kept.exception_id, viewer.name)
        if len(kept.before) == 1:
            return s.Done(sentence="Taken back: the finding is as it was before.")
        return s.Done(sentence=f"Taken back: {len(kept.before)} findings are as they were before.")

    def bulk(self, viewer: Viewer, request: s.BulkRequest) -> s.Done:
        """One act on several findings in one transaction, with one undo for all; closed ones are left alone."""
        now = self._home.clock.now()
        changes, action, told = self._bulk_changes(viewer, request, now)
        wanted = set(request.ids)
        found = [f for f in load_findings(self._home.state) if f.finding.id in wanted]
        fitting = [f for f in found if f.status == "open"]
        if not fitting:
            raise NotAccepted("None of these findings is open any more; nothing was changed.")
        with self._home.state.tick() as tick:
            for stored in fitting:
                own = {"assignee": stored.assignee or viewer.name} if request.act == "verdict" else {}
                decide(tick, stored.finding.id, viewer.name, {**changes, **own}, action)
        undo = _Undo({f.finding.id: _before(f) for f in fitting}, None, now + UNDO_LIFE, request.act)
        left = len(wanted) - len(fitting)
        rest = (
            f" {plural(left, 'finding')} of your choice {'is' if left == 1 else 'are'} no longer open." if left else ""
        )
        return s.Done(sentence=f"{plural(len(fitting), 'finding')} {told}.{rest}", undo=self._keep_undo(undo))

    def _bulk_changes(self, viewer: Viewer, request: s.BulkRequest, now: Micros) -> tuple[dict[str, Any], str, str]:
        """What changes, what the audit log calls it, and how the answer ends."""
        if request.act == "verdict":
            if request.verdict is None:
                raise NotAccepted("A verdict is needed to close findings; nothing was changed.")
            closed = {"status": "closed", "verdict": request.verdict, "exception_id": None, "reason": ""}
            return closed, f"verdict {request.verdict}", f"closed {_CLOSED[request.verdict]}"
        if request.act == "assign":
            self._require_person(viewer, request.assignee)
            return {"assignee": request.assignee}, "assigned", f"assigned to {request.assignee or 'nobody'}"
        if request.until is not None and request.until <= now:
            raise NotAccepted("The time to sleep until has passed already.")
        told = f"snoozed until {self._moment(request.until)}" if request.until else "back in the queue"
        return {"snoozed_until": request.until}, "snoozed" if request.until else "woken", told

    def _require_person(self, viewer: Viewer, assignee: str | None) -> None:
        if assignee is not None and assignee not in self._people(viewer, load_findings(self._home.state)):
            raise NotAccepted("This person has not signed in here, so the finding cannot be given to them.")

    def _moment(self, at: Micros) -> str:
        zone = self._home.settings.working_hours.timezone or "UTC"
        return f"{day_month(at, zone)}, {clock_time(at, zone)}"

    def assign(self, viewer: Viewer, finding_id: str, assignee: str | None) -> s.Done:
        """Give a finding to somebody or to nobody."""
        stored = self._stored(finding_id)
        self._require_person(viewer, assignee)
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
        return s.Done(sentence=f"Snoozed until {self._moment(until)}.")

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
            self._counts = snapshot.derived("navigation", _counts)
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
