"""Keys that nobody uses are keys that nobody would miss: and nobody would notice their theft."""

from __future__ import annotations

from typing import Any

from fanlight.model import DAY, Entity, Micros, ObjectVersion, PostureResult, account_key, parse_time
from fanlight.posture.facts import Check, PostureFacts, attributes_of, fail, passed, plural, unknown

CHECK = Check(
    name="stale_api_key",
    title="API key not used for a long time",
    severity="medium",
    question="Is every active key in use?",
    advice="Ask its owner, then deactivate it in the Console or the organization's settings.",
)

_KINDS = ("api_key", "compliance_key", "admin_api_key", "service_key", "analytics_key")
_OFF = frozenset({"inactive", "archived", "expired", "deleted", "revoked", "disabled"})


def judge(facts: PostureFacts) -> list[PostureResult]:
    keys = [key for kind in _KINDS for key in facts.current.get(kind, ()) if is_active_key(key, facts.at)]
    stale_after = facts.thresholds.stale_key_days * DAY
    results, untold, used = [], [], 0
    for key in keys:
        last, told = _last_use(key, facts)
        born = key.created_at or key.valid_from
        if attributes_of(key).get("used_by_fanlight") is True:
            used += 1  # the key with which it was listed just now
        elif last is not None and facts.at - last < stale_after:
            used += 1
        elif facts.at - born < stale_after:
            used += 1  # younger than the limit: it may not have been needed yet
        elif last is None and not told:
            untold.append(key)
        else:
            results.append(fail(facts, CHECK, _entity(key), _say(key, last, facts)))
    if untold:
        names = ", ".join(sorted(key.name or key.object_id for key in untold)[:5])
        results.append(
            unknown(
                facts,
                CHECK,
                f"The last use of {plural(len(untold), 'key')} ({names}) is not known: the feed reaches back "
                f"{plural(facts.days_of_feed(), 'day')} and the vendor does not list a last use. "
                "An Admin key lets Fanlight read the usage report.",
            )
        )
    if not results and not keys:
        return [unknown(facts, CHECK, "No keys are listed. A key with the right to read settings lists them.")]
    return results or [passed(facts, CHECK, f"All {plural(used, 'active key')} were used or made recently.")]


def is_active_key(key: ObjectVersion, at: Micros) -> bool:
    """Neither switched off nor expired."""
    known = attributes_of(key)
    expires = _time(known.get("expires_at"))
    if known.get("is_active") is False or str(known.get("status") or "").casefold() in _OFF:
        return False
    return expires is None or expires > at


def _last_use(key: ObjectVersion, facts: PostureFacts) -> tuple[Micros | None, bool]:
    """(last use, whether the absence of one is told). Console keys have a usage report, Compliance keys the feed."""
    known = attributes_of(key)
    seen = facts.last_activity.get(account_key(key.product, key.object_id))
    reported = _time(known.get("last_used_at"))
    last = max((moment for moment in (seen, reported) if moment is not None), default=None)
    by_feed = key.kind in ("compliance_key", "admin_api_key")
    covered = facts.days_of_feed() >= facts.thresholds.stale_key_days
    return last, "last_used_at" in known or (by_feed and covered)


def _time(value: Any) -> Micros | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    try:
        return parse_time(str(value))
    except ValueError:
        return None


def _entity(key: ObjectVersion) -> Entity:
    return Entity(kind="api_key", id=key.object_id, name=key.name or "")


def _say(key: ObjectVersion, last: Micros | None, facts: PostureFacts) -> str:
    age = plural(int((facts.at - (key.created_at or key.valid_from)) // DAY), "day")
    sort = key.kind.replace("_", " ")
    name = key.name or key.object_id
    if last is None:
        return f"The {sort} {name} is {age} old and no use of it is known."
    return f"The {sort} {name} was last used {plural(int((facts.at - last) // DAY), 'day')} ago; it is {age} old."
