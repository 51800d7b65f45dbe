"""One System Log record as one `Event`. Pure: no network, no clock.

Facts: `reference/sources.md` 2.3 and 2.4. Place and network stay in `raw` for the enrichment, which reads
`client.geographicalcontext` and `securitycontext` there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import orjson

from fanlight.model import Event, Micros, Outcome, parse_time
from fanlight.sources.sealing import RecordSealer, SealedField, load_content_fields

__all__ = ["LogEventMapper", "family_of", "map_log_event"]

_OUTCOMES: dict[str, Outcome] = {"SUCCESS": "success", "ALLOW": "success", "FAILURE": "failure", "DENY": "failure"}
_KINDS = {"AppInstance": "app", "AppUser": "app_user", "User": "idp_user", "UserGroup": "idp_group"}


@lru_cache(maxsize=32)
def _mapper(tenant: str, source: str, key: bytes) -> LogEventMapper:
    return LogEventMapper(tenant=tenant, source=source, content_key=key)


def map_log_event(
    record: Mapping[str, Any],
    *,
    tenant: str = "default",
    source: str = "okta",
    content_key: bytes,
    late: bool = False,
    ingested_at: Micros = 0,
    found: Callable[[SealedField], None] | None = None,
) -> Event:
    """The event of one record. Raises `ValueError` when it has no id or no readable time."""
    return _mapper(tenant, source, content_key).map(record, late=late, ingested_at=ingested_at, found=found)


@cache
def _families() -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    data = orjson.loads(resources.files(__package__).joinpath("event_families.json").read_bytes())
    return data["exact"], tuple(sorted(data["prefix"].items(), key=lambda item: -len(item[0])))


@lru_cache(maxsize=4096)
def family_of(event_type: str, outcome: Outcome = "success") -> str:
    """Our family of an Okta event type; failed sign-ins are their own."""
    exact, prefixes = _families()
    family = exact.get(event_type) or next((name for start, name in prefixes if event_type.startswith(start)), "other")
    return "sign_in_failed" if family == "sign_in" and outcome == "failure" else family


class LogEventMapper:
    """Maps records of one source of one tenant."""

    def __init__(self, *, tenant: str, source: str, content_key: bytes) -> None:
        self._tenant = tenant
        self._source = source
        self._sealer = RecordSealer(load_content_fields("fanlight.sources.okta"), content_key)

    def read(self, record: Mapping[str, Any]) -> Iterator[tuple[Event, list[SealedField]]]:
        """The event with the content that was taken out of it. Raises `ValueError` as `map`."""
        found: list[SealedField] = []
        yield self.map(record, found=found.append), found

    def map(
        self,
        record: Mapping[str, Any],
        *,
        late: bool = False,
        ingested_at: Micros = 0,
        found: Callable[[SealedField], None] | None = None,
    ) -> Event:
        """The event; `found` is told the content that was taken out. Raises `ValueError` as `map_log_event`."""
        event_id, published = record.get("uuid"), record.get("published")
        if not isinstance(event_id, str) or not event_id:
            raise ValueError("A log record without uuid.")
        if not isinstance(published, str):
            raise ValueError("A log record without time.")  # noqa: TRY004  both are unreadable input
        event_type = record.get("eventType")
        event_type = event_type if isinstance(event_type, str) else "unknown"
        outcome = _OUTCOMES.get(str(_within(record, "outcome", "result") or "").upper(), "unknown")
        actor_type = _text(_within(record, "actor", "type"))
        actor_id = _text(_within(record, "actor", "id"))
        login = _text(_within(record, "actor", "alternateId"))
        is_user = actor_type is not None and actor_type.lower() == "user"
        target = _target(event_type, record.get("target"))
        return Event(
            tenant=self._tenant,
            source=self._source,
            product="okta",
            event_id=event_id,
            type=event_type,
            family=family_of(event_type, outcome),
            occurred_at=parse_time(published),
            ingested_at=ingested_at,
            outcome=outcome,
            actor_kind=actor_type.lower() if actor_type else None,
            actor_id=actor_id,
            actor_email=login if login and "@" in login else None,
            account_key=f"okta:{actor_id}" if is_user and actor_id else None,
            target_kind=target[0],
            target_id=target[1],
            ip=_text(_within(record, "client", "ipAddress")) or _address_elsewhere(record, actor_type, actor_id),
            user_agent=_text(_within(record, "client", "userAgent", "rawUserAgent")),
            device_id=_text(_within(record, "device", "id")),
            late=late,
            raw=orjson.dumps(self._sealer.seal(record, found)).decode(),
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _within(record: Mapping[str, Any], *names: str) -> Any:
    value: Any = record
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _address_elsewhere(record: Mapping[str, Any], actor_type: str | None, actor_id: str | None) -> str | None:
    """A threat that Okta itself detects has no client: its address is the actor, or the first of the chain."""
    if actor_type is not None and actor_type.casefold() == "ip address":
        return actor_id
    chain = _within(record, "request", "ipChain")
    first = chain[0] if isinstance(chain, list) and chain else None
    return _text(_within(first, "ip")) if isinstance(first, Mapping) else None


def _target(event_type: str, targets: object) -> tuple[str | None, str | None]:
    """The target that the event type is about: the application, the group, else the person, else the first."""
    found = [item for item in targets if isinstance(item, Mapping)] if isinstance(targets, list) else []
    if event_type.startswith("group."):
        wanted = ("UserGroup", "User")
    elif event_type.startswith(("app", "user.authentication.sso")):
        wanted = ("AppInstance", "User")
    else:
        wanted = ("User", "AppInstance")
    chosen = next((item for kind in wanted for item in found if item.get("type") == kind), found[0] if found else None)
    if chosen is None:
        return None, None
    kind = _text(chosen.get("type"))
    return (_KINDS.get(kind, kind.lower()) if kind else None), _text(chosen.get("id"))
