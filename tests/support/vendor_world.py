"""A company of a handful of people that answers everything the fake vendors ask of a world.

Small and made by counting, so that a test can say exactly what must arrive. The content carries `CANARY`.
"""

from __future__ import annotations

from typing import Any

from fanlight.model import DAY, HOUR, MINUTE, SECOND, Micros, format_time, parse_time
from fanlight.simulator.world import Activity, FileContent, Key, Row, Wire

NOW = parse_time("2026-11-20T09:00:00Z")
CANARY = "canary-5f1e-planted"
ORGANIZATIONS = ("4a230ad6-66cb-4518-a1d4-708033674001", "4a230ad6-66cb-4518-a1d4-708033674002")
CONSOLE = "4a230ad6-66cb-4518-a1d4-708033674009"
SECRET = "sk-ant-api01-tinyworld0000secret"
ALL_SCOPES = ("read:compliance_activities", "read:compliance_user_data", "read:compliance_org_data")


def iso(at: Micros) -> str:
    return format_time(at)[:23] + "Z"


def user_id(number: int) -> str:
    return f"user_01{number:06d}"


class TinyLogRow:
    """One Okta System Log row."""

    event_type = "user.authentication.sso"

    def __init__(self, number: int, published: Micros, persisted_at: Micros) -> None:
        self.uuid = f"3f6c0f1e-0000-4000-8000-{number:012d}"
        self.published = published
        self.persisted_at = persisted_at
        self._number = number

    def body(self) -> Wire:
        person = self._number % 7
        return {
            "uuid": self.uuid,
            "published": iso(self.published),
            "eventType": self.event_type,
            "displayMessage": "User single sign on to app",
            "severity": "INFO",
            "version": "0",
            "actor": {
                "id": f"00u{person}",
                "type": "User",
                "alternateId": f"p{person}@example.com",
                "displayName": "P P",
            },
            "target": [{"id": "0oaclaude", "type": "AppInstance", "alternateId": "Claude", "displayName": "Claude"}],
            "outcome": {"result": "SUCCESS", "reason": None},
            "client": {"ipAddress": "192.0.2.44", "userAgent": {"rawUserAgent": "Mozilla/5.0 (X11)", "os": "Linux"}},
            "device": {"id": "guo1", "name": f"{CANARY} laptop", "managed": True},
            "debugContext": {"debugData": {"requestUri": "/app/claude/sso", "note": f"free text {CANARY}"}},
        }


