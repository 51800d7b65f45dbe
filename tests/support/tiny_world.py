"""A world small enough to count by hand, with the same face as the real one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fanlight.model import DAY, HOUR, MINUTE, SECOND, Micros, format_time, parse_time
from fanlight.simulator.world import Activity, FileContent, Key, LogRow, Place, Row, World

NOW = parse_time("2026-10-05T12:00:00Z")
ALPHA = "4a230ad6-66cb-4518-a1d4-70803367409e"
BETA = "10776c69-9333-468c-ab60-3f349da2fa48"
CONSOLE = "4441b18f-ed72-416a-a57d-44c579665c77"
ORG_IDS = {ALPHA: "org_01Alpha", BETA: "org_01Beta", CONSOLE: "org_01Console"}
SCOPES = ("read:compliance_activities", "read:compliance_user_data", "read:compliance_org_data")


class FakeClock:
    """A machine clock that only moves when told."""

    def __init__(self, now: Micros = NOW) -> None:
        self.moment = now

    def now(self) -> Micros:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += round(seconds * SECOND)


class TinyLog(LogRow):
    """A log row that renders itself."""

    def body(self) -> dict[str, Any]:
        return {"uuid": self.uuid, "published": format_time(self.published), "eventType": self.event_type}


class TinyTruth:
    """What a tiny world knows about itself."""

    def as_json(self) -> dict[str, Any]:
        return {"stories": [], "high_chats": {"b", "a"}}

    def planted_values(self) -> list[str]:
        return ["4111"]

    def canaries(self) -> list[tuple[str, str, str]]:
        return [("chat", "claude_chat_00", "zanzibar")]

    def reach(self, user_id: str) -> list[str]:
        return [f"{user_id} reaches nothing"]


def _key(name: str, kind: Any = "compliance", **fields: Any) -> Key:
    prefix = {"compliance": "sk-ant-api01-", "admin": "sk-ant-admin01-", "claude_api": "sk-ant-api03-"}.get(kind, "00")
    fields.setdefault("scopes", SCOPES)
    return Key(id=f"apikey_01{name}", secret=f"{prefix}{name}-secret", kind=kind, name=name, **fields)


class TinyWorld(World):
    """Seven people, two chats an hour, and one of everything else; time moves by adding activities an hour apart."""

    def __init__(self, activities: int = 25, chats: int = 7) -> None:
        self.seed, self.size, self.start, self.version = 1, "S", NOW - 10 * DAY, 0
        self._now = NOW
        self._access_count = 0
        self._chat_count = chats
        self._number = 0
        self._feed = []
        self.late: list[Activity] = []
        for number in range(activities):
            self._feed.append(self.make_activity(NOW - (activities - number) // 2 * HOUR - MINUTE))
        self._feed.sort(key=lambda row: (row.created_at, row.id))
        self._changed: dict[int, Micros] = {}
        self._log = [self.make_log(number) for number in range(12)]
        self.__keys = [
            _key("parent"),
            _key("one-organization", organization=BETA),
            _key("audit", scopes=("read:org_audit",)),
            _key("feed-only", scopes=("read:compliance_activities",)),
            _key("deleter", scopes=(*SCOPES, "delete:compliance_user_data")),
            _key("analytics", scopes=("read:analytics",)),
            _key("deactivated", is_active=False),
            _key("expired", expires_at=NOW - DAY),
            _key("admin", "admin"),
            _key("claude-api", "claude_api"),
            _key("okta", "okta_token"),
        ]

    @property
    def truth(self) -> Any:
        return TinyTruth()

    def make_activity(self, at: Micros, type: str | None = None) -> Activity:
        """The next activity of the running number; every fifth is a sign-in without organization."""
        self._number += 1
        number = self._number
        organization = (
            None if number % 5 == 0 else (ORG_IDS[BETA], BETA) if number % 3 == 0 else (ORG_IDS[ALPHA], ALPHA)
        )
        kind = type or ("sso_login_succeeded" if number % 5 == 0 else "claude_chat_viewed")
        actor = {"type": "user_actor", "user_id": f"user_01{number % 3}", "ip_address": "192.0.2.1", "user_agent": "x"}
        names = ("auth_method",) if number % 5 == 0 else ("claude_chat_id",)
        return Activity(1, number, at, at, kind, organization, actor, (names, ("sso",)))

    def make_log(self, number: int) -> LogRow:
        """Published backwards in pairs, persisted in order."""
        persisted = NOW - (20 - number) * HOUR
        published = persisted - (90 * MINUTE if number % 2 == 0 else 0)
        kind = "user.session.start" if number % 3 else "user.authentication.sso"
        return TinyLog(f"log-{number:02d}", published, persisted, kind, None, self)

    def advance(self, to: Micros) -> int:
        fresh = [self.make_activity(at) for at in range(self._now + HOUR, to + 1, HOUR)] + self.late
        self.late = []
        self._feed.extend(fresh)
        self._feed.sort(key=lambda row: (row.created_at, row.id))
        self._now = to
        self.version += 1
        return len(fresh)

    def record_access(
        self, key_id: str, ip: str, user_agent: str, url: str, status: int, *, method: str = "GET", at: Any = None
    ) -> Activity:
        self._access_count += 1
        actor = {"type": "api_actor", "api_key_id": key_id, "ip_address": ip, "user_agent": user_agent}
        names = ("request_id", "request_method", "status_code", "url")
        values = (names, (f"req_{self._access_count}", method, status, url))
        moment = self._now if at is None else at
        row = Activity(1, 10_000 + self._access_count, moment, moment, "compliance_api_accessed", None, actor, values)
        self._feed.append(row)
        self._feed.sort(key=lambda item: (item.created_at, item.id))
        return row

    def keys(self) -> Sequence[Key]:
        return self.__keys

    def organizations(self) -> Sequence[Row]:
        return [
            Row(uuid, {"uuid": uuid, "name": name, "created_at": format_time(NOW - DAY)}, NOW - DAY, NOW - DAY)
            for uuid, name in ((ALPHA, "Alpha"), (BETA, "Beta"), (CONSOLE, "Console"))
        ]

    def users(self, organization: str) -> Sequence[Row] | None:
        if organization not in ORG_IDS:
            return None
        return [self._plain(f"user_01{number}", NOW - DAY + number, organization) for number in range(7)]

    def roles(self, organization: str) -> Sequence[Row] | None:
        return [self._plain("rbac_role_01", NOW - DAY, organization)] if organization in ORG_IDS else None

    def role_permissions(self, organization: str, role_id: str) -> Any:
        row = {"action": "web_search", "resource_type": "organization", "resource_id": organization}
        return [row] if role_id == "rbac_role_01" else None

    def settings(self, organization: str) -> Any:
        if organization not in ORG_IDS:
            return None
        return {"type": "effective_organization_settings", "organization_id": organization, "settings": []}

    def groups(self) -> Sequence[Row]:
        row = self._plain("rbac_group_01", NOW - DAY)
        row.body["name"] = "Finance"
        return [row]

    def group_members(self, group_id: str) -> Any:
        return (
            [{"user_id": f"user_01{n}", "email": "a@example.com"} for n in range(5)]
            if group_id == "rbac_group_01"
            else None
        )

    def projects(self) -> Sequence[Row]:
        return [self._plain(f"claude_proj_0{n}", NOW - DAY + n, BETA if n == 4 else ALPHA) for n in range(5)]

    def project_detail(self, project_id: str) -> Any:
        return {"id": project_id, "description": "d"}

    def attachments(self, project_id: str) -> Any:
        return [{"type": "project_doc", "id": "claude_proj_doc_01"}, {"type": "project_file", "id": "claude_file_02"}]

    def collaborators(self, project_id: str) -> Any:
        return [{"type": "user", "user_id": None, "role": "owner", "granted_at": format_time(NOW - DAY)}] * 45

    def document(self, document_id: str) -> Any:
        return {"id": document_id, "content": "text"} if document_id == "claude_proj_doc_01" else None

    def document_metadata(self, document_id: str) -> Any:
        return (
            {"id": document_id, "claude_project_id": "claude_proj_00"} if document_id == "claude_proj_doc_01" else None
        )

    def touch_chat(self, number: int, at: Micros) -> None:
        """A new message moves a chat to the end of the order by change."""
        self._changed[number] = at
        self.version += 1

    def chats(self) -> Sequence[Row]:
        rows = []
        for number in range(self._chat_count):
            created = NOW - DAY + number // 2 * HOUR
            row = self._plain(f"claude_chat_0{number}", created, BETA if number == 3 else ALPHA)
            row.updated_at = self._changed.get(number, created + (20 - number) * MINUTE)
            row.user_id = f"user_01{number % 2}"
            row.project_id = "claude_proj_00" if number % 3 == 0 else None
            rows.append(row)
        return rows

    def messages(self, chat_id: str) -> Any:
        number = int(chat_id[-1])
        text = {"type": "text", "text": "hello", "truncated": False, "thinking_redacted": False}
        tool = {
            "type": "tool_use",
            "id": "toolu_1",
            "name": "search",
            "input": '{"q": "0123456789"}',
            "truncated": False,
        }
        result = {"type": "tool_result", "content": [{"type": "text", "text": "abcdefgh"}] * 2, "truncated": False}
        return [
            {
                "id": f"claude_chat_msg_{number}_{index}",
                "role": "user",
                "created_at": format_time(NOW - DAY + index * MINUTE),
                "content": [text, tool, result] if index == 0 else [text],
                "files": None,
            }
            for index in range(6)
        ]

    def file_metadata(self, file_id: str) -> Any:
        chats = {"claude_file_01": ["claude_chat_00"], "claude_file_03": ["claude_chat_03"]}.get(file_id)
        return {"id": file_id, "claude_chat_ids": chats, "message_ids": []} if chats else None

    def file_content(self, file_id: str) -> FileContent | None:
        return FileContent("Löhne 2027.csv", "text/csv", b"level,low\n" * 5000)

    def generated_file_metadata(self, file_id: str) -> Any:
        return {"id": file_id, "claude_chat_id": "claude_chat_00"} if file_id == "claude_gen_file_01" else None

    def generated_file_content(self, file_id: str) -> FileContent | None:
        return FileContent("bands.csv", "text/csv", b"x")

    def artifact_metadata(self, version_id: str) -> Any:
        return {"version_id": version_id, "claude_chat_id": "claude_chat_00"} if version_id.endswith("_01") else None

    def artifact_content(self, version_id: str) -> Any:
        return {"content": "# A", "title": "A", "artifact_type": "text/markdown"}

    def code_artifacts(self) -> Sequence[Row]:
        rows = [self._plain(f"cart_0{n}", NOW - DAY, ALPHA) for n in range(9)]
        for row in rows:
            row.body["published_version_id"] = "v1"
        return rows

    def code_artifact_content(self, artifact_id: str, version_id: str) -> FileContent | None:
        return FileContent("page.html", "text/html", b"<p>") if version_id == "v1" else None

    def local_sessions(self) -> Sequence[Row]:
        rows = [self._plain(f"clls_0{n}", NOW - DAY + n * HOUR, ALPHA) for n in range(9)]
        for row in rows:
            row.body["user"] = {"id": "user_011", "email_address": "a@example.com"}
        return rows[::-1]

    def local_session_messages(self, session_id: str) -> Any:
        return [{"id": f"clsm_{n}", "created_at": format_time(NOW - DAY + n), "content": []} for n in range(9)]

    def remote_sessions(self) -> Sequence[Row]:
        rows = [self._plain(f"cse_0{n}", NOW - DAY + n * HOUR, ALPHA) for n in range(3)]
        for row in rows:
            row.body |= {"user": None, "started_by_user": None}
        return rows[::-1]

    def remote_session_messages(self, session_id: str) -> Any:
        return None if session_id == "cse_00" else [{"id": "csev_1", "content": []}]

    def console_api_keys(self) -> Sequence[Row]:
        rows = [self._plain(f"apikey_0{n}", NOW - DAY) for n in range(5)]
        for number, row in enumerate(rows):
            row.body["status"] = "active" if number % 2 else "inactive"
        return rows

    def console_users(self) -> Sequence[Row]:
        rows = [self._plain("user_011", NOW - DAY)]
        rows[0].body["email"] = "a@example.com"
        return rows

    def console_workspaces(self) -> Sequence[Row]:
        rows = [self._plain("wrkspc_01", NOW - DAY), self._plain("wrkspc_02", NOW - DAY)]
        rows[1].body["archived_at"] = format_time(NOW)
        return rows

    def console_workspace_members(self, workspace_id: str) -> Any:
        return [{"user_id": "user_011", "workspace_id": workspace_id}] if workspace_id == "wrkspc_01" else None

    def usage_buckets(self, starting_at: Micros, ending_at: Micros) -> Any:
        days = range(starting_at, ending_at, DAY)
        rows = [{"api_key_id": "k1", "output_tokens": 2}, {"api_key_id": "k2", "output_tokens": 3}]
        return [{"starting_at": format_time(at), "results": rows} for at in days]

    def analytics_users(self, first_day: str, last_day: str) -> Any:
        return [{"user": {"id": f"user_01{n}"}, "last_activity_date": last_day} for n in range(5)]

    def analytics_connectors(self, first_day: str, last_day: str, *, by_user: bool) -> Any:
        users = [f"user_01{n}" for n in range(3)] if by_user else [None]
        return [{"connector_name": "ticketdesk", "user_id": user, "read_call_count": 2} for user in users]

    def okta_users(self) -> Sequence[Row]:
        rows = [self._plain(f"00u{n}", NOW - DAY) for n in range(7)]
        for number, row in enumerate(rows):
            changed = format_time(NOW - number * DAY)
            row.body |= {"status": "DEPROVISIONED" if number == 6 else "ACTIVE", "lastUpdated": changed}
        return rows

    def okta_groups(self) -> Sequence[Row]:
        row = self._plain("00g1", NOW - DAY)
        row.body["profile"] = {"name": "Finance"}
        return [row]

    def okta_group_members(self, group_id: str) -> Any:
        return self.okta_users()[:3] if group_id == "00g1" else None

    def okta_apps(self) -> Sequence[Row]:
        rows = [self._plain("0oa1", NOW - DAY), self._plain("0oa2", NOW - DAY)]
        rows[0].body["label"], rows[1].body["label"] = "Claude", "Payroll"
        return rows

    def okta_app_users(self, app_id: str) -> Any:
        return self.okta_users()[:4] if app_id == "0oa1" else None

    def okta_app_groups(self, app_id: str) -> Any:
        return self.okta_groups() if app_id == "0oa1" else None

    def places(self) -> Sequence[Place]:
        return [
            Place(
                cidr=cidr, country_code=code, country=country, city=city, latitude=lat, longitude=lon, asn=asn,
                as_name="example broadband", network_kind="home", timezone="UTC",
            )
            for cidr, code, country, city, lat, lon, asn in (
                ("192.0.2.0/24", "DE", "Germany", "Berlin", 52.5, 13.4, 64496),
                ("192.0.2.128/25", "PT", "Portugal", "Lisbon", 38.7, -9.1, 64497),
                ("2001:db8:1::/48", "IN", "India", "Bengaluru", 12.97, 77.59, 64498),
            )
        ]  # fmt: skip

    @staticmethod
    def _plain(identifier: str, at: Micros, organization: str | None = None) -> Row:
        return Row(identifier, {"id": identifier, "created_at": format_time(at)}, at, at, organization)
