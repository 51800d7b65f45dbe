"""The devices on which the Falcon sensor runs: their ids by scroll, their facts by a hundred.

Facts: `reference/sources.md` section 9. The vendor takes details by POST for five thousand devices at once, or by GET
with the ids in the address; nothing is sent here, so it is GET.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from fanlight.model import SECOND, Micros, ObjectVersion
from fanlight.sources.contract import Snapshot, SourceContext, SourceError
from fanlight.sources.http import (
    ErrorFacts,
    HttpRefusal,
    Parameters,
    RateFacts,
    VendorClient,
    VendorManner,
    read_count,
    read_retry_after,
)
from fanlight.sources.logs import Record
from fanlight.sources.options import needed
from fanlight.sources.pulled import (
    DirectoryFacts,
    DirectoryStream,
    Probe,
    PulledSource,
    device_attributes,
    kept_fields,
    moment,
    text,
)
from fanlight.sources.vendor import every_item, is_list, open_client, open_token

__all__ = ["connect_crowdstrike"]

_KIND = "crowdstrike"
_IDS = "/devices/queries/devices-scroll/v1"
_DETAILS = "/devices/entities/devices/v2"
_A_MINUTE = 6000
_IDS_A_PAGE = 5000
_DEVICES_A_PAGE = 100
_EVERY = 4 * 3600.0
"""Each look at a live device is a new version of it, because it was seen again meanwhile."""
_KEPT = ("status", "platform_name", "product_type_desc", "reduced_functionality_mode")
_SYSTEMS = {"Mac": "macOS", "Windows": "Windows", "Linux": "Linux", "ChromeOS": "ChromeOS", "iOS": "iOS"}
_HOW_TO = (
    "In the Falcon console under Support and resources, API clients and keys, add a client with the scope Hosts: Read, "
    "nothing that writes; its secret is shown once.",
    "Give the address of your own cloud as --url; another cloud does not know the client.",
)
_NOT_COLLECTED = (
    "Devices without the Falcon sensor: CrowdStrike lists what it protects. A device of a system that it protects "
    "elsewhere, and that it does not list, is told as unmanaged.",
    "Detections and audits: they come by the event stream or the data replicator; send or import their files.",
    "Tags, groups and policies of devices: nothing here needs them.",
)


def _read_rate(headers: Mapping[str, str], now: Micros) -> RateFacts:
    """`X-Ratelimit-*`; when to ask again is said in epoch seconds."""
    wait = read_retry_after(headers.get("retry-after"), now)
    again = read_count(headers.get("x-ratelimit-retryafter"))
    if wait is None and again is not None and 0 < again - now / SECOND < 3600:
        wait = again - now / SECOND
    return RateFacts(
        limit=read_count(headers.get("x-ratelimit-limit")),
        remaining=read_count(headers.get("x-ratelimit-remaining")),
        retry_after=wait,
    )


def _read_error(_status: int, payload: object) -> ErrorFacts:
    """The number of the first error, never its message."""
    errors = payload.get("errors") if isinstance(payload, Mapping) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    code = first.get("code") if isinstance(first, Mapping) else None
    return ErrorFacts(type=str(code) if isinstance(code, int) else "")


MANNER = VendorManner(
    read_rate=_read_rate, read_error=_read_error, request_id_header="x-cs-traceid", longest_wait=300.0
)


def explain_refusal(refusal: HttpRefusal, what: str) -> SourceError:
    """The same refusal in an operator's words."""
    if refusal.status == 403:
        return SourceError(f"The API client may not read {what}; it needs the scope Hosts: Read.", kind="refused")
    if refusal.status in (301, 302, 307, 308, 404):
        return SourceError(
            f"CrowdStrike does not show {what} here (status {refusal.status}); is it the address of your own cloud?",
            kind="refused",
        )
    return refusal


