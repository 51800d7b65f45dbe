"""`source test` for Claude: what the key can do, what will be seen and what will not, in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fanlight.model import DAY, day_of
from fanlight.sources.claude.api import BASE, ClaudeApi, explain_refusal
from fanlight.sources.claude.console import ConsoleApi
from fanlight.sources.contract import SourceError, SourceReport
from fanlight.sources.http import HttpRefusal

__all__ = ["check_key"]

ACTIVITIES = "read:compliance_activities"
USER_DATA = "read:compliance_user_data"
ORG_DATA = "read:compliance_org_data"
AUDIT = "read:org_audit"
DELETE = "delete:compliance_user_data"
RETIRED = "read:compliance_org_settings"
_NEEDED = (ACTIVITIES, USER_DATA, ORG_DATA)
_PATIENCE = 8.0

_OPENS = {
    ACTIVITIES: "the Activity Feed: sign-ins, views, sharing, roles, keys and settings, since the vendor records them",
    USER_DATA: "members, project collaborators, and the content of chats, files, projects, artifacts and sessions, "
    "read in memory for labels and never kept",
    ORG_DATA: "organizations, groups, roles, effective settings and the list of Compliance keys",
}
_HOW_TO = (
    "Make the key in claude.ai under Organization settings, API. The primary owner can make one for the whole parent "
    "organization; an organization owner can make one for that organization only.",
    f"Give it {AUDIT}, or the three scopes {ACTIVITIES}, {USER_DATA} and {ORG_DATA}.",
    f"Never give it {DELETE}: Fanlight has no use for it and cannot delete anything.",
    "Scopes cannot be changed later: make a new key, replace this one here (positions are kept), then delete it.",
)
_NEVER_SEEN = (
    "Anything before the Compliance API was switched on, and anything while it was off: it was not recorded.",
    "Chats that were deleted before they were read: they are listed, but empty.",
    "Local sessions of organizations with HIPAA readiness, and sessions under zero data retention: never given out.",
    "Claude Code with a Console API key, Claude Code on the web, and Claude through Bedrock, Google Cloud or Foundry: "
    "outside the Compliance API.",
    "Downloads of attachments in claude.ai: there is no such event, so views stand in for them.",
)
_ONE_ORGANIZATION = (
    "This key sees one organization. If the parent has more, they are not seen; nor are sign-ins, which carry no "
    "organization: the primary owner can make a key for the whole parent."
)


@dataclass(slots=True)
class _Findings:
    """What the probes found."""

    found: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    stated: frozenset[str] = frozenset()
    """Scopes as the vendor itself stated them in a refusal or in the settings."""
    organizations: list[dict[str, Any]] = field(default_factory=list)
    feed_only: bool = False
    """The key is a Console Admin key."""
    warnings: list[str] = field(default_factory=list)


def check_key(api: ClaudeApi, console: ConsoleApi | None, analytics: ConsoleApi | None) -> SourceReport:
    """Try the key with one cheap request a scope. Never raises; what went wrong is the headline."""
    seen = _Findings()
    try:
        _probe(api, ACTIVITIES, "/activities", [("limit", 1)], seen)
        _probe(api, ORG_DATA, "/organizations", [("limit", 1000)], seen)
        if seen.organizations:
            path = f"/organizations/{seen.organizations[0].get('uuid')}/users"
            _probe(api, USER_DATA, path, [("limit", 1)], seen)
        else:
            _probe(api, USER_DATA, "/apps/projects", [("limit", 1)], seen)
    except SourceError as trouble:
        return _failed(trouble)
    owner = _read_settings(api, seen) if ORG_DATA in seen.found else ""
    if DELETE in seen.stated:
        seen.warnings.append(f"This key can delete conversations ({DELETE}); replace it by one without that scope.")
    extra = sorted(seen.stated - {*_NEEDED, AUDIT, DELETE, RETIRED})
    if extra:
        seen.warnings.append(f"This key can do more than is needed: {', '.join(extra)}.")
    _try_neighbour(console, "Admin key", "api_keys", [("limit", 1)], seen)
    day = day_of(api.clock.now() - 3 * DAY)
    _try_neighbour(analytics, "Analytics key", "analytics/users", [("date", day), ("limit", 1)], seen)
    return _report(api, seen, owner, console is not None, analytics is not None)


def _probe(api: ClaudeApi, scope: str, path: str, params: list[tuple[str, str | int]], seen: _Findings) -> None:
    try:
        answer = api.client.get_json(
            BASE + path, params, purpose="check", is_right=lambda value: isinstance(value["data"], list),
            patience_seconds=_PATIENCE,
        )  # fmt: skip
    except HttpRefusal as refusal:
        if refusal.status == 401:
            sentence = "Claude does not accept this key: it is wrong, deactivated or expired."
            raise SourceError(sentence, kind="credential") from None
        # A Console Admin key opens the feed; to it everything else does not exist.
        if refusal.status != 403 and not (refusal.status == 404 and ACTIVITIES in seen.found):
            raise explain_refusal(refusal, "this address") from None
        seen.feed_only = seen.feed_only or refusal.status == 404
        seen.missing.append(scope)
        seen.stated |= {mark[4:] for mark in refusal.facts.marks if mark.startswith("got:")}
        return
    seen.found.append(scope)
    if path == "/organizations":
        seen.organizations = [item for item in answer["data"] if isinstance(item, dict)]


def _read_settings(api: ClaudeApi, seen: _Findings) -> str:
    """Who made the key and what it may do, where the settings list it. Gives a sentence or nothing."""
    keys: list[dict[str, Any]] = []
    for organization in seen.organizations:
        try:
            record = api.record(
                f"/organizations/{organization.get('uuid')}/settings", purpose="check", patience_seconds=_PATIENCE
            )
        except SourceError:
            continue
        keys = [key for key in record.get("api_keys") or () if isinstance(key, dict)]
        break
    own = api.own_key(keys, purpose="check", patience_seconds=_PATIENCE)
    if own is None:
        return ""
    seen.stated |= {scope for scope in own.get("scopes") or () if isinstance(scope, str)}
    creator = own.get("created_by_id")
    told = f"the key {own.get('name') or own.get('id')}"
    return f"{told}, made by {_maker(api, seen, str(creator))}" if creator else told


def _maker(api: ClaudeApi, seen: _Findings, user: str) -> str:
    """Name and e-mail of who made the key, from the first page of each organization's members; else the id."""
    for organization in seen.organizations:
        path = f"/organizations/{organization.get('uuid')}/users"
        try:
            page, _ = api.token_page(path, [("limit", 1000)], purpose="check")
        except SourceError:
            return user
        for member in page.items:
            if member.get("id") == user:
                told = [str(member[name]) for name in ("full_name", "name", "email") if member.get(name)]
                return ", ".join(dict.fromkeys(told)) or user
    return user


