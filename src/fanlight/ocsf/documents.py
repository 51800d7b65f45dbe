"""One stored event as one OCSF document. A function of its arguments: the same event gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import orjson

from fanlight.enrich.client import client_label, client_of
from fanlight.enrich.devices import DeviceGuess
from fanlight.enrich.places import Place
from fanlight.model import Event
from fanlight.ocsf.mapping import Classified, OcsfClass, Product, classes, classify, product_of
from fanlight.ocsf.parts import (
    HOST,
    Json,
    device_enrichment,
    device_of,
    endpoint_of,
    kept,
    metadata_of,
    milliseconds,
    observables_of,
    place_enrichment,
    user_of,
)
from fanlight.ocsf.paths import find

__all__ = ["event_document"]

_STATUS = {"success": 1, "failure": 2, "unknown": 0}
_DELETE = 4
_GRANT, _REVOKE = 1, 2
_API, _ACCESS, _HTTP, _SIGN_IN, _DETECTION = 6003, 3005, 4002, 3002, 2004
_METHODS = {
    "CONNECT": 1, "DELETE": 2, "GET": 3, "HEAD": 4, "OPTIONS": 5, "POST": 6, "PUT": 7, "TRACE": 8, "PATCH": 9,
}  # fmt: skip
_CONTROL = "security_control"
_DENIED, _BLOCKED = 2, 2


@dataclass(slots=True)
class _Draft:
    """One event on its way to a document."""

    event: Event
    raw: Mapping[str, Any]
    product: Product
    place: Place | None
    device: DeviceGuess | None
    kind: Classified
    profiles: set[str] = field(default_factory=set)

    def at(self, *names: str) -> str | None:
        """The first value at the product's paths of these names."""
        for name in names:
            found = find(self.raw, self.product.paths.get(name, ()))
            if found is not None:
                return found
        return None


def event_document(event: Event, place: Place | None = None, device: DeviceGuess | None = None) -> Json:
    """The document of an event; every field of its record is there, by its schema name or under `unmapped`.

    `device` is the guess for events that name none; the document says that it is one, and how sure.
    Sealed content stays a mark (length and keyed hash). Never raises: what nobody mapped has the class of its family.
    """
    raw = _record(event.raw)
    product = product_of(event.product)
    draft = _Draft(event, raw, product, place, device, classify(event.product, event.type, event.family))
    draft.kind = _adjusted(draft)
    schema = classes()[draft.kind.class_uid]
    body: Json = {**_BODIES[schema.uid](draft), **_context(draft, schema), **_verdict(draft)}
    return {
        "class_uid": schema.uid,
        "class_name": schema.name,
        "category_uid": schema.category_uid,
        "category_name": schema.category,
        "activity_id": draft.kind.activity_id,
        "activity_name": draft.kind.activity_name,
        "type_uid": draft.kind.type_uid,
        "type_name": f"{schema.name}: {draft.kind.activity_name}",
        "time": milliseconds(event.occurred_at),
        "metadata": _metadata(draft),
        **body,
        **kept(unmapped=_unmapped(draft)),
    }


def _record(raw: str) -> Mapping[str, Any]:
    try:
        record = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return record if isinstance(record, dict) else {"record": record}


def _adjusted(draft: _Draft) -> Classified:
    """What only the record can say: a delete through an API, a role taken away, the method of a web request."""
    kind = draft.kind
    if kind.class_uid == _API and (draft.at("method") or "").upper() == "DELETE":
        return _as(kind, _DELETE)
    if kind.class_uid == _ACCESS and kind.activity_id == _GRANT and draft.event.type == "claude_user_role_updated":
        return _as(kind, _GRANT if draft.raw.get("current_role") else _REVOKE)
    if kind.class_uid == _HTTP:
        number = _METHODS.get((draft.at("method") or "").upper())
        return _as(kind, number) if number is not None else kind
    return kind


def _as(kind: Classified, activity: int) -> Classified:
    return Classified(
        class_uid=kind.class_uid,
        activity_id=activity,
        activity_name=classes()[kind.class_uid].activities[activity],
        group=kind.group,
        mapped=kind.mapped,
    )


def _verdict(draft: _Draft) -> Json:
    event, product = draft.event, draft.product
    pending = any(fnmatchcase(event.type, pattern) for pattern in product.pending)
    verdict: Json = {
        "severity_id": product.severities.get(event.type, 1),
        "status_id": 0 if pending else _STATUS[event.outcome],
        **kept(status_detail=draft.at("detail")),
    }
    if event.type in product.blocked:
        draft.profiles.add(_CONTROL)
        verdict |= {"action_id": _DENIED, "disposition_id": _BLOCKED}
    return verdict


