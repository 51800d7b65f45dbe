"""Claude accounts that no directory knows."""

from __future__ import annotations

from dataclasses import replace

from fanlight.model import Entity, PostureResult
from fanlight.posture.facts import Check, PostureFacts, attributes_of, fail, passed, plural, unknown

CHECK = Check(
    name="account_without_person",
    title="Claude account without a person in the directory",
    severity="medium",
    question="Does every Claude account belong to somebody the directory knows?",
    advice="Find out whose it is and link it, or remove the account.",
)

_SHARED = replace(CHECK, advice="Give the people who use it accounts of their own, and remove this one.")


def judge(facts: PostureFacts) -> list[PostureResult]:
    if not facts.has_directory():
        return [unknown(facts, CHECK, "No directory is connected, so nobody says who the people are. Connect Okta.")]
    users = [user for user in facts.current.get("user", ()) if user.product == "claude"]
    if not users:
        return [unknown(facts, CHECK, "No Claude accounts are listed. Reading the organization's users shows them.")]
    known = {
        f"{user.product}:{user.object_id}" for (kind, _), v in facts.history.items() if kind == "idp_user" for user in v
    }
    results = []
    for user in {user.object_id: user for user in users}.values():
        key = f"{user.product}:{user.object_id}"
        others = set(facts.accounts_by_identity.get(facts.identity_by_account.get(key, ""), ()))
        if others & known:
            continue
        email = attributes_of(user).get("email") or user.object_id
        name = user.name or str(email)
        entity, beside = Entity(kind="account", id=user.object_id, name=name), facts.person_behind(key)
        if key in facts.shared_mailboxes:
            sentence = f"{name} ({email}) is a shared mailbox with a Claude account: no one person answers for its use."
            results.append(fail(facts, _SHARED, entity, sentence, beside=beside))
            continue
        sentence = f"{name} ({email}) has a Claude account, and no record in a connected directory belongs to it."
        results.append(fail(facts, CHECK, entity, sentence, beside=beside))
    return results or [
        passed(facts, CHECK, f"Each of {plural(len(users), 'Claude account')} belongs to a known person.")
    ]