class FalconInventory:
    """Reads one customer's hosts."""

    def __init__(self, client: VendorClient, facts: DirectoryFacts) -> None:
        self._client = client
        self._facts = facts

    def devices(self, now: Micros) -> Snapshot:
        """Every device that the vendor lists, with the day it was first and the time it was last seen."""
        given: set[str] = set()

        def ask(offset: str | None) -> tuple[Sequence[Record], str | None]:
            ids, following, total = self.ids(offset)
            given.update(ids)
            # A scroll may give a position behind its last page; an empty page before the end is followed on.
            ended = not ids and (total is None or len(given) >= total)
            return [{"id": one} for one in ids], None if ended else following

        ids = [str(item["id"]) for item in every_item(ask, what="CrowdStrike's list of devices")]
        found = {str(record["device_id"]): record for record in self._details(ids)}
        return Snapshot(scope="devices", objects=[self._device(record, now) for record in found.values()])

    def ids(
        self,
        offset: str | None,
        *,
        limit: int = _IDS_A_PAGE,
        purpose: str = "directory",
        patience_seconds: float | None = None,
    ) -> tuple[Sequence[str], str | None, int | None]:
        """A page of ids, where the next begins, and how many there are in all. Raises `SourceError`."""
        params: Parameters = [("limit", limit), *([("offset", offset)] if offset else [])]
        body = self._client.get_json(
            _IDS, params, purpose=purpose, is_right=_are_ids, patience_seconds=patience_seconds
        )
        paging = (body.get("meta") or {}).get("pagination") or {}
        following, total = paging.get("offset"), paging.get("total")
        return (
            body["resources"],
            following if isinstance(following, str) and following else None,
            total if isinstance(total, int) else None,
        )

    def _details(self, ids: Sequence[str]) -> Iterator[Record]:
        for start in range(0, len(ids), _DEVICES_A_PAGE):
            params: Parameters = [("ids", one) for one in ids[start : start + _DEVICES_A_PAGE]]
            body = self._client.get_json(_DETAILS, params, purpose="directory", is_right=_are_devices)
            yield from body["resources"]

    def _device(self, record: Record, now: Micros) -> ObjectVersion:
        last = moment(record.get("last_seen"))
        platform = text(record.get("platform_name"))
        return self._facts.object(
            "device",
            str(record["device_id"]),
            now,
            name=text(record.get("hostname")),
            created_at=moment(record.get("first_seen")),
            updated_at=last,
            attributes=device_attributes(
                managed=True,  # it is listed because the company's sensor runs on it
                system=_SYSTEMS.get(platform or "", platform),
                version=text(record.get("os_version")),
                last_seen=last,
                user=text(record.get("last_login_user")),
                external_ip=text(record.get("external_ip")),
                directory_id=None,
                more=kept_fields({name: record[name] for name in _KEPT if name in record}, _KEPT),
            ),
        )


def _are_ids(value: Any) -> bool:
    return isinstance(value["resources"], list) and all(isinstance(one, str) for one in value["resources"])


def _are_devices(value: Any) -> bool:
    found = value["resources"]
    return is_list(found) and all(isinstance(one.get("device_id"), str) and one["device_id"] for one in found)


def connect_crowdstrike(context: SourceContext) -> PulledSource:
    """Stream `inventory`. Raises `SourceError`."""
    options = context.options
    client_id = needed(options, "client", "CrowdStrike needs the id of the API client: --client.")
    url = (options.get("url") or "https://api.crowdstrike.com").rstrip("/")
    token = open_token(
        context, label="CrowdStrike", address=f"{url}/oauth2/token", form=partial(_form, context, client_id)
    )
    client = open_client(context, label="CrowdStrike", url=url, limit=_A_MINUTE, manner=MANNER, token=token)
    facts = DirectoryFacts(tenant=context.tenant, source=context.name, product=_KIND)
    inventory = FalconInventory(client, facts)
    return PulledSource(
        kind=_KIND,
        name=context.name,
        label="CrowdStrike",
        clients=(client, token.client),
        events=(),
        snapshots=(
            DirectoryStream(
                name="inventory",
                scopes={"devices": inventory.devices},
                clock=context.clock,
                explain=explain_refusal,
                every_seconds=_EVERY,
            ),
        ),
        probes=(
            Probe(
                what="the devices",
                brings="devices that run the Falcon sensor: name, system, last user, when they were last seen",
                scope="Hosts: Read",
                ask=lambda: inventory.ids(None, limit=1, purpose="check", patience_seconds=8.0),
            ),
        ),
        explain=explain_refusal,
        how_to=_HOW_TO,
        not_collected=_NOT_COLLECTED,
        estimate="CrowdStrike allows 6,000 requests a minute; an inventory of 10,000 devices takes about a hundred.",
        endings=(token.close,),
    )


def _form(context: SourceContext, client: str) -> Mapping[str, str]:
    return {"client_id": client, "client_secret": context.read_secret(context.options.get("key", ""))}
