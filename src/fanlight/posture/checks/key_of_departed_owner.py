"""Keys that outlived the person who made them."""

from __future__ import annotations

from fanlight.model import Entity, PostureResult
from fanlight.posture.checks.stale_api_key import is_active_key
from fanlight.posture.facts import Check, PostureFacts, fail, owner_key, passed, plural, unknown

CHECK = Check(
    name="key_of_departed_owner",
    title="Active key whose maker is gone",
    severity="medium",
    question="Does the maker of every active key still have an account?",
    advice="Rotate the key under somebody who is there.",
)


def judge(facts: PostureFacts) -> list[PostureResult]:
    listed = {f"{user.product}:{user.object_id}" for user in facts.current.get("user", ())}
    keys = [
        k for kind in ("api_key", "compliance_key") for k in facts.current.get(kind, ()) if is_active_key(k, facts.at)
    ]
    if not keys or not listed:
        return [unknown(facts, CHECK, "Keys or people are not listed, so makers cannot be compared with people.")]
    results = []
    for key in keys:
        owner = owner_key(key)
        if owner is None or owner in listed:
            continue
        name = key.name or key.object_id
        sentence = f"The key {name} is active, and {facts.name_of(owner)}, who made it, has no account any more."
        results.append(fail(facts, CHECK, Entity(kind="api_key", id=key.object_id, name=name), sentence))
    return results or [passed(facts, CHECK, f"The makers of {plural(len(keys), 'active key')} all have accounts.")]
