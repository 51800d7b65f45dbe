"""CrowdStrike Falcon: the inventory of devices, pulled; audits, detections, process and network data, imported.

Command lines may hold secrets and are sealed; the paths of programs stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fanlight.model import Event, account_key
from fanlight.sources.contract import Source, SourceContext
from fanlight.sources.native import Folded, LogPaths, NativeLog, first_of
from fanlight.sources.options import Setting

__all__ = ["KIND", "SETTINGS", "connect", "map_record"]

KIND = "crowdstrike"
SETTINGS = (
    Setting("client", "Id of the API client."),
    Setting("key", "Its secret.", secret=True),
    Setting("url", "Address of your Falcon cloud: api.us-2, api.eu-1, ….", "https://api.crowdstrike.com"),
    Setting("share", "Part of CrowdStrike's request limit to use, 0.05 to 1.", "0.5"),
)

_AUDITS = (
    ("apiclient", "key_changed"),
    ("createuser", "account_change"),
    ("deleteuser", "account_change"),
    ("updateuser", "account_change"),
    ("grantuserroles", "privilege_grant"),
    ("revokeuserroles", "privilege_revoke"),
    ("allowlist", "settings_change"),
    ("authenticate", "sign_in"),
    ("twofactor", "mfa"),
    ("2fa", "mfa"),
    ("policy", "settings_change"),
    ("rtr", "admin_read"),
)
_TARGETS = ("target_name", "id", "allowlist_group_id", "group_name", "target_user_uuid", "name")


def _both(*names: str) -> tuple[str, ...]:
    """Inside the envelope's `event` and at the top."""
    return tuple(path for name in names for path in (f"event.{name}", name))


def _family(kind: str, record: Folded) -> str:
    if first_of(record, ("event.operationname", "operationname")):
        lowered = kind.lower()
        if "apiclient" in lowered and lowered.startswith("create"):
            return "key_created"
        return next((family for part, family in _AUDITS if part in lowered), "audit")
    if first_of(record, _both("severityname", "tactic", "compositeid")):
        return "monitoring"
    return "other"


def _key(record: Folded) -> str | None:
    """Replicator records have an id; the event stream counts per customer."""
    if (own := first_of(record, (*_both("eventuuid"), "id"))) is not None:
        return own
    offset = first_of(record, ("metadata.offset",))
    customer = first_of(record, ("metadata.customeridstring", "cid"))
    return f"{customer}:{offset}" if offset is not None else None


def _amend(event: Event, record: Folded) -> Event:
    """Audit entries name their object among key and value pairs; process events name the program."""
    if event.actor_id is None and event.device_id is not None:
        # A number of a user means something on one machine only.
        number = first_of(record, _both("uid"))
        if number is not None:
            own = f"{event.device_id}/{number}"
            event = replace(event, actor_id=own, actor_kind="local_user", account_key=account_key(KIND, own))
    pairs = _pairs(record)
    for name in _TARGETS:
        if pairs.get(name):
            return replace(event, target_id=pairs[name], target_kind=first_of(record, _both("servicename")))
    remote = first_of(record, _both("remoteaddressip4", "remoteaddressip6"))
    if remote is not None:
        return replace(event, target_kind="address", target_id=remote)
    if event.target_id is not None and event.target_kind is None:
        return replace(event, target_kind="program")
    return event


def _pairs(record: Folded) -> dict[str, str]:
    body = record.get("event")
    listed = body.get("auditkeyvalues") if isinstance(body, Mapping) else record.get("auditkeyvalues")
    found: dict[str, str] = {}
    for pair in listed if isinstance(listed, list) else ():
        if isinstance(pair, Mapping) and isinstance(pair.get("key"), str) and isinstance(pair.get("valuestring"), str):
            found.setdefault(pair["key"], pair["valuestring"])
    return found


_LOG = NativeLog(
    product=KIND,
    package=__name__,
    paths=LogPaths(
        time=("event.utctimestamp", "timestamp", "event.timestamp", "metadata.eventcreationtime", "utctimestamp",
              "contexttimestamp", "event.contexttimestamp", "processstarttime"),
        observed=("metadata.eventcreationtime",),
        type=("event.operationname", "operationname", "fdr_event_type", "event_simplename", "event.event_simplename",
              "externalapitype", "event.externalapitype", "metadata.eventtype"),
        actor_id=_both("userid", "useruuid", "usersid", "username", "userprincipal"),
        actor_email=_both("userid", "userprincipal", "useremail"),
        ip=_both("userip", "aip", "originsourceipaddress", "localip", "localaddressip4"),
        device=("aid", "event.aid", "agentidstring", "event.agentidstring", "sensorid", "event.sensorid",
                "hostname", "event.hostname", "computername", "event.computername"),
        organization=("cid", "metadata.customeridstring", "customeridstring", "event.cid"),
        target_id=_both("imagefilename", "filename"),
        outcome=_both("success"),
    ),
    family_of=_family,
    event_key=_key,
    amend=_amend,
)  # fmt: skip


def connect(context: SourceContext) -> Source:
    """The connected inventory of devices. Options: `SETTINGS`, and `patience`, `first_wait`. Raises `SourceError`."""
    from fanlight.sources.crowdstrike.inventory import connect_crowdstrike

    return connect_crowdstrike(context)


def map_record(record: Mapping[str, Any], context: SourceContext) -> Iterator[Event]:
    """The event of one record."""
    return _LOG.map_record(record, context)
