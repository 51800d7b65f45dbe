"""Compliance keys that can delete people's content."""

from __future__ import annotations

from fanlight.model import Entity, PostureResult
from fanlight.posture.facts import Check, PostureFacts, attributes_of, fail, passed, plural, unknown

CHECK = Check(
    name="key_with_delete_scope",
    title="Compliance key that can delete",
    severity="high",
    question="Can any active Compliance key delete chats, files or projects?",
    advice="Replace it by a key that only reads, unless it serves an approved deletion process.",
)


def judge(facts: PostureFacts) -> list[PostureResult]:
    keys = [k for k in facts.current.get("compliance_key", ()) if attributes_of(k).get("is_active") is not False]
    if not keys:
        return [unknown(facts, CHECK, "No Compliance keys are listed. Reading the organization's settings lists them.")]
    results = []
    for key in keys:
        scopes = [str(scope) for scope in attributes_of(key).get("scopes") or ()]
        strong = sorted(scope for scope in scopes if scope.startswith(("delete", "write")))
        if strong:
            name = key.name or key.object_id
            sentence = f"The Compliance key {name} holds {', '.join(strong)}."
            results.append(fail(facts, CHECK, Entity(kind="api_key", id=key.object_id, name=name), sentence))
    return results or [passed(facts, CHECK, f"None of {plural(len(keys), 'active Compliance key')} can delete.")]