class TinyWorld:
    """Duck-typed `World`."""

    seed = 7
    size = "S"

    def __init__(self, *, activities: int = 1000, chats: int = 120, people: int = 12) -> None:
        self.now = NOW
        self.start = NOW - 30 * DAY
        self.version = 1
        self._people = people
        self._chat_rows = [self._chat(number) for number in range(chats)]
        self._feed = [self._activity(number, activities) for number in range(activities)]
        self._feed.sort(key=lambda row: (row.created_at, row.id))
        self._extra = activities
        self._log = [
            TinyLogRow(n, NOW - 5 * DAY + n * MINUTE - (40 * SECOND if n % 9 == 0 else 0), NOW - 5 * DAY + n * MINUTE)
            for n in range(950)
        ]
        self.extra_keys: tuple[Key, ...] = ()
        self.gone: set[str] = set()
        self.artifact_text: str | None = None

    # keys and time

    def keys(self) -> tuple[Key, ...]:
        named = {"kind": "compliance", "created_at": self.start, "created_by": user_id(0)}
        return (
            Key(id="apikey_01own", secret=SECRET, name="parent", scopes=ALL_SCOPES, **named),
            Key(id="apikey_01audit", secret=SECRET + "A", name="audit", scopes=("read:org_audit",), **named),
            Key(
                id="apikey_01wide",
                secret=SECRET + "D",
                name="wide",
                scopes=(*ALL_SCOPES, "delete:compliance_user_data"),
                **named,
            ),
            Key(id="apikey_01feed", secret=SECRET + "F", name="feed-only", scopes=ALL_SCOPES[:1], **named),
            Key(id="apikey_01none", secret=SECRET + "N", name="no-scopes", scopes=(), **named),
            Key(id="apikey_01dead", secret=SECRET + "X", name="dead", scopes=ALL_SCOPES, is_active=False, **named),
            Key(id="apikey_01adm", secret="sk-ant-admin01-tiny", name="admin", kind="admin"),
            Key(id="okta1", secret="00OKTAtinytoken", name="okta", kind="okta_token"),
        )

    def advance(self, to: Micros) -> int:
        self.now = to
        self.version += 1
        return 0

    # feed

    def _activity(self, number: int, total: int) -> Activity:
        # Ten rows share each moment, so that order by id decides.
        at = NOW - 20 * DAY + (number // 10) * 10 * (20 * DAY // (total + 10))
        kind = ("claude_chat_viewed", "sso_login_succeeded", "claude_file_viewed", "claude_artifact_published")[
            number % 4
        ]
        return self.make_activity(number, at, kind)

    def make_activity(self, number: int, at: Micros, kind: str, extra: Wire | None = None) -> Activity:
        person = number % self._people
        actor = {
            "type": "user_actor",
            "user_id": user_id(person),
            "email_address": f"p{person}@example.com",
            "ip_address": f"192.0.2.{person}",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
        }
        chat = f"claude_chat_01{number % max(1, len(self._chat_rows)):06d}"
        values: dict[str, tuple[tuple[str, ...], tuple[Any, ...]]] = {
            "claude_chat_viewed": (("claude_chat_id",), (chat,)),
            "sso_login_succeeded": (("auth_method", "mfa_method"), ("sso", None)),
            "claude_file_viewed": (
                ("claude_file_id", "filename"),
                (f"claude_file_01{number:06d}", f"{CANARY} plan.pdf"),
            ),
            "claude_artifact_published": (
                ("claude_published_artifact_id", "artifact_type", "title", "description"),
                (f"pub_{number}", "text/html", f"{CANARY} title", f"{CANARY} words " * 30),
            ),
        }
        organization = None if kind.startswith("sso") else (f"org_{number % 2}", ORGANIZATIONS[number % 2])
        return Activity(7, number, at, at, kind, organization, actor, values.get(kind, ((), ())), extra)

    def feed(self) -> list[Activity]:
        return self._feed

    def add_activity(self, at: Micros, kind: str = "claude_chat_viewed", extra: Wire | None = None) -> Activity:
        """A row that becomes visible now, wherever its time puts it."""
        row = self.make_activity(self._extra, at, kind, extra)
        self._extra += 1
        self._feed.append(row)
        self._feed.sort(key=lambda item: (item.created_at, item.id))
        self.version += 1
        return row

    def record_access(
        self,
        key_id: str,
        ip: str,
        user_agent: str,
        url: str,
        status: int,
        *,
        method: str = "GET",
        at: Micros | None = None,
    ) -> Activity:
        actor = {"type": "api_actor", "api_key_id": key_id, "ip_address": ip, "user_agent": user_agent}
        names = ("request_id", "request_method", "status_code", "url")
        row = Activity(
            7,
            10_000_000 + self._extra,
            self.now if at is None else at,
            self.now,
            "compliance_api_accessed",
            None,
            actor,
            (names, ("req_1", method, status, url)),
        )
        self._extra += 1
        self._feed.append(row)
        self._feed.sort(key=lambda item: (item.created_at, item.id))
        return row

    # directory

    def organizations(self) -> list[Row]:
        return [
            Row(
                uuid, {"uuid": uuid, "name": f"Example {number}", "created_at": iso(self.start)}, self.start, self.start
            )
            for number, uuid in enumerate((*ORGANIZATIONS, CONSOLE))
        ]

    def users(self, organization: str) -> list[Row] | None:
        if organization not in (*ORGANIZATIONS, CONSOLE):
            return None
        chosen = range(self._people) if organization == ORGANIZATIONS[0] else range(0, self._people, 3)
        role = "user" if organization != CONSOLE else "developer"
        rows = []
        for number in chosen:
            body = {
                "id": user_id(number),
                "full_name": f"Person Number{number}",
                "email": f"p{number}@example.com",
                "organization_role": "owner" if number == 0 else role,
                "created_at": iso(self.start),
            }
            rows.append(Row(user_id(number), body, self.start, self.start, organization))
        return rows

    def roles(self, organization: str) -> list[Row] | None:
        if organization != ORGANIZATIONS[0]:
            return []
        body = {
            "id": "rbac_role_01a",
            "name": "Compliance reviewer",
            "description": f"{CANARY} may read",
            "created_at": None,
        }
        return [Row("rbac_role_01a", body, self.start, self.start, organization)]

    def role_permissions(self, organization: str, role_id: str) -> list[Wire]:
        return [{"action": "claude_code", "resource_type": "organization", "resource_id": organization}]

    def groups(self) -> list[Row]:
        rows = []
        for number in range(3):
            body = {
                "id": f"rbac_group_01{number}",
                "name": f"Group {number}",
                "description": "",
                "source_type": "scim",
                "roles": ["rbac_role_01a"] if number == 0 else None,
                "created_at": "2026-01-05T10:00:00.000000",
                "updated_at": None,
            }
            rows.append(Row(str(body["id"]), body, self.start, self.start))
        return rows

    def group_members(self, group_id: str) -> list[Wire]:
        return [
            {
                "user_id": user_id(n),
                "email": f"p{n}@example.com",
                "created_at": "2026-01-05T10:00:00",
                "updated_at": None,
            }
            for n in range(0, self._people, 2)
        ]

    def settings(self, organization: str) -> Wire | None:
        if organization == CONSOLE:
            return None
        listed = [
            {
                "type": "compliance_api_key",
                "id": key.id,
                "name": key.name,
                "scopes": list(key.scopes),
                "is_active": key.is_active,
                "created_at": iso(self.start),
                "created_by_id": key.created_by,
                "expires_at": None,
            }
            for key in self.keys()
            if key.kind == "compliance"
        ]
        rows = [
            {"name": "sso_enabled", "type": "boolean", "value": True},
            {"name": "ip_allowlist_ip_ranges", "type": "string_list", "value": ["192.0.2.0/24"]},
        ]
        return {
            "type": "effective_organization_settings",
            "organization_id": organization,
            "settings": rows,
            "api_keys": listed,
        }

    # content

    def projects(self) -> list[Row]:
        rows = []
        for number in range(25):
            at = self.start + number * HOUR
            person = user_id(number % self._people)
            body = {
                "id": f"claude_proj_01{number:04d}",
                "name": f"Project {number}",
                "created_at": iso(at),
                "updated_at": iso(at + HOUR),
                "deleted_at": None,
                "is_private": number % 2 == 0,
                "organization_uuid": ORGANIZATIONS[number % 2],
                "user": None if number == 3 else {"id": person, "email_address": "x@example.com"},
            }
            rows.append(Row(str(body["id"]), body, at, at + HOUR, ORGANIZATIONS[number % 2], person))
        return rows

    def project_detail(self, project_id: str) -> Wire | None:
        row = next((row for row in self.projects() if row.id == project_id), None)
        if row is None:
            return None
        words = {"description": f"{CANARY} description", "instructions": f"{CANARY} instructions"}
        return {**row.body, **words, "attachments_count": len(self.attachments(project_id)), "chats_count": 1}

    def attachments(self, project_id: str) -> list[Wire]:
        if not project_id.endswith("0"):
            return []
        at = iso(self.start)
        return [
            {
                "type": "project_file",
                "id": f"claude_file_01p{project_id[-4:]}",
                "created_at": at,
                "md5": "00" * 16,
                "filename": f"{CANARY}.pdf",
                "mime_type": "text/csv",
                "size_bytes": 40,
            },
            {
                "type": "project_doc",
                "id": f"claude_proj_doc_01{project_id[-4:]}",
                "created_at": at,
                "updated_at": None,
                "filename": f"{CANARY}.txt",
                "mime_type": "text/plain",
            },
        ]

    def collaborators(self, project_id: str) -> list[Wire]:
        at = iso(self.start)
        return [
            {"type": "user", "user_id": user_id(1), "role": "owner", "granted_at": at},
            {"type": "user", "user_id": None, "role": "editor", "granted_at": at},
            {"type": "group", "group_id": "rbac_group_010", "role": "editor", "granted_at": at},
            {"type": "organization", "organization_uuid": ORGANIZATIONS[0], "role": "viewer", "granted_at": at},
            {"type": "organization_role", "organization_role": "owner", "role": "viewer", "granted_at": at},
        ]

    def document(self, document_id: str) -> Wire | None:
        return {
            "id": document_id,
            "filename": f"{CANARY}.txt",
            "content": f"{CANARY} document text",
            "created_at": iso(self.start),
            "user": None,
        }

    def document_metadata(self, document_id: str) -> Wire | None:
        return {"id": document_id, "claude_project_id": f"claude_proj_01{document_id[-4:]}"}

    def _chat(self, number: int) -> Row:
        created = NOW - 25 * DAY + number * HOUR
        # Three chats share each moment of change; that order differs from the order of creation.
        updated = created + DAY + (number % 3) * -HOUR
        project = f"claude_proj_01{number % 25:04d}" if number % 2 else None
        person = user_id(number % 12)
        body = {
            "id": f"claude_chat_01{number:06d}",
            "name": f"{CANARY} chat name",
            "created_at": iso(created),
            "updated_at": iso(updated),
            "deleted_at": iso(updated) if number % 20 == 7 else None,
            "href": f"https://claude.ai/chat/5847ec2b-fe5f-4024-a50e-{number:012d}",
            "model": "claude-opus-5",
            "organization_uuid": ORGANIZATIONS[number % 2],
            "project_id": project,
            "user": {"id": person, "email_address": "x@example.com"},
            "a_field_of_tomorrow": f"{CANARY} in an unknown field",
        }
        if body["deleted_at"]:
            body["name"] = ""
        return Row(str(body["id"]), body, created, updated, ORGANIZATIONS[number % 2], person, project)

    def chats(self) -> list[Row]:
        return self._chat_rows

    def change_chat(self, number: int, at: Micros) -> None:
        row = self._chat_rows[number]
        row.updated_at = at
        row.body["updated_at"] = iso(at)
        self.version += 1

    def messages(self, chat_id: str) -> list[Wire] | None:
        row = next((row for row in self._chat_rows if row.id == chat_id), None)
        if row is None or chat_id in self.gone:
            return None
        if row.body["deleted_at"]:
            return []
        number = int(chat_id[-6:])
        count = 2300 if number == 1 else 4
        return [self._message(number, n, row.created_at + n * SECOND) for n in range(count)]

    def _message(self, chat: int, number: int, at: Micros) -> Wire:
        message: Wire = {
            "id": f"claude_chat_msg_01{chat:06d}{number:05d}",
            "role": "user" if number % 2 == 0 else "assistant",
            "created_at": iso(at),
            "content": [{"type": "text", "text": f"{CANARY} message {number}", "truncated": False}],
            "files": None,
            "generated_files": None,
            "artifacts": None,
        }
        if number == 2:
            file = {"mime_type": "text/csv", "size_bytes": 30, "md5": "11" * 16, "filename": f"{CANARY}.csv"}
            message["files"] = [{"id": f"claude_file_01c{chat:05d}", **file}]
            message["generated_files"] = [{"id": f"claude_gen_file_01{chat:05d}", **file}]
        if number == 3:
            message["artifacts"] = [
                {
                    "id": f"claude_artifact_01{chat:05d}",
                    "version_id": f"claude_artifact_version_01{chat:05d}",
                    "title": f"{CANARY} artifact",
                    "artifact_type": "text/markdown",
                }
            ]
            tool = {
                "name": "search",
                "integration_name": "Ticket desk",
                "mcp_server_url": "https://mcp.example.com/sse",
            }
            words = [{"type": "text", "text": f"{CANARY} result " + "x" * 20_000}]
            message["content"] += [
                {"type": "tool_use", "id": "t1", "input": f'{{"q": "{CANARY}"}}', "truncated": False, **tool},
                {
                    "type": "tool_result",
                    "tool_use_id": "t1",
                    "is_error": False,
                    "truncated": False,
                    "content": words,
                    **tool,
                },
                {"type": "block_of_tomorrow", "payload": f"{CANARY} new block"},
            ]
        return message

    def file_metadata(self, file_id: str) -> Wire | None:
        return None if file_id in self.gone else {"id": file_id, "claude_chat_ids": []}

    def file_content(self, file_id: str) -> FileContent | None:
        return FileContent(f"{CANARY} Löhne.csv", "text/csv", f"{CANARY},1\n".encode() * 50)

    def generated_file_metadata(self, file_id: str) -> Wire | None:
        return {"id": file_id, "claude_chat_id": ""}

    def generated_file_content(self, file_id: str) -> FileContent | None:
        return self.file_content(file_id)

    def artifact_metadata(self, version_id: str) -> Wire | None:
        return {"id": "a", "version_id": version_id, "claude_chat_id": ""}

    def artifact_content(self, version_id: str) -> Wire | str | None:
        if self.artifact_text is not None:
            return self.artifact_text
        return {"content": f"{CANARY} artifact body", "title": f"{CANARY} artifact", "artifact_type": "text/markdown"}

    def code_artifacts(self) -> list[Row]:
        rows = []
        for number in range(130):
            at = NOW - number * HOUR
            body = {
                "id": f"cart_01{number:04d}",
                "organization_uuid": ORGANIZATIONS[0],
                "owner_user_id": user_id(1),
                "user": {"id": user_id(1), "email_address": None},
                "read_mode": "org",
                "published_version_id": f"v{number}",
                "updated_at": iso(at),
                "versions": [{"id": f"v{number}", "created_at": iso(at), "name": CANARY}],
            }
            rows.append(Row(str(body["id"]), body, at, at, ORGANIZATIONS[0], user_id(1)))
        return rows

    def code_artifact_content(self, artifact_id: str, version_id: str) -> FileContent | None:
        return FileContent("page.html", "text/html", f"<p>{CANARY}</p>".encode())

    def local_sessions(self) -> list[Row]:
        rows = []
        for number in range(40):
            at = NOW - number * HOUR
            body = {
                "type": "compliance_local_session",
                "id": f"clls_{number:04d}",
                "organization_uuid": ORGANIZATIONS[0],
                "workspace_id": None,
                "user": {"id": user_id(2), "email_address": None},
                "product_surface": "claude_code",
                "created_at": iso(at),
                "updated_at": iso(at + MINUTE),
            }
            rows.append(Row(str(body["id"]), body, at, at + MINUTE, ORGANIZATIONS[0], user_id(2)))
        return rows

    def local_session_messages(self, session_id: str) -> list[Wire] | None:
        at = iso(NOW - HOUR)
        return [
            {
                "type": "compliance_local_session_message",
                "id": f"{session_id}_{n}",
                "role": "user",
                "created_at": at,
                "content": [] if n == 1 else [{"type": "text", "text": f"{CANARY} session {n}", "truncated": n == 2}],
                "provenance": {"type": "content_unavailable", "reason": "retention_elapsed"} if n == 1 else None,
            }
            for n in range(3)
        ]

    def remote_sessions(self) -> list[Row]:
        rows = []
        for number in range(10):
            at = NOW - number * HOUR
            body = {
                "id": f"cse_{number:03d}",
                "organization_uuid": ORGANIZATIONS[0],
                "user": None,
                "agent_id": "cagt_1",
                "started_by_user": {"id": user_id(1), "email_address": None},
                "status": "pending" if number == 0 else "archived",
                "created_at": iso(at),
                "updated_at": iso(at),
                "product_surface": "cowork_remote",
                "claude_project_id": None,
            }
            rows.append(Row(str(body["id"]), body, at, at, ORGANIZATIONS[0], user_id(1)))
        return rows

    def remote_session_messages(self, session_id: str) -> list[Wire] | None:
        if session_id == "cse_000":
            return None
        words = [{"type": "text", "text": f"{CANARY} remote", "truncated": False}]
        return [
            {
                "id": f"{session_id}_1",
                "role": "user",
                "created_at": iso(NOW),
                "content": words,
                "content_unavailable": False,
            }
        ]

    # Console

    def console_api_keys(self) -> list[Row]:
        rows = []
        for number in range(5):
            body = {
                "type": "api_key",
                "id": f"apikey_01c{number}",
                "name": f"key {number}",
                "status": "active",
                "created_at": iso(self.start),
                "created_by": {"id": user_id(1), "type": "user"},
                "expires_at": None,
                "partial_key_hint": "sk-ant-api03-R2D...igAA",
                "workspace_id": "wrkspc_01a",
                "principal": None,
                "scope": {"type": "workspace", "workspace_id": "wrkspc_01a"},
            }
            rows.append(Row(str(body["id"]), body, self.start, self.start, None, user_id(1)))
        return rows

    def console_users(self) -> list[Row]:
        body = {
            "type": "user",
            "id": user_id(1),
            "email": "p1@example.com",
            "name": "P",
            "role": "admin",
            "added_at": iso(self.start),
        }
        return [Row(user_id(1), body, self.start, self.start)]

    def console_workspaces(self) -> list[Row]:
        body = {
            "type": "workspace",
            "id": "wrkspc_01a",
            "name": "Production",
            "created_at": iso(self.start),
            "archived_at": None,
            "display_color": "#000",
            "tags": {"env": "prod"},
        }
        return [Row("wrkspc_01a", body, self.start, self.start)]

    def console_workspace_members(self, workspace_id: str) -> list[Wire] | None:
        member = {"type": "workspace_member", "user_id": user_id(1), "workspace_id": workspace_id}
        return [{**member, "workspace_role": "workspace_admin"}]

    def usage_buckets(self, starting_at: Micros, ending_at: Micros) -> list[Wire]:
        buckets = []
        day = starting_at // DAY * DAY
        while day < ending_at:
            used = day == (NOW - 9 * DAY) // DAY * DAY
            row = {"api_key_id": "apikey_01c1", "output_tokens": 5, "uncached_input_tokens": 7}
            buckets.append({"starting_at": iso(day), "ending_at": iso(day + DAY), "results": [row] if used else []})
            day += DAY
        return buckets

    # Okta

    def okta_users(self) -> list[Row]:
        rows = []
        for number in range(450):
            status = "DEPROVISIONED" if number % 50 == 3 else "ACTIVE"
            body = {
                "id": f"00u{number}",
                "status": status,
                "created": iso(self.start),
                "lastLogin": iso(NOW),
                "lastUpdated": iso(self.start),
                "_links": {"self": {"href": "https://example.okta.com/x"}},
                "profile": {
                    "login": f"p{number}@example.com",
                    "email": f"p{number}@example.com",
                    "firstName": "Person",
                    "lastName": f"N{number}",
                    "displayName": f"Person N{number}",
                    "department": "Sales team",
                    "employeeNumber": f"E{number}",
                    "timezone": "Europe/Berlin",
                    "countryCode": "DE",
                    "secondEmail": None,
                    "managerId": "E0",
                    "bio": f"{CANARY} free words",
                },
            }
            rows.append(Row(f"00u{number}", body, self.start, self.start))
        return rows

    def okta_groups(self) -> list[Row]:
        return [
            Row(
                f"00g{n}",
                {
                    "id": f"00g{n}",
                    "type": "OKTA_GROUP",
                    "created": iso(self.start),
                    "profile": {"name": f"Team {n}", "description": CANARY},
                },
                self.start,
                self.start,
            )
            for n in range(3)
        ]

    def okta_group_members(self, group_id: str) -> list[Row]:
        return self.okta_users()[:5]

    def okta_apps(self) -> list[Row]:
        body = {
            "id": "0oaclaude",
            "name": "saml_claude",
            "label": "Claude",
            "status": "ACTIVE",
            "created": iso(self.start),
        }
        return [Row("0oaclaude", body, self.start, self.start)]

    def okta_app_users(self, app_id: str) -> list[Row]:
        return [
            Row(
                f"00u{n}",
                {
                    "id": f"00u{n}",
                    "externalId": f"ext{n}",
                    "scope": "GROUP",
                    "status": "PROVISIONED",
                    "credentials": {"userName": f"p{n}@example.com"},
                    "profile": {"email": f"p{n}@example.com"},
                    "created": iso(self.start),
                },
                self.start,
                self.start,
            )
            for n in range(7)
        ]

    def okta_app_groups(self, app_id: str) -> list[Row]:
        return [Row("00g1", {"id": "00g1", "priority": 0}, self.start, self.start)]

    def okta_log(self) -> list[TinyLogRow]:
        return self._log

    def places(self) -> list[Any]:
        return []
