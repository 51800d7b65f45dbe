"""People who left the company and can still sign in to Claude, or keep working keys there."""

from __future__ import annotations

from fanlight.identity.addresses import normal_address
from fanlight.model import Entity, Micros, ObjectVersion, PostureResult, parse_time
from fanlight.posture.facts import Check, PostureFacts, attributes_of, day_words, fail, passed, plural, unknown

CHECK = Check(
    name="deactivated_person_active_account",
    title="Deactivated person with an active Claude account",
    severity="high",
    question="Is everybody who was switched off in the directory also gone from Claude?",
    advice="Remove the account from Claude, and check what it did since.",
)

_OFF = frozenset({"suspended", "deprovisioned", "deactivated", "inactive", "disabled", "archived", "deleted"})


def judge(facts: PostureFacts) -> list[PostureResult]:
    if not facts.has_directory() and not facts.leavers:
        return [unknown(facts, CHECK, "No directory is connected, so nobody says who has left. Connect Okta.")]
    off = _switched_off(facts)
    results, active = [], 0
    for user in sorted({u.object_id: u for u in facts.current.get("user", ())}.values(), key=lambda u: u.object_id):
        if user.product != "claude":
            continue
        active += 1
        key = f"{user.product}:{user.object_id}"
        gone = off.get(facts.identity_by_account.get(key, ""))
        left = facts.leavers.get(normal_address(str(attributes_of(user).get("email"))) or "")
        if left is not None and left < facts.at:
            gone = gone or f"left on {day_words(left)}"
        if gone is None:
            continue
        name = user.name or user.object_id
        last = facts.last_activity.get(key)
        after = f" The account was last used on {day_words(last)}." if last is not None else ""
        sentence = f"{name} {gone} and still has an active Claude account.{after}"
        entity = Entity(kind="account", id=user.object_id, name=name)
        results.append(fail(facts, CHECK, entity, sentence, beside=facts.person_behind(key)))
    return results or [
        passed(facts, CHECK, f"None of {plural(active, 'Claude account')} belongs to somebody who left.")
    ]


def _switched_off(facts: PostureFacts) -> dict[str, str]:
    """Identity → in words since when, for people whose every directory record is off or gone."""
    newest: dict[str, ObjectVersion] = {}
    for (kind, _), versions in facts.history.items():
        if kind == "idp_user":
            for version in versions:
                newest[f"{version.product}:{version.object_id}"] = version
    states: dict[str, list[tuple[bool, Micros, str]]] = {}
    for key, version in newest.items():
        identity = facts.identity_by_account.get(key)
        if identity is not None:
            status = str(attributes_of(version).get("status") or "").casefold()
            off = version.removed or status in _OFF
            word = "was removed from" if version.removed else f"is {status} in"
            states.setdefault(identity, []).append((off, _since(version), f"{word} {version.source}"))
    return {
        identity: f"{entries[0][2]} since {day_words(max(e[1] for e in entries))}"
        for identity, entries in states.items()
        if all(off for off, _, _ in entries)
    }


def _since(version: ObjectVersion) -> Micros:
    """When the directory says the status changed, else when this version began."""
    known = attributes_of(version)
    stated = known.get("statusChanged") or known.get("status_changed")
    try:
        return version.valid_from if version.removed else parse_time(str(stated))
    except ValueError:
        return version.deleted_at or version.valid_from
