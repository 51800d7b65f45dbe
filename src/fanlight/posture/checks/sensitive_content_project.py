"""Where sensitive chats and files lie."""

from __future__ import annotations

import numpy as np

from fanlight.model import Entity, PostureResult, Severity
from fanlight.posture.facts import Check, PostureFacts, fail, passed, plural, unknown

CHECK = Check(
    name="sensitive_content_project",
    title="Project with sensitive chats or files",
    severity="medium",
    question="Which projects hold sensitive content?",
    advice="Check that its members are the people who should see this.",
)


def judge(facts: PostureFacts) -> list[PostureResult]:
    results, clear, unread = [], 0, 0
    for project in facts.projects():
        level = facts.project_sensitivity(project.object_id)
        if not facts.is_sensitive(project.object_id):
            waiting = project.object_id in facts.unread_projects
            unread += waiting
            clear += not waiting
            continue
        severity: Severity = "medium" if level == "high" else "low"
        sentence = f"{project.name or project.object_id} is of {level} sensitivity: {_count(facts, project.object_id)}."
        entity = Entity(kind="project", id=project.object_id, name=project.name or "")
        results.append(fail(facts, CHECK, entity, sentence, severity))
    if unread:
        results.append(
            unknown(
                facts,
                CHECK,
                f"{plural(unread, 'project')} cannot be judged: part of the content was not read yet, and nothing "
                "sensitive is known in the rest.",
            )
        )
    if not results and not clear:
        return [unknown(facts, CHECK, "No projects are listed. A key with the right to read projects lists them.")]
    return results or [passed(facts, CHECK, f"Nothing sensitive was found in {plural(clear, 'project')}.")]


def _count(facts: PostureFacts, project: str) -> str:
    number = facts.graph.target_number("project", project)
    leaves = facts.graph.leaves
    inside = leaves.by_project.one(number) if number >= 0 else np.empty(0, np.int64)
    sensitive = inside[leaves.sensitivity[inside] >= 2]
    kinds = [facts.graph.leaf_kind(int(leaf)) for leaf in sensitive]
    chats = kinds.count("chat")
    parts = [plural(chats, "chat")] if chats else []
    if len(kinds) > chats:
        parts.append(plural(len(kinds) - chats, "file"))
    return f"{' and '.join(parts)} of moderate or high sensitivity" if parts else "its own texts are sensitive"
