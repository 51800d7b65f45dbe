"""Machines of Defender for Endpoint, and who was signed in on those that Entra ID does not know.

Facts: `reference/sources.md` section 9, and the vendor's page on the machine resource: `onboardingStatus` is
`onboarded`, `CanBeOnboarded` (discovered, without Defender), `Unsupported` or `InsufficientInfo`; `lastSeen` is the
last full report, which comes once a day; an `aadDeviceId` may stand at several machines.
"""

from __future__ import annotations

from typing import Any

from fanlight.model import DAY, Micros, ObjectVersion
from fanlight.sources.contract import Notice, Snapshot, SourceContext, SourceError
from fanlight.sources.http import HttpRefusal, VendorClient
from fanlight.sources.logs import Record
from fanlight.sources.microsoft import MANNER, app_token, odata_items, odata_page
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
from fanlight.sources.vendor import open_client

__all__ = ["connect_defender"]

_KIND = "defender"
_MACHINES = "/api/machines"
_AN_HOUR = 1500
_EVERY = 4 * 3600.0
_MACHINES_A_PAGE = 10_000
_MOST_ASKED = 200
"""Machines whose users are asked for in one pass: one request each, of 1,500 an hour for everything."""
_RECENT: Micros = 2 * DAY
_MANAGED = {"onboarded": True, "canbeonboarded": False}
_KEPT = ("onboardingStatus", "healthStatus", "managedBy", "isAadJoined")
_NO_DEVICE = "00000000-0000-0000-0000-000000000000"
_SYSTEMS = (
    ("macos", "macOS"), ("windows", "Windows"), ("ios", "iOS"), ("android", "Android"), ("linux", "Linux"),
    ("ubuntu", "Linux"), ("redhat", "Linux"), ("debian", "Linux"), ("centos", "Linux"), ("suse", "Linux"),
    ("fedora", "Linux"), ("oracle", "Linux"), ("amazon", "Linux"),
)  # fmt: skip
_HOW_TO = (
    "In the Entra admin centre, under App registrations, make an app; under API permissions, APIs my organization "
    "uses, WindowsDefenderATP, an administrator grants it the application permissions Machine.Read.All and "
    "User.Read.All, nothing that writes.",
    "Under Certificates and secrets add a certificate (better; give private key and certificate in one PEM file) or a "
    "client secret.",
)
_NOT_COLLECTED = (
    "Who was signed in on a device that Entra ID knows: it takes a request a device, and the id at Entra ID says it.",
    "Risk and exposure levels, alerts and software of devices: nothing here needs them.",
    "Devices that Defender neither runs on nor has discovered.",
)


def explain_refusal(refusal: HttpRefusal, what: str) -> SourceError:
    """The same refusal in an operator's words."""
    if refusal.status == 403:
        return SourceError(
            f"The app may not read {what} of Defender; it needs Machine.Read.All and User.Read.All of "
            "WindowsDefenderATP, with admin consent.",
            kind="refused",
        )
    if refusal.status == 404:
        return SourceError(f"Defender answers 404 for {what}; is --url its address?", kind="refused")
    return refusal


class DefenderInventory:
    """Reads one tenant's machines."""

    def __init__(self, client: VendorClient, facts: DirectoryFacts) -> None:
        self._client = client
        self._facts = facts

    def devices(self, now: Micros) -> Snapshot:
        """Every machine; of the recent ones without an id at Entra ID also who was signed in last."""
        records = list(odata_items(self._client, _MACHINES, [("$top", _MACHINES_A_PAGE)]))
        notices: list[Notice] = []
        alone = [
            record for record in records
            if directory_id(record) is None and (moment(record.get("lastSeen")) or 0) > now - _RECENT
        ]  # fmt: skip
        alone.sort(key=lambda record: str(record.get("lastSeen")), reverse=True)
        users: dict[str, str | None] = {}
        try:
            for record in alone[:_MOST_ASKED]:
                users[str(record["id"])] = self._user(str(record["id"]))
        except HttpRefusal as refusal:
            if explain_refusal(refusal, "").kind != "refused":
                raise
            sentence = "Defender does not say who was signed in on devices; the app lacks User.Read.All."
            notices.append(Notice(kind="coverage", sentence=sentence, at=now))
        objects = [self._device(record, users.get(str(record["id"])), now) for record in records]
        return Snapshot(scope="devices", objects=objects, notices=notices)

    def _user(self, machine: str) -> str | None:
        """The account that was signed in last, as `name` or `DOMAIN\\name`."""
        try:
            found = list(odata_items(self._client, f"{_MACHINES}/{machine}/logonusers"))
        except HttpRefusal as refusal:
            if refusal.status == 404:
                return None  # the machine went meanwhile
            raise
        last = max(found, key=lambda user: str(user.get("lastSeen") or ""), default=None)
        return text(last.get("accountName")) if last is not None else None

    def _device(self, record: Record, user: str | None, now: Micros) -> ObjectVersion:
        last = moment(record.get("lastSeen"))
        platform = text(record.get("osPlatform"))
        standing = str(record.get("onboardingStatus") or "").lower()
        return self._facts.object(
            "device",
            str(record["id"]),
            now,
            name=text(record.get("computerDnsName")),
            created_at=moment(record.get("firstSeen")),
            updated_at=last,
            attributes=device_attributes(
                managed=_MANAGED.get(standing),
                system=_system(platform),
                version=text(record.get("version")),
                last_seen=last,
                user=user,
                external_ip=text(record.get("lastExternalIpAddress")),
                directory_id=directory_id(record),
                more=kept_fields({name: record[name] for name in _KEPT if name in record}, _KEPT),
            ),
        )


def directory_id(record: Record) -> str | None:
    """The machine's id at Entra ID; what stands there for "none" is none."""
    found = text(record.get("aadDeviceId"))
    return None if found is None or found == _NO_DEVICE else found.lower()


def _system(platform: str | None) -> str | None:
    lowered = (platform or "").lower()
    return next((name for word, name in _SYSTEMS if word in lowered), platform)


def connect_defender(context: SourceContext) -> PulledSource:
    """Stream `inventory`. Raises `SourceError`."""
    options = context.options
    url = options.get("url") or "https://api.security.microsoft.com"
    scope = options.get("scope") or "https://api.securitycenter.microsoft.com/.default"
    token = app_token(context, label="Defender", scope=scope)
    client = open_client(
        context, label="Defender", url=url, limit=_AN_HOUR, window_seconds=3600.0, burst_seconds=300.0,
        manner=MANNER, token=token,
    )  # fmt: skip
    facts = DirectoryFacts(tenant=context.tenant, source=context.name, product=_KIND)
    inventory = DefenderInventory(client, facts)

    def ask() -> Any:
        return odata_page(client, _MACHINES, [("$top", 1)], purpose="check", patience_seconds=8.0)

    return PulledSource(
        kind=_KIND,
        name=context.name,
        label="Defender",
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
                brings="devices with and without Defender: name, system, id at Entra ID, when they were last seen",
                scope="Machine.Read.All",
                ask=ask,
            ),
        ),
        explain=explain_refusal,
        how_to=_HOW_TO,
        not_collected=_NOT_COLLECTED,
        estimate="Defender allows 100 requests a minute and 1,500 an hour; a page holds 10,000 devices.",
        endings=(token.close,),
    )
