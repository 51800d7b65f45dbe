"""Sentences for people: times, places, things. The account did it; nobody is accused; content is never quoted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources

import yaml

from fanlight.detections.context import Person, Where
from fanlight.enrich.countries import country_name
from fanlight.enrich.localtime import local_time
from fanlight.model import DAY, MINUTE, Event, Micros

__all__ = [
    "at_time",
    "day_name",
    "did",
    "fill",
    "listed",
    "place",
    "span",
    "stating_types",
    "thing_with",
    "who",
    "with_article",
]

_NETWORKS = {
    "hosting": "a hosting network", "vpn": "a VPN", "tor": "the Tor network", "mobile": "a mobile network",
    "secure_web_gateway": "a secure web gateway", "office": "an office", "company_vpn": "the company's VPN",
    "private": "a private network",
}  # fmt: skip


def at_time(at: Micros, zone: str) -> str:
    """`02:14:09 on Thursday 7 May (Europe/Berlin)`."""
    local = local_time(at, zone)
    return f"{local.strftime('%H:%M:%S on %A')} {local.day} {local.strftime('%B')} ({zone})"


def day_name(at: Micros, zone: str) -> str:
    """`7 May 2026`."""
    local = local_time(at, zone)
    return f"{local.day} {local.strftime('%b %Y')}"


def who(person: Person) -> str:
    """The best name there is for an identity."""
    return person.name or person.email or person.id or "Somebody"


def place(where: Where | None) -> str:
    """`a hosting network in Canada`; the address where nothing else is known."""
    if where is None:
        return "an unknown place"
    network = _NETWORKS.get(where.kind)
    if where.country:
        return f"{network or 'a network'} in {country_name(where.country)}"
    return (
        f"{network or 'the address'} {where.ip}, whose country is unknown" if not network else f"{network} ({where.ip})"
    )


def listed(items: Sequence[str]) -> str:
    """`PII, SECRET and HEALTH`."""
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def thing_with(kind: str, categories: Sequence[str]) -> str:
    """`a chat with PII and SECRET`."""
    return f"a {kind} with {listed(list(categories[:4]))}" if categories else f"a {kind}"


def with_article(noun: str) -> str:
    """`an Admin API key`, `a scoped key`."""
    return f"{'an' if noun[:1].lower() in 'aeio' else 'a'} {noun}"


def span(minutes: float) -> str:
    """`4 min`, `2 h`, `2 h 05 min`."""
    whole = round(minutes)
    if whole < 1:
        return "less than a minute"
    if whole < 60:
        return f"{whole} min"
    return f"{whole // 60} h {whole % 60:02d} min" if whole % 60 else f"{whole // 60} h"


def delay(late: Micros) -> str:
    """`4 min`, `43 h 11 min`; from three days on in days: `26 days`."""
    return f"{late // DAY} days" if late >= 3 * DAY else span(late / MINUTE)


def sensitive_things(n: int) -> str:
    """`1 sensitive chat or file`, `13 sensitive chats and files`."""
    return "1 sensitive chat or file" if n == 1 else f"{n:,} sensitive chats and files"


def fill(template: str, values: dict[str, str]) -> str:
    """Put values into the `{names}` of a rule's sentence; a name that is not known stays empty. One sentence out."""
    text = template
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    text = " ".join(text.split()).replace("; .", ".").replace(" ;", ";").replace(" ,", ",").rstrip("; ")
    return text if text.endswith(".") else f"{text}."


@lru_cache(maxsize=1)
def _phrases() -> Mapping[str, str | Mapping[str, str]]:
    text = resources.files("fanlight.catalog").joinpath("phrases.yml").read_text(encoding="utf-8")
    loaded: Mapping[str, str | Mapping[str, str]] = yaml.safe_load(text)
    return loaded


def stating_types() -> list[str]:
    """Event types whose words need what the event states, so its raw record."""
    return [name for name, phrase in _phrases().items() if not isinstance(phrase, str)]


def _stated(phrase: Mapping[str, str], event: Event) -> str:
    """The words for the value that the event states; `other` where it states none that is known."""
    value = json.loads(event.raw).get(phrase["by"])
    return phrase.get(str(value).lower(), phrase["other"])


def did(event: Event, times: int = 1) -> str:
    """What an event type means in words, for the evidence; unknown types are spelled out."""
    known = _phrases().get(event.type)
    phrase = known if known is None or isinstance(known, str) else _stated(known, event)
    if phrase is None:
        plain = event.type.removeprefix("claude_").replace(".", " ").replace("_", " ")
        phrase = plain[:1].upper() + plain[1:]
    if event.outcome == "failure" and "fail" not in phrase.lower() and "refused" not in phrase.lower():
        phrase += ", refused or failed"
    return phrase if times == 1 else f"{phrase}, {times} times"
