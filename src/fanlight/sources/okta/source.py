"""One connected Okta organization."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fanlight.model import Micros, ObjectVersion
from fanlight.sources.contract import (
    ContentPart,
    ContentRef,
    EventStream,
    InventoryStream,
    SnapshotStream,
    SourceContext,
    SourceError,
    SourceReport,
)
from fanlight.sources.http import HttpRefusal
from fanlight.sources.okta.api import OktaApi, explain_refusal
from fanlight.sources.okta.directory import OktaDirectory, OktaRecords
from fanlight.sources.okta.log import system_log
from fanlight.sources.okta.mapping import LogEventMapper
from fanlight.sources.options import number_of

__all__ = ["OktaSource"]

_PROBES = (
    ("the System Log", "/api/v1/logs", "sign-ins, application access, group and privilege changes of the last 90 days"),
    ("the users", "/api/v1/users", "people with addresses, employee number, department, time zone and status"),
    ("the groups", "/api/v1/groups", "groups and their members"),
    ("the applications", "/api/v1/apps", "who is assigned to Claude, and by which address Claude knows them"),
)
_HOW_TO = (
    "Make an API token in the Okta admin console under Security, API, Tokens, as a read-only administrator; "
    "it stops working when that administrator leaves or after 30 days without use.",
    "Better: a service application with the scopes okta.logs.read, okta.users.read, okta.groups.read, okta.apps.read.",
)


class OktaSource:
    """Implements `contract.Source`. Okta holds no content, so there is no inventory."""

    kind = "okta"

    def __init__(self, context: SourceContext) -> None:
        options = context.options
        if not options.get("url"):
            raise SourceError("Okta needs an address, for example --url https://company.okta.com.", kind="refused")
        self.name = context.name
        self.api = OktaApi(context)
        mapper = LogEventMapper(tenant=context.tenant, source=context.name, content_key=context.content_key)
        page = int(min(1000, number_of(options, "log_page", 1000)))
        self._events: list[EventStream] = [system_log(self.api, mapper, page=page)]
        records = OktaRecords(tenant=context.tenant, source=context.name)
        self._snapshots: list[SnapshotStream] = [OktaDirectory(self.api, records, app=options.get("app") or "Claude")]

    def event_streams(self) -> Sequence[EventStream]:
        """`system_log`."""
        return self._events

    def snapshot_streams(self) -> Sequence[SnapshotStream]:
        """`directory`."""
        return self._snapshots

    def inventory_streams(self) -> Sequence[InventoryStream]:
        """None."""
        return ()

    def read_content(self, ref: ContentRef, since: Micros | None) -> Iterator[ContentPart | ContentRef | ObjectVersion]:
        """Okta has nothing to read."""
        del since
        raise SourceError(f"Okta has no content of kind {ref.kind}.", kind="refused")

    def check(self) -> SourceReport:
        """One small request an area; never raises."""
        collected, missing, names = [], [], []
        for what, path, brings in _PROBES:
            client = self.api.log if path.endswith("logs") else self.api.lists
            try:
                self.api.page(client, path, [("limit", 1)], purpose="check", patience_seconds=8.0)
            except HttpRefusal as refusal:
                if refusal.status != 403:
                    return self._failed(explain_refusal(refusal, "this address"))
                missing.append(what)
                continue
            except SourceError as trouble:
                return self._failed(trouble)
            collected.append(brings)
            names.append(what)
        if missing:
            headline = f"The token works in part: it may not read {', '.join(missing)}."
        else:
            headline = "The token works and reads the log, users, groups and applications."
        limit = self.api.log.budget.announced
        return SourceReport(
            reachable=True,
            works=bool(collected),
            headline=headline,
            scopes_found=tuple(names),
            scopes_missing=tuple(missing),
            collected=tuple(collected),
            not_collected=(
                "Whether Claude accepted a sign-in: Okta records the hand-over only; Claude's own feed says the rest.",
                "Events older than 90 days: Okta does not keep them.",
            ),
            how_to=_HOW_TO if missing else (),
            estimate=f"Okta allows {limit} log requests a minute; this source uses half of them." if limit else "",
        )

    @staticmethod
    def _failed(trouble: SourceError) -> SourceReport:
        return SourceReport(reachable=trouble.kind != "unreachable", works=False, headline=str(trouble), how_to=_HOW_TO)

    def requests(self) -> Mapping[str, int]:
        """Requests by purpose; a retry counts as `<purpose>:retry`."""
        spent = dict(self.api.log.budget.spent())
        for purpose, count in self.api.lists.budget.spent().items():
            spent[purpose] = spent.get(purpose, 0) + count
        return spent

    def close(self) -> None:
        """Close all connections."""
        self.api.close()
