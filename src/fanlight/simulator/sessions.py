"""Local and remote sessions and code artifacts as the Compliance API shows them now."""

from __future__ import annotations

import hashlib
import json

from fanlight.model.times import MINUTE, SECOND
from fanlight.simulator.identifiers import stable_bytes, tagged_id
from fanlight.simulator.projects import user_body
from fanlight.simulator.records import Session
from fanlight.simulator.stage import Stage
from fanlight.simulator.text import code_text, session_text
from fanlight.simulator.wire import wire_time
from fanlight.simulator.world import FileContent, Row, Wire

__all__ = [
    "code_artifact_content",
    "code_artifacts",
    "local_messages",
    "local_sessions",
    "remote_messages",
    "remote_sessions",
]


def code_artifacts(stage: Stage) -> list[Row]:
    found = []
    for item in stage.company.code_artifacts:
        versions = [v for v in item.versions if v[1] <= stage.now]
        if item.versions and not versions:
            continue
        updated = versions[-1][1] if versions else stage.start
        user = user_body(stage, item.owner)
        body: Wire = {
            "id": item.id,
            "organization_uuid": item.organization,
            "owner_user_id": user["id"] if user else None,
            "user": user,
            "read_mode": item.read_mode,
            "published_version_id": versions[-1][0] if versions else None,
            "updated_at": wire_time(updated) if versions else None,
            "versions": [{"id": v, "created_at": wire_time(at), "name": name} for v, at, name in reversed(versions)],
        }
        if item.kind:
            body["artifact_type"] = item.kind
        found.append(Row(item.id, body, updated, updated, item.organization, body["owner_user_id"]))
    found.sort(key=lambda row: row.id)
    return found


def code_artifact_content(stage: Stage, artifact_id: str, version_id: str) -> FileContent | None:
    for item in stage.company.code_artifacts:
        if item.id == artifact_id:
            for position, (version, at, name) in enumerate(item.versions):
                if version == version_id and at <= stage.now:
                    text = code_text(stage, item, position)[0]
                    return FileContent(f"{name}.html", "text/html", text.encode())
    return None


# ----------------------------------------------------------------------------- sessions


def _email(stage: Stage, session: Session) -> Wire | None:
    if session.owner is None:
        return None
    person = stage.company.people[session.owner]
    gone = person.left_at is not None and person.left_at <= stage.now
    return {"id": person.user_id, "email_address": None if gone else person.email}


def _updated(stage: Stage, session: Session) -> int:
    return max([t for t in session.turns if t <= stage.now] or [session.created_at]) + 20 * SECOND


def _local_body(stage: Stage, session: Session) -> Wire:
    return {
        "type": "compliance_local_session",
        "id": session.id,
        "organization_uuid": session.organization,
        "workspace_id": session.workspace,
        "user": _email(stage, session),
        "product_surface": session.surface,
        "created_at": wire_time(session.created_at),
        "updated_at": wire_time(_updated(stage, session)),
    }


def local_sessions(stage: Stage) -> list[Row]:
    """Listed a few minutes after they begin."""
    found = [
        Row(
            s.id,
            _local_body(stage, s),
            s.created_at,
            _updated(stage, s),
            s.organization,
            stage.company.people[s.owner].user_id if s.owner is not None else None,
        )
        for s in stage.company.local_sessions
        if s.created_at + 2 * MINUTE <= stage.now
    ]
    found.sort(key=lambda row: (-row.created_at, row.id))
    return found


