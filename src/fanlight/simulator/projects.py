"""Projects, their collaborators, attachments and documents as the Compliance API shows them now."""

from __future__ import annotations

import hashlib

from fanlight.model.times import SECOND
from fanlight.simulator.records import Document, FileRecord, Project, value_at
from fanlight.simulator.stage import Stage
from fanlight.simulator.text import document_text, file_name, instructions_text, mime_of, sized_file
from fanlight.simulator.wire import wire_time
from fanlight.simulator.world import Row, Wire

__all__ = ["attachments", "collaborators", "detail", "document", "document_metadata", "find", "rows", "user_body"]


def user_body(stage: Stage, index: int | None) -> Wire | None:
    """`{id, email_address}`; None where the account is gone from every organization."""
    if index is None:
        return None
    person = stage.company.people[index]
    if person.left_at is not None and person.left_at <= stage.now:
        return None
    return {"id": person.user_id, "email_address": person.email}


def _body(stage: Stage, project: Project) -> Row:
    now = stage.now
    user = user_body(stage, project.creator)
    updated = max([project.created_at, *[at for at in project.updated if at <= now]])
    updated = max([updated, *[at for at, _ in project.private if at <= now]])
    body = {
        "id": project.id,
        "name": project.name,
        "created_at": wire_time(project.created_at),
        "updated_at": wire_time(updated),
        "deleted_at": None,
        "is_private": bool(value_at(project.private, now)),
        "organization_id": stage.organization_pair(project.organization)[0],
        "organization_uuid": project.organization,
        "user": user,
    }
    if project.number % 9 == 4:
        del body["organization_id"]  # deprecated, may be missing
    return Row(
        project.id, body, project.created_at, updated, project.organization, user["id"] if user else None, project.id
    )


def rows(stage: Stage) -> list[Row]:
    found = [_body(stage, p) for p in stage.company.projects if p.created_at <= stage.now]
    found.sort(key=lambda row: (row.created_at, row.id))
    return found


def find(stage: Stage, project_id: str) -> Project | None:
    number = stage.project_numbers.get(project_id)
    if number is None:
        return None
    project = stage.company.projects[number]
    return project if project.created_at <= stage.now else None


def detail(stage: Stage, project_id: str) -> Wire | None:
    project = find(stage, project_id)
    if project is None:
        return None
    now = stage.now
    description, instructions = instructions_text(stage, project)
    chats = [stage.company.chats[n] for n in project.chats]
    live = [c for c in chats if c.created_at <= now and c.project_at(now) == project.number]
    return {
        **_body(stage, project).body,
        "description": description,
        "instructions": instructions,
        "attachments_count": len(_present(stage, project)),
        "chats_count": sum(1 for c in live if c.deleted_at is None or c.deleted_at > now),
    }


def _present(stage: Stage, project: Project) -> list[FileRecord | Document]:
    now = stage.now
    found: list[FileRecord | Document] = [
        f for f in project.files if f.created_at <= now and (f.deleted_at is None or f.deleted_at > now)
    ]
    found += [d for d in project.documents if d.created_at <= now]
    found.sort(key=lambda item: (item.created_at, item.id))
    return found


def attachments(stage: Stage, project_id: str) -> list[Wire] | None:
    project = find(stage, project_id)
    if project is None:
        return None
    items: list[Wire] = []
    for item in _present(stage, project):
        if isinstance(item, Document):
            items.append(
                {
                    "type": "project_doc",
                    "id": item.id,
                    "created_at": wire_time(item.created_at),
                    "filename": file_name(stage, item),
                    "mime_type": "text/plain",
                    "updated_at": None,
                }
            )
            continue
        size, digest = sized_file(stage, item)
        items.append(
            {
                "type": "project_file",
                "id": item.id,
                "created_at": wire_time(item.created_at),
                "filename": file_name(stage, item),
                "mime_type": mime_of(item.suffix) or "application/octet-stream",
                "size_bytes": None if item.number % 17 == 5 else size,
                "md5": None if item.number % 17 == 5 else digest,
            }
        )
    return items


def collaborators(stage: Stage, project_id: str) -> list[Wire] | None:
    project = find(stage, project_id)
    if project is None:
        return None
    items: list[Wire] = []
    for grant in sorted(project.collaborators, key=lambda c: c.granted_at):
        if grant.granted_at > stage.now or (grant.revoked_at is not None and grant.revoked_at <= stage.now):
            continue
        item: Wire = {"type": grant.kind}
        name = {
            "user": "user_id",
            "group": "group_id",
            "organization": "organization_uuid",
            "organization_role": "organization_role",
        }
        item[name[grant.kind]] = grant.principal
        item["role"] = grant.role
        item["granted_at"] = wire_time(grant.granted_at // SECOND * SECOND)
        items.append(item)
    return items


def _document(stage: Stage, document_id: str) -> Document | None:
    number = stage.document_numbers.get(document_id)
    if number is None:
        return None
    found = stage.company.documents[number]
    return found if found.created_at <= stage.now else None


def document(stage: Stage, document_id: str) -> Wire | None:
    found = _document(stage, document_id)
    if found is None:
        return None
    return {
        "id": found.id,
        "filename": file_name(stage, found),
        "content": document_text(stage, found)[0],
        "created_at": wire_time(found.created_at),
        "user": user_body(stage, found.author),
    }


def document_metadata(stage: Stage, document_id: str) -> Wire | None:
    found = _document(stage, document_id)
    if found is None:
        return None
    raw = document_text(stage, found)[0].encode()
    return {
        "id": found.id,
        "claude_project_id": stage.company.projects[found.project].id,
        "filename": file_name(stage, found),
        "mime_type": "text/plain",
        "size_bytes": len(raw),
        "md5": hashlib.md5(raw, usedforsecurity=False).hexdigest(),
        "created_at": wire_time(found.created_at),
        "user": user_body(stage, found.author),
    }
