"""One connected GitHub organization or enterprise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from fanlight.model import DAY, SECOND, Micros, format_time
from fanlight.sources.contract import SourceContext
from fanlight.sources.github_audit.api import GitHubApi, explain_refusal
from fanlight.sources.github_audit.directory import GitHubDirectory
from fanlight.sources.github_audit.mapping import KIND, LOG
from fanlight.sources.http import Parameters
from fanlight.sources.logs import LinkedLog, PageReader, Record
from fanlight.sources.options import number_of
from fanlight.sources.pulled import DirectoryFacts, DirectoryStream, Probe, PulledSource

__all__ = ["connect_github"]

_KEPT = 180 * DAY
_HOW_TO = (
    "An owner of the organization makes a personal access token with read:audit_log and read:org (of the enterprise: "
    "read:audit_log and read:enterprise), nothing that writes; where single sign-on is on, authorise it there.",
    "An owner turns on the disclosure of IP addresses under Settings, Audit log, Settings; else rows have none.",
)
_NOT_COLLECTED = (
    "Git events older than seven days: GitHub does not keep them. Large companies stream the audit log to Fanlight.",
    "SAML identities of people who are not provisioned by SCIM: GitHub gives them by GraphQL only, for which something "
    "would have to be sent; the address in the audit log's own rows takes their place.",
    "Addresses of sign-ins and of public or personal resources: GitHub hides them unless users are managed.",
    "Code, issues and pull requests: they are not asked for.",
)


def connect_github(context: SourceContext) -> PulledSource:
    """Streams `audit_log`, `directory`. Raises `SourceError`."""
    api = GitHubApi(context)
    directory = GitHubDirectory(api, DirectoryFacts(tenant=context.tenant, source=context.name, product=KIND))
    path = f"/enterprises/{api.enterprise}/audit-log" if api.enterprise else f"/orgs/{api.organization}/audit-log"
    page = int(min(100, number_of(context.options, "log_page", 100)))

    return PulledSource(
        kind=KIND,
        name=context.name,
        label="GitHub",
        clients=(api.audit, api.lists),
        events=(
            LinkedLog(
                reader=PageReader(
                    what="the audit log of GitHub",
                    map_record=partial(LOG.read, context=context),
                    clock=context.clock,
                    explain=lambda refusal: explain_refusal(refusal, "the audit log"),
                ),
                ask=partial(_ask, api, path, page),
                history=_KEPT,
                history_words="180 days ago",
                poll_seconds=300.0,
            ),
        ),
        snapshots=(
            DirectoryStream(
                scopes={
                    "members": directory.members,
                    "teams": directory.teams,
                    "repositories": directory.repositories,
                },
                clock=context.clock,
                explain=explain_refusal,
                every_seconds=6 * 3600.0,
            ),
        ),
        probes=_probes(api, path),
        explain=explain_refusal,
        how_to=_HOW_TO,
        not_collected=_NOT_COLLECTED,
        estimate="GitHub allows 1,750 requests an hour for the audit log; this source uses half of them.",
    )


def _ask(
    api: GitHubApi, path: str, page: int, link: str | None, since: Micros, until: Micros | None, purpose: str
) -> tuple[Sequence[Record], str | None]:
    """Oldest first; the order is that of `@timestamp`, which `created` in the search means too."""
    if link is not None:
        return api.page(api.audit, link, purpose=purpose)
    bounds = f"created:>={_second(since)}"
    if until is not None:
        bounds = f"created:{_second(since)}..{_second(until + SECOND - 1)}"
    params: Parameters = [("phrase", bounds), ("include", "all"), ("order", "asc"), ("per_page", page)]
    return api.page(api.audit, path, params, purpose=purpose)


def _second(at: Micros) -> str:
    return format_time(at // SECOND * SECOND)[:19] + "Z"


def _probes(api: GitHubApi, path: str) -> tuple[Probe, ...]:
    def asks(address: str) -> Callable[[], object]:
        client = api.audit if address == path else api.lists
        return lambda: api.page(client, address, [("per_page", 1)], purpose="check", patience_seconds=8.0)

    org = f"/orgs/{api.organization}"
    return (
        Probe(what="the audit log", brings="the audit log of 180 days and git events of seven",
              scope="read:audit_log", ask=asks(path)),
        Probe(what="the members", brings="members, their role and the address they were provisioned with",
              scope="read:org", ask=asks(f"{org}/members")),
        Probe(what="the teams", brings="teams and who is in them", scope="read:org", ask=asks(f"{org}/teams")),
        Probe(what="the repositories", brings="repositories and who may read or change them",
              scope="read access to repositories", ask=asks(f"{org}/repos")),
    )  # fmt: skip
