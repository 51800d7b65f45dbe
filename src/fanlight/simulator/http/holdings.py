"""Projects with their collaborators, attachments and documents; code artifacts; local and remote sessions."""

from __future__ import annotations

from fanlight.simulator.http.context import PAGED, USER_DATA, Context, Endpoint, json_answer
from fanlight.simulator.http.conversations import clipped, stream
from fanlight.simulator.http.paging import MESSAGE_TOKEN_LIFE, page_answer, token_page
from fanlight.simulator.http.parameters import Parameters
from fanlight.simulator.http.problems import bad_request, not_found
from fanlight.simulator.http.wire import Answer
from fanlight.simulator.world import Row, Wire

__all__ = ["ENDPOINTS"]

_NO_PROJECT = "No project is found with the provided id."
_NO_DOCUMENT = "No project document found with the provided id."
#: What `-1` means for the byte limits of transcripts.
_TRANSCRIPT_MAXIMUM = 1024 * 1024


# ------------------------------------------------------------------------------------------------- projects


def _projects(context: Context) -> Answer:
    query = context.query
    users = frozenset(query.many("user_ids"))
    organizations = context.wanted_organizations()
    created, updated = query.between("created_at"), query.between("updated_at")
    rows = [
        row
        for row in context.world.projects()
        if context.may_see(row.organization)
        and (not users or row.user_id in users)
        and (organizations is None or row.organization in organizations)
        and created.holds(row.created_at)
        and updated.holds(row.updated_at)
    ]
    return page_answer(context, rows, "projects")


def _visible_project(context: Context) -> str:
    row = context.indexes.projects().get(context.ids[0])
    if row is None or not context.may_see(row.organization):
        raise not_found(_NO_PROJECT)
    return row.id


def _project(context: Context) -> Answer:
    found = context.world.project_detail(_visible_project(context))
    if found is None:
        raise not_found(_NO_PROJECT)
    return json_answer(found)


def _attachments(context: Context) -> Answer:
    project = _visible_project(context)
    rows = context.world.attachments(project)
    if rows is None:
        raise not_found(_NO_PROJECT)
    return page_answer(context, rows, f"attachments/{project}")


def _collaborators(context: Context) -> Answer:
    project = _visible_project(context)
    rows = context.world.collaborators(project)
    if rows is None:
        raise not_found(_NO_PROJECT)
    return page_answer(context, rows, f"collaborators/{project}")


def _document_metadata(context: Context) -> Answer:
    return json_answer(_visible_document(context))


def _visible_document(context: Context) -> Wire:
    found = context.world.document_metadata(context.ids[0])
    project = context.indexes.projects().get(found["claude_project_id"]) if found else None
    if found is None or (project is not None and not context.may_see(project.organization)):
        raise not_found(_NO_DOCUMENT)
    return found


def _document(context: Context) -> Answer:
    _visible_document(context)
    found = context.world.document(context.ids[0])
    if found is None:
        raise not_found(_NO_DOCUMENT)
    return json_answer(found)


# -------------------------------------------------------------------------------------------- code artifacts


def _code_artifacts(context: Context) -> Answer:
    query = context.query
    users, organizations = frozenset(query.many("user_ids")), context.wanted_organizations()
    if len(query.many("user_ids")) > 200 or len(query.many("organization_ids")) > 500:
        raise bad_request("user_ids[]: List should have at most 200 items after validation")
    updated = query.between("updated_at")
    rows = [
        row
        for row in context.world.code_artifacts()
        if context.may_see(row.organization)
        and (not users or row.user_id in users)
        and (organizations is None or row.organization in organizations)
        and updated.holds(row.updated_at)
    ]
    page = token_page(context, rows, "code_artifacts", sparse=True)
    return json_answer({"data": page.rows, "has_more": page.next_page is not None, "next_page": page.next_page})


def _code_artifact_version(context: Context) -> Answer:
    return _code_artifact(context, context.ids[0], context.ids[1])


def _code_artifact_published(context: Context) -> Answer:
    context.query.choice("multi_file_format", ("zip",))
    row = context.indexes.code_artifacts().get(context.ids[0])
    version = row.body.get("published_version_id") if row is not None else None
    return _code_artifact(context, context.ids[0], str(version or ""))


def _code_artifact(context: Context, artifact: str, version: str) -> Answer:
    row = context.indexes.code_artifacts().get(artifact)
    content = context.world.code_artifact_content(artifact, version) if row is not None else None
    if row is None or content is None or not context.may_see(row.organization):
        raise not_found("Code artifact not found.")
    return stream(content)


# -------------------------------------------------------------------------------------------------- sessions


def _local_sessions(context: Context) -> Answer:
    query = context.query
    created, updated = query.between("created_at"), query.between("updated_at")
    rows = [
        row
        for row in context.world.local_sessions()
        if context.may_see(row.organization) and created.holds(row.created_at) and updated.holds(row.updated_at)
    ]
    page = token_page(context, rows, "local_sessions", sparse=True)
    return json_answer({"data": page.rows, "next_page": page.next_page})


def _visible_local(context: Context) -> Row:
    row = context.indexes.local_sessions().get(context.ids[0])
    if row is None or not context.may_see(row.organization):
        raise not_found("Local session not found.")
    return row


def _local_session(context: Context) -> Answer:
    return json_answer(_visible_local(context).body)


def _local_messages(context: Context) -> Answer:
    row = _visible_local(context)
    messages = context.world.local_session_messages(row.id)
    if messages is None:
        raise not_found("Local session not found.")
    # The answer about messages never names the person's address.
    user = row.body["user"]
    return _transcript(context, {**row.body, "user": {**user, "email_address": None}}, messages)


