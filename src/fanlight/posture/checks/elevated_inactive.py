"""People with power over an organization who do not work in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from fanlight.model import DAY, Entity, Micros, PostureResult
from fanlight.posture.facts import (
    ELEVATED_ROLES,
    Check,
    PostureFacts,
    attributes_of,
    fail,
    passed,
    plural,
    unknown,
)

CHECK = Check(
    name="elevated_inactive",
    title="Elevated account without recent activity",
    severity="medium",
    question="Does everybody with an elevated role use it?",
    advice="Take the role away, or confirm that it is kept for emergencies.",
)

_STRONG = ("admin", "manage", "write")


def judge(facts: PostureFacts) -> list[PostureResult]:
    limit = facts.thresholds.inactive_days
    results, untold = [], 0
    elevated = _elevated(facts)
    for identity, roles in sorted(elevated.items()):
        accounts = facts.accounts_by_identity.get(identity, (identity,))
        last = max(
            (facts.last_entry[key] for key in accounts if _is_claude(key) and key in facts.last_entry), default=None
        )
        if last is not None and facts.at - last < limit * DAY:
            continue
        born = _known_since(facts, accounts)
        if facts.at - born < limit * DAY:
            continue
        if last is None and facts.days_of_activity() < limit:
            untold += 1
            continue
        name = facts.graph.identity_name(identity) if facts.graph.is_known(identity) else identity
        ago = f"did nothing in Claude for {plural(int((facts.at - last) // DAY), 'day')}" if last else (
            f"has not been seen in the {plural(facts.days_of_activity(), 'day')} that are known"
        )  # fmt: skip
        sentence = f"{name} is {' and '.join(sorted(roles))} and {ago}."
        person, *logins = _entities(identity, name, accounts)
        results.append(fail(facts, CHECK, person, sentence, beside=logins))
    if untold:
        results.append(
            unknown(
                facts,
                CHECK,
                f"{plural(untold, 'elevated account')} cannot be judged: activity is known for "
                f"{plural(facts.days_of_activity(), 'day')} and {limit} are needed. Connect the Analytics API.",
            )
        )
    if not elevated:
        return [unknown(facts, CHECK, "No elevated account is listed. Reading the organization's users shows them.")]
    return results or [
        passed(facts, CHECK, f"All {plural(len(elevated), 'elevated account')} were active in the last {limit} days.")
    ]


def _entities(identity: str, name: str, accounts: Sequence[str]) -> list[Entity]:
    """The person, and the Claude accounts that hold the roles."""
    logins = [Entity(kind="account", id=key.partition(":")[2], name=name) for key in accounts if _is_claude(key)]
    return [Entity(kind="identity", id=identity, name=name), *logins]


def _is_claude(key: str) -> bool:
    return key.startswith("claude:")


def _known_since(facts: PostureFacts, accounts: Sequence[str]) -> Micros:
    keys = set(accounts)
    born = [u.created_at or u.valid_from for u in facts.current.get("user", ()) if f"{u.product}:{u.object_id}" in keys]
    return min(born, default=0)


def _elevated(facts: PostureFacts) -> dict[str, set[str]]:
    """Identity → its elevated roles, built-in ones and custom ones that let people change the organization."""
    found: dict[str, set[str]] = defaultdict(set)
    strong = {role.object_id: role.name or role.object_id for role in facts.current.get("role", ()) if _is_strong(role)}
    groups: dict[str, set[str]] = defaultdict(set)
    listed = {f"{user.product}:{user.object_id}" for user in facts.current.get("user", ())}
    for grant in facts.grants:
        if grant.resource_kind == "role" and grant.resource_id in strong and grant.principal_id:
            groups[grant.principal_id].add(strong[grant.resource_id])
    for grant in facts.grants:
        if grant.principal_kind != "user" or grant.principal_id is None:
            continue
        key = f"{grant.product}:{grant.principal_id}"
        if key not in listed:
            continue
        identity = facts.identity_by_account.get(key, key)
        if grant.resource_kind == "organization" and grant.level in ELEVATED_ROLES:
            place = facts.graph.label("organization", grant.resource_id) or grant.resource_id
            found[identity].add(f"{grant.level.replace('_', ' ')} of {place}")
        elif grant.resource_kind == "group" and grant.resource_id in groups:
            found[identity] |= groups[grant.resource_id]
        elif grant.resource_kind == "role" and grant.resource_id in strong:
            found[identity].add(strong[grant.resource_id])
    return found


def _is_strong(role: object) -> bool:
    permissions = attributes_of(role).get("permissions") or ()  # type: ignore[arg-type]
    return any(
        isinstance(entry, dict)
        and str(entry.get("resource_type")) == "organization"
        and any(word in str(entry.get("action")) for word in _STRONG)
        for entry in permissions
    )