def local_messages(stage: Stage, session_id: str) -> list[Wire] | None:
    session = next((s for s in stage.company.local_sessions if s.id == session_id), None)
    if session is None or session.created_at + 2 * MINUTE > stage.now:
        return None
    items: list[Wire] = []

    def add(key: str, role: str, at: int, content: list[Wire], provenance: Wire | None = None) -> None:
        items.append(
            {
                "type": "compliance_local_session_message",
                "id": "clsm_" + hashlib.sha1(f"{session_id}/{key}".encode(), usedforsecurity=False).hexdigest(),
                "role": role,
                "created_at": wire_time(at),
                "content": content,
                "provenance": provenance,
                "model": "claude-opus-5" if role == "assistant" and content else None,
            }
        )

    first = session.turns[0]
    hidden = {"type": "text", "text": "[system prompt content not shown]", "truncated": True}
    add("system", "user", first, [hidden], {"type": "synthetic_marker"})
    for turn, at in enumerate(session.turns):
        if at > stage.now:
            break
        text = session_text(stage, session, turn, "user")[0]
        add(f"{turn}/user", "user", at, [{"type": "text", "text": text, "truncated": False}])
        if (session.number + turn) % 7 == 5:
            gone = {
                "type": "content_unavailable",
                "reason": ("not_captured", "oversize", "retention_elapsed")[turn % 3],
            }
            add(f"{turn}/lost", "assistant", at + 6 * SECOND, [], gone)
            continue
        call = "toolu_02" + stable_bytes(session_id, turn, size=8).hex()
        tool = "mcp__tickets__create_ticket" if session.number % 2 else "Bash"
        arguments = json.dumps({"title": f"Step {turn}"})
        use = {"type": "tool_use", "id": call, "name": tool, "input": arguments, "truncated": False}
        add(f"{turn}/use", "assistant", at + 5 * SECOND, [use])
        result: Wire = {
            "type": "tool_result",
            "tool_use_id": call,
            "name": tool,
            "is_error": False,
            "truncated": turn % 4 == 3,
            "content": [{"type": "text", "text": f"created T-{session.number}{turn}"}],
        }
        add(f"{turn}/result", "user", at + 8 * SECOND, [result])
        answer = session_text(stage, session, turn, "assistant")[0]
        add(f"{turn}/answer", "assistant", at + 12 * SECOND, [{"type": "text", "text": answer, "truncated": False}])
    return items


def _remote_body(stage: Stage, session: Session) -> Wire:
    owner = _email(stage, session)
    return {
        "id": session.id,
        "organization_uuid": session.organization,
        "user": None if session.agent else owner,
        "agent_id": session.agent,
        "started_by_user": owner if session.agent else None,
        "status": session.status,
        "created_at": wire_time(session.created_at),
        "updated_at": wire_time(_updated(stage, session)),
        "product_surface": "cowork_remote",
        "claude_project_id": stage.project_id(session.project),
    }


def remote_sessions(stage: Stage) -> list[Row]:
    found = []
    for s in stage.company.remote_sessions:
        if s.created_at <= stage.now:
            body = _remote_body(stage, s)
            owner = body["user"]["id"] if body["user"] else None
            found.append(
                Row(s.id, body, s.created_at, _updated(stage, s), s.organization, owner, body["claude_project_id"])
            )
    found.sort(key=lambda row: (-row.created_at, row.id))
    return found


def remote_messages(stage: Stage, session_id: str) -> list[Wire] | None:
    session = next((s for s in stage.company.remote_sessions if s.id == session_id), None)
    if session is None or session.created_at > stage.now or session.status == "pending":
        return None
    items: list[Wire] = []
    for turn, at in enumerate(session.turns):
        if at > stage.now:
            break
        for offset, role in ((0, "user"), (9 * SECOND, "assistant")):
            lost = role == "assistant" and (session.number + turn) % 9 == 4
            text = session_text(stage, session, turn, role)[0]
            number = session.number * 200 + turn * 2 + (role == "assistant")
            items.append(
                {
                    "id": tagged_id("csev", stage.seed, number),
                    "role": role,
                    "created_at": wire_time(at + offset),
                    "content": [] if lost else [{"type": "text", "text": text, "truncated": False}],
                    "sent_by_user_id": None,
                    "content_unavailable": lost,
                }
            )
    return items
