"""What the sentence of a finding may name in braces: people, things, places and numbers, never content."""

from __future__ import annotations

import json

from fanlight.detections.context import Context, ProjectState, audience_of
from fanlight.detections.joins import SETTINGS_WEAKENED, moved_from
from fanlight.detections.outcome import Outcome, Subject
from fanlight.detections.words import at_time, did, listed, place, span, thing_with, who, with_article
from fanlight.model import DAY, MINUTE, Event, Micros, account_key

__all__ = ["words_of"]


def words_of(subject: Subject, outcome: Outcome, last_at: Micros, context: Context) -> dict[str, str]:
    """The words for a group of hits: of its first subject, its outcomes taken together, and when it ended."""
    event, person, at = subject.event, subject.person, subject.event.occurred_at
    zone = context.zone(person, at) if person.id else (context.facts.company.timezone or "UTC")
    begun = outcome.since or at
    words = {
        "time": at_time(at, zone),
        "first_time": at_time(begun, zone),
        "span": span((last_at - begun) / MINUTE),
        "who": who(person) if person.id else (event.actor_kind or "somebody").replace("_", " "),
        "account": f"{who(person)}'s account" if person.id else (event.actor_kind or "somebody").replace("_", " "),
        "place": place(subject.where),
        "clause": outcome.clause,
        "count": f"{len(outcome.things):,}",
        "did": _did(event),
        "a_key": with_article(_key(event)),
        "key_kind": _key(event),
        "thing": event.target_id or "something",
        "server": (event.target_id or "a server") if event.target_kind == "mcp_server" else "",
    }
    return words | _chat_words(subject, context) | _project_words(subject, context) | _role_words(subject, context)


def _chat_words(subject: Subject, context: Context) -> dict[str, str]:
    event, record = subject.event, subject.record
    chat = context.labels("chat", event.chat_id, event.occurred_at) if event.chat_id else None
    entry, gap = record.get("entry.labels") or (), record.get("entry.gap_seconds")
    return {
        "chat": thing_with("chat", chat.categories if chat else ()),
        "labels": listed(list(chat.categories[:4])) if chat else "",
        "entry": listed(list(entry[:4]) if isinstance(entry, list | tuple) else [str(entry)]) or "sensitive content",
        "gap": f"{span(abs(gap) / 60)} {'after' if gap > 0 else 'before'} it" if isinstance(gap, int) else "",
        "moved_from": _moved_from(event, context),
    }


def _project_words(subject: Subject, context: Context) -> dict[str, str]:
    event, at = subject.event, subject.event.occurred_at
    project = context.project_of(event)
    if project is None:
        return {"project": "a project", "project_labels": "", "things_in_it": "none", "project_age": "", "before": ""}
    state = context.project(project, at)
    shared = event.type == "claude_project_sharing_updated"
    audience = {"organization": "the whole organization", "public": "the public"}
    return {
        "project": f"project {state.name or project}",
        "project_labels": listed(list(context.labels("project", project, at).categories[:4])),
        "things_in_it": _things(context.sensitive_things(project, at)),
        "project_age": _project_age(state, at),
        "before": _before(state),
        "audience": audience.get(audience_of(event), "nobody") if shared else "",
    }


def _role_words(subject: Subject, context: Context) -> dict[str, str]:
    event, target = subject.event, subject.record.get("target_id")
    if target and subject.record.get("target_type") == "group":
        versions = context.facts.objects(("group",), [str(target)])
        named = next((version.name for version in reversed(versions) if version.name), None) or str(target)
        return {
            "target": f"everybody in group {named}",
            "role": str(subject.record.get("role") or "").rsplit(":", 1)[-1],
        }
    receiver = context.identity_of(account_key(event.product, str(target)), event.occurred_at) if target else None
    return {
        "target": who(context.person(receiver, event.occurred_at)) if receiver else str(target or "somebody"),
        "role": str(subject.record.get("role") or "").rsplit(":", 1)[-1],
    }


def _key(event: Event) -> str:
    return _KEYS.get(event.type, event.type.removesuffix("_created").replace("_", " "))


_KEYS = {
    "api_key_created": "scoped key",
    "platform_api_key_created": "Claude API key",
    "admin_api_key_created": "Admin API key",
    "service_key_created": "service key",
    "platform_service_account_created": "service account",
    "platform_federation_issuer_created": "trusted identity issuer",
    "platform_federation_rule_created": "federation rule",
    "platform_signing_key_created": "signing key",
    "tunnel_token_minted": "tunnel token",
    "claude_code_runner_pool_secret_minted": "runner pool secret",
}


def _did(event: Event) -> str:
    if event.type == SETTINGS_WEAKENED:
        return f"changed a setting: {json.loads(event.raw).get('setting')} is no longer on, by the settings' record,"
    phrase = did(event)
    return phrase[0].lower() + phrase[1:]


def _before(state: ProjectState | None) -> str:
    if state is None or state.privacy == "could_not_tell":
        return "who could see it before could not be told"
    word = {"private": "private", "organization": "open to the organization", "public": "public"}[state.privacy]
    return f"before it was {word} ({state.privacy_reason})"


def _things(count: int) -> str:
    return (
        f"{count:,} sensitive chat{'s' if count != 1 else ''} and file{'s' if count != 1 else ''}" if count else "none"
    )


def _moved_from(event: Event, context: Context) -> str:
    before = moved_from(event, context)
    if before is None:
        return ""
    return f"project {context.project(before, event.occurred_at).name or before}" if before else "no project"


def _project_age(state: ProjectState | None, at: Micros) -> str:
    if state is None or state.created_at is None:
        return "whose age is unknown"
    days = (at - state.created_at) // DAY
    return "made on that day" if days < 1 else f"made {days:,} day{'s' if days != 1 else ''} before"