def _context(draft: _Draft, schema: OcsfClass) -> Json:
    """Who, from where, with which client: as far as the class knows them."""
    event = draft.event
    context: Json = {}
    actor = _actor(draft)
    if actor is not None or schema.uid in _MUST_NAME_ACTOR:
        context["actor"] = actor or {"user": {"name": "unknown", "type_id": 0}}
        if schema.actor_needs_host:
            draft.profiles.add(HOST)
    if schema.has_source and (event.ip or schema.uid in _MUST_NAME_SOURCE):
        context["src_endpoint"] = endpoint_of(event.ip, draft.place, event.actor_kind or draft.product.name)
    if schema.has_request and event.user_agent and "http_request" not in context:
        context["http_request"] = {"user_agent": event.user_agent}
    device = device_of(event.device_id, None if schema.has_source else event.ip, event.user_agent, draft.device)
    if device is not None and schema.uid != _DETECTION:
        context["device"] = device
        draft.profiles.add(HOST)
    where = "src_endpoint.ip" if schema.has_source else "device.ip"
    context |= kept(
        observables=observables_of(
            [
                (2, where, event.ip if "ip" in (context.get("src_endpoint") or context.get("device") or {}) else None),
                (5, "actor.user.email_addr", event.actor_email),
                (31, "actor.user.uid", event.actor_id if "user" in (actor or {}) else None),
                (10, "resource.uid", event.target_id),
                (16, "http_request.user_agent", event.user_agent),
            ]
        ),
        enrichments=_enrichments(draft, where),
    )
    return context


_MUST_NAME_ACTOR = frozenset({6003, 6006})
_MUST_NAME_SOURCE = frozenset({6003, 6006})


def _enrichments(draft: _Draft, where: str) -> list[Json]:
    event, found = draft.event, []
    if draft.device is not None and event.device_id is None:
        found.append(device_enrichment(draft.device))
    if event.ip and draft.place is not None:
        known = place_enrichment(event.ip, draft.place, where)
        found += [known] if known else []
    if event.user_agent:
        client = client_of(event.user_agent)
        found.append(
            {
                "name": "http_request.user_agent",
                "value": client_label(event.user_agent),
                "type": "client",
                "provider": "fanlight",
                "data": {
                    "family": client.family,
                    "os": client.os_family,
                    "device_class": client.device_class,
                    "is_automation": client.is_automation,
                    **kept(major=client.major),
                },
            }
        )
    return found


def _actor(draft: _Draft) -> Json | None:
    event, product = draft.event, draft.product
    session = draft.at("session")
    if event.actor_kind in product.keys and event.actor_id:
        actor: Json = {"app_uid": event.actor_id, "app_name": event.actor_kind}
    else:
        type_id = product.actors.get((event.actor_kind or "").casefold(), 0 if event.actor_kind else 1)
        user = user_of(event.actor_id, event.actor_email, None, type_id, event.actor_kind or "")
        actor = {"user": user} if user else kept(app_name=event.actor_kind)
    if session is not None:
        actor["session"] = {"uid": session}
    return actor or None


def _metadata(draft: _Draft) -> Json:
    event, product = draft.event, draft.product
    labels = [f"source:{event.source}", f"family:{event.family}", f"group:{draft.kind.group}"]
    if not draft.kind.mapped:
        labels.append("type:not in the catalogue")
    return metadata_of(
        uid=event.event_id,
        product=product.name,
        vendor=product.vendor,
        code=event.type,
        log=product.log,
        tenant=event.organization_id or event.tenant,
        at=event.occurred_at,
        logged=event.ingested_at,
        labels=labels,
        profiles=draft.profiles,
        correlation=draft.at("correlation"),
    )


def _unmapped(draft: _Draft) -> Json:
    """The record without what stands elsewhere; an actor's own fields go when its id and address were taken."""
    event = draft.event
    told = {event.event_id, event.type, event.organization_id, event.ip, event.user_agent, event.actor_id}
    told |= {event.actor_email, event.actor_kind}
    left: Json = {}
    for name, value in draft.raw.items():
        plain = not isinstance(value, dict | list)
        if plain and name in draft.product.envelope and (name in _TIMES or value in told):
            continue
        if name == "actor" and isinstance(value, dict):
            rest = {key: inner for key, inner in value.items() if isinstance(inner, dict | list) or inner not in told}
            rest = kept(**{key: inner for key, inner in rest.items() if inner is not None})
            if rest:
                left[name] = rest
            continue
        if value is not None:
            left[name] = value
    return left


_TIMES = frozenset({"created_at", "published", "eventtime"})


# What each class demands beside the envelope.


def _target_user(draft: _Draft) -> Json | None:
    event = draft.event
    uid, email, name = draft.at("user_uid"), draft.at("user_email"), draft.at("user_name")
    if uid is None and email is None and name is None and event.target_kind in ("user", "idp_user", "User"):
        uid = event.target_id
    return user_of(uid, email, name, 1 if uid or email else 0)


def _own_user(draft: _Draft) -> Json | None:
    event = draft.event
    type_id = draft.product.actors.get((event.actor_kind or "").casefold(), 1)
    return user_of(event.actor_id, event.actor_email, None, type_id)


