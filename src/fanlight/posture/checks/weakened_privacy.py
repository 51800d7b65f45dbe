"""Projects that were opened wider and are open now."""

from __future__ import annotations

from collections.abc import Iterator

from fanlight.model import DAY, Entity, Micros, ObjectVersion, PostureResult, Severity
from fanlight.posture.facts import Check, PostureFacts, attributes_of, day_words, fail, passed, plural, unknown

CHECK = Check(
    name="weakened_privacy",
    title="Privacy of a project was weakened",
    severity="medium",
    question="Did any private project become open to everybody?",
    advice="Ask who opened it whether that was meant, and make it private again if not.",
)

_WIDTH = {"private": 0, "organization": 1, "public": 2}
_WORDS = ("private", "open to the organization", "public")


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
        at, actor, before = opened
        level = facts.project_sensitivity(project.object_id)
        by = f" by {facts.name_of(actor)}" if actor else ""
        holds = f" It holds content of {level} sensitivity." if facts.is_sensitive(project.object_id) else ""
        severity: Severity = "high" if facts.is_sensitive(project.object_id) else "low"
        was = f"was {_WORDS[before]} and " if before is not None else ""
        untold = "" if before is not None else "; who could see it before could not be told"
        name = project.name or project.object_id
        sentence = f"{name} {was}was opened{by} on {day_words(at)}{untold}.{holds}"
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


def _opened(facts: PostureFacts, project: ObjectVersion) -> tuple[Micros, str, int | None] | None:
    """When the project was last made wider, by whom, and how wide it was before (None: nothing tells).

    A sharing event tells only the state after it; a record tells the state at its reading. None as a whole if the
    project is not open now, or if nothing tells that it was opened.
    """
    if attributes_of(project).get("is_private") is not False:
        return None
    opened = None
    width: int | None = None
    for at, told, actor, after in sorted(_states(facts, project.object_id)):
        # A record that is not private may be public, too: it only says that everybody inside may see it. And the
        # first record of all says nothing of when it became so.
        if not told and after and (width is None or width > 0):
            width = width or after
            continue
        if after and (width is None or after > width):
            opened = (at, actor, width)
        width = after
    return opened


def _states(facts: PostureFacts, project: str) -> Iterator[tuple[Micros, bool, str, int]]:
    """(time, told by an event and not by a record, account, width after it)."""
    for key, at, actor, audience in facts.sharing:
        if key == project and audience in _WIDTH:
            yield at, True, actor, _WIDTH[audience]
    for version in facts.history.get(("project", project), ()):
        private = attributes_of(version).get("is_private")
        if isinstance(private, bool):
            yield version.seen_at, False, "", 0 if private else 1
