"""Organizations into which people can sign in beside the company's single sign-on."""

from __future__ import annotations

from fanlight.model import Entity, PostureResult
from fanlight.posture.facts import Check, PostureFacts, attributes_of, fail, passed, plural, unknown

CHECK = Check(
    name="sso_not_enforced",
    title="Single sign-on is off or not enforced",
    severity="high",
    question="Does every organization sign people in through the company's directory only?",
    advice="Switch single sign-on on and require it, so that leaving the directory ends access to Claude.",
)


def judge(facts: PostureFacts) -> list[PostureResult]:
    settings = facts.current.get("settings", ())
    results, told, silent = [], 0, 0
    for version in settings:
        known = attributes_of(version)
        enabled, enforced = known.get("sso_enabled"), known.get("sso_claude_ai_enforced")
        place = facts.graph.label("organization", version.object_id) or version.object_id
        entity = Entity(kind="organization", id=version.object_id, name=place)
        if enabled is False:
            results.append(fail(facts, CHECK, entity, f"Single sign-on is off in {place}."))
        elif enabled is True and enforced is False:
            sentence = f"Single sign-on is on in {place} but people may sign in without it."
            results.append(fail(facts, CHECK, entity, sentence, "medium"))
        elif enabled is None:
            # A missing row means that it cannot be controlled there, not that it is off.
            silent += 1
        else:
            told += 1
    if not results and not told:
        why = f"{plural(silent, 'organization')} does not show the setting." if silent else "No settings were read."
        return [unknown(facts, CHECK, f"{why} A key of the parent organization may read it.")]
    return results or [passed(facts, CHECK, f"Single sign-on is on in {plural(told, 'organization')}.")]
