"""One connected Google Workspace customer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from fanlight.model import DAY, Micros, format_time
from fanlight.sources.contract import SourceContext, SourceError
from fanlight.sources.google_workspace.api import SCOPES, GoogleApi, explain_refusal
from fanlight.sources.google_workspace.directory import GoogleDirectory
from fanlight.sources.google_workspace.mapping import KIND, LOG
from fanlight.sources.http import Parameters
from fanlight.sources.logs import PageReader, Record, WindowedLog
from fanlight.sources.options import number_of
from fanlight.sources.pulled import DirectoryFacts, DirectoryStream, Probe, PulledSource

__all__ = ["connect_google"]

_KEPT = 180 * DAY
_REPORTS = "/admin/reports/v1/activity/users/all/applications/"
_USUAL = "login,admin,drive,token,saml"
_HOW_TO = (
    "In a Google Cloud project turn on the Admin SDK API, make a service account and a JSON key for it.",
    "In the Admin console under Security, API controls, Domain-wide delegation, a super administrator adds the "
    f"account's client id with exactly these scopes: {', '.join(SCOPES)}.",
    "Name an administrator who may see reports, users, groups and roles: the service account reads in that name.",
)
_NOT_COLLECTED = (
    "Titles of documents are sealed and labelled in memory; what stands in documents and mails is never asked for.",
    "Activities older than about six months: Google does not keep them, and warns that rare ones may be missing.",
    "Whether Claude accepted a sign-in: Google records the hand-over only; Claude's own feed says the rest.",
)


def connect_google(context: SourceContext) -> PulledSource:
    """One stream for each application, and `directory`. Raises `SourceError`."""
    api = GoogleApi(context)
    directory = GoogleDirectory(api, DirectoryFacts(tenant=context.tenant, source=context.name, product=KIND))
    applications = [name.strip() for name in (context.options.get("applications") or _USUAL).split(",") if name.strip()]
    if not all(re.fullmatch(r"[a-z_]{2,40}", name) for name in applications):
        raise SourceError("Applications are names such as login, drive or saml, with commas between.", kind="refused")
    page = int(min(1000, number_of(context.options, "log_page", 1000)))

    def log(application: str) -> WindowedLog:
        what = f"the {application} report of Google"
        return WindowedLog(
            name=application,
            reader=PageReader(
                what=what,
                map_record=partial(LOG.read, context=context),
                clock=context.clock,
                explain=lambda refusal: explain_refusal(refusal, what),
            ),
            ask=partial(_ask, api, _REPORTS + application, page),
            history=_KEPT,
            poll_seconds=120.0,
            widest=7 * DAY,
        )

    scopes = {"users": directory.users, "groups": directory.groups, "roles": directory.roles}
    return PulledSource(
        kind=KIND,
        name=context.name,
        label="Google",
        clients=(api.client, api.token.client),
        events=tuple(log(application) for application in applications),
        snapshots=(DirectoryStream(scopes=scopes, clock=context.clock, explain=explain_refusal),),
        probes=_probes(api, applications),
        explain=explain_refusal,
        how_to=_HOW_TO,
        not_collected=_NOT_COLLECTED,
        estimate="Google allows 2,400 requests a minute; this source uses half of them.",
        endings=(api.token.close,),
    )


def _ask(
    api: GoogleApi, path: str, page: int, since: Micros, until: Micros | None, token: str | None, purpose: str
) -> tuple[Sequence[Record], str | None]:
    """Without filters: filtered requests fall under a quota ten times smaller."""
    bounds: Parameters = [("startTime", _milli(since)), *([("endTime", _milli(until))] if until is not None else [])]
    return api.page(path, "items", [*bounds, ("maxResults", page)], token, purpose=purpose)


def _milli(at: Micros) -> str:
    return format_time(at)[:23] + "Z"


def _probes(api: GoogleApi, applications: Sequence[str]) -> tuple[Probe, ...]:
    def asks(path: str, field: str, *more: tuple[str, str | int]) -> Callable[[], object]:
        return lambda: api.page(path, field, [*more, ("maxResults", 1)], None, purpose="check", patience_seconds=8.0)

    mine, directory = ("customer", "my_customer"), "/admin/directory/v1"
    return (
        Probe(what="the reports", brings=f"activities of {', '.join(applications)} of the last six months",
              scope=SCOPES[0], ask=asks(_REPORTS + applications[0], "items")),
        Probe(what="the users", brings="people with addresses, aliases, personnel number, unit and status",
              scope=SCOPES[1], ask=asks(f"{directory}/users", "users", mine)),
        Probe(what="the groups", brings="groups and their members",
              scope=SCOPES[2], ask=asks(f"{directory}/groups", "groups", mine)),
        Probe(what="the roles", brings="who administers Google Workspace",
              scope=SCOPES[3], ask=asks(f"{directory}/customer/my_customer/roles", "items")),
    )  # fmt: skip
