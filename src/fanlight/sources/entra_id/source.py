"""One connected Entra ID tenant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from fanlight.model import DAY, SECOND, Micros, format_time
from fanlight.sources.contract import SourceContext
from fanlight.sources.entra_id.api import GraphApi, explain_refusal
from fanlight.sources.entra_id.directory import EntraDirectory
from fanlight.sources.entra_id.mapping import KIND, LOG
from fanlight.sources.logs import PageReader, Record, WindowedLog
from fanlight.sources.options import number_of
from fanlight.sources.pulled import DirectoryFacts, DirectoryStream, Probe, PulledSource

__all__ = ["connect_entra"]

_KEPT = 30 * DAY  # with P1 or P2; 7 days without
_AUDITS = "/v1.0/auditLogs/directoryAudits"
_SIGN_INS = "/v1.0/auditLogs/signIns"
_ALL_SIGN_INS = "/beta/auditLogs/signIns"
_NOT_INTERACTIVE = " and signInEventTypes/any(t: t ne 'interactiveUser')"
_HOW_TO = (
    "In the Entra admin centre, under App registrations, make an app; an administrator grants it the application "
    "permissions AuditLog.Read.All, Directory.Read.All and RoleManagement.Read.Directory, nothing that writes.",
    "Under Certificates and secrets add a certificate (better; give private key and certificate in one PEM file) or a "
    "client secret.",
)
_NOT_COLLECTED = (
    "Whether Claude accepted a sign-in: Entra ID records the hand-over only; Claude's own feed says the rest.",
    "Sign-ins older than 30 days (7 without a P1 or P2 licence): Entra ID does not keep them.",
    "Risk detections: they need P2 and further rights; risk levels of sign-ins are kept where Entra ID shows them.",
)


def connect_entra(context: SourceContext) -> PulledSource:
    """Streams `sign_ins`, `other_sign_ins`, `directory_audits`, `directory`. Raises `SourceError`."""
    api = GraphApi(context)
    facts = DirectoryFacts(tenant=context.tenant, source=context.name, product=KIND)
    directory = EntraDirectory(api, facts, app=context.options.get("app") or "Claude")
    page = int(min(999, number_of(context.options, "log_page", 999)))

    def log(name: str, what: str, path: str, field: str, more: str = "", poll: float = 60.0) -> WindowedLog:
        return WindowedLog(
            name=name,
            poll_seconds=poll,
            reader=PageReader(
                what=what,
                map_record=partial(LOG.read, context=context),
                clock=context.clock,
                explain=lambda refusal: explain_refusal(refusal, what),
            ),
            ask=partial(_ask, api, path, field, more, page),
            history=_KEPT,
        )

    return PulledSource(
        kind=KIND,
        name=context.name,
        label="Entra ID",
        clients=(api.reports, api.directory, api.token.client),
        events=(
            log("sign_ins", "the sign-ins", _SIGN_INS, "createdDateTime"),
            log("other_sign_ins", "the silent sign-ins", _ALL_SIGN_INS, "createdDateTime", _NOT_INTERACTIVE, 300),
            log("directory_audits", "the directory audits", _AUDITS, "activityDateTime"),
        ),
        snapshots=(
            DirectoryStream(
                scopes={
                    "users": directory.users,
                    "groups": directory.groups,
                    "apps": directory.apps,
                    "roles": directory.roles,
                },
                clock=context.clock,
                explain=explain_refusal,
            ),
        ),
        probes=_probes(api),
        explain=explain_refusal,
        how_to=_HOW_TO,
        not_collected=_NOT_COLLECTED,
        estimate="Graph allows 5 report requests in 10 seconds; this source uses half of them.",
        endings=(api.token.close,),
    )  # fmt: skip


def _ask(
    api: GraphApi,
    path: str,
    field: str,
    more: str,
    page: int,
    since: Micros,
    until: Micros | None,
    token: str | None,
    purpose: str,
) -> tuple[Sequence[Record], str | None]:
    """Bounds in whole seconds, outwards: what comes twice for it is recognised."""
    if token is not None:
        return api.page(api.reports, token, purpose=purpose)
    bounds = f"{field} ge {_second(since)}"
    if until is not None:
        bounds += f" and {field} lt {_second(until + SECOND - 1)}"
    return api.page(api.reports, path, [("$filter", bounds + more), ("$top", page)], purpose=purpose)


def _second(at: Micros) -> str:
    return format_time(at // SECOND * SECOND)[:19] + "Z"


def _probes(api: GraphApi) -> tuple[Probe, ...]:
    def asks(path: str) -> Callable[[], object]:
        client = api.reports if "auditLogs" in path else api.directory
        return lambda: api.page(client, path, [("$top", 1)], purpose="check", patience_seconds=8.0)

    return (
        Probe(what="the sign-ins", brings="sign-ins with place, device and risk of the last 30 days",
              scope="AuditLog.Read.All", ask=asks(_SIGN_INS)),
        Probe(what="the directory audits", brings="changes of people, groups, roles and applications",
              scope="AuditLog.Read.All", ask=asks(_AUDITS)),
        Probe(what="the users", brings="people with addresses, personnel number, department and status",
              scope="Directory.Read.All", ask=asks("/v1.0/users")),
        Probe(what="the groups", brings="groups and their members",
              scope="Directory.Read.All", ask=asks("/v1.0/groups")),
        Probe(what="the directory roles", brings="who administers the directory",
              scope="RoleManagement.Read.Directory", ask=asks("/v1.0/roleManagement/directory/roleDefinitions")),
    )  # fmt: skip