_NOBODY: Json = {"name": "unknown", "type_id": 0}


def _account_change(draft: _Draft) -> Json:
    return {"user": _target_user(draft) or _own_user(draft) or dict(_NOBODY)}


def _authentication(draft: _Draft) -> Json:
    uid, name = draft.at("service_uid"), draft.at("service_name")
    body: Json = {
        "user": _own_user(draft) or _target_user(draft) or dict(_NOBODY),
        "service": kept(uid=uid, name=name or (None if uid else draft.product.name)),
    }
    second = draft.at("mfa")
    if second is not None:
        body["is_mfa"] = second.casefold() not in ("not_used", "false", "none")
    return body


def _entity_management(draft: _Draft) -> Json:
    event = draft.event
    return {
        "entity": kept(
            uid=event.target_id,
            name=draft.at("entity_name") or (None if event.target_id else event.type),
            type=event.target_kind or draft.kind.group,
        )
    }


def _user_access(draft: _Draft) -> Json:
    privilege = draft.at("privilege")
    uid, name = draft.at("resource_uid"), draft.at("resource_name")
    if uid is None and name is None:
        uid = draft.event.target_id
    return {
        "user": _target_user(draft) or dict(_NOBODY),
        "privileges": [privilege if privilege else f"not named: {draft.event.type}"],
        **kept(resources=[kept(uid=uid, name=name, type=draft.at("resource_type"))] if uid or name else None),
    }


def _group_management(draft: _Draft) -> Json:
    uid, name = draft.at("group_uid"), draft.at("group_name")
    if uid is None and name is None:
        uid = draft.event.target_id
    return {
        "group": kept(uid=uid, name=name) or {"name": "unknown"},
        **kept(user=_target_user(draft)),
    }


def _resources(draft: _Draft) -> list[Json]:
    event = draft.event
    named = [("chat", event.chat_id), ("project", event.project_id), ("file", event.file_id)]
    named.append((event.target_kind or "resource", event.target_id))
    resources: dict[str, Json] = {}
    for kind, uid in named:
        if uid:
            resources.setdefault(uid, {"uid": uid, "type": kind})
    return list(resources.values())


def _web_resources(draft: _Draft) -> Json:
    return {"web_resources": _resources(draft) or [{"name": draft.event.type, "type": draft.kind.group}]}


def _application(draft: _Draft) -> Json:
    event = draft.event
    uid, name = draft.at("app_uid") or event.target_id, draft.at("app_name")
    return {"app": kept(uid=uid, name=name or (None if uid else event.type), vendor_name=draft.product.vendor)}


def _api(draft: _Draft) -> Json:
    service = draft.at("service_name")
    return {
        "api": kept(
            operation=draft.at("operation") or draft.event.type, service={"name": service} if service else None
        ),
        **kept(resources=_resources(draft)),
    }


def _file(draft: _Draft) -> Json:
    """A file's name is content and never written: its id stands for it."""
    event = draft.event
    uid = event.file_id or draft.at("file_uid") or event.target_id
    return {"file": kept(uid=uid, name=uid or "unknown", type_id=1)}


def _scan(draft: _Draft) -> Json:
    return {"scan": {"uid": draft.at("scan") or draft.event.target_id or draft.event.event_id, "type_id": 0}}


def _web_request(draft: _Draft) -> Json:
    host, method, code = draft.at("host"), draft.at("method"), draft.at("status_code")
    request = kept(
        user_agent=draft.event.user_agent,
        http_method=method.upper() if method else None,
        url={"hostname": host, "url_string": host} if host else None,
    )
    return {
        "http_request": request or {"http_method": "unknown"},
        **kept(
            dst_endpoint={"hostname": host} if host else None,
            http_response={"code": int(code)} if code and code.isdigit() else None,
        ),
    }


def _detection(draft: _Draft) -> Json:
    """An alarm that another product raised."""
    event = draft.event
    return {
        "finding_info": {"uid": event.event_id, "title": event.type, "types": [event.family]},
        "evidences": [
            kept(
                actor=_actor(draft),
                src_endpoint=endpoint_of(event.ip, draft.place, draft.product.name) if event.ip else None,
                http_request={"user_agent": event.user_agent} if event.user_agent else None,
            )
        ]
        if event.ip or _actor(draft)
        else [{"data": {"type": event.type}}],
        **kept(resources=_resources(draft)),
    }


_BODIES: Mapping[int, Callable[[_Draft], Json]] = {
    2004: _detection,
    3001: _account_change,
    3002: _authentication,
    3004: _entity_management,
    3005: _user_access,
    3006: _group_management,
    4002: _web_request,
    6001: _web_resources,
    6002: _application,
    6003: _api,
    6006: _file,
    6007: _scan,
}
"""Every class that the catalogue names for events; a test holds that none is missing."""
