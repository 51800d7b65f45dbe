"""Projects that were private and are open now."""

from __future__ import annotations

from fanlight.model import DAY, Entity, Micros, ObjectVersion, PostureResult, Severity, format_time
from fanlight.posture.facts import Check, PostureFacts, attributes_of, fail, passed, plural, unknown

CHECK = Check(
    name="weakened_privacy",
    title="Privacy of a project was weakened",
    severity="medium",
    question="Did any private project become open to everybody?",
    advice="Ask who opened it whether that was meant, and make it private again if not.",
)

_WIDTH = {"private": 0, "organization": 1, "public": 2}


def judge(facts: PostureFacts) -> list[PostureResult]:
    since = facts.at - facts.thresholds.weakened_days * DAY
    projects = list(facts.projects())
    if not projects:
        return [unknown(facts, CHECK, "No projects are listed. A key with the right to read projects lists them.")]
    results = []
    for project in projects:
        opened = _opened(facts, project)
        if opened is None or opened[0] < since:
            continue
        at, actor = opened
        level = facts.project_sensitivity(project.object_id)
        by = f" by {facts.name_of(actor)}" if actor else ""
        holds = f" It holds content of {level} sensitivity." if facts.is_sensitive(project.object_id) else ""
        severity: Severity = "high" if facts.is_sensitive(project.object_id) else "low"
        sentence = (
            f"{project.name or project.object_id} was private and was opened{by} on {format_time(at)[:10]}.{holds}"
        )
        results.append(
            fail(
                facts, CHECK, Entity(kind="project", id=project.object_id, name=project.name or ""), sentence, severity
            )
        )
    return results or [
        passed(
            facts, CHECK, f"None of {plural(len(projects), 'project')} was opened wider in the last "
            f"{facts.thresholds.weakened_days} days and is still open.",
        )
    ]  # fmt: skip


def _opened(facts: PostureFacts, project: ObjectVersion) -> tuple[Micros, str] | None:
    """When the project was last made wider and by whom, if it is still as wide; versions and events both tell."""
    if attributes_of(project).get("is_private") is not False:
        return None
    by_event = None
    width = None
    for key, at, actor, audience in facts.sharing:
        if key == project.object_id and audience in _WIDTH:
            if _WIDTH[audience] > (width if width is not None else 0):
                by_event = (at, actor)
            width = _WIDTH[audience]
    if by_event is not None and width:
        return by_event
    was_private = False
    by_version = None
    for version in facts.history.get(("project", project.object_id), ()):
        private = attributes_of(version).get("is_private")
        if private is False and was_private:
            by_version = (version.valid_from, "")
        was_private = private is True
    return by_version
