"""The Console Admin API: API keys with their last use, members, workspaces; and last activity from Analytics.

Facts: `reference/compliance-api.md` 12.1 to 12.3. There is no "last used" field for a key: the newest day with
tokens in the usage report is the only source of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fanlight.model import DAY, Clock, Grant, Micros, ObjectVersion, day_of
from fanlight.sources.budget import SharedBudget
from fanlight.sources.claude.api import MANNER, LoopGuard, bound_text, explain_refusal, identified, is_record, when
from fanlight.sources.claude.records import RecordMapper
from fanlight.sources.contract import Notice, Snapshot, SourceError
from fanlight.sources.http import FIRST_WAIT, HttpRefusal, VendorClient

__all__ = ["AnalyticsSnapshots", "ConsoleApi", "ConsoleSnapshots"]

_ORGANIZATION = "/v1/organizations"
_LOOK_BACK = 120 * DAY
_BUCKETS = 31
_DAYS_ALONE = 7
_CALLS = ("read_call_count", "write_call_count", "unclassified_call_count")
Record = dict[str, Any]
Parameters = list[tuple[str, str | int]]


class ConsoleApi:
    """Reads `/v1/organizations/…` with an Admin or Analytics key, on a budget of its own."""

    def __init__(
        self,
        *,
        url: str,
        read_key: Callable[[], str],
        clock: Clock,
        budget: SharedBudget,
        agent_tag: str,
        patience_seconds: float,
        first_wait_seconds: float = FIRST_WAIT,
    ) -> None:
        self.clock = clock
        self.budget = budget
        self.client = VendorClient(
            label="Claude Console",
            base_url=url,
            credentials=lambda: {"x-api-key": read_key()},
            clock=clock,
            budget=budget,
            manner=MANNER,
            headers={"anthropic-version": "2023-06-01"},
            agent_tag=agent_tag,
            patience_seconds=patience_seconds,
            first_wait_seconds=first_wait_seconds,
        )

    def listed(self, path: str, params: Parameters | None = None) -> Iterator[Record]:
        """Every item of a list with `after_id` paging."""
        after: str | None = None
        guard = LoopGuard(path)
        while True:
            asked: Parameters = [("limit", 1000), *(params or [])]
            if after:
                asked.append(("after_id", after))
            answer = self._get(path, asked)
            yield from answer["data"]
            last = answer.get("last_id")
            if not answer.get("has_more") or not isinstance(last, str):
                return
            guard.step(after, last)
            after = last

    def paged(self, path: str, params: Parameters) -> Iterator[Record]:
        """Every item of a list with page tokens (reports, Analytics)."""
        token: str | None = None
        guard = LoopGuard(path)
        while True:
            answer = self._get(path, [*params, ("page", token)] if token else params)
            yield from answer["data"]
            following = answer.get("next_page")
            if not isinstance(following, str) or answer.get("has_more") is False:
                return
            guard.step(token, following)
            token = following

    def probe(self, path: str, params: Parameters) -> None:
        """One request to see whether the key works. Raises `SourceError`."""
        self._get(path, params, purpose="check", patience_seconds=8.0)

    def _get(
        self, path: str, params: Parameters, *, purpose: str = "console", patience_seconds: float | None = None
    ) -> Record:
        answer: Record = self.client.get_json(
            f"{_ORGANIZATION}/{path}",
            params,
            purpose=purpose,
            is_right=_is_listing,
            patience_seconds=patience_seconds,
        )
        return answer

    def close(self) -> None:
        """Close all connections."""
        self.client.close()


class ConsoleSnapshots:
    """The stream `console`. Scopes: `console/api_keys`, `console/workspaces`, `console/users`."""

    name = "console"
    every_seconds = 3600.0

    def __init__(self, api: ConsoleApi, mapper: RecordMapper) -> None:
        self._api = api
        self._mapper = mapper

    def take(self) -> Iterator[Snapshot]:
        """Keys with the day of their last use, workspaces with their members, members of the Console organization."""
        now = self._api.clock.now()
        try:
            yield self._keys(now)
            yield self._workspaces(now)
            yield self._users(now)
        except HttpRefusal as refusal:
            raise explain_refusal(refusal, "the Console's keys, members and workspaces") from None

    def _keys(self, now: Micros) -> Snapshot:
        records = list(identified(self._api.listed("api_keys")))
        notices: list[Notice] = []
        try:
            used = self._last_use(now)
        except SourceError:
            sentence = "The Console's usage report cannot be read, so the last use of API keys is unknown."
            notices.append(Notice(kind="coverage", sentence=sentence, at=now))
            used = None
        objects = []
        for record in records:
            extra: dict[str, Any] = {}
            if used is not None:
                extra["usage_known_from"] = day_of(now - _LOOK_BACK)
                extra["last_used_at"] = used.get(str(record["id"]))
            objects.append(self._key(record, now, extra))
        return Snapshot(scope="console/api_keys", objects=objects, notices=notices)

    def _key(self, record: Record, now: Micros, extra: dict[str, Any]) -> ObjectVersion:
        creator = record.get("created_by")
        owner = creator.get("id") if isinstance(creator, dict) else None
        scope = record.get("scope")
        workspace = scope.get("workspace_id") if isinstance(scope, dict) else record.get("workspace_id")
        return self._mapper.version(
            "api_key",
            record,
            seen_at=now,
            name=record.get("name"),
            owner=owner if isinstance(owner, str) else None,
            parent=("workspace", workspace) if isinstance(workspace, str) else None,
            extra=extra,
        )

    def _last_use(self, now: Micros) -> dict[str, str]:
        """Newest day with tokens by key id, RFC 3339 (the end of that day is not known better)."""
        params: Parameters = [
            ("starting_at", bound_text((now - _LOOK_BACK) // DAY * DAY)),
            ("bucket_width", "1d"),
            ("group_by[]", "api_key_id"),
            ("limit", _BUCKETS),
        ]
        newest: dict[str, str] = {}
        for bucket in self._api.paged("usage_report/messages", params):
            day = bucket.get("starting_at")
            results = bucket.get("results")
            for row in results if isinstance(results, list) else ():
                key = row.get("api_key_id")
                if isinstance(key, str) and isinstance(day, str) and _tokens(row) and day > newest.get(key, ""):
                    newest[key] = day
        return newest

    def _workspaces(self, now: Micros) -> Snapshot:
        objects: list[ObjectVersion] = []
        grants: list[Grant] = []
        for record in identified(self._api.listed("workspaces", [("include_archived", "true")])):
            workspace = str(record["id"])
            objects.append(self._mapper.version("workspace", record, seen_at=now, name=record.get("name")))
            for member in identified(self._api.listed(f"workspaces/{workspace}/members"), name="user_id"):
                grants.append(
                    self._mapper.grant(
                        principal=("user", str(member["user_id"])),
                        resource=("workspace", workspace),
                        level=str(member.get("workspace_role") or "unknown"),
                        via="user",
                        seen_at=now,
                    )
                )
        return Snapshot(scope="console/workspaces", objects=objects, grants=grants)

    def _users(self, now: Micros) -> Snapshot:
        """Console members as their own kind: the account itself comes from the directory of the parent."""
        objects = [
            self._mapper.version(
                "console_member",
                record,
                seen_at=now,
                name=record.get("name"),
                owner=str(record["id"]),
                created_at=when(record.get("added_at")),
                extra={"role": record.get("role"), "email": record.get("email")},
            )
            for record in identified(self._api.listed("users"))
        ]
        return Snapshot(scope="console/users", objects=objects)


class AnalyticsSnapshots:
    """The stream `analytics`: each user's last active day and use of connectors, from the Analytics API (a day late).

    Scopes: `analytics/users`, `analytics/connectors`.
    """

    name = "analytics"
    every_seconds = 86_400.0

    def __init__(self, api: ConsoleApi, mapper: RecordMapper) -> None:
        self._api = api
        self._mapper = mapper

    def take(self) -> Iterator[Snapshot]:
        """One `user_activity` object a user, one `connector_use` object a connector and user."""
        now = self._api.clock.now()
        try:
            yield self._users(now)
            yield self._connectors(now)
        except HttpRefusal as refusal:
            raise explain_refusal(refusal, "the Analytics API") from None

    def _users(self, now: Micros) -> Snapshot:
        """The last active day of each user over the last 90 days."""
        params: Parameters = [
            ("starting_date", day_of(now - 90 * DAY)),
            ("ending_date", day_of(now - 2 * DAY)),
            ("limit", 1000),
        ]
        records = list(self._api.paged("analytics/users", params))
        objects = []
        for record in records:
            user = record.get("user")
            if isinstance(user, dict) and isinstance(user.get("id"), str):
                extra = {"last_activity_date": record.get("last_activity_date"), "known_from": params[0][1]}
                objects.append(
                    self._mapper.version(
                        "user_activity", {"id": user["id"]}, seen_at=now, owner=user["id"], extra=extra
                    )
                )
        return Snapshot(scope="analytics/users", objects=objects)

    def _connectors(self, now: Micros) -> Snapshot:
        """Who used which connector in the last 30 days, with the day where that was in the last week.

        A row names no day, so the days of the last week are asked for one by one; of what is older only the window is
        known, and its first day counts, which is not too late.
        """
        newest = now - 2 * DAY
        window = (now - 30 * DAY, newest)
        found: dict[tuple[str, str], Record] = {}
        last: dict[tuple[str, str], Micros] = {}
        for first, until in (window, *((newest - back * DAY,) * 2 for back in reversed(range(_DAYS_ALONE)))):
            params: Parameters = [
                ("starting_date", day_of(first)),
                ("ending_date", day_of(until)),
                ("group_by[]", "user_id"),
                ("limit", 1000),
            ]
            for record in self._api.paged("analytics/connectors", params):
                name, user = record.get("connector_name"), record.get("user_id")
                if not isinstance(name, str) or not name or not _calls(record):
                    continue
                key = (name, user if isinstance(user, str) else "")
                last[key] = first // DAY * DAY
                found.setdefault(key, record)  # the counts are those of the window
        objects = [
            self._connector_use(name, user, record, last[name, user], window, now)
            for (name, user), record in found.items()
        ]
        return Snapshot(scope="analytics/connectors", objects=objects)

    def _connector_use(
        self, name: str, user: str, record: Record, at: Micros, window: tuple[Micros, Micros], now: Micros
    ) -> ObjectVersion:
        shown = record.get("connector_display_name")
        return self._mapper.version(
            "connector_use",
            {"id": f"{name}/{user}" if user else name, "updated_at": bound_text(at)},
            seen_at=now,
            name=shown if isinstance(shown, str) and shown else name,
            owner=user or None,
            extra={
                "connector_name": name,
                "known_from": day_of(window[0]),
                "known_until": day_of(window[1]),
                "conversations": _conversations(record),
                **{field: record.get(field) for field in _CALLS},
            },
        )


def _is_listing(value: Any) -> bool:
    return is_record(value) and isinstance(value["data"], list) and all(type(item) is dict for item in value["data"])


def _calls(record: Record) -> int:
    """How often it was used. Rows of groups may stand there with nothing in them."""
    return sum(value for field in _CALLS if isinstance(value := record.get(field), int)) + _conversations(record)


def _conversations(record: Record) -> int:
    """Chats and sessions in which it was used, over all products that the vendor names now or later."""
    return sum(
        value
        for block in record.values()
        if isinstance(block, dict)
        for field, value in block.items()
        if field.endswith("_connector_used_count") and isinstance(value, int)
    )


def _tokens(row: Record) -> bool:
    return any(
        isinstance(value, int) and not isinstance(value, bool) and value > 0
        for name, value in row.items()
        if name.endswith("tokens")
    )
