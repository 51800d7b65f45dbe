"""Full lists that have no change feed: organizations, users, roles, groups, settings, projects with collaborators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from fanlight.model import Grant, Micros, ObjectVersion
from fanlight.sources.claude.api import ClaudeApi, explain_refusal, identified, when
from fanlight.sources.claude.records import RecordMapper
from fanlight.sources.contract import Notice, Snapshot, SourceError
from fanlight.sources.http import HttpRefusal

__all__ = ["DirectorySnapshots", "ProjectSnapshots"]

Record = dict[str, Any]


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


class DirectorySnapshots:
    """The stream `directory`. Scopes: `organizations`, `users`, `roles`, `groups`, `settings`.

    A person can be a member of several organizations, so `users` is one scope over all of them: the account is one
    object, each membership one grant on an organization with the built-in role as level.
    """

    name = "directory"
    every_seconds = 900.0

    def __init__(self, api: ClaudeApi, mapper: RecordMapper) -> None:
        self._api = api
        self._mapper = mapper

    def take(self) -> Iterator[Snapshot]:
        """One snapshot a scope. A scope the key may not read gives a notice in place of rows."""
        now = self._api.clock.now()
        organizations = list(identified(self._organizations(), name="uuid"))
        yield Snapshot(
            scope="organizations",
            objects=[
                self._mapper.version(
                    "organization",
                    record,
                    seen_at=now,
                    object_id=str(record["uuid"]),
                    organization=str(record["uuid"]),
                    name=_name(record.get("name")),
                )
                for record in organizations
            ],
        )
        ids = [str(record["uuid"]) for record in organizations]
        yield from self._scope("users", lambda: self._users(ids, now))
        yield from self._scope("roles", lambda: self._roles(ids, now))
        yield from self._scope("groups", lambda: self._groups(now))
        yield from self._scope("settings", lambda: self._settings(ids, now))

    def _organizations(self) -> list[Record]:
        try:
            return list(self._api.all_items("/organizations", purpose="directory", limit=1000))
        except HttpRefusal as refusal:
            raise explain_refusal(refusal, "the organizations") from None

    def _scope(self, scope: str, read: Callable[[], Snapshot]) -> Iterator[Snapshot]:
        try:
            yield read()
        except HttpRefusal as refusal:
            told = explain_refusal(refusal, f"the {scope}")
            if told.kind == "unreachable":
                raise told from None
            yield Snapshot(
                scope=f"refused/{scope}",
                notices=[Notice(kind="coverage", sentence=str(told), at=self._api.clock.now())],
            )

    def _users(self, organizations: list[str], now: Micros) -> Snapshot:
        records: dict[str, Record] = {}
        roles: dict[str, dict[str, str]] = {}
        grants: list[Grant] = []
        for organization in organizations:
            path = f"/organizations/{organization}/users"
            for record in identified(self._api.all_items(path, purpose="directory", limit=1000)):
                user, role = str(record["id"]), str(record.get("organization_role") or "user")
                records[user] = record
                roles.setdefault(user, {})[organization] = role
                grants.append(
                    self._mapper.grant(
                        principal=("user", user),
                        resource=("organization", organization),
                        level=role,
                        via="user",
                        seen_at=now,
                    )
                )
        objects = [
            self._mapper.version(
                "user",
                record,
                seen_at=now,
                name=_name(record.get("full_name")),
                extra={"organization_roles": roles[user]},
            )
            for user, record in records.items()
        ]
        return Snapshot(scope="users", objects=objects, grants=grants)

    def _roles(self, organizations: list[str], now: Micros) -> Snapshot:
        objects: dict[str, ObjectVersion] = {}
        for organization in organizations:
            path = f"/organizations/{organization}/roles"
            for record in identified(self._api.all_items(path, purpose="directory", limit=1000)):
                permissions = [
                    {name: item.get(name) for name in ("action", "resource_type", "resource_id")}
                    for item in self._below(f"{path}/{record['id']}/permissions")
                ]
                objects[str(record["id"])] = self._mapper.version(
                    "role",
                    record,
                    seen_at=now,
                    name=_name(record.get("name")),
                    organization=organization,
                    extra={"permissions": sorted(permissions, key=str)},
                )
        return Snapshot(scope="roles", objects=list(objects.values()))

    def _groups(self, now: Micros) -> Snapshot:
        objects: list[ObjectVersion] = []
        grants: list[Grant] = []
        for record in identified(self._api.all_items("/groups", purpose="directory", limit=1000)):
            roles = record.get("roles")
            group = str(record["id"])
            objects.append(self._mapper.version("group", record, seen_at=now, name=_name(record.get("name"))))
            grants += [
                self._mapper.grant(
                    principal=("group", group), resource=("role", str(role)), level="member", via="group", seen_at=now
                )
                for role in (roles if isinstance(roles, list) else ())
            ]
            for member in identified(self._below(f"/groups/{group}/members"), name="user_id"):
                grants.append(
                    self._mapper.grant(
                        principal=("user", str(member["user_id"])),
                        resource=("group", group),
                        level="member",
                        via="user",
                        seen_at=now,
                        valid_from=when(member.get("created_at")),
                    )
                )
        return Snapshot(scope="groups", objects=objects, grants=grants)

    def _below(self, path: str) -> list[Record]:
        """A list that belongs to one item of another list; the item may have gone meanwhile."""
        try:
            return list(self._api.all_items(path, purpose="directory", limit=1000))
        except HttpRefusal as refusal:
            if refusal.status == 404:
                return []
            raise

    def _settings(self, organizations: list[str], now: Micros) -> Snapshot:
        """One `settings` object an organization, one `compliance_key` a key. A missing row is not "off"."""
        objects: dict[tuple[str, str], ObjectVersion] = {}
        keys: dict[str, Record] = {}
        for organization in organizations:
            try:
                record = self._api.record(f"/organizations/{organization}/settings", purpose="directory")
            except HttpRefusal as refusal:
                # Console organizations without the feature answer 404; others are still read.
                if refusal.status == 404 and len(organizations) > 1:
                    continue
                raise
            objects["settings", organization] = self._settings_object(organization, record, now)
            listed = record.get("api_keys")
            for key in identified(item for item in (listed if isinstance(listed, list) else ()) if type(item) is dict):
                keys[str(key["id"])] = key
        own = self._api.own_key(list(keys.values()), purpose="directory") if keys else None
        for key in keys.values():
            objects["compliance_key", str(key["id"])] = self._mapper.version(
                "compliance_key",
                key,
                seen_at=now,
                name=_name(key.get("name")),
                owner=_name(key.get("created_by_id")),
                # The rows of our own requests are not stored, so nothing else would say that this key is in use.
                extra={"used_by_fanlight": True} if key is own else {},
            )
        if not objects:
            raise SourceError("No linked organization shows its settings to this key.", kind="refused")
        return Snapshot(scope="settings", objects=list(objects.values()))

    def _settings_object(self, organization: str, record: Mapping[str, Any], now: Micros) -> ObjectVersion:
        values = {
            str(row["name"]): row.get("value")
            for row in _rows(record.get("settings"))
            if isinstance(row.get("name"), str)
        }
        return self._mapper.version(
            "settings", {"id": organization}, seen_at=now, organization=organization, extra=_storable(values)
        )


def _rows(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _storable(values: dict[str, Any]) -> dict[str, Any]:
    """Settings are switches, numbers, lists of domains and ranges; anything long is cut to its shape."""
    return {
        name: value
        if len(orjson.dumps(value, default=str)) <= 8192
        else {"type": type(value).__name__, "length": len(str(value))}
        for name, value in values.items()
    }


class ProjectSnapshots:
    """The stream `project_access`. Scopes: `projects` (all of them), `collaborators/<project id>` (its grants)."""

    name = "project_access"
    every_seconds = 3600.0

    def __init__(self, api: ClaudeApi, mapper: RecordMapper) -> None:
        self._api = api
        self._mapper = mapper

    def take(self) -> Iterator[Snapshot]:
        """The list of projects, then one snapshot a project. A project deleted meanwhile has no grants left."""
        now = self._api.clock.now()
        try:
            records = list(identified(self._api.all_items("/apps/projects", purpose="directory", limit=100)))
        except HttpRefusal as refusal:
            raise explain_refusal(refusal, "the projects") from None
        yield Snapshot(scope="projects", objects=[self._mapper.project(record, now) for record in records])
        for record in records:
            yield self._grants(record, now)

    def _grants(self, record: Record, now: Micros) -> Snapshot:
        project = str(record["id"])
        scope = f"collaborators/{project}"
        if record.get("deleted_at"):
            return Snapshot(scope=scope)
        path = f"/apps/projects/{project}/collaborators"
        try:
            items = list(self._api.all_items(path, purpose="directory", limit=100))
        except HttpRefusal as refusal:
            if refusal.status == 404:
                return Snapshot(scope=scope)
            raise explain_refusal(refusal, "the collaborators of projects") from None
        return Snapshot(scope=scope, grants=self._mapper.project_grants(record, items, now))
