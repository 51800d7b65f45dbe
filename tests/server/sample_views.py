"""Believable pages for tests of the server and the browser. The product never ships these."""

# ruff: noqa: E501  (sentences as they stand on the page)

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from pydantic import BaseModel

from fanlight.model import DAY, HOUR, MINUTE, SECOND, Micros, parse_time
from fanlight.server import schema as s
from fanlight.server.ports import NotAccepted, QueueQuery, Viewer
from server.sample_pages import sample_page

NOW = parse_time("2026-05-07T07:42:11Z")
ANCHOR = parse_time("2026-05-07T00:14:09Z")
_SEVERITIES = ("info", "low", "medium", "high", "critical")
_FAMILY: dict[str, s.LabelFamily] = {
    "PII": "people", "PERSON_NAME": "people", "GOV_ID": "people", "HEALTH": "people", "PAYMENT_CARD": "money",
    "FINANCIAL": "money", "SECRET": "secrets", "SOURCE_CODE": "secrets", "LEGAL": "business",
    "CUSTOMER_DATA": "business", "CONFIDENTIAL_MARK": "business",
}  # fmt: skip


def chips(*names: str, counts: tuple[int, ...] = ()) -> list[s.LabelChip]:
    """Label chips by category name."""
    return [
        s.LabelChip(category=name, family=_FAMILY[name], count=counts[at] if counts else None)
        for at, name in enumerate(names)
    ]


@dataclass
class MemorySignIn:
    """Links and sessions in memory, for tests."""

    links: dict[str, tuple[str, Micros]] = field(default_factory=dict)
    sessions: dict[str, tuple[str, Micros]] = field(default_factory=dict)

    def add_link(self, token_hash: str, user: str, expires_at: Micros) -> None:
        self.links[token_hash] = (user, expires_at)

    def use_link(self, token_hash: str, now: Micros) -> str | None:
        user, expires_at = self.links.pop(token_hash, (None, 0))
        return user if now < expires_at else None

    def add_session(self, token_hash: str, user: str, expires_at: Micros) -> None:
        self.sessions[token_hash] = (user, expires_at)

    def session_user(self, token_hash: str, now: Micros) -> str | None:
        user, expires_at = self.sessions.get(token_hash, (None, 0))
        return user if now < expires_at else None

    def end_session(self, token_hash: str) -> None:
        self.sessions.pop(token_hash, None)


_ROWS: list[tuple[str, str, str, str, str, str, tuple[str, ...], int, str | None]] = [
    ("f-9f21c07d", "critical", "New API key used from a hosting network",
     "“batch-export-2” · 1,412 requests in 6 min, usual 40 a day", "Ruben Aalto", "Platform", ("SECRET",), 2, None),
    ("f-2287aa10", "high", "Sensitive chat viewed from a place Jane Doe never used",
     "Canada, hosting network · 0 of 1,184 events in 90 days · 0 of 23 peers", "Jane Doe", "Finance",
     ("PII", "SECRET"), 448, "Mira Köhler"),
    ("f-77b0e311", "high", "Files of three projects viewed in bulk before leaving date",
     "412 views against 6 on a usual day · leaving date 15 May", "Tomás Varga", "Sales",
     ("CUSTOMER_DATA", "PII"), 540, "Lena Schmid"),
    ("f-51c02f9a", "high", "Chats with card numbers shared into a new project",
     "“Claims intake” · 63 matches in 11 chats · 2,318 people may read it", "Sofia Brandão", "Support",
     ("PAYMENT_CARD", "CUSTOMER_DATA", "PII"), 720, None),
    ("f-0a5c3d55", "high", "Custom role gained “manage members”",
     "“Regional lead” reaches 96 more projects, 14 sensitive", "Ines Okafor", "IT", (), 840, "Mira Köhler"),
    ("f-63d19e02", "medium", "Project with sensitive chats opened to the whole organization",
     "“Warehouse SQL” · private until today · 1,480 matches of SOURCE_CODE", "Priya Nandakumar", "Data",
     ("SOURCE_CODE", "SECRET"), 960, "Lena Schmid"),
    ("f-b8e0714c", "medium", "Sensitive content entered off-hours from Uruguay",
     "Sat 03:20 · usual Mon–Fri 08 to 19 · place by nearest event, 4 min away", "Oskar Lindqvist", "People",
     ("HEALTH",), 1500, None),
    ("f-4ddc9001", "medium", "Claude account active, directory account suspended",
     "Okta suspended 4 May 17:00 · 9 events since", "Elif Brandt", "Legal", ("LEGAL",), 2900, None),
    ("f-e20f8a3b", "medium", "First compliance access key by an identity that never touched the API",
     "0 API events in 120 days · key read by nobody yet", "Marek Dubois", "Research", (), 3100, None),
    ("f-3c77d1f0", "low", "Project with sensitive chats has no owner since 30 April",
     "“Supplier audit 2025” · 61 chats, 8 high", "Supplier audit", "Purchasing", ("FINANCIAL",), 4400, None),
    ("f-8d5510ee", "low", "Sensitive project read far outside usual hours",
     "Sun 23:10 · 2 of 840 events at this hour · could not tell the place", "Nora Petit", "People",
     ("CONFIDENTIAL_MARK",), 5200, None),
]  # fmt: skip


