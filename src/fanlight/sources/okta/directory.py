"""Users, groups with members, and who is assigned to the Claude application.

Scopes: `users`, `groups`, `apps`. People who were deactivated are listed apart by Okta and stay visible here, because a
deactivated person with a live account elsewhere is what posture looks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from fanlight.model import Grant, Micros, ObjectVersion, account_key, parse_time
from fanlight.sources.contract import Notice, Snapshot
from fanlight.sources.http import HttpRefusal, Parameters
from fanlight.sources.okta.api import OktaApi, explain_refusal
from fanlight.sources.options import grant_key

__all__ = ["OktaDirectory", "OktaRecords"]

Record = Mapping[str, Any]

_PROFILE = (
    "login", "email", "secondEmail", "displayName", "firstName", "lastName", "employeeNumber", "department", "division",
    "title", "manager", "managerId", "countryCode", "city", "state", "timezone", "locale", "userType", "organization",
    "costCenter",
)  # fmt: skip


def _text(value: object) -> str | None:
    return value[:256] if isinstance(value, str) and value else None


def _when(value: object) -> Micros | None:
    if not isinstance(value, str) or not value:
        return None
    try:
        return parse_time(value)
    except ValueError:
        return None


def _identified(records: Iterator[Record] | list[Record]) -> Iterator[Record]:
    """The records that have an id."""
    return (record for record in records if isinstance(record.get("id"), str) and record["id"])


def _json(values: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in values.items() if value is not None}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS).decode()


class OktaRecords:
    """Directory records as objects and grants. Pure. Only named profile fields are kept; others leave their name."""

    def __init__(self, *, tenant: str, source: str) -> None:
        self._tenant = tenant
        self._source = source

    def user(self, record: Record, seen_at: Micros) -> ObjectVersion:
        """Kind `idp_user`; e-mail addresses and employee number are what identity resolution works with."""
        raw = record.get("profile")
        profile: Record = raw if isinstance(raw, Mapping) else {}
        kept: dict[str, Any] = {name: _text(profile.get(name)) for name in _PROFILE}
        kept |= {name: _text(record.get(name)) for name in ("status", "lastLogin", "activated", "statusChanged")}
        unknown = sorted(name[:64] for name in profile if name not in _PROFILE and profile[name] is not None)
        if unknown:
            kept["other_profile_fields"] = unknown
        names = (profile.get("firstName"), profile.get("lastName"))
        joined = " ".join(part for part in names if isinstance(part, str))
        status = record.get("status")
        changed = _when(record.get("statusChanged"))
        return self._object(
            "idp_user",
            record,
            seen_at,
            name=_text(profile.get("displayName")) or joined or None,
            attributes=_json(kept),
            deleted_at=(changed or _when(record.get("lastUpdated"))) if status == "DEPROVISIONED" else None,
        )

    def group(self, record: Record, seen_at: Micros) -> ObjectVersion:
        """Kind `idp_group`."""
        profile = record.get("profile")
        name = profile.get("name") if isinstance(profile, Mapping) else None
        return self._object(
            "idp_group", record, seen_at, name=_text(name), attributes=_json({"type": record.get("type")})
        )

    def member(self, group: str, user: str, seen_at: Micros) -> Grant:
        """A person is in a group; Okta does not say since when."""
        return self._grant(("user", user), ("idp_group", group), "member", "user", seen_at)

    def application(self, record: Record, seen_at: Micros) -> ObjectVersion:
        """Kind `idp_app`."""
        kept = {"status": record.get("status"), "app": record.get("name"), "signOnMode": record.get("signOnMode")}
        return self._object("idp_app", record, seen_at, name=_text(record.get("label")), attributes=_json(kept))

    def assignment(self, app: str, record: Record, seen_at: Micros) -> ObjectVersion:
        """Kind `idp_app_assignment`: the three addresses by which the application may know the person."""
        credentials, profile = record.get("credentials"), record.get("profile")
        user = str(record["id"])
        kept = {
            "user": user,
            "app": app,
            "externalId": _text(record.get("externalId")),
            "userName": _text(credentials.get("userName")) if isinstance(credentials, Mapping) else None,
            "email": _text(profile.get("email")) if isinstance(profile, Mapping) else None,
            "scope": _text(record.get("scope")),
            "status": _text(record.get("status")),
            "syncState": _text(record.get("syncState")),
        }
        return self._object(
            "idp_app_assignment", record, seen_at, object_id=f"{app}/{user}", owner=user, parent=("idp_app", app),
            attributes=_json(kept),
        )  # fmt: skip

    def assigned(self, app: str, user: str, seen_at: Micros, since: Micros | None) -> Grant:
        """A person may use the application."""
        return self._grant(("user", user), ("idp_app", app), "user", "user", seen_at, since)

    def assigned_group(self, app: str, group: str, seen_at: Micros) -> Grant:
        """A group may use the application."""
        return self._grant(("idp_group", group), ("idp_app", app), "user", "group", seen_at)

    def _object(
        self,
        kind: str,
        record: Record,
        seen_at: Micros,
        *,
        attributes: str,
        name: str | None = None,
        object_id: str | None = None,
        owner: str | None = None,
        parent: tuple[str, str] | None = None,
        deleted_at: Micros | None = None,
    ) -> ObjectVersion:
        created, updated = _when(record.get("created")), _when(record.get("lastUpdated"))
        return ObjectVersion(
            tenant=self._tenant,
            source=self._source,
            product="okta",
            kind=kind,
            object_id=object_id or str(record["id"]),
            name=name,
            parent_kind=parent[0] if parent else None,
            parent_id=parent[1] if parent else None,
            owner_account=account_key("okta", owner) if owner else None,
            created_at=created,
            updated_at=updated,
            deleted_at=deleted_at,
            valid_from=updated or created or seen_at,
            seen_at=seen_at,
            attributes=attributes,
        )

    def _grant(
        self,
        principal: tuple[str, str],
        resource: tuple[str, str],
        level: str,
        via: Any,
        seen_at: Micros,
        since: Micros | None = None,
    ) -> Grant:
        return Grant(
            tenant=self._tenant,
            source=self._source,
            product="okta",
            grant_id=grant_key("okta", *principal, *resource, level, via),
            principal_kind=principal[0],
            principal_id=principal[1],
            resource_kind=resource[0],
            resource_id=resource[1],
            level=level,
            via=via,
            valid_from=seen_at if since is None else since,
            exact_from=since is not None,
            seen_at=seen_at,
        )


class OktaDirectory:
    """The stream `directory`."""

    name = "directory"
    every_seconds = 3600.0

    def __init__(self, api: OktaApi, records: OktaRecords, *, app: str) -> None:
        self._api = api
        self._records = records
        self._app = app

    def take(self) -> Iterator[Snapshot]:
        """One snapshot a scope; a scope the token may not read gives a notice in place of rows."""
        now = self._api.clock.now()
        for scope, read in (("users", self._users), ("groups", self._groups), ("apps", self._apps)):
            try:
                yield read(now)
            except HttpRefusal as refusal:
                told = explain_refusal(refusal, f"the {scope}")
                if told.kind != "refused":
                    raise told from None
                notice = Notice(kind="coverage", sentence=str(told), at=now)
                yield Snapshot(scope=f"refused/{scope}", notices=[notice])

    def _users(self, now: Micros) -> Snapshot:
        plain = self._api.all_items("/api/v1/users", [("limit", 200)])
        records = {str(record["id"]): record for record in _identified(plain)}
        # The plain list leaves deactivated people out.
        left: Parameters = [("limit", 200), ("search", 'status eq "DEPROVISIONED"')]
        records |= {str(record["id"]): record for record in _identified(self._api.all_items("/api/v1/users", left))}
        return Snapshot(scope="users", objects=[self._records.user(record, now) for record in records.values()])

    def _groups(self, now: Micros) -> Snapshot:
        objects: dict[str, ObjectVersion] = {}
        grants: dict[str, Grant] = {}
        for record in _identified(self._api.all_items("/api/v1/groups", [("limit", 200)])):
            group = str(record["id"])
            objects[group] = self._records.group(record, now)
            for member in self._below(f"/api/v1/groups/{group}/users", [("limit", 1000)]):
                grant = self._records.member(group, str(member["id"]), now)
                grants[grant.grant_id] = grant
        return Snapshot(scope="groups", objects=list(objects.values()), grants=list(grants.values()))

    def _below(self, path: str, params: Parameters) -> list[Record]:
        """A list that belongs to one item of another list; the item may have gone meanwhile."""
        try:
            return list(_identified(self._api.all_items(path, params)))
        except HttpRefusal as refusal:
            if refusal.status == 404:
                return []
            raise

    def _apps(self, now: Micros) -> Snapshot:
        objects: dict[str, ObjectVersion] = {}
        grants: dict[str, Grant] = {}
        for record in _identified(self._api.all_items("/api/v1/apps", [("q", self._app), ("limit", 200)])):
            app = str(record["id"])
            objects[app] = self._records.application(record, now)
            for user in self._below(f"/api/v1/apps/{app}/users", [("limit", 500)]):
                assignment = self._records.assignment(app, user, now)
                objects[assignment.object_id] = assignment
                grant = self._records.assigned(app, str(user["id"]), now, _when(user.get("created")))
                grants[grant.grant_id] = grant
            for group in self._below(f"/api/v1/apps/{app}/groups", [("limit", 200)]):
                grant = self._records.assigned_group(app, str(group["id"]), now)
                grants[grant.grant_id] = grant
        notices = []
        if not objects:
            sentence = f"No Okta application is named {self._app}; people are matched by their addresses only."
            notices.append(Notice(kind="coverage", sentence=sentence, at=now))
        return Snapshot(scope="apps", objects=list(objects.values()), grants=list(grants.values()), notices=notices)
