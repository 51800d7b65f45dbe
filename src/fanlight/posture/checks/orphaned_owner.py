"""Projects whose owner is gone: nobody answers for what is in them."""

from __future__ import annotations

from fanlight.access.answers import level_rank
from fanlight.model import Entity, ObjectVersion, PostureResult, Severity
from fanlight.posture.facts import Check, PostureFacts, fail, passed, plural, unknown

CHECK = Check(
    name="orphaned_owner",
    title="Project without an owner",
    severity="medium",
    question="Does every project have an owner with an active account?",
    advice="Give it a new owner, or archive it.",
)


def judge(facts: PostureFacts) -> list[PostureResult]:
    projects = list(facts.projects())
    if not projects:
        return [unknown(facts, CHECK, "No projects are listed. A key with the right to read projects lists them.")]
    results, untold = [], 0
    for project in projects:
        if not facts.grants_by_project.get(project.object_id) and project.owner_account is not None:
            untold += not _may_act(facts, project.owner_account)
            continue
        owners = _owners(facts, project)
        if not any(active for _, active in owners):
            results.append(_orphan(facts, project, owners))
    if untold:
        results.append(unknown(facts, CHECK, f"The collaborators of {plural(untold, 'project')} were not read yet."))
    return results or [passed(facts, CHECK, f"Each of {plural(len(projects), 'project')} has an active owner.")]


def _may_act(facts: PostureFacts, key: str) -> bool:
    return any(f"{user.product}:{user.object_id}" == key for user in facts.current.get("user", ()))


def _owners(facts: PostureFacts, project: ObjectVersion) -> list[tuple[str, bool]]:
    """(name, whether active) of everybody with a grant as creator or owner. Nobody named is one of them, inactive."""
    number = facts.graph.target_number("project", project.object_id)
    reached = facts.graph.reachable_by(facts.graph.resource(number)) if number >= 0 else []
    active = [
        (facts.graph.identity_name(r.identity), True) for r in reached if level_rank(r.level) >= level_rank("owner")
    ]
    strong = [g for g in facts.grants_by_project.get(project.object_id, ()) if g.level == "owner"]
    gone = [
        (facts.name_of(f"{g.product}:{g.principal_id}") if g.principal_id else "", False)
        for g in strong
        if g.principal_kind in ("user", "nobody")
    ]
    return active + gone


def _orphan(facts: PostureFacts, project: ObjectVersion, owners: list[tuple[str, bool]]) -> PostureResult:
    name = project.name or project.object_id
    named = sorted({owner for owner, _ in owners if owner})
    who = f"its owner {named[0]} has no active account there" if named else "the account of its creator is gone"
    administrators = [
        facts.graph.identity_name(r.identity)
        for r in facts.graph.reachable_by(project.object_id)
        if level_rank(r.level) == level_rank("admin")
    ] if facts.graph.target_number("project", project.object_id) >= 0 else []  # fmt: skip
    rest = f" {administrators[0]} still administers it." if administrators else ""
    severity: Severity = "high" if facts.is_sensitive(project.object_id) else "low" if administrators else "medium"
    entity = Entity(kind="project", id=project.object_id, name=project.name or "")
    return fail(facts, CHECK, entity, f"{name} has no owner: {who}.{rest}", severity)
