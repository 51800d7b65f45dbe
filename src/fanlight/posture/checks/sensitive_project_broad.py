"""Sensitive projects that far more people can open than work in them."""

from __future__ import annotations

from fanlight.model import Entity, ObjectVersion, PostureResult, Severity
from fanlight.posture.facts import Check, PostureFacts, attributes_of, fail, passed, plural, unknown

CHECK = Check(
    name="sensitive_project_broad",
    title="Sensitive project with broad membership",
    severity="high",
    question="Is every project with sensitive content kept to a small circle?",
    advice="Make the project private, or share it with the group that needs it.",
)


def judge(facts: PostureFacts) -> list[PostureResult]:
    results, looked, untold = [], 0, 0
    for project in facts.projects():
        wide = _how_wide(facts, project)
        if not facts.is_sensitive(project.object_id):
            untold += wide is not None and project.object_id in facts.unread_projects
            continue
        looked += 1
        if wide is not None:
            level = facts.project_sensitivity(project.object_id)
            severity: Severity = "high" if level == "high" else "medium"
            sentence = f"{project.name or project.object_id} holds content of {level} sensitivity and {wide}."
            entity = Entity(kind="project", id=project.object_id, name=project.name or "")
            results.append(fail(facts, CHECK, entity, sentence, severity))
    if untold:
        results.append(
            unknown(
                facts,
                CHECK,
                f"{plural(untold, 'broadly shared project')} cannot be judged: part of the content was not read yet, "
                "and nothing sensitive is known in the rest. The answer comes when the backlog is read.",
            )
        )
    if not results and not facts.read_projects:
        return [unknown(facts, CHECK, "No content of any project was read yet, so none is known to be sensitive.")]
    return results or [
        passed(facts, CHECK, f"None of the {plural(looked, 'sensitive project')} is open to a broad circle.")
    ]


def _how_wide(facts: PostureFacts, project: ObjectVersion) -> str | None:
    """In words how broadly a project is shared, or None when it is not."""
    grants = facts.grants_by_project.get(project.object_id, ())
    if attributes_of(project).get("is_private") is False or any(grant.via == "public" for grant in grants):
        return "every member of the organization can open it"
    if any(grant.principal_kind == "organization" for grant in grants):
        return "is shared with the whole organization"
    number = facts.graph.target_number("project", project.object_id)
    if number < 0:
        return None
    people = len(facts.graph.reachable_by(facts.graph.resource(number)))
    organization = int(facts.graph.control.target_org[number])
    members = len(facts.graph.control.org_accounts.one(organization)) if organization >= 0 else 0
    limits = facts.thresholds
    if people >= limits.broad_people or (people >= 10 and people >= limits.broad_share * members):
        return f"{people:,} of {members:,} members can open it"
    return None
