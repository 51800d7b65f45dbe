"""A small company written down as facts, and the plainest possible answer to who reaches what in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import orjson

from fanlight.access.answers import level_rank
from fanlight.model import Grant, Link, ObjectVersion

DAY = 86_400_000_000
NOW = 100 * DAY


@dataclass
class Company:
    """Facts in the shape the connectors give them."""

    objects: list[ObjectVersion] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    _number: itertools.count[int] = field(default_factory=itertools.count)

    def object(self, kind: str, key: str, *, product: str = "claude", at: int = DAY, **more: object) -> ObjectVersion:
        attributes = more.pop("attributes", {})
        version = ObjectVersion(
            tenant="default", source=product, product=product, kind=kind, object_id=key, valid_from=at, seen_at=at,
            attributes=orjson.dumps(attributes).decode(), **more,  # type: ignore[arg-type]
        )  # fmt: skip
        self.objects.append(version)
        return version

    def grant(
        self, principal: tuple[str, str | None], resource: tuple[str, str], level: str, via: str, **more: object
    ) -> Grant:
        product = str(more.pop("product", "claude"))
        at = int(more.pop("at", DAY))  # type: ignore[call-overload]
        grant = Grant(
            tenant="default", source=product, product=product, principal_kind=principal[0], principal_id=principal[1],
            resource_kind=resource[0], resource_id=resource[1], level=level, via=via,  # type: ignore[arg-type]
            grant_id="|".join(map(str, (*principal, *resource, level, via))), valid_from=at, seen_at=at, **more,  # type: ignore[arg-type]
        )  # fmt: skip
        self.grants.append(grant)
        return grant

    def organization(self, key: str, name: str = "") -> str:
        self.object("organization", key, name=name or key)
        return key

    def member(
        self, user: str, organization: str, role: str = "user", *, name: str = "", email: str | None = None
    ) -> str:
        self.object(
            "user", user, organization_id=organization, name=name or user,
            attributes={"email": email or f"{user.removeprefix('user_')}@example.com", "organization_role": role},
        )  # fmt: skip
        self.grant(("user", user), ("organization", organization), role, "user")
        return user

    def group(self, key: str, members: Iterable[str], name: str = "") -> str:
        self.object("group", key, name=name or key)
        for user in members:
            self.grant(("user", user), ("group", key), "member", "user")
        return key

    def project(self, key: str, organization: str, creator: str | None, *, private: bool = True, name: str = "") -> str:
        self.object(
            "project", key, organization_id=organization, name=name or key,
            owner_account=f"claude:{creator}" if creator else None, attributes={"is_private": private},
        )  # fmt: skip
        self.grant(("user" if creator else "nobody", creator), ("project", key), "owner", "creator")
        if not private:
            self.grant(("organization", organization), ("project", key), "viewer", "public")
        return key

    def leaf(self, kind: str, key: str, organization: str, owner: str | None, parent: tuple[str, str] | None) -> str:
        self.object(
            kind, key, organization_id=organization, owner_account=f"claude:{owner}" if owner else None,
            parent_kind=parent[0] if parent else None, parent_id=parent[1] if parent else None, created_at=DAY,
        )  # fmt: skip
        return key

    def link(self, account: str, identity: str, **more: object) -> None:
        values = {"method": "verified_email", "valid_from": 0, "seen_at": DAY, **more}
        self.links.append(
            Link(tenant="default", account_key=account, identity_id=identity, confidence=0.99, reason="", **values)  # type: ignore[arg-type]
        )  # fmt: skip

    def remove_grant(self, grant: Grant, at: int) -> None:
        self.grants.append(replace(grant, removed=True, valid_from=at, seen_at=at))

    def remove_object(self, version: ObjectVersion, at: int) -> None:
        self.objects.append(replace(version, removed=True, valid_from=at, seen_at=at))


def brute_force(company: Company) -> dict[tuple[str, str], str]:
    """(identity, project) → strongest level, by asking every question for every pair. No index, no arrays."""
    live = {(o.kind, o.organization_id, o.object_id): o for o in sorted(company.objects, key=lambda o: o.valid_from)}
    grants = {g.grant_id: g for g in sorted(company.grants, key=lambda g: g.valid_from)}
    held = [g for g in grants.values() if not g.removed]
    identity = {link.account_key: link.identity_id for link in company.links}
    users = sorted({o.object_id for o in company.objects if o.kind == "user"})
    found: dict[tuple[str, str], str] = {}
    for user in users:
        records = [o for o in live.values() if o.kind == "user" and o.object_id == user]
        if all(record.removed for record in records):
            continue
        homes = {
            g.resource_id
            for g in held
            if g.resource_kind == "organization"
            and g.principal_id == user
            and not any(r.removed and r.organization_id == g.resource_id for r in records)
        }
        roles = {
            f"{g.resource_id}/{g.level}"
            for g in held
            if g.resource_kind == "organization" and g.principal_id == user and g.resource_id in homes
        }
        groups: set[str] = set()
        while True:
            more = {
                g.resource_id
                for g in held
                if g.resource_kind == "group"
                and (
                    (g.principal_kind == "user" and g.principal_id == user)
                    or (g.principal_kind == "group" and g.principal_id in groups)
                )
            }
            if more <= groups:
                break
            groups |= more
        for project in [o for o in live.values() if o.kind == "project" and not o.removed]:
            if project.organization_id not in homes:
                continue
            for grant in held:
                if grant.resource_kind != "project" or grant.resource_id != project.object_id:
                    continue
                holds = {
                    "user": grant.principal_id == user,
                    "group": grant.principal_id in groups,
                    "organization": grant.principal_id in homes,
                    "organization_role": grant.principal_id in roles,
                }.get(grant.principal_kind, False)
                if holds:
                    key = (identity.get(f"claude:{user}", f"claude:{user}"), project.object_id)
                    if level_rank(grant.level) > level_rank(found.get(key, "unknown")):
                        found[key] = grant.level
    return found