def _pace(requests_per_minute: float) -> str:
    """How long ten thousand requests take, in words."""
    minutes = max(1, round(10_000 / requests_per_minute))
    return f"10,000 of them take about {minutes} min." if minutes < 120 else f"10,000 take about {minutes // 60} h."


def _try_neighbour(
    api: ConsoleApi | None, label: str, path: str, params: list[tuple[str, str | int]], seen: _Findings
) -> None:
    if api is None:
        return
    try:
        api.probe(path, params)
    except SourceError as trouble:
        seen.warnings.append(f"The {label} does not work: {trouble}")


def _failed(trouble: SourceError) -> SourceReport:
    """A key that Claude did not take: nothing is known of its scopes, so none is said to be missing."""
    reachable = trouble.kind not in ("unreachable",)
    return SourceReport(reachable=reachable, works=False, headline=str(trouble), how_to=_HOW_TO if reachable else ())


def _report(api: ClaudeApi, seen: _Findings, owner: str, console: bool, analytics: bool) -> SourceReport:
    collected = [_OPENS[scope] for scope in seen.found]
    not_collected = [f"Not without {scope}: {_OPENS[scope]}." for scope in seen.missing]
    if console:
        collected.append("Console API keys with their last day of use, workspaces and their members")
    else:
        not_collected.append("Console API keys and their last use: give an Admin key of the Console as well.")
    if analytics:
        collected.append("the last day on which each member was active, and who uses which connector")
    else:
        not_collected.append("Last active days of members and the use of connectors: give a key with read:analytics.")
    if len(seen.organizations) == 1:
        not_collected.append(_ONE_ORGANIZATION)
    limit = api.client.budget.announced
    estimate = ""
    if limit:
        pace = api.client.budget.per_second() * 60
        estimate = (
            f"The first sync reads the history, then chats and files at about one request each: {_pace(pace)} "
            "How many there are shows while it runs. "
            f"{limit:,} requests a minute are allowed for the whole organization; this source uses up to {pace:,.0f}."
        )
    names = len(seen.organizations)
    if not seen.found:
        headline = "Claude accepts the key, but it carries none of the scopes that are needed."
    elif seen.feed_only:
        headline = (
            "This is an Admin key of the Console: it opens the Activity Feed and nothing else of the Compliance API."
        )
    elif seen.missing:
        headline = f"The key works in part: it lacks {', '.join(seen.missing)}."
    else:
        headline = f"The key works and sees {names} organization{'s' if names != 1 else ''}."
    stated = sorted(seen.stated & {*_NEEDED, AUDIT, DELETE}) or seen.found
    return SourceReport(
        reachable=True,
        works=bool(seen.found),
        headline=headline,
        owner=owner,
        scopes_found=tuple(stated),
        scopes_missing=tuple(seen.missing),
        collected=tuple(collected),
        not_collected=(*not_collected, *_NEVER_SEEN),
        warnings=tuple(seen.warnings),
        how_to=_HOW_TO if seen.missing or seen.warnings else (),
        estimate=estimate,
    )