def _transcript(context: Context, session: Wire, messages: list[Wire]) -> Answer:
    query = context.query
    order = query.choice("order", ("asc", "desc"))
    of_input, of_result = (_byte_limit(context, name) for name in ("tool_use_input_max_bytes", "tool_result_max_bytes"))
    rows = messages if order == "asc" else messages[::-1]
    purpose = f"transcript/{session['id']}/{order}"
    page = token_page(context, rows, purpose, sparse=True, lives=MESSAGE_TOKEN_LIFE)
    data = [clipped(message, of_input, of_result, in_bytes=True) for message in page.rows]
    return json_answer({"session": session, "data": data, "next_page": page.next_page})


def _byte_limit(context: Context, name: str) -> int:
    value = context.query.integer(name, 10_000)
    if value == 0 or value < -1:
        raise bad_request(f"{name}: Input should be -1 or greater than 0")
    return _TRANSCRIPT_MAXIMUM if value == -1 else value


def _remote_sessions(context: Context) -> Answer:
    query = context.query
    context.remote_busy()
    users = frozenset(query.many("user_ids"))
    if len(users) > 10:
        raise bad_request("user_ids[]: List should have at most 10 items after validation")
    organizations = context.wanted_organizations()
    created = query.between("created_at")
    rows = [
        row
        for row in context.world.remote_sessions()
        if context.may_see(row.organization)
        and (not users or row.user_id in users)
        and (organizations is None or row.organization in organizations)
        and created.holds(row.created_at)
    ]
    page = token_page(context, rows, "remote_sessions", sparse=True)
    return json_answer({"data": page.rows, "next_page": page.next_page})


def _remote_messages(context: Context) -> Answer:
    context.remote_busy()
    row = context.indexes.remote_sessions().get(context.ids[0])
    messages = context.world.remote_session_messages(context.ids[0]) if row is not None else None
    if row is None or messages is None or not context.may_see(row.organization):
        raise not_found("Remote session not found.")
    session = dict(row.body)
    for name in ("user", "started_by_user"):
        if session.get(name):
            session[name] = {**session[name], "email_address": None}
    return _transcript(context, session, messages)


_NONE = Parameters()
_PAGE = frozenset({"page"})
_LIST = Parameters(limit=(20, 100), singles=_PAGE)
_TRANSCRIPT = Parameters(
    limit=(100, 1000),
    singles=frozenset({"page", "order", "tool_use_input_max_bytes", "tool_result_max_bytes"}),
)

ENDPOINTS = (
    Endpoint(
        "projects",
        "/apps/projects",
        USER_DATA,
        Parameters(
            limit=(20, 100),
            singles=_PAGE,
            lists=frozenset({"organization_ids", "user_ids"}),
            times=frozenset({"created_at", "updated_at"}),
        ),
        _projects,
        stages=PAGED,
    ),
    Endpoint("project", "/apps/projects/{id}", USER_DATA, _NONE, _project),
    Endpoint("attachments", "/apps/projects/{id}/attachments", USER_DATA, _LIST, _attachments, stages=PAGED),
    Endpoint("collaborators", "/apps/projects/{id}/collaborators", USER_DATA, _LIST, _collaborators, stages=PAGED),
    Endpoint("document", "/apps/projects/documents/{id}", USER_DATA, _NONE, _document),
    Endpoint("document metadata", "/apps/projects/documents/{id}/metadata", USER_DATA, _NONE, _document_metadata),
    Endpoint(
        "code artifacts",
        "/apps/code/artifacts",
        USER_DATA,
        Parameters(
            limit=(20, 100),
            singles=_PAGE,
            lists=frozenset({"organization_ids", "user_ids"}),
            times=frozenset({"updated_at"}),
        ),
        _code_artifacts,
        stages=PAGED,
    ),
    Endpoint(
        "code artifact version", "/apps/code/artifacts/{id}/versions/{id}", USER_DATA, _NONE, _code_artifact_version
    ),
    Endpoint(
        "code artifact content",
        "/apps/code/artifacts/{id}/content",
        USER_DATA,
        Parameters(singles=frozenset({"multi_file_format"})),
        _code_artifact_published,
    ),
    Endpoint(
        "local sessions",
        "/apps/sessions/local",
        USER_DATA,
        Parameters(
            limit=(100, 500),
            singles=_PAGE,
            times=frozenset({"created_at.gte", "created_at.lt", "updated_at.gte"}),
            offset_required=True,
        ),
        _local_sessions,
        stages=PAGED,
    ),
    Endpoint("local session", "/apps/sessions/local/{id}", USER_DATA, _NONE, _local_session),
    Endpoint(
        "local session messages",
        "/apps/sessions/local/{id}/messages",
        USER_DATA,
        _TRANSCRIPT,
        _local_messages,
        stages=PAGED | {"transcript"},
    ),
    Endpoint(
        "remote sessions",
        "/apps/sessions/remote",
        USER_DATA,
        Parameters(
            limit=(100, 500),
            singles=_PAGE,
            lists=frozenset({"organization_ids", "user_ids"}),
            times=frozenset({"created_at"}),
        ),
        _remote_sessions,
        stages=PAGED,
    ),
    Endpoint(
        "remote session messages",
        "/apps/sessions/remote/{id}/messages",
        USER_DATA,
        _TRANSCRIPT,
        _remote_messages,
        stages=PAGED,
    ),
)