class SampleViews:
    """Implements every page with fixed data; verdicts, notes and sources change it for the life of the object."""

    def __init__(self, *, simulated: bool = True, empty: bool = False) -> None:
        self.simulated = simulated
        self.empty = empty
        self.verdicts: dict[str, s.VerdictView] = {}
        self.notes: dict[str, list[s.Note]] = {
            "f-2287aa10": [
                s.Note(
                    author="Mira Köhler",
                    at=NOW - 4 * MINUTE,
                    text="Called Jane Doe, no answer yet. Team lead Anna Roth says no travel is planned.",
                )
            ]
        }
        self.assignees = {row[0]: row[8] for row in _ROWS}
        self.audit: list[str] = []
        self.drafts: dict[str, s.AddSourceRequest] = {}
        self.added: list[str] = []
        self.arrived = 0
        self.snoozed: set[str] = set()

    # -- pages found by scan ---------------------------------------------------------------------------------------

    def page(self, name: str, ask: BaseModel) -> s.View | None:
        return sample_page(name, ask, empty=self.empty)

    # -- reading -------------------------------------------------------------------------------------------------

    def header(self, viewer: Viewer, since: Micros | None) -> s.HeaderView:
        return s.HeaderView(
            product_version="0.1.0",
            now=NOW,
            tenant="example",
            organizations=[] if self.empty else ["Example Instruments", "Example Labs", "Example Console"],
            simulated=self.simulated,
            freshness="nothing" if self.empty else "live",
            newest_event_at=None if self.empty else NOW - 4 * SECOND,
            time_zone="Europe/Berlin",
            user=viewer.name,
            initials="".join(part[0] for part in viewer.name.split())[:2].upper(),
            queue_open=0 if self.empty else len(self._open()),
            identities=0 if self.empty else 2318,
            sources_note="" if self.empty else "1 stopped",
            arrived=self.arrived,
            arrived_at=NOW if self.arrived else None,
        )

    def _open(self) -> list[str]:
        return [row[0] for row in _ROWS if row[0] not in self.verdicts]

    def _row(self, at: int) -> s.QueueRow:
        id_, severity, title, sentence, name, team, labels, age, _ = _ROWS[at]
        verdict = self.verdicts.get(id_)
        person = name != "Supplier audit"
        return s.QueueRow(
            id=id_,
            severity=severity,  # type: ignore[arg-type]
            new=at == 0,
            title=title,
            sentence=sentence,
            who=s.Who(
                name=name, detail=team, kind="identity" if person else "project", id="i-jane" if person else None
            ),
            labels=chips(*labels),
            labels_note="" if labels else "no object",
            at=NOW - age * MINUTE,
            assignee=self.assignees[id_],
            status="closed" if verdict else "open",
            verdict=verdict.kind if verdict else None,
            rule="sensitive_chat_new_place",
            rule_title=title,
        )

    def queue(self, viewer: Viewer, query: QueueQuery) -> s.QueueView:
        if self.empty:
            rows: list[s.QueueRow] = []
        else:
            lowest = _SEVERITIES.index(query.severity)
            rows = [
                row
                for row in (self._row(at) for at in range(len(_ROWS)))
                if _SEVERITIES.index(row.severity) >= lowest
                and (row.status == "open") == (query.tab != "closed")
                and (row.id in self.snoozed) == (query.tab == "snoozed")
            ]
            if query.tab == "mine":
                rows = [row for row in rows if row.assignee == viewer.name]
            elif query.tab == "unassigned":
                rows = [row for row in rows if row.assignee is None]
            elif query.tab == "sensitive":
                rows = [row for row in rows if row.labels]
            if query.tab == "open":
                first = self._row(0)
                rows = [first.model_copy(update={"id": f"f-new{n}"}) for n in range(self.arrived)] + rows
        shown = rows[: query.limit]
        risk = [] if self.empty else [
            s.RiskRow(identity_id="i-jane", name=name, detail=detail, score=score, change=change,
                      spark=[score - change] * 6 + [score - change // 2, score])
            for name, detail, score, change in (
                ("Tomás Varga", "Sales · leaves 15 May", 87, 41), ("Jane Doe", "Finance · 143 projects", 81, 52),
                ("Ruben Aalto", "Platform · 6 API keys", 74, 30), ("Ines Okafor", "IT · owner of org", 62, 9),
                ("Oskar Lindqvist", "People · HEALTH daily", 48, 11), ("Elif Brandt", "Legal · suspended", 45, 20),
                ("svc-warehouse", "service · Data", 39, -4),
            )
        ]  # fmt: skip
        return s.QueueView(
            summary="Nothing is connected" if self.empty else f"{len(self._open())} open findings, 4 of them since you left at 18:12 yesterday",
            tab=query.tab,
            tabs=[
                s.QueueTab(key="open", label="Open", count=0 if self.empty else len(self._open())),
                s.QueueTab(key="mine", label="Mine", count=2),
                s.QueueTab(key="unassigned", label="Unassigned", count=7),
                s.QueueTab(key="sensitive", label="Sensitive data", count=9),
                s.QueueTab(key="snoozed", label="Snoozed", count=0),
                s.QueueTab(key="closed", label="Closed", count=len(self.verdicts)),
            ],
            rows=shown,
            total=len(rows),
            last_line=f"{len(shown)} findings shown. None below." if shown else "",
            risk=risk,
            blind=[] if self.empty else [
                s.BlindSpot(sentence="AWS CloudTrail has sent nothing since 3 May, 16:20."),
                s.BlindSpot(sentence="Zscaler sent nothing last night from 22:00 to 01:37. Web traffic in that time is unknown."),
            ],
            seeing="AWS CloudTrail is stopped, so part of the picture is missing.",
            panes=0 if self.empty else 4,
            sources_connected=0 if self.empty else 9,
            newest_at=NOW,
            people=["Lena Schmid", "Mira Köhler"],
        )  # fmt: skip

    def finding(self, viewer: Viewer, finding_id: str) -> s.FindingView | None:
        ids = [row[0] for row in _ROWS]
        if finding_id not in ids:
            return None
        at = ids.index(finding_id)
        row = self._row(at)
        verdict = self.verdicts.get(finding_id)
        story = finding_id == "f-2287aa10"
        return s.FindingView(
            id=finding_id,
            short_id=finding_id[2:],
            title=row.title,
            sentence="At 02:14:09 on Thursday 7 May Jane Doe’s account opened a chat with PII and SECRET from a hosting network in "
            "Canada; none of 1,184 events in 90 days came from there, and none of 23 peers was ever seen there."
            if story else row.sentence + ".",
            severity=row.severity,
            status={None: "Open", "true_positive": "Closed, true positive", "false_positive": "Closed, false positive",
                    "expected": "Closed, expected"}[verdict.kind if verdict else None],
            open=verdict is None,
            assignee=row.assignee,
            at=row.at,
            who=row.who,
            rule=row.rule,
            rule_version="7",
            rule_record="precision 71 % over 38 verdicts",
            attack=["T1078.004", "AML.T0012"],
            place=s.Place(index=at + 1, total=len(ids), previous=ids[at - 1] if at else None,
                          next=ids[at + 1] if at + 1 < len(ids) else None),
            why=[
                s.WhyRow(fact="Country", observed="Canada", usual="Germany 94.7 %, Netherlands 4.1 %, Austria 1.2 %"),
                s.WhyRow(fact="Hour of week", observed="Thu 02 h", usual="Mon–Fri 08 to 19"),
                s.WhyRow(fact="Travel", observed="could not tell", usual="the vendor states no place for this address",
                         unknown=True),
            ],
            comparison=_comparison() if story else None,
            chain=_chain(),
            opened=_opened() if story else None,
            card=_card() if story else None,
            path=_path() if story else None,
            blast=s.BlastRadius(identity_id="i-jane", name=row.who.name, numbers=[
                s.Figure(value="143", label="projects"), s.Figure(value="4,206", label="chats, files"),
                s.Figure(value="318", label="sensitive"), s.Figure(value="5", label="opened")]),
            runbook=[s.RunbookStep(number=n, text=text) for n, text in enumerate((
                "Look for expected travel in the calendar or with the team lead.",
                "Ask Jane Doe by phone about the push approved at 02:05.",
                "If not: revoke Okta and Claude sessions, rotate the secret in the chat (owner: Platform).",
                "Check the 18.2 MB sent at 02:19 with the network team."), start=1)],
            similar="38 in 90 days under this rule: 27 true, 11 false. None for Jane Doe.",
            notes=self.notes.get(finding_id, []),
            verdict=verdict,
            exceptions=[
                s.ExceptionPreview(dimension="country", sentence="this rule, Jane Doe, Canada, until 6 June", hidden=1,
                                   hidden_true=0, consequence="In 90 days it would have hidden 1 finding, this one, and no true positive."),
                s.ExceptionPreview(dimension="identity", sentence="this rule, Jane Doe, any place, until 6 June", hidden=3,
                                   hidden_true=1, consequence="In 90 days it would have hidden 3 findings, 1 of them a true positive."),
            ],
            people=["Mira Köhler", "Lena Schmid"],
        )  # fmt: skip

    def identity(self, identity_id: str) -> s.IdentityView | None:
        if identity_id != "i-jane":
            return None
        return s.IdentityView(
            id="i-jane", name="Jane Doe", detail="Financial controller, Finance, Berlin", severity="high",
            open_findings=[self._row(1)], as_of=NOW,
            facts=[
                s.Fact(label="Risk", value="81 of 100, +52 in a day", strong=True),
                s.Fact(label="Manager", value="Anna Roth"), s.Fact(label="Employed", value="since 1 Mar 2021"),
                s.Fact(label="Elevated", value="no, owns 2 projects"),
                s.Fact(label="Usual place", value="Berlin, 94.7 % of 90 days"),
                s.Fact(label="Usual time", value="Mon to Fri, 08 to 18 h"),
                s.Fact(label="Last seen", value="02:31, Montréal", chip="new"),
            ],
            accounts=[
                s.AccountRow(source=source, login=login, id=short, why=why, evidence=evidence, since=NOW - days * DAY)
                for source, login, short, why, evidence, days in (
                    ("Claude", "jane.doe@example.com", "…f4K2", "single sign-on subject equals Okta id", "strong", 480),
                    ("Claude (Labs)", "jane.doe@labs.example.com", "…9TqB", "SCIM external id equals Okta id", "strong", 246),
                    ("Okta", "jane.doe@example.com", "…7h2d6", "directory record of the person", "source", 1893),
                    ("GitHub", "jdoe-example", "…10977", "verified e-mail in an owned domain", "strong", 808),
                    ("Google", "j.doe.fin@example.net", "…0937", "same name only, not linked", "suggested", 10),
                )
            ],
            accounts_summary="4 linked, 1 suggested. Every link can be undone.",
            picture=_picture(),
            activity=[
                s.ActivityCell(heading=heading, value=value, usual=usual,
                               points=[low + (high - low) * ((day * 7) % 10) / 10 if day % 7 < 5 else 0.0 for day in range(44)] + [last],
                               low=low, high=high, first_day="2026-03-24", last_day="2026-05-07")
                for heading, value, usual, low, high, last in (
                    ("Events", "18", "usual 9 to 24", 9.0, 24.0, 18.0),
                    ("Sensitive chats opened", "2", "usual 0 to 3", 0.0, 3.0, 2.0),
                    ("Projects touched", "4", "usual 1 to 4", 1.0, 4.0, 4.0),
                    ("Places", "2", "usual 1 to 1", 1.0, 1.0, 2.0),
                )
            ],
            activity_summary="Line: events a day. Grey: the usual range on working days, 5th to 95th percentile of 90 closed days.",
            hours=_hours(),
            timeline=_chain().steps,
            timeline_summary="last 15 events, Europe/Berlin",
            posture=[s.PostureFact(check="elevated_inactive", status="pass", severity="info", title="No elevated role",
                                   sentence="Jane Doe holds no role above member in 2 organizations.")],
        )  # fmt: skip

    def access(
        self, pivot: str, select: str | None, as_of: date | None = None, since: date | None = None
    ) -> s.AccessView | None:
        if pivot == "nothing:here":
            return None
        picture = _picture()
        if since is not None:
            changed = {"p1": "added", "p4": "removed"}
            columns = [
                column.model_copy(
                    update={"nodes": [n.model_copy(update={"change": changed.get(n.id)}) for n in column.nodes]}
                )
                for column in picture.columns
            ]
            picture = picture.model_copy(
                update={"columns": columns, "compared_with": NOW - 30 * DAY, "added": 6, "removed": 1,
                        "note": "Fanlight has looked since 1 May 2026."}
            )  # fmt: skip
        return s.AccessView(
            pivot=pivot, title="Who can reach Q2 close", detail="project", people_summary="1, strongest first", picture=picture,
            people=[s.PersonRow(id="i-jane", name="Jane Doe", level="editor", how="through the group Finance-EU", known=True, since=NOW - 90 * DAY)],
        )  # fmt: skip

    def flyout(self, of: str) -> s.FlyoutView | None:
        kind, _, key = of.partition(":")
        if kind not in ("identity", "project") or key not in ("i-jane", "q2"):
            return None
        person = kind == "identity"
        return s.FlyoutView(
            of=of, kind="person" if person else "project", title="Jane Doe" if person else "Q2 close",
            detail="Finance, jane.doe@example.com" if person else "Example Instruments",
            page="/identities/i-jane" if person else "/access?pivot=project:q2",
            facts=[s.Fact(label="Roles", value="user of Example Instruments")] if person
            else [s.Fact(label="Owner", value="Jane Doe", link="/identities/i-jane")],
            sensitivity=None if person else "high", labels=[] if person else chips("PII", "SECRET"),
            severity="high", risk="81 of 100, +52 in 10 days; 1 open finding.", open_findings=[self._row(1)],
            usual="Germany, 94.7 % of 90 days, mostly Berlin; Mon to Fri, 08 to 18 h.",
            access=[s.Figure(value="143", label="projects"), s.Figure(value="318", label="sensitive")],
            events=_chain().steps[-4:], events_summary="repeats folded, Europe/Berlin",
        )  # fmt: skip

    def sources(self) -> s.SourcesView:
        curve = [2, 2, 2, 2, 3, 3, 5, 8, 12, 15, 18, 18, 17, 16, 14, 12, 9, 7, 5, 4, 3, 3, 2, 3]
        rows = [] if self.empty else [
            s.SourceRow(name=name, title=title, detail=detail, kind=kind, health=health, newest_event_at=newest, lag=lag,
                        backlog=backlog, events_24h=n, by_hour=[None] * 24 if n == 0 else [*curve], hour_note=note,
                        progress=progress,
                        facts=[s.Fact(label="Key", value="sk-ant-api01-… replaced never"),
                               s.Fact(label="Requests, 24 h", value="feed 4,310 · content 12,204 · directory 96"),
                               s.Fact(label="Time to label, p95", value="14 s")],
                        problems=problems)
            for name, title, detail, kind, health, newest, lag, backlog, n, note, progress, problems in (
                ("trail", "AWS CloudTrail", "bucket example-trail", "aws_cloudtrail", "stopped",
                 NOW - 3 * DAY - 17 * HOUR, "–", None, 0, "3 d 17 h silent", None,
                 [s.Problem(at=NOW - 3 * DAY, sentence="The role may not read the bucket any more. Nothing is lost if it is allowed again before 1 August.")]),
                ("google", "Google Workspace", "sign-ins, Drive, tokens", "google_workspace", "late", NOW - 340 * MINUTE,
                 "5 h 31 min", 0, 77814, "", None, []),
                ("labs", "Claude Enterprise", "Labs: activity only", "claude", "partial", NOW - 11 * SECOND, "24 s", 0,
                 9417, "", None, []),
                ("research", "Claude Enterprise", "Research: history", "claude", "first_sync", NOW - SECOND, "3 s", 62110,
                 318400, "", s.Progress(share=0.62, sentence="62 % of history read, back to 14 January; about 1 h 10 min to go"), []),
                ("instruments", "Claude Enterprise", "Instruments: activity, chats, files", "claude", "healthy",
                 NOW - 4 * SECOND, "21 s", 0, 184302, "", None, []),
                ("okta", "Okta", "sign-ins, users, groups", "okta", "healthy", NOW - 6 * SECOND, "38 s", 0, 41290, "", None, []),
                ("github", "GitHub", "audit log, secret alerts", "github_audit", "healthy", NOW - 32 * SECOND, "1 min 20 s",
                 0, 12655, "", None, []),
            )
        ]  # fmt: skip
        rows += [
            s.SourceRow(name=name, title="Claude Enterprise", detail="just connected", kind="claude", health="first_sync",
                        newest_event_at=None, lag="–", backlog=None, events_24h=0, by_hour=[None] * 24, hour_note="starting",
                        progress=s.Progress(share=None, sentence="Reading the list of organizations"))
            for name in self.added
        ]  # fmt: skip
        return s.SourcesView(
            summary="No source is connected" if not rows else f"{len(rows)} connected: 1 stopped, 1 late, 1 partial, 1 in first sync, 3 healthy",
            rows=rows,
            unseen=[s.UnseenRow(name=name, sentence=text, when="now") for name, text in (
                ("AWS CloudTrail", "The role may not read the bucket any more (refused since 3 May, 16:20:41). Nothing is lost if it is allowed again before 1 August."),
                ("Zscaler", "No records on 6 May from 22:00 to 01:37. The stream cannot be read again, so this time stays unknown. Findings that touch it say so."),
                ("Example Labs", "The key has no scope for chats. Activity is seen, labels are not: 1,902 chats of Labs are “not read”, not “clean”."),
                ("Always", "Use through Bedrock, Google Cloud or Foundry is not in this API. Nothing exists from before the API was switched on."),
            )],
            unseen_summary="4 gaps, the one that hides most first",
            kinds=[
                s.SourceKind(kind="claude", title="Claude Enterprise", fields=[
                    s.KeyField(name="key", label="Compliance access key", secret=True, required=True, placeholder="sk-ant-api01-…",
                               hint="It is stored encrypted and only the collector can read it."),
                    s.KeyField(name="admin_key", label="Admin key for Console, optional", secret=True, required=False, placeholder="sk-ant-admin01-…")],
                    how_to=["A primary owner makes the key in claude.ai, Organization settings, Data and privacy, Compliance API.",
                            "Choose read:org_audit, or the three read scopes. Never a delete scope."]),
                s.SourceKind(kind="okta", title="Okta", fields=[
                    s.KeyField(name="url", label="Address of the Okta organization", secret=False, required=True, placeholder="https://example.okta.example"),
                    s.KeyField(name="token", label="API token", secret=True, required=True)],
                    how_to=["A read-only administrator makes the token in Okta, Security, API, Tokens."]),
            ],
        )  # fmt: skip

    def search(self, text: str, kind: str | None = None) -> s.SearchView:
        hits = [
            s.Hit(
                kind="identity", title="Jane Doe", detail="Finance, Berlin · 1 open finding", link="/identities/i-jane"
            ),
            s.Hit(kind="project", title="Q2 close", detail="owner Max Roe", link="/access?pivot=project:q2"),
            *[s.Hit(kind="finding", title=row[2], detail=row[3], link=f"/findings/{row[0]}") for row in _ROWS],
        ]
        found = [
            hit for hit in hits if kind in (None, hit.kind) and text.casefold() in (hit.title + hit.detail).casefold()
        ]
        return s.SearchView(query=text, hits=found[:8], last_line="")

    # -- writing -------------------------------------------------------------------------------------------------

    def judge(self, viewer: Viewer, finding_id: str, request: s.VerdictRequest) -> s.Done:
        if finding_id in self.verdicts:
            raise NotAccepted("This finding is closed already; nothing was changed.")
        self.verdicts[finding_id] = s.VerdictView(
            kind=request.kind, by=viewer.name, at=NOW, sentence=request.reason,
            exception_id="x-1" if request.exception_dimension else None,
            exception_sentence="this rule, Jane Doe, Canada, until 6 June" if request.exception_dimension else "",
        )  # fmt: skip
        self.audit.append(f"verdict {finding_id} {request.kind}")
        return s.Done(sentence="The finding is closed.", undo=finding_id)

    def bulk(self, viewer: Viewer, request: s.BulkRequest) -> s.Done:
        for each in request.ids:
            if request.act == "verdict" and request.verdict is not None:
                self.verdicts[each] = s.VerdictView(kind=request.verdict, by=viewer.name, at=NOW)
            elif request.act == "assign":
                self.assignees[each] = request.assignee
            else:
                self.snoozed.add(each)
        self.audit.append(f"{request.act} {' '.join(request.ids)} {request.verdict or request.assignee or ''}".strip())
        return s.Done(sentence=f"{len(request.ids)} findings done.", undo=",".join(request.ids))

    def undo(self, viewer: Viewer, token: str) -> s.Done:
        if "," in token:
            for each in token.split(","):
                self.verdicts.pop(each, None)
            return s.Done(sentence="Taken back.")
        if self.verdicts.pop(token, None) is None:
            raise NotAccepted("It is too late to take this back.")
        return s.Done(sentence="The finding is open again.")

    def assign(self, viewer: Viewer, finding_id: str, assignee: str | None) -> s.Done:
        self.assignees[finding_id] = assignee
        return s.Done(sentence=f"Assigned to {assignee or 'nobody'}.")

    def note(self, viewer: Viewer, finding_id: str, text: str) -> s.Done:
        self.notes.setdefault(finding_id, []).append(s.Note(author=viewer.name, at=NOW, text=text))
        return s.Done(sentence="The note was added.")

    def snooze(self, viewer: Viewer, finding_id: str, until: Micros | None) -> s.Done:
        return s.Done(sentence="Snoozed.")

    def revoke_exception(self, viewer: Viewer, exception_id: str) -> s.Done:
        self.audit.append(f"revoke {exception_id}")
        return s.Done(sentence="The exception no longer holds.")

    def test_source(self, viewer: Viewer, request: s.AddSourceRequest) -> s.TestedSource:
        secret = request.options.get("key", request.options.get("token"))
        key = secret.get_secret_value() if secret else ""
        works = key.startswith("sk-ant-")
        draft = f"draft-{len(self.drafts)}"
        self.drafts[draft] = request
        return s.TestedSource(
            draft=draft, kind=request.kind, title="Claude Enterprise", key_shape=f"sk-ant-api01-…, {len(key)} characters",
            works=works,
            headline="The key works." if works else "The vendor refused this key (401). Nothing was stored.",
            owner="Example Research, 212 people" if works else "",
            scopes=[
                s.ScopeRow(name="read:compliance_activities", state="found", gives="who did what, 518 kinds of event"),
                s.ScopeRow(name="read:compliance_user_data", state="found", gives="chats and files, read in memory to label them"),
                s.ScopeRow(name="read:compliance_org_data", state="missing", gives="not on this key: no roles, no groups, no access picture"),
                s.ScopeRow(name="delete:compliance_user_data", state="too_much", gives="on this key and never used. Make a key without it."),
            ] if works else [],
            collected=["Activity since 8 Nov 2025, the oldest that the vendor returned", "Labels of chats and files: category, count, mask", "Length and keyed hash of each text"] if works else [],
            not_collected=["Text of chats, prompts, files and their names", "Roles and groups (scope missing)", "Use through Bedrock or Vertex: it is not in this API"] if works else [],
            warnings=[], how_to=[] if works else ["Check that the whole key was copied.", "A primary owner can see in claude.ai whether it was revoked."],
            estimate="First sync: about 1.4 M events and 38,000 chats, 3 to 4 hours at the vendor’s limit of requests. Findings older than 7 days stay out of the queue." if works else "",
        )  # fmt: skip

    def start_collecting(self, viewer: Viewer, draft: str) -> s.Done:
        if draft not in self.drafts:
            raise NotAccepted("This test is older than ten minutes; paste the key again.")
        self.added.append(self.drafts[draft].name)
        return s.Done(sentence="Collecting has started.")

    def masked_evidence(self, viewer: Viewer, kind: str, object_id: str) -> s.MaskedEvidence | None:
        self.audit.append(f"look {kind} {object_id}")
        return s.MaskedEvidence(
            title="Jane Doe · 3 May · 14 messages",
            rows=[
                s.MaskedRow(where="message 6, user", category=chips("PII")[0], type="IBAN", mask="DE·· ···· 4 groups", count=6, confidence=0.97),
                s.MaskedRow(where="message 9, user", category=chips("SECRET")[0], type="CLOUD_ACCESS_KEY", mask="AKIA + 16", count=1, confidence=0.99),
            ],
            recognizers="Recognizers iban 4, cloud-access-key 2.",
            audited="This look was written to the audit log at 09:42:11.",
        )  # fmt: skip


def _hours() -> s.HoursCell:
    counts = [0] * 168
    for day in range(5):
        for hour, n in enumerate((1, 3, 7, 12, 14, 11, 8, 12, 13, 9, 4, 1), start=7):
            counts[day * 24 + hour] = n + (day % 3)
    counts[5 * 24 + 10] = counts[6 * 24 + 17] = 2
    return s.HoursCell(heading="Hour of week, Europe/Berlin", hours=counts, observed=[3 * 24 + 2],
                       note="Thu 02 h: 0 of 1,184 events. Not seen 00 to 06 h in 90 days.")  # fmt: skip


def _comparison() -> s.Comparison:
    return s.Comparison(
        usual="6 Feb to 6 May 2026, 90 closed days, n = 1,184 events.",
        observed="7 May, 02:11 to 02:31, n = 7.",
        cells=[
            s.BarsCell(heading="Country", rows=[
                s.BarRow(name="Germany", n=1121, share=0.947, text="1,121 · 94.7 %"),
                s.BarRow(name="Netherlands", n=49, share=0.041, text="49 · 4.1 %"),
                s.BarRow(name="Austria", n=14, share=0.012, text="14 · 1.2 %"),
                s.BarRow(name="Canada", n=7, share=0, text="7 · never before", observed=True)],
                strip=[s.LongitudePoint(name="Montréal", longitude=-73.6, share=0, observed=True),
                       s.LongitudePoint(name="Berlin, Amsterdam, Vienna", longitude=13.4, share=1.0)],
                note="All 7 from Montréal. Place by IP, confidence medium."),
            _hours(),
            s.BarsCell(heading="Network", rows=[
                s.BarRow(name="AS64497 Example office", n=702, share=0.593, text="702 · 59.3 %"),
                s.BarRow(name="AS64505 Spree Telecom", n=391, share=0.33, text="391 · 33.0 %"),
                s.BarRow(name="AS64508 Nordfunk mobile", n=91, share=0.077, text="91 · 7.7 %"),
                s.BarRow(name="AS64501 Lachine Hosting", n=7, share=0, text="7 · never before", observed=True)]),
            s.FactsCell(heading="Who else does this", rows=[
                s.Fact(label="Peers, Finance in Berlin", value="0 of 23 people used Canada", strong=True),
                s.Fact(label="Organization", value="4 of 2,318 people, 0.2 %", strong=True),
                s.Fact(label="Since 18:58 in Berlin", value="6,000 km in 7 h 06 min, possible by air"),
                s.Fact(label="All together", value="expected once in 2,900 events")]),
        ],
    )  # fmt: skip


def _chain() -> s.Chain:
    def at(text: str) -> Micros:
        return parse_time(f"2026-05-0{text}Z") - 2 * HOUR

    home, away = "198.51.100.23", "203.0.113.47"
    return s.Chain(
        summary="15 events from 3 sources, 1 gap, Europe/Berlin",
        folded=4,
        steps=[
            s.Step(at=at("6T18:41:07"), source="Okta", text="Signed in with password and push, MacBook, Berlin", place=home, mark="usual"),
            s.Step(at=at("6T18:58:30"), source="Claude", text="Last event from a usual place", place=home, mark="usual"),
            s.Step(at=at("6T22:00:00"), until=at("7T01:37:00"), source="Zscaler", mark="gap",
                   text="No Zscaler records from 22:00 to 01:37 (3 h 37 min). Web traffic in this time is unknown, not absent."),
            s.Step(at=at("7T02:03:12"), source="Okta", text="Push refused or timed out, 3 times in 88 s", place=away, mark="new"),
            s.Step(at=at("7T02:05:02"), source="Okta", text="Push approved, new session, device not seen before", place=away, mark="new"),
            s.Step(at=at("7T02:11:20"), source="Claude", text="Signed in by single sign-on", place=away, mark="new"),
            s.Step(at=at("7T02:12:37"), source="Claude", text="Opened project “Q2 close”", place=away, mark="new"),
            s.Step(at=at("7T02:13:02"), source="Claude", text="Listed the chats of “Q2 close”", place=away, mark="usual", story=False),
            s.Step(at=ANCHOR, source="Claude", text="Viewed chat “Jane Doe · 3 May · 14 messages”", place=away, mark="anchor",
                   labels=chips("PII", "SECRET")),
            s.Step(at=at("7T02:16:44"), source="Claude", text="Viewed 4 more chats, 1 with FINANCIAL", place=away, mark="new"),
            s.Step(at=at("7T02:19:03"), source="Zscaler", text="18.2 MB sent to files.example.net, category “file sharing”", place=away, mark="new"),
            s.Step(at=at("7T02:31:50"), source="Okta", text="Session ended", place=away, mark="new"),
        ],
    )  # fmt: skip


def _opened() -> s.Opened:
    def row(
        minute: int, title: str, labels: tuple[str, ...], sensitivity: s.SensitivityName, earlier: int
    ) -> s.OpenedRow:
        return s.OpenedRow(
            at=ANCHOR + minute * MINUTE, title=title, labels=chips(*labels), sensitivity=sensitivity, earlier=earlier
        )

    return s.Opened(
        summary="7 May, 02:11 to 02:31, 5 of 4,206 chats and files within reach",
        rows=[
            row(0, "Jane Doe · 3 May · 14 messages", ("PII", "SECRET"), "high", 2),
            row(2, "Jane Doe · 29 Apr · 8 messages", ("FINANCIAL",), "moderate", 3),
            row(3, "Paul Steiner · 24 Apr · 31 messages", ("PERSON_NAME",), "low", 0),
            row(4, "Jane Doe · 21 Apr · 5 messages", (), "not_read", 1),
            row(5, "Jane Doe · 2 Apr · 12 messages", (), "none", 4),
        ],
    )  # fmt: skip


def _card() -> s.ObjectCard:
    return s.ObjectCard(
        kind="chat", id="c-1", heading="The chat", title="Jane Doe · 3 May · 14 messages · PII, SECRET", sensitivity="high",
        labels=chips("PII", "SECRET", counts=(6, 1)),
        facts=[s.Fact(label="Project", value="Q2 close, owner Jane Doe"),
               s.Fact(label="May open it", value="Jane Doe. The 6 members of Q2 close: unknown"),
               s.Fact(label="Opened by", value="Jane Doe only, 3 times")],
        vendor_url="https://claude.ai/chat/c-1", masked_rows=7,
    )  # fmt: skip


def _path() -> s.AccessPath:
    return s.AccessPath(as_of=ANCHOR, steps=[
        s.PathStep(text="Jane Doe", detail="by Okta subject"),
        s.PathStep(text="Role “Finance analyst”, Example Instruments"),
        s.PathStep(text="Editor of Q2 close", detail="through group Finance-EU, since 14 Jan"),
        s.PathStep(text="Q2 close"),
        s.PathStep(text="This chat", detail="written by Jane Doe; for others the vendor does not say", known=False)])  # fmt: skip


def _picture() -> s.Picture:
    projects: list[tuple[str, str, s.SensitivityName, str, tuple[str, ...], str]] = [
        ("Q2 close", "r2", "high", "Jane Doe · 3 May · 14 messages", ("PII", "SECRET"), ""),
        ("Payroll EU 2026", "r2", "high", "41 chats, 6 files", ("PII", "GOV_ID"), "?"),
        ("Supplier audit", "r2", "high", "61 chats, 22 files", ("FINANCIAL",), ""),
        ("Board pack", "r1", "high", "12 chats, 9 files", ("CONFIDENTIAL_MARK",), ""),
        ("Treasury notes", "r1", "moderate", "88 chats", ("FINANCIAL",), ""),
        ("Tax 2025", "r3", "moderate", "34 chats, 51 files", ("PII",), ""),
        ("Vendor onboarding", "r3", "moderate", "29 chats", ("PII",), ""),
        ("Budget 2027", "r3", "moderate", "73 chats, 4 files", ("FINANCIAL",), ""),
        ("Travel policy", "r3", "low", "18 chats", ("PERSON_NAME",), ""),
        ("Labs finance", "r4", "low", "7 chats", ("PERSON_NAME",), ""),
        ("Style guide", "r5", "none", "203 chats, 40 files", (), ""),
    ]
    said = "Role Finance analyst in Example Instruments; group Finance-EU edits {} since 14 Jan 2026."
    nodes = s.PictureNode
    return s.Picture(
        as_of=NOW, summary="143 projects, 4,206 resources, 318 of them sensitive. Dashed: the vendor does not say.",
        columns=[
            s.PictureColumn(heading="Identity", total="1", nodes=[nodes(id="i", text="Jane Doe")]),
            s.PictureColumn(heading="Organization role", total="3", nodes=[
                nodes(id="o1", text="Finance analyst"), nodes(id="o2", text="Member"), nodes(id="o3", text="Member, Labs")]),
            s.PictureColumn(heading="Organization", total="2", nodes=[
                nodes(id="g1", text="Example Instruments"), nodes(id="g2", text="Example Labs")]),
            s.PictureColumn(heading="Project role", total="5", nodes=[
                nodes(id="r2", text="Editor, via Finance-EU", count="3"), nodes(id="r1", text="Owner, direct", count="2"),
                nodes(id="r3", text="Viewer, via Finance-EU", count="4"), nodes(id="r4", text="Viewer, direct", count="1"),
                nodes(id="r5", text="Viewer, whole org", count="133")]),
            s.PictureColumn(heading="Project", total="143, by risk", nodes=[
                *[nodes(id=f"p{at}", text=name, sensitivity=level, sentence=said.format(name), link=f"/access?pivot=project:p{at}",
                        link_text="Who else can reach this project") for at, (name, _, level, *_rest) in enumerate(projects)],
                nodes(id="pm", text="+132 more", count="18 sensitive", more=True)]),
            s.PictureColumn(heading="Resource", total="4,206, by project", nodes=[
                *[nodes(id=f"x{at}", text=text, labels=chips(*labels), sentence=said.format(name) + " The chat is in it. Opened 7 May, 02:14.")
                  for at, (name, _, _, text, labels, _q) in enumerate(projects)],
                nodes(id="xm", text="+3,454 more", count="212 sensitive", more=True)]),
        ],
        edges=[
            s.PictureEdge(source="i", target="o1"), s.PictureEdge(source="i", target="o2"), s.PictureEdge(source="i", target="o3"),
            s.PictureEdge(source="o1", target="g1"), s.PictureEdge(source="o2", target="g1"), s.PictureEdge(source="o3", target="g2"),
            *[s.PictureEdge(source="g1", target=r, wide=r == "r5") for r in ("r1", "r2", "r3", "r5")],
            s.PictureEdge(source="g2", target="r4"),
            *[s.PictureEdge(source=row[1], target=f"p{at}") for at, row in enumerate(projects)],
            s.PictureEdge(source="r5", target="pm", wide=True), s.PictureEdge(source="pm", target="xm", wide=True),
            *[s.PictureEdge(source=f"p{at}", target=f"x{at}", known=row[5] != "?") for at, row in enumerate(projects)],
        ],
        selected="x0",
    )  # fmt: skip
