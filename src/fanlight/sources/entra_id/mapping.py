"""Sign-ins and directory audits as events, from Graph or as Azure Monitor forwards them. Pure."""

from __future__ import annotations

from dataclasses import replace

from fanlight.model import Event
from fanlight.sources.native import Folded, LogPaths, NativeLog, first_of, walk

__all__ = ["KIND", "LOG"]

KIND = "entra_id"

_FAMILIES = (
    ("add member to role", "privilege_grant"),
    ("add eligible member to role", "privilege_grant"),
    ("remove member from role", "privilege_revoke"),
    ("member to group", "membership"),
    ("member from group", "membership"),
    ("app role assignment", "app_access"),
    ("consent to application", "integration"),
    ("service principal", "integration"),
    ("application", "integration"),
    ("conditional access", "settings_change"),
    ("policy", "settings_change"),
    ("security info", "mfa"),
    ("strong authentication", "mfa"),
    ("user", "account_change"),
    ("account", "account_change"),
    ("device", "account_change"),
)
_SIGN_IN = "sign-in activity"


def _family(kind: str, record: Folded) -> str:
    name = kind.casefold()
    if name == _SIGN_IN:
        return "sign_in_failed" if _error_code(record) not in (None, "0") else "sign_in"
    return next((family for words, family in _FAMILIES if words in name), "other")


def _error_code(record: Folded) -> str | None:
    return first_of(record, ("properties.status.errorcode", "status.errorcode", "resulttype"))


def _amend(event: Event, record: Folded) -> Event:
    """A Graph sign-in record has no operation name; success is error code 0.

    An application that acts is no person. The group of a membership stands among what was modified.
    """
    properties = record.get("properties")
    body = properties if isinstance(properties, dict) else record
    if event.actor_kind is None and not first_of(body, ("userid", "initiatedby.user.id", "userprincipalname")):
        application = first_of(
            body, ("initiatedby.app.serviceprincipalid", "initiatedby.app.appid", "serviceprincipalid")
        )
        event = replace(event, actor_kind="service_principal") if application else event
    if event.family == "membership":
        event = _about_group(event, body)
    if "signin" in str(record.get("category", "")).casefold() or ("appdisplayname" in body and "status" in body):
        code = _error_code(record)
        outcome = event.outcome if code is None else "success" if code == "0" else "failure"
        application = first_of(body, ("appid", "resourceid"))
        return replace(
            event, type="Sign-in activity", outcome=outcome, family=_family(_SIGN_IN, record),
            target_kind="app" if application else None, target_id=application,
        )  # fmt: skip
    return event


def _about_group(event: Event, body: Folded) -> Event:
    for item in walk(body, "targetresources.*.modifiedproperties.*"):
        if isinstance(item, dict) and str(item.get("displayname", "")).casefold() == "group.objectid":
            # Values are JSON inside text; on removal only the old one is there.
            given = str(item.get("newvalue") or item.get("oldvalue") or "").strip('"')
            if given:
                return replace(event, target_kind="idp_group", target_id=given)
    return event


def _prefixed(*names: str) -> tuple[str, ...]:
    """The same field inside the forwarder's `properties` and at the top."""
    return tuple(path for name in names for path in (f"properties.{name}", name))


LOG = NativeLog(
    product=KIND,
    package=__package__,
    paths=LogPaths(
        event_id=_prefixed("id"),
        time=(*_prefixed("activitydatetime", "createddatetime"), "time"),
        observed=("time",),
        type=(*_prefixed("activitydisplayname"), "operationname"),
        actor_id=_prefixed(
            "userid", "initiatedby.user.id", "initiatedby.app.serviceprincipalid", "initiatedby.app.appid",
            "serviceprincipalid", "appid", "identity",
        ),
        actor_email=(*_prefixed("userprincipalname", "initiatedby.user.userprincipalname"), "identity"),
        ip=(*_prefixed("ipaddress", "initiatedby.user.ipaddress"), "calleripaddress"),
        user_agent=_prefixed("useragent"),
        device=_prefixed("devicedetail.deviceid"),
        organization=("tenantid", "properties.tenantid", "resourcetenantid"),
        target_id=_prefixed("targetresources.0.id", "resourceid", "appid"),
        target_kind=_prefixed("targetresources.0.type"),
        outcome=(*_prefixed("result"), "resultsignature"),
    ),
    family_of=_family,
    amend=_amend,
)  # fmt: skip
