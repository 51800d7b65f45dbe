"""CloudTrail records as events, from a bucket or an event stream. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fanlight.model import Event
from fanlight.sources.native import Folded, LogPaths, NativeLog

__all__ = ["KIND", "LOG"]

KIND = "aws_cloudtrail"

_STARTS = (
    ("ConsoleLogin", "sign_in"), ("AssumeRole", "session"), ("GetSessionToken", "session"),
    ("GetFederationToken", "session"), ("CreateAccessKey", "key_created"), ("UpdateAccessKey", "key_changed"),
    ("DeleteAccessKey", "key_changed"), ("CreateUser", "account_change"), ("DeleteUser", "account_change"),
    ("CreateLoginProfile", "account_change"), ("UpdateLoginProfile", "account_change"),
    ("AttachUserPolicy", "privilege_grant"), ("AttachRolePolicy", "privilege_grant"),
    ("PutUserPolicy", "privilege_grant"), ("PutRolePolicy", "privilege_grant"),
    ("AddUserToGroup", "membership"), ("RemoveUserFromGroup", "membership"), ("StopLogging", "security_weakened"),
    ("DeleteTrail", "security_weakened"), ("DeleteFlowLogs", "security_weakened"), ("InvokeModel", "agent"),
    ("Describe", "admin_read"), ("List", "admin_read"), ("Get", "admin_read"), ("Lookup", "admin_read"),
)  # fmt: skip

_ENDS = ("id", "arn", "name", "bucket", "identifier")
_NO_TARGETS = frozenset({"clientrequesttoken", "clienttoken", "sessionname", "rolesessionname", "rawname"})
_ABOUT_NOTHING = frozenset({"filter", "filters", "filterset", "parameterfilters", "tags", "tagspecificationset"})
_DEEPEST = 4
_LONGEST = 256


def _family(kind: str, record: Folded) -> str:
    found = next((family for start, family in _STARTS if kind.startswith(start)), None)
    return found or ("admin_read" if record.get("readonly") is True else "settings_change")


def _amend(event: Event, record: Folded) -> Event:
    """A call fails by its error code, a console sign-in by its answer; everything else succeeded.

    The principal of a single sign-on session is `<role id>:<session name>`, and that name is the person's address.
    """
    answer = record.get("responseelements")
    refused = isinstance(answer, dict) and str(answer.get("consolelogin", "")).casefold() == "failure"
    failed = bool(record.get("errorcode")) or refused
    family = "sign_in_failed" if refused else event.family
    email = event.actor_email.rpartition(":")[2] if event.actor_email else None  # role id, then the session's name
    target = event.target_id or _named(record.get("requestparameters"), 0)
    return replace(
        event, outcome="failure" if failed else "success", family=family, actor_email=email, target_id=target
    )


def _named(value: object, depth: int) -> str | None:
    """What a request is about: the first identifier among its parameters, outer ones before inner ones."""
    if isinstance(value, list):
        return next((found for item in value if (found := _named(item, depth))), None)
    if not isinstance(value, Mapping) or depth > _DEEPEST:
        return None
    for name, inner in value.items():
        if name not in _NO_TARGETS and name.endswith(_ENDS):
            text = inner.get("content") if isinstance(inner, Mapping) else inner
            if isinstance(text, str) and 0 < len(text) <= _LONGEST and not any(map(str.isspace, text)):
                return text
    within = [inner for name, inner in value.items() if name not in _ABOUT_NOTHING]
    return next((found for inner in within if (found := _named(inner, depth + 1))), None)


LOG = NativeLog(
    product=KIND,
    package=__package__,
    paths=LogPaths(
        event_id=("eventid",),
        time=("eventtime",),
        type=("eventname",),
        actor_id=(
            "useridentity.onbehalfof.userid", "useridentity.principalid", "useridentity.arn",
            "useridentity.accesskeyid", "useridentity.accountid", "useridentity.invokedby", "useridentity.type",
        ),
        actor_email=("useridentity.username", "useridentity.principalid"),
        actor_kind=("useridentity.type",),
        ip=("sourceipaddress",),
        user_agent=("useragent",),
        organization=("recipientaccountid", "useridentity.accountid"),
        target_id=("resources.0.arn", "requestparameters.bucketname", "requestparameters.username",
                   "requestparameters.rolename", "requestparameters.instanceid"),
        target_kind=("resources.0.type", "eventsource"),
        outcome=("errorcode",),
    ),
    family_of=_family,
    amend=_amend,
)  # fmt: skip
